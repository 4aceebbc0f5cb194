//! Full-text search: what matches, who may find it, and that any string is a valid search (spec 4).

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::client::Client;

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn finds(client: &Client, text: &str) -> Vec<i64> {
    let mut ids = client.ids(&format!("?search={}", escaped(text)));
    ids.sort_unstable();
    ids
}

both_engines! {
    fn words_stems_phrases_and_prefixes(desk) {
        let ana = desk.agent("ana");
        let first = ana.opens(json!({
            "subject": "Printer crashes on startup", "description": "The blue screen appears twice"
        }));
        let second = ana.opens(
            json!({ "subject": "Invoice is wrong", "description": "screen blue, all printers crashed" }),
        );
        let third = ana.opens(json!({ "subject": "Grüße aus Köln", "description": "naïve café" }));
        for (text, found) in [
            ("printer", vec![first, second]),
            ("crash", vec![first, second]),
            ("crashing ", vec![first, second]),
            ("printer invoice", vec![second]),
            ("invoices", vec![second]),
            ("printer startup", vec![first]),
            ("\"blue screen\"", vec![first]),
            ("\"screen blue\"", vec![second]),
            ("\"blue screen\" invoice", vec![]),
            ("inv", vec![second]),
            ("inv ", vec![]),
            ("INVOICE", vec![second]),
            ("nothing", vec![]),
            ("printer nothing", vec![]),
            ("grüße", vec![third]),
            ("KÖLN", vec![third]),
            ("cafe", vec![third]),
            ("naive", vec![third]),
            // What has an ending is looked for as the word it is: "age" as a beginning would find all that begins with "ag".
            ("twice", vec![first]),
            ("blue screens", vec![first, second]),
            ("app", vec![first]),
            // A beginning with an ending of its own.
            ("cras", vec![first, second]),
            ("ages", vec![]),
        ] {
            assert_eq!(finds(&ana, text), found, "{text:?}");
        }
    }

    fn a_phrase_stands_in_one_text(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "it is blue", "description": "screen and red" }));
        ana.comments(id, json!({ "comment_text": "flag and light" }));
        let last = ana.comments(id, json!({ "comment_text": "house" }));
        for edited in [false, true] {
            if edited {
                // An edit writes the index in another way.
                ana.put(
                    &format!("/api/crm/cases/{id}/comments/{last}"),
                    json!({ "comment_text": "house and home" }),
                )
                .ok();
            }
            for apart in ["blue screen", "red flag", "light house"] {
                assert_eq!(finds(&ana, &format!("\"{apart}\"")), [0i64; 0], "{apart}");
                assert_eq!(finds(&ana, apart), [id], "{apart}");
            }
            assert_eq!(finds(&ana, "\"flag and light\""), [id]);
        }
    }

    fn a_case_number_comes_first(desk) {
        let ana = desk.agent("ana");
        for _ in 0..3 {
            ana.opens(json!({ "subject": "filler" }));
        }
        let other = ana.opens(json!({ "subject": "see CASE-000002 000002 000002 000002" }));
        for text in ["CASE-000002", "case-2", "#2"] {
            let ids = ana.ids(&format!("?search={}", escaped(text)));
            assert_eq!(ids.first(), Some(&2), "{text}");
        }
        assert!(finds(&ana, "CASE-000002").contains(&other));
        for text in ["2", "case 2", "Re: [CASE-000002]", "\"CASE-000002\"", "CASE-000002,", "filler case-2"] {
            assert_eq!(ana.ids(&format!("?search={}", escaped(text))).first(), Some(&2), "{text}");
        }
        assert_eq!(finds(&ana, "see CASE-000002"), [other]);
        assert_eq!(finds(&ana, "#999"), [0i64; 0]);
    }

    fn comments_are_found_by_those_who_may_read_them(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = carl.opens(json!({ "subject": "s" }));
        let public = ana.comments(id, json!({ "comment_text": "a public wombat" }));
        let internal = ana.comments(id, json!({ "comment_text": "an internal tapir", "is_internal": true }));
        assert_eq!((finds(&ana, "wombat"), finds(&ana, "tapir")), (vec![id], vec![id]));
        assert_eq!((finds(&carl, "wombat"), finds(&carl, "tapir")), (vec![id], vec![]));
        assert_eq!(finds(&carl, "wombat tapir"), [0i64; 0]);
        // The index follows edits at once.
        ana.put(&format!("/api/crm/cases/{id}/comments/{public}"), json!({ "comment_text": "an aardvark" }))
            .ok();
        ana.delete(&format!("/api/crm/cases/{id}/comments/{internal}")).status(204);
        assert_eq!(
            (finds(&carl, "wombat"), finds(&carl, "aardvark"), finds(&ana, "tapir")),
            (vec![], vec![id], vec![])
        );
        ana.put(&format!("/api/crm/cases/{id}"), json!({ "subject": "lemur", "description": "gecko" })).ok();
        assert_eq!(finds(&ana, "lemur gecko aardvark"), [id]);
    }

    fn an_excerpt_marks_the_words_and_is_safe_to_show(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        let id = carl.opens(json!({
            "subject": "subject", "description": "<b>The printer</b> & its <script>alert(1)</script> printers"
        }));
        ana.comments(id, json!({ "comment_text": "secret okapi printers", "is_internal": true }));
        let excerpt = |client: &Client, text: &str| {
            client.get(&format!("/api/crm/cases?search={}", escaped(text))).ok()["cases"][0]["excerpt"]
                .clone()
        };
        let marked = excerpt(&ana, "printer");
        let marked = marked.as_str().unwrap();
        assert!(
            marked.contains("<mark>printer</mark>") && marked.contains("<mark>printers</mark>"),
            "{marked}"
        );
        let rest = marked.replace("<mark>", "").replace("</mark>", "");
        assert!(
            !rest.contains('<')
                && !rest.contains('>')
                && rest.contains("&lt;script&gt;")
                && rest.contains(" &amp; "),
            "{marked}"
        );
        assert!(excerpt(&ana, "okapi").as_str().unwrap().contains("<mark>okapi</mark>"));
        assert_eq!(excerpt(&carl, "okapi"), Value::Null);
        assert_eq!(excerpt(&carl, "subject").as_str(), Some("<mark>subject</mark>"));
    }

    fn the_best_comes_first(desk) {
        let ana = desk.agent("ana");
        let much = ana.opens(json!({ "subject": "router router", "description": "router" }));
        let filler = "lorem ipsum dolor sit amet ".repeat(60);
        let little = ana.opens(json!({ "subject": "other", "description": format!("{filler} router") }));
        assert_eq!(ana.ids("?search=router"), [much, little]);
        assert_eq!(ana.ids("?search=router&sort=-created_at"), [much.max(little), much.min(little)]);
        assert_eq!(ana.ids("?search=router&limit=1&page=2"), [little]);
        let page = ana.get("/api/crm/cases?search=router&limit=1").ok()["pagination"].clone();
        assert_eq!(page["total"], 2);
        let cursor = page["next_cursor"].as_str().unwrap();
        assert_eq!(ana.ids(&format!("?search=router&limit=1&cursor={cursor}")), [little]);
    }

    fn plain_sql_is_found_after_a_tick(desk) {
        let ana = desk.agent("ana");
        let id = ana.opens(json!({ "subject": "before" }));
        desk.execute(&format!("update crm_cases set subject = 'ocelot' where case_id = {id}"));
        desk.tick();
        assert_eq!((finds(&ana, "ocelot"), finds(&ana, "before")), (vec![id], vec![]));
    }

    fn nasty_strings_are_valid_searches(desk) {
        let ana = desk.agent("ana");
        ana.opens(json!({
            "subject": "and or not near (parenthesis) 'quoted' \"doubly\" a:b c* ^d",
            "description": "\u{1f600} ﬁne ² ½ Ⅷ ٣"
        }));
        for text in [
            "\"",
            "\"\"",
            "'",
            "''",
            "\\",
            "(",
            ")",
            "()",
            "*",
            "a*",
            "**",
            "^",
            "-",
            "--",
            "+",
            ":",
            "a:b",
            "AND",
            "OR",
            "NOT",
            "NEAR",
            "a AND",
            "NEAR(a b, 2)",
            "{a b}",
            "number:1",
            "& | ! <->",
            "a & !b",
            ":*",
            "a:*",
            "%",
            "_",
            "%00",
            "\0",
            "a\0b",
            "\u{1f600}",
            "\u{200b}",
            "\u{feff}",
            "\u{202e}abc",
            "ﬁne",
            "²",
            "½",
            "Ⅷ",
            "٣",
            "\u{0301}",
            "e\u{0301}",
            "\u{ffff}",
            "\u{10ffff}",
            "; drop table crm_cases",
            "1' or '1'='1",
            "\n\t ",
            "a\u{a0}b",
            "İ",
            "ß",
            "ſ",
            "K",
            "ΑΣ",
            "#",
            "#0",
            "case-",
            "case-99999999999999999999",
            "...",
            "a.b.c",
            "x@y.z",
            "http://a/b?c=d",
            "ਾ",
            "\"ਾ ਾ\"",
        ] {
            ana.get(&format!("/api/crm/cases?search={}", escaped(text))).ok();
        }
        let long = "wörter ".repeat(1000);
        ana.get(&format!("/api/crm/cases?search={}", escaped(&long))).ok();
        let one = "x".repeat(5000);
        ana.get(&format!("/api/crm/cases?search={one}")).ok();
        assert_eq!(ana.get("/api/crm/cases?search=").ok()["pagination"]["total"], 1);
        assert_eq!(ana.get("/api/crm/cases?search=%F0%9F%98%80").ok()["pagination"]["total"], 0);
        // Without a letter or digit nothing is found; nothing at all asks for nothing.
        for (query, total) in [("search=%00", 0), ("search=+", 0), ("tag=%00", 0), ("tag=", 1)] {
            assert_eq!(ana.get(&format!("/api/crm/cases?{query}")).ok()["pagination"]["total"], total, "{query}");
        }
        ana.get("/api/crm/cases?breached=first_response,resolution").ok();
        ana.get("/api/crm/cases?breached=first_response,nothing").status(400);
    }

    fn any_string_is_a_valid_search(desk) {
        let (ana, carl) = (desk.agent("ana"), desk.contact("carl"));
        carl.opens(json!({ "subject": "anything", "description": "at all" }));
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(60) });
        let texts = prop_oneof!["\\PC{0,30}", ".{0,30}", "[\"'()*:&|!<> a-z-]{0,20}"];
        runner
            .run(&texts, |text| {
                for client in [&ana, &carl] {
                    client.get(&format!("/api/crm/cases?search={}", escaped(&text))).ok();
                }
                Ok(())
            })
            .unwrap();
    }

    fn whoever_copies_a_word_of_a_case_finds_it(desk) {
        let ana = desk.agent("ana");
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(30) });
        runner
            .run(&"[a-z]{4,9} [a-zäöüéàß]{4,9} [0-9]{3,6}", |subject| {
                let id = ana.opens(json!({ "subject": subject }));
                for word in subject.split(' ').chain([&*subject]) {
                    prop_assert!(
                        finds(&ana, &format!("{word} ")).contains(&id),
                        "{:?} of {:?}",
                        word,
                        subject
                    );
                }
                Ok(())
            })
            .unwrap();
    }

    fn a_merge_indexes_each_case_a_few_times_however_much_was_said(desk) {
        // SQLite indexes a case once a commit, from a queue.
        if desk.engine == crate::place::Engine::Sqlite {
            return;
        }
        let ana = desk.agent("ana");
        let (from, into) = (ana.opens(json!({ "subject": "a" })), ana.opens(json!({ "subject": "b" })));
        for n in 0..20 {
            ana.comments(from, json!({ "comment_text": format!("quokka {n}") }));
        }
        desk.execute("create table rebuilds (case_id bigint);
            create function note_rebuild() returns trigger language plpgsql as $$
            begin insert into rebuilds values (new.case_id); return null; end $$;
            create trigger note_rebuild after insert or update on crm_case_search for each row execute function note_rebuild()");
        ana.post(&format!("/api/crm/cases/{from}/merge"), json!({ "into_case_id": into })).ok();
        let rebuilds = desk.number("select count(*) from rebuilds");
        assert!(rebuilds < 8, "{rebuilds}");
        assert_eq!(ana.ids("?search=quokka"), [into]);
    }
}
