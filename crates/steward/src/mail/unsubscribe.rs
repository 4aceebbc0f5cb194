//! Stopping surveys by the link in each of them, without signing in: a page with one button, and what the button does.
//! A mail program presses it by itself when the reader asks it to (RFC 8058); a GET changes nothing, because scanners
//! follow links.

use std::borrow::Cow;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use db::Class;
use serde_json::json;

use super::links::{self, Good};
use crate::branding::Served;
use crate::error::{Error, Result};
use crate::http::{Describe, Guest, Link, Operation};
use crate::web::{Language, Visit};
use crate::work::Work;

/// The page before and after the button was pressed.
#[derive(Template)]
#[template(path = "mail/unsubscribe.html")]
pub struct Page {
    language: Language,
    title: Cow<'static, str>,
    brand: String,
    /// The address of the desk's own colours.
    style: Option<String>,
    is_stopped: bool,
}

impl Page {
    fn of(caller: &Guest, visit: &Visit, is_stopped: bool) -> Page {
        let (language, brand) = (visit.language, caller.app.brand_name());
        let style = caller.app.branding.known().and_then(|known| known.style.as_ref().map(Served::address));
        let title = language.fill("unsubscribe-title", &[("brand", &brand)]);
        Page { language, title, brand, style, is_stopped }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let html = match self.render() {
            Ok(html) => html,
            Err(error) => return Error::Unreadable(format!("the page: {error}")).into_response(),
        };
        let mut response = html.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        // The address is the secret.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
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

fn is_stopped(work: &mut Work, token: &str) -> Result<bool> {
    let (contact_id, _) = links::find(work, Good::Unsubscribe, token)?;
    let (stopped,): (bool,) = work.one(
        "select surveys_stopped_at is not null as stopped from crm_contacts where contact_id = $1",
        &[&contact_id],
    )?;
    Ok(stopped)
}

pub async fn page(caller: Guest, visit: Visit, Link(token): Link) -> Result<Page> {
    let is_stopped = caller.read(Class::Bounded, move |work| is_stopped(work, &token)).await?;
    Ok(Page::of(&caller, &visit, is_stopped))
}

/// Stops surveys for the link's contact. Repeating it changes nothing.
pub async fn stop(caller: Guest, visit: Visit, Link(token): Link) -> Result<Page> {
    let stopped = caller.app.write(caller.actor, move |work| {
        let (contact_id, _) = links::find(work, Good::Unsubscribe, &token)?;
        let now = work.now;
        let changed = work.execute(
            "update crm_contacts set surveys_stopped_at = $2, edit_version = edit_version + 1, updated_at = $2
             where contact_id = $1 and surveys_stopped_at is null",
            &[&contact_id, &now],
        )?;
        if changed > 0 {
            work.audit("surveys_stopped", "contact", Some(contact_id), &json!({}))?;
        }
        Ok(())
    });
    stopped.await?;
    Ok(Page::of(&caller, &visit, true))
}
