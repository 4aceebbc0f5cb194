//! A survey: its type, when it is sent and to whom. Its questions have versions ([`super::questions`]); what stands here
//! has not, but for the type, which gives the answers their meaning and stays once there are any.

use db::Class;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Faults, Field, Int, Line, Patch};
use crate::paging::{PageQuery, Pagination};
use crate::people::differing;
use crate::work::Work;

crate::words! {
    /// What a survey measures: satisfaction (1-5), recommendation (0-10), effort (1-7), or something of its own.
    pub enum SurveyType { Csat = "csat", Nps = "nps", Ces = "ces", Custom = "custom" }
}

impl SurveyType {
    /// The scale of a rating question that names none.
    pub fn scale(self) -> (i64, i64) {
        match self {
            SurveyType::Csat | SurveyType::Custom => (1, 5),
            SurveyType::Nps => (0, 10),
            SurveyType::Ces => (1, 7),
        }
    }
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Survey {
        pub survey_id: i64,
        pub survey_name: String,
        pub survey_type: SurveyType,
        /// Whether closing a case invites its customer.
        pub send_after_case_closed: bool,
        /// Hours from closing to the invitation.
        pub send_delay_hours: f64,
        /// Types of cases that it follows; empty for all.
        #[schemars(with = "Vec<i64>")]
        pub case_type_ids: db::Json<Vec<i64>>,
        /// Of the cases closed, how many are asked about: 0 to 100 percent, the same cases at each reckoning.
        pub sampling_percent: f64,
        /// No invitation within so many days of the contact's last one to any survey; 0 for no pause.
        pub quiet_days: i64,
        /// Days that an invitation can be answered.
        pub expiry_days: i64,
        /// The version of its questions; it rises when questions that somebody has been asked change.
        pub version: i64,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

const SELECT: &str =
    "select survey_id, survey_name, survey_type, send_after_case_closed, send_delay_hours, case_type_ids,
        sampling_percent, quiet_days, expiry_days, version, edit_version, created_at, updated_at
     from crm_surveys";

/// A number from 0 to `MAX`, fractions allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpTo<const MAX: u32>(pub f64);

impl<const MAX: u32> Field for UpTo<MAX> {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let number = value.as_f64().filter(|number| (0.0..=f64::from(MAX)).contains(number));
        number.map(UpTo).ok_or_else(|| Faults::one(format!("is to be a number from 0 to {MAX}")))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": MAX })
    }
}

/// A year of hours.
type Delay = UpTo<8760>;
type Percent = UpTo<100>;

crate::input! {
    /// A new survey.
    pub struct SurveyDraft {
        pub survey_name: Line<200>,
        pub survey_type: SurveyType,
        /// False when left out.
        pub send_after_case_closed: Option<bool>,
        /// 0 when left out.
        pub send_delay_hours: Option<Delay>,
        /// All types when left out or empty.
        pub case_type_ids: Option<Vec<i64>>,
        /// 100 when left out.
        pub sampling_percent: Option<Percent>,
        /// 0 when left out.
        pub quiet_days: Option<Int<0, 3650>>,
        /// 30 when left out.
        pub expiry_days: Option<Int<1, 365>>,
    }
}

crate::input! {
    /// The fields to change.
    pub struct SurveyEdit {
        pub survey_name: Patch<Line<200>>,
        /// Only while nobody has answered.
        pub survey_type: Patch<SurveyType>,
        pub send_after_case_closed: Patch<bool>,
        pub send_delay_hours: Patch<Delay>,
        pub case_type_ids: Patch<Vec<i64>>,
        pub sampling_percent: Patch<Percent>,
        pub quiet_days: Patch<Int<0, 3650>>,
        pub expiry_days: Patch<Int<1, 365>>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Surveys {
    pub surveys: Vec<Survey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneSurvey {
    pub survey: Survey,
}

impl Survey {
    /// The first thousand.
    pub fn all(work: &mut Work) -> Result<Vec<Survey>> {
        work.query(&format!("{SELECT} where is_active order by survey_id limit 1000"), &[])
    }

    pub fn find(work: &mut Work, id: i64) -> Result<Survey> {
        Survey::select(work, id, "")
    }

    /// The survey with its row taken for a change; its questions and version stay as they are meanwhile.
    pub fn take(work: &mut Work, id: i64) -> Result<Survey> {
        let lock = work.dialect().for_update();
        Survey::select(work, id, lock)
    }

    /// The survey, which nobody changes while this transaction relies on it.
    pub fn hold(work: &mut Work, id: i64) -> Result<Survey> {
        let lock = work.dialect().for_share();
        Survey::select(work, id, lock)
    }

    fn select(work: &mut Work, id: i64, lock: &str) -> Result<Survey> {
        work.optional(&format!("{SELECT} where survey_id = $1 and is_active{lock}"), &[&id])?
            .ok_or(Error::NotFound("survey"))
    }

    /// The surveys that follow the closing of a case of this type.
    pub fn following(work: &mut Work, case_type_id: i64) -> Result<Vec<Survey>> {
        let mut surveys: Vec<Survey> = work.query(
            &format!("{SELECT} where send_after_case_closed and is_active order by survey_id limit 1000"),
            &[],
        )?;
        surveys.retain(|survey| {
            survey.case_type_ids.0.is_empty() || survey.case_type_ids.0.contains(&case_type_id)
        });
        Ok(surveys)
    }

    /// Whether its present version has been put to anybody.
    pub fn was_asked(&self, work: &mut Work) -> Result<bool> {
        let (asked,): (bool,) = work.one(
            "select exists (select 1 from crm_survey_submissions where survey_id = $1 and version = $2)
                 or exists (select 1 from crm_survey_invitations where survey_id = $1 and version = $2) as asked",
            &[&self.survey_id, &self.version],
        )?;
        Ok(asked)
    }
}

/// The types are there; each id counts once.
fn known_types(work: &mut Work, ids: &[i64]) -> Result<Vec<i64>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let among = work.dialect().among_ints("case_type_id", "$1");
    let known: Vec<(i64,)> = work.query(
        &format!("select case_type_id from crm_case_types where is_active and {among}"),
        &[&json!(ids)],
    )?;
    match ids.iter().find(|id| !known.contains(&(**id,))) {
        Some(id) => Err(Error::field("case_type_ids", format!("there is no active case type {id}"))),
        None => Ok(ids),
    }
}

fn one(work: &mut Work, id: i64) -> Result<Json<OneSurvey>> {
    let survey = Survey::find(work, id)?;
    let version = survey.edit_version;
    Ok(Json::version(OneSurvey { survey }, id, version))
}

pub async fn list(caller: Viewer, Query(query): Query<PageQuery>) -> Result<Answer<Json<Surveys>>> {
    let (surveys, pagination) = query.cut(caller.read(Class::Bounded, Survey::all).await?)?;
    Ok(Json::new(Surveys { surveys, pagination: Some(pagination) }).into())
}

pub async fn show(caller: Viewer, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<Json<OneSurvey>>> {
    Ok(caller.read(Class::Bounded, move |work| one(work, id)).await?.into())
}

pub async fn create(caller: Manager, Body(draft): Body<SurveyDraft>) -> Result<Answer<Created<OneSurvey>>> {
    caller
        .write(move |work| {
            let types = known_types(work, draft.case_type_ids.as_deref().unwrap_or(&[]))?;
            let now = work.now;
            let (id,): (i64,) = work.one(
                "insert into crm_surveys (survey_name, survey_type, send_after_case_closed, send_delay_hours,
                     case_type_ids, sampling_percent, quiet_days, expiry_days, created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) returning survey_id",
                &[
                    &&*draft.survey_name,
                    &draft.survey_type,
                    &draft.send_after_case_closed.unwrap_or(false),
                    &draft.send_delay_hours.map_or(0.0, |delay| delay.0),
                    &db::Json(types),
                    &draft.sampling_percent.map_or(100.0, |percent| percent.0),
                    &draft.quiet_days.map_or(0, |days| days.0),
                    &draft.expiry_days.map_or(30, |days| days.0),
                    &now,
                ],
            )?;
            work.audit("created", "survey", Some(id), &json!({}))?;
            let Json { body, etag } = one(work, id)?;
            Ok(Created { location: format!("/api/crm/surveys/{id}"), body, etag })
        })
        .await
}

pub async fn update(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<SurveyEdit>,
) -> Result<Answer<Json<OneSurvey>>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            change(work, id, &edit, &expected)?;
            one(work, id)
        })
        .await
}

/// Changes the fields named. An edit that changes nothing leaves no trace.
fn change(work: &mut Work, id: i64, edit: &SurveyEdit, expected: &Expected) -> Result<()> {
    let before = Survey::take(work, id)?;
    expected.check(before.edit_version)?;
    let edit = edit.clone();
    let types = match edit.case_type_ids {
        Patch::Keep => before.case_type_ids.0.clone(),
        Patch::Set(ids) => known_types(work, &ids)?,
    };
    let after = Survey {
        survey_name: edit.survey_name.map(Line::into_string).or(before.survey_name.clone()),
        survey_type: edit.survey_type.or(before.survey_type),
        send_after_case_closed: edit.send_after_case_closed.or(before.send_after_case_closed),
        send_delay_hours: edit.send_delay_hours.map(|delay| delay.0).or(before.send_delay_hours),
        case_type_ids: db::Json(types),
        sampling_percent: edit.sampling_percent.map(|percent| percent.0).or(before.sampling_percent),
        quiet_days: edit.quiet_days.map(|days| days.0).or(before.quiet_days),
        expiry_days: edit.expiry_days.map(|days| days.0).or(before.expiry_days),
        ..before.clone()
    };
    let mut fields = differing!(before, after; survey_name, survey_type, send_after_case_closed, send_delay_hours,
        sampling_percent, quiet_days, expiry_days);
    if after.case_type_ids.0 != before.case_type_ids.0 {
        fields.push("case_type_ids");
    }
    if fields.is_empty() {
        return Ok(());
    }
    if after.survey_type != before.survey_type && has_answers(work, id)? {
        return Err(Error::Conflict(
            "the answers that it has were given to a survey of its present type: make another survey".into(),
        ));
    }
    let now = work.now;
    work.execute(
        "update crm_surveys set survey_name = $2, survey_type = $3, send_after_case_closed = $4, send_delay_hours = $5,
             case_type_ids = $6, sampling_percent = $7, quiet_days = $8, expiry_days = $9,
             edit_version = edit_version + 1, updated_at = $10
         where survey_id = $1",
        &[
            &id, &after.survey_name, &after.survey_type, &after.send_after_case_closed, &after.send_delay_hours,
            &after.case_type_ids, &after.sampling_percent, &after.quiet_days, &after.expiry_days, &now,
        ],
    )?;
    work.audit("updated", "survey", Some(id), &json!({ "fields": fields }))
}

fn has_answers(work: &mut Work, id: i64) -> Result<bool> {
    let (has,): (bool,) = work.one(
        "select exists (select 1 from crm_survey_responses where survey_id = $1) as has_answers",
        &[&id],
    )?;
    Ok(has)
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            expected.check(Survey::take(work, id)?.edit_version)?;
            work.set_active("crm_surveys", "survey_id", id, false)?;
            work.audit("deleted", "survey", Some(id), &json!({}))?;
            Ok(NoContent)
        })
        .await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneSurvey>>> {
    caller
        .write(move |work| {
            if !work.set_active("crm_surveys", "survey_id", id, true)? {
                return Err(Error::NotFound("deleted survey"));
            }
            work.audit("restored", "survey", Some(id), &json!({}))?;
            one(work, id)
        })
        .await
}
