//! Drives Debian's `chromium` for the tests of the pages, their measurement and their pictures.
//!
//! Spoken over a pipe by the DevTools protocol, in plain JSON: what a test needs of it are two dozen calls, and they do not
//! change with every release as generated bindings do. [`Chromium`] is the process, shared by all; a [`Tab`] is
//! somebody's browser, with cookies of its own and a [`Look`]; it notes whatever a page should never do ([`Tab::complaints`]).

mod chromium;
mod keys;
mod look;
mod notes;
mod tab;

pub use chromium::Chromium;
pub use look::Look;
pub use notes::Answer;
pub use tab::Tab;

/// What went wrong, said in full: there is nothing to decide by it.
#[derive(Debug)]
pub struct Error(pub String);

pub type Result<T> = std::result::Result<T, Error>;

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error(error.to_string())
    }
}
