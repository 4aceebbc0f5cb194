//! Notifications: who is told of what, once, and what they have read (spec 5).

use serde_json::{Value, json};

use crate::client::Client;
use crate::sla::enterprise_case;

fn all(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/api/crm/notifications{query}")).ok()["notifications"].as_array().unwrap().clone()
}

/// What somebody was told, the latest first.
fn kinds(client: &Client) -> Vec<String> {
    all(client, "").iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
}

both_engines! {
    fn the_owner_else_the_team_and_the_followers_hear_of_a_reply(desk) {
        let mia = desk.manager("mia");
        let (ana, ben, cleo) = (desk.agent("ana"), desk.agent("ben"), desk.agent("cleo"));
        let vera = desk.viewer("vera");
        let carl = desk.contact("carl");
        let team = mia.post("/api/crm/teams", json!({ "team_name": "t", "member_ids": [ana.id, ben.id] })).created();
        let team = team["team"]["team_id"].clone();
        let id = mia.opens(json!({ "subject": "s", "contact_id": carl.id, "team_id": team }));
        desk.tick();
        vera.post(&format!("/api/crm/cases/{id}/followers"), json!({})).status(204);
        carl.comments(id, json!({ "comment_text": "Hello?" }));
        desk.tick().tick();
        for member in [&ana, &ben, &vera] {
            assert_eq!(kinds(member), ["comment_added"], "{}", member.name);
        }
        assert!(kinds(&cleo).is_empty());
        // Once it has an owner, the team is left in peace.
        mia.put(&format!("/api/crm/cases/{id}"), json!({ "owner_id": ana.id })).ok();
        desk.tick();
        carl.comments(id, json!({ "comment_text": "Still there?" }));
        desk.tick();
        assert_eq!(kinds(&ana), ["comment_added", "changed", "comment_added"]);
        assert_eq!(kinds(&ben), ["comment_added"]);
        vera.delete(&format!("/api/crm/cases/{id}/followers")).status(204);
        // Nobody is told of what they did themselves, nor of what colleagues say.
        ana.comments(id, json!({ "comment_text": "Here." }));
        carl.comments(id, json!({ "comment_text": "Good." }));
        desk.tick();
        assert_eq!(kinds(&ana).len(), 4);
        // The follower heard of the replies and of the new owner, until they let go.
        assert_eq!(kinds(&vera).len(), 3);
        carl.get("/api/crm/notifications").status(403);
    }

    fn whoever_takes_a_case_is_not_told_so(desk) {
        let (ana, ben) = (desk.agent("ana"), desk.agent("ben"));
        let id = ana.opens(json!({ "subject": "s" }));
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "owner_id": ana.id })).ok();
        desk.tick();
        assert!(kinds(&ana).is_empty());
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "owner_id": ben.id })).ok();
        desk.tick();
        assert_eq!(kinds(&ben), ["changed"]);
        let told = all(&ben, "")[0].clone();
        assert_eq!((&told["case_id"], &told["subject"]), (&json!(id), &json!("s")));
        ana.post(&format!("/api/crm/cases/{id}/escalations"), json!({ "escalation_reason": "technical", "escalated_to": ben.id })).created();
        desk.tick();
        assert_eq!(kinds(&ben), ["escalated", "changed"]);
    }

    fn warnings_and_violations_reach_the_team(desk) {
        let mia = desk.manager("mia");
        let (ana, ben) = (desk.agent("ana"), desk.agent("ben"));
        let team = mia.post("/api/crm/teams", json!({ "team_name": "t", "member_ids": [ben.id] })).created();
        let id = enterprise_case(desk, &ana);
        mia.put(&format!("/api/crm/cases/{id}"), json!({ "team_id": team["team"]["team_id"] })).ok();
        desk.later(46).tick().later(15).tick().tick();
        assert_eq!(kinds(&ben), ["breached", "warned"]);
        assert!(kinds(&mia).is_empty());
    }

    fn what_is_read_stays_read_and_is_ones_own(desk) {
        let (ana, ben) = (desk.agent("ana"), desk.agent("ben"));
        for n in 0..5 {
            ben.opens(json!({ "subject": format!("Case {n}"), "owner_id": ana.id }));
        }
        desk.tick();
        let list = ana.get("/api/crm/notifications?limit=2").ok();
        assert_eq!(list["unread_count"], 5);
        let next = list["next_before_notification_id"].as_i64().unwrap();
        assert_eq!(all(&ana, &format!("?limit=200&before_notification_id={next}")).len(), 3);
        let ids: Vec<i64> = all(&ana, "").iter().map(|one| one["notification_id"].as_i64().unwrap()).collect();
        // Others cannot read them for her.
        ben.put("/api/crm/notifications", json!({ "notification_ids": ids })).status(204);
        assert_eq!(ana.get("/api/crm/notifications").ok()["unread_count"], 5);
        ana.put("/api/crm/notifications", json!({ "notification_ids": [ids[0], ids[3], 99999] })).status(204);
        assert_eq!(all(&ana, "?unread=true").len(), 3);
        let read = all(&ana, "?unread=false");
        assert_eq!(read.len(), 2);
        let at = read[0]["read_at"].clone();
        assert!(at.is_string());
        desk.later(5);
        ana.put("/api/crm/notifications", json!({ "all": true })).status(204);
        assert_eq!(ana.get("/api/crm/notifications?unread=true").ok()["unread_count"], 0);
        let first = all(&ana, "").into_iter().find(|one| one["notification_id"] == ids[0]).unwrap();
        assert_eq!(first["read_at"], at, "what was read before stays read then");
        assert_eq!(all(&ana, "?kind=created").len(), 5);
        assert!(all(&ana, "?kind=breached").is_empty());
        for odd in [json!({}), json!({ "all": false }), json!({ "notification_ids": [] }), json!({ "all": true, "notification_ids": [1] })] {
            ana.put("/api/crm/notifications", odd).status(422);
        }
    }
}
