//! The survey of an invitation's link in a browser: a tap chooses, sending stores, once.

use serde_json::json;
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;
use crate::invitations::invited;
use crate::plain_browser::{PlainBrowser, form};
use crate::surveys::{closed, survey};

fn stored(desk: &Desk) -> i64 {
    desk.number("select count(*) from crm_survey_responses")
}

/// The only case's rating, as an agent sees it.
fn score(agent: &Client, case_id: i64) -> serde_json::Value {
    agent.case(case_id)["csat_score"].clone()
}

both_engines! {
    fn one_tap_lands_with_the_answer_chosen_and_stores_nothing(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let (case_id, token) = invited(desk, &carl);
        let path = format!("/survey/{token}");
        let before = desk.rows();
        let page = desk.stranger().get(&format!("{path}?answer=4&utm_source=mail"));
        let text = page.status(200).text();
        assert!(text.contains("value=\"4\" checked") && text.matches(" checked").count() == 1, "{text}");
        assert!(text.contains("CASE-000001"));
        for odd in ["", "?answer=", "?answer=9", "?answer=%22%3E%3Cscript%3E", "?answer=4&answer=5", "?%ff"] {
            let text = desk.stranger().get(&format!("{path}{odd}")).status(200).text();
            assert!(!text.contains("<script>"), "{odd}");
        }
        // A scanner has followed the links: nothing has changed, not even that it was opened.
        assert_eq!(desk.rows(), before);
        assert_eq!(desk.number("select count(*) from crm_survey_invitations where opened_at is not null"), 0);
        let sent = form(&desk.stranger(), &path, "q1=4&q2=yes&q3=Quick%0D%0Aand+kind", None);
        assert_eq!(sent.status(303).header("location"), Some(&*format!("{path}/thanks")));
        assert!(desk.stranger().get(&format!("{path}/thanks")).text().contains("Thank you"));
        assert_eq!((stored(desk), score(&ana, case_id)), (3, json!(4)));
        assert_eq!(ana.case(case_id)["csat_comment"], "Quick\nand kind");
        form(&desk.stranger(), &path, "q1=1", None).status(409);
        assert!(desk.stranger().get(&path).status(200).text().contains("answered already"));
        assert_eq!((stored(desk), score(&ana, case_id)), (3, json!(4)));
    }

    fn faults_stand_beside_their_questions_and_answers_are_kept(desk) {
        let (mia, ana, carl) = (desk.manager("mia"), desk.agent("ana"), desk.contact("carl"));
        mia.put("/api/crm/surveys/1", json!({ "send_after_case_closed": false })).ok();
        let (_, ids) = survey(&mia, json!({ "survey_name": "All kinds", "survey_type": "nps", "send_after_case_closed": true }));
        let case_id = ana.opens(json!({ "subject": "s", "contact_id": carl.id }));
        ana.sets(case_id, "closed").ok();
        desk.tick();
        let token = desk.write(move |work| {
            steward::mail::links::make(work, steward::mail::links::Good::Survey, carl.id, Some(1))
        });
        let path = format!("/survey/{token}");
        let [rating, choice, yes, text] = ids[..] else { panic!() };
        for (fields, wrong) in [
            (format!("q{choice}=speed&q{text}=Hm+%3Cb%3E"), vec![rating, yes]),
            (format!("q{rating}=11&q{yes}=yes&q{text}=Hm+%3Cb%3E&q{choice}=speed"), vec![rating]),
            (format!("q{rating}=x&q{yes}=perhaps&q{text}=Hm+%3Cb%3E&q{choice}=speed"), vec![rating]),
            (format!("q{rating}=7&q{yes}=perhaps&q{text}=Hm+%3Cb%3E&q{choice}=speed"), vec![yes]),
            (format!("q{rating}=7&q{yes}=no&q{choice}=luck&q{choice}=speed&q{text}=Hm+%3Cb%3E"), vec![choice]),
        ] {
            let page = form(&desk.stranger(), &path, &fields, None).status(422).text();
            for id in &ids {
                assert_eq!(page.contains(&format!("id=\"fault-{id}\"")), wrong.contains(id), "{fields}: {page}");
            }
            assert!(page.contains("value=\"speed\" checked") && !page.contains("Hm <b>") && page.contains("Hm "), "{page}");
        }
        assert_eq!(stored(desk), 0);
        form(&desk.stranger(), &path, &format!("q{rating}=10&q{yes}=no&q{choice}=speed&q{choice}=kindness"), None).status(303);
        assert_eq!(stored(desk), 4);
    }

    fn a_link_that_ran_out_or_never_was_says_so(desk) {
        let carl = desk.contact("carl");
        let (_, token) = invited(desk, &carl);
        for odd in ["x", "svy_x", "%00", &"a".repeat(300)] {
            desk.stranger().get(&format!("/survey/{odd}")).status(404);
            form(&desk.stranger(), &format!("/survey/{odd}"), "q1=5", None).status(404);
        }
        let foreign = desk.stranger();
        let foreign = foreign.ask(Method::POST, &format!("/survey/{token}")).header("sec-fetch-site", "cross-site");
        foreign.header("content-type", "application/x-www-form-urlencoded").bytes("q1=5").send().status(403);
        desk.later(30 * 24 * 60);
        let gone = desk.stranger();
        let gone = gone.ask(Method::GET, &format!("/survey/{token}")).header("accept-language", "de").send();
        assert!(gone.status(410).text().contains("gilt nicht mehr"));
        form(&desk.stranger(), &format!("/survey/{token}"), "q1=5", None).status(410);
        assert_eq!(stored(desk), 0);
    }

    fn a_closed_case_is_rated_in_the_portal_once(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let open = carl.opens(json!({ "subject": "still open" }));
        let case_id = closed(desk, &carl);
        let browser = PlainBrowser::of(desk, &carl, "/portal/preferences");
        browser.asks(&format!("/portal/cases/{open}/rating")).status(404);
        let place = format!("/portal/cases/{case_id}");
        assert!(browser.page(&place).contains("Rate our help"));
        let rating = format!("{place}/rating");
        assert!(browser.page(&rating).contains("required"));
        browser.sends(&rating, "q2=yes").status(422);
        browser.sends(&rating, "q1=2&q2=no").status(303);
        assert_eq!(score(&ana, case_id), 2);
        let shown = browser.page(&place);
        assert!(shown.contains("2 of 5") && !shown.contains("Rate our help"), "{shown}");
        browser.sends(&rating, "q1=5").status(404);
        assert_eq!(score(&ana, case_id), 2);
    }

    fn whoever_rated_a_solved_case_is_not_asked_again_when_it_closes(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "s" }));
        ana.sets(id, "resolved").ok();
        let browser = PlainBrowser::of(desk, &carl, "/portal/preferences");
        desk.later(5);
        browser.sends(&format!("/portal/cases/{id}/rating"), "q1=4").status(303);
        desk.later(5);
        ana.sets(id, "closed").ok();
        desk.tick().later(60).tick();
        assert_eq!(desk.texts("select skip_reason from crm_survey_invitations", vec![]), ["answered"]);
        // A cancelled case is not rated.
        let other = carl.opens(json!({ "subject": "never mind" }));
        ana.sets(other, "cancelled").ok();
        browser.asks(&format!("/portal/cases/{other}/rating")).status(404);
    }

    fn what_a_survey_asks_is_inert(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let question = json!({ "question_text": "\"><script>alert(1)</script>", "question_type": "multiple_choice",
            "choices": ["\"><img src=x onerror=alert(1)>", "other"] });
        mia.post("/api/crm/surveys/1/questions", question).created();
        let (_, token) = invited(desk, &carl);
        let page = desk.stranger().get(&format!("/survey/{token}")).status(200).text();
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    }

    fn an_invitation_speaks_the_language_of_its_reader(desk) {
        let (admin, carl) = (desk.admin(), desk.contact("carl"));
        desk.execute("update crm_contacts set language = 'de'");
        invited(desk, &carl);
        let mail = admin.get("/api/crm/outbound-messages/1").ok()["outbound_message"].clone();
        assert_eq!(mail["subject"], "Wie waren wir? CASE-000001");
        let (text, html) = (mail["text_body"].as_str().unwrap(), mail["html_body"].as_str().unwrap());
        assert!(text.contains("Guten Tag carl,") && text.contains("gilt bis zum 01.04.2026"), "{text}");
        assert!(html.contains("lang=\"de\"") && html.contains("[survey-link]?answer=5"), "{html}");
    }
}
