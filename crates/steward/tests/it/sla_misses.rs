//! What is late, and from when on: targets that were given up or met, changes that make something late, what overdue means
//! everywhere (spec 5).

use serde_json::json;

use crate::sla::{case, enterprise_case, violations};
use crate::sla_policies::{reopened, status};

both_engines! {
    fn what_is_void_or_was_met_is_not_missed_later(desk) {
        let ana = desk.agent("ana");
        // Resolved without an answer: the first response is given up, and no later answer is late.
        let id = enterprise_case(desk, &ana);
        ana.sets(id, "resolved");
        desk.later(90).tick();
        ana.sets(id, "open");
        ana.comments(id, json!({ "comment_text": "Still there?" }));
        desk.tick();
        assert_eq!((violations(&ana, id).len(), case(&ana, id)["is_sla_violated"].clone()), (0, json!(false)));
        // Resolved in time, reopened where that is ignored, and resolved again.
        let (ana, id) = reopened(desk, "ignore");
        desk.later(12 * 60).tick();
        ana.sets(id, "resolved");
        assert_eq!((violations(&ana, id).len(), status(&ana, id).as_str()), (0, "met"));
    }

    fn what_a_change_makes_late_is_late_from_then_on(desk) {
        let (ana, mia, carl) = (desk.agent("ana"), desk.manager("mia"), desk.contact("carl"));
        // While its clock stood still nobody knew a deadline that could have passed.
        let id = ana.opens(json!({ "subject": "s", "case_type_id": 1, "priority_id": 1 }));
        ana.comments(id, json!({ "comment_text": "Which one?" }));
        desk.later(9 * 60);
        ana.sets(id, "waiting_customer");
        desk.later(60);
        let now = desk.clock.now().to_string();
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "priority_id": 4 })).ok();
        let missed = violations(&ana, id);
        assert_eq!((missed.len(), missed[0]["violated_at"].as_str()), (1, Some(now.as_str())), "{missed:?}");
        // What is promised only from now on was not missed before.
        let other = carl.opens(json!({ "subject": "s", "case_type_id": 1, "priority_id": 1 }));
        ana.comments(other, json!({ "comment_text": "So?" }));
        carl.comments(other, json!({ "comment_text": "So." }));
        desk.later(120);
        let now = desk.clock.now().to_string();
        mia.put("/api/crm/sla-policies/4", json!({ "next_response_hours": 1 })).ok();
        desk.tick();
        let missed = violations(&ana, other);
        assert_eq!((missed.len(), missed[0]["violated_at"].as_str()), (1, Some(now.as_str())), "{missed:?}");
    }

    fn how_late_it_was_stays_when_a_target_is_given_up(desk) {
        let ana = desk.agent("ana");
        for ends in ["resolved", "cancelled"] {
            let id = enterprise_case(desk, &ana);
            desk.later(180).tick();
            ana.sets(id, ends);
            desk.later(600).tick();
            let missed = violations(&ana, id);
            assert_eq!((missed.len(), &missed[0]["minutes_overdue"]), (1, &json!(120)), "{ends}: {missed:?}");
        }
    }

    fn overdue_is_any_deadline_that_has_passed(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let id = enterprise_case(desk, &ana);
        desk.later(61).tick();
        // Its first response is, its resolution is not.
        assert_eq!((status(&ana, id).as_str(), ana.ids("?overdue=true"), ana.ids("?overdue=false")), ("overdue", vec![id], vec![]));
        let dashboard = mia.get("/api/crm/support/dashboard").ok();
        assert_eq!(dashboard["backlog"]["overdue_cases"], 1);
        assert_eq!(dashboard["needs_attention"][0]["is_overdue"], true);
        // The dashboard hears when it is answered.
        ana.comments(id, json!({ "comment_text": "Here I am." }));
        assert_eq!(mia.get("/api/crm/support/dashboard").ok()["backlog"]["overdue_cases"], 0);
    }

    fn the_view_tells_what_the_api_tells(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        // The view goes by the database's clock, so the desk is set to it.
        let clock = match desk.engine {
            crate::place::Engine::Sqlite => "select strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            crate::place::Engine::Postgres => "select to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
        };
        let now = desk.texts(clock, Vec::new()).remove(0);
        let opens = |priority: i64| ana.opens(json!({ "subject": "s", "case_type_id": 1, "priority_id": priority }));
        desk.at(&now).later(-12 * 60);
        let (late, soon) = (opens(4), opens(3));
        ana.comments(soon, json!({ "comment_text": "We look into it." }));
        let missed = opens(4);
        desk.later(9 * 60).tick();
        ana.sets(missed, "resolved");
        desk.at(&now).tick();
        let fresh = opens(1);
        let paused = carl.opens(json!({ "subject": "s", "case_type_id": 1 }));
        ana.comments(paused, json!({ "comment_text": "Which one?" }));
        ana.sets(paused, "waiting_customer");
        let met = opens(1);
        ana.comments(met, json!({ "comment_text": "So it is.", "is_solution": true }));
        let dropped = opens(1);
        ana.sets(dropped, "cancelled");
        desk.later(6 * 60);
        desk.execute(&format!("update crm_cases set sla_soon_at = created_at where case_id = {soon}"));
        desk.at(&now);
        for (id, told) in [
            (late, "overdue"), (soon, "due_soon"), (missed, "violated"), (fresh, "on_track"), (paused, "paused"),
            (met, "met"), (dropped, "none"),
        ] {
            let viewed = desk.texts("select sla_status from v_case_summary where case_id = $1", vec![id.into()]);
            assert_eq!((status(&ana, id).as_str(), viewed[0].as_str()), (told, told), "case {id}");
        }
    }
}
