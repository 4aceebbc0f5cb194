//! Policies and calendars that change under way, the modes of reopening, and how a case's clocks show in lists (spec 5).

use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;
use crate::sla::{case, enterprise_case, target, violations};

/// The case's status of SLA, which a list and the case itself agree on.
pub fn status(client: &Client, id: i64) -> String {
    let listed = client.get("/api/crm/cases?limit=200").ok();
    let listed =
        listed["cases"].as_array().unwrap().iter().find(|case| case["case_id"] == id).cloned().unwrap();
    let shown = case(client, id);
    assert_eq!(listed["sla_status"], shown["sla_status"]);
    shown["sla_status"].as_str().unwrap().to_owned()
}

/// A case answered at 9:10, resolved at 10:00, reopened at 12:00, under the enterprise policy with a mode.
pub fn reopened(desk: &Desk, mode: &str) -> (Client, i64) {
    let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
    mia.put("/api/crm/sla-policies/1", json!({ "reopen_mode": mode })).ok();
    let id = enterprise_case(desk, &ana);
    desk.later(10);
    ana.comments(id, json!({ "comment_text": "On it." }));
    desk.later(50);
    ana.sets(id, "resolved");
    desk.later(120).tick();
    ana.sets(id, "open").ok();
    (ana, id)
}

/// The open jobs' and the done ones' progress, of recomputations.
fn recomputations(admin: &Client, state: &str) -> Vec<Value> {
    let jobs = admin.get(&format!("/api/crm/jobs?state={state}")).ok()["jobs"].clone();
    jobs.as_array().unwrap().iter().filter(|job| job["kind"] == "recompute_sla").cloned().collect()
}

both_engines! {
    fn a_reopened_resolution_resumes(desk) {
        let (ana, id) = reopened(desk, "resume");
        // One of eight hours is spent; the two in between do not count.
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-02T19:00:00.000Z");
        assert_eq!(target(&ana, id, "resolution")["started_at"], "2026-03-02T09:00:00.000Z");
        assert_eq!(status(&ana, id), "on_track");
    }

    fn a_reopened_resolution_restarts(desk) {
        let (ana, id) = reopened(desk, "restart");
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-02T20:00:00.000Z");
        assert_eq!(target(&ana, id, "resolution")["started_at"], "2026-03-02T12:00:00.000Z");
        let all = ana.get(&format!("/api/crm/cases/{id}/sla")).ok()["targets"].clone();
        let met = all.as_array().unwrap().iter().filter(|one| one["kind"] == "resolution" && one["state"] == "met");
        assert_eq!(met.count(), 1, "{all}");
    }

    fn a_reopening_may_leave_what_was_met_as_it_is(desk) {
        let (ana, id) = reopened(desk, "ignore");
        assert_eq!(target(&ana, id, "resolution")["state"], "met");
        assert_eq!(status(&ana, id), "met");
        desk.later(30 * 24 * 60).tick();
        assert_eq!(violations(&ana, id).len(), 0);
    }

    fn a_reopening_is_promised_what_holds_then(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let id = enterprise_case(desk, &ana);
        ana.comments(id, json!({ "comment_text": "On it." }));
        desk.later(60);
        ana.sets(id, "resolved");
        // An ended case keeps what it was promised; a reopened one is promised anew.
        mia.put("/api/crm/sla-policies/1", json!({ "resolution_hours": 4 })).ok();
        desk.later(60).tick();
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-02T17:00:00.000Z");
        ana.sets(id, "open");
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-02T14:00:00.000Z");
    }

    fn what_was_met_in_time_stays_met_in_time(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "Slow", "case_type_id": 1, "priority_id": 3 }));
        desk.later(90);
        ana.comments(id, json!({ "comment_text": "On it." }));
        // Critical asks for an answer within the hour; it came after an hour and a half, within high's four.
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "priority_id": 4 })).ok();
        assert_eq!(violations(&ana, id).len(), 0);
        assert_eq!(target(&ana, id, "first_response")["due_at"], "2026-03-02T13:00:00.000Z");
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-02T17:00:00.000Z");
    }

    fn a_deadline_that_a_change_moves_into_the_past_is_missed_at_the_change(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let open = || ana.opens(json!({ "subject": "Slow", "case_type_id": 1, "priority_id": 3 }));
        let (raised, left) = (open(), open());
        desk.later(90);
        // Critical asks for an answer within the hour: until now nobody was late.
        ana.put(&format!("/api/crm/cases/{raised}"), json!({ "priority_id": 4 })).ok();
        desk.later(30).tick();
        let missed = violations(&ana, raised);
        let of = |missed: &Value, name: &str| missed[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(missed.len(), 1, "{missed:?}");
        assert_eq!(of(&missed[0], "due_at"), "2026-03-02T10:00:00.000Z");
        assert_eq!(of(&missed[0], "violated_at"), "2026-03-02T10:30:00.000Z");
        assert_eq!(missed[0]["minutes_overdue"], 60);
        // So does a policy.
        mia.put("/api/crm/sla-policies/4", json!({ "first_response_hours": 1 })).ok();
        desk.tick();
        let missed = violations(&ana, left);
        assert_eq!(missed.len(), 1, "{missed:?}");
        assert_eq!(of(&missed[0], "due_at"), "2026-03-02T10:00:00.000Z");
        assert_eq!(of(&missed[0], "violated_at"), "2026-03-02T11:00:00.000Z");
        assert_eq!(desk.number("select count(*) from crm_case_events where kind = 'breached' and at = '2026-03-02T11:00:00.000Z'"), 1);
    }

    fn no_policy_no_promise(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let id = ana.opens(json!({ "subject": "Slow", "case_type_id": 1, "priority_id": 3 }));
        mia.put("/api/crm/sla-policies/4", json!({ "conditions": { "priority_ids": [1] } })).ok();
        desk.tick();
        let shown = case(&ana, id);
        assert_eq!((&shown["resolution_due"], &shown["sla_policy_id"]), (&Value::Null, &Value::Null));
        assert_eq!(status(&ana, id), "none");
        assert_eq!(target(&ana, id, "resolution")["state"], "void");
        // Neither the deadline nor the warning of what is void comes.
        desk.later(10 * 24 * 60).tick();
        assert_eq!(violations(&ana, id).len(), 0);
        assert_eq!(desk.number("select count(*) from crm_case_events where kind = 'warned'"), 0);
        // And a promise made again counts from the start.
        mia.put("/api/crm/sla-policies/4", json!({ "conditions": {} })).ok();
        desk.tick();
        assert_eq!(violations(&ana, id).len(), 2);
    }

    fn the_next_response_is_owed_from_the_oldest_unanswered_comment(desk) {
        let (ana, mia, carl) = (desk.agent("ana"), desk.manager("mia"), desk.contact("carl"));
        mia.put("/api/crm/sla-policies/4", json!({ "next_response_hours": 2 })).ok();
        let id = ana.opens(json!({ "subject": "Slow", "case_type_id": 1, "priority_id": 3, "contact_id": carl.id }));
        ana.comments(id, json!({ "comment_text": "On it." }));
        let due = || target(&ana, id, "next_response")["due_at"].clone();
        desk.later(10);
        carl.comments(id, json!({ "comment_text": "Well?" }));
        desk.later(50);
        carl.comments(id, json!({ "comment_text": "Hello?" }));
        assert_eq!(due(), "2026-03-02T11:10:00.000Z");
        // A note among users is no answer; waiting for the customer is no time.
        ana.comments(id, json!({ "comment_text": "Hm.", "is_internal": true }));
        ana.sets(id, "pending");
        assert_eq!(due(), Value::Null);
        desk.later(60);
        ana.sets(id, "open");
        assert_eq!(due(), "2026-03-02T12:10:00.000Z");
        desk.at("2026-03-02T12:11:00Z").tick();
        assert_eq!(ana.ids("?breached=next_response"), [id]);
        assert_eq!(violations(&ana, id)[0]["violated_at"], "2026-03-02T12:10:00.000Z");
        ana.comments(id, json!({ "comment_text": "Here." }));
        assert_eq!(target(&ana, id, "next_response")["state"], "met_late");
        carl.comments(id, json!({ "comment_text": "And?" }));
        assert_eq!(due(), "2026-03-02T14:11:00.000Z");
    }

    fn a_merged_case_is_void(desk) {
        let ana = desk.agent("ana");
        let (id, into) = (enterprise_case(desk, &ana), enterprise_case(desk, &ana));
        desk.later(10);
        ana.post(&format!("/api/crm/cases/{id}/merge"), json!({ "into_case_id": into })).ok();
        for kind in ["first_response", "resolution"] {
            assert_eq!(target(&ana, id, kind)["state"], "void", "{kind}");
        }
        desk.later(10 * 60).tick();
        assert_eq!(desk.number(&format!("select count(*) from crm_sla_violations where case_id = {id}")), 0);
        assert_eq!(violations(&ana, into).len(), 2);
    }

    fn lists_are_narrowed_by_clocks(desk) {
        let ana = desk.agent("ana");
        // Due at 17:00 today, and at 9:00 tomorrow.
        let (first, second) =
            (enterprise_case(desk, &ana), ana.opens(json!({ "subject": "b", "case_type_id": 1, "priority_id": 3 })));
        assert_eq!(ana.ids("?due_before=2026-03-02T17:00:00Z"), [0i64; 0]);
        assert_eq!(ana.ids("?due_before=2026-03-02T17:00:01Z"), [first]);
        assert_eq!(ana.ids("?due_before=2026-03-04T00:00:00Z&sort=resolution_due"), [first, second]);
        assert_eq!(ana.ids("?sla_violated=true"), [0i64; 0]);
        desk.later(8 * 60 + 1).tick();
        assert_eq!(ana.ids("?sla_violated=true&breached=resolution"), [first]);
        // The second waits for its first answer since 13:00.
        assert_eq!(ana.ids("?overdue=true"), [second, first]);
        assert_eq!(case(&ana, first)["hours_until_resolution_due"], -0.02);
        assert_eq!(case(&ana, second)["hours_until_resolution_due"], 15.98);
        // The view goes by the database's own clock, for which all this is long ago.
        assert_eq!(desk.number("select count(*) from v_case_summary where hours_until_resolution_due < 0"), 2);
        ana.comments(first, json!({ "comment_text": "So.", "is_solution": true }));
        assert_eq!(ana.ids("?overdue=true"), [second]);
        assert_eq!(
            desk.number("select count(*) from v_case_summary where hours_until_resolution_due is null and is_sla_violated"),
            1
        );
    }

    fn the_status_of_a_case_follows_its_clocks(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = ana.opens(json!({ "subject": "Slow", "case_type_id": 1, "priority_id": 3, "contact_id": carl.id }));
        assert_eq!(status(&ana, id), "on_track");
        let detail = ana.get(&format!("/api/crm/cases/{id}")).ok();
        assert_eq!(detail["sla"]["sla_policy_id"], 4);
        assert_eq!(detail["sla"]["targets"].as_array().unwrap().len(), 2);
        // A customer sees nothing of it.
        let seen = carl.get(&format!("/api/crm/cases/{id}")).ok();
        assert_eq!((&seen["sla"], &seen["case"]["sla_status"]), (&Value::Null, &Value::Null));
        // Three of four hours to the first response.
        desk.later(180);
        assert_eq!(status(&ana, id), "due_soon");
        ana.comments(id, json!({ "comment_text": "On it." }));
        assert_eq!(status(&ana, id), "on_track");
        ana.sets(id, "waiting_customer");
        assert_eq!(status(&ana, id), "paused");
        assert_eq!(case(&ana, id)["hours_until_resolution_due"], Value::Null);
        ana.sets(id, "open");
        // Before the ticker has come by: overdue is what the clock says.
        desk.later(22 * 60);
        assert_eq!(case(&ana, id)["hours_until_resolution_due"], -1.0);
        assert_eq!((status(&ana, id).as_str(), case(&ana, id)["is_sla_violated"].clone()), ("overdue", json!(false)));
        desk.tick();
        assert_eq!((status(&ana, id).as_str(), case(&ana, id)["is_sla_violated"].clone()), ("overdue", json!(true)));
        assert_eq!(ana.get(&format!("/api/crm/cases/{id}")).ok()["sla_violations"][0]["minutes_overdue"], 60);
        ana.sets(id, "resolved");
        assert_eq!(status(&ana, id), "violated");
        let met = ana.opens(json!({ "subject": "Quick", "case_type_id": 1 }));
        ana.comments(met, json!({ "comment_text": "So it is.", "is_solution": true }));
        assert_eq!(status(&ana, met), "met");
        let dropped = ana.opens(json!({ "subject": "Never mind", "case_type_id": 1 }));
        ana.sets(dropped, "cancelled");
        assert_eq!(status(&ana, dropped), "none");
        assert_eq!(desk.number("select violation_count from v_case_summary where is_sla_violated"), 1);
    }

    fn warnings_follow_the_policy(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let id = enterprise_case(desk, &ana);
        // Instead of at three quarters: at half, and with ten minutes left.
        mia.put("/api/crm/sla-policies/1", json!({ "warnings": [{ "percent": 50 }, { "minutes_left": 10 }] })).ok();
        desk.tick();
        let warned = |kind: &str| -> Vec<String> {
            let events = ana.get(&format!("/api/crm/cases/{id}/timeline?limit=200")).ok()["timeline"].clone();
            let mut all: Vec<String> = events.as_array().unwrap().iter()
                .filter(|event| event["kind"] == "warned" && event["data"]["target"] == kind)
                .map(|event| format!("{} {}", event["data"]["warning"].as_str().unwrap(), event["at"].as_str().unwrap()))
                .collect();
            all.sort();
            all
        };
        desk.later(47).tick();
        assert_eq!(warned("first_response"), ["50% 2026-03-02T09:30:00.000Z"]);
        desk.later(12).tick().tick();
        assert_eq!(
            warned("first_response"),
            ["10 min 2026-03-02T09:50:00.000Z", "50% 2026-03-02T09:30:00.000Z"]
        );
        mia.put("/api/crm/sla-policies/1", json!({ "warnings": [{ "percent": 100 }] }))
            .fault("/warnings/0/percent");
    }

    fn a_changed_tier_matches_open_cases_anew(desk) {
        let (ana, ada) = (desk.agent("ana"), desk.admin());
        let account = desk.account("Acme");
        let carl = desk.contact_of("carl", account);
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.push(ana.opens(json!({ "subject": format!("Case {n}"), "contact_id": carl.id, "case_type_id": 1 })));
        }
        ana.comments(ids[2], json!({ "comment_text": "Solved.", "is_solution": true }));
        ana.put(&format!("/api/crm/accounts/{account}"), json!({ "account_tier": "enterprise" })).ok();
        assert_eq!(case(&ana, ids[0])["sla_policy_id"], 4);
        desk.tick();
        assert_eq!(case(&ana, ids[0])["resolution_due"], "2026-03-02T17:00:00.000Z");
        assert_eq!(case(&ana, ids[1])["sla_policy_id"], 1);
        // What has ended keeps its promise.
        assert_eq!(case(&ana, ids[2])["sla_policy_id"], 4);
        assert_eq!(recomputations(&ada, "done")[0]["progress"], json!({ "done": 2, "total": 2 }));
    }

    fn a_calendar_is_previewed_then_changed_and_its_open_cases_follow(desk) {
        let (ana, mia, ada) = (desk.agent("ana"), desk.manager("mia"), desk.admin());
        // A question counts Mon-Fri 9-17.
        let id = ana.opens(json!({ "subject": "How?", "case_type_id": 2, "priority_id": 4 }));
        let other = enterprise_case(desk, &ana);
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-02T17:00:00.000Z");
        let calendar = ana.get("/api/crm/sla-policies/3").ok()["sla_policy"]["calendar_id"].clone();
        let path = format!("/api/crm/calendars/{calendar}");
        let edit = json!({ "holidays": [{ "date": "2026-03-02", "from": "12:00", "to": "13:00", "name": "lunch" }] });
        ana.post(&format!("{path}/preview"), edit.clone()).status(403);
        let preview = mia.post(&format!("{path}/preview"), edit.clone()).ok()["preview"].clone();
        assert_eq!(preview["examined"], 1, "{preview}");
        assert_eq!((&preview["changing"], &preview["breaching"]), (&json!(1), &json!(0)));
        assert_eq!(preview["changes"][0]["new_resolution_due"], "2026-03-03T10:00:00.000Z");
        assert_eq!(preview["is_complete"], true);
        let version = mia.get(&path).ok()["calendar"]["edit_version"].clone();
        mia.put(&path, edit).ok();
        assert_ne!(mia.get(&path).ok()["calendar"]["edit_version"], version);
        let waiting = recomputations(&ada, "waiting");
        assert_eq!(waiting[0]["progress"], json!({ "done": 0, "total": 1 }));
        desk.tick();
        assert_eq!(case(&ana, id)["resolution_due"], "2026-03-03T10:00:00.000Z");
        assert_eq!(case(&ana, other)["resolution_due"], "2026-03-02T17:00:00.000Z");
        // A preview refuses what the change would refuse.
        mia.post(&format!("{path}/preview"), json!({ "intervals": [], "extra": [] })).status(422);
        mia.post("/api/crm/calendars/99/preview", json!({})).status(404);
    }

    fn a_preview_counts_every_case_and_shows_the_first(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        desk.execute(
            "insert into crm_cases (subject, case_type_id, priority_id, created_at)
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 1100)
             select 'Case ' || i, 1, 3, '2026-03-02T08:00:00.000Z' from n",
        );
        desk.tick();
        let before = desk.rows();
        let edit = json!({ "first_response_hours": 0.5, "resolution_hours": 20 });
        let preview = mia.post("/api/crm/sla-policies/4/preview", edit.clone()).ok()["preview"].clone();
        assert_eq!((&preview["examined"], &preview["is_complete"]), (&json!(1100), &json!(true)));
        assert_eq!((&preview["changing"], &preview["breaching"]), (&json!(1100), &json!(1100)));
        assert_eq!(preview["changes"].as_array().unwrap().len(), 1000);
        assert_eq!(desk.rows(), before);
        assert_eq!(case(&ana, 1)["first_response_due"], "2026-03-02T12:00:00.000Z");
        mia.put("/api/crm/sla-policies/4", edit).ok();
        desk.tick();
        assert_eq!(desk.number("select count(*) from crm_sla_violations"), 1100);
        assert_eq!(case(&ana, 1100)["first_response_due"], "2026-03-02T08:30:00.000Z");
    }

    fn deleted_policies_and_rules_come_back(desk) {
        let (ana, mia, ada) = (desk.agent("ana"), desk.manager("mia"), desk.admin());
        let id = enterprise_case(desk, &ana);
        mia.delete("/api/crm/sla-policies/1").status(204);
        desk.tick();
        assert_eq!(case(&ana, id)["sla_policy_id"], 4);
        mia.post("/api/crm/sla-policies/1/restoration", json!({})).status(403);
        let restored = ada.post("/api/crm/sla-policies/1/restoration", json!({})).ok();
        assert_eq!(restored["sla_policy"]["policy_name"], "Enterprise");
        ada.post("/api/crm/sla-policies/1/restoration", json!({})).status(404);
        desk.tick();
        assert_eq!(case(&ana, id)["sla_policy_id"], 1);

        let team = mia.post("/api/crm/teams", json!({ "team_name": "First line" })).created()["team"]["team_id"].clone();
        for (path, draft) in [
            ("/api/crm/assignment-rules", json!({ "rule_name": "all", "team_id": team })),
            ("/api/crm/escalation-rules", json!({ "rule_name": "missed", "cause": "violation", "to_level": 1 })),
        ] {
            let made = mia.post(path, draft.clone()).created();
            let rule = made.as_object().unwrap().values().next().unwrap().clone();
            assert!(rule["edit_version"].is_i64(), "{rule}");
            let one = format!("{path}/{}", rule["rule_id"]);
            let changed = mia.put(&one, json!({ "rule_name": "renamed" }));
            changed.ok();
            // The version that it had before is stale now.
            let stale = mia.ask(ureq::http::Method::PUT, &one).header("if-match", "\"1-1\"").json(&draft).send();
            stale.status(412);
            mia.ask(ureq::http::Method::PUT, &one).header("if-match", changed.etag()).json(&draft).send().ok();
            mia.delete(&one).status(204);
            mia.put(&one, draft).status(404);
            mia.post(&format!("{one}/restoration"), json!({})).status(403);
            ada.post(&format!("{one}/restoration"), json!({})).ok();
            ada.post(&format!("{one}/restoration"), json!({})).status(404);
            assert_eq!(mia.get(path).ok().as_object().unwrap().values().next().unwrap().as_array().unwrap().len(), 1);
        }
    }

    fn plain_sql_that_answers_late_is_a_violation_once(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        desk.later(90);
        // The database itself stamps it, before any tick.
        desk.execute(&format!(
            "update crm_cases set first_response_at = '2026-03-02T10:20:00.000Z' where case_id = {id}"
        ));
        assert_eq!(violations(&ana, id)[0]["violated_at"], "2026-03-02T10:00:00.000Z");
        desk.tick().tick();
        let missed = violations(&ana, id);
        assert_eq!(missed.len(), 1, "{missed:?}");
        assert_eq!((&missed[0]["minutes_overdue"], &missed[0]["is_open"]), (&json!(20), &json!(false)));
        assert_eq!(target(&ana, id, "first_response")["state"], "met_late");
        // A late resolution as well.
        desk.later(10 * 60);
        desk.execute(&format!(
            "update crm_cases set status = 'resolved', resolved_at = '2026-03-02T18:30:00.000Z' where case_id = {id}"
        ));
        desk.tick().tick();
        let missed = violations(&ana, id);
        assert_eq!(missed.len(), 2, "{missed:?}");
        assert_eq!((&missed[0]["violated_at"], &missed[0]["minutes_overdue"]), (&json!("2026-03-02T17:00:00.000Z"), &json!(90)));
    }

    fn plain_sql_that_answers_in_time_or_deletes_leaves_no_violation(desk) {
        let ana = desk.agent("ana");
        let (answered, deleted) = (enterprise_case(desk, &ana), ana.opens(json!({ "subject": "b", "case_type_id": 1, "priority_id": 3 })));
        desk.later(10);
        desk.execute(&format!(
            "update crm_cases set first_response_at = '2026-03-02T09:05:00.000Z' where case_id = {answered}"
        ));
        desk.execute(&format!("update crm_cases set is_active = (1 = 0) where case_id = {deleted}"));
        desk.tick();
        assert_eq!(target(&ana, answered, "first_response")["met_at"], "2026-03-02T09:05:00.000Z");
        desk.later(90 * 24 * 60).tick();
        assert_eq!(violations(&ana, answered).len(), 1, "the resolution alone");
        assert_eq!(desk.number(&format!("select count(*) from crm_sla_violations where case_id = {deleted}")), 0);
        // Brought back, it goes on where it was.
        desk.execute(&format!("update crm_cases set is_active = (1 = 1) where case_id = {deleted}"));
        desk.tick();
        assert_eq!(case(&ana, deleted)["resolution_due"], "2026-06-01T09:00:00.000Z");
    }
}
