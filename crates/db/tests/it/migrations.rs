//! Migrations: once each, whatever the number of processes; never over a newer or an altered database.

use std::sync::Barrier;
use std::thread;

use db::{Db, Error, Options, Step};

use crate::both;
use crate::support::sqlite;

const fn step(number: u32, name: &'static str, text: &'static str) -> Step {
    Step { number, name, sqlite: text, postgres: text }
}

const ONE: Step = step(1, "things", "create table things (id {{id}}, at {{time}} not null default {{now}})");
const TWO: Step = step(2, "fill", "insert into things (id) values (1); insert into things (id) values (2)");
const THREE: Step = step(3, "parts", "create table parts (id {{id}}, thing_id bigint references things(id))");

both! {
    fn steps_are_applied_once(desk) {
        assert_eq!(desk.db.migrate(&[ONE, TWO], None), Ok(vec![1, 2]));
        assert_eq!(desk.db.migrate(&[ONE, TWO], None), Ok(vec![]));
        assert_eq!(desk.db.migrate(&[ONE, TWO, THREE], None), Ok(vec![3]));
        assert_eq!(desk.int("select count(*) from things"), 2);
        let named = desk.read(|tx| tx.query::<(i64, String)>("select number, name from schema_migrations order by 1", &[]));
        assert_eq!(named, Ok(vec![(1, "things".into()), (2, "fill".into()), (3, "parts".into())]));
    }

    fn what_is_missing_is_told_without_a_change(desk) {
        const STEPS: &[Step] = &[ONE, TWO];
        assert_eq!(desk.db.missing_steps(STEPS), Ok(vec![1, 2]));
        assert_eq!(desk.db.missing_steps(STEPS), Ok(vec![1, 2]));
        desk.db.migrate(&[ONE], None).unwrap();
        assert_eq!(desk.db.missing_steps(STEPS), Ok(vec![2]));
        desk.db.migrate(&[ONE, TWO, THREE], None).unwrap();
        assert_eq!(desk.db.missing_steps(STEPS), Err(Error::Newer { database: 3, program: 2 }));
    }

    fn a_newer_database_is_refused(desk) {
        desk.db.migrate(&[ONE, TWO, THREE], None).unwrap();
        assert_eq!(desk.db.migrate(&[ONE, TWO], None), Err(Error::Newer { database: 3, program: 2 }));
    }

    fn an_altered_step_is_named(desk) {
        desk.db.migrate(&[ONE], None).unwrap();
        let altered = Step { sqlite: "select 1", postgres: "select 1", ..ONE };
        for steps in [vec![altered], vec![step(0, "early", "select 1"), ONE]] {
            match desk.db.migrate(&steps, None) {
                Err(Error::Migration(why)) => assert!(why.contains("step 1 (things)"), "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }

    fn a_step_that_fails_leaves_nothing_and_the_earlier_ones_stay(desk) {
        let broken = step(2, "broken", "create table half (id {{id}}); insert into nowhere values (1)");
        match desk.db.migrate(&[ONE, broken], None) {
            Err(Error::Migration(why)) => assert!(why.contains("step 2 (broken)"), "{why}"),
            other => panic!("{other:?}"),
        }
        let unknown = step(2, "token", "create table half (id {{serial}})");
        assert!(matches!(desk.db.migrate(&[ONE, unknown], None), Err(Error::Migration(_))));
        assert_eq!(desk.db.migrate(&[ONE, step(2, "half", "create table half (id {{id}})")], None), Ok(vec![2]));
    }

    fn many_at_once_apply_each_step_once(desk) {
        let start = Barrier::new(4);
        let applied: Vec<u32> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| {
                let db = Db::open(Options::new(&desk.url)).unwrap();
                start.wait();
                db.migrate(&[ONE, TWO, THREE], None).unwrap()
            })).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let mut sorted = applied.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [1, 2, 3], "{applied:?}");
        assert_eq!(desk.int("select count(*) from things"), 2);
    }
}

#[test]
fn sqlite_is_backed_up_before_it_changes() {
    let desk = sqlite();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("before.db");
    desk.db.migrate(&[ONE], Some(&backup)).unwrap();
    assert!(!backup.exists(), "there was nothing to lose");
    desk.db.migrate(&[ONE], Some(&backup)).unwrap();
    assert!(!backup.exists(), "there was nothing to do");
    desk.db.migrate(&[ONE, TWO], Some(&backup)).unwrap();
    desk.db.migrate(&[ONE, TWO, THREE], Some(&backup)).unwrap();
    for (name, applied) in [("before.db", 1), ("before.db.2", 2)] {
        let copy = Db::open(Options::new(format!("sqlite:{}", folder.path().join(name).display()))).unwrap();
        let sql = "select count(*) from schema_migrations";
        let count = copy.read_blocking(db::Class::Bounded, move |tx| tx.one::<(i64,)>(sql, &[]));
        assert_eq!(count, Ok((applied,)), "{name}");
    }
}

#[test]
fn tables_can_be_rebuilt_but_no_reference_may_break() {
    let desk = sqlite();
    let child = step(
        3,
        "child",
        "create table child (thing_id bigint references things(id)); insert into child values (1)",
    );
    let rebuild = step(
        4,
        "rebuild",
        "create table fresh (id {{id}}); insert into fresh select id from things;
         drop table things; alter table fresh rename to things",
    );
    assert_eq!(desk.db.migrate(&[ONE, TWO, child, rebuild], None), Ok(vec![1, 2, 3, 4]));
    let breaking = step(5, "breaking", "delete from things");
    match desk.db.migrate(&[ONE, TWO, child, rebuild, breaking], None) {
        Err(Error::Migration(why)) => assert!(why.contains("step 5") && why.contains("child"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(desk.int("select count(*) from things"), 2);
}
