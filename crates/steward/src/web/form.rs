//! What a form sends, read as the bodies of the API are: every fault at once. An empty field was left out. A form counts
//! only where a page of this desk sent it, with the token of the session that it was shown to.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};

use super::page::PageError;
use super::{csrf, session};
use crate::app::App;
use crate::error::{Error, Result};
use crate::http::whole;
use crate::input::{self, Input};

/// The largest form, in bytes: that of a JSON body (spec 11).
const BYTES: usize = 2_000_000;

/// What is said of a form that is not ours.
pub(super) const FOREIGN_FORM: &str =
    "this form was not sent from a page of your session: load the page again";

/// A form's fields.
pub struct Form<T>(pub T);

impl<T: Input> FromRequest<App> for Form<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, _: &App) -> std::result::Result<Self, PageError> {
        Ok(Form(input::from_pairs(fields(request).await?)?))
    }
}

/// The fields of a form that a page of this desk sent, those that are filled in. What was checked several times under one
/// name is several values.
async fn fields(request: Request) -> Result<Vec<(String, String)>> {
    let mut given: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs(request).await?.into_iter().filter(|(_, value)| !value.is_empty()) {
        match given.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => given.push((name, value)),
        }
    }
    Ok(given)
}

/// Whether a form was sent as those without files are.
pub(super) fn is_plain(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// The fields of a form that a page of this desk sent, its token aside.
pub(super) async fn pairs(request: Request) -> Result<Vec<(String, String)>> {
    if !is_plain(request.headers()) {
        return Err(Error::UnsupportedMediaType("a form is sent as application/x-www-form-urlencoded"));
    }
    let (parts, body) = request.into_parts();
    // What another site sends is not even read.
    from_here(&parts.headers)?;
    let body = whole(body, BYTES).await?;
    let text = str::from_utf8(&body).map_err(|_| Error::Unreadable("the form is not UTF-8".into()))?;
    let mut pairs = input::form_pairs(text)?;
    let token = pairs.iter().find(|(name, _)| name == "csrf").map_or("", |(_, token)| token);
    is_ours(&parts.headers, token)?;
    pairs.retain(|(name, _)| name != "csrf");
    Ok(pairs)
}

/// Refuses a form that no page of this desk sent, or that was shown to another session. `token` is what its field `csrf`
/// holds.
pub(super) fn is_ours(headers: &HeaderMap, token: &str) -> Result<()> {
    from_here(headers)?;
    let is_known = session::token_shown(headers).is_none_or(|session| csrf::is_of(session, token));
    if is_known { Ok(()) } else { Err(Error::Forbidden(FOREIGN_FORM.into())) }
}

/// Refuses what no page of this desk sent: that can be told before the form is read.
pub(super) fn from_here(headers: &HeaderMap) -> Result<()> {
    if session::is_same_origin(headers) { Ok(()) } else { Err(Error::Forbidden(FOREIGN_FORM.into())) }
}
