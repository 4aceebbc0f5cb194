//! Live events (spec 9): what happens on the desk, told to those who listen as it happens.
//!
//! One task a node, [`follow`], reads new rows of `crm_case_events` and hands them to every listener through one channel.
//! A write of this node wakes it, and other nodes are told by a notification (PostgreSQL), after the commit and at most
//! once in 50 ms; what goes unheard, and plain SQL, is found each second at the latest. On PostgreSQL
//! rows are read in the order (transaction, id) up to the oldest transaction still running, so that none that commits late
//! is passed over. What a listener may see is decided for each event and each listener.

mod event;
mod follower;
mod listener;
pub mod presence;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, broadcast, watch};

pub use follower::follow;
pub use listener::listen;

use crate::work::Actor;
use event::News;
use presence::Presence;

/// Events that a listener may be behind before it is let go.
const BEHIND: usize = 4096;
/// Streams of one customer: more pages than anybody looks at.
const OF_A_CUSTOMER: usize = 20;

/// What listeners share.
pub struct Live {
    most: usize,
    /// This node wrote something.
    wake: Notify,
    /// Another node says that it did.
    heard: Arc<Notify>,
    news: broadcast::Sender<News>,
    state: watch::Sender<State>,
    tokens: Mutex<Tokens>,
    /// Who is at which case.
    presence: Presence,
}

/// Who listens: tokens and customers with the number of their streams, and streams in all.
#[derive(Default)]
struct Tokens {
    streams: usize,
    by_token: HashMap<i64, usize>,
    by_customer: HashMap<i64, usize>,
}

/// Counts one stream less of somebody, and forgets who has none.
fn discount(counts: &mut HashMap<i64, usize>, id: i64) {
    if let Some(count) = counts.get_mut(&id) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&id);
        }
    }
}

/// What every listener must know at once.
#[derive(Clone, Default)]
struct State {
    /// Events are being followed: whatever is appended from here on is told.
    is_following: bool,
    /// The server ends.
    is_closed: bool,
    /// Tokens that speak for nobody any more.
    ended: Arc<HashSet<i64>>,
    /// For whom the others speak now.
    speakers: Arc<HashMap<i64, Actor>>,
}

impl Live {
    pub fn new(most: usize) -> Live {
        Live {
            most,
            wake: Notify::default(),
            heard: Arc::default(),
            news: broadcast::channel(BEHIND).0,
            state: watch::channel(State::default()).0,
            tokens: Mutex::default(),
            presence: Presence::default(),
        }
    }

    /// Something may have happened.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Streams that are open.
    pub fn streams(&self) -> usize {
        self.tokens().streams
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a listener's place; false where all are taken. A customer has few, and all customers together half of them, so
    /// that they keep nobody of the desk from listening.
    fn enter(&self, token_id: Option<i64>, actor: Actor) -> bool {
        let mut tokens = self.tokens();
        if tokens.streams >= self.most {
            return false;
        }
        if let Actor::Contact { id, .. } = actor {
            let customers: usize = tokens.by_customer.values().sum();
            let own = tokens.by_customer.entry(id).or_default();
            if *own >= OF_A_CUSTOMER || customers >= self.most.div_ceil(2) {
                let is_new = *own == 0;
                if is_new {
                    tokens.by_customer.remove(&id);
                }
                return false;
            }
            *own += 1;
        }
        tokens.streams += 1;
        if let Some(id) = token_id {
            *tokens.by_token.entry(id).or_default() += 1;
        }
        true
    }

    /// Whether nobody listens. From then on nothing is followed, until somebody enters: both under one lock, so that
    /// nobody enters unseen.
    fn rests(&self) -> bool {
        let tokens = self.tokens();
        if tokens.streams == 0 {
            self.state.send_if_modified(|state| std::mem::take(&mut state.is_following));
        }
        tokens.streams == 0
    }

    fn leave(&self, token_id: Option<i64>, actor: Actor) {
        let mut tokens = self.tokens();
        tokens.streams -= 1;
        if let Some(id) = token_id {
            discount(&mut tokens.by_token, id);
        }
        if let Actor::Contact { id, .. } = actor {
            discount(&mut tokens.by_customer, id);
        }
    }
}
