//! SLA clocks over HTTP: due dates, pauses, misses, warnings, explanations, and what follows from them (spec 5, 6).

use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;

/// A case of an enterprise account: 1 h to the first response, 8 h to the resolution, around the clock.
pub fn enterprise_case(desk: &Desk, agent: &Client) -> i64 {
    let account = desk.account_with(json!({ "account_name": "Acme", "account_tier": "enterprise" }));
    let carl = desk.contact_of("carl", account);
    agent.opens(json!({ "subject": "Down", "contact_id": carl.id, "case_type_id": 1 }))
}

pub fn case(client: &Client, id: i64) -> Value {
    client.get(&format!("/api/crm/cases/{id}")).ok()["case"].clone()
}

pub fn target(client: &Client, id: i64, kind: &str) -> Value {
    let sla = client.get(&format!("/api/crm/cases/{id}/sla")).ok();
    let targets = sla["targets"].as_array().unwrap();
    targets
        .iter()
        .rev()
        .find(|target| target["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind}: {sla}"))
        .clone()
}

pub fn violations(client: &Client, id: i64) -> Vec<Value> {
    client.get(&format!("/api/crm/sla-violations?case_id={id}")).ok()["sla_violations"]
        .as_array()
        .unwrap()
        .clone()
}

both_engines! {
    fn a_new_case_is_due_by_the_first_policy_that_matches(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        let shown = case(&ana, id);
        assert_eq!(shown["sla_policy_id"], 1);
        assert_eq!(shown["first_response_due"], "2026-03-02T10:00:00.000Z");
        assert_eq!(shown["resolution_due"], "2026-03-02T17:00:00.000Z");
        // Questions count business hours, Mon-Fri 9-17, by the priority's own 24 and 72 hours.
        let id = ana.opens(json!({ "subject": "How?", "case_type_id": 2 }));
        let shown = case(&ana, id);
        assert_eq!(shown["sla_policy_id"], 3);
        assert_eq!(shown["first_response_due"], "2026-03-04T17:00:00.000Z");
        assert_eq!(shown["resolution_due"], "2026-03-12T17:00:00.000Z");
    }

    fn waiting_for_the_customer_stops_the_resolution_but_not_the_first_response(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        desk.later(30);
        ana.sets(id, "waiting_customer");
        let shown = case(&ana, id);
        assert_eq!(shown["resolution_due"], Value::Null);
        assert_eq!(shown["first_response_due"], "2026-03-02T10:00:00.000Z");
        desk.later(120);
        assert_eq!(target(&ana, id, "resolution")["minutes_left"], 450.0);
        ana.sets(id, "open");
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-02T19:00:00.000Z");
    }

    fn a_miss_is_recorded_once_and_stamped_at_the_deadline(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        // The desk was off across the deadline; then it ticks more than once.
        desk.later(90).tick().tick();
        let missed = violations(&ana, id);
        assert_eq!(missed.len(), 1, "{missed:?}");
        assert_eq!(missed[0]["violated_at"], "2026-03-02T10:00:00.000Z");
        assert_eq!(missed[0]["minutes_overdue"], 30);
        assert_eq!(case(&ana, id)["is_sla_violated"], true);
        assert_eq!(ana.ids("?breached=first_response"), [id]);
        assert!(ana.ids("?breached=resolution").is_empty());
        // A late answer: how late stays as it is, and nothing is recorded a second time.
        desk.later(15);
        ana.comments(id, json!({ "comment_text": "Sorry for the wait." }));
        desk.later(300).tick();
        let missed = violations(&ana, id);
        assert_eq!(missed.len(), 1, "{missed:?}");
        assert_eq!(missed[0]["minutes_overdue"], 45);
        let mia = desk.manager("mia");
        let path = format!("/api/crm/sla-violations/{}/acknowledgement", missed[0]["violation_id"]);
        ana.post(&path, json!({ "note": "staff was ill" })).status(403);
        let noted = mia.post(&path, json!({ "note": "staff was ill" })).ok()["sla_violation"].clone();
        assert_eq!((&noted["acknowledged_by"], &noted["acknowledgement_note"]), (&json!(mia.id), &json!("staff was ill")));
        assert!(noted["acknowledged_at"].is_string());
        assert_eq!(mia.get("/api/crm/sla-violations?acknowledged=false").ok()["sla_violations"], json!([]));
        mia.post(&path, json!({})).status(409);
    }

    fn what_is_answered_at_the_very_deadline_is_in_time(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        desk.later(60).tick();
        ana.comments(id, json!({ "comment_text": "Just so." }));
        desk.later(1).tick();
        assert_eq!(violations(&ana, id).len(), 0);
    }

    fn a_cancelled_case_is_void_and_a_reopened_one_goes_on_where_it_stopped(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        ana.comments(id, json!({ "comment_text": "On it." }));
        desk.later(60);
        ana.sets(id, "resolved");
        desk.later(24 * 60).tick();
        ana.sets(id, "open");
        // An hour of eight is spent; the day in between does not count.
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-03T17:00:00.000Z");
        ana.sets(id, "cancelled");
        desk.later(10 * 24 * 60 - 5).tick();
        assert_eq!(target(&ana, id, "resolution")["state"], "void");
        assert_eq!(violations(&ana, id).len(), 0);
    }

    fn another_priority_is_reckoned_from_the_start_and_misses_stay(desk) {
        let ana = desk.agent("ana");
        // Standard policy: the priorities' own hours. High: 4 h, Critical: 1 h, Low: 48 h.
        let id = ana.opens(json!({ "subject": "Slow", "case_type_id": 1, "priority_id": 3 }));
        assert_eq!(case(&ana, id)["first_response_due"], "2026-03-02T13:00:00.000Z");
        desk.later(90);
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "priority_id": 4 })).ok();
        assert_eq!(case(&ana, id)["first_response_due"], "2026-03-02T10:00:00.000Z");
        assert_eq!(violations(&ana, id).len(), 1);
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "priority_id": 1 })).ok();
        assert_eq!(case(&ana, id)["first_response_due"], "2026-03-04T09:00:00.000Z");
        assert_eq!(violations(&ana, id).len(), 1);
    }

    fn an_explanation_adds_up(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "How?", "case_type_id": 2 }));
        desk.later(60);
        ana.sets(id, "pending");
        desk.later(120);
        ana.sets(id, "open");
        let resolution = target(&ana, id, "resolution");
        let segments = resolution["segments"].as_array().unwrap();
        let minutes = |kind: &str| -> f64 {
            segments.iter().filter(|one| one["kind"] == kind).map(|one| one["minutes"].as_f64().unwrap()).sum()
        };
        assert_eq!(minutes("counted"), resolution["target_minutes"].as_f64().unwrap());
        assert_eq!(minutes("paused"), 120.0);
        assert_eq!(segments.last().unwrap()["to"], resolution["due_at"]);
        let tried = ana.get(&format!("/api/crm/cases/{id}/sla")).ok()["policies"].clone();
        assert_eq!(tried.as_array().unwrap().len(), 3);
        assert!(tried[0]["reason"].as_str().unwrap().contains("tier"), "{tried}");
    }

    fn a_policy_is_previewed_then_changed_and_open_cases_follow(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let id = enterprise_case(desk, &ana);
        desk.later(40).tick();
        let edit = json!({ "first_response_hours": 0.5 });
        let preview = mia.post("/api/crm/sla-policies/1/preview", edit.clone()).ok()["preview"].clone();
        assert_eq!(preview["breaching"], 1, "{preview}");
        assert_eq!(preview["changes"][0]["new_first_response_due"], "2026-03-02T09:30:00.000Z");
        desk.tick();
        assert_eq!(case(&ana, id)["first_response_due"], "2026-03-02T10:00:00.000Z");
        assert_eq!(violations(&ana, id).len(), 0);
        mia.put("/api/crm/sla-policies/1", edit).ok();
        desk.tick();
        assert_eq!(case(&ana, id)["first_response_due"], "2026-03-02T09:30:00.000Z");
        assert_eq!(violations(&ana, id).len(), 1);
        mia.put("/api/crm/sla-policies/1", json!({ "first_response_hours": 0 })).fault("/first_response_hours");
    }

    fn a_case_that_plain_sql_inserted_gets_its_clocks_within_a_tick(desk) {
        let ana = desk.agent("ana");
        desk.execute(
            "insert into crm_cases (subject, case_type_id, priority_id, created_at)
             values ('By hand', 1, 4, '2026-03-02T08:30:00.000Z')",
        );
        desk.tick();
        let id = desk.number("select max(case_id) from crm_cases");
        assert_eq!(case(&ana, id)["first_response_due"], "2026-03-02T09:30:00.000Z");
        desk.later(31).tick();
        assert_eq!(violations(&ana, id)[0]["violated_at"], "2026-03-02T09:30:00.000Z");
    }

    fn warnings_misses_and_escalations_reach_the_owner_once(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        mia.post(
            "/api/crm/escalation-rules",
            json!({ "rule_name": "missed", "cause": "violation", "to_level": 2, "assign_user_id": mia.id,
                    "raise_priority": true }),
        )
        .created();
        let id = enterprise_case(desk, &ana);
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "owner_id": ana.id })).ok();
        desk.later(50).tick().tick();
        let kinds = |client: &Client| -> Vec<String> {
            let list = client.get("/api/crm/notifications").ok();
            list["notifications"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(kinds(&ana), ["warned"]);
        desk.later(20).tick().tick();
        assert_eq!(kinds(&ana), ["breached", "warned"]);
        assert_eq!(kinds(&mia).iter().filter(|kind| *kind == "escalated").count(), 1);
        let shown = case(&mia, id);
        assert_eq!((&shown["escalation_level"], &shown["owner_id"]), (&json!(2), &json!(mia.id)));
        assert_eq!(shown["priority_level"], 4);
        ana.put("/api/crm/notifications", json!({ "all": true })).status(204);
        assert_eq!(ana.get("/api/crm/notifications").ok()["unread_count"], 0);
    }

    fn escalating_by_hand_goes_up_a_level_and_resolving_comes_down(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        let path = format!("/api/crm/cases/{id}/escalations");
        let first = ana.post(&path, json!({ "escalation_reason": "technical" })).created()["escalation"].clone();
        assert_eq!(first["escalation_level"], 1);
        ana.post(&path, json!({ "escalation_reason": "technical", "escalation_level": 1 })).status(409);
        let second = ana.post(&path, json!({ "escalation_reason": "customer_request" })).created()["escalation"].clone();
        assert_eq!(case(&ana, id)["escalation_level"], 2);
        let acknowledge = format!("{path}/{}/acknowledgement", second["escalation_id"]);
        ana.post(&acknowledge, json!({})).ok();
        ana.post(&acknowledge, json!({})).status(409);
        ana.post(&format!("{path}/{}/resolution", second["escalation_id"]), json!({})).ok();
        assert_eq!(case(&ana, id)["escalation_level"], 1);
        ana.post(&format!("{path}/{}/resolution", first["escalation_id"]), json!({})).ok();
        assert_eq!(case(&ana, id)["is_escalated"], false);
    }

    fn new_cases_go_by_turns_to_members_who_are_available(desk) {
        let mia = desk.manager("mia");
        let (ana, ben, cleo) = (desk.agent("ana"), desk.agent("ben"), desk.agent("cleo"));
        let team = mia
            .post("/api/crm/teams", json!({ "team_name": "First line", "member_ids": [ana.id, ben.id, cleo.id] }))
            .created()["team"]["team_id"]
            .clone();
        desk.execute(&format!("update crm_users set is_available = (1 = 0) where user_id = {}", cleo.id));
        desk.execute(&format!("update crm_users set case_cap = 2 where user_id = {}", ben.id));
        mia.post("/api/crm/assignment-rules", json!({ "rule_name": "all", "team_id": team })).created();
        let owners: Vec<i64> = (0..5)
            .map(|n| {
                let id = mia.opens(json!({ "subject": format!("Case {n}") }));
                case(&mia, id)["owner_id"].as_i64().unwrap()
            })
            .collect();
        assert_eq!(owners, [ana.id, ben.id, ana.id, ben.id, ana.id]);
    }
}
