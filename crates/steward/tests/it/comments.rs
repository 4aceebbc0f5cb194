//! The conversation: first response, what a customer's word does, solutions, who edits for how long (spec 4).

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;

fn text(text: &str) -> Value {
    json!({ "comment_text": text })
}

/// A case of carl's in a status, and who is about.
fn case_in(desk: &Desk, status: &str) -> (Client, Client, i64) {
    let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
    let id = carl.opens(json!({ "subject": "s", "description": "d" }));
    if status != "new" {
        ana.sets(id, status).ok();
    }
    (ana, carl, id)
}

both_engines! {
    fn the_first_public_answer_of_a_user_stops_the_first_clock(desk) {
        let (ana, carl, id) = case_in(desk, "new");
        desk.later(10);
        carl.comments(id, text("anybody there?"));
        ana.comments(id, json!({ "comment_text": "look at this", "is_internal": true }));
        let case = ana.case(id);
        assert_eq!(
            (&case["first_response_at"], &case["response_time_minutes"], &case["status"]),
            (&Value::Null, &Value::Null, &json!("new"))
        );
        desk.later(35);
        let answer = ana.comments(id, text("we are on it"));
        let case = ana.case(id);
        assert_eq!(case["first_response_at"], "2026-03-02T09:45:00.000Z");
        assert_eq!((&case["response_time_minutes"], &case["status"]), (&json!(45), &json!("open")));
        desk.later(60);
        ana.comments(id, text("still on it"));
        assert_eq!(ana.case(id)["response_time_minutes"], 45);
        let timeline = ana.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"].clone();
        let responses: Vec<&Value> =
            timeline.as_array().unwrap().iter().filter(|event| event["kind"] == "first_response").collect();
        assert_eq!(responses.len(), 1);
        assert_eq!(responses[0]["data"]["comment_id"], answer);
    }

    fn an_answer_moves_no_status_but_new(desk) {
        for status in
            ["open", "pending", "in_progress", "waiting_customer", "resolved", "closed", "cancelled"]
        {
            let (ana, _, id) = case_in(desk, status);
            ana.comments(id, text("a word"));
            ana.comments(id, json!({ "comment_text": "a note", "is_internal": true }));
            assert_eq!(ana.case(id)["status"], status);
            assert_eq!(ana.case(id)["comment_count"], 2);
        }
    }

    fn a_customers_word_ends_the_waiting_and_reopens(desk) {
        for (before, after) in [
            ("new", "new"),
            ("open", "open"),
            ("in_progress", "in_progress"),
            ("pending", "open"),
            ("waiting_customer", "open"),
            ("resolved", "open"),
            ("closed", "open"),
        ] {
            let (ana, carl, id) = case_in(desk, before);
            carl.comments(id, text("not yet"));
            let case = ana.case(id);
            assert_eq!(case["status"], after, "{before}");
            let reopened = i64::from(["resolved", "closed"].contains(&before));
            assert_eq!(case["reopened_count"], reopened, "{before}");
            assert_eq!((&case["resolved_at"], &case["closed_at"]), (&Value::Null, &Value::Null));
        }
    }

    fn thirty_days_after_closing_it_takes_a_new_case(desk) {
        let (ana, carl, id) = case_in(desk, "closed");
        let (_, dora, late) = case_in(desk, "closed");
        desk.later(30 * 24 * 60);
        carl.comments(id, text("again"));
        assert_eq!(ana.case(id)["status"], "open");
        desk.later(1);
        let rows = desk.rows();
        dora.post(&format!("/api/crm/cases/{late}/comments"), text("again"))
            .status(409)
            .says("parent_case_id");
        dora.sets(late, "open").status(409).says("parent_case_id");
        assert_eq!((desk.rows(), ana.case(late)["comment_count"].clone()), (rows, json!(0)));
        let next = dora.opens(json!({ "subject": "again", "parent_case_id": late }));
        assert_eq!(ana.case(next)["parent_case_id"], late);
        // Users may comment on it still, and reopen it.
        ana.comments(late, text("for the record"));
        ana.sets(late, "open").ok();
    }

    fn a_resolved_case_is_reopened_by_its_customer_however_late(desk) {
        let (ana, carl, id) = case_in(desk, "resolved");
        desk.later(90 * 24 * 60);
        carl.comments(id, text("it is back"));
        assert_eq!(ana.case(id)["status"], "open");
    }

    fn a_solution_resolves(desk) {
        let (ana, carl, id) = case_in(desk, "in_progress");
        desk.later(30);
        let solution = json!({ "comment_text": "turn it off and on", "is_solution": true });
        ana.comments(id, solution.clone());
        let case = ana.case(id);
        assert_eq!((&case["status"], &case["resolution_time_minutes"]), (&json!("resolved"), &json!(30)));
        assert_eq!(
            (&case["response_time_minutes"], &case["resolved_at"]),
            (&json!(30), &json!("2026-03-02T09:30:00.000Z"))
        );
        let path = format!("/api/crm/cases/{id}/comments");
        ana.post(&path, json!({ "comment_text": "x", "is_solution": true, "is_internal": true }))
            .status(422)
            .names(&["/is_solution"]);
        carl.post(&path, solution).status(422).names(&["/is_solution"]);
        assert_eq!(ana.case(id)["status"], "resolved");
        // A solution of an ended case is a comment like any other.
        let (ana, _, ended) = case_in(desk, "cancelled");
        ana.comments(ended, json!({ "comment_text": "by the way", "is_solution": true }));
        assert_eq!(ana.case(ended)["status"], "cancelled");
    }

    fn a_comment_is_by_one_of_us_or_by_the_customer(desk) {
        let (ana, carl, id) = case_in(desk, "new");
        let (ada, dora) = (desk.admin(), desk.contact("dora"));
        let path = format!("/api/crm/cases/{id}/comments");
        let said = |reply: crate::client::Reply| reply.created()["comment"].clone();
        let by_ana = said(ana.post(&path, text("a")));
        assert_eq!(
            (&by_ana["created_by"], &by_ana["contact_id"], &by_ana["author_name"]),
            (&json!(ana.id), &Value::Null, &json!("ana"))
        );
        let by_carl = said(carl.post(&path, text("b")));
        assert_eq!(
            (&by_carl["created_by"], &by_carl["contact_id"], &by_carl["author_name"]),
            (&Value::Null, &json!(carl.id), &json!("carl"))
        );
        // An integration brings in what others said.
        let brought = said(ada.post(&path, json!({ "comment_text": "c", "contact_id": carl.id })));
        assert_eq!((&brought["created_by"], &brought["contact_id"]), (&Value::Null, &json!(carl.id)));
        ada.post(&path, json!({ "comment_text": "d", "created_by": ana.id })).created();
        ada.post(&path, json!({ "comment_text": "e", "created_by": ana.id, "contact_id": carl.id }))
            .status(422)
            .names(&["/created_by"]);
        ada.post(&path, json!({ "comment_text": "e", "contact_id": dora.id }))
            .status(422)
            .names(&["/contact_id"]);
        ana.post(&path, json!({ "comment_text": "e", "contact_id": carl.id }))
            .status(422)
            .names(&["/contact_id"]);
        ana.post(&path, json!({ "comment_text": "e", "created_by": ada.id }))
            .status(422)
            .names(&["/created_by"]);
        carl.post(&path, json!({ "comment_text": "e", "is_internal": true, "created_by": ana.id }))
            .status(422)
            .names(&["/is_internal", "/created_by"]);
        carl.post(&path, json!({ "comment_text": "e", "contact_id": dora.id }))
            .status(422)
            .names(&["/contact_id"]);
        for empty in ["", "  \n"] {
            ana.post(&path, text(empty)).status(422).names(&["/comment_text"]);
        }
        assert_eq!(ana.case(id)["comment_count"], 4);
    }

    fn authors_edit_for_a_quarter_of_an_hour_and_managers_always(desk) {
        let (ana, carl, id) = case_in(desk, "open");
        let (bea, mia) = (desk.agent("bea"), desk.manager("mia"));
        let own = format!("/api/crm/cases/{id}/comments/{}", ana.comments(id, text("first")));
        let carls = format!("/api/crm/cases/{id}/comments/{}", carl.comments(id, text("mine")));
        bea.put(&own, text("x")).status(403);
        carl.put(&own, text("x")).status(403);
        ana.put(&carls, text("x")).status(403);
        desk.later(15);
        let edited = ana.put(&own, text("second")).ok()["comment"].clone();
        assert_eq!(
            (&edited["comment_text"], &edited["edited_at"]),
            (&json!("second"), &json!("2026-03-02T09:15:00.000Z"))
        );
        carl.put(&carls, text("mine, mended")).ok();
        desk.later(1);
        ana.put(&own, text("third")).status(403);
        ana.delete(&own).status(403);
        carl.put(&carls, text("x")).status(403);
        mia.put(&own, text("third")).ok();
        let kept = desk
            .texts("select comment_text from crm_case_comment_versions order by comment_id, version", vec![]);
        assert_eq!(kept, ["first", "second", "mine"]);
        // The same text again is no edit.
        let tag = ana.get(&own).etag().to_owned();
        mia.put(&own, text("third")).ok();
        assert_eq!(ana.get(&own).etag(), tag);
        ana.ask(Method::PUT, &own).header("if-match", "\"1-1\"").json(&text("y")).send().status(412);
        mia.put(&own, json!({ "comment_text": "x", "is_internal": true }))
            .status(422)
            .names(&["/is_internal"]);
    }

    fn a_deleted_comment_is_gone_and_not_counted(desk) {
        let (ana, carl, id) = case_in(desk, "open");
        let mia = desk.manager("mia");
        let public = ana.comments(id, text("zebra"));
        let internal = ana.comments(id, json!({ "comment_text": "giraffe", "is_internal": true }));
        let counts = |ana: &Client, carl: &Client| {
            (ana.case(id)["comment_count"].as_i64(), carl.case(id)["comment_count"].as_i64())
        };
        assert_eq!(counts(&ana, &carl), (Some(2), Some(1)));
        ana.delete(&format!("/api/crm/cases/{id}/comments/{internal}")).status(204);
        assert_eq!(counts(&ana, &carl), (Some(1), Some(1)));
        mia.delete(&format!("/api/crm/cases/{id}/comments/{public}")).status(204);
        assert_eq!(counts(&ana, &carl), (Some(0), Some(0)));
        for gone in [public, internal] {
            mia.get(&format!("/api/crm/cases/{id}/comments/{gone}")).status(404);
            mia.put(&format!("/api/crm/cases/{id}/comments/{gone}"), text("x")).status(404);
            mia.delete(&format!("/api/crm/cases/{id}/comments/{gone}")).status(404);
        }
        assert_eq!(ana.get(&format!("/api/crm/cases/{id}")).ok()["comments"], json!([]));
        for word in ["zebra", "giraffe"] {
            assert_eq!(ana.ids(&format!("?search={word}")), [0i64; 0]);
        }
        // The answer was given all the same.
        assert_ne!(ana.case(id)["first_response_at"], Value::Null);
    }

    fn a_comment_belongs_to_its_case(desk) {
        let (ana, _, first) = case_in(desk, "open");
        let (_, _, second) = case_in(desk, "open");
        let comment = ana.comments(first, text("a"));
        ana.get(&format!("/api/crm/cases/{first}/comments/{comment}")).ok();
        ana.get(&format!("/api/crm/cases/{second}/comments/{comment}")).status(404);
        ana.put(&format!("/api/crm/cases/{second}/comments/{comment}"), text("b")).status(404);
        ana.delete(&format!("/api/crm/cases/{second}/comments/{comment}")).status(404);
        ana.post("/api/crm/cases/99/comments", text("b")).status(404);
        ana.get("/api/crm/cases/99/comments").status(404);
    }

    fn a_long_conversation_is_read_in_pages(desk) {
        let (ana, carl, id) = case_in(desk, "open");
        for n in 0..11 {
            desk.later(n % 2);
            if n % 4 == 3 {
                ana.comments(id, json!({ "comment_text": format!("note {n}"), "is_internal": true }));
            } else {
                carl.comments(id, text(&format!("word {n}")));
            }
        }
        let read = |client: &Client| {
            let mut texts = Vec::new();
            let mut path = format!("/api/crm/cases/{id}/comments?limit=3");
            loop {
                let page = client.get(&path).ok();
                texts.extend(
                    page["comments"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|c| c["comment_text"].as_str().unwrap().to_owned()),
                );
                match page["next_cursor"].as_str() {
                    Some(cursor) => path = format!("/api/crm/cases/{id}/comments?limit=3&cursor={cursor}"),
                    None => return texts,
                }
            }
        };
        let all: Vec<String> =
            (0..11).map(|n| if n % 4 == 3 { format!("note {n}") } else { format!("word {n}") }).collect();
        assert_eq!(read(&ana), all);
        let public: Vec<String> = all.into_iter().filter(|text| text.starts_with("word")).collect();
        assert_eq!(read(&carl), public);
    }

    fn what_a_text_said_before_can_be_read_by_users(desk) {
        let (ana, carl, id) = case_in(desk, "open");
        let comment = ana.comments(id, text("first"));
        let path = format!("/api/crm/cases/{id}/comments/{comment}");
        ana.put(&path, text("second")).ok();
        ana.put(&path, text("third")).ok();
        let versions = desk.viewer("vic").get(&format!("{path}/versions")).ok()["versions"].clone();
        let texts: Vec<&str> = versions.as_array().unwrap().iter().map(|version| version["comment_text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["second", "first"]);
        assert_eq!(versions[0]["edited_by"], ana.id);
        carl.get(&format!("{path}/versions")).status(403);
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "subject": "new", "description": "new too" })).ok();
        ana.put(&format!("/api/crm/cases/{id}/status"), json!({ "status": "pending", "status_reason": "why" })).ok();
        let timeline = ana.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"].clone();
        let said = |event: &Value, text_id: &Value| event["texts"][text_id.to_string()].clone();
        assert_eq!(said(&timeline[0], &timeline[0]["data"]["reason_text_id"]), "why");
        let changes = &timeline[1]["data"]["changes"];
        assert_eq!(said(&timeline[1], &changes["subject"]["from"]), "s");
        assert_eq!(said(&timeline[1], &changes["description"]["from"]), "d");
        let theirs = carl.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"].clone();
        assert!(theirs.as_array().unwrap().iter().all(|event| event.get("texts").is_none()), "{theirs}");
    }

    fn an_admin_brings_a_deleted_comment_back(desk) {
        let (ana, carl, id) = case_in(desk, "open");
        let (ada, mia) = (desk.admin(), desk.manager("mia"));
        let comment = ana.comments(id, text("zebra"));
        let path = format!("/api/crm/cases/{id}/comments/{comment}");
        ada.post(&format!("{path}/restoration"), json!({})).status(404);
        mia.delete(&path).status(204);
        mia.post(&format!("{path}/restoration"), json!({})).status(403);
        assert_eq!(ada.post(&format!("{path}/restoration"), json!({})).ok()["comment"]["comment_text"], "zebra");
        assert_eq!(carl.case(id)["comment_count"], 1);
        assert_eq!(carl.ids("?search=zebra"), [id]);
        assert_eq!(carl.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"][0]["kind"], "comment_restored");
    }
}
