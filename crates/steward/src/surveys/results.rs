//! What a survey has brought: how many were asked and answered, and each question's figures with their margins
//! ([`super::statistics`]). Counted by the database into one row a value; the figures are reckoned from those.

use std::collections::BTreeMap;

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use super::definition::{Survey, SurveyType};
use super::questions::{Question, QuestionType};
use super::statistics::{Interval, Nps, Tally, share_interval};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::http::{Answer, Json, Path, Query, Viewer};
use crate::work::Work;

/// The widest scale whose points without answers are shown.
const SHOWN_POINTS: i64 = 101;

crate::input! {
    /// Of which time, and of which version of the questions.
    pub struct ResultQuery {
        /// Invitations that went out, and answers that came, at or after this instant.
        pub from: Option<Time>,
        /// Before this instant.
        pub to: Option<Time>,
        /// All versions together when left out.
        pub version: Option<i64>,
    }
}

/// Invitations of the period, and what became of them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reach {
    /// Mails written.
    pub invited: u64,
    /// Of these, taken by the mail server (or known to have arrived, because their link was followed).
    pub sent: u64,
    pub opened: u64,
    pub answered: u64,
    /// Answered of those sent, 0 to 1; null where none was sent.
    pub response_rate: Option<f64>,
    pub response_rate_interval: Option<Interval>,
}

/// One value of a question.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Share {
    /// A point of the scale, or a choice.
    pub value: String,
    pub count: u64,
    /// Of those who answered the question, 0 to 1; null where nobody has. Shares of a multiple choice add up to more than 1.
    pub share: Option<f64>,
    pub interval: Option<Interval>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct QuestionResult {
    pub question_id: i64,
    pub question_text: String,
    pub question_type: QuestionType,
    pub since_version: i64,
    pub until_version: Option<i64>,
    /// How many have answered it.
    pub answers: u64,
    /// Of ratings.
    pub mean: Option<f64>,
    pub mean_interval: Option<Interval>,
    pub median: Option<f64>,
    /// Of a rating from 0 to 10 in an nps survey.
    pub nps: Option<Nps>,
    /// Of ratings and choices; empty for texts.
    pub distribution: Vec<Share>,
}

/// The figures of a survey. Intervals are of 95%: Wilson for shares, Student's t for means, the multinomial variance for NPS.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Results {
    pub survey_id: i64,
    pub survey_name: String,
    pub survey_type: SurveyType,
    pub from: Option<Time>,
    pub to: Option<Time>,
    /// The version counted; null for all.
    pub version: Option<i64>,
    pub reach: Reach,
    /// Sets of answers handed in, by invitation or by the survey's id.
    pub submissions: u64,
    pub questions: Vec<QuestionResult>,
}

db::record! {
    struct ReachRow {
        invited: i64,
        sent: i64,
        opened: i64,
        answered: i64,
    }

    struct Count {
        question_id: i64,
        rating_value: Option<i64>,
        choice_value: Option<String>,
        count: i64,
    }
}

/// Conditions on a time column and a version, with `$2..$4` bound to them.
fn within(time: &str, version: &str) -> String {
    format!("{time} >= $2 and {time} < $3 and ($4 = 0 or {version} = $4)")
}

/// The bounds as parameters: all time where none is given.
pub(super) fn bounds(query: &ResultQuery) -> (Time, Time, i64) {
    let (first, last) = (Time::from_millis(-62_135_596_800_000), Time::from_millis(253_402_214_400_000));
    (query.from.unwrap_or(first), query.to.unwrap_or(last), query.version.unwrap_or(0))
}

impl Results {
    pub fn of(work: &mut Work, survey_id: i64, query: &ResultQuery) -> Result<Results> {
        if query.from.zip(query.to).is_some_and(|(from, to)| from >= to) {
            return Err(Error::BadQuery(vec![Fault::parameter("to", "is to be after from")]));
        }
        let survey = Survey::find(work, survey_id)?;
        if query.version.is_some_and(|version| version > survey.version) {
            return Err(Error::NotFound("version"));
        }
        let questions = match query.version {
            Some(version) => Question::of_version(work, survey_id, version)?,
            None => Question::of_all_versions(work, survey_id)?,
        };
        let mut counts: BTreeMap<i64, Vec<Count>> = BTreeMap::new();
        for count in counts_of(work, survey_id, query)? {
            counts.entry(count.question_id).or_default().push(count);
        }
        let answerers = answerers_of(work, survey_id, query)?;
        let questions = questions.into_iter().map(|question| {
            let id = question.question_id;
            let answers = answerers.get(&id).copied().unwrap_or(0);
            QuestionResult::new(question, survey.survey_type, answers, counts.remove(&id).unwrap_or_default())
        });
        let questions = questions.collect();
        Ok(Results {
            reach: Reach::of(work, survey_id, query)?,
            submissions: submissions_of(work, survey_id, query)?,
            survey_id,
            survey_name: survey.survey_name,
            survey_type: survey.survey_type,
            from: query.from,
            to: query.to,
            version: query.version,
            questions,
        })
    }
}

/// Answers by question and value.
fn counts_of(work: &mut Work, survey_id: i64, query: &ResultQuery) -> Result<Vec<Count>> {
    let (from, to, version) = bounds(query);
    let sql = format!(
        "select r.question_id, r.rating_value, r.choice_value, count(*) as count
         from crm_survey_responses r left join crm_survey_submissions s on s.submission_id = r.submission_id
         where r.survey_id = $1 and {} group by r.question_id, r.rating_value, r.choice_value
         order by r.question_id",
        within("r.created_at", "s.version")
    );
    work.query(&sql, &[&survey_id, &from, &to, &version])
}

/// How many have answered each question: several choices of one customer count once.
fn answerers_of(work: &mut Work, survey_id: i64, query: &ResultQuery) -> Result<BTreeMap<i64, u64>> {
    let (from, to, version) = bounds(query);
    let sql = format!(
        "select r.question_id, count(distinct coalesce(r.submission_id, -r.response_id)) as answers
         from crm_survey_responses r left join crm_survey_submissions s on s.submission_id = r.submission_id
         where r.survey_id = $1 and {} group by r.question_id",
        within("r.created_at", "s.version")
    );
    let rows: Vec<(i64, i64)> = work.query(&sql, &[&survey_id, &from, &to, &version])?;
    Ok(rows.into_iter().map(|(id, answers)| (id, answers.unsigned_abs())).collect())
}

fn submissions_of(work: &mut Work, survey_id: i64, query: &ResultQuery) -> Result<u64> {
    let (from, to, version) = bounds(query);
    let sql = format!(
        "select count(*) from crm_survey_submissions where survey_id = $1 and {}",
        within("created_at", "version")
    );
    let (count,): (i64,) = work.one(&sql, &[&survey_id, &from, &to, &version])?;
    Ok(count.unsigned_abs())
}

impl Reach {
    fn of(work: &mut Work, survey_id: i64, query: &ResultQuery) -> Result<Reach> {
        let (from, to, version) = bounds(query);
        let sql = format!(
            "select count(*) as invited, count(sent_at) as sent, count(opened_at) as opened, count(answered_at) as answered
             from crm_survey_invitations where survey_id = $1 and state = 'invited' and {}",
            within("invited_at", "version")
        );
        let row: ReachRow = work.one(&sql, &[&survey_id, &from, &to, &version])?;
        let (sent, answered) = (row.sent.unsigned_abs(), row.answered.unsigned_abs());
        Ok(Reach {
            invited: row.invited.unsigned_abs(),
            sent,
            opened: row.opened.unsigned_abs(),
            answered,
            response_rate: (sent > 0).then(|| answered as f64 / sent as f64),
            response_rate_interval: share_interval(answered, sent),
        })
    }
}

impl QuestionResult {
    fn new(question: Question, survey_type: SurveyType, answers: u64, counts: Vec<Count>) -> QuestionResult {
        let mut tally = Tally::default();
        let mut chosen: BTreeMap<String, u64> = BTreeMap::new();
        for row in counts {
            let count = row.count.unsigned_abs();
            if let Some(point) = row.rating_value {
                *tally.0.entry(point).or_default() += count;
            }
            if let Some(choice) = row.choice_value {
                *chosen.entry(choice).or_default() += count;
            }
        }
        let scale = question.rating_min.zip(question.rating_max);
        let is_nps = survey_type == SurveyType::Nps && scale == Some((0, 10));
        let values = values(&question, &tally, chosen);
        let share = |(value, count): (String, u64)| Share {
            value,
            count,
            share: (answers > 0).then(|| count as f64 / answers as f64),
            interval: share_interval(count, answers),
        };
        QuestionResult {
            question_id: question.question_id,
            question_text: question.question_text,
            question_type: question.question_type,
            since_version: question.since_version,
            until_version: question.until_version,
            answers,
            mean: tally.mean(),
            mean_interval: scale.and_then(|(min, max)| tally.mean_interval(min, max)),
            median: tally.median(),
            nps: is_nps.then(|| Nps::of(&tally)).flatten(),
            distribution: values.into_iter().map(share).collect(),
        }
    }
}

/// Each value with its count, those that nobody gave too, in the order of the scale or of the choices.
fn values(question: &Question, tally: &Tally, mut chosen: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    match (question.question_type, question.rating_min.zip(question.rating_max)) {
        (QuestionType::Text, _) => Vec::new(),
        (QuestionType::Rating, Some((min, max))) if max - min < SHOWN_POINTS => {
            (min..=max).map(|point| (point.to_string(), tally.0.get(&point).copied().unwrap_or(0))).collect()
        }
        (QuestionType::Rating, _) => {
            tally.0.iter().map(|(point, count)| (point.to_string(), *count)).collect()
        }
        (kind, _) => {
            let known = match kind {
                QuestionType::YesNo => vec!["yes".to_owned(), "no".to_owned()],
                _ => question.choices.0.clone(),
            };
            let counted = known.into_iter().map(|choice| {
                let count = chosen.remove(&choice).unwrap_or(0);
                (choice, count)
            });
            let mut values: Vec<(String, u64)> = counted.collect();
            // Plain SQL may have written others.
            values.extend(chosen);
            values
        }
    }
}

pub async fn show(
    caller: Viewer,
    Path([survey_id]): Path<1>,
    Query(query): Query<ResultQuery>,
) -> Result<Answer<Json<Results>>> {
    let results = caller.read(Class::Slow, move |work| Results::of(work, survey_id, &query));
    Ok(Json::new(results.await?).into())
}
