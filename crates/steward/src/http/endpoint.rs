//! What the route table is made of: a method, a path, the permission, the handler, and the handler's own
//! description for OpenAPI, gathered from the types in its signature.

use std::collections::BTreeMap;
use std::future::Future;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::App;
use crate::error::Result;

/// One line of the route table.
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    /// The name of the extractor that guards it; the handler's first argument is of that type, or it does not compile.
    pub permission: &'static str,
    /// The handler's path in the source: the operation's id.
    pub handler: &'static str,
    pub summary: &'static str,
    pub describe: fn(&mut Operation<'_>),
    pub router: MethodRouter<App>,
}

impl Route {
    pub fn new<P, Args, T, H>(
        method: Method,
        path: &'static str,
        permission: &'static str,
        handler_name: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Route
    where
        H: Endpoint<P, Args> + Handler<T, App>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("the table names standard methods only");
        Route {
            router: on(filter, handler),
            method,
            path,
            permission,
            handler: handler_name,
            summary,
            describe: H::describe,
        }
    }
}

/// A handler whose first argument is the permission `P`, and which describes itself.
pub trait Endpoint<P, Args> {
    fn describe(operation: &mut Operation<'_>);
}

/// An extractor or an answer that says what it means for the API's description.
pub trait Describe {
    fn describe(operation: &mut Operation<'_>);
}

macro_rules! endpoint {
    ($($arg:ident),*) => {
        impl<F, Fut, R, P, $($arg),*> Endpoint<P, ($($arg,)*)> for F
        where
            F: Fn(P, $($arg),*) -> Fut,
            Fut: Future<Output = Result<R>>,
            P: Describe,
            $($arg: Describe,)*
            R: Describe,
        {
            fn describe(operation: &mut Operation<'_>) {
                P::describe(operation);
                $($arg::describe(operation);)*
                R::describe(operation);
            }
        }
    };
}

endpoint!();
endpoint!(A);
endpoint!(A, B);
endpoint!(A, B, C);

/// One operation of the OpenAPI document while its parts describe themselves.
pub struct Operation<'a> {
    pub generator: &'a mut SchemaGenerator,
    pub path_parameters: Vec<&'static str>,
    pub parameters: Vec<Value>,
    pub body: Option<Value>,
    pub responses: BTreeMap<u16, Value>,
    pub secured: bool,
    pub writes: bool,
}

impl Operation<'_> {
    /// Notes an error answer, whose body is a problem.
    pub fn problem(&mut self, status: u16, when: &str) {
        self.responses.entry(status).or_insert_with(|| {
            json!({
                "description": when,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
            })
        });
    }

    /// Notes a header of at most so many characters.
    pub fn header(&mut self, name: &str, most: usize, description: &str) {
        self.parameters.push(json!({
            "name": name, "in": "header", "required": false, "description": description,
            "schema": { "type": "string", "maxLength": most }
        }));
    }
}
