//! What stands between guessers and passwords: failures slow down per address and per name, and only so many passwords
//! are computed at a time. Nobody can lock another out: a name is delayed by two seconds at most, never refused.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::passwords::{self, Password, PasswordHash};
use crate::clock::Time;
use crate::error::{Error, Result};

/// Failures that an address has at once; a further one every `ADDRESS_MILLIS`.
const ADDRESS_FAILURES: i64 = 10;
const ADDRESS_MILLIS: i64 = 6_000;
/// Failures of a name that cost nothing; one is forgotten every `NAME_MILLIS`.
const NAME_FAILURES: i64 = 3;
const NAME_MILLIS: i64 = 60_000;
/// Failures of a name that are remembered.
const NAME_MOST: i64 = 20;
const DELAY_MILLIS: u64 = 250;
const DELAY_MOST: u64 = 2_000;
/// Addresses and names remembered, of each.
const REMEMBERED: usize = 10_000;
/// How long a password may wait for its turn to be computed.
const TURN: Duration = Duration::from_secs(10);

pub struct SignInGuard {
    turns: Arc<Semaphore>,
    failures: Mutex<Failures>,
}

impl Default for SignInGuard {
    /// As many passwords at a time as there are cores: each takes 19 MiB.
    fn default() -> SignInGuard {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        SignInGuard { turns: Arc::new(Semaphore::new(cores)), failures: Mutex::default() }
    }
}

/// An attempt that was let in, noted as a failure until it is forgiven.
#[derive(Debug)]
pub struct Attempt {
    address: IpAddr,
    name: String,
    /// To be waited for before the password is looked at.
    pub delay: Duration,
}

impl SignInGuard {
    /// Lets an attempt in, or says after how many seconds to come back (429). It counts as a failure from here on, so
    /// that attempts at the same time do not slip through together.
    pub fn admit(&self, address: IpAddr, name: &str, now: Time) -> Result<Attempt> {
        self.failures().admit(address, name, now).map_err(|retry_after| Error::TooMany {
            retry_after,
            detail: format!("too many failed sign-ins from this address: try again in {retry_after} s"),
        })
    }

    /// Takes back what `admit` noted, once the attempt has turned out to be no failure.
    pub fn forgive(&self, attempt: &Attempt) {
        self.failures().forgive(attempt);
    }

    /// Hashes a password away from the async threads.
    pub async fn hash(&self, password: Password<10>) -> Result<PasswordHash> {
        let turn = self.turn().await?;
        compute(turn, move || passwords::hash(&password)).await?
    }

    /// Whether the password is the one stored; without a stored one it takes as long.
    pub async fn is_right(&self, stored: Option<String>, password: Password<0>) -> Result<bool> {
        let turn = self.turn().await?;
        compute(turn, move || passwords::is_right(stored.as_deref(), &password)).await
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        let turn = tokio::time::timeout(TURN, self.turns.clone().acquire_owned()).await;
        match turn {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_) => Err(Error::TooMany {
                retry_after: 10,
                detail: "too many sign-ins at once: try again shortly".into(),
            }),
        }
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `f` on a thread that may block. The turn goes along: a caller who leaves frees nothing early.
async fn compute<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let computed = tokio::task::spawn_blocking(move || {
        let answer = f();
        drop(turn);
        answer
    });
    computed.await.map_err(|error| Error::Db(db::Error::Panicked(format!("computing a password: {error}"))))
}

#[derive(Default)]
struct Failures {
    addresses: Debts<IpAddr>,
    names: Debts<String>,
}

impl Failures {
    /// `Err` holds the seconds until the address may try again.
    fn admit(&mut self, address: IpAddr, name: &str, now: Time) -> Result<Attempt, u64> {
        let address = network(address);
        let over = self.addresses.debt(&address, now) + ADDRESS_MILLIS - ADDRESS_FAILURES * ADDRESS_MILLIS;
        if over > 0 {
            return Err(over.unsigned_abs().div_ceil(1000));
        }
        self.addresses.add(address, ADDRESS_MILLIS, ADDRESS_FAILURES * ADDRESS_MILLIS, now);
        let debt = self.names.debt(name, now);
        let failed = debt.unsigned_abs().div_ceil(NAME_MILLIS.unsigned_abs());
        self.names.add(name.to_owned(), NAME_MILLIS, NAME_MOST * NAME_MILLIS, now);
        Ok(Attempt { address, name: name.to_owned(), delay: delay(failed) })
    }

    fn forgive(&mut self, attempt: &Attempt) {
        self.addresses.give_back(&attempt.address, ADDRESS_MILLIS);
        self.names.give_back(&attempt.name, NAME_MILLIS);
    }
}

/// Doubles with each failure beyond the free ones.
fn delay(failed: u64) -> Duration {
    let beyond = failed.saturating_sub(NAME_FAILURES.unsigned_abs() - 1).min(8);
    let millis = if beyond == 0 { 0 } else { (DELAY_MILLIS << (beyond - 1)).min(DELAY_MOST) };
    Duration::from_millis(millis)
}

/// Whoever has one IPv6 address has its whole /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// What each key owes, in milliseconds, paid off by the passing of time: kept as the instant at which nothing is owed.
struct Debts<K>(HashMap<K, Time>);

impl<K> Default for Debts<K> {
    fn default() -> Debts<K> {
        Debts(HashMap::new())
    }
}

impl<K: Hash + Eq> Debts<K> {
    fn debt<Q>(&self, key: &Q, now: Time) -> i64
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.get(key).map_or(0, |clear| (clear.millis() - now.millis()).max(0))
    }

    /// Adds to the debt, which does not go beyond `most`.
    fn add(&mut self, key: K, millis: i64, most: i64, now: Time) {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&key) {
            self.make_room(now);
        }
        let owed = (self.debt(&key, now) + millis).min(most);
        self.0.insert(key, now.plus_millis(owed));
    }

    fn give_back(&mut self, key: &K, millis: i64) {
        if let Some(clear) = self.0.get_mut(key) {
            *clear = clear.plus_millis(-millis);
        }
    }

    /// Forgets who owes nothing; if that is not enough, the half that owes least.
    fn make_room(&mut self, now: Time) {
        self.0.retain(|_, clear| *clear > now);
        if self.0.len() < REMEMBERED {
            return;
        }
        let mut clears: Vec<Time> = self.0.values().copied().collect();
        let middle = clears.len() / 2;
        let (_, median, _) = clears.select_nth_unstable(middle);
        let median = *median;
        self.0.retain(|_, clear| *clear > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(1_000_000_000_000);

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn an_address_has_ten_failures_and_then_one_every_six_seconds() {
        let mut failures = Failures::default();
        for _ in 0..10 {
            assert!(failures.admit(address(1), "ana", NOW).is_ok());
        }
        assert_eq!(failures.admit(address(1), "bob", NOW).unwrap_err(), 6);
        assert!(failures.admit(address(2), "bob", NOW).is_ok());
        assert!(failures.admit(address(1), "bob", NOW.plus_millis(6_000)).is_ok());
        assert_eq!(failures.admit(address(1), "bob", NOW.plus_millis(6_001)).unwrap_err(), 6);
    }

    #[test]
    fn a_success_costs_nothing() {
        let mut failures = Failures::default();
        for _ in 0..100 {
            let attempt = failures.admit(address(1), "ana", NOW).unwrap();
            assert_eq!(attempt.delay, Duration::ZERO);
            failures.forgive(&attempt);
        }
    }

    #[test]
    fn a_name_is_delayed_up_to_two_seconds_and_never_refused() {
        let mut failures = Failures::default();
        let delays: Vec<u128> = (0..200)
            .map(|last| failures.admit(address(last), "ana", NOW).unwrap().delay.as_millis())
            .collect();
        assert_eq!(delays[..8], [0, 0, 0, 250, 500, 1000, 2000, 2000]);
        assert_eq!(delays[199], 2000);
        // Twenty failures at most are remembered, so that this is over in twenty minutes.
        let later = NOW.plus_minutes(20);
        assert_eq!(failures.admit(address(201), "ana", later).unwrap().delay, Duration::ZERO);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let mut failures = Failures::default();
        for last in 0..10u16 {
            assert!(
                failures.admit(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last).into(), "ana", NOW).is_ok()
            );
        }
        assert!(failures.admit(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 9, 9, 9, 9).into(), "ana", NOW).is_err());
        assert!(failures.admit(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1).into(), "ana", NOW).is_ok());
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered() {
        let mut failures = Failures::default();
        for _ in 0..10 {
            let _ = failures.admit(address(1), "ana", NOW);
        }
        for guess in 0..3 * REMEMBERED as u32 {
            let _ = failures.admit(IpAddr::V4((0x0b00_0000 + guess).into()), &format!("name {guess}"), NOW);
        }
        assert!(failures.addresses.0.len() <= REMEMBERED);
        assert!(failures.names.0.len() <= REMEMBERED);
        assert!(failures.admit(address(1), "ana", NOW).is_err());
    }

    #[tokio::test]
    async fn passwords_are_computed_aside() {
        let guard = SignInGuard::default();
        guard.hash(Password::new("correct horse").unwrap()).await.unwrap();
        assert!(!guard.is_right(None, Password::new("correct horse").unwrap()).await.unwrap());
        assert_eq!(guard.turns.available_permits(), std::thread::available_parallelism().unwrap().get());
    }
}
