//! Whatever happens to cases, their clocks are what a replay of their events tells (spec 5, 11).

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::json;
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;
use crate::sla::enterprise_case;

/// Asserts that every clock is what its events tell, by the eyes of `steward doctor`.
fn assert_replayed(desk: &Desk) {
    let found = steward::doctor::examine_clocks(&desk.app.db, desk.clock.now()).unwrap();
    assert_eq!(found, Vec::<String>::new());
}

/// Asks for something that the state of a case may forbid; what it may not be is wrong.
fn try_to(client: &Client, method: Method, path: &str, body: serde_json::Value) {
    let reply = client.ask(method, path).json(&body).send();
    // A merge into a case that is deleted is a fault of its field.
    let is_fine =
        matches!(reply.code, 200 | 201 | 204 | 404 | 409) || reply.code == 422 && path.ends_with("merge");
    assert!(is_fine, "{reply:?}");
}

struct Cast {
    ana: Client,
    mia: Client,
    ada: Client,
    carl: Client,
}

/// One random deed of somebody to a case.
fn something_happens(rng: &mut Rng, cast: &Cast, id: i64, other: i64) {
    let path = format!("/api/crm/cases/{id}");
    let Cast { ana, mia, ada, carl } = cast;
    match rng.u32(..20) {
        0..=3 => try_to(carl, Method::POST, &format!("{path}/comments"), json!({ "comment_text": "?" })),
        4..=6 => try_to(ana, Method::POST, &format!("{path}/comments"), json!({ "comment_text": "!" })),
        7 => try_to(
            ana,
            Method::POST,
            &format!("{path}/comments"),
            json!({ "comment_text": "So.", "is_solution": true }),
        ),
        8 => try_to(
            ana,
            Method::POST,
            &format!("{path}/comments"),
            json!({ "comment_text": ".", "is_internal": true }),
        ),
        9..=14 => {
            let statuses =
                ["open", "pending", "in_progress", "waiting_customer", "resolved", "closed", "cancelled"];
            let status = rng.choice(statuses).unwrap();
            try_to(ana, Method::PUT, &format!("{path}/status"), json!({ "status": status }));
        }
        15..=16 => try_to(ana, Method::PUT, &path, json!({ "priority_id": rng.i64(1..=4) })),
        17 => try_to(ana, Method::PUT, &path, json!({ "case_type_id": rng.i64(1..=6) })),
        18 => try_to(mia, Method::DELETE, &path, json!({})),
        _ if rng.bool() => try_to(ada, Method::POST, &format!("{path}/restoration"), json!({})),
        _ => try_to(ana, Method::POST, &format!("{path}/merge"), json!({ "into_case_id": other })),
    }
}

/// One random change of what is promised.
fn promises_change(rng: &mut Rng, cast: &Cast, account: i64) {
    let mia = &cast.mia;
    let hours = f64::from(rng.u32(1..100)) / 2.0;
    let policy = format!("/api/crm/sla-policies/{}", rng.u32(1..=4));
    match rng.u32(..6) {
        0 => drop(mia.put(&policy, json!({ "resolution_hours": hours })).ok()),
        1 => drop(
            mia.put(&policy, json!({ "next_response_hours": hours, "warnings": [{ "percent": hours }] }))
                .ok(),
        ),
        2 => {
            let mode = rng.choice(["resume", "restart", "ignore"]).unwrap();
            mia.put(
                &policy,
                json!({ "reopen_mode": mode, "pause_statuses": { "first_response": ["pending"] } }),
            )
            .ok();
        }
        3 => {
            let tier = rng.choice(["standard", "premium", "enterprise"]).unwrap();
            cast.ana.put(&format!("/api/crm/accounts/{account}"), json!({ "account_tier": tier })).ok();
        }
        4 => {
            let day = rng.u32(2..20);
            let holiday = json!({ "date": format!("2026-03-{day:02}"), "from": "10:00", "to": "11:30" });
            mia.put("/api/crm/calendars/1", json!({ "holidays": [holiday] })).ok();
        }
        _ => drop(mia.put("/api/crm/sla-policies/3", json!({ "business_hours_only": rng.bool() })).ok()),
    }
}

/// Every violation there is: none may ever go.
fn violations(desk: &Desk) -> BTreeSet<String> {
    let sql = "select cast(violation_id as text) || ' ' || violation_type || ' ' || cast(case_id as text)
               from crm_sla_violations";
    desk.texts(sql, vec![]).into_iter().collect()
}

both_engines! {
    fn any_history_kept_live_equals_its_replay(desk) {
        let mut rng = Rng::with_seed(20_260_302);
        let account = desk.account("Acme");
        let cast = Cast {
            ana: desk.agent("ana"),
            mia: desk.manager("mia"),
            ada: desk.admin(),
            carl: desk.contact_of("carl", account),
        };
        cast.mia.put("/api/crm/sla-policies/4", json!({ "next_response_hours": 2 })).ok();
        let ids: Vec<i64> = (0..8)
            .map(|n| cast.ana.opens(json!({ "subject": format!("Case {n}"), "contact_id": cast.carl.id, "case_type_id": n % 6 + 1 })))
            .collect();
        let mut missed = BTreeSet::new();
        for step in 0..160 {
            let id = rng.usize(..ids.len());
            something_happens(&mut rng, &cast, ids[id], ids[(id + 1) % ids.len()]);
            // Often several things at one moment.
            desk.clock.set(desk.clock.now().plus_millis(rng.choice([0, 0, 1, 59_999, 1_800_000, 7_200_000]).unwrap()));
            if rng.u32(..15) == 0 {
                promises_change(&mut rng, &cast, account);
            }
            if rng.u32(..4) == 0 {
                desk.tick();
            }
            if step % 20 == 19 {
                desk.tick();
                assert_replayed(desk);
                let now = violations(desk);
                assert!(missed.is_subset(&now), "gone: {:?}", missed.difference(&now).collect::<Vec<_>>());
                missed = now;
            }
        }
        assert!(!missed.is_empty(), "so much has happened, and nothing was missed");
        // One owes a customer one answer at a time.
        assert_eq!(
            desk.number(
                "select count(*) from (
                     select case_id from crm_sla_targets
                     where kind = 'next_response' and met_at is null and voided_at is null
                     group by case_id having count(*) > 1
                 ) q"
            ),
            0
        );
    }

    fn the_doctor_finds_clocks_that_lie(desk) {
        let ana = desk.agent("ana");
        let id = enterprise_case(desk, &ana);
        desk.later(10);
        ana.sets(id, "waiting_customer");
        desk.later(60);
        ana.sets(id, "open");
        ana.comments(id, json!({ "comment_text": "On it." }));
        assert_replayed(desk);
        let kept = desk.texts("select cast(due_at as text) from crm_sla_targets where kind = 'resolution'", vec![]);
        let found = || steward::doctor::examine_clocks(&desk.app.db, desk.clock.now()).unwrap();
        let resolution = format!("where case_id = {id} and kind = 'resolution'");
        for (lie, truth, what) in [
            ("due_at = '2026-03-02T23:00:00.000Z'".to_owned(), format!("due_at = '{}'", kept[0]), "the deadline"),
            ("pauses = '[]'".into(), "pauses = '[[\"2026-03-02T09:10:00.000Z\",\"2026-03-02T10:10:00.000Z\"]]'".into(), "pauses"),
            ("met_at = '2026-03-02T09:30:00.000Z'".into(), "met_at = null".into(), "its end"),
            ("started_at = '2026-03-02T08:00:00.000Z'".into(), "started_at = '2026-03-02T09:00:00.000Z'".into(), "is not kept"),
        ] {
            desk.execute(&format!("update crm_sla_targets set {lie} {resolution}"));
            let findings = found();
            assert!(findings.iter().any(|finding| finding.contains(what) && finding.contains("CASE-000001")), "{what}: {findings:?}");
            desk.execute(&format!("update crm_sla_targets set {truth} {resolution}"));
            assert_eq!(found(), Vec::<String>::new(), "{what}");
        }
        // A miss that nobody recorded, of a target that was met late.
        desk.later(30);
        desk.tick();
        desk.execute(&format!("update crm_sla_targets set breached_at = null where case_id = {id} and kind = 'first_response'"));
        assert!(found().iter().any(|finding| finding.contains("no miss")), "{:?}", found());
        desk.execute(&format!("update crm_sla_targets set breached_at = due_at where case_id = {id} and kind = 'first_response'"));
        // A recorded miss may be more than the replay knows: another promise was broken once.
        desk.execute(&format!("update crm_sla_targets set breached_at = '2026-03-02T09:05:00.000Z' {resolution}"));
        assert_replayed(desk);
        desk.execute(&format!("update crm_sla_targets set breached_at = null {resolution}"));
    }
}
