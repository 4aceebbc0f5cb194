//! The survey as a customer answers it in a browser: by the link of an invitation, or from a closed case in the portal. A
//! GET stores nothing, whatever answer its address has chosen: mail scanners follow links.

use std::borrow::Cow;

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use db::Class;
use serde_json::{Value, json};

use super::answers::AnswerDraft;
use super::definition::{Survey, SurveyType};
use super::invited::{self, InvitedAnswers};
use super::questions::{Question, QuestionType};
use super::submission::{self, Answers, Asked, AskedQuestion};
use crate::cases::Case;
use crate::customers::Ids;
use crate::error::{Error, Result};
use crate::http::{Customer, Guest, Manager};
use crate::input;
use crate::web::{self, Language, Page, PageResult, Seat, Sent, redirect, show, show_as};
use crate::work::Work;
use crate::workflow::Status;

#[derive(Template)]
#[template(path = "surveys/answer.html")]
struct AnswerPage {
    page: Page,
    asked: Asked,
    case_number: String,
    /// What is chosen or typed so far, each answer under `q` and the question's id.
    sent: Sent,
    /// What is wrong, by question.
    faults: Vec<(i64, Cow<'static, str>)>,
    /// Shown to a manager as customers will see it: nothing can be sent.
    is_preview: bool,
}

impl AnswerPage {
    fn fault(&self, question: &AskedQuestion) -> &str {
        let found = self.faults.iter().find(|(id, _)| *id == question.question_id);
        found.map_or("", |(_, message)| message)
    }

    fn has(&self, question: &AskedQuestion, value: impl std::fmt::Display) -> bool {
        let value = value.to_string();
        self.sent.all(&field(question.question_id)).any(|given| given == value)
    }

    fn text(&self, question: &AskedQuestion) -> &str {
        self.sent.text(&field(question.question_id))
    }

    /// The points of a scale that is short enough to be shown whole.
    fn points(&self, question: &AskedQuestion) -> Vec<i64> {
        points(question.rating_min, question.rating_max)
    }
}

#[derive(Template)]
#[template(path = "surveys/answered.html")]
struct AnsweredPage {
    page: Page,
    /// Whether this was so before.
    is_again: bool,
}

/// The most points of a scale that are shown side by side.
const MOST_POINTS: i64 = 11;

fn points(min: Option<i64>, max: Option<i64>) -> Vec<i64> {
    match (min, max) {
        (Some(min), Some(max)) if max - min < MOST_POINTS => (min..=max).collect(),
        _ => Vec::new(),
    }
}

fn field(question_id: i64) -> String {
    format!("q{question_id}")
}

/// What an address has chosen: `?answer=4` answers the first rating that mails show as links.
fn chosen(questions: &[AskedQuestion], query: &str) -> Sent {
    let pairs = input::form_pairs(query).unwrap_or_default();
    let answer = pairs.iter().find(|(name, _)| name == "answer").and_then(|(_, value)| value.parse().ok());
    let first = questions.iter().find(|question| {
        question.question_type == QuestionType::Rating
            && !points(question.rating_min, question.rating_max).is_empty()
    });
    match (first, answer) {
        (Some(question), Some(answer))
            if points(question.rating_min, question.rating_max).contains(&answer) =>
        {
            Sent::with(&[(&field(question.question_id), &answer.to_string())])
        }
        _ => Sent::default(),
    }
}

/// The answers of a form; or what is wrong with them, by question.
fn drafts(
    questions: &[AskedQuestion],
    sent: &Sent,
    language: Language,
) -> Result<Vec<AnswerDraft>, Vec<(i64, Cow<'static, str>)>> {
    let (mut answers, mut faults) = (Vec::new(), Vec::new());
    for question in questions {
        let id = question.question_id;
        let field = field(id);
        let values: Vec<&str> = sent.all(&field).filter(|value| !value.trim().is_empty()).collect();
        let Some(first) = values.first() else {
            if question.is_required {
                faults.push((id, language.say("survey-required")));
            }
            continue;
        };
        let answer = match question.question_type {
            QuestionType::Rating => first.parse::<i64>().map(|point| json!({ "rating_value": point })).ok(),
            QuestionType::Text => Some(json!({ "text_value": first })),
            QuestionType::YesNo => Some(json!({ "choice_value": first })),
            QuestionType::MultipleChoice => Some(json!({ "choice_value": values })),
        };
        match answer {
            Some(mut answer) => {
                answer["question_id"] = id.into();
                answers.push(answer);
            }
            None => faults.push((id, language.say("survey-unfit"))),
        }
    }
    if answers.is_empty() && faults.is_empty() {
        faults.extend(questions.first().map(|question| (question.question_id, language.say("survey-empty"))));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let ids: Vec<i64> = answers.iter().filter_map(|answer| answer["question_id"].as_i64()).collect();
    let read = input::from_json::<InvitedAnswers>(json!({ "responses": Value::Array(answers) }));
    read.map(|read| read.responses).map_err(|error| by_question(&error, &ids, questions, language))
}

/// The faults of answers as faults of their questions.
fn by_question(
    error: &Error,
    ids: &[i64],
    questions: &[AskedQuestion],
    language: Language,
) -> Vec<(i64, Cow<'static, str>)> {
    let problem = error.problem();
    let first = questions.first().map_or(0, |question| question.question_id);
    let place = |pointer: &str| {
        let index = pointer.strip_prefix("/responses/").and_then(|rest| rest.split('/').next()?.parse().ok());
        index.and_then(|index: usize| ids.get(index).copied()).unwrap_or(first)
    };
    let named = problem.errors.iter().map(|fault| place(fault.pointer.as_deref().unwrap_or("")));
    named.map(|id| (id, language.say("survey-unfit"))).collect()
}

// ---- as a manager looks at it

/// A survey as customers will see it.
pub async fn preview(seat: Seat<Manager>, web::Ids([id]): web::Ids<1>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let survey = Survey::find(work, id)?;
        let questions = Question::of_version(work, id, survey.version)?;
        Ok(AnswerPage {
            page: Page::read(work, &visit)?,
            asked: Asked::new(&survey, questions),
            case_number: "CASE-000001".into(),
            sent: Sent::default(),
            faults: Vec::new(),
            is_preview: true,
        })
    });
    show(&page.await?)
}

// ---- by the link of an invitation

/// The survey of a link, with the answer that the mail's reader tapped.
pub async fn form(seat: Seat<Guest>, Path(token): Path<String>, RawQuery(query): RawQuery) -> PageResult {
    let page = seat.page();
    let invited = seat.app.read(Class::Bounded, seat.actor, move |work| invited::read(work, &token)).await?;
    if invited.invitation.is_answered {
        return web::unkept(show(&AnsweredPage { page, is_again: true })?);
    }
    let sent = chosen(&invited.asked.questions, &query.unwrap_or_default());
    let case_number = invited.invitation.case_number;
    web::unkept(show(&AnswerPage {
        page,
        asked: invited.asked,
        case_number,
        sent,
        faults: Vec::new(),
        is_preview: false,
    })?)
}

/// Stores the answers, once.
pub async fn answer(seat: Seat<Guest>, Path(token): Path<String>, sent: Sent) -> PageResult {
    let (secret, language) = (token.clone(), seat.visit.language);
    let invited = seat.app.read(Class::Bounded, seat.actor, move |work| invited::read(work, &secret)).await?;
    let questions = &invited.asked.questions;
    let stored = match drafts(questions, &sent, language) {
        Ok(drafts) => {
            let ids: Vec<i64> = drafts.iter().map(|draft| draft.question_id).collect();
            let secret = token.clone();
            let stored =
                seat.app.write(seat.actor, move |work| invited::respond(work, &secret, &drafts).map(drop));
            match stored.await {
                Ok(()) => return redirect(&format!("/survey/{token}/thanks")),
                Err(error @ Error::Invalid(_)) => by_question(&error, &ids, questions, language),
                Err(Error::Conflict(_)) => {
                    return show_as(
                        StatusCode::CONFLICT,
                        &AnsweredPage { page: seat.page(), is_again: true },
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(faults) => faults,
    };
    let case_number = invited.invitation.case_number;
    let page = AnswerPage {
        page: seat.page(),
        asked: invited.asked,
        case_number,
        sent,
        faults: stored,
        is_preview: false,
    };
    web::unkept(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)?)
}

pub async fn thanks(seat: Seat<Guest>, Path(_): Path<String>) -> PageResult {
    web::unkept(show(&AnsweredPage { page: seat.page(), is_again: false })?)
}

// ---- from a case in the portal

/// The survey of satisfaction that the customer who acts may still answer about a case that is theirs, and solved.
pub fn open_to(work: &mut Work, case: &Case) -> Result<Option<Survey>> {
    let Some(contact_id) = work.actor.contact_id().filter(|id| case.contact_id == Some(*id)) else {
        return Ok(None);
    };
    if !matches!(case.status, Status::Resolved | Status::Closed) {
        return Ok(None);
    }
    let surveys = Survey::following(work, case.case_type_id)?;
    let Some(survey) = surveys.into_iter().find(|survey| survey.survey_type == SurveyType::Csat) else {
        return Ok(None);
    };
    let (answered,): (bool,) = work.one(
        "select exists (select 1 from crm_survey_submissions where survey_id = $1 and case_id = $2 and contact_id = $3)
             as answered",
        &[&survey.survey_id, &case.case_id, &contact_id],
    )?;
    Ok((!answered).then_some(survey))
}

fn asked_about(work: &mut Work, case_id: i64) -> Result<(Asked, i64, String)> {
    let case = Case::find(work, case_id)?;
    let survey = open_to(work, &case)?.ok_or(Error::NotFound("survey"))?;
    let questions = Question::of_version(work, survey.survey_id, survey.version)?;
    let (number,): (String,) =
        work.one("select case_number from crm_cases where case_id = $1", &[&case_id])?;
    Ok((Asked::new(&survey, questions), survey.survey_id, number))
}

pub async fn rating_form(seat: Seat<Customer>, Ids([case_id]): Ids<1>) -> PageResult {
    let page = seat.page();
    let (asked, _, case_number) = seat.read(Class::Bounded, move |work| asked_about(work, case_id)).await?;
    show(&AnswerPage {
        page,
        asked,
        case_number,
        sent: Sent::default(),
        faults: Vec::new(),
        is_preview: false,
    })
}

pub async fn rate(seat: Seat<Customer>, Ids([case_id]): Ids<1>, sent: Sent) -> PageResult {
    let language = seat.visit.language;
    let (asked, survey_id, case_number) =
        seat.read(Class::Bounded, move |work| asked_about(work, case_id)).await?;
    let faults = match drafts(&asked.questions, &sent, language) {
        Ok(responses) => {
            let ids: Vec<i64> = responses.iter().map(|draft| draft.question_id).collect();
            let answers = Answers { case_id: Some(case_id), contact_id: None, responses };
            let stored = seat
                .app
                .write(seat.actor, move |work| submission::submit_by_id(work, survey_id, &answers).map(drop));
            match stored.await {
                Ok(()) => return redirect(&format!("/portal/cases/{case_id}?rated=true")),
                Err(error @ Error::Invalid(_)) => by_question(&error, &ids, &asked.questions, language),
                Err(error) => return Err(error.into()),
            }
        }
        Err(faults) => faults,
    };
    let page = AnswerPage { page: seat.page(), asked, case_number, sent, faults, is_preview: false };
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
