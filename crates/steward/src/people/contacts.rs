//! Contacts: the customers (spec 3).

use db::Class;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::erasure::{self, Mentions};
use super::listing::{self, Filter};
use super::{Role, must_be_active, taken, tokens};
use crate::cases::{CaseList, CaseQuery, CaseScope};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{
    Admin, Agent, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Email, Faults, Field, Line, Patch, fold};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::work::Work;

db::record! {
    /// A customer.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Contact {
        pub contact_id: i64,
        pub account_id: Option<i64>,
        pub name: String,
        pub email: Option<String>,
        pub phone: Option<String>,
        /// BCP 47 tag.
        pub language: Option<String>,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
        #[serde(skip)]
        name_key: String,
        #[serde(skip)]
        email_key: Option<String>,
    }
}

crate::input! {
    /// A new contact.
    pub struct ContactDraft {
        pub name: Line<200>,
        pub account_id: Option<i64>,
        /// Unique among contacts, without regard to case.
        pub email: Option<Email>,
        pub phone: Option<Line<50>>,
        pub language: Option<Language>,
    }
}

crate::input! {
    /// The fields to change; those left out stay as they are, `null` clears.
    pub struct ContactEdit {
        pub name: Patch<Line<200>>,
        pub account_id: Patch<Option<i64>>,
        pub email: Patch<Option<Email>>,
        pub phone: Patch<Option<Line<50>>>,
        pub language: Patch<Option<Language>>,
    }
}

crate::input! {
    /// Which contacts, in the order of their names.
    pub struct ContactQuery {
        /// Beginning of the name or of the e-mail address.
        pub search: Option<String>,
        pub account_id: Option<i64>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

crate::input! {
    /// How a contact is to go.
    pub struct Removal {
        /// Remove the person's texts and addresses everywhere, for good (admin).
        pub erase: Option<bool>,
    }
}

/// A language tag in the form of BCP 47: `de`, `pt-BR`, `zh-Hant-TW`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(String);

impl Field for Language {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let tag = Line::<35>::from_json(value)?.into_string();
        let mut parts = tag.split('-');
        let is_language =
            |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
        let is_subtag =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if parts.next().is_some_and(is_language) && parts.all(is_subtag) {
            Ok(Language(tag))
        } else {
            Err(Faults::one("is to be a language tag such as de or pt-BR"))
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 35, "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$" })
    }
}

const SELECT: &str = "select contact_id, account_id, name, email, phone, language, edit_version, created_at,
        updated_at, name_key, email_key
     from crm_contacts";
/// What the data layer calls the index that keeps addresses unique.
const EMAIL: &str = "crm_contacts.email_key";

fn email_taken() -> Error {
    Error::field("email", "is the address of another contact")
}

impl ContactDraft {
    /// Somebody who is known by name and address alone. 422 for a language that is no tag.
    pub fn of(name: Line<200>, email: Email, language: &str) -> Result<ContactDraft> {
        let language = Language::from_json(language.into())
            .map_err(|_| Error::field("language", "is to be a language tag such as de or pt-BR"))?;
        Ok(ContactDraft { name, account_id: None, email: Some(email), phone: None, language: Some(language) })
    }
}

impl Contact {
    /// The contact. Customers see nobody but themselves.
    pub fn find(work: &mut Work, contact_id: i64) -> Result<Contact> {
        if !work.actor.is_staff() && work.actor.contact_id() != Some(contact_id) {
            return Err(Error::NotFound("contact"));
        }
        let found =
            work.optional(&format!("{SELECT} where contact_id = $1 and is_active"), &[&contact_id])?;
        found.ok_or(Error::NotFound("contact"))
    }

    /// The contact with its row taken for a change.
    fn take(work: &mut Work, contact_id: i64) -> Result<Contact> {
        let lock = work.dialect().for_update();
        let found =
            work.optional(&format!("{SELECT} where contact_id = $1 and is_active{lock}"), &[&contact_id])?;
        found.ok_or(Error::NotFound("contact"))
    }

    /// The contact with this address, folded.
    pub fn with_email(work: &mut Work, email_key: &str) -> Result<Option<Contact>> {
        work.optional(
            &format!("{SELECT} where email_key = $1 and is_active and email_key is not null"),
            &[&email_key],
        )
    }

    pub fn add(work: &mut Work, draft: &ContactDraft) -> Result<Contact> {
        let now = work.now;
        if let Some(account_id) = draft.account_id {
            must_be_active(work, "account_id", "crm_accounts", "account_id", account_id)?;
        }
        let email_key = draft.email.as_ref().map(|email| &email.key);
        if let Some(key) = email_key
            && Contact::with_email(work, key)?.is_some()
        {
            return Err(email_taken());
        }
        let inserted = work.one::<(i64,)>(
            "insert into crm_contacts (account_id, name, name_key, email, email_key, phone, language, created_at,
                 updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning contact_id",
            &[
                &draft.account_id, &&*draft.name, &fold(&draft.name), &draft.email.as_ref().map(|email| &email.address),
                &email_key, &draft.phone.as_deref(), &draft.language.as_ref().map(|language| &language.0), &now,
            ],
        );
        let (contact_id,) = taken(inserted, EMAIL, email_taken)?;
        work.audit("created", "contact", Some(contact_id), &json!({}))?;
        Contact::find(work, contact_id)
    }

    /// Changes the fields named. An edit that changes nothing leaves no trace.
    pub fn edit(
        work: &mut Work,
        contact_id: i64,
        edit: &ContactEdit,
        expected: &Expected,
    ) -> Result<Contact> {
        let now = work.now;
        let before = Contact::take(work, contact_id)?;
        expected.check(before.edit_version)?;
        let edit = edit.clone();
        let (email, email_key) = match edit.email {
            Patch::Keep => (before.email.clone(), before.email_key.clone()),
            Patch::Set(email) => email.map(|email| (email.address, email.key)).unzip(),
        };
        let after = Contact {
            account_id: edit.account_id.or(before.account_id),
            name: edit.name.map(Line::into_string).or(before.name.clone()),
            email,
            email_key,
            phone: edit.phone.map(|phone| phone.map(Line::into_string)).or(before.phone.clone()),
            language: edit
                .language
                .map(|language| language.map(|language| language.0))
                .or(before.language.clone()),
            ..before.clone()
        };
        let fields = differing!(before, after; account_id, name, email, phone, language);
        if fields.is_empty() {
            return Ok(before);
        }
        after.check_changed(work, &before)?;
        let updated = work.execute(
            "update crm_contacts set account_id = $2, name = $3, name_key = $4, email = $5, email_key = $6, phone = $7,
                 language = $8, edit_version = edit_version + 1, updated_at = $9
             where contact_id = $1",
            &[
                &contact_id, &after.account_id, &after.name, &fold(&after.name), &after.email, &after.email_key,
                &after.phone, &after.language, &now,
            ],
        );
        taken(updated, EMAIL, email_taken)?;
        if after.email_key != before.email_key {
            // Who reads the former address is not let in any more.
            tokens::end_sign_ins(work, tokens::Owner::Contact(contact_id))?;
        }
        work.audit("updated", "contact", Some(contact_id), &json!({ "fields": fields }))?;
        Contact::find(work, contact_id)
    }

    fn check_changed(&self, work: &mut Work, before: &Contact) -> Result<()> {
        if let Some(account_id) = self.account_id.filter(|_| self.account_id != before.account_id) {
            must_be_active(work, "account_id", "crm_accounts", "account_id", account_id)?;
        }
        match &self.email_key {
            Some(key) if self.email_key != before.email_key && Contact::with_email(work, key)?.is_some() => {
                Err(email_taken())
            }
            _ => Ok(()),
        }
    }

    /// Deletes softly. The contact's tokens end; the address is free for another.
    pub fn delete(work: &mut Work, contact_id: i64, expected: &Expected) -> Result<()> {
        expected.check(Contact::take(work, contact_id)?.edit_version)?;
        work.set_active("crm_contacts", "contact_id", contact_id, false)?;
        tokens::revoke_all(work, tokens::Owner::Contact(contact_id), None)?;
        work.audit("deleted", "contact", Some(contact_id), &json!({}))
    }

    /// Brings a deleted contact back, unless the person was erased or the address has gone to another.
    pub fn restore(work: &mut Work, contact_id: i64) -> Result<Contact> {
        let now = work.now;
        let restored = work.execute(
            "update crm_contacts set is_active = $2, edit_version = edit_version + 1, updated_at = $3
             where contact_id = $1 and not is_active and erased_at is null",
            &[&contact_id, &true, &now],
        );
        let conflict = || {
            Error::Conflict("another contact has this e-mail address by now: change that one first".into())
        };
        if taken(restored, EMAIL, conflict)? == 0 {
            return Err(Error::NotFound("deleted contact"));
        }
        work.audit("restored", "contact", Some(contact_id), &json!({}))?;
        Contact::find(work, contact_id)
    }

    /// The first contacts whose name or e-mail address begins so, uncounted; none for a blank.
    pub fn beginning(work: &mut Work, text: &str, limit: i64) -> Result<Vec<Contact>> {
        if fold(text.trim()).is_empty() {
            return Ok(Vec::new());
        }
        let mut filter = Filter::new("is_active");
        filter.prefix("crm_contacts", "contact_id", &["name_key", "email_key"], Some(text));
        let paging = Paging { page: 1, limit: limit - 1, cursor: None };
        filter.page(work, SELECT, "order by name_key, contact_id", &paging)
    }

    /// The contacts of an account, by name; `limit` at most.
    pub fn of_account(work: &mut Work, account_id: i64, limit: i64) -> Result<Vec<Contact>> {
        let sql =
            format!("{SELECT} where account_id = $1 and is_active order by name_key, contact_id limit $2");
        work.query(&sql, &[&account_id, &limit])
    }

    /// The contacts that are called exactly so, whatever the case of letters; `limit` at most.
    pub fn called(work: &mut Work, name: &str, limit: i64) -> Result<Vec<Contact>> {
        let sql = format!("{SELECT} where is_active and name_key = $1 order by contact_id limit $2");
        work.query(&sql, &[&fold(name.trim()), &limit])
    }

    pub fn list(work: &mut Work, query: &ContactQuery, paging: &Paging) -> Result<ContactList> {
        let mut filter = Filter::new("is_active");
        filter.prefix("crm_contacts", "contact_id", &["name_key", "email_key"], query.search.as_deref());
        filter.equal("account_id", query.account_id);
        let total = filter.total(work, "crm_contacts", query.exact == Some(true))?;
        if let Some(cursor) = &paging.cursor {
            let (name, id) = listing::after_name(cursor)?;
            let (name, id) = (filter.bind(name), filter.bind(id));
            filter.and(&format!("(name_key, contact_id) > ({name}, {id})"));
        }
        let mut contacts: Vec<Contact> =
            filter.page(work, SELECT, "order by name_key, contact_id", paging)?;
        let pagination =
            paging.answer(&mut contacts, total, |last| vec![json!(last.name_key), json!(last.contact_id)]);
        Ok(ContactList { contacts, pagination })
    }
}

#[derive(Serialize, JsonSchema)]
pub struct ContactAnswer {
    contact: Contact,
}

#[derive(Serialize, JsonSchema)]
pub struct ContactList {
    pub contacts: Vec<Contact>,
    pub pagination: Pagination,
}

fn answer(contact: Contact) -> Json<ContactAnswer> {
    let (id, version) = (contact.contact_id, contact.edit_version);
    Json::version(ContactAnswer { contact }, id, version)
}

pub async fn list(caller: Viewer, Query(query): Query<ContactQuery>) -> Result<Answer<Json<ContactList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    // A prefix may match half the desk, and an account may be all of it.
    let narrowed = query.search.is_some() || query.account_id.is_some() || query.exact == Some(true);
    let class = if narrowed { Class::Slow } else { Class::Bounded };
    let list = caller.read(class, move |work| Contact::list(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}

pub async fn create(
    caller: Agent,
    Body(draft): Body<ContactDraft>,
) -> Result<Answer<Created<ContactAnswer>>> {
    caller
        .write(move |work| {
            let contact = Contact::add(work, &draft)?;
            let location = format!("/api/crm/contacts/{}", contact.contact_id);
            Ok(Created::at(location, ContactAnswer { contact }))
        })
        .await
}

pub async fn show(
    caller: Viewer,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<ContactAnswer>>> {
    Ok(answer(caller.read(Class::Bounded, move |work| Contact::find(work, id)).await?).into())
}

pub async fn update(
    caller: Agent,
    Path([id]): Path<1>,
    Body(edit): Body<ContactEdit>,
) -> Result<Answer<Json<ContactAnswer>>> {
    let expected = caller.expected(id);
    caller.write(move |work| Ok(answer(Contact::edit(work, id, &edit, &expected)?))).await
}

pub async fn delete(
    caller: Manager,
    Path([id]): Path<1>,
    Query(removal): Query<Removal>,
) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    if removal.erase != Some(true) {
        return caller.write(move |work| Contact::delete(work, id, &expected).map(|()| NoContent)).await;
    }
    if !caller.actor.is_at_least(Role::Admin) {
        return Err(Error::Forbidden("erasing a person is for admins".into()));
    }
    let mentions = caller.read(Class::Slow, move |work| Mentions::look(work, id)).await?;
    caller.write(move |work| erasure::erase(work, id, &expected, &mentions).map(|()| NoContent)).await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<ContactAnswer>>> {
    caller.write(move |work| Ok(answer(Contact::restore(work, id)?))).await
}

pub async fn cases(
    caller: Viewer,
    Path([id]): Path<1>,
    Query(query): Query<CaseQuery>,
) -> Result<Answer<Json<CaseList>>> {
    caller.read(Class::Bounded, move |work| Contact::find(work, id)).await?;
    crate::cases::api::list_of(&caller, CaseScope::Contact(id), query).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_the_form_of_a_tag() {
        for tag in ["de", "pt-BR", "zh-Hant-TW", "sl-rozaj-1994"] {
            assert!(Language::from_json(tag.into()).is_ok(), "{tag}");
        }
        for odd in ["", "d", "de_DE", "de-", "Deutsch sprechend", "de--AT", "de-österreich"] {
            assert!(Language::from_json(odd.into()).is_err(), "{odd}");
        }
    }
}
