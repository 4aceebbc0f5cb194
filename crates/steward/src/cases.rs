//! Cases: opened by customers and agents, worked through eight statuses to the end (spec 4).
//!
//! A file a behaviour: [`open`] creates, [`status`] moves, [`comment`] talks, [`edit`] changes fields, [`merge`] and
//! [`family`] relate cases; [`list`], [`summary`] and [`show`] answer questions; `api` is the thin HTTP side. Whoever
//! changes a case takes its row first ([`Case::take`]), so that two changes of one case are one after the other.

pub mod address;
pub mod api;
pub mod attachments;
mod bulk;
pub mod canned_pages;
pub mod canned_replies;
mod case;
pub mod case_page;
pub mod case_types;
pub mod comment;
pub mod comment_history;
mod edit;
mod family;
mod filter;
mod filter_words;
pub mod list;
mod merge;
mod open;
pub mod pages;
pub mod priorities;
mod record;
pub mod saved_views;
pub mod sheet;
pub mod show;
mod status;
mod summary;
mod surveyed;
mod tags;
mod timeline;
pub mod views;

pub use bulk::{BulkChange, BulkOutcome};
pub use case::{Case, must_exist, must_work_cases};
pub use comment::{CommentDraft, CommentEdit, CommentView};
pub use edit::CaseEdit;
pub use filter::{CaseQuery, CaseScope, Filter};
pub use list::CaseList;
pub use open::CaseDraft;
pub use show::{CaseDetail, CaseView, EscalationView, escalations};
pub use status::{REOPEN_DAYS, StatusChange, close_resolved};

pub use crate::workflow::Status;
pub(crate) use summary::mean;
pub use summary::{count as count_cases, fold_rollup};

crate::words! {
    /// How a case came in.
    pub enum Channel {
        Email = "email", Phone = "phone", Chat = "chat", Web = "web", Social = "social", Portal = "portal", Api = "api",
    }
}
