//! What all routes have in common (spec 1): problems, idempotency keys, entity tags, pages and cursors, OpenAPI.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use steward::http::routes;
use ureq::http::Method;

const CASES: &str = "/api/crm/cases";

both_engines! {
    fn an_idempotency_key_answers_the_first_answer_again(desk) {
        let (ana, bea) = (desk.agent("ana"), desk.agent("bea"));
        let post = |by: &crate::client::Client, path: &str, key: &str, body: &Value| {
            by.ask(Method::POST, path).header("idempotency-key", key).json(body).send()
        };
        let draft = json!({ "subject": "once" });
        let first = post(&ana, CASES, "k1", &draft);
        first.created();
        desk.later(23 * 60);
        ana.put("/api/crm/cases/1", json!({ "subject": "changed since" })).ok();
        let again = post(&ana, CASES, "k1", &draft);
        assert_eq!((again.code, &again.body), (201, &first.body));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("etag"), first.header("etag"));
        // Another body is a conflict; another key, caller or route is another request.
        post(&ana, CASES, "k1", &json!({ "subject": "other" })).status(409).says("Idempotency-Key");
        post(&ana, CASES, "k2", &draft).created();
        post(&bea, CASES, "k1", &draft).created();
        let comment = json!({ "comment_text": "c" });
        post(&ana, "/api/crm/cases/1/comments", "k1", &comment).created();
        post(&ana, "/api/crm/cases/2/comments", "k1", &comment).created();
        post(&ana, "/api/crm/cases/1/comments", "k1", &comment).created();
        assert_eq!(ana.case(1)["comment_count"], 1);
        assert_eq!(desk.number("select count(*) from crm_cases"), 3);
        // What was refused holds no key: it may be sent again once mended.
        post(&ana, CASES, "k3", &json!({ "subject": "" })).status(422);
        post(&ana, CASES, "k3", &draft).created();
        // After 24 hours the key is new.
        desk.later(24 * 60 + 1);
        assert_eq!(post(&ana, CASES, "k1", &json!({ "subject": "other" })).created()["case"]["case_id"], 5);
        for odd in ["", "ü", &"k".repeat(201)] {
            post(&ana, CASES, odd, &draft).status(400);
        }
    }

    fn problems_are_told_in_the_language_that_is_asked_for(desk) {
        let ana = desk.agent("ana");
        let draft = json!({ "subject": "", "case_type_id": 999 });
        let ask = || ana.ask(Method::POST, CASES).json(&draft);
        let german = ask().header("accept-language", "fr, de-AT;q=0.9, en;q=0.8").send();
        german.status(422).names(&["/case_type_id", "/subject"]);
        let problem = german.json();
        assert_eq!(problem["title"], "Eingaben fehlerhaft");
        assert_eq!(problem["errors"][0]["message"], "darf nicht leer sein");
        assert_eq!(problem["errors"][1]["message"], "unbekannt oder nicht aktiv: Art 999");
        assert_eq!(german.header("content-language"), Some("de"));
        assert_eq!(german.header("vary"), Some("accept-language"));
        assert_eq!(german.header("content-length"), Some(german.body.len().to_string().as_str()));
        // Programs that ask for no language, or for none of the desk's, are answered in English.
        let plain = ask().send();
        assert_eq!(plain.status(422).json()["errors"][0]["message"], "must not be empty");
        assert_eq!((plain.header("content-language"), plain.header("vary")), (Some("en"), Some("accept-language")));
        for language in ["en-GB, de;q=0.5", "fr", "*", ""] {
            assert_eq!(ask().header("accept-language", language).send().body, plain.body, "{language}");
        }
        let id = ana.opens(json!({ "subject": "s" }));
        let in_german = |method: Method, path: &str| {
            ana.ask(method, &format!("{CASES}/{path}")).header("accept-language", "de")
        };
        let nothing = in_german(Method::GET, "999").send();
        assert_eq!(nothing.status(404).json()["detail"], "nicht gefunden oder nicht für Sie bestimmt: Anfrage");
        let merged = in_german(Method::POST, &format!("{id}/merge")).json(&json!({ "into_case_id": 999_999 })).send();
        assert_eq!(merged.status(422).json()["errors"][0]["message"], "es gibt keine Anfrage 999999");
        ana.sets(id, "open").ok();
        let closed = in_german(Method::PUT, &format!("{id}/status")).json(&json!({ "status": "new" })).send();
        assert!(closed.status(409).json()["detail"].as_str().unwrap().contains("möglich ist: ausstehend, "), "{closed:?}");
        // What is no problem does not depend on the language.
        let case = in_german(Method::GET, &id.to_string()).send();
        assert_eq!((case.status(200).header("content-language"), case.header("vary")), (None, None));
    }

    fn racing_requests_with_one_key_are_one(desk) {
        let ana = desk.agent("ana");
        let replies: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let ana = ana.clone();
                    scope.spawn(move || {
                        let asked = ana.ask(Method::POST, CASES).header("idempotency-key", "race");
                        asked.json(&json!({ "subject": "race" })).send().status(201).body.clone()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(replies.iter().all(|body| *body == replies[0]));
        assert_eq!(desk.number("select count(*) from crm_cases"), 1);
    }

    fn no_key_keeps_an_answer_that_holds_a_secret(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        let draft = json!({ "user_id": ana.id, "token_name": "t" });
        let ask =
            || ada.ask(Method::POST, "/api/crm/tokens").header("idempotency-key", "k").json(&draft).send();
        let (first, second) = (ask().created(), ask().created());
        assert_ne!(first["secret"], second["secret"]);
        assert_eq!(desk.number("select count(*) from crm_idempotency_keys"), 0);
    }

    fn an_entity_tag_stands_for_a_version(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "s" }));
        let path = format!("{CASES}/{id}");
        let first = ana.get(&path).etag().to_owned();
        let unchanged = ana.ask(Method::GET, &path).header("if-none-match", &first).send();
        assert!(unchanged.status(304).body.is_empty());
        assert_eq!(unchanged.etag(), first);
        let changed =
            ana.ask(Method::PUT, &path).header("if-match", &first).json(&json!({ "subject": "t" })).send();
        changed.ok();
        assert_ne!(changed.etag(), first);
        assert_eq!(changed.etag(), ana.get(&path).etag());
        // Who still holds the old one is told so, and changes nothing.
        for (method, path, body) in [
            (Method::PUT, path.clone(), json!({ "subject": "u" })),
            (Method::PUT, format!("{path}/status"), json!({ "status": "open" })),
        ] {
            ana.ask(method, &path).header("if-match", &first).json(&body).send().status(412);
        }
        desk.manager("mia").ask(Method::DELETE, &path).header("if-match", &first).send().status(412);
        assert_eq!(ana.case(id)["subject"], "t");
        let list = format!("\"0-0\", {}", changed.etag());
        for tag in ["*", changed.etag(), &list] {
            ana.ask(Method::PUT, &path).header("if-match", tag).json(&json!({})).send().ok();
        }
        ana.ask(Method::PUT, &path)
            .header("if-match", &format!("W/{}", changed.etag()))
            .json(&json!({}))
            .send()
            .status(412);
        ana.ask(Method::GET, &path).header("if-none-match", &first).send().ok();
    }

    fn entity_tags_are_on_people_and_configuration_too(desk) {
        let ada = desk.admin();
        let account = desk.account("a");
        let contact = desk.contact("carl").id;
        for (path, edit) in [
            (format!("/api/crm/accounts/{account}"), json!({ "account_name": "b" })),
            (format!("/api/crm/contacts/{contact}"), json!({ "name": "b" })),
            (format!("/api/crm/users/{}", ada.id), json!({ "name": "b" })),
            ("/api/crm/case-types/1".into(), json!({ "type_name": "b" })),
            ("/api/crm/case-priorities/1".into(), json!({ "priority_name": "b" })),
        ] {
            let tag = ada.get(&path).etag().to_owned();
            let edited = ada.ask(Method::PUT, &path).header("if-match", &tag).json(&edit).send();
            edited.ok();
            assert_ne!(edited.etag(), tag, "{path}");
            ada.ask(Method::PUT, &path).header("if-match", &tag).json(&edit).send().status(412);
        }
    }

    fn pages_and_cursors_walk_the_same_list(desk) {
        let ana = desk.agent("ana");
        for n in 0..23 {
            // Several share an instant: the id breaks the tie.
            desk.later(n % 3);
            ana.opens(json!({ "subject": format!("case {n}"), "priority_id": n % 4 + 1 }));
        }
        for sort in [
            "-created_at",
            "created_at",
            "-updated_at",
            "updated_at",
            "priority",
            "-priority",
            "resolution_due",
            "-resolution_due",
        ] {
            let whole = ana.ids(&format!("?sort={sort}"));
            assert_eq!(whole.len(), 23);
            let pages: Vec<i64> =
                (1..=5).flat_map(|page| ana.ids(&format!("?sort={sort}&limit=5&page={page}"))).collect();
            assert_eq!(pages, whole, "{sort}");
            assert_eq!(walk(&ana, &format!("?sort={sort}&limit=5"), |_| {}), whole, "{sort}");
        }
        let page = ana.get("/api/crm/cases?limit=5&page=2").ok()["pagination"].clone();
        assert_eq!(
            (&page["page"], &page["limit"], &page["total"], &page["pages"]),
            (&json!(2), &json!(5), &json!(23), &json!(5))
        );
        assert_eq!(ana.get("/api/crm/cases?limit=5&page=5").ok()["pagination"]["next_cursor"], Value::Null);
        assert_eq!(ana.ids("?limit=5&page=6"), [0i64; 0]);
    }

    fn a_cursor_is_stable_while_rows_are_added(desk) {
        let ana = desk.agent("ana");
        for n in 0..20 {
            desk.later(1);
            ana.opens(json!({ "subject": format!("case {n}") }));
        }
        let before = ana.ids("?limit=200");
        let seen = walk(&ana, "?limit=3", |_| {
            desk.later(1);
            ana.opens(json!({ "subject": "added meanwhile" }));
        });
        assert_eq!(seen, before);
    }

    fn a_page_is_within_bounds(desk) {
        let ana = desk.agent("ana");
        for (query, parameter) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=x", "page"),
            ("page=1.5", "page"),
            ("page=", "page"),
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=1000000000", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=bnVsbA", "cursor"),
            ("cursor=W10", "cursor"),
            ("sort=subject", "sort"),
            ("exact=maybe", "exact"),
            ("page=99999999999999999999", "page"),
        ] {
            ana.get(&format!("{CASES}?{query}")).status(400).names(&[parameter]);
        }
        ana.get(&format!("{CASES}?page=1&cursor=W10")).status(400).names(&["page", "cursor"]);
        ana.get(&format!("{CASES}?page=51&limit=200")).status(422).names(&["page"]);
        ana.get(&format!("{CASES}?page=50&limit=200")).ok();
        // The cursor of one order is none of another's.
        for _ in 0..3 {
            ana.opens(json!({ "subject": "s" }));
        }
        let cursor =
            ana.get("/api/crm/cases?limit=1").ok()["pagination"]["next_cursor"].as_str().unwrap().to_owned();
        ana.get(&format!("{CASES}?sort=updated_at&cursor={cursor}")).status(400).names(&["cursor"]);
        ana.get(&format!("/api/crm/accounts?cursor={cursor}")).status(400).names(&["cursor"]);
    }

    fn unknown_parameters_are_refused_by_name(desk) {
        let ada = desk.admin();
        ada.get("/api/crm/cases?stauts=new&colour=red&page=1").status(400).names(&["stauts", "colour"]);
        ada.get("/api/crm/cases?status=new&status=open").status(400).names(&["status"]);
        ada.get("/api/crm/cases/1?verbose=1").status(400).names(&["verbose"]);
        ada.get("/api/crm/users?q=a").status(400).names(&["q"]);
        ada.post("/api/crm/cases?dry_run=true", json!({ "subject": "s" })).status(400).names(&["dry_run"]);
        ada.delete("/api/crm/cases/1?force=true").status(400).names(&["force"]);
        ada.get("/api/crm/cases?status=%ff").status(400);
        assert_eq!(ada.ids(""), [0i64; 0]);
    }

    fn unknown_paths_and_methods_are_problems(desk) {
        let ana = desk.agent("ana");
        for path in [
            "/api",
            "/api/crm/case",
            "/api/crm/cases/",
            "/api/crm/cases/1/2/3",
            "/favicon.ico",
            "/api/crm/cases/0",
            "/api/crm/cases/-1",
            "/api/crm/cases/one",
            "/api/crm/cases/1.0",
            "/api/crm/cases/9223372036854775808",
            "/api/crm/cases/%00",
            "/api/crm/cases/%ff",
        ] {
            ana.get(path).status(404);
        }
        let refused = ana.ask(Method::PATCH, CASES).send();
        refused.status(405);
        assert_eq!(refused.header("allow"), Some("GET, POST"));
        ana.delete(CASES).status(405);
    }

    fn head_is_get_without_the_body(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "s" }));
        let path = format!("{CASES}/{id}");
        let head = ana.ask(Method::HEAD, &path).send();
        assert_eq!((head.code, head.body.len(), head.etag()), (200, 0, ana.get(&path).etag()));
        assert_eq!(ana.ask(Method::HEAD, "/api/crm/cases").send().code, 200);
    }

    fn a_body_is_json_and_says_so(desk) {
        let ana = desk.agent("ana");
        let ask = || ana.ask(Method::POST, CASES);
        ask().bytes(r#"{"subject":"s"}"#).send().status(415);
        ask().bytes(r#"{"subject":"s"}"#).header("content-type", "text/plain").send().status(415);
        ask()
            .bytes(r#"{"subject":"s"}"#)
            .header("content-type", "Application/JSON; charset=utf-8")
            .send()
            .created();
        for broken in
            ["", "{", "{\"subject\":\"s\"", "[1,]", "nul", "{\"subject\":\"\u{7}\"}", "{'subject':'s'}"]
        {
            ask().bytes(broken).header("content-type", "application/json").send().status(400);
        }
        for other in ["[]", "null", "\"subject\"", "7"] {
            ask().bytes(other).header("content-type", "application/json").send().status(422);
        }
    }

    fn every_route_stands_in_the_description(desk) {
        let described = desk.stranger().get("/api/openapi.json").ok();
        assert_eq!(described["openapi"], "3.1.0");
        let mut operations = BTreeSet::new();
        for (path, methods) in described["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                operations.insert((method.to_uppercase(), path.clone()));
                assert!(!operation["summary"].as_str().unwrap().is_empty());
                let answers = operation["responses"].as_object().unwrap();
                assert!(
                    answers.keys().any(|code| code.starts_with('2')),
                    "{method} {path} has no good answer"
                );
                for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                    let parameters = operation["parameters"].as_array().unwrap();
                    assert!(
                        parameters.iter().any(|known| known["name"] == name && known["in"] == "path"),
                        "{path}: {name}"
                    );
                }
            }
        }
        let table: BTreeSet<_> =
            routes().iter().map(|route| (route.method.to_string(), route.path.to_owned())).collect();
        assert_eq!(operations, table);
        // Nothing is referred to that is not there.
        let text = described.to_string();
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(described["components"]["schemas"][name].is_object(), "{name} is not described");
        }
    }

    fn the_documentation_page_needs_no_other_host(desk) {
        let page = desk.stranger().get("/api/docs");
        let html = String::from_utf8(page.status(200).body.clone()).unwrap();
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        for mark in ["src=\"http", "href=\"http", "url(http", "//cdn"] {
            assert!(!html.contains(mark), "{mark}");
        }
        assert!(html.contains("/api/crm/cases/{case_id}/comments"));
        desk.stranger().get("/api/docs.css").status(200);
    }

    fn the_process_tells_how_it_is(desk) {
        let stranger = desk.stranger();
        assert_eq!(stranger.get("/healthz").ok(), json!({ "status": "ok" }));
        assert_eq!(stranger.get("/readyz").ok(), json!({ "status": "ok" }));
        stranger.get("/metrics").status(401);
        desk.agent("ana").get("/metrics").status(403);
        let figures = String::from_utf8(desk.admin().get("/metrics").status(200).body.clone()).unwrap();
        assert!(
            figures.contains("steward_http_request_duration_seconds_bucket{route=\"/healthz\""),
            "{figures}"
        );
        assert!(figures.contains("\nsteward_db_writes_total "), "{figures}");
    }

    fn a_request_has_an_id(desk) {
        let stranger = desk.stranger();
        let given = stranger.ask(Method::GET, "/healthz").header("x-request-id", "abc-12345678").send();
        assert_eq!(given.header("x-request-id"), Some("abc-12345678"));
        let odd = stranger.ask(Method::GET, "/healthz").header("x-request-id", "a b<script>").send();
        assert!(odd.header("x-request-id").is_some_and(|id| id.len() == 16 && !id.contains('<')));
        assert_eq!(odd.header("x-content-type-options"), Some("nosniff"));
    }

    fn whoever_opens_connections_without_end_waits(desk) {
        let small = crate::desk::Desk::with(desk.engine, |config| config.max_connections = 2, None);
        let idle: Vec<std::net::TcpStream> = (0..2).map(|_| std::net::TcpStream::connect(small.address).unwrap()).collect();
        let (done, answered) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                small.stranger().get("/healthz").ok();
                done.send(()).unwrap();
            });
            assert!(answered.recv_timeout(std::time::Duration::from_millis(300)).is_err(), "a third one was served");
            drop(idle);
            answered.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
        });
    }

    fn whoever_asks_too_often_is_told_when_to_come_back(desk) {
        let desk = crate::desk::Desk::with(desk.engine, |config| config.requests_per_minute = 10, None);
        let (ana, bea) = (desk.agent("ana"), desk.agent("bea"));
        for _ in 0..10 {
            ana.get("/api/auth/me").ok();
        }
        let refused = ana.get("/api/auth/me");
        assert_eq!(refused.status(429).header("retry-after"), Some("6"));
        bea.get("/api/auth/me").ok();
        desk.clock.set(desk.clock.now().plus_millis(6_000));
        ana.get("/api/auth/me").ok();
        // Made-up tokens count for the address.
        for n in 0..10 {
            desk.bearer(&format!("stw_{n}")).get("/api/auth/me").status(401);
        }
        desk.bearer("stw_more").get("/api/auth/me").status(429);
        desk.stranger().get("/api/crm/cases").status(429);
        bea.get("/api/auth/me").ok();
    }
}

/// Follows the cursor from the first page to the end; answers the ids seen.
fn walk(client: &crate::client::Client, query: &str, mut between: impl FnMut(usize)) -> Vec<i64> {
    let mut seen = Vec::new();
    let mut path = format!("{CASES}{query}");
    for page in 0.. {
        let list = client.get(&path).ok();
        seen.extend(list["cases"].as_array().unwrap().iter().map(|case| case["case_id"].as_i64().unwrap()));
        match list["pagination"]["next_cursor"].as_str() {
            Some(cursor) => path = format!("{CASES}{query}&cursor={cursor}"),
            None => break,
        }
        between(page);
    }
    seen
}
