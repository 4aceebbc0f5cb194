//! Extractors for what a request carries: path ids, queries, JSON bodies.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header;
use axum::http::request::Parts;
use db::Class;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value, json};

use super::App;
use super::caller::RequestFacts;
use super::endpoint::{Describe, Operation};
use crate::error::{Error, Fault, Result};
use crate::input::{self, Field, Input};
use crate::work::Actor;

/// The largest JSON body, in bytes (spec 11).
pub const JSON_BYTES: usize = 2_000_000;
/// The deepest nesting of a JSON body (spec 11).
pub const JSON_DEPTH: usize = 64;

/// How long a body may take to arrive; files have a rule of their own.
const BODY_TIME: Duration = Duration::from_secs(30);

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

/// The secret at the end of a path. What is too long for one is none: 404.
pub struct Link(pub String);

impl FromRequestParts<App> for Link {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let raw = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Error::NotFound("link"))?;
        let token = raw.iter().next().map(|(_, text)| text).filter(|text| text.len() <= 200);
        token.map(|token| Link(token.to_owned())).ok_or(Error::NotFound("link"))
    }
}

impl Describe for Link {
    fn describe(operation: &mut Operation<'_>) {
        for name in operation.path_parameters.clone() {
            operation.parameters.push(json!({
                "name": name, "in": "path", "required": true,
                "schema": { "type": "string", "minLength": 1, "maxLength": 200 }
            }));
        }
        operation.problem(404, "No such link");
    }
}

/// One of the words that a path may end with. Another names nothing: 404.
pub struct Word<T>(pub T);

impl<T: Field> FromRequestParts<App> for Word<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let raw = RawPathParams::from_request_parts(parts, app).await.ok();
        let text = raw.as_ref().and_then(|raw| raw.iter().next());
        text.and_then(|(_, text)| T::from_text(text).ok()).map(Word).ok_or(Error::NotFound("path"))
    }
}

impl<T: Field> Describe for Word<T> {
    fn describe(operation: &mut Operation<'_>) {
        for name in operation.path_parameters.clone() {
            let schema = T::schema(operation.generator);
            operation
                .parameters
                .push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        operation.problem(404, "No such thing");
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
            if property.name == "page" {
                operation.problem(422, "The page is beyond the rows that pages reach");
            }
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

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let facts = request.extensions().get::<Arc<RequestFacts>>().cloned();
        let actor = request.extensions().get::<Actor>().copied().unwrap_or(Actor::Anonymous);
        if let Some(query) = request.uri().query().filter(|query| !query.is_empty()) {
            // A parameter that nobody reads is a misunderstanding; better told than ignored.
            input::from_query::<Nothing>(query)?;
        }
        require_json(&request)?;
        let bytes = whole(request.into_body(), JSON_BYTES).await?;
        if let Some(facts) = facts {
            facts.note_body(&bytes);
        }
        let faults = match input::from_json(parse(&bytes)?) {
            Err(Error::Invalid(faults)) if actor.is_staff() => faults,
            other => return other.map(Body),
        };
        let body = parse(&bytes)?;
        Err(Error::Invalid(with_dangling(app, actor, &body, faults).await?))
    }
}

/// Fields that name a row, wherever they occur in a body.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("account_id", "crm_accounts", "account_id"),
    ("author_id", "crm_users", "user_id"),
    ("case_type_id", "crm_case_types", "case_type_id"),
    ("category_id", "crm_kb_categories", "category_id"),
    ("contact_id", "crm_contacts", "contact_id"),
    ("created_by", "crm_users", "user_id"),
    ("default_priority", "crm_case_priorities", "priority_id"),
    ("into_case_id", "crm_cases", "case_id"),
    ("owner_id", "crm_users", "user_id"),
    ("parent_case_id", "crm_cases", "case_id"),
    ("parent_category_id", "crm_kb_categories", "category_id"),
    ("priority_id", "crm_case_priorities", "priority_id"),
    ("submitted_by", "crm_contacts", "contact_id"),
    ("team_id", "crm_teams", "team_id"),
    ("user_id", "crm_users", "user_id"),
];

/// Every fault at once (spec 1): a body that is at fault already is also told which of its ids name nothing. What is
/// well-formed is checked in the transaction that uses it.
async fn with_dangling(app: &App, actor: Actor, body: &Value, mut faults: Vec<Fault>) -> Result<Vec<Fault>> {
    let at_fault =
        |field: &str| faults.iter().any(|fault| fault.pointer.as_deref() == Some(&format!("/{field}")));
    let named: Vec<_> = REFERENCES
        .iter()
        .filter_map(|(field, table, key)| Some((*field, *table, *key, body.get(*field)?.as_i64()?)))
        .filter(|(field, ..)| !at_fault(field))
        .collect();
    let dangling = app.read(Class::Bounded, actor, move |work| {
        let mut dangling = Vec::new();
        for (field, table, key, id) in &named {
            let sql = format!("select {key} from {table} where {key} = $1 and is_active");
            if work.optional::<(i64,)>(&sql, &[id])?.is_none() {
                dangling.push(Fault::field(field, format!("there is no active {} {id}", what(table))));
            }
        }
        Ok(dangling)
    });
    faults.extend(dangling.await?);
    Ok(faults)
}

/// What a table's rows are called.
fn what(table: &str) -> &'static str {
    match table {
        "crm_accounts" => "account",
        "crm_contacts" => "contact",
        "crm_users" => "user",
        "crm_teams" => "team",
        "crm_cases" => "case",
        "crm_case_types" => "case type",
        "crm_case_priorities" => "priority",
        "crm_kb_categories" => "category",
        _ => "thing",
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

/// Reads a body to its end, in a bounded time: a client that sends a byte now and then holds no memory for ever.
///
/// # Errors
/// 413 beyond so many bytes; 400 where it does not come, or not whole.
pub async fn whole(body: HttpBody, most: usize) -> Result<Bytes> {
    let whole = tokio::time::timeout(BODY_TIME, Limited::new(body, most).collect()).await;
    let Ok(whole) = whole else {
        let seconds = BODY_TIME.as_secs();
        return Err(Error::Unreadable(format!("the body took longer than {seconds} s to arrive")));
    };
    match whole {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Error::TooLarge(format!("this body may have at most {most} bytes")))
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
