//! The knowledge base in a browser without scripts: writing, saving, publishing, comparing, taking back; who may what.

use serde_json::json;
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;
use crate::plain_browser::{PASSWORD, PlainBrowser, agent};

fn browser(desk: &Desk, name: &str, role: &str) -> PlainBrowser {
    let email = format!("{name}@pages.example");
    let draft = json!({ "name": name, "email": email, "role": role, "password": PASSWORD });
    desk.admin().post("/api/crm/users", draft).created();
    PlainBrowser::sign_in(desk, &email)
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, after) = page.split_once(&start).unwrap_or_else(|| panic!("no field {name}: {page}"));
    after.split('"').next().unwrap().to_owned()
}

fn id_of(place: &str) -> i64 {
    place.trim_start_matches("/knowledge/").split('?').next().unwrap().parse().unwrap()
}

fn article(client: &Client, id: i64) -> serde_json::Value {
    client.get(&format!("/api/crm/knowledge/{id}")).ok()["article"].clone()
}

both_engines! {
    fn an_article_is_written_handed_to_review_and_published(desk) {
        let (ana, mia) = (agent(desk), browser(desk, "mia", "manager"));
        let reader = desk.manager("max");
        let form = ana.page("/knowledge/new?title=Printer+%22on%22+fire");
        assert!(form.contains("Printer &#34;on&#34; fire") || form.contains("Printer &quot;on&quot; fire"), "{form}");
        assert!(!form.contains("value=\"publish\"") && !form.contains("edit_version"), "agents do not publish: {form}");
        let fields = "settings=true&title=Printer+on+fire&summary=What+to+do&content=Use+**water**.%0D%0ANot+oil.&category_id=1\
            &tags=Fire%2C+printer&keywords=burning&slug=&related_article_ids=1%2C+2&note=&action=save&is_featured=true";
        let made = ana.sends("/knowledge", fields);
        let place = made.status(303).header("location").unwrap().to_owned();
        let id = id_of(&place);
        let stored = article(&reader, id);
        assert_eq!(stored["content"], "Use **water**.\nNot oil.");
        assert_eq!((&stored["status"], &stored["tags"], &stored["related_article_ids"]), (&json!("draft"), &json!(["fire", "printer"]), &json!([1, 2])));
        assert_eq!((&stored["is_featured"], &stored["is_internal"]), (&json!(true), &json!(false)));
        let shown = ana.page(&place);
        assert!(shown.contains("<strong>water</strong>") && shown.contains("Saved.") && shown.contains("Hand to review"), "{shown}");
        assert!(!shown.contains("value=\"published\""), "{shown}");
        let version = field(&shown, "edit_version");
        ana.sends(&format!("/knowledge/{id}/status"), &format!("edit_version={version}&status=published")).status(403);
        ana.sends(&format!("/knowledge/{id}/status"), &format!("edit_version={version}&status=review")).status(303);
        let stale = mia.sends(&format!("/knowledge/{id}/status"), &format!("edit_version={version}&status=published"));
        stale.status(412);
        let version = field(&mia.page(&format!("/knowledge/{id}")), "edit_version");
        let done = mia.sends(&format!("/knowledge/{id}/status"), &format!("edit_version={version}&status=published&note=First+edition"));
        assert_eq!(done.status(303).header("location"), Some(format!("/knowledge/{id}?done=published").as_str()));
        let shown = ana.page(&format!("/knowledge/{id}?done=published"));
        assert!(shown.contains("Published: readers see it now.") && shown.contains("/help/articles/printer-on-fire"), "{shown}");
        assert!(ana.page(&format!("/knowledge/{id}/versions")).contains("First edition"));
        for path in ["/knowledge", "/knowledge?search=water&status=&author_id=", "/knowledge?tag=fire&featured=true", "/knowledge?category_id=1&internal=false"] {
            assert!(ana.page(path).contains("Printer on fire"), "{path}");
        }
        assert!(!ana.page("/knowledge?status=draft").contains("Printer on fire"));
        assert!(ana.page("/knowledge?search=water").contains("<mark>"));
        let author = stored["author_id"].as_i64().unwrap();
        assert!(ana.page(&format!("/knowledge?author_id={author}")).contains("Printer on fire"));
        desk.stranger().get(&format!("/api/crm/knowledge?author_id={author}")).status(403);
        assert!(ana.page("/knowledge/pick?search=printer").contains(&format!("data-pick=\"{id}\"")));
    }

    fn a_published_text_stays_while_the_next_is_written(desk) {
        let (ana, mia, stranger) = (agent(desk), browser(desk, "mia", "manager"), desk.stranger());
        let max = desk.manager("max");
        let content: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let made = max.post("/api/crm/knowledge", json!({ "title": "Hours", "content": content, "status": "published" }));
        let id = made.created()["article"]["article_id"].as_i64().unwrap();
        let edit = ana.page(&format!("/knowledge/{id}/edit"));
        assert!(edit.contains("disabled") && edit.contains("Save as the next text") && !edit.contains("name=\"settings\""), "{edit}");
        let next = format!("edit_version={}&title=Hours&summary=&content={}&tags=&keywords=&action=draft",
            field(&edit, "edit_version"), content.replace("line 10\n", "line ten\n").replace('\n', "%0D%0A").replace(' ', "+"));
        ana.sends(&format!("/knowledge/{id}/edit"), &next).status(303);
        assert!(stranger.get("/help/articles/hours").text().contains("line 10"));
        let shown = ana.page(&format!("/knowledge/{id}"));
        assert!(shown.contains("line ten") && shown.contains("readers still see the published one"), "{shown}");
        assert!(ana.page(&format!("/knowledge/{id}?edition=published")).contains("line 10"));
        let compared = ana.page(&format!("/knowledge/{id}/versions/1?with=draft"));
        assert!(compared.contains("<del>line 10</del>") && compared.contains("<ins>line ten</ins>"), "{compared}");
        assert!(compared.contains("<summary>6 unchanged lines</summary>"), "{compared}");
        let edit = mia.page(&format!("/knowledge/{id}/edit"));
        let publish = format!("settings=true&edit_version={}&title=Hours&summary=&content=All+new&tags=&keywords=&slug=hours&related_article_ids=&category_id=&note=Second&action=publish",
            field(&edit, "edit_version"));
        mia.sends(&format!("/knowledge/{id}/edit"), &publish).status(303);
        assert!(stranger.get("/help/articles/hours").text().contains("All new"));
        // Taking the first text back makes it the next draft.
        let version = ana.page(&format!("/knowledge/{id}/versions/1"));
        let taken = ana.sends(&format!("/knowledge/{id}/versions/1/restoration"), &format!("edit_version={}", field(&version, "edit_version")));
        assert!(ana.page(taken.status(303).header("location").unwrap()).contains("line 10"));
        assert!(stranger.get("/help/articles/hours").text().contains("All new"));
        ana.sends(&format!("/knowledge/{id}/versions/9/restoration"), "edit_version=1").status(412);
        assert!(ana.page(&format!("/knowledge/{id}/versions/2")).contains("<ins>All new</ins>"));
    }

    fn what_somebody_else_saved_is_shown_and_not_overwritten(desk) {
        let (ana, max) = (agent(desk), desk.manager("max"));
        let made = max.post("/api/crm/knowledge", json!({ "title": "Shared", "content": "one\ntwo\n" }));
        let id = made.created()["article"]["article_id"].as_i64().unwrap();
        let version = field(&ana.page(&format!("/knowledge/{id}/edit")), "edit_version");
        max.put(&format!("/api/crm/knowledge/{id}"), json!({ "content": "one\nthree\n" })).ok();
        let fields = |version: &str| format!("settings=true&edit_version={version}&title=Shared&summary=&content=one%0D%0Afour%0D%0A&tags=&keywords=&slug=&related_article_ids=&category_id=&action=save");
        let refused = ana.sends(&format!("/knowledge/{id}/edit"), &fields(&version));
        let shown = refused.status(412).text();
        assert!(shown.contains("Somebody else has saved this article") && shown.contains("<del>three</del>") && shown.contains("<ins>four</ins>"), "{shown}");
        assert!(shown.contains("one\nfour\n</textarea>"), "{shown}");
        assert_eq!(article(&max, id)["content"], "one\nthree\n");
        // Knowing that, one's own text may be taken.
        ana.sends(&format!("/knowledge/{id}/edit"), &fields(&field(&shown, "edit_version"))).status(303);
        assert_eq!(article(&max, id)["content"], "one\nfour\n");
    }

    fn faults_stand_beside_their_fields_and_nothing_typed_is_lost(desk) {
        let (ana, mia) = (agent(desk), browser(desk, "mia", "manager"));
        let rows = desk.rows();
        let fields = format!("settings=true&title=&summary={}&content=My+long+text&tags={}&keywords=k&category_id=x&related_article_ids=1%2Cnine&slug=%3F&note=&action=save", "s".repeat(2001), "t".repeat(101));
        let shown = ana.sends("/knowledge", &fields).status(422).text();
        for name in ["title", "summary", "tags", "category_id", "related_article_ids", "slug"] {
            assert!(shown.contains(&format!("id=\"fault-{name}\"")), "{name}: {shown}");
            assert!(shown.contains(&format!("aria-describedby=\"fault-{name}\"")), "{name}: {shown}");
        }
        assert!(shown.contains("My long text</textarea>") && shown.contains("value=\"1,nine\""), "{shown}");
        // What an agent may not do is said above a form that still holds the text.
        let refused = ana.sends("/knowledge", "settings=true&title=Hasty&content=My+words&action=publish");
        assert!(refused.status(403).text().contains("My words</textarea>"));
        assert_eq!(desk.rows(), rows);
        let gone = ana.sends("/knowledge/99999/edit", "title=x&action=save&edit_version=1");
        gone.status(404);
        ana.sends("/knowledge", "title=x&action=burn").status(400);
        let large = format!("title=x&content={}", "a".repeat(2_000_001));
        ana.sends("/knowledge", &large).status(413);
        let made = mia.sends("/knowledge", "settings=true&title=Gone&content=x&action=publish");
        let id = id_of(made.status(303).header("location").unwrap());
        let version = field(&mia.page(&format!("/knowledge/{id}")), "edit_version");
        ana.sends(&format!("/knowledge/{id}/deletion"), &format!("edit_version={version}")).status(403);
        mia.sends(&format!("/knowledge/{id}/deletion"), &format!("edit_version={version}")).status(303);
        desk.stranger().get("/help/articles/gone").status(404);
        let missing = mia.stranger.ask(Method::GET, &format!("/knowledge/{id}")).header("cookie", &mia.cookie).send();
        assert!(missing.status(404).text().contains("<h1>"));
    }

    fn the_tree_of_categories_is_kept(desk) {
        let (ana, mia) = (agent(desk), browser(desk, "mia", "manager"));
        mia.sends("/knowledge/categories", "category_name=Birds&parent_category_id=1").status(303);
        let (birds,) = (desk.number("select category_id from crm_kb_categories where category_name = 'Birds'"),);
        let shown = ana.page("/knowledge/categories");
        assert!(shown.contains("Birds") && !shown.contains("action=\"/knowledge/categories\""), "viewers and agents look: {shown}");
        let place = format!("/knowledge/categories/{birds}");
        mia.sends(&place, "category_name=Fowl&parent_category_id=2&sort_order=3&edit_version=1").status(303);
        assert_eq!(desk.number(&format!("select parent_category_id from crm_kb_categories where category_id = {birds}")), 2);
        let stale = mia.sends(&place, "category_name=Ducks&parent_category_id=&edit_version=1");
        assert!(stale.status(409).text().contains("somebody changed this category"));
        let circle = mia.sends("/knowledge/categories/2", &format!("category_name=Two&parent_category_id={birds}"));
        assert!(circle.status(409).text().contains("cannot be below itself"));
        mia.sends(&place, "category_name=&edit_version=2").status(422);
        let unnamed = mia.sends("/knowledge/categories", "category_name=");
        assert!(unnamed.status(422).text().contains("role=\"alert\""));
        ana.sends("/knowledge/categories", "category_name=Mine").status(403);
        ana.sends(&format!("{place}/deletion"), "edit_version=2").status(403);
        let full = mia.sends("/knowledge/categories/1/deletion", "edit_version=1");
        assert!(full.status(409).text().contains("move or delete those first"));
        mia.sends(&format!("{place}/deletion"), "edit_version=2&category_name=Fowl&parent_category_id=2&sort_order=3").status(303);
        assert!(!mia.page("/knowledge/categories").contains("Fowl"));
    }

    fn whoever_may_not_write_reads_and_customers_find_nothing(desk) {
        let (vic, carl, ana) = (browser(desk, "vic", "viewer"), desk.contact("carl"), agent(desk));
        let paths = ["/knowledge", "/knowledge/1", "/knowledge/1/versions", "/knowledge/1/versions/1", "/knowledge/insights",
            "/knowledge/categories"];
        for path in paths {
            assert!(vic.page(path).contains("<h1"), "{path}");
            assert!(!vic.page(path).contains("method=\"post\" action=\"/knowledge"), "{path}");
        }
        for path in paths.iter().chain(&["/knowledge/new", "/knowledge/1/edit", "/knowledge/pick?search=a"]) {
            carl.get(path).status(404);
            desk.stranger().get(path).status(303);
        }
        let rows = desk.rows();
        for (path, fields) in [
            ("/knowledge", "title=x"), ("/knowledge/1/edit", "title=x&edit_version=1"), ("/knowledge/1/status", "status=draft&edit_version=1"),
            ("/knowledge/1/deletion", "edit_version=1"), ("/knowledge/1/versions/1/restoration", "edit_version=1"),
            ("/knowledge/categories", "category_name=x"), ("/knowledge/insights/settled", "question=x"),
        ] {
            vic.sends(path, fields).status(403);
            let forged = ana.stranger.ask(Method::POST, path).header("cookie", &ana.cookie).header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded").bytes(fields).send();
            forged.status(403);
        }
        assert_eq!(desk.rows(), rows);
    }

    fn what_did_not_help_is_shown_worst_first(desk) {
        let (ana, max) = (agent(desk), desk.manager("max"));
        for (title, against, helpful) in [("Bad", 3, 0), ("Fair", 1, 3), ("Good", 0, 4)] {
            let made = max.post("/api/crm/knowledge", json!({ "title": format!("{title} article"), "content": "x", "status": "published" }));
            let id = made.created()["article"]["article_id"].as_i64().unwrap();
            for vote in 0..(against + helpful) {
                let name = format!("{title}{vote}").to_lowercase();
                let body = json!({ "is_helpful": vote >= against, "comment": format!("says {name}") });
                desk.contact(&name).post(&format!("/api/crm/knowledge/{id}/feedback"), body).created();
            }
            desk.stranger().get(&format!("/help/articles/{}-article", title.to_lowercase())).status(200);
        }
        desk.tick();
        let shown = ana.page("/knowledge/insights");
        let (_, worst) = shown.split_once("worst-title").unwrap();
        let (worst, viewed) = worst.split_once("viewed-title").unwrap();
        assert!(worst.find("Bad article").unwrap() < worst.find("Fair article").unwrap() && !worst.contains("Good"), "{worst}");
        assert!(viewed.contains("Good article") && viewed.contains("says bad1"), "{viewed}");
    }
}
