//! The desk in a browser without scripts: signing in, the views, a case, its forms; and what other sites cannot do.

use serde_json::json;
use ureq::http::Method;

use crate::plain_browser::{agent, form};

both_engines! {
    fn an_agent_signs_in_works_a_case_and_signs_out(desk) {
        let ana = agent(desk);
        let fields = "subject=Printer+%3Cb%3Eon%3C%2Fb%3E+fire&description=It+burns&priority_id=3&channel=phone";
        let made = ana.sends("/cases", fields);
        let place = made.status(303).header("location").unwrap().to_owned();
        let shown = ana.page(&place);
        assert!(shown.contains("Printer &#60;b&#62;on") || shown.contains("Printer &lt;b&gt;on"), "{shown}");
        let said = ana.sends(&format!("{place}/comments"), "comment_text=Use+water&kind=reply&status=pending");
        assert!(said.status(303).header("location").unwrap().starts_with(&format!("{place}#comment-")));
        ana.sends(&format!("{place}/comments"), "comment_text=They+are+angry&kind=note&status=").status(303);
        let shown = ana.page(&place);
        assert!(shown.contains("Use water") && shown.contains("comment internal"), "{shown}");
        let listed = ana.page("/cases?status=pending&search=&priority_id=3");
        assert!(listed.contains("CASE-000001") && listed.contains("Printer"));
        for view in ["mine", "unassigned", "open", "due-soon", "overdue", "violated", "resolved"] {
            assert!(ana.page(&format!("/views/{view}")).contains("aria-current"), "{view}");
        }
        ana.sends("/sign-out", "").status(303);
        let ended = ana.stranger.ask(Method::GET, "/cases").header("cookie", &ana.cookie).send();
        assert_eq!(ended.status(303).header("location"), Some("/sign-in?next=%2Fcases"));
    }

    fn properties_are_not_overwritten_by_whoever_looked_away(desk) {
        let ana = agent(desk);
        let mia = desk.manager("mia");
        let case_id = mia.opens(json!({ "subject": "Slow", "priority_id": 1 }));
        let version = mia.case(case_id)["edit_version"].as_i64().unwrap();
        let fields = |version: i64, priority: i64| {
            format!("edit_version={version}&priority_id={priority}&case_type_id=1&status=&owner_id=&team_id=")
        };
        ana.sends(&format!("/cases/{case_id}/properties"), &fields(version, 4)).status(303);
        assert_eq!(mia.case(case_id)["priority_id"], 4);
        let refused = ana.sends(&format!("/cases/{case_id}/properties"), &fields(version, 2));
        assert!(refused.status(409).text().contains("somebody changed this case"));
        assert_eq!(mia.case(case_id)["priority_id"], 4);
    }

    fn another_site_can_make_a_browser_ask_but_not_change_anything(desk) {
        let ana = agent(desk);
        let before = desk.rows();
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("x-none", "1")] {
            for (path, kind, body) in [
                ("/cases", "application/x-www-form-urlencoded", "subject=Forged"),
                ("/api/crm/cases", "application/json", "{\"subject\":\"Forged\"}"),
            ] {
                let ask = ana.stranger.ask(Method::POST, path).header("cookie", &ana.cookie);
                ask.header("content-type", kind).header(name, value).bytes(body).send().status(403);
            }
        }
        assert_eq!(desk.rows(), before);
    }

    fn customers_and_strangers_have_no_seat_at_the_desk(desk) {
        for path in ["/", "/cases", "/cases/1", "/views/mine", "/cases/new"] {
            let sent = desk.stranger().get(path);
            assert!(sent.status(303).header("location").unwrap().starts_with("/sign-in?next="), "{path}");
            desk.contact(&format!("carl{}", path.len())).get(path).status(404);
        }
        let unsigned = agent(desk);
        let fields = "comment_text=Hello&kind=reply&csrf=AAAA";
        form(&unsigned.stranger, "/cases/1/comments", fields, Some(&unsigned.cookie)).status(403);
        let wrong = form(&desk.stranger(), "/sign-in", "email=a%40example.com&password=nothing+at+all", None);
        assert!(wrong.status(401).text().contains("role=\"alert\""));
    }

    fn what_pages_are_made_of_is_kept_for_as_long_as_it_is_the_same(desk) {
        let stranger = desk.stranger();
        let page = stranger.get("/sign-in").text();
        let folder = page.split("/desk.css").next().unwrap().rsplit('"').next().unwrap();
        for (name, has) in [("desk.css", "@layer"), ("start.js", "requestAnimationFrame"), ("list.js", "import "), ("icon.svg", "<svg")] {
            let kept = stranger.get(&format!("{folder}/{name}"));
            assert_eq!(kept.status(200).header("cache-control"), Some("public, max-age=31536000, immutable"));
            let text = kept.text();
            assert!(text.contains(has), "{name}: {text}");
            let is_script = name.ends_with(".js");
            assert!(!is_script || text.lines().all(|line| !line.trim().starts_with("//")), "{name}: {text}");
            let former = stranger.get(&format!("/assets/former/{name}"));
            assert_eq!(former.status(200).header("cache-control"), Some("no-cache"));
        }
        assert_eq!(stranger.get(&format!("{folder}/none.js")).status(404).json()["status"], 404);
    }
}
