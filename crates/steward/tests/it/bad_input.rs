//! Bad input: a clear 4xx that names the field, and nothing half-written.

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::{Client, Reply};
use crate::desk::Desk;

/// Sends bytes that are said to be JSON.
fn raw(client: &Client, method: Method, path: &str, body: impl Into<Vec<u8>>) -> Reply {
    client.ask(method, path).bytes(body).header("content-type", "application/json").send()
}

/// Ids of one thing of each kind: those that are there, and those that were deleted.
struct Things {
    ada: Client,
    case: i64,
    account: i64,
    contact: i64,
    user: i64,
    team: i64,
    comment: i64,
}

fn things(desk: &Desk) -> Things {
    let ada = desk.admin();
    let case = ada.opens(json!({ "subject": "s" }));
    let carl = desk.contact("carl");
    let team = ada.post("/api/crm/teams", json!({ "team_name": "t" })).created()["team"]["team_id"]
        .as_i64()
        .unwrap();
    let comment = ada.comments(case, json!({ "comment_text": "c" }));
    Things {
        case,
        account: desk.account("a"),
        contact: carl.id,
        user: desk.agent("ana").id,
        team,
        comment,
        ada,
    }
}

impl Things {
    /// Each route that takes a body, with one that it takes.
    fn bodies(&self) -> Vec<(Method, String, Value)> {
        let case = format!("/api/crm/cases/{}", self.case);
        vec![
            (Method::POST, "/api/crm/cases".into(), json!({ "subject": "s" })),
            (Method::PUT, case.clone(), json!({ "subject": "t" })),
            (Method::PUT, format!("{case}/status"), json!({ "status": "open" })),
            (Method::POST, format!("{case}/comments"), json!({ "comment_text": "c" })),
            (Method::PUT, format!("{case}/comments/{}", self.comment), json!({ "comment_text": "d" })),
            (Method::POST, format!("{case}/merge"), json!({ "into_case_id": 2 })),
            (Method::POST, "/api/crm/cases/bulk".into(), json!({ "case_ids": [1] })),
            (
                Method::POST,
                "/api/crm/case-types".into(),
                json!({ "type_name": "n", "type_code": "c", "default_priority": 1 }),
            ),
            (Method::PUT, "/api/crm/case-types/1".into(), json!({ "type_name": "n" })),
            (
                Method::POST,
                "/api/crm/case-priorities".into(),
                json!({
                    "priority_name": "n", "priority_level": 5, "response_time_hours": 1, "resolution_time_hours": 2
                }),
            ),
            (Method::PUT, "/api/crm/case-priorities/1".into(), json!({ "priority_name": "n" })),
            (Method::POST, "/api/crm/accounts".into(), json!({ "account_name": "n" })),
            (Method::PUT, format!("/api/crm/accounts/{}", self.account), json!({ "account_name": "n" })),
            (Method::POST, "/api/crm/contacts".into(), json!({ "name": "n" })),
            (Method::PUT, format!("/api/crm/contacts/{}", self.contact), json!({ "name": "n" })),
            (
                Method::POST,
                "/api/crm/users".into(),
                json!({ "name": "n", "email": "n@example.com", "role": "agent" }),
            ),
            (Method::PUT, format!("/api/crm/users/{}", self.user), json!({ "name": "n" })),
            (Method::POST, "/api/crm/teams".into(), json!({ "team_name": "n" })),
            (Method::PUT, format!("/api/crm/teams/{}", self.team), json!({ "team_name": "n" })),
            (
                Method::POST,
                "/api/crm/calendars".into(),
                json!({
                    "calendar_name": "n", "time_zone": "UTC", "holidays": [],
                    "intervals": [{ "weekday": "mon", "from": "09:00", "to": "17:00" }], "extra": []
                }),
            ),
            (Method::PUT, "/api/crm/calendars/1".into(), json!({ "calendar_name": "n", "time_zone": "UTC" })),
            (
                Method::POST,
                "/api/crm/calendars/1/try".into(),
                json!({ "start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:00:00Z", "pauses": [] }),
            ),
            (
                Method::POST,
                "/api/crm/calendars/1/holidays/import".into(),
                json!({ "ics": "BEGIN:VCALENDAR" }),
            ),
            (Method::POST, "/api/crm/tokens".into(), json!({ "user_id": self.user, "token_name": "n" })),
            (Method::POST, "/api/auth/sign-in".into(), json!({ "email": "n@example.com", "password": "p" })),
        ]
    }
}

both_engines! {
    fn unknown_fields_and_wrong_types_are_named_on_every_route(desk) {
        let things = things(desk);
        let rows = desk.rows();
        for (method, path, body) in things.bodies() {
            let mut unknown = body.clone();
            unknown["colour"] = json!("red");
            unknown["a/b~c"] = json!(1);
            let reply = things.ada.ask(method.clone(), &path).json(&unknown).send();
            reply.status(422).fault("/colour").fault("/a~1b~0c");
            for field in body.as_object().unwrap().keys() {
                for wrong in [json!({ "an": "object" }), json!([[]]), json!(1.5), json!(-1), json!(true)] {
                    if field.ends_with("_hours") && wrong == json!(1.5) {
                        continue;
                    }
                    let mut faulty = body.clone();
                    faulty[field] = wrong.clone();
                    let reply = things.ada.ask(method.clone(), &path).json(&faulty).send();
                    assert_eq!(reply.code, 422, "{field} = {wrong}: {reply:?}");
                    let pointer = format!("/{field}");
                    assert!(reply.faults().iter().any(|fault| fault.starts_with(&pointer)), "{reply:?}");
                }
            }
        }
        assert_eq!(desk.rows(), rows);
    }

    fn malformed_json_is_400_on_every_route(desk) {
        let things = things(desk);
        let rows = desk.rows();
        for (method, path, body) in things.bodies() {
            let text = body.to_string();
            for broken in [
                text[..text.len() - 1].to_owned(),
                format!("{text}{text}"),
                String::new(),
                text.replace(':', "="),
                "\u{feff}{}".into(),
            ] {
                raw(&things.ada, method.clone(), &path, broken).status(400);
            }
            raw(&things.ada, method.clone(), &path, b"{\"a\":\"\xff\xfe\"}".to_vec()).status(400);
            things
                .ada
                .ask(method, &path)
                .bytes(text)
                .header("content-type", "application/x-www-form-urlencoded")
                .send()
                .status(415);
        }
        assert_eq!(desk.rows(), rows);
    }

    fn texts_that_an_engine_cannot_store_are_refused(desk) {
        let things = things(desk);
        let rows = desk.rows();
        let case = format!("/api/crm/cases/{}", things.case);
        for (path, field) in [
            ("/api/crm/cases".to_owned(), "subject"),
            ("/api/crm/cases".into(), "description"),
            (format!("{case}/comments"), "comment_text"),
            ("/api/crm/accounts".into(), "account_name"),
            ("/api/crm/contacts".into(), "phone"),
            ("/api/crm/teams".into(), "description"),
            ("/api/crm/tokens".into(), "token_name"),
        ] {
            let nul = raw(&things.ada, Method::POST, &path, format!("{{\"{field}\":\"a\\u0000b\"}}"));
            nul.status(422).fault(&format!("/{field}"));
            // Half of a surrogate pair is no character.
            for lone in ["\\ud800", "\\udc00", "\\ud800\\ud800", "a\\udfffb"] {
                raw(&things.ada, Method::POST, &path, format!("{{\"{field}\":\"{lone}\"}}")).status(400);
            }
        }
        raw(&things.ada, Method::POST, "/api/crm/cases", "{\"subject\":\"s\",\"tags\":[\"a\\u0000\"]}")
            .status(422)
            .names(&["/tags/0"]);
        raw(&things.ada, Method::POST, "/api/crm/cases", "{\"subject\":\"s\",\"\\u0000\":1}")
            .status(422)
            .names(&["/\0"]);
        assert_eq!(desk.rows(), rows);
        // A whole pair is one character, and is kept.
        let id =
            raw(&things.ada, Method::POST, "/api/crm/cases", "{\"subject\":\"\\ud83d\\ude00 \u{10ffff}\"}")
                .created()["case"]["case_id"]
                .as_i64();
        assert_eq!(things.ada.case(id.unwrap())["subject"], "\u{1f600} \u{10ffff}");
    }

    fn sizes_have_limits(desk) {
        let ana = desk.agent("ana");
        let draft = |subject: usize, description: usize| json!({ "subject": "s".repeat(subject), "description": "d".repeat(description) });
        ana.post("/api/crm/cases", draft(500, 0)).created();
        ana.post("/api/crm/cases", draft(501, 0)).status(422).names(&["/subject"]);
        ana.post("/api/crm/cases", json!({ "subject": "ä".repeat(500) })).created();
        ana.post("/api/crm/cases", draft(1, 1_000_000)).created();
        ana.post("/api/crm/cases", draft(501, 1_000_001)).status(422).names(&["/subject", "/description"]);
        ana.post("/api/crm/cases", draft(1_900_000, 0)).status(422).names(&["/subject"]);
        for bytes in [2_000_000, 3_000_000, 7_000_000] {
            ana.post("/api/crm/cases", draft(bytes, 0)).status(413);
        }
        ana.post("/api/crm/cases/1/comments", json!({ "comment_text": "c".repeat(1_000_001) }))
            .status(422)
            .names(&["/comment_text"]);
        ana.post("/api/crm/cases/1/comments", json!({ "comment_text": "c".repeat(1_000_000) })).created();
        ana.put("/api/crm/cases/1/status", json!({ "status": "open", "status_reason": "r".repeat(2001) }))
            .status(422)
            .names(&["/status_reason"]);
        assert_eq!(desk.number("select count(*) from crm_cases"), 3);
        // The connection still answers after all that.
        ana.get("/api/crm/cases/1").ok();
    }

    fn a_refusal_before_the_body_is_read_arrives(desk) {
        let stranger = desk.stranger();
        let body = json!({ "subject": "s".repeat(1_500_000) });
        for _ in 0..20 {
            stranger.post("/api/crm/cases", body.clone()).status(401);
            stranger.post("/api/crm/nothing", body.clone()).status(404);
            stranger.ask(Method::POST, "/api/auth/sign-in").bytes(body.to_string()).send().status(415);
        }
    }

    fn an_answer_is_not_many_times_what_was_sent(desk) {
        let ana = desk.agent("ana");
        let unknown: serde_json::Map<String, Value> = (0..5_000).map(|n| (format!("x{n}"), json!(n))).collect();
        let refused = ana.post("/api/crm/cases", Value::Object(unknown));
        let told = refused.status(422).json();
        let told = told["errors"].as_array().unwrap();
        // The subject is missing besides.
        assert_eq!((told.len(), told[200]["message"].as_str()), (201, Some("and 4801 more are at fault")));
    }

    fn a_form_that_never_ends_is_not_waited_for_where_it_is_not_ours(desk) {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(desk.address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(25))).unwrap();
        stream.write_all(b"POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
            content-length: 1999999\r\n\r\nemail=a").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 403");
    }

    fn depth_has_a_limit(desk) {
        let ana = desk.agent("ana");
        let nested =
            |depth: usize| format!("{{\"subject\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        raw(&ana, Method::POST, "/api/crm/cases", nested(64)).status(422).names(&["/subject"]);
        raw(&ana, Method::POST, "/api/crm/cases", nested(65)).status(400);
        raw(&ana, Method::POST, "/api/crm/cases", nested(100_000)).status(400);
        // Brackets inside a text are none.
        ana.post("/api/crm/cases", json!({ "subject": "[".repeat(100) })).created();
    }

    fn numbers_and_times_out_of_range_are_named(desk) {
        let ada = desk.admin();
        for odd in ["0", "-1", "1.5", "1e3", "\"1\"", "9223372036854775808", "1e400", "true", "[]"] {
            let reply = raw(
                &ada,
                Method::POST,
                "/api/crm/cases",
                format!("{{\"subject\":\"s\",\"owner_id\":{odd}}}"),
            );
            assert!(
                (reply.code == 422 && reply.faults() == ["/owner_id"])
                    || (reply.code == 400 && odd == "1e400"),
                "{odd}: {reply:?}"
            );
        }
        ada.post("/api/crm/cases", json!({ "subject": "s", "owner_id": i64::MAX }))
            .status(422)
            .names(&["/owner_id"]);
        let user = desk.agent("ana").id;
        for odd in [
            "+300000-01-01T00:00:00Z",
            "300000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-02",
            "tomorrow",
            "2026-03-02T25:00:00Z",
            "",
        ] {
            ada.post("/api/crm/tokens", json!({ "user_id": user, "token_name": "t", "expires_at": odd }))
                .status(422)
                .names(&["/expires_at"]);
            for filter in
                ["created_from", "created_to", "updated_since", "resolved_from", "resolved_to", "due_before"]
            {
                let text = odd.replace('+', "%2B");
                ada.get(&format!("/api/crm/cases?{filter}={text}")).status(400).names(&[filter]);
            }
        }
        for extreme in ["0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z", "2026-03-02T10:00:00%2B02:00"] {
            ada.get(&format!("/api/crm/cases?created_from={extreme}&due_before={extreme}")).ok();
        }
        ada.post("/api/crm/case-priorities", json!({
            "priority_name": "n", "priority_level": 101, "response_time_hours": 0, "resolution_time_hours": -1
        }))
        .status(422)
        .names(&["/priority_level", "/response_time_hours", "/resolution_time_hours"]);
    }

    fn what_was_deleted_cannot_be_named(desk) {
        let things = things(desk);
        let ada = &things.ada;
        let case = ada.opens(json!({ "subject": "s" }));
        let parent = ada.opens(json!({ "subject": "p" }));
        for path in [
            format!("accounts/{}", things.account),
            format!("contacts/{}", things.contact),
            format!("users/{}", things.user),
            format!("teams/{}", things.team),
            format!("cases/{parent}"),
            "case-types/6".into(),
            "case-priorities/4".into(),
        ] {
            ada.delete(&format!("/api/crm/{path}")).status(204);
            ada.get(&format!("/api/crm/{path}")).status(404);
        }
        let rows = desk.rows();
        let named = json!({
            "account_id": things.account, "contact_id": things.contact, "owner_id": things.user, "team_id": things.team,
            "case_type_id": 6, "priority_id": 4
        });
        let fields = ["/account_id", "/contact_id", "/owner_id", "/team_id", "/case_type_id", "/priority_id"];
        let mut draft = named.clone();
        draft["subject"] = json!("s");
        ada.post("/api/crm/cases", draft).status(422).names(&fields);
        ada.put(&format!("/api/crm/cases/{case}"), named).status(422).names(&fields);
        ada.post("/api/crm/cases", json!({ "subject": "s", "parent_case_id": parent }))
            .status(422)
            .names(&["/parent_case_id"]);
        ada.put(&format!("/api/crm/cases/{case}"), json!({ "parent_case_id": parent }))
            .status(422)
            .names(&["/parent_case_id"]);
        ada.post(&format!("/api/crm/cases/{case}/merge"), json!({ "into_case_id": parent }))
            .status(422)
            .names(&["/into_case_id"]);
        ada.put(
            &format!("/api/crm/cases/{case}/status"),
            json!({ "status": "open", "owner_id": things.user }),
        )
        .status(422)
        .names(&["/owner_id"]);
        ada.post(
            &format!("/api/crm/cases/{case}/comments"),
            json!({ "comment_text": "c", "created_by": things.user }),
        )
        .status(422)
        .names(&["/created_by"]);
        ada.post("/api/crm/contacts", json!({ "name": "n", "account_id": things.account }))
            .status(422)
            .names(&["/account_id"]);
        ada.post("/api/crm/tokens", json!({ "user_id": things.user, "token_name": "n" }))
            .status(422)
            .names(&["/user_id"]);
        ada.post("/api/crm/tokens", json!({ "contact_id": things.contact, "token_name": "n" }))
            .status(422)
            .names(&["/contact_id"]);
        ada.post("/api/crm/teams", json!({ "team_name": "n", "member_ids": [things.user, 999] }))
            .status(422)
            .names(&["/member_ids/0", "/member_ids/1"]);
        ada.post("/api/crm/case-types", json!({ "type_name": "n", "type_code": "c", "default_priority": 4 }))
            .status(422)
            .names(&["/default_priority"]);
        assert_eq!(desk.rows(), rows);
    }
}
