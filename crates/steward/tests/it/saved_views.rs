//! Saved views: whose they are, who sees and changes them, what they may hold.

use serde_json::json;

const PATH: &str = "/api/crm/saved-views";

both_engines! {
    fn a_view_is_saved_read_changed_and_deleted(desk) {
        let ana = desk.agent("ana");
        let draft = json!({ "view_name": " Mine ", "query": "?status=new&status=open&owner_id=me&page=3&limit=5&search=" });
        let made = ana.post(PATH, draft).created()["saved_view"].clone();
        assert_eq!(made["view_name"], "Mine");
        assert_eq!(made["query"], "status=new,open&owner_id=me");
        assert_eq!((made["shared_with"].as_str(), made["user_name"].as_str()), (Some("nobody"), Some("ana")));
        let path = format!("{PATH}/{}", made["view_id"]);
        let shown = ana.get(&path);
        assert_eq!(shown.ok()["saved_view"], made);
        let changed = ana.put(&path, json!({ "query": "tag=vip&sort=next_due" })).ok();
        assert_eq!(changed["saved_view"]["query"], "tag=vip&sort=next_due");
        assert_eq!(changed["saved_view"]["edit_version"], 2);
        let same = ana.put(&path, json!({ "view_name": "Mine" })).ok();
        assert_eq!(same["saved_view"]["edit_version"], 2);
        let list = ana.get(&format!("{PATH}?limit=1")).ok();
        assert_eq!((list["saved_views"][0]["view_id"].clone(), list["pagination"]["total"].as_i64()), (made["view_id"].clone(), Some(1)));
        ana.delete(&path).status(204);
        ana.get(&path).status(404);
        ana.put(&path, json!({ "view_name": "x" })).status(404);
        ana.post(&format!("{path}/restoration"), json!({})).status(403);
        desk.admin().post(&format!("{path}/restoration"), json!({})).ok();
        ana.get(&path).ok();
    }

    fn what_is_no_list_is_refused_by_name(desk) {
        let ana = desk.agent("ana");
        let refused = |query: &str, words: &str| {
            let refused = ana.post(PATH, json!({ "view_name": "v", "query": query }));
            let said = refused.status(422).names(&["/query"]).text();
            assert!(said.contains(words), "{words:?}: {said}");
        };
        refused("colour=red", "colour is not a parameter");
        refused("status=lost&owner_id=you", "owner_id");
        refused("owner_id=me,nobody", "stands alone");
        refused("search=%FF", "UTF-8");
        refused("search=%00", "NUL");
        refused(&format!("search={}", "x".repeat(2_001)), "2000");
        ana.post(PATH, json!({ "view_name": " ", "query": 7, "more": 1 })).status(422)
            .names(&["/view_name", "/query", "/more"]);
        ana.post(PATH, json!({ "view_name": "x".repeat(101), "query": "" })).status(422).names(&["/view_name"]);
        let whole = ana.post(PATH, json!({ "view_name": "Everything", "query": "" })).created();
        assert_eq!(whole["saved_view"]["query"], "");
        assert_eq!(desk.number("select count(*) from crm_saved_views"), 1);
    }

    fn sharing_is_the_teams_members_and_the_managers(desk) {
        let (ana, ben, vic, mia) = (desk.agent("ana"), desk.agent("ben"), desk.viewer("vic"), desk.manager("mia"));
        let team = mia.post("/api/crm/teams", json!({ "team_name": "One", "member_ids": [ana.id, vic.id] })).created();
        let team_id = team["team"]["team_id"].as_i64().unwrap();
        let other = mia.post("/api/crm/teams", json!({ "team_name": "Two" })).created()["team"]["team_id"].as_i64();
        let share = |client: &crate::client::Client, with: &str, team: Option<i64>| {
            client.post(PATH, json!({ "view_name": with, "query": "status=open", "shared_with": with, "team_id": team }))
        };
        share(&ana, "desk", None).status(422).names(&["/shared_with"]);
        share(&ana, "team", other).status(422).names(&["/team_id"]);
        share(&ana, "team", None).status(422).names(&["/team_id"]);
        share(&ana, "team", Some(99)).status(422).names(&["/team_id"]);
        share(&ana, "nobody", Some(team_id)).status(422).names(&["/team_id"]);
        let path = |made: serde_json::Value| format!("{PATH}/{}", made["saved_view"]["view_id"]);
        let of_team = path(share(&ana, "team", Some(team_id)).created());
        let of_desk = path(share(&mia, "desk", None).created());
        let own = path(share(&vic, "nobody", None).created());
        for (client, sees) in [(&ana, [true, true, false]), (&ben, [false, true, false]), (&vic, [true, true, true]), (&mia, [true, true, false])] {
            for (path, sees) in [&of_team, &of_desk, &own].into_iter().zip(sees) {
                client.get(path).status(if sees { 200 } else { 404 });
            }
            let shown = client.get(PATH).ok()["saved_views"].as_array().unwrap().len();
            assert_eq!(shown, sees.iter().filter(|sees| **sees).count(), "{}", client.id);
        }
        // Who sees a shared view does not change it, but for its maker and managers.
        vic.put(&of_team, json!({ "view_name": "x" })).status(403);
        ben.delete(&of_desk).status(403);
        ben.delete(&of_team).status(404);
        ana.put(&own, json!({ "view_name": "x" })).status(404);
        mia.put(&of_team, json!({ "view_name": "Renamed" })).ok();
        // What it is shared with changes as a whole.
        ana.put(&of_team, json!({ "shared_with": "desk" })).status(422).names(&["/shared_with"]);
        let taken_back = ana.put(&of_team, json!({ "shared_with": "nobody" })).ok();
        assert_eq!(taken_back["saved_view"]["team_id"], json!(null));
        vic.get(&of_team).status(404);
        let hidden = mia.put(&of_desk, json!({ "shared_with": "team", "team_id": team_id })).ok();
        assert_eq!(hidden["saved_view"]["team_name"], "One");
        ben.get(&of_desk).status(404);
    }

    fn a_user_has_a_hundred_views_at_most(desk) {
        let (ana, ada) = (desk.agent("ana"), desk.admin());
        for n in 0..100 {
            ana.post(PATH, json!({ "view_name": format!("View {n}"), "query": "" })).created();
        }
        ana.post(PATH, json!({ "view_name": "One more", "query": "" })).status(409).says("100");
        let first = ana.get(&format!("{PATH}?limit=1")).ok()["saved_views"][0]["view_id"].clone();
        ana.delete(&format!("{PATH}/{first}")).status(204);
        ana.post(PATH, json!({ "view_name": "One more", "query": "" })).created();
        ada.post(&format!("{PATH}/{first}/restoration"), json!({})).status(409);
        let walked = ana.get(&format!("{PATH}?limit=70")).ok();
        let cursor = walked["pagination"]["next_cursor"].as_str().unwrap();
        assert_eq!(ana.get(&format!("{PATH}?limit=70&cursor={cursor}")).ok()["saved_views"].as_array().unwrap().len(), 30);
    }

    fn a_version_that_was_left_behind_is_not_written_over(desk) {
        let ana = desk.agent("ana");
        let made = ana.post(PATH, json!({ "view_name": "v", "query": "" })).created();
        let path = format!("{PATH}/{}", made["saved_view"]["view_id"]);
        let tag = ana.get(&path).etag().to_owned();
        ana.put(&path, json!({ "view_name": "w" })).ok();
        let late = ana.ask(ureq::http::Method::PUT, &path).header("if-match", &tag).json(&json!({ "view_name": "x" }));
        late.send().status(412);
        desk.contact("carl").get(PATH).status(403);
        desk.stranger().get(PATH).status(401);
    }

    fn clocks_are_a_filter_of_their_own(desk) {
        let ana = desk.agent("ana");
        let urgent = ana.opens(json!({ "subject": "Urgent", "priority_id": 4 }));
        let calm = ana.opens(json!({ "subject": "Calm", "priority_id": 1 }));
        let waiting = ana.opens(json!({ "subject": "Waits", "priority_id": 1 }));
        ana.comments(waiting, json!({ "comment_text": "And?" }));
        ana.sets(waiting, "waiting_customer").ok();
        desk.tick();
        assert_eq!(ana.ids("?sla_clock=on_track&sort=next_due"), [urgent, calm]);
        assert_eq!(ana.ids("?sla_clock=paused"), [waiting]);
        let due = ana.get(&format!("/api/crm/cases/{urgent}")).ok()["case"]["first_response_due"].as_str().unwrap().to_owned();
        desk.at(&due);
        assert_eq!(ana.ids("?sla_clock=overdue"), [0i64; 0]);
        assert_eq!(ana.ids("?sla_clock=due_soon"), [urgent]);
        desk.later(1).tick();
        assert_eq!(ana.ids("?sla_clock=overdue"), [urgent]);
        assert_eq!(ana.ids("?sla_clock=overdue,paused&sort=-next_due"), [urgent, waiting]);
        desk.contact("carl").get("/api/crm/cases?sla_clock=overdue").status(403);
        ana.get("/api/crm/cases?sla_clock=late").status(400).names(&["sla_clock"]);
        let next = ana.get("/api/crm/cases?sort=next_due&limit=1").ok()["pagination"]["next_cursor"].as_str().unwrap().to_owned();
        let rest = ana.get(&format!("/api/crm/cases?sort=next_due&limit=5&cursor={next}")).ok();
        assert_eq!(rest["cases"].as_array().unwrap().len(), 2);
    }
}
