//! Routing: rules in order give a new case to a team, and within it to an owner (spec 4).

use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;
use crate::sla::case;

fn team(mia: &Client, name: &str, members: &[i64]) -> i64 {
    let made = mia.post("/api/crm/teams", json!({ "team_name": name, "member_ids": members })).created();
    made["team"]["team_id"].as_i64().unwrap()
}

fn set(desk: &Desk, column: &str, value: &str, user: i64) {
    desk.execute(&format!("update crm_users set {column} = {value} where user_id = {user}"));
}

fn owners(client: &Client, count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| case(client, client.opens(json!({ "subject": format!("Case {n}") })))["owner_id"].clone())
        .collect()
}

both_engines! {
    fn the_first_rule_that_matches_wins(desk) {
        let (mia, ada) = (desk.manager("mia"), desk.admin());
        let names = ["phones", "gold", "urgent", "rest"];
        let teams: Vec<i64> = names.iter().map(|name| team(&mia, name, &[])).collect();
        for (position, (team_id, conditions)) in teams.iter().zip([
            json!({ "channels": ["phone"] }),
            json!({ "account_tiers": ["enterprise"] }),
            json!({ "priority_ids": [4], "case_type_ids": [1] }),
            json!({}),
        ]).enumerate() {
            mia.post("/api/crm/assignment-rules", json!({ "rule_name": names[position], "team_id": team_id,
                "position": position + 1, "conditions": conditions, "method": "none" })).created();
        }
        let acme = desk.account_with(json!({ "account_name": "Acme", "account_tier": "enterprise" }));
        let carl = desk.contact_of("carl", acme);
        for (draft, expected) in [
            (json!({ "channel": "phone", "contact_id": carl.id }), 0),
            (json!({ "contact_id": carl.id, "priority_id": 4, "case_type_id": 1 }), 1),
            (json!({ "priority_id": 4, "case_type_id": 1 }), 2),
            (json!({ "priority_id": 4, "case_type_id": 2 }), 3),
        ] {
            let mut draft = draft;
            draft["subject"] = json!("s");
            let shown = case(&mia, mia.opens(draft));
            assert_eq!((&shown["team_id"], &shown["owner_id"]), (&json!(teams[expected]), &Value::Null), "{shown}");
        }
        // Whoever says where it goes is not overruled.
        let named = case(&mia, mia.opens(json!({ "subject": "s", "team_id": teams[1] })));
        assert_eq!(named["team_id"], teams[1]);
        // A team that is gone is passed over.
        ada.delete(&format!("/api/crm/teams/{}", teams[0])).status(204);
        assert_eq!(case(&mia, mia.opens(json!({ "subject": "s", "channel": "phone" })))["team_id"], teams[3]);
    }

    fn without_a_rule_that_matches_it_stays_unassigned(desk) {
        let mia = desk.manager("mia");
        let phones = team(&mia, "phones", &[mia.id]);
        mia.post("/api/crm/assignment-rules", json!({ "rule_name": "phones", "team_id": phones,
            "conditions": { "channels": ["phone"] } })).created();
        let shown = case(&mia, mia.opens(json!({ "subject": "s" })));
        assert_eq!((&shown["team_id"], &shown["owner_id"]), (&Value::Null, &Value::Null));
    }

    fn the_least_busy_gets_the_next(desk) {
        let mia = desk.manager("mia");
        let (ana, ben, cleo) = (desk.agent("ana"), desk.agent("ben"), desk.agent("cleo"));
        let vera = desk.viewer("vera");
        let all = team(&mia, "all", &[ana.id, ben.id, cleo.id, vera.id]);
        mia.post("/api/crm/assignment-rules", json!({ "rule_name": "all", "team_id": all, "method": "least_open" })).created();
        for owner in [&ana, &ana, &ben] {
            mia.opens(json!({ "subject": "s", "owner_id": owner.id }));
        }
        // Ended ones are no load.
        let done = mia.opens(json!({ "subject": "s", "owner_id": cleo.id }));
        mia.sets(done, "resolved");
        assert_eq!(owners(&mia, 4), [json!(cleo.id), json!(ben.id), json!(cleo.id), json!(ana.id)]);
        set(desk, "case_cap", "3", ana.id);
        set(desk, "is_available", "(1 = 0)", cleo.id);
        // Ana is full, Cleo away; a viewer is nobody to give work to.
        assert_eq!(owners(&mia, 3), [json!(ben.id), json!(ben.id), json!(ben.id)]);
        set(desk, "case_cap", "1", ben.id);
        let shown = case(&mia, mia.opens(json!({ "subject": "s" })));
        assert_eq!((&shown["team_id"], &shown["owner_id"]), (&json!(all), &Value::Null), "the team, but no one of it");
    }

    fn turns_go_round_whoever_is_away(desk) {
        let mia = desk.manager("mia");
        let (ana, ben, cleo) = (desk.agent("ana"), desk.agent("ben"), desk.agent("cleo"));
        let all = team(&mia, "all", &[ana.id, ben.id, cleo.id]);
        mia.post("/api/crm/assignment-rules", json!({ "rule_name": "all", "team_id": all })).created();
        assert_eq!(owners(&mia, 2), [json!(ana.id), json!(ben.id)]);
        set(desk, "is_available", "(1 = 0)", cleo.id);
        assert_eq!(owners(&mia, 2), [json!(ana.id), json!(ben.id)]);
        set(desk, "is_available", "(1 = 1)", cleo.id);
        assert_eq!(owners(&mia, 2), [json!(cleo.id), json!(ana.id)]);
        // The customer's case is routed as anybody's.
        let carl = desk.contact("carl");
        let id = carl.opens(json!({ "subject": "s" }));
        assert_eq!(case(&mia, id)["owner_id"], ben.id);
        let events = mia.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"].clone();
        let assigned = events.as_array().unwrap().iter().any(|event| event["data"]["changes"]["owner_id"]["to"] == ben.id);
        assert!(assigned, "{events}");
    }

    fn turns_taken_at_once_are_each_taken_once(desk) {
        let mia = desk.manager("mia");
        let members: Vec<Client> = (0..4).map(|n| desk.agent(&format!("agent {n}"))).collect();
        let ids: Vec<i64> = members.iter().map(|member| member.id).collect();
        let all = team(&mia, "all", &ids);
        mia.post("/api/crm/assignment-rules", json!({ "rule_name": "all", "team_id": all })).created();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| owners(&mia, 4));
            }
        });
        for id in ids {
            assert_eq!(desk.number(&format!("select count(*) from crm_cases where owner_id = {id}")), 4);
        }
    }

    fn an_assignment_rule_is_checked(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let path = "/api/crm/assignment-rules";
        let all = team(&mia, "all", &[]);
        ana.post(path, json!({ "rule_name": "r", "team_id": all })).status(403);
        mia.post(path, json!({ "rule_name": "r", "team_id": 999 })).status(422).names(&["/team_id"]);
        mia.post(path, json!({ "rule_name": "r", "team_id": all, "method": "dice" })).status(422).names(&["/method"]);
        mia.post(path, json!({ "rule_name": "r", "team_id": all, "conditions": { "moon": [1] } })).status(422);
        mia.put(&format!("{path}/99"), json!({ "rule_name": "r", "team_id": all })).status(404);
    }
}
