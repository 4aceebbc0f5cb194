//! What a customer sees: their own cases, and no trace of what is among users or of other customers (spec 2).

use serde_json::{Value, json};

use crate::client::Client;

fn note(text: &str) -> Value {
    json!({ "comment_text": text, "is_internal": true })
}

/// Everything that this one can read of a case and of the lists it stands in, with nothing that moves by itself.
fn sight(client: &Client, id: i64) -> Vec<Value> {
    let mut seen: Vec<Value> = [
        format!("/api/crm/cases/{id}"),
        format!("/api/crm/cases/{id}/comments"),
        format!("/api/crm/cases/{id}/timeline"),
        "/api/crm/cases".into(),
        "/api/crm/cases?sort=-updated_at".into(),
        "/api/crm/cases?updated_since=2026-03-02T09:30:00Z".into(),
        "/api/crm/cases?search=okapi".into(),
        "/api/crm/cases?search=printer".into(),
        "/api/crm/cases?exact=true".into(),
    ]
    .iter()
    .map(|path| client.get(path).ok())
    .collect();
    seen.push(json!(client.get(&format!("/api/crm/cases/{id}")).header("etag")));
    seen
}

both_engines! {
    fn what_is_among_users_leaves_no_trace(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "printer", "description": "d" }));
        ana.comments(id, json!({ "comment_text": "hello" }));
        ana.sets(id, "pending").ok();
        let before = sight(&carl, id);
        desk.later(60);
        let internal = ana.comments(id, note("the okapi did it"));
        ana.put(
            &format!("/api/crm/cases/{id}/comments/{internal}"),
            json!({ "comment_text": "the okapi did not" }),
        )
        .ok();
        let other = ana.comments(id, note("another okapi"));
        ana.delete(&format!("/api/crm/cases/{id}/comments/{other}")).status(204);
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "tags": ["okapi"] })).ok();
        ana.put(
            &format!("/api/crm/cases/{id}/status"),
            json!({ "status": "pending", "status_reason": "okapi" }),
        )
        .ok();
        desk.write(move |work| {
            work.execute(
                "update crm_cases set is_escalated = $2, escalation_level = 2, updated_at = $3,
                     edit_version = edit_version + 1
                 where case_id = $1",
                &[&id, &true, &{ work.now }],
            )?;
            work.execute(
                "insert into crm_case_attachments (case_id, file_name, file_path, file_size, mime_type, is_internal)
                 values ($1, 'okapi.png', 'x', 1, 'image/png', $2)",
                &[&id, &true],
            )
        });
        assert_eq!(ana.ids("?search=okapi"), [id]);
        for (before, after) in before.iter().zip(sight(&carl, id)) {
            assert_eq!(*before, after);
        }
        carl.get(&format!("/api/crm/cases/{id}/comments/{internal}")).status(404);
        carl.put(&format!("/api/crm/cases/{id}/comments/{internal}"), json!({ "comment_text": "x" }))
            .status(404);
    }

    fn a_status_reason_is_not_theirs(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let (with, without) = (carl.opens(json!({ "subject": "a" })), carl.opens(json!({ "subject": "a" })));
        ana.put(
            &format!("/api/crm/cases/{with}/status"),
            json!({ "status": "pending", "status_reason": "rude" }),
        )
        .ok();
        ana.put(&format!("/api/crm/cases/{without}/status"), json!({ "status": "pending" })).ok();
        assert_eq!(carl.case(with)["status_reason"], Value::Null);
        let event =
            |id: i64| carl.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"][0]["data"].clone();
        assert_eq!(event(with), event(without), "the timeline tells that there is a reason");
    }

    fn what_users_know_of_a_case_is_null_or_absent(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "s" }));
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "owner_id": ana.id, "tags": ["t"] })).ok();
        let case = carl.case(id);
        for field in [
            "status_reason",
            "sla_policy_id",
            "first_response_due",
            "resolution_due",
            "is_escalated",
            "escalation_level",
            "is_sla_violated",
            "hours_until_resolution_due",
        ] {
            assert_eq!(case[field], Value::Null, "{field}");
        }
        assert_eq!((&case["tags"], &case["edit_version"]), (&json!([]), &json!(0)));
        let summary = carl.get("/api/crm/cases").ok()["summary"].clone();
        assert_eq!(
            (&summary["escalated_count"], &summary["sla_violated_count"]),
            (&Value::Null, &Value::Null)
        );
        let kinds: Vec<String> = carl.get(&format!("/api/crm/cases/{id}")).ok()["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, ["created"]);
        for filter in [
            "owner_id=1",
            "team_id=1",
            "tag=t",
            "unassigned=true",
            "is_escalated=true",
            "escalation_level=1",
            "sla_violated=false",
            "breached=resolution",
            "overdue=true",
            "due_before=2026-03-03T00:00:00Z",
        ] {
            carl.get(&format!("/api/crm/cases?{filter}")).status(403);
        }
    }

    fn other_customers_cases_are_404(desk) {
        let (ana, carl, dora) = (desk.agent("ana"), desk.contact("carl"), desk.contact("dora"));
        let own = carl.opens(json!({ "subject": "mine quagga" }));
        let id = dora.opens(json!({ "subject": "hers quagga" }));
        let comment = dora.comments(id, json!({ "comment_text": "hers" }));
        for path in ["", "/comments", "/timeline", &format!("/comments/{comment}")] {
            carl.get(&format!("/api/crm/cases/{id}{path}")).status(404);
        }
        carl.post(&format!("/api/crm/cases/{id}/comments"), json!({ "comment_text": "x" })).status(404);
        carl.put(&format!("/api/crm/cases/{id}/comments/{comment}"), json!({ "comment_text": "x" }))
            .status(404);
        carl.sets(id, "resolved").status(404);
        carl.post("/api/crm/cases", json!({ "subject": "s", "parent_case_id": id }))
            .status(422)
            .names(&["/parent_case_id"]);
        let list = carl.get("/api/crm/cases?search=quagga").ok();
        assert_eq!(
            (&list["cases"][0]["case_id"], &list["pagination"]["total"], &list["summary"]["total_cases"]),
            (&json!(own), &json!(1), &json!(1))
        );
        assert_eq!(carl.ids(&format!("?contact_id={}", dora.id)), [0i64; 0]);
        assert_eq!(
            carl.get(&format!("/api/crm/cases?contact_id={}", dora.id)).ok()["summary"]["total_cases"],
            0
        );
        assert_eq!(carl.ids("?search=CASE-000002"), [0i64; 0]);
        carl.get(&format!("/api/crm/cases?parent_case_id={id}")).status(403);
        for path in [
            "/api/crm/contacts",
            "/api/crm/users",
            "/api/crm/accounts",
            "/api/crm/teams",
            "/api/crm/tokens",
            "/api/crm/audit-events",
        ] {
            carl.get(path).status(403);
        }
        carl.delete(&format!("/api/crm/cases/{own}")).status(403);
        ana.get(&format!("/api/crm/cases/{id}")).ok();
    }

    fn an_account_may_let_its_contacts_see_each_others_cases(desk) {
        let shared =
            desk.account_with(json!({ "account_name": "shared", "contacts_see_account_cases": true }));
        let (carl, dora) = (desk.contact_of("carl", shared), desk.contact_of("dora", shared));
        let (eve, ana) = (desk.contact("eve"), desk.agent("ana"));
        let id = dora.opens(json!({ "subject": "ours" }));
        let own = carl.opens(json!({ "subject": "own" }));
        let foreign = eve.opens(json!({ "subject": "foreign" }));
        ana.comments(id, note("not yours"));
        assert_eq!(carl.case(id)["comment_count"], 0);
        let list = carl.get("/api/crm/cases?sort=created_at").ok();
        assert_eq!((&list["pagination"]["total"], &list["summary"]["total_cases"]), (&json!(2), &json!(2)));
        assert_eq!(carl.ids("?sort=created_at"), [id, own]);
        carl.get(&format!("/api/crm/cases/{foreign}")).status(404);
        // Told so no longer, they see it no longer.
        ana.put(&format!("/api/crm/accounts/{shared}"), json!({ "contacts_see_account_cases": false })).ok();
        carl.get(&format!("/api/crm/cases/{id}")).status(404);
        assert_eq!(carl.ids(""), [own]);
    }

    fn a_customer_opens_cases_for_themselves_only(desk) {
        let (carl, dora) = (desk.contact("carl"), desk.contact("dora"));
        let case = carl
            .post("/api/crm/cases", json!({ "subject": "s", "contact_id": carl.id, "priority_id": 4 }))
            .created()["case"]
            .clone();
        assert_eq!(
            (&case["contact_id"], &case["channel"], &case["status"]),
            (&json!(carl.id), &json!("portal"), &json!("new"))
        );
        assert_eq!(case["account_name"], "carl Ltd");
        carl.post("/api/crm/cases", json!({
            "subject": "s", "contact_id": dora.id, "account_id": 1, "status": "open", "owner_id": 1, "team_id": 1, "tags": [],
            "created_by": 1
        }))
        .status(422)
        .names(&["/contact_id", "/account_id", "/status", "/owner_id", "/team_id", "/tags", "/created_by"]);
    }

    fn a_merge_across_customers_shows_neither_the_other(desk) {
        let (ana, carl, dora) = (desk.agent("ana"), desk.contact("carl"), desk.contact("dora"));
        let source = carl.opens(json!({ "subject": "mine", "description": "narwhal" }));
        carl.comments(source, json!({ "comment_text": "said" }));
        let target = dora.opens(json!({ "subject": "hers" }));
        let before = sight(&dora, target);
        desk.later(60);
        ana.post(&format!("/api/crm/cases/{source}/merge"), json!({ "into_case_id": target })).ok();
        for (before, after) in before.iter().zip(sight(&dora, target)) {
            assert_eq!(*before, after, "dora learns of the merge");
        }
        assert_eq!(dora.ids("?search=narwhal"), [0i64; 0]);
        let case = carl.case(source);
        assert_eq!(
            (&case["status"], &case["merged_into_id"]),
            (&json!("closed"), &Value::Null),
            "carl learns of dora's case"
        );
        let refused = carl.post(&format!("/api/crm/cases/{source}/comments"), json!({ "comment_text": "x" }));
        assert!(
            !refused.status(409).json()["detail"].as_str().unwrap().contains(&target.to_string()),
            "{refused:?}"
        );
    }

    fn a_family_across_customers_shows_neither_the_other(desk) {
        let (ana, carl, dora) = (desk.agent("ana"), desk.contact("carl"), desk.contact("dora"));
        for _ in 0..6 {
            ana.opens(json!({ "subject": "filler" }));
        }
        let parent = carl.opens(json!({ "subject": "p" }));
        let child = dora.opens(json!({ "subject": "c" }));
        ana.put(&format!("/api/crm/cases/{child}"), json!({ "parent_case_id": parent })).ok();
        assert_eq!(carl.get(&format!("/api/crm/cases/{parent}")).ok()["children"], json!([]));
        assert_eq!(dora.case(child)["parent_case_id"], Value::Null, "dora learns of carl's case");
        // What is not theirs to see does not stand in their way, or they would hear of it.
        carl.sets(parent, "resolved").ok();
        assert_eq!(dora.case(child)["status"], "new");
    }

    fn a_case_that_goes_to_another_customer_takes_no_conversation_along(desk) {
        let (ana, carl, dora) = (desk.agent("ana"), desk.contact("carl"), desk.contact("dora"));
        let id = carl.opens(json!({ "subject": "s" }));
        carl.comments(id, json!({ "comment_text": "carls okapi" }));
        ana.comments(id, json!({ "comment_text": "to carl", "is_solution": true }));
        let internal = if desk.engine == crate::place::Engine::Sqlite { "0" } else { "false" };
        desk.execute(&format!("insert into crm_case_attachments (case_id, file_name, file_path, file_size, mime_type, is_internal)
            values ({id}, 'carl.png', 'x', 1, 'image/png', {internal})"));
        let rating = json!({ "case_id": id, "responses": [
            { "question_id": 1, "rating_value": 1 }, { "question_id": 3, "text_value": "carls tapir" }] });
        carl.post("/api/crm/surveys/1/respond", rating).created();
        assert_eq!(carl.case(id)["csat_comment"], "carls tapir");
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "contact_id": dora.id })).ok();
        carl.get(&format!("/api/crm/cases/{id}")).status(404);
        let seen = dora.get(&format!("/api/crm/cases/{id}")).ok();
        assert_eq!((&seen["comments"], &seen["attachments"], &seen["timeline"]), (&json!([]), &json!([]), &json!([])));
        assert_eq!((&seen["case"]["comment_count"], &seen["case"]["attachment_count"]), (&json!(0), &json!(0)));
        assert_eq!(dora.ids("?search=okapi"), [0i64; 0]);
        assert_eq!(ana.get(&format!("/api/crm/cases/{id}")).ok()["comments"].as_array().unwrap().len(), 2);
        let event = ana.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"][0].clone();
        assert_eq!(event["kind"], "handed_over");
        assert_eq!(event["data"]["from_contact_id"], carl.id);
        assert_eq!((&event["data"]["comments"], &event["data"]["attachments"]), (&json!(2), &json!(1)));
        // What is said from here on is hers.
        dora.comments(id, json!({ "comment_text": "mine" }));
        assert_eq!(dora.get(&format!("/api/crm/cases/{id}")).ok()["comments"].as_array().unwrap().len(), 1);
        // What the former customer answered is not hers to read.
        assert!(seen["case"]["csat_score"].is_null() && seen["case"]["csat_comment"].is_null(), "{seen}");
        // A case that was nobody's so far keeps what was said to nobody else.
        let nobodys = ana.opens(json!({ "subject": "s" }));
        ana.comments(nobodys, json!({ "comment_text": "to whom it concerns" }));
        ana.put(&format!("/api/crm/cases/{nobodys}"), json!({ "contact_id": dora.id })).ok();
        assert_eq!(dora.case(nobodys)["comment_count"], 1);
    }

    fn what_a_colleague_answered_is_theirs(desk) {
        let account = desk.account_with(json!({ "account_name": "Acme", "contacts_see_account_cases": true }));
        let (mia, carl, dora) = (desk.manager("mia"), desk.contact_of("carl", account), desk.contact_of("dora", account));
        let id = carl.opens(json!({ "subject": "s" }));
        mia.sets(id, "resolved").ok();
        let rating = json!({ "case_id": id, "responses": [
            { "question_id": 1, "rating_value": 2 }, { "question_id": 3, "text_value": "carls tapir" }] });
        carl.post("/api/crm/surveys/1/respond", rating).created();
        assert_eq!((&carl.case(id)["csat_score"], &dora.case(id)["csat_score"]), (&json!(2), &json!(null)));
        assert_eq!(mia.case(id)["csat_comment"], "carls tapir");
        for path in ["/api/crm/cases?limit=5".to_owned(), format!("/api/crm/cases/{id}")] {
            assert!(!dora.get(&path).status(200).text().contains("tapir"), "{path}");
        }
        for filter in ["csat=2", "rated_from=2020-01-01T00:00:00Z", "rated_to=2030-01-01T00:00:00Z"] {
            dora.get(&format!("/api/crm/cases?{filter}")).status(403);
        }
    }

    fn a_case_follows_its_customers_account(desk) {
        let ana = desk.agent("ana");
        let account = desk.account("Acme");
        let carl = desk.contact_of("carl", account);
        let id = ana.opens(json!({ "subject": "s", "contact_id": carl.id }));
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "account_id": null })).status(422).names(&["/account_id"]);
        let both = ana.put(&format!("/api/crm/cases/{id}"), json!({ "account_id": null, "contact_id": null })).ok();
        assert_eq!((&both["case"]["account_id"], &both["case"]["contact_id"]), (&json!(null), &json!(null)));
        // An account that is gone is nobody's any more.
        desk.execute(&format!("update crm_accounts set is_active = (1 = 0) where account_id = {account}"));
        let id = ana.opens(json!({ "subject": "s", "contact_id": carl.id }));
        assert_eq!(ana.case(id)["account_id"], json!(null));
        ana.post("/api/crm/cases", json!({ "subject": "s", "contact_id": carl.id, "account_id": account }))
            .status(422)
            .names(&["/account_id"]);
    }
}
