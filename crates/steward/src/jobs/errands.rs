//! Errands: jobs that speak to other machines. They run outside of any transaction, beside the ticker, a few at a time:
//! claimed like any job, then each step of theirs that writes checks that the lease is still theirs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Claim, Lane, claim, lease_clock};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::mail;
use crate::work::{Actor, Work};

/// Errands under way at once on a node.
const AT_ONCE: usize = 8;
/// How long a node that is ending waits for those under way.
const FAREWELL: Duration = Duration::from_secs(10);
/// The longest that a node sleeps before it looks for errands of others.
const TICK: Duration = Duration::from_secs(1);

/// What there is to do outside. Shallow: ids in, one function called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Errand {
    SendMail { outbound_message_id: i64 },
}

impl Errand {
    fn kind(&self) -> &'static str {
        match self {
            Errand::SendMail { .. } => "send_mail",
        }
    }

    async fn run(&self, app: &App, lease: &Lease) -> Result<()> {
        match self {
            Errand::SendMail { outbound_message_id } => mail::deliver(app, lease, *outbound_message_id).await,
        }
    }
}

/// Enqueues an errand, to be run at `run_at` or soon after.
pub fn enqueue_errand(work: &mut Work, errand: &Errand, run_at: Time) -> Result<()> {
    let now = work.now;
    work.execute(
        "insert into crm_jobs (kind, payload, run_at, created_at, lane) values ($1, $2, $3, $4, $5)",
        &[&errand.kind(), &db::Json(errand), &run_at, &now, &Lane::Outside],
    )?;
    Ok(())
}

/// What this node holds of an errand: good as long as nobody has taken over.
#[derive(Debug, Clone)]
pub struct Lease {
    job_id: i64,
    token: i64,
}

impl Lease {
    /// Whether it is still ours. Takes the job's row.
    pub fn is_held(&self, work: &mut Work) -> Result<bool> {
        let lock = work.dialect().for_update();
        let held: Option<(i64,)> = work.optional(
            &format!("select job_id from crm_jobs where job_id = $1 and lease_token = $2 and state = 'waiting'{lock}"),
            &[&self.job_id, &self.token],
        )?;
        Ok(held.is_some())
    }

    /// Makes it last so many seconds from now, if it is still ours; answers whether it is.
    pub fn renew(&self, work: &mut Work, seconds: i64) -> Result<bool> {
        let until = lease_clock(work)?.plus_millis(seconds * 1000);
        let renewed = work.execute(
            "update crm_jobs set leased_until = $3 where job_id = $1 and lease_token = $2 and state = 'waiting'",
            &[&self.job_id, &self.token, &until],
        )?;
        Ok(renewed == 1)
    }

    /// Ends the errand.
    pub fn end(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        work.execute(
            "update crm_jobs set state = 'done', finished_at = $3, leased_until = null, last_error = null
             where job_id = $1 and lease_token = $2 and state = 'waiting'",
            &[&self.job_id, &self.token, &now],
        )?;
        Ok(())
    }

    /// Puts the errand off, and says why.
    pub fn put_off(&self, work: &mut Work, until: Time, why: &str) -> Result<()> {
        work.execute(
            "update crm_jobs set run_at = $3, leased_until = null, attempts = 0, last_error = $4
             where job_id = $1 and lease_token = $2 and state = 'waiting'",
            &[&self.job_id, &self.token, &until, &why],
        )?;
        Ok(())
    }
}

async fn run_one(app: &App, claim: Claim) {
    let lease = Lease { job_id: claim.job_id, token: claim.lease_token };
    let ran = match serde_json::from_value::<Errand>(claim.payload.clone()) {
        Ok(errand) => errand.run(app, &lease).await,
        Err(error) => Err(Error::Conflict(format!("not an errand of this program: {error}"))),
    };
    let Err(error) = ran else { return };
    tracing::warn!(job = claim.job_id, kind = claim.kind, attempts = claim.attempts, %error, "an errand failed");
    super::note_failure(app, claim, &error).await;
}

/// Runs the errands that are due, to their end. Answers how many there were.
pub async fn run_due(app: &App) -> Result<usize> {
    let claims = claim_due(app, AT_ONCE).await?;
    let count = claims.len();
    let mut under_way = JoinSet::new();
    start(app, claims, &mut under_way);
    while under_way.join_next().await.is_some() {}
    Ok(count)
}

fn start(app: &App, claims: Vec<Claim>, under_way: &mut JoinSet<()>) {
    for claim in claims {
        let app = app.clone();
        under_way.spawn(async move { run_one(&app, claim).await });
    }
}

/// Claims what is due, unless there is nothing: looking costs no write.
async fn claim_due(app: &App, most: usize) -> Result<Vec<Claim>> {
    let next =
        app.read(db::Class::Bounded, Actor::System, |work| Ok(next_due(work)?.zip(Some(work.now)))).await?;
    if most == 0 || next.is_none_or(|(due, now)| due > now) {
        return Ok(Vec::new());
    }
    app.write(Actor::System, move |work| claim(work, Lane::Outside, most)).await
}

/// When the next errand is due that nobody is about.
fn next_due(work: &mut Work) -> Result<Option<Time>> {
    let clock = lease_clock(work)?;
    let row: Option<(Time,)> = work.optional(
        "select run_at from crm_jobs
         where lane = 'outside' and state = 'waiting' and (leased_until is null or leased_until < $1)
         order by run_at, job_id limit 1",
        &[&clock],
    )?;
    Ok(row.map(|(at,)| at))
}

/// Runs errands until the node ends.
pub async fn keep_running(app: App, mut ending: watch::Receiver<bool>) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause(&app, under_way.len() < AT_ONCE).await) => {}
            Some(ended) = under_way.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "an errand's task ended badly; its lease will run out");
                }
            }
            _ = ending.changed() => break,
        }
        match claim_due(&app, AT_ONCE.saturating_sub(under_way.len())).await {
            Ok(claims) => start(&app, claims, &mut under_way),
            Err(error) => tracing::warn!(%error, "no errands could be claimed; trying again"),
        }
    }
    let all = async { while under_way.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(FAREWELL, all).await;
}

/// How long until an errand is due, a tick at most.
async fn pause(app: &App, has_room: bool) -> Duration {
    if !has_room {
        return TICK;
    }
    let next =
        app.read(db::Class::Bounded, Actor::System, |work| Ok(next_due(work)?.zip(Some(work.now)))).await;
    let millis = match next {
        Ok(Some((due, now))) => due.millis() - now.millis(),
        _ => i64::MAX,
    };
    Duration::from_millis(millis.clamp(20, 1000).unsigned_abs()).min(TICK)
}
