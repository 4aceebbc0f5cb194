//! Changing many cases at once: each is answered for itself, and a case that refuses leaves no half-done change.

use schemars::JsonSchema;
use serde::Serialize;

use super::case::Case;
use super::edit::CaseEdit;
use super::tags::{self, Tags};
use super::{Status, StatusChange};
use crate::error::{Error, Problem, Result};
use crate::http::Expected;
use crate::input::{Line, Patch};
use crate::work::Work;

/// The most cases in one request (spec 4).
const MOST: usize = 500;

crate::input! {
    /// Cases and what is to become of each.
    pub struct BulkChange {
        /// At most 500.
        pub case_ids: Vec<i64>,
        pub status: Option<Status>,
        pub status_reason: Option<Line<2000>>,
        pub cascade: Option<bool>,
        pub case_type_id: Patch<i64>,
        pub priority_id: Patch<i64>,
        pub owner_id: Patch<Option<i64>>,
        pub team_id: Patch<Option<i64>>,
        pub add_tags: Option<Tags>,
        pub remove_tags: Option<Tags>,
        /// Delete the cases (softly).
        pub delete: Option<bool>,
    }
}

/// What became of one case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BulkOutcome {
    pub case_id: i64,
    /// 200, or the status that this case alone would have been answered with.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub problem: Option<Problem>,
}

impl BulkChange {
    /// Changes each case in a savepoint of its own, in the order of their ids.
    pub fn apply(&self, work: &mut Work) -> Result<Vec<BulkOutcome>> {
        self.check()?;
        let mut ids = self.case_ids.clone();
        ids.sort_unstable();
        ids.dedup();
        let mut outcomes = Vec::with_capacity(ids.len());
        for case_id in ids {
            outcomes.push(match work.attempt(|work| self.apply_to(work, case_id)) {
                Ok(()) => BulkOutcome { case_id, status: 200, problem: None },
                // The database's own troubles are the whole request's.
                Err(error @ Error::Db(_)) => return Err(error),
                Err(error) => {
                    BulkOutcome { case_id, status: error.status().as_u16(), problem: Some(error.problem()) }
                }
            });
        }
        Ok(outcomes)
    }

    fn check(&self) -> Result<()> {
        if self.case_ids.is_empty() || self.case_ids.len() > MOST {
            let message = format!("names {} cases; 1 to {MOST} are allowed", self.case_ids.len());
            return Err(Error::field("case_ids", message));
        }
        if self.status.is_none() && (self.status_reason.is_some() || self.cascade.is_some()) {
            return Err(Error::field("status", "is required along with status_reason or cascade"));
        }
        Ok(())
    }

    fn apply_to(&self, work: &mut Work, case_id: i64) -> Result<()> {
        let mut case = Case::take(work, case_id)?;
        let edit = CaseEdit {
            case_type_id: self.case_type_id.clone(),
            priority_id: self.priority_id.clone(),
            owner_id: self.owner_id.clone(),
            team_id: self.team_id.clone(),
            ..CaseEdit::nothing()
        };
        case.edit(work, &edit, &Expected::any(case_id))?;
        let none = Tags::default();
        let (add, remove) =
            (self.add_tags.as_ref().unwrap_or(&none), self.remove_tags.as_ref().unwrap_or(&none));
        if tags::amend(work, case_id, add, remove)? {
            case.touch(work, false)?;
        }
        if let Some(status) = self.status {
            let change = StatusChange {
                status,
                status_reason: self
                    .status_reason
                    .clone()
                    .map_or(Patch::Keep, |reason| Patch::Set(Some(reason))),
                owner_id: Patch::Keep,
                cascade: self.cascade,
            };
            case.set_status(work, &change)?;
        }
        if self.delete == Some(true) {
            case.delete(work, &Expected::any(case_id))?;
        }
        Ok(())
    }
}
