//! Extractors for what a request carries: path ids, queries, JSON bodies.

use std::sync::Arc;

use axum::body::Body as HttpBody;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header;
use axum::http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value, json};

use super::App;
use super::caller::RequestFacts;
use super::endpoint::{Describe, Operation};
use crate::error::{Error, Result};
use crate::input::{self, Input};

/// The largest JSON body, in bytes (spec 11).
pub const JSON_BYTES: usize = 2_000_000;
/// The deepest nesting of a JSON body (spec 11).
pub const JSON_DEPTH: usize = 64;

/// The path's ids in order: `Path([case_id, comment_id])`. What is no id names nothing: 404.
pub struct Path<const N: usize>(pub [i64; N]);

impl<const N: usize> FromRequestParts<App> for Path<N> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let nothing = || Error::NotFound("thing: an id in the path is an integer from 1");
        let raw = RawPathParams::from_request_parts(parts, app).await.map_err(|_| nothing())?;
        let mut ids = [0; N];
        let mut given = raw.iter();
        for id in &mut ids {
            let (_, text) = given.next().ok_or_else(nothing)?;
            *id = text.parse().ok().filter(|id| *id >= 1).ok_or_else(nothing)?;
        }
        Ok(Path(ids))
    }
}

impl<const N: usize> Describe for Path<N> {
    fn describe(operation: &mut Operation<'_>) {
        for name in operation.path_parameters.clone() {
            operation.parameters.push(json!({
                "name": name, "in": "path", "required": true,
                "schema": { "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX }
            }));
        }
        operation.problem(404, "No such thing, or not for the caller's eyes");
    }
}

/// A query, every parameter at fault named.
pub struct Query<T>(pub T);

impl<T: Input> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        input::from_query(parts.uri.query().unwrap_or("")).map(Query)
    }
}

impl<T: Input> Describe for Query<T> {
    fn describe(operation: &mut Operation<'_>) {
        for property in T::properties(operation.generator) {
            let mut schema = property.schema;
            // In a query there is no null: a parameter is there or not.
            if let Some(kind) = schema.get_mut("type")
                && let Value::Array(kinds) = kind
            {
                kinds.retain(|kind| kind != "null");
                *kind = kinds.first().cloned().unwrap_or(Value::Null);
            }
            if let Some(Value::Array(words)) = schema.get_mut("enum") {
                words.retain(|word| !word.is_null());
            }
            operation.parameters.push(json!({
                "name": property.name, "in": "query", "required": property.required,
                "description": property.doc, "schema": schema, "style": "form", "explode": false
            }));
        }
        operation.problem(400, "The query cannot be read, or has parameters at fault");
    }
}

/// A JSON body, every field at fault named.
pub struct Body<T>(pub T);

impl<T: Input> FromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let facts = request.extensions().get::<Arc<RequestFacts>>().cloned();
        if let Some(query) = request.uri().query().filter(|query| !query.is_empty()) {
            // A parameter that nobody reads is a misunderstanding; better told than ignored.
            input::from_query::<Nothing>(query)?;
        }
        require_json(&request)?;
        let bytes = collect(request.into_body()).await?;
        if let Some(facts) = facts {
            facts.note_body(&bytes);
        }
        input::from_json(parse(&bytes)?).map(Body)
    }
}

/// A query that takes no parameters.
pub struct Nothing;

impl Input for Nothing {
    fn read(_: &mut input::Fields) -> Option<Nothing> {
        Some(Nothing)
    }

    fn properties(_: &mut schemars::SchemaGenerator) -> Vec<input::Property> {
        Vec::new()
    }
}

fn require_json(request: &Request) -> Result<()> {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Error::UnsupportedMediaType("send the body as JSON, with `Content-Type: application/json`"))
    }
}

async fn collect(body: HttpBody) -> Result<Vec<u8>> {
    match Limited::new(body, JSON_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Error::TooLarge(format!("a JSON body may have at most {JSON_BYTES} bytes")))
        }
        Err(_) => Err(Error::Unreadable("the body ended before it was whole".into())),
    }
}

/// Parses JSON within the depth allowed.
fn parse(bytes: &[u8]) -> Result<Value> {
    if depth(bytes) > JSON_DEPTH {
        return Err(Error::Unreadable(format!("the JSON is nested deeper than {JSON_DEPTH} levels")));
    }
    serde_json::from_slice(bytes).map_err(|error| Error::Unreadable(format!("the body is not JSON: {error}")))
}

/// How deep brackets nest outside of strings.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<T: Input> Describe for Body<T> {
    fn describe(operation: &mut Operation<'_>) {
        let schema = input::schema_of::<T>(operation.generator);
        operation.body =
            Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
        operation.problem(400, "The body is not JSON");
        operation.problem(413, "The body is too large");
        operation.problem(415, "The body is not declared as JSON");
        operation.problem(422, "Fields of the body are at fault, each named in `errors`");
    }
}
