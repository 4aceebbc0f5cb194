//! The knowledge base: who sees which text of an article, and what becomes of it (spec 7).

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::Client;
use crate::node::Node;
use crate::place::Place;

const KB: &str = "/api/crm/knowledge";

fn at(id: i64) -> String {
    format!("{KB}/{id}")
}

/// Writes an article; answers its id.
fn writes(client: &Client, draft: Value) -> i64 {
    client.post(KB, draft).created()["article"]["article_id"].as_i64().unwrap()
}

fn published(client: &Client, title: &str, content: &str) -> i64 {
    writes(client, json!({ "title": title, "content": content, "status": "published" }))
}

fn article(client: &Client, id: i64) -> Value {
    client.get(&at(id)).ok()["article"].clone()
}

/// The ids of a list of articles, in its order.
fn ids(client: &Client, query: &str) -> Vec<i64> {
    let list = client.get(&format!("{KB}{query}")).ok();
    list["articles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|article| article["article_id"].as_i64().unwrap())
        .collect()
}

fn category(client: &Client, name: &str, parent: Option<i64>) -> i64 {
    let made = client.post(
        "/api/crm/knowledge-categories",
        json!({ "category_name": name, "parent_category_id": parent }),
    );
    made.created()["category"]["category_id"].as_i64().unwrap()
}

both_engines! {
    fn an_article_is_written_published_and_read(desk) {
        let (mia, ana, stranger) = (desk.manager("mia"), desk.agent("ana"), desk.stranger());
        let made = mia.post(KB, json!({
            "title": "How to Reset Password", "summary": "Step by step", "content": "Ask for a **link**.",
            "category_id": 1, "tags": ["Password", "security", "password"], "keywords": ["reset", "Forgot"],
            "status": "published", "is_featured": true, "note": "first"
        }));
        let id = made.created()["article"]["article_id"].as_i64().unwrap();
        assert_eq!(made.header("location"), Some(at(id).as_str()));
        let shown = stranger.get(&at(id)).ok();
        let article = &shown["article"];
        assert_eq!(article["article_number"], format!("KB-{id:06}"));
        assert_eq!(article["slug"], "how-to-reset-password");
        assert_eq!(article["category_name"], "Getting Started");
        assert_eq!(article["tags"], json!(["password", "security"]));
        assert_eq!(article["keywords"], json!(["reset", "Forgot"]));
        assert_eq!(article["content_html"], "<p>Ask for a <strong>link</strong>.</p>\n");
        assert_eq!((article["version"].clone(), article["status"].clone()), (json!(1), json!("published")));
        assert_eq!(article["published_at"], "2026-03-02T09:00:00.000Z");
        assert_eq!(article["helpfulness_percentage"], Value::Null);
        assert_eq!(article["author_id"], Value::Null, "staff is nobody's business");
        assert_eq!(ana.get(&at(id)).ok()["article"]["author_id"], mia.id);
        assert_eq!(shown["attachments"], json!([]));
        assert!(ids(&stranger, "?featured=true").contains(&id));
        assert_eq!(ids(&stranger, "?tag=password,security"), [id]);
        assert_eq!(ids(&stranger, "?tag=password,nothing"), [0; 0]);
        assert_eq!(ids(&stranger, "?tag=password,nothing&tag_match=any"), [id]);
        assert!(ids(&stranger, "?category_id=1").contains(&id));
        assert!(!ids(&stranger, "?category_id=2").contains(&id));
    }

    fn readers_see_the_published_text_while_the_next_is_written(desk) {
        let (mia, ana, stranger, carl) =
            (desk.manager("mia"), desk.agent("ana"), desk.stranger(), desk.contact("carl"));
        let id = published(&mia, "Zebra crossing", "Old stripes.");
        let before = stranger.get(&at(id));
        desk.later(5);
        // An agent does not touch what readers see, but may begin the next text.
        ana.put(&at(id), json!({ "content": "New dots." })).status(403);
        let draft = ana.put(&at(id), json!({ "status": "draft", "title": "Giraffe crossing", "content": "New dots." }));
        assert_eq!(draft.ok()["article"]["status"], "draft");
        ana.put(&at(id), json!({ "tags": ["dots"] })).ok();
        ana.put(&at(id), json!({ "is_internal": true })).status(403);
        ana.put(&at(id), json!({ "status": "published" })).status(403);
        ana.put(&at(id), json!({ "status": "review" })).ok();
        for reader in [&stranger, &carl] {
            let seen = reader.get(&at(id));
            let article = &seen.ok()["article"];
            assert_eq!((article["title"].clone(), article["content"].clone()), (json!("Zebra crossing"), json!("Old stripes.")));
            assert_eq!(article["has_draft"], false);
            assert_eq!(article["tags"], json!([]));
            assert_eq!(seen.etag(), before.etag(), "a draft leaves no trace");
            assert_eq!(article["updated_at"], before.ok()["article"]["updated_at"]);
            assert_eq!(ids(reader, "?search=zebra"), [id]);
            assert_eq!(ids(reader, "?search=giraffe"), [0; 0]);
            assert_eq!(ids(reader, "?tag=dots"), [0; 0]);
            assert_eq!(reader.get(&format!("{KB}/by-slug/zebra-crossing")).ok()["article"]["title"], "Zebra crossing");
            reader.get(&format!("{}?edition=draft", at(id))).status(403);
            for status in ["draft", "review", "archived", "all", "published,draft"] {
                reader.get(&format!("{KB}?status={status}")).status(403);
            }
            for path in ["versions", "versions/1", "versions/1/diff", "feedback"] {
                assert!([401, 403].contains(&reader.get(&format!("{}/{path}", at(id))).code));
            }
        }
        // Users see the working copy, and what readers see where they ask for it.
        assert_eq!(article(&ana, id)["title"], "Giraffe crossing");
        assert_eq!(ana.get(&format!("{}?edition=published", at(id))).ok()["article"]["title"], "Zebra crossing");
        assert_eq!(ids(&ana, "?status=review"), [id]);
        assert_eq!(ids(&ana, "?status=draft"), [0; 0]);
        assert!(ids(&ana, "").contains(&id));
        assert_eq!(ids(&ana, "?status=review&search=giraffe"), [id]);
        desk.later(5);
        let done = mia.put(&at(id), json!({ "status": "published", "note": "dots" })).ok();
        assert_eq!(done["article"]["version"], 2);
        let now = article(&stranger, id);
        assert_eq!((now["title"].clone(), now["content"].clone()), (json!("Giraffe crossing"), json!("New dots.")));
        assert_eq!(now["published_at"], "2026-03-02T09:10:00.000Z");
        assert_eq!(ids(&stranger, "?search=zebra"), [0; 0]);
        // The address follows the title; the former one redirects.
        let moved = stranger.get(&format!("{KB}/by-slug/zebra-crossing"));
        moved.status(308);
        assert_eq!(moved.header("location"), Some("/api/crm/knowledge/by-slug/giraffe%2Dcrossing"));
        stranger.get(moved.header("location").unwrap()).ok();
    }

    fn a_manager_changes_what_is_published_at_once(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        let id = published(&mia, "Opening hours", "9 to 5");
        let etag = mia.get(&at(id)).etag().to_owned();
        mia.put(&at(id), json!({ "content": "9 to 6" })).ok();
        let now = article(&stranger, id);
        assert_eq!((now["content"].clone(), now["version"].clone()), (json!("9 to 6"), json!(2)));
        mia.put(&at(id), json!({ "content": "9 to 6" })).ok();
        mia.put(&at(id), json!({ "status": "published" })).ok();
        assert_eq!(article(&mia, id)["version"], 2, "nothing changed, nothing was published");
        mia.put(&at(id), json!({ "is_featured": true })).ok();
        assert_eq!(article(&mia, id)["version"], 2);
        mia.ask(Method::PUT, &at(id)).header("if-match", &etag).json(&json!({ "title": "x" })).send().status(412);
    }

    fn the_workflow_is_kept(desk) {
        let (mia, ana, stranger) = (desk.manager("mia"), desk.agent("ana"), desk.stranger());
        ana.post(KB, json!({ "title": "t", "status": "published" })).status(403);
        ana.post(KB, json!({ "title": "t", "status": "archived" })).status(403);
        let id = writes(&ana, json!({ "title": "t", "content": "c" }));
        stranger.get(&at(id)).status(404);
        stranger.post(&format!("{}/feedback", at(id)), json!({ "is_helpful": true })).status(404);
        assert_eq!(article(&ana, id)["version"], 0);
        ana.put(&at(id), json!({ "status": "review" })).ok();
        ana.put(&at(id), json!({ "status": "archived" })).status(403);
        mia.put(&at(id), json!({ "status": "published" })).ok();
        stranger.get(&at(id)).ok();
        mia.put(&at(id), json!({ "status": "review" })).status(409).says("draft or archived");
        mia.put(&at(id), json!({ "status": "archived" })).ok();
        stranger.get(&at(id)).status(404);
        assert_eq!(ids(&ana, "?status=archived"), [id]);
        mia.put(&at(id), json!({ "status": "published" })).status(409);
        ana.put(&at(id), json!({ "status": "draft" })).ok();
        mia.put(&at(id), json!({ "status": "published" })).ok();
        assert_eq!(article(&stranger, id)["version"], 2);
        // Archiving while the next text is being written: the working copy stays.
        ana.put(&at(id), json!({ "status": "draft", "content": "next" })).ok();
        mia.put(&at(id), json!({ "status": "archived" })).ok();
        stranger.get(&at(id)).status(404);
        assert_eq!(article(&ana, id)["content"], "next");
    }

    fn versions_are_listed_compared_and_taken_back(desk) {
        let (mia, ana, stranger) = (desk.manager("mia"), desk.agent("ana"), desk.stranger());
        let id = published(&mia, "Diff", "one\ntwo\nthree\n");
        mia.put(&at(id), json!({ "content": "one\n2\nthree\n", "title": "Diff 2", "note": "digits" })).ok();
        let versions = ana.get(&format!("{}/versions", at(id))).ok();
        let versions = versions["versions"].as_array().unwrap();
        assert_eq!(versions.len(), 2);
        assert_eq!((versions[0]["version"].clone(), versions[0]["note"].clone()), (json!(2), json!("digits")));
        assert_eq!(versions[1]["published_by"], mia.id);
        let first = ana.get(&format!("{}/versions/1", at(id))).ok();
        assert_eq!(first["version"]["content"], "one\ntwo\nthree\n");
        ana.get(&format!("{}/versions/3", at(id))).status(404);
        let diff = ana.get(&format!("{}/versions/2/diff", at(id))).ok();
        assert_eq!(diff["diff"]["unified"], "--- version 1\n+++ version 2\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
        assert_eq!(diff["diff"]["fields"], json!([{ "field": "title", "from": "Diff", "to": "Diff 2" }]));
        assert_eq!(ana.get(&format!("{}/versions/1/diff?with=2", at(id))).ok(), diff);
        ana.get(&format!("{}/versions/1/diff?with=9", at(id))).status(404);
        ana.get(&format!("{}/versions/1/diff?with=x", at(id))).status(400).names(&["with"]);
        // Taken back as the draft of a next version.
        let back = ana.post(&format!("{}/versions/1/restoration", at(id)), json!({})).ok();
        assert_eq!((back["article"]["status"].clone(), back["article"]["title"].clone()), (json!("draft"), json!("Diff")));
        assert_eq!(article(&stranger, id)["title"], "Diff 2");
        let diff = ana.get(&format!("{}/versions/2/diff?with=draft", at(id))).ok();
        assert_eq!(diff["diff"]["to"], "draft");
        mia.put(&at(id), json!({ "status": "published" })).ok();
        assert_eq!(article(&stranger, id)["version"], 3);
    }

    fn what_is_internal_is_for_users(desk) {
        let (mia, vic, stranger, carl) =
            (desk.manager("mia"), desk.viewer("vic"), desk.stranger(), desk.contact("carl"));
        let open = published(&mia, "Walrus for all", "walrus");
        let inside = writes(&mia, json!({
            "title": "Walrus runbook", "content": "walrus", "status": "published", "is_internal": true,
            "category_id": 4, "tags": ["walrus"]
        }));
        mia.put(&at(open), json!({ "related_article_ids": [inside] })).ok();
        for reader in [&stranger, &carl] {
            reader.get(&at(inside)).status(404);
            reader.get(&format!("{KB}/by-slug/walrus-runbook")).status(404);
            reader.post(&format!("{}/feedback", at(inside)), json!({ "is_helpful": true })).status(404);
            assert_eq!(ids(reader, "?search=walrus"), [open]);
            assert_eq!(ids(reader, "?category_id=4"), [0; 0]);
            assert_eq!(ids(reader, "?tag=walrus"), [0; 0]);
            let seen = reader.get(&at(open)).ok();
            assert!(!seen["related_articles"].to_string().contains("runbook"), "{seen}");
            assert_eq!(seen["article"]["related_article_ids"], json!([]), "not even an id of it");
            let suggested = reader.get(&format!("{KB}/suggest?text=walrus")).ok();
            assert_eq!(suggested["suggestions"].as_array().unwrap().len(), 1, "{suggested}");
            let categories = reader.get("/api/crm/knowledge-categories").ok();
            assert_eq!(categories["categories"][3]["article_count"], 0);
        }
        assert_eq!(article(&vic, inside)["is_internal"], true);
        assert_eq!(vic.get(&at(open)).ok()["related_articles"][0]["article_id"], inside);
        assert_eq!(vic.get("/api/crm/knowledge-categories").ok()["categories"][3]["article_count"], 1);
        assert_eq!(vic.get(&format!("{KB}/suggest?text=walrus")).ok()["suggestions"].as_array().unwrap().len(), 2);
        vic.put(&at(open), json!({ "title": "x" })).status(403);
        vic.post(KB, json!({ "title": "x" })).status(403);
    }

    fn feedback_is_one_of_each_and_counted(desk) {
        let (ada, carl, carla, stranger) =
            (desk.admin(), desk.contact("carl"), desk.contact("carla"), desk.stranger());
        let id = published(&ada, "Votes", "v");
        let path = format!("{}/feedback", at(id));
        let first = carl.post(&path, json!({ "is_helpful": true, "comment": "This article solved my problem!" })).created();
        assert_eq!(first["feedback"]["submitted_by"], carl.id);
        assert_eq!((first["helpful_count"].clone(), first["helpfulness_percentage"].clone()), (json!(1), json!(100.0)));
        let changed = carl.post(&path, json!({ "is_helpful": false })).created();
        assert_eq!((changed["helpful_count"].clone(), changed["not_helpful_count"].clone()), (json!(0), json!(1)));
        assert_eq!(changed["feedback"]["feedback_id"], first["feedback"]["feedback_id"]);
        // Only an admin speaks for another.
        carl.post(&path, json!({ "is_helpful": true, "submitted_by": carla.id })).status(422).names(&["/submitted_by"]);
        stranger.post(&path, json!({ "is_helpful": true, "submitted_by": carla.id })).status(422);
        ada.post(&path, json!({ "is_helpful": true, "submitted_by": 999_999 })).status(422).names(&["/submitted_by"]);
        ada.post(&path, json!({ "is_helpful": true, "submitted_by": carla.id })).created();
        ada.post(&path, json!({ "is_helpful": true })).created();
        assert_eq!(article(&stranger, id)["helpfulness_percentage"], 66.7);
        // Strangers vote a few times, then wait.
        stranger.post(&path, json!({ "is_helpful": true })).created();
        stranger.post(&path, json!({ "is_helpful": true })).created();
        let refused = stranger.post(&path, json!({ "is_helpful": true }));
        assert_eq!(refused.status(429).header("retry-after"), Some("1200"));
        desk.later(20);
        stranger.post(&path, json!({ "is_helpful": true })).created();
        let all = ada.get(&path).ok();
        assert_eq!(all["pagination"]["total"], 6);
        assert_eq!(ada.get(&format!("{path}?is_helpful=false")).ok()["feedback"][0]["submitted_by"], carl.id);
        // Whoever is erased leaves a vote, no words.
        carl.post(&path, json!({ "is_helpful": false, "comment": "call me at home" })).created();
        ada.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(204);
        assert!(!ada.get(&path).ok().to_string().contains("home"));
    }

    fn each_reading_is_a_view_and_none_is_lost(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        let id = published(&mia, "Seen", "s");
        let etag = stranger.get(&at(id)).etag().to_owned();
        assert_eq!(article(&stranger, id)["view_count"], 2, "the present one included");
        stranger.get(&format!("{KB}/by-slug/seen")).ok();
        assert_eq!(desk.number("select count(*) from crm_kb_article_views"), 0, "no reading writes");
        desk.tick();
        assert_eq!(desk.number(&format!("select view_count from crm_kb_articles where article_id = {id}")), 3);
        let again = stranger.get(&at(id));
        assert_eq!(again.ok()["article"]["view_count"], 4);
        assert_eq!(again.etag(), etag, "a view is no edit");
        let listed = stranger.get(&format!("{KB}?sort=-view_count")).ok();
        assert_eq!((listed["articles"][0]["article_id"].clone(), listed["articles"][0]["view_count"].clone()), (json!(id), json!(4)));
        stranger.get(&at(999_999)).status(404);
        desk.tick().tick();
        assert_eq!(desk.number("select cast(sum(view_count) as bigint) from crm_kb_articles"), 4);
    }

    fn categories_are_a_tree(desk) {
        let (mia, ada, ana, stranger) = (desk.manager("mia"), desk.admin(), desk.agent("ana"), desk.stranger());
        ana.post("/api/crm/knowledge-categories", json!({ "category_name": "x" })).status(403);
        let top = category(&mia, "Top", None);
        let middle = category(&mia, "Middle", Some(top));
        let low = category(&mia, "Low", Some(middle));
        let path = |id: i64| format!("/api/crm/knowledge-categories/{id}");
        mia.put(&path(top), json!({ "parent_category_id": low })).status(409).says("below itself");
        mia.put(&path(top), json!({ "parent_category_id": top })).status(409);
        mia.put(&path(top), json!({ "parent_category_id": 999_999 })).status(422).names(&["/parent_category_id"]);
        let four = category(&mia, "Four", Some(low));
        let five = category(&mia, "Five", Some(four));
        mia.post("/api/crm/knowledge-categories", json!({ "category_name": "Six", "parent_category_id": five })).status(409);
        let id = writes(&mia, json!({ "title": "Deep", "status": "published", "category_id": low }));
        let inside = writes(&mia, json!({ "title": "In", "status": "published", "category_id": low, "is_internal": true }));
        let count = |client: &Client, id: i64, query: &str| client.get(&format!("{}{query}", path(id))).ok()["category"]["article_count"].clone();
        assert_eq!(count(&stranger, top, ""), 0);
        assert_eq!(count(&stranger, top, "?descendants=true"), 1);
        assert_eq!(count(&ana, top, "?descendants=true"), 2);
        assert_eq!(ids(&stranger, &format!("?category_id={top}")), [0; 0]);
        assert_eq!(ids(&stranger, &format!("?category_id={top}&descendants=true")), [id]);
        mia.delete(&path(low)).status(409);
        mia.delete(&at(id)).status(204);
        assert_eq!(count(&stranger, low, ""), 0);
        mia.put(&at(inside), json!({ "category_id": null })).ok();
        mia.delete(&path(five)).status(204);
        mia.post(KB, json!({ "title": "x", "category_id": five })).status(422).names(&["/category_id"]);
        mia.delete(&path(four)).status(204);
        ada.post(&format!("{}/restoration", path(five)), json!({})).status(409).says("above it");
        ada.post(&format!("{}/restoration", path(four)), json!({})).ok();
        ada.post(&format!("{}/restoration", path(five)), json!({})).ok();
        assert!(stranger.get(KB).ok()["categories"].as_array().unwrap().len() >= 9);
    }

    fn deleting_is_soft(desk) {
        let (mia, ada, ana, stranger) = (desk.manager("mia"), desk.admin(), desk.agent("ana"), desk.stranger());
        let id = published(&mia, "Gone tomorrow", "tapir");
        ana.delete(&at(id)).status(403);
        mia.delete(&at(id)).status(204);
        for client in [&stranger, &ada] {
            client.get(&at(id)).status(404);
            client.get(&format!("{KB}/by-slug/gone-tomorrow")).status(404);
            assert_eq!(ids(client, "?search=tapir"), [0; 0]);
        }
        ada.put(&at(id), json!({ "title": "x" })).status(404);
        mia.post(&format!("{}/restoration", at(id)), json!({})).status(403);
        ada.post(&format!("{}/restoration", at(id)), json!({})).ok();
        ada.post(&format!("{}/restoration", at(id)), json!({})).status(404);
        assert_eq!(ids(&stranger, "?search=tapir"), [id]);
        let audit = ada.get("/api/crm/audit-events").ok().to_string();
        assert!(audit.contains("restored") && audit.contains("article"), "{audit}");
    }

    fn addresses_are_unique_for_good(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        let first = published(&mia, "Same title", "1");
        let second = published(&mia, "Same title", "2");
        assert_eq!(article(&mia, first)["slug"], "same-title");
        assert_eq!(article(&mia, second)["slug"], format!("same-title-{second}"));
        mia.put(&at(second), json!({ "slug": "same title" })).status(422).names(&["/slug"]);
        mia.put(&at(first), json!({ "slug": "Chosen One" })).ok();
        mia.put(&at(first), json!({ "title": "Other title" })).ok();
        assert_eq!(article(&mia, first)["slug"], "chosen-one", "a chosen address stays");
        stranger.get(&format!("{KB}/by-slug/same-title")).status(308);
        mia.put(&at(second), json!({ "slug": "same-title" })).status(422);
        let japanese = published(&mia, "パスワードを忘れた", "x");
        assert_eq!(article(&mia, japanese)["slug"], "パスワードを忘れた");
        stranger.get(&format!("{KB}/by-slug/%E3%83%91%E3%82%B9%E3%83%AF%E3%83%BC%E3%83%89%E3%82%92%E5%BF%98%E3%82%8C%E3%81%9F")).ok();
        for odd in ["", "%00", "%FF", "..", "%2e%2e%2f"] {
            assert!([404, 400].contains(&stranger.get(&format!("{KB}/by-slug/{odd}")).code));
        }
        let marks = published(&mia, "?!", "x");
        assert_eq!(article(&mia, marks)["slug"], format!("kb-{marks}"));
    }

    fn what_plain_sql_writes_is_seen_to(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        desk.tick();
        assert_eq!(article(&stranger, 1)["slug"], "how-to-get-started");
        assert_eq!(article(&stranger, 1)["version"], 1);
        desk.execute("insert into crm_kb_articles (title, content, status) values ('Plain okapi', 'okapi', 'published')");
        desk.tick();
        let id = desk.number("select max(article_id) from crm_kb_articles");
        let seen = article(&stranger, id);
        assert_eq!((seen["slug"].clone(), seen["version"].clone()), (json!("plain-okapi"), json!(1)));
        assert_eq!(ids(&stranger, "?search=okapi"), [id]);
        desk.execute(&format!("update crm_kb_articles set content = 'tapirs' where article_id = {id}"));
        desk.tick();
        assert_eq!(article(&stranger, id)["version"], 2);
        assert_eq!(mia.get(&format!("{}/versions/2", at(id))).ok()["version"]["content"], "tapirs");
        assert_eq!(desk.number("select count(*) from crm_kb_article_queue"), 0);
    }

    fn every_list_goes_on_where_it_stopped(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        for number in 0..7 {
            published(&mia, &format!("Quokka {number}"), "quokka");
            desk.later(number % 2);
        }
        for sort in ["-published_at", "published_at", "-updated_at", "updated_at", "-view_count", "view_count", "-helpful_count", "helpful_count"] {
            for search in ["", "&search=quokka"] {
                let whole = ids(&stranger, &format!("?sort={sort}{search}"));
                let (mut walked, mut cursor) = (Vec::new(), String::new());
                loop {
                    let page = stranger.get(&format!("{KB}?sort={sort}{search}&limit=3{cursor}")).ok();
                    walked.extend(page["articles"].as_array().unwrap().iter().map(|a| a["article_id"].as_i64().unwrap()));
                    match page["pagination"]["next_cursor"].as_str() {
                        Some(next) => cursor = format!("&cursor={next}"),
                        None => break,
                    }
                }
                assert_eq!(walked, whole, "{sort}{search}");
                assert_eq!(whole.len(), if search.is_empty() { 10 } else { 7 });
            }
        }
        let best = stranger.get(&format!("{KB}?search=quokka&limit=5")).ok();
        assert_eq!(best["pagination"]["total"], 7);
        assert!(best["articles"][0]["excerpt"].as_str().unwrap().contains("<mark>quokka</mark>"));
        let next = best["pagination"]["next_cursor"].as_str().unwrap();
        assert_eq!(ids(&stranger, &format!("?search=quokka&limit=5&cursor={next}")).len(), 2);
        stranger.get(&format!("{KB}?cursor={next}")).status(400).names(&["cursor"]);
        stranger.get(&format!("{KB}?colour=red&limit=0")).status(400).names(&["colour", "limit"]);
    }

    fn suggestions_answer_a_problem_or_a_case(desk) {
        let (mia, ana, carl, carla, stranger) =
            (desk.manager("mia"), desk.agent("ana"), desk.contact("carl"), desk.contact("carla"), desk.stranger());
        let id = published(&mia, "Capybara does not start", "Feed the capybara first.");
        let case = carl.opens(json!({ "subject": "My capybara", "description": "it will not start \"at all" }));
        let of = |client: &Client| client.get(&format!("{KB}/suggest?case_id={case}")).ok()["suggestions"][0]["article_id"].clone();
        assert_eq!((of(&carl), of(&ana)), (json!(id), json!(id)));
        carla.get(&format!("{KB}/suggest?case_id={case}")).status(404);
        stranger.get(&format!("{KB}/suggest?case_id={case}")).status(404);
        stranger.get(&format!("{KB}/suggest")).status(400).names(&["text", "case_id"]);
        for odd in ["", "%22", "%00", "*", "%F0%9F%98%80", "AND%20OR%20(", "a%27b"] {
            stranger.get(&format!("{KB}/suggest?text={odd}")).ok();
            stranger.get(&format!("{KB}?search={odd}")).ok();
        }
    }

    fn wrong_fields_are_all_named(desk) {
        let (mia, ana) = (desk.manager("mia"), desk.agent("ana"));
        let rows = desk.number("select count(*) from crm_kb_articles");
        mia.post(KB, json!({ "title": "", "status": "lost", "tags": "x", "category_id": 999, "colour": 1, "slug": "?" }))
            .status(422)
            .names(&["/title", "/status", "/tags", "/colour", "/slug", "/category_id"]);
        mia.post(KB, json!({ "title": "t", "category_id": 999, "related_article_ids": [1, 999] }))
            .status(422)
            .names(&["/category_id", "/related_article_ids/1"]);
        mia.post(KB, json!({ "title": "a\u{0}b" })).status(422).names(&["/title"]);
        mia.post(KB, json!({ "title": "t", "content": "x".repeat(1_000_001) })).status(422).names(&["/content"]);
        mia.post(KB, json!({ "title": "t", "content": "x".repeat(2_000_001) })).status(413);
        ana.post(KB, json!({ "title": "t", "author_id": mia.id })).status(422).names(&["/author_id"]);
        let id = writes(&ana, json!({ "title": "t" }));
        ana.put(&at(id), json!({ "related_article_ids": [id] })).status(422).names(&["/related_article_ids/0"]);
        assert_eq!(desk.number("select count(*) from crm_kb_articles"), rows + 1);
    }
}

both_engines! {
    fn those_who_write_at_once_do_not_undo_each_other(desk) {
        let (ada, mia, carl) = (desk.admin(), desk.manager("mia"), desk.contact("carl"));
        let id = published(&mia, "Busy", "0");
        std::thread::scope(|scope| {
            for number in 0..4 {
                let (ada, mia, carl) = (ada.clone(), mia.clone(), carl.clone());
                scope.spawn(move || {
                    for round in 0..4 {
                        let content = format!("{number}.{round}");
                        mia.put(&at(id), json!({ "content": content })).ok();
                        let vote = json!({ "is_helpful": (number + round) % 2 == 0 });
                        carl.post(&format!("{}/feedback", at(id)), vote.clone()).created();
                        ada.post(&format!("{}/feedback", at(id)), vote).created();
                        published(&mia, "The same title", "c");
                    }
                });
            }
        });
        let article = article(&mia, id);
        assert_eq!(article["version"], 17);
        let votes = article["helpful_count"].as_i64().unwrap() + article["not_helpful_count"].as_i64().unwrap();
        assert_eq!(votes, 2);
        let numbers = desk.number(&format!("select count(*) from crm_kb_article_versions where article_id = {id}"));
        assert_eq!(numbers, 17);
        assert_eq!(desk.number("select count(distinct slug) from crm_kb_articles where title = 'The same title'"), 16);
    }
}

each_engine! {
    /// What was counted is written when the program is asked to stop.
    fn a_clean_stop_loses_no_view(engine) {
        let place = Place::migrated(engine);
        let mut node = Node::serve(&place);
        let id = published(&node.admin(), "Counted", "c");
        for _ in 0..5 {
            node.stranger().get(&at(id)).ok();
        }
        assert!(node.terminate().success());
        let node = Node::serve(&place);
        assert_eq!(node.stranger().get(&at(id)).ok()["article"]["view_count"], 6);
        // The reference data has its addresses from the start.
        node.stranger().get(&format!("{KB}/by-slug/how-to-get-started")).ok();
    }
}
