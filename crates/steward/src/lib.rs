//! Steward: a customer-service desk in one program.
//!
//! Start reading at `http.rs` (every route on one page), then a feature's folder: `cases/` holds models with their
//! SQL inside and `api.rs`, the thin HTTP side. `docs/ARCHITECTURE.md` has the map.

pub mod administration;
pub mod app;
pub mod branding;
pub mod cases;
pub mod clock;
pub mod commands;
pub mod config;
pub mod customers;
pub mod dashboard;
pub mod demo;
pub mod doctor;
pub mod error;
pub mod escalations;
pub mod events;
pub mod files;
pub mod http;
pub mod input;
pub mod jobs;
pub mod knowledge;
pub mod live;
pub mod mail;
pub mod markdown;
pub mod notifications;
pub mod ordering;
pub mod paging;
pub mod people;
pub mod reactions;
pub mod routing;
pub mod schema;
pub mod search;
pub mod sheet;
pub mod sla;
pub mod start;
pub mod surveys;
pub mod web;
pub mod work;
pub mod workflow;

pub use app::App;
pub use clock::{Clock, Time};
pub use config::Config;
pub use error::{Error, Result};
pub use work::{Actor, Work};
