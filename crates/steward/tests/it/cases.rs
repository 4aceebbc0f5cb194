//! Opening, showing, changing and deleting cases (spec 4), and the seed's examples.

use serde_json::{Value, json};

use crate::desk::Desk;

const CASES: &str = "/api/crm/cases";

both_engines! {
    fn a_viewer_is_given_no_case(desk) {
        let (ana, vera) = (desk.agent("ana"), desk.viewer("vera"));
        let draft = json!({ "subject": "s", "owner_id": vera.id, "team_id": 999 });
        ana.post("/api/crm/cases", draft).status(422).names(&["/owner_id", "/team_id"]);
        let id = ana.opens(json!({ "subject": "s" }));
        let owner = json!({ "owner_id": vera.id });
        ana.put(&format!("/api/crm/cases/{id}"), owner).status(422).names(&["/owner_id"]);
        let change = json!({ "status": "open", "owner_id": vera.id });
        ana.put(&format!("/api/crm/cases/{id}/status"), change).status(422).names(&["/owner_id"]);
        let up = json!({ "escalation_reason": "technical", "escalated_to": vera.id });
        ana.post(&format!("/api/crm/cases/{id}/escalations"), up).status(422).names(&["/escalated_to"]);
        assert_eq!(ana.case(id)["owner_id"], serde_json::Value::Null);
        desk.execute(&format!("update crm_users set is_active = false where user_id = {}", vera.id));
        desk.execute(&format!("update crm_users set role = 'agent' where user_id = {}", vera.id));
        let owner = json!({ "owner_id": vera.id });
        ana.put(&format!("/api/crm/cases/{id}"), owner).status(422).names(&["/owner_id"]);
    }

    fn a_case_is_opened_and_shown(desk) {
        let ana = desk.agent("ana");
        let carl = desk.contact("carl");
        let reply = ana.post(CASES, json!({
            "contact_id": carl.id, "subject": "  Unable to\nlogin ", "description": "Cannot\n\naccess",
            "case_type_id": 1, "priority_id": 4, "channel": "email", "owner_id": ana.id, "tags": ["Login ", "login", "VIP"]
        }));
        let case = reply.created()["case"].clone();
        assert_eq!(reply.header("location"), Some("/api/crm/cases/1"));
        assert_eq!(case["case_number"], "CASE-000001");
        assert_eq!(case["subject"], "Unable to login");
        assert_eq!(case["description"], "Cannot\n\naccess");
        assert_eq!((&case["status"], &case["channel"]), (&json!("new"), &json!("email")));
        assert_eq!(case["tags"], json!(["login", "vip"]));
        assert_eq!(case["created_at"], "2026-03-02T09:00:00.000Z");
        assert_eq!(case["account_name"], "carl Ltd");
        assert_eq!(case["contact_name"], "carl");
        assert_eq!(case["case_type_name"], "Bug/Issue");
        assert_eq!((&case["priority_name"], &case["priority_level"]), (&json!("Critical"), &json!(4)));
        assert_eq!(case["owner_name"], "ana");
        assert_eq!(case["created_by"], ana.id);
        assert_eq!((&case["comment_count"], &case["attachment_count"]), (&json!(0), &json!(0)));
        let shown = ana.get("/api/crm/cases/1").ok();
        assert_eq!(shown["case"], case);
        for list in ["comments", "attachments", "escalations", "sla_violations", "children"] {
            assert_eq!(shown[list], json!([]), "{list}");
        }
        assert_eq!(shown["timeline"][0]["kind"], json!("tagged"));
        assert_eq!(shown["timeline"][1]["kind"], json!("created"));
        assert_eq!(shown["timeline"][1]["actor_name"], json!("ana"));
    }

    fn what_is_left_out_comes_from_type_and_contact(desk) {
        let ana = desk.agent("ana");
        let carl = desk.contact("carl");
        let id = ana.opens(json!({ "contact_id": carl.id, "subject": "s", "case_type_id": 3 }));
        let case = ana.case(id);
        // The third type, Feature Request, is of low priority by default.
        assert_eq!((&case["priority_id"], &case["channel"]), (&json!(1), &json!("api")));
        assert_eq!(case["account_name"], "carl Ltd");
        let bare = ana.case(ana.opens(json!({ "subject": "s" })));
        assert_eq!((&bare["case_type_id"], &bare["priority_id"]), (&json!(1), &json!(3)));
        assert_eq!((&bare["account_id"], &bare["contact_id"]), (&Value::Null, &Value::Null));
        // What stands there is a case type and a priority of the desk.
        ana.post(CASES, json!({ "subject": "s", "case_type_id": null, "priority_id": null })).created();
    }

    fn all_that_is_wrong_with_a_draft_is_said_at_once(desk) {
        let ana = desk.agent("ana");
        let carl = desk.contact("carl");
        let other = desk.account("other");
        let rows = desk.rows();
        ana.post(CASES, json!({})).status(422).names(&["/subject"]);
        ana.post(
            CASES,
            json!({
                "subject": "", "description": 5, "channel": "pigeon", "status": "lost", "case_type_id": "1",
                "priority_id": 0, "tags": ["a", 7], "colour": "red", "case_id": 9
            }),
        )
        .status(422)
        .names(&[
            "/subject",
            "/description",
            "/channel",
            "/status",
            "/case_type_id",
            "/priority_id",
            "/tags/1",
            "/colour",
            "/case_id",
        ]);
        ana.post(CASES, json!({
            "subject": "s", "case_type_id": 99, "priority_id": 98, "account_id": 97, "contact_id": 96, "owner_id": 95,
            "team_id": 94, "status": "closed", "created_by": 93, "parent_case_id": 92
        }))
        .status(422)
        .names(&[
            "/case_type_id", "/priority_id", "/account_id", "/contact_id", "/owner_id", "/team_id", "/status",
            "/created_by", "/parent_case_id",
        ]);
        ana.post(CASES, json!({ "subject": "s", "account_id": other, "contact_id": carl.id }))
            .status(422)
            .names(&["/contact_id"]);
        ana.post(CASES, json!({ "subject": "s", "parent_case_id": 99 }))
            .status(422)
            .names(&["/parent_case_id"]);
        assert_eq!(desk.rows(), rows);
    }

    fn only_an_admin_names_another_author(desk) {
        let (ana, bea, ada) = (desk.agent("ana"), desk.agent("bea"), desk.admin());
        let draft = |id: i64| json!({ "subject": "s", "created_by": id });
        ana.post(CASES, draft(bea.id)).status(422).names(&["/created_by"]);
        assert_eq!(ana.case(ana.opens(draft(ana.id)))["created_by"], ana.id);
        assert_eq!(ada.case(ada.opens(draft(bea.id)))["created_by"], bea.id);
        ada.post(CASES, draft(999)).status(422).names(&["/created_by"]);
    }

    fn a_change_names_its_fields_and_leaves_the_others(desk) {
        let ana = desk.agent("ana");
        let carl = desk.contact("carl");
        let id = ana.opens(json!({
            "contact_id": carl.id, "subject": "old", "description": "d", "owner_id": ana.id, "tags": ["a", "b"]
        }));
        let path = format!("{CASES}/{id}");
        let before = ana.case(id);
        desk.later(1);
        let after = ana.put(&path, json!({ "subject": "new", "tags": ["b", "c"] })).ok()["case"].clone();
        assert_eq!(after["subject"], "new");
        assert_eq!(after["tags"], json!(["b", "c"]));
        assert_eq!(after["updated_at"], "2026-03-02T09:01:00.000Z");
        for (field, value) in before.as_object().unwrap() {
            if !["subject", "tags", "updated_at", "edit_version", "hours_until_resolution_due"].contains(&field.as_str()) {
                assert_eq!(after[field], *value, "{field}");
            }
        }
        let cleared = ana.put(&path, json!({ "owner_id": null, "contact_id": null })).ok()["case"].clone();
        assert_eq!((&cleared["owner_id"], &cleared["contact_id"]), (&Value::Null, &Value::Null));
        assert_eq!(cleared["account_id"], before["account_id"]);
        ana.put(&path, json!({ "subject": null, "channel": null }))
            .status(422)
            .names(&["/subject", "/channel"]);
        ana.put(&path, json!({ "status": "resolved" })).status(422).names(&["/status"]);
        ana.put(&path, json!({ "owner_id": 99, "team_id": 99, "case_type_id": 99, "priority_id": 99 }))
            .status(422)
            .names(&["/owner_id", "/team_id", "/case_type_id", "/priority_id"]);
    }

    fn a_change_that_changes_nothing_leaves_no_trace(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "s", "tags": ["a"] }));
        let (before, rows) = (ana.case(id), desk.rows());
        ana.put(
            &format!("{CASES}/{id}"),
            json!({ "subject": "s", "priority_id": before["priority_id"], "tags": ["A"] }),
        )
        .ok();
        ana.put(&format!("{CASES}/{id}"), json!({})).ok();
        ana.sets(id, "new").ok();
        assert_eq!((ana.case(id), desk.rows()), (before, rows));
    }

    fn former_texts_are_kept_and_the_timeline_says_who_changed_what(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "old words", "description": "old text" }));
        ana.put(
            &format!("{CASES}/{id}"),
            json!({ "subject": "new", "description": "new", "priority_id": 4 }),
        )
        .ok();
        let timeline = ana.get(&format!("{CASES}/{id}/timeline")).ok();
        let change = &timeline["timeline"][0];
        assert_eq!((&change["kind"], &change["actor_id"]), (&json!("changed"), &json!(ana.id)));
        assert_eq!(change["data"]["changes"]["priority_id"], json!({ "from": 3, "to": 4 }));
        // Events hold ids; the words stand where erasure can reach them.
        assert!(!change["data"].to_string().contains("old words"));
        assert!(change["texts"].to_string().contains("old words"), "{change}");
        let kept =
            desk.texts("select body from crm_case_texts where case_id = $1 order by body", vec![id.into()]);
        assert_eq!(kept, ["old text", "old words"]);
    }

    fn a_new_contact_brings_their_account_along(desk) {
        let ana = desk.agent("ana");
        let (carl, dora) = (desk.contact("carl"), desk.contact("dora"));
        let id = ana.opens(json!({ "subject": "s", "contact_id": carl.id }));
        let changed = ana.put(&format!("{CASES}/{id}"), json!({ "contact_id": dora.id })).ok();
        assert_eq!(changed["case"]["account_name"], "dora Ltd");
        let account =
            ana.case(ana.opens(json!({ "subject": "s", "contact_id": carl.id })))["account_id"].clone();
        ana.put(&format!("{CASES}/{id}"), json!({ "account_id": account }))
            .status(422)
            .names(&["/contact_id"]);
    }

    fn deleting_is_soft_and_an_admin_restores(desk) {
        let (mia, ada) = (desk.manager("mia"), desk.admin());
        let id = mia.opens(json!({ "subject": "secret of the pyramids" }));
        mia.comments(id, json!({ "comment_text": "hello" }));
        let before = mia.case(id);
        desk.later(1);
        mia.delete(&format!("{CASES}/{id}")).status(204);
        for path in ["", "/comments", "/timeline", "/comments/1"] {
            mia.get(&format!("{CASES}/{id}{path}")).status(404);
        }
        mia.put(&format!("{CASES}/{id}"), json!({ "subject": "x" })).status(404);
        mia.sets(id, "open").status(404);
        mia.post(&format!("{CASES}/{id}/comments"), json!({ "comment_text": "x" })).status(404);
        mia.delete(&format!("{CASES}/{id}")).status(404);
        assert_eq!(mia.ids(""), [0i64; 0]);
        assert_eq!(mia.ids("?search=pyramids"), [0i64; 0]);
        assert_eq!(mia.get(CASES).ok()["summary"]["total_cases"], 0);
        mia.post(&format!("{CASES}/{id}/restoration"), json!({})).status(403);
        let restored =
            ada.ask(ureq::http::Method::POST, &format!("{CASES}/{id}/restoration")).json(&json!({})).send();
        let restored = restored.ok()["case"].clone();
        for field in ["subject", "status", "comment_count", "first_response_at", "case_number"] {
            assert_eq!(restored[field], before[field], "{field}");
        }
        assert_eq!(mia.ids("?search=pyramids"), [id]);
        assert_eq!(mia.get(CASES).ok()["summary"]["total_cases"], 1);
        ada.post(&format!("{CASES}/{id}/restoration"), json!({})).status(404);
        // The number of a deleted case is never given again.
        mia.delete(&format!("{CASES}/{id}")).status(204);
        assert_eq!(mia.opens(json!({ "subject": "s" })), id + 1);
    }

    fn seven_digits_once_they_are_needed(desk) {
        let ana = desk.agent("ana");
        desk.execute(
            "insert into crm_cases (case_id, subject, case_type_id, priority_id) values
            (999999, 'a', 1, 1), (1000000, 'b', 1, 1), (12345678, 'c', 1, 1)",
        );
        desk.execute(
            "insert into crm_case_events (case_id, kind, actor_kind, data, at)
            select case_id, 'created', 'system', '{}', created_at from crm_cases",
        );
        for (id, number) in
            [(999_999, "CASE-999999"), (1_000_000, "CASE-1000000"), (12_345_678, "CASE-12345678")]
        {
            assert_eq!(ana.case(id)["case_number"], number);
        }
    }

    fn configuration_that_is_deleted_serves_no_new_case(desk) {
        let (mia, ada) = (desk.manager("mia"), desk.admin());
        let id = mia.opens(json!({ "subject": "s", "case_type_id": 2, "priority_id": 2 }));
        mia.delete("/api/crm/case-types/2").status(204);
        mia.delete("/api/crm/case-priorities/4").status(204);
        mia.post(CASES, json!({ "subject": "s", "case_type_id": 2, "priority_id": 4 }))
            .status(422)
            .names(&["/case_type_id", "/priority_id"]);
        // History keeps its names.
        assert_eq!(mia.case(id)["case_type_name"], "Question");
        mia.put(&format!("{CASES}/{id}"), json!({ "subject": "t" })).ok();
        ada.post("/api/crm/case-types/2/restoration", json!({})).ok();
        mia.opens(json!({ "subject": "s", "case_type_id": 2 }));
    }

    fn a_new_level_reaches_open_cases_and_those_that_open_again(desk) {
        let (ada, mia) = (desk.admin(), desk.manager("mia"));
        let open = |_| ada.opens(json!({ "subject": "s", "priority_id": 1 }));
        let [open, ended, deleted]: [i64; 3] = std::array::from_fn(open);
        ada.sets(ended, "resolved").ok();
        ada.delete(&format!("/api/crm/cases/{deleted}")).status(204);
        mia.put("/api/crm/case-priorities/1", json!({ "priority_level": 77 })).ok();
        let level = |id: i64| desk.number(&format!("select priority_level from crm_cases where case_id = {id}"));
        assert_eq!(level(open), 77);
        assert_ne!(level(ended), 77, "ended cases are not written");
        ada.sets(ended, "open").ok();
        ada.post(&format!("/api/crm/cases/{deleted}/restoration"), json!({})).ok();
        assert_eq!((level(ended), level(deleted)), (77, 77));
    }
}

each_engine! {
    /// The seed's examples 1 to 4, word for word, on a desk that is open as the demo is.
    fn the_seeds_examples_run(engine) {
        let desk = Desk::open_to_all(engine);
        let anybody = desk.stranger();
        let carl = desk.contact("carl");
        assert_eq!(carl.id, 1, "the example names contact 1");
        for name in ["ana", "bea", "cem", "dan", "eva", "fay", "gus", "hal", "ida"] {
            desk.agent(name);
        }
        let opened = anybody.post(
            CASES,
            json!({
                "account_id": 1,
                "contact_id": 1,
                "subject": "Product not working after update",
                "description": "After updating to version 2.0, the product crashes on startup",
                "case_type_id": 1,
                "priority_id": 3,
                "channel": "email"
            }),
        );
        let case = opened.created()["case"].clone();
        assert_eq!((&case["case_id"], &case["case_number"]), (&json!(1), &json!("CASE-000001")));
        assert_eq!((&case["status"], &case["priority_name"]), (&json!("new"), &json!("High")));
        anybody.sets(1, "open").ok();

        let list = anybody.get("/api/crm/cases?priority_id=3&status=open").ok();
        assert_eq!(list["cases"][0]["case_id"], 1);
        assert_eq!(list["pagination"]["total"], 1);
        assert_eq!((&list["pagination"]["page"], &list["pagination"]["limit"]), (&json!(1), &json!(50)));
        assert_eq!((&list["summary"]["total_cases"], &list["summary"]["open_count"]), (&json!(1), &json!(1)));
        assert_eq!(list["summary"]["active_count"], 1);
        let violated = anybody.get("/api/crm/cases?sla_violated=true").ok();
        assert_eq!((&violated["cases"], &violated["summary"]["total_cases"]), (&json!([]), &json!(0)));
        assert_eq!(anybody.get("/api/crm/cases?search=crash").ok()["cases"][0]["case_id"], 1);

        desk.later(45);
        let comment = anybody.post("/api/crm/cases/1/comments", json!({
            "comment_text": "I have reviewed your issue. This is a known bug that will be fixed in the next release.",
            "is_internal": false,
            "created_by": 10
        }));
        assert_eq!(comment.created()["comment"]["created_by"], 10);
        assert_eq!(anybody.case(1)["response_time_minutes"], 45);

        desk.later(60);
        let resolved = anybody.put(
            "/api/crm/cases/1/status",
            json!({
                "status": "resolved",
                "status_reason": "Fixed in version 2.0.1"
            }),
        );
        let case = resolved.ok()["case"].clone();
        assert_eq!(
            (&case["status"], &case["status_reason"]),
            (&json!("resolved"), &json!("Fixed in version 2.0.1"))
        );
        assert_eq!(case["resolved_at"], "2026-03-02T10:45:00.000Z");
        assert_eq!(case["resolution_time_minutes"], 105);
        let summary = anybody.get(CASES).ok()["summary"].clone();
        assert_eq!(summary["avg_response_time_minutes"], 45.0);
        assert_eq!(summary["avg_resolution_time_minutes"], 105.0);
        assert_eq!((&summary["resolved_count"], &summary["new_count"]), (&json!(1), &json!(0)));
        assert_eq!((&summary["escalated_count"], &summary["sla_violated_count"]), (&json!(0), &json!(0)));
    }
}
