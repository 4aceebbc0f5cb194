//! Conditions of policies and assignment rules: in words for lists, and as choices for forms.

use std::borrow::Cow;

use super::names::Names;
use crate::cases::priorities::{self, Priority};
use crate::cases::{Channel, case_types};
use crate::error::Result;
use crate::people::Tier;
use crate::sla::conditions::Conditions;
use crate::web::Page;
use crate::work::Work;

/// Something to be ticked.
pub struct Tick {
    pub value: String,
    pub label: String,
    pub is_ticked: bool,
    /// Whether it was deleted since it was chosen.
    pub is_gone: bool,
}

/// Everything that conditions may name, with what they do name.
pub struct Choices {
    pub types: Vec<Tick>,
    pub priorities: Vec<Tick>,
    pub tiers: Vec<Tick>,
    pub channels: Vec<Tick>,
    /// The accounts chosen: id and name.
    pub accounts: Vec<(i64, String)>,
}

/// The things that conditions name, as the audit trail calls them.
fn named(conditions: &Conditions) -> impl Iterator<Item = (&'static str, i64)> {
    let types = conditions.case_type_ids.iter().map(|id| ("case_type", *id));
    let priorities = conditions.priority_ids.iter().map(|id| ("priority", *id));
    types.chain(priorities).chain(conditions.account_ids.iter().map(|id| ("account", *id)))
}

/// The names of all that these conditions name.
pub fn names<'a>(work: &mut Work, all: impl IntoIterator<Item = &'a Conditions>) -> Result<Names> {
    Names::read(work, all.into_iter().flat_map(named))
}

/// The ids among `all` with their names, those chosen ticked; what was deleted since it was chosen comes last.
fn ticks(names: &Names, subject: &str, all: Vec<(i64, String)>, chosen: &[i64]) -> Vec<Tick> {
    let gone: Vec<&i64> = chosen.iter().filter(|id| !all.iter().any(|(known, _)| known == *id)).collect();
    let gone = gone.into_iter().map(|id| Tick {
        value: id.to_string(),
        label: told(names, subject, *id),
        is_ticked: true,
        is_gone: true,
    });
    let known = all.iter().map(|(id, name)| Tick {
        value: id.to_string(),
        label: name.clone(),
        is_ticked: chosen.contains(id),
        is_gone: false,
    });
    known.chain(gone).collect()
}

fn told(names: &Names, subject: &str, id: i64) -> String {
    names.get(subject, &id).map_or_else(|| id.to_string(), |name| name.text.clone())
}

fn words<T: Copy + std::fmt::Display>(page: &Page, kind: &str, all: &[T], chosen: &[String]) -> Vec<Tick> {
    let tick = |word: &T| {
        let value = word.to_string();
        Tick {
            is_ticked: chosen.contains(&value),
            label: page.word(kind, word).into_owned(),
            value,
            is_gone: false,
        }
    };
    all.iter().map(tick).collect()
}

/// The most urgent first.
pub fn urgent_first(work: &mut Work) -> Result<Vec<Priority>> {
    let mut all = priorities::all(work)?;
    all.reverse();
    Ok(all)
}

/// Case types to be ticked.
pub fn named_types(work: &mut Work, chosen: &[i64]) -> Result<Vec<Tick>> {
    let names = Names::read(work, chosen.iter().map(|id| ("case_type", *id)))?;
    let types = case_types::all(work)?.into_iter().map(|one| (one.case_type_id, one.type_name)).collect();
    Ok(ticks(&names, "case_type", types, chosen))
}

/// Reads what conditions may name.
pub fn choices(work: &mut Work, page: &Page, conditions: &Conditions) -> Result<Choices> {
    let names = names(work, [conditions])?;
    let types = case_types::all(work)?.into_iter().map(|one| (one.case_type_id, one.type_name)).collect();
    let all = urgent_first(work)?.into_iter().map(|one| (one.priority_id, one.priority_name)).collect();
    Ok(Choices {
        types: ticks(&names, "case_type", types, &conditions.case_type_ids),
        priorities: ticks(&names, "priority", all, &conditions.priority_ids),
        tiers: words(page, "tier", Tier::ALL, &conditions.account_tiers),
        channels: words(page, "channel", Channel::ALL, &conditions.channels),
        accounts: conditions.account_ids.iter().map(|id| (*id, told(&names, "account", *id))).collect(),
    })
}

/// Conditions in words: what of a case, and what it is to be. Nothing where they hold for every case.
pub fn summary(page: &Page, names: &Names, conditions: &Conditions) -> Vec<(Cow<'static, str>, String)> {
    let things = |subject: &str, ids: &[i64]| -> Vec<String> {
        ids.iter().map(|id| told(names, subject, *id)).collect()
    };
    let words = |kind: &str, chosen: &[String]| -> Vec<String> {
        chosen.iter().map(|word| page.word(kind, word).into_owned()).collect()
    };
    let parts = [
        ("conditions-types", things("case_type", &conditions.case_type_ids)),
        ("conditions-priorities", things("priority", &conditions.priority_ids)),
        ("conditions-tiers", words("tier", &conditions.account_tiers)),
        ("conditions-accounts", things("account", &conditions.account_ids)),
        ("conditions-channels", words("channel", &conditions.channels)),
    ];
    let parts = parts.into_iter().filter(|(_, values)| !values.is_empty());
    parts.map(|(message, values)| (page.say(message), values.join(", "))).collect()
}
