//! The conversation: what agents and customers say on a case, and what follows from it (spec 4).

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::Serialize;

use super::attachments;
use super::case::Case;
use super::{Status, StatusChange};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::events::Event;
use crate::http::Expected;
use crate::input::Prose;
use crate::people::Role;
use crate::work::{Actor, Work};

/// How long authors may edit what they wrote; afterwards only a manager.
const EDIT_MINUTES: i64 = 15;

crate::input! {
    /// A new comment.
    pub struct CommentDraft {
        pub comment_text: Prose<1>,
        /// A note among users, never shown to a customer.
        pub is_internal: Option<bool>,
        /// This solves it: resolves the case.
        pub is_solution: Option<bool>,
        /// Only an admin may name somebody else than themselves.
        pub created_by: Option<i64>,
        /// The customer who said it: an import's or integration's, so for an admin to name.
        pub contact_id: Option<i64>,
    }
}

crate::input! {
    /// A comment's new text.
    pub struct CommentEdit {
        pub comment_text: Prose<1>,
    }
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct CommentView {
        pub comment_id: i64,
        pub case_id: i64,
        pub comment_text: String,
        pub is_internal: bool,
        pub is_solution: bool,
        pub created_by: Option<i64>,
        pub contact_id: Option<i64>,
        /// Name of the user or contact who wrote it.
        pub author_name: Option<String>,
        pub edited_at: Option<Time>,
        pub created_at: Time,
        pub updated_at: Time,
        pub edit_version: i64,
    }
}

const VIEW: &str = "select m.comment_id, m.case_id, m.comment_text, m.is_internal, m.is_solution, m.created_by,
        m.contact_id, coalesce(u.name, k.name) as author_name, m.edited_at, m.created_at, m.updated_at, m.edit_version
     from crm_case_comments m
     left join crm_users u on u.user_id = m.created_by
     left join crm_contacts k on k.contact_id = m.contact_id
     where m.is_active";

/// Text that one answer carries at most, in bytes: a thousand comments of a megabyte are not one page.
const PAGE_BYTES: usize = 4_000_000;

/// Comments of a case in the order of the conversation, from after `(created_at, comment_id)`, as far as the actor
/// may see them. Ends early, but never empty, where their texts grow beyond a page.
pub fn of_case(
    work: &mut Work,
    case_id: i64,
    after: Option<(Time, i64)>,
    limit: i64,
) -> Result<Vec<CommentView>> {
    let internal = if work.actor.is_staff() { "" } else { " and not m.is_internal" };
    let beyond = if after.is_some() { " and (m.created_at, m.comment_id) > ($3, $4)" } else { "" };
    let sql =
        format!("{VIEW} and m.case_id = $1{internal}{beyond} order by m.created_at, m.comment_id limit $2");
    let mut params: Vec<&dyn db::ToParam> = vec![&case_id, &limit];
    if let Some((at, id)) = &after {
        params.extend([at as &dyn db::ToParam, id]);
    }
    let (mut comments, mut bytes) = (Vec::new(), 0);
    work.tx.each(&sql, &params, |comment: CommentView| {
        bytes += comment.comment_text.len();
        comments.push(comment);
        Ok::<_, Error>(if bytes < PAGE_BYTES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(comments)
}

/// Ids and times of a conversation's comments in its order: the latest of them, as many as are asked for.
pub fn order(work: &mut Work, case_id: i64, limit: i64) -> Result<Vec<(i64, Time)>> {
    let internal = if work.actor.is_staff() { "" } else { " and not is_internal" };
    let mut order: Vec<(i64, Time)> = work.query(
        &format!(
            "select comment_id, created_at from crm_case_comments where case_id = $1 and is_active{internal}
             order by created_at desc, comment_id desc limit $2"
        ),
        &[&case_id, &limit],
    )?;
    order.reverse();
    Ok(order)
}

/// Some comments of a case in the order of the conversation, each with at most so many characters of its text.
pub fn among(work: &mut Work, case_id: i64, ids: &[i64], most: usize) -> Result<Vec<CommentView>> {
    let internal = if work.actor.is_staff() { "" } else { " and not m.is_internal" };
    let text = format!("substr(m.comment_text, 1, {most}) as comment_text");
    let view = VIEW.replacen("m.comment_text", &text, 1);
    let among = work.dialect().among_ints("m.comment_id", "$2");
    let ids: serde_json::Value = ids.iter().copied().collect();
    work.query(
        &format!("{view} and m.case_id = $1 and {among}{internal} order by m.created_at, m.comment_id"),
        &[&case_id, &ids],
    )
}

/// Whether a conversation goes on after these comments.
pub fn goes_on_after(work: &mut Work, last: &CommentView) -> Result<bool> {
    let internal = if work.actor.is_staff() { "" } else { " and not is_internal" };
    let next: Option<(i64,)> = work.optional(
        &format!(
            "select comment_id from crm_case_comments
             where case_id = $1 and is_active{internal} and (created_at, comment_id) > ($2, $3) limit 1"
        ),
        &[&last.case_id, &last.created_at, &last.comment_id],
    )?;
    Ok(next.is_some())
}

/// One comment of a case, as far as the actor may see it.
pub fn find(work: &mut Work, case_id: i64, comment_id: i64) -> Result<CommentView> {
    let found: Option<CommentView> =
        work.optional(&format!("{VIEW} and m.comment_id = $1 and m.case_id = $2"), &[&comment_id, &case_id])?;
    found.filter(|comment| work.actor.is_staff() || !comment.is_internal).ok_or(Error::NotFound("comment"))
}

/// Holds the contact's row until what they say or attach stands: an erasure that began before has ended by then and is
/// seen, one that begins later finds it.
pub(super) fn must_be_here(work: &mut Work, contact_id: i64) -> Result<()> {
    let lock = work.dialect().for_share();
    let sql = format!("select contact_id from crm_contacts where contact_id = $1 and is_active{lock}");
    work.optional::<(i64,)>(&sql, &[&contact_id])?.map(drop).ok_or(Error::NotFound("contact"))
}

/// Who a comment is by.
enum Author {
    User(Option<i64>),
    Contact(i64),
}

impl Case {
    /// Adds a comment and does what follows from it. Answers its id.
    pub fn comment(&mut self, work: &mut Work, draft: &CommentDraft) -> Result<i64> {
        self.must_stand_alone(work)?;
        let author = self.author(work, draft)?;
        let (created_by, contact_id) = match author {
            Author::User(id) => (id, None),
            Author::Contact(id) => (None, Some(id)),
        };
        let is_internal = draft.is_internal.unwrap_or(false);
        let is_solution = draft.is_solution.unwrap_or(false);
        if let Some(contact_id) = contact_id {
            must_be_here(work, contact_id)?;
            self.customer_may_reopen(work.now)?;
        }
        let now = work.now;
        let (comment_id,): (i64,) = work.one(
            "insert into crm_case_comments (case_id, comment_text, is_internal, is_solution, created_by, contact_id,
                 created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7) returning comment_id",
            &[
                &self.case_id, &&*draft.comment_text, &is_internal, &is_solution, &created_by, &contact_id, &now,
            ],
        )?;
        work.record(self.case_id, &Event::CommentAdded { comment_id, is_internal, is_solution, contact_id })?;
        match author {
            Author::Contact(_) => self.customer_spoke(work)?,
            Author::User(_) if is_internal => self.touch(work, false)?,
            Author::User(_) => self.user_answered(work, comment_id, is_solution)?,
        }
        Ok(comment_id)
    }

    fn author(&self, work: &mut Work, draft: &CommentDraft) -> Result<Author> {
        let mut faults = Vec::new();
        if draft.is_internal == Some(true) && draft.is_solution == Some(true) {
            faults.push(Fault::field("is_solution", "a solution is for the customer: it cannot be internal"));
        }
        let by_contact = draft.contact_id.is_some() || matches!(work.actor, Actor::Contact { .. });
        if by_contact {
            for (field, named) in [
                ("is_internal", draft.is_internal == Some(true)),
                ("is_solution", draft.is_solution == Some(true)),
                ("created_by", draft.created_by.is_some()),
            ] {
                if named {
                    faults.push(Fault::field(field, "does not go with a customer's comment"));
                }
            }
        }
        let author = match (work.actor, draft.contact_id) {
            (Actor::Contact { id, .. }, None) => Author::Contact(id),
            (Actor::Contact { id, .. }, Some(named)) if named == id => Author::Contact(id),
            (actor, Some(named)) if actor.is_at_least(Role::Admin) => {
                let row: Option<(Option<i64>,)> = work.optional(
                    "select account_id from crm_contacts where contact_id = $1 and is_active",
                    &[&named],
                )?;
                let belongs = row.is_some_and(|(account,)| {
                    self.contact_id == Some(named) || (account.is_some() && account == self.account_id)
                });
                if !belongs {
                    faults.push(Fault::field(
                        "contact_id",
                        format!("{named} is no contact of this case or its account"),
                    ));
                }
                Author::Contact(named)
            }
            (_, Some(named)) => {
                faults.push(Fault::field("contact_id", "only an admin may speak for a customer"));
                Author::Contact(named)
            }
            (_, None) => Author::User(work.author("created_by", draft.created_by)?),
        };
        if faults.is_empty() { Ok(author) } else { Err(Error::Invalid(faults)) }
    }

    /// A user's public comment is a response: the first stops the first clock; a new case is open from then on.
    fn user_answered(&mut self, work: &mut Work, comment_id: i64, is_solution: bool) -> Result<()> {
        if self.first_response_at.is_none() {
            self.first_response_at = Some(work.now);
            let minutes = work.now.minutes_since(self.created_at);
            let now = work.now;
            work.execute(
                "update crm_cases set first_response_at = $2, response_time_minutes = $3, updated_at = $2,
                     edit_version = edit_version + 1
                 where case_id = $1",
                &[&self.case_id, &now, &minutes],
            )?;
            work.record(self.case_id, &Event::FirstResponse { comment_id })?;
        }
        if is_solution && self.status.is_active() {
            self.set_status(work, &StatusChange::to(Status::Resolved))
        } else if self.status == Status::New {
            self.move_to(work, Status::Open, None)
        } else {
            self.touch(work, true)
        }
    }

    /// A customer's word ends the waiting for it, and reopens what was ended.
    fn customer_spoke(&mut self, work: &mut Work) -> Result<()> {
        if self.status.is_ended() || matches!(self.status, Status::WaitingCustomer | Status::Pending) {
            self.move_to(work, Status::Open, None)
        } else {
            self.touch(work, true)
        }
    }

    /// Gives a comment another text; what it said before is kept.
    pub fn edit_comment(
        &self,
        work: &mut Work,
        comment_id: i64,
        edit: &CommentEdit,
        expected: &Expected,
    ) -> Result<()> {
        self.must_stand_alone(work)?;
        let comment = find(work, self.case_id, comment_id)?;
        expected.check(comment.edit_version)?;
        may_change(work, &comment)?;
        if *edit.comment_text == *comment.comment_text {
            return Ok(());
        }
        let now = work.now;
        work.execute(
            "insert into crm_case_comment_versions (comment_id, version, comment_text, is_internal, edited_by,
                 edited_by_contact_id, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &comment_id, &comment.edit_version, &comment.comment_text, &comment.is_internal,
                &work.actor.user_id(), &work.actor.contact_id(), &now,
            ],
        )?;
        work.execute(
            "update crm_case_comments set comment_text = $2, edited_at = $3, updated_at = $3,
                 edit_version = edit_version + 1
             where comment_id = $1",
            &[&comment_id, &&*edit.comment_text, &now],
        )?;
        self.touch(work, !comment.is_internal)?;
        let version = comment.edit_version + 1;
        work.record(
            self.case_id,
            &Event::CommentEdited { comment_id, version, is_internal: comment.is_internal },
        )
    }

    /// Deletes a comment softly.
    pub fn delete_comment(&self, work: &mut Work, comment_id: i64) -> Result<()> {
        self.must_stand_alone(work)?;
        let comment = find(work, self.case_id, comment_id)?;
        may_change(work, &comment)?;
        let now = work.now;
        work.execute(
            "update crm_case_comments set is_active = $2, updated_at = $3, edit_version = edit_version + 1
             where comment_id = $1",
            &[&comment_id, &false, &now],
        )?;
        attachments::delete_with(work, &comment)?;
        self.touch(work, !comment.is_internal)?;
        work.record(self.case_id, &Event::CommentDeleted { comment_id, is_internal: comment.is_internal })
    }
}

/// Authors change what they wrote for a while; a manager always.
pub(super) fn may_change(work: &Work, comment: &CommentView) -> Result<()> {
    if work.actor.is_at_least(Role::Manager) {
        return Ok(());
    }
    let is_own = match work.actor {
        Actor::User { id, .. } => comment.created_by == Some(id),
        Actor::Contact { id, .. } => comment.contact_id == Some(id),
        _ => false,
    };
    if !is_own {
        return Err(Error::Forbidden("only its author, or a manager, may change a comment".into()));
    }
    if work.now > comment.created_at.plus_minutes(EDIT_MINUTES) {
        return Err(Error::Forbidden(format!(
            "a comment is its author's to change for {EDIT_MINUTES} minutes; ask a manager"
        )));
    }
    Ok(())
}
