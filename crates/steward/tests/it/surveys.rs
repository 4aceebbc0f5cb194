//! Surveys: asked, answered, counted (spec 8).

use serde_json::{Value, json};
use steward::Time;
use steward::mail::links::{self, Good};

use crate::client::Client;
use crate::desk::Desk;

const SURVEY: &str = "/api/crm/surveys/1";

/// A case of this customer that an agent has closed.
fn closed(desk: &Desk, contact: &Client) -> i64 {
    let ana = desk.agent("ana");
    let id = contact.opens(json!({ "subject": "s" }));
    ana.sets(id, "resolved").ok();
    ana.sets(id, "closed").ok();
    id
}

/// Closes a case and lets its invitation go out; answers the case and the secret of its link.
fn invited(desk: &Desk, contact: &Client) -> (i64, String) {
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

fn good() -> Value {
    json!([
        { "question_id": 1, "rating_value": 5 },
        { "question_id": 2, "choice_value": "yes" },
        { "question_id": 3, "text_value": "Excellent support!" }
    ])
}

fn states(desk: &Desk) -> Vec<String> {
    desk.texts(
        "select coalesce(skip_reason, state) from crm_survey_invitations order by invitation_id",
        vec![],
    )
}

/// A survey of this type with a question of each type; answers its id and theirs.
fn survey(mia: &Client, draft: Value) -> (i64, Vec<i64>) {
    let survey = mia.post("/api/crm/surveys", draft).created()["survey"]["survey_id"].as_i64().unwrap();
    let questions = [
        json!({ "question_text": "How much?", "question_type": "rating", "is_required": true }),
        json!({ "question_text": "What of it?", "question_type": "multiple_choice",
                "choices": ["speed", "kindness", "knowledge"] }),
        json!({ "question_text": "Again?", "question_type": "yes_no", "is_required": true }),
        json!({ "question_text": "Why?", "question_type": "text" }),
    ];
    let path = format!("/api/crm/surveys/{survey}/questions");
    let ids = questions
        .map(|question| mia.post(&path, question).created()["question"]["question_id"].as_i64().unwrap());
    (survey, ids.to_vec())
}

both_engines! {
    fn the_examples_of_the_seed_run(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let case_id = closed(desk, &carl);
        let asked = ana.get(&format!("{SURVEY}/respond")).ok();
        assert_eq!(
            asked["survey"],
            json!({ "survey_id": 1, "survey_name": "Case Closure CSAT", "survey_type": "csat" })
        );
        let first = &asked["questions"][0];
        assert_eq!(
            (&first["question_id"], &first["question_type"], &first["rating_min"], &first["rating_max"], &first["is_required"]),
            (&json!(1), &json!("rating"), &json!(1), &json!(5), &json!(true))
        );
        let body = json!({ "case_id": case_id, "contact_id": carl.id, "responses": good() });
        let told = ana.post(&format!("{SURVEY}/respond"), body.clone()).created();
        assert_eq!(told["responses"].as_array().unwrap().len(), 3);
        assert_eq!(told["submission"]["submitted_by"], ana.id);
        assert_eq!(told["responses"][2]["text_value"], "Excellent support!");
        let case = ana.case(case_id);
        assert_eq!((&case["csat_score"], &case["csat_comment"]), (&json!(5), &json!("Excellent support!")));
        assert_eq!(case["csat_submitted_at"], desk.clock.now().to_string());
        let timeline = ana.get(&format!("/api/crm/cases/{case_id}/timeline")).ok();
        assert_eq!(timeline["timeline"][0]["kind"], "rated");
        assert_eq!(timeline["timeline"][0]["data"]["score"], 5);
        // Once per case and contact, whoever hands it in.
        ana.post(&format!("{SURVEY}/respond"), body).status(409);
        carl.post(&format!("{SURVEY}/respond"), json!({ "case_id": case_id, "responses": good() })).status(409);
        assert_eq!(desk.number("select count(*) from crm_survey_responses"), 3);
        let id = told["submission"]["submission_id"].as_i64().unwrap();
        assert_eq!(ana.get(&format!("/api/crm/survey-submissions/{id}")).ok(), told);
        assert_eq!(carl.get(&format!("/api/crm/survey-submissions/{id}")).ok(), told);
        desk.contact("dora").get(&format!("/api/crm/survey-submissions/{id}")).status(404);
    }

    fn every_wrong_answer_is_named_and_nothing_is_stored(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let (id, questions) = survey(&mia, json!({ "survey_name": "All kinds", "survey_type": "ces" }));
        let case_id = closed(desk, &carl);
        let path = format!("/api/crm/surveys/{id}/respond");
        let [rating, choice, yes_no, text] = questions[..] else { panic!("four questions") };
        let refused = mia.post(&path, json!({ "case_id": 999, "contact_id": 998, "responses": [
            { "question_id": rating, "rating_value": 8, "text_value": "x" },
            { "question_id": choice, "choice_value": ["speed", "price"] },
            { "question_id": 1, "rating_value": 5 },
            { "question_id": text, "choice_value": "yes" },
            { "question_id": text, "text_value": "twice" },
        ] }));
        refused.status(422).names(&[
            "/case_id", "/contact_id", "/responses", "/responses/0/rating_value", "/responses/0/text_value",
            "/responses/1/choice_value", "/responses/2/question_id", "/responses/3/choice_value",
            "/responses/4/question_id",
        ]);
        let said = refused.json().to_string();
        for words in [
            "(How much?) takes 1 to 7, not 8", "(What of it?) has no choice", "question 1 is not one of this survey's",
            "(Again?) is to be answered", "is a rating question and takes rating_value", "is answered twice",
        ] {
            assert!(said.contains(words), "{words:?} is not said: {said}");
        }
        for (responses, place) in [
            (json!([]), "/responses"),
            (json!([{ "question_id": rating, "rating_value": 1.5 }]), "/responses/0/rating_value"),
            (json!([{ "question_id": rating, "rating_value": "5" }]), "/responses/0/rating_value"),
            (json!([{ "question_id": rating }, { "question_id": yes_no, "choice_value": "yes" }]), "/responses"),
            (json!([{ "question_id": rating, "rating_value": 1 }, { "question_id": yes_no, "choice_value": "maybe" }]),
                "/responses/1/choice_value"),
            (json!([{ "question_id": rating, "rating_value": 1 }, { "question_id": yes_no, "choice_value": ["yes", "no"] }]),
                "/responses/1/choice_value"),
            (json!([{ "question_id": text, "text_value": "a\u{0}b" }]), "/responses/0/text_value"),
            (json!([{ "question_id": text, "stars": 5 }]), "/responses/0/stars"),
            (json!({ "question_id": 1 }), "/responses"),
            (json!(null), "/responses"),
        ] {
            mia.post(&path, json!({ "case_id": case_id, "responses": responses })).status(422).fault(place);
        }
        let many: Vec<Value> = (0..300).map(|n| json!({ "question_id": n + 1, "rating_value": 1 })).collect();
        mia.post(&path, json!({ "responses": many })).status(422).names(&["/responses"]);
        mia.post("/api/crm/surveys/99/respond", json!({ "responses": good() })).status(404);
        assert_eq!(desk.number("select count(*) from crm_survey_responses"), 0);
        assert_eq!(desk.number("select count(*) from crm_survey_submissions"), 0);
        let told = mia.post(&path, json!({ "case_id": case_id, "responses": [
            { "question_id": rating, "rating_value": 7 },
            { "question_id": choice, "choice_value": ["speed", "kindness", "speed"] },
            { "question_id": yes_no, "choice_value": "no" },
            { "question_id": text, "text_value": "  " },
        ] })).created();
        // A row for each choice, none for a blank text; the contact is the case's.
        assert_eq!(told["responses"].as_array().unwrap().len(), 4);
        assert_eq!(told["submission"]["contact_id"], carl.id);
        assert_eq!(mia.case(case_id)["csat_score"], Value::Null, "only csat surveys rate cases");
    }

    fn who_answers_for_whom(desk) {
        let (ana, vic, carl) = (desk.agent("ana"), desk.viewer("vic"), desk.contact("carl"));
        let case_id = closed(desk, &carl);
        let path = format!("{SURVEY}/respond");
        let account = desk.account_with(json!({ "account_name": "Both", "contacts_see_account_cases": true }));
        let (dora, emil) = (desk.contact_of("dora", account), desk.contact_of("emil", account));
        let doras = closed(desk, &dora);
        vic.get(&path).ok();
        vic.post(&path, json!({ "case_id": case_id, "responses": good() })).status(403);
        desk.stranger().get(&path).status(401);
        desk.stranger().post(&path, json!({ "case_id": case_id, "responses": good() })).status(401);
        // A customer: for themselves, about a case of theirs.
        dora.post(&path, json!({ "case_id": case_id, "responses": good() })).status(422).names(&["/case_id"]);
        dora.post(&path, json!({ "responses": good() })).status(422).names(&["/case_id"]);
        dora.post(&path, json!({ "case_id": doras, "contact_id": carl.id, "responses": good() }))
            .status(422)
            .names(&["/contact_id"]);
        // To be seen is not to be one's own.
        emil.get(&format!("/api/crm/cases/{doras}")).ok();
        emil.post(&path, json!({ "case_id": doras, "responses": good() })).status(422).names(&["/case_id"]);
        let told = dora.post(&path, json!({ "case_id": doras, "responses": good() })).created();
        assert_eq!(
            (&told["submission"]["contact_id"], &told["submission"]["submitted_by"]),
            (&json!(dora.id), &Value::Null)
        );
        // A user: for the case's contact or one of its account.
        ana.post(&path, json!({ "case_id": doras, "contact_id": carl.id, "responses": good() }))
            .status(422)
            .names(&["/contact_id"]);
        ana.post(&path, json!({ "case_id": doras, "contact_id": emil.id, "responses": good() })).created();
        for config in ["/api/crm/surveys", "/api/crm/surveys/1", "/api/crm/surveys/1/results",
            "/api/crm/surveys/1/invitations", "/api/crm/surveys/1/questions"] {
            vic.get(config).ok();
            carl.get(config).status(403);
            desk.stranger().get(config).status(401);
        }
        for client in [&ana, &carl] {
            client.post("/api/crm/surveys", json!({ "survey_name": "x", "survey_type": "csat" })).status(403);
            client.put(SURVEY, json!({ "survey_name": "x" })).status(403);
            client.delete(SURVEY).status(403);
            client.delete(&format!("{SURVEY}/questions/1")).status(403);
        }
    }

    fn a_survey_is_made_changed_deleted_and_restored(desk) {
        let (mia, ada) = (desk.manager("mia"), desk.admin());
        let draft = json!({
            "survey_name": "After training", "survey_type": "nps", "send_after_case_closed": true,
            "send_delay_hours": 1.5, "case_type_ids": [6, 2, 6], "sampling_percent": 12.5, "quiet_days": 30,
            "expiry_days": 14
        });
        let made = mia.post("/api/crm/surveys", draft).created()["survey"].clone();
        assert_eq!(
            (&made["case_type_ids"], &made["send_delay_hours"], &made["sampling_percent"], &made["version"]),
            (&json!([2, 6]), &json!(1.5), &json!(12.5), &json!(1))
        );
        let path = format!("/api/crm/surveys/{}", made["survey_id"]);
        let shown = mia.get(&path);
        assert_eq!(shown.ok()["survey"], made);
        let changed = mia.put(&path, json!({ "sampling_percent": 0, "case_type_ids": [] })).ok()["survey"].clone();
        assert_eq!((&changed["sampling_percent"], &changed["case_type_ids"]), (&json!(0.0), &json!([])));
        assert_eq!(changed["survey_name"], "After training");
        mia.ask(ureq::http::Method::PUT, &path)
            .header("if-match", shown.etag())
            .json(&json!({ "quiet_days": 1 }))
            .send()
            .status(412);
        mia.post("/api/crm/surveys", json!({
            "survey_name": "", "survey_type": "stars", "send_delay_hours": -1, "sampling_percent": 101,
            "quiet_days": 1.5, "expiry_days": 0, "case_type_ids": ["x"], "colour": "red"
        })).status(422).names(&["/survey_name", "/survey_type", "/send_delay_hours", "/sampling_percent", "/quiet_days",
            "/expiry_days", "/case_type_ids/0", "/colour"]);
        mia.put(&path, json!({ "case_type_ids": [99] })).status(422).names(&["/case_type_ids"]);
        mia.delete(&path).status(204);
        for gone in [mia.get(&path), mia.get(&format!("{path}/respond")), mia.get(&format!("{path}/results")),
            mia.put(&path, json!({})), mia.delete(&path), mia.get(&format!("{path}/questions"))] {
            gone.status(404);
        }
        mia.post(&format!("{path}/restoration"), json!({})).status(403);
        ada.post(&format!("{path}/restoration"), json!({})).ok();
        ada.post(&format!("{path}/restoration"), json!({})).status(404);
        mia.get(&path).ok();
        let audit = ada.get("/api/crm/audit-events").ok().to_string();
        for kind in ["created", "updated", "deleted", "restored"] {
            assert!(audit.contains(&format!("\"{kind}\"")), "{kind}");
        }
    }

    fn questions_keep_to_their_types(desk) {
        let mia = desk.manager("mia");
        let survey = mia.post("/api/crm/surveys", json!({ "survey_name": "s", "survey_type": "nps" })).created();
        let path = format!("/api/crm/surveys/{}/questions", survey["survey"]["survey_id"]);
        for (draft, places) in [
            (json!({ "question_text": "q", "question_type": "rating", "rating_min": 5, "rating_max": 5 }), vec!["/rating_max"]),
            (json!({ "question_text": "q", "question_type": "text", "rating_min": 1, "choices": ["a", "b"] }),
                vec!["/rating_min", "/choices"]),
            (json!({ "question_text": "q", "question_type": "multiple_choice" }), vec!["/choices"]),
            (json!({ "question_text": "q", "question_type": "multiple_choice", "choices": ["a"] }), vec!["/choices"]),
            (json!({ "question_text": "q", "question_type": "multiple_choice", "choices": ["a", " a "] }), vec!["/choices"]),
            (json!({ "question_type": "stars" }), vec!["/question_text", "/question_type"]),
        ] {
            mia.post(&path, draft).status(422).names(&places);
        }
        let rating = mia.post(&path, json!({ "question_text": "q", "question_type": "rating" })).created();
        assert_eq!(
            (&rating["question"]["rating_min"], &rating["question"]["rating_max"], &rating["question"]["question_order"]),
            (&json!(0), &json!(10), &json!(1)),
            "the scale of its type"
        );
        let id = rating["question"]["question_id"].as_i64().unwrap();
        mia.put(&format!("{path}/{id}"), json!({ "rating_min": 10 })).status(422).names(&["/rating_max"]);
        mia.put(&format!("{path}/{id}"), json!({ "question_type": "text" })).status(422).names(&["/question_type"]);
        let same = mia.put(&format!("{path}/{id}"), json!({ "question_text": "q" })).ok();
        assert_eq!(same["question"]["edit_version"], 1, "what changes nothing leaves no trace");
        // Of another survey it is not there.
        mia.get(&format!("{SURVEY}/questions/{id}")).status(404);
        mia.put(&format!("{SURVEY}/questions/{id}"), json!({ "question_text": "x" })).status(404);
        mia.delete(&format!("{SURVEY}/questions/{id}")).status(404);
    }

    fn what_was_asked_is_versioned_not_edited(desk) {
        let (mia, carl, dora) = (desk.manager("mia"), desk.contact("carl"), desk.contact("dora"));
        let (id, questions) = survey(&mia, json!({ "survey_name": "s", "survey_type": "csat" }));
        let path = format!("/api/crm/surveys/{id}");
        let version = || mia.get(&path).ok()["survey"]["version"].clone();
        let [rating, choice, yes_no, text] = questions[..] else { panic!("four questions") };
        // Nobody was asked yet: in place.
        let edited = mia.put(&format!("{path}/questions/{text}"), json!({ "question_text": "Why so?" })).ok();
        assert_eq!((&edited["question"]["question_id"], version()), (&json!(text), json!(1)));
        let answer = |client: &Client, rating: i64| {
            let case_id = closed(desk, client);
            client.post(&format!("{path}/respond"), json!({ "case_id": case_id, "responses": [
                { "question_id": rating, "rating_value": 4 }, { "question_id": yes_no, "choice_value": "yes" }
            ] }))
        };
        answer(&carl, rating).created();
        mia.put(&path, json!({ "survey_type": "ces" })).status(409);
        // From here on a change makes the next version.
        let changed = mia.put(&format!("{path}/questions/{rating}"), json!({ "question_text": "How well?" })).ok();
        let new = changed["question"]["question_id"].as_i64().unwrap();
        assert_ne!(new, rating);
        assert_eq!((&changed["question"]["since_version"], version()), (&json!(2), json!(2)));
        mia.delete(&format!("{path}/questions/{choice}")).status(204);
        assert_eq!(version(), json!(2), "nobody has been asked version 2 yet");
        mia.put(&format!("{path}/questions/{new}"), json!({ "question_text": "How good?" })).ok();
        let texts = |query: &str| -> Vec<String> {
            let list = mia.get(&format!("{path}/questions{query}")).ok();
            let texts = list["questions"].as_array().unwrap().iter();
            texts.map(|question| question["question_text"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(texts(""), ["How good?", "Again?", "Why so?"]);
        assert_eq!(texts("?version=1"), ["How much?", "What of it?", "Again?", "Why so?"]);
        mia.get(&format!("{path}/questions?version=3")).status(404);
        answer(&dora, rating).status(422).fault("/responses/0/question_id");
        answer(&dora, new).created();
        let results = |query: &str| mia.get(&format!("{path}/results{query}")).ok();
        let one = results("?version=1");
        assert_eq!((&one["submissions"], one["questions"].as_array().unwrap().len()), (&json!(1), 4));
        assert_eq!((&one["questions"][0]["question_text"], &one["questions"][0]["answers"]), (&json!("How much?"), &json!(1)));
        let two = results("?version=2");
        assert_eq!((&two["questions"][0]["question_text"], &two["questions"][0]["answers"]), (&json!("How good?"), &json!(1)));
        // What stands in both is counted in each, and together.
        let again = |results: &Value| {
            let questions = results["questions"].as_array().unwrap();
            questions.iter().find(|question| question["question_id"] == yes_no).unwrap()["answers"].clone()
        };
        assert_eq!((again(&one), again(&two), again(&results(""))), (json!(1), json!(1), json!(2)));
        mia.get(&format!("{path}/results?version=3")).status(404);
    }

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
        ana.put(&format!("/api/crm/cases/{case_id}"), json!({ "contact_id": dora.id, "account_id": null })).ok();
        desk.stranger()
            .post(&format!("/api/crm/survey-invitations/{token}/respond"), json!({ "responses": good() }))
            .created();
        assert_eq!(ana.case(case_id)["csat_score"], Value::Null);
    }

    fn any_scale_rates_the_case_from_one_to_five(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let made = mia.post("/api/crm/surveys", json!({ "survey_name": "Wide", "survey_type": "csat" })).created();
        let path = format!("/api/crm/surveys/{}", made["survey"]["survey_id"]);
        let question = mia.post(&format!("{path}/questions"), json!({
            "question_text": "q", "question_type": "rating", "rating_min": 0, "rating_max": 100 })).created();
        for (value, score) in [(0, 1), (50, 3), (74, 4), (100, 5)] {
            let case_id = closed(desk, &carl);
            carl.post(&format!("{path}/respond"), json!({ "case_id": case_id, "responses": [
                { "question_id": question["question"]["question_id"], "rating_value": value }
            ] })).created();
            assert_eq!(mia.case(case_id)["csat_score"], score, "{value}");
        }
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

    fn results_equal_a_naive_recount(desk) {
        let mia = desk.manager("mia");
        for (seed, kind) in ["csat", "nps", "ces", "custom"].into_iter().enumerate() {
            let (id, questions) = survey(&mia, json!({ "survey_name": kind, "survey_type": kind }));
            let path = format!("/api/crm/surveys/{id}");
            let scale = mia.get(&format!("{path}/questions/{}", questions[0])).ok()["question"].clone();
            let (min, max) = (scale["rating_min"].as_i64().unwrap(), scale["rating_max"].as_i64().unwrap());
            let mut rng = fastrand::Rng::with_seed(seed as u64);
            let mut given: Vec<(Time, i64, Vec<&str>, bool, bool)> = Vec::new();
            for _ in 0..60 {
                desk.later(rng.i64(1..600));
                let points = rng.i64(min..=max);
                let choices: Vec<&str> =
                    ["speed", "kindness", "knowledge"].into_iter().filter(|_| rng.u8(0..3) == 0).collect();
                let (again, words) = (rng.bool(), rng.bool());
                let mut responses = vec![
                    json!({ "question_id": questions[0], "rating_value": points }),
                    json!({ "question_id": questions[1], "choice_value": choices }),
                    json!({ "question_id": questions[2], "choice_value": if again { "yes" } else { "no" } }),
                ];
                if words {
                    responses.push(json!({ "question_id": questions[3], "text_value": "because" }));
                }
                mia.post(&format!("{path}/respond"), json!({ "responses": responses })).created();
                given.push((desk.clock.now(), points, choices, again, words));
            }
            let (from, to) = (given[10].0, given[50].0);
            for (query, part) in [(String::new(), &given[..]), (format!("?from={from}&to={to}"), &given[10..50])] {
                let results = mia.get(&format!("{path}/results{query}")).ok();
                assert_eq!(results["submissions"], part.len());
                check_rating(&results["questions"][0], part.iter().map(|row| row.1).collect(), (min, max), kind == "nps");
                let chosen = part.iter().filter(|row| !row.2.is_empty()).count();
                assert_eq!(results["questions"][1]["answers"], chosen);
                for (index, choice) in ["speed", "kindness", "knowledge"].into_iter().enumerate() {
                    let count = part.iter().filter(|row| row.2.contains(&choice)).count();
                    check_share(&results["questions"][1]["distribution"][index], choice, count, chosen);
                }
                let yes = part.iter().filter(|row| row.3).count();
                check_share(&results["questions"][2]["distribution"][0], "yes", yes, part.len());
                check_share(&results["questions"][2]["distribution"][1], "no", part.len() - yes, part.len());
                assert_eq!(results["questions"][3]["answers"], part.iter().filter(|row| row.4).count());
                assert_eq!(results["questions"][3]["distribution"], json!([]));
            }
        }
    }

    fn the_reach_of_invitations_is_counted(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let results = |query: &str| mia.get(&format!("{SURVEY}/results{query}")).ok()["reach"].clone();
        assert_eq!(results("")["response_rate"], Value::Null);
        let from = desk.clock.now();
        let tokens: Vec<String> = (0..4).map(|_| invited(desk, &carl).1).collect();
        let to = desk.later(1).clock.now();
        closed(desk, &carl);
        desk.tick();
        for token in &tokens[..3] {
            desk.stranger().get(&format!("/api/crm/survey-invitations/{token}")).ok();
        }
        desk.stranger()
            .post(&format!("/api/crm/survey-invitations/{}/respond", tokens[0]), json!({ "responses": good() }))
            .created();
        // Mail is off: what was opened has arrived all the same.
        let reach = results(&format!("?from={from}&to={to}"));
        assert_eq!(
            (&reach["invited"], &reach["sent"], &reach["opened"], &reach["answered"]),
            (&json!(4), &json!(3), &json!(3), &json!(1))
        );
        near(&reach["response_rate"], 1.0 / 3.0);
        let (low, high) = wilson(1, 3);
        near(&reach["response_rate_interval"]["low"], low);
        near(&reach["response_rate_interval"]["high"], high);
        assert_eq!(results(&format!("?to={from}"))["invited"], 0);
        mia.get(&format!("{SURVEY}/results?from={to}&to={from}")).status(400).names(&["to"]);
        mia.get(&format!("{SURVEY}/results?from=yesterday")).status(400).names(&["from"]);
    }
}

#[track_caller]
fn near(told: &Value, expected: f64) {
    let told = told.as_f64().unwrap_or_else(|| panic!("{told} is no number"));
    assert!((told - expected).abs() < 1e-4, "{told} is not {expected}");
}

/// Wilson's interval as the root of its quadratic, (p - P)^2 = z^2 P (1 - P) / n, found by halving.
fn wilson(hits: usize, of: usize) -> (f64, f64) {
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let distance = |share: f64| (p - share).powi(2) - 1.959_964f64.powi(2) * share * (1.0 - share) / n;
    let root = |mut outside: f64, mut inside: f64| {
        for _ in 0..60 {
            let middle = (outside + inside) / 2.0;
            if distance(middle) > 0.0 { outside = middle } else { inside = middle }
        }
        inside
    };
    (root(0.0, p), root(1.0, p))
}

fn check_share(told: &Value, value: &str, count: usize, of: usize) {
    assert_eq!((&told["value"], &told["count"]), (&json!(value), &json!(count)), "{told}");
    near(&told["share"], count as f64 / of as f64);
    let (low, high) = wilson(count, of);
    near(&told["interval"]["low"], low);
    near(&told["interval"]["high"], high);
}

fn check_rating(told: &Value, mut given: Vec<i64>, (min, max): (i64, i64), is_nps: bool) {
    given.sort_unstable();
    let n = given.len();
    let mean = given.iter().sum::<i64>() as f64 / n as f64;
    assert_eq!(told["answers"], n);
    near(&told["mean"], mean);
    near(&told["median"], (given[(n - 1) / 2] + given[n / 2]) as f64 / 2.0);
    let variance = given.iter().map(|point| (*point as f64 - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    // The quantiles of t for 39 and 59 degrees of freedom, from a table.
    let t = if n == 40 { 2.022_691 } else { 2.000_995 };
    near(&told["mean_interval"]["low"], mean - t * (variance / n as f64).sqrt());
    near(&told["mean_interval"]["high"], mean + t * (variance / n as f64).sqrt());
    for (index, point) in (min..=max).enumerate() {
        let count = given.iter().filter(|one| **one == point).count();
        check_share(&told["distribution"][index], &point.to_string(), count, n);
    }
    if !is_nps {
        assert_eq!(told["nps"], Value::Null);
        return;
    }
    // Each answer is worth 100, 0 or -100: the variance of their mean, by definition.
    let worth = |point: &i64| {
        if *point >= 9 {
            100.0
        } else if *point <= 6 {
            -100.0
        } else {
            0.0
        }
    };
    let score = given.iter().map(worth).sum::<f64>() / n as f64;
    let variance = given.iter().map(|point| (worth(point) - score).powi(2)).sum::<f64>() / n as f64;
    near(&told["nps"]["score"], score);
    near(&told["nps"]["interval"]["low"], score - 1.959_964 * (variance / n as f64).sqrt());
    near(&told["nps"]["interval"]["high"], score + 1.959_964 * (variance / n as f64).sqrt());
}
