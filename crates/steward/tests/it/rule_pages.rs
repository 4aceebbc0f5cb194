//! The administration's rules in the browser and what their forms ask of the API: policies, calendars, assignment and
//! escalation rules, surveys.

use serde_json::{Value, json};
use steward::people::Role;
use ureq::http::Method;

use crate::administration_pages::{HOSTILE, assert_inert, attributes, browser, look};
use crate::client::{Client, Reply};
use crate::desk::Desk;
use crate::invitations::invited;
use crate::plain_browser::PlainBrowser;
use crate::sla::{case, enterprise_case};

/// The pages of a desk that has one rule of each sort.
const PAGES: [&str; 17] = [
    "/administration/policies",
    "/administration/policies/new",
    "/administration/policies/1",
    "/administration/calendars",
    "/administration/calendars/new",
    "/administration/calendars/1",
    "/administration/routing",
    "/administration/routing/new",
    "/administration/routing/1",
    "/administration/escalations",
    "/administration/escalations/new",
    "/administration/escalations/1",
    "/administration/surveys",
    "/administration/surveys/new",
    "/administration/surveys/1",
    "/administration/surveys/1/preview",
    "/administration/surveys/1/invitations",
];
const ROUTING: &str = "/api/crm/assignment-rules";
const ESCALATIONS: &str = "/api/crm/escalation-rules";

/// An assignment rule and an escalation rule of this name, the first of their kind.
fn rules(admin: &Client, name: &str) {
    let team =
        admin.post("/api/crm/teams", json!({ "team_name": name })).created()["team"]["team_id"].clone();
    admin.post(ROUTING, json!({ "rule_name": name, "team_id": team })).created();
    let draft = json!({ "rule_name": name, "cause": "violation", "to_level": 1, "assign_team_id": team });
    admin.post(ESCALATIONS, draft).created();
}

/// Sends a form's JSON to a page, as its script does to see what saving would do.
fn previews(browser: &PlainBrowser, path: &str, tag: Option<&str>, body: &Value) -> Reply {
    let ask = browser.stranger.ask(Method::POST, path).header("cookie", &browser.cookie);
    let ask = ask.header("sec-fetch-site", "same-origin").header("x-csrf-token", &browser.token());
    let ask = if let Some(tag) = tag { ask.header("if-match", tag) } else { ask };
    ask.json(body).send()
}

/// The cases that a preview shows, in its order.
fn shown_cases(part: &str) -> Vec<String> {
    let all = attributes(part, "href").into_iter().filter_map(|at| at.strip_prefix("/cases/"));
    all.map(str::to_owned).collect()
}

both_engines! {
    fn managers_see_the_rules_and_nobody_below(desk) {
        rules(&desk.admin(), "Field");
        for &role in Role::ALL {
            let browser = browser(desk, role);
            for path in PAGES {
                let expected = if role >= Role::Manager { 200 } else { 403 };
                let seen = look(&browser, path);
                seen.status(expected);
                if expected == 200 {
                    assert_inert(path, &seen.text());
                }
            }
            for path in ["/administration/policies/preview", "/administration/policies/1/preview", "/administration/calendars/1/preview"] {
                let expected = if role >= Role::Manager { 200 } else { 403 };
                previews(&browser, path, None, &json!({})).status(expected);
            }
        }
        let carl = desk.contact("carl");
        for path in PAGES {
            carl.get(path).status(404);
            let sent = desk.stranger().get(path);
            assert!(sent.status(303).header("location").unwrap().starts_with("/sign-in?next=%2Fadmin"), "{path}");
        }
        let browser = browser_again(desk, "manager");
        for path in PAGES.iter().filter(|path| path.ends_with("/1")) {
            for odd in ["999999", "0", "-1", "x", "99999999999999999999"] {
                look(&browser, &path.replace("/1", &format!("/{odd}"))).status(404);
            }
        }
    }

    fn a_rules_form_knows_the_version_that_it_changes(desk) {
        let admin = desk.admin();
        rules(&admin, "Field");
        let browser = browser(desk, Role::Manager);
        for (page, api) in [
            ("/administration/policies/1", "/api/crm/sla-policies/1"),
            ("/administration/calendars/1", "/api/crm/calendars/1"),
            ("/administration/routing/1", "/api/crm/assignment-rules/1"),
            ("/administration/escalations/1", "/api/crm/escalation-rules/1"),
            ("/administration/surveys/1", "/api/crm/surveys/1"),
        ] {
            let shown = browser.page(page);
            let tag = admin.get(api).etag().replace('"', "&#34;");
            for method in ["PUT", "DELETE"] {
                let (_, form) = shown.split_once(&format!("data-api=\"{method} {api}\"")).unwrap_or_else(|| panic!("{page}: {method}"));
                let form = form.split('>').next().unwrap();
                assert!(form.contains(&tag), "{page}: {method} {form} without {tag}");
            }
            for route in attributes(&shown, "data-api") {
                assert!(route.split_once(' ').is_some_and(|(_, path)| path.starts_with(api)), "{page}: {route}");
            }
        }
    }

    fn names_of_rules_that_attack_stay_text(desk) {
        let admin = desk.admin();
        rules(&admin, HOSTILE);
        let account = desk.account_with(json!({ "account_name": HOSTILE }));
        let conditions = json!({ "account_ids": [account] });
        admin.put("/api/crm/sla-policies/1", json!({ "policy_name": HOSTILE, "conditions": conditions })).ok();
        admin.put(&format!("{ROUTING}/1"), json!({ "conditions": conditions })).ok();
        let holidays = json!([{ "date": "2026-03-20", "name": HOSTILE }]);
        admin.put("/api/crm/calendars/1", json!({ "calendar_name": HOSTILE, "holidays": holidays })).ok();
        admin.put("/api/crm/surveys/1", json!({ "survey_name": HOSTILE })).ok();
        let question = json!({ "question_text": HOSTILE, "question_type": "multiple_choice", "choices": [HOSTILE, "b"] });
        admin.post("/api/crm/surveys/1/questions", question).created();
        let carl = desk.contact_of("carl", account);
        admin.put(&format!("/api/crm/contacts/{}", carl.id), json!({ "name": HOSTILE })).ok();
        invited(desk, &carl);
        let browser = browser(desk, Role::Admin);
        let attack = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
        let own = [
            "/administration/calendars/1?start=2026-03-19T09:00&minutes=3000".to_owned(),
            format!("/administration/calendars/1?start={attack}&minutes={attack}"),
        ];
        let mut seen = 0;
        for path in PAGES.iter().map(|path| (*path).to_owned()).chain(own) {
            let page = browser.page(&path);
            assert_inert(&path, &page);
            seen += page.matches("alert(1)").count();
        }
        assert!(seen > 20, "the hostile names are shown, {seen} times");
        admin.opens(json!({ "subject": HOSTILE, "contact_id": carl.id }));
        let part = previews(&browser, "/administration/policies/1/preview", None, &json!({ "resolution_hours": 3 })).status(200).text();
        assert!(part.contains("alert(1)") && !part.contains("<script") && !part.contains("<img"), "{part}");
        for path in [ROUTING, ESCALATIONS] {
            admin.delete(&format!("{path}/1")).status(204);
        }
        for path in ["/administration/routing", "/administration/escalations"] {
            let page = browser.page(path);
            assert_inert(path, &page);
            assert!(attributes(&page, "data-api").iter().any(|route| route.ends_with("/1/restoration")), "{path}");
        }
    }

    fn a_preview_shows_what_saving_would_do_and_does_nothing(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let late = enterprise_case(desk, &ana);
        desk.later(120).tick();
        let soon = ana.opens(json!({ "subject": "Fresh", "account_id": case(&ana, late)["account_id"], "case_type_id": 1 }));
        let browser = browser(desk, Role::Manager);
        let (rows, before) = (desk.rows(), (case(&ana, late), case(&ana, soon)));
        let edit = json!({ "resolution_hours": 1 });
        let answer = previews(&browser, "/administration/policies/1/preview", None, &edit);
        assert_eq!(answer.status(200).header("cache-control"), Some("private, no-store"));
        let part = answer.text();
        assert_eq!(shown_cases(&part), [late.to_string(), soon.to_string()], "what is missed comes first: {part}");
        assert_eq!(part.matches(">Missed<").count(), 1, "{part}");
        assert!(!part.contains("are shown."), "both are shown: {part}");
        assert_eq!((desk.rows(), (case(&ana, late), case(&ana, soon))), (rows, before));
        assert!(mia.get("/api/crm/sla-recomputations").ok()["sla_recomputations"].as_array().unwrap().is_empty());
        let nothing = previews(&browser, "/administration/policies/1/preview", None, &json!({}));
        assert!(nothing.status(200).text().contains("No open case would change."));
        // It refuses what saving would refuse.
        let tag = mia.get("/api/crm/sla-policies/1").etag().to_owned();
        mia.put("/api/crm/sla-policies/1", json!({ "policy_name": "Renamed" })).ok();
        previews(&browser, "/administration/policies/1/preview", Some(&tag), &edit).status(412);
        let faulty = json!({ "conditions": { "account_ids": [999] }, "calendar_id": 999 });
        for path in ["/administration/policies/1/preview", "/administration/policies/preview"] {
            previews(&browser, path, None, &faulty).status(422).names(&["/conditions/account_ids/0", "/calendar_id"]);
        }
        previews(&browser, "/administration/policies/999/preview", None, &edit).status(404);
        previews(&browser, "/administration/calendars/999/preview", None, &json!({})).status(404);
        // A form of another site previews nothing.
        let foreign = browser.stranger.ask(Method::POST, "/administration/policies/1/preview").header("cookie", &browser.cookie);
        foreign.header("sec-fetch-site", "cross-site").json(&edit).send().status(403);
    }

    fn a_long_preview_says_that_it_is_cut(desk) {
        desk.admin();
        desk.execute(
            "insert into crm_cases (subject, case_type_id, priority_id, created_at)
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 101)
             select 'Case ' || i, 1, 3, '2026-03-02T08:00:00.000Z' from n",
        );
        desk.tick();
        let browser = browser(desk, Role::Manager);
        let edit = json!({ "resolution_hours": 2 });
        let part = previews(&browser, "/administration/policies/4/preview", None, &edit).status(200).text();
        assert_eq!(shown_cases(&part).len(), 100);
        assert!(part.contains("The first 100 are shown."), "{part}");
        desk.execute("update crm_cases set is_active = (1 = 0) where case_id = 101");
        let part = previews(&browser, "/administration/policies/4/preview", None, &edit).status(200).text();
        assert_eq!(shown_cases(&part).len(), 100);
        assert!(!part.contains("are shown."), "all are: {part}");
    }

    fn progress_of_a_recomputation_is_shown_to_managers(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let path = "/api/crm/sla-recomputations";
        enterprise_case(desk, &ana);
        let browser = browser(desk, Role::Manager);
        assert!(!browser.page("/administration/policies").contains("data-recomputations"));
        mia.put("/api/crm/sla-policies/1", json!({ "resolution_hours": 4 })).ok();
        let waiting = mia.get(path).ok()["sla_recomputations"][0].clone();
        assert_eq!((&waiting["state"], &waiting["done"], &waiting["total"]), (&json!("waiting"), &json!(0), &json!(1)));
        assert_eq!(waiting["finished_at"], Value::Null);
        let page = browser.page("/administration/policies");
        assert!(page.contains(&format!("data-job=\"{}\" max=\"1\" value=\"0\"", waiting["job_id"])), "{page}");
        desk.tick();
        let done = mia.get(path).ok()["sla_recomputations"][0].clone();
        assert_eq!((&done["state"], &done["done"], &done["changed"]), (&json!("done"), &json!(1), &json!(1)));
        assert!(done["finished_at"].is_string());
        let page = browser.page("/administration/policies");
        assert!(!page.contains("<progress") && page.contains("1 cases computed, 1 changed"), "{page}");
        for below in [ana, desk.viewer("vic"), desk.contact("carl")] {
            below.get(path).status(403);
        }
        desk.stranger().get(path).status(401);
    }

    fn a_calendar_is_tried_on_its_own_clock(desk) {
        let admin = desk.admin();
        let week = json!([{ "weekday": "mon", "from": "09:00", "to": "17:00" }, { "weekday": "tue", "from": "22:00", "to": "06:00" }]);
        let draft = json!({ "calendar_name": "Berlin", "time_zone": "Europe/Berlin", "intervals": week,
            "holidays": [{ "date": "2026-03-09", "from": "12:00", "to": "13:00", "name": "Lunch" }, { "date": "2025-12-25", "name": "Past" }],
            "extra": [{ "date": "2026-03-08", "from": "10:00", "to": "11:00" }] });
        let id = admin.post("/api/crm/calendars", draft).created()["calendar"]["calendar_id"].clone();
        let browser = browser(desk, Role::Manager);
        let path = format!("/administration/calendars/{id}");
        let page = browser.page(&path);
        assert!(page.contains("data-weekday=\"mon\"") && page.contains("value=\"22:00-06:00\""), "{page}");
        assert!(page.contains("<rect class=\"open\" x=\"1320\" y=\"3\" width=\"120\""), "Tuesday's evening: {page}");
        assert!(page.contains("<rect class=\"open\" x=\"0\" y=\"3\" width=\"360\""), "Wednesday's morning: {page}");
        assert!(page.contains("2026-03-09 12:00-13:00 Lunch") && page.contains("2026-03-08 10:00-11:00"), "{page}");
        let (_, coming) = page.split_once("<ul class=\"coming\">").unwrap();
        let coming = coming.split("</ul>").next().unwrap();
        assert!(coming.contains("Lunch") && !coming.contains("Past"), "{coming}");
        // The clock stands at 9:00 in London's winter: 10:00 here.
        assert!(page.contains("name=\"start\" value=\"2026-03-02T10:00\""), "{page}");
        let tried = browser.page(&format!("{path}?start=2026-03-09T11:00&minutes=120"));
        assert!(tried.contains(">Open<") && tried.contains(", 14:00</b>") && tried.contains("Lunch"), "{tried}");
        let api = json!({ "start": "2026-03-09T10:00:00Z", "minutes": 120 });
        assert_eq!(admin.post(&format!("/api/crm/calendars/{id}/try"), api).ok()["due_at"], "2026-03-09T13:00:00.000Z");
        let closed = browser.page(&format!("{path}?start=2026-03-08T09:00"));
        assert!(closed.contains(">Closed<") && closed.contains("opens ") && closed.contains(", 10:00"), "{closed}");
        for odd in [
            "start=x", "minutes=5", "start=2026-03-09T11:00&minutes=-1", "start=2026-03-09T11:00&minutes=NaN",
            "start=2026-03-09T11:00&minutes=1e300", "start=2026-02-30T11:00&minutes=1", "start=2026-03-09T11:00&minutes=1051201",
        ] {
            let page = browser.page(&format!("{path}?{odd}"));
            assert!(page.contains("Name a date and a time"), "{odd}: {page}");
        }
        // At the end of time and before its beginning there is an answer as well.
        for odd in ["9999-12-31T23:59", "0001-01-01T00:00", "-9999-01-01T00:00", "-009999-01-01T00:00"] {
            look(&browser, &format!("{path}?start={odd}&minutes=1051200")).status(200);
        }
        look(&browser, &format!("{path}?start=a&start=b")).status(400);
    }

    fn rules_are_changed_in_part_and_by_their_version(desk) {
        let mia = desk.manager("mia");
        rules(&mia, "Field");
        for (path, key, also) in [
            (ROUTING, "assignment_rule", json!({ "method": "least_open" })),
            (ESCALATIONS, "escalation_rule", json!({ "raise_priority": true })),
        ] {
            let one = format!("{path}/1");
            let before = mia.get(&one);
            let renamed = mia.ask(Method::PUT, &one).header("if-match", before.etag()).json(&json!({ "rule_name": "Other" })).send();
            let mut expected = before.ok()[key].clone();
            expected["rule_name"] = json!("Other");
            expected["edit_version"] = json!(expected["edit_version"].as_i64().unwrap() + 1);
            assert_eq!(renamed.ok()[key], expected, "nothing else has changed");
            let stale = mia.ask(Method::PUT, &one).header("if-match", before.etag()).json(&also).send();
            stale.status(412);
            let removed = mia.ask(Method::DELETE, &one).header("if-match", before.etag()).send();
            removed.status(412);
            assert_eq!(mia.put(&one, json!({})).ok()[key], expected);
            assert_eq!(mia.put(&one, also.clone()).etag(), mia.get(&one).etag());
            let (field, value) = also.as_object().unwrap().iter().next().unwrap();
            assert_eq!(&mia.get(&one).ok()[key][field], value);
            for wrong in [json!({ "rule_name": null }), json!({ "rule_name": "" }), json!({ "rule_name": "a\u{0}" }), json!({ "rule_name": "a".repeat(201) })] {
                mia.put(&one, wrong).status(422).names(&["/rule_name"]);
            }
            mia.put(&one, json!({ "rule_id": 7, "moon": 1, "position": 0 })).status(422).names(&["/moon", "/position", "/rule_id"]);
            desk.agent("ana").put(&one, json!({})).status(403);
            desk.viewer("vic").get(&one).ok();
            desk.contact("carl").get(&one).status(403);
            let trail = format!("select count(*) from crm_audit_events where subject = '{key}' and kind = 'changed'");
            assert_eq!(desk.number(&trail), 2, "an edit that changes nothing leaves no trace");
        }
    }

    fn what_conditions_name_is_there(desk) {
        let mia = desk.manager("mia");
        rules(&mia, "Field");
        let conditions = json!({ "case_type_ids": [1, 999], "priority_ids": [999], "account_ids": [999, 998] });
        let expected = [
            "/conditions/case_type_ids/1", "/conditions/priority_ids/0", "/conditions/account_ids/0", "/conditions/account_ids/1",
        ];
        let rows = desk.rows();
        let all = |more: &'static str| -> Vec<&str> { expected.iter().copied().chain([more]).collect() };
        let draft = json!({ "rule_name": "r", "team_id": 999, "conditions": conditions });
        mia.post(ROUTING, draft.clone()).status(422).names(&all("/team_id"));
        mia.put(&format!("{ROUTING}/1"), draft).status(422).names(&all("/team_id"));
        let policy = json!({ "policy_name": "p", "calendar_id": 999, "conditions": conditions });
        mia.post("/api/crm/sla-policies", policy.clone()).status(422).names(&all("/calendar_id"));
        mia.put("/api/crm/sla-policies/1", policy).status(422).names(&all("/calendar_id"));
        let named = json!({ "assign_user_id": 999, "assign_team_id": 999 });
        mia.put(&format!("{ESCALATIONS}/1"), named).status(422).names(&["/assign_user_id", "/assign_team_id"]);
        for path in [format!("{ROUTING}/1"), "/api/crm/sla-policies/1".to_owned()] {
            let words = json!({ "conditions": { "account_tiers": ["gold"], "channels": ["telepathy"], "moon": [1] } });
            let answer = mia.put(&path, words);
            answer.status(422);
            assert_eq!(answer.faults().len(), 3, "{answer:?}");
            let many = json!({ "conditions": { "account_ids": (1..1002).collect::<Vec<i64>>() } });
            mia.put(&path, many).status(422).names(&["/conditions/account_ids"]);
            mia.put(&path, json!({ "conditions": { "case_type_ids": ["1"], "account_ids": [-1] } })).status(422)
                .names(&["/conditions/case_type_ids/0", "/conditions/account_ids/0"]);
        }
        assert_eq!(desk.rows(), rows);
    }

    fn what_was_deleted_since_it_was_chosen_stays_chosen_and_is_said(desk) {
        let admin = desk.admin();
        rules(&admin, "Field");
        let draft = json!({ "type_name": "Rarity", "type_code": "rare", "default_priority": 1 });
        let kind = admin.post("/api/crm/case-types", draft).created()["case_type"]["case_type_id"].clone();
        let conditions = json!({ "case_type_ids": [kind, kind, 1] });
        for path in [format!("{ROUTING}/1"), "/api/crm/sla-policies/1".to_owned()] {
            let changed = admin.put(&path, json!({ "conditions": conditions })).ok();
            let rule = changed.as_object().unwrap().values().next().unwrap();
            assert_eq!(rule["conditions"]["case_type_ids"], json!([kind, 1]), "each once");
        }
        admin.delete(&format!("/api/crm/case-types/{kind}")).status(204);
        let browser = browser(desk, Role::Manager);
        for (page, api) in [("/administration/routing/1", format!("{ROUTING}/1")), ("/administration/policies/1", "/api/crm/sla-policies/1".to_owned())] {
            let shown = browser.page(page);
            assert!(shown.contains(&format!("value=\"{kind}\" checked")) && shown.contains("Rarity") && shown.contains("(removed)"), "{page}: {shown}");
            admin.put(&api, json!({ "conditions": { "case_type_ids": [kind] } })).ok();
            admin.put(&api, json!({ "conditions": { "case_type_ids": [] } })).ok();
            admin.put(&api, json!({ "conditions": { "case_type_ids": [kind] } })).status(422).names(&["/conditions/case_type_ids/0"]);
        }
        admin.delete("/api/crm/teams/1").status(204);
        assert!(browser.page("/administration/routing").contains("team removed"));
        // The forms still name them: to change a rule's name takes nobody away.
        let agent = admin.post("/api/crm/users", json!({ "name": "Gone", "email": "gone@example.com", "role": "agent" }));
        let agent = agent.created()["user"]["user_id"].clone();
        admin.put(&format!("{ESCALATIONS}/1"), json!({ "assign_user_id": agent })).ok();
        admin.delete(&format!("/api/crm/users/{agent}")).status(204);
        let chosen = format!("<option value=\"{agent}\" selected>Gone (removed)</option>");
        assert!(browser.page("/administration/escalations/1").contains(&chosen));
        assert!(browser.page("/administration/routing/1").contains("<option value=\"1\" selected>Field (removed)</option>"));
        admin.put(&format!("{ROUTING}/1"), json!({ "rule_name": "Still" })).ok();
        admin.put(&format!("{ESCALATIONS}/1"), json!({ "rule_name": "Still" })).ok();
    }

    fn case_types_and_priorities_come_in_pages(desk) {
        let admin = desk.admin();
        for (path, key, id) in [
            ("/api/crm/case-types", "case_types", "case_type_id"),
            ("/api/crm/case-priorities", "priorities", "priority_id"),
        ] {
            let whole = admin.get(path).ok();
            let count = whole[key].as_array().unwrap().len();
            let (mut seen, mut next) = (Vec::new(), format!("{path}?limit=1"));
            while seen.len() <= count {
                let page = admin.get(&next).ok();
                assert_eq!(page[key].as_array().unwrap().len(), 1);
                assert_eq!(page["pagination"]["total"], count);
                seen.push(page[key][0][id].clone());
                let Some(cursor) = page["pagination"]["next_cursor"].as_str() else { break };
                next = format!("{path}?limit=1&cursor={cursor}");
            }
            let all: Vec<Value> = whole[key].as_array().unwrap().iter().map(|one| one[id].clone()).collect();
            assert_eq!(seen, all, "{path}");
            for wrong in ["limit=0", "limit=x", "cursor=nonsense", "moon=1"] {
                admin.get(&format!("{path}?{wrong}")).status(400);
            }
        }
    }

    fn a_survey_is_seen_before_it_is_sent_and_its_invitations_after(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let browser = browser(desk, Role::Manager);
        let rows = desk.rows();
        let preview = browser.page("/administration/surveys/1/preview");
        assert!(preview.contains("type=\"radio\"") && !preview.contains("data-api"), "{preview}");
        assert_eq!(desk.rows(), rows);
        assert!(browser.page("/administration/surveys/1/invitations").contains("/administration/surveys/1"));
        let before = browser.page("/administration/surveys/1");
        assert!(!before.contains("class=\"hold\""), "nobody was asked yet: {before}");
        invited(desk, &carl);
        let shown = browser.page("/administration/surveys/1");
        assert!(shown.contains("class=\"hold\""), "it was put to somebody: {shown}");
        let list = browser.page("/administration/surveys/1/invitations");
        assert!(list.contains("carl") && list.contains("href=\"/cases/1\""), "{list}");
        let state = mia.get("/api/crm/surveys/1/invitations").ok()["invitations"][0]["state"].as_str().unwrap().to_owned();
        let same = browser.page(&format!("/administration/surveys/1/invitations?state={state}"));
        assert!(same.contains("href=\"/cases/1\"") && same.contains(&format!("state={state}\" aria-current=\"true\"")), "{same}");
        let other = if state == "skipped" { "answered" } else { "skipped" };
        assert!(!browser.page(&format!("/administration/surveys/1/invitations?state={other}")).contains("href=\"/cases/1\""));
        look(&browser, "/administration/surveys/1/invitations?state=lost").status(400);
        look(&browser, "/administration/surveys/1/invitations?cursor=x").status(400);
        look(&browser, "/administration/surveys/999/invitations").status(404);
        look(&browser, "/administration/surveys/999/preview").status(404);
    }

    fn german_is_spoken_on_every_page_of_rules(desk) {
        rules(&desk.admin(), "Field");
        let browser = browser(desk, Role::Manager);
        for path in PAGES {
            let ask = browser.stranger.ask(Method::GET, path).header("cookie", &browser.cookie);
            let page = ask.header("accept-language", "de").send().status(200).text();
            assert!(page.contains("<html lang=\"de\""), "{path}");
        }
        let ask = browser.stranger.ask(Method::POST, "/administration/policies/1/preview").header("cookie", &browser.cookie);
        let ask = ask.header("sec-fetch-site", "same-origin").header("accept-language", "de");
        let part = ask.json(&json!({})).send().status(200).text();
        assert!(part.contains("Offene") || part.contains("offene"), "{part}");
    }
}

/// Somebody with a role who is there already, in a browser.
fn browser_again(desk: &Desk, role: &str) -> PlainBrowser {
    PlainBrowser::sign_in(desk, &format!("{role}@example.com"))
}
