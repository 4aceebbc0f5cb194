//! Links in mails that let whoever holds them in: 256 random bits, stored as SHA-256. A stored message shows
//! placeholders; the secrets are made when it is handed over, so that neither the database nor an admin knows them.

use crate::error::{Error, Result};
use crate::people::tokens;
use crate::work::Work;

crate::words! {
    /// What a link is good for.
    pub enum Good { Survey = "survey", Unsubscribe = "unsubscribe" }
}

/// What stands for the address of the survey in a stored message.
pub const SURVEY: &str = "[survey-link]";
/// What stands for the address where surveys are stopped.
pub const UNSUBSCRIBE: &str = "[unsubscribe-link]";

/// Where a link leads, under the desk's public address.
pub fn address(public_url: &str, good: Good, token: &str) -> String {
    let path = match good {
        Good::Survey => "survey",
        Good::Unsubscribe => "unsubscribe",
    };
    format!("{}/{path}/{token}", public_url.trim_end_matches('/'))
}

/// Makes a link's secret and stores its hash. Earlier ones for the same thing stay good.
pub fn make(work: &mut Work, good: Good, contact_id: i64, invitation_id: Option<i64>) -> Result<String> {
    let now = work.now;
    let token = tokens::secret(match good {
        Good::Survey => "svy",
        Good::Unsubscribe => "uns",
    })?;
    work.execute(
        "insert into crm_link_tokens (token_hash, purpose, invitation_id, contact_id, created_at)
         values ($1, $2, $3, $4, $5)",
        &[&&tokens::hash(&token)[..], &good, &invitation_id, &contact_id, &now],
    )?;
    Ok(token)
}

/// The contact and invitation that a link's secret stands for; 404 for one that is unknown or good for something else.
pub fn find(work: &mut Work, good: Good, token: &str) -> Result<(i64, Option<i64>)> {
    work.optional(
        "select contact_id, invitation_id from crm_link_tokens where token_hash = $1 and purpose = $2",
        &[&&tokens::hash(token)[..], &good],
    )?
    .ok_or(Error::NotFound("link"))
}
