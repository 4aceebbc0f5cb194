//! Outbound messages as an admin sees them: what was sent, what waits, what died, what mail that is off has held.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::message::{self, Purpose, State};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Admin, Answer, Json, Nothing, Path, Query};
use crate::input::Set;
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::people::listing::{self, Filter};
use crate::work::Work;

crate::input! {
    /// Which messages, newest first.
    pub struct MessageQuery {
        pub state: Option<Set<State>>,
        pub case_id: Option<i64>,
        pub contact_id: Option<i64>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

db::record! {
    /// A message without its text.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct MessageLine {
        pub outbound_message_id: i64,
        pub purpose: Purpose,
        pub case_id: Option<i64>,
        pub contact_id: Option<i64>,
        /// The user whom it is for; a message is for a contact or for a user.
        pub user_id: Option<i64>,
        pub to_name: String,
        pub to_address: String,
        pub subject: String,
        /// The header Message-ID, the same at every attempt.
        pub message_id: String,
        pub state: State,
        pub attempts: i64,
        /// What the mail server said last, or why there was no answer.
        pub last_answer: Option<String>,
        pub created_at: Time,
        pub next_attempt_at: Option<Time>,
        /// When its text began to be handed over.
        pub sending_at: Option<Time>,
        pub sent_at: Option<Time>,
        /// When it was sent, given up or cancelled.
        pub finished_at: Option<Time>,
    }

    struct Bodies {
        text_body: String,
        html_body: String,
    }
}

/// A message with its text. Secret links stand in it as placeholders.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Message {
    #[serde(flatten)]
    pub line: MessageLine,
    pub text_body: String,
    pub html_body: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageList {
    pub outbound_messages: Vec<MessageLine>,
    pub pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneMessage {
    pub outbound_message: Message,
}

const SELECT: &str =
    "select outbound_message_id, purpose, case_id, contact_id, user_id, to_name, to_address, subject, message_id,
        state, attempts, last_answer, created_at, next_attempt_at, sending_at, sent_at, finished_at
     from crm_outbound_messages";

/// A message with its text.
pub fn find(work: &mut Work, id: i64) -> Result<Message> {
    let line: Option<MessageLine> =
        work.optional(&format!("{SELECT} where outbound_message_id = $1"), &[&id])?;
    let line = line.ok_or(Error::NotFound("message"))?;
    let Bodies { text_body, html_body } = work.one(
        "select text_body, html_body from crm_outbound_messages where outbound_message_id = $1",
        &[&id],
    )?;
    Ok(Message { line, text_body, html_body })
}

fn one(work: &mut Work, id: i64) -> Result<Json<OneMessage>> {
    Ok(Json::new(OneMessage { outbound_message: find(work, id)? }))
}

/// A page of the list.
pub fn page(work: &mut Work, query: &MessageQuery, paging: &Paging) -> Result<MessageList> {
    let mut filter = Filter::new("outbound_message_id > 0");
    filter.equal("case_id", query.case_id);
    filter.equal("contact_id", query.contact_id);
    if let Some(Set(states)) = &query.state {
        let states: Vec<String> = states.iter().map(|state| filter.bind(state.word())).collect();
        filter.and(&format!("state in ({})", states.join(", ")));
    }
    let total = filter.total(work, "crm_outbound_messages", query.exact == Some(true))?;
    if let Some(cursor) = &paging.cursor {
        let last = filter.bind(listing::after_id(cursor)?);
        filter.and(&format!("outbound_message_id < {last}"));
    }
    let mut outbound_messages: Vec<MessageLine> =
        filter.page(work, SELECT, "order by outbound_message_id desc", paging)?;
    let pagination =
        paging.answer(&mut outbound_messages, total, |last| vec![json!(last.outbound_message_id)]);
    Ok(MessageList { outbound_messages, pagination })
}

pub async fn list(caller: Admin, Query(query): Query<MessageQuery>) -> Result<Answer<Json<MessageList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    Ok(Json::new(caller.read(Class::Slow, move |work| page(work, &query, &paging)).await?).into())
}

pub async fn show(caller: Admin, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<Json<OneMessage>>> {
    Ok(caller.read(Class::Bounded, move |work| one(work, id)).await?.into())
}

pub async fn retry(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneMessage>>> {
    caller
        .write(move |work| {
            message::retry(work, id)?;
            one(work, id)
        })
        .await
}
