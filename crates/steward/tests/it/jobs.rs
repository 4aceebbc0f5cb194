//! Durable jobs: leases, pauses between attempts, the dead and their new lives (spec 5).

use serde_json::{Value, json};

use crate::client::Client;
use crate::desk::Desk;

/// A job that this program cannot do: of a kind that it does not know.
fn enqueue_hopeless(desk: &Desk) {
    desk.execute(
        "insert into crm_jobs (kind, payload, run_at, created_at)
         values ('conjure', '{\"kind\":\"conjure\"}', '2026-03-02T09:00:00.000Z', '2026-03-02T09:00:00.000Z')",
    );
}

fn jobs(admin: &Client, query: &str) -> Vec<Value> {
    admin.get(&format!("/api/crm/jobs{query}")).ok()["jobs"].as_array().unwrap().clone()
}

both_engines! {
    fn a_job_that_fails_waits_longer_each_time_then_is_dead_until_an_admin_revives_it(desk) {
        let (ada, mia) = (desk.admin(), desk.manager("mia"));
        enqueue_hopeless(desk);
        // Its neighbours are not held up.
        mia.opens(json!({ "subject": "s", "owner_id": ada.id }));
        desk.tick();
        assert_eq!(ada.get("/api/crm/notifications").ok()["unread_count"], 1);
        let mut pauses = Vec::new();
        for attempt in 1..=9 {
            let job = jobs(&ada, "?state=waiting")[0].clone();
            assert_eq!(job["attempts"], attempt);
            assert!(job["last_error"].as_str().is_some_and(|error| !error.is_empty()), "{job}");
            let run_at = steward::Time::parse(job["run_at"].as_str().unwrap()).unwrap();
            pauses.push((run_at.millis() - desk.clock.now().millis()) / 1000);
            // Not a moment before.
            desk.clock.set(run_at.plus_millis(-1));
            desk.tick();
            assert_eq!(jobs(&ada, "?state=waiting")[0]["attempts"], attempt);
            desk.clock.set(run_at);
            desk.tick();
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512]);
        let dead = jobs(&ada, "")[0].clone();
        assert_eq!((&dead["state"], &dead["attempts"]), (&json!("dead"), &json!(10)));
        desk.later(10_000).tick();
        assert_eq!(jobs(&ada, "?state=dead").len(), 1);
        let retry = format!("/api/crm/jobs/{}/retry", dead["job_id"]);
        mia.post(&retry, json!({})).status(403);
        mia.get("/api/crm/jobs").status(403);
        ada.post(&retry, json!({})).status(204);
        ada.post(&retry, json!({})).status(404);
        assert_eq!(jobs(&ada, "?state=waiting")[0]["attempts"], 0);
        desk.tick();
        assert_eq!(jobs(&ada, "?state=waiting")[0]["attempts"], 1);
        ada.post("/api/crm/jobs/9999/retry", json!({})).status(404);
    }

    fn a_job_under_lease_is_left_to_its_node_until_the_lease_has_run_out(desk) {
        let (ada, ana) = (desk.admin(), desk.agent("ana"));
        ana.opens(json!({ "subject": "s", "owner_id": ada.id }));
        desk.execute("update crm_jobs set lease_token = 7, attempts = 1, leased_until = '9999-01-01T00:00:00.000Z'");
        desk.tick().later(5).tick();
        assert_eq!(jobs(&ada, "?state=waiting").len(), 1);
        assert_eq!(ada.get("/api/crm/notifications").ok()["unread_count"], 0);
        desk.execute("update crm_jobs set leased_until = '2026-01-01T00:00:00.000Z'");
        desk.tick();
        assert_eq!(jobs(&ada, "?state=done").len(), 1);
        assert_eq!(ada.get("/api/crm/notifications").ok()["unread_count"], 1);
        assert_eq!(desk.number("select lease_token from crm_jobs"), 8);
    }

    fn a_recomputation_shows_its_progress_and_begins_anew_when_things_change_again(desk) {
        let (ada, mia) = (desk.admin(), desk.manager("mia"));
        desk.execute(
            "insert into crm_cases (subject, case_type_id, priority_id, created_at)
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 250)
             select 'Case ' || i, 1, 3, '2026-03-02T08:00:00.000Z' from n",
        );
        desk.tick();
        let progress = |state: &str| jobs(&ada, &format!("?state={state}"))
            .iter().find(|job| job["kind"] == "recompute_sla").map(|job| job["progress"].clone());
        mia.put("/api/crm/sla-policies/4", json!({ "first_response_hours": 3 })).ok();
        assert_eq!(progress("waiting"), Some(json!({ "done": 0, "total": 250 })));
        // A portion at a time; meanwhile the desk answers.
        desk.run_jobs_once();
        assert_eq!(progress("waiting"), Some(json!({ "done": 100, "total": 250 })));
        assert_eq!(mia.case(1)["first_response_due"], "2026-03-02T11:00:00.000Z");
        assert_eq!(mia.case(250)["first_response_due"], "2026-03-02T12:00:00.000Z");
        mia.put("/api/crm/sla-policies/4", json!({ "first_response_hours": 2 })).ok();
        assert_eq!(progress("waiting"), Some(json!({ "done": 0, "total": 250 })));
        assert_eq!(jobs(&ada, "?state=waiting").len(), 1);
        desk.tick();
        assert_eq!(progress("done"), Some(json!({ "done": 250, "total": 250 })));
        assert_eq!(desk.number("select count(*) from crm_cases where first_response_due = '2026-03-02T10:00:00.000Z'"), 250);
    }

    fn old_jobs_that_are_done_are_forgotten_and_dead_ones_are_not(desk) {
        let ada = desk.admin();
        enqueue_hopeless(desk);
        desk.execute(
            "insert into crm_jobs (kind, payload, run_at, created_at)
             values ('react', '{\"kind\":\"react\",\"event_id\":0}', '2026-03-02T09:00:00.000Z', '2026-03-02T09:00:00.000Z')",
        );
        desk.execute("update crm_jobs set max_attempts = 1 where kind = 'conjure'");
        desk.tick();
        desk.later(6 * 24 * 60).tick();
        assert_eq!(desk.number("select count(*) from crm_jobs"), 2);
        desk.later(2 * 24 * 60).tick();
        assert_eq!(jobs(&ada, "?state=waiting,done,dead").len(), 1);
        assert_eq!(jobs(&ada, "")[0]["state"], "dead");
    }
}
