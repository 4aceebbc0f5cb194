//! SLA targets of the cases created in a period: how many met each kind, and how many missed it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::percent;
use super::links::Links;
use super::period::Period;
use crate::cases::Filter;
use crate::error::Result;
use crate::sla::Kind;
use crate::work::Work;

const KINDS: [Kind; 3] = [Kind::FirstResponse, Kind::NextResponse, Kind::Resolution];

/// Targets of one kind, of the cases created in the period.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Attainment {
    /// `first_response`, `next_response`, `resolution`
    pub target: &'static str,
    /// Cases that met it and never missed it.
    pub met_cases: i64,
    /// Cases that missed it.
    pub missed_cases: i64,
    /// Met of those met and missed, one decimal; null without any.
    pub attainment_percent: Option<f64>,
    /// The case list behind each number, by its name.
    pub links: Links,
}

/// What became of one case's targets: kinds as bits in the order of [`KINDS`].
#[derive(Default)]
struct Outcome {
    met: i64,
    missed: i64,
}

/// Attainment in a period and in the one before it, which ends where it begins. Each case is read once, by the index on
/// its creation; its targets and violations by theirs.
pub fn read(
    work: &mut Work,
    scope: &Scope,
    before: &Period,
    period: &Period,
) -> Result<[Vec<Attainment>; 2]> {
    let mut outcomes: BTreeMap<(i64, i64), Outcome> = BTreeMap::new();
    for (is_later, case_id, bit) in kinds(work, scope, before, period, "x.kind", MET)? {
        outcomes.entry((is_later, case_id)).or_default().met |= bit;
    }
    for (is_later, case_id, bit) in kinds(work, scope, before, period, "x.violation_type", MISSED)? {
        outcomes.entry((is_later, case_id)).or_default().missed |= bit;
    }
    let of = |is_later: i64, period: &Period| {
        let ours = outcomes.iter().filter(|((later, _), _)| *later == is_later);
        let ours: Vec<&Outcome> = ours.map(|(_, outcome)| outcome).collect();
        figures(&ours, scope, period)
    };
    Ok([of(0, before), of(1, period)])
}

const MET: &str = "crm_sla_targets x on x.case_id = c.case_id and x.met_at is not null";
const MISSED: &str = "crm_sla_violations x on x.case_id = c.case_id";

/// Rows of `joined` with the cases of both periods: whether of the later one, the case, the kind's bit.
fn kinds(
    work: &mut Work,
    scope: &Scope,
    before: &Period,
    period: &Period,
    column: &str,
    joined: &str,
) -> Result<Vec<(i64, i64, i64)>> {
    let mut filter = Filter::default();
    filter.and("c.created_at >= ?", db::Value::Time(before.from().into()));
    filter.and("c.created_at < ?", db::Value::Time(period.to().into()));
    scope.narrow(work.dialect(), &mut filter);
    filter.params.push(db::Value::Time(period.from().into()));
    let bits: Vec<String> =
        KINDS.iter().enumerate().map(|(n, kind)| format!("when '{}' then {}", kind.word(), 1 << n)).collect();
    let sql = format!(
        "select cast(case when c.created_at >= ${} then 1 else 0 end as bigint) as is_later, c.case_id,
             cast(case {column} {} else 0 end as bigint) as kind
         from crm_cases c join {joined} where c.is_listed and {}",
        filter.params.len(),
        bits.join(" "),
        filter.sql()
    );
    work.query(&sql, &filter.params())
}

fn figures(outcomes: &[&Outcome], scope: &Scope, period: &Period) -> Vec<Attainment> {
    let created = scope.link().created_in(period);
    let of = |(n, kind): (usize, &Kind)| {
        let has = |bits: i64| bits >> n & 1 == 1;
        let met = outcomes.iter().filter(|outcome| has(outcome.met & !outcome.missed)).count() as i64;
        let missed = outcomes.iter().filter(|outcome| has(outcome.missed)).count() as i64;
        Attainment {
            target: kind.word(),
            met_cases: met,
            missed_cases: missed,
            attainment_percent: percent(met, met + missed),
            links: Links::from([
                ("met_cases", created.with("attained", kind.word()).to(met)),
                ("missed_cases", created.with("breached", kind.word()).to(missed)),
            ]),
        }
    };
    KINDS.iter().enumerate().map(of).collect()
}
