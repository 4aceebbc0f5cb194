//! The workflow: eight statuses, which may follow which, and what a change of status sets (spec 4).

use super::case::Case;
use super::{case, family};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::events::Event;
use crate::input::{Line, Patch};
use crate::work::{Actor, Work};
use crate::workflow::Status;

/// Days within which a customer's word reopens a closed or cancelled case; later it takes a new one.
pub const REOPEN_DAYS: i64 = 30;

crate::input! {
    /// A change of status.
    pub struct StatusChange {
        pub status: Status,
        /// Why; shown to users only.
        pub status_reason: Patch<Option<Line<2000>>>,
        /// A new owner along with it, or none.
        pub owner_id: Patch<Option<i64>>,
        /// Resolve active child cases along with their parent.
        pub cascade: Option<bool>,
    }
}

impl StatusChange {
    pub fn to(status: Status) -> StatusChange {
        StatusChange { status, status_reason: Patch::Keep, owner_id: Patch::Keep, cascade: None }
    }
}

impl Case {
    /// Moves the case to another status. The status that it has already is no event; what is not allowed is 409 saying
    /// what is.
    pub fn set_status(&mut self, work: &mut Work, change: &StatusChange) -> Result<()> {
        if let Actor::Contact { .. } = work.actor {
            self.customer_may_set(work.now, change)?;
        }
        self.must_stand_alone(work)?;
        let owner = change.owner_id.clone().or(self.owner_id);
        if owner != self.owner_id {
            case::must_work_cases(work, "owner_id", owner)?;
        }
        let to = change.status;
        if to != self.status && !self.status.may_become(to) {
            return Err(Error::Conflict(refusal(self.status, to)));
        }
        if to != self.status {
            if matches!(to, Status::Resolved | Status::Closed) {
                family::end_children(work, self, to, change.cascade == Some(true))?;
            }
            let reason = change.status_reason.clone().or(None);
            self.move_to(work, to, reason.as_deref())?;
        } else if let Patch::Set(reason) = &change.status_reason {
            self.give_reason(work, reason.as_deref())?;
        }
        if owner != self.owner_id {
            self.assign(work, owner, self.team_id)?;
        }
        Ok(())
    }

    /// Another reason for the status that it has, or none any more.
    fn give_reason(&mut self, work: &mut Work, reason: Option<&str>) -> Result<()> {
        if self.status_reason.as_deref() == reason {
            return Ok(());
        }
        let former = match &self.status_reason {
            Some(former) => Some(work.keep_text(self.case_id, "status_reason", former)?),
            None => None,
        };
        self.status_reason = reason.map(str::to_owned);
        let now = work.now;
        work.execute(
            "update crm_cases set status_reason = $2, updated_at = $3, edit_version = edit_version + 1 where case_id = $1",
            &[&self.case_id, &reason, &now],
        )?;
        let text_id =
            reason.map(|reason| work.keep_text(self.case_id, "status_reason", reason)).transpose()?;
        let mut changes = serde_json::Map::new();
        changes.insert("status_reason".into(), serde_json::json!({ "from": former, "to": text_id }));
        work.record(self.case_id, &Event::Changed { changes })
    }

    /// A customer may say that it is solved, or that it is not.
    fn customer_may_set(&self, now: Time, change: &StatusChange) -> Result<()> {
        let mut faults = Vec::new();
        for (field, named) in [
            ("status_reason", change.status_reason != Patch::Keep),
            ("owner_id", change.owner_id != Patch::Keep),
            ("cascade", change.cascade.is_some()),
        ] {
            if named {
                faults.push(Fault::field(field, "is not for customers"));
            }
        }
        if !matches!(change.status, Status::Resolved | Status::Open) {
            faults.push(Fault::field("status", "a customer may set resolved, or open to reopen"));
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        if change.status == Status::Open { self.customer_may_reopen(now) } else { Ok(()) }
    }

    /// 409 for a case that ended too long ago for its customer to reopen.
    pub fn customer_may_reopen(&self, now: Time) -> Result<()> {
        let ended = match self.status {
            Status::Closed => self.closed_at.unwrap_or(self.updated_at),
            Status::Cancelled => self.updated_at,
            _ => return Ok(()),
        };
        if now > ended.plus_days(REOPEN_DAYS) {
            return Err(Error::Conflict(format!(
                "the case ended more than {REOPEN_DAYS} days ago; open a new case with parent_case_id {}",
                self.case_id
            )));
        }
        Ok(())
    }

    /// The change itself, allowed and checked: sets what follows from it and records it.
    pub(super) fn move_to(&mut self, work: &mut Work, to: Status, reason: Option<&str>) -> Result<()> {
        let from = self.status;
        let reopening = from.is_ended() && to.is_active();
        if reopening {
            self.reopened_count += 1;
            (self.resolved_at, self.closed_at, self.resolution_time_minutes) = (None, None, None);
        }
        if matches!(to, Status::Resolved | Status::Closed) && self.resolved_at.is_none() {
            self.resolved_at = Some(work.now);
            self.resolution_time_minutes = Some(work.now.minutes_since(self.created_at));
        }
        if to == Status::Closed {
            self.closed_at = Some(work.now);
        }
        self.status = to;
        // Closing what was resolved keeps why it was.
        if reason.is_some() || (from, to) != (Status::Resolved, Status::Closed) {
            self.status_reason = reason.map(str::to_owned);
        }
        self.updated_at = work.now;
        self.edit_version += 1;
        let now = work.now;
        work.execute(
            "update crm_cases set status = $2, status_reason = $3, resolved_at = $4, closed_at = $5,
                 resolution_time_minutes = $6, reopened_count = $7, edit_version = edit_version + 1,
                 updated_at = $8, public_updated_at = $8
             where case_id = $1",
            &[
                &self.case_id,
                &to,
                &self.status_reason,
                &self.resolved_at,
                &self.closed_at,
                &self.resolution_time_minutes,
                &self.reopened_count,
                &now,
            ],
        )?;
        if reopening {
            self.refresh_level(work)?;
        }
        let reason_text_id =
            reason.map(|reason| work.keep_text(self.case_id, "status_reason", reason)).transpose()?;
        work.record(self.case_id, &Event::StatusChanged { from, to, reopening, reason_text_id })
    }
}

fn refusal(from: Status, to: Status) -> String {
    let allowed: Vec<&str> = from.successors().into_iter().map(Status::word).collect();
    format!("a case that is {from} cannot become {to}; it may become {}", allowed.join(", "))
}

/// Closes cases that were resolved at or before `until`; at most `limit` in one transaction.
/// Answers how many.
pub fn close_resolved(work: &mut Work, until: Time, limit: i64) -> Result<usize> {
    let lock = work.dialect().for_update_skip_locked();
    let due: Vec<(i64,)> = work.query(
        &format!(
            "select case_id from crm_cases where status = 'resolved' and is_active and resolved_at <= $1
             order by resolved_at limit $2{lock}"
        ),
        &[&until, &limit],
    )?;
    for (case_id,) in &due {
        let mut case = Case::take(work, *case_id)?;
        case.move_to(work, Status::Closed, None)?;
    }
    Ok(due.len())
}
