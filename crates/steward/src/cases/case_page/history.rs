//! What happened to a case, in words: the lines between comments, and the whole timeline on a page of its own.

use askama::Template;
use axum::extract::RawQuery;
use db::Class;
use serde_json::Value;

use super::PathOf;
use crate::cases::case::Case;
use crate::cases::timeline::{self as events, TimelineEntry, TimelineQuery};
use crate::clock::Time;
use crate::http::Viewer;
use crate::input;
use crate::web::{Choice, Choices, Frame, Page, PageResult, Seat, choices, show};

/// Something that happened, in words.
pub struct Line {
    pub event_id: i64,
    pub at: Time,
    pub who: String,
    pub what: String,
    /// What somebody wrote along with it: a reason, a former subject.
    pub quote: Option<String>,
}

/// What ids in events stand for, and the language to say it in.
pub struct Names<'a> {
    pub page: &'a Page,
    pub choices: &'a Choices,
}

/// Characters of a former text that are shown.
const QUOTED: usize = 500;

impl Names<'_> {
    /// An event in words; `None` for what is told otherwise, as a file is with its comment.
    pub fn line(&self, entry: &TimelineEntry) -> Option<Line> {
        let event = &entry.event;
        if event.kind == "attachment_added" && event.data["comment_id"].is_i64() {
            return None;
        }
        let who = event.actor_name.clone().unwrap_or_else(|| match event.actor_kind.as_str() {
            "contact" => self.page.say("event-customer").into_owned(),
            _ => "Steward".into(),
        });
        let (what, text_id) = self.told(&event.kind, &event.data);
        let quote = text_id
            .and_then(|id| entry.texts.get(&id))
            .filter(|text| !text.trim().is_empty())
            .map(|text| text.chars().take(QUOTED).collect());
        Some(Line { event_id: event.event_id, at: event.at, who, what, quote })
    }

    /// The words, and the text that they speak of.
    fn told(&self, kind: &str, data: &Value) -> (String, Option<i64>) {
        let page = self.page;
        let status = |name: &str| page.word("status", data[name].as_str().unwrap_or("")).into_owned();
        let target = || page.word("target", data["target"].as_str().unwrap_or("")).into_owned();
        let number = |name: &str| data[name].as_i64().unwrap_or(0);
        let what = match kind {
            "changed" => return self.changed(data),
            "status_changed" => {
                let id = if data["reopening"] == true { "event-reopened" } else { "event-status" };
                let text = page.say2(id, "from", status("from"), "to", status("to"));
                return (text.into_owned(), data["reason_text_id"].as_i64());
            }
            "tagged" => self.tagged(data),
            "breached" => page.say1("event-breached", "target", target()).into_owned(),
            "warned" => page.say1("event-warned", "target", target()).into_owned(),
            "escalated" => {
                let reason = page.word("reason", data["reason"].as_str().unwrap_or("")).into_owned();
                page.say2("event-escalated", "level", number("level"), "reason", reason).into_owned()
            }
            "merged_from" => page.say1("event-merged-from", "case", numbered(number("case_id"))).into_owned(),
            "merged_into" => page.say1("event-merged-into", "case", numbered(number("case_id"))).into_owned(),
            "rated" => page.say1("event-rated", "score", number("score")).into_owned(),
            other => page.word("event", other).into_owned(),
        };
        (what, None)
    }

    fn changed(&self, data: &Value) -> (String, Option<i64>) {
        let Some(changes) = data["changes"].as_object() else { return (String::new(), None) };
        let mut text_id = None;
        let told: Vec<String> = changes
            .iter()
            .map(|(field, change)| {
                let name = self.field(field);
                if matches!(field.as_str(), "subject" | "description" | "status_reason") {
                    text_id = text_id.or(change["from"].as_i64()).or(change["to"].as_i64());
                    return self.page.say1("event-changed-text", "field", name).into_owned();
                }
                let (from, to) = (self.value(field, &change["from"]), self.value(field, &change["to"]));
                let fillings: &[(&'static str, &dyn crate::web::Filling)] =
                    &[("field", &name), ("from", &from), ("to", &to)];
                self.page.language().fill("event-changed", fillings).into_owned()
            })
            .collect();
        (told.join("; "), text_id)
    }

    fn tagged(&self, data: &Value) -> String {
        let list = |name: &str| {
            let tags = data[name].as_array().cloned().unwrap_or_default();
            tags.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        };
        let (added, removed) = (list("added"), list("removed"));
        let part = |id: &str, tags: String| {
            (!tags.is_empty()).then(|| self.page.say1(id, "tags", tags).into_owned())
        };
        let parts = [part("event-tagged", added), part("event-untagged", removed)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn field(&self, field: &str) -> String {
        let known = match field {
            "contact_id" => "customer",
            "case_type_id" => "type",
            "parent_case_id" => "parent",
            field => field.trim_end_matches("_id"),
        };
        self.page.word("field", known).into_owned()
    }

    /// What a field was or is, by name where one is known.
    fn value(&self, field: &str, value: &Value) -> String {
        let among = |choices: &[Choice], id: i64| {
            choices.iter().find(|choice| choice.id == id).map(|choice| choice.name.clone())
        };
        let Some(id) = value.as_i64() else {
            return match value.as_str() {
                Some(word) if field == "channel" => self.page.word("channel", word).into_owned(),
                Some(word) => word.to_owned(),
                None => self.page.say("none").into_owned(),
            };
        };
        let name = match field {
            "owner_id" => among(&self.choices.owners, id),
            "team_id" => among(&self.choices.teams, id),
            "case_type_id" => among(&self.choices.types, id),
            "priority_id" => among(&self.choices.priorities, id),
            "parent_case_id" => Some(numbered(id)),
            _ => None,
        };
        name.unwrap_or_else(|| format!("#{id}"))
    }
}

/// A case's number, from its id (spec 4).
pub fn numbered(case_id: i64) -> String {
    format!("CASE-{case_id:06}")
}

// ---- the page

#[derive(Template)]
#[template(path = "cases/case/timeline.html")]
struct TimelinePage {
    page: Page,
    frame: Frame,
    case_id: i64,
    number: String,
    subject: String,
    lines: Vec<Line>,
    /// Where it goes on.
    before: Option<i64>,
}

/// Everything that happened to a case, the latest first.
pub async fn timeline(seat: Seat<Viewer>, id: PathOf, RawQuery(query): RawQuery) -> PageResult {
    let query: TimelineQuery = input::from_query(&query.unwrap_or_default())?;
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let case = Case::find(work, id.0)?;
        let page = Page::read(work, &visit)?;
        let found = events::page(work, case.case_id, &query)?;
        let choices = choices(work)?;
        let names = Names { page: &page, choices: &choices };
        let lines = found.timeline.iter().filter_map(|entry| names.line(entry)).collect();
        Ok(TimelinePage {
            lines,
            before: found.next_before_event_id,
            frame: Frame::read(work, &visit, "")?,
            case_id: case.case_id,
            number: numbered(case.case_id),
            subject: case.subject,
            page,
        })
    });
    show(&page.await?)
}
