//! The figures of surveys equal a naive recount (spec 8).

use serde_json::{Value, json};
use steward::Time;

use crate::invitations::invited;
use crate::surveys::{SURVEY, closed, survey};

both_engines! {
    fn results_equal_a_naive_recount(desk) {
        let mia = desk.manager("mia");
        for (seed, kind) in ["csat", "nps", "ces", "custom"].into_iter().enumerate() {
            let (id, questions) = survey(&mia, json!({ "survey_name": kind, "survey_type": kind }));
            let path = format!("/api/crm/surveys/{id}");
            let scale = mia.get(&format!("{path}/questions/{}", questions[0])).ok()["question"].clone();
            let (min, max) = (scale["rating_min"].as_i64().unwrap(), scale["rating_max"].as_i64().unwrap());
            let mut rng = fastrand::Rng::with_seed(seed as u64);
            let mut given: Vec<(Time, i64, Vec<&str>, bool, bool)> = Vec::new();
            for _ in 0..60 {
                desk.later(rng.i64(1..600));
                let points = rng.i64(min..=max);
                let choices: Vec<&str> =
                    ["speed", "kindness", "knowledge"].into_iter().filter(|_| rng.u8(0..3) == 0).collect();
                let (again, words) = (rng.bool(), rng.bool());
                let mut responses = vec![
                    json!({ "question_id": questions[0], "rating_value": points }),
                    json!({ "question_id": questions[1], "choice_value": choices }),
                    json!({ "question_id": questions[2], "choice_value": if again { "yes" } else { "no" } }),
                ];
                if words {
                    responses.push(json!({ "question_id": questions[3], "text_value": "because" }));
                }
                mia.post(&format!("{path}/respond"), json!({ "responses": responses })).created();
                given.push((desk.clock.now(), points, choices, again, words));
            }
            let (from, to) = (given[10].0, given[50].0);
            for (query, part) in [(String::new(), &given[..]), (format!("?from={from}&to={to}"), &given[10..50])] {
                let results = mia.get(&format!("{path}/results{query}")).ok();
                assert_eq!(results["submissions"], part.len());
                check_rating(&results["questions"][0], part.iter().map(|row| row.1).collect(), (min, max), kind == "nps");
                let chosen = part.iter().filter(|row| !row.2.is_empty()).count();
                assert_eq!(results["questions"][1]["answers"], chosen);
                for (index, choice) in ["speed", "kindness", "knowledge"].into_iter().enumerate() {
                    let count = part.iter().filter(|row| row.2.contains(&choice)).count();
                    check_share(&results["questions"][1]["distribution"][index], choice, count, chosen);
                }
                let yes = part.iter().filter(|row| row.3).count();
                check_share(&results["questions"][2]["distribution"][0], "yes", yes, part.len());
                check_share(&results["questions"][2]["distribution"][1], "no", part.len() - yes, part.len());
                assert_eq!(results["questions"][3]["answers"], part.iter().filter(|row| row.4).count());
                assert_eq!(results["questions"][3]["distribution"], json!([]));
            }
        }
    }

    fn the_reach_of_invitations_is_counted(desk) {
        let (mia, carl) = (desk.manager("mia"), desk.contact("carl"));
        let results = |query: &str| mia.get(&format!("{SURVEY}/results{query}")).ok()["reach"].clone();
        assert_eq!(results("")["response_rate"], Value::Null);
        let from = desk.clock.now();
        let tokens: Vec<String> = (0..4).map(|_| invited(desk, &carl).1).collect();
        let to = desk.later(1).clock.now();
        closed(desk, &carl);
        desk.tick();
        for token in &tokens[..3] {
            desk.stranger().get(&format!("/api/crm/survey-invitations/{token}")).ok();
        }
        desk.stranger()
            .post(&format!("/api/crm/survey-invitations/{}/respond", tokens[0]), json!({ "responses": crate::surveys::good() }))
            .created();
        // Mail is off: what was opened has arrived all the same.
        let reach = results(&format!("?from={from}&to={to}"));
        assert_eq!(
            (&reach["invited"], &reach["sent"], &reach["opened"], &reach["answered"]),
            (&json!(4), &json!(3), &json!(3), &json!(1))
        );
        near(&reach["response_rate"], 1.0 / 3.0);
        let (low, high) = wilson(1, 3);
        near(&reach["response_rate_interval"]["low"], low);
        near(&reach["response_rate_interval"]["high"], high);
        assert_eq!(results(&format!("?to={from}"))["invited"], 0);
        mia.get(&format!("{SURVEY}/results?from={to}&to={from}")).status(400).names(&["to"]);
        mia.get(&format!("{SURVEY}/results?from=yesterday")).status(400).names(&["from"]);
    }
}

#[track_caller]
fn near(told: &Value, expected: f64) {
    let told = told.as_f64().unwrap_or_else(|| panic!("{told} is no number"));
    assert!((told - expected).abs() < 1e-4, "{told} is not {expected}");
}

/// Wilson's interval as the root of its quadratic, (p - P)^2 = z^2 P (1 - P) / n, found by halving.
fn wilson(hits: usize, of: usize) -> (f64, f64) {
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let distance = |share: f64| (p - share).powi(2) - 1.959_964f64.powi(2) * share * (1.0 - share) / n;
    let root = |mut outside: f64, mut inside: f64| {
        for _ in 0..60 {
            let middle = (outside + inside) / 2.0;
            if distance(middle) > 0.0 { outside = middle } else { inside = middle }
        }
        inside
    };
    (root(0.0, p), root(1.0, p))
}

fn check_share(told: &Value, value: &str, count: usize, of: usize) {
    assert_eq!((&told["value"], &told["count"]), (&json!(value), &json!(count)), "{told}");
    near(&told["share"], count as f64 / of as f64);
    let (low, high) = wilson(count, of);
    near(&told["interval"]["low"], low);
    near(&told["interval"]["high"], high);
}

fn check_rating(told: &Value, mut given: Vec<i64>, (min, max): (i64, i64), is_nps: bool) {
    given.sort_unstable();
    let n = given.len();
    let mean = given.iter().sum::<i64>() as f64 / n as f64;
    assert_eq!(told["answers"], n);
    near(&told["mean"], mean);
    near(&told["median"], (given[(n - 1) / 2] + given[n / 2]) as f64 / 2.0);
    let variance = given.iter().map(|point| (*point as f64 - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    // The quantiles of t for 39 and 59 degrees of freedom, from a table.
    let t = if n == 40 { 2.022_691 } else { 2.000_995 };
    near(&told["mean_interval"]["low"], mean - t * (variance / n as f64).sqrt());
    near(&told["mean_interval"]["high"], mean + t * (variance / n as f64).sqrt());
    for (index, point) in (min..=max).enumerate() {
        let count = given.iter().filter(|one| **one == point).count();
        check_share(&told["distribution"][index], &point.to_string(), count, n);
    }
    if !is_nps {
        assert_eq!(told["nps"], Value::Null);
        return;
    }
    // Each answer is worth 100, 0 or -100: the variance of their mean, by definition.
    let worth = |point: &i64| {
        if *point >= 9 {
            100.0
        } else if *point <= 6 {
            -100.0
        } else {
            0.0
        }
    };
    let score = given.iter().map(worth).sum::<f64>() / n as f64;
    let variance = given.iter().map(|point| (worth(point) - score).powi(2)).sum::<f64>() / n as f64;
    near(&told["nps"]["score"], score);
    near(&told["nps"]["interval"]["low"], score - 1.959_964 * (variance / n as f64).sqrt());
    near(&told["nps"]["interval"]["high"], score + 1.959_964 * (variance / n as f64).sqrt());
}
