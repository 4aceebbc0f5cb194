//! SLA: policies promise, clocks of business time count, targets are kept, missed and explained (spec 5).
//!
//! [`target`] is the model: a pure fold over what happens to a case. [`keep`] applies it to rows, one event at a time, in
//! the transaction of the change; [`breach`] and [`warning`] are what the ticker does when time alone passes.

pub mod breach;
mod calendar_body;
pub mod calendars;
mod clocks;
pub mod explain;
mod ics;
pub mod import;
pub mod keep;
mod plan;
pub mod policies;
pub mod policy;
mod question;
mod recompute;
pub mod target;
pub mod try_out;
pub mod violations;
pub mod warning;
mod yearly;

pub use clocks::Clocks;
pub use keep::{drain_queue, follow, rematch};
pub use plan::{Plan, ReopenMode, WarnAt};
pub use recompute::{Recompute, enqueue as enqueue_recompute, preview, recompute};
pub use target::Kind;
