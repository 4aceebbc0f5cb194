//! Invitations to surveys: who gets one, when, and what a link is good for (spec 8).

use serde_json::{Value, json};
use steward::mail::links::{self, Good};

use crate::client::Client;
use crate::desk::Desk;
use crate::surveys::{SURVEY, closed, good};

/// Closes a case and lets its invitation go out; answers the case and the secret of its link.
pub fn invited(desk: &Desk, contact: &Client) -> (i64, String) {
    let case_id = closed(desk, contact);
    desk.tick().later(60).tick();
    (case_id, link(desk, case_id))
}

/// The link that the mail of the case's last invitation holds.
fn link(desk: &Desk, case_id: i64) -> String {
    desk.write(move |work| {
        let (id, contact_id): (i64, i64) = work.one(
            "select invitation_id, contact_id from crm_survey_invitations
             where case_id = $1 and state = 'invited' order by invitation_id desc limit 1",
            &[&case_id],
        )?;
        links::make(work, Good::Survey, contact_id, Some(id))
    })
}

fn states(desk: &Desk) -> Vec<String> {
    desk.texts(
        "select coalesce(skip_reason, state) from crm_survey_invitations order by invitation_id",
        vec![],
    )
}

both_engines! {
    fn closing_a_case_invites_once_at_its_time(desk) {
        let (carl, admin) = (desk.contact("carl"), desk.admin());
        let case_id = closed(desk, &carl);
        desk.tick().tick();
        assert_eq!(states(desk), ["scheduled"]);
        desk.later(59).tick();
        assert_eq!(states(desk), ["scheduled"]);
        desk.later(1).tick().tick();
        assert_eq!(states(desk), ["invited"]);
        desk.later(600).tick();
        assert_eq!(desk.number("select count(*) from crm_outbound_messages"), 1);
        let list = admin.get(&format!("{SURVEY}/invitations")).ok();
        let invitation = &list["invitations"][0];
        assert_eq!((&invitation["case_id"], &invitation["version"]), (&json!(case_id), &json!(1)));
        assert_eq!(invitation["expires_at"], "2026-04-01T10:00:00.000Z");
        assert_eq!(admin.get(&format!("{SURVEY}/invitations?state=skipped")).ok()["pagination"]["total"], 0);
    }

    fn who_is_not_to_be_invited_is_not(desk) {
        let (mia, ana, carl) = (desk.manager("mia"), desk.agent("ana"), desk.contact("carl"));
        let skipped = |change: &dyn Fn(i64)| {
            let case_id = closed(desk, &carl);
            desk.tick();
            change(case_id);
            desk.later(60).tick();
            states(desk).pop().unwrap()
        };
        assert_eq!(skipped(&|id| { ana.sets(id, "open").ok(); }), "reopened");
        assert_eq!(skipped(&|id| { mia.delete(&format!("/api/crm/cases/{id}")).status(204); }), "reopened");
        assert_eq!(
            skipped(&|id| {
                carl.post(&format!("{SURVEY}/respond"), json!({ "case_id": id, "responses": good() })).created();
            }),
            "answered"
        );
        assert_eq!(skipped(&|_| { mia.put(SURVEY, json!({ "send_after_case_closed": false })).ok(); }), "survey_off");
        mia.put(SURVEY, json!({ "send_after_case_closed": true })).ok();
        assert_eq!(
            skipped(&|_| { ana.put(&format!("/api/crm/contacts/{}", carl.id), json!({ "email": null })).ok(); }),
            "no_address"
        );
        ana.put(&format!("/api/crm/contacts/{}", carl.id), json!({ "email": "carl@example.com" })).ok();
        assert_eq!(skipped(&|_| {}), "invited");
        mia.put(SURVEY, json!({ "quiet_days": 7 })).ok();
        assert_eq!(skipped(&|_| {}), "quiet");
        desk.later(7 * 24 * 60);
        assert_eq!(skipped(&|_| {}), "invited");
        mia.put(SURVEY, json!({ "quiet_days": 0 })).ok();
        assert_eq!(
            skipped(&|_| { mia.delete(&format!("/api/crm/contacts/{}", carl.id)).status(204); }),
            "no_contact"
        );
        let count = states(desk).len();
        // Other types, and cases outside the sample, are not even scheduled.
        let dora = desk.contact("dora");
        mia.put(SURVEY, json!({ "case_type_ids": [6] })).ok();
        closed(desk, &dora);
        desk.tick();
        mia.put(SURVEY, json!({ "case_type_ids": [], "sampling_percent": 0 })).ok();
        closed(desk, &dora);
        desk.tick();
        mia.put(SURVEY, json!({ "sampling_percent": 100 })).ok();
        let nobodys = ana.opens(json!({ "subject": "of nobody" }));
        ana.sets(nobodys, "closed").ok();
        let cancelled = dora.opens(json!({ "subject": "cancelled" }));
        ana.sets(cancelled, "cancelled").ok();
        desk.tick().later(60).tick();
        assert_eq!(states(desk).len(), count);
    }

    fn a_case_closed_again_is_asked_about_again_only(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let case_id = closed(desk, &carl);
        desk.tick().later(30);
        ana.sets(case_id, "open").ok();
        ana.sets(case_id, "closed").ok();
        desk.tick().later(30).tick();
        assert_eq!(states(desk), ["reopened", "scheduled"]);
        desk.later(30).tick();
        assert_eq!(states(desk), ["reopened", "invited"]);
    }

    fn an_invitation_is_answered_once_and_a_get_answers_nothing(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let (case_id, token) = invited(desk, &carl);
        let path = format!("/api/crm/survey-invitations/{token}");
        let stranger = desk.stranger();
        desk.later(5);
        let shown = stranger.get(&path).ok();
        assert_eq!((&shown["survey"]["survey_id"], shown["questions"].as_array().unwrap().len()), (&json!(1), 3));
        assert_eq!(shown["invitation"]["case_number"], "CASE-000001");
        assert_eq!(shown["invitation"]["is_answered"], false);
        stranger.get(&format!("{path}?answer=5")).status(400);
        let opened = desk.texts("select cast(opened_at as text) from crm_survey_invitations", vec![]);
        desk.later(5);
        stranger.get(&path).ok();
        assert_eq!(desk.texts("select cast(opened_at as text) from crm_survey_invitations", vec![]), opened);
        assert_eq!(desk.number("select count(*) from crm_survey_responses"), 0);
        let answers = format!("{path}/respond");
        stranger.post(&answers, json!({ "responses": [{ "question_id": 1, "rating_value": 6 }] }))
            .status(422)
            .names(&["/responses/0/rating_value"]);
        stranger.post(&answers, json!({ "case_id": case_id, "responses": good() })).status(422).names(&["/case_id"]);
        stranger.get(&answers).status(405);
        assert_eq!(ana.case(case_id)["csat_score"], Value::Null);
        // Whoever shows a token besides is who the link says.
        let told = ana.post(&answers, json!({ "responses": good() })).created();
        assert_eq!(
            (&told["submission"]["contact_id"], &told["submission"]["submitted_by"]),
            (&json!(carl.id), &Value::Null)
        );
        let event = ana.get(&format!("/api/crm/cases/{case_id}/timeline")).ok()["timeline"][0].clone();
        assert_eq!((&event["kind"], &event["actor_kind"]), (&json!("rated"), &json!("contact")), "{event}");
        assert_eq!(ana.case(case_id)["csat_score"], 5);
        stranger.post(&answers, json!({ "responses": good() })).status(409);
        assert_eq!(stranger.get(&path).ok()["invitation"]["is_answered"], true);
        // Also not by another link to the same invitation.
        let again = link(desk, case_id);
        stranger.post(&format!("/api/crm/survey-invitations/{again}/respond"), json!({ "responses": good() })).status(409);
        assert_eq!(desk.number("select count(*) from crm_survey_submissions"), 1);
    }

    fn links_end_and_others_are_none(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let (_, token) = invited(desk, &carl);
        let path = format!("/api/crm/survey-invitations/{token}");
        let id = carl.id;
        let unsubscribe = desk.write(move |work| links::make(work, Good::Unsubscribe, id, None));
        for odd in ["x", "1", &unsubscribe, &token[..token.len() - 1], &"a".repeat(5000), "%00", "%F0%9F%98%80", "a%2Fb"] {
            let odd = format!("/api/crm/survey-invitations/{odd}");
            desk.stranger().get(&odd).status(404);
            desk.stranger().post(&format!("{odd}/respond"), json!({ "responses": good() })).status(404);
        }
        mia.delete(SURVEY).status(204);
        desk.stranger().get(&path).status(404);
        desk.admin().post(&format!("{SURVEY}/restoration"), json!({})).ok();
        desk.at("2026-04-01T09:59:59.999Z").stranger().get(&path).ok();
        desk.at("2026-04-01T10:00:00Z").stranger().get(&path).status(410).says("until 2026-04-01T10:00:00.000Z");
        desk.stranger().post(&format!("{path}/respond"), json!({ "responses": good() })).status(410);
    }

    fn an_invitation_asks_the_version_that_it_was_sent_with(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let (_, token) = invited(desk, &carl);
        mia.put(&format!("{SURVEY}/questions/1"), json!({ "question_text": "Anew?" })).ok();
        assert_eq!(mia.get(SURVEY).ok()["survey"]["version"], 2, "what was sent has been asked");
        let path = format!("/api/crm/survey-invitations/{token}");
        assert_eq!(desk.stranger().get(&path).ok()["questions"][0]["question_id"], 1);
        let told = desk.stranger().post(&format!("{path}/respond"), json!({ "responses": good() })).created();
        assert_eq!(told["submission"]["version"], 1);
        assert_eq!(mia.get(&format!("{SURVEY}/results?version=2")).ok()["submissions"], 0);
    }

    fn a_case_that_went_to_another_is_not_rated(desk) {
        let (ana, carl, dora) = (desk.agent("ana"), desk.contact("carl"), desk.contact("dora"));
        let (case_id, token) = invited(desk, &carl);
        ana.put(&format!("/api/crm/cases/{case_id}"), json!({ "contact_id": dora.id })).ok();
        desk.stranger()
            .post(&format!("/api/crm/survey-invitations/{token}/respond"), json!({ "responses": good() }))
            .created();
        assert_eq!(ana.case(case_id)["csat_score"], Value::Null);
    }

    fn two_answers_at_once_are_one(desk) {
        let carl = desk.contact("carl");
        let (case_id, token) = invited(desk, &carl);
        let other = closed(desk, &carl);
        let ways: [(&str, Value); 2] = [
            (&format!("/api/crm/survey-invitations/{token}/respond"), json!({ "responses": good() })),
            (&format!("{SURVEY}/respond"), json!({ "case_id": other, "responses": good() })),
        ];
        for (path, body) in ways {
            let codes: Vec<u16> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| carl.post(path, body.clone()).code)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(codes.iter().filter(|code| **code == 201).count(), 1, "{codes:?}");
            assert_eq!(codes.iter().filter(|code| **code == 409).count(), 5, "{codes:?}");
        }
        assert_eq!(desk.number("select count(*) from crm_survey_submissions"), 2);
        assert_eq!(desk.number(&format!("select count(*) from crm_survey_responses where case_id = {case_id}")), 3);
    }

    fn erasing_a_person_ends_their_links_and_empties_their_words(desk) {
        let (ada, carl) = (desk.admin(), desk.contact("carl"));
        let (_, token) = invited(desk, &carl);
        let path = format!("/api/crm/survey-invitations/{token}");
        desk.stranger().post(&format!("{path}/respond"), json!({ "responses": good() })).created();
        ada.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(204);
        desk.stranger().get(&path).status(404);
        assert_eq!(desk.number("select count(*) from crm_survey_responses where text_value is not null"), 0);
        assert_eq!(ada.get(&format!("{SURVEY}/results")).ok()["submissions"], 1, "the figures stay");
    }

    fn whoever_holds_a_link_is_counted_by_address(desk) {
        let limited = Desk::with(desk.engine, |config| config.requests_per_minute = 5, None);
        for _ in 0..5 {
            limited.stranger().get("/api/crm/survey-invitations/x").status(404);
        }
        limited.stranger().get("/api/crm/survey-invitations/x").status(429);
        limited.stranger().get("/unsubscribe/x").status(429);
    }
}
