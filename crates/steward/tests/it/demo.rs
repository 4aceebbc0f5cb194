//! The demo lets anybody in, so it answers nobody who does not mean it (spec 2).

use serde_json::json;
use ureq::http::Method;

use crate::desk::Desk;
use crate::node::Node;
use crate::place::Place;

each_engine! {
    fn the_survey_of_the_seed_is_answered_word_for_word(engine) {
        let place = Place::empty(engine);
        let node = Node::demo(&place);
        let ask = node.stranger();
        assert_eq!(ask.get("/api/crm/surveys/1/respond").ok()["survey"]["survey_name"], "Case Closure CSAT");
        let body = r#"{
            "case_id": 123,
            "contact_id": 5,
            "responses": [
              {"question_id": 1, "rating_value": 5},
              {"question_id": 2, "choice_value": "yes"},
              {"question_id": 3, "text_value": "Excellent support!"}
            ]
          }"#;
        let post = || {
            let asked = ask.ask(Method::POST, "/api/crm/surveys/1/respond").bytes(body);
            asked.header("content-type", "application/json").send()
        };
        assert_eq!(post().created()["responses"].as_array().unwrap().len(), 3);
        post().status(409);
        assert_eq!(ask.case(123)["csat_score"], 5);
        let results = ask.get("/api/crm/surveys/1/results").ok();
        assert!(results["reach"]["response_rate"].as_f64().unwrap() > 0.2, "{results}");
        assert!(results["questions"][0]["answers"].as_i64().unwrap() > 300, "{results}");
    }

    fn strangers_are_the_admin_on_this_machine_only(engine) {
        let desk = Desk::open_to_all(engine);
        let stranger = desk.stranger();
        let ask = || stranger.ask(Method::GET, "/api/auth/me");
        assert_eq!(ask().send().ok()["user"]["role"], "admin");
        let port = desk.address.port();
        let own = format!("127.0.0.1:{port}");
        for host in ["localhost", "LOCALHOST:4000", "127.0.0.1", &own] {
            ask().header("host", host).send().ok();
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "evil.example:4000",
            "[::1]",
            "0.0.0.0",
            "192.168.0.1:4000",
            "127.0.0.2",
            "localhost:x",
            "127.0.0.1@evil.example",
        ] {
            ask().header("host", host).send().status(403);
        }
        ask().header("origin", &format!("http://{own}")).send().ok();
        for origin in [
            "http://evil.example",
            "https://evil.example",
            "null",
            "http://localhost:1",
            "http://127.0.0.1.evil.example",
            &format!("https://{own}"),
        ] {
            ask().header("origin", origin).send().status(403);
        }
        for site in ["same-origin", "none", "same-site"] {
            ask().header("sec-fetch-site", site).send().ok();
        }
        ask().header("sec-fetch-site", "cross-site").send().status(403);
        // A form of another site cannot post: its type is not JSON.
        stranger
            .ask(Method::POST, "/api/crm/cases")
            .bytes("{\"subject\":\"s\"}")
            .header("content-type", "text/plain")
            .send()
            .status(415);
        // Whoever shows a token is who it says.
        let ana = desk.agent("ana");
        assert_eq!(ana.get("/api/auth/me").ok()["user"]["role"], "agent");
        ana.post("/api/crm/users", json!({})).status(403);
        desk.bearer("nobody").get("/api/auth/me").status(401);
    }
}

both_engines! {
    fn a_desk_that_serves_is_never_open(desk) {
        let stranger = desk.stranger();
        stranger.get("/api/auth/me").status(401);
        stranger.get("/api/crm/cases").status(401);
        // It stands behind any host name, and other sites may ask: they have no token.
        desk.agent("ana").ask(Method::GET, "/api/auth/me").header("host", "desk.example").send().ok();
    }
}

each_engine! {
    /// The seed's examples 5 to 7, word for word, in the demo's help centre.
    fn the_examples_of_the_knowledge_base_run(engine) {
        let desk = Desk::new(engine);
        steward::demo::prepare(&desk.app.db, desk.clock.now()).unwrap();
        desk.tick();
        let email = desk.texts("select email from crm_users where user_id = 1", vec![]).remove(0);
        let (admin, stranger) = (desk.bearer(&desk.token(&email)), desk.stranger());
        let made = admin.post(
            "/api/crm/knowledge",
            json!({
                "title": "How to Troubleshoot Startup Crashes",
                "summary": "Common causes and solutions for startup crashes",
                "content": "If your application crashes on startup, try these steps: 1. Clear cache...",
                "category_id": 3,
                "tags": ["troubleshooting", "crashes"],
                "keywords": ["crash", "startup", "error"],
                "status": "published",
                "author_id": 10
            }),
        );
        let made = made.created()["article"].clone();
        assert_eq!(
            (made["version"].clone(), made["author_id"].clone(), made["tags"].clone()),
            (json!(1), json!(10), json!(["troubleshooting", "crashes"]))
        );
        let found = stranger.get("/api/crm/knowledge?search=crash").ok();
        let ids: Vec<&serde_json::Value> =
            found["articles"].as_array().unwrap().iter().map(|article| &article["article_id"]).collect();
        assert!(ids.contains(&&made["article_id"]) && ids.contains(&&json!(3)), "{ids:?}");
        let featured = stranger.get("/api/crm/knowledge?featured=true").ok();
        assert!(featured["articles"].as_array().unwrap().iter().all(|article| article["is_featured"] == true));
        assert!(featured["articles"].as_array().unwrap().len() > 2);
        let third = stranger.get("/api/crm/knowledge?category_id=3").ok();
        assert!(third["pagination"]["total"].as_i64().unwrap() > 5, "{third}");
        let voted = admin.post(
            "/api/crm/knowledge/1/feedback",
            json!({ "is_helpful": true, "comment": "This solved my problem!", "submitted_by": 5 }),
        );
        assert_eq!(voted.created()["feedback"]["submitted_by"], 5);
        // A lively help centre: readers, votes, drafts, former versions.
        assert!(stranger.get("/api/crm/knowledge").ok()["pagination"]["total"].as_i64().unwrap() > 30);
        assert!(admin.get("/api/crm/knowledge?status=draft,review").ok()["pagination"]["total"].as_i64().unwrap() > 3);
        assert!(admin.get("/api/crm/knowledge?internal=true").ok()["pagination"]["total"].as_i64().unwrap() > 1);
        let liked = stranger.get("/api/crm/knowledge?sort=-view_count&limit=1").ok()["articles"][0].clone();
        assert!(liked["view_count"].as_i64().unwrap() > 50 && liked["helpfulness_percentage"].is_f64(), "{liked}");
        assert!(desk.number("select count(*) from crm_kb_article_versions where version > 1") > 5);
    }

    fn the_dashboard_of_the_demo_tells_a_story(engine) {
        let desk = Desk::new(engine);
        steward::demo::prepare(&desk.app.db, desk.clock.now()).unwrap();
        desk.tick();
        let vera = desk.viewer("vera");
        // The seed's example 8, as it stands there.
        let whole = vera.get("/api/crm/support/dashboard").ok();
        let agents = vera.get("/api/crm/support/dashboard?owner_id=10&days=7").ok();
        assert_eq!(whole["overall"]["total_cases"], 2000);
        assert_eq!((&whole["period"]["days"], &agents["period"]["days"]), (&json!(30), &json!(7)));
        assert!(agents["overall"]["total_cases"].as_i64() > Some(20));
        for number in ["period_total", "period_resolved", "csat_response_count", "one_touch_cases", "reopened_cases"] {
            assert!(whole["period"][number].as_i64() > Some(0), "{number}");
        }
        for number in ["avg_response_time_minutes", "avg_resolution_time_minutes", "avg_csat_score"] {
            assert!(whole["overall"][number].as_f64() > Some(0.0), "{number}");
        }
        for section in ["by_priority", "by_type", "by_channel", "by_owner", "by_team"] {
            let rows = whole[section].as_array().unwrap();
            let busy = rows.iter().filter(|row| row["total_cases"].as_i64() > Some(0)).count();
            assert!(busy > 3 && rows.iter().all(|row| row["href"].is_string()), "{section}");
        }
        for section in ["sla_violations", "needs_attention", "recent_csat"] {
            assert_eq!(whole[section].as_array().unwrap().len(), 10, "{section}");
        }
        for target in [0, 2] {
            let percent = whole["period"]["sla_attainment"][target]["attainment_percent"].as_f64().unwrap();
            assert!((50.0..100.0).contains(&percent), "{percent}");
        }
        assert!(whole["backlog"]["overdue_cases"].as_i64() > Some(0));
        assert!(whole["daily_trend"].as_array().unwrap().iter().any(|day| day["created_cases"].as_i64() > Some(5)));
    }
}
