//! The workflow: eight statuses against a naive model, and what each change sets (spec 4).

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::client::Client;

const STATUSES: [&str; 8] =
    ["new", "open", "pending", "in_progress", "waiting_customer", "resolved", "closed", "cancelled"];

/// The case as the spec's words have it.
#[derive(Debug, Clone, Default)]
struct Model {
    status: &'static str,
    created: i64,
    now: i64,
    resolved: Option<i64>,
    closed: Option<i64>,
    minutes: Option<i64>,
    reopened: i64,
    events: i64,
}

impl Model {
    fn is_active(status: &str) -> bool {
        !matches!(status, "resolved" | "closed" | "cancelled")
    }

    /// Whether the spec allows it; the model is changed where it does.
    fn set(&mut self, to: &'static str) -> bool {
        let from = self.status;
        if to == from {
            return true;
        }
        let allowed = to != "new"
            && (Model::is_active(from) || Model::is_active(to) || (from == "resolved" && to == "closed"));
        if !allowed {
            return false;
        }
        if !Model::is_active(from) && Model::is_active(to) {
            self.reopened += 1;
            (self.resolved, self.closed, self.minutes) = (None, None, None);
        }
        if to == "resolved" || (to == "closed" && self.resolved.is_none()) {
            self.resolved = Some(self.now);
            self.minutes = Some(self.now - self.created);
        }
        if to == "closed" {
            self.closed = Some(self.now);
        }
        self.status = to;
        self.events += 1;
        true
    }
}

fn at(minute: Option<i64>) -> Value {
    let start = steward::Time::parse(crate::desk::MORNING).unwrap();
    minute.map_or(Value::Null, |minute| json!(start.plus_minutes(minute)))
}

fn assert_is(ana: &Client, id: i64, model: &Model) {
    let case = ana.case(id);
    assert_eq!(case["status"], model.status, "{model:?}");
    assert_eq!(case["resolved_at"], at(model.resolved), "{model:?}");
    assert_eq!(case["closed_at"], at(model.closed), "{model:?}");
    assert_eq!(case["resolution_time_minutes"], json!(model.minutes), "{model:?}");
    assert_eq!(case["reopened_count"], model.reopened, "{model:?}");
}

both_engines! {
    fn any_history_of_statuses_is_the_models(desk) {
        let ana = desk.agent("ana");
        let steps = prop::collection::vec((0..STATUSES.len(), 0..100i64), 1..12);
        let passed = Cell::new(0);
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(24) });
        runner
            .run(&steps, |steps| {
                let id = ana.opens(json!({ "subject": "s" }));
                let mut model =
                    Model { status: "new", created: passed.get(), now: passed.get(), ..Model::default() };
                for (to, wait) in steps {
                    desk.later(wait);
                    passed.set(passed.get() + wait);
                    model.now = passed.get();
                    let to = STATUSES[to];
                    let reply = ana.sets(id, to);
                    if model.set(to) {
                        reply.ok();
                    } else {
                        reply.status(409).says(&format!("cannot become {to}"));
                    }
                    assert_is(&ana, id, &model);
                }
                let timeline = ana.get(&format!("/api/crm/cases/{id}/timeline")).ok();
                let changes = timeline["timeline"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|event| event["kind"] == "status_changed");
                assert_eq!(changes.count() as i64, model.events);
                Ok(())
            })
            .unwrap();
    }

    fn a_refusal_says_what_is_allowed(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "s" }));
        ana.sets(id, "closed").ok();
        let refused = ana.sets(id, "resolved");
        refused.status(409);
        for allowed in ["open", "pending", "in_progress", "waiting_customer"] {
            refused.says(allowed);
        }
        ana.put(&format!("/api/crm/cases/{id}/status"), json!({ "status": "lost" }))
            .status(422)
            .names(&["/status"]);
        ana.put(&format!("/api/crm/cases/{id}/status"), json!({ "owner_id": 99 }))
            .status(422)
            .fault("/status");
        ana.put(&format!("/api/crm/cases/{id}/status"), json!({ "status": "open", "owner_id": 99 }))
            .status(422)
            .names(&["/owner_id"]);
        assert_eq!(ana.case(id)["status"], "closed");
    }

    fn a_reason_and_an_owner_come_along(desk) {
        let (ana, bea) = (desk.agent("ana"), desk.agent("bea"));
        let id = ana.opens(json!({ "subject": "s" }));
        let path = format!("/api/crm/cases/{id}/status");
        let set = ana
            .put(&path, json!({ "status": "pending", "status_reason": "vendor", "owner_id": bea.id }))
            .ok();
        assert_eq!(
            (&set["case"]["status_reason"], &set["case"]["owner_id"]),
            (&json!("vendor"), &json!(bea.id))
        );
        // A reason belongs to its status.
        assert_eq!(ana.put(&path, json!({ "status": "open" })).ok()["case"]["status_reason"], Value::Null);
        assert_eq!(
            ana.put(&path, json!({ "status": "open", "status_reason": "why not" })).ok()["case"]["status_reason"],
            "why not"
        );
        assert_eq!(ana.case(id)["owner_id"], bea.id);
        // Another reason is a change with what was and what is; null clears either.
        ana.put(&path, json!({ "status": "open", "status_reason": "a better one" })).ok();
        let latest = |texts: &[&str]| {
            let entry = ana.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"][0].clone();
            assert_eq!(entry["kind"], "changed");
            let told: Vec<Value> = entry["texts"].as_object().unwrap().values().cloned().collect();
            assert_eq!(told, texts);
        };
        latest(&["why not", "a better one"]);
        let cleared = ana.put(&path, json!({ "status": "open", "status_reason": null })).ok();
        assert_eq!((&cleared["case"]["status_reason"], &cleared["case"]["owner_id"]), (&json!(null), &json!(bea.id)));
        latest(&["a better one"]);
        let nobodys = ana.put(&path, json!({ "status": "pending", "owner_id": null })).ok();
        assert_eq!((&nobodys["case"]["status"], &nobodys["case"]["owner_id"]), (&json!("pending"), &json!(null)));
    }

    fn history_keeps_what_reopening_clears(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "s" }));
        ana.put(
            &format!("/api/crm/cases/{id}/status"),
            json!({ "status": "resolved", "status_reason": "done" }),
        )
        .ok();
        desk.later(5);
        ana.sets(id, "open").ok();
        let timeline = ana.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"].clone();
        assert_eq!(timeline[0]["data"]["reopening"], true);
        assert_eq!(timeline[1]["data"]["to"], "resolved");
        assert_eq!(timeline[1]["at"], "2026-03-02T09:00:00.000Z");
        let reason = timeline[1]["data"]["reason_text_id"].as_i64().unwrap();
        assert_eq!(
            desk.texts("select body from crm_case_texts where text_id = $1", vec![reason.into()]),
            ["done"]
        );
    }

    fn a_customer_says_that_it_is_solved_or_is_not(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "s" }));
        carl.sets(id, "resolved").ok();
        carl.sets(id, "open").ok();
        assert_eq!(ana.case(id)["reopened_count"], 1);
        for status in ["new", "pending", "in_progress", "waiting_customer", "closed", "cancelled"] {
            carl.sets(id, status).status(422).names(&["/status"]);
        }
        carl.put(
            &format!("/api/crm/cases/{id}/status"),
            json!({ "status": "resolved", "status_reason": "r", "owner_id": 1, "cascade": true }),
        )
        .status(422)
        .names(&["/status_reason", "/owner_id", "/cascade"]);
    }

    fn a_resolved_case_closes_itself_after_five_days(desk) {
        let ana = desk.agent("ana");
        let (id, other, open) = (
            ana.opens(json!({ "subject": "a" })),
            ana.opens(json!({ "subject": "b" })),
            ana.opens(json!({ "subject": "c" })),
        );
        ana.sets(id, "resolved").ok();
        desk.later(1);
        ana.sets(other, "resolved").ok();
        desk.later(5 * 24 * 60 - 1).tick();
        assert_eq!(
            (ana.case(id)["status"].clone(), ana.case(other)["status"].clone()),
            (json!("closed"), json!("resolved"))
        );
        assert_eq!(ana.case(id)["closed_at"], "2026-03-07T09:00:00.000Z");
        assert_eq!(ana.case(id)["resolution_time_minutes"], 0);
        let timeline = ana.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"].clone();
        assert_eq!(
            (&timeline[0]["kind"], &timeline[0]["actor_kind"]),
            (&json!("status_changed"), &json!("system"))
        );
        desk.later(1).tick().tick();
        assert_eq!(ana.case(other)["status"], "closed");
        assert_eq!(ana.case(open)["status"], "new");
    }
}

each_engine! {
    fn auto_close_days_of_zero_means_never(engine) {
        let desk = crate::desk::Desk::with(engine, |config| config.auto_close_days = 0, None);
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "a" }));
        ana.sets(id, "resolved").ok();
        desk.later(1000 * 24 * 60).tick();
        assert_eq!(ana.case(id)["status"], "resolved");
    }
}
