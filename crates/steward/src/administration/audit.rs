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
use crate::web::{Asked, Frame, Language, Page, PageResult, Seat, show};

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
        let told = |(name, value): (&String, &Value)| {
            (self.page.word("audit-detail", name), told(value, &|value| self.known(event, name, value)))
        };
        shown.map(told).collect()
    }

    /// What people call a value: the name of what an id stands for, a word of the catalogue.
    fn known(&self, event: &AuditEvent, detail: &str, value: &Value) -> Option<String> {
        if let Some(id) = value.as_i64() {
            return self.names.get(named(event, detail)?, &id).map(|name| name.text.clone());
        }
        // The trail's own words are English.
        let text = value.as_str().filter(|_| self.page.language() != Language::English)?;
        let kind = match (detail, event.subject.as_str()) {
            ("fields", _) => return Some(self.page.language().field(text)),
            ("role", _) => "role",
            ("scope", _) => "scope",
            ("kind", "token") => "token-kind",
            ("state", "outbound_message") => "mail",
            ("from" | "to" | "status", "article") => "article",
            ("shared_with", _) => "audit-shared",
            _ => return None,
        };
        Some(self.page.word(kind, text).into_owned())
    }
}

/// What the ids of a detail are ids of.
fn named<'a>(event: &'a AuditEvent, detail: &str) -> Option<&'a str> {
    match detail {
        "member_ids" | "user_id" => Some("user"),
        "contact_id" => Some("contact"),
        "team_id" => Some("team"),
        "ids" if event.kind == "reordered" => Some(&event.subject),
        _ => None,
    }
}

/// Everything that an event names by its id.
fn ids(event: &AuditEvent) -> Vec<(&str, i64)> {
    let details = event.data.as_object().into_iter().flatten();
    let things = details.filter_map(|(detail, value)| Some((named(event, detail)?, value)));
    let mut found: Vec<(&str, i64)> = things
        .flat_map(|(thing, value)| {
            let many = value.as_array().into_iter().flatten().filter_map(Value::as_i64);
            many.chain(value.as_i64()).map(move |id| (thing, id))
        })
        .collect();
    found.extend(event.actor_id.map(|id| (event.actor_kind.word(), id)));
    found.extend(event.subject_id.map(|id| (event.subject.as_str(), id)));
    found
}

/// A value as people read it, in the words that are known for it.
fn told(value: &Value, known: &dyn Fn(&Value) -> Option<String>) -> String {
    if let Some(word) = known(value) {
        return word;
    }
    match value {
        Value::String(text) => text.replace('_', " "),
        Value::Array(values) => values.iter().map(|value| told(value, known)).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("from"), fields.get("to")) {
            (Some(from), Some(to)) if fields.len() == 2 => {
                format!("{} → {}", told(from, known), told(to, known))
            }
            _ => {
                let pairs = fields.iter().map(|(name, value)| format!("{name} {}", told(value, known)));
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
        let names = Names::read(work, list.audit_events.iter().flat_map(ids))?;
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
            assert_eq!(told(&data, &|_| None), words);
        }
    }
}
