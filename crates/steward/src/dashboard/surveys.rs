//! NPS and CES of a period, from the answers to surveys.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::{hundredths, percent};
use super::links::{CaseLink, Links};
use super::period::Period;
use crate::cases::Filter;
use crate::clock::Time;
use crate::error::Result;
use crate::surveys::SurveyType;
use crate::surveys::statistics::{self, Interval, Tally};
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone, Copy)]
    struct RatingRow {
        survey_type: SurveyType,
        survey_id: i64,
        submission_id: Option<i64>,
        created_at: Time,
        case_id: Option<i64>,
        contact_id: Option<i64>,
        rating_value: i64,
        is_listed: bool,
    }
}

/// Net promoter score: the percent of 9 and 10 less the percent of 0 to 6. An answer may be about no case, and a case have
/// several answers, so cases are counted beside answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Nps {
    /// -100 to 100, one decimal; null without answers.
    pub score: Option<f64>,
    /// Bounds of its 95% interval, one decimal; null for fewer than two answers.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub promoters: i64,
    pub passives: i64,
    pub detractors: i64,
    pub responses: i64,
    pub promoter_cases: i64,
    pub passive_cases: i64,
    pub detractor_cases: i64,
    pub response_cases: i64,
    /// The case list behind each number of cases, by its name.
    pub links: Links,
}

/// Customer effort score.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ces {
    /// Mean of 1 to 7, two decimals; null without answers.
    pub mean: Option<f64>,
    /// Bounds of its 95% interval, two decimals; null for fewer than two answers.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub responses: i64,
    /// Cases with such an answer.
    pub response_cases: i64,
    /// The case list behind each number of cases, by its name.
    pub links: Links,
}

/// Bounds of an interval, with so many decimals.
pub fn bounds(interval: Option<Interval>, decimals: i32) -> (Option<f64>, Option<f64>) {
    let scale = 10f64.powi(decimals);
    let round = |bound: f64| (bound * scale).round() / scale;
    (interval.map(|interval| round(interval.low)), interval.map(|interval| round(interval.high)))
}

/// Answers to surveys, each by its first rating.
pub struct Answers(Vec<RatingRow>);

impl Answers {
    /// Those to surveys of recommendation and of effort that were given between two instants.
    pub fn read(work: &mut Work, scope: &Scope, from: Time, to: Time) -> Result<Answers> {
        let mut filter = Filter::default();
        filter.and("r.created_at >= ?", db::Value::Time(from.into()));
        filter.and("r.created_at < ?", db::Value::Time(to.into()));
        scope.narrow(work.dialect(), &mut filter);
        let sql = format!(
            "select s.survey_type, r.survey_id, r.submission_id, r.created_at, r.case_id, r.contact_id, r.rating_value,
                 coalesce(c.is_listed, 1 = 0) as is_listed
             from crm_surveys s
             join crm_survey_responses r on r.survey_id = s.survey_id
             join crm_survey_questions q on q.question_id = r.question_id and q.question_type = 'rating'
             left join crm_cases c on c.case_id = r.case_id
             where s.survey_type in ('nps', 'ces') and {} and r.rating_value is not null
             order by r.survey_id, r.created_at, coalesce(r.submission_id, 0), coalesce(r.case_id, 0),
                 coalesce(r.contact_id, 0), q.question_order, q.question_id, r.response_id",
            filter.sql()
        );
        let mut rows: Vec<RatingRow> = work.query(&sql, &filter.params())?;
        // Rows of one answer stand together; what plain SQL brought is told apart by its case, contact and time.
        rows.dedup_by_key(|row| {
            (row.survey_id, row.submission_id, row.created_at, row.case_id, row.contact_id)
        });
        Ok(Answers(rows))
    }

    /// Those of a period to surveys of one of these types.
    pub fn to(&self, survey_type: SurveyType, period: &Period) -> Ratings {
        let is_of = |row: &&RatingRow| row.survey_type == survey_type && period.holds(row.created_at);
        Ratings(self.0.iter().filter(is_of).copied().collect())
    }
}

/// The answers of a period to surveys of one type.
pub struct Ratings(Vec<RatingRow>);

impl Ratings {
    /// How many answers gave a rating of these, ...
    fn count(&self, is_of: impl Fn(i64) -> bool) -> i64 {
        self.0.iter().filter(|row| is_of(row.rating_value)).count() as i64
    }

    /// ... and of how many cases that lists show.
    fn cases(&self, is_of: impl Fn(i64) -> bool) -> i64 {
        let ours = self.0.iter().filter(|row| row.is_listed && is_of(row.rating_value));
        ours.filter_map(|row| row.case_id).collect::<HashSet<_>>().len() as i64
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for row in &self.0 {
            *tally.0.entry(row.rating_value).or_default() += 1;
        }
        tally
    }
}

/// The list of cases with an answer in the period.
fn answered_in(scope: &Scope, period: &Period) -> CaseLink {
    scope.link().with("answered_from", period.from()).with("answered_to", period.to())
}

impl Nps {
    pub fn of(ratings: &Ratings, scope: &Scope, period: &Period) -> Nps {
        let is_promoter = |rating: i64| (9..=10).contains(&rating);
        let is_detractor = |rating: i64| (0..=6).contains(&rating);
        let is_passive = |rating: i64| !is_promoter(rating) && !is_detractor(rating);
        let (promoters, detractors) = (ratings.count(is_promoter), ratings.count(is_detractor));
        let responses = ratings.count(|_| true);
        let (low, high) = bounds(statistics::Nps::of(&ratings.tally()).and_then(|nps| nps.interval), 1);
        let answered = answered_in(scope, period);
        let mut nps = Nps {
            score: percent(promoters - detractors, responses),
            low,
            high,
            promoters,
            passives: responses - promoters - detractors,
            detractors,
            responses,
            promoter_cases: ratings.cases(is_promoter),
            passive_cases: ratings.cases(is_passive),
            detractor_cases: ratings.cases(is_detractor),
            response_cases: ratings.cases(|_| true),
            links: Links::new(),
        };
        nps.links = Links::from([
            ("promoter_cases", answered.with("nps", "promoters").to(nps.promoter_cases)),
            ("passive_cases", answered.with("nps", "passives").to(nps.passive_cases)),
            ("detractor_cases", answered.with("nps", "detractors").to(nps.detractor_cases)),
            ("response_cases", answered.with("surveyed", "nps").to(nps.response_cases)),
        ]);
        nps
    }
}

impl Ces {
    pub fn of(ratings: &Ratings, scope: &Scope, period: &Period) -> Ces {
        let responses = ratings.count(|_| true);
        let response_cases = ratings.cases(|_| true);
        let (low, high) = bounds(ratings.tally().mean_interval(1, 7), 2);
        let link = answered_in(scope, period).with("surveyed", "ces").to(response_cases);
        Ces {
            mean: hundredths(ratings.0.iter().map(|row| row.rating_value).sum(), responses),
            low,
            high,
            responses,
            response_cases,
            links: Links::from([("response_cases", link)]),
        }
    }
}
