//! Customers in a browser without scripts: the mailed link, their cases and nobody else's, the contact form.

use serde_json::json;
use steward::http::pages;
use ureq::http::Method;

use crate::client::{Client, Reply};
use crate::desk::Desk;
use crate::inert::{acting, payloads};
use crate::plain_browser::{PlainBrowser, form};
use crate::post::{Post, header, link};

/// A customer in their browser.
fn customer(desk: &Desk, contact: &Client) -> PlainBrowser {
    PlainBrowser::of(desk, contact, "/portal/preferences")
}

/// Pages for strangers and customers; all others are the workspace's.
const OUTSIDE: [&str; 14] = [
    "/sign-in",
    "/sign-out",
    "/demo/",
    "/password-reset",
    "/preferences",
    "/portal",
    "/contact",
    "/survey/",
    "/help",
    "/assets/",
    "/brand/",
    "/sitemap.xml",
    "/robots.txt",
    "/design",
];

/// The addresses of the workspace, ids and names filled in.
fn workspace() -> Vec<(&'static str, String)> {
    let is_outside = |path: &str| OUTSIDE.iter().any(|open| path.starts_with(open));
    let filled = |path: &str| {
        let parts = path.split('/').map(|part| match part {
            "{view}" => "mine",
            part if part.starts_with('{') => "1",
            part => part,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let inside =
        pages().into_iter().map(|page| (page.method, page.path)).filter(|(_, path)| !is_outside(path));
    inside.map(|(method, path)| (method, filled(path))).collect()
}

/// Writes by the contact form, as a stranger.
fn writes(client: &Client, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
    client.ask(Method::POST, "/contact").header("sec-fetch-site", "same-origin").form(fields, files).send()
}

fn asks_for_link(desk: &Desk, email: &str) -> Reply {
    form(&desk.stranger(), "/portal/sign-in", &format!("email={}", email.replace('@', "%40")), None)
}

fn email_of(desk: &Desk, contact: &Client) -> String {
    let sql = format!("select email from crm_contacts where contact_id = {}", contact.id);
    desk.texts(&sql, vec![]).remove(0)
}

both_engines! {
    fn a_customer_sees_nothing_of_the_workspace(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let case_id = ana.opens(json!({ "subject": "Not for customers", "contact_id": carl.id }));
        assert_eq!(case_id, 1);
        let browser = customer(desk, &carl);
        let before = desk.rows();
        let pages = workspace();
        assert!(pages.len() >= 10, "{pages:?}");
        for (method, path) in pages {
            // The form of the first run asks nobody who they are: without the first start's token it leads away.
            if (method, &*path) == ("POST", "/welcome") {
                let sent = browser.sends(&path, "token=x&name=x&email=x%40example.com&password=long+enough+for+one");
                assert_eq!(sent.status(303).header("location"), Some("/sign-in?next=%2Fwelcome"));
                continue;
            }
            let asked = match method {
                "GET" => browser.asks(&path),
                _ => browser.sends(&path, "subject=x&comment_text=x&status=open&edit_version=1"),
            };
            assert!(!asked.status(404).text().contains("Not for customers"), "{method} {path}");
            let stranger = match method {
                "GET" => desk.stranger().get(&path),
                _ => form(&desk.stranger(), &path, "subject=x", None),
            };
            let to = stranger.status(303).header("location").unwrap();
            assert!(to.starts_with("/sign-in?next="), "{method} {path}: {to}");
        }
        assert_eq!(desk.rows(), before);
        // The other way round there is a hint, and for strangers the way in.
        let user = PlainBrowser::of(desk, &ana, "/cases");
        // A user finds back, and is offered no cases of their own.
        let refused = user.asks("/portal").status(403).text();
        assert!(refused.contains("for customers") && refused.contains("href=\"/\""), "{refused}");
        let help = user.asks("/help").status(200).text();
        assert!(!help.contains("href=\"/portal\"") && help.contains("href=\"/\""), "{help}");
        for path in ["/portal", "/portal/cases/1", "/portal/new", "/portal/preferences", "/portal/cases/1/rating"] {
            assert_eq!(desk.stranger().get(path).status(303).header("location"), Some("/portal/sign-in"));
        }
    }

    fn a_customer_writes_answers_and_ends_a_case_without_scripts(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let browser = customer(desk, &carl);
        assert!(browser.page("/portal").contains("You have no cases yet"));
        let fields = [("subject", "Printer on fire"), ("description", "It *burns*\r\nsince noon"), ("case_type_id", "1")];
        let files: [(&str, &[u8]); 1] = [("smoke.txt", b"grey")];
        let place = browser.uploads("/portal/new", &fields, &files).status(303).header("location").unwrap().to_owned();
        let id: i64 = place.rsplit('/').next().unwrap().parse().unwrap();
        let seen = ana.case(id);
        assert_eq!((&seen["channel"], &seen["contact_id"]), (&json!("portal"), &json!(carl.id)));
        assert_eq!(seen["description"], "It *burns*\nsince noon");
        ana.comments(id, json!({ "comment_text": "Use **water**" }));
        ana.comments(id, json!({ "comment_text": "a grumbler", "is_internal": true }));
        ana.attach(&format!("/api/crm/cases/{id}/attachments"), &[("a.txt", b"x")]).created();
        let shown = browser.page(&place);
        assert!(shown.contains("<em>burns</em>") && shown.contains("Use <strong>water</strong>"), "{shown}");
        assert!(!shown.contains("grumbler"), "{shown}");
        let file = shown.split("href=\"").find(|part| part.contains("/files/")).unwrap();
        let file = file.split('"').next().unwrap();
        assert_eq!(browser.asks(file).status(200).body, b"grey");
        // A reply without a text is shown again; with one it is there, with its file.
        let replies = format!("{place}/replies");
        assert!(browser.uploads(&replies, &[("comment_text", "  ")], &[]).status(422).text().contains("aria-invalid"));
        let said = browser.uploads(&replies, &[("comment_text", "It went out")], &[("ash.txt", b"black"), ("", b"")]);
        assert!(said.status(303).header("location").unwrap().starts_with(&format!("{place}#comment-")));
        let shown = browser.page(&place);
        assert!(shown.contains("It went out") && shown.contains("ash.txt"), "{shown}");
        assert_eq!(desk.number("select count(*) from crm_case_attachments where comment_id is not null"), 1);
        browser.sends(&format!("{place}/status"), "status=resolved").status(303);
        assert_eq!(ana.case(id)["status"], "resolved");
        assert!(browser.page("/portal?show=ended").contains("Printer on fire"));
        assert!(!browser.page("/portal?show=open").contains("Printer on fire"));
        assert!(browser.page("/portal?search=printer").contains("Printer on fire"));
        browser.sends(&format!("{place}/status"), "status=open").status(303);
        assert_eq!(ana.case(id)["reopened_count"], 1);
        // What only the desk may set is not a customer's.
        browser.sends(&format!("{place}/status"), "status=cancelled").status(422);
        assert_eq!(ana.case(id)["status"], "open");
    }

    fn a_case_that_ended_long_ago_is_followed_by_a_new_one(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let browser = customer(desk, &carl);
        let id = carl.opens(json!({ "subject": "Old trouble" }));
        ana.sets(id, "resolved").ok();
        ana.sets(id, "closed").ok();
        let place = format!("/portal/cases/{id}");
        assert!(browser.page(&place).contains("Open again"));
        desk.later(31 * 24 * 60);
        let browser = PlainBrowser::with_session(desk, carl.token.as_deref().unwrap(), "/portal/preferences");
        let shown = browser.page(&place);
        assert!(!shown.contains("/replies") && shown.contains(&format!("/portal/new?parent={id}")), "{shown}");
        let late = browser.uploads(&format!("{place}/replies"), &[("comment_text", "again")], &[]);
        assert!(late.status(409).text().contains("30 days"));
        browser.sends(&format!("{place}/status"), "status=open").status(409);
        assert!(browser.page(&format!("/portal/new?parent={id}")).contains("CASE-000001"));
        let parent = id.to_string();
        let made = browser.uploads("/portal/new", &[("subject", "Again"), ("parent_case_id", &parent)], &[]);
        let made: i64 = made.status(303).header("location").unwrap().rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!(ana.case(made)["parent_case_id"], id);
    }

    fn nobody_sees_or_touches_another_customers_case(desk) {
        let (ana, carl, dora) = (desk.agent("ana"), desk.contact("carl"), desk.contact("dora"));
        let id = carl.opens(json!({ "subject": "Mine alone", "description": "secret" }));
        let file = carl.attach(&format!("/api/crm/cases/{id}/attachments"), &[("f.txt", b"f")]).created();
        let file = file["attachments"][0]["attachment_id"].as_i64().unwrap();
        let note = ana.comments(id, json!({ "comment_text": "inner", "is_internal": true }));
        let inner = ana.attach(&format!("/api/crm/cases/{id}/comments/{note}/attachments"), &[("n.txt", b"n")]).created();
        let inner = inner["attachments"][0]["attachment_id"].as_i64().unwrap();
        customer(desk, &carl).asks(&format!("/portal/cases/{id}/files/{inner}")).status(404);
        let browser = customer(desk, &dora);
        let before = desk.rows();
        let place = format!("/portal/cases/{id}");
        for path in [place.clone(), format!("{place}/rating"), format!("{place}/files/{file}"), format!("/portal/new?parent={id}")] {
            assert!(!browser.asks(&path).status(404).text().contains("secret"), "{path}");
        }
        for odd in ["/portal/cases/0", "/portal/cases/x", "/portal/cases/99", "/portal/cases/-1", "/portal/cases/9223372036854775808"] {
            browser.asks(odd).status(404);
        }
        assert!(!browser.page("/portal?show=all&search=alone").contains("Mine"));
        browser.uploads(&format!("{place}/replies"), &[("comment_text", "x")], &[("f", b"f")]).status(404);
        browser.sends(&format!("{place}/status"), "status=resolved").status(404);
        browser.sends(&format!("{place}/rating"), "q1=1").status(404);
        let parent = id.to_string();
        let fields = [("subject", "s"), ("parent_case_id", &*parent)];
        browser.uploads("/portal/new", &fields, &[]).status(404);
        assert_eq!(desk.rows(), before);
    }

    fn a_long_list_goes_on(desk) {
        let carl = desk.contact("carl");
        for number in 1..=26 {
            carl.opens(json!({ "subject": format!("Case of number {number}") }));
            desk.later(1);
        }
        let browser = customer(desk, &carl);
        let first = browser.page("/portal?search=");
        assert_eq!(first.matches("Case of number").count(), 25);
        let (_, next) = first.split_once("rel=\"next\" href=\"").unwrap();
        let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let second = browser.page(&next);
        assert!(second.contains("Case of number 1<") && second.matches("Case of number").count() == 1, "{second}");
        assert!(!second.contains("rel=\"next\""));
    }

    fn colleagues_see_the_cases_of_their_account_where_that_is_allowed(desk) {
        let account = desk.account_with(json!({ "account_name": "Acme", "contacts_see_account_cases": true }));
        let (carl, dora) = (desk.contact_of("carl", account), desk.contact_of("dora", account));
        carl.opens(json!({ "subject": "Of a colleague" }));
        let browser = customer(desk, &dora);
        assert!(!browser.page("/portal").contains("Of a colleague"));
        assert!(browser.page("/portal?whose=account").contains("Of a colleague"));
        assert!(browser.page("/portal/cases/1").contains("Of a colleague"));
        // It is theirs to follow, not to rate.
        browser.asks("/portal/cases/1/rating").status(404);
    }

    fn forms_of_the_portal_are_believed_from_its_own_pages_only(desk) {
        let carl = desk.contact("carl");
        let id = carl.opens(json!({ "subject": "s" }));
        let browser = customer(desk, &carl);
        let before = desk.rows();
        let replies = format!("/portal/cases/{id}/replies");
        for (csrf, site) in [("", "same-origin"), ("AAAA", "same-origin"), (&*browser.token_of("/portal/preferences"), "cross-site")] {
            let ask = desk.stranger();
            let fields = [("csrf", csrf), ("comment_text", "forged")];
            for (path, files) in [(&*replies, &[][..]), (&*replies, &[("f.txt", &b"f"[..])][..]), ("/portal/new", &[][..])] {
                ask.ask(Method::POST, path).header("cookie", &browser.cookie).header("sec-fetch-site", site)
                    .form(&fields, files).send().status(403);
            }
            for (path, fields) in [("/portal/cases/1/status", "status=resolved"), ("/portal/preferences", "language=de"), ("/sign-out", "")] {
                let ask = desk.stranger();
                let ask = ask.ask(Method::POST, path).header("cookie", &browser.cookie).header("sec-fetch-site", site);
                let ask = ask.header("content-type", "application/x-www-form-urlencoded");
                ask.bytes(format!("{fields}&csrf={csrf}")).send().status(403);
            }
        }
        assert_eq!(desk.rows(), before);
        // A file that comes before the form's token is not taken in.
        let late = desk.stranger();
        let late = late.ask(Method::POST, &replies).header("cookie", &browser.cookie).header("sec-fetch-site", "same-origin");
        late.form(&[], &[("f.txt", b"f")]).send().status(403);
        browser.page("/portal");
    }

    fn what_people_write_is_inert_in_the_portal(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let browser = customer(desk, &carl);
        for payload in payloads() {
            let subject: String = payload.chars().filter(|c| !c.is_control()).take(400).collect();
            let draft = json!({ "subject": format!("s {subject}"), "description": payload });
            let id = carl.opens(draft);
            ana.comments(id, json!({ "comment_text": payload }));
            let page = browser.page(&format!("/portal/cases/{id}"));
            let (_, said) = page.split_once("<section class=\"thread\"").unwrap();
            let (said, _) = said.split_once("</section>").unwrap();
            assert_eq!(acting(&format!("<section {said}</section>")), Vec::<String>::new(), "{payload}");
            let title = page.split_once("<h1").unwrap().1.split_once("</h1>").unwrap().0;
            assert_eq!(acting(&format!("<h1{title}</h1>")), Vec::<String>::new(), "{payload}");
        }
        let list = browser.page("/portal?show=all");
        let listed = list.split_once("<ul class=\"tickets\"").unwrap().1.split_once("</ul>").unwrap().0;
        assert_eq!(acting(&format!("<ul {listed}</ul>")), Vec::<String>::new());
        for odd in ["%22%3E%3Cscript%3E", "%00", "%F0%9F%98%80", "a%22%20OR%20*"] {
            browser.asks(&format!("/portal?search={odd}")).status(200);
        }
        browser.asks("/portal?search=%ff").status(400);
        browser.asks("/portal?cursor=nonsense").status(400);
    }

    fn preferences_bring_surveys_back(desk) {
        let carl = desk.contact("carl");
        let browser = customer(desk, &carl);
        let stopped = || desk.number("select count(*) from crm_contacts where surveys_stopped_at is not null");
        browser.sends("/portal/preferences", "language=de").status(303);
        assert_eq!(stopped(), 1);
        let saved = browser.sends("/portal/preferences", "language=de&surveys=on");
        assert!(saved.status(303).header("set-cookie").unwrap().starts_with("steward_language=de;"));
        assert_eq!(stopped(), 0);
        assert_eq!(desk.texts("select language from crm_contacts", vec![]), ["de"]);
        let page = desk.stranger();
        let cookie = format!("{}; steward_language=de", browser.cookie);
        let page = page.ask(Method::GET, "/portal/preferences").header("cookie", &cookie).send();
        assert!(page.status(200).text().contains("Überall abmelden"));
        browser.sends("/portal/preferences", "language=tlh").status(400);
        // Nothing new, nothing noted.
        let before = desk.rows();
        browser.sends("/portal/preferences", "language=de&surveys=on").status(303);
        assert_eq!(desk.rows(), before);
    }

    fn a_stranger_writes_and_learns_nothing_of_who_is_known(desk) {
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        let email = email_of(desk, &carl);
        let request = |name: &str, email: &str| {
            let fields = [("name", name), ("email", email), ("subject", "Lost key"), ("description", "Where is it?")];
            writes(&desk.stranger(), &fields, &[("map.txt", b"here")])
        };
        let (known, unknown) = (request("Mallory", &email.to_uppercase()), request("Nell", "nell@example.com"));
        assert_eq!(known.status(303).header("location"), Some("/contact/received?number=CASE-000001"));
        assert_eq!(unknown.status(303).header("location"), Some("/contact/received?number=CASE-000002"));
        let names: Vec<_> = known.headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, unknown.headers.iter().map(|(name, _)| name).collect::<Vec<_>>());
        let first = admin.case(1);
        assert_eq!((&first["contact_id"], &first["contact_name"]), (&json!(carl.id), &json!("carl")));
        assert_eq!((&first["channel"], &first["attachment_count"]), (&json!("web"), &json!(1)));
        assert_eq!(admin.case(2)["contact_name"], "Nell");
        // The confirmation goes to the address and repeats nothing that was typed.
        let mails = admin.get("/api/crm/outbound-messages").ok();
        assert_eq!(mails["pagination"]["total"], 2);
        let mail = admin.get(&format!("/api/crm/outbound-messages/{}", mails["outbound_messages"][1]["outbound_message_id"])).ok();
        assert_eq!(mail["outbound_message"]["purpose"], "case_received");
        let text = mail.to_string();
        assert!(text.contains("CASE-000001") && !text.contains("Mallory") && !text.contains("Lost key"), "{text}");
        for _ in 0..5 {
            request("Mallory", &email).status(303);
        }
        assert_eq!(desk.number("select count(*) from crm_outbound_messages where to_name = ''"), 4);
        assert!(desk.stranger().get("/contact/received?number=CASE-000002").text().contains("CASE-000002"));
        assert!(!desk.stranger().get("/contact/received?number=Call+0190").text().contains("Its number"));
    }

    fn the_contact_form_shows_its_faults_and_turns_programs_away(desk) {
        let client = desk.stranger();
        let empty = [("name", ""), ("email", "nobody"), ("subject", " "), ("description", "\"><script>")];
        let page = writes(&client, &empty, &[]).status(422).text();
        for field in ["name", "email", "subject"] {
            assert!(page.contains(&format!("id=\"fault-{field}\"")), "{field}: {page}");
        }
        assert!(!page.contains("id=\"fault-description\"") && !page.contains("\"><script>"), "{page}");
        let good = [("name", "Nell"), ("email", "nell@example.com"), ("subject", "s"), ("description", "d")];
        let mut robot = good.to_vec();
        robot.push(("website", "https://casino.example"));
        assert_eq!(writes(&client, &robot, &[]).status(303).header("location"), Some("/contact/received"));
        assert_eq!(desk.number("select count(*) from crm_cases"), 0);
        let foreign = client.ask(Method::POST, "/contact").header("sec-fetch-site", "cross-site");
        foreign.form(&good, &[]).send().status(403);
        let codes: Vec<u16> = (0..10).map(|_| writes(&client, &good, &[]).code).collect();
        assert!(codes.contains(&303) && codes.last() == Some(&429), "{codes:?}");
        assert!(desk.number("select count(*) from crm_cases") < 10);
        desk.later(2);
        writes(&client, &good, &[]).status(303);
    }

    fn suggestions_are_of_public_articles_whoever_asks(desk) {
        let mia = desk.manager("mia");
        for (title, is_internal) in [("Teapots that leak", false), ("Teapots we hide", true)] {
            let draft = json!({ "title": title, "content": "teapot", "category_id": 1, "is_internal": is_internal, "status": "published" });
            mia.post("/api/crm/knowledge", draft).created();
        }
        let user = PlainBrowser::of(desk, &mia, "/cases");
        let part = user.page("/contact/suggestions?text=my+teapot+leaks");
        assert!(part.contains("Teapots that leak") && !part.contains("hide") && part.contains("/help/articles/"), "{part}");
        assert!(!part.contains("<html"));
        assert!(desk.stranger().get("/contact/suggestions?text=%22%3Cb%3E").status(200).text().trim().is_empty());
    }
}

each_engine! {
    fn an_answer_reaches_the_customer_by_mail_and_a_note_does_not(engine) {
        let post = Post::start(&[]);
        let desk = &Desk::with(engine, |config| post.settings(config), None);
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "Printer" }));
        ana.comments(id, json!({ "comment_text": "Turn it **off**\n\n<script>alert(1)</script>" }));
        ana.comments(id, json!({ "comment_text": "inner thoughts", "is_internal": true }));
        carl.comments(id, json!({ "comment_text": "my own words" }));
        let gone = ana.comments(id, json!({ "comment_text": "taken back" }));
        ana.delete(&format!("/api/crm/cases/{id}/comments/{gone}")).status(204);
        desk.tick().post().tick().post();
        let mails = post.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(header(&mails[0], "subject"), "Re: Printer (CASE-000001)");
        let (text, html) = (mails[0]["text"].as_str().unwrap(), mails[0]["html"].as_str().unwrap());
        assert!(text.contains("Turn it **off**") && text.contains(&format!("/portal/cases/{id}")), "{text}");
        assert!(html.contains("<strong>off</strong>") && !html.contains("<script"), "{html}");
    }

    fn a_mailed_link_signs_in_once_and_only_by_its_button(engine) {
        let post = Post::start(&[]);
        let desk = &Desk::with(engine, |config| post.settings(config), None);
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        desk.execute("update crm_contacts set language = 'de-AT'");
        let email = email_of(desk, &carl);
        let (known, unknown) = (asks_for_link(desk, &email), asks_for_link(desk, "nobody@example.com"));
        for answer in [&known, &unknown] {
            assert_eq!(answer.status(303).header("location"), Some("/portal/sign-in?sent=true"));
        }
        assert!(desk.stranger().get("/portal/sign-in?sent=true").text().contains("If we know the address"));
        assert_eq!(desk.number("select count(*) from crm_jobs where kind = 'send_sign_in_link'"), 2);
        desk.tick().post();
        let mails = post.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(header(&mails[0], "subject"), "Ihr Link zu Acme & Co");
        let token = link(&mails[0], "portal/sign-in");
        // What is stored knows no secret, and no address stays behind in the jobs.
        let stored = admin.get("/api/crm/outbound-messages/1").ok().to_string();
        assert!(!stored.contains(&token) && stored.contains("[sign-in-link]"), "{stored}");
        let path = format!("/portal/sign-in/{token}");
        for _ in 0..3 {
            let page = desk.stranger().get(&path);
            assert!(page.status(200).text().contains(&email));
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert_eq!(page.header("set-cookie"), None);
        }
        form(&desk.stranger(), &format!("{path}x"), "", None).status(410);
        let entered = form(&desk.stranger(), &path, "", None);
        assert_eq!(entered.status(303).header("location"), Some("/portal"));
        let cookies: Vec<&str> = entered.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
        assert!(cookies[1].starts_with("steward_language=de"), "{cookies:?}");
        let cookie = cookies[0].split(';').next().unwrap();
        let me = desk.stranger().ask(Method::GET, "/api/auth/me").header("cookie", cookie).send().ok();
        assert_eq!(me["contact"]["contact_id"], carl.id);
        form(&desk.stranger(), &path, "", None).status(410);
        desk.stranger().get(&path).status(410);
    }

    fn a_link_is_good_for_half_an_hour_and_one_use_ends_them_all(engine) {
        let post = Post::start(&[]);
        let desk = &Desk::with(engine, |config| post.settings(config), None);
        let carl = desk.contact("carl");
        let email = email_of(desk, &carl);
        let token = |number: usize| {
            asks_for_link(desk, &email).status(303);
            desk.tick().post();
            link(&post.mails()[number], "portal/sign-in")
        };
        let (first, second) = (token(0), token(1));
        desk.later(29);
        desk.stranger().get(&format!("/portal/sign-in/{first}")).status(200);
        form(&desk.stranger(), &format!("/portal/sign-in/{second}"), "", None).status(303);
        form(&desk.stranger(), &format!("/portal/sign-in/{first}"), "", None).status(410);
        let third = token(2);
        desk.later(30);
        form(&desk.stranger(), &format!("/portal/sign-in/{third}"), "", None).status(410);
        // One that opens another door is none.
        let fourth = token(3);
        desk.stranger().get(&format!("/password-reset/{fourth}")).status(410);
        // Somebody who left meanwhile does not get in.
        desk.execute("update crm_contacts set is_active = not is_active");
        form(&desk.stranger(), &format!("/portal/sign-in/{fourth}"), "", None).status(404);
        assert_eq!(desk.number("select count(*) from crm_tokens where kind = 'sign_in'"), 1);
        desk.execute("update crm_contacts set is_active = not is_active");
        // More than five in an hour are asked for in vain, and answered the same.
        desk.later(120);
        for _ in 0..7 {
            asks_for_link(desk, &email).status(303);
            desk.tick().post();
        }
        assert_eq!(post.mails().len(), 9);
        // Addresses that were typed are not kept.
        let kept = desk.texts("select cast(payload as text) || coalesce(unique_key, '') from crm_jobs", vec![]);
        assert!(kept.iter().all(|job| !job.contains('@')), "{kept:?}");
    }
}
