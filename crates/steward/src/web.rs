//! The desk in the browser: what its pages have in common. A feature's pages stand beside its `api.rs` and call the same
//! model functions; templates mirror `src/`; what they say stands in `locales/`.

mod address;
pub mod ahead;
mod assets;
pub mod chart;
mod compress;
mod csrf;
pub mod design;
mod errors;
mod form;
mod frame;
mod language;
mod page;
pub mod palette;
mod preferences;
mod refusals;
mod sent;
mod session;
mod visit;
mod words;

pub use address::{Asked, Ids, Named, given, with};
pub use assets::{address, asset};
pub use form::Form;
pub use frame::{Choice, Choices, Frame, choices, title_of, told};
pub use language::{Filling, Language};
pub use page::{
    Faults, ForPage, PageError, PageResult, Seat, compressed, json, nowhere, redirect, show, show_as, unkept,
    with_cookie,
};
pub use preferences::{Colours, colours_cookie, language_cookie, prefer};
pub use sent::{Sent, Upload};
pub use session::{begin_session, cookie_of, end_session, is_same_origin, local, of_request};
pub use visit::{Page, Visit};
