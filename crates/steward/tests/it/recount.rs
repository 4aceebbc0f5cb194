//! What a dashboard must say of a random history, counted naively from its cases and events.

use fastrand::Rng;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;

pub const ACTIVE: [&str; 5] = ["new", "open", "pending", "in_progress", "waiting_customer"];
pub const STATUSES: [&str; 8] =
    ["new", "open", "pending", "in_progress", "waiting_customer", "resolved", "closed", "cancelled"];
pub const CHANNELS: [&str; 7] = ["email", "phone", "chat", "web", "social", "portal", "api"];

pub struct History {
    pub mia: Client,
    pub owners: Vec<i64>,
    pub teams: Vec<i64>,
    pub customers: Vec<Client>,
    pub count: i64,
}

/// Some weeks of a desk around the night in which Berlin's clocks go forward.
pub fn history(desk: &Desk, seed: u64, count: i64) -> History {
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
    pub fn opens(&self, n: i64, rng: &mut Rng) -> i64 {
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
    pub fn is_worked(&self, id: i64, rng: &mut Rng) {
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

    pub fn meets_its_end(&self, desk: &Desk, id: i64, rng: &mut Rng) {
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
    pub fn cases(&self, desk: &Desk) -> Vec<Value> {
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

pub fn time(case: &Value, field: &str) -> Option<Timestamp> {
    case[field].as_str().map(|text| text.parse().unwrap())
}

/// Days of a zone: when they begin and end.
pub struct Days {
    pub zone: TimeZone,
    pub first: Date,
    pub count: i64,
}

impl Days {
    pub fn start(&self, n: i64) -> Timestamp {
        (self.first + n.days()).to_zoned(self.zone.clone()).unwrap().timestamp()
    }

    pub fn hold(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| self.start(0) <= at && at < self.start(self.count))
    }

    pub fn before(&self) -> Days {
        Days { zone: self.zone.clone(), first: self.first - self.count.days(), count: self.count }
    }
}

pub fn mean(values: &[f64], scale: f64) -> Value {
    if values.is_empty() {
        return Value::Null;
    }
    json!((values.iter().sum::<f64>() / values.len() as f64 * scale).round() / scale)
}

pub fn median(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => Value::Null,
        n if n % 2 == 1 => json!(values[n / 2]),
        n => json!((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

/// The least value that nine of ten do not exceed.
pub fn p90(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    let enough = |value: &&f64| values.iter().filter(|other| other <= value).count() * 10 >= values.len() * 9;
    values.iter().find(enough).map_or(Value::Null, |value| json!(*value as i64))
}

pub fn percent(part: usize, whole: usize) -> Value {
    if whole == 0 { Value::Null } else { json!((part as f64 * 1000.0 / whole as f64).round() / 10.0) }
}

/// The figures of some cases by the spec's words.
pub fn figures(cases: &[&Value], days: &Days) -> Value {
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
pub fn assert_has(shown: &Value, expected: &Value, what: &str) {
    for (name, value) in expected.as_object().unwrap() {
        let same = match (shown[name].as_f64(), value.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-9,
            _ => shown[name] == *value,
        };
        assert!(same, "{what}: {name} is {}, and is to be {value}", shown[name]);
    }
}

/// Every link of the dashboard, with the number that it stands for.
pub fn links(shown: &Value, found: &mut Vec<(String, i64)>) {
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

pub fn sla(cases: &[&Value], days: &Days, target: &str) -> Value {
    let has = |case: &Value, list: &str| case[list].as_array().unwrap().contains(&json!(target));
    let created = || cases.iter().filter(|case| days.hold(time(case, "created_at")));
    let missed = created().filter(|case| has(case, "missed")).count();
    let met = created().filter(|case| has(case, "met") && !has(case, "missed")).count();
    json!({ "target": target, "met_cases": met, "missed_cases": missed,
        "attainment_percent": percent(met, met + missed) })
}

/// The figures of a period under the seed's names.
pub fn period_figures(cases: &[&Value], days: &Days) -> Value {
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

pub fn assert_overall(shown: &Value, cases: &[&Value]) {
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

pub fn assert_groups(shown: &Value, cases: &[&Value], days: &Days) {
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

pub fn assert_backlog(shown: &Value, cases: &[&Value], now: Timestamp) {
    let active: Vec<_> =
        cases.iter().filter(|case| ACTIVE.contains(&case["status"].as_str().unwrap())).collect();
    let expected = json!({
        "active_cases": active.len(),
        "overdue_cases": active.iter().filter(|case| case["sla_status"] == "overdue").count(),
        "escalated_cases": active.iter().filter(|case| case["is_escalated"] == true).count(),
        "unassigned_cases": active.iter().filter(|case| case["owner_id"].is_null()).count(),
        "due_soon_cases": active.iter().filter(|case| {
            time(case, "resolution_due").is_some_and(|due| due < now + 4.hours())
                && case["sla_status"] != "overdue"
        }).count(),
        "long_unassigned_cases": active.iter().filter(|case| {
            case["owner_id"].is_null() && time(case, "created_at").unwrap() < now - 24.hours()
        }).count(),
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

pub fn assert_trend(shown: &Value, cases: &[&Value], days: &Days) {
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

pub fn assert_picks(shown: &Value, cases: &[&Value]) {
    let ids = |section: &str| -> Vec<i64> {
        shown[section].as_array().unwrap().iter().map(|row| row["case_id"].as_i64().unwrap()).collect()
    };
    // First those that are overdue, in the order of deadlines that the API does not tell of each; then the urgent.
    let active = || cases.iter().filter(|case| ACTIVE.contains(&case["status"].as_str().unwrap()));
    let id = |case: &Value| case["case_id"].as_i64().unwrap();
    let overdue: Vec<i64> =
        active().filter(|case| case["sla_status"] == "overdue").map(|case| id(case)).collect();
    let mut urgent: Vec<_> = active()
        .filter(|case| case["sla_status"] != "overdue" && case["priority_level"].as_i64() >= Some(3))
        .map(|case| (-case["priority_level"].as_i64().unwrap(), id(case)))
        .collect();
    urgent.sort_unstable();
    let needy = ids("needs_attention");
    let (late, rest) = needy.split_at(overdue.len().min(10));
    assert!(late.iter().all(|id| overdue.contains(id)), "{late:?} of {overdue:?}");
    assert_eq!(rest, urgent.iter().take(10 - late.len()).map(|(_, id)| *id).collect::<Vec<_>>());
    let mut rated: Vec<_> = cases
        .iter()
        .filter(|case| !case["csat_score"].is_null())
        .map(|case| (time(case, "csat_submitted_at").unwrap(), case["case_id"].as_i64().unwrap()))
        .collect();
    rated.sort_unstable();
    assert_eq!(ids("recent_csat"), rated.iter().rev().take(10).map(|(_, id)| *id).collect::<Vec<_>>());
}
