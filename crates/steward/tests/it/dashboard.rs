//! The dashboard: each of its numbers against a naive recount of a random history, and each link against its number
//! (spec 9).

use std::sync::atomic::{AtomicI64, Ordering};

use fastrand::Rng;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::recount::{
    ACTIVE, Days, assert_backlog, assert_groups, assert_has, assert_overall, assert_picks, assert_trend,
    history, links, period_figures, sla,
};

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
            assert_picks(&shown, &cases);
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
        let nps = json!({ "score": 25.0, "promoters": 2, "passives": 1, "detractors": 1, "responses": 4,
            "promoter_cases": 2, "passive_cases": 0, "detractor_cases": 0, "response_cases": 2 });
        assert_has(&shown["nps"], &nps, "nps");
        assert_has(&shown["ces"], &json!({ "mean": 4.5, "responses": 2, "response_cases": 2 }), "ces");
        // p = 1/2, d = 1/4, n = 4: 25 +- 196 * sqrt((3/4 - 1/16) / 4); 4.5 +- 12.7 * 2.5, cut to the scale.
        assert_has(&shown["nps"], &json!({ "low": -56.3, "high": 100.0 }), "nps");
        assert_has(&shown["ces"], &json!({ "low": 1.0, "high": 7.0 }), "ces");
        let own = mia.get(&format!("/api/crm/support/dashboard?owner_id={}", mia.id)).ok();
        assert_eq!(own["period"]["nps"]["score"], 100.0);
        assert_eq!(own["period"]["ces"]["mean"], 7.0);
        assert_eq!(own["previous_period"]["ces"]["mean"], Value::Null);
        assert_eq!(own["previous_period"]["nps"]["score"], -100.0);
    }

    fn cases_are_found_by_what_was_answered_about_them(desk) {
        let mia = desk.manager("mia");
        let cases: Vec<i64> = (0..6).map(|n| mia.opens(json!({ "subject": format!("case {n}") }))).collect();
        desk.execute(
            "insert into crm_surveys (survey_id, survey_name, survey_type)
             values (71, 'N', 'nps'), (72, 'M', 'nps'), (73, 'C', 'ces');
             insert into crm_survey_questions (question_id, survey_id, question_text, question_type, question_order,
                 rating_min, rating_max)
             values (711, 71, 'first', 'rating', 1, 0, 10), (712, 71, 'second', 'rating', 2, 0, 10),
                    (721, 72, 'again', 'rating', 1, 0, 10), (731, 73, 'effort', 'rating', 1, 1, 7)",
        );
        let mut rng = Rng::with_seed(9);
        for _ in 0..60 {
            let case = cases[rng.usize(0..cases.len())];
            let day = rng.i64(1..=28);
            let at = format!("2026-02-{day:02}T08:00:00.000Z");
            match rng.u8(0..3) {
                // Two ratings of one answer, of which the first counts, whichever was stored before.
                0 => desk.execute(&format!(
                    "insert into crm_survey_responses (survey_id, question_id, case_id, rating_value, created_at)
                     values (71, 712, {case}, {}, '{at}'), (71, 711, {case}, {}, '{at}')",
                    rng.i64(0..=10), rng.i64(0..=10)
                )),
                1 => desk.execute(&format!(
                    "insert into crm_survey_responses (survey_id, question_id, case_id, rating_value, created_at)
                     values (72, 721, {case}, {}, '{at}')",
                    rng.i64(0..=10)
                )),
                _ => desk.execute(&format!(
                    "insert into crm_survey_responses (survey_id, question_id, case_id, rating_value, created_at)
                     values (73, 731, {case}, {}, '{at}')",
                    rng.i64(1..=7)
                )),
            }
        }
        mia.delete(&format!("/api/crm/cases/{}", cases[5]));
        let mut numbers = 0;
        for query in ["from=2026-02-01&to=2026-02-04", "from=2026-02-05&to=2026-02-06", "from=2026-02-10&to=2026-02-28"] {
            let shown = mia.get(&format!("/api/crm/support/dashboard?{query}")).ok()["period"].clone();
            for (section, name) in [
                ("nps", "promoter_cases"), ("nps", "passive_cases"), ("nps", "detractor_cases"), ("nps", "response_cases"),
                ("ces", "response_cases"),
            ] {
                let link = shown[section]["links"][name].as_str().unwrap();
                let list = mia.get(link).ok();
                assert_eq!(list["pagination"]["total"], shown[section][name], "{link}");
                numbers += shown[section][name].as_i64().unwrap();
            }
        }
        assert!(numbers > 20, "{numbers}");
        for query in ["nps=promoters", "surveyed=ces", "answered_from=2026-02-01T00:00:00Z", "answered_to=2026-02-01T00:00:00Z"] {
            desk.contact(&format!("carl{}", query.len())).get(&format!("/api/crm/cases?{query}")).status(403);
        }
        mia.get("/api/crm/cases?nps=fans").status(400);
        mia.get("/api/crm/cases?surveyed=csat,nps&nps=promoters,detractors&answered_from=2026-02-01T00:00:00Z").ok();
    }

    fn whoever_asks_while_others_do_sees_what_they_wrote(desk) {
        let mia = desk.manager("mia");
        let written = AtomicI64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for n in 0..8 {
                        mia.opens(json!({ "subject": format!("case {n}") }));
                        let least = written.fetch_add(1, Ordering::SeqCst) + 1;
                        let shown = mia.get("/api/crm/support/dashboard").ok();
                        let total = shown["overall"]["total_cases"].as_i64().unwrap();
                        assert!(total >= least, "{total} of at least {least} cases");
                        assert!(shown["period"]["period_total"].as_i64().unwrap() >= least);
                    }
                });
            }
        });
        assert_eq!(mia.get("/api/crm/support/dashboard").ok()["overall"]["total_cases"], 48);
    }

    fn what_a_node_remembers_is_what_it_would_read(desk) {
        let history = history(desk, 31, 20);
        let mut rng = Rng::with_seed(32);
        let question = format!("/api/crm/support/dashboard?days=5&team_id={}", history.teams[0]);
        let ask = || {
            let whole = history.mia.get("/api/crm/support/dashboard?days=5").ok();
            (whole, history.mia.get(&question).ok())
        };
        let as_read = || {
            desk.app.dashboard_memory.forget();
            ask()
        };
        let (mut changes, mut last) = (0, Value::Null);
        for step in 0..120 {
            let id = rng.i64(1..=20);
            match rng.u8(0..11) {
                0..5 => history.is_worked(id, &mut rng),
                5 => history.meets_its_end(desk, id, &mut rng),
                6 => drop(history.opens(step, &mut rng)),
                7 => drop(desk.later(rng.i64(0..900)).tick()),
                8 => desk.execute(&format!("update crm_cases set is_active = not is_active where case_id = {id}")),
                9 => desk.execute(&format!("update crm_cases set channel = 'phone', reopened_count = 3 where case_id = {id}")),
                _ => desk.execute(&format!(
                    "update crm_cases set created_at = '2026-03-11T10:00:00.000Z', resolution_due = null where case_id = {id}"
                )),
            }
            let remembered = ask();
            if step % 3 == 2 {
                assert_eq!(remembered, as_read(), "step {step}");
            }
            changes += i32::from(remembered.0["period"] != last);
            last = remembered.0["period"].clone();
        }
        assert!(changes > 30, "little happened: {changes}");
        // Plain SQL at the clocks themselves, undone for the doctor.
        for sql in [
            "create table spared as select target_id, met_at from crm_sla_targets",
            "update crm_sla_targets set met_at = null where case_id <= 12",
            "update crm_sla_targets set met_at = (select s.met_at from spared s where s.target_id = crm_sla_targets.target_id)",
            "drop table spared",
            "create table spared as select violation_id from crm_sla_violations",
            "insert into crm_sla_violations (case_id, violation_type, due_at, violated_at, minutes_overdue)
             select case_id, 'next_response', created_at, created_at, 1 from crm_cases where is_listed",
            "update crm_sla_violations set violation_type = 'first_response'
             where violation_id not in (select violation_id from spared)",
            "delete from crm_sla_violations where violation_id not in (select violation_id from spared)",
            "drop table spared",
        ] {
            desk.execute(sql);
            assert_eq!(ask(), as_read(), "{sql}");
        }
    }

    fn only_noted_cases_are_read_anew_and_notes_that_are_gone_are_not_missed(desk) {
        let mia = desk.manager("mia");
        let ids: Vec<i64> = (0..3).map(|n| mia.opens(json!({ "subject": format!("case {n}"), "channel": "web" }))).collect();
        let by_phone = || {
            let shown = mia.get("/api/crm/support/dashboard").ok();
            let channels = shown["by_channel"].as_array().unwrap();
            channels.iter().find(|row| row["channel"] == "phone").unwrap()["total_cases"].as_i64().unwrap()
        };
        let calls = |id: i64| desk.execute(&format!("update crm_cases set channel = 'phone' where case_id = {id}"));
        assert_eq!(by_phone(), 0);
        calls(ids[0]);
        desk.execute("delete from crm_dashboard_changes where mark = (select max(mark) from crm_dashboard_changes)");
        assert_eq!(by_phone(), 0, "what is not noted is remembered as it was");
        calls(ids[1]);
        calls(ids[2]);
        desk.execute("delete from crm_dashboard_changes where mark < (select max(mark) from crm_dashboard_changes)");
        assert_eq!(by_phone(), 3, "when notes are gone, all is read");
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
