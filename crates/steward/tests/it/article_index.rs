//! The index of articles, asked directly: what matches, for whom, in which order, and that it never drifts (spec 7).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use db::Class;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use steward::search::articles::{
    self, ArticleText, Asked, Audience, Edition, Found, Source, find, put, rebuild, remove, similar,
};
use steward::{Actor, Work};

use crate::desk::Desk;

const PUBLIC: Asked<'static> =
    Asked { text: "", audience: Audience::Public, published: true, drafts: false, among: None, except: None };
const STAFF: Asked<'static> = Asked { audience: Audience::Staff, drafts: true, ..PUBLIC };

fn source(article_id: i64, title: &str, content: &str) -> Source {
    Source {
        article_id,
        edition: Edition::Published,
        is_internal: false,
        title: title.into(),
        keywords: Vec::new(),
        tags: Vec::new(),
        summary: String::new(),
        content: content.into(),
    }
}

fn index(desk: &Desk, sources: impl IntoIterator<Item = Source>) {
    let sources: Vec<Source> = sources.into_iter().collect();
    desk.write(move |work| {
        for source in &sources {
            put(work, source.article_id, source.edition, source.is_internal, &source.text())?;
        }
        Ok(())
    });
}

fn take_out(desk: &Desk, article_id: i64, edition: Edition) {
    desk.write(move |work| remove(work, article_id, edition));
}

fn read<T: Send + 'static>(
    desk: &Desk,
    f: impl Fn(&mut Work) -> steward::Result<T> + Send + Sync + 'static,
) -> T {
    desk.app.read_blocking(Class::Slow, Actor::System, f).unwrap()
}

fn asked(desk: &Desk, asked: Asked<'static>, text: &str) -> Found {
    let text = text.to_owned();
    read(desk, move |work| find(work, &Asked { text: &text, ..asked }))
}

fn ranked(desk: &Desk, text: &str) -> Vec<i64> {
    asked(desk, PUBLIC, text).hits.iter().map(|hit| hit.article_id).collect()
}

fn finds(desk: &Desk, ask: Asked<'static>, text: &str) -> Vec<i64> {
    let found = asked(desk, ask, text);
    assert_eq!(found.total, found.hits.len());
    let mut ids: Vec<i64> = found.hits.iter().map(|hit| hit.article_id).collect();
    ids.sort_unstable();
    ids
}

fn is_sound(desk: &Desk) {
    let breaches = desk.app.db.read_blocking(Class::Slow, articles::breaches).unwrap();
    assert_eq!(breaches, [""; 0]);
}

/// All that the index holds, by words rather than ids.
fn dump(desk: &Desk) -> Vec<String> {
    let mut all = desk.texts(
        "select t.term || ' ' || t.stem || ' ' || t.documents || ' ' || t.public_documents || ' '
             || coalesce(p.block, -1) || ' ' || coalesce(lower(cast(length(p.entries) as text)), '')
         from crm_kb_terms t left join crm_kb_postings p on p.term_id = t.term_id order by 1",
        vec![],
    );
    all.extend(desk.texts(
        "select kind || ' ' || documents || ' ' || length from crm_kb_index_totals order by kind",
        vec![],
    ));
    all
}

both_engines! {
    fn any_word_matches_and_rare_words_rule(desk) {
        let fillers = (10..60).map(|id| source(id, "How do I reset the printer", "You can do it in the settings of the printer"));
        index(desk, fillers);
        index(desk, [
            source(1, "Restoring an account", "How the account is restored after the quarantine of the mailbox"),
            source(2, "Billing", "The quarantine does not apply to an invoice"),
        ]);
        let found = ranked(desk, "how do I get my mailbox out of the quarantine please, dear printer people?");
        assert_eq!(found[..2], [1, 2]);
        assert_eq!(found.len(), 52);
        // Title over content.
        index(desk, [source(3, "Notes", "About the firewall and more"), source(4, "The firewall", "About notes and more")]);
        assert_eq!(ranked(desk, "firewall "), [4, 3]);
        is_sound(desk);
    }

    fn words_of_any_script_and_shape_are_found(desk) {
        index(desk, [
            source(1, "パスワードをリセットする方法", "設定画面を開き、東京支店の番号を入力してください。"),
            source(2, "إعادة تعيين كلمة المرور", "افتح صفحة الإعدادات"),
            source(3, "Café Müller", "Naïve crème brûlée, ERR-4021 in v2.0.1, mail ops.team@example.com"),
            source(4, "비밀번호를 재설정하는 방법", "설정에서"),
            source(5, "วิธีรีเซ็ตรหัสผ่าน", "เปิดการตั้งค่า"),
            source(6, "पासवर्ड रीसेट करें", "सेटिंग खोलें"),
        ]);
        for (text, id) in [
            ("パスワード ", 1), ("東京", 1), ("番号", 1), ("كلمة ", 2), ("كَلِمَة ", 2), ("إعادة ", 2), ("اعادة ", 2),
            ("cafe ", 3), ("MÜLLER ", 3), ("muller ", 3), ("err-4021 ", 3), ("4021 ", 3), ("v2.0.1 ", 3), ("ops.team@example.com ", 3),
            ("비밀번호", 4), ("รหัสผ่าน", 5), ("पासवर्ड ", 6), ("\"東京支店\"", 1), ("\"creme brulee\"", 3),
        ] {
            assert_eq!(ranked(desk, text).first(), Some(&id), "{text}");
        }
        assert_eq!(finds(desk, PUBLIC, "\"店支\" "), [0_i64; 0]);
        assert_eq!(finds(desk, PUBLIC, "\u{1f600} % _ -- ' \\ * \u{0} "), [0_i64; 0]);
    }

    fn phrases_stand_in_a_row(desk) {
        index(desk, [
            source(1, "Blue", "The blue screens of death"),
            source(2, "Screen", "Screen that is blue, blue or a screen"),
            source(3, "ends in blue", "screen begins"),
        ]);
        assert_eq!(finds(desk, PUBLIC, "\"blue screen\""), [1]);
        assert_eq!(finds(desk, PUBLIC, "“blue screen” begins"), [1]);
        assert_eq!(finds(desk, PUBLIC, "\"blue screen\" \"of death\""), [1]);
        assert_eq!(finds(desk, PUBLIC, "\"blue screen\" \"a screen\""), [0_i64; 0]);
        assert_eq!(finds(desk, PUBLIC, "\"death\" screen"), [1]);
        assert_eq!(finds(desk, PUBLIC, "\"blue screen"), [1, 2, 3]);
    }

    fn the_last_word_may_be_a_beginning(desk) {
        index(desk, [
            source(1, "Certificates", "They expire"),
            source(2, "Certificate store", "certify this certifier"),
            source(3, "Cert", "A short word about"),
        ]);
        assert_eq!(finds(desk, PUBLIC, "certifica"), [1, 2]);
        assert_eq!(asked(desk, PUBLIC, "certifica ").corrected.as_deref(), Some("certificate "));
        // The word itself before its completions.
        assert_eq!(ranked(desk, "cert")[0], 3);
        assert_eq!(finds(desk, PUBLIC, "cert"), [1, 2, 3]);
        assert_eq!(finds(desk, PUBLIC, "ce"), [0_i64; 0]);
        assert_eq!(finds(desk, PUBLIC, "certificated."), [1, 2]);
    }

    fn another_form_of_a_word_counts_no_more_than_the_word(desk) {
        // Of equals the newer comes first; the other form would, if it counted as a completion too.
        index(desk, [source(1, "Notes", "printers are here"), source(2, "Notes", "printer is here")]);
        assert_eq!(ranked(desk, "printer"), [2, 1]);
        assert_eq!(ranked(desk, "print"), [2, 1]);
    }

    fn the_public_knows_nothing_of_the_rest(desk) {
        let internal = Source { is_internal: true, ..source(1, "Zanzibar protocol", "internal zanzibar words") };
        let draft = Source { edition: Edition::Draft, ..source(2, "Quixotic plans", "drafted quixotic words") };
        index(desk, [internal.clone(), draft, source(2, "Published plans", "known words"), source(3, "Other", "words")]);
        for text in ["zanzibar ", "zanz", "\"zanzibar protocol\"", "quixotic ", "zanzibra "] {
            let found = asked(desk, Asked { drafts: true, ..PUBLIC }, text);
            assert_eq!(found, Found { total_is_exact: true, ..Found::default() }, "{text}");
        }
        assert_eq!(finds(desk, STAFF, "zanz"), [1]);
        assert_eq!(asked(desk, STAFF, "zanzibra ").corrected.as_deref(), Some("zanzibar "));
        assert_eq!(finds(desk, STAFF, "quixotic "), [2]);
        assert_eq!(finds(desk, Asked { drafts: false, ..STAFF }, "quixotic "), [0_i64; 0]);
        assert_eq!(finds(desk, Asked { published: false, ..STAFF }, "words "), [2]);
        // Both editions of an article are one hit.
        assert_eq!(finds(desk, STAFF, "plans "), [2]);
        // The score of a public hit does not tell of internal articles.
        let before = asked(desk, PUBLIC, "words ");
        index(desk, (10..30).map(|id| Source { article_id: id, ..internal.clone() }));
        assert_eq!(asked(desk, PUBLIC, "words "), before);
        // An article that becomes internal is gone for the public, one that is told comes back.
        index(desk, [Source { is_internal: true, ..source(3, "Other", "words") }]);
        assert_eq!(finds(desk, PUBLIC, "other "), [0_i64; 0]);
        index(desk, [Source { is_internal: false, ..internal }]);
        assert_eq!(finds(desk, PUBLIC, "zanzibar "), [1]);
        is_sound(desk);
    }

    fn misspelt_words_are_corrected_where_nothing_matches(desk) {
        index(desk, [source(1, "Printer setup", "connect"), source(2, "Painter", "setup printer"), source(3, "Authentication", "of users")]);
        let found = asked(desk, PUBLIC, "Pritner!");
        assert_eq!(found.corrected.as_deref(), Some("printer!"));
        assert_eq!(found.total, 2);
        assert_eq!(asked(desk, PUBLIC, "authentcaton").corrected.as_deref(), Some("authentication"));
        assert_eq!(asked(desk, PUBLIC, "printer zzzz").corrected, None);
        assert_eq!(asked(desk, PUBLIC, "connect pritner ").corrected, None);
        assert_eq!(asked(desk, PUBLIC, "\"pritner setup\"").corrected.as_deref(), Some("\"printer setup\""));
        for text in ["xqzwv", "4022", "zzz", ""] {
            assert_eq!(asked(desk, PUBLIC, text), Found { total_is_exact: true, ..Found::default() }, "{text}");
        }
    }

    fn filters_leave_what_they_name(desk) {
        index(desk, (1..=300).map(|id| source(id, "Same words", "all of them")));
        let among: Arc<HashSet<i64>> = Arc::new([7, 8, 250, 999].into());
        let found = read(desk, move |work| {
            find(work, &Asked { text: "words", among: Some(&among), except: Some(8), ..PUBLIC })
        });
        assert_eq!(found.hits.iter().map(|hit| hit.article_id).collect::<Vec<_>>(), [250, 7]);
        assert_eq!((found.total, found.total_is_exact), (2, true));
        assert_eq!(asked(desk, PUBLIC, "words").total, 300);
    }

    fn articles_about_the_same_are_similar(desk) {
        index(desk, (10..40).map(|id| source(id, "How to do a thing", "This is how you do it in the settings")));
        index(desk, [
            source(1, "Printer toner", "How you change the toner cartridge of the printer"),
            source(2, "Toner levels", "How you see the level of the toner cartridge"),
            source(3, "Vacation", "How you ask for a vacation"),
            Source { is_internal: true, ..source(4, "Toner stock", "Where cartridge stock lies") },
            Source { edition: Edition::Draft, ..source(5, "Toner cartridge", "draft") },
        ]);
        let alike = |id, audience| read(desk, move |work| similar(work, id, audience, 3));
        let ids = |hits: Vec<articles::Hit>| hits.iter().map(|hit| hit.article_id).collect::<Vec<_>>();
        assert_eq!(alike(1, Audience::Public)[0].article_id, 2);
        assert!(!ids(alike(1, Audience::Public)).contains(&4));
        assert!(ids(alike(1, Audience::Staff)).contains(&4));
        assert_eq!(alike(1, Audience::Staff).len(), 3);
        assert!(!ids(alike(2, Audience::Staff)).contains(&5));
        assert!(ids(alike(5, Audience::Staff)).contains(&1));
        assert_eq!((alike(5, Audience::Public).len(), alike(77, Audience::Staff).len()), (0, 0));
    }

    fn any_question_is_answered(desk) {
        index(desk, [source(1, "Any words", "\u{0} \u{feff} <b>bold</b> [x](http://a.b/c)"), source(i64::MAX / 2, "Far words", "x")]);
        let long = "words \" ".repeat(150_000);
        assert_eq!(finds(desk, PUBLIC, &long), [1, i64::MAX / 2]);
        for text in ["\0", "\"", "\"\"", "* OR NOT (", "a\" b\" c\"", "\u{202e}words", "'; drop table x; --"] {
            asked(desk, PUBLIC, text);
        }
        let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
        runner.run(&".*", |text| {
            asked(desk, STAFF, &text);
            Ok(())
        }).unwrap();
    }

    fn taking_out_leaves_nothing(desk) {
        let empty = dump(desk);
        index(desk, [source(1, "Some words", "more words"), source(2, "words", "")]);
        index(desk, [source(1, "Other words", "now")]);
        assert_eq!(finds(desk, PUBLIC, "some more "), [0_i64; 0]);
        is_sound(desk);
        take_out(desk, 1, Edition::Draft);
        take_out(desk, 1, Edition::Published);
        assert_eq!(finds(desk, PUBLIC, "words "), [2]);
        take_out(desk, 2, Edition::Published);
        assert_eq!(dump(desk), empty);
        assert_eq!(desk.number("select count(*) from crm_kb_postings"), 0);
        assert_eq!(desk.number("select count(*) from crm_kb_documents"), 0);
    }

    fn drift_is_told(desk) {
        index(desk, [source(1, "Some words", "more")]);
        let current = |title: &'static str| read(desk, move |work| {
            let source = source(1, title, "more");
            articles::is_current(work, 1, Edition::Published, Some((false, &source.text())))
        });
        assert!(current("Some words") && !current("Some word"));
        assert!(!read(desk, |work| articles::is_current(work, 1, Edition::Published, None)));
        assert!(read(desk, |work| articles::is_current(work, 1, Edition::Draft, None)));
        for change in [
            "update crm_kb_terms set documents = 5 where term = 'some'",
            "update crm_kb_index_totals set length = length + 1 where kind = 'public'",
            "delete from crm_kb_postings where block = 0",
        ] {
            desk.execute(change);
            let told = desk.app.db.read_blocking(Class::Slow, steward::doctor::examine).unwrap();
            assert!(!told.is_empty(), "{change}");
            desk.write(|work| {
                let mut sources = vec![source(1, "Some words", "more")];
                rebuild(work, |_| Ok(std::mem::take(&mut sources)))
            });
            is_sound(desk);
        }
    }

    /// Puts and removals at random against a model that is asked naively; at the end the index is what a rebuild makes.
    fn the_index_equals_a_model(desk) {
        const WORDS: [&str; 12] = ["alpha", "beta", "gamma", "Gammas", "délta", "東京都", "x1", "alphabet", "eta", "the", "of", "a"];
        let text = prop::collection::vec(prop::sample::select(&WORDS[..]), 0..8).prop_map(|words| words.join(" "));
        let change = (0..400_i64, any::<bool>(), prop::option::of((any::<bool>(), text.clone(), text.clone())));
        let change = prop::collection::vec(change, 1..12);
        let mut model: BTreeMap<(i64, Edition), Source> = BTreeMap::new();
        let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
        let model = std::cell::RefCell::new(&mut model);
        runner.run(&(change, text), |(changes, question)| {
            let mut model = model.borrow_mut();
            for (article_id, is_draft, change) in changes {
                let edition = if is_draft { Edition::Draft } else { Edition::Published };
                match change {
                    Some((is_internal, title, content)) => {
                        let source = Source { edition, is_internal, ..source(article_id, &title, &content) };
                        index(desk, [source.clone()]);
                        model.insert((article_id, edition), source);
                    }
                    None => {
                        take_out(desk, article_id, edition);
                        model.remove(&(article_id, edition));
                    }
                }
            }
            is_sound(desk);
            for ask in [PUBLIC, STAFF, Asked { drafts: false, ..STAFF }, Asked { published: false, ..STAFF }] {
                let naive: BTreeSet<i64> = model.values().filter(|source| matches(source, &ask, &question))
                    .map(|source| source.article_id).collect();
                let question = format!("{question} ");
                // What nobody wrote may be taken for a word that is near to it.
                let is_corrected = asked(desk, ask, &question).corrected.is_some();
                prop_assert!(!is_corrected || naive.is_empty(), "{} was there", question);
                if !is_corrected {
                    prop_assert_eq!(finds(desk, ask, &question), naive.into_iter().collect::<Vec<_>>(), "{}", question);
                }
            }
            Ok(())
        }).unwrap();
        let kept = dump(desk);
        let sources: Vec<Source> = model.borrow().values().cloned().collect();
        assert!(sources.len() > 10);
        desk.write(move |work| {
            let mut portions = sources.chunks(7);
            rebuild(work, |_| Ok(portions.next().map(<[Source]>::to_vec).unwrap_or_default()))
        });
        is_sound(desk);
        assert_eq!(dump(desk), kept);
        // And it goes on from there.
        index(desk, [source(500, "unheard alpha", "")]);
        assert_eq!(finds(desk, PUBLIC, "unheard "), [500]);
        is_sound(desk);
    }
}

fn matches(source: &Source, ask: &Asked, question: &str) -> bool {
    let is_seen = match source.edition {
        Edition::Draft => ask.drafts,
        Edition::Published => ask.published && (ask.audience == Audience::Staff || !source.is_internal),
    };
    let word = |word: &str| if word == "Gammas" { "gamma".to_owned() } else { word.to_owned() };
    let text = format!("{} {}", source.title, source.content);
    let words: HashSet<String> = text.split_whitespace().map(word).collect();
    // Stop words find nothing beside others.
    let is_stop = |word: &&str| matches!(*word, "the" | "of" | "a");
    let mut asked: Vec<&str> = question.split_whitespace().collect();
    if !asked.iter().all(is_stop) {
        asked.retain(|word| !is_stop(word));
    }
    is_seen && asked.into_iter().any(|asked| words.contains(&word(asked)))
}

each_engine! {
    /// Two nodes that index at once wait for each other and lose nothing.
    fn writers_of_one_block_follow_one_another(engine) {
        let desk = Arc::new(Desk::new(engine));
        let writers: Vec<_> = (0..4_i64).map(|writer| {
            let desk = desk.clone();
            std::thread::spawn(move || {
                for n in 0..8 {
                    index(&desk, [source(n * 4 + writer, "Shared words", &format!("own{writer} of {n}"))]);
                }
            })
        }).collect();
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(finds(&desk, PUBLIC, "shared ").len(), 32);
        is_sound(&desk);
    }

    /// What a refused transaction indexed is not found.
    fn index_and_change_are_one(engine) {
        let desk = Desk::new(engine);
        let refused = desk.app.write_blocking(Actor::System, |work| {
            let text = ArticleText { title: "Undone words", keywords: &[], tags: &[], summary: "", content: "" };
            put(work, 1, Edition::Published, false, &text)?;
            Err::<(), _>(steward::Error::field("title", "refused"))
        });
        assert!(refused.is_err());
        assert_eq!(finds(&desk, PUBLIC, "undone "), [0_i64; 0]);
        is_sound(&desk);
    }
}
