//! Questions and their versions. While nobody has been asked, a question is changed in place. After that the present
//! version stays as it was asked, with its answers, and the change makes the next one; questions that it does not touch
//! stand in both.

use std::collections::BTreeSet;

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::definition::Survey;
use crate::error::{Error, Fault, Result};
use crate::http::{Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer};
use crate::input::{Int, Line, Patch};
use crate::ordering::Order;
use crate::work::Work;

/// The most questions that a survey asks.
const MOST: i64 = 100;
/// The most choices of a question.
const MOST_CHOICES: usize = 100;

crate::words! {
    /// What a question takes for an answer.
    pub enum QuestionType {
        Rating = "rating", Text = "text", MultipleChoice = "multiple_choice", YesNo = "yes_no",
    }
}

db::record! {
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
    pub struct Question {
        pub question_id: i64,
        pub survey_id: i64,
        pub question_text: String,
        pub question_type: QuestionType,
        /// Questions are asked in this order, then by id.
        pub question_order: i64,
        pub is_required: bool,
        /// The scale of a rating, both ends included; null for other types.
        pub rating_min: Option<i64>,
        pub rating_max: Option<i64>,
        /// What a multiple choice chooses from.
        #[schemars(with = "Vec<String>")]
        pub choices: db::Json<Vec<String>>,
        /// The first version of the survey that it stands in.
        pub since_version: i64,
        /// The last one; null while it is asked.
        pub until_version: Option<i64>,
        pub edit_version: i64,
    }
}

const SELECT: &str =
    "select question_id, survey_id, question_text, question_type, question_order, is_required, rating_min,
        rating_max, choices, since_version, until_version, edit_version
     from crm_survey_questions";
const ORDER: &str = "order by question_order, question_id";

/// A point of a rating scale.
pub type Point = Int<-1_000_000, 1_000_000>;

crate::input! {
    /// A new question.
    pub struct QuestionDraft {
        pub question_text: Line<1000>,
        pub question_type: QuestionType,
        /// After the others when left out.
        pub question_order: Option<Int<0, 1_000_000>>,
        /// False when left out.
        pub is_required: Option<bool>,
        /// Of a rating; the usual scale of the survey's type when left out.
        pub rating_min: Option<Point>,
        pub rating_max: Option<Point>,
        /// Of a multiple choice: two or more, all different.
        pub choices: Option<Vec<Line<200>>>,
    }
}

crate::input! {
    /// The fields to change; the type is not among them.
    pub struct QuestionEdit {
        pub question_text: Patch<Line<1000>>,
        pub question_order: Patch<Int<0, 1_000_000>>,
        pub is_required: Patch<bool>,
        pub rating_min: Patch<Point>,
        pub rating_max: Patch<Point>,
        pub choices: Patch<Vec<Line<200>>>,
    }
}

crate::input! {
    /// Which questions.
    pub struct QuestionQuery {
        /// The questions of this version; the present one when left out.
        pub version: Option<i64>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Questions {
    /// The version whose questions these are.
    pub version: i64,
    pub questions: Vec<Question>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneQuestion {
    pub question: Question,
}

impl Question {
    /// The questions of a version, in their order.
    pub fn of_version(work: &mut Work, survey_id: i64, version: i64) -> Result<Vec<Question>> {
        work.query(
            &format!(
                "{SELECT} where survey_id = $1 and since_version <= $2 and (until_version is null or until_version >= $2)
                     and is_active {ORDER}"
            ),
            &[&survey_id, &version],
        )
    }

    /// The questions of all versions, those asked last first among equals.
    pub fn of_all_versions(work: &mut Work, survey_id: i64) -> Result<Vec<Question>> {
        work.query(&format!("{SELECT} where survey_id = $1 and is_active {ORDER}"), &[&survey_id])
    }

    fn find(work: &mut Work, survey: &Survey, id: i64) -> Result<Question> {
        let found = work.optional(
            &format!(
                "{SELECT} where question_id = $2 and survey_id = $1 and until_version is null and is_active"
            ),
            &[&survey.survey_id, &id],
        )?;
        found.ok_or(Error::NotFound("question"))
    }

    /// What does not fit its type or itself.
    fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, message: &str| faults.push(Fault::field(field, message));
        match (self.question_type, self.rating_min, self.rating_max) {
            (QuestionType::Rating, Some(min), Some(max)) if min >= max => {
                fault("rating_max", "is to be more than rating_min");
            }
            (QuestionType::Rating, ..) => {}
            (_, min, max) => {
                for (field, value) in [("rating_min", min), ("rating_max", max)] {
                    if value.is_some() {
                        fault(field, "is for ratings only");
                    }
                }
            }
        }
        let choices = &self.choices.0;
        let distinct: BTreeSet<&String> = choices.iter().collect();
        if self.question_type != QuestionType::MultipleChoice {
            if !choices.is_empty() {
                fault("choices", "are for multiple_choice only");
            }
        } else if choices.len() < 2 || choices.len() > MOST_CHOICES {
            fault("choices", "are to be 2 to 100");
        } else if distinct.len() < choices.len() {
            fault("choices", "are to be all different");
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    /// Writes it as a new row that stands in versions from `since` on.
    fn insert(&self, work: &mut Work, since: i64) -> Result<i64> {
        let now = work.now;
        let (id,) = work.one(
            "insert into crm_survey_questions (survey_id, question_text, question_type, question_order, is_required,
                 rating_min, rating_max, choices, since_version, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) returning question_id",
            &[
                &self.survey_id, &self.question_text, &self.question_type, &self.question_order, &self.is_required,
                &self.rating_min, &self.rating_max, &self.choices, &since, &now,
            ],
        )?;
        Ok(id)
    }
}

/// The version that a change of questions goes into: the present one while nobody has been asked, else the next.
fn version_to_change(work: &mut Work, survey: &Survey) -> Result<i64> {
    let version = survey.version + i64::from(survey.was_asked(work)?);
    let now = work.now;
    work.execute(
        "update crm_surveys set version = $2, edit_version = edit_version + 1, updated_at = $3 where survey_id = $1",
        &[&survey.survey_id, &version, &now],
    )?;
    Ok(version)
}

/// Ends a question that stays in the versions before; one that stands in none of them goes.
fn retire(work: &mut Work, question: &Question, version: i64) -> Result<()> {
    let now = work.now;
    if question.since_version < version {
        work.execute(
            "update crm_survey_questions set until_version = $2, edit_version = edit_version + 1, updated_at = $3
             where question_id = $1",
            &[&question.question_id, &(version - 1), &now],
        )?;
    } else {
        work.set_active("crm_survey_questions", "question_id", question.question_id, false)?;
    }
    Ok(())
}

fn lines(choices: Vec<Line<200>>) -> Vec<String> {
    choices.into_iter().map(Line::into_string).collect()
}

fn one(work: &mut Work, id: i64) -> Result<Json<OneQuestion>> {
    let question: Question = work.one(&format!("{SELECT} where question_id = $1"), &[&id])?;
    let version = question.edit_version;
    Ok(Json::version(OneQuestion { question }, id, version))
}

pub async fn list(
    caller: Viewer,
    Path([survey_id]): Path<1>,
    Query(query): Query<QuestionQuery>,
) -> Result<Answer<Json<Questions>>> {
    let questions = caller.read(Class::Bounded, move |work| {
        let survey = Survey::find(work, survey_id)?;
        let version = query.version.unwrap_or(survey.version);
        if version > survey.version {
            return Err(Error::NotFound("version"));
        }
        Ok(Questions { version, questions: Question::of_version(work, survey_id, version)? })
    });
    Ok(Json::new(questions.await?).into())
}

pub async fn create(
    caller: Manager,
    Path([survey_id]): Path<1>,
    Body(draft): Body<QuestionDraft>,
) -> Result<Answer<Created<OneQuestion>>> {
    caller
        .write(move |work| {
            let id = add(work, survey_id, draft.clone())?;
            let Json { body, etag } = one(work, id)?;
            Ok(Created { location: format!("/api/crm/surveys/{survey_id}/questions/{id}"), body, etag })
        })
        .await
}

fn add(work: &mut Work, survey_id: i64, draft: QuestionDraft) -> Result<i64> {
    let survey = Survey::take(work, survey_id)?;
    let others = Question::of_version(work, survey_id, survey.version)?;
    if others.len() as i64 >= MOST {
        return Err(Error::Conflict(format!("a survey asks at most {MOST} questions")));
    }
    let is_rating = draft.question_type == QuestionType::Rating;
    let (min, max) = survey.survey_type.scale();
    let question = Question {
        question_id: 0,
        survey_id,
        question_text: draft.question_text.into_string(),
        question_type: draft.question_type,
        question_order: draft
            .question_order
            .map_or(others.last().map_or(1, |last| last.question_order + 1), |order| order.0),
        is_required: draft.is_required.unwrap_or(false),
        rating_min: draft.rating_min.map(|point| point.0).or(is_rating.then_some(min)),
        rating_max: draft.rating_max.map(|point| point.0).or(is_rating.then_some(max)),
        choices: db::Json(lines(draft.choices.unwrap_or_default())),
        since_version: survey.version,
        until_version: None,
        edit_version: 1,
    };
    question.check()?;
    let version = version_to_change(work, &survey)?;
    let id = question.insert(work, version)?;
    work.audit(
        "question_added",
        "survey",
        Some(survey_id),
        &json!({ "question_id": id, "version": version }),
    )?;
    Ok(id)
}

pub async fn show(
    caller: Viewer,
    Path([survey_id, id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneQuestion>>> {
    let question = caller.read(Class::Bounded, move |work| {
        let survey = Survey::find(work, survey_id)?;
        let question = Question::find(work, &survey, id)?;
        one(work, question.question_id)
    });
    Ok(question.await?.into())
}

pub async fn update(
    caller: Manager,
    Path([survey_id, id]): Path<2>,
    Body(edit): Body<QuestionEdit>,
) -> Result<Answer<Json<OneQuestion>>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            let id = change(work, survey_id, id, edit.clone(), &expected)?;
            one(work, id)
        })
        .await
}

/// Changes the fields named; answers the id under which the question goes on, another one where the present version has
/// been asked. An edit that changes nothing leaves no trace.
fn change(work: &mut Work, survey_id: i64, id: i64, edit: QuestionEdit, expected: &Expected) -> Result<i64> {
    let survey = Survey::take(work, survey_id)?;
    let before = Question::find(work, &survey, id)?;
    expected.check(before.edit_version)?;
    let after = Question {
        question_text: edit.question_text.map(Line::into_string).or(before.question_text.clone()),
        question_order: edit.question_order.map(|order| order.0).or(before.question_order),
        is_required: edit.is_required.or(before.is_required),
        rating_min: edit.rating_min.map(|point| Some(point.0)).or(before.rating_min),
        rating_max: edit.rating_max.map(|point| Some(point.0)).or(before.rating_max),
        choices: db::Json(edit.choices.map(lines).or(before.choices.0.clone())),
        ..before.clone()
    };
    after.check()?;
    if after == before {
        return Ok(id);
    }
    let version = version_to_change(work, &survey)?;
    let id = store(work, &before, &after, version)?;
    work.audit(
        "question_changed",
        "survey",
        Some(survey_id),
        &json!({ "question_id": id, "version": version }),
    )?;
    Ok(id)
}

/// Writes what a question has become for a version; answers its id there.
fn store(work: &mut Work, before: &Question, after: &Question, version: i64) -> Result<i64> {
    if before.since_version != version {
        // It also stands in earlier versions, which were asked.
        retire(work, before, version)?;
        return after.insert(work, version);
    }
    let now = work.now;
    work.execute(
        "update crm_survey_questions set question_text = $2, question_order = $3, is_required = $4, rating_min = $5,
             rating_max = $6, choices = $7, edit_version = edit_version + 1, updated_at = $8
         where question_id = $1",
        &[
            &before.question_id, &after.question_text, &after.question_order, &after.is_required,
            &after.rating_min, &after.rating_max, &after.choices, &now,
        ],
    )?;
    Ok(before.question_id)
}

/// Changes the order in which questions are asked: of the present version while nobody has been asked, else of the next.
pub async fn reorder(
    caller: Manager,
    Path([survey_id]): Path<1>,
    Body(order): Body<Order>,
) -> Result<Answer<Json<Questions>>> {
    caller
        .write(move |work| {
            let version = arrange(work, survey_id, &order.ids)?;
            Ok(Json::new(Questions { version, questions: Question::of_version(work, survey_id, version)? }))
        })
        .await
}

fn arrange(work: &mut Work, survey_id: i64, ids: &[i64]) -> Result<i64> {
    let survey = Survey::take(work, survey_id)?;
    let questions = Question::of_version(work, survey_id, survey.version)?;
    let known: BTreeSet<i64> = questions.iter().map(|question| question.question_id).collect();
    let named: BTreeSet<i64> = ids.iter().copied().collect();
    if named.len() < ids.len() {
        return Err(Error::field("ids", "names one of them twice"));
    }
    if named != known {
        return Err(Error::Conflict(
            "the questions have changed, or ids does not name all of them: read them again".into(),
        ));
    }
    let place = |question: &Question| {
        let at = ids.iter().position(|id| *id == question.question_id).unwrap_or_default();
        i64::try_from(at).unwrap_or(i64::MAX).saturating_add(1)
    };
    let moved: Vec<(Question, Question)> = questions
        .into_iter()
        .map(|before| (before.clone(), Question { question_order: place(&before), ..before }))
        .filter(|(before, after)| before != after)
        .collect();
    if moved.is_empty() {
        return Ok(survey.version);
    }
    let version = version_to_change(work, &survey)?;
    for (before, after) in &moved {
        store(work, before, after, version)?;
    }
    let data = json!({ "ids": ids, "version": version });
    work.audit("questions_reordered", "survey", Some(survey_id), &data)?;
    Ok(version)
}

pub async fn delete(
    caller: Manager,
    Path([survey_id, id]): Path<2>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            let survey = Survey::take(work, survey_id)?;
            let question = Question::find(work, &survey, id)?;
            expected.check(question.edit_version)?;
            let version = version_to_change(work, &survey)?;
            retire(work, &question, version)?;
            let data = json!({ "question_id": id, "version": version });
            work.audit("question_removed", "survey", Some(survey_id), &data)?;
            Ok(NoContent)
        })
        .await
}
