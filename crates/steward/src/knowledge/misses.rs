//! Searches without a result: what an article is missing for. Counted in memory as readers search, written in batches,
//! so that no search waits for the disk. What is kept names nobody: no address, no long number, nothing long; and it is
//! forgotten 90 days after it was last asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use unicode_normalization::UnicodeNormalization;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::{Actor, Work};

/// Characters of what is kept; a longer question is not kept at all.
const LONGEST: usize = 100;
/// Digits in a row, blanks and hyphens between them not counted, that may belong to somebody: a telephone, an order.
const TELLING: usize = 4;
/// Different questions that wait to be written.
const WAITING: usize = 1_000;
/// Questions that are kept.
const KEPT: i64 = 5_000;
/// Days since a question was last asked for which it is kept.
const KEPT_DAYS: i64 = 90;
/// Questions written in one transaction.
const PORTION: usize = 100;

/// Questions that are not in the database yet: how often, and when last.
#[derive(Default)]
pub struct Misses(Mutex<BTreeMap<String, (i64, Time)>>);

impl Misses {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (i64, Time)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a question that found nothing, if it may be kept.
    pub fn note(&self, question: &str, now: Time) {
        let Some(words) = keepable(question) else { return };
        let mut waiting = self.lock();
        if waiting.len() >= WAITING && !waiting.contains_key(&words) {
            return;
        }
        let (count, last) = waiting.entry(words).or_insert((0, now));
        *count += 1;
        *last = now;
    }

    fn portion(&self) -> Vec<(String, i64, Time)> {
        let waiting = self.lock();
        waiting.iter().take(PORTION).map(|(words, (count, last))| (words.clone(), *count, *last)).collect()
    }

    /// Takes off what has been written. What was asked meanwhile stays.
    fn take_off(&self, written: &[(String, i64, Time)]) {
        let mut waiting = self.lock();
        for (words, number, _) in written {
            if let Some((count, _)) = waiting.get_mut(words) {
                *count -= number;
                if *count <= 0 {
                    waiting.remove(words);
                }
            }
        }
    }
}

fn digits(word: &str) -> usize {
    word.chars().filter(|c| c.is_numeric()).count()
}

/// Numbers that stand side by side are one: kept if that is short.
fn settle_numbers<'a>(numbers: &mut Vec<&'a str>, words: &mut Vec<&'a str>) {
    if numbers.iter().map(|word| digits(word)).sum::<usize>() < TELLING {
        words.append(numbers);
    }
    numbers.clear();
}

/// What of a question is kept: its words in lower case without those that could tell who asked. `None` where nothing
/// is left, or too much.
fn keepable(question: &str) -> Option<String> {
    // Looked at no further than what could be kept even if most of it is dropped.
    if question.len() > 20 * LONGEST {
        return None;
    }
    let folded: String = question.nfkc().flat_map(char::to_lowercase).collect();
    let mut words: Vec<&str> = Vec::new();
    let mut numbers: Vec<&str> = Vec::new();
    for word in folded.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !word.chars().any(char::is_alphabetic) {
            numbers.push(word);
            continue;
        }
        settle_numbers(&mut numbers, &mut words);
        if !word.contains('@') && digits(word) < TELLING {
            words.push(word);
        }
    }
    settle_numbers(&mut numbers, &mut words);
    let text = words.join(" ");
    ((1..=LONGEST).contains(&text.chars().count()) && text.chars().any(char::is_alphanumeric)).then_some(text)
}

/// Writes what has been asked in vain.
pub async fn flush(app: &App) -> Result<()> {
    loop {
        let portion = app.knowledge.misses.portion();
        if portion.is_empty() {
            return Ok(());
        }
        let rows = portion.clone();
        match app.write(Actor::System, move |work| write(work, &rows)).await {
            // Written twice would be worse than lost.
            Ok(()) | Err(Error::Db(db::Error::OutcomeUnknown(_))) => app.knowledge.misses.take_off(&portion),
            Err(error) => return Err(error),
        }
    }
}

/// In the order of the words, so that two nodes do not wait for each other in a circle.
fn write(work: &mut Work, rows: &[(String, i64, Time)]) -> Result<()> {
    for (words, count, last) in rows {
        work.execute(
            "insert into crm_kb_search_misses (query_text, asked_count, first_asked_at, last_asked_at)
             values ($1, $2, $3, $3)
             on conflict (query_text) do update set
                 asked_count = crm_kb_search_misses.asked_count + excluded.asked_count,
                 last_asked_at = excluded.last_asked_at",
            &[words, count, last],
        )?;
    }
    // Of too many, the ones asked least and longest ago go.
    work.execute(
        "delete from crm_kb_search_misses where query_text in (
             select query_text from crm_kb_search_misses
             order by asked_count desc, last_asked_at desc, query_text limit 100000 offset $1)",
        &[&KEPT],
    )?;
    Ok(())
}

/// Drops what was last asked long ago.
pub fn forget_old(work: &mut Work) -> Result<()> {
    let until: Time = work.now.plus_days(-KEPT_DAYS);
    work.execute("delete from crm_kb_search_misses where last_asked_at < $1", &[&until])?;
    Ok(())
}

db::record! {
    /// What was looked for in vain.
    pub struct Miss {
        pub query_text: String,
        pub asked_count: i64,
        pub last_asked_at: Time,
    }
}

/// The questions asked most in vain, those since `KEPT_DAYS` days.
pub fn most_asked(work: &mut Work, limit: i64) -> Result<Vec<Miss>> {
    let since: Time = work.now.plus_days(-KEPT_DAYS);
    work.query(
        "select query_text, asked_count, last_asked_at from crm_kb_search_misses where last_asked_at >= $1
         order by asked_count desc, last_asked_at desc, query_text limit $2",
        &[&since, &limit],
    )
}

/// Drops a question that somebody has seen to.
pub fn settle(work: &mut Work, words: &str) -> Result<()> {
    work.execute("delete from crm_kb_search_misses where query_text = $1", &[&words])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_names_nobody() {
        for (question, kept) in [
            ("  Printer\tON   Fire ", Some("printer on fire")),
            ("refund for ana@example.com please", Some("refund for please")),
            ("ana@example.com", None),
            ("order 12345678 late", Some("order late")),
            ("call +49 171 123 45 67 now", Some("call now")),
            ("error 404 on windows 11", Some("error 404 on windows 11")),
            ("case-000123", None),
            ("IBAN de89370400440532013000", Some("iban")),
            ("１２３４５ Ｆｕｌｌ", Some("full")),
            ("?!", None),
            ("", None),
        ] {
            assert_eq!(keepable(question).as_deref(), kept, "{question:?}");
        }
        assert_eq!(keepable(&"a".repeat(101)), None);
        assert_eq!(keepable(&"a ".repeat(50)).unwrap().len(), 99);
        assert_eq!(keepable(&"a".repeat(1_000_000)), None);
    }

    #[test]
    fn memory_does_not_grow_with_questions() {
        let (misses, now) = (Misses::default(), Time::from_millis(1_000_000_000_000));
        for first in 'a'..='z' {
            for second in 'a'..='z' {
                for third in ["x", "y", "z"] {
                    misses.note(&format!("{first}{second}{third}"), now);
                }
            }
        }
        assert_eq!(misses.lock().len(), WAITING);
        misses.note("aax", now);
        assert_eq!(misses.lock()["aax"].0, 2);
        let portion = misses.portion();
        misses.note("aax", now);
        misses.take_off(&portion);
        assert_eq!(misses.lock()["aax"].0, 1);
        assert_eq!(misses.lock().len(), WAITING - PORTION + 1);
    }
}
