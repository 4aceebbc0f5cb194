//! `bin/bench sla`: deadlines that fall due in the same second, and a recomputation of the whole desk while it works.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use db::{Class, Db, Options};
use hours::{Calendar, Holiday, Interval};
use jiff::Timestamp;
use steward::cases::Case;
use steward::schema::STEPS;
use steward::sla;
use steward::start::{self, Fatal};
use steward::{Actor, App, Clock, Time, Work, commands, jobs};

use crate::server;

/// Cases that fall due in the same second; the others' deadlines come later.
const SUDDEN: i64 = 1000;
/// The last second before the sudden cases' first deadline, four hours after their creation.
const NOW: &str = "2026-03-02T12:59:59.000Z";

/// Measures one engine and says what was found. `database` must be empty.
pub fn measure(name: &str, database: &str, cases: i64) -> Result<(), Fatal> {
    let db = Db::open(Options::new(database))?;
    db.migrate(STEPS, None)?;
    let clock = Clock::at(Time::parse(NOW).ok_or("no instant")?);
    let app = App::new(db, server::config(database)?, clock.clone(), None);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    commands::say(&format!("### SLA, {name}\n"));
    let filled = Instant::now();
    fill(&app, cases)?;
    runtime.block_on(start::tend_clocks(&app))?;
    let (targets,): (i64,) = app.write_blocking(Actor::System, |work| {
        work.one("select count(*) from crm_sla_targets where is_running", &[])
    })?;
    let each = filled.elapsed().as_secs_f64() * 1e6 / cases as f64;
    commands::say(&format!(
        "- {cases} cases brought by plain SQL, {targets} open targets: {each:.0} µs a case"
    ));
    runtime.block_on(run_jobs(&app))?;

    clock.set(Time::parse(NOW).ok_or("no instant")?.plus_millis(1001));
    let due = Instant::now();
    // As the ticker does; what follows is for the runner of jobs beside it.
    runtime.block_on(start::tend_clocks(&app))?;
    let recorded = due.elapsed();
    runtime.block_on(run_jobs(&app))?;
    let (missed,): (i64,) =
        app.write_blocking(Actor::System, |work| work.one("select count(*) from crm_sla_violations", &[]))?;
    commands::say(&format!(
        "- {missed} due in the same second: recorded within {:.0} ms, all that follows within {:.0} ms",
        recorded.as_secs_f64() * 1e3,
        due.elapsed().as_secs_f64() * 1e3
    ));
    runtime.block_on(recompute(&app, cases))
}

/// What one deadline costs once its clock is made: from starts all over a year, with up to 30 working days of promise, on
/// a weekly calendar with a lunch break and a holiday each month; without pauses, and with two.
pub fn deadlines() -> Result<(), Fatal> {
    const ROUNDS: i64 = 1_000_000;
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let every_day = |from: &str, to: &str| days.map(|day| Interval::new(day, from, to));
    let calendar = Calendar {
        time_zone: "Europe/Berlin".into(),
        intervals: [every_day("09:00", "12:00"), every_day("13:00", "17:00")].concat(),
        holidays: (1..=12).map(|month| Holiday::whole(&format!("2026-{month:02}-15"), "off")).collect(),
        ..Calendar::default()
    };
    let clock = hours::Clock::new(&calendar).map_err(|error| format!("{error:?}"))?;
    let begun = Time::parse(NOW).ok_or("no instant")?;
    let start = |n: i64| -> Timestamp { begun.plus_millis(n * 15_607 % 31_536_000_000).into() };
    let promise = |n: i64| Duration::from_millis((n * 7_919 % (30 * 7 * 3_600_000)).unsigned_abs() + 1);
    let pauses = |n: i64| {
        let at = |hours: i64| start(n) + jiff::SignedDuration::from_hours(hours);
        [(2, 30), (50, 51)].map(|(from, to)| hours::Pause { from: at(from), to: at(to) })
    };
    let cost = |deadline: &dyn Fn(i64) -> hours::Due| {
        let (begun, mut found) = (Instant::now(), 0);
        for n in 0..ROUNDS {
            found ^= deadline(n).at().map_or(0, Timestamp::as_millisecond);
        }
        // What nobody looks at may never be reckoned.
        std::hint::black_box(found);
        begun.elapsed().as_secs_f64() * 1e6 / ROUNDS as f64
    };
    let plain = |n: i64| clock.deadline(start(n), promise(n));
    let paused = |n: i64| clock.deadline_with_pauses(start(n), promise(n), &pauses(n));
    // The first round warms the clock.
    let _ = (cost(&plain), cost(&paused));
    let (plain, paused) = (cost(&plain), cost(&paused));
    commands::say(&format!("### A deadline\n\n- {plain:.2} µs; with two pauses {paused:.2} µs\n"));
    Ok(())
}

async fn run_jobs(app: &App) -> Result<(), Fatal> {
    while jobs::run_due(app).await? > 0 {}
    Ok(())
}

/// High priority under the standard policy: 4 hours to the first response, 24 to the resolution.
fn fill(app: &App, cases: i64) -> Result<(), Fatal> {
    const PORTION: i64 = 5000;
    for from in (0..cases).step_by(PORTION as usize) {
        app.write_blocking(Actor::System, move |work: &mut Work| {
            let begun = Time::parse(NOW).unwrap_or(work.now).plus_hours(-4).plus_millis(1000);
            for n in from..(from + PORTION).min(cases) {
                let created = if n < SUDDEN { begun } else { begun.plus_millis(2000 + n * 100) };
                work.execute(
                    "insert into crm_cases (subject, case_type_id, priority_id, created_at) values ($1, 1, 3, $2)",
                    &[&format!("Case {n}"), &created],
                )?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Recomputes every open case, portion by portion, while somebody reads and somebody writes.
async fn recompute(app: &App, cases: i64) -> Result<(), Fatal> {
    app.write(Actor::System, |work| sla::enqueue_recompute(work, sla::Scope::All)).await?;
    let done = Arc::new(AtomicBool::new(false));
    let asked = tokio::spawn(ask(app.clone(), cases, done.clone()));
    let (mut portions, begun) = (Vec::new(), Instant::now());
    loop {
        let portion = Instant::now();
        if jobs::run_due(app).await? == 0 {
            break;
        }
        portions.push(portion.elapsed());
    }
    let whole = begun.elapsed().as_secs_f64();
    done.store(true, Ordering::Relaxed);
    let (reads, writes) = asked.await??;
    commands::say(&format!(
        "- {cases} cases recomputed in {whole:.1} s; a portion {}; meanwhile a read {}, a write {}\n",
        spread(portions),
        spread(reads),
        spread(writes)
    ));
    Ok(())
}

async fn ask(app: App, cases: i64, done: Arc<AtomicBool>) -> Result<(Vec<Duration>, Vec<Duration>), Fatal> {
    let (mut reads, mut writes, mut case_id) = (Vec::new(), Vec::new(), 0);
    while !done.load(Ordering::Relaxed) {
        case_id = case_id % cases + 1;
        let begun = Instant::now();
        app.read(Class::Bounded, Actor::System, move |work| Case::find(work, case_id)).await?;
        reads.push(begun.elapsed());
        let begun = Instant::now();
        app.write(Actor::System, |work| {
            work.execute("update crm_settings set value = value where name = 'made_by'", &[])
        })
        .await?;
        writes.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok((reads, writes))
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
    let millis = |share| at(share).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    format!("{:.1} ms (p99 {:.1} ms)", millis(50), millis(99))
}

/// A new file for a measurement; what an earlier one left is removed.
pub fn sqlite(folder: &Path) -> Result<String, Fatal> {
    sqlite_file(folder, "sla")
}

/// The same, of this name.
pub fn sqlite_file(folder: &Path, name: &str) -> Result<String, Fatal> {
    std::fs::create_dir_all(folder)?;
    for end in ["", "-wal", "-shm"] {
        let left = folder.join(format!("{name}.db{end}"));
        if left.exists() {
            std::fs::remove_file(left)?;
        }
    }
    Ok(format!("sqlite:{}", folder.join(format!("{name}.db")).display()))
}
