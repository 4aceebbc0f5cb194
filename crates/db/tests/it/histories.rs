//! The same history of transactions has the same answers on both engines.

use db::{Constraint, Db, Error, Json, Param, Tx, Value};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::support::{postgres, sqlite};

const SCHEMA: &str = "
drop table if exists items;
create table items (
    id {{id}},
    name text{{c}} unique,
    amount bigint constraint items_amount_small check (amount < 50),
    ratio {{float}},
    is_open {{bool}} not null,
    at {{time}},
    data {{json}} not null
)";

#[derive(Debug, Clone)]
enum Op {
    Insert { name: Option<String>, amount: i64, ratio: Option<f64>, open: bool, at: i64, data: Vec<String> },
    Upsert { name: String, amount: i64 },
    Raise { by: i64, below: i64 },
    Toggle { open: bool },
    Delete { name: String },
    Find { name: String },
    Sums,
    Wrong,
}

fn op() -> impl Strategy<Value = Op> {
    let name = || prop::sample::select(vec!["a", "B", "ä", "", "x'y", "%", "漢字"]).prop_map(str::to_owned);
    prop_oneof![
        4 => (
            prop::option::of(name()), -10..55i64, prop::option::of(-1e6..1e6f64), any::<bool>(),
            0..4_000_000_000_000i64, prop::collection::vec("[a-z\"\\\\ ]{0,4}", 0..3),
        ).prop_map(|(name, amount, ratio, open, at, data)| Op::Insert { name, amount, ratio, open, at, data }),
        2 => (name(), 0..60i64).prop_map(|(name, amount)| Op::Upsert { name, amount }),
        1 => (0..5i64, 0..60i64).prop_map(|(by, below)| Op::Raise { by, below }),
        1 => any::<bool>().prop_map(|open| Op::Toggle { open }),
        1 => name().prop_map(|name| Op::Delete { name }),
        1 => name().prop_map(|name| Op::Find { name }),
        1 => Just(Op::Sums),
        1 => Just(Op::Wrong),
    ]
}

db::record! {
    #[derive(Debug, Clone, PartialEq)]
    struct Item {
        id: i64,
        name: Option<String>,
        amount: Option<i64>,
        ratio: Option<f64>,
        is_open: bool,
        at: Option<Timestamp>,
        data: Json<Vec<String>>,
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Answer {
    Changed(u64),
    Items(Vec<Item>),
    Sums(Option<i64>, i64, Option<f64>),
    Broke(Constraint, String),
    Mistake,
    Poisoned,
}

const COLUMNS: &str = "id, name, amount, ratio, is_open, at, data";

fn run(tx: &mut Tx<'_>, op: &Op) -> Result<Answer, Error> {
    Ok(match op {
        Op::Insert { name, amount, ratio, open, at, data } => {
            let at = Timestamp::from_millisecond(*at).unwrap();
            let params: Vec<Value> =
                vec![name.clone().into(), (*amount).into(), (*ratio).into(), (*open).into(), at.into()];
            let data = Json(data);
            let mut params: Vec<&dyn db::ToParam> = params.iter().map(|v| v as &dyn db::ToParam).collect();
            params.push(&data);
            let sql = format!(
                "insert into items (name, amount, ratio, is_open, at, data)
                 values ($1, $2, $3, $4, $5, $6) returning {COLUMNS}"
            );
            Answer::Items(vec![tx.one(&sql, &params)?])
        }
        Op::Upsert { name, amount } => Answer::Changed(tx.execute(
            "insert into items (amount, name, is_open, data) values ($2, $1, $3, '[]')
             on conflict (name) do update set amount = excluded.amount where items.is_open",
            &[name, amount, &Param::Bool(true)],
        )?),
        Op::Raise { by, below } => Answer::Changed(
            tx.execute("update items set amount = amount + $2 where amount < $1", &[below, by])?,
        ),
        Op::Toggle { open } => {
            Answer::Changed(tx.execute("update items set is_open = not is_open where is_open = $1", &[open])?)
        }
        Op::Delete { name } => Answer::Changed(tx.execute("delete from items where name = $1", &[name])?),
        Op::Find { name } => Answer::Items(tx.query(
            &format!("select {COLUMNS} from items where name >= $1 or is_open order by name nulls last, id"),
            &[name],
        )?),
        Op::Sums => {
            let (sum, open, least) = tx.one(
                "select cast(sum(amount) as bigint), count(*) filter (where is_open), min(ratio) from items",
                &[],
            )?;
            Answer::Sums(sum, open, least)
        }
        Op::Wrong => Answer::Changed(tx.execute("update items set nothing = 1", &[])?),
    })
}

fn told(answer: Result<Answer, Error>) -> Answer {
    match answer {
        Ok(answer) => answer,
        Err(Error::Constraint { kind, name, .. }) => Answer::Broke(kind, name),
        Err(Error::Sql { .. }) => Answer::Mistake,
        Err(Error::Poisoned(_)) => Answer::Poisoned,
        Err(other) => panic!("{other:?}"),
    }
}

/// Runs the transactions one after another; all answers, and at last the whole table. Ids are renumbered: a
/// sequence leaves gaps where a transaction was rolled back.
fn play(db: &Db, history: &[Vec<Op>]) -> Vec<Answer> {
    let reset = |tx: &mut Tx<'_>| tx.dialect().expand(SCHEMA).and_then(|text| tx.batch(&text));
    db.write_blocking(reset).unwrap();
    let mut answers = Vec::new();
    for ops in history {
        let ops = ops.clone();
        let outcome = db.write_blocking(move |tx| {
            Ok::<_, Error>(ops.iter().map(|op| told(run(tx, op))).collect::<Vec<_>>())
        });
        match outcome {
            Ok(told) => answers.extend(told),
            Err(error) => answers.push(told(Err(error))),
        }
    }
    let all = format!("select {COLUMNS} from items order by id");
    let all = db.read_blocking(db::Class::Bounded, move |tx| tx.query(&all, &[]));
    answers.push(told(all.map(Answer::Items)));
    let mut ids: Vec<i64> = answers.iter().flat_map(items).map(|item| item.id).collect();
    ids.sort_unstable();
    ids.dedup();
    for answer in &mut answers {
        if let Answer::Items(items) = answer {
            for item in items {
                item.id = ids.binary_search(&item.id).unwrap() as i64;
            }
        }
    }
    answers
}

fn items(answer: &Answer) -> &[Item] {
    match answer {
        Answer::Items(items) => items,
        _ => &[],
    }
}

#[test]
fn both_engines_tell_the_same_story() {
    let (sqlite, postgres) = (sqlite(), postgres());
    let history = prop::collection::vec(prop::collection::vec(op(), 1..6), 1..12);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&history, |history| {
            prop_assert_eq!(play(&sqlite.db, &history), play(&postgres.db, &history));
            Ok(())
        })
        .unwrap();
}
