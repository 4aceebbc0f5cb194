//! What the desk is called and how it looks, as the admin sets it and pages show it; and the first run, which lets the
//! first admin in.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use steward::people::{Role, commands, tokens};
use ureq::http::Method;

use crate::administration_pages::{HOSTILE, assert_inert, attributes, browser, look};
use crate::client::Reply;
use crate::desk::Desk;
use crate::plain_browser::{PASSWORD, PlainBrowser, form};

const SETTINGS: &str = "/api/crm/desk-settings";
const PAGE: &str = "/administration/branding";

fn png() -> Vec<u8> {
    b"\x89PNG\r\n\x1a\n<svg onload=alert(1)>".to_vec()
}

fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Leaves the token of the first start where `steward serve` does; answers it.
fn first_start(desk: &Desk) -> String {
    let secret = tokens::generate().unwrap();
    let kept = secret.clone();
    assert!(desk.write(move |work| commands::first_admin(work, &kept)));
    std::fs::write(desk.app.config.data.join("first-admin-token"), &secret).unwrap();
    secret
}

/// Sends the form of the first run.
fn begins(desk: &Desk, token: &str, email: &str) -> Reply {
    let email = email.replace('@', "%40");
    let password = PASSWORD.replace(' ', "+");
    form(
        &desk.stranger(),
        "/welcome",
        &format!("token={token}&name=Ida&email={email}&password={password}"),
        None,
    )
}

/// Whether the token lies in the data folder.
fn has_file(desk: &Desk) -> bool {
    desk.app.config.data.join("first-admin-token").exists()
}

fn users(desk: &Desk) -> i64 {
    desk.number("select count(*) from crm_users")
}

both_engines! {
    fn only_an_admin_changes_how_the_desk_looks(desk) {
        let logo = base64(&png());
        for &role in Role::ALL {
            let expected = if role == Role::Admin { 200 } else { 403 };
            let user = desk.user("Uwe", role);
            user.get(SETTINGS).status(expected);
            user.put(SETTINGS, json!({ "desk_name": role.word(), "logo": logo })).status(expected);
            look(&browser(desk, role), PAGE).status(expected);
        }
        let carl = desk.contact("carl");
        carl.put(SETTINGS, json!({ "desk_name": "Carl's" })).status(403);
        carl.get(PAGE).status(404);
        desk.stranger().put(SETTINGS, json!({ "desk_name": "Nobody's" })).status(401);
        assert_eq!(desk.stranger().get(PAGE).status(303).header("location"), Some("/sign-in?next=%2Fadministration%2Fbranding"));
        let now = desk.admin().get(SETTINGS).ok();
        assert_eq!(now["desk_settings"]["desk_name"], "admin");
    }

    fn a_name_and_a_colour_show_on_every_page_at_once(desk) {
        let admin = desk.admin();
        let before = admin.get(SETTINGS).ok()["desk_settings"].clone();
        assert_eq!((&before["desk_name"], &before["colour"], &before["logo"]), (&Value::Null, &Value::Null, &Value::Null));
        let plain = desk.stranger().get("/sign-in").status(200).text();
        assert!(!plain.contains("/brand/"), "{plain}");
        let set = admin.put(SETTINGS, json!({ "desk_name": "Acme Help", "colour": "#FFFF00" })).ok();
        let colour = &set["desk_settings"]["colour"];
        assert_eq!(colour["chosen"], "#ffff00");
        assert_ne!(colour["on_light"], "#ffff00", "nobody reads yellow on white");
        let browser = browser(desk, Role::Admin);
        for page in [desk.stranger().get("/sign-in").text(), desk.stranger().get("/help").text(), browser.page(PAGE)] {
            assert!(page.contains("Acme Help"), "{page}");
            let sheets: Vec<&str> = attributes(&page, "href").into_iter().filter(|at| at.starts_with("/brand/")).collect();
            let &[sheet] = &sheets[..] else { panic!("{sheets:?}") };
            let served = desk.stranger().get(sheet);
            assert_eq!(served.status(200).header("content-type"), Some("text/css; charset=utf-8"));
            assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
            assert!(served.header("cache-control").unwrap().contains("immutable"));
            let said = format!("--accent:light-dark({},{})", colour["on_light"].as_str().unwrap(), colour["on_dark"].as_str().unwrap());
            assert!(served.text().contains(&said), "{}", served.text());
        }
        // Null takes them away again, and what stood at the old address is gone.
        let page = browser.page(PAGE);
        let sheet = attributes(&page, "href").into_iter().find(|at| at.starts_with("/brand/")).unwrap().to_owned();
        admin.put(SETTINGS, json!({ "desk_name": null, "colour": null })).ok();
        let page = browser.page(PAGE);
        assert!(!page.contains("/brand/") && !attributes(&page, "value").contains(&"Acme Help"));
        assert_eq!(admin.get(SETTINGS).ok()["desk_settings"]["shown_name"], before["shown_name"]);
        desk.stranger().get(&sheet).status(404);
    }

    fn what_is_no_name_no_colour_and_no_logo_is_refused_all_at_once(desk) {
        let admin = desk.admin();
        let before = admin.get(SETTINGS).ok();
        let faulty = json!({ "desk_name": "", "colour": "red;}*{display:none", "logo": "no base64!", "css": "*{}" });
        admin.put(SETTINGS, faulty).status(422).names(&["/colour", "/css", "/desk_name", "/logo"]);
        for colour in [json!(""), json!("#fff"), json!("2456c9"), json!("#2456c9ff"), json!("#24 6c9"), json!("url(//x)"), json!(7)] {
            admin.put(SETTINGS, json!({ "colour": colour })).status(422).names(&["/colour"]);
        }
        for name in [json!("a".repeat(101)), json!("a\u{0}b"), json!(" "), json!(["a"])] {
            admin.put(SETTINGS, json!({ "desk_name": name })).status(422).names(&["/desk_name"]);
        }
        let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
        let mut large = png();
        large.resize(200_001, 0);
        for logo in [&svg[..], b"<!doctype html><script>alert(1)</script>", b"GIF89a", b"", b"\x89PNG", &large] {
            admin.put(SETTINGS, json!({ "logo": base64(logo) })).status(422).names(&["/logo"]);
        }
        let data = format!("data:image/png;base64,{}", base64(&png()));
        admin.put(SETTINGS, json!({ "logo": data })).status(422).names(&["/logo"]);
        assert_eq!(admin.get(SETTINGS).ok(), before, "nothing was half-written");
        large.truncate(200_000);
        admin.put(SETTINGS, json!({ "logo": base64(&large) })).ok();
    }

    fn a_logo_is_served_as_the_picture_that_it_is(desk) {
        let admin = desk.admin();
        for (bytes, media_type, ending) in [
            (png(), "image/png", ".png"),
            (b"\xff\xd8\xff\xe0<script>".to_vec(), "image/jpeg", ".jpg"),
            (b"RIFF\x10\0\0\0WEBP<html>".to_vec(), "image/webp", ".webp"),
        ] {
            let set = admin.put(SETTINGS, json!({ "logo": base64(&bytes) })).ok();
            let logo = &set["desk_settings"]["logo"];
            assert_eq!((&logo["media_type"], &logo["size_bytes"]), (&json!(media_type), &json!(bytes.len())));
            let href = logo["href"].as_str().unwrap();
            assert!(href.ends_with(ending), "{href}");
            let served = desk.stranger().get(href);
            assert_eq!(served.status(200).header("content-type"), Some(media_type));
            assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
            assert!(served.header("content-security-policy").unwrap().contains("default-src 'none'"));
            assert_eq!(served.body, bytes);
            assert!(desk.stranger().get("/help").text().contains(&format!("src=\"{href}\"")));
        }
        let last = admin.get(SETTINGS).ok()["desk_settings"]["logo"]["href"].as_str().unwrap().to_owned();
        for odd in ["x.png", "..%2F..%2Fetc%2Fpasswd", "%00", "%ff.png", &"a".repeat(3000)] {
            let answer = desk.stranger().get(&format!("/brand/{odd}"));
            assert!((400..500).contains(&answer.code), "{answer:?}");
        }
        admin.put(SETTINGS, json!({ "logo": null })).ok();
        desk.stranger().get(&last).status(404);
        assert!(!desk.stranger().get("/help").text().contains("/brand/"));
    }

    fn a_change_of_how_the_desk_looks_is_checked_and_noted(desk) {
        let admin = desk.admin();
        let before = admin.get(SETTINGS).etag().to_owned();
        let change = |tag: &str, body: Value| admin.ask(Method::PUT, SETTINGS).header("if-match", tag).json(&body).send();
        change(&before, json!({ "desk_name": HOSTILE })).ok();
        change(&before, json!({ "desk_name": "Late" })).status(412);
        admin.put(SETTINGS, json!({ "desk_name": HOSTILE })).ok();
        assert_eq!(desk.number("select count(*) from crm_audit_events where subject = 'desk_settings'"), 1);
        let browser = browser(desk, Role::Admin);
        let page = browser.page(PAGE);
        assert_inert(PAGE, &page);
        assert_inert("/sign-in", &desk.stranger().get("/sign-in").text());
        assert_inert("/help", &desk.stranger().get("/help").text());
        assert!(page.contains("alert(1)"), "the hostile name is shown");
        let tag = admin.get(SETTINGS).etag().replace('"', "&#34;");
        for sent in [format!("data-api=\"PUT {SETTINGS}\""), format!("data-etag=\"{tag}\"")] {
            assert!(page.contains(&sent), "{sent} in {page}");
        }
        let trail = browser.page("/administration/audit?subject=desk_settings");
        assert_inert("audit", &trail);
        let ask = browser.stranger.ask(Method::GET, PAGE).header("cookie", &browser.cookie);
        assert!(ask.header("accept-language", "de").send().status(200).text().contains("<html lang=\"de\""));
    }

    fn another_node_shows_what_this_one_was_told(desk) {
        let admin = desk.admin();
        let other = desk.another_node();
        desk.tick_together(std::slice::from_ref(&other));
        admin.put(SETTINGS, json!({ "desk_name": "Acme Help", "logo": base64(&png()) })).ok();
        desk.tick_together(std::slice::from_ref(&other));
        assert_eq!(other.brand_name(), "Acme Help");
        assert!(other.branding.known().unwrap().logo.is_some());
        // The other way round: what another node wrote shows here as time passes, its pictures at once.
        desk.execute(
            "update crm_desk_settings set desk_name = 'Elsewhere', colour = '#aa0000', edit_version = edit_version + 1",
        );
        let addresses = |page: &str| -> Vec<String> {
            attributes(page, "href").into_iter().filter(|at| at.starts_with("/brand/")).map(str::to_owned).collect()
        };
        assert_eq!(addresses(&desk.stranger().get("/sign-in").text()), Vec::<String>::new());
        desk.tick();
        let page = desk.stranger().get("/sign-in").text();
        assert!(page.contains("Elsewhere") && !page.contains("Acme Help"));
        desk.stranger().get(&addresses(&page)[0]).status(200);
        let mut logo = png();
        logo.push(b'2');
        let hex: String = logo.iter().map(|byte| format!("{byte:02x}")).collect();
        let literal = match desk.engine {
            crate::place::Engine::Sqlite => format!("x'{hex}'"),
            crate::place::Engine::Postgres => format!("'\\x{hex}'::bytea"),
        };
        desk.execute(&format!("update crm_desk_settings set logo = {literal}, edit_version = edit_version + 1"));
        let href = admin.get(SETTINGS).ok()["desk_settings"]["logo"]["href"].as_str().unwrap().to_owned();
        assert_eq!(desk.stranger().get(&href).status(200).body, logo);
    }

    fn the_token_of_the_first_start_lets_in_once(desk) {
        let token = first_start(desk);
        let way_in = desk.stranger().get("/welcome");
        assert_eq!(way_in.status(200).header("cache-control"), Some("no-store"));
        assert!(way_in.text().contains("name=\"token\"") && !way_in.text().contains(&token));
        assert!(desk.stranger().get("/sign-in").text().contains("href=\"/welcome\""));
        let entered = begins(desk, &token, "ida@example.com");
        assert_eq!(entered.status(303).header("location"), Some("/welcome"));
        let cookie = entered.header("set-cookie").unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let session = cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
        let me = desk.bearer(&session).get("/api/auth/me").ok();
        assert_eq!((&me["user"]["name"], &me["user"]["email"]), (&json!("Ida"), &json!("ida@example.com")));
        assert_eq!(me["user"]["role"], "admin");
        // It is used up: by the form, and as a token of the API; its file is gone.
        assert!(!has_file(desk));
        desk.bearer(&token).get("/api/auth/me").status(401);
        let again = begins(desk, &token, "eve@example.com");
        assert_eq!(again.status(303).header("location"), Some("/sign-in?next=%2Fwelcome"));
        assert!(again.header("set-cookie").is_none());
        assert_eq!(desk.stranger().get("/welcome").status(303).header("location"), Some("/sign-in?next=%2Fwelcome"));
        assert!(!desk.stranger().get("/sign-in").text().contains("href=\"/welcome\""));
        // The password is good from now on.
        PlainBrowser::sign_in(desk, "ida@example.com").page("/welcome");
        assert_eq!(users(desk), 1);
    }

    fn a_form_of_the_first_run_that_is_wrong_uses_nothing_up(desk) {
        let token = first_start(desk);
        let refused = form(&desk.stranger(), "/welcome", &format!("token={token}&name=+&email=ida&password=short"), None);
        let page = refused.status(422).text();
        for field in ["name", "email", "password"] {
            assert!(page.contains(&format!("id=\"fault-{field}\"")), "{field}: {page}");
        }
        assert!(!page.contains(&token) && !page.contains("short") && page.contains("value=\"ida\""));
        let hostile = HOSTILE.replace('+', "%2B").replace('&', "%26").replace(' ', "+");
        let page = form(&desk.stranger(), "/welcome", &format!("token=x&name={hostile}&email={hostile}&password=x"), None);
        assert_inert("/welcome", &page.status(422).text());
        let wrong = begins(desk, "stw_wrong", "ida@example.com");
        assert!(wrong.status(422).text().contains("id=\"fault-token\"") && wrong.header("set-cookie").is_none());
        // Another kind of token is none for this.
        let other = desk.admin().token.unwrap();
        assert!(begins(desk, &other, "ida@example.com").status(422).text().contains("id=\"fault-token\""));
        form(&desk.stranger(), "/welcome", "", None).status(422);
        assert!(has_file(desk));
        begins(desk, &token, "ida@example.com").status(303);
    }

    fn guessing_the_token_of_the_first_start_slows_down(desk) {
        let token = first_start(desk);
        for _ in 0..2 {
            begins(desk, "guess", "ida@example.com").status(422);
        }
        // The allowance is one address's, whatever it guesses at.
        for number in 0..8 {
            let guess = json!({ "email": format!("g{number}@example.com"), "password": "p" });
            desk.stranger().post("/api/auth/sign-in", guess).status(401);
        }
        let limited = begins(desk, &token, "ida@example.com");
        assert!(limited.status(429).text().contains("Try again in") && limited.header("set-cookie").is_none());
        assert!(has_file(desk));
        desk.later(1);
        begins(desk, &token, "ida@example.com").status(303);
    }

    fn of_several_who_hold_the_token_one_comes_in(desk) {
        let token = first_start(desk);
        let answers: Vec<Reply> = std::thread::scope(|scope| {
            let token = &token;
            let all: Vec<_> =
                (0..4).map(|n| scope.spawn(move || begins(desk, token, &format!("ida{n}@example.com")))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let (inside, outside): (Vec<&Reply>, Vec<&Reply>) =
            answers.iter().partition(|answer| answer.header("set-cookie").is_some());
        assert_eq!(inside.len(), 1, "{answers:?}");
        assert_eq!(inside[0].status(303).header("location"), Some("/welcome"));
        for late in outside {
            // Refused, or sent to sign in where the winner was done already.
            assert!(late.code == 422 || late.header("location") == Some("/sign-in?next=%2Fwelcome"), "{late:?}");
        }
        assert_eq!(users(desk), 1);
        assert_eq!(desk.number("select count(*) from crm_tokens where revoked_at is null"), 1);
    }

    fn a_token_of_the_first_start_ends_with_its_days(desk) {
        let token = first_start(desk);
        desk.later(7 * 24 * 60);
        assert_eq!(desk.stranger().get("/welcome").status(303).header("location"), Some("/sign-in?next=%2Fwelcome"));
        begins(desk, &token, "ida@example.com").status(303);
        assert_eq!(desk.number("select count(*) from crm_users where password_hash is not null"), 0);
    }

    fn nobody_but_an_admin_is_welcomed(desk) {
        for &role in Role::ALL {
            let expected = if role == Role::Admin { 200 } else { 403 };
            look(&browser(desk, role), "/welcome").status(expected);
        }
        let carl = desk.contact("carl");
        carl.get("/welcome").status(404);
        let sent = form(&carl, "/welcome", "token=x", None);
        assert_eq!(sent.status(303).header("location"), Some("/sign-in?next=%2Fwelcome"));
        assert!(sent.header("set-cookie").is_none());
        assert_eq!(desk.stranger().get("/welcome").status(303).header("location"), Some("/sign-in?next=%2Fwelcome"));
    }

    fn the_steps_are_ticked_by_what_the_desk_holds(desk) {
        let token = first_start(desk);
        begins(desk, &token, "ida@example.com").status(303);
        let ida = PlainBrowser::sign_in(desk, "ida@example.com");
        let done = || {
            let page = ida.page("/welcome");
            let ticked = page.matches("<li class=\"done\">").count();
            assert!(page.contains(&format!("{ticked} of 5 done")), "{page}");
            ticked
        };
        assert_eq!(done(), 0);
        let admin = desk.bearer(ida.cookie.split_once('=').unwrap().1);
        admin.put(SETTINGS, json!({ "desk_name": "Acme" })).ok();
        assert_eq!(done(), 1);
        let ana = desk.agent("ana");
        assert_eq!(done(), 2);
        let carl = desk.contact("carl");
        assert_eq!(done(), 3);
        ana.opens(json!({ "subject": "s", "contact_id": carl.id }));
        assert_eq!(done(), 4);
        admin.put(SETTINGS, json!({ "desk_name": null })).ok();
        assert_eq!(done(), 3, "what was undone is to be done again");
        for href in attributes(&ida.page("/welcome"), "href").into_iter().filter(|at| at.starts_with("/admin")) {
            look(&ida, href).status(200);
        }
    }
}
