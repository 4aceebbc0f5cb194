//! Merging a duplicate into another case: the conversation moves, the duplicate is closed with a link, both timelines
//! say so. Across customers, what moves becomes internal (spec 4).

use super::case::Case;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::work::Work;
use crate::workflow::Status;

crate::input! {
    /// Where the case goes.
    pub struct Merge {
        /// The case that takes it in.
        pub into_case_id: i64,
    }
}

impl Case {
    /// Merges this case, a duplicate, into `into`.
    pub fn merge_into(&mut self, work: &mut Work, into: &Case) -> Result<()> {
        if self.case_id == into.case_id {
            return Err(Error::field("into_case_id", "a case cannot be merged into itself"));
        }
        self.must_stand_alone(work)?;
        if let Some(id) = into.merged_into_id {
            let message =
                format!("case {} was itself merged into case {id}: merge into that one", into.case_id);
            return Err(Error::Conflict(message));
        }
        let (children,): (i64,) = work.one(
            "select count(*) from crm_cases where parent_case_id = $1 and is_active",
            &[&self.case_id],
        )?;
        if children > 0 {
            return Err(Error::Conflict("the case has child cases; give them another parent first".into()));
        }
        // Only between cases of one known customer and account does what was said stay theirs to see.
        let same = self.contact_id.is_some()
            && self.contact_id == into.contact_id
            && self.account_id == into.account_id;
        let across = !same;
        self.move_conversation(work, into, across)?;
        // First the link: what is merged away is no longer listed, so its closing is nobody's late resolution.
        self.merged_into_id = Some(into.case_id);
        let now = work.now;
        work.execute(
            "update crm_cases set merged_into_id = $2, updated_at = $3, edit_version = edit_version + 1 where case_id = $1",
            &[&self.case_id, &into.case_id, &now],
        )?;
        if self.status != Status::Closed {
            self.move_to(work, Status::Closed, None)?;
        }
        into.touch(work, !across)?;
        work.record(self.case_id, &Event::MergedInto { case_id: into.case_id })?;
        work.record(into.case_id, &Event::MergedFrom { case_id: self.case_id })
    }

    fn move_conversation(&self, work: &mut Work, into: &Case, across: bool) -> Result<()> {
        // The duplicate's own description is part of what was said: it goes along as a comment, but only once.
        if !self.description.is_empty() {
            let text = format!("{}\n\n{}", self.subject, self.description);
            let text: String = text.chars().take(250_000).collect();
            work.execute(
                "insert into crm_case_comments (case_id, comment_text, is_internal, contact_id, moved_from_id, created_at,
                     updated_at)
                 values ($1, $2, $3, $4, $5, $6, $6)",
                &[&into.case_id, &text, &across, &self.contact_id, &self.case_id, &self.created_at],
            )?;
        }
        let now = work.now;
        work.execute(
            "update crm_case_comments set case_id = $2, moved_from_id = coalesce(moved_from_id, $1), is_internal = (is_internal or $3),
                 is_solution = (is_solution and not $3), updated_at = $4, edit_version = edit_version + 1
             where case_id = $1 and is_active",
            &[&self.case_id, &into.case_id, &across, &now],
        )?;
        work.execute(
            "update crm_case_attachments set case_id = $2, moved_from_id = coalesce(moved_from_id, $1),
                 is_internal = (is_internal or $3), updated_at = $4
             where case_id = $1 and is_active",
            &[&self.case_id, &into.case_id, &across, &now],
        )?;
        Ok(())
    }
}

/// Takes both rows in the order of their ids, so that two opposite merges wait for, rather than on, each other.
pub fn take_both(work: &mut Work, case_id: i64, into_id: i64) -> Result<(Case, Case)> {
    if case_id <= into_id {
        let case = Case::take(work, case_id)?;
        Ok((case, Case::take_named(work, "into_case_id", into_id)?))
    } else {
        let into = Case::take_named(work, "into_case_id", into_id)?;
        Ok((Case::take(work, case_id)?, into))
    }
}
