//! Links that let somebody in without a password: a customer into the portal, a user to a new password. A link is good
//! once and for half an hour from when its mail was handed over; a GET uses none, because scanners follow links.
//!
//! Whoever asks for one is answered the same, and by the same work, whether the address is known or not: what is written
//! is a job, and only the job looks who has the address.

use serde_json::json;

use super::message::{self, Draft, Purpose};
use super::notice::Notice;
use crate::branding;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::files::hex_digest;
use crate::jobs::{self, Job};
use crate::people::tokens::{self, Owner};
use crate::web::Language;
use crate::work::Work;

crate::words! {
    /// What a link opens.
    pub enum Door { Portal = "portal", PasswordReset = "password_reset" }
}

/// What stands for the address in a stored message.
pub const PLACEHOLDER: &str = "[sign-in-link]";
/// How long a link is good.
pub const MINUTES: i64 = 30;
/// Mails of this kind that one person gets in an hour; whoever asks for more is answered the same and gets none.
const MAILS_AN_HOUR: i64 = 5;

impl Door {
    fn purpose(self) -> Purpose {
        match self {
            Door::Portal => Purpose::PortalLink,
            Door::PasswordReset => Purpose::PasswordReset,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Door::Portal => "portal/sign-in",
            Door::PasswordReset => "password-reset",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Door::Portal => "contact_id",
            Door::PasswordReset => "user_id",
        }
    }

    fn owner(self, id: i64) -> Owner {
        match self {
            Door::Portal => Owner::Contact(id),
            Door::PasswordReset => Owner::User(id),
        }
    }
}

/// Notes that somebody asked for a link. One who asks again before the first is written gets one.
pub fn ask(work: &mut Work, door: Door, email_key: &str, language: Language) -> Result<()> {
    let now = work.now;
    let key = format!("sign_in_link {door} {}", hex_digest(email_key.as_bytes()));
    let job = Job::SendSignInLink { door, email_key: email_key.to_owned(), language };
    jobs::enqueue(work, &job, now, Some(&key))
}

db::record! {
    struct Known {
        id: i64,
        name: String,
        email: String,
        language: Option<String>,
    }
}

/// Writes the mail to whoever has the address, if anybody has; not to one who has had several of late. `language` is that
/// of the page on which a customer asked; a user's is their own, else English.
pub fn send(work: &mut Work, door: Door, email_key: &str, language: Language) -> Result<()> {
    let sql = match door {
        Door::Portal => {
            "select contact_id as id, name, email, language from crm_contacts
             where email_key = $1 and is_active and email_key is not null"
        }
        Door::PasswordReset => {
            "select user_id as id, name, email, language from crm_users where email_key = $1 and is_active"
        }
    };
    let Some(known) = work.optional::<Known>(sql, &[&email_key])? else { return Ok(()) };
    let since = work.now.plus_hours(-1);
    let (recent,): (i64,) = work.one(
        &format!(
            "select count(*) from crm_outbound_messages where {} = $1 and purpose = $2 and created_at > $3",
            door.column()
        ),
        &[&known.id, &door.purpose(), &since],
    )?;
    if recent >= MAILS_AN_HOUR {
        return Ok(());
    }
    let otherwise = if door == Door::Portal { language } else { Language::English };
    let language = known.language.as_deref().and_then(Language::of_tag).unwrap_or(otherwise);
    let (subject, lines, label, end) = match door {
        Door::Portal => ("mail-portal-subject", "mail-portal-text", "mail-portal-link", "mail-portal-end"),
        Door::PasswordReset => ("mail-reset-subject", "mail-reset-text", "mail-reset-link", "mail-reset-end"),
    };
    let brand = branding::brand(work)?.name.clone();
    let notice = Notice {
        language,
        brand: &brand,
        greeting: match door {
            // What a customer is called may be a stranger's word, typed into the contact form.
            Door::Portal => language.say("mail-greeting-anybody"),
            Door::PasswordReset => language.fill("mail-greeting", &[("name", &known.name)]),
        }
        .into_owned(),
        text: language.fill(lines, &[("brand", &brand)]).into_owned(),
        said: Default::default(),
        label: language.say(label).into_owned(),
        link: PLACEHOLDER.into(),
        end: language.fill(end, &[("minutes", &MINUTES)]).into_owned(),
    };
    let subject = language.fill(subject, &[("brand", &brand)]).into_owned();
    let (text_body, html_body) = notice.write()?;
    let draft = Draft {
        purpose: door.purpose(),
        case_id: None,
        to: door.owner(known.id),
        to_name: if door == Door::Portal { String::new() } else { known.name.clone() },
        to_address: known.email.clone(),
        subject,
        text_body,
        html_body,
    };
    message::enqueue(work, &draft)?;
    if door == Door::PasswordReset {
        work.audit("password_reset_asked", "user", Some(known.id), &json!({}))?;
    }
    Ok(())
}

/// Makes a link's secret and stores its hash; answers the address. Earlier ones of the same person stay good for their
/// half hour, since mails may overtake each other.
pub fn make(work: &mut Work, door: Door, id: i64) -> Result<String> {
    let token = tokens::secret(match door {
        Door::Portal => "ptl",
        Door::PasswordReset => "pwr",
    })?;
    let (now, expires_at) = (work.now, work.now.plus_minutes(MINUTES));
    // What has run out lately can still be told from what never was.
    work.execute("delete from crm_sign_in_links where expires_at < $1", &[&now.plus_days(-1)])?;
    work.execute(
        &format!(
            "insert into crm_sign_in_links (token_hash, purpose, {}, created_at, expires_at) values ($1, $2, $3, $4, $5)",
            door.column()
        ),
        &[&&tokens::hash(&token)[..], &door, &id, &now, &expires_at],
    )?;
    Ok(format!("{}/{}/{token}", work.config.public_url.trim_end_matches('/'), door.path()))
}

db::record! {
    struct Link {
        user_id: Option<i64>,
        contact_id: Option<i64>,
        expires_at: Time,
        used_at: Option<Time>,
    }
}

fn gone() -> Error {
    Error::Gone("this link was used already, has run out, or never was: ask for a new one".into())
}

/// Whose a link is while it is good, without using it. 410 otherwise.
pub fn look(work: &mut Work, door: Door, token: &str) -> Result<Owner> {
    find(work, door, token, "")
}

fn find(work: &mut Work, door: Door, token: &str, lock: &str) -> Result<Owner> {
    let link: Option<Link> = work.optional(
        &format!(
            "select user_id, contact_id, expires_at, used_at from crm_sign_in_links
             where token_hash = $1 and purpose = $2{lock}"
        ),
        &[&&tokens::hash(token)[..], &door],
    )?;
    let link = link.filter(|link| link.used_at.is_none() && work.now < link.expires_at).ok_or_else(gone)?;
    match (link.user_id, link.contact_id) {
        (Some(id), None) => Ok(Owner::User(id)),
        (None, Some(id)) => Ok(Owner::Contact(id)),
        _ => Err(gone()),
    }
}

/// Uses a link, and with it every other that the same person has for the same door. 410 for one that is not good.
pub fn take(work: &mut Work, door: Door, token: &str) -> Result<Owner> {
    let lock = work.dialect().for_update();
    let owner = find(work, door, token, lock)?;
    let (column, id) = owner.column();
    let now = work.now;
    work.execute(
        &format!(
            "update crm_sign_in_links set used_at = $3 where {column} = $1 and purpose = $2 and used_at is null"
        ),
        &[&id, &door, &now],
    )?;
    Ok(owner)
}
