//! The desk in the browser: what its pages have in common. A feature's pages stand beside its `api.rs` and call the same
//! model functions; templates mirror `src/`; what they say stands in `locales/`.

mod assets;
pub mod chart;
mod compress;
mod csrf;
pub mod design;
mod form;
mod frame;
mod language;
mod page;
pub mod palette;
mod preferences;
mod session;
mod visit;
mod words;

pub use assets::{address, asset};
pub use form::{Form, is_ours};
pub use frame::{Choice, Choices, Frame, choices, title_of, told};
pub use language::{Filling, Language};
pub use page::{
    Faults, ForPage, PageError, PageResult, Seat, compressed, json, redirect, show, show_as, unknown,
    with_cookie,
};
pub use preferences::prefer;
pub use session::{clear_cookie, cookie, is_same_origin, local, of_request};
pub use visit::{Page, Visit};
