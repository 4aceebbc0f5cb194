//! What a deadline costs: `cargo run --release -p hours --example deadline_cost`.
//!
//! Prints nanoseconds per deadline of several lengths with what they need laid out, and what laying out
//! costs.
#![expect(clippy::print_stdout, reason = "the program's whole purpose")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hours::{Calendar, Clock, Holiday, Interval, InvalidCalendar, Pause};
use jiff::{SignedDuration, Timestamp};

const ROUNDS: u32 = 1_000_000;
const STARTS: i64 = 1_000;

fn calendar() -> Calendar {
    let halves = [("09:00", "12:00"), ("13:00", "17:30")];
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let intervals = days.iter().flat_map(|day| halves.map(|(from, to)| Interval::new(day, from, to)));
    let holidays = (2020..2040).flat_map(|year| {
        ["01-01", "05-01", "12-25", "12-26"].map(|day| Holiday::whole(&format!("{year}-{day}"), "holiday"))
    });
    Calendar {
        time_zone: "Europe/Berlin".into(),
        intervals: intervals.collect(),
        holidays: holidays.collect(),
        extra: Vec::new(),
    }
}

/// An instant of 2026, a different one for each of a thousand numbers.
fn start(number: u32) -> Timestamp {
    let minutes = i64::from(number) % STARTS * 523;
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_767_225_600 + minutes * 60)
}

fn measure(name: &str, mut question: impl FnMut(u32)) {
    (0..1_000).for_each(&mut question);
    let began = Instant::now();
    (0..ROUNDS).for_each(question);
    println!("{name:<44} {:>8.0} ns", began.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS));
}

fn main() -> Result<(), InvalidCalendar> {
    let calendar = calendar();
    let began = Instant::now();
    let clock = Clock::new(&calendar)?;
    println!("{:<44} {:>8} µs", "a clock of 10 intervals, 80 holidays", began.elapsed().as_micros());
    let began = Instant::now();
    black_box(clock.deadline(start(0), Duration::from_secs(3600)));
    println!("{:<44} {:>8} µs", "its first deadline (lays out 2026)", began.elapsed().as_micros());
    for (name, hours) in
        [("1 hour", 1), ("8 hours", 8), ("200 hours", 200), ("10 years (20,000 hours)", 20_000)]
    {
        let target = Duration::from_secs(hours * 3600);
        measure(&format!("deadline of {name}"), |number| {
            black_box(clock.deadline(start(number), black_box(target)));
        });
    }
    let pauses = [1, 3, 9].map(|hour| {
        let from = start(0) + SignedDuration::from_hours(24 * hour);
        Pause { from, to: from + SignedDuration::from_hours(5) }
    });
    measure("deadline of 40 hours with 3 pauses", |number| {
        let due = clock.deadline_with_pauses(
            start(number % 10),
            Duration::from_secs(40 * 3600),
            black_box(&pauses),
        );
        black_box(due);
    });
    measure("business time of 30 days", |number| {
        let from = start(number);
        black_box(clock.business_between(from, from + SignedDuration::from_hours(720)));
    });
    Ok(())
}
