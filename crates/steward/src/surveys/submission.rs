//! Answers that are given together: stored all or none, and what follows from them for the case.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::answers::{self, AnswerDraft, Checked};
use super::definition::{Survey, SurveyType};
use super::questions::{Question, QuestionType};
use crate::cases::Case;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::events::Event;
use crate::http::{Answer, Body, Created, Json, Known, Nothing, Participant, Path, Query};
use crate::people::taken;
use crate::work::{Actor, Work};

crate::input! {
    /// Answers by the id of the survey: from a user for a customer, or from a customer about a case of theirs.
    pub struct Answers {
        /// The case that they are about; customers name one of theirs.
        pub case_id: Option<i64>,
        /// Who answers; the case's contact when left out.
        pub contact_id: Option<i64>,
        pub responses: Vec<AnswerDraft>,
    }
}

/// What a survey looks like to who answers it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AskedSurvey {
    pub survey_id: i64,
    pub survey_name: String,
    pub survey_type: SurveyType,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct AskedQuestion {
    pub question_id: i64,
    pub question_text: String,
    pub question_type: QuestionType,
    pub rating_min: Option<i64>,
    pub rating_max: Option<i64>,
    /// What a multiple choice chooses from.
    pub choices: Vec<String>,
    pub is_required: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Asked {
    pub survey: AskedSurvey,
    pub questions: Vec<AskedQuestion>,
}

impl Asked {
    pub fn new(survey: &Survey, questions: Vec<Question>) -> Asked {
        let questions = questions.into_iter().map(|question| AskedQuestion {
            question_id: question.question_id,
            question_text: question.question_text,
            question_type: question.question_type,
            rating_min: question.rating_min,
            rating_max: question.rating_max,
            choices: question.choices.0,
            is_required: question.is_required,
        });
        Asked {
            survey: AskedSurvey {
                survey_id: survey.survey_id,
                survey_name: survey.survey_name.clone(),
                survey_type: survey.survey_type,
            },
            questions: questions.collect(),
        }
    }
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Submission {
        pub submission_id: i64,
        pub survey_id: i64,
        /// The version of the questions that were answered.
        pub version: i64,
        pub case_id: Option<i64>,
        pub contact_id: Option<i64>,
        /// The invitation that was answered; null for answers by the survey's id.
        pub invitation_id: Option<i64>,
        /// The user who handed them in for the customer.
        pub submitted_by: Option<i64>,
        pub created_at: Time,
    }

    /// One answer; a multiple choice has a row for each choice.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Response {
        pub response_id: i64,
        pub survey_id: i64,
        pub question_id: i64,
        pub case_id: Option<i64>,
        pub contact_id: Option<i64>,
        pub rating_value: Option<i64>,
        pub text_value: Option<String>,
        pub choice_value: Option<String>,
        pub created_at: Time,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Submitted {
    pub submission: Submission,
    pub responses: Vec<Response>,
}

/// Who answers what, once that is settled.
pub struct Occasion<'a> {
    pub survey: &'a Survey,
    pub version: i64,
    pub case: Option<&'a Case>,
    pub case_id: Option<i64>,
    pub contact_id: Option<i64>,
    pub invitation_id: Option<i64>,
}

fn already() -> Error {
    Error::Conflict("this has been answered already: a survey is answered once".into())
}

impl Occasion<'_> {
    /// Checks the answers and stores them, all or none. 422 naming every answer at fault, 409 where this has been
    /// answered before.
    pub fn submit(&self, work: &mut Work, drafts: &[AnswerDraft]) -> Result<Submitted> {
        if let Some(contact_id) = self.contact_id {
            must_be_here(work, contact_id)?;
        }
        let questions = Question::of_version(work, self.survey.survey_id, self.version)?;
        let rows = answers::check(&questions, drafts).map_err(Error::Invalid)?;
        let now = work.now;
        let submitted_by = work.actor.user_id();
        let mut inserted = work.one::<(i64,)>(
            "insert into crm_survey_submissions (survey_id, version, case_id, contact_id, invitation_id, submitted_by,
                 created_at)
             values ($1, $2, $3, $4, $5, $6, $7) returning submission_id",
            &[
                &self.survey.survey_id, &self.version, &self.case_id, &self.contact_id, &self.invitation_id,
                &submitted_by, &now,
            ],
        );
        for index in ["crm_survey_submissions.invitation_id", "crm_survey_submissions_once"] {
            inserted = taken(inserted, index, already);
        }
        let (submission_id,) = inserted?;
        for row in &rows {
            work.execute(
                "insert into crm_survey_responses (survey_id, question_id, case_id, contact_id, rating_value, text_value,
                     choice_value, created_at, submission_id)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                &[
                    &self.survey.survey_id, &row.question_id, &self.case_id, &self.contact_id, &row.rating_value,
                    &row.text_value, &row.choice_value, &now, &submission_id,
                ],
            )?;
        }
        self.rate(work, &questions, &rows, submission_id)?;
        submitted(work, submission_id)
    }

    /// The first rating question of a csat survey gives its case a score, scaled to 1-5; the first text its comment.
    fn rate(
        &self,
        work: &mut Work,
        questions: &[Question],
        rows: &[Checked],
        submission_id: i64,
    ) -> Result<()> {
        let Some(case) = self.case.filter(|_| self.survey.survey_type == SurveyType::Csat) else {
            return Ok(());
        };
        let first = |kind| {
            let row_of =
                |question: &Question| rows.iter().find(|row| row.question_id == question.question_id);
            questions
                .iter()
                .filter(move |question| question.question_type == kind)
                .map(move |question| (question, row_of(question)))
        };
        let Some((question, Some(row))) = first(QuestionType::Rating).next() else { return Ok(()) };
        let Some(score) = row.rating_value.map(|value| scaled(value, question)) else { return Ok(()) };
        let comment =
            first(QuestionType::Text).find_map(|(_, row)| row.and_then(|row| row.text_value.clone()));
        let now = work.now;
        work.execute(
            "update crm_cases set csat_score = $2, csat_comment = $3, csat_submitted_at = $4 where case_id = $1",
            &[&case.case_id, &score, &comment, &now],
        )?;
        case.touch(work, true)?;
        work.record(case.case_id, &Event::Rated { submission_id, score })
    }
}

/// Holds the contact's row until the answers stand: an erasure that began before is seen, one that begins later finds
/// them.
fn must_be_here(work: &mut Work, contact_id: i64) -> Result<()> {
    let lock = work.dialect().for_share();
    let sql = format!("select contact_id from crm_contacts where contact_id = $1 and is_active{lock}");
    work.optional::<(i64,)>(&sql, &[&contact_id])?.map(drop).ok_or_else(|| {
        Error::Conflict(format!("contact {contact_id}, who is to answer, is not there any more"))
    })
}

/// A point of the question's scale as one of 1 to 5, to the nearest.
fn scaled(value: i64, question: &Question) -> i64 {
    let (min, max) = (question.rating_min.unwrap_or(1), question.rating_max.unwrap_or(5));
    let span = (max - min).max(1);
    // Halves go up: (4x + span/2) / span, in whole numbers.
    1 + (8 * (value - min) + span) / (2 * span)
}

fn submitted(work: &mut Work, submission_id: i64) -> Result<Submitted> {
    let submission: Submission = work.one(
        "select submission_id, survey_id, version, case_id, contact_id, invitation_id, submitted_by, created_at
         from crm_survey_submissions where submission_id = $1",
        &[&submission_id],
    )?;
    let responses = work.query(
        "select response_id, survey_id, question_id, case_id, contact_id, rating_value, text_value, choice_value, created_at
         from crm_survey_responses where submission_id = $1 order by response_id",
        &[&submission_id],
    )?;
    Ok(Submitted { submission, responses })
}

/// The case and the contact that answers by the survey's id are about. Every fault at once.
fn parties(work: &mut Work, answers: &Answers) -> Result<(Option<Case>, Option<i64>)> {
    let mut faults = Vec::new();
    let case = match answers.case_id {
        Some(id) => match Case::take(work, id) {
            Ok(case) => Some(case),
            Err(Error::NotFound(_)) => {
                faults.push(Fault::field("case_id", format!("there is no case {id}")));
                None
            }
            Err(error) => return Err(error),
        },
        None => None,
    };
    let contact_id = match work.actor {
        Actor::Contact { id, .. } => {
            if case.as_ref().is_some_and(|case| case.contact_id != Some(id)) {
                faults.push(Fault::field("case_id", "is another contact's case"));
            } else if answers.case_id.is_none() {
                faults.push(Fault::field("case_id", "is required: name the case that you answer about"));
            }
            if answers.contact_id.is_some_and(|named| named != id) {
                faults.push(Fault::field("contact_id", "is to be yourself: leave it out"));
            }
            Some(id)
        }
        _ => {
            let of_case = case.as_ref().and_then(|case| case.contact_id);
            if let Some(named) = answers.contact_id {
                faults.extend(contact_fault(work, named, case.as_ref())?);
            }
            answers.contact_id.or(of_case)
        }
    };
    if faults.is_empty() { Ok((case, contact_id)) } else { Err(Error::Invalid(faults)) }
}

/// Whoever answers about a case is its contact, or one of the same account.
fn contact_fault(work: &mut Work, contact_id: i64, case: Option<&Case>) -> Result<Option<Fault>> {
    let found: Option<(Option<i64>,)> = work.optional(
        "select account_id from crm_contacts where contact_id = $1 and is_active",
        &[&contact_id],
    )?;
    let fault = |message: String| Ok(Some(Fault::field("contact_id", message)));
    match (found, case) {
        (None, _) => fault(format!("there is no active contact {contact_id}")),
        (Some((account,)), Some(case)) => {
            let same_account = account.is_some() && account == case.account_id;
            if case.contact_id == Some(contact_id) || same_account {
                Ok(None)
            } else {
                fault(format!("is neither the contact of case {} nor of its account", case.case_id))
            }
        }
        (Some(_), None) => Ok(None),
    }
}

/// Answers by the survey's id. Once per case and contact, by whatever way.
pub fn submit_by_id(work: &mut Work, survey_id: i64, given: &Answers) -> Result<Submitted> {
    let survey = Survey::hold(work, survey_id)?;
    let parties = parties(work, given);
    let questions = Question::of_version(work, survey_id, survey.version)?;
    let checked = answers::check(&questions, &given.responses);
    let (case, contact_id) = match (parties, checked) {
        (Ok(parties), Ok(_)) => parties,
        (Err(Error::Invalid(mut faults)), checked) => {
            faults.extend(checked.err().unwrap_or_default());
            return Err(Error::Invalid(faults));
        }
        (Err(error), _) => return Err(error),
        (Ok(_), Err(faults)) => return Err(Error::Invalid(faults)),
    };
    if let (Some(case), Some(contact_id)) = (&case, contact_id) {
        let (answered,): (bool,) = work.one(
            "select exists (select 1 from crm_survey_submissions
                 where survey_id = $1 and case_id = $2 and contact_id = $3) as answered",
            &[&survey_id, &case.case_id, &contact_id],
        )?;
        if answered {
            return Err(already());
        }
    }
    let case_id = case.as_ref().map(|case| case.case_id);
    let occasion = Occasion {
        survey: &survey,
        version: survey.version,
        case: case.as_ref(),
        case_id,
        contact_id,
        invitation_id: None,
    };
    occasion.submit(work, &given.responses)
}

pub async fn ask(
    caller: Known,
    Path([survey_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<Asked>>> {
    let asked = caller.read(Class::Bounded, move |work| {
        let survey = Survey::find(work, survey_id)?;
        let questions = Question::of_version(work, survey_id, survey.version)?;
        Ok(Asked::new(&survey, questions))
    });
    Ok(Json::new(asked.await?).into())
}

pub async fn answer(
    caller: Participant,
    Path([survey_id]): Path<1>,
    Body(answers): Body<Answers>,
) -> Result<Answer<Created<Submitted>>> {
    caller.write(move |work| Ok(created(submit_by_id(work, survey_id, &answers)?))).await
}

/// 201 with where the answers can be read again.
pub fn created(submitted: Submitted) -> Created<Submitted> {
    let id = submitted.submission.submission_id;
    Created::at(format!("/api/crm/survey-submissions/{id}"), submitted)
}

pub async fn show(caller: Known, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<Json<Submitted>>> {
    let shown = caller.read(Class::Bounded, move |work| {
        let known: Option<(Option<i64>,)> =
            work.optional("select contact_id from crm_survey_submissions where submission_id = $1", &[&id])?;
        match (known, work.actor) {
            (Some(_), Actor::User { .. } | Actor::System) => submitted(work, id),
            (Some((Some(of),)), Actor::Contact { id: own, .. }) if of == own => submitted(work, id),
            _ => Err(Error::NotFound("submission")),
        }
    });
    Ok(Json::new(shown.await?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_scale_becomes_one_to_five() {
        let question = |min, max| Question {
            question_id: 1,
            survey_id: 1,
            question_text: String::new(),
            question_type: QuestionType::Rating,
            question_order: 1,
            is_required: true,
            rating_min: Some(min),
            rating_max: Some(max),
            choices: db::Json(Vec::new()),
            since_version: 1,
            until_version: None,
            edit_version: 1,
        };
        let scale =
            |min, max| (min..=max).map(|value| scaled(value, &question(min, max))).collect::<Vec<_>>();
        assert_eq!(scale(1, 5), [1, 2, 3, 4, 5]);
        assert_eq!(scale(0, 10), [1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]);
        assert_eq!(scale(1, 2), [1, 5]);
        assert_eq!(scale(-1, 1), [1, 3, 5]);
        assert_eq!(scale(1, 7), [1, 2, 2, 3, 4, 4, 5]);
    }
}
