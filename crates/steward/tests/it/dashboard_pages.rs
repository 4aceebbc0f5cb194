//! The dashboard in the browser: its numbers are the API's, its links lead to as many cases, its filters stay.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::{Client, Reply};
use crate::desk::Desk;
use crate::inert::acting;
use crate::recount::{history, links};
use crate::surveys::survey;

/// Somebody of the desk, as their browser comes.
fn look(desk: &Desk, who: &Client, path: &str) -> Reply {
    let email = desk.texts(&format!("select email from crm_users where user_id = {}", who.id), vec![]);
    by_session(desk, &desk.token(&email[0]), path, "en")
}

fn by_session(desk: &Desk, token: &str, path: &str, language: &str) -> Reply {
    let cookie = format!("steward_session={token}; steward_zone=Europe%2FBerlin");
    let stranger = desk.stranger();
    stranger.ask(Method::GET, path).header("cookie", &cookie).header("accept-language", language).send()
}

/// Addresses of a page with what each is written on.
fn anchors(html: &str) -> Vec<(String, String)> {
    html.split("<a ")
        .skip(1)
        .map(|rest| {
            let (tag, rest) = rest.split_once('>').unwrap();
            let href = tag.split("href=\"").nth(1).unwrap_or("").split('"').next().unwrap();
            let text = rest.split("</a>").next().unwrap();
            (href.replace("&#38;", "&").replace("&amp;", "&"), text.trim().to_owned())
        })
        .collect()
}

/// Numbers of a page that lead to lists of cases.
fn numbers(html: &str) -> BTreeMap<String, BTreeSet<i64>> {
    let mut found: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for (href, text) in anchors(html) {
        let number: String = text.chars().filter(|c| *c != ',').collect();
        if let (true, Ok(number)) = (href.starts_with("/cases"), number.parse()) {
            found.entry(href).or_default().insert(number);
        }
    }
    found
}

fn page_of(link: &str) -> String {
    link.strip_prefix("/api/crm").unwrap().to_owned()
}

both_engines! {
    fn numbers_are_the_apis_and_lead_to_as_many_cases(desk) {
        let history = history(desk, 77, 45);
        let mia = &history.mia;
        let owner = history.owners[1];
        let mut seen = 0;
        for query in [
            "from=2026-03-10&to=2026-04-05&tz=Europe/Berlin".to_owned(),
            format!("days=20&owner_id={owner}&to=2026-04-01&tz=UTC"),
        ] {
            let shown = mia.get(&format!("/api/crm/support/dashboard?{query}")).ok();
            let page = look(desk, mia, &format!("/dashboard?{query}")).status(200).text();
            let numbers = numbers(&page);
            for (href, values) in &numbers {
                let sign = if href.contains('?') { '&' } else { '?' };
                let list = mia.get(&format!("/api/crm{href}{sign}limit=1")).ok();
                let total = list["pagination"]["total"].as_i64().unwrap();
                assert_eq!(values.iter().collect::<Vec<_>>(), [&total], "{href}");
                seen += i64::from(total > 0);
            }
            // What is said of the period before and means of scores stand there without a link, or as percent.
            let mut told = Vec::new();
            for section in ["by_priority", "by_type", "by_channel", "by_owner", "by_team"] {
                for row in shown[section].as_array().unwrap() {
                    for (name, link) in row["links"].as_object().unwrap() {
                        if ["total_cases", "resolved_cases", "sla_violated_cases"].contains(&name.as_str()) {
                            told.push((link.as_str().unwrap().to_owned(), row[name].as_i64().unwrap()));
                        }
                    }
                }
            }
            for section in ["daily_trend", "backlog"] {
                links(&shown[section], &mut told);
            }
            links(&shown["period"]["sla_attainment"], &mut told);
            links(&shown["period"]["csat_distribution"], &mut told);
            assert!(told.len() > 60);
            let links = shown["period"]["links"].as_object().unwrap();
            for name in ["period_total", "period_resolved", "period_sla_violated", "csat_response_count"] {
                told.push((links[name].as_str().unwrap().to_owned(), shown["period"][name].as_i64().unwrap()));
            }
            for (link, number) in told {
                let is_unassigned_count = link.ends_with("unassigned=true");
                let has_targets = !link.contains("attained=") && !link.contains("breached=");
                if is_unassigned_count || (number == 0 && !has_targets) {
                    continue;
                }
                let on_page = numbers.get(&page_of(&link));
                // Alarms say their number in bold before its words.
                let alarm = format!("<b>{number}</b>");
                let says = on_page.is_some_and(|values| values.contains(&number))
                    || anchors(&page).iter().any(|(href, text)| *href == page_of(&link) && text.starts_with(&alarm));
                assert!(says, "{number} at {link} is not on the page");
            }
            let mean = shown["period"]["avg_csat_score"].as_f64().map(|mean| format!("{mean:.2}"));
            assert!(page.contains(&mean.unwrap()));
            let figures = look(desk, mia, &format!("/dashboard/figures?{query}")).status(200).text();
            assert!(!figures.contains("<html") && page.contains(figures.trim()), "the part is not that of the page");
        }
        assert!(seen > 60, "{seen}");
        look(desk, mia, "/cases?surveyed=nps&answered_from=2026-03-10T00:00:00Z").status(200);
    }

    fn filters_stay_in_every_link_and_say_what_is_wrong(desk) {
        let history = history(desk, 3, 20);
        let mia = &history.mia;
        let (owner, team) = (history.owners[1], history.teams[0]);
        let filters = format!("owner_id={owner}&team_id={team}&tz=Asia/Kathmandu");
        let page = look(desk, mia, &format!("/dashboard?days=7&{filters}")).status(200).text();
        let links = anchors(&page);
        for days in [7, 30, 90, 365] {
            let place = format!("/dashboard?days={days}&{filters}");
            assert!(links.iter().any(|(href, _)| *href == place), "{place}");
        }
        assert!(page.contains("aria-current=\"true\">7 days"));
        for section in ["period", "by_owner", "daily_trend", "needs_attention", "backlog"] {
            let file = format!("/api/crm/support/dashboard/{section}.csv?days=7&{filters}");
            assert!(links.iter().any(|(href, _)| *href == file), "{file}");
            look(desk, mia, &file).status(200);
        }
        for id in [owner, team] {
            assert!(page.contains(&format!("value=\"{id}\" selected")), "{id}");
        }
        for (href, text) in &links {
            if href.starts_with("/cases?") && text.parse::<i64>().is_ok() {
                assert!(href.contains(&format!("owner_id={owner}")) && href.contains(&format!("team_id={team}")), "{href}");
            }
        }
        // Days of one's own stand before a number of days; what a form left empty was not chosen.
        let own = look(desk, mia, "/dashboard?days=7&owner_id=&team_id=&from=2026-03-11&to=2026-03-12&tz=");
        let own = own.status(200).text();
        assert!(own.contains("11 Mar 2026 \u{2013} 12 Mar 2026") && own.contains("Europe/Berlin"));
        assert!(!own.contains("aria-current=\"true\">7"));
        for query in ["days=0", "from=2026-03-12&to=2026-03-11", "tz=%22%3E%3Cscript%3E", "owner_id=x", "month=3"] {
            let refused = look(desk, mia, &format!("/dashboard?{query}"));
            let text = refused.status(400).text();
            assert!(text.contains("role=\"alert\"") && text.contains("name=\"owner_id\""), "{query}");
            // The page's own: what the browser may make ready, and its scripts.
            assert_eq!(text.matches("<script").count(), 2, "{query}");
        }
        let nobody = look(desk, mia, "/dashboard?owner_id=9999").status(200).text();
        assert!(nobody.contains("No case fits") && !nobody.contains("<svg"));
        let long = look(desk, mia, "/dashboard?days=3650").status(200).text();
        assert!(long.matches("class=\"bar\"").count() < 140, "a bar for each of 3650 days");
    }

    fn it_is_for_users(desk) {
        let (vera, mia, carl) = (desk.viewer("vera"), desk.manager("mia"), desk.contact("carl"));
        mia.opens(json!({ "subject": "one" }));
        for path in ["/dashboard", "/dashboard/figures", "/dashboard/surveys/1"] {
            look(desk, &vera, path).status(200);
            carl.get(path).status(404);
            let sent = desk.stranger().get(path);
            assert!(sent.status(303).header("location").unwrap().starts_with("/sign-in"), "{path}");
        }
        assert!(!look(desk, &vera, "/dashboard").text().contains(".csv"));
        assert!(look(desk, &mia, "/dashboard").text().contains(".csv"));
        for path in ["/dashboard/surveys/99", "/dashboard/surveys/x", "/dashboard/surveys/-1", "/dashboard/surveys/1?version=7"] {
            look(desk, &mia, path).status(404);
        }
        look(desk, &mia, "/dashboard/surveys/1?cursor=AAAA").status(400);
    }

    fn an_empty_desk_says_what_will_be_here(desk) {
        let vera = desk.viewer("vera");
        let page = look(desk, &vera, "/dashboard").status(200).text();
        assert!(page.contains("No case yet") && !page.contains("<svg"));
        let mia = desk.manager("mia");
        mia.opens(json!({ "subject": "one" }));
        let page = look(desk, &vera, "/dashboard?days=1").status(200).text();
        assert!(page.contains("<svg") && page.contains("Nobody has rated"));
    }

    fn hostile_names_are_inert(desk) {
        let mia = desk.manager("mia");
        let bad = "<img src=x onerror=alert(1)>\"'</script><script>alert(1)</script>";
        let owner = desk.agent("bob").id;
        desk.execute(&format!(
            "update crm_users set name = '{0}' where user_id = {owner};
             insert into crm_teams (team_id, team_name) values (77, '{0}');
             update crm_case_types set type_name = '{0}' where case_type_id = 1;
             update crm_case_priorities set priority_name = '{0}' where priority_id = 4;
             update crm_surveys set survey_name = '{0}' where survey_id = 1",
            bad.replace('\'', "''")
        ));
        let id = mia.opens(json!({ "subject": bad, "priority_id": 4, "case_type_id": 1, "owner_id": owner, "team_id": 77 }));
        mia.sets(id, "resolved").ok();
        mia.sets(id, "closed").ok();
        let responses = json!([
            { "question_id": 1, "rating_value": 1 }, { "question_id": 2, "choice_value": "no" },
            { "question_id": 3, "text_value": bad }
        ]);
        mia.post("/api/crm/surveys/1/respond", json!({ "case_id": id, "responses": responses })).created();
        mia.opens(json!({ "subject": bad, "priority_id": 4, "owner_id": owner, "team_id": 77 }));
        let expected = ["<script>", "<link>", "<meta>", "<form>", "<input>", "<button>", "<svg>"];
        for path in ["/dashboard", "/dashboard/figures", "/dashboard/surveys/1"] {
            let page = look(desk, &mia, path).status(200).text();
            let acts: Vec<String> = acting(&page).into_iter().filter(|act| !expected.contains(&act.as_str())).collect();
            assert_eq!(acts, [""; 0], "{path}");
            assert!(!page.contains("<img src=x") && !page.contains("<script>"), "{path}");
            let times = page.matches("onerror=alert(1)").count();
            assert!(times >= if path.ends_with('1') { 2 } else { 8 }, "{path} shows it {times} times");
        }
    }

    fn many_owners_are_ten_and_the_others_unfolded(desk) {
        let mia = desk.manager("mia");
        let rows: Vec<String> = (0..200)
            .map(|n| format!("({}, 'Agent {n}', 'agent {n}', 'a{n}@example.com', 'a{n}@example.com', 'agent')", 1000 + n))
            .collect();
        desk.execute(&format!(
            "insert into crm_users (user_id, name, name_key, email, email_key, role) values {}",
            rows.join(", ")
        ));
        desk.execute(
            "insert into crm_cases (subject, case_type_id, priority_id, owner_id)
             select 'x', 1, 1, user_id from crm_users where user_id >= 1000",
        );
        let page = look(desk, &mia, "/dashboard").status(200).text();
        let (_, owners) = page.split_once("id=\"by_owner\"").unwrap();
        let (first, others) = owners.split_once("<details>").unwrap();
        assert_eq!(first.matches("<th scope=\"row\"").count(), 10);
        let others = others.split("</details>").next().unwrap();
        assert!(others.contains("190 more"));
        assert_eq!(others.matches("<th scope=\"row\"").count(), 190);
    }

    fn a_surveys_page_says_what_its_results_say(desk) {
        let mia = desk.manager("mia");
        let (id, questions) = survey(&mia, json!({ "survey_name": "How likely?", "survey_type": "nps" }));
        let mut rng = fastrand::Rng::with_seed(4);
        for n in 0..45 {
            desk.later(7);
            let responses = json!([
                { "question_id": questions[0], "rating_value": rng.i64(0..=10) },
                { "question_id": questions[1], "choice_value": "speed" },
                { "question_id": questions[2], "choice_value": if n % 3 == 0 { "yes" } else { "no" } },
                { "question_id": questions[3], "text_value": format!("Said {n}.") }
            ]);
            mia.post(&format!("/api/crm/surveys/{id}/respond"), json!({ "responses": responses })).created();
        }
        let results = mia.get(&format!("/api/crm/surveys/{id}/results")).ok();
        let mut path = format!("/dashboard/surveys/{id}");
        let page = look(desk, &mia, &path).status(200).text();
        let nps = &results["questions"][0]["nps"];
        for number in [&nps["score"], &nps["interval"]["low"], &nps["interval"]["high"]] {
            let told = format!("{:.1}", number.as_f64().unwrap().abs());
            assert!(page.contains(&told), "{told}");
        }
        for share in results["questions"][2]["distribution"].as_array().unwrap() {
            let percent = format!("{:.1}\u{a0}%", share["share"].as_f64().unwrap() * 100.0);
            assert!(page.contains(&percent), "{percent}");
        }
        assert_eq!(results["reach"]["response_rate"], Value::Null);
        let mut said = Vec::new();
        loop {
            let page = look(desk, &mia, &path).status(200).text();
            let texts = page.split("Said ").skip(1).map(|rest| rest.split('.').next().unwrap().parse::<i64>().unwrap());
            said.extend(texts);
            match anchors(&page).into_iter().find(|(_, text)| text == "Next page") {
                Some((next, _)) => path = next,
                None => break,
            }
        }
        assert_eq!(said, (0..45).rev().collect::<Vec<_>>());
    }

    fn german_readers_are_told_in_german(desk) {
        let mia = desk.manager("mia");
        mia.opens(json!({ "subject": "eins" }));
        let email = desk.texts(&format!("select email from crm_users where user_id = {}", mia.id), vec![]);
        let page = by_session(desk, &desk.token(&email[0]), "/dashboard", "de").status(200).text();
        assert!(page.contains("Braucht Aufmerksamkeit") && page.contains("Offene Anfragen nach Alter"));
    }
}
