//! The business clock: a calendar, an instant, business time. Pure arithmetic (spec, section 5).
//!
//! A [`Calendar`] says when a desk is open; a [`Clock`] is made from it and answers questions. Business time
//! is a coordinate: `b(t)` counts the open milliseconds up to the instant `t`, and never decreases. Time
//! spent is `b(end) - b(start)`, a deadline is `b⁻¹(b(start) + target + paused)`.
//!
//! ```
//! use hours::{Calendar, Clock, Due, Interval};
//! use std::time::Duration;
//!
//! let calendar = Calendar {
//!     time_zone: "Europe/Berlin".into(),
//!     intervals: ["mon", "tue", "wed", "thu", "fri"].map(|day| Interval::new(day, "09:00", "17:00")).into(),
//!     ..Calendar::default()
//! };
//! let clock = Clock::new(&calendar)?;
//! let friday_at_four = "2026-03-06T15:00:00Z".parse()?;
//! let due = clock.deadline(friday_at_four, Duration::from_secs(2 * 3600));
//! assert_eq!(due, Due::At("2026-03-09T09:00:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rules
//!
//! - **Layers.** Weekly hours < holidays < extra hours. A holiday closes the instants of its local date (or
//!   part of it), whoever opened them: it also cuts what an overnight interval of the day before would spill
//!   into it. What an overnight interval that begins on the holiday itself spills into the next day stays
//!   open. Extra hours open their instants whatever stands against it.
//! - **Over midnight.** A `to` at or before its `from` is on the next day: `22:00` to `06:00`, `09:00` to
//!   `00:00` (until the end of the day), `09:00` to `09:00` (24 hours). `24:00` is the end of the day,
//!   allowed for `to`.
//! - **Daylight saving** (RFC 5545, section 3.3.5). A local time that occurs twice is its first occurrence. A
//!   local time that does not occur is read with the offset before the gap: where 02:00 becomes 03:00,
//!   `02:30` is the instant that the clock on the wall calls 03:30. An interval that would then end before it
//!   begins is empty on that day. Dates are bounded by their midnights, resolved likewise.
//! - A date that a zone skipped altogether (Apia, 2011-12-30) has no hours.
//! - **Edges.** Open stretches hold their opening instant and not their closing one. A deadline is the
//!   earliest instant at which the amount has elapsed, so where time runs out exactly at closing, it is the
//!   closing time. An amount of zero is due at the start, open or not.
//! - **Pauses** overlap freely; together they count once, and only their open time counts. A pause that
//!   begins once the target has run out changes nothing.
//! - **Never.** A clock that does not open again (only extra hours, all of them past), or not often enough
//!   before the end of [`jiff::Timestamp`]'s range (the year 9999), answers [`Due::Never`].
//!
//! # Precision and cost
//!
//! The unit inside is the millisecond, in integers; what is finer is cut off. Open stretches are laid out a
//! year at a time, when a question first touches that year, and kept with their running totals; a warm
//! question is two binary searches plus an addition for each year between. After the last holiday the
//! Gregorian calendar repeats every 400 years, weekdays and daylight saving included, so a clock never holds
//! more than a fixed number of years.

mod calendar;
mod clock;
mod invalid;
mod openings;
mod pauses;
mod ranges;
mod reading;
mod rules;
mod segments;
mod timeline;

pub use calendar::{Calendar, ExtraHours, Holiday, Interval};
pub use clock::{Clock, Due};
pub use invalid::{Fault, InvalidCalendar};
pub use openings::Opening;
pub use pauses::Pause;
pub use segments::{Segment, SegmentKind, Segments};
