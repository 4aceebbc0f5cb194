//! An invitation fires once, and its mail is handed over once, under several nodes that are killed and started again
//! (spec 8, 11).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Client;
use crate::node::{Node, assert_sound};
use crate::place::{Engine, Place};
use crate::post::{Post, header};

const CASES: usize = 24;
const KILLS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(120);

/// Closes this many cases, each of another customer.
fn close_cases(admin: &Client) {
    admin.put("/api/crm/surveys/1", json!({ "send_delay_hours": 0 })).ok();
    for number in 0..CASES {
        let draft = json!({ "name": format!("c{number}"), "email": format!("c{number}@example.com") });
        let contact = admin.post("/api/crm/contacts", draft).created()["contact"]["contact_id"].clone();
        let case_id = admin.opens(json!({ "subject": "s", "contact_id": contact }));
        admin.sets(case_id, "closed").ok();
    }
}

fn count(admin: &Client, path: &str) -> usize {
    admin.get(path).ok()["pagination"]["total"].as_u64().unwrap() as usize
}

/// Lets the leases of nodes that are gone run out. One that is alive loses its own, too: the fence must hold.
fn end_leases(place: &Place) {
    let db = db::Db::open(db::Options::new(&place.url)).unwrap();
    db.write_blocking(|tx| {
        tx.execute(
            "update crm_jobs set leased_until = '2020-01-01T00:00:00.000Z' where state = 'waiting' and leased_until is not null",
            &[],
        )
    })
    .unwrap();
    db.close();
}

each_engine! {
    fn an_invitation_is_sent_once_whatever_is_killed(engine) {
        let (place, post) = (Place::empty(engine), Post::start(&[]));
        post.will(json!([
            { "at": "connect", "do": "slow", "times": 1000 }, { "at": "body", "do": "slow", "times": 1000 }
        ]));
        let settings = post.environment();
        // One file is one node's.
        let folders: Vec<tempfile::TempDir> =
            (0..if engine == Engine::Sqlite { 1 } else { 3 }).map(|_| tempfile::tempdir().unwrap()).collect();
        let start = |index: usize| match engine {
            Engine::Sqlite => Node::serve_with(place.folder.path(), None, &settings),
            Engine::Postgres => Node::serve_with(folders[index].path(), place.database_flag(), &settings),
        };
        let mut nodes: Vec<Node> = (0..folders.len()).map(start).collect();
        let token = nodes[0].admin().token.unwrap();
        close_cases(&nodes[0].admin());
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..KILLS {
            std::thread::sleep(Duration::from_millis(rng.u64(100..700)));
            let index = rng.usize(0..nodes.len());
            nodes[index].kill();
            end_leases(&place);
            nodes[index] = start(index);
        }
        let admin = nodes[0].stranger().with_token(&token);
        let began = Instant::now();
        while count(&admin, "/api/crm/outbound-messages?state=sent,unknown") < CASES {
            assert!(began.elapsed() < PATIENCE, "{:?}", admin.get("/api/crm/outbound-messages"));
            std::thread::sleep(Duration::from_millis(500));
            end_leases(&place);
        }
        assert_eq!(count(&admin, "/api/crm/surveys/1/invitations"), CASES);
        assert_eq!(count(&admin, "/api/crm/surveys/1/invitations?state=invited"), CASES);
        assert_eq!(count(&admin, "/api/crm/outbound-messages"), CASES, "one message for each");
        let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
        for mail in post.mails() {
            *arrived.entry(header(&mail, "message-id")).or_default() += 1;
        }
        let messages = admin.get("/api/crm/outbound-messages?limit=200").ok();
        for message in messages["outbound_messages"].as_array().unwrap() {
            let times = arrived.get(message["message_id"].as_str().unwrap()).copied().unwrap_or(0);
            let is_sent = message["state"] == "sent";
            assert!(times == 1 || (times == 0 && !is_sent), "arrived {times} times: {message}");
        }
        for node in &mut nodes {
            assert!(node.terminate().success());
        }
        assert_sound(&place);
    }
}
