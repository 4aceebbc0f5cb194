//! Lists of cases: every filter, order and figure against a naive recount of a random history (spec 4).

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;

const STATUSES: [&str; 8] =
    ["new", "open", "pending", "in_progress", "waiting_customer", "resolved", "closed", "cancelled"];
const CHANNELS: [&str; 7] = ["email", "phone", "chat", "web", "social", "portal", "api"];
const TAGS: [&str; 4] = ["red", "green", "blue", "billing"];

/// The people and the cases of a random history.
struct History {
    ana: Client,
    customers: Vec<Client>,
    owners: Vec<i64>,
    teams: Vec<i64>,
    count: usize,
}

/// Opens cases and works them at random; some are deleted, merged, violated, escalated, rated.
fn history(desk: &Desk, seed: u64, count: usize) -> History {
    let mut rng = Rng::with_seed(seed);
    let mia = desk.manager("mia");
    let ana = desk.agent("ana");
    let owners = vec![ana.id, desk.agent("bea").id, mia.id];
    let customers: Vec<Client> = ["carl", "dora", "emil"].iter().map(|name| desk.contact(name)).collect();
    let teams: Vec<i64> = ["first", "second"]
        .iter()
        .map(|name| {
            mia.post("/api/crm/teams", json!({ "team_name": name })).created()["team"]["team_id"]
                .as_i64()
                .unwrap()
        })
        .collect();
    for n in 0..count {
        desk.later(rng.i64(0..300));
        let tags: Vec<&str> = TAGS.iter().copied().filter(|_| rng.u8(0..3) == 0).collect();
        let mut draft = json!({
            "subject": format!("case {n}"), "case_type_id": rng.i64(1..=6), "priority_id": rng.i64(1..=4),
            "channel": CHANNELS[rng.usize(0..7)], "tags": tags
        });
        if rng.u8(0..5) > 0 {
            draft["contact_id"] = json!(customers[rng.usize(0..3)].id);
        }
        if rng.bool() {
            draft["owner_id"] = json!(owners[rng.usize(0..3)]);
            draft["team_id"] = json!(teams[rng.usize(0..2)]);
        }
        let id = mia.opens(draft);
        for _ in 0..rng.usize(0..4) {
            desk.later(rng.i64(0..200));
            is_worked(&mia, id, &mut rng);
        }
        meets_its_end(desk, &mia, id, &mut rng);
    }
    // The clock of plain SQL is the machine's: what it changed is put back into the history's own time.
    desk.execute("update crm_cases set updated_at = created_at, edit_version = edit_version + 1");
    History { ana, customers, owners, teams, count }
}

fn is_worked(mia: &Client, id: i64, rng: &mut Rng) {
    match rng.u8(0..6) {
        0 => drop(mia.comments(id, json!({ "comment_text": "word", "is_internal": rng.bool() }))),
        1 => {
            let edit = json!({ "priority_id": rng.i64(1..=4), "owner_id": null });
            mia.put(&format!("/api/crm/cases/{id}"), edit).ok();
        }
        // What is not allowed changes nothing.
        _ => drop(mia.sets(id, STATUSES[rng.usize(0..8)])),
    }
}

/// Some are deleted or merged; some have what later features will bring, by plain SQL.
fn meets_its_end(desk: &Desk, mia: &Client, id: i64, rng: &mut Rng) {
    let set = |what: String| desk.execute(&format!("update crm_cases set {what} where case_id = {id}"));
    match rng.u8(0..20) {
        0 => drop(mia.delete(&format!("/api/crm/cases/{id}")).status(204)),
        1 if id > 1 => drop(mia.post(&format!("/api/crm/cases/{id}/merge"), json!({ "into_case_id": 1 }))),
        2 => desk.execute(&format!(
            "insert into crm_sla_violations (case_id, violation_type, due_at, violated_at)
             values ({id}, 'resolution', '2026-03-02T10:00:00.000Z', '2026-03-02T10:00:00.000Z')"
        )),
        3 => set("is_escalated = not is_escalated, escalation_level = 2".into()),
        4 => set(format!("csat_score = {}", rng.i64(1..=5))),
        5 | 6 => {
            let due = format!("'2026-03-{:02}T10:00:00.000Z'", rng.i64(2..20));
            set(format!("resolution_due = {due}, sla_next_due = {due}"));
        }
        _ => {}
    }
}

/// Every case that a list may show, with all its fields.
fn everything(ana: &Client, count: usize) -> Vec<Value> {
    (1..=count)
        .filter_map(|id| {
            let reply = ana.get(&format!("/api/crm/cases/{id}"));
            if reply.code == 404 { None } else { Some(reply.ok()["case"].clone()) }
        })
        .filter(|case| case["merged_into_id"].is_null())
        .collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Value {
    let values: Vec<f64> = values.collect();
    if values.is_empty() {
        Value::Null
    } else {
        json!((values.iter().sum::<f64>() / values.len() as f64 * 10.0).round() / 10.0)
    }
}

/// What the summary of these cases is by the spec's words.
fn recount(cases: &[&Value]) -> Value {
    let of = |status: &str| cases.iter().filter(|case| case["status"] == status).count();
    let mut summary = BTreeMap::from([
        ("total_cases".to_owned(), json!(cases.len())),
        ("active_count".into(), json!(STATUSES[..5].iter().map(|status| of(status)).sum::<usize>())),
        ("escalated_count".into(), json!(cases.iter().filter(|case| case["is_escalated"] == true).count())),
        (
            "sla_violated_count".into(),
            json!(cases.iter().filter(|case| case["is_sla_violated"] == true).count()),
        ),
        (
            "avg_response_time_minutes".into(),
            mean(cases.iter().filter_map(|case| case["response_time_minutes"].as_f64())),
        ),
        (
            "avg_resolution_time_minutes".into(),
            mean(cases.iter().filter_map(|case| case["resolution_time_minutes"].as_f64())),
        ),
        ("total_is_exact".into(), json!(true)),
    ]);
    for status in STATUSES {
        summary.insert(format!("{status}_count"), json!(of(status)));
    }
    json!(summary)
}

type Predicate<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

fn is_one_of(field: &'static str, values: Vec<Value>) -> Predicate<'static> {
    Box::new(move |case| values.contains(&case[field]))
}

/// Each filter as it is asked, and as the spec says it.
fn filters(history: &History) -> Vec<(String, Predicate<'static>)> {
    let id = |id: i64| json!(id);
    let before = |a: &Value, b: &str| a.as_str().is_some_and(|a| a < b);
    let is_active = |case: &Value| STATUSES[..5].iter().any(|status| case["status"] == *status);
    let has = |case: &Value, tag: &str| case["tags"].as_array().unwrap().contains(&json!(tag));
    let middle = "2026-03-06T00:00:00.000Z";
    let (carl, dora) = (history.customers[0].id, history.customers[1].id);
    let mut filters: Vec<(String, Predicate<'static>)> = vec![
        (String::new(), Box::new(|_| true)),
        ("status=new,open".into(), is_one_of("status", vec![json!("new"), json!("open")])),
        (
            "priority_id=3&status=open".into(),
            Box::new(|case| case["priority_id"] == 3 && case["status"] == "open"),
        ),
        ("priority_id=1,4".into(), is_one_of("priority_id", vec![id(1), id(4)])),
        ("case_type_id=2,3,5".into(), is_one_of("case_type_id", vec![id(2), id(3), id(5)])),
        (format!("contact_id={carl}"), is_one_of("contact_id", vec![id(carl)])),
        (
            format!("contact_id={carl},{dora}&status=resolved,closed"),
            Box::new(move |case| {
                [carl, dora].iter().any(|id| case["contact_id"] == *id)
                    && (case["status"] == "resolved" || case["status"] == "closed")
            }),
        ),
        (format!("owner_id={}", history.owners[1]), is_one_of("owner_id", vec![id(history.owners[1])])),
        (format!("team_id={}", history.teams[0]), is_one_of("team_id", vec![id(history.teams[0])])),
        ("channel=email,portal".into(), is_one_of("channel", vec![json!("email"), json!("portal")])),
        ("unassigned=true".into(), Box::new(|case| case["owner_id"].is_null())),
        ("unassigned=false".into(), Box::new(|case| !case["owner_id"].is_null())),
        (
            "unassigned=true&status=new".into(),
            Box::new(|case| case["owner_id"].is_null() && case["status"] == "new"),
        ),
        ("is_escalated=true".into(), is_one_of("is_escalated", vec![json!(true)])),
        ("is_escalated=false".into(), is_one_of("is_escalated", vec![json!(false)])),
        ("escalation_level=2".into(), is_one_of("escalation_level", vec![id(2)])),
        ("sla_violated=true".into(), is_one_of("is_sla_violated", vec![json!(true)])),
        ("sla_violated=false".into(), is_one_of("is_sla_violated", vec![json!(false)])),
        ("reopened=true".into(), Box::new(|case| case["reopened_count"].as_i64() > Some(0))),
        ("reopened=false".into(), is_one_of("reopened_count", vec![id(0)])),
        ("csat=4,5".into(), is_one_of("csat_score", vec![id(4), id(5)])),
        ("tag=red".into(), Box::new(move |case| has(case, "red"))),
        ("tag=red,Green".into(), Box::new(move |case| has(case, "red") && has(case, "green"))),
        ("tag=red,green&tag_match=any".into(), Box::new(move |case| has(case, "red") || has(case, "green"))),
        (format!("created_from={middle}"), Box::new(move |case| !before(&case["created_at"], middle))),
        (
            format!("created_to={middle}&status=open"),
            Box::new(move |case| before(&case["created_at"], middle) && case["status"] == "open"),
        ),
        (
            format!("resolved_from={middle}"),
            Box::new(move |case| !case["resolved_at"].is_null() && !before(&case["resolved_at"], middle)),
        ),
        (format!("resolved_to={middle}"), Box::new(move |case| before(&case["resolved_at"], middle))),
        (format!("updated_since={middle}"), Box::new(move |case| !before(&case["updated_at"], middle))),
        (
            format!("due_before={middle}"),
            Box::new(move |case| is_active(case) && before(&case["resolution_due"], middle)),
        ),
        ("overdue=true".into(), Box::new(|case| case["sla_status"] == "overdue")),
        ("overdue=false".into(), Box::new(|case| case["sla_status"] != "overdue")),
    ];
    for status in STATUSES {
        filters.push((format!("status={status}"), is_one_of("status", vec![json!(status)])));
    }
    filters
}

both_engines! {
    fn short_lists_have_pages_as_well(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        let case = ana.opens(json!({ "subject": "s" }));
        for level in 1..=3 {
            let escalation = json!({ "escalation_reason": "technical", "escalation_level": level });
            ana.post(&format!("/api/crm/cases/{case}/escalations"), escalation).created();
        }
        let names = [
            ("sla-policies", "sla_policies"), ("surveys", "surveys"), ("escalation-rules", "escalation_rules"),
            ("assignment-rules", "assignment_rules"), ("canned-replies", "canned_replies"),
            ("sla-recomputations", "sla_recomputations"), (&format!("cases/{case}/escalations"), "escalations"),
            (&format!("cases/{case}/attachments"), "attachments"),
        ];
        for (path, name) in names {
            let whole = mia.get(&format!("/api/crm/{path}")).ok();
            let rows = whole[name].as_array().unwrap();
            assert_eq!(whole["pagination"]["total"], rows.len(), "{path}");
            let (mut seen, mut query) = (Vec::new(), "limit=1".to_owned());
            loop {
                let page = mia.get(&format!("/api/crm/{path}?{query}")).ok();
                seen.extend(page[name].as_array().unwrap().clone());
                let Some(next) = page["pagination"]["next_cursor"].as_str() else { break };
                query = format!("limit=1&cursor={next}");
            }
            assert_eq!(&seen, rows, "{path}");
            mia.get(&format!("/api/crm/{path}?limit=0")).status(400).names(&["limit"]);
        }
    }

    fn every_filter_and_figure_equals_a_recount(desk) {
        let history = history(desk, 20260302, 90);
        let ana = &history.ana;
        let cases = everything(ana, history.count);
        assert!(cases.len() > 60 && cases.len() < history.count);
        for (query, holds) in filters(&history) {
            let mut expected: Vec<&Value> = cases.iter().filter(|case| holds(case)).collect();
            expected.sort_by_key(|case| {
                std::cmp::Reverse((case["created_at"].as_str().unwrap().to_owned(), case["case_id"].as_i64()))
            });
            let list = ana.get(&format!("/api/crm/cases?limit=200&{query}")).ok();
            let shown: Vec<&Value> = list["cases"].as_array().unwrap().iter().collect();
            let ids = |cases: &[&Value]| {
                cases.iter().map(|case| case["case_id"].as_i64().unwrap()).collect::<Vec<_>>()
            };
            assert_eq!(ids(&shown), ids(&expected), "{query}");
            assert_eq!(list["summary"], recount(&expected), "{query}");
            assert_eq!(list["pagination"]["total"], expected.len(), "{query}");
            let exact = ana.get(&format!("/api/crm/cases?limit=200&exact=true&{query}")).ok();
            assert_eq!(exact["summary"], list["summary"], "{query}");
            // Asked by other ways (by words that all have), the same cases come out.
            let searched =
                ana.get(&format!("/api/crm/cases?limit=200&search=case+&sort=-created_at&{query}")).ok();
            assert_eq!(
                ids(&searched["cases"].as_array().unwrap().iter().collect::<Vec<_>>()),
                ids(&expected),
                "search, {query}"
            );
            assert_eq!(searched["summary"], list["summary"], "search, {query}");
        }
    }

    fn pages_of_what_somebody_works_on_join_to_the_whole(desk) {
        let history = history(desk, 11, 90);
        let ana = &history.ana;
        let owner = ana.id;
        for filter in [
            format!("owner_id={owner}"),
            format!("owner_id={owner}&status=new,open,in_progress,resolved,closed,cancelled"),
            "unassigned=true".into(),
            "team_id=1".into(),
            "case_type_id=1".into(),
            "priority_id=2&status=new,closed".into(),
            format!("owner_id={owner}&sort=resolution_due"),
        ] {
            for sort in ["", "&sort=created_at"] {
                let query = format!("?{filter}{}", if filter.contains("sort") { "" } else { sort });
                let whole = ana.ids(&format!("{query}&limit=200"));
                assert!(whole.len() > 3, "{query}: one page has them all");
                let by_number: Vec<i64> = (1..=whole.len().div_ceil(3))
                    .flat_map(|page| ana.ids(&format!("{query}&limit=3&page={page}")))
                    .collect();
                let (mut by_cursor, mut after) = (Vec::new(), Some(String::new()));
                while let Some(cursor) = after {
                    let list = ana.get(&format!("/api/crm/cases{query}&limit=3{cursor}")).ok();
                    let cases = list["cases"].as_array().unwrap();
                    by_cursor.extend(cases.iter().map(|case| case["case_id"].as_i64().unwrap()));
                    let next = list["pagination"]["next_cursor"].as_str();
                    after = next.map(|next| format!("&cursor={next}"));
                }
                assert_eq!(by_cursor, whole, "{query}, by cursor");
                assert_eq!(by_number, whole, "{query}, by number");
            }
        }
    }

    fn the_lists_of_accounts_and_contacts_are_parts_of_it(desk) {
        let history = history(desk, 7, 40);
        let cases = everything(&history.ana, history.count);
        for customer in &history.customers {
            let own: Vec<&Value> = cases.iter().filter(|case| case["contact_id"] == customer.id).collect();
            let account = own[0]["account_id"].as_i64().unwrap();
            for path in [
                format!("/api/crm/contacts/{}/cases", customer.id),
                format!("/api/crm/accounts/{account}/cases"),
            ] {
                let list = history.ana.get(&format!("{path}?limit=200")).ok();
                assert_eq!(
                    (&list["summary"], list["cases"].as_array().unwrap().len()),
                    (&recount(&own), own.len()),
                    "{path}"
                );
                let open: Vec<&Value> = own.iter().copied().filter(|case| case["status"] == "open").collect();
                assert_eq!(
                    history.ana.get(&format!("{path}?status=open")).ok()["summary"],
                    recount(&open),
                    "{path}"
                );
            }
            // A customer's own list counts the same, as far as they may know.
            let mut seen = customer.get("/api/crm/cases").ok()["summary"].clone();
            let mut expected = recount(&own);
            for hidden in ["escalated_count", "sla_violated_count"] {
                assert_eq!(seen[hidden].take(), Value::Null);
                expected[hidden].take();
            }
            assert_eq!(seen, expected);
        }
        history.ana.get("/api/crm/accounts/999/cases").status(404);
        history.ana.get("/api/crm/contacts/999/cases").status(404);
    }

    fn orders_are_what_they_say(desk) {
        let history = history(desk, 99, 40);
        let sorted = |query: &str, field: &str| -> Vec<Value> {
            let list = history.ana.get(&format!("/api/crm/cases?limit=200&sort={query}")).ok();
            list["cases"].as_array().unwrap().iter().map(|case| case[field].clone()).collect()
        };
        for (sort, field, descending) in [
            ("-created_at", "created_at", true),
            ("created_at", "created_at", false),
            ("-updated_at", "updated_at", true),
            ("updated_at", "updated_at", false),
            ("priority", "priority_level", true),
            ("-priority", "priority_level", false),
            ("resolution_due", "resolution_due", false),
            ("-resolution_due", "resolution_due", true),
        ] {
            let values = sorted(sort, field);
            let known: Vec<String> =
                values.iter().filter(|value| !value.is_null()).map(Value::to_string).collect();
            let mut expected = known.clone();
            expected.sort();
            if descending {
                expected.reverse();
            }
            assert_eq!(known, expected, "{sort}");
            // What has no value comes last.
            assert!(values.iter().skip(known.len()).all(Value::is_null), "{sort}");
        }
    }

    fn what_has_a_due_time_says_how_long_is_left(desk) {
        let ana = desk.agent("ana");
        let (id, late, ended) = (
            ana.opens(json!({ "subject": "a" })),
            ana.opens(json!({ "subject": "b" })),
            ana.opens(json!({ "subject": "c" })),
        );
        for (id, due) in [
            (id, "2026-03-02T21:30:00.000Z"),
            (late, "2026-03-02T08:45:00.000Z"),
            (ended, "2026-03-02T21:30:00.000Z"),
        ] {
            desk.execute(&format!("update crm_cases set resolution_due = '{due}', sla_next_due = '{due}' where case_id = {id}"));
        }
        ana.sets(ended, "resolved").ok();
        assert_eq!(ana.case(id)["hours_until_resolution_due"], 12.5);
        assert_eq!(ana.case(late)["hours_until_resolution_due"], -0.25);
        assert_eq!(ana.case(ended)["hours_until_resolution_due"], Value::Null);
        assert_eq!(ana.ids("?overdue=true"), [late]);
    }

    fn counting_stops_at_ten_thousand_unless_asked_to_go_on(desk) {
        let ana = desk.agent("ana");
        desk.execute(
            "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 10050)
             insert into crm_cases (subject, case_type_id, priority_id) select 'case ' || n, 1, 1 from numbers",
        );
        desk.execute(
            "insert into crm_case_events (case_id, kind, actor_kind, data, at)
             select case_id, 'created', 'system', '{}', created_at from crm_cases",
        );
        let figures = |query: &str| {
            let list = ana.get(&format!("/api/crm/cases?limit=1&{query}")).ok();
            let (pagination, summary) = (&list["pagination"], &list["summary"]);
            assert_eq!(pagination["total_is_exact"], summary["total_is_exact"], "{query}");
            (pagination["total"].as_i64().unwrap(), summary["total_is_exact"].as_bool().unwrap())
        };
        // One dimension and the statuses: the rollup knows.
        for known in ["", "status=new", "priority_id=1", "case_type_id=1&status=new,open", "unassigned=true"]
        {
            assert_eq!(figures(known), (10_050, true), "{known}");
        }
        for counted in ["reopened=false", "priority_id=1&case_type_id=1", "is_escalated=false&status=new"] {
            assert_eq!(figures(counted), (10_000, false), "{counted}");
            assert_eq!(figures(&format!("{counted}&exact=true")), (10_050, true), "{counted}");
        }
        ana.get("/api/crm/cases?limit=200&page=51").status(422).names(&["page"]).says("the query has parameters");
        // A cursor goes on where pages end.
        let mut query = "?limit=200&reopened=false".to_owned();
        let mut seen = std::collections::BTreeSet::new();
        loop {
            let list = ana.get(&format!("/api/crm/cases{query}")).ok();
            seen.extend(
                list["cases"].as_array().unwrap().iter().map(|case| case["case_id"].as_i64().unwrap()),
            );
            match list["pagination"]["next_cursor"].as_str() {
                Some(cursor) => query = format!("?limit=200&reopened=false&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 10_050);
    }

    fn filters_that_make_no_sense_are_named(desk) {
        let ana = desk.agent("ana");
        let (values, names) = (
            ["lost", "high", "0", "yes", "yesterday", "6", "all", "some", ""],
            [
                "status",
                "priority_id",
                "owner_id",
                "is_escalated",
                "created_from",
                "csat",
                "breached",
                "tag_match",
                "channel",
            ],
        );
        let pairs: Vec<String> =
            names.iter().zip(values).map(|(name, value)| format!("{name}={value}")).collect();
        ana.get(&format!("/api/crm/cases?{}", pairs.join("&"))).status(400).names(&names);
        ana.get("/api/crm/cases?created_from=%2B300000-01-01T00:00:00Z").status(400).names(&["created_from"]);
        let many: Vec<String> = (1..=201).map(|id| id.to_string()).collect();
        ana.get(&format!("/api/crm/cases?owner_id={}", many.join(","))).status(400).names(&["owner_id"]);
        ana.get(&format!(
            "/api/crm/cases?owner_id={}&status=new&contact_id={}",
            many[..200].join(","),
            many[..200].join(",")
        ))
        .ok();
    }
}
