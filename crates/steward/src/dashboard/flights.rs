//! One answer for the same question asked by several at once.
//!
//! Whoever asks joins a computation that has **not begun**: one that has might read a snapshot older than the question,
//! and somebody would not see what they had just written. So there are at most two for each question: one under way, and
//! one that begins after it, for all who came meanwhile. Nothing is kept beyond that.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::oneshot;

use crate::error::{Error, Result};

type Answer<T> = Result<Arc<T>>;
/// By question, who waits for the computation that is to begin. A question has an entry while one is under way.
type Waiting<K, T> = HashMap<K, Vec<oneshot::Sender<Answer<T>>>>;

/// Computations under way, by question.
pub struct Flights<K, T>(Arc<Mutex<Waiting<K, T>>>);

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Flights(Arc::default())
    }
}

impl<K, T> Flights<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Send + Sync + 'static,
{
    /// The answer to a question. `compute` runs once for all who wait for it, whether or not the first of them still does;
    /// it depends on nothing but the question. Its error goes to all of them.
    pub async fn ask<F, C>(&self, question: K, compute: C) -> Answer<T>
    where
        C: Fn() -> F + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (answer, told) = oneshot::channel();
        let is_first = {
            let mut waiting = lock(&self.0);
            let is_first = !waiting.contains_key(&question);
            waiting.entry(question.clone()).or_default().push(answer);
            is_first
        };
        if is_first {
            let course = Course { waiting: self.0.clone(), question, is_over: false };
            tokio::spawn(course.fly(compute));
        }
        told.await.unwrap_or_else(|_| {
            Err(Error::Db(db::Error::Panicked("while others waited for the answer too".into())))
        })
    }
}

fn lock<K, T>(waiting: &Mutex<Waiting<K, T>>) -> MutexGuard<'_, Waiting<K, T>> {
    // Nothing that panics runs under the lock.
    waiting.lock().unwrap_or_else(|held| held.into_inner())
}

/// The computations of one question, one after the other while somebody waits.
struct Course<K: Eq + Hash, T> {
    waiting: Arc<Mutex<Waiting<K, T>>>,
    question: K,
    /// Whether the question has been struck: another course may have taken it up since.
    is_over: bool,
}

impl<K: Eq + Hash, T> Course<K, T> {
    async fn fly<F, C>(mut self, compute: C)
    where
        C: Fn() -> F,
        F: Future<Output = Result<T>>,
    {
        while let Some(askers) = self.boarding() {
            let answer = compute().await.map(Arc::new);
            for asker in askers {
                // Whoever went away does not mind.
                let _ = asker.send(answer.clone());
            }
            // Those who have their answer write it down before the next computation takes the thread.
            tokio::task::yield_now().await;
        }
    }

    /// Those who wait now. Where nobody does the question is struck, so that the next one begins anew.
    fn boarding(&mut self) -> Option<Vec<oneshot::Sender<Answer<T>>>> {
        let mut waiting = lock(&self.waiting);
        let mut askers = std::mem::take(waiting.get_mut(&self.question)?);
        askers.retain(|asker| !asker.is_closed());
        if askers.is_empty() {
            waiting.remove(&self.question);
            self.is_over = true;
            return None;
        }
        Some(askers)
    }
}

impl<K: Eq + Hash, T> Drop for Course<K, T> {
    /// After a panic, or when the server stops: who waits is told, and the next question begins anew.
    fn drop(&mut self) {
        if !self.is_over {
            lock(&self.waiting).remove(&self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::{Notify, Semaphore};

    /// A computation that ends when it is let, and counts how often it began.
    struct Slow {
        begun: AtomicUsize,
        has_begun: Notify,
        may_end: Semaphore,
    }

    impl Slow {
        fn new() -> Arc<Slow> {
            Arc::new(Slow {
                begun: AtomicUsize::new(0),
                has_begun: Notify::new(),
                may_end: Semaphore::new(0),
            })
        }

        async fn compute(self: Arc<Slow>) -> Result<usize> {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            self.has_begun.notify_one();
            self.may_end.acquire().await.unwrap().forget();
            Ok(number)
        }

        fn end(&self) {
            self.may_end.add_permits(1);
        }
    }

    type Counted = Arc<Flights<&'static str, usize>>;

    fn ask(flights: &Counted, slow: &Arc<Slow>) -> tokio::task::JoinHandle<Answer<usize>> {
        let (flights, slow) = (flights.clone(), slow.clone());
        tokio::spawn(async move { flights.ask("same", move || slow.clone().compute()).await })
    }

    /// Until so many wait for the computation that is to begin.
    async fn until_waiting(flights: &Counted, count: usize) {
        while lock(&flights.0).get("same").map_or(0, Vec::len) != count {
            tokio::task::yield_now().await;
        }
    }

    /// Until nothing is kept of any question.
    async fn until_over(flights: &Flights<&'static str, usize>) {
        while !lock(&flights.0).is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn nobody_is_given_what_began_before_they_asked() {
        let (flights, slow) = (Counted::default(), Slow::new());
        let first = ask(&flights, &slow);
        slow.has_begun.notified().await;
        let late: Vec<_> = (0..20).map(|_| ask(&flights, &slow)).collect();
        until_waiting(&flights, 20).await;
        assert_eq!(slow.begun.load(Ordering::SeqCst), 1, "one at a time");
        slow.end();
        assert_eq!(*first.await.unwrap().unwrap(), 1);
        slow.has_begun.notified().await;
        slow.end();
        for asked in late {
            assert_eq!(*asked.await.unwrap().unwrap(), 2, "all who came meanwhile share the second");
        }
        until_over(&flights).await;
        assert_eq!(slow.begun.load(Ordering::SeqCst), 2);
        slow.end();
        assert_eq!(*ask(&flights, &slow).await.unwrap().unwrap(), 3, "nothing is remembered");
    }

    #[tokio::test]
    async fn the_first_one_going_away_strands_nobody() {
        let (flights, slow) = (Counted::default(), Slow::new());
        let first = ask(&flights, &slow);
        slow.has_begun.notified().await;
        let (second, third) = (ask(&flights, &slow), ask(&flights, &slow));
        until_waiting(&flights, 2).await;
        first.abort();
        second.abort();
        assert!(first.await.unwrap_err().is_cancelled() && second.await.unwrap_err().is_cancelled());
        slow.end();
        slow.end();
        assert_eq!(*third.await.unwrap().unwrap(), 2);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let (flights, slow) = (Counted::default(), Slow::new());
        let first = ask(&flights, &slow);
        slow.has_begun.notified().await;
        let second = ask(&flights, &slow);
        until_waiting(&flights, 1).await;
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        slow.end();
        assert_eq!(*first.await.unwrap().unwrap(), 1);
        until_over(&flights).await;
        assert_eq!(slow.begun.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_error_is_told_to_all_and_not_kept() {
        let flights: Arc<Flights<&str, usize>> = Arc::default();
        let refuse = || async { Err::<usize, _>(Error::NotFound("thing")) };
        let (one, two) = tokio::join!(flights.ask("same", refuse), flights.ask("same", refuse));
        assert!(matches!((one, two), (Err(Error::NotFound("thing")), Err(Error::NotFound("thing")))));
        until_over(&flights).await;
        assert_eq!(*flights.ask("same", || async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_is_told_to_those_who_wait_and_the_next_question_begins_anew() {
        let flights: Arc<Flights<&str, usize>> = Arc::default();
        let panics = || async { panic!("of a test") };
        assert!(matches!(flights.ask("same", panics).await, Err(Error::Db(db::Error::Panicked(_)))));
        until_over(&flights).await;
        assert_eq!(*flights.ask("same", || async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn other_questions_do_not_wait() {
        let (flights, slow) = (Counted::default(), Slow::new());
        let first = ask(&flights, &slow);
        slow.has_begun.notified().await;
        assert_eq!(*flights.ask("other", || async { Ok(7) }).await.unwrap(), 7);
        slow.end();
        assert_eq!(*first.await.unwrap().unwrap(), 1);
    }
}
