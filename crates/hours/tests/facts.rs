//! Facts about business hours and about the life of SLA clocks, each verified by two independent programs.
//!
//! `facts/*.json` hold them in the form of our own calendars: a break is a part holiday, other hours on one
//! date are a whole holiday and extra hours. Where two rules for daylight saving are defensible, the answer
//! is RFC 5545's.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::time::Duration;

use hours::{Calendar, Clock, Due, Opening, Pause, SegmentKind};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Fact {
    calendar: String,
    #[expect(dead_code, reason = "shown when the fact does not hold")]
    about: Option<String>,
    #[serde(flatten)]
    claim: Claim,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Claim {
    Deadline { start: Timestamp, seconds: u64, due_at: Timestamp },
    Between { start: Timestamp, end: Timestamp, business_seconds: u64 },
    Open { at: Timestamp, open: bool },
    Openings { start: Timestamp, direction: Direction, openings: Vec<(Timestamp, Timestamp)> },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    After,
    Before,
}

#[derive(Debug, Deserialize)]
struct LifeCycle {
    name: String,
    calendar: String,
    pauses: Vec<Pause>,
    clocks: Vec<Target>,
    /// The open time of all pauses.
    paused_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Target {
    start: Timestamp,
    target_seconds: Option<u64>,
    stop: Option<Timestamp>,
    due_at: Option<Timestamp>,
    spent_seconds: Option<u64>,
    margin_seconds: Option<i64>,
}

fn clocks() -> BTreeMap<String, Clock> {
    let calendars: BTreeMap<String, Calendar> =
        serde_json::from_str(include_str!("facts/calendars.json")).unwrap();
    calendars.into_iter().map(|(name, calendar)| (name, Clock::new(&calendar).unwrap())).collect()
}

fn holds(clock: &Clock, claim: &Claim) -> Result<(), String> {
    let equal = |found: String, told: String| if found == told { Ok(()) } else { Err(found) };
    match claim {
        Claim::Deadline { start, seconds, due_at } => {
            let due = clock.deadline(*start, Duration::from_secs(*seconds));
            equal(format!("{due:?}"), format!("{:?}", Due::At(*due_at)))?;
            let spent = clock.business_between(*start, *due_at);
            equal(format!("{spent:?}"), format!("{:?}", Duration::from_secs(*seconds)))
        }
        Claim::Between { start, end, business_seconds } => {
            let spent = clock.business_between(*start, *end);
            equal(format!("{spent:?}"), format!("{:?}", Duration::from_secs(*business_seconds)))
        }
        Claim::Open { at, open } => equal(clock.is_open(*at).to_string(), open.to_string()),
        Claim::Openings { start, direction, openings } => {
            let found = match direction {
                Direction::After => clock.open_segments_after(*start, openings.len()),
                Direction::Before => clock.open_segments_before(*start, openings.len()),
            };
            let told = openings.iter().map(|&(from, to)| Opening { from: Some(from), to: Some(to) });
            equal(format!("{found:?}"), format!("{:?}", told.collect::<Vec<_>>()))
        }
    }
}

#[test]
fn every_arithmetic_fact_holds() {
    let clocks = clocks();
    let facts: Vec<Fact> = serde_json::from_str(include_str!("facts/arithmetic.json")).unwrap();
    assert_eq!(facts.len(), 177);
    let wrong =
        facts.iter().filter_map(|fact| Some((fact, holds(&clocks[&fact.calendar], &fact.claim).err()?)));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_life_cycle_holds() {
    let clocks = clocks();
    let cycles: Vec<LifeCycle> = serde_json::from_str(include_str!("facts/life_cycles.json")).unwrap();
    assert_eq!(cycles.len(), 16);
    for cycle in &cycles {
        let clock = &clocks[&cycle.calendar];
        for target in &cycle.clocks {
            check(clock, target, cycle);
        }
        if let Some(paused) = cycle.paused_seconds {
            let open: Duration =
                cycle.pauses.iter().map(|pause| clock.business_between(pause.from, pause.to)).sum();
            assert_eq!(open, Duration::from_secs(paused), "{}", cycle.name);
        }
    }
}

fn check(clock: &Clock, target: &Target, cycle: &LifeCycle) {
    let amount = target.target_seconds.map(Duration::from_secs);
    if let (Some(amount), Some(due)) = (amount, target.due_at) {
        let found = clock.deadline_with_pauses(target.start, amount, &cycle.pauses);
        assert_eq!(found, Due::At(due), "{}", cycle.name);
        let segments = clock.segments_with_pauses(target.start, due, &cycle.pauses);
        let counted = segments.filter(|segment| segment.kind == SegmentKind::Counted);
        assert_eq!(counted.map(|segment| segment.duration()).sum::<Duration>(), amount, "{}", cycle.name);
    }
    if let (Some(stop), Some(spent)) = (target.stop, target.spent_seconds) {
        let found = clock.business_between_with_pauses(target.start, stop, &cycle.pauses).as_secs();
        assert_eq!(found, spent, "{}", cycle.name);
        if let (Some(target), Some(margin)) = (target.target_seconds, target.margin_seconds) {
            assert_eq!(target.cast_signed() - found.cast_signed(), margin, "{}", cycle.name);
        }
    }
}
