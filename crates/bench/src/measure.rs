//! The measurements: each kind of request over HTTP and raw, close together in time, so that whatever else the machine
//! does meets both.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use db::Class;
use steward::schema::STEPS;
use steward::start::Fatal;
use steward::{Actor, App};

use crate::load::{Load, Script};
use crate::raw::Rate;
use crate::requests::{self, Kind, Request};
use crate::server::Server;
use crate::{raw, seed, server};

/// How many clients ask at once.
pub const CLIENTS: [u32; 2] = [1, 16];
/// Starts of the server, of which the middle one counts.
const STARTS: usize = 5;

pub enum Engine {
    Sqlite,
    Postgres(String),
}

/// A filled desk that may be written to.
pub struct Desk {
    pub name: &'static str,
    database: String,
    folder: PathBuf,
    cases: i64,
}

/// Figures of one kind of request.
pub struct Row {
    pub kind: Kind,
    /// At each of [`CLIENTS`].
    pub http: [Served; CLIENTS.len()],
    pub raw: Option<Rate>,
    /// At 16 clients, without group commit.
    pub ungrouped: Option<f64>,
}

/// What wrk saw, and what it cost the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Served {
    pub load: Load,
    /// Microseconds of processor time for each request, of the server alone.
    pub micros: f64,
    /// Resident memory afterwards, in MB.
    pub resident: f64,
}

pub struct Measured {
    pub engine: &'static str,
    pub cases: i64,
    pub rows: Vec<Row>,
    /// Case by id while three clients search.
    pub beside_search: Load,
    /// List by status, raw, on one thread and on two.
    pub threads: [f64; 2],
    pub idle_mb: f64,
    pub start: Duration,
}

impl Desk {
    /// Fills a desk, or takes one that was filled before by the same program.
    pub fn prepare(engine: Engine, folder: &Path, cases: i64) -> Result<Desk, Fatal> {
        std::fs::create_dir_all(folder)?;
        let mark = mark(cases);
        let (name, database) = match engine {
            Engine::Sqlite => {
                let kept = folder.join(format!("desk-{mark}.db"));
                if !kept.exists() {
                    fill_file(&kept, cases, &mark)?;
                }
                let copy = folder.join("desk.db");
                for ending in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(folder.join(format!("desk.db{ending}")));
                }
                std::fs::copy(&kept, &copy)?;
                ("SQLite", format!("sqlite:{}", copy.display()))
            }
            Engine::Postgres(url) => {
                fill(&url, cases, &mark)?;
                // Best effort: a server that has not been vacuumed is slower, not wrong.
                let _ =
                    std::process::Command::new("psql").args(["-qX", &url, "-c", "vacuum analyze"]).status();
                ("PostgreSQL", url)
            }
        };
        Ok(Desk { name, database, folder: folder.to_owned(), cases })
    }

    pub fn database(&self) -> &str {
        &self.database
    }

    fn requests(&self, app: &App, kind: Kind) -> Result<Vec<Request>, Fatal> {
        let answered = app.db.read_blocking(Class::Slow, |tx| {
            tx.query::<(i64,)>("select case_id from crm_cases where first_response_at is not null", &[])
        });
        let answered: Vec<i64> =
            answered.map_err(steward::Error::from)?.into_iter().map(|row| row.0).collect();
        Ok(requests::of(kind, self.cases, &answered)?)
    }
}

/// Changes with all that a filled desk depends on.
fn mark(cases: i64) -> String {
    let mut hasher = DefaultHasher::new();
    for step in STEPS {
        (step.sqlite, step.postgres).hash(&mut hasher);
    }
    (cases, include_str!("seed.rs"), include_str!("text.rs")).hash(&mut hasher);
    format!("{cases}-{:016x}", hasher.finish())
}

fn fill_file(kept: &Path, cases: i64, mark: &str) -> Result<(), Fatal> {
    let draft = kept.with_extension("draft");
    let _ = std::fs::remove_file(&draft);
    fill(&format!("sqlite:{}", draft.display()), cases, mark)?;
    Ok(std::fs::rename(draft, kept)?)
}

fn fill(database: &str, cases: i64, mark: &str) -> Result<(), Fatal> {
    let app = server::open(database, true)?;
    let (owned, memory) = (mark.to_owned(), app.memory());
    let is_full = app.db.read_blocking(Class::Bounded, move |tx| {
        seed::is_full(&mut memory.work(tx, Actor::System, steward::Time::from_millis(0)), &owned)
    })?;
    if !is_full {
        note(&format!("filling {database} with {cases} cases"));
        seed::fill(&app, cases, mark)?;
    }
    app.db.clone().close();
    Ok(())
}

fn note(what: &str) {
    eprintln!("bench: {what}");
}

/// Raw figures of one kind.
pub fn one(desk: &Desk, kind: Kind, threads: usize, time: Duration) -> Result<Rate, Fatal> {
    let app = server::open(&desk.database, true)?;
    let requests = desk.requests(&app, kind)?;
    if kind.writes() {
        raw::writes(&app, &requests, time)
    } else {
        raw::reads(&app, &requests, threads, time)
    }
}

pub fn all(desk: &Desk, time: Duration, rounds: u32) -> Result<Measured, Fatal> {
    let (start, idle_mb) = starts(desk)?;
    let app = server::open(&desk.database, true)?;
    let served = Server::start(&desk.database, true)?;
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        note(&format!("{}: {}", desk.name, kind.title()));
        let requests = desk.requests(&app, kind)?;
        rows.push(row(desk, &app, &served, kind, &requests, time, rounds)?);
    }
    note(&format!("{}: case by id beside searches; one reader, two readers", desk.name));
    let beside_search = beside_search(desk, &app, &served, time, rounds)?;
    let threads = threads(desk, &app, time, rounds)?;
    served.stop()?;
    ungrouped(desk, &app, &mut rows, time, rounds)?;
    app.db.clone().close();
    Ok(Measured { engine: desk.name, cases: desk.cases, rows, beside_search, threads, idle_mb, start })
}

/// From the start of the program to its first answer, and its memory when it has nothing to do.
fn starts(desk: &Desk) -> Result<(Duration, f64), Fatal> {
    note(&format!("{}: starts", desk.name));
    let data = desk.folder.join("data");
    let mut took = Vec::new();
    let mut idle = 0.0;
    // The first start makes the first admin.
    for _ in 0..=STARTS {
        let (server, duration) = Server::cold(&desk.database, &data)?;
        took.push(duration);
        std::thread::sleep(Duration::from_millis(1500));
        idle = server.resident()?;
        server.stop()?;
    }
    took.remove(0);
    took.sort();
    Ok((took[STARTS / 2], idle))
}

fn row(
    desk: &Desk,
    app: &App,
    served: &Server,
    kind: Kind,
    requests: &[Request],
    time: Duration,
    rounds: u32,
) -> Result<Row, Fatal> {
    let script = Script::write(&desk.folder, "requests", requests)?;
    script.run(&served.address, CLIENTS[1], Duration::from_secs(1))?;
    let mut http = [Served::default(); CLIENTS.len()];
    let mut best_raw: Option<Rate> = None;
    for _ in 0..rounds {
        for (clients, best) in CLIENTS.iter().zip(&mut http) {
            let used = served.processor()?;
            let load = script.run(&served.address, *clients, time)?;
            let micros = (served.processor()? - used).as_secs_f64() * 1e6 / load.requests.max(1.0);
            if load.rate > best.load.rate {
                *best = Served { load, micros, resident: served.resident()? };
            }
        }
        if kind != Kind::Hello {
            let rate = match kind.writes() {
                true => raw::writes(app, requests, time)?,
                false => raw::best_reads(app, requests, time)?,
            };
            best_raw = Some(best_raw.unwrap_or_default().max(rate));
        }
    }
    Ok(Row { kind, http, raw: best_raw, ungrouped: None })
}

/// The best of some rounds by its latency: the question is what the server does, not what else the machine does.
fn beside_search(
    desk: &Desk,
    app: &App,
    served: &Server,
    time: Duration,
    rounds: u32,
) -> Result<Load, Fatal> {
    let searches = Script::write(&desk.folder, "searches", &desk.requests(app, Kind::SearchFrequent)?)?;
    let cases = Script::write(&desk.folder, "cases", &desk.requests(app, Kind::ById)?)?;
    let mut best = Load { p99: f64::MAX, ..Load::default() };
    for _ in 0..rounds {
        let searching = searches.start(&served.address, 3, time + Duration::from_secs(1))?;
        std::thread::sleep(Duration::from_millis(500));
        let load = cases.run(&served.address, CLIENTS[1], time)?;
        searching.figures()?;
        if load.p99 < best.p99 {
            best = load;
        }
    }
    Ok(best)
}

fn threads(desk: &Desk, app: &App, time: Duration, rounds: u32) -> Result<[f64; 2], Fatal> {
    let requests = desk.requests(app, Kind::ByStatus)?;
    let mut best = [0.0f64; 2];
    for _ in 0..rounds {
        for (threads, best) in [1, 2].into_iter().zip(&mut best) {
            *best = best.max(raw::reads(app, &requests, threads, time)?.rate);
        }
    }
    Ok(best)
}

/// SQLite's writes with a transaction each.
fn ungrouped(desk: &Desk, app: &App, rows: &mut [Row], time: Duration, rounds: u32) -> Result<(), Fatal> {
    if app.db.dialect() == db::Dialect::Postgres {
        return Ok(());
    }
    note(&format!("{}: writes without group commit", desk.name));
    let served = Server::start(&desk.database, false)?;
    for row in rows.iter_mut().filter(|row| row.kind.writes()) {
        let script = Script::write(&desk.folder, "requests", &desk.requests(app, row.kind)?)?;
        let mut best = 0.0f64;
        for _ in 0..rounds {
            best = best.max(script.run(&served.address, CLIENTS[1], time)?.rate);
        }
        row.ungrouped = Some(best);
    }
    served.stop()
}
