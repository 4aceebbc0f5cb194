//! The workspace in a browser without scripts: lists and their filters, views, many cases at once, customers, new cases,
//! notifications, going anywhere; and that none of it is for customers or for forged forms.

use serde_json::{Value, json};
use steward::people::Role;
use ureq::http::Method;

use crate::client::Reply;
use crate::desk::Desk;
use crate::plain_browser::{PASSWORD, PlainBrowser, form};

/// Somebody of a role in a browser, with their id.
fn browser(desk: &Desk, name: &str, role: Role) -> (PlainBrowser, i64) {
    let email = format!("{name}@example.com");
    let draft = json!({ "name": name, "email": email, "role": role.word(), "password": PASSWORD });
    let user = desk.admin().post("/api/crm/users", draft).created();
    (PlainBrowser::sign_in(desk, &email), user["user"]["user_id"].as_i64().unwrap())
}

fn ask(browser: &PlainBrowser, path: &str) -> Reply {
    browser.stranger.ask(Method::GET, path).header("cookie", &browser.cookie).send()
}

fn counts(browser: &PlainBrowser) -> Value {
    ask(browser, "/views/counts").ok()
}

/// The part of a page between two texts.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {page}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} in {page}")).0
}

/// Where the list goes on.
fn next(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("rel=\"next\" href=\"")?;
    Some(rest.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
}

const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'</script>";

both_engines! {
    fn filters_stand_in_the_address_and_are_taken_away_one_by_one(desk) {
        let (_, ana_id) = browser(desk, "ana", Role::Agent);
        let mia = desk.manager("mia");
        let first = mia.opens(json!({ "subject": "Printer burns", "priority_id": 4, "owner_id": ana_id, "tags": ["vip", "fire"] }));
        mia.opens(json!({ "subject": "Nobody cares", "priority_id": 1, "channel": "chat" }));
        mia.comments(first, json!({ "comment_text": "Water?" }));
        mia.sets(first, "pending").ok();
        desk.at("2026-03-03T09:00:00Z");
        let ana = PlainBrowser::sign_in(desk, "ana@example.com");
        mia.opens(json!({ "subject": "Tomorrow", "priority_id": 1 }));
        for (query, has) in [
            ("status=pending&status=open", [true, false, false]), ("status=pending,open", [true, false, false]),
            ("owner_id=me", [true, false, false]), ("owner_id=nobody", [false, true, true]), ("channel=chat", [false, true, false]),
            ("tag=vip,fire", [true, false, false]), ("search=printer", [true, false, false]), ("priority_id=1", [false, true, true]),
            ("created_from=2026-03-03", [false, false, true]), ("created_to=2026-03-02", [true, true, false]),
            ("sla_clock=paused", [true, false, false]), ("search=&status=&owner_id=", [true, true, true]),
        ] {
            let page = ana.page(&format!("/cases?{query}"));
            let table = page.split("<main").nth(1).unwrap();
            for (subject, has) in ["Printer burns", "Nobody cares", "Tomorrow"].into_iter().zip(has) {
                assert_eq!(table.contains(subject), has, "{query}: {subject}");
            }
        }
        let page = ana.page("/cases?status=pending&priority_id=4");
        assert!(page.contains("href=\"/cases?priority_id=4\"") && page.contains("href=\"/cases?status=pending\""), "{page}");
        assert!(page.contains("Status: Pending") && page.contains("Priority: "), "{page}");
        assert!(ana.page("/cases?sort=priority").contains("aria-sort=\"descending\""));
        assert!(ana.page("/cases?search=nothing+like+it").contains("No case matches."));
        for wrong in ["status=lost", "colour=red", "owner_id=you", "cursor=x", "created_from=2026-02-30", "limit=0", "search=%FF"] {
            ask(&ana, &format!("/cases?{wrong}")).status(400);
            ask(&ana, &format!("/cases/rows?{wrong}")).status(400);
        }
        let part = ana.page("/cases/rows?view=&status=pending");
        assert!(part.contains("Printer burns") && !part.contains("<html") && !part.contains("Tomorrow"));
        assert!(ana.page("/cases/rows?view=mine").contains("Printer burns"));
        ask(&ana, "/cases/rows?view=theirs").status(404);
    }

    fn a_list_goes_on_where_a_page_ends(desk) {
        let (ana, _) = browser(desk, "ana", Role::Agent);
        let mia = desk.manager("mia");
        for n in 0..7 {
            desk.later(1);
            mia.opens(json!({ "subject": format!("Number {n}."), "priority_id": n % 4 + 1 }));
        }
        for path in ["/cases?limit=3", "/views/open?limit=3&sort=priority", "/views/unassigned?limit=3&sort=next_due"] {
            let (mut at, mut seen, mut pages) = (Some(path.to_owned()), Vec::new(), 0);
            while let Some(path) = at {
                let page = ana.page(&path);
                seen.extend((0..7).filter(|n| page.contains(&format!("Number {n}."))));
                at = next(&page);
                pages += 1;
            }
            seen.sort_unstable();
            assert_eq!((seen, pages), ((0..7).collect(), 3), "{path}");
        }
        let second = next(&ana.page("/cases?limit=3")).unwrap();
        assert!(ana.page(&second).contains("First page") && !ana.page("/cases?limit=3").contains("First page"));
    }

    fn views_and_teams_have_their_cases_and_count_them(desk) {
        let (ana, ana_id) = browser(desk, "ana", Role::Agent);
        let mia = desk.manager("mia");
        let team = mia.post("/api/crm/teams", json!({ "team_name": "Pumps & <b>", "member_ids": [ana_id] })).created();
        let team_id = &team["team"]["team_id"];
        mia.opens(json!({ "subject": "Own", "owner_id": ana_id, "priority_id": 4 }));
        mia.opens(json!({ "subject": "Pump", "team_id": team_id }));
        let done = mia.opens(json!({ "subject": "Done" }));
        mia.sets(done, "resolved").ok();
        mia.opens(json!({ "subject": "Free" }));
        let told = counts(&ana);
        for (view, count, subject) in [
            ("mine", "1", "Own"), ("unassigned", "2", "Free"), ("open", "3", "Pump"), ("resolved", "1", "Done"),
            (&*format!("team-{team_id}"), "1", "Pump"),
        ] {
            assert_eq!(told["counts"][view], count, "{view}: {told}");
            let page = ana.page(&format!("/views/{view}"));
            assert!(page.contains(subject) && page.contains("aria-current=\"page\""), "{view}");
            assert!(page.contains(&format!("data-count=\"{view}\">{count}<")), "{view}");
        }
        assert!(ana.page("/cases").contains("Pumps &#38; &#60;b&#62;"));
        assert_eq!(told["counts"]["overdue"], "0");
        // The first answer to an urgent case is due within the hour.
        desk.later(60 * 24 * 30).tick();
        let ana = PlainBrowser::sign_in(desk, "ana@example.com");
        assert_eq!((&counts(&ana)["counts"]["overdue"], &counts(&ana)["counts"]["violated"]), (&json!("3"), &json!("3")));
        assert!(ana.page("/views/overdue").contains("due overdue"));
        for none in ["/views/nothing", "/views/team-99", "/views/team-x", "/views/saved-1", "/saved-views/7"] {
            ask(&ana, none).status(404);
        }
        // A view narrows further, and its own filters are no chips.
        let narrowed = ana.page("/views/open?priority_id=4");
        assert!(narrowed.contains("Own") && !narrowed.contains(">Free<"));
        assert_eq!(narrowed.matches("class=\"chip\"").count(), 1);
    }

    fn filters_are_saved_renamed_shared_and_deleted_in_the_browser(desk) {
        let ((ana, _), (ben, _)) = (browser(desk, "ana", Role::Agent), browser(desk, "ben", Role::Viewer));
        let (mia, _) = browser(desk, "mia", Role::Manager);
        desk.manager("max").opens(json!({ "subject": "Free" }));
        assert!(ana.page("/cases?owner_id=nobody").contains("/saved-views/new?owner_id=nobody"));
        assert!(ana.page("/saved-views/new?owner_id=nobody&limit=7").contains("value=\"owner_id=nobody\""));
        let made = ana.sends("/saved-views", "view_name=%3Cb%3ENobody%27s&query=owner_id%3Dnobody&share=nobody");
        let place = made.status(303).header("location").unwrap().to_owned();
        let page = ana.page(&place);
        assert!(page.contains("Free") && page.contains("&#60;b&#62;Nobody") && page.contains("aria-current"), "{page}");
        let id = place.rsplit('/').next().unwrap();
        assert_eq!(ask(&ana, "/saved-views/counts").ok()["counts"][format!("saved-{id}")], "1");
        // Its own filter can be taken away for a look, and then kept so.
        let wider = ana.page(&format!("{place}?owner_id="));
        assert!(wider.contains("Keep these filters") && !page.contains("Keep these filters"));
        ana.sends(&place, "query=status%3Dnew").status(303);
        assert!(ana.page(&place).contains("Status: New"));
        let refused = ana.sends(&place, "view_name=Shared&query=status%3Dnew&share=desk").status(422).text();
        assert!(refused.contains("only a manager") && refused.contains("value=\"Shared\""), "{refused}");
        let nameless = ana.sends("/saved-views", "view_name=&query=colour%3Dred&share=nobody").status(422).text();
        assert!(nameless.contains("fault-view_name") && nameless.contains("colour"), "{nameless}");
        ask(&ben, &place).status(404);
        ben.sends(&format!("{place}/delete"), "").status(404);
        let shared = mia.sends("/saved-views", "view_name=For+all&query=&share=desk").status(303).header("location").unwrap().to_owned();
        assert!(ben.page(&shared).contains("For everybody"));
        ben.sends(&shared, "view_name=Mine&query=&share=nobody").status(403);
        ask(&ben, &format!("{shared}/edit")).status(403);
        ana.sends(&format!("{place}/delete"), "").status(303);
        ask(&ana, &place).status(404);
    }

    fn rows_that_others_changed_come_alone_with_what_the_list_has(desk) {
        let (ana, ana_id) = browser(desk, "ana", Role::Agent);
        let mia = desk.manager("mia");
        let (own, other) = (mia.opens(json!({ "subject": "Own", "owner_id": ana_id })), mia.opens(json!({ "subject": "Other" })));
        let gone = mia.opens(json!({ "subject": "Gone" }));
        mia.delete(&format!("/api/crm/cases/{gone}")).status(204);
        let part = ana.page(&format!("/cases/changes?view=mine&case_ids={own},{other},{gone},999"));
        assert!(part.contains(&format!("id=\"case-{own}\"")) && part.contains(&format!("id=\"case-{other}\"")));
        assert!(!part.contains("Gone") && !part.contains("name=\"case_id\""));
        assert_eq!(between(&part, "<ul>", "</ul>"), format!("<li data-case=\"{own}\"></li>"));
        let found = ana.page(&format!("/cases/changes?view=&search=other&case_ids={own},{other}"));
        assert_eq!(between(&found, "<ul>", "</ul>"), format!("<li data-case=\"{other}\"></li>"));
        for wrong in ["", "case_ids=x", "case_ids=1,-2", "view=mine"] {
            ask(&ana, &format!("/cases/changes?{wrong}")).status(400);
        }
    }

    fn many_cases_change_at_once_and_each_is_answered_for(desk) {
        let ((ana, _), (mia, mia_id)) = (browser(desk, "ana", Role::Agent), browser(desk, "mia", Role::Manager));
        let max = desk.manager("max");
        let ids: Vec<i64> = (0..3).map(|n| max.opens(json!({ "subject": format!("{HOSTILE}{n}"), "tags": ["old"] }))).collect();
        max.sets(ids[2], "closed").ok();
        assert!(mia.page("/cases").contains("name=\"case_id\"") && !ana.page("/cases").contains("name=\"case_id\""));
        let fields = format!(
            "case_id={}&case_id={}&case_id={}&status=waiting_customer&priority_id=4&owner=me&team=&add_tags=a,+B&remove_tags=old&next=%2Fcases",
            ids[0], ids[1], ids[2]
        );
        ana.sends("/cases/bulk", &fields).status(403);
        let page = mia.sends("/cases/bulk", &fields).status(200).text();
        assert!(page.contains("1 case was not changed") || page.contains("data-refused=\"1\"") || page.contains("data-refused=\"0\""), "{page}");
        assert!(!page.contains("<img src=x"), "{page}");
        for id in &ids[..2] {
            let case = max.case(*id);
            assert_eq!((case["status"].as_str(), case["owner_id"].as_i64(), case["tags"].clone()), (Some("waiting_customer"), Some(mia_id), json!(["a", "b"])));
        }
        // A case that was merged away refuses, the other changes.
        max.post(&format!("/api/crm/cases/{}/merge", ids[0]), json!({ "into_case_id": ids[1] }));
        let page = mia.sends("/cases/bulk", &format!("case_id={}&case_id=4711&owner=nobody", ids[1])).status(200).text();
        assert!(page.contains("1 case was changed.") && page.contains("CASE-004711"), "{page}");
        assert_eq!(max.case(ids[1])["owner_id"], Value::Null);
        let none = mia.sends("/cases/bulk", "status=open").status(422).text();
        assert!(none.contains("case ids") && none.contains("role=\"alert\""), "{none}");
        mia.sends("/cases/bulk", &format!("case_id={}&owner=me;drop", ids[1])).status(422);
    }

    fn one_case_changes_from_the_list(desk) {
        let ((ana, _), (vic, _)) = (browser(desk, "ana", Role::Agent), browser(desk, "vic", Role::Viewer));
        let max = desk.manager("max");
        let id = max.opens(json!({ "subject": HOSTILE, "priority_id": 1 }));
        let shown = ana.page(&format!("/cases/quick?case_id={id}"));
        assert!(shown.contains("name=\"edit_version\"") && !shown.contains("<img src=x") && !shown.contains("<html"));
        let version = max.case(id)["edit_version"].as_i64().unwrap();
        let fields = format!("case_id={id}&edit_version={version}&priority_id=3&status=open&owner_id=&team_id=");
        vic.sends("/cases/quick", &fields).status(403);
        ana.sends("/cases/quick", &fields).status(204);
        assert_eq!((max.case(id)["priority_id"].as_i64(), max.case(id)["status"].as_str()), (Some(3), Some("open")));
        ana.sends("/cases/quick", &fields).status(409).says("somebody else");
        ask(&ana, "/cases/quick?case_id=999").status(404);
        ask(&vic, &format!("/cases/quick?case_id={id}")).status(403);
        assert!(!vic.page("/cases").contains("href=\"/cases/new\""));
    }
}

both_engines! {
    fn typing_leads_anywhere(desk) {
        let ((ana, _), (vic, _)) = (browser(desk, "ana", Role::Agent), browser(desk, "vic", Role::Viewer));
        let (mia, carl) = (desk.manager("mia"), desk.contact("Printer Pete"));
        let id = mia.opens(json!({ "subject": format!("Printer {HOSTILE}"), "contact_id": carl.id }));
        let article = json!({ "title": "Printer manual", "content": "Read it.", "status": "published" });
        mia.post("/api/crm/knowledge", article).created();
        desk.tick();
        let found = ana.page("/palette?q=printer");
        for href in [format!("/cases/{id}"), format!("/customers/contacts/{}", carl.id), "/knowledge/".into()] {
            assert!(found.contains(&format!("data-href=\"{href}")), "{href}: {found}");
        }
        assert!(!found.contains("<img src=x") && !found.contains("<html"), "{found}");
        assert!(ana.page(&format!("/palette?q=%23{id}")).contains(&format!("data-href=\"/cases/{id}\"")));
        assert!(ana.page("/palette?q=overd").contains("data-href=\"/views/overdue\""));
        assert!(ana.page("/palette?q=").contains("/cases/new") && !vic.page("/palette?q=").contains("/cases/new"));
        assert!(!ana.page("/palette").contains("/administration"));
        assert!(ana.page("/palette?q=zzzzqqq").contains("Nothing is called so"));
        let page = ana.page("/search?q=printer");
        assert!(page.contains("Printer manual") && page.contains("Printer Pete") && page.contains("value=\"printer\""));
        for odd in ["%22", "%00", "%27%3B--", "*", "%F0%9F%98%80", "AND+OR"] {
            ask(&ana, &format!("/palette?q={odd}")).status(200);
            ask(&ana, &format!("/search?q={odd}")).status(200);
            ask(&ana, &format!("/cases?search={odd}")).status(200);
        }
        ask(&ana, "/palette?r=1").status(400);
    }

    fn notifications_are_ones_own_and_are_marked_as_read(desk) {
        let ((ana, ana_id), (ben, ben_id)) = (browser(desk, "ana", Role::Agent), browser(desk, "ben", Role::Agent));
        let max = desk.manager("max");
        let id = max.opens(json!({ "subject": HOSTILE, "owner_id": ana_id }));
        max.opens(json!({ "subject": "Second", "owner_id": ana_id }));
        max.opens(json!({ "subject": "Theirs", "owner_id": ben_id }));
        desk.tick();
        let page = ana.page("/notifications");
        assert!(page.contains(&format!("href=\"/cases/{id}\"")) && page.contains("by max") && !page.contains("<img src=x"), "{page}");
        assert!(!page.contains("Theirs"));
        assert_eq!(counts(&ana)["unread"], 2);
        let notification = desk.number(&format!("select notification_id from crm_notifications where user_id = {ana_id} and case_id = {id}"));
        ben.sends("/notifications/read", &format!("notification_id={notification}")).status(303);
        assert_eq!(counts(&ana)["unread"], 2);
        ana.sends("/notifications/read", &format!("notification_id={notification}")).status(303);
        assert_eq!(counts(&ana)["unread"], 1);
        assert!(!ana.page("/notifications").contains(&format!("/cases/{id}\"")) && ana.page("/notifications?all=true").contains(&format!("/cases/{id}\"")));
        ana.sends("/notifications/read", "").status(303);
        assert_eq!(counts(&ana)["unread"], 0);
        assert!(ana.page("/notifications").contains("Nothing new"));
        assert_eq!(counts(&ben)["unread"], 1);
    }

    fn customers_are_found_and_shown_with_their_cases(desk) {
        let ((ana, _), (vic, _)) = (browser(desk, "ana", Role::Agent), browser(desk, "vic", Role::Viewer));
        let account = desk.account("Acme");
        let max = desk.manager("max");
        let contact = json!({ "name": HOSTILE, "account_id": account, "email": "carl@example.com" });
        let carl = max.post("/api/crm/contacts", contact).created()["contact"]["contact_id"].clone();
        let id = max.opens(json!({ "subject": "Theirs", "contact_id": carl }));
        for path in [format!("/customers/contacts/{}", carl), format!("/customers/accounts/{account}")] {
            let page = ana.page(&path);
            assert!(page.contains("Acme") && page.contains(&format!("/cases/{id}")) && !page.contains("<img src=x"), "{page}");
            assert!(page.contains("data-api=\"PUT /api/crm/") && !vic.page(&path).contains("data-api"), "{path}");
        }
        assert!(ana.page("/customers").contains(&format!("/customers/contacts/{}", carl)));
        assert!(ana.page("/customers?kind=accounts&search=ac").contains(&format!("/customers/accounts/{account}")));
        assert!(ana.page("/customers?search=zzz&kind=").contains("Nobody is called so"));
        assert!(ana.page("/customers/suggest?kind=accounts&q=ac").contains("role=\"option\""));
        let suggested = ana.page("/customers/suggest?kind=contacts&q=%3Cimg");
        assert!(suggested.contains(&format!("data-value=\"{}\"", carl)) && !suggested.contains("<img"), "{suggested}");
        for missing in ["/customers/contacts/999", "/customers/accounts/999", "/customers/contacts/x"] {
            ask(&ana, missing).status(404);
        }
        ask(&ana, "/customers?kind=robots").status(400);
    }

    fn a_new_case_finds_its_customer_and_makes_nobody_known_by_mistake(desk) {
        let (ana, _) = browser(desk, "ana", Role::Agent);
        let max = desk.manager("max");
        let contact = |name: &str, email: &str| {
            max.post("/api/crm/contacts", json!({ "name": name, "email": email })).created()["contact"]["contact_id"].as_i64().unwrap()
        };
        let (carl, cara) = (contact("Carl Sagan", "carl@example.com"), contact("Cara Sagan", "cara@example.com"));
        let opened = |fields: &str| {
            let place = ana.sends("/cases", fields).status(303).header("location").unwrap().to_owned();
            max.case(place.rsplit('/').next().unwrap().parse().unwrap())["contact_id"].as_i64()
        };
        assert_eq!(opened("subject=s&customer=CARL%40example.com"), Some(carl));
        assert_eq!(opened(&format!("subject=s&customer={cara}")), Some(cara));
        assert_eq!(opened("subject=s&customer=cara+sagan"), Some(cara));
        assert_eq!(opened("subject=s&customer=carl"), Some(carl));
        assert_eq!(opened(&format!("subject=s&customer=whoever&contact_id={cara}")), Some(cara));
        assert_eq!(opened("subject=s&customer="), None);
        let before = desk.rows();
        let several = ana.sends("/cases", "subject=Kept%22&description=Kept+too&customer=car&priority_id=3").status(422).text();
        assert!(several.contains("pick one") && several.contains("type=\"radio\"") && several.contains("cara@example.com"), "{several}");
        assert!(several.contains("value=\"Kept&#34;\"") && several.contains("Kept too") && several.contains("value=\"3\" selected"), "{several}");
        let unknown = ana.sends("/cases", "subject=s&customer=nobody%40example.com").status(422).text();
        assert!(unknown.contains("fault-customer") && unknown.contains("name=\"new_email\" type=\"email\" value=\"nobody@example.com\""), "{unknown}");
        let faults = ana.sends("/cases", &format!("subject={}&new_name=&new_email=not+one&priority_id=99", "x".repeat(501))).status(422).text();
        for fault in ["fault-subject", "fault-new_name", "fault-new_email"] {
            assert!(faults.contains(fault), "{fault}: {faults}");
        }
        let taken = ana.sends("/cases", "subject=s&new_name=Carl+Again&new_email=carl%40example.com").status(422).text();
        assert!(taken.contains("fault-new_email") && taken.contains("another contact"), "{taken}");
        assert_eq!(desk.rows(), before, "nothing of it was written");
        let newcomer = opened("subject=s&customer=zoe&new_name=Zoe&new_email=zoe%40example.com&tags=a,+b").unwrap();
        assert_eq!(max.get(&format!("/api/crm/contacts/{newcomer}")).ok()["contact"]["email"], "zoe@example.com");
        assert!(ana.page(&format!("/cases/new?contact_id={carl}")).contains("Carl Sagan"));
        for odd in ["contact_id=999", "contact_id=x", "colour=red"] {
            ask(&ana, &format!("/cases/new?{odd}")).status(200);
        }
    }

    fn an_overfull_row_stays_a_row(desk) {
        let (mia, _) = browser(desk, "mia", Role::Manager);
        let tags: Vec<String> = (10..50).map(|n| format!("tag{n}")).collect();
        desk.manager("max").opens(json!({ "subject": "x".repeat(500), "tags": tags }));
        let page = mia.page("/cases");
        assert!(page.contains(">+39<") && page.contains("tag10") && !page.contains("tag11"), "{page}");
    }

    fn the_workspace_is_not_there_for_customers_and_strangers(desk) {
        let (ana, _) = browser(desk, "ana", Role::Agent);
        let carl = desk.contact("carl");
        let id = desk.manager("max").opens(json!({ "subject": "s", "contact_id": carl.id }));
        for path in [
            "/cases/rows".to_owned(), format!("/cases/changes?case_ids={id}"), "/cases/new".into(), format!("/cases/quick?case_id={id}"),
            "/views/counts".into(), "/views/open".into(), "/saved-views/counts".into(), "/saved-views/new".into(), "/saved-views/1".into(),
            "/search?q=s".into(), "/palette?q=s".into(), "/notifications".into(), "/customers".into(), "/customers/suggest?q=c".into(),
            format!("/customers/contacts/{}", carl.id), "/customers/accounts/1".into(),
        ] {
            carl.get(&path).status(404);
            let sent = desk.stranger().get(&path);
            assert!(sent.status(303).header("location").unwrap().starts_with("/sign-in?next="), "{path}");
        }
        let before = desk.rows();
        for path in ["/cases", "/cases/bulk", "/cases/quick", "/saved-views", "/saved-views/1", "/saved-views/1/delete", "/notifications/read"] {
            let fields = format!("case_id={id}&subject=s&view_name=v&query=&status=closed&csrf=AAAA");
            form(&ana.stranger, path, &fields, Some(&ana.cookie)).status(403);
            form(&ana.stranger, path, &fields, None);
        }
        assert_eq!(desk.rows(), before);
        assert_eq!(desk.number("select count(*) from crm_saved_views"), 0);
    }
}
