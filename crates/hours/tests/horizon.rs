//! Far from today: long closures, clocks that never open again or never close, and the ends of time.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::{Duration, Instant};

use hours::{Calendar, Clock, Due, ExtraHours, Holiday, Interval, Opening, SegmentKind};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const CYCLE: SignedDuration = SignedDuration::from_hours(146_097 * 24);

fn daily(zone: &str, from: &str, to: &str) -> Calendar {
    let intervals = WEEK.map(|day| Interval::new(day, from, to)).into();
    Calendar { time_zone: zone.into(), intervals, ..Calendar::default() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

#[test]
fn a_closure_of_three_years_is_a_short_computation() {
    let mut desk = daily("Europe/Berlin", "09:00", "17:00");
    let days = date(2026, 1, 1).series(1.day()).take_while(|day| *day < date(2029, 1, 1));
    desk.holidays = days.map(|day| Holiday::whole(&day.to_string(), "Renovation")).collect();
    let clock = Clock::new(&desk).unwrap();
    let began = Instant::now();
    let due = clock.deadline(at("2025-12-31T15:00Z"), hours(2));
    assert_eq!(due, Due::At(at("2029-01-01T09:00Z")));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let closed = clock.segments(at("2026-01-01T00:00Z"), at("2028-12-30T00:00Z"));
    assert_eq!(closed.map(|segment| segment.kind).collect::<Vec<_>>(), [SegmentKind::Holiday]);
    assert_eq!(clock.next_open(at("2026-06-01T00:00Z")), Some(at("2029-01-01T08:00Z")));
    assert_eq!(clock.open_segments_before(at("2028-06-01T00:00Z"), 1)[0].to, Some(at("2025-12-31T16:00Z")));
}

#[test]
fn targets_of_years_have_no_cap() {
    let minute = Interval::new("wed", "12:00", "12:01");
    let desk = Calendar { time_zone: "UTC".into(), intervals: vec![minute], ..Calendar::default() };
    let clock = Clock::new(&desk).unwrap();
    let start = at("2024-06-05T12:01Z");
    // A week for each minute.
    let due = |minutes: u64| clock.deadline(start, Duration::from_secs(60 * minutes));
    assert_eq!(due(52 * 20), Due::At(start + SignedDuration::from_hours(52 * 20 * 7 * 24)));
    assert_eq!(due(20_871), Due::At(start + CYCLE));
    assert_eq!(due(19 * 20_871), Due::At(start + CYCLE * 19));
    assert_eq!(due(20 * 20_871), Due::Never);
    assert_eq!(clock.deadline(start, Duration::MAX), Due::Never);
}

#[test]
fn the_far_future_repeats_what_the_calendar_repeats() {
    let clock = Clock::new(&daily("America/New_York", "01:30", "02:45")).unwrap();
    // The first two hold the second Sunday of March and the first of November, on which the clocks change.
    for start in ["2624-03-12T00:00Z", "2624-10-30T00:00Z", "2601-12-31T00:00Z", "2202-12-31T00:00Z"] {
        let near = clock.segments(at(start), at(start) + SignedDuration::from_hours(24 * 9));
        let far = clock.segments(at(start) + CYCLE, at(start) + CYCLE + SignedDuration::from_hours(24 * 9));
        let moved = near.map(|segment| (segment.kind, segment.from + CYCLE, segment.to + CYCLE));
        assert!(far.map(|segment| (segment.kind, segment.from, segment.to)).eq(moved), "{start}");
    }
    let year = clock.business_between(at("2624-01-01T05:00Z"), at("2625-01-01T05:00Z"));
    // 366 days of 75 minutes; in March the 45 minutes after 02:00 are read an hour later, in November an hour
    // is repeated.
    assert_eq!(year, Duration::from_secs(366 * 75 * 60 + 3600));
}

#[test]
fn a_clock_with_only_extra_hours_opens_then_and_never_again() {
    let extra = vec![
        ExtraHours::new("2026-03-02", "09:00", "17:00"),
        ExtraHours::new("2126-03-02", "22:00", "01:00"),
    ];
    let desk = Calendar { time_zone: "UTC".into(), extra, ..Calendar::default() };
    let clock = Clock::new(&desk).unwrap();
    let start = at("2020-01-01T00:00Z");
    assert_eq!(clock.deadline(start, hours(11)), Due::At(at("2126-03-03T01:00Z")));
    assert_eq!(clock.deadline(start, Duration::from_secs(11 * 3600 + 1)), Due::Never);
    assert_eq!(clock.deadline(at("2126-03-03T01:00Z"), hours(1)), Due::Never);
    assert_eq!(clock.business_between(Timestamp::MIN, Timestamp::MAX), hours(11));
    assert_eq!(clock.open_segments_after(start, 5).len(), 2);
    assert_eq!(clock.open_segments_before(Timestamp::MAX, 5).len(), 2);
    assert_eq!(clock.open_segments_before(start, 5), []);
    assert_eq!(clock.next_open(at("2126-03-02T23:00Z")), None);
    assert_eq!(clock.next_close(at("2126-03-02T23:00Z")), Some(at("2126-03-03T01:00Z")));
    assert_eq!(clock.next_close(at("2126-03-03T01:00Z")), None);
    let after = clock.segments(at("2126-03-03T00:00Z"), at("2126-03-03T03:00Z"));
    let kinds: Vec<_> = after.map(|segment| segment.kind).collect();
    assert_eq!(kinds, [SegmentKind::Counted, SegmentKind::OutsideHours]);
}

#[test]
fn around_the_clock_business_time_is_time() {
    for clock in [
        Clock::always(),
        Clock::new(&daily("Europe/Berlin", "00:00", "24:00")).unwrap(),
        Clock::new(&daily("America/New_York", "02:30", "02:30")).unwrap(),
    ] {
        let start = at("2026-03-02T10:00:00.123Z");
        for length in [1, 60_000, 86_400_000, 40 * 31_556_952_000] {
            let end = start + SignedDuration::from_millis(length);
            let amount = Duration::from_millis(length.unsigned_abs());
            assert_eq!(clock.deadline(start, amount), Due::At(end));
            assert_eq!(clock.business_between(start, end), amount);
        }
        assert!(clock.is_open(start) && clock.is_open(Timestamp::MIN) && clock.is_open(Timestamp::MAX));
        assert_eq!((clock.next_open(start), clock.next_close(start)), (None, None));
        assert_eq!(clock.open_segments_after(start, 3), [Opening { from: Some(start), to: None }]);
        assert_eq!(clock.open_segments_before(start, 3), [Opening { from: None, to: Some(start) }]);
        assert_eq!(clock.segments(start, at("9999-01-01T00:00Z")).count(), 1);
        assert_eq!(clock.deadline(start, Duration::MAX), Due::Never);
    }
}

#[test]
fn around_the_clock_but_for_one_holiday() {
    let mut desk = daily("Europe/Berlin", "00:00", "24:00");
    desk.holidays.push(Holiday::whole("2026-12-25", "Christmas"));
    let clock = Clock::new(&desk).unwrap();
    let (closes, opens) = (at("2026-12-24T23:00Z"), at("2026-12-25T23:00Z"));
    assert_eq!(clock.next_close(at("2020-01-01T00:00Z")), Some(closes));
    assert_eq!(clock.next_open(at("2020-01-01T00:00Z")), Some(opens));
    assert_eq!(clock.deadline(closes, hours(1)), Due::At(at("2026-12-26T00:00Z")));
    assert_eq!(clock.open_segments_after(opens, 2), [Opening { from: Some(opens), to: None }]);
    assert_eq!(clock.open_segments_before(closes, 2), [Opening { from: None, to: Some(closes) }]);
    assert_eq!(clock.business_between(at("2026-12-24T00:00Z"), at("2026-12-27T00:00Z")), hours(48));
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for clock in [Clock::always(), Clock::new(&daily("Asia/Tokyo", "09:00", "17:00")).unwrap()] {
        let all = clock.business_between(Timestamp::MIN, Timestamp::MAX);
        assert!(all > hours(24 * 365 * 5000));
        for end in [Timestamp::MIN, Timestamp::MAX] {
            clock.is_open(end);
            clock.next_open(end);
            clock.next_close(end);
            clock.open_segments_after(end, 2);
            clock.open_segments_before(end, 2);
            clock.deadline(end, hours(1));
        }
        assert_eq!(clock.deadline(Timestamp::MAX, hours(100)), Due::Never);
        assert_eq!(clock.business_between(Timestamp::MAX, Timestamp::MIN), Duration::ZERO);
        assert_eq!(clock.segments(Timestamp::MAX, Timestamp::MIN).count(), 0);
        let first = clock.segments(Timestamp::MIN, Timestamp::MIN + SignedDuration::from_hours(48));
        assert_eq!(first.map(|segment| segment.duration()).sum::<Duration>(), hours(48));
    }
}

#[test]
fn threads_share_a_clock() {
    let clock = Clock::new(&daily("Europe/Berlin", "09:00", "17:00")).unwrap();
    let due = |year: i16| clock.deadline(at(&format!("{year}-06-01T15:00Z")), hours(8));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (2000..2030)
                    .for_each(|year| assert_eq!(due(year), Due::At(at(&format!("{year}-06-02T15:00Z")))))
            });
        }
    });
}
