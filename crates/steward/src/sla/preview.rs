//! What a change of a policy or a calendar would do to the open cases: their histories told anew in memory, portion by
//! portion on a reader, so that nothing is changed and no writer waits (spec 5).

use std::sync::Arc;

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::keep;
use super::policy::Traits;
use super::promises::Promises;
use super::recompute::Scope;
use super::target::Targets;
use crate::clock::Time;
use crate::error::Result;
use crate::http::Caller;
use crate::work::Work;

/// Cases that one read looks at, so that others come in between.
const PORTION: i64 = 500;
/// Open cases looked at in all; a larger desk is told that there are more.
const EXAMINED: i64 = 200_000;
/// Cases shown one by one; all are counted.
const SHOWN: usize = 1000;

/// What a change would do to one case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Previewed {
    pub case_id: i64,
    pub first_response_due: Option<Time>,
    pub new_first_response_due: Option<Time>,
    pub resolution_due: Option<Time>,
    pub new_resolution_due: Option<Time>,
    /// Whether a target would be missed by the change itself.
    pub would_breach: bool,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Preview {
    /// Open cases looked at.
    pub examined: i64,
    /// False where the desk has more open cases than were looked at.
    pub is_complete: bool,
    /// Cases whose due times would change.
    pub changing: i64,
    /// Cases that would miss a target by the change itself.
    pub breaching: i64,
    /// The first 1,000 of those that would change or miss, in the order of their ids.
    pub changes: Vec<Previewed>,
}

/// Looks at the cases that a change concerns, as they would be under `promises`.
pub async fn of(caller: &Caller, scope: Scope, promises: Promises) -> Result<Preview> {
    let promises = Arc::new(promises);
    let (mut preview, mut after) = (Preview::default(), 0);
    while preview.examined < EXAMINED {
        let promises = promises.clone();
        let portion = caller.read(Class::Slow, move |work| look(work, scope, after, (*promises).clone()));
        let portion = portion.await?;
        let Some(last) = portion.last else {
            preview.is_complete = true;
            break;
        };
        after = last;
        preview.examined += portion.examined;
        preview.changing += portion.changes.iter().filter(|one| one.changes()).count() as i64;
        preview.breaching += portion.changes.iter().filter(|one| one.would_breach).count() as i64;
        let room = SHOWN - preview.changes.len();
        preview.changes.extend(portion.changes.into_iter().take(room));
    }
    Ok(preview)
}

impl Previewed {
    fn changes(&self) -> bool {
        (self.first_response_due, self.resolution_due)
            != (self.new_first_response_due, self.new_resolution_due)
    }
}

struct Portion {
    examined: i64,
    last: Option<i64>,
    changes: Vec<Previewed>,
}

db::record! {
    struct Open {
        case_id: i64,
        first_response_due: Option<Time>,
        resolution_due: Option<Time>,
        case_type_id: i64,
        priority_id: i64,
        account_id: Option<i64>,
        account_tier: Option<String>,
        channel: String,
        response_time_hours: f64,
        resolution_time_hours: f64,
    }
}

impl Open {
    fn traits(&self) -> Traits {
        Traits {
            case_type_id: self.case_type_id,
            priority_id: self.priority_id,
            account_id: self.account_id,
            account_tier: self.account_tier.clone(),
            channel: self.channel.clone(),
            response_time_hours: self.response_time_hours,
            resolution_time_hours: self.resolution_time_hours,
        }
    }
}

fn look(work: &mut Work, scope: Scope, after: i64, mut promises: Promises) -> Result<Portion> {
    let (cases, id) = scope.open_cases();
    let ids = format!("select c.case_id from {cases} and c.case_id > $2 order by c.case_id limit {PORTION}");
    let cases: Vec<Open> = work.query(
        &format!(
            "select c.case_id, c.first_response_due, c.resolution_due, c.case_type_id, c.priority_id, c.account_id,
                    a.account_tier, c.channel, p.response_time_hours, p.resolution_time_hours
             from crm_cases c
             join crm_case_priorities p on p.priority_id = c.priority_id
             left join crm_accounts a on a.account_id = c.account_id
             where c.case_id in (select q.case_id from ({ids}) q) order by c.case_id"
        ),
        &[&id, &after],
    )?;
    let ids: Vec<i64> = cases.iter().map(|case| case.case_id).collect();
    let (mut kept, mut told) = (keep::load_all(work, &ids)?, keep::histories(work, &ids)?);
    let mut changes = Vec::new();
    for case in &cases {
        let before = kept.remove(&case.case_id).unwrap_or_default();
        let history = told.remove(&case.case_id).unwrap_or_default();
        let mut new = Targets::default();
        if let Some(plan) = promises.matching(&case.traits()) {
            let clock = promises.clock(work, plan.calendar_id)?;
            new = Targets::replay(&plan, &clock, &history, work.now);
            new.keep(&before);
        }
        let (new_first_response_due, new_resolution_due) = new.dues();
        let previewed = Previewed {
            case_id: case.case_id,
            first_response_due: case.first_response_due,
            new_first_response_due,
            resolution_due: case.resolution_due,
            new_resolution_due,
            would_breach: new.misses_beyond(&before),
        };
        if previewed.would_breach || previewed.changes() {
            changes.push(previewed);
        }
    }
    Ok(Portion { examined: cases.len() as i64, last: ids.last().copied(), changes })
}
