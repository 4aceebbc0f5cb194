//! What surrounds every request: its id, its log line, its figures, the panic that must not end the connection, the
//! guard of the demo; and the routes that watch the process.

use std::collections::HashMap;
use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use db::Class;
use futures_util::FutureExt;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tracing::Instrument;

use super::App;
use super::caller::{Admin, Anyone, matched_path};
use super::endpoint::{Describe, Operation};
use super::reply::{Answer, Json};
use super::{language, leftover};
use crate::error::{Error, Result};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Slower than this is worth a line in the log.
const SLOW_MILLIS: u128 = 1000;

pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = matched_path(request.extensions()).unwrap_or("none").to_owned();
    let id = request_id(request.headers());
    let asked = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let if_none_match = request.headers().get(header::IF_NONE_MATCH).cloned();
    let span = tracing::info_span!("request", id = %id, %method, route);
    let (request, leftover) = leftover::lend(request);
    let answer = async {
        if app.demo_admin.is_some() {
            demo_guard(request.headers())?;
        }
        match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => Ok(response),
            Err(_) => Err(Error::Db(db::Error::Panicked("a handler panicked; this is a bug".into()))),
        }
    };
    let mut response = answer.instrument(span.clone()).await.unwrap_or_else(Error::into_response);
    language::speak(asked.as_ref(), &method, &mut response);
    if let Some(leftover) = leftover {
        leftover.settle(&mut response).await;
    }
    let _entered = span.enter();
    if is_unchanged(&method, &response, if_none_match) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = axum::body::Body::empty();
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    let took = started.elapsed();
    app.metrics.note(&method, &route, response.status(), took.as_secs_f64());
    let (status, millis) = (response.status().as_u16(), took.as_millis());
    if status >= 500 || millis >= SLOW_MILLIS {
        tracing::warn!(status, millis, "answered");
    } else {
        tracing::debug!(status, millis, "answered");
    }
    response
}

/// The id that a proxy gave the request, if it is sane, or a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let sane = |id: &&str| {
        (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    given.filter(sane).map_or_else(|| format!("{:016x}", fastrand::u64(..)), str::to_owned)
}

fn is_unchanged(method: &Method, response: &Response, if_none_match: Option<HeaderValue>) -> bool {
    let (Some(known), Some(etag)) = (if_none_match, response.headers().get(header::ETAG)) else {
        return false;
    };
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else { return false };
    // Weak comparison, as RFC 9110 (13.1.2) has it for If-None-Match.
    let same = |tag: &str| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*";
    matches!(*method, Method::GET | Method::HEAD)
        && response.status() == StatusCode::OK
        && known.split(',').any(same)
}

/// The demo treats strangers as its admin, so it answers only a browser or a program on this machine that means it:
/// `Host` must be loopback (DNS rebinding), and no other site may be the one asking (spec 2).
fn demo_guard(headers: &HeaderMap) -> Result<()> {
    let is_local = |authority: &str| {
        let host = authority
            .rsplit_once(':')
            .filter(|(_, port)| port.parse::<u16>().is_ok())
            .map_or(authority, |(host, _)| host);
        host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1"
    };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !is_local(host) {
        return Err(Error::Forbidden("the demo answers only the hosts localhost and 127.0.0.1".into()));
    }
    let cross_site = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let foreign = headers.get(header::ORIGIN).is_some_and(|origin| {
        let authority = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        !authority.is_some_and(|authority| is_local(authority) && authority == host)
    });
    if cross_site || foreign {
        return Err(Error::Forbidden("the demo does not answer other sites".into()));
    }
    Ok(())
}

/// Upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Requests by route and status class, with their latencies.
#[derive(Default)]
pub struct Metrics(RwLock<HashMap<(String, Method, u16), Series>>);

#[derive(Default)]
struct Series {
    count: AtomicU64,
    micros: AtomicU64,
    buckets: [AtomicU64; BUCKETS.len()],
}

impl Series {
    fn note(&self, seconds: f64) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add((seconds * 1e6) as u64, Ordering::Relaxed);
        for (bound, bucket) in BUCKETS.iter().zip(&self.buckets) {
            if seconds <= *bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Metrics {
    fn note(&self, method: &Method, route: &str, status: StatusCode, seconds: f64) {
        // A client can send any method's name; the table of series must not grow with it.
        let method = if matches!(method.as_str(), "GET" | "HEAD" | "POST" | "PUT" | "DELETE") {
            method.clone()
        } else {
            Method::OPTIONS
        };
        let key = (route.to_owned(), method, status.as_u16() / 100);
        if let Ok(series) = self.0.read()
            && let Some(series) = series.get(&key)
        {
            return series.note(seconds);
        }
        if let Ok(mut series) = self.0.write() {
            series.entry(key).or_default().note(seconds);
        }
    }

    fn render(&self, text: &mut String) {
        text.push_str(
            "# HELP steward_http_request_duration_seconds Time to answer, by route and status class.\n",
        );
        text.push_str("# TYPE steward_http_request_duration_seconds histogram\n");
        let Ok(all) = self.0.read() else { return };
        for ((route, method, class), series) in all.iter() {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{class}xx\"");
            let count = series.count.load(Ordering::Relaxed);
            let name = "steward_http_request_duration_seconds";
            for (bound, bucket) in BUCKETS.iter().zip(&series.buckets) {
                let _ = writeln!(
                    text,
                    "{name}_bucket{{{labels},le=\"{bound}\"}} {}",
                    bucket.load(Ordering::Relaxed)
                );
            }
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ = writeln!(
                text,
                "{name}_sum{{{labels}}} {}",
                series.micros.load(Ordering::Relaxed) as f64 / 1e6
            );
            let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
        }
    }
}

/// Everything that Prometheus is told.
pub fn exposition(app: &App) -> String {
    let mut text = String::new();
    app.metrics.render(&mut text);
    let stats = app.db.stats();
    for (name, help, value) in [
        ("writes_total", "Changes answered.", stats.writes),
        ("write_groups_total", "Transactions that they were committed in.", stats.groups),
        ("broken_groups_total", "Groups run again one by one.", stats.broken_groups),
        ("bounded_reads_total", "Reads by key or covering index.", stats.bounded_reads),
        ("slow_reads_total", "Searches, exports and exact counts.", stats.slow_reads),
        ("retries_total", "Transactions run again after a conflict or a lost connection.", stats.retries),
        ("write_queue", "Changes that wait.", stats.write_queue as u64),
        ("slow_queue", "Slow reads that wait.", stats.slow_queue as u64),
        ("connections_in_use", "Threads or connections at work.", stats.connections_in_use as u64),
    ] {
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        let _ = writeln!(
            text,
            "# HELP steward_db_{name} {help}\n# TYPE steward_db_{name} {kind}\nsteward_db_{name} {value}"
        );
    }
    text
}

/// Prometheus text.
pub struct Exposition(String);

impl IntoResponse for Exposition {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        ([(header::CONTENT_TYPE, kind)], self.0).into_response()
    }
}

impl Describe for Exposition {
    fn describe(operation: &mut Operation<'_>) {
        operation.responses.insert(
            200,
            json!({ "description": "Prometheus text", "content": { "text/plain": { "schema": { "type": "string" } } } }),
        );
    }
}

#[derive(Serialize, JsonSchema)]
pub struct Health {
    pub status: &'static str,
}

pub async fn healthz(_: Anyone) -> Result<Answer<Json<Health>>> {
    Ok(Json::new(Health { status: "ok" }).into())
}

pub async fn readyz(caller: Anyone) -> Result<Answer<Json<Health>>> {
    caller.read(Class::Bounded, |work| work.one::<(i64,)>("select 1", &[])).await?;
    Ok(Json::new(Health { status: "ok" }).into())
}

pub async fn metrics(caller: Admin) -> Result<Exposition> {
    Ok(Exposition(exposition(&caller.app)))
}
