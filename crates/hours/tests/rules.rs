//! The rules of the crate's front page, one by one: layers, midnight, daylight saving, edges, pauses.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use hours::{Calendar, Clock, Due, ExtraHours, Holiday, Interval, Opening, Pause, SegmentKind};
use jiff::Timestamp;

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn calendar(zone: &str, intervals: &[(&str, &str, &str)]) -> Calendar {
    let intervals = intervals.iter().map(|(day, from, to)| Interval::new(day, from, to)).collect();
    Calendar { time_zone: zone.into(), intervals, ..Calendar::default() }
}

fn daily(zone: &str, from: &str, to: &str) -> Calendar {
    calendar(zone, &WEEK.map(|day| (day, from, to)))
}

fn part(date: &str, from: Option<&str>, to: Option<&str>) -> Holiday {
    Holiday { date: date.into(), from: from.map(Into::into), to: to.map(Into::into), name: None }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// The open stretches from one instant to another, as `from/to` without the seconds.
fn open(calendar: &Calendar, from: &str, to: &str) -> Vec<String> {
    let clock = Clock::new(calendar).unwrap();
    let short = |instant: Timestamp| instant.strftime("%d %H:%M").to_string();
    let segments = clock.segments(at(from), at(to)).filter(|segment| segment.kind == SegmentKind::Counted);
    segments.map(|segment| format!("{}/{}", short(segment.from), short(segment.to))).collect()
}

#[test]
fn a_holiday_cuts_what_the_night_before_spills_into_it_and_not_what_it_spills_itself() {
    let mut nights = calendar("UTC", &[("thu", "22:00", "06:00"), ("fri", "22:00", "06:00")]);
    nights.holidays.push(Holiday::whole("2026-03-06", "a Friday"));
    let found = open(&nights, "2026-03-05T00:00Z", "2026-03-09T00:00Z");
    assert_eq!(found, ["05 22:00/06 00:00", "07 00:00/07 06:00"]);
}

#[test]
fn extra_hours_stand_above_holidays_even_the_next_days() {
    let mut desk = daily("UTC", "09:00", "17:00");
    desk.holidays = vec![Holiday::whole("2026-03-06", "closed"), Holiday::whole("2026-03-07", "closed")];
    desk.extra.push(ExtraHours::new("2026-03-06", "20:00", "03:00"));
    let found = open(&desk, "2026-03-06T00:00Z", "2026-03-08T00:00Z");
    assert_eq!(found, ["06 20:00/07 03:00"]);
}

#[test]
fn part_holidays_default_to_the_ends_of_the_day_and_may_pass_midnight() {
    let mut desk = daily("UTC", "00:00", "24:00");
    desk.holidays = vec![
        part("2026-03-02", None, Some("08:00")),
        part("2026-03-03", Some("12:00"), None),
        part("2026-03-05", Some("20:00"), Some("04:00")),
        part("2026-03-07", Some("00:00"), Some("00:00")),
    ];
    let found = open(&desk, "2026-03-02T00:00Z", "2026-03-09T00:00Z");
    assert_eq!(found, ["02 08:00/03 12:00", "04 00:00/05 20:00", "06 04:00/07 00:00", "08 00:00/09 00:00"]);
}

#[test]
fn a_to_at_or_before_its_from_is_on_the_next_day() {
    let desk =
        calendar("UTC", &[("mon", "09:00", "00:00"), ("wed", "09:00", "09:00"), ("sun", "23:00", "01:00")]);
    let found = open(&desk, "2026-03-02T00:00Z", "2026-03-09T00:00Z");
    assert_eq!(found, ["02 00:00/02 01:00", "02 09:00/03 00:00", "04 09:00/05 09:00", "08 23:00/09 00:00"]);
}

#[test]
fn intervals_that_overlap_or_touch_are_one() {
    let desk = calendar(
        "UTC",
        &[
            ("mon", "13:00", "17:00"),
            ("mon", "09:00", "12:00"),
            ("mon", "11:00", "13:00"),
            ("mon", "10:00", "11:00"),
        ],
    );
    assert_eq!(open(&desk, "2026-03-02T00:00Z", "2026-03-03T00:00Z"), ["02 09:00/02 17:00"]);
}

/// Berlin, 2026-03-29: 02:00 becomes 03:00 at 01:00Z. 2026-10-25: 03:00 becomes 02:00 at 01:00Z.
#[test]
fn local_times_that_do_not_occur_or_occur_twice_are_read_as_rfc_5545_does() {
    let gap = |from, to| {
        open(&calendar("Europe/Berlin", &[("sun", from, to)]), "2026-03-29T00:00Z", "2026-03-29T12:00Z")
    };
    assert_eq!(gap("01:30", "02:30"), ["29 00:30/29 01:30"]);
    assert_eq!(gap("02:00", "02:30"), ["29 01:00/29 01:30"]);
    assert_eq!(gap("02:30", "04:00"), ["29 01:30/29 02:00"]);
    assert_eq!(gap("02:30", "03:15"), [""; 0]);
    let overlap = |from, to| {
        open(&calendar("Europe/Berlin", &[("sun", from, to)]), "2026-10-25T00:00Z", "2026-10-25T12:00Z")
    };
    assert_eq!(overlap("02:00", "02:30"), ["25 00:00/25 00:30"]);
    assert_eq!(overlap("02:30", "03:00"), ["25 00:30/25 02:00"]);
    assert_eq!(overlap("02:30", "03:30"), ["25 00:30/25 02:30"]);
}

#[test]
fn a_date_that_the_zone_skipped_has_no_hours() {
    let fridays = calendar("Pacific/Apia", &[("fri", "09:00", "17:00")]);
    let found = open(&fridays, "2011-12-23T11:00Z", "2012-01-06T10:00Z");
    assert_eq!(found, ["23 19:00/24 03:00", "05 19:00/06 03:00"]);
    let mut nights = calendar("Pacific/Apia", &[("thu", "22:00", "06:00"), ("sat", "09:00", "10:00")]);
    nights.extra.push(ExtraHours::new("2011-12-30", "09:00", "17:00"));
    nights.holidays.push(Holiday::whole("2011-12-30", "never was"));
    let found = open(&nights, "2011-12-29T12:00Z", "2011-12-31T12:00Z");
    assert_eq!(found, ["30 08:00/30 16:00", "30 19:00/30 20:00"]);
}

#[test]
fn open_at_the_opening_and_closed_at_the_closing() {
    let clock = Clock::new(&daily("UTC", "09:00", "17:00")).unwrap();
    for (instant, open, next_open, next_close) in [
        ("2026-03-02T08:59:59.999Z", false, "2026-03-02T09:00Z", "2026-03-02T17:00Z"),
        ("2026-03-02T09:00:00Z", true, "2026-03-03T09:00Z", "2026-03-02T17:00Z"),
        ("2026-03-02T16:59:59.999Z", true, "2026-03-03T09:00Z", "2026-03-02T17:00Z"),
        ("2026-03-02T17:00:00Z", false, "2026-03-03T09:00Z", "2026-03-03T17:00Z"),
    ] {
        assert_eq!(clock.is_open(at(instant)), open, "{instant}");
        assert_eq!(clock.next_open(at(instant)), Some(at(next_open)), "{instant}");
        assert_eq!(clock.next_close(at(instant)), Some(at(next_close)), "{instant}");
    }
}

#[test]
fn deadlines_run_out_at_closing_and_zero_is_the_start() {
    let clock = Clock::new(&daily("UTC", "09:00", "17:00")).unwrap();
    for (start, amount, due) in [
        ("2026-03-02T16:00Z", hours(1), "2026-03-02T17:00Z"),
        ("2026-03-02T17:00Z", hours(8), "2026-03-03T17:00Z"),
        ("2026-03-02T20:00Z", Duration::ZERO, "2026-03-02T20:00Z"),
        ("2026-03-02T20:00:00.000000001Z", Duration::ZERO, "2026-03-02T20:00:00.000000001Z"),
        ("2026-03-02T16:00Z", Duration::from_millis(3_600_001), "2026-03-03T09:00:00.001Z"),
        ("2026-03-02T16:59:59.999999Z", Duration::from_millis(1), "2026-03-02T17:00Z"),
        ("1965-03-02T16:59:59.998999Z", Duration::from_millis(1), "1965-03-02T16:59:59.999Z"),
    ] {
        assert_eq!(clock.deadline(at(start), amount), Due::At(at(due)), "{start} {amount:?}");
    }
}

#[test]
fn pauses_count_once_and_only_while_they_can_matter() {
    let clock = Clock::new(&daily("UTC", "09:00", "17:00")).unwrap();
    let due = |start: &str, target: u64, pauses: &[(&str, &str)]| {
        let pauses: Vec<_> = pauses.iter().map(|(from, to)| Pause::from((at(from), at(to)))).collect();
        clock
            .deadline_with_pauses(at(start), hours(target), &pauses)
            .at()
            .unwrap()
            .strftime("%d %H:%M")
            .to_string()
    };
    let overlapping =
        [("2026-03-02T13:00Z", "2026-03-02T15:00Z"), ("2026-03-02T12:00Z", "2026-03-02T14:00Z")];
    assert_eq!(due("2026-03-02T09:00Z", 4, &overlapping), "02 16:00");
    let before_the_start = [("2026-03-01T09:00Z", "2026-03-02T10:00Z")];
    assert_eq!(due("2026-03-02T09:00Z", 4, &before_the_start), "02 14:00");
    let once_it_ran_out =
        [("2026-03-02T13:00Z", "2026-03-02T15:00Z"), ("2026-03-04T09:00Z", "2026-03-05T09:00Z")];
    assert_eq!(due("2026-03-02T09:00Z", 4, &once_it_ran_out), "02 13:00");
    let after_hours = [("2026-03-02T17:00Z", "2026-03-03T09:00Z")];
    assert_eq!(due("2026-03-02T16:00Z", 2, &after_hours), "03 10:00");
    let backwards = [("2026-03-02T15:00Z", "2026-03-02T10:00Z")];
    assert_eq!(due("2026-03-02T09:00Z", 4, &backwards), "02 13:00");
    let one_moves_the_due_time_into_the_next =
        [("2026-03-02T12:00Z", "2026-03-02T13:00Z"), ("2026-03-02T13:30Z", "2026-03-02T14:00Z")];
    assert_eq!(due("2026-03-02T09:00Z", 4, &one_moves_the_due_time_into_the_next), "02 14:30");
}

#[test]
fn segments_say_why_time_does_not_count() {
    let mut desk = calendar("UTC", &[("thu", "09:00", "17:00"), ("mon", "09:00", "17:00")]);
    desk.holidays = vec![
        Holiday::whole("2026-03-06", "Festival"),
        Holiday::whole("2026-03-07", "Festival"),
        Holiday {
            date: "2026-03-05".into(),
            from: Some("12:00".into()),
            to: Some("13:00".into()),
            name: None,
        },
    ];
    let clock = Clock::new(&desk).unwrap();
    let pauses = [Pause::from((at("2026-03-05T16:00Z"), at("2026-03-09T10:00Z")))];
    let segments = clock.segments_with_pauses(at("2026-03-05T10:00Z"), at("2026-03-09T11:00Z"), &pauses);
    let told: Vec<_> = segments
        .map(|segment| {
            let kind = serde_json::to_value(segment.kind).unwrap();
            let reason = segment.reason.as_deref().unwrap_or_default().to_owned();
            (kind.as_str().unwrap().to_owned(), segment.duration().as_secs() / 3600, reason)
        })
        .collect();
    let told: Vec<_> =
        told.iter().map(|(kind, hours, reason)| (kind.as_str(), *hours, reason.as_str())).collect();
    let expected = [
        ("counted", 2, ""),
        ("holiday", 1, ""),
        ("counted", 3, ""),
        ("paused", 1, ""),
        ("outside_hours", 7, ""),
        ("holiday", 48, "Festival"),
        ("outside_hours", 33, ""),
        ("paused", 1, ""),
        ("counted", 1, ""),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_stretch_is_whole_across_midnight_and_new_year() {
    let clock = Clock::new(&daily("UTC", "09:00", "06:00")).unwrap();
    let whole = Opening { from: Some(at("2025-12-31T09:00Z")), to: Some(at("2026-01-01T06:00Z")) };
    assert_eq!(clock.open_segments_after(at("2025-12-31T07:00Z"), 1), [whole]);
    assert_eq!(clock.open_segments_before(at("2026-01-01T07:00Z"), 1), [whole]);
}
