//! Files where something fails: a process that is killed, a full disk, a store that is away; and a real S3-compatible
//! store, whose address `bin/test` gives in `STEWARD_TEST_S3`.

use serde_json::{Value, json};
use steward::Config;

use crate::client::Client;
use crate::desk::Desk;
use crate::file_life::{becomes, send_half};
use crate::files::{attached, files_of, id, stored_in, told};
use crate::node::{Node, assert_sound, run};
use crate::place::{Engine, Place};

each_engine! {
    fn a_node_that_is_killed_half_way_leaves_nothing_and_keeps_what_it_told(engine) {
        let place = Place::empty(engine);
        let folder = place.folder.path().join("files");
        let mut node = Node::serve(&place);
        let admin = node.admin();
        let case_id = admin.opens(json!({ "subject": "Printer" }));
        let path = attached(&admin, case_id, "kept.txt", b"kept");
        let stream = send_half(&admin, &files_of(case_id));
        becomes("it arrives", || stored_in(&folder).len() == 2);
        node.kill();
        drop(stream);
        let left: Vec<_> = stored_in(&folder.join("arriving"));
        assert_eq!(left.len(), 1);
        // A while later; a live upload of another node would have been written to since.
        let file = std::fs::File::options().write(true).open(&left[0]).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        let node = Node::serve(&place);
        assert_eq!(stored_in(&folder).len(), 1);
        assert_eq!(node.admin().get(&path).status(200).body, b"kept");
        drop(node);
        assert_sound(&place);
        // Whoever restores a backup without the files is told.
        std::fs::remove_file(&stored_in(&folder)[0]).unwrap();
        let examined = run(&place, &["doctor"]);
        assert!(!examined.status.success());
        assert!(String::from_utf8_lossy(&examined.stdout).contains("missing"), "{examined:?}");
    }
}

/// A limit on the size of files stands for the disk: a write beyond it fails in the middle.
#[test]
fn a_disk_without_room_for_a_file_is_507_and_nothing_stays() {
    let place = Place::migrated(Engine::Sqlite);
    drop(Node::serve(&place));
    let database = std::fs::metadata(place.folder.path().join("steward.db")).unwrap().len();
    let node = Node::serve_confined(&place, (database >> 10) + 2000);
    let admin = node.admin();
    let case_id = admin.opens(json!({ "subject": "Printer" }));
    let large = vec![1; database as usize + 8_000_000];
    let refused = admin.attach(&files_of(case_id), &[("small", b"x"), ("large", &large)]);
    refused.status(507).says("no room");
    assert_eq!(stored_in(&place.folder.path().join("files")).len(), 0);
    assert_eq!(admin.get(&attached(&admin, case_id, "small", b"x")).body, b"x");
    drop(node);
    assert_sound(&place);
}

#[test]
fn a_folder_that_is_none_is_503() {
    let desk = Desk::with(
        Engine::Sqlite,
        |config| {
            let file = config.data.join("no-folder");
            std::fs::write(&file, "").unwrap();
            config.files = file.display().to_string();
        },
        None,
    );
    let ana = desk.agent("Ana");
    let case_id = ana.opens(json!({ "subject": "Printer" }));
    ana.attach(&files_of(case_id), &[("a", b"a")]).status(503).says("store of files");
    assert_eq!(ana.case(case_id)["attachment_count"], 0);
}

/// The S3-compatible server. Its absence fails a test: one that passes by not running proves nothing.
fn s3() -> Client {
    let address = std::env::var("STEWARD_TEST_S3")
        .expect("run `bin/test postgres COMMAND`, or set STEWARD_TEST_S3 to the URL of an S3-compatible store for tests");
    Client::new(address, "the store", 0, None)
}

fn in_bucket(config: &mut Config, endpoint: &str, bucket: &str) {
    config.files = format!("s3://{bucket}/some/prefix");
    config.files_endpoint = endpoint.to_owned();
    config.files_access_key = "test".into();
    config.files_secret_key = "test".into();
}

/// The keys of a bucket. The store's answers are XML and are none of ours: asked without our client's expectations.
fn keys(bucket: &str) -> Vec<String> {
    let url = format!("http://{}/{bucket}?list-type=2", s3().host());
    let list = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
    list.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned()).collect()
}

each_engine! {
    fn files_live_in_an_s3_compatible_store(engine) {
        let bucket = format!("desk-{}-{engine:?}", std::process::id()).to_lowercase();
        let endpoint = format!("http://{}", s3().host());
        ureq::put(format!("{endpoint}/{bucket}")).send_empty().unwrap();
        let desk = Desk::with(engine, |config| in_bucket(config, &endpoint, &bucket), None);
        let max = desk.manager("Max");
        let case_id = max.opens(json!({ "subject": "Printer" }));
        // In one piece, in parts, with nothing in it, and the same bytes twice.
        let large: Vec<u8> = (0..20_000_000u32).map(|n| (n % 251) as u8).collect();
        let answer = max.attach(&files_of(case_id), &[("a", b"small"), ("b", &large), ("c", b""), ("d", b"small")]);
        let answer: Value = answer.created();
        let paths: Vec<String> =
            told(&answer).iter().map(|file| format!("{}/{}", files_of(case_id), id(file))).collect();
        assert_eq!(keys(&bucket).len(), 3);
        assert!(keys(&bucket).iter().all(|key| key.starts_with("some/prefix/")), "{:?}", keys(&bucket));
        for (path, bytes) in paths.iter().zip([&b"small"[..], &large, b"", b"small"]) {
            assert!(max.get(path).status(200).body == bytes, "{path}");
        }
        let part = max.ask(ureq::http::Method::GET, &paths[1]).header("range", "bytes=10000000-10000004").send();
        assert_eq!(part.status(206).body, large[10_000_000..10_000_005]);
        assert_eq!(stored_in(&desk.app.config.data.join("files")).len(), 0, "nothing stays here");
        for path in &paths[..3] {
            max.delete(path).status(204);
        }
        desk.later(31 * 24 * 60).tick();
        assert_eq!(keys(&bucket).len(), 1);
        assert_eq!(max.get(&paths[3]).body, b"small");
    }
}

#[test]
fn an_s3_store_that_is_away_is_503() {
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (endpoint, bucket) in
        [(format!("http://{away}"), "any"), (format!("http://{}", s3().host()), "no-such-bucket")]
    {
        let desk = Desk::with(Engine::Sqlite, |config| in_bucket(config, &endpoint, bucket), None);
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer" }));
        ana.attach(&files_of(case_id), &[("a", b"a")]).status(503).says("store of files");
        assert_eq!(ana.case(case_id)["attachment_count"], 0);
        // What was attached before is still listed, and comes when the store does.
        desk.execute(&format!(
            "insert into crm_case_attachments (case_id, file_id, file_name, file_path, file_size, mime_type)
             select {case_id}, file_id, 'a', 'a', file_size, 'text/plain' from crm_files;
             update crm_files set is_stored = true, is_loose = false"
        ));
        let list = ana.get(&files_of(case_id)).ok();
        ana.get(&format!("{}/{}", files_of(case_id), id(&told(&list)[0]))).status(503);
        // The clocks go on though the sweep cannot.
        desk.tick();
    }
}

#[test]
fn settings_that_make_no_store_are_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for (files, said) in [("s3://", "bucket"), ("ftp://somewhere", "ftp://somewhere")] {
        let mut command = crate::node::steward(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        let output = command.arg(folder.path()).env("STEWARD_FILES", files).output().unwrap();
        assert!(!output.status.success());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("files:") && told.contains(said), "{told}");
    }
}
