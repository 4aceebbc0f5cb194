//! Escalation rules: each cause leads to its level, its assignee, its priority; once per case and cause (spec 6).

use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;
use crate::sla::{case, enterprise_case};

/// Adds a rule that does all that a rule can do; answers the team that it assigns.
fn rule(desk: &Desk, mia: &Client, cause: Value, to_level: i64) -> i64 {
    let team = mia.post("/api/crm/teams", json!({ "team_name": format!("Level {to_level}") })).created();
    let team_id = team["team"]["team_id"].as_i64().unwrap();
    let mut draft = json!({ "rule_name": "rule", "to_level": to_level, "assign_user_id": mia.id,
                            "assign_team_id": team_id, "raise_priority": true });
    draft.as_object_mut().unwrap().extend(cause.as_object().unwrap().clone());
    mia.post("/api/crm/escalation-rules", draft).created();
    assert_eq!(desk.number("select count(*) from crm_escalation_firings"), 0);
    team_id
}

fn escalations(client: &Client, id: i64) -> Vec<Value> {
    client.get(&format!("/api/crm/cases/{id}/escalations")).ok()["escalations"].as_array().unwrap().clone()
}

/// Asserts that the rule did its work, once.
fn assert_fired(desk: &Desk, mia: &Client, id: i64, level: i64, team_id: i64, reason: &str) {
    desk.tick().tick();
    let shown = case(mia, id);
    assert_eq!(
        (&shown["escalation_level"], &shown["is_escalated"]),
        (&json!(level), &json!(true)),
        "{shown}"
    );
    assert_eq!((&shown["owner_id"], &shown["team_id"]), (&json!(mia.id), &json!(team_id)));
    let all = escalations(mia, id);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!((&all[0]["escalation_level"], &all[0]["escalation_reason"]), (&json!(level), &json!(reason)));
    assert_eq!(desk.number(&format!("select count(*) from crm_escalation_firings where case_id = {id}")), 1);
    // Owner and team changes are in the history, beside the escalation.
    let events = mia.get(&format!("/api/crm/cases/{id}/timeline?limit=200")).ok()["timeline"].clone();
    let of = |kind: &str| events.as_array().unwrap().iter().filter(|event| event["kind"] == kind).count();
    assert_eq!(of("escalated"), 1);
    let changed = |field: &str| {
        events.as_array().unwrap().iter().any(|event| event["data"]["changes"].get(field).is_some())
    };
    assert!(changed("owner_id") && changed("team_id") && changed("priority_id"), "{events}");
}

both_engines! {
    fn what_a_rule_lacks_is_named_at_once(desk) {
        let mia = desk.manager("mia");
        let post = |mut draft: Value| {
            draft["rule_name"] = json!("r");
            draft["to_level"] = json!(2);
            mia.post("/api/crm/escalation-rules", draft)
        };
        post(json!({ "cause": "reopening", "assign_user_id": 999, "assign_team_id": 999 }))
            .status(422).names(&["/reopening", "/assign_user_id", "/assign_team_id"]);
        post(json!({ "cause": "unacknowledged" })).status(422).names(&["/minutes", "/at_level"]);
        post(json!({ "cause": "unacknowledged", "minutes": 5, "at_level": 2 })).status(422).names(&["/to_level"]);
        let made = post(json!({ "cause": "unacknowledged", "minutes": 5, "at_level": 1 })).created();
        let rule = &made["escalation_rule"];
        let path = format!("/api/crm/escalation-rules/{}", rule["rule_id"]);
        assert_eq!(&desk.viewer("vera").get(&path).ok()["escalation_rule"], rule);
        mia.delete(&path).status(204);
        mia.get(&path).status(404);
    }

    fn a_warning_escalates(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let team = rule(desk, &mia, json!({ "cause": "warning", "target": "first_response" }), 1);
        let id = enterprise_case(desk, &ana);
        desk.later(44).tick();
        assert_eq!(case(&ana, id)["is_escalated"], false);
        desk.later(1);
        assert_fired(desk, &mia, id, 1, team, "sla_violation");
    }

    fn a_violation_escalates_and_the_other_targets_do_not_concern_it(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let team = rule(desk, &mia, json!({ "cause": "violation", "target": "resolution" }), 3);
        let id = enterprise_case(desk, &ana);
        // The first response is missed: not this rule's.
        desk.later(90).tick();
        assert_eq!(case(&ana, id)["is_escalated"], false);
        ana.comments(id, json!({ "comment_text": "On it." }));
        desk.later(7 * 60);
        assert_fired(desk, &mia, id, 3, team, "sla_violation");
    }

    fn a_raised_priority_escalates_and_a_lowered_one_does_not(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let team = rule(desk, &mia, json!({ "cause": "priority_raise" }), 2);
        let id = ana.opens(json!({ "subject": "Slow", "case_type_id": 1, "priority_id": 2 }));
        let path = format!("/api/crm/cases/{id}");
        ana.put(&path, json!({ "priority_id": 1 })).ok();
        desk.tick();
        assert_eq!(case(&ana, id)["is_escalated"], false);
        ana.put(&path, json!({ "priority_id": 3 })).ok();
        // The rule raises it once more, to the highest; at that level there is nothing left for it to do.
        desk.tick();
        assert_eq!(case(&ana, id)["priority_id"], 4);
        assert_eq!(escalations(&ana, id).len(), 1);
        assert_eq!(case(&ana, id)["team_id"], team);
        assert_eq!(escalations(&ana, id)[0]["escalation_reason"], "priority_increase");
        desk.tick().tick();
        assert_eq!(escalations(&ana, id).len(), 1);
    }

    fn the_second_reopening_escalates(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let team = rule(desk, &mia, json!({ "cause": "reopening", "reopening": 2 }), 2);
        let id = ana.opens(json!({ "subject": "Again", "case_type_id": 1, "priority_id": 2 }));
        for expected in [0, 1] {
            ana.sets(id, "resolved");
            ana.sets(id, "open");
            desk.tick();
            assert_eq!(escalations(&ana, id).len(), expected);
        }
        assert_fired(desk, &mia, id, 2, team, "management_review");
    }

    fn reopenings_are_told_apart_however_late_the_jobs_come(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        rule(desk, &mia, json!({ "cause": "reopening", "reopening": 1 }), 1);
        let id = ana.opens(json!({ "subject": "Again", "case_type_id": 1, "priority_id": 1 }));
        for _ in 0..3 {
            ana.sets(id, "resolved");
            ana.sets(id, "open");
        }
        desk.tick().tick();
        assert_eq!(escalations(&ana, id).len(), 1);
        assert_eq!(desk.number("select count(*) from crm_escalation_firings where cause = 'reopening 1'"), 1);
    }

    fn an_escalation_that_nobody_acknowledges_goes_up(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        rule(desk, &mia, json!({ "cause": "unacknowledged", "at_level": 1, "minutes": 30 }), 2);
        let (ignored, seen) = (enterprise_case(desk, &ana), ana.opens(json!({ "subject": "b", "case_type_id": 1 })));
        let mut first = Value::Null;
        for id in [ignored, seen] {
            first = ana.post(&format!("/api/crm/cases/{id}/escalations"), json!({ "escalation_reason": "technical" }))
                .created()["escalation"].clone();
        }
        desk.tick().later(29).tick();
        assert_eq!(case(&ana, ignored)["escalation_level"], 1);
        let path = format!("/api/crm/cases/{seen}/escalations/{}/acknowledgement", first["escalation_id"]);
        ana.post(&path, json!({})).ok();
        desk.later(1).tick().tick();
        assert_eq!(case(&ana, ignored)["escalation_level"], 2);
        assert_eq!(case(&ana, seen)["escalation_level"], 1);
        desk.later(24 * 60).tick();
        assert_eq!(escalations(&ana, ignored).len(), 2);
    }

    fn a_rule_fires_once_per_cause_and_never_downwards(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let team = rule(desk, &mia, json!({ "cause": "reopening", "reopening": 1 }), 1);
        for nth in [2, 3] {
            let again = json!({ "rule_name": "again", "cause": "reopening", "reopening": nth, "to_level": 1, "assign_team_id": team });
            mia.post("/api/crm/escalation-rules", again).created();
        }
        let id = ana.opens(json!({ "subject": "Again", "case_type_id": 1, "priority_id": 1 }));
        let reopen = || {
            ana.sets(id, "resolved");
            ana.sets(id, "open");
            desk.tick().tick();
        };
        reopen();
        assert_eq!(escalations(&ana, id).len(), 1);
        // Another reopening is another cause; but the case is at that level already.
        reopen();
        assert_eq!(escalations(&ana, id).len(), 1);
        assert_eq!(desk.number("select count(*) from crm_escalation_firings"), 2);
        // Resolved, it may go up again.
        let escalation = escalations(&ana, id)[0]["escalation_id"].clone();
        ana.post(&format!("/api/crm/cases/{id}/escalations/{escalation}/resolution"), json!({})).ok();
        reopen();
        assert_eq!(escalations(&ana, id).len(), 2);
        // What has ended is left alone.
        ana.sets(id, "resolved");
        desk.tick();
        ana.post(&format!("/api/crm/cases/{id}/escalations"), json!({ "escalation_reason": "technical" })).status(409);
    }

    fn a_rule_outlives_whom_it_names(desk) {
        let (ana, mia, ada) = (desk.agent("ana"), desk.manager("mia"), desk.admin());
        let team = rule(desk, &mia, json!({ "cause": "violation", "target": "first_response" }), 1);
        ada.delete(&format!("/api/crm/users/{}", mia.id)).status(204);
        ada.delete(&format!("/api/crm/teams/{team}")).status(204);
        let id = enterprise_case(desk, &ana);
        desk.later(61).tick();
        let shown = case(&ana, id);
        assert_eq!((&shown["escalation_level"], &shown["owner_id"]), (&json!(1), &Value::Null));
        assert_eq!(desk.number("select count(*) from crm_jobs where state <> 'done' and attempts > 0"), 0);
    }

    fn a_rule_is_checked(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let path = "/api/crm/escalation-rules";
        let base = json!({ "rule_name": "r", "cause": "violation", "to_level": 1 });
        ana.post(path, base.clone()).status(403);
        for (field, value) in [
            ("to_level", json!(4)),
            ("to_level", json!(0)),
            ("cause", json!("whim")),
            ("reopening", json!(2)),
            ("minutes", json!(5)),
            ("assign_user_id", json!(999)),
            ("assign_team_id", json!(999)),
            ("rule_name", json!("")),
        ] {
            let mut draft = base.clone();
            draft[field] = value;
            mia.post(path, draft).status(422).fault(&format!("/{field}"));
        }
        mia.post(path, json!({ "rule_name": "r", "cause": "unacknowledged", "to_level": 1 })).fault("/minutes");
        mia.put(&format!("{path}/99"), base).status(404);
        mia.delete(&format!("{path}/99")).status(404);
    }
}
