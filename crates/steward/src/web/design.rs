//! `/design`: every component in every state, from the macros and classes that pages use, with the name it goes by. It
//! shows no data; the tests look at it too.

use askama::Template;
use db::Class;

use super::{Frame, Page, PageResult, Seat, show as answer};
use crate::cases::Status;
use crate::clock::Time;
use crate::http::Viewer;

/// As long as a subject may be, without a place to break.
const LONG: usize = 500;

#[derive(Template)]
#[template(path = "design.html")]
struct DesignPage {
    page: Page,
    frame: Frame,
}

impl DesignPage {
    fn in_minutes(&self, minutes: i64) -> Time {
        self.page.now.plus_minutes(minutes)
    }

    /// Due times long past, past, soon, later, and days away.
    fn dues(&self) -> [Time; 5] {
        [-3000, -20, 20, 600, 6000].map(|minutes| self.in_minutes(minutes))
    }

    fn long(&self) -> String {
        "Donaudampfschifffahrt".chars().cycle().take(LONG).collect()
    }
}

/// The custom properties of base.css that are grounds, and those that are written on them.
const COLOURS: [&str; 19] = [
    "ground",
    "raised",
    "sunken",
    "line",
    "edge",
    "text",
    "faint",
    "accent",
    "on-accent",
    "accent-ground",
    "alarm",
    "alarm-ground",
    "soon",
    "soon-ground",
    "good",
    "good-ground",
    "note",
    "note-line",
    "mark",
];

pub async fn show(seat: Seat<Viewer>) -> PageResult {
    let visit = seat.visit.clone();
    let design = seat.read(Class::Bounded, move |work| {
        Ok(DesignPage { page: Page::read(work, &visit)?, frame: Frame::read(work, &visit, "design")? })
    });
    answer(&design.await?)
}
