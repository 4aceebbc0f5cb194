//! What a survey has brought, in the browser: reach, each question's distribution with its intervals, what was written.

use askama::Template;
use axum::extract::RawQuery;
use db::Class;

use crate::error::{Error, Result};
use crate::http::Viewer;
use crate::input;
use crate::paging::Cursor;
use crate::surveys::comments::{self, Comment};
use crate::surveys::results::{QuestionResult, ResultQuery, Results, Share};
use crate::surveys::statistics::Interval;
use crate::web::chart::{self, Whisker};
use crate::web::{Frame, Page, PageResult, Seat, Visit, show};
use crate::work::Work;

/// Comments on a page.
const ROWS: i64 = 20;

crate::input! {
    /// Which version, and where the comments go on.
    pub struct SurveyPageQuery {
        pub version: Option<i64>,
        pub cursor: Option<Cursor>,
    }
}

#[derive(Template)]
#[template(path = "dashboard/survey.html")]
struct SurveyPage {
    page: Page,
    frame: Frame,
    results: Results,
    comments: Vec<Comment>,
    /// Where the next comments are.
    next: Option<String>,
}

impl SurveyPage {
    /// A share as percent.
    fn percent(&self, share: &f64) -> String {
        format!("{}\u{a0}%", self.page.number(share * 100.0, 1))
    }

    fn percents(&self, interval: &Interval) -> String {
        format!(
            "{}\u{2013}{}\u{a0}%",
            self.page.number(interval.low * 100.0, 1),
            self.page.number(interval.high * 100.0, 1)
        )
    }

    fn bar(&self, share: &Option<f64>) -> f64 {
        chart::bar((share.unwrap_or(0.0) * 1000.0).round() as i64, 1000)
    }

    /// A share's interval on a scale of 100 units.
    fn whisker(&self, share: &Share) -> Option<Whisker> {
        let (of, interval) = share.share.zip(share.interval)?;
        Some(Whisker::of(of, Some((interval.low, interval.high)), (0.0, 1.0)))
    }

    fn count(&self, count: &u64) -> i64 {
        i64::try_from(*count).unwrap_or(i64::MAX)
    }

    /// Whether a question has numbers to be drawn.
    fn is_counted(&self, question: &QuestionResult) -> bool {
        !question.distribution.is_empty()
    }
}

/// The results of a survey, for users of any role.
pub async fn survey(
    seat: Seat<Viewer>,
    axum::extract::Path(id): axum::extract::Path<String>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let id = id.parse::<i64>().ok().filter(|id| *id > 0).ok_or(Error::NotFound("survey"))?;
    let text = query.unwrap_or_default();
    let kept: Vec<&str> = text.split('&').filter(|pair| !pair.is_empty() && !pair.ends_with('=')).collect();
    let query: SurveyPageQuery = input::from_query(&kept.join("&"))?;
    let visit = seat.visit.clone();
    let page = seat.read(Class::Slow, move |work| survey_page(work, &visit, id, &query));
    show(&page.await?)
}

fn survey_page(work: &mut Work, visit: &Visit, id: i64, query: &SurveyPageQuery) -> Result<SurveyPage> {
    let of = ResultQuery { from: None, to: None, version: query.version };
    let results = Results::of(work, id, &of)?;
    let (comments, next) = comments::page(work, id, &of, query.cursor.as_ref(), ROWS)?;
    let version = query.version.map_or(String::new(), |version| format!("version={version}&"));
    let next = next.map(|cursor| format!("/dashboard/surveys/{id}?{version}cursor={}", cursor.encode()));
    Ok(SurveyPage {
        page: Page::read(work, visit)?,
        frame: Frame::read(work, visit, "dashboard")?,
        results,
        comments,
        next,
    })
}
