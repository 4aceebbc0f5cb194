//! Cases that belong together: parents and children, merges; and changing many at once (spec 4).

use serde_json::{Value, json};

use crate::client::Client;

fn adopt(client: &Client, child: i64, parent: i64) -> crate::client::Reply {
    client.put(&format!("/api/crm/cases/{child}"), json!({ "parent_case_id": parent }))
}

fn merge(client: &Client, source: i64, into: i64) -> crate::client::Reply {
    client.post(&format!("/api/crm/cases/{source}/merge"), json!({ "into_case_id": into }))
}

fn open(client: &Client, count: usize) -> Vec<i64> {
    (0..count).map(|n| client.opens(json!({ "subject": format!("case {n}") }))).collect()
}

both_engines! {
    fn a_family_has_five_generations_and_no_cycle(desk) {
        let ana = desk.agent("ana");
        let cases = open(&ana, 6);
        for pair in cases[..5].windows(2) {
            adopt(&ana, pair[1], pair[0]).ok();
        }
        adopt(&ana, cases[5], cases[4]).status(409).says("5 generations");
        ana.post("/api/crm/cases", json!({ "subject": "s", "parent_case_id": cases[4] })).status(409);
        for (child, parent) in [(0, 0), (0, 1), (0, 4), (2, 3)] {
            adopt(&ana, cases[child], cases[parent]).status(409);
        }
        // A tall family cannot be hung below another one either.
        adopt(&ana, cases[0], cases[5]).status(409);
        adopt(&ana, cases[1], cases[5]).ok();
        assert_eq!(ana.case(cases[1])["parent_case_id"], cases[5]);
        adopt(&ana, cases[0], 999).status(422).names(&["/parent_case_id"]);
        ana.put(&format!("/api/crm/cases/{}", cases[1]), json!({ "parent_case_id": null })).ok();
        let children = ana.get(&format!("/api/crm/cases/{}", cases[1])).ok()["children"].clone();
        assert_eq!((&children[0]["case_id"], children.as_array().unwrap().len()), (&json!(cases[2]), 1));
        assert_eq!(ana.ids(&format!("?parent_case_id={}", cases[1])), [cases[2]]);
    }

    fn racing_adoptions_make_no_cycle(desk) {
        let ana = desk.agent("ana");
        for _ in 0..5 {
            let pair = open(&ana, 2);
            let codes: Vec<u16> = std::thread::scope(|scope| {
                let one = scope.spawn(|| adopt(&ana, pair[0], pair[1]).code);
                let other = scope.spawn(|| adopt(&ana, pair[1], pair[0]).code);
                vec![one.join().unwrap(), other.join().unwrap()]
            });
            let parents = pair.iter().filter(|id| ana.case(**id)["parent_case_id"] != Value::Null).count();
            assert_eq!(parents, codes.iter().filter(|code| **code == 200).count(), "{codes:?}");
            assert!(parents <= 1, "a cycle: {codes:?}");
        }
    }

    fn a_parent_ends_with_or_after_its_children(desk) {
        let ana = desk.agent("ana");
        let cases = open(&ana, 4);
        adopt(&ana, cases[1], cases[0]).ok();
        adopt(&ana, cases[2], cases[1]).ok();
        adopt(&ana, cases[3], cases[0]).ok();
        ana.sets(cases[3], "cancelled").ok();
        let path = format!("/api/crm/cases/{}/status", cases[0]);
        for status in ["resolved", "closed"] {
            ana.sets(cases[0], status).status(409).says("cascade");
        }
        let rows = desk.rows();
        ana.post(
            &format!("/api/crm/cases/{}/comments", cases[0]),
            json!({ "comment_text": "s", "is_solution": true }),
        )
        .status(409);
        assert_eq!(desk.rows(), rows);
        ana.put(&path, json!({ "status": "resolved", "cascade": true })).ok();
        let statuses: Vec<Value> = cases.iter().map(|id| ana.case(*id)["status"].clone()).collect();
        assert_eq!(json!(statuses), json!(["resolved", "resolved", "resolved", "cancelled"]));
        let timeline = ana.get(&format!("/api/crm/cases/{}/timeline", cases[2])).ok();
        assert_eq!(timeline["timeline"][0]["data"]["to"], "resolved");
        // Once they have ended, nothing stands in the way.
        let next = open(&ana, 2);
        adopt(&ana, next[1], next[0]).ok();
        ana.sets(next[1], "resolved").ok();
        ana.sets(next[0], "closed").ok();
    }

    fn a_customer_learns_nothing_of_the_cases_of_others(desk) {
        let ana = desk.agent("ana");
        let (carl, dora) = (desk.contact("carl"), desk.contact("dora"));
        let parent = carl.opens(json!({ "subject": "his" }));
        let hidden = dora.opens(json!({ "subject": "hers" }));
        adopt(&ana, hidden, parent).ok();
        let own = carl.opens(json!({ "subject": "his too", "parent_case_id": parent }));
        let resolve = |id: i64| carl.put(&format!("/api/crm/cases/{id}/status"), json!({ "status": "resolved" }));
        resolve(parent).status(409).says(&own.to_string());
        resolve(own).ok();
        resolve(parent).ok();
        assert_eq!(ana.case(hidden)["status"], "new");
        let source = carl.opens(json!({ "subject": "twice" }));
        merge(&ana, source, hidden).ok();
        resolve(source).status(409).says("open a new one");
        let source = carl.opens(json!({ "subject": "thrice" }));
        let into = carl.opens(json!({ "subject": "once" }));
        merge(&ana, source, into).ok();
        resolve(source).status(409).says(&format!("merged into case {into}"));
    }

    fn a_duplicate_is_merged_into_another(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let source = carl.opens(json!({ "subject": "again", "description": "the whole story" }));
        let into = carl.opens(json!({ "subject": "first" }));
        ana.comments(source, json!({ "comment_text": "public" }));
        ana.comments(source, json!({ "comment_text": "internal", "is_internal": true }));
        ana.comments(into, json!({ "comment_text": "there before" }));
        desk.later(60);
        let merged = merge(&ana, source, into).ok();
        assert_eq!((&merged["case"]["case_id"], &merged["case"]["comment_count"]), (&json!(into), &json!(4)));
        let case = ana.case(source);
        assert_eq!(
            (&case["status"], &case["merged_into_id"], &case["comment_count"]),
            (&json!("closed"), &json!(into), &json!(0))
        );
        let kinds = |id: i64| ana.get(&format!("/api/crm/cases/{id}/timeline")).ok()["timeline"][0].clone();
        assert_eq!(
            (&kinds(source)["kind"], &kinds(source)["data"]["case_id"]),
            (&json!("merged_into"), &json!(into))
        );
        assert_eq!(
            (&kinds(into)["kind"], &kinds(into)["data"]["case_id"]),
            (&json!("merged_from"), &json!(source))
        );
        // Of one customer, what was public stays so, the story included.
        let seen = carl.get(&format!("/api/crm/cases/{into}")).ok();
        assert_eq!(
            (&seen["case"]["comment_count"], seen["comments"].as_array().unwrap().len()),
            (&json!(3), 3)
        );
        assert!(seen.to_string().contains("the whole story"));
        assert_eq!(carl.case(source)["merged_into_id"], into);
        // The source is in no list and no count; its words are found where they went.
        assert_eq!(ana.ids(""), [into]);
        assert_eq!(ana.get("/api/crm/cases").ok()["summary"]["total_cases"], 1);
        assert_eq!(ana.ids("?search=story"), [into]);
        // It stands still.
        ana.put(&format!("/api/crm/cases/{source}"), json!({ "subject": "x" })).status(409);
        ana.sets(source, "open").status(409);
        ana.post(&format!("/api/crm/cases/{source}/comments"), json!({ "comment_text": "x" })).status(409);
        merge(&ana, source, into).status(409);
        merge(&ana, into, source).status(409);
        merge(&ana, into, into).status(422).names(&["/into_case_id"]);
        merge(&ana, into, 999).status(422).names(&["/into_case_id"]);
        merge(&ana, 999, into).status(404);
        adopt(&ana, into, source).status(409);
    }

    fn across_customers_what_moves_becomes_internal(desk) {
        let (ana, carl, dora) = (desk.agent("ana"), desk.contact("carl"), desk.contact("dora"));
        let source = carl.opens(json!({ "subject": "s", "description": "private to carl" }));
        carl.comments(source, json!({ "comment_text": "carl's words" }));
        ana.comments(source, json!({ "comment_text": "solved", "is_solution": true }));
        let into = dora.opens(json!({ "subject": "t" }));
        merge(&ana, source, into).ok();
        let shown = ana.get(&format!("/api/crm/cases/{into}")).ok();
        let comments = shown["comments"].as_array().unwrap();
        assert_eq!(comments.len(), 3);
        assert!(
            comments.iter().all(|comment| comment["is_internal"] == true && comment["is_solution"] == false)
        );
        assert_eq!(
            (&dora.case(into)["comment_count"], &ana.case(into)["comment_count"]),
            (&json!(0), &json!(3))
        );
    }

    fn a_parent_is_not_merged_away(desk) {
        let ana = desk.agent("ana");
        let cases = open(&ana, 3);
        adopt(&ana, cases[1], cases[0]).ok();
        merge(&ana, cases[0], cases[2]).status(409).says("child");
        merge(&ana, cases[1], cases[0]).ok();
    }

    fn opposite_merges_at_once_are_one(desk) {
        let ana = desk.agent("ana");
        for _ in 0..5 {
            let pair = open(&ana, 2);
            let mut codes: Vec<u16> = std::thread::scope(|scope| {
                let one = scope.spawn(|| merge(&ana, pair[0], pair[1]).code);
                let other = scope.spawn(|| merge(&ana, pair[1], pair[0]).code);
                vec![one.join().unwrap(), other.join().unwrap()]
            });
            codes.sort_unstable();
            assert_eq!(codes, [200, 409]);
        }
    }

    fn many_are_changed_at_once_each_for_itself(desk) {
        let (mia, bea) = (desk.manager("mia"), desk.agent("bea"));
        let cases = open(&mia, 5);
        mia.sets(cases[1], "closed").ok();
        mia.delete(&format!("/api/crm/cases/{}", cases[2])).status(204);
        adopt(&mia, cases[4], cases[3]).ok();
        let before = mia.case(cases[1]);
        let ids = json!([cases[3], cases[0], cases[0], cases[1], cases[2], 999, cases[4]]);
        let results = mia.post("/api/crm/cases/bulk", json!({
            "case_ids": ids, "owner_id": bea.id, "add_tags": ["Urgent"], "status": "resolved", "status_reason": "outage"
        }));
        let results = results.ok()["results"].clone();
        let outcome: Vec<(i64, i64)> = results
            .as_array()
            .unwrap()
            .iter()
            .map(|result| (result["case_id"].as_i64().unwrap(), result["status"].as_i64().unwrap()))
            .collect();
        assert_eq!(
            outcome,
            [(cases[0], 200), (cases[1], 409), (cases[2], 404), (cases[3], 409), (cases[4], 200), (999, 404)]
        );
        assert_eq!(results[1]["problem"]["status"], 409);
        let done = mia.case(cases[0]);
        assert_eq!(
            (&done["status"], &done["owner_id"], &done["tags"]),
            (&json!("resolved"), &json!(bea.id), &json!(["urgent"]))
        );
        assert_eq!(done["status_reason"], "outage");
        // A case that refused has nothing half-done.
        assert_eq!(mia.case(cases[1]), before);
        assert_eq!((&mia.case(cases[3])["tags"], &mia.case(cases[3])["status"]), (&json!([]), &json!("new")));
        mia.post(
            "/api/crm/cases/bulk",
            json!({ "case_ids": [cases[3]], "status": "resolved", "cascade": true }),
        )
        .ok();
        mia.post(
            "/api/crm/cases/bulk",
            json!({ "case_ids": [cases[0]], "remove_tags": ["urgent"], "owner_id": null, "priority_id": 1 }),
        )
        .ok();
        let done = mia.case(cases[0]);
        assert_eq!(
            (&done["tags"], &done["owner_id"], &done["priority_id"]),
            (&json!([]), &Value::Null, &json!(1))
        );
        mia.post("/api/crm/cases/bulk", json!({ "case_ids": [cases[0]], "delete": true })).ok();
        mia.get(&format!("/api/crm/cases/{}", cases[0])).status(404);
    }

    fn five_hundred_at_most_and_a_sense_to_it(desk) {
        let mia = desk.manager("mia");
        let bulk = |body: Value| mia.post("/api/crm/cases/bulk", body);
        let ids = |count: i64| json!((1..=count).collect::<Vec<_>>());
        bulk(json!({ "case_ids": [] })).status(422).names(&["/case_ids"]);
        bulk(json!({ "case_ids": ids(501), "status": "open" })).status(422).names(&["/case_ids"]);
        assert_eq!(
            bulk(json!({ "case_ids": ids(500), "status": "open" })).ok()["results"].as_array().unwrap().len(),
            500
        );
        bulk(json!({ "status": "open" })).status(422).names(&["/case_ids"]);
        bulk(json!({ "case_ids": [1, "2"], "status": "lost", "colour": 1 })).status(422).names(&[
            "/case_ids/1",
            "/status",
            "/colour",
        ]);
        bulk(json!({ "case_ids": [1], "cascade": true })).status(422).names(&["/status"]);
        desk.agent("ana")
            .post("/api/crm/cases/bulk", json!({ "case_ids": [1], "status": "open" }))
            .status(403);
    }

    fn tags_are_lower_case_trimmed_and_unique(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "s", "tags": [" Red ", "RED", "blau grün", "Ä"] }));
        assert_eq!(ana.case(id)["tags"], json!(["blau grün", "red", "ä"]));
        for bad in [json!(["a", ""]), json!(["a", 1]), json!(["a", "x".repeat(101)])] {
            ana.put(&format!("/api/crm/cases/{id}"), json!({ "tags": bad })).status(422).names(&["/tags/1"]);
        }
        let many: Vec<String> = (0..201).map(|n| n.to_string()).collect();
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "tags": many })).status(422).names(&["/tags"]);
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "tags": many[..200] })).ok();
        assert_eq!(ana.case(id)["tags"].as_array().unwrap().len(), 200);
        assert_eq!(ana.ids("?tag=7"), [id]);
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "tags": [] })).ok();
        assert_eq!(ana.ids("?tag=7"), [0i64; 0]);
    }
}
