//! Delivering one message, between transactions: begin, dialogue, mark, hand over, end.
//!
//! Until the message is marked as `sending` a node that dies has sent nothing, and another takes over when its lease has
//! run out. From then on the text may have been taken: whoever finds a message in that state lays it aside as `unknown`
//! rather than send it twice.

use std::time::Duration;

use super::message::{Letter, State, advance, requeue};
use super::smtp::{self, Failure};
use crate::app::App;
use crate::error::Result;
use crate::jobs::Lease;
use crate::surveys;
use crate::work::{Actor, Work};

/// The pause after the first failure; each further one doubles it, up to the longest.
const BACKOFF_SECONDS: i64 = 60;
const BACKOFF_MOST: i64 = 4 * 3600;
/// Together some two days: long enough for a weekend without a mail server.
pub const ATTEMPTS: i64 = 20;

/// What is left to do with a message.
enum Begun {
    Nothing,
    Send(Box<(Letter, Option<String>)>),
}

/// Delivers a message whose errand this node holds the lease of. What goes wrong with the message is written on it; an
/// error is the database's, and leaves the rest to the lease.
pub async fn deliver(app: &App, lease: &Lease, id: i64) -> Result<()> {
    let patience = i64::from(app.config.smtp_timeout_seconds) + 30;
    let held = lease.clone();
    let begun = app.write(Actor::System, move |work| begin(work, &held, id, patience)).await?;
    let Begun::Send(letter) = begun else { return Ok(()) };
    let (letter, stop) = *letter;
    let attempt = letter.attempts;
    let outcome = send(app, lease, &letter, stop.as_deref(), patience).await;
    let Some(outcome) = outcome? else { return Ok(()) };
    end(app, lease, id, attempt, outcome).await
}

/// Renews the lease and takes the message up, or ends what is not to be sent.
fn begin(work: &mut Work, lease: &Lease, id: i64, patience: i64) -> Result<Begun> {
    if !lease.renew(work, patience)? {
        return Ok(Begun::Nothing);
    }
    let Some(mut letter) = Letter::take(work, id)? else {
        lease.end(work)?;
        return Ok(Begun::Nothing);
    };
    let (to, why) = match letter.state {
        State::Sending => {
            (State::Unknown, "the node that was handing it over ended before it heard an answer")
        }
        State::Queued if !work.config.sends_mail() => (State::Held, "mail is off"),
        State::Queued => match letter.unwanted(work)? {
            Some(why) => (State::Cancelled, why),
            None => {
                letter.attempts += 1;
                work.execute(
                    "update crm_outbound_messages set attempts = $2 where outbound_message_id = $1",
                    &[&id, &letter.attempts],
                )?;
                let stop = letter.make_links(work)?;
                return Ok(Begun::Send(Box::new((letter, stop))));
            }
        },
        _ => {
            lease.end(work)?;
            return Ok(Begun::Nothing);
        }
    };
    advance(work, id, &[letter.state], to, Some(why))?;
    lease.end(work)?;
    Ok(Begun::Nothing)
}

/// The dialogue. `None` where the message turned out not to be ours to send any more.
async fn send(
    app: &App,
    lease: &Lease,
    letter: &Letter,
    stop: Option<&str>,
    patience: i64,
) -> Result<Option<Result<String, Failure>>> {
    let written = match smtp::write(letter, stop, &app.config) {
        Ok(written) => written,
        Err(failure) => return Ok(Some(Err(failure))),
    };
    let ready = match smtp::open(&app.config, written).await {
        Ok(ready) => ready,
        Err(failure) => return Ok(Some(Err(failure))),
    };
    let (held, id) = (lease.clone(), letter.outbound_message_id);
    let marked = app.write(Actor::System, move |work| {
        // DATA and the text have a patience each.
        Ok(held.renew(work, 2 * patience)? && advance(work, id, &[State::Queued], State::Sending, None)?)
    });
    match marked.await {
        Ok(true) => Ok(Some(ready.hand_over().await)),
        other => {
            ready.leave().await;
            other.map(|_| None)
        }
    }
}

/// Writes down what came of it. What is known is worth a few tries: without it the message is `unknown`.
async fn end(
    app: &App,
    lease: &Lease,
    id: i64,
    attempt: i64,
    outcome: Result<String, Failure>,
) -> Result<()> {
    let outcome = std::sync::Arc::new(outcome);
    let mut tries = 0;
    loop {
        let (held, told) = (lease.clone(), outcome.clone());
        match app.write(Actor::System, move |work| settle(work, &held, id, attempt, &told)).await {
            Err(error) if tries < 5 => {
                tracing::warn!(outbound_message_id = id, %error, "the outcome of a message could not be written yet");
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return other,
        }
    }
}

fn settle(
    work: &mut Work,
    lease: &Lease,
    id: i64,
    attempt: i64,
    outcome: &Result<String, Failure>,
) -> Result<()> {
    match outcome {
        Ok(answer) => {
            // Even if somebody thought us dead meanwhile: it was taken.
            if advance(work, id, &[State::Sending, State::Unknown], State::Sent, Some(answer))? {
                surveys::invitation_was_sent(work, id)?;
            }
            return lease.end(work);
        }
        Err(_) if !lease.is_held(work)? => return Ok(()),
        Err(Failure::Unknown(why)) => {
            advance(work, id, &[State::Sending], State::Unknown, Some(why))?;
        }
        Err(Failure::Later(why)) if attempt < ATTEMPTS => {
            let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(20);
            let next = work.now.plus_millis((BACKOFF_SECONDS << doublings).min(BACKOFF_MOST) * 1000);
            requeue(work, id, why, next)?;
            return lease.put_off(work, next, why);
        }
        Err(Failure::Never(why) | Failure::Later(why)) => {
            tracing::warn!(outbound_message_id = id, why, "a message is dead");
            advance(work, id, &[State::Queued, State::Sending], State::Dead, Some(why))?;
        }
    }
    lease.end(work)
}
