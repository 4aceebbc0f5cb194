//! Why each clock of a case shows what it shows: the stretches of time that add up to its deadline as a bar and as a
//! table, and the policies that were tried.

use std::borrow::Cow;

use askama::Template;
use db::Class;

use super::PathOf;
use super::history::numbered;
use crate::cases::case::Case;
use crate::clock::Time;
use crate::http::Viewer;
use crate::sla::Mismatch;
use crate::sla::explain::{self, Explained, PolicyTried, SegmentView};
use crate::web::{Frame, Page, PageResult, Seat, show};

/// The bar's length, in the units of its picture.
const LENGTH: f64 = 1000.0;
/// How long a stretch is drawn at least, where there are few: five minutes beside half a year are to be seen.
const LEAST: f64 = 14.0;
const FEW: usize = 40;
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
    /// When its quarters begin, and when it ends.
    pub times: Vec<Time>,
    /// Stretches that are not listed.
    pub more: usize,
}

impl Bar {
    fn of(explained: Explained, now: Time) -> Bar {
        let (stretches, now) = drawn(&explained.segments, now);
        let times = times(&explained.segments);
        Bar { stretches, now, times, more: explained.segments.len().saturating_sub(SHOWN), explained }
    }

    pub fn listed(&self) -> &[SegmentView] {
        &self.explained.segments[..self.explained.segments.len().min(SHOWN)]
    }

    /// Whether there are stretches of a kind.
    pub fn has(&self, kind: &str) -> bool {
        self.explained.segments.iter().any(|segment| segment.kind == kind)
    }
}

/// A stretch's length in milliseconds.
fn long(segment: &SegmentView) -> f64 {
    (segment.to.millis() - segment.from.millis()).max(0) as f64
}

/// How wide each stretch is drawn.
fn widths(segments: &[SegmentView]) -> Vec<f64> {
    let whole: f64 = segments.iter().map(long).sum::<f64>().max(1.0);
    let least = if segments.len() <= FEW { LEAST } else { 0.0 };
    let widths: Vec<f64> = segments.iter().map(|segment| long(segment) / whole * LENGTH + least).collect();
    let scale = LENGTH / widths.iter().sum::<f64>().max(1.0);
    widths.into_iter().map(|width| width * scale).collect()
}

/// The times at the beginning of the bar, at each of its quarters, and at its end.
fn times(segments: &[SegmentView]) -> Vec<Time> {
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return Vec::new() };
    let (mut times, mut from) = (vec![first.from], 0.0);
    for (segment, width) in segments.iter().zip(widths(segments)) {
        while times.len() < 4 && from + width >= LENGTH / 4.0 * times.len() as f64 {
            let part = (LENGTH / 4.0 * times.len() as f64 - from) / width.max(f64::MIN_POSITIVE);
            times.push(Time::from_millis(segment.from.millis() + (long(segment) * part) as i64));
        }
        from += width;
    }
    times.push(last.to);
    times
}

/// The stretches as they are drawn, and where the present is.
pub fn drawn(segments: &[SegmentView], now: Time) -> (Vec<Stretch>, Option<String>) {
    let (mut stretches, mut present) = (Vec::new(), None);
    let (mut from, mut to) = (0.0, 0.0);
    for (segment, own) in segments.iter().zip(widths(segments)) {
        if (segment.from..segment.to).contains(&now) {
            let past = (now.millis() - segment.from.millis()) as f64 / long(segment).max(1.0);
            present = Some(format!("{:.1}", to + own * past));
        }
        to += own;
        // What is thinner than a pixel is drawn with what follows.
        if segments.len() <= SHOWN || to - from > 1.0 {
            let (x, width) = (format!("{from:.2}"), format!("{:.2}", to - from));
            stretches.push(Stretch { kind: segment.kind, x, width });
            from = to;
        }
    }
    (stretches, present)
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
    own: Own,
}

db::record! {
    /// What the case is, by the names that conditions go by.
    struct Own {
        type_name: String,
        priority_name: String,
        account_name: Option<String>,
    }
}

impl WhyPage {
    /// Why a policy is not for this case.
    fn against(&self, mismatch: &Mismatch) -> Cow<'static, str> {
        let page = &self.page;
        match (mismatch, &self.own.account_name) {
            (Mismatch::CaseType(_), _) => page.say1("why-not-type", "name", &self.own.type_name),
            (Mismatch::Priority(_), _) => page.say1("why-not-priority", "name", &self.own.priority_name),
            (Mismatch::Tier(Some(tier)), _) => page.say1("why-not-tier", "name", page.word("tier", tier)),
            (Mismatch::Account(Some(_)), Some(name)) => page.say1("why-not-account", "name", name),
            (Mismatch::Tier(None) | Mismatch::Account(_), _) => page.say("why-not-without-account"),
            (Mismatch::Channel(channel), _) => {
                page.say1("why-not-channel", "name", page.word("channel", channel))
            }
        }
    }
}

/// The explanation of a case's clocks (spec 5).
pub async fn why(seat: Seat<Viewer>, id: PathOf) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let case = Case::find(work, id.0)?;
        let explanation = explain::explain(work, case.case_id)?;
        let now = work.now;
        let own = work.one(
            "select t.type_name, p.priority_name, a.account_name from crm_cases c
             join crm_case_types t on t.case_type_id = c.case_type_id
             join crm_case_priorities p on p.priority_id = c.priority_id
             left join crm_accounts a on a.account_id = c.account_id where c.case_id = $1",
            &[&case.case_id],
        )?;
        Ok(WhyPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "")?,
            case_id: case.case_id,
            number: numbered(case.case_id),
            bars: explanation.targets.into_iter().map(|target| Bar::of(target, now)).collect(),
            policies: explanation.policies,
            own,
        })
    });
    show(&page.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(lengths: &[(&'static str, i64)]) -> Vec<SegmentView> {
        let mut at = 0;
        let segment = |&(kind, minutes): &(&'static str, i64)| {
            let from = Time::from_millis(at * 60_000);
            at += minutes;
            SegmentView {
                kind,
                from,
                to: Time::from_millis(at * 60_000),
                minutes: minutes as f64,
                reason: None,
            }
        };
        lengths.iter().map(segment).collect()
    }

    #[test]
    fn stretches_fill_the_bar_from_end_to_end() {
        for lengths in [vec![("counted", 60), ("paused", 30), ("counted", 30)], vec![("counted", 5); 1000]] {
            let segments = stretches(&lengths);
            let (drawn, now) = drawn(&segments, segments[0].from);
            let end =
                drawn.last().map(|last| last.x.parse::<f64>().unwrap() + last.width.parse::<f64>().unwrap());
            assert!((end.unwrap() - LENGTH).abs() < 2.0, "{end:?}");
            assert_eq!(now.as_deref(), Some("0.0"));
            assert!(drawn.len() <= 1000);
        }
    }

    #[test]
    fn the_times_below_the_bar_are_those_of_its_places() {
        let segments = stretches(&[("counted", 60), ("paused", 120), ("counted", 60)]);
        let minutes: Vec<i64> = times(&segments).iter().map(|time| time.millis() / 60_000).collect();
        assert_eq!((minutes.len(), minutes[0], minutes[4]), (5, 0, 240));
        assert!(minutes.is_sorted() && (119..=121).contains(&minutes[2]), "{minutes:?}");
        assert!(times(&[]).is_empty());
    }

    #[test]
    fn a_short_stretch_beside_a_long_one_is_seen() {
        let segments = stretches(&[("counted", 5), ("paused", 200_000)]);
        let (drawn, now) = drawn(&segments, Time::from_millis(i64::MAX / 2));
        assert!(drawn[0].width.parse::<f64>().unwrap() > 10.0 && now.is_none());
    }
}
