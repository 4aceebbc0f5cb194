//! What readers tell without writing: which articles did not help, which are read most, and what was looked for in vain.

use askama::Template;
use db::Class;

use super::super::Edition;
use super::super::article::{Article, Row, readable, select};
use super::super::misses::{self, Miss};
use crate::clock::Time;
use crate::error::Result;
use crate::http::{Agent, Viewer};
use crate::web::{Form, Frame, Page, PageResult, Seat, redirect, show as answer};
use crate::work::Work;

/// Articles, comments and questions shown in each list.
const SHOWN: i64 = 20;
/// Articles with votes against them that are weighed.
const WEIGHED: i64 = 500;

db::record! {
    /// What a reader wrote beside a vote.
    struct Comment {
        article_id: i64,
        title: String,
        is_helpful: bool,
        comment: String,
        created_at: Time,
    }
}

#[derive(Template)]
#[template(path = "knowledge/insights.html")]
struct InsightsPage {
    page: Page,
    frame: Frame,
    worst: Vec<Article>,
    viewed: Vec<Article>,
    comments: Vec<Comment>,
    misses: Vec<Miss>,
}

pub async fn show(seat: Seat<Viewer>) -> PageResult {
    // What has been counted on this node is part of it.
    if let Err(error) = misses::flush(&seat.app).await {
        tracing::warn!(%error, "the latest searches without a result are not among those shown");
    }
    let visit = seat.visit.clone();
    let shown = seat.read(Class::Slow, move |work| {
        Ok(InsightsPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "knowledge")?,
            worst: worst(work)?,
            viewed: articles(work, "a.view_count > 0", "a.view_count desc, a.article_id", SHOWN)?,
            comments: comments(work)?,
            misses: misses::most_asked(work, SHOWN)?,
        })
    });
    answer(&shown.await?)
}

fn articles(work: &mut Work, condition: &str, order: &str, limit: i64) -> Result<Vec<Article>> {
    let (select, readable) = (select(Edition::Published, work.actor), readable(work.actor));
    let sql = format!("{select} where {readable} and {condition} order by {order} limit $1");
    let rows: Vec<Row> = work.query(&sql, &[&limit])?;
    Ok(rows.into_iter().map(Article::from).collect())
}

/// Published articles that helped least. One vote against is no proof: the share is taken at the lower end of its 95%
/// interval (Wilson).
fn worst(work: &mut Work) -> Result<Vec<Article>> {
    let mut all =
        articles(work, "a.not_helpful_count > 0", "a.not_helpful_count desc, a.article_id", WEIGHED)?;
    let weight = |article: &Article| lower_bound(article.not_helpful_count, article.helpful_count);
    all.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
    all.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    Ok(all)
}

/// The lower end of the 95% interval of the share of `counted` in both.
fn lower_bound(counted: i64, others: i64) -> f64 {
    const Z: f64 = 1.96;
    let all = (counted + others).max(1) as f64;
    let share = counted as f64 / all;
    let spread = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    (share + Z * Z / (2.0 * all) - spread) / (1.0 + Z * Z / all)
}

fn comments(work: &mut Work) -> Result<Vec<Comment>> {
    work.query(
        "select f.article_id, a.title, f.is_helpful, f.comment, f.created_at
         from crm_kb_article_feedback f join crm_kb_articles a on a.article_id = f.article_id
         where f.comment is not null and a.is_active order by f.feedback_id desc limit $1",
        &[&SHOWN],
    )
}

crate::input! {
    /// A question that an article answers now, or that needs none.
    pub struct SettleForm {
        pub question: String,
    }
}

pub async fn settle(seat: Seat<Agent>, Form(form): Form<SettleForm>) -> PageResult {
    let question: String = form.question.replace('\0', "");
    seat.app.write(seat.actor, move |work| misses::settle(work, &question)).await?;
    redirect("/knowledge/insights#misses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_votes_weigh_more_than_one() {
        assert!(lower_bound(40, 60) > lower_bound(1, 0));
        assert!(lower_bound(2, 0) > lower_bound(1, 0));
        assert!(lower_bound(9, 1) > lower_bound(1, 9));
        assert!((0.0..=1.0).contains(&lower_bound(1, 0)));
    }
}
