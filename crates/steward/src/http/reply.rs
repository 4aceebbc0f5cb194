//! The answers of handlers: a thing (200), a thing created (201 with `Location`), nothing (204).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::endpoint::{Describe, Operation};

/// An answer that can be told again word for word under its idempotency key.
pub trait Reply: Describe + Send + 'static {
    fn told(self) -> Told;
}

/// An answer as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Told {
    pub status: StatusCode,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let empty = self.body.is_empty();
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        if empty {
            headers.remove(header::CONTENT_TYPE);
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in [(header::LOCATION, self.location), (header::ETAG, self.etag)] {
            if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// 200 with JSON, and an `ETag` where the thing has an edit version.
#[derive(Debug)]
pub struct Json<T> {
    pub body: T,
    pub etag: Option<String>,
}

impl<T> Json<T> {
    pub fn new(body: T) -> Json<T> {
        Json { body, etag: None }
    }

    /// With the `ETag` of one thing: its id and the version of its last edit (counters do not change it).
    pub fn version(body: T, id: i64, version: i64) -> Json<T> {
        Json { body, etag: Some(etag(id, version)) }
    }
}

/// The entity tag of edit `version` of thing `id`.
pub fn etag(id: i64, version: i64) -> String {
    format!("\"{id}-{version}\"")
}

impl<T: Serialize + JsonSchema + Send + 'static> Reply for Json<T> {
    fn told(self) -> Told {
        Told { status: StatusCode::OK, location: None, etag: self.etag, body: json_bytes(&self.body) }
    }
}

impl<T: Serialize + JsonSchema> Describe for Json<T> {
    fn describe(operation: &mut Operation<'_>) {
        let answer = described::<T>(operation, "As asked", json!({}));
        operation.responses.insert(200, answer);
    }
}

/// 201 with the thing under its name, its path in `Location`.
#[derive(Debug)]
pub struct Created<T> {
    pub body: T,
    pub location: String,
    pub etag: Option<String>,
}

impl<T> Created<T> {
    pub fn at(location: String, body: T) -> Created<T> {
        Created { body, location, etag: None }
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Reply for Created<T> {
    fn told(self) -> Told {
        Told {
            status: StatusCode::CREATED,
            location: Some(self.location),
            etag: self.etag,
            body: json_bytes(&self.body),
        }
    }
}

impl<T: Serialize + JsonSchema> Describe for Created<T> {
    fn describe(operation: &mut Operation<'_>) {
        let headers = json!({ "Location": { "schema": { "type": "string" }, "description": "Path of what was created" } });
        let answer = described::<T>(operation, "Created", headers);
        operation.responses.insert(201, answer);
    }
}

/// 204: done, nothing to say.
#[derive(Debug)]
pub struct NoContent;

impl Reply for NoContent {
    fn told(self) -> Told {
        Told { status: StatusCode::NO_CONTENT, location: None, etag: None, body: Vec::new() }
    }
}

impl Describe for NoContent {
    fn describe(operation: &mut Operation<'_>) {
        operation.responses.insert(204, json!({ "description": "Done" }));
    }
}

/// 308: it is at another path now, and will stay there.
#[derive(Debug)]
pub struct Moved(pub String);

impl Reply for Moved {
    fn told(self) -> Told {
        Told { status: StatusCode::PERMANENT_REDIRECT, location: Some(self.0), etag: None, body: Vec::new() }
    }
}

impl Describe for Moved {
    fn describe(operation: &mut Operation<'_>) {
        let location = json!({ "schema": { "type": "string" }, "description": "Its present path" });
        let moved = json!({ "description": "At another path now", "headers": { "Location": location } });
        operation.responses.insert(308, moved);
    }
}

/// One of two kinds of answer.
#[derive(Debug)]
pub enum Either<L, R> {
    Left(L),
    Right(R),
}

impl<L: Reply, R: Reply> Reply for Either<L, R> {
    fn told(self) -> Told {
        match self {
            Either::Left(reply) => reply.told(),
            Either::Right(reply) => reply.told(),
        }
    }
}

impl<L: Describe, R: Describe> Describe for Either<L, R> {
    fn describe(operation: &mut Operation<'_>) {
        L::describe(operation);
        R::describe(operation);
    }
}

impl<R: Reply> IntoResponse for Answer<R> {
    fn into_response(self) -> Response {
        self.told.into_response()
    }
}

/// What a handler returns: an `R`, told now or told again.
#[derive(Debug)]
pub struct Answer<R> {
    told: Told,
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R: Reply> Answer<R> {
    pub fn again(told: Told) -> Answer<R> {
        Answer { told, kind: std::marker::PhantomData }
    }
}

impl<T> Answer<Created<T>> {
    /// The path of what was created.
    pub fn into_location(self) -> String {
        self.told.location.unwrap_or_default()
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer<Json<T>> {
    /// 200 with JSON that was written before, by [`json_bytes`].
    pub fn written(body: Vec<u8>) -> Answer<Json<T>> {
        Answer::again(Told { status: StatusCode::OK, location: None, etag: None, body })
    }
}

impl<R: Reply> From<R> for Answer<R> {
    fn from(reply: R) -> Answer<R> {
        Answer::again(reply.told())
    }
}

impl<R: Reply> Describe for Answer<R> {
    fn describe(operation: &mut Operation<'_>) {
        R::describe(operation);
    }
}

/// A body as answers have it.
pub fn json_bytes<T: Serialize>(body: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, body).expect("answers are plain data with string keys");
    bytes
}

fn described<T: JsonSchema>(operation: &mut Operation<'_>, what: &str, headers: Value) -> Value {
    let schema = operation.generator.subschema_for::<T>();
    json!({ "description": what, "headers": headers, "content": { "application/json": { "schema": schema } } })
}
