//! Surveys: asked and answered (spec 8).

use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;

pub const SURVEY: &str = "/api/crm/surveys/1";

/// A case of this customer that an agent has closed.
pub fn closed(desk: &Desk, contact: &Client) -> i64 {
    let ana = desk.agent("ana");
    let id = contact.opens(json!({ "subject": "s" }));
    ana.sets(id, "resolved").ok();
    ana.sets(id, "closed").ok();
    id
}

pub fn good() -> Value {
    json!([
        { "question_id": 1, "rating_value": 5 },
        { "question_id": 2, "choice_value": "yes" },
        { "question_id": 3, "text_value": "Excellent support!" }
    ])
}

/// A survey of this type with a question of each type; answers its id and theirs.
pub fn survey(mia: &Client, draft: Value) -> (i64, Vec<i64>) {
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
}
