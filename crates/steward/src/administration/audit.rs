//! The audit trail, with the names of who acted and of what was changed.

use std::borrow::Cow;

use askama::Template;
use db::Class;
use serde_json::Value;

use super::names::{Name, Names};
use super::{around, next_page};
use crate::http::Admin;
use crate::paging::Paging;
use crate::people::audit::{self, AuditEvent, AuditList, AuditQuery};
use crate::web::{Asked, Frame, Page, PageResult, Seat, show};

/// Rows on a page.
const ROWS: i64 = 100;
/// What the trail is about: the filter's choices.
const SUBJECTS: [&str; 15] = [
    "user",
    "team",
    "token",
    "account",
    "contact",
    "case_type",
    "priority",
    "sla_policy",
    "calendar",
    "assignment_rule",
    "escalation_rule",
    "survey",
    "article",
    "knowledge_category",
    "outbound_message",
];

#[derive(Template)]
#[template(path = "administration/audit.html")]
struct AuditPage {
    page: Page,
    frame: Frame,
    list: AuditList,
    names: Names,
    query: AuditQuery,
    next: Option<String>,
}

impl AuditPage {
    fn subjects(&self) -> &'static [&'static str] {
        &SUBJECTS
    }

    fn actor(&self, event: &AuditEvent) -> Option<&Name> {
        self.names.get(event.actor_kind.word(), &event.actor_id?)
    }

    fn subject(&self, event: &AuditEvent) -> Option<&Name> {
        self.names.get(&event.subject, &event.subject_id?)
    }

    /// What was changed, each with its value: `role` with `agent → manager`.
    fn details(&self, event: &AuditEvent) -> Vec<(Cow<'static, str>, String)> {
        let Value::Object(fields) = &event.data else { return Vec::new() };
        let shown = fields.iter().filter(|(_, value)| !value.is_null());
        shown.map(|(name, value)| (self.page.word("audit-detail", name), told(value))).collect()
    }
}

/// A value as people read it.
fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('_', " "),
        Value::Array(values) => values.iter().map(told).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("from"), fields.get("to")) {
            (Some(from), Some(to)) if fields.len() == 2 => format!("{} → {}", told(from), told(to)),
            _ => {
                let pairs = fields.iter().map(|(name, value)| format!("{name} {}", told(value)));
                pairs.collect::<Vec<_>>().join(", ").replace('_', " ")
            }
        },
        Value::Null => "—".to_owned(),
        other => other.to_string(),
    }
}

pub async fn list(seat: Seat<Admin>, asked: Asked<AuditQuery>) -> PageResult {
    let query = asked.query;
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), ROWS)?;
    let visit = seat.visit.clone();
    let trail = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let list = audit::page(work, &query, &paging)?;
        let actors =
            list.audit_events.iter().filter_map(|event| Some((event.actor_kind.word(), event.actor_id?)));
        let subjects =
            list.audit_events.iter().filter_map(|event| Some((event.subject.as_str(), event.subject_id?)));
        let names = Names::read(work, actors.chain(subjects))?;
        let next = list.pagination.next_cursor.as_ref().map(|cursor| next_page(&visit, "cursor", cursor));
        Ok(AuditPage { page, frame, list, names, query: query.clone(), next })
    });
    show(&trail.await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::told;

    #[test]
    fn data_reads_as_words() {
        for (data, words) in [
            (json!(["name", "case_cap"]), "name, case cap"),
            (json!({ "from": "agent", "to": "manager" }), "agent → manager"),
            (json!({ "done": 3, "kind": "sign_in" }), "done 3, kind sign in"),
            (json!(true), "true"),
            (json!(null), "—"),
        ] {
            assert_eq!(told(&data), words);
        }
    }
}
