//! The command line: backups, the doctor, users and tokens, settings.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::node::{Node, run, steward};
use crate::place::{Engine, Place};

fn said(output: &std::process::Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

each_engine! {
    fn users_and_tokens_are_made_while_it_serves(engine) {
        let place = Place::empty(engine);
        let node = Node::serve(&place);
        assert!(
            said(&run(&place, &["user", "add", "Ana", "ana@example.com", "--role", "agent"])).contains("Ana")
        );
        assert!(said(&run(&place, &["user", "list"])).contains("ana@example.com"));
        let token = said(&run(&place, &["token", "ANA@example.com", "--read-only", "--days", "1"]));
        let ana = node.stranger().with_token(&token);
        assert_eq!(ana.get("/api/auth/me").ok()["user"]["name"], "Ana");
        ana.post("/api/crm/cases", json!({ "subject": "s" })).status(403);
        for bad in [
            vec!["user", "add", "Bea", "ana@example.com"],
            vec!["user", "add", "Bea", "bea"],
            vec!["token", "nobody@example.com"],
            vec!["user", "add", "Bea", "bea@example.com", "--role", "king"],
            vec!["erase-contact", "99"],
        ] {
            assert!(!run(&place, &bad).status.success(), "{bad:?}");
        }
    }

    fn the_first_token_is_its_owners_alone_and_made_once(engine) {
        let place = Place::empty(engine);
        let token = place.folder.path().join("first-admin-token");
        let first = {
            let node = Node::serve(&place);
            node.admin().get("/api/auth/me").ok();
            assert_eq!(std::fs::metadata(&token).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::read(&token).unwrap()
        };
        let node = Node::serve(&place);
        node.stranger().get("/api/crm/cases").status(401);
        assert_eq!(std::fs::read(&token).unwrap(), first);
        let left: Vec<_> =
            std::fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(
            left.iter().filter(|name| name.to_string_lossy().contains("token")).count(),
            1,
            "{left:?}"
        );
    }

    fn what_only_reads_does_not_migrate(engine) {
        let place = Place::empty(engine);
        let file = place.folder.path().join("copy.db");
        let commands: [&[&str]; 3] = [&["doctor"], &["user", "list"], &["backup", file.to_str().unwrap()]];
        for command in commands {
            assert!(!run(&place, command).status.success(), "{command:?}");
        }
        assert!(!place.folder.path().join("steward.db").exists(), "a database was made");
        let db = db::Db::open(db::Options::new(&place.url)).unwrap();
        db.migrate(&steward::schema::STEPS[..1], None).unwrap();
        for command in commands {
            let refused = run(&place, command);
            assert!(String::from_utf8_lossy(&refused.stderr).contains("steward migrate"), "{command:?}");
        }
        assert_eq!(db.missing_steps(steward::schema::STEPS).unwrap()[0], 2);
        db.close();
    }

    fn the_doctor_finds_what_is_wrong(engine) {
        let place = Place::migrated(engine);
        {
            let node = Node::serve(&place);
            node.admin().opens(json!({ "subject": "s" }));
        }
        assert!(run(&place, &["doctor"]).status.success());
        let db = db::Db::open(db::Options::new(&place.url)).unwrap();
        db.write_blocking(|tx| tx.execute("update crm_cases set comment_count = 7", &[])).unwrap();
        db.close();
        let examined = run(&place, &["doctor"]);
        assert!(!examined.status.success());
        assert!(String::from_utf8_lossy(&examined.stdout).contains("CASE-000001"));
    }
}

#[test]
fn a_live_database_is_backed_up_whole_and_private() {
    let place = Place::migrated(Engine::Sqlite);
    let node = Node::serve(&place);
    let admin = node.admin();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let copies: Vec<tempfile::TempDir> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let id = admin.opens(json!({ "subject": "s", "tags": ["a"] }));
                admin.comments(id, json!({ "comment_text": "c" }));
            }
        });
        for copy in &copies {
            said(&run(&place, &["backup", copy.path().join("steward.db").to_str().unwrap()]));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    for copy in &copies {
        let mode = std::fs::metadata(copy.path().join("steward.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let examined = steward(&["doctor", "--data", copy.path().to_str().unwrap()]).output().unwrap();
        assert!(examined.status.success(), "{}", String::from_utf8_lossy(&examined.stdout));
    }
}

#[test]
fn settings_are_printed_and_wrong_ones_refused() {
    let printed = said(&steward(&["config"]).output().unwrap());
    assert_eq!(printed.trim(), steward::config::DEFAULTS.trim());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steward.toml");
    std::fs::write(&file, "listn = \"127.0.0.1:0\"").unwrap();
    let refused = steward(&["serve", "--config", file.to_str().unwrap()]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("listn"));
    let refused = steward(&["doctor"]).env("STEWARD_LISTN", "x").output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("STEWARD_LISTN"));
}

#[test]
fn the_demo_stays_on_this_machine() {
    for address in ["0.0.0.0:0", "[::]:0", "192.168.0.1:4000", "everywhere"] {
        let refused = steward(&["demo", "--listen", address]).output().unwrap();
        assert!(!refused.status.success(), "{address}");
    }
}
