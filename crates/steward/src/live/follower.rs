//! The task that reads what happens and hands it to every listener of this node.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use db::{Class, Dialect};
use tokio::sync::watch;
use tokio::time::Instant;

use super::event::{self, News, Position};
use super::presence;
use crate::app::App;
use crate::error::Result;
use crate::people::tokens;
use crate::work::Actor;

/// The longest that what others wrote goes unnoticed.
const POLL: Duration = Duration::from_secs(1);
/// Events are read at most so often: those of one moment go together.
const PAUSE: Duration = Duration::from_millis(20);
/// Totals and tokens are looked at no more often.
const LOOK: Duration = Duration::from_secs(1);
/// Other nodes are told at most so often.
const ANNOUNCE: Duration = Duration::from_millis(50);
/// Where they are told.
pub(super) const CHANNEL: &str = "steward_events";
/// Events read at a time.
const PORTION: i64 = 500;

/// Follows what happens until the server stops; then every stream ends at once.
pub async fn follow(app: App, mut stopped: watch::Receiver<bool>) {
    let mut follower = Follower { app: app.clone(), position: None, totals: Bytes::new(), looked: None };
    let (heard, signs) = (app.live.heard.clone(), app.live.presence.heard.clone());
    app.db.listen(CHANNEL, move |payload| {
        if let Some(payload) = payload {
            signs.hear(payload);
        }
        heard.notify_one();
    });
    let (mut has_written, mut announced) = (false, Instant::now());
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            () = app.live.wake.notified() => has_written = true,
            () = app.live.heard.notified() => {}
            () = tokio::time::sleep(if has_written { ANNOUNCE } else { POLL }) => {}
        }
        if let Err(error) = follower.catch_up().await {
            tracing::warn!(%error, "live events wait");
        }
        if let Err(error) = presence::settle(&app).await {
            tracing::debug!(%error, "who is here is not known just now");
        }
        if has_written && announced.elapsed() >= ANNOUNCE {
            (has_written, announced) = (false, Instant::now());
            announce(&app).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    app.live.state.send_modify(|state| state.is_closed = true);
}

/// Tells other nodes that this one wrote something. A hint: they look each second anyway.
async fn announce(app: &App) {
    if app.db.dialect() == Dialect::Postgres {
        // Not as a write of the desk, which would be announced in turn.
        let told = app.db.write(|tx| tx.batch(&format!("notify {CHANNEL}")));
        if let Err(error) = told.await {
            tracing::debug!(%error, "other nodes are not told");
        }
    }
}

struct Follower {
    app: App,
    /// The last event told; `None` while nobody listens.
    position: Option<Position>,
    totals: Bytes,
    looked: Option<Instant>,
}

impl Follower {
    async fn catch_up(&mut self) -> Result<()> {
        let live = &self.app.live;
        if live.rests() {
            self.position = None;
            return Ok(());
        }
        let mut position = match self.position {
            Some(position) => position,
            None => self.app.read(Class::Bounded, Actor::System, Position::head).await?,
        };
        self.position = Some(position);
        live.state.send_if_modified(|state| !std::mem::replace(&mut state.is_following, true));
        let mut is_news = false;
        loop {
            let read = self
                .app
                .read(Class::Bounded, Actor::System, move |work| event::after(work, position, PORTION));
            let events = read.await?;
            let count = events.len() as i64;
            for event in events {
                position = event.position;
                // Nobody may be listening by now.
                let _ = live.news.send(News::Happened(Arc::new(event)));
            }
            is_news |= count > 0;
            self.position = Some(position);
            if count < PORTION {
                break;
            }
            // A flood is let out slowly enough for those who listen at all.
            tokio::time::sleep(PAUSE).await;
        }
        if is_news || self.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            self.look().await?;
        }
        Ok(())
    }

    /// Totals that changed are told, and tokens that ended noted; not more than once a second.
    async fn look(&mut self) -> Result<()> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        let live = &self.app.live;
        let ids: Vec<i64> = live.tokens().by_token.keys().copied().collect();
        let listed = ids.clone();
        let read = self.app.read(Class::Bounded, Actor::System, move |work| {
            Ok((event::totals(work)?, tokens::speakers(work, &listed)?))
        });
        let (totals, speakers) = read.await?;
        if totals != self.totals {
            self.totals = totals.clone();
            let _ = live.news.send(News::Totals(totals));
        }
        let ended: HashSet<i64> = ids.into_iter().filter(|id| !speakers.contains_key(id)).collect();
        live.state.send_if_modified(|state| {
            let differs = *state.ended != ended || *state.speakers != speakers;
            if differs {
                state.ended = Arc::new(ended);
                state.speakers = Arc::new(speakers);
            }
            differs
        });
        Ok(())
    }
}
