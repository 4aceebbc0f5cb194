//! What a case has to do with others: its family, the one that it is merged into, escalations, violations, followers. Each
//! form is one call of the feature that it belongs to.

use askama::Template;
use db::Class;

use super::history::numbered;
use super::{PathOf, PathOfTwo, Wants};
use crate::cases::case::Case;
use crate::cases::edit::CaseEdit;
use crate::cases::merge;
use crate::cases::open::CaseDraft;
use crate::cases::show::{self, CaseView};
use crate::error::{Error, Result};
use crate::escalations::{self, EscalationDraft};
use crate::http::{Agent, Expected, Manager, Nothing, Viewer};
use crate::input::{Line, Patch, Prose};
use crate::notifications;
use crate::sla::violations;
use crate::web::{Form, Frame, Page, PageResult, Seat, show as show_page};
use crate::work::Work;

/// The id in a case's number, with or without what stands before it: `CASE-000012`, `12`.
fn id_of(field: &str, number: &str) -> Result<i64> {
    let number = number.trim();
    let is_named = number.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("case-"));
    let digits = if is_named { &number[5..] } else { number.trim_start_matches('#') };
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .parse()
        .ok()
        .filter(|id: &i64| is_plain && *id >= 1)
        .ok_or_else(|| Error::field(field, "is to be the number of a case, such as CASE-000123"))
}

crate::input! {
    /// The case that takes this one in, and whether somebody has seen which one that is.
    pub struct MergeForm {
        pub number: String,
        pub confirmed: Option<bool>,
    }
}

#[derive(Template)]
#[template(path = "cases/case/merge.html")]
struct MergePage {
    page: Page,
    frame: Frame,
    case_id: i64,
    number: String,
    into: CaseView,
}

/// What is asked before a merge, which cannot be undone: a number alone is easily mistyped.
async fn ask_before_merge(seat: &Seat<Agent>, case_id: i64, into_id: i64) -> Result<MergePage> {
    let visit = seat.visit.clone();
    let read = seat.read(Class::Bounded, move |work| {
        let number = numbered(Case::find(work, case_id)?.case_id);
        let into = show::full(work, into_id).map_err(|error| match error {
            Error::NotFound(_) => Error::field("number", format!("there is no case {into_id}")),
            other => other,
        })?;
        let (page, frame) = (Page::read(work, &visit)?, Frame::read(work, &visit, "")?);
        Ok(MergePage { page, frame, case_id, number, into: into.item.case })
    });
    read.await
}

pub async fn merge(seat: Seat<Agent>, id: PathOf, wants: Wants, Form(form): Form<MergeForm>) -> PageResult {
    let case_id = id.0;
    let into_id = match id_of("number", &form.number) {
        Ok(into_id) => into_id,
        Err(error) => return wants.answer(Err(error), ""),
    };
    if form.confirmed != Some(true) {
        return match ask_before_merge(&seat, case_id, into_id).await {
            Ok(page) => show_page(&page),
            Err(error) => wants.answer(Err(error), ""),
        };
    }
    let merged = seat.app.write(seat.actor, move |work| {
        let (mut case, into) = merge::take_both(work, case_id, into_id)?;
        case.merge_into(work, &into)
    });
    wants.answer(merged.await, &format!("/cases/{into_id}"))
}

crate::input! {
    /// A new child by its subject, or a case that is there by its number.
    pub struct ChildForm {
        pub subject: Option<Line<500>>,
        pub number: Option<String>,
    }
}

pub async fn add_child(
    seat: Seat<Agent>,
    id: PathOf,
    wants: Wants,
    Form(form): Form<ChildForm>,
) -> PageResult {
    let case_id = id.0;
    let added = seat.app.write(seat.actor, move |work| match (&form.subject, &form.number) {
        (Some(subject), None) => open_child(work, case_id, subject.clone()),
        (None, Some(number)) => adopt(work, id_of("number", number)?, Some(case_id)),
        _ => Err(Error::field("subject", "name a subject for a new case, or the number of one")),
    });
    wants.answer(added.await, &format!("/cases/{case_id}"))
}

/// Opens a case under this one, for the same customer.
fn open_child(work: &mut Work, parent_id: i64, subject: Line<500>) -> Result<()> {
    let parent = Case::find(work, parent_id)?;
    let draft = CaseDraft {
        subject,
        description: None,
        account_id: parent.account_id,
        contact_id: parent.contact_id,
        case_type_id: Some(parent.case_type_id),
        priority_id: None,
        status: None,
        channel: Some(parent.channel),
        owner_id: None,
        team_id: None,
        parent_case_id: Some(parent_id),
        tags: None,
        created_by: None,
    };
    Case::open(work, &draft).map(drop)
}

fn adopt(work: &mut Work, case_id: i64, parent_case_id: Option<i64>) -> Result<()> {
    let edit = CaseEdit { parent_case_id: Patch::Set(parent_case_id), ..CaseEdit::nothing() };
    let child = Case::take(work, case_id).map_err(|error| match error {
        Error::NotFound(_) => Error::field("number", format!("there is no case {case_id}")),
        other => other,
    });
    child?.edit(work, &edit, &Expected::any(case_id))
}

crate::input! {
    /// The parent's number; empty for none.
    pub struct ParentForm {
        pub number: Option<String>,
    }
}

pub async fn set_parent(
    seat: Seat<Agent>,
    id: PathOf,
    wants: Wants,
    Form(form): Form<ParentForm>,
) -> PageResult {
    let case_id = id.0;
    seat.read(Class::Bounded, move |work| Case::find(work, case_id).map(drop)).await?;
    let set = seat.app.write(seat.actor, move |work| {
        let parent = form.number.as_deref().map(|number| id_of("number", number)).transpose()?;
        adopt(work, case_id, parent)
    });
    wants.answer(set.await, &format!("/cases/{case_id}"))
}

// ---- escalations and violations

pub async fn escalate(
    seat: Seat<Agent>,
    id: PathOf,
    wants: Wants,
    Form(draft): Form<EscalationDraft>,
) -> PageResult {
    let case_id = id.0;
    let raised = seat.app.write(seat.actor, move |work| escalations::raise(work, case_id, &draft).map(drop));
    wants.answer(raised.await, &format!("/cases/{case_id}#escalations"))
}

pub async fn acknowledge_escalation(
    seat: Seat<Agent>,
    PathOfTwo(case_id, escalation_id): PathOfTwo,
    wants: Wants,
    _: Form<Nothing>,
) -> PageResult {
    let done = seat
        .app
        .write(seat.actor, move |work| escalations::acknowledge_one(work, case_id, escalation_id).map(drop));
    wants.answer(done.await, &format!("/cases/{case_id}#escalations"))
}

pub async fn resolve_escalation(
    seat: Seat<Agent>,
    PathOfTwo(case_id, escalation_id): PathOfTwo,
    wants: Wants,
    _: Form<Nothing>,
) -> PageResult {
    let done = seat
        .app
        .write(seat.actor, move |work| escalations::resolve_one(work, case_id, escalation_id).map(drop));
    wants.answer(done.await, &format!("/cases/{case_id}#escalations"))
}

crate::input! {
    /// Taking note of a missed target.
    pub struct NoteForm {
        pub note: Option<Prose<0>>,
    }
}

pub async fn acknowledge_violation(
    seat: Seat<Manager>,
    PathOfTwo(case_id, violation_id): PathOfTwo,
    wants: Wants,
    Form(form): Form<NoteForm>,
) -> PageResult {
    let done = seat.app.write(seat.actor, move |work| {
        let violation = violations::take_note(work, violation_id, form.note.as_deref())?;
        if violation.case_id == case_id { Ok(()) } else { Err(Error::NotFound("violation")) }
    });
    wants.answer(done.await, &format!("/cases/{case_id}#violations"))
}

// ---- followers

pub async fn follow(seat: Seat<Viewer>, id: PathOf, wants: Wants, _: Form<Nothing>) -> PageResult {
    let done = seat.app.write(seat.actor, move |work| notifications::set_following(work, id.0, true));
    wants.answer(done.await, &format!("/cases/{}", id.0))
}

pub async fn unfollow(seat: Seat<Viewer>, id: PathOf, wants: Wants, _: Form<Nothing>) -> PageResult {
    let done = seat.app.write(seat.actor, move |work| notifications::set_following(work, id.0, false));
    wants.answer(done.await, &format!("/cases/{}", id.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_named_by_their_numbers() {
        for (text, id) in [("CASE-000123", 123), (" case-7 ", 7), ("#12", 12), ("99", 99)] {
            assert_eq!(id_of("number", text).unwrap(), id, "{text}");
        }
        for text in ["", "CASE-", "CASE-0", "-1", "1.5", "CASE-1x", "ÄÖÜÄÖ1", "99999999999999999999", "+1"]
        {
            assert!(id_of("number", text).is_err(), "{text}");
        }
    }
}
