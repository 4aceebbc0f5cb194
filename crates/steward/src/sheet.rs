//! CSV for spreadsheets: RFC 4180, UTF-8, times in a zone, and no cell that a spreadsheet would run as a formula.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, TryStreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Describe, Operation};

/// How long the next rows may take to be read while a sheet is under way: several slow reads' worth.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file to be saved.
pub struct Sheet {
    name: String,
    body: Body,
}

impl Sheet {
    pub fn whole(name: impl Into<String>, text: Vec<u8>) -> Sheet {
        Sheet { name: name.into(), body: text.into() }
    }

    /// A sheet whose parts are made as the client takes them. Where a part fails, the connection is cut, so that half a
    /// sheet is not taken for a whole one.
    pub fn streamed(
        name: impl Into<String>,
        parts: impl Stream<Item = Result<Vec<u8>>> + Send + 'static,
    ) -> Sheet {
        let parts = parts.map_ok(Bytes::from).map_err(|error| {
            tracing::warn!(%error, "an export ended early");
            std::io::Error::other(error.to_string())
        });
        Sheet { name: name.into(), body: Body::from_stream(parts) }
    }
}

/// Waits for a part, but not for ever.
pub async fn in_time<T>(part: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::Db(db::Error::Unavailable("the export's next rows took too long".into()));
    tokio::time::timeout(PATIENCE, part).await.map_err(late)?
}

impl IntoResponse for Sheet {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        );
        if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{}\"", self.name)) {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}

impl Describe for Sheet {
    fn describe(operation: &mut Operation<'_>) {
        operation.responses.insert(
            200,
            json!({ "description": "A CSV file", "content": { "text/csv": { "schema": { "type": "string" } } } }),
        );
    }
}

/// Rows as CSV. What begins like a formula is made text by an apostrophe.
pub struct Writer {
    csv: csv::Writer<Vec<u8>>,
    zone: TimeZone,
}

impl Writer {
    pub fn new(zone: TimeZone) -> Writer {
        let csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        Writer { csv, zone }
    }

    pub fn names(&mut self, names: &[impl AsRef<str>]) -> Result<()> {
        self.csv.write_record(names.iter().map(AsRef::as_ref)).map_err(unwritable)
    }

    /// A row: the fields of these names, in their order.
    pub fn row(&mut self, names: &[impl AsRef<str>], fields: &Map<String, Value>) -> Result<()> {
        for name in names {
            let cell =
                fields.get(name.as_ref()).map_or(String::new(), |value| self.cell(name.as_ref(), value));
            self.csv.write_field(cell).map_err(unwritable)?;
        }
        self.csv.write_record(None::<&[u8]>).map_err(unwritable)
    }

    fn cell(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Null | Value::Object(_) => String::new(),
            Value::String(text) => match self.instant(name, text) {
                Some(local) => local,
                None => harmless(text),
            },
            Value::Array(parts) => {
                let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                harmless(&parts.join(", "))
            }
            number => number.to_string(),
        }
    }

    /// A field that is an instant, in the zone, with its offset.
    fn instant(&self, name: &str, text: &str) -> Option<String> {
        let is_time = name.ends_with("_at") || name.ends_with("_due") || matches!(name, "from" | "to");
        let time = Time::parse(text).filter(|_| is_time)?;
        let local = Timestamp::from(time).to_zoned(self.zone.clone());
        Some(local.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string())
    }

    pub fn into_bytes(self) -> Result<Vec<u8>> {
        self.csv.into_inner().map_err(|error| unwritable(error.into_error().into()))
    }
}

/// Spreadsheets run what begins so; also within a cell where they, as in German, part cells by semicolons, for which the
/// quotes of this file are none: there a semicolon, a tab or a new line begins another cell.
fn harmless(text: &str) -> String {
    const RUN: [char; 4] = ['=', '+', '-', '@'];
    let mut safe = String::with_capacity(text.len() + 1);
    if text.starts_with(['\t', '\r', '\n']) {
        safe.push('\'');
    }
    let mut begins = true;
    for c in text.chars() {
        if begins && RUN.contains(&c) {
            safe.push('\'');
        }
        begins = matches!(c, ';' | '\t' | '\r' | '\n');
        safe.push(c);
    }
    safe
}

/// Writing into memory fails for nothing but a fault of ours.
fn unwritable(error: csv::Error) -> Error {
    Error::Db(db::Error::Decode(format!("a CSV row: {error}")))
}
