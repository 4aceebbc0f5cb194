//! The same history, worked on both engines, gives the same answers, word for word.

use fastrand::Rng;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;
use crate::place::Engine;

const STATUSES: [&str; 9] =
    ["new", "open", "pending", "in_progress", "waiting_customer", "resolved", "closed", "cancelled", "lost"];
const WORDS: [&str; 12] = [
    "printer",
    "crashes",
    "Grüße",
    "naïve",
    "<b>",
    "CASE-000003",
    "blue",
    "screen",
    "\u{1f600}",
    "update",
    "İstanbul",
    "don't",
];
const QUERIES: [&str; 21] = [
    "",
    "?sort=updated_at&limit=3",
    "?sort=-updated_at",
    "?sort=priority",
    "?sort=resolution_due",
    "?status=open,pending",
    "?tag=red",
    "?tag=red,blue&tag_match=any",
    "?unassigned=true",
    "?reopened=true",
    "?limit=2&page=2",
    "?search=printer&sort=created_at",
    "?search=%22blue+screen%22&sort=created_at",
    "?search=gr%C3%BC&sort=created_at",
    "?search=CASE-000003&sort=created_at",
    "?search=naive&sort=created_at",
    "?overdue=false",
    "?contact_id=1&status=open",
    "?exact=true",
    "?page=0&colour=red",
    "?search=cras&sort=-created_at",
];

/// One request of a history; the actor by number.
#[derive(Debug, Clone)]
struct Step {
    by: usize,
    wait: i64,
    method: Method,
    path: String,
    body: Option<Value>,
}

fn words(rng: &mut Rng) -> String {
    (0..rng.usize(1..6)).map(|_| WORDS[rng.usize(0..WORDS.len())]).collect::<Vec<_>>().join(" ")
}

fn step(rng: &mut Rng) -> Step {
    let case = rng.i64(1..12);
    let path = format!("/api/crm/cases/{case}");
    let (method, path, body) = match rng.u8(0..16) {
        0..=2 => {
            let mut draft =
                json!({ "subject": words(rng), "description": words(rng), "priority_id": rng.i64(1..=5) });
            if rng.bool() {
                draft["contact_id"] = json!(rng.i64(1..=3));
                draft["tags"] = json!(["Red", "blue"][..rng.usize(0..=2)]);
            }
            (Method::POST, "/api/crm/cases".into(), Some(draft))
        }
        3..=5 => (
            Method::PUT,
            format!("{path}/status"),
            Some(json!({ "status": STATUSES[rng.usize(0..9)], "cascade": rng.bool() })),
        ),
        6..=8 => {
            let draft = json!({ "comment_text": words(rng), "is_internal": rng.bool(), "is_solution": rng.u8(0..6) == 0 });
            (Method::POST, format!("{path}/comments"), Some(draft))
        }
        9 => (
            Method::PUT,
            path,
            Some(json!({ "priority_id": rng.i64(1..=4), "owner_id": rng.i64(1..=5), "subject": words(rng) })),
        ),
        10 => (Method::PUT, path, Some(json!({ "parent_case_id": rng.i64(1..12), "tags": ["red"] }))),
        11 => (Method::POST, format!("{path}/merge"), Some(json!({ "into_case_id": rng.i64(1..12) }))),
        12 => (
            Method::PUT,
            format!("{path}/comments/{}", rng.i64(1..20)),
            Some(json!({ "comment_text": words(rng) })),
        ),
        13 => (Method::DELETE, format!("{path}/comments/{}", rng.i64(1..20)), None),
        14 => (
            Method::POST,
            "/api/crm/cases/bulk".into(),
            Some(
                json!({ "case_ids": [1, 2, 3, 50], "status": STATUSES[rng.usize(0..8)], "add_tags": ["Bulk"] }),
            ),
        ),
        _ if rng.bool() => (Method::DELETE, path, None),
        _ => (Method::POST, format!("{path}/restoration"), Some(json!({}))),
    };
    Step { by: rng.usize(0..5), wait: rng.i64(0..600), method, path, body }
}

/// A desk with five people, the same on each engine.
fn desk(engine: Engine) -> (Desk, Vec<Client>) {
    let desk = Desk::new(engine);
    // Reference data was made when the schema was.
    for table in ["crm_case_types", "crm_case_priorities"] {
        let then = "2026-01-01T00:00:00.000Z";
        desk.execute(&format!("update {table} set created_at = '{then}', updated_at = '{then}'"));
    }
    let people = vec![
        desk.admin(),
        desk.manager("mia"),
        desk.agent("ana"),
        desk.contact("carl"),
        desk.contact("dora"),
    ];
    (desk, people)
}

/// Asks and answers: status and body as they are.
fn answer(client: &Client, method: &Method, path: &str, body: Option<&Value>) -> (u16, Value) {
    let asked = client.ask(method.clone(), path);
    let reply = match body {
        Some(body) => asked.json(body).send(),
        None => asked.send(),
    };
    (reply.code, if reply.body.is_empty() { Value::Null } else { reply.json() })
}

#[test]
fn a_random_history_gives_the_same_answers() {
    for seed in 0..4 {
        let mut rng = Rng::with_seed(seed);
        let ((sqlite, ours), (postgres, theirs)) = (desk(Engine::Sqlite), desk(Engine::Postgres));
        let mut refused = 0;
        for n in 0..120 {
            let step = step(&mut rng);
            sqlite.later(step.wait);
            postgres.later(step.wait);
            let one = answer(&ours[step.by], &step.method, &step.path, step.body.as_ref());
            let other = answer(&theirs[step.by], &step.method, &step.path, step.body.as_ref());
            assert_eq!(one, other, "seed {seed}, step {n}: {step:?}");
            refused += usize::from(one.0 >= 400);
        }
        assert!(refused < 100, "a history of refusals tells little: {refused}");
        sqlite.tick();
        postgres.tick();
        let mut paths: Vec<String> = QUERIES.iter().map(|query| format!("/api/crm/cases{query}")).collect();
        for case in 1..40 {
            paths.extend(["", "/timeline", "/comments"].map(|part| format!("/api/crm/cases/{case}{part}")));
        }
        paths.extend(
            ["users", "contacts", "accounts", "teams", "case-types", "audit-events"]
                .map(|list| format!("/api/crm/{list}")),
        );
        for path in paths {
            for who in 0..ours.len() {
                let (one, other) = (
                    answer(&ours[who], &Method::GET, &path, None),
                    answer(&theirs[who], &Method::GET, &path, None),
                );
                assert_eq!(one, other, "seed {seed}: {path} by {}", ours[who].name);
            }
        }
    }
}
