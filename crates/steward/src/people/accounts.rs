//! Accounts: the firms and households that contacts belong to (spec 3).

use db::Class;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::listing::{self, Filter};
use crate::cases::{CaseList, CaseQuery, CaseScope};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{
    Admin, Agent, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Faults, Field, Line, Patch, Set, fold};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::sla;
use crate::work::{Actor, Work};

crate::words! {
    /// What an account has paid for; SLA policies ask for it.
    pub enum Tier { Standard = "standard", Premium = "premium", Enterprise = "enterprise" }
}

db::record! {
    /// An account.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Account {
        pub account_id: i64,
        pub account_name: String,
        pub account_tier: Tier,
        pub domain: Option<String>,
        /// Name in the IANA time zone database.
        pub time_zone: Option<String>,
        /// Whether each of its contacts sees the cases of all of them.
        pub contacts_see_account_cases: bool,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
        #[serde(skip)]
        name_key: String,
    }
}

crate::input! {
    /// A new account.
    pub struct AccountDraft {
        pub account_name: Line<200>,
        /// Standard when left out.
        pub account_tier: Option<Tier>,
        pub domain: Option<Domain>,
        pub time_zone: Option<ZoneName>,
        pub contacts_see_account_cases: Option<bool>,
    }
}

crate::input! {
    /// The fields to change; those left out stay as they are, `null` clears.
    pub struct AccountEdit {
        pub account_name: Patch<Line<200>>,
        pub account_tier: Patch<Tier>,
        pub domain: Patch<Option<Domain>>,
        pub time_zone: Patch<Option<ZoneName>>,
        pub contacts_see_account_cases: Patch<bool>,
    }
}

crate::input! {
    /// Which accounts, in the order of their names.
    pub struct AccountQuery {
        /// Beginning of the name.
        pub search: Option<String>,
        pub account_tier: Option<Set<Tier>>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

/// A domain name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

impl Field for Domain {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let domain = Line::<253>::from_json(value)?.to_lowercase();
        let is_label =
            |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
        if domain.split('.').all(is_label) {
            Ok(Domain(domain))
        } else {
            Err(Faults::one("is to be a domain name such as example.com"))
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 253 })
    }
}

/// A time zone that the time zone database knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneName(String);

impl Field for ZoneName {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let name = Line::<100>::from_json(value)?;
        match jiff::tz::TimeZone::get(&name).ok().as_ref().and_then(jiff::tz::TimeZone::iana_name) {
            Some(known) => Ok(ZoneName(known.to_owned())),
            None => Err(Faults::one("is to be a time zone such as Europe/Berlin")),
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 100 })
    }
}

const SELECT: &str =
    "select account_id, account_name, account_tier, domain, time_zone, contacts_see_account_cases,
        edit_version, created_at, updated_at, name_key
     from crm_accounts";

impl Account {
    /// The account. Customers see none but their own.
    pub fn find(work: &mut Work, account_id: i64) -> Result<Account> {
        let is_own = matches!(work.actor, Actor::Contact { account_id: own, .. } if own == Some(account_id));
        if !work.actor.is_staff() && !is_own {
            return Err(Error::NotFound("account"));
        }
        let found =
            work.optional(&format!("{SELECT} where account_id = $1 and is_active"), &[&account_id])?;
        found.ok_or(Error::NotFound("account"))
    }

    /// The first accounts whose name begins so, uncounted; none for a blank.
    pub fn beginning(work: &mut Work, text: &str, limit: i64) -> Result<Vec<Account>> {
        if fold(text.trim()).is_empty() {
            return Ok(Vec::new());
        }
        let mut filter = Filter::new("is_active");
        filter.prefix("crm_accounts", "account_id", &["name_key"], Some(text));
        let paging = Paging { page: 1, limit: limit - 1, cursor: None };
        filter.page(work, SELECT, "order by name_key, account_id", &paging)
    }

    /// The account with its row taken for a change.
    fn take(work: &mut Work, account_id: i64) -> Result<Account> {
        let lock = work.dialect().for_update();
        let found =
            work.optional(&format!("{SELECT} where account_id = $1 and is_active{lock}"), &[&account_id])?;
        found.ok_or(Error::NotFound("account"))
    }

    pub fn add(work: &mut Work, draft: &AccountDraft) -> Result<Account> {
        let now = work.now;
        let tier = draft.account_tier.unwrap_or(Tier::Standard);
        let see_all = draft.contacts_see_account_cases.unwrap_or(false);
        let domain = draft.domain.as_ref().map(|domain| &domain.0);
        let zone = draft.time_zone.as_ref().map(|zone| &zone.0);
        let (account_id,): (i64,) = work.one(
            "insert into crm_accounts (account_name, name_key, account_tier, domain, time_zone,
                 contacts_see_account_cases, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7) returning account_id",
            &[&&*draft.account_name, &fold(&draft.account_name), &tier, &domain, &zone, &see_all, &now],
        )?;
        work.audit("created", "account", Some(account_id), &json!({}))?;
        Account::find(work, account_id)
    }

    /// Changes the fields named. An edit that changes nothing leaves no trace.
    pub fn edit(
        work: &mut Work,
        account_id: i64,
        edit: &AccountEdit,
        expected: &Expected,
    ) -> Result<Account> {
        let now = work.now;
        let before = Account::take(work, account_id)?;
        expected.check(before.edit_version)?;
        let edit = edit.clone();
        let after = Account {
            account_name: edit.account_name.map(Line::into_string).or(before.account_name.clone()),
            account_tier: edit.account_tier.or(before.account_tier),
            domain: edit.domain.map(|domain| domain.map(|domain| domain.0)).or(before.domain.clone()),
            time_zone: edit.time_zone.map(|zone| zone.map(|zone| zone.0)).or(before.time_zone.clone()),
            contacts_see_account_cases: edit.contacts_see_account_cases.or(before.contacts_see_account_cases),
            ..before.clone()
        };
        let fields = differing!(before, after; account_name, account_tier, domain, time_zone, contacts_see_account_cases);
        if fields.is_empty() {
            return Ok(before);
        }
        work.execute(
            "update crm_accounts set account_name = $2, name_key = $3, account_tier = $4, domain = $5, time_zone = $6,
                 contacts_see_account_cases = $7, edit_version = edit_version + 1, updated_at = $8
             where account_id = $1",
            &[
                &account_id, &after.account_name, &fold(&after.account_name), &after.account_tier, &after.domain,
                &after.time_zone, &after.contacts_see_account_cases, &now,
            ],
        )?;
        if after.account_tier != before.account_tier {
            // Another policy may hold for its open cases from here on.
            sla::enqueue_recompute(work, sla::Scope::Account(account_id))?;
        }
        work.audit("updated", "account", Some(account_id), &json!({ "fields": fields }))?;
        Account::find(work, account_id)
    }

    pub fn delete(work: &mut Work, account_id: i64, expected: &Expected) -> Result<()> {
        expected.check(Account::take(work, account_id)?.edit_version)?;
        work.set_active("crm_accounts", "account_id", account_id, false)?;
        work.audit("deleted", "account", Some(account_id), &json!({}))
    }

    pub fn restore(work: &mut Work, account_id: i64) -> Result<Account> {
        let restored = work.set_active("crm_accounts", "account_id", account_id, true)?;
        if !restored {
            return Err(Error::NotFound("deleted account"));
        }
        work.audit("restored", "account", Some(account_id), &json!({}))?;
        Account::find(work, account_id)
    }

    pub fn list(work: &mut Work, query: &AccountQuery, paging: &Paging) -> Result<AccountList> {
        let mut filter = Filter::new("is_active");
        filter.prefix("crm_accounts", "account_id", &["name_key"], query.search.as_deref());
        if let Some(Set(tiers)) = &query.account_tier {
            let tiers = filter.bind(json!(tiers));
            filter.and(&work.dialect().among_texts("account_tier", &tiers));
        }
        let total = filter.total(work, "crm_accounts", query.exact == Some(true))?;
        if let Some(cursor) = &paging.cursor {
            let (name, id) = listing::after_name(cursor)?;
            let (name, id) = (filter.bind(name), filter.bind(id));
            filter.and(&format!("(name_key, account_id) > ({name}, {id})"));
        }
        let mut accounts: Vec<Account> =
            filter.page(work, SELECT, "order by name_key, account_id", paging)?;
        let pagination =
            paging.answer(&mut accounts, total, |last| vec![json!(last.name_key), json!(last.account_id)]);
        Ok(AccountList { accounts, pagination })
    }
}

#[derive(Serialize, JsonSchema)]
pub struct AccountAnswer {
    account: Account,
}

#[derive(Serialize, JsonSchema)]
pub struct AccountList {
    pub accounts: Vec<Account>,
    pub pagination: Pagination,
}

fn answer(account: Account) -> Json<AccountAnswer> {
    let (id, version) = (account.account_id, account.edit_version);
    Json::version(AccountAnswer { account }, id, version)
}

pub async fn list(caller: Viewer, Query(query): Query<AccountQuery>) -> Result<Answer<Json<AccountList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    let narrowed = query.account_tier.is_some() || query.exact == Some(true);
    let class = if narrowed { Class::Slow } else { Class::Bounded };
    let list = caller.read(class, move |work| Account::list(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}

pub async fn create(
    caller: Agent,
    Body(draft): Body<AccountDraft>,
) -> Result<Answer<Created<AccountAnswer>>> {
    caller
        .write(move |work| {
            let account = Account::add(work, &draft)?;
            let location = format!("/api/crm/accounts/{}", account.account_id);
            Ok(Created::at(location, AccountAnswer { account }))
        })
        .await
}

pub async fn show(
    caller: Viewer,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<AccountAnswer>>> {
    Ok(answer(caller.read(Class::Bounded, move |work| Account::find(work, id)).await?).into())
}

pub async fn update(
    caller: Agent,
    Path([id]): Path<1>,
    Body(edit): Body<AccountEdit>,
) -> Result<Answer<Json<AccountAnswer>>> {
    let expected = caller.expected(id);
    caller.write(move |work| Ok(answer(Account::edit(work, id, &edit, &expected)?))).await
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller.write(move |work| Account::delete(work, id, &expected).map(|()| NoContent)).await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<AccountAnswer>>> {
    caller.write(move |work| Ok(answer(Account::restore(work, id)?))).await
}

pub async fn cases(
    caller: Viewer,
    Path([id]): Path<1>,
    Query(query): Query<CaseQuery>,
) -> Result<Answer<Json<CaseList>>> {
    caller.read(Class::Bounded, move |work| Account::find(work, id)).await?;
    crate::cases::api::list_of(&caller, CaseScope::Account(id), query).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_lower_case_labels_with_dots_between() {
        let domain = |text: &str| Domain::from_json(text.into()).map(|domain| domain.0);
        assert_eq!(domain("Example.COM").unwrap(), "example.com");
        assert_eq!(domain("bücher.example").unwrap(), "bücher.example");
        for odd in ["", ".", "a..b", "a b.example", "ana@example.com", "https://example.com", "example.com."]
        {
            assert!(domain(odd).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn a_time_zone_is_known_by_its_own_name() {
        let zone = |text: &str| ZoneName::from_json(text.into()).map(|zone| zone.0);
        assert_eq!(zone("europe/berlin").unwrap(), "Europe/Berlin");
        assert!(zone("Europe/Atlantis").is_err());
    }
}
