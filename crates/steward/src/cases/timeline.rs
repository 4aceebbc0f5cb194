//! The timeline: a case's events, newest first.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::case::Case;
use crate::clock::Time;
use crate::error::Result;
use crate::paging::Limit;
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct CaseEvent {
        pub event_id: i64,
        pub kind: String,
        pub actor_kind: String,
        pub actor_id: Option<i64>,
        pub actor_name: Option<String>,
        pub data: serde_json::Value,
        pub at: Time,
    }
}

/// An event with what it speaks of.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TimelineEntry {
    #[serde(flatten)]
    pub event: CaseEvent,
    /// Former subjects and descriptions and the reasons of statuses, by the text ids that `data` names; for users only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub texts: BTreeMap<i64, String>,
}

crate::input! {
    /// A page of a timeline.
    pub struct TimelineQuery {
        pub limit: Option<Limit>,
        /// Events before this one.
        pub before_event_id: Option<i64>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Timeline {
    pub timeline: Vec<TimelineEntry>,
    /// Continues with `before_event_id`; null at the beginning of the case.
    pub next_before_event_id: Option<i64>,
}

/// A page of the timeline of a case that the actor may see.
pub fn page(work: &mut Work, case_id: i64, query: &TimelineQuery) -> Result<Timeline> {
    let case = Case::find(work, case_id)?;
    let limit = query.limit.map_or(50, |limit| limit.0);
    let mut timeline = latest(work, case.case_id, query.before_event_id, limit + 1)?;
    let more = timeline.len() as i64 > limit;
    timeline.truncate(limit as usize);
    let next_before_event_id = timeline.last().filter(|_| more).map(|last| last.event.event_id);
    Ok(Timeline { timeline, next_before_event_id })
}

/// The latest events before one, as far as the actor may see them. For a customer a case begins when it became theirs.
pub fn latest(work: &mut Work, case_id: i64, before: Option<i64>, limit: i64) -> Result<Vec<TimelineEntry>> {
    select(work, case_id, before, limit, "")
}

/// The latest events that a conversation does not show by itself.
pub fn beside_comments(work: &mut Work, case_id: i64, limit: i64) -> Result<Vec<TimelineEntry>> {
    select(work, case_id, None, limit, " and e.kind not in ('comment_added', 'first_response')")
}

fn select(
    work: &mut Work,
    case_id: i64,
    before: Option<i64>,
    limit: i64,
    more: &str,
) -> Result<Vec<TimelineEntry>> {
    let for_staff = work.actor.is_staff();
    let public = if for_staff {
        ""
    } else {
        " and e.is_public and e.event_id > coalesce((select max(h.event_id) from crm_case_events h
             where h.case_id = $1 and h.kind = 'handed_over'), 0)"
    };
    let events: Vec<CaseEvent> = work.query(
        &format!(
            "select e.event_id, e.kind, e.actor_kind, e.actor_id, coalesce(u.name, k.name) as actor_name, e.data, e.at
             from crm_case_events e
             left join crm_users u on e.actor_kind = 'user' and u.user_id = e.actor_id
             left join crm_contacts k on e.actor_kind = 'contact' and k.contact_id = e.actor_id
             where e.case_id = $1 and e.event_id < $2{public}{more} order by e.event_id desc limit $3"
        ),
        &[&case_id, &before.unwrap_or(i64::MAX), &limit],
    )?;
    let mut entries: Vec<TimelineEntry> =
        events.into_iter().map(|event| TimelineEntry { event, texts: BTreeMap::new() }).collect();
    if for_staff {
        add_texts(work, case_id, &mut entries)?;
    } else {
        // Not even that there is a reason (spec 2).
        for data in entries.iter_mut().filter_map(|entry| entry.event.data.as_object_mut()) {
            data.remove("reason_text_id");
        }
    }
    Ok(entries)
}

/// Adds the texts that the events speak of, all in one query.
fn add_texts(work: &mut Work, case_id: i64, entries: &mut [TimelineEntry]) -> Result<()> {
    let named: Vec<i64> = entries.iter().flat_map(|entry| text_ids(&entry.event.data)).collect();
    if named.is_empty() {
        return Ok(());
    }
    let among = work.dialect().among_ints("text_id", "$2");
    let texts: Vec<(i64, String)> = work.query(
        &format!("select text_id, body from crm_case_texts where case_id = $1 and {among}"),
        &[&case_id, &json!(named)],
    )?;
    let texts: BTreeMap<i64, String> = texts.into_iter().collect();
    for entry in entries {
        let ids = text_ids(&entry.event.data);
        entry.texts = ids.filter_map(|id| Some((id, texts.get(&id)?.clone()))).collect();
    }
    Ok(())
}

/// The texts that an event's data names.
fn text_ids(data: &Value) -> impl Iterator<Item = i64> {
    let former = |field: &str| data["changes"][field]["from"].as_i64();
    let reasons = &data["changes"]["status_reason"];
    [
        data["reason_text_id"].as_i64(),
        former("subject"),
        former("description"),
        reasons["from"].as_i64(),
        reasons["to"].as_i64(),
    ]
    .into_iter()
    .flatten()
}
