//! The composer: a reply or a note with its files and the status that follows, in one transaction; and what Markdown will
//! look like.

use askama::Template;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use db::Class;

use super::{Again, CaseQuestion, PathOf, Wants, page_of};
use crate::app::App;
use crate::cases::attachments::Placement;
use crate::cases::case::Case;
use crate::cases::comment::CommentDraft;
use crate::cases::family;
use crate::cases::status::StatusChange;
use crate::error::{Error, Fault, Result};
use crate::files::{self, Filled, Kept, Upload};
use crate::http::{Agent, Viewer};
use crate::input::{self, Prose};
use crate::markdown::{self, Style};
use crate::web::{Faults, Form, PageResult, Seat, fields, show};
use crate::work::Work;
use crate::workflow::Status;

crate::words! {
    /// Whom the composer speaks to.
    pub enum Kind { Reply = "reply", Note = "note" }
}

crate::input! {
    /// What the composer sends beside its files.
    struct Composed {
        comment_text: Prose<1>,
        kind: Option<Kind>,
        status: Option<Status>,
        is_solution: Option<bool>,
        /// Child cases end along with their parent.
        cascade: Option<bool>,
    }
}

/// The composer as it is shown.
pub struct Composer {
    pub text: String,
    pub kind: Kind,
    pub is_solution: bool,
    /// Why what was typed was not sent.
    pub refusal: String,
    /// Placeholders that nothing was known for.
    pub unknown: Vec<String>,
    /// Files that were chosen have to be chosen again.
    pub had_files: bool,
}

impl Composer {
    pub fn empty() -> Composer {
        Composer {
            text: String::new(),
            kind: Kind::Reply,
            is_solution: false,
            refusal: String::new(),
            unknown: Vec::new(),
            had_files: false,
        }
    }

    /// As it was typed, whatever of it is at fault.
    fn typed(sent: &Filled) -> Composer {
        let field = |name: &str| sent.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        Composer {
            text: field("comment_text").cloned().unwrap_or_default(),
            kind: field("kind").and_then(|word| Kind::from_word(word)).unwrap_or(Kind::Reply),
            is_solution: field("is_solution").is_some(),
            had_files: !sent.files.is_empty(),
            ..Composer::empty()
        }
    }

    pub fn is_note(&self) -> bool {
        self.kind == Kind::Note
    }
}

pub async fn compose(seat: Seat<Agent>, id: PathOf, wants: Wants, request: Request) -> PageResult {
    let sent = match receive(&seat.app, request).await {
        Err(error) if wants.json => return Ok(error.into_response()),
        sent => sent?,
    };
    let mut typed = Composer::typed(&sent);
    match send(&seat, id.0, sent).await {
        Ok(comment_id) => wants.done(&format!("/cases/{}#comment-{comment_id}", id.0)),
        Err(error) if wants.json => Ok(error.into_response()),
        Err(error) => {
            let status = error.status();
            let faults = Faults::of(error)?;
            let told = faults.all().iter().map(|(field, message)| match field.as_str() {
                "" => message.clone(),
                field => format!("{}: {message}", field.replace('_', " ")),
            });
            typed.refusal = told.collect::<Vec<_>>().join("; ");
            let again = Again { composer: Some(typed), differences: Vec::new() };
            page_of(&seat, &seat.visit, id.0, CaseQuestion::nothing(), status, again).await
        }
    }
}

/// What the form sent, as a form with files or without.
async fn receive(app: &App, request: Request) -> Result<Filled> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        return Ok(Filled { fields: fields(request).await?, files: Vec::new() });
    }
    let headers: HeaderMap = request.headers().clone();
    Upload::from_request(request, app).await?.receive_form(app, &headers).await
}

/// Comments on the case, attaches the files and sets the status: all of it or nothing. Answers the comment's id.
async fn send(seat: &Agent, case_id: i64, sent: Filled) -> Result<i64> {
    let form: Composed = input::from_pairs(sent.fields).map_err(named)?;
    check(&form)?;
    let kept = match sent.files.is_empty() {
        true => Vec::new(),
        false => {
            // What is refused is refused before the bytes are placed.
            let standing = move |work: &mut Work| Case::find(work, case_id)?.must_stand_alone(work);
            seat.read(Class::Bounded, standing).await?;
            files::keep(&seat.app, sent.files).await?
        }
    };
    seat.app.write(seat.actor, move |work| write(work, case_id, &form, &kept)).await
}

fn write(work: &mut Work, case_id: i64, form: &Composed, kept: &[Kept]) -> Result<i64> {
    let mut case = Case::take(work, case_id)?;
    let is_solution = form.is_solution == Some(true);
    if is_solution && form.cascade == Some(true) {
        family::end_children(work, &case, Status::Resolved, true)?;
    }
    let draft = CommentDraft {
        comment_text: form.comment_text.clone(),
        is_internal: Some(form.kind == Some(Kind::Note)),
        is_solution: Some(is_solution),
        created_by: None,
        contact_id: None,
    };
    let comment_id = case.comment(work, &draft)?;
    if !kept.is_empty() {
        let placement = Placement { comment_id: Some(comment_id), is_internal: None };
        case.attach(work, placement, kept)?;
    }
    if let Some(status) = form.status {
        let change = StatusChange { cascade: form.cascade, ..StatusChange::to(status) };
        case.set_status(work, &change)?;
    }
    Ok(comment_id)
}

fn check(form: &Composed) -> Result<()> {
    let is_solution = form.is_solution == Some(true);
    if is_solution && form.status.is_some_and(|status| !matches!(status, Status::Resolved | Status::Closed)) {
        return Err(Error::field("status", "a solution resolves the case: choose resolved, or no status"));
    }
    Ok(())
}

/// Fields of a form are named as those of a body are.
pub fn named(error: Error) -> Error {
    match error {
        Error::BadQuery(faults) => Error::Invalid(
            faults
                .into_iter()
                .map(|fault| Fault::field(fault.parameter.as_deref().unwrap_or(""), fault.message))
                .collect(),
        ),
        other => other,
    }
}

// ---- what it will look like

crate::words! {
    /// Where a text will stand.
    pub enum Place { Comment = "comment", Article = "article" }
}

crate::input! {
    /// A text that is being written.
    pub struct Draft {
        pub text: Option<Prose<0>>,
        /// A comment unless said.
        pub place: Option<Place>,
    }
}

#[derive(Template)]
#[template(source = "{{ html|safe }}", ext = "html")]
struct Fragment {
    html: String,
}

/// Answers a text as it will be shown, without a page around it.
pub async fn preview(_: Seat<Viewer>, Form(draft): Form<Draft>) -> PageResult {
    let style = if draft.place == Some(Place::Article) { Style::Article } else { Style::Talk };
    let html = markdown::passing(style, draft.text.as_deref().unwrap_or("")).await?;
    show(&Fragment { html })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_whatever_is_wrong_with_it() {
        let fields = [("comment_text", "Hello"), ("kind", "note"), ("status", "nonsense")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let sent = Filled { fields, files: Vec::new() };
        let typed = Composer::typed(&sent);
        assert!(typed.text == "Hello" && typed.is_note() && !typed.had_files);
        let read = input::from_pairs::<Composed>(sent.fields).map_err(named);
        assert_eq!(read.unwrap_err().status(), 422);
    }
}
