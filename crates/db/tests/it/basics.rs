//! Statements, values, errors: the same on both engines.

use std::ops::ControlFlow;

use db::{Class, Constraint, Error, Json, Value};
use jiff::Timestamp;

use crate::both;

db::record! {
    #[derive(Debug, Clone, PartialEq)]
    struct Thing {
        id: i64,
        name: String,
        is_active: bool,
        size: Option<f64>,
        at: Timestamp,
        data: serde_json::Value,
        raw: Option<Vec<u8>>,
    }
}

const THINGS: &str = "create table things (
    id {{id}},
    name text{{c}} not null unique,
    is_active {{bool}} not null default {{true}},
    size {{float}},
    at {{time}} not null default {{now}},
    data {{json}} not null default '{}',
    raw {{bytes}},
    constraint things_name_filled check (length(name) > 0)
);
create table parts (
    id {{id}},
    thing_id bigint not null references things(id),
    a bigint not null, b bigint not null,
    unique (a, b)
);";

const COLUMNS: &str = "id, name, is_active, size, at, data, raw";

both! {
    fn values_go_in_and_come_back(desk) {
        desk.schema(THINGS);
        let at: Timestamp = "2026-03-02T17:01:00.0129Z".parse().unwrap();
        let thing = desk.write(move |tx| {
            tx.one::<Thing>(
                &format!("insert into things (name, is_active, size, at, data, raw)
                          values ($1, $2, $3, $4, $5, $6) returning {COLUMNS}"),
                &[&"a 'quoted' näme", &false, &1.5, &at, &Json(vec!["x", "y"]), &vec![0u8, 255]],
            )
        }).unwrap();
        let back = desk.read(|tx| {
            tx.one::<Thing>(&format!("select {COLUMNS} from things where name = $1"), &[&"a 'quoted' näme"])
        }).unwrap();
        assert_eq!(thing, back);
        assert_eq!(back.at.to_string(), "2026-03-02T17:01:00.012Z");
        assert_eq!(back.data, serde_json::json!(["x", "y"]));
        assert_eq!((back.id, back.is_active, back.size), (1, false, Some(1.5)));
        assert_eq!(back.raw, Some(vec![0, 255]));
    }

    fn parameters_are_bound_by_number_whatever_their_order(desk) {
        let row = desk.read(|tx| {
            tx.one::<(i64, String, i64)>(
                "select cast($2 as bigint), cast($1 as text), cast($2 as bigint) + cast($3 as bigint)",
                &[&"one", &2, &3],
            )
        }).unwrap();
        assert_eq!(row, (2, "one".into(), 5));
        for (sql, params) in [("select cast($1 as bigint)", 2), ("select cast($2 as bigint)", 1)] {
            let wrong = desk.read(move |tx| {
                let one: &dyn db::ToParam = &1i64;
                tx.query::<(i64,)>(sql, &vec![one; params])
            });
            assert!(matches!(wrong, Err(Error::Param(_) | Error::Sql { .. })), "{wrong:?}");
        }
    }

    fn nulls_and_dynamic_values(desk) {
        desk.schema(THINGS);
        desk.write(|tx| {
            let params: Vec<Value> = vec!["n".into(), None::<i64>.into(), true.into()];
            let params: Vec<&dyn db::ToParam> = params.iter().map(|v| v as &dyn db::ToParam).collect();
            tx.execute("insert into things (name, size, is_active) values ($1, $2, $3)", &params)
        }).unwrap();
        let row = desk.read(|tx| {
            tx.one::<(Option<f64>, bool, Option<Vec<u8>>)>("select size, is_active, raw from things where is_active", &[])
        }).unwrap();
        assert_eq!(row, (None, true, None));
    }

    fn the_number_of_rows_matters(desk) {
        desk.schema(THINGS);
        desk.write(|tx| {
            assert_eq!(tx.one::<(i64,)>("select id from things", &[]), Err(Error::NoRow));
            assert_eq!(tx.optional::<(i64,)>("select id from things", &[]), Ok(None));
            assert_eq!(tx.execute("insert into things (name) values ($1), ($2)", &[&"a", &"b"]), Ok(2));
            assert_eq!(tx.one::<(i64,)>("select id from things", &[]), Err(Error::ManyRows));
            assert_eq!(tx.execute("update things set size = $1 where name = $2", &[&1.0, &"z"]), Ok(0));
            let mut seen = Vec::new();
            tx.each::<(String,), Error>("select name from things order by name", &[], |(name,)| {
                seen.push(name);
                Ok(ControlFlow::Break(()))
            })?;
            assert_eq!(seen, ["a"]);
            Ok(())
        }).unwrap();
        assert_eq!(desk.int("select count(*) from things"), 2);
    }

    fn constraints_have_the_same_names(desk) {
        desk.schema(THINGS);
        desk.write(|tx| {
            tx.batch("insert into things (name) values ('a'); insert into parts (thing_id, a, b) values (1, 1, 1)")
        }).unwrap();
        for (sql, kind, name) in [
            ("insert into things (name) values ('a')", Constraint::Unique, "things.name"),
            ("insert into parts (thing_id, a, b) values (1, 1, 1)", Constraint::Unique, "parts.a,b"),
            ("insert into things (name) values ('')", Constraint::Check, "things_name_filled"),
            ("insert into things (name) values (null)", Constraint::NotNull, "things.name"),
        ] {
            match desk.write(move |tx| tx.execute(sql, &[])) {
                Err(Error::Constraint { kind: got, name: called, .. }) => {
                    assert_eq!((got, called.as_str()), (kind, name), "{sql}");
                }
                other => panic!("{sql}: {other:?}"),
            }
        }
        let orphan = desk.write(|tx| tx.execute("insert into parts (thing_id, a, b) values (9, 2, 2)", &[]));
        assert!(matches!(orphan, Err(Error::Constraint { kind: Constraint::ForeignKey, .. })), "{orphan:?}");
    }

    fn a_failed_statement_poisons_what_follows(desk) {
        desk.schema(THINGS);
        let outcome = desk.write(|tx| {
            tx.execute("insert into things (name) values ('kept?')", &[])?;
            let first = tx.execute("insert into things (name) values ('')", &[]);
            assert!(matches!(first, Err(Error::Constraint { .. })), "{first:?}");
            let second = tx.execute("insert into things (name) values ('after')", &[]);
            assert!(matches!(second, Err(Error::Poisoned(_))), "{second:?}");
            Ok(())
        });
        assert!(matches!(outcome, Err(Error::Constraint { .. })), "{outcome:?}");
        assert_eq!(desk.int("select count(*) from things"), 0);
    }

    fn what_cannot_be_stored_alike_is_refused(desk) {
        desk.schema(THINGS);
        let bad: [fn() -> Value; 4] = [
            || "a\0b".into(),
            || f64::NAN.into(),
            || serde_json::json!("\0").into(),
            || Timestamp::MIN.into(),
        ];
        for bad in bad {
            let refused = desk.write(move |tx| tx.execute("insert into things (name) values ($1)", &[&bad()]));
            assert!(matches!(refused, Err(Error::Param(_))), "{refused:?}");
        }
        assert_eq!(desk.int("select count(*) from things"), 0);
    }

    fn a_mistake_in_sql_says_where(desk) {
        let mistake = desk.read(|tx| tx.query::<(i64,)>("select 1 frm nothing", &[]));
        assert!(matches!(&mistake, Err(Error::Sql { sql, .. }) if sql == "select 1 frm nothing"), "{mistake:?}");
        // The connection is as good as new.
        assert_eq!(desk.int("select 1"), 1);
    }

    fn columns_must_bear_the_names_of_the_fields(desk) {
        desk.schema(THINGS);
        desk.write(|tx| tx.execute("insert into things (name) values ('a')", &[])).unwrap();
        let swapped = desk.read(|tx| {
            tx.query::<Thing>("select id, name, is_active, size, at, raw as raw_data, data from things", &[])
        });
        match swapped {
            Err(Error::Decode(why)) => assert!(why.contains("`data`") && why.contains("`raw_data`"), "{why}"),
            other => panic!("{other:?}"),
        }
    }

    fn a_panic_costs_only_its_own_closure(desk) {
        desk.schema(THINGS);
        let panicked = desk.write(|tx| -> Result<(), Error> {
            tx.execute("insert into things (name) values ('a')", &[])?;
            panic!("on purpose")
        });
        assert_eq!(panicked, Err(Error::Panicked("on purpose".into())));
        let panicked = desk.read(|_| -> Result<(), Error> { panic!("on purpose") });
        assert_eq!(panicked, Err(Error::Panicked("on purpose".into())));
        assert_eq!(desk.write(|tx| tx.execute("insert into things (name) values ('b')", &[])), Ok(1));
        assert_eq!(desk.int("select count(*) from things"), 1);
    }

    fn a_read_cannot_write(desk) {
        desk.schema(THINGS);
        for class in [Class::Bounded, Class::Slow] {
            let refused = desk.db.read_blocking(class, |tx| {
                tx.execute("insert into things (name) values ('a')", &[])
            });
            assert!(matches!(refused, Err(Error::Sql { .. })), "{refused:?}");
        }
        assert_eq!(desk.int("select count(*) from things"), 0);
    }

    fn a_closed_database_says_so(desk) {
        desk.db.clone().close();
        let gone = |outcome: Result<u64, Error>| assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
        gone(desk.write(|tx| tx.execute("select 1", &[])));
        gone(desk.read(|tx| tx.execute("select 1", &[])));
        gone(desk.db.read_blocking(Class::Slow, |tx| tx.execute("select 1", &[])));
    }

    fn the_hook_runs_before_commits(desk) {
        desk.schema("create table log (n bigint not null check (n < 3)); create table seen (n bigint not null)");
        desk.db.before_commit(|tx| {
            tx.execute("insert into seen select count(*) from log", &[]).map(drop)
        });
        desk.write(|tx| tx.execute("insert into log values (1)", &[])).unwrap();
        desk.write(|tx| tx.execute("insert into log values (7)", &[])).unwrap_err();
        assert_eq!(desk.int("select count(*) from seen"), 1);
        desk.db.before_commit(|tx| tx.execute("insert into log values (9)", &[]).map(drop));
        let refused = desk.write(|tx| tx.execute("insert into log values (2)", &[]));
        assert!(matches!(refused, Err(Error::Constraint { .. })), "{refused:?}");
        assert_eq!(desk.int("select count(*) from log"), 1);
    }

    fn triggers_refuse_by_name(desk) {
        desk.schema(THINGS);
        desk.write(|tx| tx.batch(match tx.dialect() {
            db::Dialect::Sqlite => "create trigger no_delete before delete on things
                begin select raise(abort, 'things stay'); end",
            db::Dialect::Postgres => "create function refuse() returns trigger language plpgsql as
                $$ begin raise exception 'things stay'; end $$;
                create trigger no_delete before delete on things for each row execute function refuse()",
        })).unwrap();
        desk.write(|tx| tx.execute("insert into things (name) values ('a')", &[])).unwrap();
        let refused = desk.write(|tx| tx.execute("delete from things", &[]));
        assert_eq!(refused, Err(Error::Raised("things stay".into())));
    }

    fn dialect_fragments_agree(desk) {
        let (minutes, greatest, least) = desk.read(|tx| {
            let d = tx.dialect();
            let at = |text: &str| match d {
                db::Dialect::Sqlite => format!("'{text}'"),
                db::Dialect::Postgres => format!("timestamptz '{text}'"),
            };
            let minutes = d.minutes_between(&at("2026-03-02T17:00:00.000Z"), &at("2026-03-02T18:00:30.600Z"));
            let sql = format!("select {minutes}, {}, {}", d.greatest("1", "2"), d.least("1", "2"));
            tx.one::<(f64, i64, i64)>(&sql, &[])
        }).unwrap();
        assert!((minutes - 60.51).abs() < 1e-6, "{minutes}");
        assert_eq!((greatest, least), (2, 1));
        let among = desk.read(|tx| {
            let d = tx.dialect();
            let sql = format!(
                "select {}, {}, {}",
                d.among_ints("cast(2 as bigint)", "$1"),
                d.among_texts("cast('b' as text)", "$2"),
                d.json_text("'{\"k\": \"v\"}'", "k"),
            );
            tx.one::<(bool, bool, String)>(&sql, &[&Json([1, 2]), &vec!["a".to_string()]])
        });
        assert_eq!(among, Ok((true, false, "v".into())));
        desk.schema(THINGS);
        desk.write(|tx| {
            tx.execute("insert into things (id, name) values (41, 'x')", &[])?;
            let reset = tx.dialect().reset_identity("things", "id");
            tx.batch(&reset)?;
            assert_eq!(tx.one::<(i64,)>("insert into things (name) values ('y') returning id", &[])?.0, 42);
            tx.query::<(i64,)>(&format!("select id from things order by id{}", tx.dialect().for_update()), &[])
        }).unwrap();
    }
}
