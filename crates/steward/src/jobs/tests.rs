//! The fencing token: a node whose lease ran out ends no job that another has taken over.

use db::{Db, Options};

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::schema::STEPS;

fn desk(folder: &std::path::Path) -> (App, Clock) {
    let db = Db::open(Options::new(format!("sqlite:{}", folder.join("jobs.db").display()))).unwrap();
    db.migrate(STEPS, None).unwrap();
    let config = Config::load(None, std::iter::empty(), toml::Table::new()).unwrap();
    let clock = Clock::at(Time::parse("2026-03-02T09:00:00Z").unwrap());
    (App::new(db, config, clock.clone(), None), clock)
}

fn state(app: &App) -> (String, i64, i64) {
    app.write_blocking(Actor::System, |work| {
        work.one("select state, attempts, lease_token from crm_jobs", &[])
    })
    .unwrap()
}

#[test]
fn a_lease_that_ran_out_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (app, clock) = desk(folder.path());
    app.write_blocking(Actor::System, |work| {
        let now = work.now;
        enqueue(work, &Job::React { event_id: 0 }, now, None)
    })
    .unwrap();
    let claimed = || app.write_blocking(Actor::System, |work| claim(work, Lane::Inside, 5)).unwrap();
    let slow = claimed().remove(0);
    assert!(claimed().is_empty(), "it is leased");
    clock.set(clock.now().plus_millis(LEASE_SECONDS * 1000));
    assert!(claimed().is_empty(), "to the last moment of its lease");
    clock.set(clock.now().plus_millis(1));
    let quick = claimed().remove(0);
    assert_eq!(state(&app), ("waiting".into(), 2, 2));
    // The first node comes back: neither its success nor its failure counts.
    let late = slow.clone();
    app.write_blocking(Actor::System, move |work| run_and_end(work, &late)).unwrap();
    app.write_blocking(Actor::System, move |work| put_off(work, &slow, "too late")).unwrap();
    assert_eq!(state(&app), ("waiting".into(), 2, 2));
    let again = quick.clone();
    app.write_blocking(Actor::System, move |work| run_and_end(work, &quick)).unwrap();
    assert_eq!(state(&app), ("done".into(), 2, 2));
    // What is done is not done again, nor put off.
    app.write_blocking(Actor::System, move |work| put_off(work, &again, "after the end")).unwrap();
    assert_eq!(state(&app).0, "done");
}

#[test]
fn a_job_that_waits_under_a_key_is_not_enqueued_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (app, _) = desk(folder.path());
    for event_id in [1, 2] {
        app.write_blocking(Actor::System, move |work| {
            let now = work.now;
            enqueue(work, &Job::React { event_id }, now, Some("one"))
        })
        .unwrap();
    }
    let count = |sql: &'static str| -> i64 {
        app.write_blocking(Actor::System, move |work| work.one::<(i64,)>(sql, &[])).unwrap().0
    };
    assert_eq!(count("select count(*) from crm_jobs"), 1);
    app.write_blocking(Actor::System, |work| enqueue_anew(work, &Job::React { event_id: 3 }, "one")).unwrap();
    assert_eq!(count("select count(*) from crm_jobs where payload like '%3%'"), 1);
}
