//! `bin/bench articles`: many published articles behind the server: searches of sixteen clients at once, and articles by
//! their address beside what the database itself gives.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use steward::knowledge::write;
use steward::start::Fatal;
use steward::work::Actor;
use steward::{commands, input};

use crate::knowledge::{self, HUNDREDTH};
use crate::load::Script;
use crate::requests::{Call, Request};
use crate::server::{self, Server};
use crate::{raw, seed};

/// Articles written in one transaction.
const PORTION: i64 = 500;
/// Addresses that are asked for, round and round.
const ADDRESSES: i64 = 400;
const CLIENTS: u32 = 16;
const TIME: Duration = Duration::from_secs(8);
const ROUNDS: usize = 3;

fn slug(article_id: i64) -> String {
    format!("article-{article_id}")
}

/// Publishes them as their authors would, in large transactions.
fn fill(app: &steward::App, count: i64) -> Result<(), Fatal> {
    app.write_blocking(Actor::System, seed::people)?;
    for first in (1..=count).step_by(PORTION as usize) {
        app.write_blocking(Actor::System, move |work| {
            for article_id in first..(first + PORTION).min(count + 1) {
                let source = knowledge::source(article_id);
                let draft = json!({
                    "title": source.title, "content": source.content, "status": "published", "author_id": 1,
                    "slug": slug(article_id), "is_internal": source.is_internal,
                });
                write::create(work, input::from_json(draft)?)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn get(path: String, call: Call) -> Request {
    Request { method: "GET", path, body: String::new(), call }
}

/// Fills an empty database, serves it, and says how fast it answers.
pub fn measure(name: &str, database: &str, folder: &Path, count: i64) -> Result<(), Fatal> {
    let app = server::open(database, true)?;
    fill(&app, count)?;
    let served = Server::start(database, true)?;
    commands::say(&format!("### Articles over HTTP, {name}, {count} articles, {CLIENTS} clients\n"));
    commands::say("| search | requests/s | p50 | p99 |\n| --- | --- | --- | --- |");
    for (title, words) in [
        ("a word of 1%", HUNDREDTH.to_owned()),
        ("two words, one of 1%", format!("{HUNDREDTH}+discount")),
        ("the commonest word", "the".to_owned()),
    ] {
        let path = format!("/api/crm/knowledge?search={words}+&limit=10");
        let load = Script::write(folder, "articles", &[get(path, Call::Nothing)])?.run(
            &served.address,
            CLIENTS,
            TIME,
        )?;
        let failed = if load.errors > 0 { format!(", {} failed", load.errors) } else { String::new() };
        commands::say(&format!(
            "| {title} | {:.0}{failed} | {:.1} ms | {:.1} ms |",
            load.rate, load.p50, load.p99
        ));
    }
    let addresses: Vec<Request> = (0..ADDRESSES)
        .map(|number| slug(1 + number * (count / ADDRESSES).max(1)))
        .map(|slug| get(format!("/api/crm/knowledge/by-slug/{slug}"), Call::Article(slug)))
        .collect();
    let script = Script::write(folder, "addresses", &addresses)?;
    // What is alike is looked for once.
    script.run(&served.address, CLIENTS, TIME)?;
    let (mut best, mut statements) = (0.0f64, 0.0f64);
    for _ in 0..ROUNDS {
        best = best.max(script.run(&served.address, CLIENTS, TIME)?.rate);
        statements = statements.max(raw::best_reads(&app, &addresses, TIME)?.rate);
    }
    commands::say(&format!(
        "\n- an article by its address: {best:.0} requests/s, its statements in process {statements:.0}/s: {:.0} %",
        best / statements * 100.0
    ));
    served.stop()
}
