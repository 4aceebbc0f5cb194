//! Outbound mail against a real mail server: sent once, whatever goes wrong, and never twice by itself.

use serde_json::{Value, json};
use steward::config::SmtpSecurity;
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;
use crate::place::Engine;
use crate::post::{Post, header, link};

fn desk_with(engine: Engine, post: &Post) -> Desk {
    Desk::with(engine, |config| post.settings(config), None)
}

/// A case of this customer that is closed, and an hour later: survey 1 invites.
fn closes(desk: &Desk, contact: &Client, subject: &str) -> i64 {
    let ana = desk.agent("ana");
    let id = contact.opens(json!({ "subject": subject }));
    ana.sets(id, "resolved").ok();
    ana.sets(id, "closed").ok();
    desk.tick().later(60).tick();
    id
}

/// The only message, as an admin sees it.
fn only(admin: &Client) -> Value {
    let list = admin.get("/api/crm/outbound-messages").ok();
    assert_eq!(list["outbound_messages"].as_array().unwrap().len(), 1, "{list}");
    let id = list["outbound_messages"][0]["outbound_message_id"].as_i64().unwrap();
    admin.get(&format!("/api/crm/outbound-messages/{id}")).ok()["outbound_message"].clone()
}

fn retry(admin: &Client, message: &Value) -> crate::client::Reply {
    admin.post(&format!("/api/crm/outbound-messages/{}/retry", message["outbound_message_id"]), json!({}))
}

each_engine! {
    fn a_message_goes_out_with_its_headers_and_secret_links(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        desk.execute("update crm_contacts set name = 'Çarl, the \"Great\" <x@y>'");
        closes(&desk, &carl, "Printer <b>on</b> fire & smoke");
        assert_eq!(only(&admin)["state"], "queued");
        desk.post();
        let message = only(&admin);
        assert_eq!((&message["state"], &message["attempts"]), (&json!("sent"), &json!(1)), "{message}");
        assert!(message["last_answer"].as_str().unwrap().starts_with("250 "), "{message}");
        let mails = post.mails();
        assert_eq!(mails.len(), 1);
        let mail = &mails[0];
        assert_eq!(mail["from"], "support@acme.example");
        assert_eq!(header(mail, "subject"), "How did we do? CASE-000001");
        assert_eq!(header(mail, "message-id"), message["message_id"]);
        assert_eq!(header(mail, "auto-submitted"), "auto-generated");
        assert!(header(mail, "message-id").ends_with("@acme.example>"));
        let stop = link(mail, "unsubscribe");
        assert_eq!(header(mail, "list-unsubscribe"), format!("<https://help.acme.example/unsubscribe/{stop}>"));
        assert_eq!(header(mail, "list-unsubscribe-post"), "List-Unsubscribe=One-Click");
        let (text, html) = (mail["text"].as_str().unwrap(), mail["html"].as_str().unwrap());
        assert!(text.contains("“Printer <b>on</b> fire & smoke”"), "{text}");
        assert!(html.contains("Printer &#60;b&#62;on&#60;/b&#62; fire &#38; smoke"), "{html}");
        let survey = link(mail, "survey");
        assert!(html.contains(&format!("https://help.acme.example/survey/{survey}?answer=5")), "{html}");
        // What is stored knows no secret.
        let stored = message.to_string();
        assert!(!stored.contains(&survey) && !stored.contains(&stop), "{stored}");
        assert!(message["text_body"].as_str().unwrap().contains("[survey-link]"));
    }

    fn what_is_refused_for_now_is_tried_again_and_sent_once(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        post.will(json!([
            { "at": "connect", "do": "554" }, { "at": "connect", "do": "drop" },
            { "at": "ehlo", "do": "drop" }, { "at": "mail", "do": "451" }, { "at": "mail", "do": "drop" },
            { "at": "rcpt", "do": "450" }, { "at": "rcpt", "do": "drop" }, { "at": "rcpt", "do": "hang" },
            { "at": "data", "do": "451" }, { "at": "data", "do": "drop" }, { "at": "body", "do": "452" },
        ]));
        closes(&desk, &carl, "s");
        for attempt in 1..=11 {
            desk.post();
            let message = only(&admin);
            assert_eq!(message["state"], "queued", "{message}");
            assert_eq!(message["attempts"], attempt, "{message}");
            assert_ne!(message["last_answer"], Value::Null, "{message}");
            // Not before its time.
            desk.post();
            assert_eq!(only(&admin)["attempts"], attempt);
            desk.later(4 * 60);
        }
        desk.post();
        let message = only(&admin);
        assert_eq!((&message["state"], &message["attempts"]), (&json!("sent"), &json!(12)), "{message}");
        assert_eq!((post.mails().len(), post.lost().len()), (1, 0));
        assert_eq!(header(&post.mails()[0], "message-id"), message["message_id"]);
        desk.later(600).post();
        assert_eq!(post.mails().len(), 1);
    }

    fn what_is_refused_for_good_is_dead_at_once_until_an_admin_retries(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        closes(&desk, &carl, "s");
        for (number, stage) in ["mail", "rcpt", "data", "body"].into_iter().enumerate() {
            post.will(json!([{ "at": stage, "do": "550" }]));
            desk.post().later(600).post();
            let message = only(&admin);
            assert_eq!((&message["state"], &message["attempts"]), (&json!("dead"), &json!(1)), "{stage}: {message}");
            assert!(message["last_answer"].as_str().unwrap().contains("550"), "{message}");
            let dead = admin.get("/api/crm/outbound-messages?state=dead,held").ok();
            assert_eq!(dead["pagination"]["total"], 1, "{number}");
            retry(&admin, &message).ok();
        }
        desk.post();
        assert_eq!(only(&admin)["state"], "sent");
        assert_eq!(post.mails().len(), 1);
        retry(&admin, &only(&admin)).status(409).says("sent");
    }

    fn a_message_that_nobody_takes_dies_after_two_days(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        post.will(json!([{ "at": "rcpt", "do": "450", "times": 1000 }]));
        closes(&desk, &carl, "s");
        let began = desk.clock.now();
        while only(&admin)["state"] == "queued" {
            desk.post().later(30);
        }
        let message = only(&admin);
        assert_eq!((&message["state"], &message["attempts"]), (&json!("dead"), &json!(20)), "{message}");
        let hours = desk.clock.now().minutes_since(began) / 60;
        assert!((40..60).contains(&hours), "{hours} hours");
        assert_eq!(desk.number("select count(*) from crm_jobs where state = 'waiting' and lane = 'outside'"), 0);
    }

    fn a_silence_after_the_text_is_unknown_and_not_sent_again(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        closes(&desk, &carl, "s");
        for what in ["drop", "hang"] {
            post.will(json!([{ "at": "body", "do": what }]));
            desk.post().later(600).post();
            let message = only(&admin);
            assert_eq!(message["state"], "unknown", "{message}");
            assert!(message["last_answer"].as_str().unwrap().contains("after the text"), "{message}");
            assert_eq!(post.mails().len(), 0);
            retry(&admin, &message).ok();
        }
        // One that answers and goes without a word has taken it.
        post.will(json!([{ "at": "after", "do": "drop" }]));
        desk.post();
        assert_eq!(only(&admin)["state"], "sent");
        assert_eq!((post.mails().len(), post.lost().len()), (1, 2));
        let ids: std::collections::BTreeSet<String> =
            post.mails().iter().chain(&post.lost()).map(|mail| header(mail, "message-id")).collect();
        assert_eq!(ids.len(), 1, "one message is one, however often it is handed over");
    }

    fn a_node_that_died_while_handing_over_leaves_it_unknown(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        closes(&desk, &carl, "s");
        // As it stands when a node ended between marking and writing down what came of it.
        desk.execute(
            "update crm_outbound_messages set state = 'sending', attempts = 1;
             update crm_jobs set attempts = 1, lease_token = 7, leased_until = '2020-01-01T00:00:00.000Z'
             where lane = 'outside'",
        );
        desk.post();
        assert_eq!((&only(&admin)["state"], post.mails().len()), (&json!("unknown"), 0));
        // Another that still holds the lease is left alone.
        retry(&admin, &only(&admin)).ok();
        desk.execute("update crm_jobs set leased_until = '2999-01-01T00:00:00.000Z' where lane = 'outside'");
        desk.post();
        assert_eq!((&only(&admin)["state"], post.mails().len()), (&json!("queued"), 0));
    }

    fn tls_and_a_password_are_used_where_they_are_set(engine) {
        for (option, security) in [("--starttls", SmtpSecurity::StartTls), ("--tls", SmtpSecurity::Tls)] {
            let post = Post::start(&[option, "--auth", "desk:secret"]);
            let with = |change: fn(&mut steward::Config)| {
                let settings = |config: &mut steward::Config| {
                    post.secure_settings(config, security);
                    config.smtp_user = "desk".into();
                    config.smtp_password = "secret".into();
                    change(config);
                };
                let desk = Desk::with(engine, settings, None);
                let (admin, carl) = (desk.admin(), desk.contact("carl"));
                closes(&desk, &carl, "s");
                desk.post();
                let message = only(&admin);
                (message["state"].as_str().unwrap().to_owned(), message["last_answer"].to_string())
            };
            assert_eq!(with(|_| {}).0, "sent");
            let (state, said) = with(|config| config.smtp_password = "wrong".into());
            assert_eq!(state, "queued", "a wrong password is the desk's fault, not the message's: {said}");
            assert!(said.contains("signing in") && !said.contains("wrong"), "{said}");
            let (state, said) = with(|config| config.smtp_ca_file = Default::default());
            assert_eq!(state, "queued", "a certificate that nobody vouches for: {said}");
            assert!(said.to_lowercase().contains("cert"), "{said}");
            assert_eq!(post.mails().len(), 1);
        }
        // A server without STARTTLS is not spoken to in the open.
        let post = Post::start(&[]);
        let settings = |config: &mut steward::Config| {
            post.settings(config);
            config.smtp_security = SmtpSecurity::StartTls;
        };
        let desk = Desk::with(engine, settings, None);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        closes(&desk, &carl, "s");
        desk.post();
        assert_eq!((&only(&admin)["state"], post.mails().len()), (&json!("queued"), 0));
    }

    fn no_name_makes_a_header(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        // Only plain SQL can write such a name.
        desk.execute("update crm_contacts set name = 'carl
Bcc: victim@example.com
X-Odd: 1'");
        closes(&desk, &carl, "s");
        desk.post();
        assert_eq!(only(&admin)["state"], "sent");
        let mail = &post.mails()[0];
        assert_eq!((header(mail, "bcc"), header(mail, "x-odd")), (String::new(), String::new()));
        assert_eq!(mail["to"].as_array().unwrap().len(), 1);
        // An address that no mail can be written to.
        desk.execute("update crm_contacts set email = 'a@b>
RCPT TO:<victim@example.com', email_key = 'x@y'");
        closes(&desk, &carl, "t");
        desk.post();
        let list = admin.get("/api/crm/outbound-messages?state=dead").ok();
        assert_eq!(list["pagination"]["total"], 1, "{list}");
        assert_eq!(post.mails().len(), 1);
    }
}

both_engines! {
    fn mail_that_is_off_is_held_and_seen(desk) {
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        closes(desk, &carl, "s");
        desk.post();
        let message = only(&admin);
        assert_eq!((&message["state"], &message["attempts"]), (&json!("held"), &json!(0)));
        assert!(message["text_body"].as_str().unwrap().contains("CASE-000001"), "{message}");
        assert_eq!(admin.get("/api/crm/outbound-messages?state=held").ok()["pagination"]["total"], 1);
        assert_eq!(admin.get("/api/crm/outbound-messages?state=sent").ok()["pagination"]["total"], 0);
        retry(&admin, &message).status(409).says("smtp_host");
        admin.get("/api/crm/outbound-messages/99").status(404);
        admin.post("/api/crm/outbound-messages/99/retry", json!({})).status(404);
        admin.get("/api/crm/outbound-messages?state=lost").status(400).names(&["state"]);
        let path = format!("/api/crm/outbound-messages/{}", message["outbound_message_id"]);
        for client in [desk.manager("mia"), desk.agent("bob"), desk.viewer("vic"), carl] {
            client.get("/api/crm/outbound-messages").status(403);
            client.get(&path).status(403);
            client.post(&format!("{path}/retry"), json!({})).status(403);
        }
        desk.stranger().get("/api/crm/outbound-messages").status(401);
    }

    fn messages_are_listed_by_pages(desk) {
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        let cases: Vec<i64> = (0..3).map(|_| closes(desk, &carl, "s")).collect();
        let first = admin.get("/api/crm/outbound-messages?limit=2").ok();
        assert_eq!(first["outbound_messages"][0]["case_id"], cases[2]);
        let cursor = first["pagination"]["next_cursor"].as_str().unwrap();
        let second = admin.get(&format!("/api/crm/outbound-messages?limit=2&cursor={cursor}")).ok();
        assert_eq!(second["outbound_messages"].as_array().unwrap().len(), 1);
        let of_case = admin.get(&format!("/api/crm/outbound-messages?case_id={}", cases[1])).ok();
        assert_eq!(of_case["pagination"]["total"], 1);
    }

    fn the_button_stops_surveys_and_nothing_else_does(desk) {
        let carl = desk.contact("carl");
        let id = carl.id;
        let token = desk.write(move |work| {
            steward::mail::links::make(work, steward::mail::links::Good::Unsubscribe, id, None)
        });
        let path = format!("/unsubscribe/{token}");
        let stopped = || desk.number("select count(*) from crm_contacts where surveys_stopped_at is not null");
        // A scanner follows links.
        let page = desk.stranger().get(&path);
        page.status(200);
        assert!(String::from_utf8_lossy(&page.body).contains("<form method=\"post\">"));
        assert_eq!(stopped(), 0);
        for odd in ["x", "uns_x", &"a".repeat(300), "%00"] {
            desk.stranger().get(&format!("/unsubscribe/{odd}")).status(404);
            desk.stranger().ask(Method::POST, &format!("/unsubscribe/{odd}")).send().status(404);
        }
        for _ in 0..2 {
            // As a mail program posts it (RFC 8058).
            let pressed = desk
                .stranger()
                .ask(Method::POST, &path)
                .header("content-type", "application/x-www-form-urlencoded")
                .bytes("List-Unsubscribe=One-Click")
                .send();
            pressed.status(200);
            assert!(!String::from_utf8_lossy(&pressed.body).contains("<form"));
            assert_eq!(stopped(), 1);
        }
        closes(desk, &carl, "s");
        assert_eq!(desk.number("select count(*) from crm_outbound_messages"), 0);
        let reasons = desk.texts("select skip_reason from crm_survey_invitations", vec![]);
        assert_eq!(reasons, ["unsubscribed"]);
    }

    fn erasing_a_person_empties_what_was_written_to_them(desk) {
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        closes(desk, &carl, "the okapi");
        let id = carl.id;
        desk.write(move |work| {
            steward::mail::links::make(work, steward::mail::links::Good::Unsubscribe, id, None)
        });
        admin.delete(&format!("/api/crm/contacts/{id}?erase=true")).status(204);
        let message = only(&admin);
        assert_eq!(message["state"], "cancelled");
        for field in ["to_name", "to_address", "subject", "text_body", "html_body"] {
            assert_eq!(message[field], "", "{field}");
        }
        assert_eq!(desk.number("select count(*) from crm_link_tokens"), 0);
    }
}

each_engine! {
    fn what_waits_for_somebody_erased_or_unwilling_is_not_sent(engine) {
        let post = Post::start(&[]);
        let desk = desk_with(engine, &post);
        let (admin, carl, dora) = (desk.admin(), desk.contact("carl"), desk.contact("dora"));
        closes(&desk, &carl, "a");
        closes(&desk, &dora, "b");
        admin.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(204);
        desk.execute("update crm_contacts set surveys_stopped_at = created_at");
        desk.post();
        assert_eq!(post.mails().len(), 0);
        let states = desk.texts("select state from crm_outbound_messages", vec![]);
        assert_eq!(states, ["cancelled", "cancelled"]);
        assert_eq!(desk.number("select count(*) from crm_jobs where state = 'waiting'"), 0);
    }
}
