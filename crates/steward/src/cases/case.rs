//! One case as the rules need it, and the only ways to get hold of one.

use super::{Channel, Status};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::{Actor, Work};

db::record! {
    /// A case's row.
    #[derive(Debug, Clone)]
    pub struct Case {
        pub case_id: i64,
        pub account_id: Option<i64>,
        pub contact_id: Option<i64>,
        pub subject: String,
        pub description: String,
        pub case_type_id: i64,
        pub priority_id: i64,
        pub status: Status,
        pub status_reason: Option<String>,
        pub channel: Channel,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
        pub parent_case_id: Option<i64>,
        pub merged_into_id: Option<i64>,
        pub first_response_at: Option<Time>,
        pub resolved_at: Option<Time>,
        pub closed_at: Option<Time>,
        pub resolution_time_minutes: Option<i64>,
        pub reopened_count: i64,
        pub edit_version: i64,
        pub is_active: bool,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

const COLUMNS: &str = "c.case_id, c.account_id, c.contact_id, c.subject, c.description, c.case_type_id, c.priority_id, \
     c.status, c.status_reason, c.channel, c.owner_id, c.team_id, c.parent_case_id, c.merged_into_id, \
     c.first_response_at, c.resolved_at, c.closed_at, c.resolution_time_minutes, c.reopened_count, c.edit_version, \
     c.is_active, c.created_at, c.updated_at";

/// What of the cases an actor may see, as a condition on `c` with its parameters from `$next` on.
pub fn visible(actor: Actor, next: usize) -> (String, Vec<i64>) {
    match actor {
        Actor::User { .. } | Actor::System => ("c.is_active".into(), vec![]),
        Actor::Contact { id, account_id: Some(account_id), sees_account: true } => (
            format!("c.is_active and (c.contact_id = ${next} or c.account_id = ${})", next + 1),
            vec![id, account_id],
        ),
        Actor::Contact { id, .. } => (format!("c.is_active and c.contact_id = ${next}"), vec![id]),
        Actor::Anonymous => ("1 = 0".into(), vec![]),
    }
}

impl Case {
    /// The case, as far as the actor may see it; 404 otherwise.
    pub fn find(work: &mut Work, case_id: i64) -> Result<Case> {
        Case::select(work, case_id, "")
    }

    /// The case with its row taken for a change: whoever comes second waits.
    pub fn take(work: &mut Work, case_id: i64) -> Result<Case> {
        let lock = work.dialect().for_update();
        Case::select(work, case_id, lock)
    }

    /// Takes a case that a field of the body names; a field error if it is not there.
    pub fn take_named(work: &mut Work, field: &str, case_id: i64) -> Result<Case> {
        Case::take(work, case_id).map_err(|error| match error {
            Error::NotFound(_) => Error::field(field, format!("there is no case {case_id}")),
            other => other,
        })
    }

    fn select(work: &mut Work, case_id: i64, lock: &str) -> Result<Case> {
        let (condition, scope) = visible(work.actor, 2);
        let sql = format!("select {COLUMNS} from crm_cases c where c.case_id = $1 and {condition}{lock}");
        let mut params: Vec<&dyn db::ToParam> = vec![&case_id];
        params.extend(scope.iter().map(|id| id as &dyn db::ToParam));
        work.optional(&sql, &params)?.ok_or(Error::NotFound("case"))
    }

    /// Takes a deleted case, to bring it back.
    pub fn take_deleted(work: &mut Work, case_id: i64) -> Result<Case> {
        let lock = work.dialect().for_update();
        let sql = format!("select {COLUMNS} from crm_cases c where c.case_id = $1 and not c.is_active{lock}");
        work.optional(&sql, &[&case_id])?.ok_or(Error::NotFound("deleted case"))
    }

    /// 409 for what cannot be done with a case that was merged away. Customers learn of another case only if it is
    /// theirs to see.
    pub fn must_stand_alone(&self, work: &mut Work) -> Result<()> {
        let Some(id) = self.merged_into_id else { return Ok(()) };
        match Case::find(work, id) {
            Err(Error::NotFound(_)) if !work.actor.is_staff() => {
                Err(Error::Conflict("this case has ended; open a new one".into()))
            }
            Ok(_) | Err(Error::NotFound(_)) => {
                Err(Error::Conflict(format!("this case was merged into case {id}; go on there")))
            }
            Err(other) => Err(other),
        }
    }

    /// Copies the priority's level onto a case that is open again: changes of it reach open cases only.
    pub(super) fn refresh_level(&self, work: &mut Work) -> Result<()> {
        work.execute(
            "update crm_cases set priority_level =
                 (select priority_level from crm_case_priorities where priority_id = crm_cases.priority_id)
             where case_id = $1",
            &[&self.case_id],
        )?;
        Ok(())
    }

    /// Notes on the row that something about the case changed: its version, and when. What a customer may not see
    /// does not move the time that they are shown.
    pub fn touch(&self, work: &mut Work, is_public: bool) -> Result<()> {
        let sql = if is_public {
            "update crm_cases set edit_version = edit_version + 1, updated_at = $2, public_updated_at = $2 where case_id = $1"
        } else {
            "update crm_cases set edit_version = edit_version + 1, updated_at = $2 where case_id = $1"
        };
        let now = work.now;
        work.execute(sql, &[&self.case_id, &now])?;
        Ok(())
    }
}

/// Checks that a user whom a field names may work cases: active, and more than a viewer.
pub fn must_work_cases(work: &mut Work, field: &str, user_id: Option<i64>) -> Result<()> {
    let Some(id) = user_id else { return Ok(()) };
    let known: Option<(i64,)> = work.optional(
        "select user_id from crm_users
         where user_id = $1 and is_active and role in ('agent', 'manager', 'admin')",
        &[&id],
    )?;
    known.map(|_| ()).ok_or_else(|| {
        Error::field(field, format!("there is no active user {id} who may work cases (a viewer may not)"))
    })
}

/// Checks that a row that a field names is there and active; a field error otherwise. `table` and `key` are ours.
pub fn must_exist(work: &mut Work, field: &str, table: &str, key: &str, id: Option<i64>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    let known: Option<(i64,)> =
        work.optional(&format!("select {key} from {table} where {key} = $1 and is_active"), &[&id])?;
    known.map(|_| ()).ok_or_else(|| {
        Error::field(
            field,
            format!("there is no active {} {id}", field.trim_end_matches("_id").replace('_', " ")),
        )
    })
}
