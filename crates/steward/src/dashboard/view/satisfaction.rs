//! What customers said, and how sure that is.

use super::Number;
use super::shares::{Bar, bars};
use crate::dashboard::OfScore;
use crate::dashboard::api::Shown;
use crate::web::Page;
use crate::web::chart::{self, Whisker};

/// A mean or score with its 95% interval, drawn on its scale.
pub struct Measured {
    pub value: f64,
    pub bounds: Option<(f64, f64)>,
    pub whisker: Whisker,
}

fn measured(value: Option<f64>, low: Option<f64>, high: Option<f64>, scale: (f64, f64)) -> Option<Measured> {
    let bounds = low.zip(high);
    value.map(|value| Measured { value, bounds, whisker: Whisker::of(value, bounds, scale) })
}

/// What customers said.
pub struct Satisfaction {
    pub csat: Option<Measured>,
    pub rated: Number,
    pub scores: Vec<Bar>,
    pub nps: Option<Measured>,
    /// Promoters, passives, detractors: answers, and the cases that they are about.
    pub shares: [(i64, (f64, f64), Number); 3],
    pub nps_answers: i64,
    pub ces: Option<Measured>,
    pub ces_answers: i64,
    pub ces_cases: Number,
}

pub fn satisfaction(page: &Page, shown: &Shown) -> Satisfaction {
    let now = &shown.period;
    let (nps, ces) = (&now.nps, &now.ces);
    let [promoters, passives, detractors] = chart::stack([nps.promoters, nps.passives, nps.detractors]);
    let cases = |name: &str, cases: i64| Number::of(&nps.links, name, cases);
    Satisfaction {
        csat: measured(now.avg_csat_score, now.csat_low, now.csat_high, (1.0, 5.0)),
        rated: Number::of(&now.links, "csat_response_count", now.csat_response_count),
        scores: by_score(page, shown),
        nps: measured(nps.score, nps.low, nps.high, (-100.0, 100.0)),
        shares: [
            (nps.promoters, promoters, cases("promoter_cases", nps.promoter_cases)),
            (nps.passives, passives, cases("passive_cases", nps.passive_cases)),
            (nps.detractors, detractors, cases("detractor_cases", nps.detractor_cases)),
        ],
        nps_answers: nps.responses,
        ces: measured(ces.mean, ces.low, ces.high, (1.0, 7.0)),
        ces_answers: ces.responses,
        ces_cases: Number::of(&ces.links, "response_cases", ces.response_cases),
    }
}

/// The scores customers gave, the best first.
pub fn by_score(page: &Page, shown: &Shown) -> Vec<Bar> {
    let row = |of: &OfScore| {
        (page.say1("dashboard-score", "score", of.score).into_owned(), Number::new(of.cases, &of.href))
    };
    bars(shown.period.csat_distribution.iter().rev().map(row).collect())
}
