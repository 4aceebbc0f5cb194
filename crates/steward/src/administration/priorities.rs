//! Priorities, and the hours that each demands.

use askama::Template;
use db::Class;

use super::around;
use super::deleted::{self, Deleted};
use crate::cases::priorities::{self, Priority};
use crate::http::Manager;
use crate::web::{Frame, Ids, Page, PageResult, Seat, show};

#[derive(Template)]
#[template(path = "administration/priorities.html")]
struct PrioritiesPage {
    page: Page,
    frame: Frame,
    /// The most urgent first.
    priorities: Vec<Priority>,
    deleted: Vec<Deleted>,
}

pub async fn list(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let list = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let mut priorities = priorities::all(work)?;
        priorities.reverse();
        let deleted = deleted::read(work, &frame, "crm_case_priorities", "priority_id", "priority_name")?;
        Ok(PrioritiesPage { page, frame, priorities, deleted })
    });
    show(&list.await?)
}

#[derive(Template)]
#[template(path = "administration/priority.html")]
struct PriorityPage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    priority: Option<Priority>,
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let new = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(PriorityPage { page, frame, priority: None })
    });
    show(&new.await?)
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>) -> PageResult {
    let visit = seat.visit.clone();
    let priority = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(PriorityPage { page, frame, priority: Some(priorities::find(work, id)?) })
    });
    show(&priority.await?)
}
