//! The help centre: what strangers find, at which addresses, and that nothing else shows through.

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::{Client, Reply};
use crate::desk::Desk;
use crate::inert::{acting_in_page, payloads};
use crate::plain_browser::{agent, form};

fn published(client: &Client, draft: Value) -> i64 {
    let mut draft = draft;
    draft["status"] = "published".into();
    client.post("/api/crm/knowledge", draft).created()["article"]["article_id"].as_i64().unwrap()
}

fn page(client: &Client, path: &str) -> String {
    let answer = client.get(path);
    answer.status(200);
    assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
    answer.text()
}

fn number(client: &Client, id: i64, name: &str) -> i64 {
    client.get(&format!("/api/crm/knowledge/{id}?edition=published")).ok()["article"][name].as_i64().unwrap()
}

/// Sends a stranger's vote, with what their browser remembers.
fn votes(client: &Client, slug: &str, fields: &str, cookie: Option<&str>) -> Reply {
    form(client, &format!("/help/articles/{slug}/feedback"), fields, cookie)
}

both_engines! {
    fn what_is_public_is_found_and_read(desk) {
        let (mia, stranger, carl) = (desk.manager("mia"), desk.stranger(), desk.contact("carl"));
        let long = format!("# First\n\n{}\n\n## Inner\n\ntext\n\n# Last & least\n\nend", "words ".repeat(500));
        published(&mia, json!({
            "title": "Zebra crossing", "content": long, "category_id": 1, "is_featured": true,
            "summary": "How zebras cross", "tags": ["stripes"]
        }));
        published(&mia, json!({ "title": "Zebra secrets", "content": "zebra staff", "is_internal": true, "category_id": 1 }));
        mia.post("/api/crm/knowledge", json!({ "title": "Zebra draft", "content": "zebra", "category_id": 1 })).created();
        for reader in [&stranger, &carl, &mia] {
            for path in ["/help", "/help/search?search=zebra", "/help/search", "/help/categories/1", "/help/search?search=zeb&part=true"] {
                let shown = page(reader, path);
                assert!(shown.contains("Zebra crossing"), "{path}: {shown}");
                assert!(!shown.contains("secrets") && !shown.contains("Zebra draft"), "{path}: {shown}");
            }
            let shown = page(reader, "/help/articles/zebra-crossing");
            for part in [
                "<title>Zebra crossing · ", "<meta name=\"description\" content=\"How zebras cross\">",
                "<link rel=\"canonical\" href=\"/help/articles/zebra-crossing\">", "property=\"og:title\"",
                "href=\"#section-inner\"", "<h2 id=\"section-last-least\">Last &amp; least</h2>",
                "<h3 id=\"section-inner\">", "help.js", "Did this article help you?",
            ] {
                assert!(shown.contains(part), "{part}: {shown}");
            }
            assert_eq!(shown.matches("<h1").count(), 1);
            assert_eq!(shown.contains("Edit in the desk"), reader.name == mia.name, "{}", reader.name);
            assert!(!shown.contains("desk.js") && !shown.contains("/api/"), "{shown}");
            for hidden in ["/help/articles/zebra-secrets", "/help/articles/zebra-draft", "/help/articles/nothing", "/help/categories/9999"] {
                assert!(reader.get(hidden).status(404).text().contains("<h1>"));
            }
        }
        // Links from elsewhere bring along what is not ours.
        page(&stranger, "/help/articles/zebra-crossing?utm_source=mail");
        page(&stranger, "/help/search?search=zebra&utm_source=mail&cursor=");
        let fragment = page(&stranger, "/help/search?search=zebra&part=true");
        assert!(!fragment.contains("<html") && fragment.contains("<mark>"), "{fragment}");
        let german = stranger.ask(Method::GET, "/help").header("accept-language", "de").send().text();
        assert!(german.contains("Wie können wir helfen?") && german.contains("lang=\"de\""));
    }

    fn readings_count_and_former_addresses_lead_on(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        let id = published(&mia, json!({ "title": "Old name", "content": "x" }));
        let before = number(&mia, id, "view_count");
        page(&stranger, "/help/articles/old-name");
        page(&stranger, "/help/articles/old-name");
        assert_eq!(number(&mia, id, "view_count"), before + 3, "two readings, and this one");
        mia.put(&format!("/api/crm/knowledge/{id}"), json!({ "title": "Größe" })).ok();
        let moved = stranger.get("/help/articles/old-name");
        assert_eq!(moved.status(308).header("location"), Some("/help/articles/gro%C3%9Fe"));
        assert!(page(&stranger, moved.header("location").unwrap()).contains("Größe"));
    }

    fn a_stranger_votes_once_and_whoever_is_known_may_change(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        let id = published(&mia, json!({ "title": "Vote", "content": "x" }));
        let counts = || (number(&mia, id, "helpful_count"), number(&mia, id, "not_helpful_count"));
        let voted = votes(&stranger, "vote", "is_helpful=false&comment=Too+short%00", None);
        voted.status(400);
        let voted = votes(&stranger, "vote", "is_helpful=false&comment=Too+short", None);
        assert_eq!(voted.status(303).header("location"), Some("/help/articles/vote#feedback"));
        let cookie = voted.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        assert_eq!(counts(), (0, 1));
        votes(&stranger, "vote", "is_helpful=true&comment=", Some(&cookie)).status(303);
        assert_eq!(counts(), (0, 1), "this browser has voted");
        let shown = stranger.ask(Method::GET, "/help/articles/vote").header("cookie", &cookie).send().text();
        assert!(shown.contains("Thank you") && !shown.contains("is_helpful"), "{shown}");
        // Without its cookie a stranger is limited as in the API.
        votes(&stranger, "vote", "is_helpful=true&comment=", None).status(303);
        votes(&stranger, "vote", "is_helpful=true&comment=", None).status(303);
        let refused = votes(&stranger, "vote", "is_helpful=true&comment=", None);
        assert!(refused.status(429).header("retry-after").is_some());
        assert_eq!(counts(), (2, 1));
        let ana = agent(desk);
        ana.sends("/help/articles/vote/feedback", "is_helpful=true&comment=").status(303);
        assert!(ana.page("/help/articles/vote").contains("You said that it helped."));
        ana.sends("/help/articles/vote/feedback", "is_helpful=false&comment=Old").status(303);
        assert!(ana.page("/help/articles/vote").contains("You said that it did not help."));
        assert_eq!(counts(), (2, 2));
        // Another site cannot vote for anybody, and nobody votes on what is not there.
        let before = desk.rows();
        let forged = stranger.ask(Method::POST, "/help/articles/vote/feedback").header("sec-fetch-site", "cross-site")
            .header("content-type", "application/x-www-form-urlencoded").bytes("is_helpful=true").send();
        forged.status(403);
        published(&mia, json!({ "title": "Secret", "content": "x", "is_internal": true }));
        let before = before + desk.rows() - before;
        votes(&stranger, "secret", "is_helpful=true", None).status(404);
        ana.sends("/help/articles/secret/feedback", "is_helpful=true").status(404);
        votes(&stranger, "vote", "is_helpful=perhaps", None).status(400);
        assert_eq!(desk.rows(), before);
    }

    fn searches_in_vain_are_told_and_name_nobody(desk) {
        let (mia, stranger, carl) = (desk.manager("mia"), desk.stranger(), desk.contact("carl"));
        let browser = agent(desk);
        for (client, path) in [
            (&stranger, "/help/search?search=Quixotic++gizmo"),
            (&stranger, "/api/crm/knowledge?search=quixotic%20GIZMO"),
            (&carl, "/help/search?search=quixotic+gizmo&part=true&settled=true"),
            (&stranger, "/help/search?search=quixotic+gizm&part=true"),
            (&stranger, "/help/search?search=xylo+anna%40example.com+99887766"),
            (&stranger, "/api/crm/knowledge?search=narrowed&category_id=1"),
            (&mia, "/api/crm/knowledge?search=staffquestion"),
        ] {
            client.get(path).status(200);
        }
        assert_eq!(desk.number("select count(*) from crm_kb_search_misses"), 0, "no search waits for a write");
        let shown = browser.page("/knowledge/insights");
        assert!(shown.contains("quixotic gizmo") && shown.contains(">3</td>"), "{shown}");
        assert!(shown.contains("xylo") && !shown.contains("anna") && !shown.contains("99887766"));
        assert!(!shown.contains("narrowed") && !shown.contains("staffquestion"));
        assert_eq!(desk.number("select count(*) from crm_kb_search_misses"), 2);
        stranger.get("/help/search?search=quixotic+gizmo").status(200);
        desk.tick();
        assert_eq!(desk.number("select asked_count from crm_kb_search_misses where query_text = 'quixotic gizmo'"), 4);
        browser.sends("/knowledge/insights/settled", "question=quixotic+gizmo").status(303);
        assert_eq!(desk.number("select count(*) from crm_kb_search_misses"), 1);
        desk.later(91 * 24 * 60).tick();
        assert_eq!(desk.number("select count(*) from crm_kb_search_misses"), 0, "forgotten after 90 days");
    }

    fn search_engines_are_told_of_what_is_public(desk) {
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        let id = published(&mia, json!({ "title": "Über uns", "content": "x" }));
        published(&mia, json!({ "title": "Internal affairs", "content": "x", "is_internal": true }));
        desk.tick();
        let map = stranger.get("/sitemap.xml");
        let text = map.status(200).text();
        assert!(map.header("content-type").unwrap().starts_with("application/xml"));
        assert!(text.contains("/help/articles/uber-uns</loc><lastmod>2026-03-02T09:00:00.000Z</lastmod>"), "{text}");
        assert!(text.contains("/help/articles/how-to-get-started</loc>") && !text.contains("internal"), "{text}");
        let again = stranger.ask(Method::GET, "/sitemap.xml").header("if-none-match", map.etag()).send();
        again.status(304);
        desk.later(1);
        mia.put(&format!("/api/crm/knowledge/{id}"), json!({ "content": "y" })).ok();
        let changed = stranger.ask(Method::GET, "/sitemap.xml").header("if-none-match", map.etag()).send();
        assert!(changed.status(200).text().contains("2026-03-02T09:01:00.000Z"));
        stranger.get("/sitemap.xml?page=1").status(200);
        stranger.get("/sitemap.xml?page=2").status(404);
        let robots = stranger.get("/robots.txt").status(200).text();
        for line in ["Allow: /help\n", "Disallow: /\n", "Disallow: /portal\n", "Disallow: /survey\n", "/sitemap.xml\n"] {
            assert!(robots.contains(line), "{robots}");
        }
    }

    fn files_go_to_whoever_may_read_the_article(desk) {
        let (mia, stranger, carl) = (desk.manager("mia"), desk.stranger(), desk.contact("carl"));
        let browser = agent(desk);
        let mut places = Vec::new();
        for (title, is_internal) in [("Open", false), ("Closed", true)] {
            let id = published(&mia, json!({ "title": title, "content": "x", "is_internal": is_internal }));
            let made = mia.attach(&format!("/api/crm/knowledge/{id}/attachments"), &[("<b>plan</b>.txt", b"the plan")]);
            let file = made.created()["attachments"][0]["attachment_id"].as_i64().unwrap();
            places.push(format!("/help/files/{id}/{file}"));
        }
        let shown = page(&stranger, "/help/articles/open");
        assert!(shown.contains(&places[0]) && !shown.contains("<b>plan"), "{shown}");
        for reader in [&stranger, &carl] {
            let file = reader.get(&places[0]);
            assert_eq!(file.status(200).text(), "the plan");
            assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
            reader.get(&places[1]).status(404);
        }
        let file = browser.stranger.ask(Method::GET, &places[1]).header("cookie", &browser.cookie).send();
        assert_eq!(file.status(200).text(), "the plan");
    }

    fn nothing_that_authors_or_readers_write_acts(desk) {
        let (mia, stranger, browser) = (desk.manager("mia"), desk.stranger(), agent(desk));
        let mut paths = vec!["/help".to_owned(), "/help/search".into(), "/knowledge".into(), "/knowledge/insights".into(),
            "/knowledge/categories".into()];
        for (place, some) in payloads().chunks(12).enumerate() {
            let all = some.join("\n\n");
            let title: String = some[0].chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
            let name: String = title.chars().take(100).collect();
            let made = mia.post("/api/crm/knowledge-categories", json!({ "category_name": name }));
            let category = made.created()["category"]["category_id"].as_i64().unwrap();
            let tags: Vec<String> = some.iter().map(|text| text.chars().filter(|c| !c.is_control()).take(90).collect()).collect();
            let id = published(&mia, json!({
                "title": title, "content": format!("# {title}\n\n{all}"), "summary": title, "category_id": category,
                "tags": tags, "keywords": tags, "is_featured": place % 2 == 0, "note": title, "slug": format!("hostile-{place}")
            }));
            mia.put(&format!("/api/crm/knowledge/{id}"), json!({ "content": format!("{all} again") })).ok();
            let name: String = name.chars().filter(|c| !"\"\r\n".contains(*c)).collect();
            mia.attach(&format!("/api/crm/knowledge/{id}/attachments"), &[(&name, b"x")]).created();
            votes(&stranger, &format!("hostile-{place}"), &format!("is_helpful=false&comment={}", escaped(&all)), None);
            paths.extend([
                format!("/help/articles/hostile-{place}"), format!("/help/categories/{category}"), format!("/knowledge/{id}"),
                format!("/knowledge/{id}/edit"), format!("/knowledge/{id}/versions"), format!("/knowledge/{id}/versions/2"),
                format!("/help/search?search={}", escaped(&title)), format!("/knowledge?search={}", escaped(&title)),
                format!("/knowledge?tag={}", escaped(&tags[0].replace(',', " "))), format!("/knowledge/new?title={}", escaped(&title)),
            ]);
            let preview = browser.sends("/knowledge/preview", &format!("content={}", escaped(&all))).status(200).text();
            assert_eq!(acting_in_page(&preview), [""; 0]);
        }
        for path in paths {
            let shown = browser.page(&path);
            assert_eq!(acting_in_page(&shown), [""; 0], "{path}");
            assert_eq!(shown.matches("<h1").count(), 1, "{path}");
        }
    }
}

fn escaped(text: &str) -> String {
    let bytes = text.replace('\0', "").into_bytes();
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

each_engine! {
    fn in_the_demo_a_stranger_in_the_help_centre_is_a_stranger(engine) {
        let desk = Desk::open_to_all(engine);
        let stranger = desk.stranger();
        published(&stranger, json!({ "title": "Secret", "content": "x", "is_internal": true }));
        published(&stranger, json!({ "title": "Known", "content": "x" }));
        assert!(!page(&stranger, "/help/search").contains("Secret"));
        stranger.get("/help/articles/secret").status(404);
        assert!(!page(&stranger, "/help/articles/known").contains("Edit in the desk"));
        assert_eq!(stranger.get("/knowledge").status(303).header("location"), Some("/sign-in?next=%2Fknowledge"));
    }

    fn a_desk_that_knows_its_address_says_so(engine) {
        let desk = Desk::with(engine, |config| config.public_url = "https://help.example/".into(), None);
        let (mia, stranger) = (desk.manager("mia"), desk.stranger());
        published(&mia, json!({ "title": "Known", "content": "x" }));
        let shown = page(&stranger, "/help/articles/known");
        assert!(shown.contains("<link rel=\"canonical\" href=\"https://help.example/help/articles/known\">"), "{shown}");
        assert!(stranger.get("/sitemap.xml").text().contains("<loc>https://help.example/help/articles/known</loc>"));
        assert!(stranger.get("/robots.txt").text().contains("Sitemap: https://help.example/sitemap.xml\n"));
        assert_eq!(desk.engine, engine);
    }
}

#[test]
fn a_page_that_acts_is_seen() {
    for (html, what) in [
        ("<script>1</script>", "<script>"),
        ("<script type=speculationrules>{}</script>", "<script>"),
        ("<script src=//evil.example/x></script>", "<script>"),
        ("<form action=https://evil.example></form>", "<form>"),
        ("<p onclick=x>", "onclick=x"),
        ("<iframe></iframe>", "<iframe>"),
        ("<meta http-equiv=refresh>", "<meta>"),
    ] {
        assert_eq!(acting_in_page(html), [what], "{html}");
    }
    let own =
        "<script src=/assets/x/a.js></script><form action=/a method=post><button name=a>a</button></form>";
    assert_eq!(acting_in_page(own), [""; 0]);
}
