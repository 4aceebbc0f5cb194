//! The desk in the browser: what its pages have in common. A feature's pages stand beside its `api.rs` and call the same
//! model functions; templates mirror `src/`.

mod assets;
mod form;
mod frame;
mod page;
mod session;
mod words;

pub use assets::{address, asset};
pub use form::Form;
pub use frame::{Choices, Frame, choices, query_of, title_of};
pub use page::{PageError, PageResult, Seat, redirect, show};
pub use session::{clear_cookie, cookie, is_same_origin, of_request};
pub use words::{away, urgency};
