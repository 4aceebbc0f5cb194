//! The administration in the browser: who sees which page, what stands on it, and that its forms are what the API takes.

use serde_json::{Value, json};
use steward::people::Role;
use ureq::http::Method;

use crate::client::Reply;
use crate::desk::Desk;
use crate::plain_browser::{PASSWORD, PlainBrowser};

/// Pages that managers see, and those that are the admin's.
const MANAGERS: [&str; 10] = [
    "/administration",
    "/administration/teams",
    "/administration/teams/new",
    "/administration/teams/{team}",
    "/administration/types",
    "/administration/types/new",
    "/administration/types/1",
    "/administration/priorities",
    "/administration/priorities/new",
    "/administration/priorities/1",
];
const ADMINS: [&str; 8] = [
    "/administration/users",
    "/administration/users/new",
    "/administration/users/1",
    "/administration/tokens",
    "/administration/tokens/new",
    "/administration/mail",
    "/administration/jobs",
    "/administration/audit",
];
/// Breaks out of an attribute, a text or a script where nobody escapes.
pub const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";

/// Somebody with a role, in a browser.
pub fn browser(desk: &Desk, role: Role) -> PlainBrowser {
    let email = format!("{role}@example.com");
    let draft = json!({ "name": role.word(), "email": email, "role": role, "password": PASSWORD });
    desk.admin().post("/api/crm/users", draft).created();
    PlainBrowser::sign_in(desk, &email)
}

pub fn look(browser: &PlainBrowser, path: &str) -> Reply {
    browser.stranger.ask(Method::GET, path).header("cookie", &browser.cookie).send()
}

/// Asserts that what was written as text is no element, and that a page is whole.
pub fn assert_inert(path: &str, page: &str) {
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}: {page}");
    assert!(page.trim_end().ends_with("</html>") && page.matches("<h1").count() == 1, "{path}");
}

/// Every attribute of this name on a page.
pub fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!(" {name}=\"");
    page.split(&mark).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

both_engines! {
    fn each_role_sees_its_pages(desk) {
        let team = desk.admin().post("/api/crm/teams", json!({ "team_name": "Field" })).created();
        let team = team["team"]["team_id"].to_string();
        let pages: Vec<(String, Role)> = MANAGERS
            .iter()
            .map(|path| (path.replace("{team}", &team), Role::Manager))
            .chain(ADMINS.iter().map(|path| ((*path).to_owned(), Role::Admin)))
            .collect();
        for &role in Role::ALL {
            let browser = browser(desk, role);
            for (path, needed) in &pages {
                let expected = if role >= *needed { 200 } else { 403 };
                let seen = look(&browser, path);
                seen.status(expected);
                assert!(seen.header("content-type").unwrap().starts_with("text/html"), "{path}");
                if expected == 200 {
                    assert_inert(path, &seen.text());
                }
            }
        }
        for (path, _) in &pages {
            desk.contact(&format!("Carl {}", path.len())).get(path).status(404);
            let sent = desk.stranger().get(path);
            assert!(sent.status(303).header("location").unwrap().starts_with("/sign-in?next=%2Fadmin"), "{path}");
        }
    }

    fn the_sections_beside_a_page_are_those_that_one_may_see(desk) {
        let manager = browser(desk, Role::Manager).page("/administration");
        let admin = browser(desk, Role::Admin).page("/administration/users");
        let all = [
            "users", "teams", "tokens", "types", "priorities", "policies", "calendars", "routing", "escalations",
            "surveys", "mail", "jobs", "audit",
        ];
        for name in all {
            let link = format!("href=\"/administration/{name}\"");
            let is_admins = ["users", "tokens", "mail", "jobs", "audit"].contains(&name);
            assert_eq!(manager.contains(&link), !is_admins, "{name}");
            assert!(admin.contains(&link), "{name}");
        }
        assert!(admin.contains("href=\"/administration/users\" aria-current=\"page\""));
        assert_eq!(admin.matches("aria-current=\"page\"").count(), 2, "the section, and the administration itself");
    }

    fn names_that_attack_stay_text(desk) {
        let admin = desk.admin();
        let made = |path: &str, draft: Value| admin.post(path, draft).created();
        made("/api/crm/users", json!({ "name": HOSTILE, "email": "h@example.com", "role": "agent" }));
        let user = desk.number("select max(user_id) from crm_users");
        let team = json!({ "team_name": HOSTILE, "description": HOSTILE, "member_ids": [user] });
        made("/api/crm/teams", team);
        let colour = "red\" onload=\"alert(1)";
        let draft = json!({ "type_name": &HOSTILE[..50], "type_code": &HOSTILE[..50], "default_priority": 1, "color": colour });
        let kind = made("/api/crm/case-types", draft)["case_type"]["case_type_id"].clone();
        let draft = json!({
            "priority_name": HOSTILE, "priority_level": 7, "response_time_hours": 1.5, "resolution_time_hours": 3,
            "color": colour, "icon": colour
        });
        let priority = made("/api/crm/case-priorities", draft)["priority"]["priority_id"].clone();
        made("/api/crm/tokens", json!({ "user_id": user, "token_name": HOSTILE }));
        let contact = desk.contact("carl");
        admin.put(&format!("/api/crm/contacts/{}", contact.id), json!({ "name": HOSTILE })).ok();
        desk.execute(&format!(
            "insert into crm_jobs (kind, payload, state, run_at, created_at, attempts, last_error)
             select 'react', '{{\"event_id\": 1}}', 'dead', created_at, created_at, 5, '{0}' from crm_contacts;
             insert into crm_outbound_messages (purpose, contact_id, to_name, to_address, subject, message_id, text_body,
                 html_body, state, last_answer, created_at)
             select 'survey_invitation', {1}, '{0}', '{0}', '{0}', 'm@x', '{0}', '{0}', 'held', '{0}', created_at
             from crm_contacts",
            HOSTILE.replace('\'', "''"),
            contact.id
        ));
        let message = desk.number("select max(outbound_message_id) from crm_outbound_messages");
        let browser = browser(desk, Role::Admin);
        let own = [
            format!("/administration/users/{user}"),
            format!("/administration/types/{kind}"),
            format!("/administration/priorities/{priority}"),
            format!("/administration/mail/{message}"),
            "/administration/teams/1".to_owned(),
            format!("/administration/users?search={}", "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
        ];
        let shown = MANAGERS.iter().chain(&ADMINS).map(|path| path.replace("{team}", "1")).chain(own);
        let mut seen = 0;
        for path in shown {
            let page = browser.page(&path);
            assert_inert(&path, &page);
            assert!(!page.contains("onload=\"") && !page.contains("fill=\"red"), "{path}");
            seen += page.matches("alert(1)").count();
        }
        assert!(seen > 20, "the hostile names are shown, {seen} times");
        // Removed things are shown as well.
        admin.delete("/api/crm/teams/1").status(204);
        assert_inert("removed", &browser.page("/administration/teams"));
    }

    fn a_form_knows_the_version_that_it_changes(desk) {
        let admin = desk.admin();
        let browser = browser(desk, Role::Admin);
        admin.post("/api/crm/teams", json!({ "team_name": "Field", "description": "Trains" })).created();
        for (page, api) in [
            ("/administration/users/1", "/api/crm/users/1"),
            ("/administration/teams/1", "/api/crm/teams/1"),
            ("/administration/types/1", "/api/crm/case-types/1"),
            ("/administration/priorities/1", "/api/crm/case-priorities/1"),
        ] {
            let shown = browser.page(page);
            let etag = admin.get(api).etag().to_owned();
            let tags: Vec<String> = shown
                .split("data-etag=").skip(1)
                .map(|rest| rest[1..].split(&rest[..1]).next().unwrap().replace("&#34;", "\""))
                .collect();
            assert_eq!(tags, [etag.clone(), etag], "{page}: to change it, and to remove it");
            let routes = attributes(&shown, "data-api");
            assert_eq!(routes, [format!("PUT {api}"), format!("DELETE {api}")], "{page}");
        }
    }

    fn what_was_removed_can_be_brought_back_by_an_admin(desk) {
        let admin = desk.admin();
        admin.post("/api/crm/teams", json!({ "team_name": "Gone" })).created();
        admin.delete("/api/crm/teams/1").status(204);
        let page = browser(desk, Role::Admin).page("/administration/teams");
        assert_eq!(attributes(&page, "data-api"), ["POST /api/crm/teams/1/restoration"]);
        assert!(page.contains("aria-label=\"Restore Gone\""), "{page}");
        let page = browser(desk, Role::Manager).page("/administration/teams");
        assert!(!page.contains("Gone"), "only admins restore");
        admin.post("/api/crm/teams/1/restoration", json!({})).status(200);
        look(&browser_again(desk), "/administration/teams/1").status(200);
    }

    fn lists_go_on_and_keep_their_filters(desk) {
        let admin = desk.admin();
        for number in 0..3 {
            let draft = json!({ "name": format!("Bea {number}"), "email": format!("b{number}@example.com"), "role": "agent" });
            admin.post("/api/crm/users", draft).created();
        }
        let browser = browser(desk, Role::Admin);
        let page = browser.page("/administration/users?search=bea&role=&limit=2");
        assert!(page.contains("Bea 0") && page.contains("Bea 1") && !page.contains("Bea 2"));
        let (_, rest) = page.split_once("rel=\"next\" href=\"").unwrap();
        let next = rest.split('"').next().unwrap().replace("&#38;", "&");
        assert!(next.starts_with("/administration/users?search=bea&limit=2&cursor="), "{next}");
        let page = browser.page(&next);
        assert!(page.contains("Bea 2") && !page.contains("Bea 1") && !page.contains("rel=\"next\""));
        let viewers = browser.page("/administration/users?role=viewer");
        assert!(!viewers.contains("Bea") && viewers.contains("<option value=\"viewer\" selected>"));
        look(&browser, "/administration/users?cursor=nonsense").status(400);
        look(&browser, "/administration/users/999999").status(404);
        look(&browser, "/administration/mail/1").status(404);
    }

    fn the_trail_says_who_changed_what(desk) {
        let admin = desk.admin();
        let made = admin.post("/api/crm/users", json!({ "name": "Bea", "email": "bea@example.com", "role": "agent" }));
        let id = made.created()["user"]["user_id"].as_i64().unwrap();
        admin.put(&format!("/api/crm/users/{id}"), json!({ "role": "manager", "case_cap": 5 })).ok();
        let browser = browser(desk, Role::Admin);
        let page = browser.page(&format!("/administration/audit?subject=user&subject_id={id}"));
        assert!(page.contains("agent → manager") && page.contains("role, case cap"), "{page}");
        let link = format!("href=\"/administration/users/{id}\">Bea</a>");
        assert_eq!(page.matches(&link).count(), 2, "made and changed: {page}");
        let others = browser.page("/administration/audit?subject=team");
        assert!(!others.contains("Bea"));
    }

    fn the_trail_is_told_in_german_and_by_names(desk) {
        let admin = desk.admin();
        let made = admin.post("/api/crm/users", json!({ "name": "Bea", "email": "bea@example.com", "role": "agent" }));
        let id = made.created()["user"]["user_id"].as_i64().unwrap();
        admin.put(&format!("/api/crm/users/{id}"), json!({ "role": "manager", "case_cap": 5 })).ok();
        admin.post("/api/crm/teams", json!({ "team_name": "North", "member_ids": [id] })).created();
        admin.post("/api/crm/tokens", json!({ "user_id": id, "token_name": "Import", "scope": "write" })).created();
        let browser = browser(desk, Role::Admin);
        let ask = browser.stranger.ask(Method::GET, "/administration/audit").header("cookie", &browser.cookie);
        let page = ask.header("accept-language", "de").send().status(200).text();
        for told in ["Agent → Leitung", "Rolle, Höchstzahl offener Anfragen", "Mitglieder</span> Bea<", "Lesen und schreiben", "Für Programme"] {
            assert!(page.contains(told), "no {told}: {page}");
        }
    }

    fn tokens_are_listed_by_kind_without_secrets(desk) {
        let admin = desk.admin();
        let made = admin.post("/api/crm/tokens", json!({ "user_id": 1, "token_name": "Import" })).created();
        let secret = made["secret"].as_str().unwrap().to_owned();
        let browser = browser(desk, Role::Admin);
        let page = browser.page("/administration/tokens");
        assert!(page.contains("Import") && !page.contains(&secret));
        let id = &made["token"]["token_id"];
        assert!(attributes(&page, "data-api").contains(&format!("DELETE /api/crm/tokens/{id}").as_str()));
        admin.delete(&format!("/api/crm/tokens/{id}")).status(204);
        let page = browser.page("/administration/tokens");
        assert!(!attributes(&page, "data-api").contains(&format!("DELETE /api/crm/tokens/{id}").as_str()));
        let sign_ins = browser.page("/administration/tokens?kind=sign_in");
        assert!(!sign_ins.contains("Import") && sign_ins.contains(">admin</a>"), "{sign_ins}");
        look(&browser, "/administration/tokens?kind=none").status(400);
    }

    fn dead_jobs_and_failed_mail_are_pointed_out_and_can_be_tried_again(desk) {
        desk.admin();
        desk.execute(
            "insert into crm_jobs (kind, payload, state, run_at, created_at, attempts, last_error)
             select 'send_mail', '{\"outbound_message_id\": 7}', 'dead', created_at, created_at, 5, 'no route' from crm_users
             where user_id = 1",
        );
        let job = desk.number("select max(job_id) from crm_jobs where state = 'dead'");
        let browser = browser(desk, Role::Admin);
        let overview = browser.page("/administration");
        assert!(overview.contains("1 job has failed for good"), "{overview}");
        let page = browser.page("/administration/jobs?state=dead");
        assert!(page.contains("Send a message") && page.contains("outbound message 7") && page.contains("no route"));
        assert_eq!(attributes(&page, "data-api"), [format!("POST /api/crm/jobs/{job}/retry")]);
        let manager = self::browser(desk, Role::Manager).page("/administration");
        assert!(!manager.contains("failed for good"));
        desk.admin().ask(Method::POST, &format!("/api/crm/jobs/{job}/retry")).send().status(204);
        assert!(!browser.page("/administration").contains("failed for good"));
    }

    fn german_is_spoken_on_every_page(desk) {
        let browser = browser(desk, Role::Admin);
        for path in MANAGERS.iter().chain(&ADMINS).filter(|path| !path.contains('{')) {
            let ask = browser.stranger.ask(Method::GET, path).header("cookie", &browser.cookie);
            let page = ask.header("accept-language", "de").send().status(200).text();
            assert!(page.contains("<html lang=\"de\"") && page.contains("Zugriffsschlüssel"), "{path}");
        }
    }
}

/// The admin's browser once more.
fn browser_again(desk: &Desk) -> PlainBrowser {
    PlainBrowser::sign_in(desk, "admin@example.com")
}
