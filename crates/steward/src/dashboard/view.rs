//! The dashboard as its page shows it: figures with what they were before, bars and charts, each number with the page of
//! its cases. No number is made here: all are the API's.

mod headlines;
mod people;
mod satisfaction;
mod shares;
mod trend;

pub use headlines::{Target, Tile, Times, targets, tiles, times};
pub use people::{People, everybody};
pub use satisfaction::{Satisfaction, satisfaction};
pub use shares::{Alarm, Bar, Group, alarms, by_age, by_status, groups};
pub use trend::{Stretch, stretch_label, trend};

use super::links::Links;

/// The page of what the API answers at a path.
pub fn page_of(href: &str) -> String {
    href.strip_prefix("/api/crm").unwrap_or(href).to_owned()
}

/// A number with the page of the cases it counts.
#[derive(Default)]
pub struct Number {
    pub value: i64,
    pub href: String,
}

impl Number {
    pub fn new(value: i64, href: &str) -> Number {
        Number { value, href: page_of(href) }
    }

    pub fn of(links: &Links, name: &str, value: i64) -> Number {
        Number::new(value, links.get(name).map_or("", String::as_str))
    }
}
