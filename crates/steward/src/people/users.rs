//! Users: the people who work the desk, each with a role (spec 2, 3).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::listing::{self, Filter};
use super::passwords::{Password, PasswordHash};
use super::tokens::{self, Owner};
use super::{Role, taken};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Admin, Answer, Body, Created, Expected, Json, NoContent, Nothing, Path, Query, Viewer};
use crate::input::{Email, Int, Line, Patch, Set, fold};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::work::Work;

/// How many active cases routing may give a user.
pub type CaseCap = Int<1, 1_000_000>;

db::record! {
    /// A user.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct User {
        pub user_id: i64,
        pub name: String,
        pub email: String,
        pub role: Role,
        /// Whether routing may give them cases.
        pub is_available: bool,
        /// How many active cases routing may give them; null for any number.
        pub case_cap: Option<i64>,
        /// Whether they can sign in with a password.
        pub has_password: bool,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
        #[serde(skip)]
        name_key: String,
        #[serde(skip)]
        email_key: String,
    }
}

crate::input! {
    /// A new user.
    pub struct UserDraft {
        pub name: Line<200>,
        /// Unique among users, without regard to case.
        pub email: Email,
        pub role: Role,
        /// Without one the user comes in by tokens only. Never answered.
        pub password: Option<Password<10>>,
        pub is_available: Option<bool>,
        pub case_cap: Option<CaseCap>,
    }
}

crate::input! {
    /// The fields to change; those left out stay as they are, `null` clears.
    pub struct UserEdit {
        pub name: Patch<Line<200>>,
        pub email: Patch<Email>,
        pub role: Patch<Role>,
        /// A new one ends what the user has signed in to.
        pub password: Patch<Option<Password<10>>>,
        pub is_available: Patch<bool>,
        pub case_cap: Patch<Option<CaseCap>>,
    }
}

crate::input! {
    /// Which users, in the order of their names.
    pub struct UserQuery {
        /// Beginning of the name or of the e-mail address.
        pub search: Option<String>,
        pub role: Option<Set<Role>>,
        pub team_id: Option<i64>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

const SELECT: &str = "select user_id, name, email, role, is_available, case_cap,
        password_hash is not null as has_password, edit_version, created_at, updated_at, name_key, email_key
     from crm_users";
/// What the data layer calls the constraint that keeps addresses unique.
const EMAIL: &str = "crm_users.email_key";

fn email_taken() -> Error {
    Error::field("email", "is the address of another user, perhaps a deactivated one")
}

impl User {
    pub fn find(work: &mut Work, user_id: i64) -> Result<User> {
        let found = work.optional(&format!("{SELECT} where user_id = $1 and is_active"), &[&user_id])?;
        found.ok_or(Error::NotFound("user"))
    }

    /// The user with its row taken for a change.
    fn take(work: &mut Work, user_id: i64) -> Result<User> {
        let lock = work.dialect().for_update();
        let found =
            work.optional(&format!("{SELECT} where user_id = $1 and is_active{lock}"), &[&user_id])?;
        found.ok_or(Error::NotFound("user"))
    }

    /// The active user with this address, folded.
    pub fn with_email(work: &mut Work, email_key: &str) -> Result<Option<User>> {
        work.optional(&format!("{SELECT} where email_key = $1 and is_active"), &[&email_key])
    }

    /// Everybody who is active, by name.
    pub fn all(work: &mut Work) -> Result<Vec<User>> {
        work.query(&format!("{SELECT} where is_active order by name_key, user_id"), &[])
    }

    /// Adds a user. The draft's password is not looked at: `hash` is made of it, outside of the transaction.
    pub fn add(work: &mut Work, draft: &UserDraft, hash: Option<&PasswordHash>) -> Result<User> {
        let now = work.now;
        must_be_free(work, &draft.email.key)?;
        let inserted = work.one::<(i64,)>(
            "insert into crm_users (name, name_key, email, email_key, role, password_hash, is_available, case_cap,
                 created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) returning user_id",
            &[
                &&*draft.name, &fold(&draft.name), &draft.email.address, &draft.email.key, &draft.role, &hash,
                &draft.is_available.unwrap_or(true), &draft.case_cap.map(|cap| cap.0), &now,
            ],
        );
        let (user_id,) = taken(inserted, EMAIL, email_taken)?;
        work.audit("created", "user", Some(user_id), &json!({ "role": draft.role }))?;
        User::find(work, user_id)
    }

    /// Changes the fields named. An edit that changes nothing leaves no trace. `hash` stands for the password.
    pub fn edit(
        work: &mut Work,
        user_id: i64,
        edit: &UserEdit,
        hash: &Patch<Option<PasswordHash>>,
        expected: &Expected,
    ) -> Result<User> {
        let admins = if edit.role == Patch::Keep { Vec::new() } else { take_admins(work)? };
        let before = User::take(work, user_id)?;
        expected.check(before.edit_version)?;
        let edit = edit.clone();
        let (email, email_key) = match edit.email {
            Patch::Keep => (before.email.clone(), before.email_key.clone()),
            Patch::Set(email) => (email.address, email.key),
        };
        let after = User {
            name: edit.name.map(Line::into_string).or(before.name.clone()),
            email,
            email_key,
            role: edit.role.or(before.role),
            is_available: edit.is_available.or(before.is_available),
            case_cap: edit.case_cap.map(|cap| cap.map(|cap| cap.0)).or(before.case_cap),
            ..before.clone()
        };
        let mut fields = differing!(before, after; name, email, role, is_available, case_cap);
        if let Patch::Set(hash) = hash {
            set_password(work, user_id, hash.as_ref())?;
            fields.push("password");
        }
        if fields.is_empty() {
            return Ok(before);
        }
        if after.email_key != before.email_key {
            must_be_free(work, &after.email_key)?;
            tokens::end_links(work, Owner::User(user_id))?;
        }
        if before.role == Role::Admin && after.role != Role::Admin {
            another_of(&admins, user_id)?;
        }
        after.store(work)?;
        let mut data = json!({ "fields": fields });
        if before.role != after.role {
            data["role"] = json!({ "from": before.role, "to": after.role });
        }
        work.audit("updated", "user", Some(user_id), &data)?;
        User::find(work, user_id)
    }

    fn store(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        let updated = work.execute(
            "update crm_users set name = $2, name_key = $3, email = $4, email_key = $5, role = $6, is_available = $7,
                 case_cap = $8, edit_version = edit_version + 1, updated_at = $9
             where user_id = $1",
            &[
                &self.user_id, &self.name, &fold(&self.name), &self.email, &self.email_key, &self.role,
                &self.is_available, &self.case_cap, &now,
            ],
        );
        taken(updated, EMAIL, email_taken).map(|_| ())
    }

    /// Deactivates a user and ends their tokens. 409 for the last active admin.
    pub fn deactivate(work: &mut Work, user_id: i64, expected: &Expected) -> Result<()> {
        let admins = take_admins(work)?;
        let user = User::take(work, user_id)?;
        expected.check(user.edit_version)?;
        if user.role == Role::Admin {
            another_of(&admins, user_id)?;
        }
        work.set_active("crm_users", "user_id", user_id, false)?;
        tokens::revoke_all(work, Owner::User(user_id), None)?;
        work.audit("deleted", "user", Some(user_id), &json!({}))
    }

    /// Brings a deactivated user back; their tokens stay ended.
    pub fn restore(work: &mut Work, user_id: i64) -> Result<User> {
        let restored = work.set_active("crm_users", "user_id", user_id, true)?;
        if !restored {
            return Err(Error::NotFound("deactivated user"));
        }
        work.audit("restored", "user", Some(user_id), &json!({}))?;
        User::find(work, user_id)
    }

    pub fn list(work: &mut Work, query: &UserQuery, paging: &Paging) -> Result<UserList> {
        let mut filter = Filter::new("is_active");
        filter.prefix("crm_users", "user_id", &["name_key", "email_key"], query.search.as_deref());
        if let Some(Set(roles)) = &query.role {
            let roles = filter.bind(json!(roles));
            filter.and(&work.dialect().among_texts("role", &roles));
        }
        if let Some(team_id) = query.team_id {
            let team = filter.bind(team_id);
            filter.and(&format!(
                "user_id in (select m.user_id from crm_team_members m where m.team_id = {team})"
            ));
        }
        let total = filter.total(work, "crm_users", query.exact == Some(true))?;
        if let Some(cursor) = &paging.cursor {
            let (name, id) = listing::after_name(cursor)?;
            let (name, id) = (filter.bind(name), filter.bind(id));
            filter.and(&format!("(name_key, user_id) > ({name}, {id})"));
        }
        let mut users: Vec<User> = filter.page(work, SELECT, "order by name_key, user_id", paging)?;
        let pagination =
            paging.answer(&mut users, total, |last| vec![json!(last.name_key), json!(last.user_id)]);
        Ok(UserList { users, pagination })
    }
}

fn must_be_free(work: &mut Work, email_key: &str) -> Result<()> {
    let holder: Option<(i64,)> =
        work.optional("select user_id from crm_users where email_key = $1", &[&email_key])?;
    if holder.is_some() { Err(email_taken()) } else { Ok(()) }
}

/// Stores a new password, or none, and ends what the user has signed in to with the old one.
pub fn set_password(work: &mut Work, user_id: i64, hash: Option<&PasswordHash>) -> Result<()> {
    let now = work.now;
    work.execute(
        "update crm_users set password_hash = $2, updated_at = $3, edit_version = edit_version + 1 where user_id = $1",
        &[&user_id, &hash, &now],
    )?;
    tokens::end_sign_ins(work, Owner::User(user_id))
}

/// The active admins, their rows taken in one order before any other user's: two admins who remove each other at the
/// same time come one after the other.
fn take_admins(work: &mut Work) -> Result<Vec<(i64,)>> {
    let lock = work.dialect().for_update();
    work.query(
        &format!("select user_id from crm_users where role = 'admin' and is_active order by user_id{lock}"),
        &[],
    )
}

/// 409 if nobody but the one who leaves could run the installation.
fn another_of(admins: &[(i64,)], leaving: i64) -> Result<()> {
    if admins.iter().any(|(id,)| *id != leaving) {
        Ok(())
    } else {
        Err(Error::Conflict("this is the last active admin: make another one first".into()))
    }
}

#[derive(Serialize, JsonSchema)]
pub struct UserAnswer {
    user: User,
}

#[derive(Serialize, JsonSchema)]
pub struct UserList {
    pub users: Vec<User>,
    pub pagination: Pagination,
}

fn answer(user: User) -> Json<UserAnswer> {
    let (id, version) = (user.user_id, user.edit_version);
    Json::version(UserAnswer { user }, id, version)
}

pub async fn list(caller: Viewer, Query(query): Query<UserQuery>) -> Result<Answer<Json<UserList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    let class = if query.exact == Some(true) { Class::Slow } else { Class::Bounded };
    let list = caller.read(class, move |work| User::list(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}

pub async fn create(caller: Admin, Body(draft): Body<UserDraft>) -> Result<Answer<Created<UserAnswer>>> {
    let hash = match draft.password.clone() {
        Some(password) => Some(caller.app.sign_ins.hash(password).await?),
        None => None,
    };
    let has_secret = hash.is_some();
    let add = move |work: &mut Work| {
        let user = User::add(work, &draft, hash.as_ref())?;
        let location = format!("/api/crm/users/{}", user.user_id);
        Ok(Created::at(location, UserAnswer { user }))
    };
    // An idempotency key would keep a fast hash of the body, and with it of the password.
    if has_secret { caller.write_secret(add).await } else { caller.write(add).await }
}

pub async fn show(
    caller: Viewer,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<UserAnswer>>> {
    Ok(answer(caller.read(Class::Bounded, move |work| User::find(work, id)).await?).into())
}

pub async fn update(
    caller: Admin,
    Path([id]): Path<1>,
    Body(edit): Body<UserEdit>,
) -> Result<Answer<Json<UserAnswer>>> {
    let hash = match edit.password.clone() {
        Patch::Keep => Patch::Keep,
        Patch::Set(None) => Patch::Set(None),
        Patch::Set(Some(password)) => Patch::Set(Some(caller.app.sign_ins.hash(password).await?)),
    };
    let expected = caller.expected(id);
    caller.write(move |work| Ok(answer(User::edit(work, id, &edit, &hash, &expected)?))).await
}

pub async fn delete(caller: Admin, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller.write(move |work| User::deactivate(work, id, &expected).map(|()| NoContent)).await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<UserAnswer>>> {
    caller.write(move |work| Ok(answer(User::restore(work, id)?))).await
}
