//! Tokens: 256 random bits, shown once, stored as SHA-256.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{Role, Scope};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::{Actor, Work};

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

/// A new token: `stw_` and 43 characters of base64url.
pub fn generate() -> Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::Db(db::Error::Unavailable(format!("the machine gives no random bytes: {error}")))
    })?;
    Ok(format!("stw_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
}

/// The token whose hash this is, unless revoked. One statement: it precedes every request.
pub fn find(work: &mut Work, hash: &[u8]) -> Result<Option<KnownToken>> {
    work.optional(
        "select t.token_id, t.scope, t.expires_at, u.user_id, u.role, c.contact_id, c.account_id,
                a.contacts_see_account_cases as sees_account
         from crm_tokens t
         left join crm_users u on u.user_id = t.user_id and u.is_active
         left join crm_contacts c on c.contact_id = t.contact_id and c.is_active
         left join crm_accounts a on a.account_id = c.account_id and a.is_active
         where t.token_hash = $1 and t.revoked_at is null",
        &[&hash],
    )
}
