//! Nobody is told `Ok` for a row that is gone, nor a definite error for one that stayed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use db::{Class, Db, Error, Options};

use crate::support::{Desk, sqlite};

const SCHEMA: &str = "create table log (n bigint not null primary key, filling blob not null)";

fn insert(db: &Db, n: i64, size: usize) -> Result<u64, Error> {
    db.write_blocking(move |tx| tx.execute("insert into log values ($1, $2)", &[&n, &vec![7u8; size]]))
}

fn stored(db: &Db) -> Vec<i64> {
    let rows = db.read_blocking(Class::Bounded, |tx| tx.query::<(i64,)>("select n from log order by n", &[]));
    rows.unwrap().into_iter().map(|(n,)| n).collect()
}

fn fill_from_many_threads(desk: &Desk, from: i64) -> Vec<(i64, Result<u64, Error>)> {
    let told = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for writer in 0..8 {
            let (db, told) = (&desk.db, &told);
            scope.spawn(move || {
                for n in 0..40 {
                    let n = from + writer * 1000 + n;
                    // Large and small ones: a small one may still fit where a large one did not.
                    let outcome = insert(db, n, if n % 3 == 0 { 30_000 } else { 500 });
                    told.lock().unwrap().push((n, outcome));
                }
            });
        }
    });
    told.into_inner().unwrap()
}

#[test]
fn a_full_disk_loses_nothing_and_keeps_nothing_by_mistake() {
    let desk = sqlite();
    desk.schema(SCHEMA);
    desk.write(|tx| tx.one::<(i64,)>("pragma max_page_count = 200", &[])).unwrap();
    let told = fill_from_many_threads(&desk, 0);
    let stored_now = stored(&desk.db);
    let mut full = 0;
    for (n, outcome) in &told {
        assert_eq!(outcome.is_ok(), stored_now.contains(n), "{n}: {outcome:?}");
        full += usize::from(matches!(outcome, Err(Error::Full(_))));
        assert!(matches!(outcome, Ok(1) | Err(Error::Full(_))), "{n}: {outcome:?}");
    }
    assert!(full > 0 && full < told.len(), "{full} of {} found it full", told.len());
    desk.write(|tx| tx.one::<(i64,)>("pragma max_page_count = 100000", &[])).unwrap();
    assert!(fill_from_many_threads(&desk, 100_000).iter().all(|(_, outcome)| outcome.is_ok()));
}

/// What the children below write to their output, a line a write.
fn report(n: i64, outcome: &Result<u64, Error>) {
    let word = match outcome {
        Ok(_) => "ok",
        Err(Error::OutcomeUnknown(_)) => "unknown",
        Err(_) => "failed",
    };
    say(n, word);
}

#[expect(clippy::print_stdout, reason = "it is how a child talks to its parent")]
fn say(n: i64, word: &str) {
    println!("told {n} {word}");
}

/// Starts this test program again to run `child` alone on the database at `url`.
fn child(prefix: &str, child: &str, url: &str) -> std::process::Child {
    let program = std::env::current_exe().unwrap();
    let line = format!("{prefix} exec \"$0\" --exact faults::{child} --ignored --nocapture --test-threads=1");
    Command::new("sh")
        .args(["-c", &line])
        .arg(program)
        .env("FAULTS_CHILD_URL", url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn told(line: &str) -> Option<(i64, String)> {
    // The harness prints a test's name on the same line as its first output.
    let (_, rest) = line.split_once("told ")?;
    let (n, word) = rest.split_once(' ')?;
    Some((n.parse().ok()?, word.to_owned()))
}

#[test]
#[ignore = "started by killed_at_any_moment_it_keeps_what_it_promised"]
fn child_that_writes_until_it_is_killed() {
    let db = Db::open(Options::new(std::env::var("FAULTS_CHILD_URL").unwrap())).unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let db = &db;
            scope.spawn(move || {
                for n in 0.. {
                    let n = writer * 1_000_000 + n;
                    report(n, &insert(db, n, 300));
                }
            });
        }
    });
}

#[test]
fn killed_at_any_moment_it_keeps_what_it_promised() {
    let desk = sqlite();
    desk.schema(SCHEMA);
    desk.db.clone().close();
    let mut promised = Vec::new();
    for round in 1..=3i64 {
        let db = Db::open(Options::new(&desk.url)).unwrap();
        db.write_blocking(|tx| tx.execute("delete from log", &[])).unwrap();
        db.close();
        promised.clear();
        let mut child = child("", "child_that_writes_until_it_is_killed", &desk.url);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines {
            if let Some((n, word)) = told(&line.unwrap()) {
                assert_eq!(word, "ok");
                promised.push(n);
            }
            if promised.len() as i64 == 150 * round {
                // Kills at once; what it had said until then is still in the pipe.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let db = Db::open(Options::new(&desk.url)).unwrap();
        let stored = stored(&db);
        assert!(promised.iter().all(|n| stored.binary_search(n).is_ok()));
        let check = db.read_blocking(Class::Bounded, |tx| tx.one::<(String,)>("pragma integrity_check", &[]));
        assert_eq!(check, Ok(("ok".into(),)));
    }
    assert!(promised.len() >= 450);
}

#[test]
#[ignore = "started by after_an_io_error_only_the_truth_is_told"]
fn child_whose_files_may_not_grow() {
    let db = Db::open(Options::new(std::env::var("FAULTS_CHILD_URL").unwrap())).unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let db = &db;
            scope.spawn(move || {
                for n in 0..100 {
                    let n = writer * 1000 + n;
                    report(n, &insert(db, n, if n % 5 == 0 { 20_000 } else { 300 }));
                }
            });
        }
    });
    // The connection was replaced, so reading works as before.
    say(-1, if stored(&db).is_empty() { "empty" } else { "alive" });
}

/// Beyond the limit on a file's size a write fails with an error that SQLite takes for an I/O error.
#[cfg(unix)]
#[test]
fn after_an_io_error_only_the_truth_is_told() {
    let desk = sqlite();
    desk.schema(SCHEMA);
    desk.db.clone().close();
    // Blocks of 512 bytes, or 1024 in some shells: half a megabyte or one.
    let child = child("trap '' XFSZ; ulimit -f 1000;", "child_whose_files_may_not_grow", &desk.url);
    let output = child.wait_with_output().unwrap();
    let lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().filter_map(told).collect();
    let db = Db::open(Options::new(&desk.url)).unwrap();
    let stored = stored(&db);
    for (n, word) in &lines {
        match word.as_str() {
            "ok" => assert!(stored.contains(n), "{n} is gone"),
            "failed" => assert!(!stored.contains(n), "{n} stayed"),
            _ => {}
        }
    }
    let count = |word: &str| lines.iter().filter(|(_, told)| told == word).count();
    assert!(count("ok") > 0 && count("unknown") + count("failed") > 0, "{lines:?}");
    assert_eq!(count("alive"), 1);
}
