//! `/api/openapi.json` and `/api/docs`: the description of the API, for programs and for people. The page is rendered
//! here and needs no script and no outside network.

use std::fmt::Write;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::caller::Anyone;
use super::endpoint::{Describe, Operation};
use crate::error::Result;

/// The document itself.
pub struct Document(Value);

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let mut response = self.0.to_string().into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl Describe for Document {
    fn describe(operation: &mut Operation<'_>) {
        operation.responses.insert(
            200,
            json!({ "description": "OpenAPI 3.1", "content": { "application/json": { "schema": { "type": "object" } } } }),
        );
    }
}

/// An HTML page of ours: no script, no outside request.
pub struct Page(String);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        response
    }
}

impl Describe for Page {
    fn describe(operation: &mut Operation<'_>) {
        operation.responses.insert(
            200,
            json!({ "description": "A page", "content": { "text/html": { "schema": { "type": "string" } } } }),
        );
    }
}

/// A style sheet.
pub struct Style(&'static str);

impl IntoResponse for Style {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], self.0)
            .into_response()
    }
}

impl Describe for Style {
    fn describe(operation: &mut Operation<'_>) {
        operation.responses.insert(
            200,
            json!({ "description": "A style sheet", "content": { "text/css": { "schema": { "type": "string" } } } }),
        );
    }
}

fn described(caller: &Anyone) -> Value {
    super::openapi::document(&super::routes(), caller.app.demo_admin.is_some())
}

pub async fn openapi(caller: Anyone) -> Result<Document> {
    Ok(Document(described(&caller)))
}

pub async fn style(_: Anyone) -> Result<Style> {
    Ok(Style(include_str!("../../assets/css/docs.css")))
}

pub async fn page(caller: Anyone) -> Result<Page> {
    Ok(Page(render(&described(&caller))))
}

fn render(document: &Value) -> String {
    let mut index = String::new();
    let mut body = String::new();
    let mut last_tag = "";
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or("");
            if tag != last_tag {
                let _ = write!(index, "<li class=tag>{}</li>", escape(tag));
                last_tag = tag;
            }
            let id = escape(operation["operationId"].as_str().unwrap_or(""));
            let verb = method.to_uppercase();
            let _ = write!(index, "<li><a href=\"#{id}\"><b>{verb}</b> {}</a></li>", escape(path));
            operation_section(&mut body, &id, &verb, path, operation);
        }
    }
    let mut schemas = String::new();
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escape(name);
        let _ = write!(
            schemas,
            "<section id=\"schema-{name}\"><h3>{name}</h3><pre tabindex=0>{}</pre></section>",
            pretty(schema)
        );
    }
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Steward API</title><link rel=stylesheet href=\"/api/docs.css\">\
         <nav><h1>Steward API</h1><p>Version {}. The same as <a href=\"/api/openapi.json\">OpenAPI 3.1</a>.</p>\
         <ul>{index}</ul></nav><main>{body}<h2>Schemas</h2>{schemas}</main></html>",
        escape(document["info"]["version"].as_str().unwrap_or(""))
    )
}

fn operation_section(body: &mut String, id: &str, verb: &str, path: &str, operation: &Value) {
    let _ = write!(
        body,
        "<section id=\"{id}\"><h2><b>{verb}</b> <code>{}</code></h2><p>{}. {}</p>",
        escape(path),
        escape(operation["summary"].as_str().unwrap_or("")),
        escape(operation["description"].as_str().unwrap_or(""))
    );
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        body.push_str("<table><tr><th>parameter<th>in<th>type<th>what</tr>");
        for parameter in parameters {
            let text = |name: &str| escape(parameter[name].as_str().unwrap_or(""));
            let kind = escape(&kind_of(&parameter["schema"]));
            let _ = write!(
                body,
                "<tr><td><code>{}</code><td>{}<td>{kind}<td>{}</tr>",
                text("name"),
                text("in"),
                text("description")
            );
        }
        body.push_str("</table>");
    }
    let sent = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !sent.is_null() {
        let _ =
            write!(body, "<details><summary>Body</summary><pre tabindex=0>{}</pre></details>", pretty(sent));
    }
    body.push_str("<table><tr><th>answer<th>when<th>body</tr>");
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let schema = answer["content"]
            .as_object()
            .and_then(|content| content.values().next())
            .map(|kind| &kind["schema"]);
        let reference =
            schema.and_then(|schema| schema["$ref"].as_str()).and_then(|name| name.rsplit('/').next());
        let link = reference
            .map(escape)
            .map(|name| format!("<a href=\"#schema-{name}\">{name}</a>"))
            .unwrap_or_default();
        let _ = write!(
            body,
            "<tr><td>{status}<td>{}<td>{link}</tr>",
            escape(answer["description"].as_str().unwrap_or(""))
        );
    }
    body.push_str("</table></section>");
}

/// A schema in a word or two.
fn kind_of(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("{}, ...", kind_of(&schema["items"])),
        Some(kind) => schema["format"].as_str().unwrap_or(kind).to_owned(),
        None => String::new(),
    }
}

fn pretty(value: &Value) -> String {
    escape(&serde_json::to_string_pretty(value).expect("a document of plain JSON"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
