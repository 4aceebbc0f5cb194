//! What happens to a case. Each event is a row of the append-only `crm_case_events`, written in the transaction of the
//! change: the timeline, the audit trail, the source of whatever reacts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Time;
use crate::error::Result;
use crate::escalations::Reason;
use crate::reactions;
use crate::sla::Kind;
use crate::work::Work;
use crate::workflow::Status;

/// Data holds ids and names of fields, never a person's words: those stand in tables that erasure can reach (spec 2).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    Created {
        status: Status,
        case_type_id: i64,
        priority_id: i64,
        account_id: Option<i64>,
        contact_id: Option<i64>,
    },
    /// Fields changed, each `{"from": .., "to": ..}`; for texts, `from` is the `text_id` of the former one.
    Changed {
        changes: serde_json::Map<String, Value>,
    },
    StatusChanged {
        from: Status,
        to: Status,
        reopening: bool,
        reason_text_id: Option<i64>,
    },
    CommentAdded {
        comment_id: i64,
        is_internal: bool,
        is_solution: bool,
        contact_id: Option<i64>,
    },
    CommentEdited {
        comment_id: i64,
        version: i64,
        is_internal: bool,
    },
    CommentDeleted {
        comment_id: i64,
        is_internal: bool,
    },
    CommentRestored {
        comment_id: i64,
        is_internal: bool,
    },
    AttachmentAdded {
        attachment_id: i64,
        comment_id: Option<i64>,
        is_internal: bool,
    },
    AttachmentRemoved {
        attachment_id: i64,
        is_internal: bool,
    },
    AttachmentRestored {
        attachment_id: i64,
        is_internal: bool,
    },
    FirstResponse {
        comment_id: i64,
    },
    /// Plain SQL wrote a first response into the case's row; `at` is the moment that it wrote.
    Responded,
    Tagged {
        added: Vec<String>,
        removed: Vec<String>,
    },
    /// This case took another in.
    MergedFrom {
        case_id: i64,
    },
    /// This case was merged away.
    MergedInto {
        case_id: i64,
    },
    /// The case went from one customer to another; what was said before is among users from here on.
    HandedOver {
        from_account_id: Option<i64>,
        from_contact_id: Option<i64>,
        comments: u64,
        attachments: u64,
    },
    Deleted,
    Restored {
        status: Status,
    },
    /// A target was missed; `at` is the deadline.
    Breached {
        target_id: i64,
        target: Kind,
        due_at: Time,
    },
    Escalated {
        escalation_id: i64,
        level: i64,
        reason: Reason,
        escalated_to: Option<i64>,
    },
    EscalationAcknowledged {
        escalation_id: i64,
    },
    EscalationResolved {
        escalation_id: i64,
    },
    ViolationAcknowledged {
        violation_id: i64,
    },
    /// A deadline comes near.
    Warned {
        target_id: i64,
        target: Kind,
        warning: String,
    },
    /// The customer told how satisfied they were, 1 to 5.
    Rated {
        submission_id: i64,
        score: i64,
    },
}

impl Event {
    /// An event as its row holds it; `None` for a kind of another program.
    pub fn read(kind: &str, mut data: Value) -> Option<Event> {
        data.as_object_mut()?.insert("kind".into(), kind.into());
        serde_json::from_value(data).ok()
    }

    /// The columns `kind` and `data` of its row.
    pub fn columns(&self) -> (String, Value) {
        let mut data = serde_json::to_value(self).expect("events are plain data");
        match data.as_object_mut().and_then(|data| data.remove("kind")) {
            Some(Value::String(kind)) => (kind, data),
            _ => unreachable!("serde tags every event with its kind"),
        }
    }

    /// Whether the case's customer may see it in the timeline.
    pub fn is_public(&self) -> bool {
        match self {
            Event::Created { .. } | Event::StatusChanged { .. } => true,
            Event::CommentAdded { is_internal, .. }
            | Event::CommentEdited { is_internal, .. }
            | Event::CommentDeleted { is_internal, .. }
            | Event::CommentRestored { is_internal, .. }
            | Event::AttachmentAdded { is_internal, .. }
            | Event::AttachmentRemoved { is_internal, .. }
            | Event::AttachmentRestored { is_internal, .. } => !is_internal,
            _ => false,
        }
    }
}

impl Work<'_, '_> {
    /// Appends what happened to a case at a moment. Features of cases call `record`, which lets the clocks follow.
    pub fn append(&mut self, case_id: i64, event: &Event, at: Time) -> Result<()> {
        let (kind, data) = event.columns();
        let (event_id,): (i64,) = self.one(
            "insert into crm_case_events (case_id, kind, actor_kind, actor_id, is_public, data, at)
             values ($1, $2, $3, $4, $5, $6, $7) returning event_id",
            &[&case_id, &kind, &self.actor.kind(), &self.actor.id(), &event.is_public(), &data, &at],
        )?;
        reactions::enqueue(self, event_id, event)
    }

    /// Appends what time brought about to many cases, each at its own moment, with a few statements.
    pub fn append_all(&mut self, events: &[(i64, Event, Time)]) -> Result<()> {
        let rows: Vec<[db::Value; 7]> = events
            .iter()
            .map(|(case_id, event, at)| {
                let (kind, data) = event.columns();
                let actor = (self.actor.kind(), self.actor.id());
                let is_public = event.is_public();
                [
                    (*case_id).into(),
                    kind.into(),
                    actor.0.into(),
                    actor.1.into(),
                    is_public.into(),
                    data.into(),
                    (*at).into(),
                ]
            })
            .collect();
        let columns = ["case_id", "kind", "actor_kind", "actor_id", "is_public", "data", "at"];
        let ids = self.insert_all("crm_case_events", "event_id", columns, &rows)?;
        reactions::enqueue_all(self, ids.into_iter().zip(events.iter().map(|(_, event, _)| event)))
    }

    /// Keeps a text that an event speaks of; answers its id.
    pub fn keep_text(&mut self, case_id: i64, field: &str, body: &str) -> Result<i64> {
        let now = self.now;
        let (id,) = self.one(
            "insert into crm_case_texts (case_id, field, body, created_at) values ($1, $2, $3, $4) returning text_id",
            &[&case_id, &field, &body, &now],
        )?;
        Ok(id)
    }
}
