//! The desk from outside: a real server on a real engine, asked over HTTP. One binary, so that linking is paid once.
//!
//! `both_engines!` makes two tests of each function, on SQLite and on PostgreSQL; the latter needs
//! `STEWARD_TEST_POSTGRES`, which `bin/test postgres COMMAND` sets, and fails without it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[macro_use]
mod desk;
mod client;
mod node;
mod place;
mod post;

mod access;
mod administration_pages;
mod article_index;
mod bad_input;
mod branding_pages;
mod calendars;
mod case_pages;
mod cases;
mod commands;
mod comments;
mod conventions;
mod customers;
mod dashboard;
mod dashboard_pages;
mod demo;
mod engines;
mod escalation_rules;
mod families;
mod faults;
mod file_faults;
mod file_life;
mod files;
mod help_centre;
mod inert;
mod invitations;
mod jobs;
mod knowledge;
mod knowledge_pages;
mod lists;
mod live;
mod mail;
mod notifications;
mod once;
mod pages;
mod people;
mod plain_browser;
mod plans;
mod portal;
mod recount;
mod routing;
mod rule_pages;
mod saved_views;
mod search;
mod session_pages;
mod sheets;
mod sla;
mod sla_history;
mod sla_misses;
mod sla_nodes;
mod sla_page;
mod sla_policies;
mod status;
mod survey_pages;
mod survey_results;
mod surveys;
mod workspace_pages;
