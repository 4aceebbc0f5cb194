//! Outbound mail: a row per message, written in the transaction of the change that causes it, delivered by an errand
//! of its own, handed over to the mail server at most once unless an admin says otherwise.
//!
//! [`message`] is the row and its states, [`smtp`] the dialogue, [`delivery`] what brings the two together, [`links`] the
//! secrets in what is sent, [`sign_in`] those that let somebody in, [`notice`] the text of a short letter. Mail that is off keeps its messages as `held`.

mod answered;
pub mod api;
pub mod delivery;
pub mod links;
mod message;
pub mod notice;
pub mod sign_in;
mod smtp;
pub mod unsubscribe;

pub use answered::tell as tell_of_answer;
pub use delivery::deliver;
pub use message::{Draft, Purpose, State, enqueue, erase};
