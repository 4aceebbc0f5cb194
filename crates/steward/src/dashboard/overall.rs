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
            "select status, {} from crm_owner_rollup_parts where {} group by status",
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
        "select cast(coalesce(sum(cases), 0) as bigint) as cases from crm_owner_rollup_parts where {}",
        rows.sql()
    );
    Ok(work.one::<(i64,)>(&sql, &rows.params())?.0)
}

/// Active cases as they wait now, whenever they came.
#[derive(Debug, Default, Serialize, JsonSchema)]
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
    pub fn of(open: &[&Fact], scope: &Scope, now: Time) -> Backlog {
        let (soon, long_ago) = (now.plus_hours(SOON), now.plus_days(-PATIENCE));
        let borders = AGES.map(|days| now.plus_days(-days));
        let mut ages = [0; AGES.len() + 1];
        let mut backlog = Backlog { active_cases: open.len() as i64, ..Backlog::default() };
        for fact in open {
            let is_overdue = fact.next_due.is_some_and(|due| due < now);
            let is_due_soon = !is_overdue && fact.resolution_due.is_some_and(|due| due < soon);
            let is_unassigned = fact.owner_id.is_none();
            backlog.overdue_cases += i64::from(is_overdue);
            backlog.due_soon_cases += i64::from(is_due_soon);
            backlog.escalated_cases += i64::from(fact.is_escalated);
            backlog.unassigned_cases += i64::from(is_unassigned);
            backlog.long_unassigned_cases += i64::from(is_unassigned && fact.created_at < long_ago);
            ages[borders.iter().filter(|border| fact.created_at < **border).count()] += 1;
        }
        backlog.by_age = by_age(ages, borders, scope);
        backlog.links = backlog.links(scope, soon, long_ago);
        backlog
    }

    fn links(&self, scope: &Scope, soon: Time, long_ago: Time) -> Links {
        let all = scope.link();
        let active = all.with("status", ACTIVE);
        let due_soon = all.with("overdue", false).with("due_before", soon);
        let mut links = Links::from([
            ("active_cases", active.to(self.active_cases)),
            ("overdue_cases", all.with("overdue", true).to(self.overdue_cases)),
            ("escalated_cases", active.with("is_escalated", true).to(self.escalated_cases)),
            ("due_soon_cases", due_soon.to(self.due_soon_cases)),
        ]);
        // An owner's cases all have one.
        if scope.owner_id.is_none() {
            let unassigned = active.with("unassigned", true);
            let long = unassigned.with("created_to", long_ago);
            links.insert("unassigned_cases", unassigned.to(self.unassigned_cases));
            links.insert("long_unassigned_cases", long.to(self.long_unassigned_cases));
        }
        links
    }
}

/// The youngest first. They have no upper border: a case may come while this is read.
fn by_age(cases: [i64; AGES.len() + 1], borders: [Time; AGES.len()], scope: &Scope) -> Vec<OfAge> {
    let active = scope.link().with("status", ACTIVE);
    let row = |(n, cases): (usize, i64)| {
        let older = n.checked_sub(1);
        let mut link = active.clone();
        if let Some(since) = borders.get(n) {
            link = link.with("created_from", since);
        }
        if let Some(until) = older.map(|n| borders[n]) {
            link = link.with("created_to", until);
        }
        OfAge {
            days_from: older.map_or(0, |n| AGES[n]),
            days_to: AGES.get(n).copied(),
            cases,
            href: link.to(cases),
        }
    };
    cases.into_iter().enumerate().map(row).collect()
}
