//! Whatever the calendar, and around the changes of daylight saving above all: the clock agrees with a model
//! that steps through the minutes, and its figures agree with each other.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod model;

use std::time::Duration;

use hours::{Clock, Due, Opening, Pause, Segment, SegmentKind};
use jiff::civil::{Date, date};
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::{Plan, Times, Window};
use proptest::prelude::*;

const WINDOW_DAYS: i64 = 6;
const WINDOW: i64 = WINDOW_DAYS * 1440;
const ZONES: [&str; 16] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Nuuk",
    "Africa/Cairo",
    "Asia/Beirut",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "Atlantic/Azores",
    "America/Asuncion",
    "UTC",
];

/// A plan, the window around a change of its zone's offset, and what the model says of it.
#[derive(Debug)]
struct Setting {
    plan: Plan,
    first: Date,
    window: Window,
}

impl Setting {
    fn clock(&self) -> Clock {
        Clock::new(&self.plan.calendar(self.first)).unwrap()
    }

    fn at(&self, minute: i64) -> Timestamp {
        self.window.start + SignedDuration::from_mins(minute)
    }

    fn open(&self, minute: i64) -> bool {
        self.window.open[usize::try_from(minute).unwrap()]
    }

    /// The minutes of the window from `start` to `end` that are open and that no pause covers.
    fn counted(&self, start: i64, end: i64, pauses: &[(i64, i64)]) -> impl Iterator<Item = i64> {
        let paused = |m: i64| pauses.iter().any(|&(from, to)| from <= m && m < to);
        (start..end).filter(move |&m| self.open(m) && !paused(m))
    }

    fn pauses(&self, pauses: &[(i64, i64)]) -> Vec<Pause> {
        pauses.iter().map(|&(from, to)| Pause { from: self.at(from), to: self.at(to) }).collect()
    }
}

/// Times where offsets change, and others; some on the quarter hour, some not.
fn minute() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => (0..=16_i64).prop_map(|quarter| quarter * 15),
        3 => (86..=95_i64).prop_map(|quarter| quarter * 15),
        3 => (0..=95_i64).prop_map(|quarter| quarter * 15),
        1 => 0..1440_i64,
    ]
}

fn times() -> impl Strategy<Value = Times> {
    (minute(), prop_oneof![5 => minute(), 1 => Just(1440)])
}

fn days() -> std::ops::Range<i64> {
    -1..WINDOW_DAYS + 1
}

fn plan() -> impl Strategy<Value = Plan> {
    let interval = prop_oneof![3 => ((0..7_usize), times()), 1 => ((0..7_usize), Just((0, 1440)))];
    let intervals = prop::collection::vec(interval, 1..10);
    let holidays = prop::collection::vec((days(), prop::option::of(times())), 0..4);
    let extra = prop::collection::vec((days(), times()), 0..3);
    let parts = (prop::sample::select(&ZONES[..]), intervals, holidays, extra);
    parts.prop_map(|(zone, intervals, holidays, extra)| Plan { zone, intervals, holidays, extra })
}

fn setting() -> impl Strategy<Value = Setting> {
    (plan(), 1994..2037_i16, 0..5_usize, 0..WINDOW_DAYS).prop_map(|(plan, year, change, lead)| {
        // The rules that the crate has compiled in: the machine's may be of another year.
        let zone = TimeZoneDatabase::bundled().get(plan.zone).unwrap();
        let new_year =
            zone.to_timestamp(date(year, 1, 1).to_datetime(jiff::civil::Time::midnight())).unwrap();
        let change = zone.following(new_year).take(change + 1).last().map(|change| change.timestamp());
        let first = zone.to_datetime(change.unwrap_or(new_year)).date().checked_sub(lead.days()).unwrap();
        let window = plan.window(&zone, first, WINDOW);
        Setting { plan, first, window }
    })
}

fn minutes(minutes: i64) -> Duration {
    Duration::from_secs(u64::try_from(minutes).unwrap() * 60)
}

fn total(segments: &[Segment], kind: Option<SegmentKind>) -> Duration {
    let segments = segments.iter().filter(|segment| kind.is_none_or(|kind| kind == segment.kind));
    segments.map(Segment::duration).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn business_time_is_the_number_of_open_minutes(setting in setting()) {
        let clock = setting.clock();
        let mut counted = 0;
        for minute in 0..WINDOW {
            let at = setting.at(minute);
            prop_assert_eq!(clock.is_open(at), setting.open(minute), "{}", at);
            prop_assert_eq!(clock.business_between(setting.at(0), at), minutes(counted), "{}", at);
            counted += i64::from(setting.open(minute));
        }
    }

    #[test]
    fn a_deadline_is_the_earliest_instant_with_that_much_more(
        setting in setting(), start in 0..WINDOW * 60_000, amount in 1..4_u64 * 86_400_000,
    ) {
        let clock = setting.clock();
        let start = setting.window.start + SignedDuration::from_millis(start);
        let amount = Duration::from_millis(amount);
        let Due::At(due) = clock.deadline(start, amount) else { panic!("weekly hours come back") };
        prop_assert_eq!(clock.business_between(start, due), amount);
        let just_before = due - SignedDuration::from_millis(1);
        prop_assert!(clock.business_between(start, just_before) < amount);
    }

    #[test]
    fn a_deadline_with_pauses_is_where_stepping_arrives(
        setting in setting(),
        start in 0..WINDOW,
        target in 1..1500_i64,
        pauses in prop::collection::vec((0..WINDOW, -60..2000_i64), 0..5),
    ) {
        let clock = setting.clock();
        let pauses: Vec<_> = pauses.iter().map(|&(from, length)| (from, from + length)).collect();
        let last = setting.counted(start, WINDOW, &pauses).nth(usize::try_from(target - 1).unwrap());
        let due = last.map(|minute| minute + 1);
        let given = setting.pauses(&pauses);
        let Due::At(found) = clock.deadline_with_pauses(setting.at(start), minutes(target), &given) else {
            panic!("weekly hours come back")
        };
        match due {
            Some(due) => prop_assert_eq!(found, setting.at(due)),
            None => prop_assert!(found > setting.at(WINDOW)),
        }
        let spent = clock.business_between_with_pauses(setting.at(start), found, &given);
        prop_assert_eq!(spent, minutes(target));
    }

    #[test]
    fn segments_are_without_gaps_true_and_add_up(
        setting in setting(),
        start in 0..WINDOW,
        end in 0..WINDOW,
        pauses in prop::collection::vec((0..WINDOW, -60..2000_i64), 0..5),
    ) {
        let clock = setting.clock();
        let pauses: Vec<_> = pauses.iter().map(|&(from, length)| (from, from + length)).collect();
        let given = setting.pauses(&pauses);
        let (from, to) = (setting.at(start), setting.at(end));
        let segments: Vec<_> = clock.segments_with_pauses(from, to, &given).collect();
        let mut reached = from;
        for segment in &segments {
            prop_assert_eq!(segment.from, reached);
            prop_assert!(segment.to > segment.from);
            reached = segment.to;
        }
        prop_assert_eq!(reached, from.max(to));
        prop_assert_eq!(total(&segments, None), minutes((end - start).max(0)));
        for neighbours in segments.windows(2) {
            let named = |index: usize| (neighbours[index].kind, &neighbours[index].reason);
            prop_assert_ne!(named(0), named(1));
        }
        let counted = total(&segments, Some(SegmentKind::Counted));
        let stepped = setting.counted(start, end, &pauses).count();
        prop_assert_eq!(counted, minutes(stepped.try_into().unwrap()));
        prop_assert_eq!(counted, clock.business_between_with_pauses(from, to, &given));
        let paused = total(&segments, Some(SegmentKind::Paused));
        prop_assert_eq!(counted + paused, clock.business_between(from, to));
        let holiday = (start..end).filter(|&m| setting.window.holiday[usize::try_from(m).unwrap()]).count();
        prop_assert_eq!(total(&segments, Some(SegmentKind::Holiday)), minutes(holiday.try_into().unwrap()));
    }

    #[test]
    fn openings_are_the_runs_of_open_minutes(setting in setting(), at in 0..WINDOW) {
        let clock = setting.clock();
        let mut runs: Vec<(i64, i64)> = Vec::new();
        for minute in (0..WINDOW).filter(|&minute| setting.open(minute)) {
            match runs.last_mut() {
                Some(last) if last.1 == minute => last.1 += 1,
                _ => runs.push((minute, minute + 1)),
            }
        }
        // What reaches the edge of the window goes on beyond it.
        let inside = |run: &&(i64, i64)| run.0 > 0 && run.1 < WINDOW;
        let opening = |(from, to)| Opening { from: Some(setting.at(from)), to: Some(setting.at(to)) };
        let after = runs.iter().filter(|run| run.1 > at).take_while(|run| run.1 < WINDOW);
        let after: Vec<_> = after.map(|&(from, to)| opening((from.max(at), to))).collect();
        prop_assert_eq!(clock.open_segments_after(setting.at(at), after.len()), after.clone());
        let before = runs.iter().rev().filter(|run| run.0 < at).take_while(|run| run.0 > 0);
        let before: Vec<_> = before.map(|&(from, to)| opening((from, to.min(at)))).collect();
        prop_assert_eq!(clock.open_segments_before(setting.at(at), before.len()), before);
        if let Some(next) = after.first() {
            prop_assert_eq!(clock.next_close(setting.at(at)), next.to);
        }
        if let Some(next) = runs.iter().filter(inside).find(|run| run.0 > at) {
            prop_assert_eq!(clock.next_open(setting.at(at)), Some(setting.at(next.0)));
        }
    }
}
