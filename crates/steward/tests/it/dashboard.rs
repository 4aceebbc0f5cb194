//! The dashboard: each of its numbers against a naive recount of a random history, and each link against its number
//! (spec 9).

use fastrand::Rng;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;

const ACTIVE: [&str; 5] = ["new", "open", "pending", "in_progress", "waiting_customer"];
const STATUSES: [&str; 8] =
    ["new", "open", "pending", "in_progress", "waiting_customer", "resolved", "closed", "cancelled"];
const CHANNELS: [&str; 7] = ["email", "phone", "chat", "web", "social", "portal", "api"];

struct History {
    mia: Client,
    owners: Vec<i64>,
    teams: Vec<i64>,
    customers: Vec<Client>,
    count: i64,
}

/// Some weeks of a desk around the night in which Berlin's clocks go forward.
fn history(desk: &Desk, seed: u64, count: i64) -> History {
    let mut rng = Rng::with_seed(seed);
    desk.at("2026-03-10T09:00:00Z");
    let mia = desk.manager("mia");
    let owners = vec![mia.id, desk.agent("ana").id, desk.agent("bea").id];
    let customers: Vec<Client> = ["carl", "dora"].iter().map(|name| desk.contact(name)).collect();
    let team = |name: &str| mia.post("/api/crm/teams", json!({ "team_name": name })).created();
    let teams: Vec<i64> =
        ["first", "second"].iter().map(|name| team(name)["team"]["team_id"].as_i64().unwrap()).collect();
    // A target for the next response, missed within hours.
    let policy = json!({ "policy_name": "all", "position": 1, "first_response_hours": 3.0, "next_response_hours": 2.0,
        "resolution_hours": 40.0 });
    mia.post("/api/crm/sla-policies", policy).created();
    let history = History { mia, owners, teams, customers, count };
    for n in 0..count {
        desk.later(rng.i64(0..900));
        let id = history.opens(n, &mut rng);
        for _ in 0..rng.usize(0..7) {
            desk.later(rng.i64(0..240)).tick();
            // Others go on meanwhile.
            let id = if rng.u8(0..3) == 0 { rng.i64(1..=id) } else { id };
            history.is_worked(id, &mut rng);
        }
        history.meets_its_end(desk, id, &mut rng);
    }
    desk.later(30).tick();
    history
}

impl History {
    fn opens(&self, n: i64, rng: &mut Rng) -> i64 {
        let mut draft = json!({
            "subject": format!("case {n}"), "case_type_id": rng.i64(1..=5), "priority_id": rng.i64(1..=4),
            "channel": CHANNELS[rng.usize(0..6)], "contact_id": self.customers[rng.usize(0..2)].id
        });
        if rng.u8(0..4) > 0 {
            draft["owner_id"] = json!(self.owners[rng.usize(0..3)]);
        }
        if rng.bool() {
            draft["team_id"] = json!(self.teams[rng.usize(0..2)]);
        }
        self.mia.opens(draft)
    }

    /// What is not allowed changes nothing.
    fn is_worked(&self, id: i64, rng: &mut Rng) {
        let path = format!("/api/crm/cases/{id}");
        let comments = format!("{path}/comments");
        match rng.u8(0..9) {
            0 | 1 => {
                drop(self.mia.post(&comments, json!({ "comment_text": "word", "is_internal": rng.bool() })))
            }
            2 => drop(self.mia.post(&comments, json!({ "comment_text": "done", "is_solution": true }))),
            3 => drop(self.customers[rng.usize(0..2)].post(&comments, json!({ "comment_text": "and?" }))),
            4 => drop(self.mia.put(&path, json!({ "owner_id": self.owners[rng.usize(0..3)] }))),
            5 => drop(self.mia.put(&path, json!({ "team_id": null, "priority_id": rng.i64(1..=4) }))),
            6 => drop(
                self.mia.post(&format!("{path}/escalations"), json!({ "escalation_reason": "technical" })),
            ),
            _ => drop(self.mia.sets(id, STATUSES[rng.usize(0..8)])),
        }
    }

    fn meets_its_end(&self, desk: &Desk, id: i64, rng: &mut Rng) {
        let path = format!("/api/crm/cases/{id}");
        match rng.u8(0..12) {
            0 => drop(self.mia.delete(&path)),
            1 if id > 1 => drop(self.mia.post(&format!("{path}/merge"), json!({ "into_case_id": id - 1 }))),
            2..7 => desk.execute(&format!(
                "update crm_cases set csat_score = {}, csat_submitted_at = '{}', edit_version = edit_version + 1
                 where case_id = {}",
                rng.i64(1..=5),
                desk.clock.now(),
                rng.i64(1..=id),
            )),
            _ => {}
        }
    }

    /// Every case that a list may show, with what the dashboard tells of it.
    fn cases(&self, desk: &Desk) -> Vec<Value> {
        let mut cases = Vec::new();
        for id in 1..=self.count {
            let reply = self.mia.get(&format!("/api/crm/cases/{id}"));
            if reply.code == 404 {
                continue;
            }
            let detail = reply.ok();
            let mut case = detail["case"].clone();
            if !case["merged_into_id"].is_null() {
                continue;
            }
            let is_response =
                |comment: &&Value| comment["contact_id"].is_null() && comment["is_internal"] == false;
            let comments = self.mia.get(&format!("/api/crm/cases/{id}/comments?limit=200")).ok();
            case["responses"] =
                json!(comments["comments"].as_array().unwrap().iter().filter(is_response).count());
            let missed = detail["sla_violations"].as_array().unwrap().iter();
            case["missed"] = missed.map(|violation| violation["violation_type"].clone()).collect();
            let met = desk.texts(
                &format!("select kind from crm_sla_targets where case_id = {id} and met_at is not null"),
                vec![],
            );
            case["met"] = json!(met);
            cases.push(case);
        }
        cases
    }
}

fn time(case: &Value, field: &str) -> Option<Timestamp> {
    case[field].as_str().map(|text| text.parse().unwrap())
}

/// Days of a zone: when they begin and end.
struct Days {
    zone: TimeZone,
    first: Date,
    count: i64,
}

impl Days {
    fn start(&self, n: i64) -> Timestamp {
        (self.first + n.days()).to_zoned(self.zone.clone()).unwrap().timestamp()
    }

    fn hold(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| self.start(0) <= at && at < self.start(self.count))
    }

    fn before(&self) -> Days {
        Days { zone: self.zone.clone(), first: self.first - self.count.days(), count: self.count }
    }
}

fn mean(values: &[f64], scale: f64) -> Value {
    if values.is_empty() {
        return Value::Null;
    }
    json!((values.iter().sum::<f64>() / values.len() as f64 * scale).round() / scale)
}

fn median(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => Value::Null,
        n if n % 2 == 1 => json!(values[n / 2]),
        n => json!((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

/// The least value that nine of ten do not exceed.
fn p90(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    let enough = |value: &&f64| values.iter().filter(|other| other <= value).count() * 10 >= values.len() * 9;
    values.iter().find(enough).map_or(Value::Null, |value| json!(*value as i64))
}

fn percent(part: usize, whole: usize) -> Value {
    if whole == 0 { Value::Null } else { json!((part as f64 * 1000.0 / whole as f64).round() / 10.0) }
}

/// The figures of some cases by the spec's words.
fn figures(cases: &[&Value], days: &Days) -> Value {
    let created: Vec<_> = cases.iter().filter(|case| days.hold(time(case, "created_at"))).collect();
    let resolved: Vec<_> = cases.iter().filter(|case| days.hold(time(case, "resolved_at"))).collect();
    let scores: Vec<f64> = cases
        .iter()
        .filter(|case| days.hold(time(case, "csat_submitted_at")))
        .filter_map(|case| case["csat_score"].as_f64())
        .collect();
    let responses: Vec<f64> =
        created.iter().filter_map(|case| case["response_time_minutes"].as_f64()).collect();
    let resolutions: Vec<f64> =
        resolved.iter().filter_map(|case| case["resolution_time_minutes"].as_f64()).collect();
    let reopened = resolved.iter().filter(|case| case["reopened_count"] != 0).count();
    let one_touch =
        resolved.iter().filter(|case| case["reopened_count"] == 0 && case["responses"] == 1).count();
    json!({
        "total_cases": created.len(),
        "active_cases": created.iter().filter(|case| ACTIVE.contains(&case["status"].as_str().unwrap())).count(),
        "sla_violated_cases": created.iter().filter(|case| case["is_sla_violated"] == true).count(),
        "resolved_cases": resolved.len(),
        "reopened_cases": reopened,
        "reopen_rate_percent": percent(reopened, resolved.len()),
        "one_touch_cases": one_touch,
        "one_touch_rate_percent": percent(one_touch, resolved.len()),
        "avg_response_time_minutes": mean(&responses, 10.0),
        "median_response_time_minutes": median(responses.clone()),
        "p90_response_time_minutes": p90(responses),
        "avg_resolution_time_minutes": mean(&resolutions, 10.0),
        "median_resolution_time_minutes": median(resolutions.clone()),
        "p90_resolution_time_minutes": p90(resolutions),
        "avg_csat_score": mean(&scores, 100.0),
        "csat_response_count": scores.len(),
    })
}

/// Asserts that `shown` has all that `expected` has.
fn assert_has(shown: &Value, expected: &Value, what: &str) {
    for (name, value) in expected.as_object().unwrap() {
        let same = match (shown[name].as_f64(), value.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-9,
            _ => shown[name] == *value,
        };
        assert!(same, "{what}: {name} is {}, and is to be {value}", shown[name]);
    }
}

/// Every link of the dashboard, with the number that it stands for.
fn links(shown: &Value, found: &mut Vec<(String, i64)>) {
    match shown {
        Value::Array(rows) => rows.iter().for_each(|row| links(row, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("links", Value::Object(of)) => found.extend(of.iter().map(|(name, link)| {
                        let number = shown[name].as_i64().unwrap_or_else(|| panic!("{name} is no number"));
                        (link.as_str().unwrap().to_owned(), number)
                    })),
                    ("href", Value::String(link)) if link.contains("/cases?") => {
                        let number = ["total_cases", "cases"].iter().find_map(|name| shown[name].as_i64());
                        found.push((link.clone(), number.unwrap()));
                    }
                    ("backlog_href", Value::String(link)) => {
                        found.push((link.clone(), shown["backlog_cases"].as_i64().unwrap()));
                    }
                    _ => links(value, found),
                }
            }
        }
        _ => {}
    }
}

fn sla(cases: &[&Value], days: &Days, target: &str) -> Value {
    let has = |case: &Value, list: &str| case[list].as_array().unwrap().contains(&json!(target));
    let created = || cases.iter().filter(|case| days.hold(time(case, "created_at")));
    let missed = created().filter(|case| has(case, "missed")).count();
    let met = created().filter(|case| has(case, "met") && !has(case, "missed")).count();
    json!({ "target": target, "met_cases": met, "missed_cases": missed,
        "attainment_percent": percent(met, met + missed) })
}

/// The figures of a period under the seed's names.
fn period_figures(cases: &[&Value], days: &Days) -> Value {
    let figures = figures(cases, days);
    let mut named = figures.as_object().unwrap().clone();
    for (seeds, ours) in [
        ("period_total", "total_cases"),
        ("period_active", "active_cases"),
        ("period_sla_violated", "sla_violated_cases"),
        ("period_resolved", "resolved_cases"),
        ("period_avg_response", "avg_response_time_minutes"),
        ("period_median_response", "median_response_time_minutes"),
        ("period_p90_response", "p90_response_time_minutes"),
        ("period_avg_resolution", "avg_resolution_time_minutes"),
        ("period_median_resolution", "median_resolution_time_minutes"),
        ("period_p90_resolution", "p90_resolution_time_minutes"),
    ] {
        let value = named.remove(ours).unwrap();
        named.insert(seeds.into(), value);
    }
    named.insert("days".into(), json!(days.count));
    Value::Object(named)
}

fn assert_overall(shown: &Value, cases: &[&Value]) {
    let of = |status: &str| cases.iter().filter(|case| case["status"] == status).count();
    let numbers = |field: &str| cases.iter().filter_map(|case| case[field].as_f64()).collect::<Vec<f64>>();
    let mut expected = json!({
        "total_cases": cases.len(),
        "active_cases": ACTIVE.iter().map(|status| of(status)).sum::<usize>(),
        "escalated_cases": cases.iter().filter(|case| case["is_escalated"] == true).count(),
        "sla_violated_cases": cases.iter().filter(|case| case["is_sla_violated"] == true).count(),
        "avg_response_time_minutes": mean(&numbers("response_time_minutes"), 10.0),
        "avg_resolution_time_minutes": mean(&numbers("resolution_time_minutes"), 10.0),
        "avg_csat_score": mean(&numbers("csat_score"), 100.0),
        "csat_response_count": numbers("csat_score").len(),
    });
    for status in STATUSES {
        expected[format!("{status}_cases")] = json!(of(status));
    }
    assert_has(shown, &expected, "overall");
}

fn assert_groups(shown: &Value, cases: &[&Value], days: &Days) {
    for (section, key) in [
        ("by_priority", "priority_id"),
        ("by_type", "case_type_id"),
        ("by_channel", "channel"),
        ("by_owner", "owner_id"),
        ("by_team", "team_id"),
    ] {
        let rows = shown[section].as_array().unwrap();
        let mut told = 0;
        for row in rows {
            let of: Vec<&Value> = cases.iter().copied().filter(|case| case[key] == row[key]).collect();
            let what = format!("{section} {}", row[key]);
            assert_has(row, &figures(&of, days), &what);
            told += row["total_cases"].as_u64().unwrap();
            if row.get("backlog_cases").is_some() {
                let active = of.iter().filter(|case| ACTIVE.contains(&case["status"].as_str().unwrap()));
                assert_eq!(row["backlog_cases"], active.count(), "{what}");
            }
        }
        assert_eq!(told, shown["period"]["period_total"].as_u64().unwrap(), "{section}");
    }
}

fn assert_backlog(shown: &Value, cases: &[&Value], now: Timestamp) {
    let active: Vec<_> =
        cases.iter().filter(|case| ACTIVE.contains(&case["status"].as_str().unwrap())).collect();
    let expected = json!({
        "active_cases": active.len(),
        "overdue_cases": active.iter().filter(|case| time(case, "resolution_due").is_some_and(|due| due < now)).count(),
        "escalated_cases": active.iter().filter(|case| case["is_escalated"] == true).count(),
        "unassigned_cases": active.iter().filter(|case| case["owner_id"].is_null()).count(),
    });
    assert_has(shown, &expected, "backlog");
    for row in shown["by_age"].as_array().unwrap() {
        let is_of_age = |case: &&&&Value| {
            let age = (now.as_millisecond() - time(case, "created_at").unwrap().as_millisecond()) as f64
                / 86_400_000.0;
            // An age of a whole number of days still belongs to the younger ones.
            let from = row["days_from"].as_f64().unwrap();
            (age > from || from == 0.0) && row["days_to"].as_f64().is_none_or(|to| age <= to)
        };
        assert_eq!(row["cases"], active.iter().filter(is_of_age).count(), "{row}");
    }
}

fn assert_trend(shown: &Value, cases: &[&Value], days: &Days) {
    let rows = shown.as_array().unwrap();
    assert_eq!(rows.len(), days.count as usize);
    for (n, row) in (0..).zip(rows) {
        let day = Days { zone: days.zone.clone(), first: days.first + n.days(), count: 1 };
        let on = |field: &str| cases.iter().filter(|case| day.hold(time(case, field))).count();
        let expected = json!({ "date": day.first.to_string(), "created_cases": on("created_at"),
            "resolved_cases": on("resolved_at") });
        assert_has(row, &expected, "daily_trend");
    }
}

fn assert_picks(shown: &Value, cases: &[&Value], now: Timestamp) {
    let ids = |section: &str| -> Vec<i64> {
        shown[section].as_array().unwrap().iter().map(|row| row["case_id"].as_i64().unwrap()).collect()
    };
    let mut needy: Vec<_> = cases
        .iter()
        .filter(|case| ACTIVE.contains(&case["status"].as_str().unwrap()))
        .filter_map(|case| {
            let id = case["case_id"].as_i64().unwrap();
            let level = case["priority_level"].as_i64().unwrap();
            let late = time(case, "resolution_due").filter(|due| *due < now);
            match late {
                Some(due) => Some((0, due.as_millisecond(), id)),
                None => (level >= 3).then_some((1, -level, id)),
            }
        })
        .collect();
    needy.sort_unstable();
    assert_eq!(ids("needs_attention"), needy.iter().take(10).map(|(.., id)| *id).collect::<Vec<_>>());
    let mut rated: Vec<_> = cases
        .iter()
        .filter(|case| !case["csat_score"].is_null())
        .map(|case| (time(case, "csat_submitted_at").unwrap(), case["case_id"].as_i64().unwrap()))
        .collect();
    rated.sort_unstable();
    assert_eq!(ids("recent_csat"), rated.iter().rev().take(10).map(|(_, id)| *id).collect::<Vec<_>>());
}

both_engines! {
    fn every_number_equals_a_recount_and_every_link_its_number(desk) {
        let history = history(desk, 20260329, 90);
        let all = history.cases(desk);
        let now: Timestamp = desk.clock.now().into();
        assert!(all.len() > 60 && all.len() < 90);
        let (owner, team) = (history.owners[1], history.teams[0]);
        let mut numbers = 0;
        for (query, zone, first, count) in [
            ("?tz=Europe/Berlin&from=2026-03-16&to=2026-04-05".to_owned(), "Europe/Berlin", "2026-03-16", 21),
            (format!("?owner_id={owner}&days=3&to=2026-03-30&tz=America/New_York"), "America/New_York", "2026-03-28", 3),
            (format!("?team_id={team}&from=2026-03-20&to=2026-04-20"), "UTC", "2026-03-20", 32),
            (format!("?team_id={team}&owner_id={owner}&days=60&to=2026-05-01&tz=Asia/Kathmandu"), "Asia/Kathmandu", "2026-03-03", 60),
        ] {
            let shown = history.mia.get(&format!("/api/crm/support/dashboard{query}")).ok();
            let mine = |case: &&Value| {
                (!query.contains("owner_id") || case["owner_id"] == owner)
                    && (!query.contains("team_id") || case["team_id"] == team)
            };
            let cases: Vec<&Value> = all.iter().filter(mine).collect();
            let days = Days { zone: TimeZone::get(zone).unwrap(), first: first.parse().unwrap(), count };
            assert_overall(&shown["overall"], &cases);
            assert_has(&shown["period"], &period_figures(&cases, &days), &query);
            assert_has(&shown["previous_period"], &period_figures(&cases, &days.before()), &query);
            for (period, days) in [("period", &days), ("previous_period", &days.before())] {
                for (n, target) in ["first_response", "next_response", "resolution"].iter().enumerate() {
                    assert_has(&shown[period]["sla_attainment"][n], &sla(&cases, days, target), period);
                }
            }
            assert_groups(&shown, &cases, &days);
            assert_trend(&shown["daily_trend"], &cases, &days);
            assert_backlog(&shown["backlog"], &cases, now);
            assert_picks(&shown, &cases, now);
            let mut found = Vec::new();
            links(&shown, &mut found);
            found.sort();
            found.dedup();
            numbers += found.iter().filter(|(_, number)| *number > 0).count();
            for (link, number) in found {
                let sign = if link.contains('?') { '&' } else { '?' };
                let list = history.mia.get(&format!("{link}{sign}limit=1")).ok();
                assert_eq!(list["pagination"]["total"], number, "{link}");
            }
        }
        assert!(numbers > 200, "a dashboard of zeros tells little: {numbers}");
    }

    fn violated_cases_are_those_that_missed_in_the_period(desk) {
        let history = history(desk, 5, 30);
        let shown = history.mia.get("/api/crm/support/dashboard?from=2026-03-12&to=2026-03-15").ok();
        let mut expected: Vec<(String, i64, i64)> = Vec::new();
        for case in history.cases(desk) {
            let id = case["case_id"].as_i64().unwrap();
            let list = history.mia.get(&format!(
                "/api/crm/sla-violations?case_id={id}&violated_from=2026-03-12T00:00:00Z&violated_to=2026-03-16T00:00:00Z"
            )).ok();
            let rows = list["sla_violations"].as_array().unwrap();
            if let Some(latest) = rows.first() {
                expected.push((latest["violated_at"].as_str().unwrap().to_owned(), id, rows.len() as i64));
            }
        }
        expected.sort();
        expected.reverse();
        expected.truncate(10);
        assert!(expected.len() > 3);
        let rows = shown["sla_violations"].as_array().unwrap();
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                let at = row["violated_at"].as_str().unwrap().to_owned();
                (at, row["case_id"].as_i64().unwrap(), row["violation_count"].as_i64().unwrap())
            })
            .collect();
        assert_eq!(rows, expected);
    }

    fn an_empty_desk_has_a_dashboard(desk) {
        let shown = desk.viewer("vera").get("/api/crm/support/dashboard").ok();
        assert_eq!(shown["overall"]["total_cases"], 0);
        assert_eq!(shown["overall"]["avg_csat_score"], Value::Null);
        assert_eq!(shown["period"]["days"], 30);
        assert_eq!(shown["period"]["nps"]["score"], Value::Null);
        assert_eq!(shown["daily_trend"].as_array().unwrap().len(), 30);
        assert_eq!(shown["by_priority"].as_array().unwrap().len(), 4);
        assert_eq!(shown["by_channel"].as_array().unwrap().len(), 7);
        // Nobody of that number: nothing, rather than everything.
        let nobody = desk.viewer("vito").get("/api/crm/support/dashboard?owner_id=9999&team_id=77").ok();
        assert_eq!(nobody["overall"]["total_cases"], 0);
    }

    fn it_is_for_users_and_says_what_is_wrong_with_a_query(desk) {
        let path = "/api/crm/support/dashboard";
        desk.stranger().get(path).status(401);
        desk.contact("carl").get(path).status(403);
        let vera = desk.viewer("vera");
        vera.get(path).ok();
        for query in [
            "days=0", "days=3651", "days=x", "owner_id=0", "team_id=abc", "tz=Mars/Base", "tz=%00", "from=yesterday",
            "from=2026-01-01&days=3", "from=2026-03-03&to=2026-03-02", "from=1999-01-01", "to=2026-02-30", "month=3",
        ] {
            vera.get(&format!("{path}?{query}")).status(400);
        }
        let faults = vera.get(&format!("{path}?days=0&tz=Mars&owner_id=x")).status(400).json();
        assert_eq!(faults["errors"].as_array().unwrap().len(), 3);
        vera.get(&format!("{path}?days=3650&tz=Pacific/Apia")).ok();
        vera.get(&format!("{path}?to=9000-01-01")).ok();
        vera.get(&format!("{path}?to=1970-01-01&days=3650")).ok();
    }

    fn nps_and_ces_come_from_the_first_rating_of_each_answer(desk) {
        let mia = desk.manager("mia");
        let (mine, other) = (
            mia.opens(json!({ "subject": "a", "owner_id": mia.id })),
            mia.opens(json!({ "subject": "b" })),
        );
        desk.execute(&format!(
            "insert into crm_surveys (survey_id, survey_name, survey_type) values (71, 'N', 'nps'), (72, 'C', 'ces');
             insert into crm_survey_questions (question_id, survey_id, question_text, question_type, question_order,
                 rating_min, rating_max)
             values (711, 71, 'recommend?', 'rating', 2, 0, 10), (712, 71, 'again?', 'rating', 3, 0, 10),
                    (721, 72, 'effort?', 'rating', 1, 1, 7);
             insert into crm_survey_responses (survey_id, question_id, case_id, rating_value, created_at)
             values (71, 712, {mine}, 0, '2026-03-02T08:00:00.000Z'), (71, 711, {mine}, 10, '2026-03-02T08:00:00.000Z'),
                    (71, 711, {other}, 9, '2026-03-02T08:00:00.000Z'), (71, 711, null, 3, '2026-03-01T08:00:00.000Z'),
                    (71, 711, null, 8, '2026-02-28T08:00:00.000Z'), (71, 711, {mine}, 0, '2026-01-02T08:00:00.000Z'),
                    (72, 721, {mine}, 7, '2026-03-02T08:00:00.000Z'), (72, 721, {other}, 2, '2026-03-02T08:00:00.000Z')"
        ));
        let shown = mia.get("/api/crm/support/dashboard").ok()["period"].clone();
        let nps = json!({ "score": 25.0, "promoters": 2, "passives": 1, "detractors": 1, "responses": 4 });
        assert_eq!(shown["nps"], nps);
        assert_eq!(shown["ces"], json!({ "mean": 4.5, "responses": 2 }));
        let own = mia.get(&format!("/api/crm/support/dashboard?owner_id={}", mia.id)).ok();
        assert_eq!(own["period"]["nps"]["score"], 100.0);
        assert_eq!(own["period"]["ces"]["mean"], 7.0);
        assert_eq!(own["previous_period"]["ces"]["mean"], Value::Null);
        assert_eq!(own["previous_period"]["nps"]["score"], -100.0);
    }

    fn the_rollup_follows_plain_sql(desk) {
        let history = history(desk, 11, 25);
        let mut rng = Rng::with_seed(12);
        let some = |rng: &mut Rng, values: &[&str]| values[rng.usize(0..values.len())].to_owned();
        for _ in 0..60 {
            let id = rng.i64(1..=25);
            let owner = history.owners[rng.usize(0..3)].to_string();
            let team = history.teams[rng.usize(0..2)].to_string();
            let set = match rng.u8(0..9) {
                0 => format!("owner_id = {}, team_id = {}", some(&mut rng, &["null", &owner]), some(&mut rng, &["null", &team])),
                1 => format!("csat_score = {}", some(&mut rng, &["null", "1", "5"])),
                2 => "is_active = not is_active".into(),
                3 => format!("merged_into_id = {}", if id == 25 { "null".into() } else { some(&mut rng, &["null", "25"]) }),
                4 => "is_escalated = not is_escalated".into(),
                5 => format!("response_time_minutes = {}", some(&mut rng, &["null", "0", "77"])),
                6 => format!("resolution_time_minutes = {}", some(&mut rng, &["null", "0", "77"])),
                7 => format!("status = '{}', owner_id = {owner}", some(&mut rng, &ACTIVE)),
                _ => "status = 'cancelled', csat_score = 3, team_id = null".into(),
            };
            desk.execute(&format!("update crm_cases set {set} where case_id = {id}"));
            if rng.u8(0..6) == 0 {
                desk.tick();
            }
        }
        desk.execute(&format!(
            "insert into crm_cases (subject, case_type_id, priority_id, owner_id, csat_score) values ('x', 1, 1, {}, 4)",
            history.owners[0]
        ));
        desk.execute("update crm_case_comments set is_internal = not is_internal, is_solution = not is_active");
        desk.execute("update crm_case_comments set contact_id = created_by where false");
        desk.execute("delete from crm_case_comments where comment_id = (select max(comment_id) from crm_case_comments)");
        // The end of every test asks the doctor, whose laws recount the rollup and the counters.
        let overall = history.mia.get("/api/crm/support/dashboard").ok()["overall"].clone();
        let (cases, rated) = (
            desk.number("select count(*) from crm_cases where is_listed"),
            desk.number("select count(csat_score) from crm_cases where is_listed"),
        );
        assert_eq!((&overall["total_cases"], &overall["csat_response_count"]), (&json!(cases), &json!(rated)));
    }
}
