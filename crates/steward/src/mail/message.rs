//! A message: its row, its states, and the only ways from one to the next.
//!
//! ```text
//! queued -> sending -> sent                      held: mail is off
//!    ^         |-> unknown  (no answer came)     cancelled: its addressee is gone or wants none
//!    |         |-> dead     (5xx, or too many tries)
//!    +---------+   (4xx: tried again later)      held, dead, unknown -> queued: an admin's retry
//! ```

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use super::links::{self, Good};
use super::sign_in::{self, Door};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::jobs::{self, Errand};
use crate::people::tokens::Owner;
use crate::work::Work;

/// Minutes after which nobody waits for a link to sign in any more.
const ASKED_MINUTES: i64 = 60;

crate::words! {
    /// Where a message stands.
    pub enum State {
        /// Mail is off: kept for an admin to see.
        Held = "held",
        Queued = "queued",
        /// Its text is being handed over.
        Sending = "sending",
        Sent = "sent",
        /// Handed over, but nobody knows whether it was taken. Not sent again by itself.
        Unknown = "unknown",
        /// Refused for good, or too often.
        Dead = "dead",
        Cancelled = "cancelled",
    }
}

crate::words! {
    /// What a message is for.
    pub enum Purpose {
        SurveyInvitation = "survey_invitation",
        /// A link with which a customer signs in to the portal.
        PortalLink = "portal_link",
        /// A link with which a user sets a new password.
        PasswordReset = "password_reset",
        /// To whoever wrote by the contact form.
        CaseReceived = "case_received",
        /// What a user has answered on a case, to its customer.
        CaseAnswered = "case_answered",
    }
}

/// A message to be sent. Texts may hold the placeholders of [`links`].
#[derive(Debug, Clone)]
pub struct Draft {
    pub purpose: Purpose,
    pub case_id: Option<i64>,
    pub to: Owner,
    pub to_name: String,
    pub to_address: String,
    pub subject: String,
    pub text_body: String,
    pub html_body: String,
}

/// Puts a message in the way of the post, in the transaction of what causes it. With mail off it is held.
pub fn enqueue(work: &mut Work, draft: &Draft) -> Result<i64> {
    let now = work.now;
    let state = if work.config.sends_mail() { State::Queued } else { State::Held };
    let next_attempt_at = (state == State::Queued).then_some(now);
    let (column, addressee) = draft.to.column();
    let (id,): (i64,) = work.one(
        &format!(
            "insert into crm_outbound_messages (purpose, case_id, {column}, to_name, to_address, subject, text_body,
                 html_body, message_id, state, created_at, next_attempt_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning outbound_message_id"
        ),
        &[
            &draft.purpose, &draft.case_id, &addressee, &one_line(&draft.to_name), &draft.to_address,
            &one_line(&draft.subject), &draft.text_body, &draft.html_body, &message_id(work)?, &state, &now,
            &next_attempt_at,
        ],
    )?;
    if state == State::Queued {
        jobs::enqueue_errand(work, &Errand::SendMail { outbound_message_id: id }, now)?;
    }
    Ok(id)
}

/// What goes into a header is one line, whatever plain SQL has written into a name.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ").trim().to_owned()
}

/// A Message-ID (RFC 5322, 3.6.4) that stays the same at every attempt, so that a message that did arrive twice would
/// be known for one.
fn message_id(work: &Work) -> Result<String> {
    let mut bytes = [0u8; 18];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::Db(db::Error::Unavailable(format!("the machine gives no random bytes: {error}")))
    })?;
    let from = work.config.mail_from.trim_end_matches('>');
    let domain = from.rsplit_once('@').map_or("steward.invalid", |(_, domain)| domain);
    Ok(format!("<{}@{domain}>", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
}

db::record! {
    /// What is read of a message that is about to be sent.
    #[derive(Debug, Clone)]
    pub(super) struct Letter {
        pub outbound_message_id: i64,
        pub purpose: Purpose,
        pub contact_id: Option<i64>,
        pub user_id: Option<i64>,
        pub to_name: String,
        pub to_address: String,
        pub subject: String,
        pub text_body: String,
        pub html_body: String,
        pub message_id: String,
        pub state: State,
        pub attempts: i64,
        pub created_at: Time,
    }
}

impl Letter {
    pub(super) fn take(work: &mut Work, id: i64) -> Result<Option<Letter>> {
        let lock = work.dialect().for_update();
        work.optional(
            &format!(
                "select outbound_message_id, purpose, contact_id, user_id, to_name, to_address, subject, text_body,
                        html_body, message_id, state, attempts, created_at
                 from crm_outbound_messages where outbound_message_id = $1{lock}"
            ),
            &[&id],
        )
    }

    /// Counts an attempt and puts the secrets in. Answers the address where surveys are stopped, if it is for that.
    pub(super) fn make_links(&mut self, work: &mut Work) -> Result<Option<String>> {
        let url = work.config.public_url.clone();
        match (self.purpose, self.contact_id, self.user_id) {
            (Purpose::PortalLink, Some(contact_id), _) => {
                let address = sign_in::make(work, Door::Portal, contact_id)?;
                self.fill(sign_in::PLACEHOLDER, &address);
                Ok(None)
            }
            (Purpose::PasswordReset, _, Some(user_id)) => {
                let address = sign_in::make(work, Door::PasswordReset, user_id)?;
                self.fill(sign_in::PLACEHOLDER, &address);
                Ok(None)
            }
            (Purpose::SurveyInvitation, Some(contact_id), _) => {
                let invitation: Option<(i64,)> = work.optional(
                    "select invitation_id from crm_survey_invitations where outbound_message_id = $1",
                    &[&self.outbound_message_id],
                )?;
                let token = links::make(work, Good::Survey, contact_id, invitation.map(|(id,)| id))?;
                self.fill(links::SURVEY, &links::address(&url, Good::Survey, &token));
                let token = links::make(work, Good::Unsubscribe, contact_id, None)?;
                let address = links::address(&url, Good::Unsubscribe, &token);
                self.fill(links::UNSUBSCRIBE, &address);
                Ok(Some(address))
            }
            _ => Ok(None),
        }
    }

    fn fill(&mut self, placeholder: &str, address: &str) {
        self.text_body = self.text_body.replace(placeholder, address);
        self.html_body = self.html_body.replace(placeholder, address);
    }

    /// Why it is not to be sent any more, if so: its addressee is gone, or wants none of this kind.
    pub(super) fn unwanted(&self, work: &mut Work) -> Result<Option<&'static str>> {
        let asks_to_sign_in = matches!(self.purpose, Purpose::PortalLink | Purpose::PasswordReset);
        if asks_to_sign_in && work.now > self.created_at.plus_minutes(ASKED_MINUTES) {
            return Ok(Some("the link was asked for too long ago"));
        }
        if let Some(user_id) = self.user_id {
            let sql = "select user_id from crm_users where user_id = $1 and is_active";
            let found: Option<(i64,)> = work.optional(sql, &[&user_id])?;
            return Ok(found.is_none().then_some("the user is gone"));
        }
        let Some(contact_id) = self.contact_id else { return Ok(None) };
        let found: Option<(bool, bool)> = work.optional(
            "select is_active, surveys_stopped_at is not null as stopped from crm_contacts where contact_id = $1",
            &[&contact_id],
        )?;
        Ok(match found {
            Some((true, true)) if self.purpose == Purpose::SurveyInvitation => {
                Some("the contact asked not to be surveyed")
            }
            Some((true, _)) => None,
            _ => Some("the contact is gone"),
        })
    }
}

/// Moves a message on, if it stands where it is thought to: answers whether it did. An end notes when.
pub(super) fn advance(
    work: &mut Work,
    id: i64,
    from: &[State],
    to: State,
    answer: Option<&str>,
) -> Result<bool> {
    let now = work.now;
    let states = work.dialect().among_texts("state", "$3");
    let is_end = matches!(to, State::Sent | State::Unknown | State::Dead | State::Cancelled);
    let changed = work.execute(
        &format!(
            "update crm_outbound_messages set state = $2, last_answer = coalesce($4, last_answer),
                 sending_at = case when $2 = 'sending' then $5 else sending_at end,
                 sent_at = case when $2 = 'sent' then $5 else sent_at end,
                 finished_at = $6, next_attempt_at = null
             where outbound_message_id = $1 and {states}"
        ),
        &[&id, &to, &json!(from), &answer, &now, &is_end.then_some(now)],
    )?;
    Ok(changed == 1)
}

/// Puts a message that could not be handed over back into the queue.
pub(super) fn requeue(work: &mut Work, id: i64, answer: &str, next: Time) -> Result<()> {
    work.execute(
        "update crm_outbound_messages set state = 'queued', last_answer = $2, next_attempt_at = $3
         where outbound_message_id = $1 and state in ('queued', 'sending')",
        &[&id, &answer, &next],
    )?;
    Ok(())
}

/// Sends a message that was held, refused or lost from sight, by an admin's word. 409 in any other state, and with mail
/// off.
pub fn retry(work: &mut Work, id: i64) -> Result<()> {
    let now = work.now;
    let letter = Letter::take(work, id)?.ok_or(Error::NotFound("message"))?;
    if !work.config.sends_mail() {
        return Err(Error::Conflict("mail is off: set smtp_host, mail_from and public_url first".into()));
    }
    if !matches!(letter.state, State::Held | State::Dead | State::Unknown) {
        return Err(Error::Conflict(format!(
            "a message that is {} is not sent again; held, dead and unknown ones are",
            letter.state
        )));
    }
    work.execute(
        "update crm_outbound_messages set state = 'queued', attempts = 0, next_attempt_at = $2, finished_at = null
         where outbound_message_id = $1",
        &[&id, &now],
    )?;
    jobs::enqueue_errand(work, &Errand::SendMail { outbound_message_id: id }, now)?;
    work.audit("retried", "outbound_message", Some(id), &json!({ "state": letter.state }))
}

/// Empties what was written to a contact; what waits is not sent (spec 2).
pub fn erase(work: &mut Work, contact_id: i64) -> Result<()> {
    let now = work.now;
    work.execute(
        "update crm_outbound_messages set to_name = '', to_address = '', subject = '', text_body = '', html_body = '',
             last_answer = null, next_attempt_at = null, finished_at = coalesce(finished_at, $2),
             state = case when state in ('held', 'queued') then 'cancelled' else state end
         where contact_id = $1",
        &[&contact_id, &now],
    )?;
    work.execute("delete from crm_link_tokens where contact_id = $1", &[&contact_id])?;
    work.execute("delete from crm_sign_in_links where contact_id = $1", &[&contact_id])?;
    Ok(())
}
