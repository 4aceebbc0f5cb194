//! Surveys: what customers are asked afterwards, when, and who was invited.

use std::collections::BTreeMap;

use askama::Template;
use db::Class;
use serde_json::json;

use super::conditions::{Tick, named_types};
use super::deleted::{self, Deleted};
use super::names::{Name, Names};
use super::{around, next_page};
use crate::error::Result;
use crate::http::Manager;
use crate::input::Set;
use crate::paging::Paging;
use crate::surveys::definition::{Survey, SurveyType};
use crate::surveys::invitation::State;
use crate::surveys::invited::{self, Invitation, InvitationQuery, Invitations};
use crate::surveys::questions::{Question, QuestionType};
use crate::web::{Asked, Frame, Ids, Page, PageResult, Seat, show};
use crate::work::Work;

/// Rows on a page.
const ROWS: i64 = 50;

/// A survey in the list.
struct Row {
    survey: Survey,
    questions: i64,
    answers: i64,
}

#[derive(Template)]
#[template(path = "administration/surveys.html")]
struct SurveysPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    /// Without a mail server nobody is invited.
    is_off: bool,
    deleted: Vec<Deleted>,
}

/// How many questions each of these surveys asks, and how often it was answered.
fn counts(work: &mut Work, surveys: &[Survey]) -> Result<BTreeMap<i64, (i64, i64)>> {
    let ids: Vec<i64> = surveys.iter().map(|survey| survey.survey_id).collect();
    let among = work.dialect().among_ints("s.survey_id", "$1");
    let rows: Vec<(i64, i64, i64)> = work.query(
        &format!(
            "select s.survey_id,
                 (select count(*) from crm_survey_questions q where q.survey_id = s.survey_id and q.is_active
                     and q.since_version <= s.version and q.until_version is null) as questions,
                 (select count(*) from crm_survey_submissions a where a.survey_id = s.survey_id) as answers
             from crm_surveys s where {among}"
        ),
        &[&json!(ids)],
    )?;
    Ok(rows.into_iter().map(|(id, questions, answers)| (id, (questions, answers))).collect())
}

pub async fn list(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let surveys = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let surveys = Survey::all(work)?;
        let counts = counts(work, &surveys)?;
        let row = |survey: Survey| {
            let (questions, answers) = counts.get(&survey.survey_id).copied().unwrap_or_default();
            Row { survey, questions, answers }
        };
        let rows = surveys.into_iter().map(row).collect();
        let deleted = deleted::read(work, &frame, "crm_surveys", "survey_id", "survey_name")?;
        Ok(SurveysPage { page, frame, rows, is_off: !work.config.sends_mail(), deleted })
    });
    show(&surveys.await?)
}

#[derive(Template)]
#[template(path = "administration/survey.html")]
struct SurveyPage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    survey: Option<Survey>,
    questions: Vec<Question>,
    types: Vec<Tick>,
    /// Whether its present version has been put to somebody: a change of questions makes the next.
    was_asked: bool,
    is_off: bool,
}

impl SurveyPage {
    fn kind(&self) -> SurveyType {
        self.survey.as_ref().map_or(SurveyType::Csat, |survey| survey.survey_type)
    }

    fn kinds(&self) -> &'static [SurveyType] {
        SurveyType::ALL
    }

    fn question_types(&self) -> &'static [QuestionType] {
        QuestionType::ALL
    }

    fn is_rating(&self, question: &Question) -> bool {
        question.question_type == QuestionType::Rating
    }

    fn is_choice(&self, question: &Question) -> bool {
        question.question_type == QuestionType::MultipleChoice
    }
}

async fn editor(seat: Seat<Manager>, id: Option<i64>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let survey = id.map(|id| Survey::find(work, id)).transpose()?;
        let (mut questions, mut was_asked) = (Vec::new(), false);
        if let Some(survey) = &survey {
            questions = Question::of_version(work, survey.survey_id, survey.version)?;
            was_asked = survey.was_asked(work)?;
        }
        let chosen = survey.as_ref().map_or(&[][..], |survey| &survey.case_type_ids.0);
        let types = named_types(work, chosen)?;
        Ok(SurveyPage { is_off: !work.config.sends_mail(), page, frame, survey, questions, types, was_asked })
    });
    show(&page.await?)
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    editor(seat, None).await
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>) -> PageResult {
    editor(seat, Some(id)).await
}

#[derive(Template)]
#[template(path = "administration/invitations.html")]
struct InvitationsPage {
    page: Page,
    frame: Frame,
    survey: Survey,
    list: Invitations,
    names: Names,
    state: Option<State>,
    next: Option<String>,
}

impl InvitationsPage {
    fn shows(&self, state: &State) -> bool {
        self.state == Some(*state)
    }

    fn states(&self) -> &'static [State] {
        State::ALL
    }

    fn contact(&self, invitation: &Invitation) -> Option<&Name> {
        self.names.get("contact", &invitation.contact_id)
    }
}

pub async fn invitations(
    seat: Seat<Manager>,
    Ids([id]): Ids<1>,
    asked: Asked<InvitationQuery>,
) -> PageResult {
    let query = asked.query;
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), ROWS)?;
    let visit = seat.visit.clone();
    let invitations = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let survey = Survey::find(work, id)?;
        let list = invited::page(work, id, &query, &paging)?;
        let names = Names::read(work, list.invitations.iter().map(|one| ("contact", one.contact_id)))?;
        let state = match &query.state {
            Some(Set(states)) if states.len() == 1 => states.first().copied(),
            _ => None,
        };
        let next = list.pagination.next_cursor.as_ref().map(|cursor| next_page(&visit, "cursor", cursor));
        Ok(InvitationsPage { page, frame, survey, list, names, state, next })
    });
    show(&invitations.await?)
}
