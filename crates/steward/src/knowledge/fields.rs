//! What an article's fields take.

use std::ops::Deref;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::slugs;
use crate::input::{Faults, Field, Line};

/// Tags or keywords that an article may have (spec 11).
const MOST: usize = 200;

/// A summary: up to 2,000 characters, perhaps none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary(pub String);

impl Field for Summary {
    fn from_json(value: Value) -> Result<Self, Faults> {
        if value.as_str().is_some_and(|text| text.trim().is_empty() && !text.contains('\0')) {
            return Ok(Summary(String::new()));
        }
        Line::<2000>::from_json(value).map(|line| Summary(line.into_string()))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 2000 })
    }
}

/// Words in the order in which they were given, each once.
fn labels(value: Value, shape: impl Fn(&str) -> String) -> Result<Vec<String>, Faults> {
    let mut labels: Vec<String> = Vec::new();
    for line in Vec::<Line<100>>::from_json(value)? {
        // A comma separates tags in filters; lower case may be longer than what it came from.
        let label = shape(line.replace(',', " ").trim());
        if label.chars().count() > 100 {
            return Err(Faults::one(format!("{label:?} has more than 100 characters")));
        }
        if !label.is_empty() && !labels.contains(&label) {
            labels.push(label);
        }
    }
    if labels.len() > MOST {
        return Err(Faults::one(format!("has {} entries; at most {MOST} are allowed", labels.len())));
    }
    Ok(labels)
}

fn labels_schema() -> Schema {
    json_schema!({
        "type": "array", "items": { "type": "string", "minLength": 1, "maxLength": 100 }, "maxItems": MOST
    })
}

/// One tag as it is stored.
pub fn normal(tag: &str) -> String {
    tag.trim().to_lowercase()
}

/// Tags: lower-cased, trimmed, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(pub Vec<String>);

impl Field for Tags {
    fn from_json(value: Value) -> Result<Self, Faults> {
        labels(value, normal).map(Tags)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        labels_schema()
    }
}

/// Words that an article is to be found by: as written, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keywords(pub Vec<String>);

impl Field for Keywords {
    fn from_json(value: Value) -> Result<Self, Faults> {
        labels(value, str::to_owned).map(Keywords)
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        labels_schema()
    }
}

/// Up to 50 articles, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArticleIds(pub Vec<i64>);

impl Field for ArticleIds {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let mut ids: Vec<i64> = Vec::new();
        for id in Vec::<i64>::from_json(value)? {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if ids.len() > 50 {
            return Err(Faults::one(format!("names {} articles; at most 50 are allowed", ids.len())));
        }
        Ok(ArticleIds(ids))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": <i64 as Field>::schema(generator), "maxItems": 50 })
    }
}

/// The last part of an article's address, made readable: letters and digits with hyphens between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slug(String);

impl Deref for Slug {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Field for Slug {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let line = Line::<200>::from_json(value)?;
        slugs::slug_of(&line).map(Slug).ok_or_else(|| Faults::one("is to hold a letter or a digit"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 200 })
    }
}
