//! The desk in a real browser: Debian's `chromium`, one process for all tests, a browser of one's own for everybody in
//! them. `bin/test browser` installs what is needed and runs this; a missing Chromium fails, it is never skipped.
//!
//! Whatever a page should never do (an error or a warning on the console, a request that fails or goes to another place, a
//! dialog nobody foresaw) fails the test in which it happens.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[expect(dead_code, reason = "shared with the tests over HTTP, which use all of it")]
#[path = "../../../steward/tests/it/client.rs"]
mod client;
#[expect(dead_code, unused_macros, reason = "shared with the tests over HTTP, which use all of it")]
#[path = "../../../steward/tests/it/desk.rs"]
mod desk;
#[expect(dead_code, reason = "shared with the tests over HTTP, which use all of it")]
#[path = "../../../steward/tests/it/place.rs"]
mod place;

#[macro_use]
mod stage;
mod axe;
mod spots;

mod administering;
mod ahead;
mod composing;
mod every_page;
mod first;
mod helping;
mod hostile;
mod plain;
mod refused;
mod story;
mod together;
mod visits;
mod watching;
mod work;
