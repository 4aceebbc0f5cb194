//! The promises of the data layer, each on every engine that makes it.
//!
//! The PostgreSQL half needs a private server:
//! `STEWARD_TEST_POSTGRES=postgres://superuser@host:port/postgres`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod basics;
mod faults;
mod groups;
mod histories;
mod migrations;
mod reads;
mod server;
mod support;
mod tls;
