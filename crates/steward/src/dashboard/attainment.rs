//! SLA targets of the cases created in a period: how many met each kind, and how many missed it.

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::{Share, bit, percent};
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
    pub fn of(cases: &[Share], scope: &Scope, period: &Period) -> Vec<Attainment> {
        let link = scope.link().created_in(period);
        let created = || cases.iter().filter(|share| share.is_created).map(|share| share.fact);
        let of = |kind: &Kind| {
            let bit = bit(*kind);
            let met = created().filter(|fact| fact.met & !fact.missed & bit != 0).count() as i64;
            let missed = created().filter(|fact| fact.missed & bit != 0).count() as i64;
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
