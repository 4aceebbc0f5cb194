//! The knowledge base: articles that answer customers before they open a case, and help agents to answer those who do
//! (spec 7).
//!
//! An article has two editions. What readers see is its row in `crm_kb_articles`, with the status `published`; while the
//! next text is being written, that stands in `crm_kb_article_drafts` until it is published in its turn. An article that
//! is not published has its one text, the working copy, in its row. A file a behaviour: [`article`] reads, [`mod@write`]
//! changes, [`workflow`] says who may move what where, [`versions`] are the publications; [`list`], [`show`],
//! [`suggest`] and [`related`] answer questions.

pub mod article;
mod body;
pub mod categories;
mod diff;
pub mod feedback;
mod feedback_limits;
mod fields;
pub mod help;
mod index;
pub mod list;
mod misses;
pub mod pages;
mod related;
pub mod render;
pub mod show;
mod slugs;
pub mod suggest;
mod taken;
pub mod versions;
mod views;
mod workflow;
pub mod write;

pub use index::{has_queue, settle_queue};
pub use misses::{flush as flush_misses, forget_old as forget_old_misses};
pub use slugs::slug_of;
pub use views::{flush as flush_views, forget_added_up};

use feedback_limits::FeedbackLimits;
use misses::Misses;
use related::Neighbours;
use render::Rendered;
use views::Views;

crate::words! {
    /// Where an article stands in its workflow (spec 7).
    pub enum Status { Draft = "draft", Review = "review", Published = "published", Archived = "archived" }
}

crate::words! {
    /// What readers see, or the working copy that is for users.
    pub enum Edition { Published = "published", Draft = "draft" }
}

/// What a desk remembers of its articles between requests. Nothing of it is lost but views and what was looked for in vain, when
/// a node is killed.
#[derive(Default)]
pub struct Shelf {
    views: Views,
    rendered: Rendered,
    neighbours: Neighbours,
    feedback_limits: FeedbackLimits,
    misses: Misses,
}
