//! SLA: policies promise, clocks of business time count, targets are kept, missed and explained (spec 5).
//!
//! [`target`] is the model: a pure fold over what happens to a case. [`keep`] applies it to rows, one event at a time, in
//! the transaction of the change; [`breach`] and [`warning`] are what the ticker does when time alone passes.

pub mod breach;
mod calendar_body;
pub mod calendars;
mod catch_up;
mod clocks;
pub mod conditions;
pub mod explain;
mod ics;
pub mod import;
pub mod keep;
mod plan;
pub mod policies;
pub mod policy;
mod policy_body;
pub mod preview;
mod promises;
mod question;
pub mod recomputations;
mod recompute;
mod replay;
pub mod target;
pub mod try_out;
pub mod violations;
pub mod warning;
mod yearly;

pub use catch_up::drain_queue;
pub use clocks::{Clocks, clock};
pub use conditions::Mismatch;
pub use keep::{follow, rematch};
pub use plan::{Plan, ReopenMode, WarnAt};
pub use promises::Promises;
pub use recompute::{Recompute, Scope, enqueue as enqueue_recompute, recompute};
pub use replay::contradictions;
pub use target::Kind;
