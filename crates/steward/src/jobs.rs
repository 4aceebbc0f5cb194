//! Durable jobs: rows that are claimed under a lease, run in a transaction that also ends them, tried again with
//! growing pauses, and laid aside as dead for an admin to look at.
//!
//! A job changes only the database, so running it and ending it are one transaction: it happens once, whatever is
//! killed when. What speaks to other machines is an errand ([`errands`]) and runs outside of transactions. The lease keeps nodes from doing the same work side by side; the fencing token keeps one whose lease
//! ran out from ending a job that another has taken over.

pub mod api;
pub mod errands;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::web::Language;
use crate::work::{Actor, Work};
use crate::{mail, reactions, sla, surveys};

pub use errands::{Errand, Lease, enqueue_errand};

/// How long a node may work on a job before another may take it over.
const LEASE_SECONDS: i64 = 60;
/// The pause after the first failure; each further one doubles it, up to an hour.
const BACKOFF_SECONDS: i64 = 2;
const BACKOFF_MOST: i64 = 3600;
/// Jobs under way at once on one node.
const AT_ONCE: usize = 32;
/// The longest that the runner sleeps before it looks again: other nodes enqueue jobs, too.
const LOOK: Duration = Duration::from_secs(1);

crate::words! {
    /// Where a job runs: inside one transaction, or outside of any, speaking to other machines.
    pub enum Lane { Inside = "inside", Outside = "outside" }
}

/// What there is to do. Shallow: ids in, one model function called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// What follows from an event.
    React { event_id: i64 },
    /// Open cases whose policy or calendar was changed get their clocks anew.
    RecomputeSla(sla::Recompute),
    /// Whether an escalation has stayed unacknowledged.
    CheckEscalation { escalation_id: i64, rule_id: i64 },
    /// The time of an invitation to a survey has come.
    InviteToSurvey { invitation_id: i64 },
    /// Somebody asked for a link to sign in, by the key of an address that may be nobody's.
    SendSignInLink { door: mail::sign_in::Door, email_key: String, language: Language },
}

/// What became of a run.
pub enum Outcome {
    Done,
    /// The same, and this is how far it came.
    DoneAs(Job),
    /// There is more to do: run again with this in place of what it was.
    Again(Job),
}

impl Job {
    fn kind(&self) -> &'static str {
        match self {
            Job::React { .. } => "react",
            Job::RecomputeSla(_) => "recompute_sla",
            Job::CheckEscalation { .. } => "check_escalation",
            Job::InviteToSurvey { .. } => "invite_to_survey",
            Job::SendSignInLink { .. } => "send_sign_in_link",
        }
    }

    fn run(&self, work: &mut Work) -> Result<Outcome> {
        match self {
            Job::React { event_id } => reactions::react(work, *event_id).map(|()| Outcome::Done),
            Job::RecomputeSla(recompute) => sla::recompute(work, recompute).map(|(so_far, is_left)| {
                let job = Job::RecomputeSla(so_far);
                if is_left { Outcome::Again(job) } else { Outcome::DoneAs(job) }
            }),
            Job::CheckEscalation { escalation_id, rule_id } => {
                crate::escalations::check_unacknowledged(work, *escalation_id, *rule_id)
                    .map(|()| Outcome::Done)
            }
            Job::InviteToSurvey { invitation_id } => {
                surveys::invite(work, *invitation_id).map(|()| Outcome::Done)
            }
            Job::SendSignInLink { door, email_key, language } => {
                mail::sign_in::send(work, *door, email_key, *language)?;
                // Addresses that strangers typed are not kept.
                let (door, language, email_key) = (*door, *language, String::new());
                Ok(Outcome::DoneAs(Job::SendSignInLink { door, email_key, language }))
            }
        }
    }
}

/// Enqueues a job, to be run at `run_at` or soon after. With a key there is at most one waiting job of that key; a
/// second is not enqueued.
pub fn enqueue(work: &mut Work, job: &Job, run_at: Time, unique_key: Option<&str>) -> Result<()> {
    let now = work.now;
    work.execute(
        "insert into crm_jobs (kind, payload, unique_key, run_at, created_at) values ($1, $2, $3, $4, $5)
         on conflict (unique_key) where state = 'waiting' and unique_key is not null do nothing",
        &[&job.kind(), &db::Json(job), &unique_key, &run_at, &now],
    )?;
    Ok(())
}

/// Enqueues a job to be run now; one of its key that waits or is under way gets this in place of what it was to do.
pub fn enqueue_anew(work: &mut Work, job: &Job, unique_key: &str) -> Result<()> {
    let now = work.now;
    enqueue(work, job, now, Some(unique_key))?;
    // Also where it was enqueued just now: somebody else may have done so, and their change is not ours.
    work.execute(
        "update crm_jobs set payload = $2, run_at = $3 where unique_key = $1 and state = 'waiting'",
        &[&unique_key, &db::Json(job), &now],
    )?;
    Ok(())
}

/// Enqueues many jobs without keys.
pub fn enqueue_all(work: &mut Work, jobs: &[Job], run_at: Time) -> Result<()> {
    let now = work.now;
    let rows: Vec<[db::Value; 4]> = jobs
        .iter()
        .map(|job| Ok([job.kind().into(), serde_json::to_value(job)?.into(), run_at.into(), now.into()]))
        .collect::<std::result::Result<_, serde_json::Error>>()
        .map_err(|error| Error::Db(db::Error::Decode(format!("a job that is no JSON: {error}"))))?;
    work.insert_all("crm_jobs", "job_id", ["kind", "payload", "run_at", "created_at"], &rows).map(|_| ())
}

db::record! {
    /// A job that this node holds the lease of.
    #[derive(Debug, Clone)]
    struct Claim {
        job_id: i64,
        kind: String,
        payload: serde_json::Value,
        lease_token: i64,
        attempts: i64,
        max_attempts: i64,
    }
}

/// The clock that leases go by: the database's where nodes share one, so that theirs need not agree.
fn lease_clock(work: &mut Work) -> Result<Time> {
    match work.dialect() {
        db::Dialect::Sqlite => Ok(work.now),
        db::Dialect::Postgres => {
            Ok(work.one::<(Time,)>("select cast(clock_timestamp() as timestamptz(3))", &[])?.0)
        }
    }
}

fn claim(work: &mut Work, lane: Lane, most: usize) -> Result<Vec<Claim>> {
    let (now, clock, skip) = (work.now, lease_clock(work)?, work.dialect().for_update_skip_locked());
    let until = clock.plus_millis(LEASE_SECONDS * 1000);
    work.query(
        &format!(
            "update crm_jobs set leased_until = $3, lease_token = lease_token + 1, attempts = attempts + 1
             where job_id in (
                 select job_id from crm_jobs
                 where lane = $4 and state = 'waiting' and run_at <= $1 and (leased_until is null or leased_until < $2)
                 order by run_at, job_id limit {most}{skip}
             ) returning job_id, kind, payload, lease_token, attempts, max_attempts"
        ),
        &[&now, &clock, &until, &lane],
    )
}

async fn claim_due(app: &App, limit: usize) -> Result<Vec<Claim>> {
    let is_due = app
        .read(db::Class::Bounded, Actor::System, |work| Ok(next_due(work)?.is_some_and(|at| at <= work.now)));
    if !is_due.await? {
        return Ok(Vec::new());
    }
    app.write(Actor::System, move |work| claim(work, Lane::Inside, limit)).await
}

/// Runs the jobs that are due, and waits for their end. Answers how many were claimed.
pub async fn run_due(app: &App) -> Result<usize> {
    let claims = claim_due(app, AT_ONCE).await?;
    let (count, mut running) = (claims.len(), JoinSet::new());
    start(app, claims, &mut running);
    while let Some(ended) = running.join_next().await {
        complain(ended);
    }
    Ok(count)
}

fn start(app: &App, claims: Vec<Claim>, running: &mut JoinSet<()>) {
    for claim in claims {
        let app = app.clone();
        running.spawn(async move { run_one(&app, claim).await });
    }
}

fn complain(ended: std::result::Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a job's task ended badly; its lease will run out");
    }
}

/// Runs jobs as they fall due, side by side with all else that the desk does, until `ending` changes; then waits for
/// those under way. A long job does not hold up short ones: new ones are claimed while it runs.
pub async fn run(app: App, mut ending: watch::Receiver<bool>) {
    let mut running = JoinSet::new();
    loop {
        let free = AT_ONCE - running.len();
        // By halves at least, for each claim is a write.
        if free >= AT_ONCE / 2 {
            match claim_due(&app, free).await {
                Ok(claims) => start(&app, claims, &mut running),
                Err(error) => tracing::warn!(%error, "no jobs could be claimed"),
            }
        }
        let pause = if running.is_empty() { until_next(&app).await } else { LOOK };
        tokio::select! {
            _ = ending.changed() => break,
            Some(ended) = running.join_next() => complain(ended),
            () = tokio::time::sleep(pause) => {}
        }
        while let Some(ended) = running.try_join_next() {
            complain(ended);
        }
    }
    while let Some(ended) = running.join_next().await {
        complain(ended);
    }
}

/// How long until a job may be due: never so short that the desk spins on one that another node is about to take.
async fn until_next(app: &App) -> Duration {
    let next = app.read(db::Class::Bounded, Actor::System, |work| Ok((next_due(work)?, work.now))).await;
    let millis = match next {
        Ok((Some(next), now)) => next.millis() - now.millis(),
        _ => i64::MAX,
    };
    Duration::from_millis(millis.clamp(20, 1000).unsigned_abs()).min(LOOK)
}

async fn run_one(app: &App, claim: Claim) {
    let attempt = claim.clone();
    let ran = app.write(Actor::System, move |work| run_and_end(work, &attempt)).await;
    let Err(error) = ran else { return };
    tracing::warn!(job = claim.job_id, kind = claim.kind, attempts = claim.attempts, %error, "a job failed");
    note_failure(app, claim, &error).await;
}

async fn note_failure(app: &App, claim: Claim, error: &Error) {
    let message = error.to_string();
    if let Err(error) = app.write(Actor::System, move |work| put_off(work, &claim, &message)).await {
        tracing::warn!(%error, "a failed job could not be put off; its lease will run out");
    }
}

/// The job and its end in one transaction, if the lease is still ours. What it is to do is read only now: it may have
/// been told to begin anew since it was claimed; and one that this program cannot read fails by itself, not its
/// neighbours.
fn run_and_end(work: &mut Work, claim: &Claim) -> Result<()> {
    let lock = work.dialect().for_update();
    let held: Option<(db::Json<Job>,)> = work.optional(
        &format!(
            "select payload from crm_jobs where job_id = $1 and lease_token = $2 and state = 'waiting'{lock}"
        ),
        &[&claim.job_id, &claim.lease_token],
    )?;
    let Some((db::Json(job),)) = held else { return Ok(()) };
    let now = work.now;
    const DONE: &str =
        "update crm_jobs set state = 'done', payload = $2, finished_at = $3, leased_until = null,
             last_error = null where job_id = $1";
    match job.run(work)? {
        Outcome::Done => work.execute(DONE, &[&claim.job_id, &db::Json(&job), &now])?,
        Outcome::DoneAs(job) => work.execute(DONE, &[&claim.job_id, &db::Json(&job), &now])?,
        Outcome::Again(job) => work.execute(
            "update crm_jobs set payload = $2, run_at = $3, leased_until = null, attempts = 0, last_error = null
             where job_id = $1",
            &[&claim.job_id, &db::Json(&job), &now],
        )?,
    };
    Ok(())
}

fn put_off(work: &mut Work, claim: &Claim, error: &str) -> Result<()> {
    let doublings = u32::try_from(claim.attempts - 1).unwrap_or(0).min(20);
    let pause = (BACKOFF_SECONDS << doublings).min(BACKOFF_MOST);
    let (run_at, now) = (work.now.plus_millis(pause * 1000), work.now);
    let is_dead = claim.attempts >= claim.max_attempts;
    let state = if is_dead { "dead" } else { "waiting" };
    let finished_at = is_dead.then_some(now);
    work.execute(
        "update crm_jobs set state = $3, run_at = $4, leased_until = null, last_error = $5, finished_at = $6
         where job_id = $1 and lease_token = $2 and state = 'waiting'",
        &[&claim.job_id, &claim.lease_token, &state, &run_at, &error, &finished_at],
    )?;
    Ok(())
}

/// When the next job is due that nobody works on, if any waits.
pub fn next_due(work: &mut Work) -> Result<Option<Time>> {
    let clock = lease_clock(work)?;
    let row: Option<(Time,)> = work.optional(
        "select run_at from crm_jobs
         where lane = 'inside' and state = 'waiting' and (leased_until is null or leased_until < $1)
         order by run_at, job_id limit 1",
        &[&clock],
    )?;
    Ok(row.map(|(at,)| at))
}

/// Forgets jobs that were done long ago; the dead stay.
pub fn forget_done(work: &mut Work) -> Result<()> {
    let until = work.now.plus_days(-7);
    work.execute("delete from crm_jobs where state = 'done' and finished_at < $1", &[&until])?;
    Ok(())
}

/// Gives a dead job a new life.
pub fn retry(work: &mut Work, job_id: i64) -> Result<()> {
    let now = work.now;
    let revived = work.execute(
        "update crm_jobs set state = 'waiting', run_at = $2, attempts = 0, leased_until = null, finished_at = null
         where job_id = $1 and state = 'dead'",
        &[&job_id, &now],
    )?;
    if revived == 0 { Err(Error::NotFound("dead job")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
