//! `bin/bench knowledge`: searches among many articles, beside FTS5 over the same texts in the same file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use db::{Class, Db, Options};
use steward::schema::STEPS;
use steward::search::articles::{self, Asked, Audience, Edition, Source};
use steward::start::Fatal;
use steward::{Actor, App, Clock, Time, commands};

use crate::{server, text};

/// Articles of one statement.
const PORTION: i64 = 2000;
/// Words of an article, on average.
const WORDS: usize = 220;
/// How often each question is asked.
const ROUNDS: usize = 30;
/// One article in a hundred has this word, one in five thousand that.
pub const HUNDREDTH: &str = "wombat";
const RARE: &str = "quokka";

/// The text of an article, the same each time.
pub fn source(article_id: i64) -> Source {
    let mut random = fastrand::Rng::with_seed(article_id as u64);
    let mut content = text::sentences(&mut random, WORDS);
    if article_id % 100 == 0 {
        content.push_str(&format!(" {HUNDREDTH}"));
    }
    if article_id % 5000 == 0 {
        content.push_str(&format!(" {RARE}"));
    }
    Source {
        article_id,
        edition: Edition::Published,
        is_internal: article_id % 20 == 0,
        title: text::subject(&mut random),
        keywords: Vec::new(),
        tags: Vec::new(),
        summary: String::new(),
        content,
    }
}

/// Fills an empty SQLite database and says how long questions take.
pub fn measure(database: &str, count: i64) -> Result<(), Fatal> {
    let mut options = Options::new(database);
    options.durable = false;
    let db = Db::open(options)?;
    db.migrate(STEPS, None)?;
    let now = Time::parse("2026-03-02T09:00:00Z").ok_or("no instant")?;
    let app = App::new(db, server::config(database)?, Clock::at(now), None);
    commands::say(&format!("### Knowledge base, SQLite, {count} articles\n"));
    let begun = Instant::now();
    app.write_blocking(Actor::System, move |work| {
        let mut next = 1;
        articles::rebuild(work, |_| {
            let portion = (next..(next + PORTION).min(count + 1)).map(source).collect();
            next += PORTION;
            Ok(portion)
        })
    })?;
    commands::say(&format!("- indexed in bulk: {:.1} s", begun.elapsed().as_secs_f64()));
    size(&app)?;
    let begun = Instant::now();
    for article_id in count..count + 50 {
        app.write_blocking(Actor::System, move |work| {
            let source = source(article_id + 100_000);
            articles::put(work, source.article_id, Edition::Published, false, &source.text())
        })?;
    }
    commands::say(&format!("- one article indexed: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3 / 50.0));
    fill_fts5(&app, count)?;
    let ten = "how can we restore the invoice export after a certificate timeout";
    let hundredth = format!("{HUNDREDTH} ");
    let questions = [
        ("a rare word", RARE.to_owned()),
        ("a word of 1%", hundredth.clone()),
        ("two words, one of 1%", format!("{HUNDREDTH} discount ")),
        ("the commonest word", "the ".to_owned()),
        ("a phrase of common words", "\"update with\" ".to_owned()),
        ("ten words", format!("{ten} ")),
        ("a word that nobody wrote", "wmobatt ".to_owned()),
    ];
    commands::say("\n| question | here, p50 | p99 | FTS5 with bm25, p50 |\n| --- | --- | --- | --- |");
    for (title, question) in questions {
        let own = times(|| ours(&app, &question))?;
        let fts5 = times(|| fts5(&app, &question))?;
        let millis = |times: &[Duration], at: usize| times[at.min(times.len() - 1)].as_secs_f64() * 1e3;
        commands::say(&format!(
            "| {title} | {:.2} ms | {:.2} ms | {:.2} ms |",
            millis(&own, own.len() / 2),
            millis(&own, own.len() * 99 / 100),
            millis(&fts5, fts5.len() / 2)
        ));
    }
    side_by_side(&app, &hundredth)
}

fn size(app: &App) -> Result<(), Fatal> {
    let sql = "select name, cast(sum(pgsize) as bigint) from dbstat where name like 'crm_kb_%' group by name
         having sum(pgsize) > 1000000 order by name";
    // Not every build of SQLite has dbstat.
    if let Ok(sizes) = app.db.read_blocking(Class::Slow, move |tx| tx.query::<(String, i64)>(sql, &[])) {
        for (name, bytes) in sizes {
            commands::say(&format!("- {name}: {} MB", bytes / 1_000_000));
        }
    }
    Ok(())
}

fn fill_fts5(app: &App, count: i64) -> Result<(), Fatal> {
    app.write_blocking(Actor::System, move |work| {
        work.tx.batch(
            "create virtual table bench_fts using fts5 (title, content, tokenize='porter unicode61')",
        )?;
        for article_id in 1..=count {
            let source = source(article_id);
            work.execute(
                "insert into bench_fts (rowid, title, content) values ($1, $2, $3)",
                &[&article_id, &source.title, &source.content],
            )?;
        }
        Ok(work.tx.batch("insert into bench_fts (bench_fts) values ('optimize')")?)
    })?;
    Ok(())
}

fn ours(app: &App, question: &str) -> Result<(), Fatal> {
    let text = question.to_owned();
    app.read_blocking(Class::Slow, Actor::Anonymous, move |work| {
        let audience = Audience::Public;
        let asked =
            Asked { text: &text, audience, published: true, drafts: false, among: None, except: None };
        articles::find(work, &asked)
    })?;
    Ok(())
}

/// The best fifty by FTS5's own ranking.
fn fts5(app: &App, question: &str) -> Result<(), Fatal> {
    let text = if question.contains('"') {
        question.to_owned()
    } else {
        question.split_whitespace().collect::<Vec<_>>().join(" OR ")
    };
    let text = Arc::new(text);
    app.db.read_blocking(Class::Slow, move |tx| {
        tx.query::<(i64,)>(
            "select rowid from bench_fts where bench_fts match $1 order by bm25(bench_fts, 2.5, 1.0) limit 50",
            &[&*text],
        )
    })?;
    Ok(())
}

fn times(mut ask: impl FnMut() -> Result<(), Fatal>) -> Result<Vec<Duration>, Fatal> {
    ask()?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        ask()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

/// Sixteen that ask at once, again and again.
fn side_by_side(app: &App, question: &str) -> Result<(), Fatal> {
    const CLIENTS: usize = 16;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut all = runtime.block_on(async {
        let clients = (0..CLIENTS).map(|_| {
            let (app, question) = (app.clone(), question.to_owned());
            tokio::spawn(async move {
                let mut times = Vec::new();
                for _ in 0..100 {
                    let (text, begun) = (question.clone(), Instant::now());
                    app.read(Class::Slow, Actor::Anonymous, move |work| {
                        let audience = Audience::Public;
                        let (among, except) = (None, None);
                        let asked =
                            Asked { text: &text, audience, published: true, drafts: false, among, except };
                        articles::find(work, &asked)
                    })
                    .await?;
                    times.push(begun.elapsed());
                }
                Ok::<_, steward::Error>(times)
            })
        });
        let mut all = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            all.extend(client.await??);
        }
        Ok::<_, Fatal>(all)
    })?;
    all.sort_unstable();
    commands::say(&format!(
        "\n- a word of 1%, {CLIENTS} at once: p50 {:.1} ms, p99 {:.1} ms",
        all[all.len() / 2].as_secs_f64() * 1e3,
        all[all.len() * 99 / 100].as_secs_f64() * 1e3
    ));
    Ok(())
}
