//! Lists: `page` and `limit`, or `cursor` by keyset, and the `pagination` that answers them (spec 1).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Fault, Result};
use crate::input::{Faults, Field, Int};

/// The last row that `page` reaches; a cursor goes on.
pub const REACH: i64 = 10_000;

pub type PageNumber = Int<1, 1_000_000_000>;
pub type Limit = Int<1, 200>;

/// Where a list goes on: the sort values of the last row shown, opaque to the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor(pub Vec<Value>);

impl Cursor {
    pub fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Value::Array(self.0.clone()).to_string())
    }

    pub fn decode(text: &str) -> Result<Cursor> {
        Cursor::from_json(text.into()).map_err(|_| Cursor::foreign())
    }

    /// The values, if there are as many as the sort needs.
    pub fn values<const N: usize>(&self) -> Result<&[Value; N]> {
        self.0.as_slice().try_into().map_err(|_| Cursor::foreign())
    }

    /// The error for a cursor that is not of this list and sort.
    pub fn foreign() -> Error {
        Error::BadQuery(vec![Fault::parameter(
            "cursor",
            "is not from this list in this order; start again without it",
        )])
    }
}

impl Field for Cursor {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let decoded = value.as_str().and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        match decoded.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(Value::Array(values)) => Ok(Cursor(values)),
            _ => Err(Faults::one("is to be a next_cursor that was answered before")),
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// What part of a list is asked for.
#[derive(Debug, Clone)]
pub struct Paging {
    pub page: i64,
    pub limit: i64,
    pub cursor: Option<Cursor>,
}

impl Paging {
    /// Checks the three together. `default_limit` stands where none is given.
    pub fn new(
        page: Option<PageNumber>,
        limit: Option<Limit>,
        cursor: Option<Cursor>,
        default_limit: i64,
    ) -> Result<Paging> {
        if page.is_some() && cursor.is_some() {
            let message = "page and cursor exclude each other: name one";
            return Err(Error::BadQuery(vec![
                Fault::parameter("page", message),
                Fault::parameter("cursor", message),
            ]));
        }
        let paging = Paging {
            page: page.map_or(1, |page| page.0),
            limit: limit.map_or(default_limit, |limit| limit.0),
            cursor,
        };
        if paging.page > 1 && paging.page * paging.limit > REACH {
            let message = format!("reaches row {REACH}; follow next_cursor beyond");
            return Err(Error::Invalid(vec![Fault::parameter("page", message)]));
        }
        Ok(paging)
    }

    pub fn offset(&self) -> i64 {
        if self.cursor.is_some() { 0 } else { (self.page - 1) * self.limit }
    }

    /// Cuts `rows`, read with `limit + 1`, to the page, and says how the list goes on. `key` gives a row's sort values.
    pub fn answer<T>(&self, rows: &mut Vec<T>, total: Total, key: impl Fn(&T) -> Vec<Value>) -> Pagination {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| Cursor(key(last)).encode());
        Pagination {
            page: self.page,
            limit: self.limit,
            total: total.rows,
            pages: (total.rows + self.limit - 1) / self.limit,
            next_cursor,
            total_is_exact: total.is_exact,
        }
    }
}

crate::input! {
    /// A page of a list that is short enough to be read whole.
    pub struct PageQuery {
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

/// Rows of a short list on a page where none is asked for.
const SHORT: i64 = 50;

impl PageQuery {
    /// The page of a list that was read whole, in its order: what people set up in tens, such as rules.
    pub fn cut<T>(&self, rows: Vec<T>) -> Result<(Vec<T>, Pagination)> {
        let paging = Paging::new(self.page, self.limit, self.cursor.clone(), SHORT)?;
        let skipped = match &paging.cursor {
            None => paging.offset(),
            Some(cursor) => {
                let [word, skipped] = cursor.values()?;
                skipped.as_i64().filter(|at| *word == "row" && *at >= 0).ok_or_else(Cursor::foreign)?
            }
        };
        let total = Total::exact(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        let mut page: Vec<T> =
            rows.into_iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)).collect();
        let pagination =
            paging.answer(&mut page, total, |_| vec!["row".into(), (skipped + paging.limit).into()]);
        Ok((page, pagination))
    }
}

/// How many rows there are in all; counting stops at 10,000 where nothing cheaper knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub rows: i64,
    pub is_exact: bool,
}

impl Total {
    pub fn exact(rows: i64) -> Total {
        Total { rows, is_exact: true }
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Pagination {
    pub page: i64,
    pub limit: i64,
    pub total: i64,
    pub pages: i64,
    /// Continues the list by keyset, stable while rows are added; null at the end.
    pub next_cursor: Option<String>,
    /// False where counting stopped at 10,000; `exact=true` counts on.
    pub total_is_exact: bool,
}
