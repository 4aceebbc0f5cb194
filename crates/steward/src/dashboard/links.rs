//! Where a number comes from: the case list that answers exactly the cases it counts (spec 9).

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::period::Period;
use crate::clock::Time;

/// The case list behind each number, by the number's name.
pub type Links = BTreeMap<&'static str, String>;

/// The statuses of cases that are being worked on.
pub const ACTIVE: &str = "new,open,pending,in_progress,waiting_customer";

/// A query of the case list, as text: a dashboard has a thousand of them. Values are words, numbers and times, which need
/// no escaping. Naming a filter again replaces it.
#[derive(Debug, Clone, Default)]
pub struct CaseLink(String);

impl CaseLink {
    pub fn with(&self, name: &'static str, value: impl fmt::Display) -> CaseLink {
        let mut text = String::with_capacity(self.0.len() + 80);
        for pair in self.0.split('&').filter(|pair| !pair.is_empty() && !is_named(pair, name)) {
            text.push_str(pair);
            text.push('&');
        }
        let _ = write!(text, "{name}={value}");
        CaseLink(text)
    }

    fn between(&self, names: [&'static str; 2], from: Time, to: Time) -> CaseLink {
        self.with(names[0], from).with(names[1], to)
    }

    pub fn created(&self, from: Time, to: Time) -> CaseLink {
        self.between(["created_from", "created_to"], from, to)
    }

    pub fn created_in(&self, period: &Period) -> CaseLink {
        self.created(period.from(), period.to())
    }

    pub fn resolved(&self, from: Time, to: Time) -> CaseLink {
        self.between(["resolved_from", "resolved_to"], from, to)
    }

    pub fn resolved_in(&self, period: &Period) -> CaseLink {
        self.resolved(period.from(), period.to())
    }

    pub fn rated_in(&self, period: &Period) -> CaseLink {
        self.between(["rated_from", "rated_to"], period.from(), period.to())
    }

    /// As a path. Beyond 10,000 cases the list is asked to count on, so that its total is the number.
    pub fn to(&self, number: i64) -> String {
        if number > crate::paging::REACH { self.with("exact", true).to_string() } else { self.to_string() }
    }
}

fn is_named(pair: &str, name: &str) -> bool {
    pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
}

impl fmt::Display for CaseLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/api/crm/cases")?;
        if self.0.is_empty() { Ok(()) } else { write!(f, "?{}", self.0) }
    }
}
