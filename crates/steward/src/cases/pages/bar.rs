//! The filters over a list: a bar of fields, and what is chosen as chips that can be taken away.

use std::borrow::Cow;

use serde_json::json;

use super::list::Place;
use crate::cases::address::{Address, PLACES};
use crate::cases::filter::SlaClock;
use crate::cases::{Channel, Status};
use crate::error::Result;
use crate::web::{Choice, Choices, Page};
use crate::work::Work;

/// What has a field of its own; other filters of an address are kept along.
const FIELDS: [&str; 11] = [
    "search",
    "status",
    "priority_id",
    "owner_id",
    "team_id",
    "sla_clock",
    "case_type_id",
    "channel",
    "tag",
    "created_from",
    "created_to",
];
/// Fields that a view of the desk does not offer where it is made of them.
const FIXED: [&str; 4] = ["owner_id", "team_id", "sla_clock", "sla_violated"];

/// A field that takes one choice, or shows that an address has several.
pub struct Picks {
    pub name: &'static str,
    pub label: Cow<'static, str>,
    pub any: Cow<'static, str>,
    pub options: Vec<(String, Cow<'static, str>)>,
    /// As it stands in the address.
    pub chosen: String,
    /// What is chosen is none of the options: several, or what is not offered any more.
    pub is_other: bool,
}

impl Picks {
    fn new(
        page: &Page,
        name: &'static str,
        [label, any]: [&str; 2],
        chosen: &str,
        options: Vec<(String, Cow<'static, str>)>,
    ) -> Picks {
        let is_other = !chosen.is_empty() && !options.iter().any(|(value, _)| value == chosen);
        Picks {
            name,
            label: page.say(label),
            any: page.say(any),
            options,
            chosen: chosen.to_owned(),
            is_other,
        }
    }
}

/// The fields over a list.
pub struct Bar {
    pub search: String,
    /// Checked statuses; in a view of the desk only those that narrow it.
    pub status: Vec<Status>,
    /// Fields that are always in sight, and those behind "More".
    pub picks: Vec<Picks>,
    pub more: Vec<Picks>,
    pub tag: String,
    pub created_from: String,
    pub created_to: String,
    /// Filters without a field.
    pub kept: Vec<(String, String)>,
    /// Whether anything behind "More" is chosen.
    pub is_unfolded: bool,
    /// Names whose empty field takes a saved view's filter away.
    pub base: String,
    pub choices: Choices,
}

fn options(choices: &[Choice]) -> Vec<(String, Cow<'static, str>)> {
    choices.iter().map(|choice| (choice.id.to_string(), choice.name.clone().into())).collect()
}

fn is_day(text: &str) -> bool {
    text.len() == 10
}

impl Bar {
    pub fn of(page: &Page, place: &Place, address: &Address, choices: Choices) -> Bar {
        let is_own = |name: &str| place.is_fixed() && place.base.get(name) == address.get(name);
        let chosen = |name: &str| address.get(name).filter(|_| !is_own(name)).unwrap_or("");
        let clocks = SlaClock::ALL
            .iter()
            .map(|clock| (clock.word().to_owned(), page.word("sla", clock.word())))
            .collect();
        let mut owners = vec![("me".into(), page.say("owner-me")), ("nobody".into(), page.say("nobody"))];
        owners.extend(options(&choices.owners));
        let channels = Channel::ALL
            .iter()
            .map(|channel| (channel.word().to_owned(), page.word("channel", channel.word())))
            .collect();
        let pick = |name, words, options| Picks::new(page, name, words, chosen(name), options);
        let mut picks = vec![
            pick("priority_id", ["field-priority", "any-priority"], options(&choices.priorities)),
            pick("owner_id", ["field-owner", "any-owner"], owners),
            pick("team_id", ["field-team", "any-team"], options(&choices.teams)),
            pick("sla_clock", ["field-due", "any-due"], clocks),
        ];
        let has_own = |name: &str| place.is_fixed() && place.base.get(name).is_some();
        picks.retain(|pick| !(FIXED.contains(&pick.name) && has_own(pick.name)));
        let more = vec![
            pick("case_type_id", ["field-type", "any-type"], options(&choices.types)),
            pick("channel", ["field-channel", "any-channel"], channels),
        ];
        let day = |name: &str| Some(chosen(name)).filter(|text| is_day(text)).unwrap_or("").to_owned();
        let has_field = |name: &str, value: &str| {
            FIELDS.contains(&name) && (is_day(value) || !name.starts_with("created_"))
        };
        let kept = address.pairs().iter().filter(|(name, value)| {
            let is_given = place.base.get(name) != Some(value);
            is_given && !has_field(name, value) && !["page", "cursor", "exact"].contains(&name.as_str())
        });
        let statuses = if is_own("status") { Vec::new() } else { address.values("status") };
        let base = if place.is_fixed() { Vec::new() } else { place.base.pairs().to_vec() };
        Bar {
            search: chosen("search").to_owned(),
            status: statuses.into_iter().filter_map(Status::from_word).collect(),
            is_unfolded: ["case_type_id", "channel", "tag", "created_from", "created_to"]
                .iter()
                .any(|name| !chosen(name).is_empty()),
            picks,
            more,
            tag: chosen("tag").to_owned(),
            created_from: day("created_from"),
            created_to: day("created_to"),
            kept: kept.cloned().collect(),
            base: base.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(","),
            choices,
        }
    }
}

/// A filter that is chosen.
pub struct Chip {
    pub name: Cow<'static, str>,
    /// Empty where the name says it all.
    pub value: String,
    /// The list without it.
    pub href: String,
}

impl Chip {
    /// The filters of an address in words, but for what the place is made of and what its fields show better.
    pub fn all(
        work: &mut Work,
        page: &Page,
        place: &Place,
        address: &Address,
        choices: &Choices,
    ) -> Result<Vec<Chip>> {
        let bare = address.clone().without(&["cursor"]);
        let mut chips = Vec::new();
        for (name, value) in address.pairs() {
            let is_own = place.is_fixed() && place.base.get(name) == Some(value);
            if is_own || PLACES.contains(&name.as_str()) || name == "sort" || name == "search" {
                continue;
            }
            // In a view of the desk, taking a filter away brings the view's own back.
            let own = place.base.get(name).filter(|_| place.is_fixed());
            let rest = bare.clone().without(&[name.as_str()]);
            let rest = own.map_or(rest.clone(), |own| rest.with(name, own));
            let (label, told) = match value.as_str() {
                "true" => (page.word("filter", name), String::new()),
                "false" => (page.word("filter", name), page.say("filter-no").into_owned()),
                _ => (page.word("filter", name), told(work, page, name, address, choices)?),
            };
            chips.push(Chip { name: label, value: told, href: place.link(&rest) });
        }
        Ok(chips)
    }
}

/// The values of a filter in words.
fn told(work: &mut Work, page: &Page, name: &str, address: &Address, choices: &Choices) -> Result<String> {
    let values = address.values(name);
    let kind = match name {
        "status" => "status",
        "channel" => "channel",
        "sla_clock" => "sla",
        "breached" | "attained" => "target",
        "owner_id" => "owner",
        _ => "",
    };
    let listed = match name {
        "priority_id" => &choices.priorities,
        "case_type_id" => &choices.types,
        "owner_id" => &choices.owners,
        "team_id" => &choices.teams,
        "contact_id" | "account_id" => return names(work, name, &values),
        _ => &Vec::new(),
    };
    let words = values.iter().map(|value| {
        let choice = listed.iter().find(|choice| choice.id.to_string() == *value);
        match choice {
            Some(choice) => choice.name.clone(),
            None if !kind.is_empty() => page.word(kind, value).into_owned(),
            None => match crate::clock::Time::parse(value) {
                Some(at) => page.moment(&at),
                None => (*value).to_owned(),
            },
        }
    });
    Ok(words.collect::<Vec<_>>().join(", "))
}

/// The names of customers.
fn names(work: &mut Work, field: &str, ids: &[&str]) -> Result<String> {
    let ids: Vec<i64> = ids.iter().filter_map(|id| id.parse().ok()).take(20).collect();
    let among = work.dialect().among_ints(field, "$1");
    let sql = match field {
        "account_id" => {
            format!("select account_name as name from crm_accounts where {among} order by name_key")
        }
        _ => format!("select name from crm_contacts where {among} order by name_key"),
    };
    let names: Vec<(String,)> = work.query(&sql, &[&json!(ids)])?;
    Ok(names.into_iter().map(|(name,)| name).collect::<Vec<_>>().join(", "))
}
