//! A form as it was sent, for pages that show it again with its faults: the fields as they were typed, and read as an
//! `input!` only then. With files it is `multipart/form-data`, streamed.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use super::form;
use super::page::PageError;
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::files::{self, Arrived};
use crate::input::{self, Input};

/// The fields of a form, as typed.
#[derive(Debug, Clone, Default)]
pub struct Sent(Vec<(String, String)>);

impl Sent {
    /// Forms end their lines as networks do; texts are kept with plain ends.
    fn of(mut fields: Vec<(String, String)>) -> Sent {
        for (_, value) in &mut fields {
            if value.contains('\r') {
                *value = value.replace("\r\n", "\n");
            }
        }
        Sent(fields)
    }

    /// A form with these fields, as for one that has not been sent.
    pub fn with(fields: &[(&str, &str)]) -> Sent {
        Sent(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// What was typed into a field; empty for one that was not sent.
    pub fn text(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }

    /// All values of a field, as of boxes that may be ticked together.
    pub fn all<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// What an idempotency key compares: what was typed and which files came with it.
    pub fn fingerprint(&self, files: &[Arrived]) -> Vec<u8> {
        let files: Vec<_> = files.iter().map(|file| (&file.name, &file.hash)).collect();
        serde_json::json!([self.0, files]).to_string().into_bytes()
    }

    /// Takes a field out.
    pub fn take(&mut self, field: &str) -> String {
        let text = self.text(field).to_owned();
        self.0.retain(|(name, _)| name != field);
        text
    }

    /// Reads the fields; an empty one was left out. Every fault is in the error, 422.
    pub fn read<T: Input>(&self) -> Result<T> {
        let given = self.0.iter().filter(|(_, value)| !value.trim().is_empty()).cloned().collect();
        input::from_pairs(given).map_err(|error| match error {
            Error::BadQuery(faults) => Error::Invalid(faults.into_iter().map(as_field).collect()),
            other => other,
        })
    }
}

/// The same fault of a field rather than of a query.
fn as_field(fault: Fault) -> Fault {
    match fault.parameter {
        Some(name) => Fault::field(&name, fault.message),
        None => fault,
    }
}

impl FromRequest<App> for Sent {
    type Rejection = PageError;

    async fn from_request(request: Request, _: &App) -> std::result::Result<Self, PageError> {
        Ok(Sent::of(form::pairs(request).await?))
    }
}

/// A form that may have files and has not been read yet: first it is found out whether its sender may send it at all.
pub enum Upload {
    /// Sent without any, as forms without files are.
    Plain(Request),
    Parts(HeaderMap, files::Upload),
}

impl FromRequest<App> for Upload {
    type Rejection = PageError;

    async fn from_request(request: Request, app: &App) -> std::result::Result<Self, PageError> {
        if form::is_plain(request.headers()) {
            return Ok(Upload::Plain(request));
        }
        let headers = request.headers().clone();
        Ok(Upload::Parts(headers, files::Upload::from_request(request, app).await?))
    }
}

impl Upload {
    /// Reads it all. The form's token comes before its files; without it none is taken in.
    pub async fn receive(self, app: &App) -> Result<(Sent, Vec<Arrived>)> {
        let most = app.files.most_files;
        self.receive_few(app, most).await
    }

    /// The same with at most so many files.
    pub async fn receive_few(self, app: &App, most: usize) -> Result<(Sent, Vec<Arrived>)> {
        let (headers, parts) = match self {
            Upload::Plain(request) => return Ok((Sent::of(form::pairs(request).await?), Vec::new())),
            Upload::Parts(headers, parts) => (headers, parts),
        };
        form::from_here(&headers)?;
        let is_ours = |fields: &[(String, String)]| {
            let token = fields.iter().find(|(name, _)| name == "csrf").map_or("", |(_, value)| value);
            form::is_ours(&headers, token)
        };
        let (mut fields, files) = files::receive_page(app, parts, most, is_ours).await?;
        fields.retain(|(name, _)| name != "csrf");
        Ok((Sent::of(fields), files))
    }
}
