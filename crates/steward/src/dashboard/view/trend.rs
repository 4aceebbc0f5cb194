//! What came and what was resolved, day by day.

use jiff::civil::Date;

use super::Number;
use crate::dashboard::api::Shown;
use crate::web::chart::{Counted, Trend};
use crate::web::{Language, Page};

/// A stretch of the trend: a day, or several where the period is long.
pub struct Stretch {
    pub label: String,
    /// Its first day, without the year.
    pub short: String,
    pub created: Number,
    pub resolved: Number,
}

/// Days of one slot of the trend.
fn days_of_a_slot(days: usize) -> usize {
    match days {
        0..=92 => 1,
        93..=731 => 7,
        _ => 28,
    }
}

/// The trend with its chart. Where days are too many for one chart, weeks of seven or four times seven days are told.
pub fn trend(page: &Page, shown: &Shown) -> (Trend, Vec<Stretch>) {
    let (period, days) = (&shown.days, &shown.daily_trend);
    let length = days_of_a_slot(days.len());
    let link = shown.scope.link();
    let stretches: Vec<Stretch> = days
        .chunks(length)
        .enumerate()
        .map(|(n, chunk)| {
            let first = n * length;
            let last = first + chunk.len() - 1;
            let (from, to) = (period.borders[first], period.borders[last + 1]);
            let created = chunk.iter().map(|day| day.created_cases).sum();
            let resolved = chunk.iter().map(|day| day.resolved_cases).sum();
            Stretch {
                label: stretch_label(page.language(), period.date(first), period.date(last)),
                short: short(page.language(), period.date(first)),
                created: Number::new(created, &link.created(from, to).to(created)),
                resolved: Number::new(resolved, &link.resolved(from, to).to(resolved)),
            }
        })
        .collect();
    let counted: Vec<Counted> = stretches
        .iter()
        .map(|stretch| Counted { bar: stretch.created.value, line: stretch.resolved.value })
        .collect();
    (Trend::of(&counted), stretches)
}

/// A day, or the first and the last of several.
pub fn stretch_label(language: Language, first: Date, last: Date) -> String {
    if first == last {
        language.date(first)
    } else {
        format!("{} \u{2013} {}", language.date(first), language.date(last))
    }
}

/// A day without its year: `3 Mar`, `3.3.`.
fn short(language: Language, date: Date) -> String {
    match language {
        Language::English => date.strftime("%-d %b").to_string(),
        Language::German => date.strftime("%-d.%-m.").to_string(),
    }
}
