//! Why each clock of a case shows what it shows: the stretches of time that add up to its deadline as a bar and as a
//! table, and the policies that were tried.

use askama::Template;
use db::Class;

use super::PathOf;
use super::history::numbered;
use crate::cases::case::Case;
use crate::clock::Time;
use crate::http::Viewer;
use crate::sla::explain::{self, Explained, PolicyTried, SegmentView};
use crate::web::{Frame, Page, PageResult, Seat, show};

/// The bar's length, in the units of its picture.
const LENGTH: f64 = 1000.0;
/// Stretches that are drawn and listed; neither is read beyond.
const SHOWN: usize = 300;

/// A stretch as it is drawn.
pub struct Stretch {
    pub kind: &'static str,
    pub x: String,
    pub width: String,
}

/// A clock with its bar.
pub struct Bar {
    pub explained: Explained,
    pub stretches: Vec<Stretch>,
    /// Where the present is, if it is within the bar.
    pub now: Option<String>,
    /// Stretches that are not listed.
    pub more: usize,
}

impl Bar {
    fn of(explained: Explained, now: Time) -> Bar {
        let segments = &explained.segments;
        let begin = segments.first().map_or(now, |segment| segment.from).millis() as f64;
        let end = segments.last().map_or(now, |segment| segment.to).millis() as f64;
        let scale = LENGTH / (end - begin).max(1.0);
        let place = |at: Time| (at.millis() as f64 - begin) * scale;
        let stretches = drawn(segments, place);
        let now = place(now);
        Bar {
            stretches,
            now: (0.0..=LENGTH).contains(&now).then(|| format!("{now:.1}")),
            more: segments.len().saturating_sub(SHOWN),
            explained,
        }
    }

    pub fn listed(&self) -> &[SegmentView] {
        &self.explained.segments[..self.explained.segments.len().min(SHOWN)]
    }
}

/// The stretches as they are drawn; what is thinner than a pixel is drawn with what follows.
fn drawn(segments: &[SegmentView], place: impl Fn(Time) -> f64) -> Vec<Stretch> {
    let least = if segments.len() > SHOWN { 1.0 } else { 0.0 };
    let mut stretches = Vec::new();
    let mut from = 0.0;
    for segment in segments {
        let to = place(segment.to);
        if to - from > least {
            stretches.push(Stretch {
                kind: segment.kind,
                x: format!("{from:.2}"),
                width: format!("{:.2}", to - from),
            });
            from = to;
        }
    }
    stretches
}

#[derive(Template)]
#[template(path = "cases/case/why.html")]
struct WhyPage {
    page: Page,
    frame: Frame,
    case_id: i64,
    number: String,
    bars: Vec<Bar>,
    policies: Vec<PolicyTried>,
}

/// The explanation of a case's clocks (spec 5).
pub async fn why(seat: Seat<Viewer>, id: PathOf) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let case = Case::find(work, id.0)?;
        let explanation = explain::explain(work, case.case_id)?;
        let now = work.now;
        Ok(WhyPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "")?,
            case_id: case.case_id,
            number: numbered(case.case_id),
            bars: explanation.targets.into_iter().map(|target| Bar::of(target, now)).collect(),
            policies: explanation.policies,
        })
    });
    show(&page.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_fill_the_bar_from_end_to_end() {
        let at = |minute: i64| Time::from_millis(minute * 60_000);
        let segment = |kind, from, to| SegmentView {
            kind,
            from: at(from),
            to: at(to),
            minutes: (to - from) as f64,
            reason: None,
        };
        let segments = [segment("counted", 0, 60), segment("paused", 60, 90), segment("counted", 90, 120)];
        let drawn = drawn(&segments, |time| time.millis() as f64 * LENGTH / (120.0 * 60_000.0));
        let told: Vec<_> = drawn.iter().map(|s| (s.kind, s.x.as_str(), s.width.as_str())).collect();
        let expected =
            [("counted", "0.00", "500.00"), ("paused", "500.00", "250.00"), ("counted", "750.00", "250.00")];
        assert_eq!(told, expected);
    }
}
