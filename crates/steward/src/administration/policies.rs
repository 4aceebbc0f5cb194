//! SLA policies: the order in which they are tried, what each promises, and what a change would do to open cases.

use std::borrow::Cow;

use askama::Template;
use axum::response::Response;
use db::Class;

use super::conditions::{self, Choices, urgent_first};
use super::deleted::{self, Deleted};
use super::names::Names;
use super::previews::Shown;
use super::{around, calendars};
use crate::cases::priorities::Priority;
use crate::error::Result;
use crate::http::{Body, Manager, Path};
use crate::sla::policies::{self, PolicyEdit};
use crate::sla::policy::{self, Policy, PriorityHours};
use crate::sla::recomputations::{self, Recomputation};
use crate::sla::{Kind, ReopenMode, WarnAt};
use crate::web::{Frame, Ids, Page, PageResult, Seat, show};
use crate::workflow::Status;

/// A policy in the list.
struct Row {
    policy: Policy,
    conditions: Vec<(Cow<'static, str>, String)>,
    /// The calendar that it counts by.
    calendar: Option<String>,
}

#[derive(Template)]
#[template(path = "administration/policies.html")]
struct PoliciesPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    recomputations: Vec<Recomputation>,
    deleted: Vec<Deleted>,
}

impl PoliciesPage {
    fn hours(&self, hours: &Option<f64>) -> String {
        hours.map_or_else(|| "–".to_owned(), |hours| self.page.length(hours * 60.0))
    }
}

pub async fn list(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let policies = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let all = policy::in_order(work)?;
        let names = conditions::names(work, all.iter().map(|policy| &policy.conditions.0))?;
        let counted = all.iter().filter_map(|policy| policy.calendar_id).map(|id| ("calendar", id));
        let calendars = Names::read(work, counted)?;
        let row = |policy: Policy| Row {
            conditions: conditions::summary(&page, &names, &policy.conditions.0),
            calendar: policy
                .calendar_id
                .filter(|_| policy.business_hours_only)
                .and_then(|id| calendars.get("calendar", &id))
                .map(|name| name.text.clone()),
            policy,
        };
        let rows = all.into_iter().map(row).collect();
        Ok(PoliciesPage {
            deleted: deleted::read(work, &frame, "crm_sla_policies", "sla_policy_id", "policy_name")?,
            recomputations: recomputations::latest(work)?,
            page,
            frame,
            rows,
        })
    });
    show(&policies.await?)
}

#[derive(Template)]
#[template(path = "administration/policy.html")]
struct PolicyPage {
    page: Page,
    frame: Frame,
    is_new: bool,
    policy: Policy,
    conditions: Choices,
    /// The most urgent first.
    priorities: Vec<Priority>,
    /// The calendars there are: id and name.
    calendars: Vec<(i64, String)>,
}

/// What stands in a field of hours.
fn typed(hours: Option<f64>) -> String {
    hours.map(|hours| hours.to_string()).unwrap_or_default()
}

impl PolicyPage {
    /// The hours that every priority has.
    fn general(&self, kind: &Kind) -> String {
        typed(match kind {
            Kind::FirstResponse => self.policy.first_response_hours,
            Kind::NextResponse => self.policy.next_response_hours,
            Kind::Resolution => self.policy.resolution_hours,
        })
    }

    /// The hours of one priority.
    fn of(&self, priority: &Priority, kind: &Kind) -> String {
        let of_priority = |hours: &&PriorityHours| hours.priority_id == priority.priority_id;
        let hours = self.policy.priority_hours.0.iter().find(of_priority);
        typed(hours.and_then(|hours| match kind {
            Kind::FirstResponse => hours.first_response_hours,
            Kind::NextResponse => hours.next_response_hours,
            Kind::Resolution => hours.resolution_hours,
        }))
    }

    fn pauses(&self, kind: &Kind, status: &Status) -> bool {
        let pauses = &self.policy.pause_statuses.0;
        let statuses = match kind {
            Kind::FirstResponse => &pauses.first_response,
            Kind::NextResponse => &pauses.next_response,
            Kind::Resolution => &pauses.resolution,
        };
        statuses.contains(status)
    }

    /// The warnings, each as its unit and its number.
    fn warnings(&self) -> Vec<(String, f64)> {
        let told = |warning: &WarnAt| match warning {
            WarnAt::Percent(percent) => ("percent".to_owned(), *percent),
            WarnAt::MinutesLeft(minutes) => ("minutes_left".to_owned(), *minutes),
        };
        self.policy.warnings.0.iter().map(told).collect()
    }

    fn is_calendar(&self, id: &i64) -> bool {
        self.policy.calendar_id == Some(*id)
    }

    fn statuses(&self) -> impl Iterator<Item = &'static Status> {
        Status::ALL.iter().filter(|status| !status.is_ended())
    }
}

async fn editor(seat: Seat<Manager>, id: Option<i64>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let policy = match id {
            Some(id) => policies::find(work, id)?,
            None => policies::blank(),
        };
        Ok(PolicyPage {
            conditions: conditions::choices(work, &page, &policy.conditions.0)?,
            priorities: urgent_first(work)?,
            calendars: calendars::names(work)?,
            is_new: id.is_none(),
            page,
            frame,
            policy,
        })
    });
    show(&page.await?)
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    editor(seat, None).await
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>) -> PageResult {
    editor(seat, Some(id)).await
}

/// What the form would do to the open cases, as a part of its page.
pub async fn preview(
    seat: Seat<Manager>,
    Path([id]): Path<1>,
    Body(edit): Body<PolicyEdit>,
) -> Result<Response> {
    let expected = seat.expected(id);
    let preview = policies::previewed(&seat, Some(id), edit, expected).await?;
    Shown::of(&seat, preview).await
}

/// The same of a policy that is to be added.
pub async fn preview_new(seat: Seat<Manager>, Body(edit): Body<PolicyEdit>) -> Result<Response> {
    let expected = seat.expected(0);
    let preview = policies::previewed(&seat, None, edit, expected).await?;
    Shown::of(&seat, preview).await
}
