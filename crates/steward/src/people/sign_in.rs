//! Signing in with e-mail and password, signing out, and who is calling (spec 2).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::passwords::Password;
use super::tokens::{self, Owner};
use super::{Contact, Role, Scope, User, sessions};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Anyone, Body, Json, Known, NoContent, Nothing, Query};
use crate::input::Email;
use crate::work::{Actor, Work};

crate::input! {
    /// What a user signs in with.
    pub struct Credentials {
        pub email: String,
        pub password: Password<0>,
    }
}

crate::words! {
    /// What sort of principal is calling.
    pub enum Principal { User = "user", Contact = "contact" }
}

#[derive(Serialize, JsonSchema)]
pub struct SignedIn {
    /// Send it as `Authorization: Bearer <token>`.
    token: String,
    expires_at: Time,
    user: User,
}

#[derive(Serialize, JsonSchema)]
pub struct Me {
    kind: Principal,
    /// What the token used may do.
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<Contact>,
}

db::record! {
    /// What is needed to check a password.
    #[derive(Debug, Clone)]
    struct Candidate {
        user_id: i64,
        role: Role,
        password_hash: Option<String>,
    }
}

const WRONG: Error = Error::Unauthenticated("e-mail address or password is wrong");

pub async fn sign_in(caller: Anyone, Body(given): Body<Credentials>) -> Result<Answer<Json<SignedIn>>> {
    Ok(Json::new(admitted(&caller, given, sessions::PROGRAM.into()).await?).into())
}

/// The secret of a new session for whoever shows a user's address and password; `name` says where it is.
pub async fn exchange(caller: &Anyone, given: Credentials, name: String) -> Result<String> {
    Ok(admitted(caller, given, name).await?.token)
}

async fn admitted(caller: &Anyone, given: Credentials, name: String) -> Result<SignedIn> {
    // Whatever is no address goes the same way as an address that nobody has.
    let key = Email::parse(&given.email).map(|email| email.key).unwrap_or_default();
    let guard = &caller.app.sign_ins;
    let attempt = guard.admit(caller.facts.address, &key, caller.app.clock.now())?;
    tokio::time::sleep(attempt.delay).await;
    let outcome = check(caller, key, given.password).await;
    if !matches!(outcome, Ok(None)) {
        guard.forgive(&attempt);
    }
    let candidate = outcome?.ok_or(WRONG)?;
    let secret = tokens::generate()?;
    let actor = Actor::User { id: candidate.user_id, role: candidate.role };
    caller.app.write(actor, move |work| admit(work, &candidate, &secret, &name)).await
}

/// The user whose address and password these are.
async fn check(caller: &Anyone, key: String, password: Password<0>) -> Result<Option<Candidate>> {
    let found = caller.read(Class::Bounded, move |work| {
        let sql = "select user_id, role, password_hash from crm_users where email_key = $1 and is_active";
        work.optional::<Candidate>(sql, &[&key])
    });
    let found = found.await?;
    let stored = found.as_ref().and_then(|candidate| candidate.password_hash.clone());
    let is_right = caller.app.sign_ins.is_right(stored, password).await?;
    Ok(found.filter(|_| is_right))
}

/// Makes the short-lived token, unless the user or the password has changed meanwhile.
fn admit(work: &mut Work, candidate: &Candidate, secret: &str, name: &str) -> Result<SignedIn> {
    let lock = work.dialect().for_update();
    let unchanged: Option<(i64,)> = work.optional(
        &format!(
            "select user_id from crm_users where user_id = $1 and password_hash = $2 and is_active{lock}"
        ),
        &[&candidate.user_id, &candidate.password_hash],
    )?;
    if unchanged.is_none() {
        return Err(WRONG);
    }
    let expires_at = sessions::begin(work, Owner::User(candidate.user_id), secret, name)?;
    Ok(SignedIn { token: secret.to_owned(), expires_at, user: User::find(work, candidate.user_id)? })
}

/// Ends the token that was used. In the demo a caller may have none; then there is nothing to end.
pub async fn sign_out(caller: Known, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let token_id = caller.token_id;
    caller
        .write(move |work| {
            if let Some(token_id) = token_id {
                tokens::end(work, token_id)?;
            }
            Ok(NoContent)
        })
        .await
}

pub async fn me(caller: Known, _: Query<Nothing>) -> Result<Answer<Json<Me>>> {
    let token_id = caller.token_id;
    let me = caller.read(Class::Bounded, move |work| {
        let sql = "select scope from crm_tokens where token_id = $1";
        let scope: Option<(Scope,)> = work.optional(sql, &[&token_id])?;
        let scope = scope.map_or(Scope::Write, |(scope,)| scope);
        let (user_id, contact_id) = (work.actor.user_id(), work.actor.contact_id());
        let user = user_id.map(|id| User::find(work, id)).transpose()?;
        let contact = contact_id.map(|id| Contact::find(work, id)).transpose()?;
        let kind = if user.is_some() { Principal::User } else { Principal::Contact };
        Ok(Me { kind, scope, user, contact })
    });
    Ok(Json::new(me.await?).into())
}
