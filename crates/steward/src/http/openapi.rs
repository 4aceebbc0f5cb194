//! The OpenAPI 3.1 document, gathered from the handlers' own signatures.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::endpoint::{Operation, Route};
use crate::error::Problem;

/// Describes every route of the table. `lets_anybody_in`: the demo, where credentials are never required.
pub fn document(routes: &[Route], lets_anybody_in: bool) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .for_serialize()
        .into_generator();
    generator.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let mut operation = Operation {
            generator: &mut generator,
            path_parameters: parameters_of(route.path),
            parameters: Vec::new(),
            body: None,
            responses: BTreeMap::new(),
            secured: false,
            writes: !route.method.is_safe(),
        };
        (route.describe)(&mut operation);
        let described = describe(route, operation, lets_anybody_in);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = described;
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Steward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Customer service in one program: cases, SLA clocks, knowledge base, surveys.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } }
        }
    })
}

/// Whom a permission lets in, in words.
fn whom(permission: &str) -> &'static str {
    match permission {
        "Anyone" => "everybody",
        "Reader" => "everybody; what each sees depends on who they are",
        "Guest" => "whoever holds the secret link",
        "Known" => "users of the desk and customers; each sees what is theirs to see",
        "Participant" => "customers, and users from agent up",
        "Customer" => "customers",
        "Viewer" => "users of the desk",
        "Agent" => "agents, managers and admins",
        "Manager" => "managers and admins",
        _ => "admins",
    }
}

fn describe(route: &Route, mut operation: Operation<'_>, lets_anybody_in: bool) -> Value {
    if route.method == axum::http::Method::POST && operation.secured {
        operation.header(
            "Idempotency-Key",
            200,
            "The same key and body within 24 hours answers the first answer again.",
        );
    }
    if route.method == axum::http::Method::PUT {
        operation.header("If-Match", 2000, "Refuse with 412 unless this is the ETag of the present version.");
    }
    let tag = route.handler.split("::").next().unwrap_or("desk");
    let responses: Map<String, Value> =
        operation.responses.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect();
    let mut described = json!({
        "operationId": route.handler.replace("::api", "").replace("::", "_"),
        "summary": route.summary,
        "description": format!("For {}.", whom(route.permission)),
        "tags": [tag],
        "parameters": operation.parameters,
        "responses": responses,
    });
    if let Some(body) = operation.body {
        described["requestBody"] = body;
    }
    // What may also be asked without credentials (by strangers, and by anybody in the demo) is marked by `{}`.
    let is_required = operation.secured && !lets_anybody_in;
    described["security"] = if is_required { json!([{ "token": [] }]) } else { json!([{}, { "token": [] }]) };
    described
}

/// The names in braces of `/cases/{case_id}`.
fn parameters_of(path: &'static str) -> Vec<&'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
}
