//! The raw rate: the calls behind the requests, token check included, and their JSON, in this process and without
//! HTTP. Reads run on as many threads as there are cores; writes as sixteen tasks, so that their commits group.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use db::{Class, Dialect};
use steward::cases::api::{OneCase, OneComment};
use steward::cases::{Case, CaseScope, comment, list, show};
use steward::knowledge::{self, Edition};
use steward::people::tokens;
use steward::start::Fatal;
use steward::{Actor, App, Error};

use crate::requests::{Call, Request};
use crate::{seed, server};

type Result<T, E = Error> = std::result::Result<T, E>;

/// Tasks that write at once: as many as there are clients in the measurement beside it.
const WRITERS: usize = 16;

fn authenticate(app: &App) -> Result<Actor> {
    let hash = tokens::hash(seed::TOKEN);
    let now = app.clock.now();
    let memory = app.memory();
    let find = move |tx: &mut db::Tx<'_>| tokens::find(&mut memory.work(tx, Actor::Anonymous, now), &hash);
    let known = app.db.read_blocking(Class::Bounded, find)?;
    known.ok_or(Error::Unauthenticated("the desk does not know its token"))?.actor()
}

/// Answers one read; the length of its JSON.
fn read(app: &App, request: &Request) -> Result<usize> {
    let actor = authenticate(app)?;
    let (now, memory) = (app.clock.now(), app.memory());
    match request.call.clone() {
        Call::List(query) => {
            let cheap = query.is_cheap(app.db.dialect(), actor, CaseScope::Desk);
            let class = if cheap { Class::Bounded } else { Class::Slow };
            let list = move |tx: &mut db::Tx<'_>| {
                list::list(&mut memory.work(tx, actor, now), &query, CaseScope::Desk)
            };
            Ok(json(&app.db.read_blocking(class, list)?))
        }
        Call::Show(case_id) => {
            let show = move |tx: &mut db::Tx<'_>| show::detail(&mut memory.work(tx, actor, now), case_id);
            Ok(json(&app.db.read_blocking(Class::Bounded, show)?))
        }
        Call::Article(slug) => {
            let shelf = app.clone();
            let look = move |tx: &mut db::Tx<'_>| {
                let work = &mut memory.work(tx, actor, now);
                let read = knowledge::show::at_address(work, &shelf.knowledge, &slug, Edition::Published)?;
                if read.is_whole() { Ok(read) } else { read.complete(work, &shelf.knowledge) }
            };
            Ok(json(&app.db.read_blocking(Class::Bounded, look)?))
        }
        Call::Nothing | Call::Create(_) | Call::Comment(..) => Ok(0),
    }
}

fn json<T: serde::Serialize>(answer: &T) -> usize {
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, answer).expect("answers are plain data with string keys");
    std::hint::black_box(bytes).len()
}

/// What was done in process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    /// Calls in a second.
    pub rate: f64,
    /// Microseconds of processor time that each took.
    pub micros: f64,
}

impl Rate {
    /// Counts what `work` says it has done, by the clock and by the processor.
    fn of(work: impl FnOnce() -> Result<u64, Fatal>) -> Result<Rate, Fatal> {
        let (begun, used) = (Instant::now(), server::processor("self")?);
        let done = work()? as f64;
        let used = server::processor("self")? - used;
        Ok(Rate {
            rate: done / begun.elapsed().as_secs_f64(),
            micros: used.as_secs_f64() * 1e6 / done.max(1.0),
        })
    }

    pub fn max(self, other: Rate) -> Rate {
        if other.rate > self.rate { other } else { self }
    }
}

/// Reads on `threads` threads.
pub fn reads(app: &App, requests: &[Request], threads: usize, time: Duration) -> Result<Rate, Fatal> {
    Rate::of(|| Ok(read_for(app, requests, threads, time)?))
}

fn read_for(app: &App, requests: &[Request], threads: usize, time: Duration) -> Result<u64> {
    let begun = Instant::now();
    let counts: Vec<Result<u64>> = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let mut done = 0;
                    for request in requests.iter().cycle().skip(thread * 997) {
                        if begun.elapsed() >= time {
                            break;
                        }
                        read(app, request)?;
                        done += 1;
                    }
                    Ok(done)
                })
            })
            .collect();
        let panicked = |_| Err(db::Error::Panicked("a reader".into()).into());
        readers.into_iter().map(|reader| reader.join().unwrap_or_else(panicked)).collect()
    });
    counts.into_iter().sum()
}

/// Reads at their best: with a thread for each core, and on PostgreSQL, whose threads mostly wait, also
/// with one for each connection.
pub fn best_reads(app: &App, requests: &[Request], time: Duration) -> Result<Rate, Fatal> {
    let cores = cores();
    let rate = reads(app, requests, cores, time)?;
    match app.db.dialect() {
        Dialect::Sqlite => Ok(rate),
        Dialect::Postgres => Ok(rate.max(reads(app, requests, 2 * cores + 2, time)?)),
    }
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Durable writes by sixteen tasks.
pub fn writes(app: &App, requests: &[Request], time: Duration) -> Result<Rate, Fatal> {
    Rate::of(|| write_for(app, requests, time))
}

fn write_for(app: &App, requests: &[Request], time: Duration) -> Result<u64, Fatal> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let requests: Arc<[Request]> = requests.into();
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    runtime.block_on(async {
        let writers = (0..WRITERS).map(|writer| {
            let (app, requests, done) = (app.clone(), requests.clone(), done.clone());
            tokio::spawn(async move {
                for request in requests.iter().cycle().skip(writer * 97) {
                    if begun.elapsed() >= time {
                        break;
                    }
                    write(&app, request).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, Error>(())
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await??;
        }
        Ok::<_, Fatal>(())
    })?;
    Ok(done.load(Ordering::Relaxed))
}

async fn write(app: &App, request: &Request) -> Result<usize> {
    let hash = tokens::hash(seed::TOKEN);
    let known = app.read(Class::Bounded, Actor::Anonymous, move |work| tokens::find(work, &hash)).await?;
    let actor = known.ok_or(Error::Unauthenticated("the desk does not know its token"))?.actor()?;
    match request.call.clone() {
        Call::Create(draft) => {
            let case = app.write(actor, move |work| {
                let case_id = Case::open(work, &draft)?;
                show::full(work, case_id)
            });
            Ok(json(&OneCase { case: case.await? }))
        }
        Call::Comment(case_id, draft) => {
            let comment = app.write(actor, move |work| {
                let comment_id = Case::take(work, case_id)?.comment(work, &draft)?;
                comment::find(work, case_id, comment_id)
            });
            Ok(json(&OneComment { comment: comment.await? }))
        }
        Call::Nothing | Call::List(_) | Call::Show(_) | Call::Article(_) => Ok(0),
    }
}
