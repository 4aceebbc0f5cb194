//! Deadlines across restarts and nodes: the server is off, or several are on, or one is killed; everything happens once
//! (spec 5, 6).

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Client;
use crate::desk::Desk;
use crate::node::{Node, assert_sound};
use crate::place::{Engine, Place};

/// Cases whose first response falls due at 10:00, warned of at 9:45.
const CASES: i64 = 40;

fn open_cases(desk: &Desk, ana: &Client) {
    let account = desk.account_with(json!({ "account_name": "Acme", "account_tier": "enterprise" }));
    let carl = desk.contact_of("carl", account);
    for n in 0..CASES {
        ana.opens(json!({ "subject": format!("Case {n}"), "contact_id": carl.id, "case_type_id": 1, "owner_id": ana.id }));
    }
}

/// Asserts that the deadline of every case left exactly one violation, stamped at it, and one of each that follows.
fn assert_once(desk: &Desk) {
    let stamped = "violated_at = '2026-03-02T10:00:00.000Z' and due_at = violated_at and violation_type = 'first_response'";
    for (what, sql) in [
        ("violations", format!("select count(*) from crm_sla_violations where {stamped}")),
        ("violations of any sort", "select count(*) from crm_sla_violations".into()),
        ("breached", "select count(*) from crm_case_events where kind = 'breached' and at = '2026-03-02T10:00:00.000Z'".into()),
        ("breached at any time", "select count(*) from crm_case_events where kind = 'breached'".into()),
        ("warned", "select count(*) from crm_case_events where kind = 'warned' and at = '2026-03-02T09:45:00.000Z'".into()),
        ("warned at any time", "select count(*) from crm_case_events where kind = 'warned'".into()),
        ("firings on warnings", "select count(*) from crm_escalation_firings where rule_id = 1".into()),
        ("firings on violations", "select count(*) from crm_escalation_firings where rule_id = 2".into()),
        ("escalations to level 1", "select count(*) from crm_case_escalations where escalation_level = 1".into()),
        ("escalations to level 2", "select count(*) from crm_case_escalations where escalation_level = 2".into()),
        ("told of warnings", "select count(*) from crm_notifications where kind = 'warned'".into()),
        ("told of violations", "select count(*) from crm_notifications where kind = 'breached'".into()),
    ] {
        assert_eq!(desk.number(&sql), CASES, "{what}");
    }
    assert_eq!(desk.number("select count(*) from crm_jobs where state <> 'done'"), 0);
}

fn add_rules(mia: &Client) {
    for (cause, level) in [("warning", 1), ("violation", 2)] {
        let draft =
            json!({ "rule_name": cause, "cause": cause, "target": "first_response", "to_level": level });
        mia.post("/api/crm/escalation-rules", draft).created();
    }
}

/// Waits until a question to the database is answered as expected.
fn wait_until(db: &db::Db, what: &'static str, sql: &'static str, expected: i64) {
    let began = Instant::now();
    loop {
        let row = db.read_blocking(db::Class::Slow, move |tx| tx.one::<(i64,)>(sql, &[]));
        if row.is_ok_and(|(number,)| number == expected) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what} does not come to {expected}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn run(db: &db::Db, sql: &str) {
    let sql = sql.to_owned();
    db.write_blocking(move |tx| tx.batch(&sql)).unwrap();
}

both_engines! {
    fn a_desk_that_was_off_across_a_deadline_catches_up(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        add_rules(&mia);
        open_cases(desk, &ana);
        desk.tick().later(5 * 60).tick().tick();
        assert_once(desk);
    }

    fn a_change_that_comes_before_the_ticker_finds_the_miss_itself(desk) {
        let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
        add_rules(&mia);
        open_cases(desk, &ana);
        desk.later(46).tick().later(30);
        // The desk has just come back, and the answers are quicker than the ticker.
        for id in ana.ids("?limit=200") {
            ana.comments(id, json!({ "comment_text": "Late, but here." }));
        }
        desk.tick().tick();
        assert_once(desk);
    }
}

#[test]
fn several_nodes_on_postgres_record_and_fire_once() {
    let desk = Desk::new(Engine::Postgres);
    let (ana, mia) = (desk.agent("ana"), desk.manager("mia"));
    add_rules(&mia);
    open_cases(&desk, &ana);
    let nodes = [desk.app.clone(), desk.another_node(), desk.another_node()];
    for minutes in [44, 1, 14, 2, 30] {
        desk.later(minutes);
        for _ in 0..3 {
            desk.tick_together(&nodes);
        }
    }
    desk.tick();
    assert_once(&desk);
    for node in &nodes[1..] {
        node.db.clone().close();
    }
}

each_engine! {
    /// A recomputation of a thousand cases and what follows from their misses, while nodes are killed in the middle.
    fn a_killed_node_loses_and_doubles_nothing(engine) {
        const CASES: i64 = 1000;
        let place = Place::empty(engine);
        let mut node = Node::serve(&place);
        let admin = node.admin();
        let draft = json!({ "rule_name": "missed", "cause": "violation", "to_level": 1 });
        admin.post("/api/crm/escalation-rules", draft).created();
        let db = db::Db::open(db::Options::new(&place.url)).unwrap();
        // Begun an hour ago, so that nothing is due yet: high has four hours.
        run(&db, &format!(
            "insert into crm_cases (subject, case_type_id, priority_id, owner_id, created_at)
             with recursive n(i) as (select 1 union all select i + 1 from n where i < {CASES})
             select 'Case ' || i, 1, 3, 1, '{}' from n",
            steward::Clock::system().now().plus_hours(-1)
        ));
        wait_until(&db, "cases with clocks", "select count(*) from crm_cases where first_response_due is not null", CASES);
        // Half an hour: every case is missed by the change itself.
        admin.put("/api/crm/sla-policies/4", json!({ "first_response_hours": 0.5, "warnings": [] })).ok();
        for (what, sql) in [
            ("portions", "select count(*) from (select 1 as one from crm_sla_violations limit 1) q"),
            ("escalations", "select count(*) from (select 1 as one from crm_case_escalations limit 1) q"),
        ] {
            wait_until(&db, what, sql, 1);
            node.kill();
            // Its leases last a minute: as if that had passed.
            run(&db, "update crm_jobs set leased_until = '2026-01-01T00:00:00.000Z' where leased_until is not null");
            assert_sound(&place);
            node = Node::serve(&place);
        }
        wait_until(&db, "jobs", "select count(*) from crm_jobs where state <> 'done'", 0);
        for (what, sql) in [
            ("violations", "select count(*) from crm_sla_violations"),
            ("breached", "select count(*) from crm_case_events where kind = 'breached'"),
            ("firings", "select count(*) from crm_escalation_firings"),
            ("escalations", "select count(*) from crm_case_escalations"),
            ("escalated", "select count(*) from crm_case_events where kind = 'escalated'"),
            ("told", "select count(*) from crm_notifications where kind = 'breached'"),
            ("missed at the change", "select count(*) from crm_sla_violations v join crm_cases c on c.case_id = v.case_id
              where v.due_at = c.first_response_due and v.violated_at > v.due_at and v.violated_at = v.created_at"),
        ] {
            let (count,) = db.read_blocking(db::Class::Slow, move |tx| tx.one::<(i64,)>(sql, &[])).unwrap();
            assert_eq!(count, CASES, "{what}");
        }
        let jobs = node.admin().get("/api/crm/jobs?state=done&limit=200").ok()["jobs"].clone();
        let recomputed = node.admin().get("/api/crm/jobs?state=waiting,dead").ok();
        assert_eq!(recomputed["jobs"], json!([]), "{jobs}");
        db.close();
        drop(node);
        assert_sound(&place);
    }
}
