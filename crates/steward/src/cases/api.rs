//! The HTTP side of cases.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::bulk::{BulkChange, BulkOutcome};
use super::case::Case;
use super::comment::{self, CommentDraft, CommentEdit, CommentView};
use super::edit::CaseEdit;
use super::filter::{CaseQuery, CaseScope};
use super::list::{self, CaseList};
use super::merge::{self, Merge};
use super::open::CaseDraft;
use super::show::{self, CaseDetail, CaseFull};
use super::status::StatusChange;
use super::timeline::{self, Timeline, TimelineQuery};
use crate::clock::Time;
use crate::error::Result;
use crate::http::{
    Admin, Agent, Answer, Body, Caller, Created, Json, Known, Manager, NoContent, Nothing, Participant, Path,
    Query,
};
use crate::paging::{Cursor, Limit, Paging};
use crate::work::Work;

/// A case under its name.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OneCase {
    pub case: CaseFull,
}

/// A comment under its name.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OneComment {
    pub comment: CommentView,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Comments {
    pub comments: Vec<CommentView>,
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct BulkOutcomes {
    pub results: Vec<BulkOutcome>,
}

crate::input! {
    /// A page of a conversation.
    pub struct CommentsQuery {
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

fn one_case(work: &mut Work, case_id: i64) -> Result<Json<OneCase>> {
    let case = show::full(work, case_id)?;
    let version = case.item.case.edit_version;
    // For customers there is no version: what moves it is not all theirs to see.
    let is_staff = work.actor.is_staff();
    Ok(if is_staff { Json::version(OneCase { case }, case_id, version) } else { Json::new(OneCase { case }) })
}

pub async fn list(caller: Known, query: Query<CaseQuery>) -> Result<Answer<Json<CaseList>>> {
    list_of(&caller, CaseScope::Desk, query.0).await
}

/// The list within a scope: of the desk, of an account, of a contact.
pub async fn list_of(caller: &Caller, scope: CaseScope, query: CaseQuery) -> Result<Answer<Json<CaseList>>> {
    let class = if query.is_cheap(caller.app.db.dialect(), caller.actor, scope) {
        Class::Bounded
    } else {
        Class::Slow
    };
    let list = caller.read(class, move |work| list::list(work, &query, scope)).await?;
    Ok(Json::new(list).into())
}

pub async fn create(caller: Participant, Body(draft): Body<CaseDraft>) -> Result<Answer<Created<OneCase>>> {
    caller
        .write(move |work| {
            let case_id = Case::open(work, &draft)?;
            let Json { body, etag } = one_case(work, case_id)?;
            Ok(Created { location: format!("/api/crm/cases/{case_id}"), body, etag })
        })
        .await
}

pub async fn bulk(caller: Manager, Body(change): Body<BulkChange>) -> Result<Answer<Json<BulkOutcomes>>> {
    caller.write(move |work| Ok(Json::new(BulkOutcomes { results: change.apply(work)? }))).await
}

pub async fn show(
    caller: Known,
    Path([case_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<CaseDetail>>> {
    let detail = caller.read(Class::Bounded, move |work| show::detail(work, case_id)).await?;
    let version = detail.case.item.case.edit_version;
    // For customers the version says 0: what moves it is not theirs to see.
    let is_staff = caller.actor.is_staff();
    Ok(if is_staff { Json::version(detail, case_id, version).into() } else { Json::new(detail).into() })
}

pub async fn update(
    caller: Agent,
    Path([case_id]): Path<1>,
    Body(edit): Body<CaseEdit>,
) -> Result<Answer<Json<OneCase>>> {
    let expected = caller.expected(case_id);
    caller
        .write(move |work| {
            Case::take(work, case_id)?.edit(work, &edit, &expected)?;
            one_case(work, case_id)
        })
        .await
}

pub async fn delete(
    caller: Manager,
    Path([case_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    let expected = caller.expected(case_id);
    caller
        .write(move |work| {
            Case::take(work, case_id)?.delete(work, &expected)?;
            Ok(NoContent)
        })
        .await
}

pub async fn restore(
    caller: Admin,
    Path([case_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneCase>>> {
    caller
        .write(move |work| {
            Case::take_deleted(work, case_id)?.restore(work)?;
            one_case(work, case_id)
        })
        .await
}

pub async fn set_status(
    caller: Participant,
    Path([case_id]): Path<1>,
    Body(change): Body<StatusChange>,
) -> Result<Answer<Json<OneCase>>> {
    let expected = caller.expected(case_id);
    caller
        .write(move |work| {
            let mut case = Case::take(work, case_id)?;
            if work.actor.is_staff() {
                expected.check(case.edit_version)?;
            }
            case.set_status(work, &change)?;
            one_case(work, case_id)
        })
        .await
}

pub async fn comments(
    caller: Known,
    Path([case_id]): Path<1>,
    Query(query): Query<CommentsQuery>,
) -> Result<Answer<Json<Comments>>> {
    let paging = Paging::new(None, query.limit, query.cursor, 50)?;
    let after = match &paging.cursor {
        None => None,
        Some(cursor) => {
            let [at, id] = cursor.values()?;
            let at = at.as_str().and_then(Time::parse).ok_or_else(Cursor::foreign)?;
            Some((at, id.as_i64().ok_or_else(Cursor::foreign)?))
        }
    };
    let comments = caller.read(Class::Bounded, move |work| {
        Case::find(work, case_id)?;
        let comments = comment::of_case(work, case_id, after, paging.limit)?;
        let next_cursor = match comments.last() {
            Some(last) if comment::goes_on_after(work, last)? => {
                Some(Cursor(vec![json!(last.created_at), json!(last.comment_id)]).encode())
            }
            _ => None,
        };
        Ok(Comments { comments, next_cursor })
    });
    Ok(Json::new(comments.await?).into())
}

pub async fn create_comment(
    caller: Participant,
    Path([case_id]): Path<1>,
    Body(draft): Body<CommentDraft>,
) -> Result<Answer<Created<OneComment>>> {
    caller
        .write(move |work| {
            let comment_id = Case::take(work, case_id)?.comment(work, &draft)?;
            let comment = comment::find(work, case_id, comment_id)?;
            Ok(Created::at(format!("/api/crm/cases/{case_id}/comments/{comment_id}"), OneComment { comment }))
        })
        .await
}

pub async fn show_comment(
    caller: Known,
    Path([case_id, comment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneComment>>> {
    let comment = caller.read(Class::Bounded, move |work| {
        Case::find(work, case_id)?;
        comment::find(work, case_id, comment_id)
    });
    let comment = comment.await?;
    let version = comment.edit_version;
    Ok(Json::version(OneComment { comment }, comment_id, version).into())
}

pub async fn update_comment(
    caller: Participant,
    Path([case_id, comment_id]): Path<2>,
    Body(edit): Body<CommentEdit>,
) -> Result<Answer<Json<OneComment>>> {
    let expected = caller.expected(comment_id);
    caller
        .write(move |work| {
            Case::take(work, case_id)?.edit_comment(work, comment_id, &edit, &expected)?;
            let comment = comment::find(work, case_id, comment_id)?;
            let version = comment.edit_version;
            Ok(Json::version(OneComment { comment }, comment_id, version))
        })
        .await
}

pub async fn delete_comment(
    caller: Agent,
    Path([case_id, comment_id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            Case::take(work, case_id)?.delete_comment(work, comment_id)?;
            Ok(NoContent)
        })
        .await
}

pub async fn timeline(
    caller: Known,
    Path([case_id]): Path<1>,
    Query(query): Query<TimelineQuery>,
) -> Result<Answer<Json<Timeline>>> {
    let timeline = caller.read(Class::Bounded, move |work| timeline::page(work, case_id, &query));
    Ok(Json::new(timeline.await?).into())
}

pub async fn merge(
    caller: Agent,
    Path([case_id]): Path<1>,
    Body(merge): Body<Merge>,
) -> Result<Answer<Json<OneCase>>> {
    caller
        .write(move |work| {
            let (mut case, into) = merge::take_both(work, case_id, merge.into_case_id)?;
            case.merge_into(work, &into)?;
            one_case(work, into.case_id)
        })
        .await
}
