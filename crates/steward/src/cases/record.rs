//! Recording what happens to a case: the event is appended, and the SLA clocks follow it, in the same transaction.

use crate::error::Result;
use crate::events::Event;
use crate::sla;
use crate::work::Work;

impl Work<'_, '_> {
    /// Records what just happened to a case whose row the caller holds.
    pub fn record(&mut self, case_id: i64, event: &Event) -> Result<()> {
        let now = self.now;
        self.append(case_id, event, now)?;
        sla::follow(self, case_id, event)
    }
}
