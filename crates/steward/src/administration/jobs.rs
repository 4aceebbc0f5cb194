//! Jobs: what the desk has yet to do, and what it gave up.

use askama::Template;
use db::Class;
use serde_json::Value;

use super::{around, next_page};
use crate::http::Admin;
use crate::input::Set;
use crate::jobs::api::{self, JobItem, JobQuery, Jobs, State};
use crate::web::{Asked, Frame, Page, PageResult, Seat, show};

#[derive(Template)]
#[template(path = "administration/jobs.html")]
struct JobsPage {
    page: Page,
    frame: Frame,
    jobs: Jobs,
    state: Option<State>,
    next: Option<String>,
}

impl JobsPage {
    fn shows(&self, state: &State) -> bool {
        self.state == Some(*state)
    }

    /// What a job is about: its ids.
    fn about(&self, item: &JobItem) -> String {
        let Value::Object(fields) = &item.job.payload else { return String::new() };
        let ids = fields.iter().filter(|(name, value)| name.ends_with("_id") && !value.is_null());
        let ids: Vec<String> = ids
            .map(|(name, value)| {
                format!("{} {value}", self.page.word("job-about", name.trim_end_matches("_id")))
            })
            .collect();
        ids.join(", ")
    }
}

pub async fn list(seat: Seat<Admin>, asked: Asked<JobQuery>) -> PageResult {
    let query = asked.query;
    let visit = seat.visit.clone();
    let jobs = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let jobs = api::page(work, &query)?;
        let state = match &query.state {
            Some(Set(states)) if states.len() == 1 => states.first().copied(),
            _ => None,
        };
        let next = jobs.next_before_job_id.map(|id| next_page(&visit, "before_job_id", &id.to_string()));
        Ok(JobsPage { page, frame, jobs, state, next })
    });
    show(&jobs.await?)
}
