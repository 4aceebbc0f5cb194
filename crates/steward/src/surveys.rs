//! Surveys: what customers think of it (spec 8). CSAT, NPS, CES and custom ones, sent after a case was closed, answered
//! by link or by id, with results whose margins are told.
//!
//! [`definition`] and [`questions`] are what is asked and its versions, [`answers`] checks what comes back,
//! [`submission`] stores it, [`invitation`] sends, [`results`] counts and [`statistics`] says how sure the figures are.

mod answers;
pub mod comments;
pub mod definition;
pub mod invitation;
pub mod invited;
pub mod pages;
pub mod questions;
pub mod results;
pub mod statistics;
pub mod submission;

pub use definition::{Survey, SurveyType};
pub use invitation::{invite, schedule, was_sent as invitation_was_sent};
pub use questions::{Question, QuestionType};
