//! How often strangers may vote: so many votes at once from an address on one article, and from an address in all;
//! more as time passes (spec 7). Kept in memory, bounded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::people::network;

/// Votes from one address on one article: three at once, then one every 20 minutes.
const OF_ARTICLE: Pace = Pace { at_once: 3, every_millis: 20 * 60_000 };
/// Votes from one address: 30 at once, then one every two minutes.
const OF_ADDRESS: Pace = Pace { at_once: 30, every_millis: 2 * 60_000 };
/// Addresses and articles remembered together.
const REMEMBERED: usize = 100_000;

struct Pace {
    at_once: i64,
    every_millis: i64,
}

/// By address and article (0 for all of them): when nothing is owed any more, in milliseconds.
#[derive(Default)]
pub struct FeedbackLimits(Mutex<HashMap<(IpAddr, i64), i64>>);

impl FeedbackLimits {
    /// Counts a vote, or says after how many seconds to come back (429).
    pub fn admit(&self, address: IpAddr, article_id: i64, now: Time) -> Result<()> {
        let (address, now) = (network(address), now.millis());
        let mut clears = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let places = [(address, article_id, OF_ARTICLE), (address, 0, OF_ADDRESS)];
        for (address, article, pace) in &places {
            let owed = clears.get(&(*address, *article)).map_or(0, |clear| (clear - now).max(0));
            let over = owed + pace.every_millis - pace.at_once * pace.every_millis;
            if over > 0 {
                let retry_after = over.unsigned_abs().div_ceil(1000);
                let detail = format!("too much feedback from this address: try again in {retry_after} s");
                return Err(Error::TooMany { retry_after, detail });
            }
        }
        if clears.len() + places.len() > REMEMBERED {
            clears.retain(|_, clear| *clear > now);
            if clears.len() + places.len() > REMEMBERED {
                clears.clear();
            }
        }
        for (address, article, pace) in places {
            let clear = clears.entry((address, article)).or_insert(now);
            *clear = (*clear).max(now) + pace.every_millis;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_votes_a_few_times_on_an_article_and_more_often_on_others() {
        let (limits, now) = (FeedbackLimits::default(), Time::from_millis(1_000_000_000_000));
        let here = IpAddr::from([192, 0, 2, 1]);
        for _ in 0..3 {
            limits.admit(here, 1, now).unwrap();
        }
        let refused = limits.admit(here, 1, now);
        assert!(matches!(refused, Err(Error::TooMany { retry_after: 1200, .. })), "{refused:?}");
        limits.admit(here, 2, now).unwrap();
        limits.admit(IpAddr::from([192, 0, 2, 2]), 1, now).unwrap();
        for article in 10..36 {
            limits.admit(here, article, now).unwrap();
        }
        assert!(limits.admit(here, 99, now).is_err());
        assert!(limits.admit(here, 99, now.plus_minutes(60)).is_ok());
        assert!(limits.admit(here, 1, now.plus_minutes(20)).is_ok());
    }
}
