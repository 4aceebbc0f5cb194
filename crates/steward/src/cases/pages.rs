//! Cases in the browser: the list and its views, a new case, many at once. Without scripts all of it works. A case alone is
//! `case_page.rs`.

mod bar;
pub mod bulk;
pub mod list;
pub mod new;
pub mod quick;
pub mod saved;
