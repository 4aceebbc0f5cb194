//! Calendars (spec 5): their life, holidays out of iCalendar files, and the facts about business hours, all asked of
//! `/calendars/try` as a client would.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::Client;

const CALENDARS: &str = "/api/crm/calendars";
const TRY: &str = "/api/crm/calendars/try";

fn weekdays(name: &str) -> Value {
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let intervals = days.map(|day| json!({ "weekday": day, "from": "09:00", "to": "17:00" }));
    json!({ "calendar_name": name, "time_zone": "Europe/Berlin", "intervals": intervals })
}

fn path(calendar_id: &Value) -> String {
    format!("{CALENDARS}/{calendar_id}")
}

both_engines! {
    fn a_calendar_is_kept_as_it_was_written(desk) {
        let (mia, vic) = (desk.manager("mia"), desk.viewer("vic"));
        let mut draft = weekdays("Berlin");
        draft["holidays"] = json!([{ "date": "2026-12-25", "name": "Christmas" }, { "date": "2026-12-24", "from": "12:00" }]);
        let made = mia.post(CALENDARS, draft.clone());
        let calendar = made.created()["calendar"].clone();
        for field in ["calendar_name", "time_zone", "intervals", "holidays"] {
            assert_eq!(calendar[field], draft[field], "{field}");
        }
        assert_eq!((&calendar["extra"], &calendar["version"]), (&json!([]), &json!(1)));
        let path = path(&calendar["calendar_id"]);
        let shown = vic.get(&path);
        assert_eq!((&shown.ok()["calendar"], shown.etag()), (&calendar, made.etag()));
        let list = vic.get(CALENDARS).ok();
        let names: Vec<_> = list["calendars"].as_array().unwrap().iter().map(|row| row["calendar_name"].clone()).collect();
        assert_eq!(names, ["Mon-Fri 9-17", "Berlin"]);
        assert_eq!(list["pagination"]["total"], 2);
        // Who may do what.
        vic.post(CALENDARS, weekdays("Vic's")).status(403);
        vic.put(&path, json!({})).status(403);
        desk.contact("cy").get(CALENDARS).status(403);
        desk.stranger().get(CALENDARS).status(401);
    }

    fn a_change_of_hours_raises_the_version_and_a_name_does_not(desk) {
        let mia = desk.manager("mia");
        let path = path(&mia.post(CALENDARS, weekdays("Berlin")).created()["calendar"]["calendar_id"]);
        let versions = |edit: Value| {
            let calendar = mia.put(&path, edit).ok()["calendar"].clone();
            (calendar["version"].as_i64().unwrap(), calendar["edit_version"].as_i64().unwrap())
        };
        assert_eq!(versions(json!({ "calendar_name": "Berlin office" })), (1, 2));
        assert_eq!(versions(json!({ "time_zone": "Europe/Vienna" })), (2, 3));
        assert_eq!(versions(json!({ "holidays": [{ "date": "2026-12-25" }] })), (3, 4));
        assert_eq!(versions(json!({ "holidays": [{ "date": "2026-12-25" }], "calendar_name": "Berlin office" })), (3, 4));
        let stale = mia.ask(ureq::http::Method::PUT, &path).header("if-match", "\"2-1\"").json(&json!({})).send();
        stale.status(412);
        mia.put(&path, json!({ "intervals": [] })).status(422).names(&["/intervals"]);
        let audit = desk.texts("select kind from crm_audit_events where subject = 'calendar' order by audit_id", vec![]);
        assert_eq!(audit, ["created", "updated", "updated", "updated"]);
    }

    fn every_fault_of_a_calendar_is_named_at_once(desk) {
        let mia = desk.manager("mia");
        let mut draft = weekdays("");
        draft["time_zone"] = json!("Europe/Atlantis");
        draft["intervals"][3]["from"] = json!("9");
        draft["holidays"] = json!([{ "date": "2026-02-30", "name": 5 }]);
        draft["closed"] = json!(true);
        let expected = ["/calendar_name", "/closed", "/holidays/0/date", "/holidays/0/name", "/intervals/3/from", "/time_zone"];
        mia.post(CALENDARS, draft).status(422).names(&expected);
        mia.post(CALENDARS, json!({})).status(422).names(&["/calendar_name", "/intervals", "/time_zone"]);
        mia.post(CALENDARS, weekdays("mon-fri 9-17")).status(422).names(&["/calendar_name"]);
        let rows = desk.rows();
        mia.put(&format!("{CALENDARS}/1"), json!({ "extra": 7, "intervals": [{}] })).status(422)
            .names(&["/extra", "/intervals/0/from", "/intervals/0/to", "/intervals/0/weekday"]);
        assert_eq!(desk.rows(), rows);
    }

    fn a_calendar_that_a_policy_counts_by_stays(desk) {
        let (ada, mia) = (desk.admin(), desk.manager("mia"));
        mia.delete(&path(&json!(1))).status(409).says("\"Business Hours\"");
        let path = path(&mia.post(CALENDARS, weekdays("Berlin")).created()["calendar"]["calendar_id"]);
        mia.delete(&path).status(204);
        mia.get(&path).status(404);
        mia.delete(&path).status(404);
        mia.post(&format!("{path}/try"), json!({ "at": "2026-03-02T09:00:00Z" })).status(404);
        let other = mia.post(CALENDARS, weekdays("BERLIN")).created();
        ada.post(&format!("{path}/restoration"), json!({})).status(409);
        mia.put(&format!("{CALENDARS}/{}", other["calendar"]["calendar_id"]), json!({ "calendar_name": "Other" })).ok();
        ada.post(&format!("{path}/restoration"), json!({})).ok();
        mia.get(&path).ok();
        desk.execute("update crm_sla_policies set is_active = false");
        mia.delete(&format!("{CALENDARS}/1")).status(204);
    }

    fn holidays_come_out_of_an_icalendar_file(desk) {
        let mia = desk.manager("mia");
        let mut draft = weekdays("Berlin");
        draft["holidays"] = json!([{ "date": "2026-12-25" }]);
        let path = path(&mia.post(CALENDARS, draft).created()["calendar"]["calendar_id"]);
        let ics = "BEGIN:VCALENDAR\r\n\
            BEGIN:VEVENT\r\nSUMMARY:Christmas\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\r\nSUMMARY:Staff party\r\nDTSTART:20261218T130000Z\r\nDTEND:20261218T160000Z\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\r\nSUMMARY:Labour Day\r\nDTSTART;VALUE=DATE:19490501\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n\
            BEGIN:VEVENT\r\nSUMMARY:Odd\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n\
            END:VCALENDAR\r\n";
        let import = format!("{path}/holidays/import");
        let done = mia.post(&import, json!({ "ics": ics })).ok();
        assert_eq!((&done["added"], &done["skipped"]), (&json!(23), &json!(1)));
        assert_eq!(done["faults"].as_array().unwrap().len(), 1);
        assert_eq!(done["faults"][0]["event"], "Odd");
        let holidays = done["calendar"]["holidays"].as_array().unwrap();
        assert!(holidays.contains(&json!({ "date": "2026-12-26", "name": "Christmas" })));
        assert!(holidays.contains(&json!({ "date": "2026-12-18", "from": "14:00", "to": "17:00", "name": "Staff party" })));
        assert!(holidays.contains(&json!({ "date": "2036-05-01", "name": "Labour Day" })));
        assert_eq!(done["calendar"]["version"], 2);
        // Once more changes nothing.
        let again = mia.post(&import, json!({ "ics": ics })).ok();
        assert_eq!((&again["added"], &again["skipped"], &again["calendar"]), (&json!(0), &json!(24), &done["calendar"]));
        let closed = mia.post(&format!("{path}/try"), json!({ "start": "2026-12-18T12:30:00Z", "minutes": 60 })).ok();
        assert_eq!(closed["segments"][1]["reason"], "Staff party");
        assert_eq!(closed["due_at"], "2026-12-21T08:30:00.000Z");
        mia.post(&import, json!({ "ics": "hello" })).status(422).names(&["/ics"]);
        mia.post(&import, json!({})).status(422).names(&["/ics"]);
        mia.post("/api/crm/calendars/77/holidays/import", json!({ "ics": ics })).status(404);
        desk.viewer("vic").post(&import, json!({ "ics": ics })).status(403);
    }

    fn what_cannot_be_asked_is_refused_by_name(desk) {
        let vic = desk.viewer("vic");
        let mut calendar = weekdays("");
        calendar.as_object_mut().unwrap().remove("calendar_name");
        let start = "2026-03-02T09:00:00Z";
        vic.post(TRY, json!({ "calendar": calendar, "start": start, "minutes": -1 })).status(422).names(&["/minutes"]);
        vic.post(TRY, json!({ "start": start, "minutes": 1 })).status(422).names(&["/calendar"]);
        vic.post(TRY, json!({ "calendar": calendar })).status(422).names(&["/at", "/count", "/end", "/minutes"]);
        vic.post(TRY, json!({ "calendar": { "time_zone": "UTC" }, "start": start, "minutes": 1, "at": start }))
            .status(422).names(&["/at", "/calendar/intervals", "/minutes"]);
        let mut odd = calendar.clone();
        odd["intervals"][3]["from"] = json!("25:00");
        odd["hours"] = json!(1);
        vic.post(TRY, json!({ "calendar": odd, "start": start, "pauses": [[start]], "minutes": 1 }))
            .status(422).names(&["/calendar/hours", "/calendar/intervals/3/from", "/pauses/0"]);
        desk.contact("cy").post(TRY, json!({ "calendar": calendar, "at": start })).status(403);
    }

    fn every_fact_about_business_hours_holds(desk) {
        let vic = desk.viewer("vic");
        let calendars: BTreeMap<String, Value> =
            serde_json::from_str(include_str!("../../../hours/tests/facts/calendars.json")).unwrap();
        let facts: Vec<Value> =
            serde_json::from_str(include_str!("../../../hours/tests/facts/arithmetic.json")).unwrap();
        assert_eq!(facts.len(), 177);
        for fact in &facts {
            arithmetic(&vic, &calendars[fact["calendar"].as_str().unwrap()], fact);
        }
        let lives: Vec<Value> =
            serde_json::from_str(include_str!("../../../hours/tests/facts/life_cycles.json")).unwrap();
        assert_eq!(lives.len(), 16);
        for life in &lives {
            for clock in life["clocks"].as_array().unwrap() {
                target(&vic, &calendars[life["calendar"].as_str().unwrap()], &life["pauses"], clock);
            }
        }
    }
}

/// Seconds as the minutes that stand for them.
fn minutes(seconds: &Value) -> Value {
    json!(seconds.as_f64().unwrap() / 60.0)
}

/// The same instant, as the API shows it.
fn instant(text: &Value) -> String {
    steward::Time::parse(text.as_str().unwrap()).unwrap().to_string()
}

fn is_close(found: &Value, seconds: &Value) -> bool {
    (found.as_f64().unwrap() * 60.0 - seconds.as_f64().unwrap()).abs() < 1e-3
}

/// The minutes of the counted segments, which follow each other without a gap.
fn counted(answer: &Value) -> f64 {
    let segments = answer["segments"].as_array().unwrap();
    assert!(segments.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]));
    segments
        .iter()
        .filter(|segment| segment["kind"] == "counted")
        .map(|segment| segment["minutes"].as_f64().unwrap())
        .sum()
}

fn arithmetic(vic: &Client, calendar: &Value, fact: &Value) {
    let mut question = json!({ "calendar": calendar });
    let mut ask = |fields: &[(&str, Value)]| {
        question
            .as_object_mut()
            .unwrap()
            .extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        vic.post(TRY, question.clone()).ok()
    };
    if let Some(due_at) = fact.get("due_at") {
        let answer = ask(&[("start", fact["start"].clone()), ("minutes", minutes(&fact["seconds"]))]);
        assert_eq!(answer["due_at"], instant(due_at), "{fact}");
        if answer["segments_truncated"] == false {
            assert!(is_close(&json!(counted(&answer)), &fact["seconds"]), "{fact}");
        }
    } else if let Some(seconds) = fact.get("business_seconds") {
        let answer = ask(&[("start", fact["start"].clone()), ("end", fact["end"].clone())]);
        assert!(is_close(&answer["business_minutes"], seconds), "{fact}: {}", answer["business_minutes"]);
    } else if let Some(open) = fact.get("open") {
        assert_eq!(ask(&[("at", fact["at"].clone())])["open"], *open, "{fact}");
    } else {
        let told = fact["openings"].as_array().unwrap();
        let (start, direction) = (fact["start"].clone(), fact["direction"].clone());
        let answer = ask(&[("start", start), ("direction", direction), ("count", json!(told.len()))]);
        let found: Vec<_> = answer["segments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| [row["from"].clone(), row["to"].clone()])
            .collect();
        let told: Vec<_> =
            told.iter().map(|pair| [json!(instant(&pair[0])), json!(instant(&pair[1]))]).collect();
        assert_eq!(found, told, "{fact}");
    }
}

fn target(vic: &Client, calendar: &Value, pauses: &Value, clock: &Value) {
    let question = json!({ "calendar": calendar, "start": clock["start"], "pauses": pauses });
    let ask = |name: &str, value: Value| {
        let mut question = question.clone();
        question[name] = value;
        vic.post(TRY, question).ok()
    };
    if let (Some(seconds), Some(due_at)) = (clock.get("target_seconds"), clock.get("due_at")) {
        let answer = ask("minutes", minutes(seconds));
        assert_eq!(answer["due_at"], instant(due_at), "{clock}");
        assert!(is_close(&json!(counted(&answer)), seconds), "{clock}");
    }
    if let (Some(stop), Some(seconds)) = (clock.get("stop"), clock.get("spent_seconds")) {
        let answer = ask("end", stop.clone());
        assert!(is_close(&answer["business_minutes"], seconds), "{clock}: {}", answer["business_minutes"]);
    }
}
