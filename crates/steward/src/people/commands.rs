//! What the command line does with people: plain functions over a transaction. Secrets and hashes are made before it
//! (`tokens::generate`, `hash`), because a transaction may run again.

use serde_json::json;

pub use super::passwords::PasswordHash;

use super::erasure::Mentions;
use super::passwords::{self, Password};
use super::tokens::{Grant, Owner, Token, TokenKind};
use super::users::{self, UserDraft};
use super::{Contact, Role, Scope, User, erasure};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::Expected;
use crate::input::{self, Email};
use crate::work::Work;

const FIRST_ADMIN: &str = "admin@localhost";
/// How long the token of the first start lasts: long enough to make one's own.
const FIRST_TOKEN_DAYS: i64 = 7;

/// Hashes a password of 10 to 200 characters. Takes some 20 ms.
pub fn hash(password: &str) -> Result<PasswordHash> {
    let password = Password::<10>::new(password).map_err(|message| Error::field("password", message))?;
    passwords::hash(&password)
}

/// Makes the first admin and their token, exactly once per database, however many nodes start together. False where
/// that has been done before, or where somebody can run the installation already; the secret is then worth nothing.
pub fn first_admin(work: &mut Work, secret: &str) -> Result<bool> {
    let now = work.now;
    let taken = work.execute(
        "insert into crm_settings (name, value) values ('first_admin', $1) on conflict (name) do nothing",
        &[&now.to_string()],
    )?;
    if taken == 0 {
        return Ok(false);
    }
    let known: Option<(i64,)> = work.optional(
        "select user_id from crm_users where (role = 'admin' and is_active) or email_key = $1 limit 1",
        &[&FIRST_ADMIN],
    )?;
    if known.is_some() {
        return Ok(false);
    }
    let admin = add_user(work, "Admin", FIRST_ADMIN, Role::Admin, None)?;
    let grant = Grant {
        owner: Owner::User(admin.user_id),
        kind: TokenKind::FirstStart,
        token_name: "first start".into(),
        scope: Scope::Write,
        expires_at: Some(now.plus_days(FIRST_TOKEN_DAYS)),
    };
    grant.issue(work, secret)?;
    Ok(true)
}

/// `steward user add`. The error names the argument at fault.
pub fn add_user(
    work: &mut Work,
    name: &str,
    email: &str,
    role: Role,
    hash: Option<&PasswordHash>,
) -> Result<User> {
    let draft: UserDraft = input::from_json(json!({ "name": name, "email": email, "role": role }))?;
    User::add(work, &draft, hash)
}

/// `steward user list`: everybody who is active, by name.
pub fn list_users(work: &mut Work) -> Result<Vec<User>> {
    User::all(work)
}

/// `steward user password`: a new one, or none. What the user has signed in to with the old one ends.
pub fn set_password(work: &mut Work, email: &str, hash: Option<&PasswordHash>) -> Result<()> {
    let user = user(work, email)?;
    users::set_password(work, user.user_id, hash)?;
    work.audit("updated", "user", Some(user.user_id), &json!({ "fields": ["password"] }))
}

/// `steward token`: for the user with an address, or else the contact with it.
pub fn make_token(
    work: &mut Work,
    email: &str,
    token_name: &str,
    scope: Scope,
    expires_at: Option<Time>,
    secret: &str,
) -> Result<Token> {
    let key = email_key(email)?;
    let owner = match User::with_email(work, &key)? {
        Some(user) => Owner::User(user.user_id),
        None => match Contact::with_email(work, &key)? {
            Some(contact) => Owner::Contact(contact.contact_id),
            None => return Err(nobody(email)),
        },
    };
    let token_name = token_name.to_owned();
    Grant { owner, kind: TokenKind::Api, token_name, scope, expires_at }.issue(work, secret)
}

/// `steward erase-contact`: by id, deleted or not.
pub fn erase_contact(work: &mut Work, contact_id: i64, mentions: &Mentions) -> Result<()> {
    erasure::erase(work, contact_id, &Expected::any(contact_id), mentions)
}

fn user(work: &mut Work, email: &str) -> Result<User> {
    let key = email_key(email)?;
    User::with_email(work, &key)?.ok_or_else(|| nobody(email))
}

fn email_key(email: &str) -> Result<String> {
    let email = Email::parse(email)
        .ok_or_else(|| Error::field("email", "is to be an e-mail address such as ana@example.com"))?;
    Ok(email.key)
}

fn nobody(email: &str) -> Error {
    Error::field("email", format!("nobody active has the address {email}"))
}
