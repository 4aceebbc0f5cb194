//! How files go: removed and brought back, purged and swept, erased, broken off half-way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use serde_json::json;

use crate::client::{BOUNDARY, Client};
use crate::files::{PNG, attached, files_of, id, stored, told};

both_engines! {
    fn removing_and_bringing_back(desk) {
        let (ana, bob) = (desk.agent("Ana"), desk.agent("Bob"));
        let (max, ada) = (desk.manager("Max"), desk.admin());
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let path = attached(&ana, case_id, "a.png", PNG);
        bob.delete(&path).status(403);
        desk.later(16);
        ana.delete(&path).status(403).says("15 minutes");
        max.delete(&path).status(204);
        max.delete(&path).status(404);
        ana.get(&path).status(404);
        assert_eq!(told(&ana.get(&files_of(case_id)).ok()).len(), 0);
        assert_eq!(ana.case(case_id)["attachment_count"], 0);
        max.post(&format!("{path}/restoration"), json!({})).status(403);
        ada.post(&format!("{path}/restoration"), json!({})).status(200);
        ada.post(&format!("{path}/restoration"), json!({})).status(404);
        assert_eq!(ana.get(&path).body, PNG);
        assert_eq!(ana.case(case_id)["attachment_count"], 1);
        let timeline = ana.get(&format!("/api/crm/cases/{case_id}/timeline")).ok();
        let kinds: Vec<&str> =
            timeline["timeline"].as_array().unwrap().iter().take(3).map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["attachment_restored", "attachment_removed", "attachment_added"]);
    }

    fn a_comment_takes_its_files_along(desk) {
        let (max, ada) = (desk.manager("Max"), desk.admin());
        let case_id = max.opens(json!({ "subject": "Printer", "description": "" }));
        let comment = max.comments(case_id, json!({ "comment_text": "See this" }));
        let comment_path = format!("/api/crm/cases/{case_id}/comments/{comment}");
        let both = max.attach(&format!("{comment_path}/attachments"), &[("a.png", PNG), ("b.txt", b"b")]).created();
        let first = format!("{}/{}", files_of(case_id), id(&told(&both)[0]));
        max.delete(&first).status(204);
        max.delete(&comment_path).status(204);
        assert_eq!(max.case(case_id)["attachment_count"], 0);
        let second = format!("{}/{}", files_of(case_id), id(&told(&both)[1]));
        ada.post(&format!("{second}/restoration"), json!({})).status(409);
        ada.post(&format!("{comment_path}/restoration"), json!({})).status(200);
        max.get(&second).status(200);
        max.get(&first).status(404);
        assert_eq!(max.case(case_id)["attachment_count"], 1);
    }

    fn merging_across_customers_hides_the_files(desk) {
        let (ana, carl, dora) = (desk.agent("Ana"), desk.contact("Carl"), desk.contact("Dora"));
        let (from, into) = (
            carl.opens(json!({ "subject": "Printer", "description": "" })),
            dora.opens(json!({ "subject": "Printer too", "description": "" })),
        );
        let path = attached(&carl, from, "log.txt", b"it broke");
        let number = path.rsplit('/').next().unwrap();
        ana.post(&format!("/api/crm/cases/{from}/merge"), json!({ "into_case_id": into })).status(200);
        dora.get(&format!("{}/{number}", files_of(into))).status(404);
        carl.get(&path).status(404);
        assert_eq!(dora.case(into)["attachment_count"], 0);
        assert_eq!(ana.get(&format!("{}/{number}", files_of(into))).body, b"it broke");
        ana.attach(&files_of(from), &[("a", b"a")]).status(409);
    }

    fn bytes_go_thirty_days_after_the_last_reference(desk) {
        let max = desk.manager("Max");
        let case_id = max.opens(json!({ "subject": "Printer", "description": "" }));
        let (one, two) = (attached(&max, case_id, "a.png", PNG), attached(&max, case_id, "b.png", PNG));
        let day = 24 * 60;
        max.delete(&one).status(204);
        desk.later(20 * day).tick();
        max.delete(&two).status(204);
        desk.later(10 * day + 1).tick();
        assert_eq!(desk.number("select count(*) from crm_case_attachments"), 1);
        assert_eq!(stored(desk).len(), 1, "the other may still be brought back");
        desk.admin().post(&format!("{one}/restoration"), json!({})).status(404);
        desk.admin().post(&format!("{two}/restoration"), json!({})).status(200);
        max.delete(&two).status(204);
        desk.later(30 * day).tick();
        assert_eq!(stored(desk), Vec::<PathBuf>::new());
        assert_eq!(desk.number("select count(*) from crm_files"), 0);
        // The same bytes again are as new.
        let three = attached(&max, case_id, "c.png", PNG);
        desk.tick();
        assert_eq!(max.get(&three).body, PNG);
    }

    fn a_sweep_never_takes_what_an_upload_is_about_to_refer_to(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let kept = runtime.block_on(steward::files::keep_bytes(&desk.app, "a.png", PNG)).unwrap();
        desk.later(50).tick();
        assert_eq!(stored(desk).len(), 1, "it is under way");
        // Another upload of the same bytes begins in the meantime, and the first never ends.
        let again = runtime.block_on(steward::files::keep_bytes(&desk.app, "b.png", PNG)).unwrap();
        assert_eq!(again[0].file_id, kept[0].file_id);
        desk.later(50).tick();
        assert_eq!(stored(desk).len(), 1, "the lease was renewed");
        desk.later(11).tick();
        assert_eq!(stored(desk), Vec::<PathBuf>::new(), "nobody referred to it");
        // An upload that comes later than its lease is told so, and refers to nothing.
        let late = again.clone();
        let refused = desk.app.write_blocking(steward::Actor::System, move |work| steward::files::confirm(work, &late));
        assert_eq!(refused.unwrap_err().status().as_u16(), 503);
        let path = attached(&ana, case_id, "c.png", PNG);
        assert_ne!(desk.number("select file_id from crm_files"), kept[0].file_id, "a key is never used twice");
        assert_eq!(ana.get(&path).body, PNG);
    }

    fn sweeps_and_uploads_of_the_same_bytes_race(desk) {
        let max = desk.manager("Max");
        let case_id = max.opens(json!({ "subject": "Printer", "description": "" }));
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    // Every lease has run out and every deleted file is due: the sweep is as greedy as it can be.
                    desk.execute("update crm_files set leased_until = '2020-01-01T00:00:00.000Z' where is_stored");
                    desk.execute("update crm_case_attachments set purge_at = '2020-01-01T00:00:00.000Z' where not is_active");
                    desk.tick();
                }
            });
            let hands: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..12 {
                            let reply = max.attach(&files_of(case_id), &[("a.png", PNG)]);
                            if reply.code == 503 {
                                continue;
                            }
                            let path = format!("{}/{}", files_of(case_id), id(&told(&reply.created())[0]));
                            assert_eq!(max.get(&path).status(200).body, PNG, "what was answered 201 is there");
                            max.delete(&path).status(204);
                        }
                    })
                })
                .collect();
            let ended: Vec<_> = hands.into_iter().map(|hand| hand.join()).collect();
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(ended.iter().all(Result::is_ok));
        });
    }

    fn erasing_a_person_takes_their_files(desk) {
        let (ana, ada, carl) = (desk.agent("Ana"), desk.admin(), desk.contact("Carl"));
        let case_id = carl.opens(json!({ "subject": "Printer", "description": "" }));
        attached(&carl, case_id, "passport.png", PNG);
        attached(&ana, case_id, "answer.txt", b"Dear Carl");
        let elsewhere = ana.opens(json!({ "subject": "Scanner", "description": "" }));
        let shared = attached(&ana, elsewhere, "answer.txt", b"Dear Carl");
        ada.delete(&format!("/api/crm/contacts/{}?erase=true", carl.id)).status(204);
        let number = desk.number("select min(attachment_id) from crm_case_attachments");
        ada.post(&format!("{}/{number}/restoration", files_of(case_id)), json!({})).status(404);
        desk.later(61).tick();
        assert_eq!(desk.number("select count(*) from crm_case_attachments"), 1);
        assert_eq!(stored(desk).len(), 1);
        assert_eq!(ana.get(&shared).body, b"Dear Carl");
    }
}

/// Sends the beginning of an upload and goes away.
pub fn send_half(client: &Client, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(client.host()).unwrap();
    let token = client.token.as_deref().unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 2000000\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n--{BOUNDARY}\r\n\
         content-disposition: form-data; name=\"files\"; filename=\"half.bin\"\r\n\r\n"
    )
    .unwrap();
    stream.write_all(&vec![7; 500_000]).unwrap();
    stream
}

/// Waits until something is so.
pub fn becomes(what: &str, is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

both_engines! {
    fn a_client_that_goes_away_half_way_leaves_nothing(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let stream = send_half(&ana, &files_of(case_id));
        becomes("it arrives", || stored(desk).len() == 1);
        drop(stream);
        becomes("the temporary file goes", || stored(desk).is_empty());
        assert_eq!(desk.number("select count(*) from crm_files"), 0);
    }

    fn a_download_is_streamed_and_may_be_broken_off(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let path = attached(&ana, case_id, "large.bin", &vec![9; 20_000_000]);
        for _ in 0..3 {
            let mut stream = TcpStream::connect(desk.address).unwrap();
            let token = ana.token.as_deref().unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
            let mut beginning = [0; 1000];
            stream.read_exact(&mut beginning).unwrap();
            assert!(beginning.starts_with(b"HTTP/1.1 200"));
        }
        assert_eq!(ana.get(&path).body.len(), 20_000_000);
    }
}
