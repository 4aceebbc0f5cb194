//! The ONE list: event -> what follows from it. An event with consequences enqueues a job in its own transaction; the
//! job runs them, once (spec 5, 6).

use crate::clock::Time;
use crate::error::Result;
use crate::escalations::{self, Cause};
use crate::events::Event;
use crate::jobs::{self, Job};
use crate::mail;
use crate::notifications::{self, Audience};
use crate::surveys;
use crate::work::Work;
use crate::workflow::Status;

/// Whether anything follows from an event of this kind.
pub fn has_consequences(event: &Event) -> bool {
    match event {
        Event::CommentAdded { contact_id: Some(_), .. }
        | Event::Breached { .. }
        | Event::Warned { .. }
        | Event::Escalated { .. } => true,
        Event::Changed { changes } => changes.contains_key("owner_id") || changes.contains_key("priority_id"),
        Event::Created { .. } => true,
        Event::StatusChanged { reopening, to, .. } => *reopening || *to == Status::Closed,
        _ => false,
    }
}

/// Enqueues what follows from an event that was just appended.
pub fn enqueue(work: &mut Work, event_id: i64, event: &Event) -> Result<()> {
    // The customer is told of an answer by mail, where there is mail.
    let is_answer = matches!(event, Event::CommentAdded { contact_id: None, is_internal: false, .. });
    if has_consequences(event) || (is_answer && work.config.sends_mail()) {
        let now = work.now;
        jobs::enqueue(work, &Job::React { event_id }, now, None)?;
    }
    Ok(())
}

/// Enqueues what follows from many.
pub fn enqueue_all<'e>(work: &mut Work, events: impl Iterator<Item = (i64, &'e Event)>) -> Result<()> {
    let jobs: Vec<Job> = events
        .filter(|(_, event)| has_consequences(event))
        .map(|(event_id, _)| Job::React { event_id })
        .collect();
    let now = work.now;
    jobs::enqueue_all(work, &jobs, now)
}

/// Does what follows from an event. Every part is idempotent.
pub fn react(work: &mut Work, event_id: i64) -> Result<()> {
    let row: Option<(i64, String, serde_json::Value, Time)> = work
        .optional("select case_id, kind, data, at from crm_case_events where event_id = $1", &[&event_id])?;
    let Some((case_id, kind, data, at)) = row else { return Ok(()) };
    let Some(event) = Event::read(&kind, data) else { return Ok(()) };
    let audience = match &event {
        Event::CommentAdded { contact_id: Some(_), .. } | Event::Breached { .. } | Event::Warned { .. } => {
            Some(Audience::OwnerOrTeam)
        }
        Event::StatusChanged { reopening: true, .. } => Some(Audience::OwnerOrTeam),
        Event::Changed { changes } if changes.contains_key("owner_id") => Some(Audience::Owner),
        Event::Created { .. } => Some(Audience::Owner),
        Event::Escalated { escalated_to, .. } => {
            Some(escalated_to.map_or(Audience::OwnerOrTeam, Audience::User))
        }
        _ => None,
    };
    if let Some(audience) = audience {
        notifications::notify(work, case_id, event_id, &kind, audience)?;
    }
    match &event {
        Event::Warned { target, .. } => {
            escalations::apply_rules(work, case_id, &Cause::Warning { target: *target, event_id })
        }
        Event::Breached { target, target_id, .. } => escalations::apply_rules(
            work,
            case_id,
            &Cause::Violation { target: *target, target_id: *target_id },
        ),
        Event::Changed { changes } => match raised_priority(work, changes)? {
            true => escalations::apply_rules(work, case_id, &Cause::PriorityRaise { event_id }),
            false => Ok(()),
        },
        Event::CommentAdded { comment_id, contact_id: None, is_internal: false, .. } => {
            mail::tell_of_answer(work, case_id, *comment_id)
        }
        Event::StatusChanged { to: Status::Closed, .. } => surveys::schedule(work, case_id, event_id, at),
        Event::StatusChanged { reopening: true, .. } => {
            let count = reopenings(work, case_id, event_id)?;
            escalations::apply_rules(work, case_id, &Cause::Reopening { count })
        }
        Event::Escalated { escalation_id, level, .. } => {
            escalations::watch_acknowledgement(work, case_id, *escalation_id, *level)
        }
        _ => Ok(()),
    }
}

/// The how many-th reopening of its case an event is; the case itself may have been reopened again since.
fn reopenings(work: &mut Work, case_id: i64, event_id: i64) -> Result<i64> {
    let moves: Vec<(serde_json::Value,)> = work.query(
        "select data from crm_case_events where case_id = $1 and event_id <= $2 and kind = 'status_changed'",
        &[&case_id, &event_id],
    )?;
    Ok(moves.iter().filter(|(data,)| data["reopening"] == true).count() as i64)
}

fn raised_priority(work: &mut Work, changes: &serde_json::Map<String, serde_json::Value>) -> Result<bool> {
    let Some(change) = changes.get("priority_id") else { return Ok(false) };
    let (Some(from), Some(to)) = (change["from"].as_i64(), change["to"].as_i64()) else { return Ok(false) };
    let (raised,): (bool,) = work.one(
        "select coalesce((select priority_level from crm_case_priorities where priority_id = $2), 0)
             > coalesce((select priority_level from crm_case_priorities where priority_id = $1), 0) as raised",
        &[&from, &to],
    )?;
    Ok(raised)
}
