//! Files on cases, comments and articles: what arrives, who sees it, and how it is served.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::{BOUNDARY, Client};
use crate::desk::Desk;

pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and what follows";

pub fn files_of(case_id: i64) -> String {
    format!("/api/crm/cases/{case_id}/attachments")
}

/// The attachments of an answer.
pub fn told(answer: &Value) -> &Vec<Value> {
    answer["attachments"].as_array().unwrap()
}

pub fn id(attachment: &Value) -> i64 {
    attachment["attachment_id"].as_i64().unwrap()
}

/// Attaches one file to a case; answers its path.
pub fn attached(client: &Client, case_id: i64, name: &str, bytes: &[u8]) -> String {
    let answer = client.attach(&files_of(case_id), &[(name, bytes)]).created();
    format!("{}/{}", files_of(case_id), id(&told(&answer)[0]))
}

/// Files under a folder, and below it; none where there is no folder.
pub fn stored_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { stored_in(&path) } else { vec![path] }).collect()
}

pub fn stored(desk: &Desk) -> Vec<PathBuf> {
    stored_in(&desk.app.config.data.join("files"))
}

both_engines! {
    fn several_files_arrive_at_once_and_come_back_as_they_were(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let large: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let files: [(&str, &[u8]); 4] =
            [("photo.png", PNG), ("empty.txt", b""), ("large.bin", &large), ("words.txt", b"Hello")];
        let reply = ana.attach(&files_of(case_id), &files);
        let answer = reply.created();
        assert_eq!(reply.header("location"), Some(&*files_of(case_id)));
        let kinds: Vec<&str> = told(&answer).iter().map(|file| file["mime_type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["image/png", "application/octet-stream", "application/octet-stream", "text/plain"]);
        assert_eq!(told(&answer)[2]["file_size"], 3_000_000);
        assert_eq!(told(&answer)[0]["uploaded_by"], ana.id);
        for (file, (name, bytes)) in told(&answer).iter().zip(files) {
            assert_eq!(file["file_name"], name);
            let served = ana.get(&format!("{}/{}", files_of(case_id), id(file)));
            served.status(200);
            assert_eq!(served.body, bytes, "{name}");
            assert_eq!(served.header("content-length"), Some(&*bytes.len().to_string()));
            assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
            assert!(served.header("content-security-policy").unwrap().starts_with("sandbox"));
            assert!(served.header("cache-control").unwrap().starts_with("private"));
        }
        assert_eq!(ana.get(&files_of(case_id)).ok()["attachments"], answer["attachments"]);
        assert_eq!(ana.get(&format!("/api/crm/cases/{case_id}")).ok()["attachments"], answer["attachments"]);
        assert_eq!(ana.case(case_id)["attachment_count"], 4);
        let timeline = ana.get(&format!("/api/crm/cases/{case_id}/timeline")).ok();
        let added = timeline["timeline"].as_array().unwrap().iter().filter(|event| event["kind"] == "attachment_added");
        assert_eq!(added.count(), 4);
        assert_eq!(stored(desk).len(), 4, "no temporary file stays");
    }

    fn the_same_bytes_are_stored_once(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let other = ana.opens(json!({ "subject": "Scanner", "description": "" }));
        std::thread::scope(|scope| {
            for n in 0..6 {
                let (ana, case) = (ana.clone(), if n % 2 == 0 { case_id } else { other });
                scope.spawn(move || attached(&ana, case, &format!("{n}.png"), PNG));
            }
        });
        assert_eq!(stored(desk).len(), 1);
        assert_eq!(desk.number("select count(*) from crm_files"), 1);
        assert_eq!(desk.number("select count(*) from crm_case_attachments where file_id is not null"), 6);
        // Somebody has lost the bytes; whoever brings them again heals all.
        std::fs::remove_file(&stored(desk)[0]).unwrap();
        let path = attached(&ana, case_id, "again.png", PNG);
        assert_eq!(ana.get(&path).body, PNG);
    }

    fn a_file_is_served_so_that_no_browser_runs_it(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let script = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
        for (name, bytes, manner, kind) in [
            ("photo.html", PNG, "inline", "image/png"),
            ("photo.png", &script[..], "attachment", "text/plain; charset=utf-8"),
            ("x.svg", &script[..], "attachment", "text/plain; charset=utf-8"),
            ("a.pdf", b"%PDF-1.7", "attachment", "application/pdf"),
            ("r\u{202e}gpj.html", b"<b>", "attachment", "text/plain; charset=utf-8"),
        ] {
            let served = ana.get(&attached(&ana, case_id, name, bytes));
            let disposition = served.header("content-disposition").unwrap();
            assert!(disposition.starts_with(&format!("{manner}; filename=")), "{name}: {disposition}");
            assert_eq!(served.header("content-type"), Some(kind), "{name}");
        }
    }

    fn names_are_made_harmless(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let long = format!("{}.pdf", "x".repeat(300));
        for (sent, kept) in [
            ("../../etc/passwd", "passwd".to_owned()),
            ("über\u{202e}gnp.exe", "übergnp.exe".to_owned()),
            ("", "file".to_owned()),
            ("nul.txt", "_nul.txt".to_owned()),
            (&long, format!("{}.pdf", "x".repeat(251))),
        ] {
            let answer = ana.attach(&files_of(case_id), &[(sent, b"x")]).created();
            assert_eq!(told(&answer)[0]["file_name"], kept, "{sent:?}");
            let served = ana.get(&format!("{}/{}", files_of(case_id), id(&told(&answer)[0])));
            assert!(served.header("content-disposition").unwrap().is_ascii());
        }
        let outside = desk.app.config.data.parent().unwrap().join("passwd");
        assert!(!outside.exists());
    }

    fn ranges_and_validators(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let path = attached(&ana, case_id, "digits.txt", b"0123456789");
        let ask = |headers: &[(&str, &str)]| {
            let ask = ana.ask(Method::GET, &path);
            headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send()
        };
        let whole = ask(&[]);
        assert_eq!(whole.header("accept-ranges"), Some("bytes"));
        let etag = whole.etag().to_owned();
        for (range, body, told) in
            [("bytes=2-4", "234", "bytes 2-4/10"), ("bytes=-2", "89", "bytes 8-9/10"), ("bytes=7-", "789", "bytes 7-9/10")]
        {
            let part = ask(&[("range", range)]);
            part.status(206);
            assert_eq!((&*part.body, part.header("content-range")), (body.as_bytes(), Some(told)));
        }
        let beyond = ask(&[("range", "bytes=10-")]);
        assert_eq!(beyond.status(416).header("content-range"), Some("bytes */10"));
        assert_eq!(ask(&[("range", "bytes=0-1,4-5")]).status(200).body, b"0123456789");
        assert_eq!(ask(&[("range", "bytes=0-1"), ("if-range", &etag)]).status(206).body, b"01");
        assert_eq!(ask(&[("range", "bytes=0-1"), ("if-range", "\"old\"")]).status(200).body.len(), 10);
        assert!(ask(&[("if-none-match", &etag)]).status(304).body.is_empty());
        assert!(ask(&[("if-none-match", &etag), ("range", "bytes=0-1")]).status(304).body.is_empty());
        let head = ana.ask(Method::HEAD, &path).send();
        assert_eq!((head.status(200).header("content-length"), head.body.len()), (Some("10"), 0));
        let empty = attached(&ana, case_id, "empty", b"");
        ana.ask(Method::GET, &empty).header("range", "bytes=0-").send().status(416);
    }

    fn what_cannot_be_read_is_refused_and_leaves_nothing(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let path = files_of(case_id);
        let ask = || ana.ask(Method::POST, &path);
        ana.post(&path, json!({ "files": [] })).status(415);
        ask().bytes("x").header("content-type", "multipart/form-data").send().status(415);
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        ask().bytes("what is this").header("content-type", &form).send().status(400);
        ask().bytes("").header("content-type", &form).send().status(400);
        let cut = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nabc");
        ask().bytes(cut).header("content-type", &form).send().status(400);
        ask().form(&[], &[]).send().status(422).names(&["/files"]);
        ask().form(&[("files", "text")], &[]).send().status(422).names(&["/files"]);
        ask().form(&[("is_internal", "perhaps"), ("comment_id", "0"), ("color", "red")], &[("a", b"x")])
            .send().status(422).names(&["/is_internal", "/comment_id", "/color"]);
        ask().form(&[("is_internal", "true"), ("is_internal", "true")], &[("a", b"x")])
            .send().status(422).names(&["/is_internal"]);
        ask().form(&[("comment_id", "4711")], &[("a", b"x")]).send().status(422).names(&["/comment_id"]);
        ask().form(&[("comment_id", &"9".repeat(200))], &[("a", b"x")]).send().status(413);
        ana.ask(Method::POST, &format!("{path}?x=1")).form(&[], &[("a", b"x")]).send().status(400).names(&["x"]);
        let too_many: Vec<(&str, &[u8])> = vec![("a", b"x"); 21];
        ask().form(&[], &too_many).send().status(413).says("at most 20 files");
        let nowhere = ana.attach(&files_of(4711), &[("a", b"x")]);
        nowhere.status(404);
        assert_eq!(stored(desk), Vec::<PathBuf>::new());
        assert_eq!(desk.number("select count(*) from crm_files"), 0);
        assert_eq!(ana.case(case_id)["attachment_count"], 0);
    }

    fn a_file_is_as_internal_as_its_comment(desk) {
        let (ana, carl) = (desk.agent("Ana"), desk.contact("Carl"));
        let case_id = carl.opens(json!({ "subject": "Printer", "description": "" }));
        let note = ana.comments(case_id, json!({ "comment_text": "Between us", "is_internal": true }));
        let answer = ana.comments(case_id, json!({ "comment_text": "See this" }));
        let on = |comment: i64| format!("/api/crm/cases/{case_id}/comments/{comment}/attachments");
        let before = carl.get(&format!("/api/crm/cases/{case_id}")).ok();
        let hidden = ana.attach(&on(note), &[("secret.png", PNG)]).created();
        assert_eq!(told(&hidden)[0]["is_internal"], true);
        let alone = ana.ask(Method::POST, &files_of(case_id)).form(&[("is_internal", "true")], &[("b", b"b")]).send().created();
        ana.ask(Method::POST, &files_of(case_id))
            .form(&[("comment_id", &note.to_string()), ("is_internal", "false")], &[("c", b"c")])
            .send().status(422).names(&["/is_internal"]);
        // Nothing tells the customer: not the case, not its version, not a list, not a guess.
        assert_eq!(carl.get(&format!("/api/crm/cases/{case_id}")).ok(), before);
        for file in [&told(&hidden)[0], &told(&alone)[0]] {
            carl.get(&format!("{}/{}", files_of(case_id), id(file))).status(404);
            ana.get(&format!("{}/{}", files_of(case_id), id(file))).status(200);
        }
        carl.get(&on(note)).status(404);
        carl.attach(&on(note), &[("a", b"a")]).status(404);
        carl.ask(Method::POST, &files_of(case_id)).form(&[("comment_id", &note.to_string())], &[("a", b"a")])
            .send().status(422).names(&["/comment_id"]);
        let shown = ana.attach(&on(answer), &[("shown.png", PNG)]).created();
        assert_eq!(carl.get(&files_of(case_id)).ok()["attachments"], shown["attachments"]);
        assert_eq!(carl.get(&on(answer)).ok()["attachments"], shown["attachments"]);
        assert_eq!(carl.get(&format!("{}/{}", files_of(case_id), id(&told(&shown)[0]))).body, PNG);
        assert_eq!(carl.case(case_id)["attachment_count"], 1);
        assert_eq!(ana.case(case_id)["attachment_count"], 3);
    }

    fn customers_attach_to_their_own_cases_only(desk) {
        let (ana, carl, dora) = (desk.agent("Ana"), desk.contact("Carl"), desk.contact("Dora"));
        let case_id = carl.opens(json!({ "subject": "Printer", "description": "" }));
        let path = attached(&carl, case_id, "log.txt", b"it broke");
        assert_eq!(told(&ana.get(&files_of(case_id)).ok())[0]["contact_id"], carl.id);
        for path in [&path, &files_of(case_id)] {
            dora.get(path).status(404);
            desk.stranger().get(path).status(401);
        }
        dora.attach(&files_of(case_id), &[("a", b"a")]).status(404);
        desk.stranger().attach(&files_of(case_id), &[("a", b"a")]).status(401);
        desk.viewer("Vera").attach(&files_of(case_id), &[("a", b"a")]).status(403);
        desk.viewer("Vic").get(&path).status(200);
        carl.delete(&path).status(403);
        carl.ask(Method::POST, &files_of(case_id)).form(&[("is_internal", "true")], &[("a", b"a")])
            .send().status(422).names(&["/is_internal"]);
        let others = ana.comments(case_id, json!({ "comment_text": "Hello" }));
        carl.attach(&format!("/api/crm/cases/{case_id}/comments/{others}/attachments"), &[("a", b"a")])
            .status(422).names(&["/comment_id"]);
        ana.sets(case_id, "resolved").status(200);
        carl.attach(&files_of(case_id), &[("a", b"a")]).status(409).says("comment");
        let own = carl.comments(case_id, json!({ "comment_text": "Still broken" }));
        carl.attach(&format!("/api/crm/cases/{case_id}/comments/{own}/attachments"), &[("a", b"a")]).created();
        // The path names the case: a file is not found under another one.
        let other = carl.opens(json!({ "subject": "Scanner", "description": "" }));
        let number = path.rsplit('/').next().unwrap();
        carl.get(&format!("{}/{number}", files_of(other))).status(404);
    }

    fn the_same_key_attaches_once(desk) {
        let ana = desk.agent("Ana");
        let case_id = ana.opens(json!({ "subject": "Printer", "description": "" }));
        let send = |bytes: &[u8]| {
            ana.ask(Method::POST, &files_of(case_id)).header("idempotency-key", "k-1").form(&[], &[("a.png", bytes)]).send()
        };
        let first = send(PNG).created();
        assert_eq!(send(PNG).created(), first);
        send(b"other").status(409);
        assert_eq!(ana.case(case_id)["attachment_count"], 1);
    }

    fn files_of_an_article_are_as_public_as_it_is(desk) {
        let (ana, max, carl) = (desk.agent("Ana"), desk.manager("Max"), desk.contact("Carl"));
        desk.execute("update crm_kb_articles set status = 'draft' where article_id = 2");
        desk.execute("update crm_kb_articles set is_internal = true where article_id = 3");
        let of = |article: i64| format!("/api/crm/knowledge/{article}/attachments");
        ana.attach(&of(1), &[("a.png", PNG)]).status(403).says("manager");
        let mut paths = Vec::new();
        for (article, by) in [(1, &max), (2, &ana), (3, &max)] {
            let answer = by.attach(&of(article), &[("a.png", PNG)]).created();
            paths.push(format!("{}/{}", of(article), id(&told(&answer)[0])));
        }
        for reader in [&desk.stranger(), &carl] {
            assert_eq!(reader.get(&paths[0]).status(200).body, PNG);
            assert_eq!(told(&reader.get(&of(1)).ok()).len(), 1);
            for hidden in [&paths[1], &paths[2], &of(2), &of(3)] {
                reader.get(hidden).status(404);
            }
            let refused = reader.attach(&of(1), &[("a.png", PNG)]);
            assert!(matches!(refused.code, 401 | 403), "{refused:?}");
        }
        desk.bearer("made-up").get(&paths[0]).status(401);
        assert_eq!(ana.get(&paths[2]).body, PNG);
        max.attach(&of(1), &[]).status(422).names(&["/files"]);
        max.ask(Method::POST, &of(1)).form(&[("is_internal", "true")], &[("a", b"a")]).send().status(422).names(&["/is_internal"]);
        ana.delete(&paths[0]).status(403);
        max.delete(&paths[0]).status(204);
        desk.stranger().get(&paths[0]).status(404);
        desk.admin().post(&format!("{}/restoration", paths[0]), json!({})).status(200);
        desk.stranger().get(&paths[0]).status(200);
        max.delete(&paths[1]).status(204);
        desk.later(30 * 24 * 60).tick();
        assert_eq!(desk.number("select count(*) from crm_kb_article_attachments"), 2);
    }
}

each_engine! {
    fn limits_of_size_and_of_all_files(engine) {
        let desk = Desk::with(engine, |config| (config.max_file_mb, config.files_quota_mb) = (1, 2), None);
        let max = desk.manager("Max");
        let case_id = max.opens(json!({ "subject": "Printer", "description": "" }));
        let file = |fill: u8, size: usize| vec![fill; size];
        max.attach(&files_of(case_id), &[("a", &file(1, 1_000_001))]).status(413).says("1 MB");
        max.attach(&files_of(case_id), &[("small", b"x"), ("b", &file(1, 3_000_000))]).status(413);
        let first = attached(&max, case_id, "a", &file(1, 1_000_000));
        attached(&max, case_id, "b", &file(2, 900_000));
        max.attach(&files_of(case_id), &[("c", &file(3, 200_000))]).status(507).says("used up");
        assert_eq!(stored(&desk).len(), 2);
        max.delete(&first).status(204);
        desk.later(31 * 24 * 60).tick();
        attached(&max, case_id, "c", &file(3, 200_000));
    }
}
