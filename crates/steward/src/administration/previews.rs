//! What a change of a policy or a calendar would do, as a part of a page: counts, and the first cases one by one.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use db::Class;
use serde_json::json;

use crate::error::{Error, Result};
use crate::http::Manager;
use crate::sla::preview::{Preview, Previewed};
use crate::web::{Page, Seat};
use crate::work::Work;

/// Cases that are shown; the others are counted.
const SHOWN: usize = 100;

db::record! {
    struct Subject {
        case_id: i64,
        case_number: String,
        subject: String,
    }
}

/// A case whose due times would change.
pub struct Changing {
    pub change: Previewed,
    pub number: String,
    pub subject: String,
}

#[derive(Template)]
#[template(path = "administration/_preview.html")]
pub struct Shown {
    page: Page,
    preview: Preview,
    rows: Vec<Changing>,
    /// Whether there are more cases than are shown.
    is_cut: bool,
}

fn subjects(work: &mut Work, ids: &[i64]) -> Result<Vec<Subject>> {
    let among = work.dialect().among_ints("case_id", "$1");
    work.query(&format!("select case_id, case_number, subject from crm_cases where {among}"), &[&json!(ids)])
}

impl Shown {
    /// The part, for the page of whoever looks.
    pub async fn of(seat: &Seat<Manager>, mut preview: Preview) -> Result<Response> {
        let mut changes = std::mem::take(&mut preview.changes);
        // What would be missed comes first.
        changes.sort_by_key(|change| (!change.would_breach, change.case_id));
        let is_cut = changes.len() > SHOWN;
        changes.truncate(SHOWN);
        let ids: Vec<i64> = changes.iter().map(|change| change.case_id).collect();
        let visit = seat.visit.clone();
        let read = move |work: &mut Work| Ok((Page::read(work, &visit)?, subjects(work, &ids)?));
        let (page, subjects) = seat.read(Class::Bounded, read).await?;
        let rows = changes.into_iter().map(|change| {
            let known = subjects.iter().find(|known| known.case_id == change.case_id);
            let (number, subject) =
                known.map(|known| (known.case_number.clone(), known.subject.clone())).unwrap_or_default();
            Changing { change, number, subject }
        });
        let text = Shown { page, preview, rows: rows.collect(), is_cut }.render();
        let text = text.map_err(|error| Error::Db(db::Error::Panicked(format!("a preview: {error}"))))?;
        let mut response = text.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Ok(response)
    }
}
