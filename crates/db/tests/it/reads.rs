//! Snapshots, deadlines, queues, and what is left open.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use db::{Class, Db, Error};

use crate::both;
use crate::support::{Desk, postgres_with, sqlite, sqlite_with};

const FOREVER: &str =
    "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c where n < 0";

fn a_slow_read_ends_at_its_deadline(desk: &Desk) {
    let late = desk.db.read_blocking(Class::Slow, |tx| tx.query::<(i64,)>(FOREVER, &[]));
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    let next = desk.db.read_blocking(Class::Slow, |tx| tx.one::<(i64,)>("select 1", &[]));
    assert_eq!(next, Ok((1,)), "the next one is not hurt");
}

fn more_slow_reads_than_may_wait_are_refused(desk: &Desk) {
    let (open, gate) = mpsc::channel::<()>();
    let (start, started) = mpsc::channel();
    let gate = Mutex::new(gate);
    let db = &desk.db;
    thread::scope(|scope| {
        let running = scope.spawn(move || {
            db.read_blocking(Class::Slow, move |_| {
                start.send(()).ok();
                gate.lock().unwrap().recv().ok();
                Ok::<_, Error>(())
            })
        });
        started.recv().unwrap();
        let waiting = scope.spawn(|| db.read_blocking(Class::Slow, |tx| tx.one::<(i64,)>("select 1", &[])));
        while db.stats().slow_queue == 0 {
            thread::yield_now();
        }
        let refused = db.read_blocking(Class::Slow, |tx| tx.one::<(i64,)>("select 1", &[]));
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        let bounded = db.read_blocking(Class::Bounded, |tx| tx.one::<(i64,)>("select 1", &[]));
        assert_eq!(bounded, Ok((1,)), "bounded reads go past");
        drop(open);
        assert_eq!(running.join().unwrap(), Ok(()));
        assert_eq!(waiting.join().unwrap(), Ok((1,)));
    });
}

fn narrow(options: &mut db::Options) {
    options.readers = 1;
    options.slow_queue = 1;
    options.pool_size = 2;
}

#[test]
fn a_slow_read_ends_at_its_deadline_sqlite() {
    a_slow_read_ends_at_its_deadline(&sqlite_with(|o| o.slow_deadline = Duration::from_millis(100)));
}

#[test]
fn a_slow_read_ends_at_its_deadline_postgres() {
    let quick = |o: &mut db::Options| o.slow_deadline = Duration::from_millis(100);
    a_slow_read_ends_at_its_deadline(&postgres_with(quick));
}

#[test]
fn more_slow_reads_than_may_wait_are_refused_sqlite() {
    more_slow_reads_than_may_wait_are_refused(&sqlite_with(narrow));
}

#[test]
fn more_slow_reads_than_may_wait_are_refused_postgres() {
    more_slow_reads_than_may_wait_are_refused(&postgres_with(narrow));
}

both! {
    fn a_read_sees_one_snapshot(desk) {
        desk.schema("create table log (n bigint not null)");
        let writer = desk.db.clone();
        let counts = desk.read(move |tx| {
            let before = tx.one::<(i64,)>("select count(*) from log", &[])?;
            let writer = writer.clone();
            thread::spawn(move || {
                writer.write_blocking(|tx| tx.execute("insert into log values (1)", &[])).unwrap();
            }).join().unwrap();
            Ok((before, tx.one::<(i64,)>("select count(*) from log", &[])?))
        }).unwrap();
        assert_eq!(counts, ((0,), (0,)));
        assert_eq!(desk.int("select count(*) from log"), 1);
    }

    fn asynchronous_callers_are_served(desk) {
        desk.schema("create table log (n bigint not null)");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let db = desk.db.clone();
        runtime.block_on(async move {
            let writes: Vec<_> = (0..50i64).map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(move |tx| tx.execute("insert into log values ($1)", &[&n])).await
                })
            }).collect();
            for write in writes {
                assert_eq!(write.await.unwrap(), Ok(1));
            }
            for class in [Class::Bounded, Class::Slow] {
                let count = db.read(class, |tx| tx.one::<(i64,)>("select count(*) from log", &[])).await;
                assert_eq!(count, Ok((50,)));
            }
            assert!(db.data_version().await.is_ok());
            // The last handle may go away on the runtime's own threads.
            drop(db);
        });
    }

    fn many_rows_are_streamed(desk) {
        let sql = "with recursive c(n) as (select 1 union all select n + 1 from c where n < 100000)
                   select cast(n as bigint) from c";
        let total = desk.read(move |tx| {
            let mut total = 0;
            tx.each::<(i64,), Error>(sql, &[], |(n,)| {
                total += n;
                Ok(std::ops::ControlFlow::Continue(()))
            })?;
            let mut seen = 0;
            let stopped = tx.each::<(i64,), Error>(sql, &[], |(n,)| {
                seen += 1;
                if n == 3 { Err(Error::NoRow) } else { Ok(std::ops::ControlFlow::Continue(())) }
            });
            assert_eq!((stopped, seen), (Err(Error::NoRow), 3));
            Ok((total, tx.one::<(i64,)>("select 7", &[])?.0))
        }).unwrap();
        assert_eq!(total, (5_000_050_000, 7));
    }
}

#[test]
fn a_read_inside_a_read_is_refused_not_deadlocked() {
    let desk = sqlite();
    let db = desk.db.clone();
    let inner = desk
        .read(move |_| Ok(db.read_blocking(Class::Bounded, |tx| tx.one::<(i64,)>("select 1", &[]))))
        .unwrap();
    assert!(matches!(inner, Err(Error::Unsupported(_))), "{inner:?}");
}

#[test]
fn data_version_tells_of_foreign_writes_only() {
    let desk = sqlite();
    desk.schema("create table log (n bigint not null)");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let version = || runtime.block_on(desk.db.data_version()).unwrap();
    let before = version();
    desk.write(|tx| tx.execute("insert into log values (1)", &[])).unwrap();
    assert_eq!(version(), before);
    let foreign = Db::open(db::Options::new(&desk.url)).unwrap();
    foreign.write_blocking(|tx| tx.execute("insert into log values (2)", &[])).unwrap();
    assert_ne!(version(), before);
}

#[test]
fn a_backup_is_whole_private_and_never_replaces_a_file() {
    let desk = sqlite();
    desk.schema("create table log (n bigint not null); insert into log values (1)");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    desk.db.backup(&copy).unwrap();
    assert!(matches!(desk.db.backup(&copy), Err(Error::Unsupported(_))));
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["copy.db"], "nothing is left beside it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&copy), 0o600);
        assert_eq!(mode(std::path::Path::new(desk.url.strip_prefix("sqlite:").unwrap())), 0o600);
    }
    let copy = Db::open(db::Options::new(format!("sqlite:{}", copy.display()))).unwrap();
    let count = copy.read_blocking(Class::Bounded, |tx| tx.one::<(i64,)>("select count(*) from log", &[]));
    assert_eq!(count, Ok((1,)));
}

/// Connections of threads that are still alive must go too.
#[cfg(target_os = "linux")]
#[test]
fn closing_leaves_no_file_open() {
    let desk = sqlite();
    let (done, finished) = mpsc::channel();
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (db, done) = (desk.db.clone(), done.clone());
            let (go, wait) = mpsc::channel::<()>();
            let thread = thread::spawn(move || {
                db.read_blocking(Class::Bounded, |tx| tx.one::<(i64,)>("select 1", &[])).unwrap();
                drop(db);
                done.send(()).unwrap();
                wait.recv().ok();
            });
            (go, thread)
        })
        .collect();
    threads.iter().for_each(|_| finished.recv().unwrap());
    desk.db.read_blocking(Class::Slow, |tx| tx.one::<(i64,)>("select 1", &[])).unwrap();
    let path = std::path::PathBuf::from(desk.url.strip_prefix("sqlite:").unwrap());
    let open = || {
        let links = std::fs::read_dir("/proc/self/fd").unwrap();
        let links = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok());
        links.filter(|link| link.starts_with(path.parent().unwrap())).count()
    };
    assert!(open() > 0);
    desk.db.clone().close();
    assert_eq!(open(), 0);
    assert!(!path.with_extension("db-wal").exists(), "the WAL is folded in");
    for (go, thread) in threads {
        drop(go);
        thread.join().unwrap();
    }
}

/// There is always some read under way, so the WAL could never be begun afresh if writers did not wait. Its
/// file keeps the length it once had, so its size is its greatest length.
#[test]
fn the_wal_stays_below_its_cap_however_readers_overlap() {
    let cap = 2 << 20;
    let desk = sqlite_with(|options| {
        options.wal_cap = cap;
        options.durable = false;
        options.readers = 3;
    });
    desk.schema("create table log (n bigint not null, filling blob not null)");
    let wal = format!("{}-wal", desk.url.strip_prefix("sqlite:").unwrap());
    let db = &desk.db;
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(move || {
                let long = "with recursive c(n) as (select 1 union all select n + 1 from c where n < 100000)
                            select count(*) from c, (select count(*) from log)";
                while !over.load(Ordering::Relaxed) {
                    db.read_blocking(Class::Slow, move |tx| tx.one::<(i64,)>(long, &[])).unwrap();
                }
            });
        }
        let longest = (0..500i64).map(|n| {
            let written = db.write_blocking(move |tx| {
                tx.execute("insert into log values ($1, $2)", &[&n, &vec![7u8; 64 << 10]])
            });
            assert_eq!(written, Ok(1));
            std::fs::metadata(&wal).unwrap().len()
        });
        let longest = longest.max();
        over.store(true, Ordering::Relaxed);
        // The transaction that reaches the cap goes beyond it.
        assert!(longest < Some(cap + (256 << 10)), "{longest:?}");
    });
}
