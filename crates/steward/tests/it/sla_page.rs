//! The worked example of `docs/SLA.md` is what the program does.

use serde_json::{Value, json};

use crate::client::Client;
use crate::sla::{case, target, violations};

const PAGE: &str = include_str!("../../../../docs/SLA.md");

/// The rows of the page's table whose first column has this heading, cell by cell.
fn table(heading: &str) -> Vec<Vec<String>> {
    let head = format!("| {heading} |");
    let rows = PAGE.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// An instant as the page writes it.
fn written(at: &Value) -> String {
    match at.as_str() {
        None => "unknown".into(),
        Some(at) => at.replace('T', " ").replace(":00.000Z", ""),
    }
}

fn happens(what: &str, ana: &Client, carl: &Client, id: i64) {
    match what {
        "an agent asks back and waits" => {
            ana.comments(id, json!({ "comment_text": "Which version?" }));
            ana.sets(id, "waiting_customer");
        }
        "the customer replies" => {
            carl.comments(id, json!({ "comment_text": "The latest." }));
        }
        "the agent solves it" => {
            ana.comments(id, json!({ "comment_text": "Like this.", "is_solution": true }));
        }
        "nobody does anything" => {}
        other => panic!("the page tells of something that the test cannot do: {other}"),
    }
}

both_engines! {
    fn the_page_tells_the_truth(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let (mut id, mut told) = (0, Vec::new());
        let page = table("at");
        for row in &page {
            desk.at(&format!("{}:00Z", row[0].replace(' ', "T"))).tick();
            if row[1] == "a customer asks" {
                id = ana.opens(json!({ "subject": "How?", "case_type_id": 2, "priority_id": 3, "contact_id": carl.id }));
            } else {
                happens(&row[1], &ana, &carl, id);
            }
            let shown = case(&ana, id);
            let status = shown["sla_status"].as_str().unwrap().to_owned();
            let dues = [written(&shown["first_response_due"]), written(&shown["resolution_due"])];
            told.push([vec![row[0].clone(), row[1].clone()], dues.to_vec(), vec![status]].concat());
        }
        assert_eq!(page, told);
        let segments = target(&ana, id, "resolution")["segments"].clone();
        let told: Vec<Vec<String>> = segments
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let kind = one["kind"].as_str().unwrap().to_owned();
                vec![written(&one["from"]), written(&one["to"]), kind, one["minutes"].as_f64().unwrap().to_string()]
            })
            .collect();
        assert_eq!(table("from"), told, "{told:#?}");
        let counted: f64 = told.iter().filter(|row| row[2] == "counted").map(|row| row[3].parse::<f64>().unwrap()).sum();
        assert_eq!(counted, 24.0 * 60.0);
        let missed = violations(&ana, id);
        assert_eq!((missed.len(), written(&missed[0]["violated_at"])), (1, "2026-03-10 10:00".into()));
        let overdue = format!("{} minutes overdue", missed[0]["minutes_overdue"]);
        assert!(PAGE.replace('\n', " ").contains(&overdue), "the page does not say: {overdue}");
    }
}
