//! Violations: one per missed target, acknowledged by whom, when, with a note (spec 5).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::Kind;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::events::Event;
use crate::http::{Answer, Body, Json, Manager, Path, Query, Viewer};
use crate::input::{Prose, Set};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging, Total};
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Violation {
        pub violation_id: i64,
        pub case_id: i64,
        pub case_number: String,
        pub subject: String,
        pub sla_policy_id: Option<i64>,
        pub violation_type: Kind,
        pub due_at: Time,
        pub violated_at: Time,
        /// Wall-clock minutes past the deadline: grows until the target is met.
        pub minutes_overdue: i64,
        pub is_open: bool,
        pub acknowledged_by: Option<i64>,
        pub acknowledged_at: Option<Time>,
        pub acknowledgement_note: Option<String>,
    }
}

/// Whether the target of a violation `v` is still open.
pub const IS_OPEN: &str =
    "exists (select 1 from crm_sla_targets t where t.case_id = v.case_id and t.kind = v.violation_type
                and t.breached_at = v.due_at and t.met_at is null and t.voided_at is null)";

/// Violations `v` with the cases `c` that are listed.
fn select() -> String {
    format!(
        "select v.violation_id, v.case_id, c.case_number, c.subject, v.sla_policy_id, v.violation_type, v.due_at,
            v.violated_at, v.minutes_overdue, {IS_OPEN} as is_open, v.acknowledged_by, v.acknowledged_at,
            v.acknowledgement_note
         from crm_sla_violations v join crm_cases c on c.case_id = v.case_id and c.is_listed"
    )
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Violations {
    pub sla_violations: Vec<Violation>,
    pub pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneViolation {
    pub sla_violation: Violation,
}

crate::input! {
    /// Which violations.
    pub struct ViolationQuery {
        pub case_id: Option<i64>,
        pub violation_type: Option<Set<Kind>>,
        pub acknowledged: Option<bool>,
        pub violated_from: Option<Time>,
        pub violated_to: Option<Time>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

crate::input! {
    /// Taking note of a violation.
    pub struct Acknowledgement {
        pub note: Option<Prose<0>>,
    }
}

impl Violation {
    /// What is still missed grows with the time.
    fn grown(mut self, now: Time) -> Violation {
        if self.is_open {
            self.minutes_overdue = now.minutes_since(self.due_at);
        }
        self
    }
}

fn find(work: &mut Work, violation_id: i64) -> Result<Violation> {
    let now = work.now;
    let found: Option<Violation> =
        work.optional(&format!("{} where v.violation_id = $1", select()), &[&violation_id])?;
    found.map(|violation| violation.grown(now)).ok_or(Error::NotFound("violation"))
}

fn page(work: &mut Work, query: &ViolationQuery) -> Result<Violations> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    let mut filter = crate::cases::Filter::default();
    filter.plain("1 = 1");
    if let Some(id) = query.case_id {
        filter.and("v.case_id = ?", id);
    }
    if let Some(Set(kinds)) = &query.violation_type {
        filter.among("v.violation_type", kinds.iter().map(|kind| kind.word()));
    }
    match query.acknowledged {
        Some(true) => filter.plain("v.acknowledged_at is not null"),
        Some(false) => filter.plain("v.acknowledged_at is null"),
        None => {}
    }
    for (condition, at) in
        [("v.violated_at >= ?", query.violated_from), ("v.violated_at < ?", query.violated_to)]
    {
        if let Some(at) = at {
            filter.and(condition, db::Value::Time(at.into()));
        }
    }
    let counted = format!(
        "select count(*) from (select 1 as one from crm_sla_violations v
             join crm_cases c on c.case_id = v.case_id and c.is_listed where {} limit {}) q",
        filter.sql(),
        crate::paging::REACH + 1
    );
    let (rows,): (i64,) = work.one(&counted, &filter.params())?;
    let total = Total { rows: rows.min(crate::paging::REACH), is_exact: rows <= crate::paging::REACH };
    if let Some(cursor) = &paging.cursor {
        let [at, id] = cursor.values()?;
        let at = at.as_str().and_then(Time::parse).ok_or_else(Cursor::foreign)?;
        let id = id.as_i64().ok_or_else(Cursor::foreign)?;
        filter.params.push(db::Value::Time(at.into()));
        let at = filter.params.len();
        filter.params.push(id.into());
        filter.plain(&format!("(v.violated_at, v.violation_id) < (${at}, ${})", at + 1));
    }
    let sql = format!(
        "{} where {} order by v.violated_at desc, v.violation_id desc limit {} offset {}",
        select(),
        filter.sql(),
        paging.limit + 1,
        paging.offset()
    );
    let now = work.now;
    let mut rows: Vec<Violation> = work.query(&sql, &filter.params())?;
    let key = |row: &Violation| vec![json!(row.violated_at), json!(row.violation_id)];
    let pagination = paging.answer(&mut rows, total, key);
    Ok(Violations { sla_violations: rows.into_iter().map(|row| row.grown(now)).collect(), pagination })
}

pub async fn list(caller: Viewer, Query(query): Query<ViolationQuery>) -> Result<Answer<Json<Violations>>> {
    Ok(Json::new(caller.read(Class::Slow, move |work| page(work, &query)).await?).into())
}

/// Takes note of a violation.
pub fn take_note(work: &mut Work, violation_id: i64, note: Option<&str>) -> Result<Violation> {
    let violation = find(work, violation_id)?;
    if violation.acknowledged_at.is_some() {
        return Err(Error::Conflict("it is acknowledged already".into()));
    }
    let (by, now) = (work.actor.user_id(), work.now);
    work.execute(
        "update crm_sla_violations set acknowledged_by = $2, acknowledged_at = $3, acknowledgement_note = $4
         where violation_id = $1",
        &[&violation_id, &by, &now, &note],
    )?;
    work.append(violation.case_id, &Event::ViolationAcknowledged { violation_id }, now)?;
    find(work, violation_id)
}

pub async fn acknowledge(
    caller: Manager,
    Path([violation_id]): Path<1>,
    Body(note): Body<Acknowledgement>,
) -> Result<Answer<Json<OneViolation>>> {
    caller
        .write(move |work| {
            let sla_violation = take_note(work, violation_id, note.note.as_deref())?;
            Ok(Json::new(OneViolation { sla_violation }))
        })
        .await
}
