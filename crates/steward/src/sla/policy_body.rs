//! The parts of a policy in the body of a request: each fault is named at its place, and what they name is there.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::plan::WarnAt;
use super::policy::{PauseStatuses, PriorityHours};
use crate::error::{Fault, Result};
use crate::input::{Faults, Field, Hours};
use crate::work::Work;
use crate::workflow::Status;

/// Warnings of a policy at most.
const MOST_WARNINGS: usize = 10;
/// The most minutes left that a warning waits for: about as many as the longest target has.
const MOST_MINUTES: f64 = 6_000_000.0;

crate::input! {
    /// Targets for one priority, which count as they are; null is the general one.
    pub struct PriorityHoursDraft {
        pub priority_id: i64,
        pub first_response_hours: Option<Hours>,
        pub next_response_hours: Option<Hours>,
        pub resolution_hours: Option<Hours>,
    }
}

crate::input! {
    /// The active statuses in which each clock stands still. Left out: none for the first response, waiting_customer and
    /// pending for the others.
    pub struct PauseStatusesDraft {
        pub first_response: Option<Vec<Status>>,
        pub next_response: Option<Vec<Status>>,
        pub resolution: Option<Vec<Status>>,
    }
}

impl From<&PriorityHoursDraft> for PriorityHours {
    fn from(draft: &PriorityHoursDraft) -> PriorityHours {
        PriorityHours {
            priority_id: draft.priority_id,
            first_response_hours: draft.first_response_hours.map(|hours| hours.0),
            next_response_hours: draft.next_response_hours.map(|hours| hours.0),
            resolution_hours: draft.resolution_hours.map(|hours| hours.0),
        }
    }
}

impl From<&PauseStatusesDraft> for PauseStatuses {
    fn from(draft: &PauseStatusesDraft) -> PauseStatuses {
        let usual = PauseStatuses::default();
        let named = |statuses: &Option<Vec<Status>>, usual: Vec<Status>| statuses.clone().unwrap_or(usual);
        PauseStatuses {
            first_response: named(&draft.first_response, usual.first_response),
            next_response: named(&draft.next_response, usual.next_response),
            resolution: named(&draft.resolution, usual.resolution),
        }
    }
}

impl PauseStatusesDraft {
    pub fn faults(&self) -> Vec<Fault> {
        let lists = [
            ("first_response", &self.first_response),
            ("next_response", &self.next_response),
            ("resolution", &self.resolution),
        ];
        let statuses = lists.into_iter().flat_map(|(kind, list)| {
            list.iter().flatten().enumerate().map(move |(index, status)| (kind, index, status))
        });
        let ended = statuses.filter(|(.., status)| status.is_ended());
        let fault = |(kind, index, status): (&str, usize, &Status)| {
            let message = format!("{status} has ended: a clock pauses in active statuses only");
            Fault::field(&format!("pause_statuses/{kind}/{index}"), message)
        };
        ended.map(fault).collect()
    }
}

/// What is wrong with targets per priority. A priority that `present` names may have been deleted since: it stays.
pub fn priority_faults(
    work: &mut Work,
    drafts: &[PriorityHoursDraft],
    present: &[PriorityHours],
) -> Result<Vec<Fault>> {
    let ids: Vec<i64> = drafts.iter().map(|draft| draft.priority_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = work.dialect().among_ints("priority_id", "$1");
    let active: Vec<(i64,)> = work.query(
        &format!("select priority_id from crm_case_priorities where is_active and {among}"),
        &[&json!(ids)],
    )?;
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, id) in ids.iter().enumerate() {
        let mut fault = |message: String| {
            faults.push(Fault::field(&format!("priority_hours/{index}/priority_id"), message));
        };
        if !seen.insert(*id) {
            fault(format!("priority {id} has targets already: name it once"));
        } else if !active.contains(&(*id,)) && !present.iter().any(|hours| hours.priority_id == *id) {
            fault(format!("there is no active priority {id}"));
        }
    }
    Ok(faults)
}

pub fn warning_faults(warnings: &[WarnAt]) -> Vec<Fault> {
    if warnings.len() <= MOST_WARNINGS {
        return Vec::new();
    }
    vec![Fault::field("warnings", format!("takes at most {MOST_WARNINGS}"))]
}

impl Field for WarnAt {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let form = || Faults::one("is to be {\"percent\": n} or {\"minutes_left\": n}");
        let Value::Object(fields) = value else { return Err(form()) };
        let mut fields = fields.into_iter();
        let (Some((name, number)), None) = (fields.next(), fields.next()) else { return Err(form()) };
        let within = |from: f64, to: f64| number.as_f64().filter(|n| *n > from && *n < to);
        let (read, bounds) = match name.as_str() {
            "percent" => (within(0.0, 100.0).map(WarnAt::Percent), "above 0 and below 100"),
            "minutes_left" => {
                (within(0.0, MOST_MINUTES).map(WarnAt::MinutesLeft), "above 0 and below 6000000")
            }
            _ => return Err(form()),
        };
        read.ok_or_else(|| Faults(vec![(format!("/{name}"), format!("is to be a number {bounds}"))]))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        WarnAt::json_schema(generator)
    }
}

impl JsonSchema for WarnAt {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WarnAt".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |name: &str, most: f64| {
            json!({
                "type": "object", "required": [name], "additionalProperties": false,
                "properties": { name: { "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": most } },
            })
        };
        json_schema!({ "oneOf": [one("percent", 100.0), one("minutes_left", MOST_MINUTES)] })
    }
}
