//! The dashboard as it is asked for: the same one is computed once for all who ask for it together.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use db::Class;
use jiff::civil::Date;

use super::flights::Flights;
use super::period::{DashboardQuery, Period};
use super::{Dashboard, Scope, memory};
use crate::app::App;
use crate::error::Result;
use crate::http::{Answer, Caller, Json, Query, Viewer, json_bytes};
use crate::work::Actor;

/// Cases since the period before, or active ones, beyond which reading them all queues with the searches.
const MANY: i64 = 10_000;

/// What makes two dashboards the same: whose cases, and which days of which zone. Users see all cases, so that it makes no
/// difference which of them asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    scope: Scope,
    first: Date,
    days: i64,
    zone: String,
}

/// Dashboards that are being computed.
pub type Dashboards = Flights<Question, Shown>;

/// A dashboard for all who asked for it together.
pub struct Shown {
    dashboard: Dashboard,
    /// The days asked for.
    pub days: Period,
    pub scope: Scope,
    json: OnceLock<Vec<u8>>,
}

impl Deref for Shown {
    type Target = Dashboard;

    fn deref(&self) -> &Dashboard {
        &self.dashboard
    }
}

impl Dashboard {
    /// What is asked for, as it was at or after the time of asking.
    pub async fn ask(caller: &Caller, query: &DashboardQuery) -> Result<Arc<Shown>> {
        let scope = Scope { owner_id: query.owner_id, team_id: query.team_id };
        let period = Period::asked(query, caller.app.clock.now())?;
        let (first, days, zone) = (period.first, period.days(), period.zone.name.clone());
        // Not the caller: with it would go the place of a connection that may long be gone.
        let (app, actor) = (caller.app.clone(), caller.actor);
        let compute = move || {
            let (app, period) = (app.clone(), period.clone());
            async move {
                let dashboard = Dashboard::compute(&app, actor, scope, period.clone()).await?;
                Ok(Shown { dashboard, days: period, scope, json: OnceLock::new() })
            }
        };
        caller.app.dashboards.ask(Question { scope, first, days, zone }, compute).await
    }

    /// What is remembered answers at once. To learn of many cases queues with the searches, so that the desk goes on.
    async fn compute(app: &App, actor: Actor, scope: Scope, period: Period) -> Result<Dashboard> {
        let (asked, memory) = (period.clone(), app.dashboard_memory.clone());
        let small = app.read(Class::Bounded, actor, move |work| {
            let from = asked.previous().from();
            let facts = match memory.recall(work, from)? {
                Some(facts) => facts,
                None if memory::is_beyond(work, from, MANY)? => return Ok(None),
                None => memory.learn(work, from, asked.to())?,
            };
            Dashboard::read(work, &scope, &asked, &facts).map(Some)
        });
        if let Some(dashboard) = small.await? {
            return Ok(dashboard);
        }
        let memory = app.dashboard_memory.clone();
        let large = app.read(Class::Slow, actor, move |work| {
            let from = period.previous().from();
            // Whoever waited in front may have learned it.
            let facts = match memory.recall(work, from)? {
                Some(facts) => facts,
                None => memory.learn(work, from, period.to())?,
            };
            Dashboard::read(work, &scope, &period, &facts)
        });
        large.await
    }
}

pub async fn show(caller: Viewer, Query(query): Query<DashboardQuery>) -> Result<Answer<Json<Dashboard>>> {
    let shown = Dashboard::ask(&caller, &query).await?;
    Ok(Answer::written(shown.json.get_or_init(|| json_bytes(&shown.dashboard)).clone()))
}
