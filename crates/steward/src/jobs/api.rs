//! Jobs as an admin sees them: what waits, what died, and giving the dead another life.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::Time;
use crate::error::Result;
use crate::http::{Admin, Answer, Json, NoContent, Nothing, Path, Query};
use crate::input::Set;
use crate::paging::Limit;
use crate::work::Work;

crate::words! {
    pub enum State { Waiting = "waiting", Done = "done", Dead = "dead" }
}

crate::input! {
    /// Which jobs; the waiting and the dead when left out.
    pub struct JobQuery {
        pub state: Option<Set<State>>,
        pub limit: Option<Limit>,
        pub before_job_id: Option<i64>,
    }
}

/// How far a job of many portions has come.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Progress {
    pub done: i64,
    pub total: i64,
}

/// A job with how far it has come, where it counts that.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobItem {
    #[serde(flatten)]
    pub job: JobView,
    pub progress: Option<Progress>,
}

impl From<JobView> for JobItem {
    fn from(job: JobView) -> JobItem {
        let count = |name: &str| job.payload.get(name).and_then(serde_json::Value::as_i64);
        let progress = count("done").zip(count("total")).map(|(done, total)| Progress { done, total });
        JobItem { job, progress }
    }
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct JobView {
        pub job_id: i64,
        pub kind: String,
        /// Its ids, and how far it has come.
        pub payload: serde_json::Value,
        pub state: State,
        pub run_at: Time,
        pub attempts: i64,
        pub max_attempts: i64,
        pub leased_until: Option<Time>,
        pub last_error: Option<String>,
        pub created_at: Time,
        pub finished_at: Option<Time>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Jobs {
    pub jobs: Vec<JobItem>,
    /// Continues with `before_job_id`; null at the end.
    pub next_before_job_id: Option<i64>,
}

/// A page of the list, the latest first.
pub fn page(work: &mut Work, query: &JobQuery) -> Result<Jobs> {
    let limit = query.limit.map_or(50, |limit| limit.0);
    let mut filter = crate::cases::Filter::default();
    let default = [State::Waiting, State::Dead];
    let states = query.state.as_ref().map_or(&default[..], |states| &states.0);
    filter.among("state", states.iter().map(|state| state.word()));
    if let Some(before) = query.before_job_id {
        filter.and("job_id < ?", before);
    }
    let mut jobs: Vec<JobView> = work.query(
        &format!(
            "select job_id, kind, payload, state, run_at, attempts, max_attempts, leased_until, last_error, created_at,
                    finished_at
             from crm_jobs where {} order by job_id desc limit {}",
            filter.sql(),
            limit + 1
        ),
        &filter.params(),
    )?;
    let more = jobs.len() as i64 > limit;
    jobs.truncate(limit as usize);
    let next_before_job_id = jobs.last().filter(|_| more).map(|last| last.job_id);
    Ok(Jobs { jobs: jobs.into_iter().map(JobItem::from).collect(), next_before_job_id })
}

pub async fn list(caller: Admin, Query(query): Query<JobQuery>) -> Result<Answer<Json<Jobs>>> {
    Ok(Json::new(caller.read(Class::Slow, move |work| page(work, &query)).await?).into())
}

pub async fn retry(caller: Admin, Path([job_id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            super::retry(work, job_id)?;
            Ok(NoContent)
        })
        .await
}
