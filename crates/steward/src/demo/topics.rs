//! What customers write about: topics by case type. The product is Harbor, planning software of a company that does
//! not exist.

mod billing;
mod bugs;
mod features;
mod questions;
mod support;
mod training;

use fastrand::Rng;

/// One thing that goes wrong or is asked for, with the words of everybody involved.
#[derive(Debug)]
pub struct Topic {
    pub subjects: &'static [&'static str],
    /// What the customer writes first.
    pub problems: &'static [&'static str],
    /// What the agent asks back, and the customer's answers to that.
    pub asks: &'static [&'static str],
    pub answers: &'static [&'static str],
    /// What users write among themselves.
    pub notes: &'static [&'static str],
    /// What solves it.
    pub cures: &'static [&'static str],
    pub tags: &'static [&'static str],
}

/// The topics of a case type of the reference data.
pub fn of_type(case_type_id: i64) -> &'static [Topic] {
    match case_type_id {
        1 => bugs::TOPICS,
        2 => questions::TOPICS,
        3 => features::TOPICS,
        4 => support::TOPICS,
        5 => billing::TOPICS,
        _ => training::TOPICS,
    }
}

const VERSIONS: &[&str] = &["2.0", "2.0.1", "2.1", "2.1.3", "2.2", "2.3"];
const BROWSERS: &[&str] = &["Firefox", "Chrome", "Safari", "Edge"];
const SYSTEMS: &[&str] =
    &["Windows 11", "Windows 10", "macOS 15", "Debian 13", "Ubuntu 24.04", "Android 16", "iOS 19"];
const DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

/// What the slots of the texts stand for in one case: the same throughout.
pub struct Slots([(&'static str, String); 9]);

impl Slots {
    pub fn draw(rng: &mut Rng) -> Slots {
        let pick = |rng: &mut Rng, words: &[&str]| words[rng.usize(..words.len())].to_owned();
        Slots([
            ("{version}", pick(rng, VERSIONS)),
            ("{browser}", pick(rng, BROWSERS)),
            ("{system}", pick(rng, SYSTEMS)),
            ("{day}", pick(rng, DAYS)),
            ("{count}", rng.u32(3..40).to_string()),
            ("{time}", format!("{:02}:{:02}", rng.u32(7..19), rng.u32(0..60))),
            ("{code}", format!("{:08x}", rng.u32(..))),
            ("{amount}", format!("{}.{:02} EUR", rng.u32(20..900), rng.u32(0..100))),
            ("{invoice}", format!("HB-{}", rng.u32(20_000..60_000))),
        ])
    }

    /// The text with its slots filled.
    pub fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            let slot = self.0.iter().find(|(name, _)| *name == &rest[..end]);
            out.push_str(slot.map_or(&rest[..end], |(_, word)| word));
            rest = &rest[end..];
        }
        out.push_str(rest);
        out
    }
}
