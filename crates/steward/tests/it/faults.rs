//! What was answered 2xx is there, whatever happens: killed processes, full disks, a database that goes away (spec 11).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::Client;
use crate::desk::Desk;
use crate::node::{Node, Wire, assert_sound, run, steward};
use crate::place::{Engine, Place};

/// What writers were told, by the unique text of each write.
#[derive(Default)]
struct Told {
    answers: Mutex<BTreeMap<String, Answer>>,
    next: AtomicU64,
    stop: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// 2xx: it is stored.
    Stored,
    /// An error that says that nothing was changed.
    Refused(u16),
    /// 503 that leaves it open, or no answer at all.
    Unknown,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Told {
    /// Writes with eight hands at once while `meanwhile` runs. A hand whose server is gone stops.
    fn write(&self, client: &Client, size: usize, meanwhile: impl FnOnce()) {
        self.stop.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut answers = true;
                    while answers && !self.stop.load(Ordering::Relaxed) {
                        answers = self.write_one(client, size);
                    }
                });
            }
            meanwhile();
            self.stop.store(true, Ordering::Relaxed);
        });
    }

    /// Opens a case or comments on case 1. Whether the server answered.
    fn write_one(&self, client: &Client, size: usize) -> bool {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("write-{number:06}");
        let padding = "x".repeat(size);
        let (path, body) = if number.is_multiple_of(2) {
            ("/api/crm/cases", json!({ "subject": text, "description": padding, "tags": ["a", "b"] }))
        } else {
            (
                "/api/crm/cases/1/comments",
                json!({ "comment_text": format!("{text} {padding}"), "is_internal": number.is_multiple_of(3) }),
            )
        };
        let asked = client.ask(Method::POST, path).json(&body).try_send();
        let answer = match &asked {
            Ok(reply) if reply.code == 201 => Answer::Stored,
            Ok(reply)
                if reply.code == 503
                    && reply.json()["detail"].as_str().is_some_and(|detail| detail.contains("unknown")) =>
            {
                Answer::Unknown
            }
            Ok(reply) => Answer::Refused(reply.code),
            Err(_) => Answer::Unknown,
        };
        self.answers.lock().unwrap().insert(text, answer);
        asked.is_ok()
    }

    /// Waits until so many more have been told that theirs is stored.
    fn reaches(&self, more: usize) {
        let (goal, began) = (self.count(|answer| answer == Answer::Stored) + more, Instant::now());
        while self.count(|answer| answer == Answer::Stored) < goal {
            assert!(began.elapsed() < PATIENCE, "hardly anything is written");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until so many have been told that theirs has failed, or may have, that all hands must have met with it.
    fn fails(&self) {
        let failed = || self.count(|answer| answer != Answer::Stored);
        let (goal, began) = (failed() + 40, Instant::now());
        while failed() < goal {
            assert!(began.elapsed() < PATIENCE, "nothing fails");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn of(&self, which: impl Fn(Answer) -> bool) -> BTreeSet<String> {
        let answers = self.answers.lock().unwrap();
        answers.iter().filter(|(_, answer)| which(**answer)).map(|(text, _)| text.clone()).collect()
    }

    fn count(&self, which: impl Fn(Answer) -> bool) -> usize {
        self.of(which).len()
    }

    /// Asserts that what is stored is what was told, and nothing else.
    fn assert_true(&self, stored: &BTreeSet<String>) {
        let (told, unknown) =
            (self.of(|answer| answer == Answer::Stored), self.of(|answer| answer == Answer::Unknown));
        let lost: Vec<&String> = told.difference(stored).collect();
        assert!(lost.is_empty(), "answered 2xx and gone: {lost:?}");
        let refused = self.of(|answer| matches!(answer, Answer::Refused(_)));
        let stayed: Vec<&String> = refused.intersection(stored).collect();
        assert!(stayed.is_empty(), "answered with an error and stored: {stayed:?}");
        let known: BTreeSet<String> = told.union(&unknown).cloned().collect();
        let strange: Vec<&String> = stored.difference(&known).collect();
        assert!(strange.is_empty(), "nobody asked for {strange:?}");
    }
}

/// The texts of all writes that are stored, read over HTTP.
fn stored(client: &Client) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    let mut collect = |text: &Value| {
        let text = text.as_str().unwrap().split(' ').next().unwrap();
        if text.starts_with("write-") {
            texts.insert(text.to_owned());
        }
    };
    for (path, list, field) in
        [("/api/crm/cases", "cases", "subject"), ("/api/crm/cases/1/comments", "comments", "comment_text")]
    {
        let mut query = format!("{path}?limit=200");
        loop {
            let page = client.get(&query).ok();
            page[list].as_array().unwrap().iter().for_each(|item| collect(&item[field]));
            let cursor = page["pagination"]["next_cursor"].as_str().or(page["next_cursor"].as_str());
            match cursor {
                Some(cursor) => query = format!("{path}?limit=200&cursor={cursor}"),
                None => break,
            }
        }
    }
    texts
}

/// Waits until a question is answered with a status.
fn wait_for(client: &Client, path: &str, code: u16) -> Duration {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if client.ask(Method::GET, path).try_send().is_ok_and(|reply| reply.code == code) {
            return began.elapsed();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{path} is not answered {code}");
}

each_engine! {
    fn what_was_answered_survives_sigkill(engine) {
        let place = Place::empty(engine);
        let told = Told::default();
        for round in 0..3 {
            let mut node = Node::serve(&place);
            let admin = node.admin();
            if round == 0 {
                admin.opens(json!({ "subject": "the first" }));
            }
            told.assert_true(&stored(&admin));
            told.write(&admin, 100, || {
                told.reaches(60);
                node.kill();
            });
            assert_sound(&place);
        }
        let node = Node::serve(&place);
        told.assert_true(&stored(&node.admin()));
        assert_eq!(told.count(|answer| matches!(answer, Answer::Refused(_))), 0);
    }

    fn a_node_that_is_asked_to_end_loses_nothing(engine) {
        let place = Place::empty(engine);
        let told = Told::default();
        let mut node = Node::serve(&place);
        let admin = node.admin();
        admin.opens(json!({ "subject": "the first" }));
        told.write(&admin, 100, || {
            told.reaches(60);
            assert!(node.terminate().success());
        });
        let node = Node::serve(&place);
        let stored = stored(&node.admin());
        told.assert_true(&stored);
        // Whatever it had taken on was answered, too.
        assert_eq!(stored, told.of(|answer| answer == Answer::Stored));
        drop(node);
        assert_sound(&place);
    }

    fn nodes_that_start_together_migrate_once(engine) {
        let place = Place::empty(engine);
        let folders: Vec<tempfile::TempDir> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
        if engine == Engine::Sqlite {
            // One file is one node's; but whatever runs on it at once brings it up once.
            let outputs: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| run(&place, &["migrate"]))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(outputs.iter().all(|output| output.status.success()), "{outputs:?}");
            assert_sound(&place);
            return;
        }
        let nodes: Vec<Node> = std::thread::scope(|scope| {
            let start = |folder: &tempfile::TempDir| Node::serve_in(folder.path(), place.database_flag());
            let threads: Vec<_> = folders.iter().map(|folder| scope.spawn(move || start(folder))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let firsts: Vec<&Node> = nodes
            .iter()
            .zip(&folders)
            .filter(|(_, folder)| folder.path().join("first-admin-token").exists())
            .map(|(node, _)| node)
            .collect();
        assert_eq!(firsts.len(), 1, "one first admin, however many nodes");
        let admin = firsts[0].admin();
        let id = admin.opens(json!({ "subject": "seen by all" }));
        for node in &nodes {
            let other = node.stranger().with_token(admin.token.as_ref().unwrap());
            assert_eq!(other.case(id)["subject"], "seen by all");
        }
    }

    fn a_newer_database_is_refused(engine) {
        let place = Place::empty(engine);
        assert!(run(&place, &["migrate"]).status.success());
        let db = db::Db::open(db::Options::new(&place.url)).unwrap();
        db.write_blocking(|tx| {
            tx.execute(
                "insert into schema_migrations (number, name, checksum) values (9999, 'next year', 'x')",
                &[],
            )
        })
        .unwrap();
        db.close();
        for command in ["migrate", "serve", "doctor"] {
            let refused = run(&place, &[command]);
            assert!(!refused.status.success());
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(said.contains("9999") && said.contains("newer"), "{said}");
        }
    }
}

/// SQLite's own limit of pages stands for the disk: beyond it every allocation is "disk full".
#[test]
fn a_full_disk_is_told_truly() {
    let desk = Desk::new(Engine::Sqlite);
    let ada = desk.admin();
    ada.opens(json!({ "subject": "the first" }));
    let told = Told::default();
    for _ in 0..3 {
        let pages = desk.number("select page_count from pragma_page_count()");
        desk.execute(&format!("pragma max_page_count = {}", pages + 60));
        told.write(&ada, 2000, || told.fails());
        // Reading goes on.
        told.assert_true(&stored(&ada));
        desk.execute("pragma max_page_count = 1000000000");
        ada.comments(1, json!({ "comment_text": "there is room again" }));
    }
    told.assert_true(&stored(&ada));
    let others = told
        .count(|answer| matches!(answer, Answer::Refused(code) if code != 507) || answer == Answer::Unknown);
    assert_eq!(others, 0, "a full disk is 507 and nothing else");
}

/// A limit on the size of files makes writing fail in the middle, as a broken disk does.
#[test]
fn a_disk_that_fails_is_told_truly() {
    let place = Place::migrated(Engine::Sqlite);
    let told = Told::default();
    {
        let node = Node::serve(&place);
        node.admin().opens(json!({ "subject": "the first" }));
    }
    let size = |name: &str| std::fs::metadata(place.folder.path().join(name)).map_or(0, |file| file.len());
    for round in 1..=3 {
        let mut node = Node::serve_confined(
            &place,
            (size("steward.db").max(size("steward.db-wal")) >> 10) + 200 * round,
        );
        let admin = node.admin();
        told.write(&admin, 5000, || told.fails());
        admin.get("/healthz").ok();
        told.assert_true(&stored(&admin));
        node.kill();
    }
    let node = Node::serve(&place);
    told.assert_true(&stored(&node.admin()));
    node.admin().comments(1, json!({ "comment_text": "there is room again" }));
    drop(node);
    assert_sound(&place);
}

#[test]
fn postgres_that_goes_away_is_503_and_comes_back() {
    let place = Place::migrated(Engine::Postgres);
    let wire = Wire::to(&place);
    let node = Node::serve_in(place.folder.path(), Some(&wire.url));
    let admin = node.admin();
    admin.opens(json!({ "subject": "the first" }));
    let told = Told::default();
    for _ in 0..3 {
        told.write(&admin, 100, || {
            told.reaches(30);
            wire.cut();
            std::thread::sleep(Duration::from_millis(500));
            wire.mend();
            told.reaches(30);
        });
        wire.cut();
        for (method, path) in
            [(Method::GET, "/readyz"), (Method::GET, "/api/crm/cases"), (Method::POST, "/api/crm/cases")]
        {
            let began = Instant::now();
            let reply = admin.ask(method, path).json(&json!({ "subject": "s" })).send();
            reply.status(503);
            assert!(began.elapsed() < Duration::from_secs(10), "{path} took {:?}", began.elapsed());
        }
        node.stranger().get("/healthz").ok();
        wire.mend();
        wait_for(&node.stranger(), "/readyz", 200);
        told.assert_true(&stored(&admin));
    }
    let others = told.count(|answer| matches!(answer, Answer::Refused(code) if code != 503));
    assert_eq!(others, 0, "a database that is away is 503 and nothing else");
    drop(node);
    assert_sound(&place);
}

#[test]
fn a_database_that_is_not_there_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = steward(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        "postgres://postgres@127.0.0.1:1/none",
        "--data",
    ]);
    let output = command.arg(folder.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("steward: "));
}
