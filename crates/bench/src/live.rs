//! `bin/bench live`: how soon thousands of listeners hear of a case, and what each costs.

use std::time::{Duration, Instant};

use serde_json::json;
use steward::commands::say;
use steward::start::Fatal;
use steward::{Actor, App};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::seed;
use crate::server::{self, Server};

/// Cases opened, one after the other.
const CASES: usize = 20;
/// Between them.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the last one may take to be heard.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures one engine with so many listeners; `database` must be empty.
pub fn measure(name: &str, database: &str, listeners: usize) -> Result<(), Fatal> {
    // A descriptor for each listener on either side; the server inherits the limit.
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    if limit < listeners as u64 + 100 {
        return Err(
            format!("{listeners} listeners need more than {limit} descriptors: raise `ulimit -n`").into()
        );
    }
    let app: App = server::open(database, true)?;
    app.write_blocking(Actor::System, seed::people)?;
    app.db.clone().close();
    let served = Server::start(database, true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(opened(&served.address))?;
    let before = served.resident()?;
    let (delays, missing, resident) = runtime.block_on(told(&served, listeners))?;
    say(&format!("### Live, {name}\n"));
    say(&format!(
        "- {listeners} listeners, {CASES} cases: heard after {:.0} ms (p50), {:.0} ms (p99), {:.0} ms at most; {missing} not",
        share(&delays, 50),
        share(&delays, 99),
        share(&delays, 100),
    ));
    say(&format!(
        "- {:.1} KB of the server's memory for each\n",
        (resident - before) * 1024.0 / listeners as f64
    ));
    served.stop()
}

fn share(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// The delays in ms, sorted; how many were never heard; the server's memory while all listen.
async fn told(served: &Server, listeners: usize) -> Result<(Vec<f64>, usize, f64), Fatal> {
    let mut ears = Vec::new();
    for _ in 0..listeners {
        let stream = listen(&served.address).await?;
        ears.push(tokio::spawn(hear(stream)));
    }
    tokio::time::sleep(PAUSE * 2).await;
    let resident = served.resident()?;
    let mut sent = Vec::new();
    for _ in 0..CASES {
        sent.push(Instant::now());
        opened(&served.address).await?;
        tokio::time::sleep(PAUSE).await;
    }
    let mut delays = Vec::new();
    for ear in ears {
        let heard = tokio::time::timeout(PATIENCE, ear).await;
        let Ok(heard) = heard else { continue };
        let pairs = heard??.into_iter().zip(&sent);
        delays.extend(pairs.map(|(heard, sent)| heard.duration_since(*sent).as_secs_f64() * 1e3));
    }
    delays.sort_by(f64::total_cmp);
    let missing = listeners * CASES - delays.len();
    Ok((delays, missing, resident))
}

/// Opens a stream and waits until it has begun.
async fn listen(address: &str) -> Result<BufReader<TcpStream>, Fatal> {
    let mut stream = TcpStream::connect(address).await?;
    let token = seed::TOKEN;
    let request = format!(
        "GET /api/crm/support/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut stream = BufReader::with_capacity(1024, stream);
    let mut line = String::new();
    while !line.starts_with("retry:") {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err("a stream ended before it began".into());
        }
    }
    Ok(stream)
}

/// When each case was heard of.
async fn hear(mut stream: BufReader<TcpStream>) -> std::io::Result<Vec<Instant>> {
    let (mut heard, mut line) = (Vec::new(), String::new());
    while heard.len() < CASES {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            break;
        }
        if line.starts_with("event: case_created") {
            heard.push(Instant::now());
        }
    }
    Ok(heard)
}

/// Opens a case and waits for the answer.
async fn opened(address: &str) -> Result<(), Fatal> {
    let mut stream = TcpStream::connect(address).await?;
    let (body, token) = (json!({ "subject": "Heard by all" }).to_string(), seed::TOKEN);
    let request = format!(
        "POST /api/crm/cases HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 201") { Ok(()) } else { Err(answer.into()) }
}
