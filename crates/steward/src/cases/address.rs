//! The filters of a list as they stand in an address: what people read, share and save. `owner_id=me` is whoever looks,
//! `nobody` no owner, and `2026-03-02` a day where the reader is.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::filter::CaseQuery;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::input;

/// What an address shows as it is.
const SHOWN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b',').remove(b':');
/// Parameters that say which part of a list is looked at, not what is in it.
pub const PLACES: [&str; 4] = ["page", "cursor", "limit", "exact"];
/// Parameters that take an instant, and whether a day means its end.
const INSTANTS: [(&str, bool); 10] = [
    ("created_from", false),
    ("created_to", true),
    ("resolved_from", false),
    ("resolved_to", true),
    ("rated_from", false),
    ("rated_to", true),
    ("answered_from", false),
    ("answered_to", true),
    ("updated_since", false),
    ("due_before", true),
];

/// Names and values in their order, each name once; several values are separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address(Vec<(String, String)>);

impl Address {
    /// Reads a query string, as a browser makes one of a form: a name that is given several times has several values.
    pub fn parse(query: &str) -> Result<Address> {
        let mut address = Address::default();
        for (name, value) in input::form_pairs(query)? {
            match address.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) if !values.is_empty() && !value.is_empty() => {
                    values.push(',');
                    values.push_str(&value);
                }
                Some((_, values)) => values.push_str(&value),
                None => address.0.push((name, value)),
            }
        }
        Ok(address)
    }

    /// These filters over those of a view: what is named here counts here, and an empty value takes the view's away.
    pub fn over(&self, base: &Address) -> Address {
        let kept = base.0.iter().filter(|(name, _)| self.get(name).is_none());
        Address(kept.chain(&self.0).filter(|(_, value)| !value.is_empty()).cloned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The values of one name.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.get(name).map(|text| text.split(',').collect()).unwrap_or_default()
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    pub fn without(mut self, names: &[&str]) -> Address {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    pub fn with(self, name: &str, value: impl Into<String>) -> Address {
        let mut changed = self.without(&[name]);
        changed.0.push((name.to_owned(), value.into()));
        changed
    }

    /// As a query string, without the question mark.
    pub fn to_query(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| {
            format!("{}={}", utf8_percent_encode(name, SHOWN), utf8_percent_encode(value, SHOWN))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// What is asked for by the user `me` whose days begin as they do in `zone`. Errors name every parameter at fault.
    pub fn resolve(&self, me: i64, zone: &TimeZone) -> Result<CaseQuery> {
        let mut plain = Address::default();
        for (name, value) in self.0.iter().filter(|(_, value)| !value.is_empty()) {
            if name == "owner_id" {
                plain = plain.owner(value, me)?;
                continue;
            }
            let instant = INSTANTS.iter().find(|(known, _)| known == name);
            let day = instant.and_then(|(_, is_end)| day(value, *is_end, zone));
            plain.0.push((name.clone(), day.map_or_else(|| value.clone(), |at| at.to_string())));
        }
        input::from_query(&plain.to_query())
    }

    fn owner(mut self, value: &str, me: i64) -> Result<Address> {
        if value == "nobody" {
            return Ok(self.with("unassigned", "true"));
        }
        let ids: Vec<String> = value
            .split(',')
            .map(|owner| if owner.trim() == "me" { me.to_string() } else { owner.to_owned() })
            .collect();
        if ids.iter().any(|id| id == "nobody") {
            let fault = Fault::parameter("owner_id", "nobody stands alone: no case has an owner and none");
            return Err(Error::BadQuery(vec![fault]));
        }
        self.0.push(("owner_id".into(), ids.join(",")));
        Ok(self)
    }
}

/// When a day begins, or ends, in a zone.
fn day(text: &str, is_end: bool, zone: &TimeZone) -> Option<Time> {
    let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    let date = if is_end { date.tomorrow().ok()? } else { date };
    let at: Timestamp = date.to_zoned(zone.clone()).ok()?.timestamp();
    Some(at.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Set;

    #[test]
    fn a_form_gives_several_values_to_a_name() {
        let address = Address::parse("status=new&search=&status=open&tag=a+b%26c").unwrap();
        assert_eq!(address.values("status"), ["new", "open"]);
        assert_eq!(address.get("search"), Some(""));
        assert_eq!(address.over(&Address::default()).to_query(), "status=new,open&tag=a%20b%26c");
        assert!(Address::parse("a=%FF").is_err());
    }

    #[test]
    fn what_is_named_counts_over_a_view() {
        let base = Address::parse("owner_id=me&status=new,open&sort=next_due").unwrap();
        let given = Address::parse("status=pending&sort=&team_id=2").unwrap();
        assert_eq!(given.over(&base).to_query(), "owner_id=me&status=pending&team_id=2");
    }

    #[test]
    fn me_nobody_and_days_are_of_whoever_looks() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let resolve = |text: &str| Address::parse(text).unwrap().resolve(7, &zone);
        assert_eq!(resolve("owner_id=me,9").unwrap().owner_id, Some(Set(vec![7, 9])));
        assert_eq!(resolve("owner_id=nobody").unwrap().unassigned, Some(true));
        assert!(resolve("owner_id=nobody,me").is_err() && resolve("owner_id=you").is_err());
        let query = resolve("created_from=2026-03-02&created_to=2026-03-02").unwrap();
        assert_eq!(query.created_from, Time::parse("2026-03-01T23:00:00Z"));
        assert_eq!(query.created_to, Time::parse("2026-03-02T23:00:00Z"));
        assert!(resolve("created_from=2026-02-30").is_err() && resolve("colour=red").is_err());
    }
}
