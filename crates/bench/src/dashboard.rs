//! `bin/bench dashboard`: what the dashboard and the case list cost as history grows, with the same present. Every desk
//! has as many cases of the last sixty days; all others were closed before.

use std::path::Path;
use std::time::Duration;

use db::Value;
use steward::commands::say;
use steward::start::Fatal;
use steward::{Actor, App, Result, Work};

use crate::load::Script;
use crate::requests::{Call, Request};
use crate::seed;
use crate::server::{self, Server};

/// Cases of the last sixty days, half of them of the dashboard's period.
const RECENT: i64 = 1000;
const DAY: i64 = 24 * 60;
/// Cases written in one transaction.
const PORTION: i64 = 2000;

/// Measures one engine on desks of these sizes. `database` names an empty database for each of them.
pub fn measure(
    name: &str,
    sizes: &[i64],
    folder: &Path,
    time: Duration,
    database: impl Fn(i64) -> Result<String, Fatal>,
) -> Result<(), Fatal> {
    say(&format!("### Dashboard, {name}\n"));
    say("| cases | asked | p50, 1 client | p99, 1 client | p50, 16 clients | p99, 16 clients | a second |");
    say("| --- | --- | --- | --- | --- | --- | --- |");
    for cases in sizes {
        let database = database(*cases)?;
        let app = server::open(&database, true)?;
        fill(&app, *cases)?;
        app.db.clone().close();
        let served = Server::start(&database, true)?;
        for (title, paths) in kinds() {
            let requests: Vec<Request> = paths.into_iter().map(get).collect();
            let script = Script::write(folder, "dashboard", &requests)?;
            script.run(&served.address, 16, Duration::from_secs(1))?;
            let alone = script.run(&served.address, 1, time)?;
            let crowd = script.run(&served.address, 16, time)?;
            say(&format!(
                "| {cases} | {title} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.0} |",
                alone.p50, alone.p99, crowd.p50, crowd.p99, crowd.rate
            ));
            if alone.errors + crowd.errors > 0 {
                say(&format!("|  | {} errors | | | | | |", alone.errors + crowd.errors));
            }
        }
        served.stop()?;
    }
    say("");
    Ok(())
}

fn get(path: String) -> Request {
    Request { method: "GET", path, body: String::new(), call: Call::Nothing }
}

/// What is asked, each with the paths that are asked in turn.
fn kinds() -> Vec<(&'static str, Vec<String>)> {
    let path = "/api/crm/support/dashboard";
    let owners = seed::OWNERS.map(|owner| format!("{path}?owner_id={owner}&tz=Europe/Berlin")).collect();
    let statuses = ["new", "open", "in_progress", "resolved", "closed"];
    vec![
        ("dashboard, 30 days", vec![format!("{path}?days=30")]),
        ("dashboard of an agent, 30 days", owners),
        ("case list with summary", vec!["/api/crm/cases?limit=50".into()]),
        (
            "case list by status with summary",
            statuses.map(|status| format!("/api/crm/cases?status={status}&limit=50")).into(),
        ),
    ]
}

fn fill(app: &App, cases: i64) -> Result<()> {
    app.write_blocking(Actor::System, seed::people)?;
    for first in (1..=cases).step_by(PORTION as usize) {
        let last = (first + PORTION - 1).min(cases);
        app.write_blocking(Actor::System, move |work| portion(work, first, last, cases))?;
    }
    app.write_blocking(Actor::System, |work| {
        // Every promise was kept but those that the triggers found late.
        for (kind, met) in [("first_response", "first_response_at"), ("resolution", "resolved_at")] {
            let sql = format!(
                "insert into crm_sla_targets (case_id, kind, started_at, promise, met_at)
                 select case_id, $1, created_at, 3600000, {met} from crm_cases where {met} is not null"
            );
            work.execute(&sql, &[&kind])?;
        }
        let reset = work.dialect().reset_identity("crm_cases", "case_id");
        work.tx.batch(&reset)?;
        steward::cases::fold_rollup(work)
    })?;
    app.write_blocking(Actor::System, |work| Ok(work.tx.batch("analyze")?))
}

fn portion(work: &mut Work, first: i64, last: i64, cases: i64) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(first as u64);
    let mut rows: Vec<Value> = Vec::new();
    for id in first..=last {
        let is_recent = id > cases - RECENT;
        // Older ones over three years, up to a hundred days ago.
        let age = if is_recent { random.i64(60..60 * DAY) } else { random.i64(100 * DAY..1100 * DAY) };
        let opened = work.now.plus_minutes(-age);
        let minutes = random.i64(30..5 * DAY);
        let has_ended = !is_recent || minutes < age;
        let status = match (is_recent, has_ended) {
            (false, _) => "closed",
            (true, true) => "resolved",
            (true, false) => ["new", "open", "in_progress"][random.usize(0..3)],
        };
        let resolved = has_ended.then(|| opened.plus_minutes(minutes));
        let score = (has_ended && random.u8(0..3) == 0).then(|| random.i64(1..=5));
        let response = random.i64(1..300);
        let text = crate::text::sentences(&mut random, 30);
        rows.extend([
            id.into(),
            random.i64(1..=seed::CONTACTS).into(),
            crate::text::subject(&mut random).into(),
            text.into(),
            random.i64(1..=seed::TYPES).into(),
            random.i64(1..=seed::PRIORITIES).into(),
            4.into(),
            status.into(),
            seed::CHANNELS[random.usize(0..7)].into(),
            random.i64(seed::OWNERS).into(),
            random.i64(1..=seed::TEAMS).into(),
            seed::time(opened),
            seed::time(opened),
            (status != "new").then(|| seed::time(opened.plus_minutes(response))).into(),
            (status != "new").then_some(response).into(),
            seed::time(opened.plus_minutes(240)),
            seed::time(opened.plus_minutes(4 * DAY)),
            resolved.map(seed::time).into(),
            resolved.filter(|_| status == "closed").map(seed::time).into(),
            resolved.map(|_| minutes).into(),
            score.into(),
            resolved.filter(|_| score.is_some()).map(seed::time).into(),
            1.into(),
        ]);
    }
    let into = "crm_cases (case_id, contact_id, subject, description, case_type_id, priority_id, sla_policy_id, status,
        channel, owner_id, team_id, created_at, updated_at, first_response_at, response_time_minutes,
        first_response_due, resolution_due, resolved_at, closed_at, resolution_time_minutes, csat_score,
        csat_submitted_at, response_count)";
    seed::insert(work, into, 23, rows)
}
