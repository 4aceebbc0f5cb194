//! Exports: whole, in the list's order, in a zone's time, and harmless (spec 9, 2).

use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;

/// The rows of a CSV file, each by the names of its first line.
fn rows(client: &Client, path: &str) -> Vec<Value> {
    let reply = client.get(path);
    assert_eq!(reply.code, 200, "{reply:?}");
    assert!(reply.header("content-type").unwrap().starts_with("text/csv; charset=utf-8"));
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment; filename="));
    let mut reader = csv::ReaderBuilder::new().from_reader(reply.body.as_slice());
    let names = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        names.iter().zip(record.iter()).map(|(name, cell)| (name.to_owned(), json!(cell))).collect()
    };
    reader.records().map(|record| Value::Object(row(record.unwrap()))).collect()
}

/// What a cell is to say of a field.
fn cell(value: &Value) -> Value {
    match value {
        Value::Null => json!(""),
        Value::String(_) => value.clone(),
        Value::Array(tags) => {
            json!(tags.iter().map(|tag| tag.as_str().unwrap()).collect::<Vec<_>>().join(", "))
        }
        other => json!(other.to_string()),
    }
}

fn fill(desk: &Desk, mia: &Client, count: usize) {
    let carl = desk.contact("carl");
    for n in 0..count {
        desk.later(7);
        mia.opens(json!({ "subject": format!("case {n}"), "contact_id": carl.id, "tags": ["red", "blue"],
            "channel": if n % 3 == 0 { "email" } else { "web" }, "priority_id": n % 4 + 1 }));
    }
}

both_engines! {
    fn an_export_has_every_case_of_the_list_in_its_order(desk) {
        let mia = desk.manager("mia");
        fill(desk, &mia, 30);
        desk.execute(
            "insert into crm_cases (subject, case_type_id, priority_id, created_at)
             select 'more ' || cast(a.priority_id * 100000 + b.case_id * 100 + c.case_id as text), 1, a.priority_id,
                 a.created_at
             from crm_case_priorities a join crm_cases b on true join crm_cases c on c.case_id <= 10",
        );
        desk.tick();
        for query in ["", "?channel=email", "?status=new&sort=priority", "?sort=resolution_due", "?search=case", "?tag=red"] {
            let exported = rows(&mia, &format!("/api/crm/cases.csv{query}"));
            let mut listed = Vec::new();
            let mut cursor = String::new();
            loop {
                let sign = if query.is_empty() { '?' } else { '&' };
                let list = mia.get(&format!("/api/crm/cases{query}{sign}limit=200{cursor}")).ok();
                listed.extend(list["cases"].as_array().unwrap().clone());
                match list["pagination"]["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(exported.len(), listed.len(), "{query}");
            assert!(!query.is_empty() || listed.len() == 1230, "{}", listed.len());
            for (row, case) in exported.iter().zip(&listed) {
                for (name, shown) in row.as_object().unwrap() {
                    let expected = match name.strip_suffix("_at").or(name.strip_suffix("_due")) {
                        Some(_) if case[name].is_string() => json!(case[name].as_str().unwrap().replace('Z', "+00:00")),
                        _ => cell(&case[name]),
                    };
                    assert_eq!(*shown, expected, "{query}: {name}");
                }
                // A column that a case has and a sheet has not would be lost in silence.
                let has = |name: &String| name == "excerpt" || row.get(name).is_some();
                assert!(case.as_object().unwrap().keys().all(has), "{case}");
            }
        }
    }

    fn times_are_those_of_the_zone(desk) {
        let mia = desk.manager("mia");
        desk.at("2026-03-29T00:59:59.999Z");
        mia.opens(json!({ "subject": "before" }));
        desk.at("2026-03-29T01:00:00Z");
        mia.opens(json!({ "subject": "after" }));
        let created: Vec<Value> = rows(&mia, "/api/crm/cases.csv?tz=Europe/Berlin&sort=created_at")
            .iter()
            .map(|row| row["created_at"].clone())
            .collect();
        assert_eq!(created, ["2026-03-29T01:59:59.999+01:00", "2026-03-29T03:00:00.000+02:00"]);
        let period = rows(&mia, "/api/crm/support/dashboard/period.csv?tz=Europe/Berlin&days=1");
        assert_eq!((&period[0]["from"], &period[0]["to"]), (&json!("2026-03-29T00:00:00.000+01:00"), &json!("2026-03-30T00:00:00.000+02:00")));
    }

    fn no_cell_is_a_formula(desk) {
        let mia = desk.manager("mia");
        for subject in ["=1+1", "+1", "-1", "@sum(a1)", "\"quoted\", and\nbroken = up", "ordinary", "'=x", "a;=1;-2"] {
            mia.opens(json!({ "subject": subject, "description": "d" }));
        }
        // The house trims what begins with a tab; plain SQL does not.
        desk.execute("insert into crm_cases (subject, case_type_id, priority_id) values ('\t=1', 1, 1)");
        let subjects: Vec<Value> =
            rows(&mia, "/api/crm/cases.csv?sort=created_at").iter().map(|row| row["subject"].clone()).collect();
        let mut expected = vec!["'=1+1", "'+1", "'-1", "'@sum(a1)", "\"quoted\", and\nbroken = up", "ordinary", "'=x", "'\t'=1", "a;'=1;'-2"];
        let mut subjects: Vec<&str> = subjects.iter().map(|subject| subject.as_str().unwrap()).collect();
        // Line breaks in a subject may be refused or folded; what is shown is what is listed.
        subjects.sort_unstable();
        expected.sort_unstable();
        if subjects != expected {
            let listed = mia.get("/api/crm/cases?limit=200").ok();
            assert_eq!(listed["cases"].as_array().unwrap().len(), subjects.len());
            assert!(subjects.iter().all(|subject| !subject.starts_with(['=', '+', '-', '@', '\t'])), "{subjects:?}");
        }
        // Lines end as RFC 4180 has it.
        let text = String::from_utf8(mia.get("/api/crm/cases.csv").body).unwrap();
        assert!(text.ends_with("\r\n") && text.starts_with("case_id,case_number,subject,"));
    }

    fn every_section_is_a_file(desk) {
        let mia = desk.manager("mia");
        fill(desk, &mia, 5);
        let dashboard = mia.get("/api/crm/support/dashboard?days=7").ok();
        for (section, shown) in [
            ("by_priority", &dashboard["by_priority"]),
            ("by_type", &dashboard["by_type"]),
            ("by_channel", &dashboard["by_channel"]),
            ("by_owner", &dashboard["by_owner"]),
            ("by_team", &dashboard["by_team"]),
            ("daily_trend", &dashboard["daily_trend"]),
            ("sla_attainment", &dashboard["period"]["sla_attainment"]),
            ("csat_distribution", &dashboard["period"]["csat_distribution"]),
            ("backlog", &dashboard["backlog"]["by_age"]),
            ("sla_violations", &dashboard["sla_violations"]),
            ("needs_attention", &dashboard["needs_attention"]),
            ("recent_csat", &dashboard["recent_csat"]),
            ("overall", &json!([dashboard["overall"]])),
            ("period", &json!([dashboard["period"], dashboard["previous_period"]])),
        ] {
            let exported = rows(&mia, &format!("/api/crm/support/dashboard/{section}.csv?days=7"));
            let shown = shown.as_array().unwrap();
            assert_eq!(exported.len(), shown.len(), "{section}");
            for (row, fields) in exported.iter().zip(shown) {
                for (name, value) in row.as_object().unwrap() {
                    let is_plain = fields.get(name).is_some_and(|field| field.is_number() || field.is_boolean());
                    assert!(!is_plain || *value == cell(&fields[name]), "{section}: {name}");
                }
                let plain = |value: &Value| !value.is_array() && !value.is_object();
                assert!(fields.as_object().unwrap().iter().all(|(name, value)| !plain(value) || row.get(name).is_some()));
            }
        }
        // A section without rows still has its columns.
        let empty = String::from_utf8(mia.get("/api/crm/support/dashboard/recent_csat.csv").body).unwrap();
        assert_eq!(empty, "case_id,case_number,subject,contact_name,owner_name,csat_score,csat_comment,csat_submitted_at,href\r\n");
        for path in ["secrets.csv", "overall", "overall.csv.csv", "1"] {
            mia.get(&format!("/api/crm/support/dashboard/{path}")).status(404);
        }
    }

    fn exports_are_for_managers(desk) {
        for path in ["/api/crm/cases.csv", "/api/crm/support/dashboard/overall.csv"] {
            desk.stranger().get(path).status(401);
            for other in [desk.viewer("vera"), desk.agent("ana"), desk.contact("carl")] {
                other.get(path).status(403);
            }
            desk.manager("mia").get(path);
            desk.admin().get(path);
        }
        let mia = desk.manager("mia");
        for query in ["page=2", "limit=10", "cursor=W10", "exact=true", "tz=Mars", "colour=red", "status=gone"] {
            mia.get(&format!("/api/crm/cases.csv?{query}")).status(400);
        }
        assert_eq!(rows(&mia, "/api/crm/cases.csv"), Vec::<Value>::new());
    }
}
