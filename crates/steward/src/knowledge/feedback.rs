//! Whether an article helped: one vote of each contact and user, which may change; strangers vote too, but not too
//! often (spec 7). Triggers keep the counters.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::Edition;
use super::article::{self, Article};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::http::{Answer, Body, Created, Json, Path, Query, Reader, Viewer};
use crate::input::Prose;
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::people::Role;
use crate::people::listing::{self, Filter};
use crate::work::{Actor, Work};

crate::input! {
    pub struct FeedbackDraft {
        pub is_helpful: bool,
        pub comment: Option<Prose<0>>,
        /// The contact who says so; contacts are themselves, and only an admin may name another.
        pub submitted_by: Option<i64>,
        /// The user who says so; only an admin may name another.
        pub user_id: Option<i64>,
    }
}

crate::input! {
    pub struct FeedbackQuery {
        pub is_helpful: Option<bool>,
        /// Only such with a comment, or without one.
        pub commented: Option<bool>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

db::record! {
    /// What one reader said.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Feedback {
        pub feedback_id: i64,
        pub article_id: i64,
        pub is_helpful: bool,
        pub comment: Option<String>,
        /// The contact; null for users and strangers.
        pub submitted_by: Option<i64>,
        /// The user; null for contacts and strangers.
        pub user_id: Option<i64>,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

const SELECT: &str =
    "select feedback_id, article_id, is_helpful, comment, submitted_by, user_id, created_at, updated_at
     from crm_kb_article_feedback";

/// The vote, and how the article stands with it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Submitted {
    feedback: Feedback,
    helpful_count: i64,
    not_helpful_count: i64,
    helpfulness_percentage: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct FeedbackList {
    pub feedback: Vec<Feedback>,
    pub pagination: Pagination,
}

/// Whose vote it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Voter {
    contact_id: Option<i64>,
    user_id: Option<i64>,
}

/// The voter: the caller, unless an admin names somebody else (spec 2).
fn voter(work: &mut Work, draft: &FeedbackDraft) -> Result<Voter> {
    let own = Voter { contact_id: work.actor.contact_id(), user_id: work.actor.user_id() };
    let named = Voter { contact_id: draft.submitted_by, user_id: draft.user_id };
    if named == (Voter { contact_id: None, user_id: None }) || named == own {
        return Ok(own);
    }
    if named.contact_id.is_some() && named.user_id.is_some() {
        let message = "name a contact or a user, not both";
        return Err(Error::Invalid(vec![
            Fault::field("submitted_by", message),
            Fault::field("user_id", message),
        ]));
    }
    let (field, sql, id) = match (named.contact_id, named.user_id) {
        (Some(id), _) => {
            ("submitted_by", "select contact_id from crm_contacts where contact_id = $1 and is_active", id)
        }
        (None, id) => (
            "user_id",
            "select user_id from crm_users where user_id = $1 and is_active",
            id.unwrap_or_default(),
        ),
    };
    if !work.actor.is_at_least(Role::Admin) {
        let message = "only an admin may name somebody else; leave it out to speak for yourself";
        return Err(Error::field(field, message));
    }
    if work.optional::<(i64,)>(sql, &[&id])?.is_none() {
        return Err(Error::field(field, format!("there is nobody active with the id {id}")));
    }
    Ok(named)
}

/// What the actor said of an article, where they are known and have said something.
pub fn own(work: &mut Work, id: i64) -> Result<Option<Feedback>> {
    let (contact_id, user_id) = (work.actor.contact_id(), work.actor.user_id());
    if contact_id.is_none() && user_id.is_none() {
        return Ok(None);
    }
    let column = if contact_id.is_some() { "submitted_by" } else { "user_id" };
    let who = contact_id.or(user_id);
    work.optional(&format!("{SELECT} where article_id = $1 and {column} = $2"), &[&id, &who])
}

/// Takes a vote; a second one of the same contact or user takes the place of the first.
pub fn vote(work: &mut Work, id: i64, draft: &FeedbackDraft) -> Result<Submitted> {
    article::find(work, id, edition(work.actor))?;
    let voter = voter(work, draft)?;
    let now = work.now;
    let comment = draft.comment.as_deref().map(str::trim).filter(|comment| !comment.is_empty());
    let again = match voter {
        Voter { contact_id: Some(_), .. } => {
            "on conflict (article_id, submitted_by) where submitted_by is not null"
        }
        Voter { user_id: Some(_), .. } => "on conflict (article_id, user_id) where user_id is not null",
        _ => "",
    };
    let again = if again.is_empty() {
        String::new()
    } else {
        format!(
            "{again} do update set is_helpful = excluded.is_helpful, comment = excluded.comment,
             updated_at = excluded.updated_at"
        )
    };
    let (feedback_id,): (i64,) = work.one(
        &format!(
            "insert into crm_kb_article_feedback (article_id, is_helpful, comment, submitted_by, user_id, created_at,
                 updated_at)
             values ($1, $2, $3, $4, $5, $6, $6) {again} returning feedback_id"
        ),
        &[&id, &draft.is_helpful, &comment, &voter.contact_id, &voter.user_id, &now],
    )?;
    let feedback: Feedback = work.one(&format!("{SELECT} where feedback_id = $1"), &[&feedback_id])?;
    // Read again: the triggers have counted.
    let Article { helpful_count, not_helpful_count, helpfulness_percentage, .. } =
        article::find(work, id, edition(work.actor))?;
    Ok(Submitted { feedback, helpful_count, not_helpful_count, helpfulness_percentage })
}

/// What the caller may have read.
fn edition(actor: Actor) -> Edition {
    if actor.is_staff() { Edition::Draft } else { Edition::Published }
}

pub fn page(work: &mut Work, id: i64, query: &FeedbackQuery, paging: &Paging) -> Result<FeedbackList> {
    article::find(work, id, Edition::Draft)?;
    let mut filter = Filter::new("1 = 1");
    filter.equal("article_id", Some(id));
    filter.equal("is_helpful", query.is_helpful);
    match query.commented {
        Some(true) => filter.and("comment is not null"),
        Some(false) => filter.and("comment is null"),
        None => {}
    }
    let total = filter.total(work, "crm_kb_article_feedback", false)?;
    if let Some(cursor) = &paging.cursor {
        let last = filter.bind(listing::after_id(cursor)?);
        filter.and(&format!("feedback_id < {last}"));
    }
    let mut feedback: Vec<Feedback> = filter.page(work, SELECT, "order by feedback_id desc", paging)?;
    let pagination = paging.answer(&mut feedback, total, |last| vec![json!(last.feedback_id)]);
    Ok(FeedbackList { feedback, pagination })
}

pub async fn submit(
    caller: Reader,
    Path([id]): Path<1>,
    Body(draft): Body<FeedbackDraft>,
) -> Result<Answer<Created<Submitted>>> {
    if caller.actor == Actor::Anonymous {
        caller.app.knowledge.feedback_limits.admit(caller.facts.address, id, caller.app.clock.now())?;
    }
    let submitted = caller.write(move |work| {
        let submitted = vote(work, id, &draft)?;
        Ok(Created::at(format!("/api/crm/knowledge/{id}/feedback"), submitted))
    });
    submitted.await
}

pub async fn list(
    caller: Viewer,
    Path([id]): Path<1>,
    Query(query): Query<FeedbackQuery>,
) -> Result<Answer<Json<FeedbackList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    Ok(Json::new(caller.read(Class::Slow, move |work| page(work, id, &query, &paging)).await?).into())
}
