//! The promises of the data layer, each on every engine that makes it.

mod basics;
mod support;
