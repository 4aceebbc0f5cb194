//! Bytes that are attached to cases and articles (spec 4, 7). Who may see which attachment is for `cases/attachments.rs`
//! and `articles.rs` to say; here files arrive, are kept, are served and go.
//!
//! An upload is streamed into a temporary file while it is hashed ([`upload`]), claimed as a row of `crm_files`, placed in
//! the store and made durable there ([`store`]), and only then referred to, in the transaction of the change ([`keep`]).
//! What nothing refers to any more is removed by the sweep ([`sweep`]): first the row, then the bytes, whose key is never
//! used again.

pub mod articles;
mod bucket;
mod download;
mod folder;
mod keep;
mod kinds;
mod names;
mod page_form;
mod store;
mod sweep;
mod upload;

pub use download::{Download, Stored, Wanted, serve};
pub use keep::{Kept, confirm, keep, keep_bytes, missing};
pub use kinds::is_plain_image;
pub use page_form::receive_page;
pub use store::Files;
pub use sweep::{KEPT_DAYS, sweep};
pub use upload::{Arrived, Form, Upload, hex_digest};

/// Bytes of what settings and people call a megabyte.
const MEGABYTE: u64 = 1_000_000;
