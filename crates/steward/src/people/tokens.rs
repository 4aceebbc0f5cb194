//! Tokens: 256 random bits, shown once, stored as SHA-256 (spec 2).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::HashMap;

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::listing::{self, Filter};
use super::{Role, Scope, must_be_active};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::http::{Admin, Answer, Body, Created, Json, NoContent, Nothing, Path, Query};
use crate::input::Line;
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::work::{Actor, Work};

crate::words! {
    /// What a token was made for.
    pub enum TokenKind {
        Api = "api",
        SignIn = "sign_in",
        FirstStart = "first_start",
    }
}

db::record! {
    /// A token with whom it speaks for.
    #[derive(Debug, Clone)]
    pub struct KnownToken {
        pub token_id: i64,
        pub scope: Scope,
        pub expires_at: Option<Time>,
        pub user_id: Option<i64>,
        pub role: Option<Role>,
        pub contact_id: Option<i64>,
        pub account_id: Option<i64>,
        pub sees_account: Option<bool>,
    }

    /// A token as admins see it: all but the secret.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Token {
        pub token_id: i64,
        /// The user it speaks for; a token speaks for a user or a contact.
        pub user_id: Option<i64>,
        pub contact_id: Option<i64>,
        pub token_name: String,
        pub scope: Scope,
        pub kind: TokenKind,
        pub expires_at: Option<Time>,
        pub revoked_at: Option<Time>,
        pub created_by: Option<i64>,
        pub created_at: Time,
    }
}

crate::input! {
    /// A new token, for a user or for a contact.
    pub struct TokenDraft {
        pub user_id: Option<i64>,
        pub contact_id: Option<i64>,
        pub token_name: Line<100>,
        /// Write when left out.
        pub scope: Option<Scope>,
        /// Never when left out.
        pub expires_at: Option<Time>,
    }
}

crate::input! {
    /// Which tokens, newest first.
    pub struct TokenQuery {
        pub user_id: Option<i64>,
        pub contact_id: Option<i64>,
        pub kind: Option<TokenKind>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

/// Whom a token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    User(i64),
    Contact(i64),
}

impl Owner {
    /// The column that names the owner, and the owner's id.
    pub fn column(self) -> (&'static str, i64) {
        match self {
            Owner::User(id) => ("user_id", id),
            Owner::Contact(id) => ("contact_id", id),
        }
    }
}

impl KnownToken {
    /// Who acts with it. A token of a deactivated user or contact speaks for nobody.
    pub fn actor(&self) -> Result<Actor> {
        match (self.user_id, self.role, self.contact_id) {
            (Some(id), Some(role), _) => Ok(Actor::User { id, role }),
            (_, _, Some(id)) => Ok(Actor::Contact {
                id,
                account_id: self.account_id,
                sees_account: self.sees_account.unwrap_or(false),
            }),
            _ => Err(Error::Unauthenticated("the token's owner is no longer active")),
        }
    }
}

/// What is stored of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A new token: `stw_` and 43 characters of base64url. Made before the transaction that stores it, which may run again.
pub fn generate() -> Result<String> {
    secret("stw")
}

/// 256 random bits in base64url under a prefix that says what they are for.
pub fn secret(prefix: &str) -> Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::Db(db::Error::Unavailable(format!("the machine gives no random bytes: {error}")))
    })?;
    Ok(format!("{prefix}_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
}

const KNOWN: &str = "select t.token_id, t.scope, t.expires_at, u.user_id, u.role, c.contact_id, c.account_id,
        a.contacts_see_account_cases as sees_account
     from crm_tokens t
     left join crm_users u on u.user_id = t.user_id and u.is_active
     left join crm_contacts c on c.contact_id = t.contact_id and c.is_active
     left join crm_accounts a on a.account_id = c.account_id and a.is_active";

/// The token whose hash this is, unless revoked. One statement: it precedes every request.
pub fn find(work: &mut Work, hash: &[u8]) -> Result<Option<KnownToken>> {
    work.optional(&format!("{KNOWN} where t.token_hash = $1 and t.revoked_at is null"), &[&hash])
}

/// For whom these tokens speak now; one that has ended, or whose owner has, is not among them.
pub fn speakers(work: &mut Work, token_ids: &[i64]) -> Result<HashMap<i64, Actor>> {
    let now = work.now;
    let among = work.dialect().among_ints("t.token_id", "$1");
    let sql = format!("{KNOWN} where {among} and t.revoked_at is null");
    let known: Vec<KnownToken> = work.query(&sql, &[&serde_json::json!(token_ids)])?;
    let alive = known.iter().filter(|known| known.expires_at.is_none_or(|end| end > now));
    Ok(alive.filter_map(|known| Some((known.token_id, known.actor().ok()?))).collect())
}

const SELECT: &str =
    "select token_id, user_id, contact_id, token_name, scope, kind, expires_at, revoked_at, created_by,
        created_at
     from crm_tokens";

/// What a token is to be, its secret aside.
#[derive(Debug, Clone)]
pub struct Grant {
    pub owner: Owner,
    pub kind: TokenKind,
    pub token_name: String,
    pub scope: Scope,
    pub expires_at: Option<Time>,
}

impl Grant {
    fn drafted(draft: &TokenDraft) -> Result<Grant> {
        let owner = match (draft.user_id, draft.contact_id) {
            (Some(id), None) => Owner::User(id),
            (None, Some(id)) => Owner::Contact(id),
            _ => {
                let message = "a token is for one user or one contact: name one of the two";
                return Err(Error::Invalid(vec![
                    Fault::field("user_id", message),
                    Fault::field("contact_id", message),
                ]));
            }
        };
        Ok(Grant {
            owner,
            kind: TokenKind::Api,
            token_name: draft.token_name.to_string(),
            scope: draft.scope.unwrap_or(Scope::Write),
            expires_at: draft.expires_at,
        })
    }

    /// Stores the token whose secret this is. 422 for an owner who is not active and an end that has passed.
    pub fn issue(&self, work: &mut Work, secret: &str) -> Result<Token> {
        let now = work.now;
        match self.owner {
            Owner::User(id) => must_be_active(work, "user_id", "crm_users", "user_id", id)?,
            Owner::Contact(id) => must_be_active(work, "contact_id", "crm_contacts", "contact_id", id)?,
        }
        if self.expires_at.is_some_and(|end| end <= work.now) {
            return Err(Error::field("expires_at", "is to be in the future"));
        }
        let (column, id) = self.owner.column();
        let created_by = work.actor.user_id();
        let (token_id,): (i64,) = work.one(
            &format!(
                "insert into crm_tokens (token_hash, {column}, token_name, scope, kind, expires_at, created_by, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8) returning token_id"
            ),
            &[
                &&hash(secret)[..], &id, &self.token_name, &self.scope, &self.kind, &self.expires_at, &created_by,
                &now,
            ],
        )?;
        work.audit(
            "created",
            "token",
            Some(token_id),
            &json!({ column: id, "kind": self.kind, "scope": self.scope }),
        )?;
        work.one(&format!("{SELECT} where token_id = $1"), &[&token_id])
    }
}

/// Ends one token; 404 if there is none, or it has ended already.
pub fn end(work: &mut Work, token_id: i64) -> Result<()> {
    let now = work.now;
    let ended = work.execute(
        "update crm_tokens set revoked_at = $2 where token_id = $1 and revoked_at is null",
        &[&token_id, &now],
    )?;
    if ended == 0 {
        return Err(Error::NotFound("token"));
    }
    work.audit("revoked", "token", Some(token_id), &json!({}))
}

/// Ends all tokens of somebody, or those of one kind.
pub fn revoke_all(work: &mut Work, owner: Owner, kind: Option<TokenKind>) -> Result<()> {
    let now = work.now;
    let (column, id) = owner.column();
    let of_kind = kind.map(|kind| format!(" and kind = '{kind}'")).unwrap_or_default();
    let ended: Vec<(i64,)> = work.query(
        &format!(
            "update crm_tokens set revoked_at = $2 where {column} = $1 and revoked_at is null{of_kind} returning token_id"
        ),
        &[&id, &now],
    )?;
    for (token_id,) in ended {
        work.audit("revoked", "token", Some(token_id), &json!({}))?;
    }
    Ok(())
}

/// Ends what somebody has signed in to, and the mailed links that would let somebody in as them: whoever changes a password
/// or an address shuts out who had the former one.
pub fn end_sign_ins(work: &mut Work, owner: Owner) -> Result<()> {
    revoke_all(work, owner, Some(TokenKind::SignIn))?;
    end_links(work, owner)
}

/// Ends the links that were mailed to somebody and have not been used.
pub fn end_links(work: &mut Work, owner: Owner) -> Result<()> {
    let now = work.now;
    let (column, id) = owner.column();
    let sql = format!("update crm_sign_in_links set used_at = $2 where {column} = $1 and used_at is null");
    work.execute(&sql, &[&id, &now])?;
    Ok(())
}

/// A page of the list.
pub fn page(work: &mut Work, query: &TokenQuery, paging: &Paging) -> Result<TokenList> {
    let mut filter = Filter::new("token_id > 0");
    filter.equal("user_id", query.user_id);
    filter.equal("contact_id", query.contact_id);
    filter.equal("kind", query.kind.map(TokenKind::word));
    let total = filter.total(work, "crm_tokens", query.exact == Some(true))?;
    if let Some(cursor) = &paging.cursor {
        let last = filter.bind(listing::after_id(cursor)?);
        filter.and(&format!("token_id < {last}"));
    }
    let mut tokens: Vec<Token> = filter.page(work, SELECT, "order by token_id desc", paging)?;
    let pagination = paging.answer(&mut tokens, total, |last| vec![json!(last.token_id)]);
    Ok(TokenList { tokens, pagination })
}

#[derive(Serialize, JsonSchema)]
pub struct TokenList {
    pub tokens: Vec<Token>,
    pub pagination: Pagination,
}

#[derive(Serialize, JsonSchema)]
pub struct OneToken {
    token: Token,
}

#[derive(Serialize, JsonSchema)]
pub struct TokenMade {
    token: Token,
    /// Shown this once: send it as `Authorization: Bearer <secret>`.
    secret: String,
}

pub async fn list(caller: Admin, Query(query): Query<TokenQuery>) -> Result<Answer<Json<TokenList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    let class = if query.exact == Some(true) { Class::Slow } else { Class::Bounded };
    let list = caller.read(class, move |work| page(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}

pub async fn show(caller: Admin, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<Json<OneToken>>> {
    let found = caller.read(Class::Bounded, move |work| {
        work.optional(&format!("{SELECT} where token_id = $1"), &[&id])?.ok_or(Error::NotFound("token"))
    });
    Ok(Json::new(OneToken { token: found.await? }).into())
}

pub async fn create(caller: Admin, Body(draft): Body<TokenDraft>) -> Result<Answer<Created<TokenMade>>> {
    let grant = Grant::drafted(&draft)?;
    let secret = generate()?;
    caller
        .write_secret(move |work| {
            let token = grant.issue(work, &secret)?;
            let location = format!("/api/crm/tokens/{}", token.token_id);
            Ok(Created::at(location, TokenMade { token, secret: secret.clone() }))
        })
        .await
}

pub async fn revoke(caller: Admin, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    caller.write(move |work| end(work, id).map(|()| NoContent)).await
}
