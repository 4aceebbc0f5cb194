//! What a customer does with the link of an invitation, without signing in: looks, and answers once. And the list of
//! invitations for users.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::answers::AnswerDraft;
use super::definition::Survey;
use super::invitation::{SkipReason, State};
use super::questions::Question;
use super::submission::{self, Asked, Occasion, Submitted};
use crate::cases::Case;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Body, Created, Guest, Json, Link, Nothing, Path, Query, Viewer};
use crate::input::Set;
use crate::mail::links::{self, Good};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::people::listing::{self, Filter};
use crate::work::{Actor, Work};

db::record! {
    #[derive(Debug, Clone)]
    struct Open {
        invitation_id: i64,
        survey_id: i64,
        case_id: i64,
        contact_id: i64,
        version: i64,
        opened_at: Option<Time>,
        answered_at: Option<Time>,
        expires_at: Time,
    }

    /// An invitation as users see it.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Invitation {
        pub invitation_id: i64,
        pub survey_id: i64,
        pub case_id: i64,
        pub contact_id: i64,
        pub state: State,
        pub skip_reason: Option<SkipReason>,
        /// The version of the questions that it asks.
        pub version: Option<i64>,
        pub outbound_message_id: Option<i64>,
        /// When it is to go out.
        pub send_at: Time,
        /// When its mail was written.
        pub invited_at: Option<Time>,
        /// When the mail server took it.
        pub sent_at: Option<Time>,
        pub opened_at: Option<Time>,
        pub answered_at: Option<Time>,
        pub expires_at: Option<Time>,
    }
}

crate::input! {
    /// Answers by the link of an invitation.
    pub struct InvitedAnswers {
        pub responses: Vec<AnswerDraft>,
    }
}

crate::input! {
    /// Which invitations of a survey, newest first.
    pub struct InvitationQuery {
        pub state: Option<Set<State>>,
        pub case_id: Option<i64>,
        pub contact_id: Option<i64>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Invitations {
    pub invitations: Vec<Invitation>,
    pub pagination: Pagination,
}

/// The survey that an invitation asks, and until when.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Invited {
    #[serde(flatten)]
    pub asked: Asked,
    pub invitation: Term,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Term {
    /// The case that it is about.
    pub case_number: String,
    pub expires_at: Time,
    /// Whether it has been answered: it is answered once.
    pub is_answered: bool,
}

/// The invitation of a link, and its survey. 404 for a link that is unknown or whose survey is gone, 410 for one whose time
/// has passed.
fn find(work: &mut Work, token: &str, lock: &str) -> Result<(Open, Survey)> {
    let (_, invitation_id) = links::find(work, Good::Survey, token)?;
    let id = invitation_id.ok_or(Error::NotFound("link"))?;
    let found: Option<Open> = work.optional(
        &format!(
            "select invitation_id, survey_id, case_id, contact_id, version, opened_at, answered_at, expires_at
             from crm_survey_invitations where invitation_id = $1 and state = 'invited'{lock}"
        ),
        &[&id],
    )?;
    let open = found.ok_or(Error::NotFound("link"))?;
    if open.answered_at.is_none() && work.now >= open.expires_at {
        return Err(Error::Gone(format!("this invitation could be answered until {}", open.expires_at)));
    }
    let survey = Survey::find(work, open.survey_id).map_err(|error| match error {
        Error::NotFound(_) => Error::NotFound("link"),
        other => other,
    })?;
    Ok((open, survey))
}

/// Notes that the link was followed: then its mail has arrived, whatever the mail server said.
fn note_opened(work: &mut Work, open: &Open) -> Result<()> {
    let now = work.now;
    if open.opened_at.is_none() {
        work.execute(
            "update crm_survey_invitations set opened_at = $2, sent_at = coalesce(sent_at, $2)
             where invitation_id = $1 and opened_at is null",
            &[&open.invitation_id, &now],
        )?;
    }
    Ok(())
}

/// The survey of a link, as a page shows it: nothing is noted, because scanners follow links.
pub fn read(work: &mut Work, token: &str) -> Result<Invited> {
    let (open, survey) = find(work, token, "")?;
    asked(work, &open, &survey)
}

fn show(work: &mut Work, token: &str) -> Result<Invited> {
    let (open, survey) = find(work, token, "")?;
    note_opened(work, &open)?;
    asked(work, &open, &survey)
}

fn asked(work: &mut Work, open: &Open, survey: &Survey) -> Result<Invited> {
    let questions = Question::of_version(work, open.survey_id, open.version)?;
    let (case_number,): (String,) =
        work.one("select case_number from crm_cases where case_id = $1", &[&open.case_id])?;
    Ok(Invited {
        asked: Asked::new(survey, questions),
        invitation: Term {
            case_number,
            expires_at: open.expires_at,
            is_answered: open.answered_at.is_some(),
        },
    })
}

/// Stores the answers of a link, once. 409 for one that was answered, 422 naming the answers at fault.
pub fn respond(work: &mut Work, token: &str, drafts: &[AnswerDraft]) -> Result<Submitted> {
    // Whoever changes a case takes its row before what hangs on it.
    let (open, survey) = find(work, token, "")?;
    work.actor = Actor::Contact { id: open.contact_id, account_id: None, sees_account: false };
    let case = match Case::take(work, open.case_id) {
        Ok(case) => Some(case),
        // Deleted, or handed over to somebody else: the answer counts, the case is not theirs to rate.
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let lock = work.dialect().for_update();
    // Looked at again under its lock: another answer may have come first.
    let (open, _) = find(work, token, lock)?;
    if open.answered_at.is_some() {
        return Err(Error::Conflict("this invitation has been answered: it is answered once".into()));
    }
    let occasion = Occasion {
        survey: &survey,
        version: open.version,
        case: case.as_ref(),
        case_id: Some(open.case_id),
        contact_id: Some(open.contact_id),
        invitation_id: Some(open.invitation_id),
    };
    let submitted = occasion.submit(work, drafts)?;
    let now = work.now;
    note_opened(work, &open)?;
    work.execute(
        "update crm_survey_invitations set answered_at = $2 where invitation_id = $1",
        &[&open.invitation_id, &now],
    )?;
    Ok(submitted)
}

/// Shows the survey and notes that it was opened. A GET never answers: mail scanners follow links.
pub async fn look(caller: Guest, Link(token): Link, _: Query<Nothing>) -> Result<Answer<Json<Invited>>> {
    Ok(Json::new(caller.app.write(caller.actor, move |work| show(work, &token)).await?).into())
}

pub async fn answer(
    caller: Guest,
    Link(token): Link,
    Body(given): Body<InvitedAnswers>,
) -> Result<Answer<Created<Submitted>>> {
    let submitted = caller.app.write(caller.actor, move |work| respond(work, &token, &given.responses));
    Ok(submission::created(submitted.await?).into())
}

/// A page of a survey's invitations, the latest first.
pub fn page(
    work: &mut Work,
    survey_id: i64,
    query: &InvitationQuery,
    paging: &Paging,
) -> Result<Invitations> {
    let mut filter = Filter::new("invitation_id > 0");
    filter.equal("survey_id", Some(survey_id));
    filter.equal("case_id", query.case_id);
    filter.equal("contact_id", query.contact_id);
    if let Some(Set(states)) = &query.state {
        let states: Vec<String> = states.iter().map(|state| filter.bind(state.word())).collect();
        filter.and(&format!("state in ({})", states.join(", ")));
    }
    let total = filter.total(work, "crm_survey_invitations", query.exact == Some(true))?;
    if let Some(cursor) = &paging.cursor {
        let last = filter.bind(listing::after_id(cursor)?);
        filter.and(&format!("invitation_id < {last}"));
    }
    let mut invitations: Vec<Invitation> =
        filter.page(work, SELECT, "order by invitation_id desc", paging)?;
    let pagination = paging.answer(&mut invitations, total, |last| vec![json!(last.invitation_id)]);
    Ok(Invitations { invitations, pagination })
}

const SELECT: &str = "select invitation_id, survey_id, case_id, contact_id, state, skip_reason, version,
        outbound_message_id, send_at, invited_at, sent_at, opened_at, answered_at, expires_at
     from crm_survey_invitations";

pub async fn list(
    caller: Viewer,
    Path([survey_id]): Path<1>,
    Query(query): Query<InvitationQuery>,
) -> Result<Answer<Json<Invitations>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    let list = caller.read(Class::Slow, move |work| {
        Survey::find(work, survey_id)?;
        page(work, survey_id, &query, &paging)
    });
    Ok(Json::new(list.await?).into())
}
