//! SLA targets of the cases created in a period: how many met each kind, and how many missed it.

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::{Fact, bit, percent};
use super::links::Links;
use super::period::Period;
use crate::sla::Kind;

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

impl Attainment {
    /// Of the cases created in the period, in the order of the kinds.
    pub fn of(facts: &[&Fact], scope: &Scope, period: &Period) -> Vec<Attainment> {
        let created: Vec<&Fact> =
            facts.iter().copied().filter(|fact| period.holds(fact.created_at)).collect();
        let link = scope.link().created_in(period);
        let of = |kind: &Kind| {
            let count = |is_so: fn(&Fact, i64) -> bool| {
                created.iter().filter(|fact| is_so(fact, bit(*kind))).count() as i64
            };
            let met = count(|fact, bit| fact.met & !fact.missed & bit != 0);
            let missed = count(|fact, bit| fact.missed & bit != 0);
            Attainment {
                target: kind.word(),
                met_cases: met,
                missed_cases: missed,
                attainment_percent: percent(met, met + missed),
                links: Links::from([
                    ("met_cases", link.with("attained", kind.word()).to(met)),
                    ("missed_cases", link.with("breached", kind.word()).to(missed)),
                ]),
            }
        };
        Kind::ALL.iter().map(of).collect()
    }
}
