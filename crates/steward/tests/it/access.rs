//! Who may do what (spec 2).

use serde_json::json;
use steward::http::routes;
use steward::people::{Role, Scope};
use ureq::http::Method;

use crate::client::{Client, Reply};

/// Asks a route with ids that name nothing and a body that is JSON.
fn ask(client: &Client, method: &Method, path: &str) -> Reply {
    let path: Vec<&str> =
        path.split('/').map(|part| if part.starts_with('{') { "999999" } else { part }).collect();
    let asked = client.ask(method.clone(), &path.join("/"));
    if *method == Method::GET || *method == Method::DELETE {
        asked.send()
    } else {
        asked.json(&json!({})).send()
    }
}

both_engines! {
    fn each_route_refuses_whoever_is_below_its_permission(desk) {
        let people = [
            ("stranger", desk.stranger()),
            ("contact", desk.contact("carl")),
            ("viewer", desk.viewer("vic")),
            ("agent", desk.agent("ana")),
            ("manager", desk.manager("mia")),
            ("admin", desk.admin()),
        ];
        for route in routes() {
            let allowed: &[&str] = match route.permission {
                // A link that is none is not found, whoever shows it.
                "Anyone" | "Reader" | "Guest" => &["stranger", "contact", "viewer", "agent", "manager", "admin"],
                "Known" => &["contact", "viewer", "agent", "manager", "admin"],
                "Participant" => &["contact", "agent", "manager", "admin"],
                "Viewer" => &["viewer", "agent", "manager", "admin"],
                "Agent" => &["agent", "manager", "admin"],
                "Manager" => &["manager", "admin"],
                "Admin" => &["admin"],
                other => panic!("{other} is no permission"),
            };
            // It would end the token of the test.
            if route.path == "/api/auth/sign-out" {
                continue;
            }
            let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
            for (who, client) in &people {
                let reply = ask(client, &method, route.path);
                let refused = if *who == "stranger" { 401 } else { 403 };
                if allowed.contains(who) {
                    assert_ne!(reply.code, 403, "{who}: {reply:?}");
                    // Signing in with nothing at all is at fault, but not refused.
                    assert_ne!(reply.code, 401, "{who}: {reply:?}");
                } else {
                    assert_eq!(reply.code, refused, "{who}: {reply:?}");
                }
            }
        }
    }

    fn a_token_that_may_read_does_not_write(desk) {
        desk.user("ana", Role::Agent);
        let email = desk.texts("select email from crm_users where name = 'ana'", vec![]).remove(0);
        let reader = desk.bearer(&desk.token_with(&email, Scope::Read, None));
        assert_eq!(reader.get("/api/auth/me").ok()["scope"], "read");
        reader.get("/api/crm/cases").ok();
        reader.post("/api/crm/cases", json!({ "subject": "s" })).status(403);
        reader.put("/api/crm/cases/1", json!({})).status(403);
        assert_eq!(desk.number("select count(*) from crm_cases"), 0);
    }

    fn a_token_ends(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        let made = ada.post(
            "/api/crm/tokens",
            json!({
                "user_id": ana.id, "token_name": "short", "expires_at": "2026-03-02T10:00:00Z"
            }),
        );
        let made = made.created();
        let secret = made["secret"].as_str().unwrap();
        // Only its hash is stored.
        assert_eq!(
            desk.texts("select token_name from crm_tokens where token_name = $1", vec![secret.into()]).len(),
            0
        );
        assert!(!ada.get("/api/crm/tokens").ok().to_string().contains(secret));
        let short = desk.bearer(secret);
        short.get("/api/auth/me").ok();
        desk.at("2026-03-02T10:00:00Z");
        short.get("/api/auth/me").status(401).says("expired");
        // An end in the past is none.
        ada.post(
            "/api/crm/tokens",
            json!({ "user_id": ana.id, "token_name": "t", "expires_at": "2026-03-02T10:00:00Z" }),
        )
        .status(422)
        .names(&["/expires_at"]);
        ada.post("/api/crm/tokens", json!({ "token_name": "t" }))
            .status(422)
            .names(&["/user_id", "/contact_id"]);
        let made = ada.post("/api/crm/tokens", json!({ "user_id": ana.id, "token_name": "long" })).created();
        let long = desk.bearer(made["secret"].as_str().unwrap());
        long.get("/api/auth/me").ok();
        ada.delete(&format!("/api/crm/tokens/{}", made["token"]["token_id"])).status(204);
        long.get("/api/auth/me").status(401);
        ana.post("/api/auth/sign-out", json!({})).status(204);
        ana.get("/api/auth/me").status(401);
    }

    fn strange_credentials_are_401(desk) {
        let stranger = desk.stranger();
        for odd in ["Bearer", "Bearer ", "Basic YTpi", "stw_x", "Bearer nobody", "Token nobody"] {
            stranger.ask(Method::GET, "/api/auth/me").header("authorization", odd).send().status(401);
        }
    }

    fn who_is_deactivated_is_out_at_once(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        let carl = desk.contact("carl");
        ada.delete(&format!("/api/crm/users/{}", ana.id)).status(204);
        ana.get("/api/auth/me").status(401);
        ada.delete(&format!("/api/crm/contacts/{}", carl.id)).status(204);
        carl.get("/api/auth/me").status(401);
    }

    fn a_role_counts_from_the_next_request(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        let id = ana.opens(json!({ "subject": "s" }));
        ada.put(&format!("/api/crm/users/{}", ana.id), json!({ "role": "viewer" })).ok();
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "subject": "t" })).status(403);
        ada.put(&format!("/api/crm/users/{}", ana.id), json!({ "role": "manager" })).ok();
        ana.delete(&format!("/api/crm/cases/{id}")).status(204);
    }
}
