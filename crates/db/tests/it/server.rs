//! What a PostgreSQL server may do to its clients.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use db::{Class, Db, Error, Options};

use crate::support::{Desk, postgres, postgres_with, run_sql, server};

fn terminate_all(desk: &Desk) {
    let name = desk.url.rsplit('/').next().unwrap().split('?').next().unwrap();
    run_sql(
        &server(),
        &format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
    );
}

#[test]
fn a_restart_between_transactions_goes_unnoticed() {
    let desk = postgres();
    desk.schema("create table log (n bigint not null)");
    for _ in 0..3 {
        terminate_all(&desk);
        desk.write(|tx| tx.execute("insert into log values (1)", &[])).unwrap();
        terminate_all(&desk);
        desk.int("select 1");
    }
    assert_eq!(desk.int("select count(*) from log"), 3);
}

/// A read is answered before its transaction ends; one left open would hold up the server's vacuum.
#[test]
fn a_read_leaves_no_transaction_open() {
    let desk = postgres();
    desk.int("select 1");
    let open = || {
        desk.int(
            "select count(*) from pg_stat_activity
             where datname = current_database() and state like 'idle in transaction%'",
        )
    };
    let is_over = (0..1_000).any(|_| open() == 0);
    assert!(is_over, "still open after a thousand reads");
}

#[test]
fn a_connection_lost_before_the_commit_is_retried_once() {
    let desk = postgres();
    desk.schema("create table log (n bigint not null)");
    let runs = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&runs);
    let outcome = desk.write(move |tx| {
        tx.execute("insert into log values (1)", &[])?;
        if seen.fetch_add(1, Ordering::Relaxed) == 0 {
            tx.query::<(bool,)>("select pg_terminate_backend(pg_backend_pid())", &[])?;
        }
        Ok(())
    });
    assert_eq!((outcome, runs.load(Ordering::Relaxed)), (Ok(()), 2));
    assert_eq!(desk.int("select count(*) from log"), 1);
    let hopeless = desk.write(|tx| tx.batch("select pg_terminate_backend(pg_backend_pid())"));
    assert!(matches!(hopeless, Err(Error::Unavailable(_))), "{hopeless:?}");
    assert_eq!(desk.int("select count(*) from log"), 1);
}

#[test]
fn a_connection_lost_during_the_commit_is_an_unknown_outcome() {
    let desk = postgres();
    desk.schema(
        "create table log (n bigint not null);
         create function die() returns trigger language plpgsql as
            $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
         create constraint trigger die after insert on log deferrable initially deferred
            for each row execute function die()",
    );
    let outcome = desk.write(|tx| tx.execute("insert into log values (1)", &[]));
    assert!(matches!(outcome, Err(Error::OutcomeUnknown(_))), "{outcome:?}");
    assert_eq!(desk.int("select count(*) from log"), 0);
}

#[test]
fn a_refused_commit_is_its_error() {
    let desk = postgres();
    desk.schema(
        "create table log (n bigint primary key);
         create table child (n bigint references log(n) deferrable initially deferred)",
    );
    let outcome = desk.write(|tx| tx.execute("insert into child values (1)", &[]));
    assert!(matches!(outcome, Err(Error::Constraint { .. })), "{outcome:?}");
}

#[test]
fn a_serialisation_failure_is_retried_and_then_given_up() {
    let desk = postgres();
    let fails = |times: u32| {
        let runs = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&runs);
        let outcome = desk.write(move |tx| {
            if seen.fetch_add(1, Ordering::Relaxed) < times {
                tx.batch("do $$ begin raise exception using errcode = '40001'; end $$")?;
            }
            Ok(())
        });
        (outcome, runs.load(Ordering::Relaxed))
    };
    assert_eq!(fails(5), (Ok(()), 6));
    let (outcome, runs) = fails(100);
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert_eq!(runs, 6);
}

#[test]
fn a_deadlock_is_resolved() {
    let desk = postgres();
    desk.schema("create table log (n bigint primary key, hits bigint not null); insert into log values (1, 0), (2, 0)");
    let meet = Arc::new(std::sync::Barrier::new(2));
    thread::scope(|scope| {
        for order in [[1i64, 2], [2, 1]] {
            let (desk, meet, first) = (&desk, Arc::clone(&meet), AtomicU32::new(0));
            scope.spawn(move || {
                desk.write(move |tx| {
                    let update = "update log set hits = hits + 1 where n = $1";
                    tx.execute(update, &[&order[0]])?;
                    if first.fetch_add(1, Ordering::Relaxed) == 0 {
                        meet.wait();
                    }
                    tx.execute(update, &[&order[1]])
                })
                .unwrap();
            });
        }
    });
    assert_eq!(desk.int("select cast(sum(hits) as bigint) from log"), 4);
    assert!(desk.db.stats().retries >= 1);
}

#[test]
fn a_plan_outdated_by_another_node_is_made_anew() {
    let desk = postgres_with(|options| options.pool_size = 1);
    desk.schema("create table log (n bigint not null); insert into log values (1)");
    let all = |columns: usize| {
        let rows = desk.read(|tx| tx.query::<Vec<db::Value>>("select * from log", &[])).unwrap();
        assert_eq!(rows[0].len(), columns);
    };
    all(1);
    run_sql(&desk.url, "alter table log add column m bigint");
    all(2);
}

#[test]
fn nobody_waits_for_ever() {
    let desk = postgres_with(|options| {
        options.pool_size = 1;
        options.acquire_timeout = Duration::from_millis(50);
        options.statement_timeout = Duration::from_millis(100);
    });
    let slow = desk.read(|tx| tx.query::<(String,)>("select cast(pg_sleep(60) as text)", &[]));
    assert!(matches!(slow, Err(Error::Unavailable(_))), "{slow:?}");
    let (open, gate) = mpsc::channel::<()>();
    let (start, started) = mpsc::channel();
    let gate = Mutex::new(gate);
    thread::scope(|scope| {
        let desk = &desk;
        scope.spawn(move || {
            desk.read(move |_| {
                start.send(()).ok();
                gate.lock().unwrap().recv().ok();
                Ok(())
            })
        });
        started.recv().unwrap();
        let refused = desk.read(|tx| tx.one::<(i64,)>("select 1", &[]));
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        drop(open);
    });
    let gone = Db::open(Options::new("postgres://nobody@127.0.0.1:1/nothing")).unwrap();
    let refused = gone.read_blocking(Class::Bounded, |tx| tx.one::<(i64,)>("select 1", &[]));
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(matches!(gone.migrate(&[], None), Err(Error::Unavailable(_))));
}

/// A server that takes connections and never says a word, as a stopped one does.
#[test]
fn a_silent_server_is_away() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://nobody@{}/nothing", silent.local_addr().unwrap());
    let mut options = Options::new(url);
    options.acquire_timeout = Duration::from_millis(50);
    let db = Db::open(options).unwrap();
    let refused = db.read_blocking(Class::Bounded, |tx| tx.one::<(i64,)>("select 1", &[]));
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    drop(silent);
}

#[test]
fn what_is_not_an_engine_is_refused() {
    assert!(matches!(Db::open(Options::new("mysql://x")).map(drop), Err(Error::Unsupported(_))));
}

#[test]
fn lists_are_arrays_where_the_server_wants_them() {
    let desk = postgres();
    desk.schema("create table log (tags text[] not null, amount numeric, at date)");
    let row = desk.write(|tx| {
        tx.execute(
            "insert into log values ($1, $2, $3)",
            &[&vec!["a".to_string(), "b \"c\"".into()], &-120_000, &"2026-03-02"],
        )?;
        tx.one::<(Vec<String>, String, String, i64)>(
            "select tags, cast(amount as text), cast(at as text), cast(array_length($1::bigint[], 1) as bigint)
             from log where tags = $2",
            &[&db::Json([1, 2, 3]), &vec!["a".to_string(), "b \"c\"".into()]],
        )
    });
    let tags = vec!["a".to_string(), "b \"c\"".into()];
    assert_eq!(row, Ok((tags, "-120000".into(), "2026-03-02".into(), 3)));
    let uncast = desk.read(|tx| tx.query::<(f64,)>("select sum(1)/3.0", &[]));
    assert!(matches!(&uncast, Err(Error::Decode(why)) if why.contains("cast")), "{uncast:?}");
}
