//! How far recomputations of open cases have come, for those who may cause them by a change of policies or calendars
//! (spec 5).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::Recompute;
use crate::clock::Time;
use crate::error::Result;
use crate::http::{Answer, Json, Manager, Query};
use crate::jobs::api::State;
use crate::paging::{PageQuery, Pagination};
use crate::work::Work;

/// Those that are shown.
const SHOWN: i64 = 20;

/// A recomputation under way, or one that has ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Recomputation {
    pub job_id: i64,
    pub state: State,
    #[serde(flatten)]
    pub progress: Recompute,
    pub created_at: Time,
    /// Null while it is under way.
    pub finished_at: Option<Time>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Recomputations {
    pub sla_recomputations: Vec<Recomputation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

db::record! {
    struct Row {
        job_id: i64,
        state: State,
        payload: db::Json<Recompute>,
        created_at: Time,
        finished_at: Option<Time>,
    }
}

/// The latest first; those under way before all others.
pub fn latest(work: &mut Work) -> Result<Vec<Recomputation>> {
    let rows: Vec<Row> = work.query(
        &format!(
            "select job_id, state, payload, created_at, finished_at from crm_jobs where kind = 'recompute_sla'
             order by case when state = 'waiting' then 0 else 1 end, job_id desc limit {SHOWN}"
        ),
        &[],
    )?;
    let shown = rows.into_iter().map(|row| Recomputation {
        job_id: row.job_id,
        state: row.state,
        progress: row.payload.0,
        created_at: row.created_at,
        finished_at: row.finished_at,
    });
    Ok(shown.collect())
}

pub async fn list(caller: Manager, Query(query): Query<PageQuery>) -> Result<Answer<Json<Recomputations>>> {
    let (sla_recomputations, pagination) = query.cut(caller.read(Class::Slow, latest).await?)?;
    Ok(Json::new(Recomputations { sla_recomputations, pagination: Some(pagination) }).into())
}
