//! One stream of server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use db::Class;
use futures_util::stream;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::State;
use super::event::{self, News, Position};
use crate::app::App;
use crate::error::{Error, Result};
use crate::http::{Describe, Known, Nothing, Operation, Query};
use crate::work::Actor;

/// Something is sent at least so often, so that whoever stands between does not think the connection dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long the first event may take to be followed.
const START: Duration = Duration::from_secs(10);
/// Events read at a time by a listener who comes back, ...
const PORTION: i64 = 200;
/// ... and how many it may have missed; who missed more begins anew.
const MISSED: usize = 10_000;
/// What a full house says.
const RETRY_SECONDS: u64 = 10;

/// A place among the listeners, given up when dropped.
struct Seat {
    app: App,
    token_id: Option<i64>,
    /// Who entered; for whom the token speaks may change since.
    actor: Actor,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.app.live.leave(self.token_id, self.actor);
    }
}

struct Listener {
    seat: Seat,
    actor: Actor,
    news: broadcast::Receiver<News>,
    state: watch::Receiver<State>,
    /// The last event that was looked at; none, for who is to begin anew.
    position: Position,
    /// Still to be read from the table.
    is_behind: bool,
    missed: usize,
    waiting: VecDeque<Bytes>,
    has_ended: bool,
    heartbeat: Interval,
}

/// Told to who cannot be told everything: read again what you show, and listen anew.
fn reset() -> Bytes {
    event::message("reset", None, &json!({}))
}

impl Listener {
    /// What is sent next; `None` where the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            if self.has_ended || !self.is_welcome() {
                return None;
            }
            if self.is_behind {
                self.catch_up().await;
                continue;
            }
            tokio::select! {
                biased;
                changed = self.state.changed() => self.has_ended = changed.is_err(),
                news = self.news.recv() => self.hear(news),
                _ = self.heartbeat.tick() => self.waiting.push_back(Bytes::from_static(b":\n\n")),
            }
        }
    }

    /// Whether the server goes on and the token still speaks for somebody; for whom, may have changed.
    fn is_welcome(&mut self) -> bool {
        let state = self.state.borrow_and_update();
        if let Some(id) = self.seat.token_id {
            if state.ended.contains(&id) {
                return false;
            }
            self.actor = state.speakers.get(&id).copied().unwrap_or(self.actor);
        }
        !state.is_closed
    }

    fn hear(&mut self, news: Result<News, RecvError>) {
        match news {
            Ok(News::Happened(event)) => {
                if event.position > self.position {
                    self.position = event.position;
                    self.waiting.extend(event.told(self.actor));
                }
            }
            Ok(News::Totals(told) | News::Present(told)) if self.actor.is_staff() => {
                self.waiting.push_back(told);
            }
            Ok(News::Totals(_) | News::Present(_)) => {}
            Err(RecvError::Lagged(_)) => {
                self.waiting.push_back(reset());
                self.has_ended = true;
            }
            Err(RecvError::Closed) => self.has_ended = true,
        }
    }

    /// Reads what was missed, a portion at a time.
    async fn catch_up(&mut self) {
        let position = self.position;
        let app = self.seat.app.clone();
        let read = app.read(Class::Bounded, Actor::System, move |work| event::after(work, position, PORTION));
        let Ok(events) = read.await else {
            self.has_ended = true;
            return;
        };
        self.is_behind = events.len() as i64 == PORTION;
        self.missed += events.len();
        for event in events {
            self.position = event.position;
            self.waiting.extend(event.told(self.actor));
        }
        if self.missed > MISSED {
            self.waiting.push_back(reset());
            self.has_ended = true;
        }
    }
}

/// A stream of server-sent events.
pub struct Events(Body);

impl IntoResponse for Events {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        // The connection gave its place up, so nothing else is asked on it.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }
}

impl Describe for Events {
    fn describe(operation: &mut Operation<'_>) {
        operation.header("Last-Event-ID", 100, "Goes on after this event");
        operation.responses.insert(
            200,
            json!({
                "description": "case_created, case_changed, case_breached; totals and presence (users only); reset: begin anew",
                "content": { "text/event-stream": { "schema": { "type": "string" } } }
            }),
        );
    }
}

/// Opens a stream. 429 where the node, or this customer, has as many listeners as may be.
pub async fn listen(caller: Known, _: Query<Nothing>) -> Result<Events> {
    let caller = caller.0;
    let asked = caller.facts.last_event_id.as_deref().map(Position::parse).transpose()?;
    let app = caller.app.clone();
    if !app.live.enter(caller.token_id, caller.actor) {
        let detail = "as many listen as this node can serve: come back later".into();
        return Err(Error::TooMany { retry_after: RETRY_SECONDS, detail });
    }
    let seat = Seat { app: app.clone(), token_id: caller.token_id, actor: caller.actor };
    let news = app.live.news.subscribe();
    let mut state = app.live.state.subscribe();
    app.live.wake();
    // Once events are followed, none falls between what is read below and what is heard.
    let followed = state.wait_for(|state| state.is_following || state.is_closed);
    let is_followed = tokio::time::timeout(START, followed).await.is_ok_and(|state| state.is_ok());
    if !is_followed {
        return Err(Error::Db(db::Error::Unavailable("live events cannot be followed just now".into())));
    }
    let head = app.read(Class::Bounded, Actor::System, Position::head).await?;
    let totals = match caller.actor.is_staff() {
        true => Some(app.read(Class::Bounded, Actor::System, event::totals).await?),
        false => None,
    };
    if let Some(place) = &caller.facts.place {
        place.give_up();
    }
    let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let waiting = [Some(Bytes::from_static(b"retry: 2000\n\n")), totals].into_iter().flatten().collect();
    let listener = Listener {
        seat,
        actor: caller.actor,
        news,
        state,
        // An id that is still to come is of another database.
        position: asked.map_or(head, |asked| asked.min(head)),
        is_behind: true,
        missed: 0,
        waiting,
        has_ended: false,
        heartbeat,
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let bytes = listener.next().await?;
        Some((Ok::<_, Infallible>(bytes), listener))
    });
    Ok(Events(Body::from_stream(events)))
}
