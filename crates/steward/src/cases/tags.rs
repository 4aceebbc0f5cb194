//! Tags: lower-cased, trimmed, unique on the case (spec 4).

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::error::Result;
use crate::events::Event;
use crate::input::{Faults, Field, Line};
use crate::work::Work;

/// The most tags that a case may have (spec 11).
const MOST: usize = 200;

/// A case's tags, normalised and sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(pub Vec<String>);

/// One tag as it is stored.
pub fn normal(tag: &str) -> String {
    tag.trim().to_lowercase()
}

impl Field for Tags {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let tags = Vec::<Line<100>>::from_json(value)?;
        // A comma separates tags in filters; lower case may be longer than what it came from.
        let mut tags: Vec<String> = tags.iter().map(|tag| normal(&tag.replace(',', " "))).collect();
        tags.retain(|tag| !tag.is_empty());
        tags.sort_unstable();
        tags.dedup();
        if let Some(tag) = tags.iter().find(|tag| tag.chars().count() > 100) {
            return Err(Faults::one(format!("{tag:?} has more than 100 characters")));
        }
        if tags.len() > MOST {
            return Err(Faults::one(format!("has {} tags; at most {MOST} are allowed", tags.len())));
        }
        Ok(Tags(tags))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array", "items": { "type": "string", "minLength": 1, "maxLength": 100 }, "maxItems": MOST
        })
    }
}

pub fn of(work: &mut Work, case_id: i64) -> Result<Vec<String>> {
    let tags: Vec<(String,)> =
        work.query("select tag from crm_case_tags where case_id = $1 order by tag", &[&case_id])?;
    Ok(tags.into_iter().map(|(tag,)| tag).collect())
}

/// Makes the case's tags exactly these. Answers whether anything changed.
pub fn set(work: &mut Work, case_id: i64, tags: &Tags) -> Result<bool> {
    let present = of(work, case_id)?;
    let added: Vec<String> = tags.0.iter().filter(|tag| !present.contains(tag)).cloned().collect();
    let removed: Vec<String> = present.into_iter().filter(|tag| !tags.0.contains(tag)).collect();
    change(work, case_id, added, removed)
}

/// Adds and removes tags; those that are there, or not there, already are left alone.
pub fn amend(work: &mut Work, case_id: i64, add: &Tags, remove: &Tags) -> Result<bool> {
    let present = of(work, case_id)?;
    let added: Vec<String> = add.0.iter().filter(|tag| !present.contains(tag)).cloned().collect();
    let removed: Vec<String> =
        remove.0.iter().filter(|tag| present.contains(tag) && !add.0.contains(tag)).cloned().collect();
    if present.len() + added.len() - removed.len() > MOST {
        return Err(crate::Error::field("add_tags", format!("the case would have more than {MOST} tags")));
    }
    change(work, case_id, added, removed)
}

fn change(work: &mut Work, case_id: i64, added: Vec<String>, removed: Vec<String>) -> Result<bool> {
    if added.is_empty() && removed.is_empty() {
        return Ok(false);
    }
    for tag in &added {
        let now = work.now;
        work.execute(
            "insert into crm_case_tags (case_id, tag, created_at) values ($1, $2, $3) on conflict do nothing",
            &[&case_id, tag, &now],
        )?;
    }
    for tag in &removed {
        work.execute("delete from crm_case_tags where case_id = $1 and tag = $2", &[&case_id, tag])?;
    }
    work.record(case_id, &Event::Tagged { added, removed })?;
    Ok(true)
}
