//! What is asked of the desk: each request as it goes over the wire and as the call that answers it.

use serde_json::json;
use steward::Result;
use steward::cases::comment::CommentDraft;
use steward::cases::{CaseDraft, CaseQuery};
use steward::input::{self, Input};

use crate::{seed, text};

/// Different requests of a kind; they are sent round and round.
const VARIETY: usize = 4000;
/// The page size of the lists.
const LIMIT: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Hello,
    ByStatus,
    ByThree,
    ById,
    SearchRare,
    SearchFrequent,
    Create,
    Comment,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Hello,
        Kind::ByStatus,
        Kind::ByThree,
        Kind::ById,
        Kind::SearchRare,
        Kind::SearchFrequent,
        Kind::Create,
        Kind::Comment,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Kind::Hello => "`/healthz` (hello world)",
            Kind::ByStatus => "list of 50 by status",
            Kind::ByThree => "list of 50 by status, owner, priority",
            Kind::ById => "case by id",
            Kind::SearchRare => "search, a rare word",
            Kind::SearchFrequent => "search, a frequent word",
            Kind::Create => "create a case",
            Kind::Comment => "comment on a case",
        }
    }

    pub fn writes(self) -> bool {
        matches!(self, Kind::Create | Kind::Comment)
    }
}

/// What answers a request.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a benchmark keeps a few thousand of them")]
pub enum Call {
    Nothing,
    List(CaseQuery),
    Show(i64),
    /// The article at an address.
    Article(String),
    Create(CaseDraft),
    Comment(i64, CommentDraft),
}

#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    /// Without line breaks; empty for none.
    pub body: String,
    pub call: Call,
}

/// Requests of a kind on a desk with so many cases, the same ones each time. `answered` are the cases that have had
/// their first response: commenting on them is the same work each time.
pub fn of(kind: Kind, cases: i64, answered: &[i64]) -> Result<Vec<Request>> {
    let mut random = fastrand::Rng::with_seed(kind as u64 + 1);
    (0..VARIETY).map(|_| one(kind, cases, answered, &mut random)).collect()
}

fn one(kind: Kind, cases: i64, answered: &[i64], random: &mut fastrand::Rng) -> Result<Request> {
    let status =
        |random: &mut fastrand::Rng| ["new", "open", "in_progress", "resolved", "closed"][random.usize(0..5)];
    match kind {
        Kind::Hello => {
            Ok(Request { method: "GET", path: "/healthz".into(), body: String::new(), call: Call::Nothing })
        }
        Kind::ByStatus => list(&format!("status={}", status(random))),
        Kind::ByThree => list(&format!(
            "status={}&owner_id={}&priority_id={}",
            ["open", "in_progress", "waiting_customer"][random.usize(0..3)],
            random.i64(seed::OWNERS),
            random.i64(1..=seed::PRIORITIES)
        )),
        Kind::ById => {
            let case_id = random.i64(1..=cases);
            let path = format!("/api/crm/cases/{case_id}");
            Ok(Request { method: "GET", path, body: String::new(), call: Call::Show(case_id) })
        }
        Kind::SearchRare => list(&format!("search={}", text::RARE.trim())),
        Kind::SearchFrequent => list(&format!("search={}", text::FREQUENT)),
        Kind::Create => {
            let contact = random.i64(1..=seed::CONTACTS);
            let body = json!({
                "account_id": seed::account_of(contact), "contact_id": contact, "subject": text::subject(random),
                "description": text::sentences(random, 40), "case_type_id": random.i64(1..=seed::TYPES),
                "priority_id": random.i64(1..=seed::PRIORITIES), "channel": "email",
                "owner_id": random.i64(seed::OWNERS), "team_id": random.i64(1..=seed::TEAMS),
            });
            post("/api/crm/cases".into(), body, Call::Create)
        }
        Kind::Comment => {
            let case_id = answered[random.usize(0..answered.len())];
            let body = json!({ "comment_text": text::sentences(random, 25) });
            post(format!("/api/crm/cases/{case_id}/comments"), body, |draft| Call::Comment(case_id, draft))
        }
    }
}

fn list(query: &str) -> Result<Request> {
    let query = format!("{query}&limit={LIMIT}");
    let path = format!("/api/crm/cases?{query}");
    let call = Call::List(input::from_query(&query)?);
    Ok(Request { method: "GET", path, body: String::new(), call })
}

fn post<T: Input>(path: String, body: serde_json::Value, call: impl FnOnce(T) -> Call) -> Result<Request> {
    let text = body.to_string();
    Ok(Request { method: "POST", path, body: text, call: call(input::from_json(body)?) })
}
