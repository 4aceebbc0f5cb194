//! Case types.

use askama::Template;
use db::Class;

use super::around;
use super::deleted::{self, Deleted};
use crate::cases::case_types::{self, CaseType};
use crate::cases::priorities::{self, Priority};
use crate::http::Manager;
use crate::web::{Frame, Ids, Page, PageResult, Seat, show};

#[derive(Template)]
#[template(path = "administration/types.html")]
struct TypesPage {
    page: Page,
    frame: Frame,
    types: Vec<CaseType>,
    priorities: Vec<Priority>,
    deleted: Vec<Deleted>,
}

impl TypesPage {
    fn priority(&self, id: &i64) -> Option<&Priority> {
        self.priorities.iter().find(|priority| priority.priority_id == *id)
    }
}

pub async fn list(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let types = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(TypesPage {
            types: case_types::all(work)?,
            priorities: priorities::all(work)?,
            deleted: deleted::read(work, &frame, "crm_case_types", "case_type_id", "type_name")?,
            page,
            frame,
        })
    });
    show(&types.await?)
}

#[derive(Template)]
#[template(path = "administration/type.html")]
struct TypePage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    case_type: Option<CaseType>,
    priorities: Vec<Priority>,
}

impl TypePage {
    fn is_default(&self, priority: &Priority) -> bool {
        self.case_type.as_ref().is_some_and(|case_type| case_type.default_priority == priority.priority_id)
    }
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let new = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(TypePage { page, frame, case_type: None, priorities: priorities::all(work)? })
    });
    show(&new.await?)
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>) -> PageResult {
    let visit = seat.visit.clone();
    let case_type = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let case_type = Some(case_types::find(work, id)?);
        Ok(TypePage { page, frame, case_type, priorities: priorities::all(work)? })
    });
    show(&case_type.await?)
}
