//! The cases of a period as the dashboard needs them, and the numbers that a set of them makes.
//!
//! A case belongs to a period three times over: it is created in it, resolved in it, rated in it. Volume, first responses
//! and SLA targets are told of the cases created, resolution times, reopenings and one-touch of those resolved,
//! satisfaction of those rated. Each case is read once, by an index on the time.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::links::{ACTIVE, CaseLink, Links};
use super::period::Period;
use crate::cases::{Channel, Status, mean};
use crate::clock::Time;
use crate::error::Result;
use crate::sla::Kind;
use crate::surveys::statistics::{self, Interval};
use crate::work::Work;

db::record! {
    /// What the dashboard asks of one case.
    #[derive(Debug, Clone)]
    pub struct Fact {
        pub case_id: i64,
        pub created_at: Time,
        pub resolved_at: Option<Time>,
        pub csat_submitted_at: Option<Time>,
        pub resolution_due: Option<Time>,
        /// The earliest deadline of the open targets.
        pub next_due: Option<Time>,
        pub status: Status,
        pub is_open: bool,
        pub is_escalated: bool,
        pub is_sla_violated: bool,
        pub priority_id: i64,
        pub priority_level: i64,
        pub case_type_id: i64,
        pub channel: Channel,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
        pub response_time_minutes: Option<i64>,
        pub resolution_time_minutes: Option<i64>,
        pub reopened_count: i64,
        pub response_count: i64,
        pub csat_score: Option<i64>,
        /// Kinds of targets met and missed, as [`bit`]s.
        pub met: i64,
        pub missed: i64,
    }
}

/// A kind of target as one bit of a number.
pub fn bit(kind: Kind) -> i64 {
    1 << kind as u8
}

impl Fact {
    /// Whether a dashboard of days since `from` says anything of the case.
    fn is_since(&self, from: Time) -> bool {
        let times = [Some(self.created_at), self.resolved_at, self.csat_submitted_at];
        self.is_open || times.into_iter().flatten().any(|at| at >= from)
    }
}

/// Reads every listed case that is open, or was created, resolved or rated between two instants, each once. The second one
/// may be left out.
pub fn read(work: &mut Work, from: Time, to: Option<Time>) -> Result<Vec<Fact>> {
    let times = ["c.created_at", "c.resolved_at", "c.csat_submitted_at"];
    let within = |time: &str| match to {
        Some(_) => format!("{time} >= $1 and {time} < $2"),
        None => format!("{time} >= $1"),
    };
    let outside = |time: &&str| match to {
        Some(_) => format!("({time} is null or {time} < $1 or {time} >= $2)"),
        None => format!("({time} is null or {time} < $1)"),
    };
    // What an earlier part has read is left out of the later ones.
    let mut parts: Vec<String> = (0..times.len())
        .map(|n| {
            let earlier = times[..n].iter().map(outside);
            let all: Vec<String> = std::iter::once(within(times[n])).chain(earlier).collect();
            select(&format!("c.is_listed and {}", all.join(" and ")))
        })
        .collect();
    parts.push(select(&format!(
        "c.is_open and {}",
        times.iter().map(outside).collect::<Vec<_>>().join(" and ")
    )));
    let mut params: Vec<&dyn db::ToParam> = vec![&from];
    params.extend(to.iter().map(|to| to as &dyn db::ToParam));
    work.query(&parts.join(" union all "), &params)
}

/// Reads those of these cases that are listed and of which a dashboard of days since `from` says anything.
pub fn read_anew(work: &mut Work, case_ids: &[i64], from: Time) -> Result<Vec<Fact>> {
    let among = work.dialect().among_ints("c.case_id", "$1");
    let sql = select(&format!("{among} and c.is_listed"));
    let mut facts: Vec<Fact> = work.query(&sql, &[&serde_json::json!(case_ids)])?;
    facts.retain(|fact| fact.is_since(from));
    Ok(facts)
}

fn select(condition: &str) -> String {
    let kinds = |column: &str, rows: &str| {
        let bits: Vec<String> =
            Kind::ALL.iter().map(|kind| format!("when '{}' then {}", kind.word(), bit(*kind))).collect();
        format!(
            "(select cast(coalesce(sum(k.bit), 0) as bigint)
              from (select distinct case x.{column} {} else 0 end as bit from {rows}) k)",
            bits.join(" ")
        )
    };
    format!(
        "select c.case_id, c.created_at, c.resolved_at, c.csat_submitted_at, c.resolution_due, c.sla_next_due as next_due, c.status, c.is_open,
             c.is_escalated, c.is_sla_violated, c.priority_id, c.priority_level, c.case_type_id, c.channel, c.owner_id,
             c.team_id, c.response_time_minutes, c.resolution_time_minutes, c.reopened_count, c.response_count, c.csat_score,
             {} as met, {} as missed
         from crm_cases c where {condition}",
        kinds("kind", "crm_sla_targets x where x.case_id = c.case_id and x.met_at is not null"),
        kinds("violation_type", "crm_sla_violations x where x.case_id = c.case_id"),
    )
}

/// Whether more than so many cases were created or resolved since an instant.
pub fn are_many(work: &mut Work, from: Time, most: i64) -> Result<bool> {
    for column in ["created_at", "resolved_at"] {
        let (cases,): (i64,) = work.one(
            &format!(
                "select count(*) from (select 1 as one from crm_cases c
                 where c.is_listed and c.{column} >= $1 limit {}) q",
                most + 1
            ),
            &[&from],
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
    /// Selects instead of sorting: what is above the 90th percentile, and above the middle, need not be in order.
    fn spread(&self) -> Spread {
        let mut minutes = self.0.clone();
        let count = minutes.len();
        if count == 0 {
            return Spread::default();
        }
        let mean = mean(minutes.iter().sum(), count as i64);
        let (lower, p90, _) = minutes.select_nth_unstable((count * 9).div_ceil(10) - 1);
        let p90 = *p90;
        // Of one or two cases the middle is not below the 90th percentile.
        let upper_middle =
            if count / 2 < lower.len() { *lower.select_nth_unstable(count / 2).1 } else { p90 };
        let lower_middle = match count % 2 {
            1 => upper_middle,
            _ => lower[..count / 2].iter().copied().max().unwrap_or(upper_middle),
        };
        let median = (lower_middle + upper_middle) as f64 / 2.0;
        Spread { mean, median: Some(median), p90: Some(p90) }
    }
}

/// Mean (one decimal), median (between the two middle ones of an even number) and 90th percentile (nearest rank), exact.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spread {
    pub mean: Option<f64>,
    pub median: Option<f64>,
    pub p90: Option<i64>,
}

/// A case as far as it belongs to a period.
#[derive(Debug, Clone, Copy)]
pub struct Share<'a> {
    pub fact: &'a Fact,
    pub is_created: bool,
    is_resolved: bool,
    is_rated: bool,
}

impl<'a> Share<'a> {
    /// None where the case does not belong to the days between two instants.
    fn of(fact: &'a Fact, days: &Range<Time>) -> Option<Share<'a>> {
        let is_within = |at: Option<Time>| at.is_some_and(|at| days.contains(&at));
        let share = Share {
            fact,
            is_created: days.contains(&fact.created_at),
            is_resolved: is_within(fact.resolved_at),
            is_rated: fact.csat_score.is_some() && is_within(fact.csat_submitted_at),
        };
        (share.is_created || share.is_resolved || share.is_rated).then_some(share)
    }
}

/// A scope's cases, told apart once: each section goes through those alone that it is about.
#[derive(Debug, Default)]
pub struct Cases<'a> {
    /// Those of the period, ...
    pub now: Vec<Share<'a>>,
    /// ... of the one before it, ...
    pub before: Vec<Share<'a>>,
    /// ... and those that are open, whenever they came.
    pub open: Vec<&'a Fact>,
}

impl<'a> Cases<'a> {
    pub fn of(facts: &'a [Fact], scope: &Scope, [now, before]: [&Period; 2]) -> Cases<'a> {
        let (now, before) = (now.from()..now.to(), before.from()..before.to());
        let mut cases = Cases::default();
        for fact in facts.iter().filter(|fact| scope.holds(fact)) {
            cases.now.extend(Share::of(fact, &now));
            cases.before.extend(Share::of(fact, &before));
            cases.open.extend(fact.is_open.then_some(fact));
        }
        cases
    }
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
    pub fn add(&mut self, share: &Share) {
        let fact = share.fact;
        if share.is_created {
            self.created += 1;
            self.active += i64::from(fact.status.is_active());
            self.violated += i64::from(fact.is_sla_violated);
            self.responses.0.extend(fact.response_time_minutes);
        }
        if share.is_resolved {
            self.resolved += 1;
            self.reopened += i64::from(fact.reopened_count > 0);
            self.one_touch += i64::from(fact.reopened_count == 0 && fact.response_count == 1);
            self.resolutions.0.extend(fact.resolution_time_minutes);
        }
        if share.is_rated
            && let Some(score) = fact.csat_score
        {
            self.scores[(score.clamp(1, 5) - 1) as usize] += 1;
        }
    }

    pub fn rated(&self) -> i64 {
        self.scores.iter().sum()
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

    proptest::proptest! {
        #[test]
        fn percentiles_are_those_of_sorted_minutes(minutes in proptest::collection::vec(0i64..50, 1..40)) {
            let mut sorted = minutes.clone();
            sorted.sort_unstable();
            let count = sorted.len();
            let median = (sorted[(count - 1) / 2] + sorted[count / 2]) as f64 / 2.0;
            let spread = Minutes(minutes).spread();
            proptest::prop_assert_eq!(spread.median, Some(median));
            proptest::prop_assert_eq!(spread.p90, Some(sorted[(count * 9).div_ceil(10) - 1]));
        }
    }
}
