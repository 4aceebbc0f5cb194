//! The desk as it stands: counts and means of all time from the rollup by owner and team, and the backlog by age.

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::{Fact, hundredths};
use super::links::{ACTIVE, Links};
use crate::cases::{Status, mean};
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

db::record! {
    /// The rollup's cells of one status.
    struct Cell {
        status: Status,
        cases: i64,
        escalated: i64,
        violated: i64,
        responded: i64,
        response_minutes: i64,
        timed: i64,
        resolution_minutes: i64,
        rated: i64,
        score_sum: i64,
    }
}

/// All cases of the scope, whenever they came. Counts by status are of exactly that status; times are wall-clock minutes.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Overall {
    pub total_cases: i64,
    pub new_cases: i64,
    pub open_cases: i64,
    pub pending_cases: i64,
    pub in_progress_cases: i64,
    pub waiting_customer_cases: i64,
    pub resolved_cases: i64,
    pub closed_cases: i64,
    pub cancelled_cases: i64,
    /// All active statuses together.
    pub active_cases: i64,
    pub escalated_cases: i64,
    pub sla_violated_cases: i64,
    /// One decimal; null without any.
    pub avg_response_time_minutes: Option<f64>,
    /// One decimal; null without any.
    pub avg_resolution_time_minutes: Option<f64>,
    /// Two decimals; null without any.
    pub avg_csat_score: Option<f64>,
    pub csat_response_count: i64,
    /// The case list behind each number, by its name.
    pub links: Links,
}

impl Overall {
    pub fn read(work: &mut Work, scope: &Scope) -> Result<Overall> {
        let rows = scope.cells();
        let sums = [
            "cases",
            "escalated",
            "violated",
            "responded",
            "response_minutes",
            "timed",
            "resolution_minutes",
            "rated",
            "score_sum",
        ]
        .map(|column| format!("cast(sum({column}) as bigint) as {column}"));
        let sql = format!(
            "select status, {} from crm_owner_rollup_now where {} group by status",
            sums.join(", "),
            rows.sql()
        );
        let cells: Vec<Cell> = work.query(&sql, &rows.params())?;
        let mut overall = Overall::default();
        let sum = |measure: fn(&Cell) -> i64| cells.iter().map(measure).sum::<i64>();
        for cell in &cells {
            *overall.of_status(cell.status) += cell.cases;
            overall.active_cases += if cell.status.is_active() { cell.cases } else { 0 };
        }
        overall.total_cases = sum(|cell| cell.cases);
        overall.escalated_cases = sum(|cell| cell.escalated);
        overall.sla_violated_cases = sum(|cell| cell.violated);
        overall.csat_response_count = sum(|cell| cell.rated);
        overall.avg_response_time_minutes =
            mean(sum(|cell| cell.response_minutes), sum(|cell| cell.responded));
        overall.avg_resolution_time_minutes =
            mean(sum(|cell| cell.resolution_minutes), sum(|cell| cell.timed));
        overall.avg_csat_score = hundredths(sum(|cell| cell.score_sum), overall.csat_response_count);
        overall.links = overall.links(scope);
        Ok(overall)
    }

    fn of_status(&mut self, status: Status) -> &mut i64 {
        match status {
            Status::New => &mut self.new_cases,
            Status::Open => &mut self.open_cases,
            Status::Pending => &mut self.pending_cases,
            Status::InProgress => &mut self.in_progress_cases,
            Status::WaitingCustomer => &mut self.waiting_customer_cases,
            Status::Resolved => &mut self.resolved_cases,
            Status::Closed => &mut self.closed_cases,
            Status::Cancelled => &mut self.cancelled_cases,
        }
    }

    fn links(&self, scope: &Scope) -> Links {
        let all = scope.link();
        let of = |status: Status, cases: i64| all.with("status", status.word()).to(cases);
        Links::from([
            ("total_cases", all.to(self.total_cases)),
            ("new_cases", of(Status::New, self.new_cases)),
            ("open_cases", of(Status::Open, self.open_cases)),
            ("pending_cases", of(Status::Pending, self.pending_cases)),
            ("in_progress_cases", of(Status::InProgress, self.in_progress_cases)),
            ("waiting_customer_cases", of(Status::WaitingCustomer, self.waiting_customer_cases)),
            ("resolved_cases", of(Status::Resolved, self.resolved_cases)),
            ("closed_cases", of(Status::Closed, self.closed_cases)),
            ("cancelled_cases", of(Status::Cancelled, self.cancelled_cases)),
            ("active_cases", all.with("status", ACTIVE).to(self.active_cases)),
            ("escalated_cases", all.with("is_escalated", true).to(self.escalated_cases)),
            ("sla_violated_cases", all.with("sla_violated", true).to(self.sla_violated_cases)),
            ("csat_response_count", all.with("csat", "1,2,3,4,5").to(self.csat_response_count)),
        ])
    }
}

/// How many cases of the desk are active.
pub fn active(work: &mut Work) -> Result<i64> {
    let mut rows = Scope::default().cells();
    rows.among("status", Status::ALL.iter().filter(|status| status.is_active()).map(|status| status.word()));
    let sql = format!(
        "select cast(coalesce(sum(cases), 0) as bigint) as cases from crm_owner_rollup_now where {}",
        rows.sql()
    );
    Ok(work.one::<(i64,)>(&sql, &rows.params())?.0)
}

/// Active cases as they wait now, whenever they came.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Backlog {
    pub active_cases: i64,
    /// Past their resolution due time.
    pub overdue_cases: i64,
    pub escalated_cases: i64,
    pub unassigned_cases: i64,
    /// Due within four hours, not yet overdue.
    pub due_soon_cases: i64,
    /// Without an owner a day after they came.
    pub long_unassigned_cases: i64,
    pub by_age: Vec<OfAge>,
    /// The case list behind each number, by its name.
    pub links: Links,
}

/// Active cases of an age: at least `days_from` days of 24 hours, less than `days_to`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfAge {
    pub days_from: i64,
    /// Null for any age beyond.
    pub days_to: Option<i64>,
    pub cases: i64,
    pub href: String,
}

/// Hours before the due time that count as soon.
const SOON: i64 = 4;
/// Days without an owner that are too long.
const PATIENCE: i64 = 1;
/// Where ages part, in days.
const AGES: [i64; 4] = [1, 3, 7, 30];

impl Backlog {
    /// Of the open ones among these cases.
    pub fn of(facts: &[&Fact], scope: &Scope, now: Time) -> Backlog {
        let open: Vec<&Fact> = facts.iter().copied().filter(|fact| fact.is_open).collect();
        let count = |is_so: &dyn Fn(&Fact) -> bool| open.iter().filter(|fact| is_so(fact)).count() as i64;
        let (soon, long_ago) = (now.plus_hours(SOON), now.plus_days(-PATIENCE));
        let is_due = |fact: &Fact, before: Time| fact.resolution_due.is_some_and(|due| due < before);
        let active_cases = open.len() as i64;
        let is_overdue = |fact: &Fact| fact.next_due.is_some_and(|due| due < now);
        let overdue_cases = count(&is_overdue);
        let due_soon_cases = count(&|fact| is_due(fact, soon) && !is_overdue(fact));
        let escalated_cases = count(&|fact| fact.is_escalated);
        let unassigned_cases = count(&|fact| fact.owner_id.is_none());
        let long_unassigned_cases = count(&|fact| fact.owner_id.is_none() && fact.created_at < long_ago);
        let by_age = by_age(&open, scope, now);
        let active = scope.link().with("status", ACTIVE);
        let mut links = Links::from([
            ("active_cases", active.to(active_cases)),
            ("overdue_cases", scope.link().with("overdue", true).to(overdue_cases)),
            ("escalated_cases", active.with("is_escalated", true).to(escalated_cases)),
            (
                "due_soon_cases",
                scope.link().with("overdue", false).with("due_before", soon).to(due_soon_cases),
            ),
        ]);
        if scope.owner_id.is_none() {
            let unassigned = active.with("unassigned", true);
            links.insert("unassigned_cases", unassigned.to(unassigned_cases));
            let long = unassigned.with("created_to", long_ago).to(long_unassigned_cases);
            links.insert("long_unassigned_cases", long);
        }
        Backlog {
            active_cases,
            overdue_cases,
            escalated_cases,
            unassigned_cases,
            due_soon_cases,
            long_unassigned_cases,
            by_age,
            links,
        }
    }
}

fn by_age(open: &[&Fact], scope: &Scope, now: Time) -> Vec<OfAge> {
    let starts = std::iter::once(0).chain(AGES);
    let ends = AGES.into_iter().map(Some).chain([None]);
    let row = |(days_from, days_to): (i64, Option<i64>)| {
        // The youngest have no upper border: a case may come while this is read.
        let until = (days_from > 0).then(|| now.plus_days(-days_from));
        let since = days_to.map(|days| now.plus_days(-days));
        let is_of = |fact: &&&Fact| {
            since.is_none_or(|since| fact.created_at >= since)
                && until.is_none_or(|until| fact.created_at < until)
        };
        let cases = open.iter().filter(is_of).count() as i64;
        let mut link = scope.link().with("status", ACTIVE);
        if let Some(since) = since {
            link = link.with("created_from", since);
        }
        if let Some(until) = until {
            link = link.with("created_to", until);
        }
        OfAge { days_from, days_to, cases, href: link.to(cases) }
    };
    starts.zip(ends).map(row).collect()
}
