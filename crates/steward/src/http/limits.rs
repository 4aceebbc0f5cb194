//! How often anybody may ask: so many requests a minute of each token, and of each address that shows none. What a caller
//! has asked is a debt paid off by the passing of time, kept as the instant at which nothing is owed; a minute's worth may
//! come at once. It costs some hundred nanoseconds a request, and its memory is bounded.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::people::network;

/// Askers are spread over so many locks, ...
const SHARDS: usize = 64;
/// ... each with so many of them; together at most 2 MB.
const REMEMBERED: usize = 1_000;
/// What may be owed, in microseconds.
const MINUTE: i64 = 60_000_000;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    Token(i64),
    Address(IpAddr),
}

pub struct RequestLimits {
    /// Microseconds that one request costs; 0 for no limit.
    cost: i64,
    hasher: RandomState,
    /// By the asker's hash: when nothing is owed, in microseconds.
    shards: Vec<Mutex<HashMap<u64, i64>>>,
}

impl RequestLimits {
    /// No limit where `per_minute` is 0.
    pub fn new(per_minute: u32) -> RequestLimits {
        let cost = if per_minute == 0 { 0 } else { (MINUTE / i64::from(per_minute)).max(1) };
        RequestLimits {
            cost,
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Counts a request, or says after how many seconds to come back (429).
    pub fn admit(&self, asker: Asker, now: Time) -> Result<()> {
        if self.cost == 0 {
            return Ok(());
        }
        let asker = match asker {
            Asker::Address(address) => Asker::Address(network(address)),
            token => token,
        };
        let key = self.hasher.hash_one(asker);
        let now = now.millis().saturating_mul(1_000);
        let shard = &self.shards[(key % SHARDS as u64) as usize];
        let mut clears = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let owed = clears.get(&key).map_or(0, |clear| (clear - now).max(0)) + self.cost;
        if owed > MINUTE {
            let retry_after = (owed - MINUTE).unsigned_abs().div_ceil(1_000_000);
            let detail = format!("too many requests: go on in {retry_after} s, and more slowly");
            return Err(Error::TooMany { retry_after, detail });
        }
        if clears.len() >= REMEMBERED && !clears.contains_key(&key) {
            clears.retain(|_, clear| *clear > now);
            if clears.len() >= REMEMBERED {
                // Rather let some start anew than search among thousands who all ask at once.
                clears.clear();
            }
        }
        clears.insert(key, now + owed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(1_000_000_000_000);

    #[test]
    fn a_minutes_worth_comes_at_once_and_then_evenly() {
        let limits = RequestLimits::new(60);
        for _ in 0..60 {
            limits.admit(Asker::Token(1), NOW).unwrap();
        }
        let refused = limits.admit(Asker::Token(1), NOW);
        assert!(matches!(refused, Err(Error::TooMany { retry_after: 1, .. })), "{refused:?}");
        limits.admit(Asker::Token(2), NOW).unwrap();
        limits.admit(Asker::Token(1), NOW.plus_millis(1_000)).unwrap();
        assert!(limits.admit(Asker::Token(1), NOW.plus_millis(1_000)).is_err());
    }

    #[test]
    fn zero_is_no_limit() {
        let limits = RequestLimits::new(0);
        for _ in 0..10_000 {
            limits.admit(Asker::Token(1), NOW).unwrap();
        }
    }

    #[test]
    fn memory_is_bounded() {
        let limits = RequestLimits::new(60);
        for id in 0..200_000 {
            limits.admit(Asker::Token(id), NOW).unwrap();
        }
        assert!(limits.shards.iter().all(|shard| shard.lock().unwrap().len() <= REMEMBERED));
    }
}
