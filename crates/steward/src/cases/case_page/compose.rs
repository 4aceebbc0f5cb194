//! The composer: a reply or a note with its files and the status that follows, in one transaction; and what Markdown will
//! look like.

use askama::Template;
use axum::response::IntoResponse;
use db::Class;

use super::{Again, CaseQuestion, PathOf, Wants, page_of};
use crate::cases::attachments::Placement;
use crate::cases::case::Case;
use crate::cases::comment::CommentDraft;
use crate::cases::family;
use crate::cases::status::StatusChange;
use crate::error::{Error, Result};
use crate::files::{self, Arrived, Kept};
use crate::http::{Agent, Created, Viewer};
use crate::input::Prose;
use crate::markdown::{self, Style};
use crate::web::{Faults, Form, PageResult, Seat, Sent, Upload, show};
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
    fn typed(sent: &Sent, had_files: bool) -> Composer {
        Composer {
            text: sent.text("comment_text").to_owned(),
            kind: Kind::from_word(sent.text("kind")).unwrap_or(Kind::Reply),
            is_solution: !sent.text("is_solution").is_empty(),
            had_files,
            ..Composer::empty()
        }
    }

    pub fn is_note(&self) -> bool {
        self.kind == Kind::Note
    }
}

pub async fn compose(seat: Seat<Agent>, id: PathOf, wants: Wants, upload: Upload) -> PageResult {
    let (sent, arrived) = match upload.receive(&seat.app).await {
        Err(error) if wants.json => return Ok(error.into_response()),
        received => received?,
    };
    let mut typed = Composer::typed(&sent, !arrived.is_empty());
    match send(&seat, id.0, &sent, arrived).await {
        Ok(written) => wants.done(&written),
        Err(error) if wants.json => Ok(error.into_response()),
        Err(error) => {
            let status = error.status();
            typed.refusal = Faults::of(error, &seat.visit)?.beside(&[]).join("; ");
            let again = Again { composer: Some(typed), differences: Vec::new() };
            page_of(&seat, &seat.visit, id.0, CaseQuestion::nothing(), status, again).await
        }
    }
}

/// Comments on the case, attaches the files and sets the status: all of it or nothing, and once where the sender has a key
/// for it (spec 1). Answers where the comment stands.
async fn send(seat: &Agent, case_id: i64, sent: &Sent, arrived: Vec<Arrived>) -> Result<String> {
    let form: Composed = sent.read()?;
    check(&form)?;
    seat.facts.note_body(&sent.fingerprint(&arrived));
    let kept = match arrived.is_empty() {
        true => Vec::new(),
        false => {
            // What is refused is refused before the bytes are placed.
            let standing = move |work: &mut Work| Case::find(work, case_id)?.must_stand_alone(work);
            seat.read(Class::Bounded, standing).await?;
            files::keep(&seat.app, arrived).await?
        }
    };
    let written = seat.write(move |work| {
        let comment_id = write(work, case_id, &form, &kept)?;
        Ok(Created::at(format!("/cases/{case_id}#comment-{comment_id}"), ()))
    });
    Ok(written.await?.into_location())
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
        let sent = Sent::with(&[("comment_text", "Hello"), ("kind", "note"), ("status", "nonsense")]);
        let typed = Composer::typed(&sent, false);
        assert!(typed.text == "Hello" && typed.is_note() && !typed.had_files);
        assert_eq!(sent.read::<Composed>().unwrap_err().status(), 422);
    }
}
