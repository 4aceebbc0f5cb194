//! What the templates of other pages are filled with on `/design`: their names and fields, and nobody's data.

use crate::cases::Status;
use crate::cases::show::SlaStatus;
use crate::clock::Time;
use crate::jobs::api::State;
use crate::web::Choices;

/// A row of the list of cases.
pub struct Row {
    pub case: Case,
    pub tags: Vec<&'static str>,
    pub excerpt: Option<&'static str>,
    pub sla_status: Option<SlaStatus>,
    pub due: Option<Time>,
    pub soon: Option<Time>,
}

/// Its number is nobody's: what is chosen here and sent changes nothing.
pub struct Case {
    pub case_id: i64,
    pub case_number: String,
    pub subject: String,
    pub status: Status,
    pub is_escalated: Option<bool>,
    pub contact_id: Option<i64>,
    pub contact_name: Option<&'static str>,
    pub account_name: Option<&'static str>,
    pub priority_level: i64,
    pub priority_name: &'static str,
    pub owner_name: Option<&'static str>,
    pub created_at: Time,
}

impl Row {
    pub fn next_due(&self) -> Option<Time> {
        self.due
    }

    pub fn soon_at(&self) -> Option<Time> {
        self.soon
    }

    pub fn urgency(&self, now: &Time) -> &'static str {
        match (self.due, self.soon) {
            (Some(due), _) if due < *now => "overdue",
            (_, Some(soon)) if soon <= *now => "soon",
            _ => "calm",
        }
    }

    pub fn has_missed(&self) -> bool {
        self.sla_status == Some(SlaStatus::Violated)
    }
}

/// The list around the rows: on its second page, narrowed, sorted.
pub struct Listing {
    pub place: Place,
    pub items: Vec<Row>,
    pub total: Total,
    pub chips: Vec<Chip>,
    pub is_narrowed: bool,
    pub by_priority: Heading,
    pub by_due: Heading,
    pub by_age: Heading,
    pub first: Option<&'static str>,
    pub next: Option<&'static str>,
    pub limits: Vec<(i64, &'static str, bool)>,
    pub query: &'static str,
    pub may_keep: bool,
    pub may_choose: bool,
}

pub struct Place {
    pub name: &'static str,
    pub path: &'static str,
    pub title: String,
    pub saved: Option<View>,
}

pub struct View {
    pub query: &'static str,
}

pub struct Total {
    pub rows: i64,
    pub is_exact: bool,
}

pub struct Chip {
    pub href: &'static str,
    pub name: String,
    pub value: String,
}

pub struct Heading {
    pub href: &'static str,
    pub order: &'static str,
}

/// The filters over a list, and the choices of the bar that changes many cases.
pub struct Bar {
    pub base: &'static str,
    pub search: &'static str,
    pub status: Vec<Status>,
    pub picks: Vec<Pick>,
    pub more: Vec<Pick>,
    pub is_unfolded: bool,
    pub tag: &'static str,
    pub created_from: &'static str,
    pub created_to: &'static str,
    pub kept: Vec<(&'static str, &'static str)>,
    pub choices: Choices,
}

pub struct Pick {
    pub name: &'static str,
    pub label: String,
    pub any: String,
    pub options: Vec<(String, String)>,
    pub chosen: String,
    pub is_other: bool,
}

/// What the palette finds.
pub struct Group {
    pub title: String,
    pub hits: Vec<Hit>,
}

pub struct Hit {
    pub href: &'static str,
    pub mark: &'static str,
    pub title: String,
    pub note: &'static str,
}

/// Two texts compared.
pub struct Comparison {
    pub fields: Vec<FieldChange>,
    pub parts: Vec<Part>,
    pub added_lines: usize,
    pub removed_lines: usize,
    pub is_cut: bool,
}

pub struct FieldChange {
    pub field: &'static str,
    pub from: String,
    pub to: String,
}

pub enum Part {
    Same(Vec<String>),
    Folded(Vec<String>),
    Removed(Vec<String>),
    Added(Vec<String>),
}

impl Comparison {
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.parts.is_empty()
    }
}

/// A number against the one before.
pub struct Change {
    pub way: &'static str,
    pub worth: &'static str,
    pub words: String,
    pub before: String,
}

pub struct Number {
    pub value: i64,
    pub href: &'static str,
}

/// A bar with its number.
pub struct Drawn {
    pub name: String,
    pub bar: f64,
    pub number: Number,
}

/// A box to be ticked.
pub struct Tick {
    pub value: &'static str,
    pub label: String,
    pub is_ticked: bool,
    pub is_gone: bool,
}

/// A recomputation of due times.
pub struct Recomputation {
    pub job_id: i64,
    pub state: State,
    pub progress: Progress,
    pub finished_at: Option<Time>,
}

pub struct Progress {
    pub total: i64,
    pub done: i64,
    pub changed: i64,
}

/// A drawn day of a week: its name, its hours as text, and where they begin and how long they are, in minutes.
pub struct Day {
    pub name: &'static str,
    pub text: &'static str,
    pub bars: &'static [(i64, i64)],
}
