//! NPS and CES of a period, from the answers to surveys.

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::{hundredths, percent};
use super::period::Period;
use crate::cases::Filter;
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

db::record! {
    struct RatingRow {
        survey_id: i64,
        created_at: Time,
        case_id: Option<i64>,
        contact_id: Option<i64>,
        rating_value: i64,
    }
}

/// Net promoter score: the percent of 9 and 10 less the percent of 0 to 6.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Nps {
    /// -100 to 100, one decimal; null without answers.
    pub score: Option<f64>,
    pub promoters: i64,
    pub passives: i64,
    pub detractors: i64,
    pub responses: i64,
}

/// Customer effort score.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ces {
    /// Mean of 1 to 7, two decimals; null without answers.
    pub mean: Option<f64>,
    pub responses: i64,
}

/// The first rating of each answer to a survey of a type that was given in the period.
fn first_ratings(work: &mut Work, scope: &Scope, period: &Period, kind: &str) -> Result<Vec<i64>> {
    let mut filter = Filter::default();
    filter.and("s.survey_type = ?", kind);
    filter.and("r.created_at >= ?", db::Value::Time(period.from().into()));
    filter.and("r.created_at < ?", db::Value::Time(period.to().into()));
    scope.narrow(work.dialect(), &mut filter);
    let sql = format!(
        "select r.survey_id, r.created_at, r.case_id, r.contact_id, r.rating_value
         from crm_surveys s
         join crm_survey_responses r on r.survey_id = s.survey_id
         join crm_survey_questions q on q.question_id = r.question_id and q.question_type = 'rating'
         left join crm_cases c on c.case_id = r.case_id
         where {} and r.rating_value is not null
         order by r.survey_id, r.created_at, coalesce(r.case_id, 0), coalesce(r.contact_id, 0), q.question_order,
             q.question_id, r.response_id",
        filter.sql()
    );
    let mut rows: Vec<RatingRow> = work.query(&sql, &filter.params())?;
    // Rows of one answer stand together; strangers without a case, who answer in the same millisecond, are taken for one.
    rows.dedup_by_key(|row| (row.survey_id, row.created_at, row.case_id, row.contact_id));
    Ok(rows.into_iter().map(|row| row.rating_value).collect())
}

impl Nps {
    pub fn read(work: &mut Work, scope: &Scope, period: &Period) -> Result<Nps> {
        let ratings = first_ratings(work, scope, period, "nps")?;
        let of = |range: std::ops::RangeInclusive<i64>| {
            ratings.iter().filter(|rating| range.contains(rating)).count() as i64
        };
        let (promoters, detractors, responses) = (of(9..=10), of(0..=6), ratings.len() as i64);
        Ok(Nps {
            score: percent(promoters - detractors, responses),
            promoters,
            passives: responses - promoters - detractors,
            detractors,
            responses,
        })
    }
}

impl Ces {
    pub fn read(work: &mut Work, scope: &Scope, period: &Period) -> Result<Ces> {
        let ratings = first_ratings(work, scope, period, "ces")?;
        let responses = ratings.len() as i64;
        Ok(Ces { mean: hundredths(ratings.iter().sum(), responses), responses })
    }
}
