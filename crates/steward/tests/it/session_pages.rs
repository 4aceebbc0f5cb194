//! Sessions in the browser: how they begin, what they are told, how they end.

use serde_json::json;
use steward::people::Role;
use ureq::http::Method;

use crate::client::Reply;
use crate::desk::Desk;
use crate::plain_browser::{PASSWORD, PlainBrowser, agent, form};
use crate::post::{Post, header, link};

const NEW: &str = "a wholly new password";

fn asks_for_reset(desk: &Desk, email: &str) -> Reply {
    form(&desk.stranger(), "/password-reset", &format!("email={}", email.replace('@', "%40")), None)
}

fn signs_in(desk: &Desk, email: &str, password: &str) -> Reply {
    let fields = format!("email={}&password={}", email.replace('@', "%40"), password.replace(' ', "+"));
    form(&desk.stranger(), "/sign-in", &fields, None)
}

fn is_signed_in(desk: &Desk, cookie: &str) -> bool {
    desk.stranger().ask(Method::GET, "/profile").header("cookie", cookie).send().code == 200
}

both_engines! {
    fn sessions_are_listed_and_ended_by_their_owner_alone(desk) {
        let ana = agent(desk);
        let second = PlainBrowser::sign_in(desk, "ana@example.com");
        let third = PlainBrowser::sign_in(desk, "ana@example.com");
        let bob = PlainBrowser::of(desk, &desk.agent("bob"), "/profile");
        let page = ana.page("/profile");
        assert_eq!((page.matches("name=\"token_id\"").count(), page.matches("This one").count()), (3, 1), "{page}");
        assert!(!bob.page("/profile").contains("name=\"token_id\""));
        let list = ana.asks("/api/auth/sessions").ok();
        let sessions = list["sessions"].as_array().unwrap();
        assert_eq!(sessions.iter().filter(|session| session["is_current"] == true).count(), 1);
        assert!(!list.to_string().contains("stw_") && !list.to_string().contains("hash"), "{list}");
        let id = sessions[0]["token_id"].as_i64().unwrap();
        bob.sends("/profile/sessions", &format!("token_id={id}")).status(404);
        let deleted = |browser: &PlainBrowser, path: &str| {
            let ask = browser.stranger.ask(Method::DELETE, path).header("cookie", &browser.cookie);
            ask.header("sec-fetch-site", "same-origin").send()
        };
        deleted(&bob, &format!("/api/auth/sessions/{id}")).status(404);
        assert!(is_signed_in(desk, &third.cookie));
        ana.sends("/profile/sessions", &format!("token_id={id}")).status(303);
        ana.sends("/profile/sessions", &format!("token_id={id}")).status(404);
        assert!(!is_signed_in(desk, &third.cookie) && is_signed_in(desk, &second.cookie));
        ana.sends("/profile/sessions", "others=all").status(303);
        assert!(!is_signed_in(desk, &second.cookie) && is_signed_in(desk, &ana.cookie));
        let fourth = PlainBrowser::sign_in(desk, "ana@example.com");
        deleted(&fourth, "/api/auth/sessions").status(204);
        assert!(!is_signed_in(desk, &ana.cookie) && is_signed_in(desk, &fourth.cookie));
        // A token for a program is no session: it is not listed, and stays.
        assert!(is_signed_in(desk, &bob.cookie));
        let own = fourth.asks("/api/auth/sessions").ok()["sessions"][0]["token_id"].as_i64().unwrap();
        let ended = fourth.sends("/profile/sessions", &format!("token_id={own}"));
        assert_eq!(ended.status(303).header("location"), Some("/sign-in"));
        assert!(!is_signed_in(desk, &fourth.cookie));
    }

    fn signing_out_takes_a_form_of_the_session_and_forgets(desk) {
        let ana = agent(desk);
        form(&ana.stranger, "/sign-out", "csrf=AAAA", Some(&ana.cookie)).status(403);
        assert!(is_signed_in(desk, &ana.cookie));
        let out = ana.sends("/sign-out", "");
        assert_eq!(out.status(303).header("location"), Some("/sign-in"));
        assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
        assert_eq!(out.header("clear-site-data"), Some("\"cache\", \"storage\""));
        assert!(!is_signed_in(desk, &ana.cookie));
        let later = agent_again(desk);
        desk.later(719);
        assert!(is_signed_in(desk, &later.cookie));
        desk.later(1);
        assert!(!is_signed_in(desk, &later.cookie));
    }

    fn a_password_is_changed_by_the_old_one_and_ends_the_other_sessions(desk) {
        let ana = agent(desk);
        let second = PlainBrowser::sign_in(desk, "ana@example.com");
        let fields = |old: &str, new: &str| {
            format!("old_password={}&new_password={}", old.replace(' ', "+"), new.replace(' ', "+"))
        };
        let wrong = ana.sends("/profile/password", &fields("not the old one", NEW));
        assert!(wrong.status(422).text().contains("id=\"fault-old_password\""));
        let short = ana.sends("/profile/password", &fields(PASSWORD, "short"));
        assert!(short.status(422).text().contains("id=\"fault-new_password\""));
        assert!(is_signed_in(desk, &second.cookie));
        let changed = ana.sends("/profile/password", &fields(PASSWORD, NEW));
        let cookie = changed.status(303).header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        assert!(is_signed_in(desk, &cookie));
        assert!(!is_signed_in(desk, &ana.cookie) && !is_signed_in(desk, &second.cookie));
        signs_in(desk, "ana@example.com", PASSWORD).status(401);
        signs_in(desk, "ana@example.com", NEW).status(303);
    }

    fn a_profile_has_a_name_and_a_language(desk) {
        let ana = agent(desk);
        ana.sends("/profile/name", "name=Ana+%3Cb%3E").status(303);
        assert!(!ana.page("/profile").contains("Ana <b>"));
        ana.sends("/profile/name", "name=++").status(422);
        let spoken = ana.sends("/profile/looks", "language=de&colours=dark");
        assert!(spoken.status(303).header("set-cookie").unwrap().starts_with("steward_language=de;"));
        assert_eq!(desk.number("select count(*) from crm_users where language = 'de'"), 1);
        let shown = desk.stranger();
        let cookie = format!("{}; steward_language=de", ana.cookie);
        let shown = shown.ask(Method::GET, "/profile").header("cookie", &cookie).send();
        assert!(shown.status(200).text().contains("Ihre Sitzungen"));
    }

    fn refusals_and_errors_speak_the_readers_language(desk) {
        let german = |path: &str| {
            desk.stranger().ask(Method::GET, path).header("accept-language", "de").header("accept", "text/html").send()
        };
        assert!(german("/survey/x").status(404).text().contains("Hier ist nichts"));
        assert!(german("/no/such/page").status(404).text().contains("lang=\"de\""));
        assert!(desk.stranger().get("/no/such/page").status(404).json()["title"].is_string());
        let ask = desk.stranger();
        let ask = ask.ask(Method::POST, "/sign-in").header("accept-language", "de").header("sec-fetch-site", "same-origin");
        let wrong = ask.header("content-type", "application/x-www-form-urlencoded").bytes("email=a%40b.c&password=x").send();
        assert!(wrong.status(401).text().contains("Passwort ist falsch"));
        for _ in 0..12 {
            signs_in(desk, "a@b.c", "guess");
        }
        let limited = signs_in(desk, "a@b.c", "guess");
        assert!(limited.status(429).text().contains("Try again in"));
    }
}

/// Ana, who exists already.
fn agent_again(desk: &Desk) -> PlainBrowser {
    PlainBrowser::sign_in(desk, "ana@example.com")
}

each_engine! {
    fn one_click_signs_in_to_the_demo(engine) {
        let desk = &Desk::open_to_all(engine);
        let _mia = desk.user("mia", Role::Agent);
        desk.contact("carl");
        for (role, next, place) in [
            ("lead", "%2Fdashboard", "/dashboard"),
            ("agent", "", "/"),
            ("customer", "%2Fviews%2Fmine", "/portal"),
            ("agent", "%2F%2Fevil.example", "/"),
        ] {
            let host = format!("localhost:{}", desk.address.port());
            let ask = desk.stranger().ask(Method::POST, "/demo/sign-in")
                .header("host", &host)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-site", "same-origin")
                .bytes(format!("role={role}&next={next}&csrf="))
                .send();
            assert_eq!(ask.status(303).header("location"), Some(place), "{role}");
            let cookie = ask.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
            let me = desk.stranger().ask(Method::GET, "/api/auth/me").header("cookie", &cookie).send().ok();
            let expected = match role { "lead" => "admin", "agent" => "agent", _ => "null" };
            assert_eq!(me["user"]["role"].as_str().unwrap_or("null"), expected);
            assert_eq!(me["contact"].is_object(), role == "customer");
        }
    }

    fn outside_of_the_demo_nobody_signs_in_with_one_click(engine) {
        let desk = &Desk::new(engine);
        desk.admin();
        let before = desk.rows();
        for role in ["lead", "agent", "customer"] {
            form(&desk.stranger(), "/demo/sign-in", &format!("role={role}"), None).status(404);
        }
        assert_eq!(desk.rows(), before);
    }

    fn a_forgotten_password_is_set_by_a_mailed_link_once(engine) {
        let post = Post::start(&[]);
        let desk = &Desk::with(engine, |config| post.settings(config), None);
        let ana = agent(desk);
        let program = desk.bearer(&desk.token("ana@example.com"));
        desk.execute("update crm_users set language = 'de' where name = 'Ana'");
        let (known, unknown) = (asks_for_reset(desk, "ANA@example.com"), asks_for_reset(desk, "nobody@example.com"));
        for answer in [&known, &unknown] {
            assert_eq!(answer.status(303).header("location"), Some("/password-reset?sent=true"));
        }
        asks_for_reset(desk, "no address").status(422);
        desk.tick().post();
        let mails = post.mails();
        assert_eq!((mails.len(), header(&mails[0], "subject")), (1, "Neues Passwort setzen".into()));
        let token = link(&mails[0], "password-reset");
        let path = format!("/password-reset/{token}");
        for _ in 0..2 {
            assert!(desk.stranger().get(&path).status(200).text().contains("ana@example.com"));
        }
        let short = form(&desk.stranger(), &path, "password=short", None);
        assert!(short.status(422).text().contains("id=\"fault-password\""));
        form(&desk.stranger(), &format!("/password-reset/{token}x"), "password=long+enough+it+is", None).status(410);
        assert!(is_signed_in(desk, &ana.cookie));
        let set = form(&desk.stranger(), &path, &format!("password={}", NEW.replace(' ', "+")), None);
        assert_eq!(set.status(303).header("location"), Some("/sign-in?reset=true"));
        assert!(desk.stranger().get("/sign-in?reset=true").text().contains("has been changed"));
        assert!(!is_signed_in(desk, &ana.cookie));
        program.get("/api/auth/me").ok();
        signs_in(desk, "ana@example.com", PASSWORD).status(401);
        signs_in(desk, "ana@example.com", NEW).status(303);
        form(&desk.stranger(), &path, "password=another+one+again", None).status(410);
        // One that is too old, and one of somebody who has left.
        asks_for_reset(desk, "ana@example.com");
        desk.tick().post();
        let late = link(&post.mails()[1], "password-reset");
        desk.later(30);
        form(&desk.stranger(), &format!("/password-reset/{late}"), "password=another+one+again", None).status(410);
        // A link ends with the password that it would have changed, and with the address that it was mailed to.
        let (admin, id) = (desk.admin(), desk.number("select user_id from crm_users where name = 'Ana'"));
        for change in [json!({ "password": "set by an admin" }), json!({ "email": "ana@elsewhere.example" })] {
            asks_for_reset(desk, "ana@example.com");
            desk.tick().post();
            let open = format!("/password-reset/{}", link(post.mails().last().unwrap(), "password-reset"));
            desk.stranger().get(&open).status(200);
            admin.put(&format!("/api/crm/users/{id}"), change).ok();
            form(&desk.stranger(), &open, "password=another+one+again", None).status(410);
        }
        asks_for_reset(desk, "ana@elsewhere.example");
        desk.tick();
        desk.later(61).post();
        assert_eq!(post.mails().len(), 4);
    }

    fn mail_that_is_off_holds_the_letter_for_an_admin_without_its_secret(engine) {
        let desk = &Desk::new(engine);
        let admin = desk.admin();
        agent(desk);
        asks_for_reset(desk, "ana@example.com").status(303);
        desk.tick();
        let message = admin.get("/api/crm/outbound-messages/1").ok()["outbound_message"].clone();
        assert_eq!((&message["state"], &message["purpose"]), (&json!("held"), &json!("password_reset")));
        assert!(message["user_id"].is_i64() && message["contact_id"].is_null(), "{message}");
        assert!(message["text_body"].as_str().unwrap().contains("[sign-in-link]"));
        assert_eq!(desk.number("select count(*) from crm_sign_in_links"), 0);
    }

    fn cookies_are_for_tls_where_the_desk_says_or_a_listed_proxy(engine) {
        let secure = |desk: &Desk, host: &str, forwarded: Option<&str>| {
            desk.admin().post(
                "/api/crm/users",
                json!({ "name": "Ana", "email": "ana@example.com", "role": "agent", "password": PASSWORD }),
            );
            let ask = desk.stranger();
            let mut ask = ask.ask(Method::POST, "/sign-in").header("sec-fetch-site", "same-origin").header("host", host);
            if let Some(forwarded) = forwarded {
                ask = ask.header("x-forwarded-proto", forwarded);
            }
            let ask = ask.header("content-type", "application/x-www-form-urlencoded");
            let fields = format!("email=ana%40example.com&password={}", PASSWORD.replace(' ', "+"));
            ask.bytes(fields).send().status(303).header("set-cookie").unwrap().contains("; Secure")
        };
        let plain = Desk::new(engine);
        assert!(!secure(&plain, "127.0.0.1", None));
        // Whoever is not listed may say what they like.
        assert!(!secure(&plain, "127.0.0.1", Some("https")));
        let behind = Desk::with(engine, |config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()], None);
        assert!(secure(&behind, "desk.example", Some("https")));
        assert!(!secure(&behind, "desk.example", Some("https, http")));
        let public = Desk::with(engine, |config| config.public_url = "https://desk.example".into(), None);
        assert!(secure(&public, "desk.example", None));
        assert!(!secure(&public, "localhost:4000", None));
    }

    fn over_tls_a_session_is_for_this_host_alone(engine) {
        let desk = Desk::with(engine, |config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()], None);
        agent(&desk);
        let stranger = desk.stranger();
        let ask = |method: Method, path: &str, cookie: &str| {
            let ask = stranger.ask(method, path).header("host", "desk.example").header("x-forwarded-proto", "https");
            ask.header("sec-fetch-site", "same-origin").header("cookie", cookie)
        };
        let form = "application/x-www-form-urlencoded";
        let fields = format!("email=ana%40example.com&password={}", PASSWORD.replace(' ', "+"));
        let began = ask(Method::POST, "/sign-in", "").header("content-type", form).bytes(fields).send();
        let cookie = began.status(303).header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let token = cookie.strip_prefix("__Host-steward_session=").unwrap();
        let page = ask(Method::GET, "/cases", &cookie).send().status(200).text();
        // A neighbour under the same domain could have set this one.
        let planted = format!("steward_session={token}");
        ask(Method::GET, "/cases", &planted).send().status(303);
        ask(Method::GET, "/cases", &format!("{planted}x; {cookie}")).send().status(200);
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let ended = ask(Method::POST, "/sign-out", &cookie).header("content-type", form).bytes(format!("csrf={csrf}"));
        let forgotten = "__Host-steward_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure";
        assert_eq!(ended.send().status(303).header("set-cookie"), Some(forgotten));
        ask(Method::GET, "/cases", &cookie).send().status(303);
    }
}
