//! The dashboard as it is asked for: the same one is computed once for all who ask for it together.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use db::Class;
use jiff::civil::Date;

use super::flights::Flights;
use super::period::{DashboardQuery, Period};
use super::{Dashboard, Scope, facts, overall};
use crate::app::App;
use crate::error::Result;
use crate::http::{Answer, Caller, Json, Query, Viewer, json_bytes};
use crate::work::Actor;

/// Cases of the period, or active ones, beyond which a dashboard queues with the searches.
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

    /// A period of many cases, or a long backlog, queues with the searches, so that the desk goes on.
    async fn compute(app: &App, actor: Actor, scope: Scope, period: Period) -> Result<Dashboard> {
        let asked = period.clone();
        let small = app.read(Class::Bounded, actor, move |work| {
            let from = asked.previous().from();
            if overall::active(work, &Scope::default())? > MANY
                || facts::are_many(work, from, asked.to(), MANY)?
            {
                return Ok(None);
            }
            Dashboard::read(work, &scope, &asked).map(Some)
        });
        match small.await? {
            Some(dashboard) => Ok(dashboard),
            None => app.read(Class::Slow, actor, move |work| Dashboard::read(work, &scope, &period)).await,
        }
    }
}

pub async fn show(caller: Viewer, Query(query): Query<DashboardQuery>) -> Result<Answer<Json<Dashboard>>> {
    let shown = Dashboard::ask(&caller, &query).await?;
    Ok(Answer::written(shown.json.get_or_init(|| json_bytes(&shown.dashboard)).clone()))
}
