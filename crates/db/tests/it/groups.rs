//! Group commit: closures that share a commit do not share their fate.

use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;

use db::{Db, Error, Tx};

use crate::support::{Desk, sqlite, sqlite_with};

type Closure = Box<dyn Fn(&mut Tx<'_>) -> Result<u64, Error> + Send + Sync>;

/// Keeps the writer busy until all closures wait, so that they make up one group; their outcomes in order.
fn as_one_group(db: &Db, closures: Vec<Closure>) -> Vec<Result<u64, Error>> {
    let (open, gate) = mpsc::channel::<()>();
    let (start, started) = mpsc::channel();
    let gate = Mutex::new(gate);
    thread::scope(|scope| {
        scope.spawn(move || {
            db.write_blocking(move |_| {
                start.send(()).ok();
                gate.lock().unwrap().recv().ok();
                Ok::<_, Error>(())
            })
            .unwrap();
        });
        started.recv().unwrap();
        let waiting: Vec<_> = closures
            .into_iter()
            .enumerate()
            .map(|(index, closure)| {
                let handle = scope.spawn(move || db.write_blocking(closure));
                while db.stats().write_queue <= index {
                    thread::yield_now();
                }
                handle
            })
            .collect();
        drop(open);
        waiting.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

fn insert(n: i64) -> Closure {
    Box::new(move |tx| tx.execute("insert into log values ($1)", &[&n]))
}

fn desk() -> Desk {
    let desk = sqlite();
    desk.schema(
        "create table log (n bigint not null primary key check (n < 100));
         create table child (n bigint references log(n));",
    );
    desk
}

fn rows(desk: &Desk) -> Vec<i64> {
    let rows = desk.read(|tx| tx.query::<(i64,)>("select n from log order by n", &[])).unwrap();
    rows.into_iter().map(|(n,)| n).collect()
}

#[test]
fn an_error_or_a_panic_hurts_no_neighbour() {
    let desk = desk();
    let before = desk.db.stats();
    let outcomes = as_one_group(
        &desk.db,
        vec![
            insert(1),
            Box::new(|tx| {
                tx.execute("insert into log values (2)", &[])?;
                tx.execute("insert into log values (100)", &[])
            }),
            insert(3),
            Box::new(|tx| {
                tx.execute("insert into log values (4)", &[])?;
                panic!("on purpose")
            }),
            Box::new(|tx| {
                tx.execute("insert into log values (5)", &[])?;
                Err(Error::NoRow)
            }),
            insert(6),
            insert(1),
        ],
    );
    assert_eq!(rows(&desk), [1, 3, 6]);
    assert_eq!((&outcomes[0], &outcomes[2], &outcomes[5]), (&Ok(1), &Ok(1), &Ok(1)));
    assert!(matches!(outcomes[1], Err(Error::Constraint { .. })), "{outcomes:?}");
    assert_eq!(outcomes[3], Err(Error::Panicked("on purpose".into())));
    assert_eq!(outcomes[4], Err(Error::NoRow));
    assert!(matches!(outcomes[6], Err(Error::Constraint { .. })), "{outcomes:?}");
    let after = desk.db.stats();
    // Usually two, the gate's and the one of all others; a slow machine makes the group end earlier.
    assert!(after.groups - before.groups < 8, "one commit each");
    assert_eq!(after.broken_groups, 0);
}

#[test]
fn a_commit_that_fails_is_the_fault_of_one() {
    let desk = desk();
    let outcomes = as_one_group(
        &desk.db,
        vec![
            insert(1),
            Box::new(|tx| {
                // The engine notices only when it commits.
                tx.batch("pragma defer_foreign_keys = on")?;
                tx.execute("insert into child values (77)", &[])
            }),
            insert(2),
        ],
    );
    assert_eq!(rows(&desk), [1, 2]);
    assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(1), &Ok(1)));
    assert!(matches!(outcomes[1], Err(Error::Constraint { .. })), "{outcomes:?}");
    assert_eq!(desk.db.stats().broken_groups, 1);
}

#[test]
fn a_transaction_that_ends_inside_a_savepoint_is_begun_again() {
    let desk = desk();
    let outcomes = as_one_group(
        &desk.db,
        vec![
            insert(1),
            // Ends the whole transaction as a full disk does, without telling the others.
            Box::new(|tx| tx.execute("insert or rollback into log values (1)", &[])),
            insert(2),
        ],
    );
    assert_eq!(rows(&desk), [1, 2]);
    assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(1), &Ok(1)));
    assert!(matches!(outcomes[1], Err(Error::Constraint { .. })), "{outcomes:?}");
    assert_eq!(desk.db.stats().broken_groups, 1);
}

#[test]
fn a_failing_hook_fails_only_what_it_was_run_for() {
    let desk = desk();
    desk.db.before_commit(|tx| match tx.one::<(i64,)>("select count(*) from log where n = 13", &[])? {
        (0,) => Ok(()),
        _ => Err(Error::Raised("unlucky".into())),
    });
    let outcomes = as_one_group(&desk.db, vec![insert(1), insert(13), insert(2)]);
    assert_eq!(outcomes, [Ok(1), Err(Error::Raised("unlucky".into())), Ok(1)]);
    assert_eq!(rows(&desk), [1, 2]);
}

#[test]
fn without_group_commit_each_write_has_its_own() {
    let desk = sqlite_with(|options| options.group_commit = false);
    desk.schema("create table log (n bigint not null)");
    let before = desk.db.stats().groups;
    as_one_group(&desk.db, (0..5).map(insert).collect());
    assert_eq!(desk.db.stats().groups - before, 6);
}

#[test]
fn closing_runs_the_writes_that_wait() {
    let desk = desk();
    let (open, gate) = mpsc::channel::<()>();
    let (start, started) = mpsc::channel();
    let gate = Mutex::new(gate);
    let db = &desk.db;
    thread::scope(|scope| {
        let first = scope.spawn(move || {
            db.write_blocking(move |_| {
                start.send(()).ok();
                gate.lock().unwrap().recv().ok();
                Ok::<_, Error>(1)
            })
        });
        started.recv().unwrap();
        let second = scope.spawn(move || db.write_blocking(insert(1)));
        while db.stats().write_queue == 0 {
            thread::yield_now();
        }
        let closing = scope.spawn(|| db.clone().close());
        drop(open);
        assert_eq!(first.join().unwrap(), Ok(1));
        assert_eq!(second.join().unwrap(), Ok(1));
        closing.join().unwrap();
    });
    let again = Db::open(db::Options::new(&desk.url)).unwrap();
    let count =
        again.read_blocking(db::Class::Bounded, |tx| tx.one::<(i64,)>("select count(*) from log", &[]));
    assert_eq!(count, Ok((1,)));
}

/// Dropping the database on a thread that closing it would wait for.
#[test]
fn the_last_handle_may_go_with_a_closure() {
    struct Held {
        /// Dropped, and so closed, before the other field tells of it.
        _db: Db,
        _dropped: mpsc::Sender<()>,
    }
    let desk = desk();
    let url = desk.url.clone();
    desk.db.clone().close();
    let db = Db::open(db::Options::new(&url)).unwrap();
    let (dropped, gone) = mpsc::channel();
    let held = Held { _db: db.clone(), _dropped: dropped };
    let (open, gate) = mpsc::channel::<()>();
    let (start, started) = mpsc::channel();
    let gate = Mutex::new(gate);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let caller = runtime.spawn(async move {
        db.write(move |tx| {
            let _held = &held;
            start.send(()).ok();
            gate.lock().unwrap().recv().ok();
            tx.execute("insert into log values (1)", &[])
        })
        .await
    });
    started.recv().unwrap();
    caller.abort();
    assert!(runtime.block_on(caller).unwrap_err().is_cancelled());
    drop(open);
    gone.recv().unwrap_err();
    let again = Db::open(db::Options::new(&url)).unwrap();
    let count =
        again.read_blocking(db::Class::Bounded, |tx| tx.one::<(i64,)>("select count(*) from log", &[]));
    assert_eq!(count, Ok((1,)), "a write that has begun is finished, whether or not anyone waits");
}
