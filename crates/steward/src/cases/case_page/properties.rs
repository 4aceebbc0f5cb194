//! The properties of a case as forms. With scripts each field is saved by itself, through the API.

use axum::http::StatusCode;
use db::Class;

use super::{Again, CaseQuestion, PathOf, Wants, page_of};
use crate::cases::case::Case;
use crate::cases::edit::CaseEdit;
use crate::cases::show::{self, CaseView};
use crate::cases::status::StatusChange;
use crate::cases::tags::Tags;
use crate::cases::{Channel, Status};
use crate::error::{Error, Result};
use crate::http::{Agent, Expected};
use crate::input::{Field, Line, Patch, Prose};
use crate::web::{Choice, Form, Page, PageResult, Seat, choices};
use crate::work::Work;

crate::input! {
    /// The properties of a case; empty for nobody. Channel and tags are left alone by a form that has no field for them.
    pub struct Properties {
        pub edit_version: i64,
        pub status: Option<Status>,
        pub priority_id: i64,
        pub case_type_id: i64,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
        pub channel: Option<Channel>,
        pub tags: Option<String>,
        pub has_tags: Option<bool>,
        pub cascade: Option<bool>,
    }
}

/// What somebody else made of a field while the form was filled in.
pub struct Difference {
    pub field: &'static str,
    pub theirs: String,
    pub yours: String,
}

/// What a form would change, unless somebody else has changed the case meanwhile.
pub async fn update(seat: Seat<Agent>, id: PathOf, wants: Wants, Form(form): Form<Properties>) -> PageResult {
    let case_id = id.0;
    let kept = form.clone();
    let changed = seat.app.write(seat.actor, move |work| change(work, case_id, &form)).await;
    match changed {
        Err(Error::Stale) if !wants.json => {
            let page = seat.page();
            let differences =
                seat.read(Class::Bounded, move |work| differences(work, &page, case_id, &kept)).await?;
            let again = Again { composer: None, differences };
            page_of(&seat, &seat.visit, case_id, CaseQuestion::nothing(), StatusCode::CONFLICT, again).await
        }
        changed => wants.answer(changed, &format!("/cases/{case_id}")),
    }
}

fn change(work: &mut Work, case_id: i64, form: &Properties) -> Result<()> {
    let tags = match form.has_tags {
        Some(true) => Patch::Set(tags(form.tags.as_deref().unwrap_or(""))?),
        _ => Patch::Keep,
    };
    let edit = CaseEdit {
        priority_id: Patch::Set(form.priority_id),
        case_type_id: Patch::Set(form.case_type_id),
        owner_id: Patch::Set(form.owner_id),
        team_id: Patch::Set(form.team_id),
        channel: form.channel.map_or(Patch::Keep, Patch::Set),
        tags,
        ..CaseEdit::nothing()
    };
    let expected = Expected::version(case_id, form.edit_version);
    Case::take(work, case_id)?.edit(work, &edit, &expected)?;
    let Some(status) = form.status else { return Ok(()) };
    let change = StatusChange { cascade: form.cascade, ..StatusChange::to(status) };
    Case::take(work, case_id)?.set_status(work, &change)
}

/// Words between commas.
fn tags(text: &str) -> Result<Tags> {
    let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    Tags::from_json(serde_json::json!(words)).map_err(|faults| {
        Error::field("tags", faults.0.into_iter().map(|(_, told)| told).collect::<Vec<_>>().join("; "))
    })
}

/// Where the case is not as the form would have it.
fn differences(work: &mut Work, page: &Page, case_id: i64, form: &Properties) -> Result<Vec<Difference>> {
    let full = show::full(work, case_id)?;
    let case: &CaseView = &full.item.case;
    let choices = choices(work)?;
    let name = |list: &[Choice], id: Option<i64>| match id {
        None => page.say("nobody").into_owned(),
        Some(id) => {
            list.iter().find(|choice| choice.id == id).map_or(format!("#{id}"), |choice| choice.name.clone())
        }
    };
    let mut differences = Vec::new();
    let mut compare = |field: &'static str, theirs: String, yours: String| {
        if theirs != yours {
            differences.push(Difference { field, theirs, yours });
        }
    };
    if let Some(status) = form.status {
        let word = |status: Status| page.word("status", status).into_owned();
        compare("status", word(case.status), word(status));
    }
    let (priorities, types) = (&choices.priorities, &choices.types);
    compare("priority", name(priorities, Some(case.priority_id)), name(priorities, Some(form.priority_id)));
    compare("type", name(types, Some(case.case_type_id)), name(types, Some(form.case_type_id)));
    compare("owner", name(&choices.owners, case.owner_id), name(&choices.owners, form.owner_id));
    compare("team", name(&choices.teams, case.team_id), name(&choices.teams, form.team_id));
    if let Some(channel) = form.channel {
        let word = |channel: Channel| page.word("channel", channel).into_owned();
        compare("channel", word(case.channel), word(channel));
    }
    if form.has_tags == Some(true) {
        let yours = tags(form.tags.as_deref().unwrap_or(""))?;
        compare("tags", full.item.tags.join(", "), yours.0.join(", "));
    }
    Ok(differences)
}

crate::input! {
    /// What a case is called, and what it is about.
    pub struct Wording {
        pub edit_version: i64,
        pub subject: Line<500>,
        pub description: Option<Prose<0>>,
    }
}

pub async fn wording(seat: Seat<Agent>, id: PathOf, wants: Wants, Form(form): Form<Wording>) -> PageResult {
    let case_id = id.0;
    let changed = seat.app.write(seat.actor, move |work| {
        let description = form.description.as_deref().unwrap_or("").replace("\r\n", "\n");
        let description = Prose::<0>::from_json(description.into())
            .map_err(|_| Error::field("description", "is too long"))?;
        let edit = CaseEdit {
            subject: Patch::Set(form.subject.clone()),
            description: Patch::Set(description),
            ..CaseEdit::nothing()
        };
        Case::take(work, case_id)?.edit(work, &edit, &Expected::version(case_id, form.edit_version))
    });
    wants.answer(changed.await, &format!("/cases/{case_id}"))
}
