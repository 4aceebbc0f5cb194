//! Headline figures, targets and times, each against the period before.

use super::{Number, page_of};
use crate::dashboard::api::Shown;
use crate::dashboard::links::Links;
use crate::dashboard::{Attainment, PeriodFigures};
use crate::web::{Filling, Page};

/// How a figure moved against the period before.
pub struct Change {
    /// `up`, `down`, `same`, or `new` where there was nothing before.
    pub way: &'static str,
    /// `good`, `bad`; empty where more is neither.
    pub worth: &'static str,
    /// `12% more`
    pub words: String,
    /// What it was.
    pub before: String,
}

/// Whether more of something is good.
#[derive(Clone, Copy, PartialEq)]
pub enum More {
    Good,
    Bad,
    Neither,
}

/// What a headline counts, and so how it is told.
#[derive(Clone, Copy)]
enum Unit {
    Cases,
    Minutes,
    Percent,
    Points,
    Score,
}

/// A headline figure.
pub struct Tile {
    /// The message that names it.
    pub title: &'static str,
    pub value: String,
    pub href: String,
    pub change: Option<Change>,
}

fn told(page: &Page, unit: Unit, value: f64) -> String {
    match unit {
        Unit::Cases => page.whole(value as i64),
        Unit::Minutes => page.length(value),
        Unit::Percent => format!("{}\u{a0}%", page.number(value, 1)),
        Unit::Points => page.number(value, 1),
        Unit::Score => page.number(value, 2),
    }
}

/// The change from one value to another.
fn change(page: &Page, unit: Unit, more: More, now: f64, before: f64) -> Change {
    let up = now > before;
    let way = if now == before {
        "same"
    } else if up {
        "up"
    } else {
        "down"
    };
    let far = (now - before).abs();
    let fill = |id: &str, by: &dyn Filling| page.language().fill(id, &[("by", by)]).into_owned();
    let pick = |up_id: &'static str, down_id: &'static str| if up { up_id } else { down_id };
    let words = match unit {
        _ if way == "same" => page.say("dashboard-same").into_owned(),
        Unit::Cases | Unit::Minutes if before == 0.0 => page.say("dashboard-from-none").into_owned(),
        Unit::Cases | Unit::Minutes => {
            let percent = page.number((far / before * 100.0).round(), 0);
            let (up_id, down_id) = match unit {
                Unit::Cases => ("dashboard-more", "dashboard-less"),
                _ => ("dashboard-longer", "dashboard-shorter"),
            };
            fill(pick(up_id, down_id), &percent)
        }
        Unit::Percent => fill(pick("dashboard-points-up", "dashboard-points-down"), &page.number(far, 1)),
        Unit::Points => fill(pick("dashboard-higher", "dashboard-lower"), &page.number(far, 1)),
        Unit::Score => fill(pick("dashboard-higher", "dashboard-lower"), &page.number(far, 2)),
    };
    let worth = match (way, more) {
        ("same", _) | (_, More::Neither) => "",
        _ if up == (more == More::Good) => "good",
        _ => "bad",
    };
    Change { way, worth, words, before: told(page, unit, before) }
}

/// Headlines from the numbers of two periods.
struct Headlines<'a> {
    page: &'a Page,
    links: &'a Links,
}

impl Headlines<'_> {
    fn tile(
        &self,
        title: &'static str,
        (unit, more): (Unit, More),
        (now, before): (Option<f64>, Option<f64>),
        link: &str,
    ) -> Tile {
        Tile {
            title,
            value: now.map_or_else(|| "\u{2013}".into(), |now| told(self.page, unit, now)),
            href: self.links.get(link).map_or(String::new(), |href| page_of(href)),
            change: now.zip(before).map(|(now, before)| change(self.page, unit, more, now, before)),
        }
    }
}

pub fn tiles(page: &Page, shown: &Shown) -> Vec<Tile> {
    let (now, before) = (&shown.period, &shown.previous_period);
    let headlines = Headlines { page, links: &now.links };
    let count = |now: i64, before: i64| (Some(now as f64), Some(before as f64));
    let open = Headlines { page, links: &shown.backlog.links };
    let nps = Headlines { page, links: &now.nps.links };
    vec![
        headlines.tile(
            "dashboard-created",
            (Unit::Cases, More::Neither),
            count(now.period_total, before.period_total),
            "period_total",
        ),
        headlines.tile(
            "dashboard-resolved",
            (Unit::Cases, More::Good),
            count(now.period_resolved, before.period_resolved),
            "period_resolved",
        ),
        open.tile(
            "dashboard-open-now",
            (Unit::Cases, More::Neither),
            (Some(shown.backlog.active_cases as f64), None),
            "active_cases",
        ),
        headlines.tile(
            "dashboard-missed",
            (Unit::Cases, More::Bad),
            count(now.period_sla_violated, before.period_sla_violated),
            "period_sla_violated",
        ),
        headlines.tile(
            "dashboard-first-response",
            (Unit::Minutes, More::Bad),
            (now.period_median_response, before.period_median_response),
            "period_total",
        ),
        headlines.tile(
            "dashboard-resolution",
            (Unit::Minutes, More::Bad),
            (now.period_median_resolution, before.period_median_resolution),
            "period_resolved",
        ),
        headlines.tile(
            "dashboard-reopened",
            (Unit::Percent, More::Bad),
            (now.reopen_rate_percent, before.reopen_rate_percent),
            "reopened_cases",
        ),
        headlines.tile(
            "dashboard-one-touch",
            (Unit::Percent, More::Good),
            (now.one_touch_rate_percent, before.one_touch_rate_percent),
            "one_touch_cases",
        ),
        headlines.tile(
            "dashboard-csat",
            (Unit::Score, More::Good),
            (now.avg_csat_score, before.avg_csat_score),
            "csat_response_count",
        ),
        nps.tile(
            "dashboard-nps",
            (Unit::Points, More::Good),
            (now.nps.score, before.nps.score),
            "response_cases",
        ),
    ]
}

/// A kind of target: how many cases met it and missed it.
pub struct Target {
    pub name: String,
    pub percent: Option<f64>,
    pub met: Number,
    pub missed: Number,
    pub change: Option<Change>,
}

pub fn targets(page: &Page, shown: &Shown) -> Vec<Target> {
    let (now, before) = (&shown.period, &shown.previous_period);
    let target = |(now, before): (&Attainment, &Attainment)| Target {
        name: page.word("target", now.target).into_owned(),
        percent: now.attainment_percent,
        met: Number::of(&now.links, "met_cases", now.met_cases),
        missed: Number::of(&now.links, "missed_cases", now.missed_cases),
        change: now
            .attainment_percent
            .zip(before.attainment_percent)
            .map(|(now, before)| change(page, Unit::Percent, More::Good, now, before)),
    };
    now.sla_attainment.iter().zip(&before.sla_attainment).map(target).collect()
}

/// Minutes until something was done: mean, median, 90th percentile, now and before.
pub struct Times {
    pub title: &'static str,
    pub now: [Option<f64>; 3],
    pub before: [Option<f64>; 3],
}

pub fn times(shown: &Shown) -> [Times; 2] {
    let (now, before) = (&shown.period, &shown.previous_period);
    let response = |of: &PeriodFigures| {
        let p90 = of.period_p90_response.map(|minutes| minutes as f64);
        [of.period_avg_response, of.period_median_response, p90]
    };
    let resolution = |of: &PeriodFigures| {
        let p90 = of.period_p90_resolution.map(|minutes| minutes as f64);
        [of.period_avg_resolution, of.period_median_resolution, p90]
    };
    [
        Times { title: "dashboard-first-response-times", now: response(now), before: response(before) },
        Times { title: "dashboard-resolution-times", now: resolution(now), before: resolution(before) },
    ]
}
