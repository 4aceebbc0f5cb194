//! What is wrong with a calendar, all of it at once.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901) into the calendar: `/intervals/3/from`.
    pub pointer: String,
    /// What, as a sentence without its subject: `is not a time: write HH:MM`.
    pub message: String,
}

/// A calendar that no clock can be made of, and every reason why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCalendar {
    /// Never empty; in the order of the calendar.
    pub faults: Vec<Fault>,
}

impl fmt::Display for InvalidCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid calendar:")?;
        for (index, fault) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            write!(f, "{separator} {} {}", fault.pointer, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidCalendar {}

/// Collects faults while a calendar is read.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, pointer: String, message: impl Into<String>) {
        self.0.push(Fault { pointer, message: message.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_error(self) -> InvalidCalendar {
        InvalidCalendar { faults: self.0 }
    }
}
