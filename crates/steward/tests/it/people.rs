//! Accounts, contacts, users, teams; signing in; the audit trail; erasure (spec 2, 3).

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::Client;

fn ids(client: &Client, path: &str, list: &str, id: &str) -> Vec<i64> {
    client.get(path).ok()[list].as_array().unwrap().iter().map(|thing| thing[id].as_i64().unwrap()).collect()
}

both_engines! {
    fn an_address_is_anybodys_once(desk) {
        let ada = desk.admin();
        let contact =
            |name: &str, email: &str| ada.post("/api/crm/contacts", json!({ "name": name, "email": email }));
        let first = contact("Ana", "Ana.Müller@Example.COM").created()["contact"].clone();
        assert_eq!(first["email"], "Ana.Müller@Example.COM");
        for same in ["ana.müller@example.com", "ANA.MÜLLER@EXAMPLE.COM", "ana.mu\u{308}ller@example.com"] {
            contact("Other", same).status(422).names(&["/email"]);
        }
        let other = contact("Bea", "bea@example.com").created()["contact"]["contact_id"].as_i64().unwrap();
        ada.put(&format!("/api/crm/contacts/{other}"), json!({ "email": "ana.müller@example.com" }))
            .status(422)
            .names(&["/email"]);
        ada.put(&format!("/api/crm/contacts/{other}"), json!({ "email": "BEA@example.com" })).ok();
        // Whoever is deleted leaves their address; coming back, they find it taken.
        let path = format!("/api/crm/contacts/{}", first["contact_id"]);
        ada.delete(&path).status(204);
        contact("Again", "ana.müller@example.com").created();
        ada.post(&format!("{path}/restoration"), json!({})).status(409);
        for odd in ["", "ana", "@example.com", "ana@", "a b@example.com", "ana@example.com,bea@example.com"] {
            contact("Odd", odd).status(422).names(&["/email"]);
        }
        let user =
            |email: &str| ada.post("/api/crm/users", json!({ "name": "n", "email": email, "role": "agent" }));
        user("Straße@example.com").created();
        user("STRASSE@example.com").status(422).names(&["/email"]);
    }

    fn racing_for_one_address_leaves_one_winner(desk) {
        let ada = desk.admin();
        let mut codes: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|n| {
                    let ada = &ada;
                    scope.spawn(move || {
                        ada.post(
                            "/api/crm/contacts",
                            json!({ "name": format!("n{n}"), "email": "one@example.com" }),
                        )
                        .code
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        codes.sort_unstable();
        assert_eq!(codes, [201, 422, 422, 422, 422, 422]);
    }

    fn people_are_found_by_the_beginning_of_their_name(desk) {
        let ana = desk.agent("ana");
        let mut made = Vec::new();
        for (name, email) in [
            ("Émile Zola", "zola@example.com"),
            ("emilia", "e@example.com"),
            ("Zoë", "emil@example.com"),
            ("100% Proof_", "p@example.com"),
        ] {
            let contact = ana.post("/api/crm/contacts", json!({ "name": name, "email": email })).created();
            made.push(contact["contact"]["contact_id"].as_i64().unwrap());
        }
        let find = |text: &str| {
            ids(
                &ana,
                &format!(
                    "/api/crm/contacts?search={}",
                    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                ),
                "contacts",
                "contact_id",
            )
        };
        assert_eq!(find("EMIL"), [made[1], made[2]]);
        assert_eq!(find("émile"), [made[0]]);
        assert_eq!(find("zola@"), [made[0]]);
        assert_eq!(find("100%"), [made[3]]);
        assert_eq!(find("ZOLA"), [made[0]], "a surname");
        for none in ["%", "_", "mil", "'", "\\", "\0x"] {
            assert_eq!(find(none), [0i64; 0], "{none:?}");
        }
        let account = desk.account("Übung GmbH");
        assert_eq!(ids(&ana, "/api/crm/accounts?search=%C3%BCbung", "accounts", "account_id"), [account]);
    }

    fn lists_of_people_walk_by_cursor(desk) {
        let ada = desk.admin();
        for n in 0..7 {
            desk.contact(["b", "a", "C"][n % 3]);
            desk.user(&format!("user {}", n % 2), steward::people::Role::Viewer);
            ada.post("/api/crm/teams", json!({ "team_name": format!("team {n}") })).created();
        }
        for (path, list, id) in [
            ("contacts", "contacts", "contact_id"),
            ("accounts", "accounts", "account_id"),
            ("users", "users", "user_id"),
            ("teams", "teams", "team_id"),
            ("tokens", "tokens", "token_id"),
            ("audit-events", "audit_events", "audit_id"),
        ] {
            let whole = ids(&ada, &format!("/api/crm/{path}?limit=200"), list, id);
            assert!(whole.len() >= 7, "{path}");
            let pages: Vec<i64> = (1..=whole.len().div_ceil(2))
                .flat_map(|page| ids(&ada, &format!("/api/crm/{path}?limit=2&page={page}"), list, id))
                .collect();
            assert_eq!(pages, whole, "{path}");
            let (mut walked, mut query) = (Vec::new(), format!("/api/crm/{path}?limit=2"));
            loop {
                let page = ada.get(&query).ok();
                assert_eq!(page["pagination"]["total"], whole.len(), "{path}");
                walked.extend(page[list].as_array().unwrap().iter().map(|thing| thing[id].as_i64().unwrap()));
                match page["pagination"]["next_cursor"].as_str() {
                    Some(cursor) => query = format!("/api/crm/{path}?limit=2&cursor={cursor}"),
                    None => break,
                }
            }
            assert_eq!(walked, whole, "{path}");
        }
    }

    fn teams_have_members(desk) {
        let (mia, ana, bea) = (desk.manager("mia"), desk.agent("ana"), desk.agent("bea"));
        let team = mia
            .post("/api/crm/teams", json!({ "team_name": "First", "member_ids": [bea.id, ana.id, ana.id] }))
            .created()["team"]
            .clone();
        let members = |team: &Value| {
            team["members"]
                .as_array()
                .unwrap()
                .iter()
                .map(|member| member["user_id"].as_i64().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(members(&team), [ana.id, bea.id]);
        let path = format!("/api/crm/teams/{}", team["team_id"]);
        mia.put(&path, json!({ "member_ids": [bea.id] })).ok();
        assert_eq!(members(&ana.get(&path).ok()["team"]), [bea.id]);
        assert_eq!(
            ids(&ana, &format!("/api/crm/users?team_id={}", team["team_id"]), "users", "user_id"),
            [bea.id]
        );
        mia.post("/api/crm/teams", json!({ "team_name": "FIRST" })).status(422).names(&["/team_name"]);
        desk.admin().delete(&format!("/api/crm/users/{}", bea.id)).status(204);
        assert_eq!(members(&ana.get(&path).ok()["team"]), [0i64; 0]);
    }

    fn signing_in_and_out(desk) {
        let ada = desk.admin();
        let draft = json!({ "name": "Ana", "email": "Ana@example.com", "role": "agent", "password": "correct horse" });
        let user = ada.post("/api/crm/users", draft).created()["user"].clone();
        assert_eq!(
            (&user["has_password"], user.get("password"), user.get("password_hash")),
            (&json!(true), None, None)
        );
        let stranger = desk.stranger();
        let sign_in = |email: &str, password: &str| {
            stranger.post("/api/auth/sign-in", json!({ "email": email, "password": password }))
        };
        let signed = sign_in(" ANA@example.com", "correct horse").ok();
        assert_eq!(signed["expires_at"], "2026-03-02T21:00:00.000Z");
        let ana = desk.bearer(signed["token"].as_str().unwrap());
        assert_eq!(ana.get("/api/auth/me").ok()["user"]["name"], "Ana");
        let wrong = sign_in("ana@example.com", "wrong horse").status(401).json();
        assert_eq!(sign_in("nobody@example.com", "correct horse").status(401).json(), wrong);
        assert_eq!(sign_in("", "").status(401).json(), wrong);
        ana.post("/api/auth/sign-out", json!({})).status(204);
        ana.get("/api/auth/me").status(401);
        // A new password ends what was signed in to with the old one.
        let again = desk.bearer(sign_in("ana@example.com", "correct horse").ok()["token"].as_str().unwrap());
        ada.put(&format!("/api/crm/users/{}", user["user_id"]), json!({ "password": "battery staple" })).ok();
        again.get("/api/auth/me").status(401);
        sign_in("ana@example.com", "correct horse").status(401);
        let last = desk.bearer(sign_in("ana@example.com", "battery staple").ok()["token"].as_str().unwrap());
        desk.later(12 * 60);
        last.get("/api/auth/me").status(401);
        ada.put(&format!("/api/crm/users/{}", user["user_id"]), json!({ "password": "short" }))
            .status(422)
            .names(&["/password"]);
    }

    fn guessing_slows_down(desk) {
        let stranger = desk.stranger();
        let guess = || {
            stranger.post(
                "/api/auth/sign-in",
                json!({ "email": format!("{}@example.com", fastrand::u32(..)), "password": "p" }),
            )
        };
        for _ in 0..10 {
            guess().status(401);
        }
        let refused = guess();
        refused.status(429);
        let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        desk.later(1);
        guess().status(401);
    }

    fn the_last_admin_stays(desk) {
        let ada = desk.admin();
        let path = format!("/api/crm/users/{}", ada.id);
        ada.delete(&path).status(409);
        ada.put(&path, json!({ "role": "agent" })).status(409);
        let other = desk.admin();
        // Two who remove each other at once: one of them stays.
        std::thread::scope(|scope| {
            scope.spawn(|| ada.delete(&format!("/api/crm/users/{}", other.id)));
            scope.spawn(|| other.delete(&path));
        });
        assert_eq!(desk.number("select count(*) from crm_users where role = 'admin' and is_active"), 1);
    }

    fn changes_of_people_and_configuration_are_audited(desk) {
        let ada = desk.admin();
        let made = ada.post("/api/crm/accounts", json!({ "account_name": "secret name" })).created();
        let account = &made["account"]["account_id"];
        ada.put(
            &format!("/api/crm/accounts/{account}"),
            json!({ "account_name": "new name", "account_tier": "premium" }),
        )
        .ok();
        ada.put(&format!("/api/crm/accounts/{account}"), json!({ "account_name": "new name" })).ok();
        ada.delete(&format!("/api/crm/accounts/{account}")).status(204);
        ada.post(&format!("/api/crm/accounts/{account}/restoration"), json!({})).ok();
        let path = format!("/api/crm/audit-events?subject=account&subject_id={account}");
        let trail = ada.get(&path).ok()["audit_events"].clone();
        let kinds: Vec<&str> =
            trail.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["restored", "deleted", "updated", "created"]);
        assert!(trail.as_array().unwrap().iter().all(|event| event["actor_id"] == ada.id));
        assert_eq!(trail[2]["data"]["fields"], json!(["account_name", "account_tier"]));
        assert!(!trail.to_string().contains("secret name"));
        ada.put("/api/crm/case-types/1", json!({ "type_name": "Bug" })).ok();
        assert_eq!(ada.get("/api/crm/audit-events?limit=1").ok()["audit_events"][0]["subject"], "case_type");
        // The database itself refuses to change what was.
        let refused =
            desk.app.db.write_blocking(|tx| tx.execute("update crm_audit_events set kind = 'x'", &[]));
        assert!(matches!(refused, Err(db::Error::Raised(_))), "{refused:?}");
        for sql in ["delete from crm_case_events", "update crm_case_events set kind = 'x'"] {
            ada.opens(json!({ "subject": "s" }));
            let refused = desk.app.db.write_blocking(move |tx| tx.execute(sql, &[]));
            assert!(matches!(refused, Err(db::Error::Raised(_))), "{sql}: {refused:?}");
        }
    }

    fn an_erased_person_is_nowhere(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        let carl = desk.contact("Zacharias");
        let dora = desk.contact("dora");
        let email = desk
            .texts("select email from crm_contacts where contact_id = $1", vec![carl.id.into()])
            .remove(0);
        let id = carl
            .ask(Method::POST, "/api/crm/cases")
            .header("idempotency-key", "k")
            .json(&json!({ "subject": "xylophone one", "description": "xylophone two" }))
            .send()
            .created()["case"]["case_id"]
            .as_i64()
            .unwrap();
        carl.comments(id, json!({ "comment_text": "xylophone three" }));
        let comment = ana.comments(id, json!({ "comment_text": "dear xylophone four", "is_internal": true }));
        ana.put(
            &format!("/api/crm/cases/{id}/comments/{comment}"),
            json!({ "comment_text": "xylophone five" }),
        )
        .ok();
        ana.put(
            &format!("/api/crm/cases/{id}"),
            json!({ "subject": "xylophone six", "tags": ["xylophone"] }),
        )
        .ok();
        ana.put(
            &format!("/api/crm/cases/{id}/status"),
            json!({ "status": "pending", "status_reason": "xylophone seven" }),
        )
        .ok();
        let other = dora.opens(json!({ "subject": "hers" }));
        let duplicate = carl.opens(json!({ "subject": "xylophone eight", "description": "xylophone nine" }));
        ana.post(&format!("/api/crm/cases/{duplicate}/merge"), json!({ "into_case_id": other })).ok();
        assert!(!ana.ids("?search=xylophone").is_empty());
        ana.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(403);
        desk.manager("mia").delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(403);
        let events = desk.number("select count(*) from crm_case_events");
        ada.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(204);
        carl.get("/api/auth/me").status(401);
        assert_eq!(ana.ids("?search=xylophone"), [0i64; 0]);
        assert_eq!(desk.number("select count(*) from crm_case_events"), events, "the history stays whole");
        // In no column of no table.
        for (table, column) in text_columns(desk) {
            for trace in ["xylophone", "Zacharias", &email] {
                let found = desk.texts(
                    &format!(
                        "select '{table}.{column}' from {table} where lower(cast({column} as text)) like $1 limit 1"
                    ),
                    vec![format!("%{}%", trace.to_lowercase()).into()],
                );
                // The account is the firm's, not the person's.
                assert!(found.is_empty() || table == "crm_accounts", "{trace} is in {found:?}");
            }
        }
        ada.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(404);
        ada.post(&format!("/api/crm/contacts/{}/restoration", carl.id), json!({})).status(404);
        assert_eq!(ana.case(other)["subject"], "hers");
        let refused =
            desk.app.db.write_blocking(move |tx| tx.execute("update crm_case_events set data = '{}'", &[]));
        assert!(matches!(refused, Err(db::Error::Raised(_))), "{refused:?}");
    }

    fn erasure_follows_words_through_merges_and_hand_overs(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        let (carl, dora, eve) = (desk.contact("Zacharias"), desk.contact("dora"), desk.contact("eve"));
        let merge = |from: i64, into: i64| ana.post(&format!("/api/crm/cases/{from}/merge"), json!({ "into_case_id": into })).ok();
        let first = carl.opens(json!({ "subject": "s" }));
        ana.comments(first, json!({ "comment_text": "dear xylophone", "is_internal": true }));
        desk.execute(&format!("insert into crm_case_attachments (case_id, file_name, file_path, file_size, mime_type)
            values ({first}, 'xylophone.png', 'x', 1, 'image/png')"));
        let (second, third) = (dora.opens(json!({ "subject": "hers" })), eve.opens(json!({ "subject": "last" })));
        dora.comments(second, json!({ "comment_text": "dora stays" }));
        merge(first, second);
        merge(second, third);
        // Once carl's, then dora's.
        let handed = carl.opens(json!({ "subject": "xylophone" }));
        ana.put(&format!("/api/crm/cases/{handed}"), json!({ "contact_id": dora.id })).ok();
        let mention = ana.ask(Method::PUT, &format!("/api/crm/cases/{third}"));
        mention.json(&json!({ "subject": "kept" })).send().ok();
        ada.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(204);
        assert_eq!(ana.ids("?search=xylophone"), [0i64; 0]);
        for sql in ["select comment_text from crm_case_comments where comment_text like '%xylo%'",
            "select file_name from crm_case_attachments where file_name like '%xylo%'",
            "select subject from crm_cases where subject like '%xylo%'"] {
            assert_eq!(desk.texts(sql, vec![]), [""; 0]);
        }
        assert_eq!(desk.number("select count(*) from crm_case_comments where comment_text = 'dora stays'"), 1);
        assert_eq!(ana.case(third)["subject"], "kept");
    }

    fn erasure_leaves_answers_about_others(desk) {
        let ada = desk.admin();
        let contact = |email: &str| {
            let asked = ada.ask(Method::POST, "/api/crm/contacts").header("idempotency-key", email);
            asked.json(&json!({ "name": "n", "email": email })).send().created()["contact"]["contact_id"].clone()
        };
        let ana = contact("ana@example.com");
        for other in ["joana@example.com", "ana@example.com.au"] {
            contact(other);
        }
        ada.delete(&format!("/api/crm/contacts/{ana}?erase=true")).status(204);
        let told = desk.texts("select idempotency_key from crm_idempotency_keys where status = 201 order by 1", vec![]);
        assert_eq!(told, ["ana@example.com.au", "joana@example.com"]);
    }

    fn a_new_password_is_a_change_of_the_user(desk) {
        let ada = desk.admin();
        desk.user("ana", steward::people::Role::Agent);
        let email = desk.texts("select email from crm_users where name = 'ana'", vec![]).remove(0);
        let before = desk.number("select edit_version from crm_users where name = 'ana'");
        desk.later(5);
        let hash = steward::people::commands::hash("correct horse").unwrap();
        desk.write(move |work| steward::people::commands::set_password(work, &email, Some(&hash)));
        assert_eq!(desk.number("select edit_version from crm_users where name = 'ana'"), before + 1);
        let users = ada.get("/api/crm/users?search=ana").ok();
        assert_eq!(users["users"][0]["updated_at"], "2026-03-02T09:05:00.000Z");
    }

    fn changes_of_types_and_priorities_name_their_fields(desk) {
        let (ada, mia) = (desk.admin(), desk.manager("mia"));
        for (path, name, subject) in [("/api/crm/case-types/1", "type_name", "case_type"), ("/api/crm/case-priorities/1", "priority_name", "priority")] {
            mia.put(path, json!({ name: "Renamed", "color": "red" })).ok();
            let tag = mia.get(path).etag().to_owned();
            mia.put(path, json!({ name: "Renamed" })).ok();
            assert_eq!(mia.get(path).etag(), tag, "an edit of nothing leaves a trace");
            let trail = ada.get(&format!("/api/crm/audit-events?subject={subject}&subject_id=1")).ok()["audit_events"].clone();
            assert_eq!(trail.as_array().unwrap().len(), 1);
            assert_eq!((&trail[0]["kind"], &trail[0]["data"]["fields"]), (&json!("updated"), &json!([name, "color"])));
        }
    }

    fn racing_for_one_name_leaves_one_winner(desk) {
        let mia = desk.manager("mia");
        let priority = json!({ "priority_name": "One", "priority_level": 9, "response_time_hours": 1, "resolution_time_hours": 2 });
        let kind = json!({ "type_name": "One", "type_code": "one", "default_priority": 1 });
        for (path, draft) in [("/api/crm/case-priorities", &priority), ("/api/crm/case-types", &kind)] {
            let mut codes: Vec<u16> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| mia.post(path, draft.clone()).code)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            codes.sort_unstable();
            assert_eq!(codes, [201, 422, 422, 422], "{path}");
        }
    }

    fn the_first_admin_is_made_only_where_there_is_none(desk) {
        let secret = steward::people::tokens::generate().unwrap();
        let kept = secret.clone();
        assert!(desk.write(move |work| steward::people::commands::first_admin(work, &kept)));
        let first = desk.bearer(&secret);
        first.get("/api/auth/me").ok();
        desk.later(7 * 24 * 60);
        first.get("/api/auth/me").status(401);
        desk.execute("delete from crm_settings where name = 'first_admin'");
        assert!(!desk.write(|work| steward::people::commands::first_admin(work, "other")));
    }
}

/// Every column of ours that holds text or JSON.
fn text_columns(desk: &crate::desk::Desk) -> Vec<(String, String)> {
    let sql = match desk.engine {
        crate::place::Engine::Sqlite => {
            "select t.name || ' ' || c.name from sqlite_master t, pragma_table_info(t.name) c
             where t.type = 'table' and t.name like 'crm%' and t.name not like 'crm_case_fts%'
                 and lower(c.type) in ('text', 'blob')"
        }
        crate::place::Engine::Postgres => {
            "select table_name || ' ' || column_name from information_schema.columns
             where table_schema = 'public' and table_name like 'crm%'
                 and data_type in ('text', 'jsonb', 'tsvector')"
        }
    };
    let columns = desk.texts(sql, vec![]);
    assert!(columns.len() > 50);
    columns
        .iter()
        .map(|pair| pair.split_once(' ').map(|(table, column)| (table.into(), column.into())).unwrap())
        .collect()
}
