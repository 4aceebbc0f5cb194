//! Slow reads of customers and strangers take turns: a search that is made to be slow holds up whoever asks it, not the
//! searches of everybody else, which share few threads with it. Users of the desk do not wait for each other here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::people::network;
use crate::work::Actor;

/// Slow reads under way at a time of one customer, and of one address, behind which may be a whole office.
const OF_A_CUSTOMER: usize = 1;
const OF_AN_ADDRESS: usize = 4;
/// Those that may wait for them.
const WAITING: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Customer(i64),
    Address(IpAddr),
}

/// Whose turn it is.
#[derive(Default)]
pub struct Turns(Arc<Mutex<HashMap<Who, Line>>>);

struct Line {
    turns: Arc<Semaphore>,
    /// Those under way and those that wait.
    length: usize,
}

/// A place in the line; dropping it leaves the line.
struct Place {
    lines: Arc<Mutex<HashMap<Who, Line>>>,
    who: Who,
}

/// May read slowly while it lives.
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

impl Turns {
    /// Waits until this asker may read slowly; `None` for those who need not wait. 429 where too many of theirs wait already.
    pub async fn take(&self, actor: Actor, address: IpAddr) -> Result<Option<Turn>> {
        let (who, at_once) = match actor {
            Actor::User { .. } | Actor::System => return Ok(None),
            Actor::Contact { id, .. } => (Who::Customer(id), OF_A_CUSTOMER),
            Actor::Anonymous => (Who::Address(network(address)), OF_AN_ADDRESS),
        };
        let turns = {
            let mut lines = lock(&self.0);
            let line = lines
                .entry(who)
                .or_insert_with(|| Line { turns: Arc::new(Semaphore::new(at_once)), length: 0 });
            if line.length >= at_once + WAITING {
                let detail = "your other searches are still under way: wait for them".into();
                return Err(Error::TooMany { retry_after: 1, detail });
            }
            line.length += 1;
            line.turns.clone()
        };
        let place = Place { lines: self.0.clone(), who };
        let permit = turns.acquire_owned().await.expect("the semaphore is never closed");
        Ok(Some(Turn { _permit: permit, _place: place }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = lock(&self.lines);
        if let Some(line) = lines.get_mut(&self.who) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.who);
            }
        }
    }
}

fn lock(lines: &Mutex<HashMap<Who, Line>>) -> MutexGuard<'_, HashMap<Who, Line>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_customer_reads_slowly_once_at_a_time_and_keeps_nobody_else_waiting() {
        let turns = Turns::default();
        let home = IpAddr::from([127, 0, 0, 1]);
        let customer = |id| Actor::Contact { id, account_id: None, sees_account: false };
        let first = turns.take(customer(1), home).await.unwrap();
        let second = tokio::time::timeout(Duration::from_millis(20), turns.take(customer(1), home)).await;
        assert!(second.is_err(), "it waits");
        assert!(turns.take(customer(2), home).await.unwrap().is_some());
        assert!(turns.take(Actor::System, home).await.unwrap().is_none());
        drop(first);
        assert!(turns.take(customer(1), home).await.is_ok());
        assert!(lock(&turns.0).is_empty(), "whoever is done or gave up has left the line");
    }

    #[tokio::test]
    async fn a_line_has_an_end() {
        let turns = Turns::default();
        let home = IpAddr::from([127, 0, 0, 1]);
        let mut held = Vec::new();
        for _ in 0..OF_AN_ADDRESS {
            held.push(turns.take(Actor::Anonymous, home).await.unwrap());
        }
        let mut waiting: Vec<_> =
            (0..WAITING).map(|_| Box::pin(turns.take(Actor::Anonymous, home))).collect();
        for one in &mut waiting {
            assert!(futures_util::FutureExt::now_or_never(one.as_mut()).is_none());
        }
        assert!(matches!(turns.take(Actor::Anonymous, home).await, Err(Error::TooMany { .. })));
    }
}
