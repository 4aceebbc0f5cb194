//! How the engines mean to answer what is asked all day: by an index, in its order, whatever the size of the desk.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use db::{Dialect, ToParam};
use steward::{Time, Work};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::desk::{Desk, MORNING};

/// Tables that grow with the desk.
const GROWING: [&str; 8] = [
    "crm_cases",
    "crm_case_comments",
    "crm_case_events",
    "crm_case_tags",
    "crm_kb_articles",
    "crm_kb_article_feedback",
    "crm_kb_article_versions",
    "crm_kb_slugs",
];
const CASES: i64 = 2000;

both_engines! {
    fn lists_and_cases_are_read_through_indexes_in_their_order(desk) {
        let ana = desk.agent("ana");
        fill(desk, ana.id);
        let statements = Statements::watch();
        for query in [
            "", "?status=open", "?status=new,open,pending", "?status=closed&sort=updated_at", "?sort=resolution_due",
            "?status=open&sort=resolution_due", "?unassigned=true&status=new", "?owner_id=1&status=new", "?team_id=1&status=open",
            "?priority_id=3&status=open", "?status=open&owner_id=1&priority_id=3", "?sort=-updated_at",
            "?is_escalated=true", "?sla_violated=true", "?status=resolved&sort=-updated_at",
            "?sla_clock=overdue&sort=next_due", "?sla_clock=due_soon&sort=next_due",
            "?unassigned=true&status=new,open,pending", "?team_id=1&status=new,open,pending",
            "?sla_violated=true&status=new,open,pending", "?team_id=1", "?owner_id=1", "?unassigned=true&sort=created_at",
            "?owner_id=1&status=closed,resolved", "?case_type_id=1", "?priority_id=2&status=closed,cancelled",
            "?owner_id=1&sort=resolution_due", "?owner_id=1&sort=-resolution_due",
        ] {
            let first = ana.get(&format!("/api/crm/cases{query}")).ok();
            if let Some(cursor) = first["pagination"]["next_cursor"].as_str() {
                let joint = if query.is_empty() { '?' } else { '&' };
                ana.get(&format!("/api/crm/cases{query}{joint}cursor={cursor}")).ok();
            }
        }
        ana.get("/views/counts").ok();
        ana.get("/api/crm/cases/77").ok();
        ana.get("/api/crm/cases/77/comments").ok();
        ana.get("/api/crm/cases/77/timeline").ok();
        let statements = statements.seen();
        assert!(statements.iter().filter(|sql| sql.contains("crm_cases c")).count() > 15, "{statements:#?}");
        let bad: Vec<String> = statements.iter().filter_map(|sql| fault(desk, sql)).collect();
        assert!(bad.is_empty(), "{}", bad.join("\n\n"));
    }
}

both_engines! {
    fn articles_are_read_through_indexes_in_their_order(desk) {
        let (vera, stranger) = (desk.viewer("vera"), desk.stranger());
        desk.write(|work: &mut Work| {
            for n in 0..CASES {
                let slug = format!("article-{n}");
                let (id,): (i64,) = work.one(
                    "insert into crm_kb_articles (title, content, category_id, status, version, slug, published_at)
                     values ('t', 'c', $1, 'published', 1, $2, $3) returning article_id",
                    &[&(n % 5 + 1), &slug, &Time::parse(MORNING)],
                )?;
                work.execute("insert into crm_kb_slugs (slug, article_id, created_at) values ($1, $2, $3)",
                    &[&slug, &id, &Time::parse(MORNING)])?;
                work.execute(
                    "insert into crm_kb_article_versions (article_id, version, title, summary, content, tags, keywords,
                         created_at)
                     values ($1, 1, 't', '', 'c', '[]', '[]', $2)",
                    &[&id, &Time::parse(MORNING)],
                )?;
            }
            Ok(())
        });
        desk.execute("analyze");
        let statements = Statements::watch();
        for client in [&vera, &stranger] {
            for query in ["", "?sort=published_at", "?category_id=3", "?featured=true"] {
                let first = client.get(&format!("/api/crm/knowledge{query}")).ok();
                if let Some(cursor) = first["pagination"]["next_cursor"].as_str() {
                    let joint = if query.is_empty() { '?' } else { '&' };
                    client.get(&format!("/api/crm/knowledge{query}{joint}cursor={cursor}")).ok();
                }
            }
            client.get("/api/crm/knowledge/by-slug/article-7").ok();
        }
        vera.get("/api/crm/knowledge/77/versions").ok();
        vera.get("/api/crm/knowledge/77/feedback").ok();
        let statements = statements.seen();
        assert!(statements.iter().filter(|sql| sql.contains("crm_kb_articles a")).count() > 10, "{statements:#?}");
        let bad: Vec<String> = statements.iter().filter_map(|sql| fault(desk, sql)).collect();
        assert!(bad.is_empty(), "{}", bad.join("\n\n"));
    }
}

/// Nine of ten cases are closed; each has comments, tags and events.
fn fill(desk: &Desk, author: i64) {
    let morning = Time::parse(MORNING).unwrap();
    desk.write(move |work: &mut Work| {
        for n in 0..CASES {
            let created = morning.plus_minutes(-n * 10);
            let (status, ended) = match n % 20 {
                0 => ("open", None),
                1 => ("new", None),
                _ => ("closed", Some(created.plus_minutes(90))),
            };
            let (priority, owner) = (n % 4 + 1, (n % 3 == 0).then_some(author));
            work.execute(
                "insert into crm_cases (subject, case_type_id, priority_id, status, owner_id, resolved_at, closed_at,
                     resolution_time_minutes, created_at, updated_at)
                 values ($1, 1, $2, $3, $4, $5, $5, $6, $7, $7)",
                &[&format!("Case {n}"), &priority, &status, &owner, &ended, &ended.map(|_| 90i64), &created],
            )?;
        }
        work.execute("delete from crm_sla_queue", &[])?;
        work.execute("insert into crm_case_tags (case_id, tag) select case_id, 'red' from crm_cases", &[])?;
        for _ in 0..2 {
            work.execute(
                "insert into crm_case_comments (case_id, comment_text, created_by, created_at, updated_at)
                 select case_id, 'It is known.', $1, created_at, created_at from crm_cases",
                &[&author],
            )?;
            work.execute(
                "insert into crm_case_events (case_id, kind, actor_kind, data, at)
                 select case_id, 'viewed', 'system', '{}', created_at from crm_cases",
                &[],
            )?;
        }
        Ok(())
    });
    desk.execute("analyze");
}

/// What is wrong with the plan of a statement.
fn fault(desk: &Desk, sql: &str) -> Option<String> {
    // Counts read as many rows as they count, 10,000 at most: their cost is bounded, not their order.
    let is_page = sql.contains("order by") && !sql.contains("group by");
    let plan = plan(desk, sql);
    let scans = |line: &str| {
        GROWING.iter().any(|table| match desk.app.db.dialect() {
            Dialect::Sqlite => {
                line.starts_with("SCAN ") && !line.contains(" USING ") && {
                    let name = line.split(' ').nth(1).unwrap_or("");
                    name == *table || sql.contains(&format!("{table} {name} "))
                }
            }
            Dialect::Postgres => line.contains(&format!("Seq Scan on {table} ")),
        })
    };
    let sorts = |line: &str| {
        is_page && (line.contains("TEMP B-TREE FOR ORDER BY") || line.trim().starts_with("->  Sort"))
    };
    // The first rows of each status, each from an index in its order, are few: they are sorted once.
    let few = usize::from(sql.contains("select f.case_id"));
    let bad = plan.iter().any(|line| scans(line))
        || (sql.contains(" limit ") && plan.iter().filter(|line| sorts(line)).count() > few);
    bad.then(|| format!("{sql}\n{}", plan.join("\n")))
}

/// The plan of a statement as its engine tells it, before it knows any parameter.
fn plan(desk: &Desk, sql: &str) -> Vec<String> {
    let most = (1..200).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
    let sql = sql.to_owned();
    desk.write(move |work| match work.dialect() {
        Dialect::Sqlite => {
            let nulls = vec![db::Value::Null; most];
            let nulls: Vec<&dyn ToParam> = nulls.iter().map(|null| null as &dyn ToParam).collect();
            let lines: Vec<(i64, i64, i64, String)> =
                work.query(&format!("explain query plan {sql}"), &nulls)?;
            Ok(lines.into_iter().map(|line| line.3).collect())
        }
        Dialect::Postgres => {
            // Few rows are sorted sooner than they are walked; asked is whether there is an index for many.
            work.tx.batch(
                "set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off",
            )?;
            work.tx.batch(&format!("prepare probe as {sql}"))?;
            let nulls =
                if most == 0 { String::new() } else { format!("({})", vec!["null"; most].join(", ")) };
            let lines: Vec<(String,)> = work.query(&format!("explain execute probe{nulls}"), &[])?;
            work.tx.batch("deallocate probe")?;
            Ok(lines.into_iter().map(|line| line.0).collect())
        }
    })
}

/// The reading statements that this process sends to its databases.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl Statements {
    fn watch() -> Statements {
        let statements = Statements::default();
        let subscriber = tracing_subscriber::registry().with(statements.clone());
        tracing::subscriber::set_global_default(subscriber).unwrap();
        statements
    }

    fn seen(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().clone()
    }
}

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "db::statement" {
            event.record(&mut Sql(self));
        }
    }
}

struct Sql<'a>(&'a Statements);

impl Visit for Sql<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let grows = GROWING.iter().any(|table| value.contains(table));
        if field.name() == "sql" && value.trim_start().starts_with("select") && grows {
            self.0.0.lock().unwrap().insert(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
