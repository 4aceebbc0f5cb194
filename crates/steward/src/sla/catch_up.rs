//! Cases that plain SQL inserted or changed (`calculate_sla_due_dates` queued them): what their rows say and their
//! events do not is recorded, then their clocks are set (spec 10).

use super::keep;
use super::promises::Promises;
use super::target::Happening;
use crate::clock::Time;
use crate::error::Result;
use crate::events::Event;
use crate::work::Work;
use crate::workflow::Status;

db::record! {
    struct Facts {
        status: Status,
        case_type_id: i64,
        priority_id: i64,
        account_id: Option<i64>,
        contact_id: Option<i64>,
        created_at: Time,
        first_response_at: Option<Time>,
        resolved_at: Option<Time>,
        is_listed: bool,
    }
}

/// Catches up with the cases in the queue, at most `limit` in one transaction. Answers how many.
pub fn drain_queue(work: &mut Work, limit: i64) -> Result<usize> {
    let queued: Vec<(i64,)> =
        work.query("select case_id from crm_sla_queue order by case_id limit $1", &[&limit])?;
    if queued.is_empty() {
        return Ok(0);
    }
    let mut promises = Promises::read(work)?;
    let lock = work.dialect().for_update();
    for (case_id,) in &queued {
        let sql = format!(
            "select status, case_type_id, priority_id, account_id, contact_id, created_at, first_response_at,
                    resolved_at, is_listed
             from crm_cases where case_id = $1{lock}"
        );
        let row: Option<Facts> = work.optional(&sql, &[case_id])?;
        // Of several nodes one takes it out of the queue.
        let is_ours = work.execute("delete from crm_sla_queue where case_id = $1", &[case_id])? == 1;
        if let Some(facts) = row.filter(|_| is_ours) {
            catch_up(work, *case_id, &facts, &mut promises)?;
        }
    }
    Ok(queued.len())
}

/// What the events say of a case.
#[derive(Default)]
struct Told {
    status: Option<Status>,
    is_removed: bool,
    is_answered: bool,
}

fn told(history: &[(Time, Happening)]) -> Told {
    let mut told = Told::default();
    for (_, happening) in history {
        match happening {
            Happening::Opened { status } => told.status = Some(*status),
            Happening::Restored { status, .. } => (told.status, told.is_removed) = (Some(*status), false),
            Happening::Moved { to, .. } => told.status = Some(*to),
            Happening::Removed => told.is_removed = true,
            Happening::UserAnswered => told.is_answered = true,
            Happening::CustomerSpoke { .. } => {}
        }
    }
    told
}

fn catch_up(work: &mut Work, case_id: i64, facts: &Facts, promises: &mut Promises) -> Result<()> {
    let now = work.now;
    let told = told(&keep::history(work, case_id)?);
    if !facts.is_listed {
        if told.status.is_some() && !told.is_removed {
            work.append(case_id, &Event::Deleted, now)?;
            keep::rematch_by(work, case_id, promises)?;
        }
        return Ok(());
    }
    let status = match told.status {
        Some(status) => status,
        None => {
            let status = if facts.status.is_ended() { Status::New } else { facts.status };
            let event = Event::Created {
                status,
                case_type_id: facts.case_type_id,
                priority_id: facts.priority_id,
                account_id: facts.account_id,
                contact_id: facts.contact_id,
            };
            work.append(case_id, &event, facts.created_at)?;
            status
        }
    };
    // As the row says when; what it says of the future happens now.
    if let Some(at) = facts.first_response_at.filter(|_| !told.is_answered) {
        work.append(case_id, &Event::Responded, at.min(now))?;
    }
    if told.is_removed {
        work.append(case_id, &Event::Restored { status: facts.status }, now)?;
    } else if status != facts.status {
        let resolved_at = facts.resolved_at.filter(|_| facts.status.is_ended() && status.is_active());
        work.append(case_id, &moved(status, facts.status), resolved_at.unwrap_or(now).min(now))?;
    }
    keep::rematch_by(work, case_id, promises).map(|_| ())
}

fn moved(from: Status, to: Status) -> Event {
    Event::StatusChanged { from, to, reopening: from.is_ended() && to.is_active(), reason_text_id: None }
}
