//! SLA: calendars of business hours, and the clocks that run by them (spec 5). The arithmetic is `crates/hours`.

mod calendar_body;
pub mod calendars;
mod ics;
pub mod import;
mod question;
pub mod try_out;
mod yearly;
