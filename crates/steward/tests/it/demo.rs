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
