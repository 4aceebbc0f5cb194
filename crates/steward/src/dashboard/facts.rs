//! The cases of a period as the dashboard needs them, and the numbers that a set of them makes.
//!
//! A case belongs to a period three times over: it is created in it, resolved in it, rated in it. Volume, first responses
//! and SLA targets are told of the cases created, resolution times, reopenings and one-touch of those resolved,
//! satisfaction of those rated. Each case is read once, by an index on the time.

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::links::{ACTIVE, CaseLink, Links};
use super::period::Period;
use crate::cases::{Channel, Filter, Status, mean};
use crate::clock::Time;
use crate::error::Result;
use crate::surveys::statistics::{self, Interval};
use crate::work::Work;

db::record! {
    /// What the dashboard asks of one case.
    #[derive(Debug, Clone)]
    pub struct Fact {
        pub created_at: Time,
        pub resolved_at: Option<Time>,
        pub csat_submitted_at: Option<Time>,
        pub status: Status,
        pub priority_id: i64,
        pub case_type_id: i64,
        pub channel: Channel,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
        pub response_time_minutes: Option<i64>,
        pub resolution_time_minutes: Option<i64>,
        pub reopened_count: i64,
        pub response_count: i64,
        pub is_sla_violated: bool,
        pub csat_score: Option<i64>,
    }
}

/// Reads every case that was created, resolved or rated between two instants, each once.
pub fn read(work: &mut Work, scope: &Scope, from: Time, to: Time) -> Result<Vec<Fact>> {
    let columns = "c.created_at, c.resolved_at, c.csat_submitted_at, c.status, c.priority_id, c.case_type_id, c.channel,
         c.owner_id, c.team_id, c.response_time_minutes, c.resolution_time_minutes, c.reopened_count, c.response_count,
         c.is_sla_violated, c.csat_score";
    let mut filter = Filter::default();
    filter.params.extend([db::Value::Time(from.into()), db::Value::Time(to.into())]);
    scope.narrow(work.dialect(), &mut filter);
    let narrow: String = filter.conditions.iter().map(|condition| format!(" and {condition}")).collect();
    let within = |column: &str| format!("{column} >= $1 and {column} < $2");
    let outside = |column: &str| format!("({column} is null or {column} < $1 or {column} >= $2)");
    let select = |conditions: String| {
        format!("select {columns} from crm_cases c where c.is_listed and {conditions}{narrow}")
    };
    let sql = [
        select(within("c.created_at")),
        select(format!("{} and {}", within("c.resolved_at"), outside("c.created_at"))),
        select(format!(
            "{} and {} and {}",
            within("c.csat_submitted_at"),
            outside("c.created_at"),
            outside("c.resolved_at")
        )),
    ];
    work.query(&sql.join(" union all "), &filter.params())
}

/// Whether so many cases were created or resolved between two instants that reading them is to queue with the searches.
pub fn are_many(work: &mut Work, from: Time, to: Time, most: i64) -> Result<bool> {
    for column in ["created_at", "resolved_at"] {
        let (cases,): (i64,) = work.one(
            &format!(
                "select count(*) from (select 1 as one from crm_cases c
                 where c.is_listed and c.{column} >= $1 and c.{column} < $2 limit {}) q",
                most + 1
            ),
            &[&from, &to],
        )?;
        if cases > most {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whole minutes of several cases.
#[derive(Debug, Clone, Default)]
struct Minutes(Vec<i64>);

impl Minutes {
    fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let count = sorted.len();
        let median = (count > 0).then(|| (sorted[(count - 1) / 2] + sorted[count / 2]) as f64 / 2.0);
        Spread {
            mean: mean(sorted.iter().sum(), count as i64),
            median,
            p90: (count > 0).then(|| sorted[(count * 9).div_ceil(10) - 1]),
        }
    }
}

/// Mean (one decimal), median (between the two middle ones of an even number) and 90th percentile (nearest rank), exact.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spread {
    pub mean: Option<f64>,
    pub median: Option<f64>,
    pub p90: Option<i64>,
}

/// What a period's cases come to.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub created: i64,
    pub active: i64,
    pub violated: i64,
    pub resolved: i64,
    pub reopened: i64,
    pub one_touch: i64,
    /// How many gave each score, 1 to 5.
    pub scores: [i64; 5],
    responses: Minutes,
    resolutions: Minutes,
}

impl Tally {
    /// Counts a case as far as it belongs to the period.
    pub fn add(&mut self, fact: &Fact, period: &Period) {
        if period.holds(fact.created_at) {
            self.created += 1;
            self.active += i64::from(fact.status.is_active());
            self.violated += i64::from(fact.is_sla_violated);
            self.responses.0.extend(fact.response_time_minutes);
        }
        if fact.resolved_at.is_some_and(|at| period.holds(at)) {
            self.resolved += 1;
            self.reopened += i64::from(fact.reopened_count > 0);
            self.one_touch += i64::from(fact.reopened_count == 0 && fact.response_count == 1);
            self.resolutions.0.extend(fact.resolution_time_minutes);
        }
        if fact.csat_submitted_at.is_some_and(|at| period.holds(at))
            && let Some(score) = fact.csat_score
        {
            self.scores[(score.clamp(1, 5) - 1) as usize] += 1;
        }
    }

    pub fn rated(&self) -> i64 {
        self.scores.iter().sum()
    }

    pub fn is_empty(&self) -> bool {
        self.created == 0 && self.resolved == 0 && self.rated() == 0
    }

    pub fn mean_score(&self) -> Option<f64> {
        let sum: i64 = self.scores.iter().zip(1..).map(|(count, score)| count * score).sum();
        hundredths(sum, self.rated())
    }

    /// The 95% interval of the mean score.
    pub fn score_interval(&self) -> Option<Interval> {
        let scores = (1..).zip(self.scores).filter(|(_, count)| *count > 0);
        statistics::Tally(scores.map(|(score, count)| (score, count.unsigned_abs())).collect())
            .mean_interval(1, 5)
    }

    pub fn responses(&self) -> Spread {
        self.responses.spread()
    }

    pub fn resolutions(&self) -> Spread {
        self.resolutions.spread()
    }

    /// The figures, each with the list of the cases that it counts; `base` names whose cases they are.
    pub fn figures(&self, base: &CaseLink, period: &Period) -> Figures {
        let (responses, resolutions) = (self.responses(), self.resolutions());
        let links = self.links(base, period);
        Figures {
            href: links["total_cases"].clone(),
            total_cases: self.created,
            active_cases: self.active,
            sla_violated_cases: self.violated,
            resolved_cases: self.resolved,
            reopened_cases: self.reopened,
            reopen_rate_percent: percent(self.reopened, self.resolved),
            one_touch_cases: self.one_touch,
            one_touch_rate_percent: percent(self.one_touch, self.resolved),
            avg_response_time_minutes: responses.mean,
            median_response_time_minutes: responses.median,
            p90_response_time_minutes: responses.p90,
            avg_resolution_time_minutes: resolutions.mean,
            median_resolution_time_minutes: resolutions.median,
            p90_resolution_time_minutes: resolutions.p90,
            avg_csat_score: self.mean_score(),
            csat_response_count: self.rated(),
            links,
        }
    }

    fn links(&self, base: &CaseLink, period: &Period) -> Links {
        let (created, resolved) = (base.created_in(period), base.resolved_in(period));
        let one_touch = resolved.with("one_touch", true);
        Links::from([
            ("total_cases", created.to(self.created)),
            ("active_cases", created.with("status", ACTIVE).to(self.active)),
            ("sla_violated_cases", created.with("sla_violated", true).to(self.violated)),
            ("resolved_cases", resolved.to(self.resolved)),
            ("reopened_cases", resolved.with("reopened", true).to(self.reopened)),
            ("one_touch_cases", one_touch.to(self.one_touch)),
            ("csat_response_count", base.rated_in(period).with("csat", "1,2,3,4,5").to(self.rated())),
        ])
    }
}

/// The numbers of a group of cases. Times are wall-clock minutes; rates are of the cases resolved in the period.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Figures {
    /// The case list of `total_cases`.
    pub href: String,
    /// Cases created in the period, ...
    pub total_cases: i64,
    /// ... those of them that are active now, ...
    pub active_cases: i64,
    /// ... and those that missed a target.
    pub sla_violated_cases: i64,
    /// Cases resolved in the period, ...
    pub resolved_cases: i64,
    /// ... those of them that had been reopened, ...
    pub reopened_cases: i64,
    pub reopen_rate_percent: Option<f64>,
    /// ... and those that took one public answer and were never reopened.
    pub one_touch_cases: i64,
    pub one_touch_rate_percent: Option<f64>,
    pub avg_response_time_minutes: Option<f64>,
    pub median_response_time_minutes: Option<f64>,
    pub p90_response_time_minutes: Option<i64>,
    pub avg_resolution_time_minutes: Option<f64>,
    pub median_resolution_time_minutes: Option<f64>,
    pub p90_resolution_time_minutes: Option<i64>,
    /// Mean of the scores given in the period, two decimals.
    pub avg_csat_score: Option<f64>,
    pub csat_response_count: i64,
    /// The case list behind each number, by its name.
    pub links: Links,
}

/// `part / whole` in percent, one decimal; null without a whole.
pub fn percent(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 10.0)
}

/// `sum / count`, two decimals; null without any.
pub fn hundredths(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact() {
        let spread = |values: &[i64]| {
            let Spread { mean, median, p90 } = Minutes(values.to_vec()).spread();
            (mean, median, p90)
        };
        assert_eq!(spread(&[]), (None, None, None));
        assert_eq!(spread(&[7]), (Some(7.0), Some(7.0), Some(7)));
        assert_eq!(spread(&[4, 1]), (Some(2.5), Some(2.5), Some(4)));
        assert_eq!(spread(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), (Some(5.5), Some(5.5), Some(9)));
        assert_eq!(spread(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), (Some(6.0), Some(6.0), Some(10)));
    }
}
