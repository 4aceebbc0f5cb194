//! The workflow of a case: eight statuses and which may follow which (spec 4). Pure.

crate::words! {
    pub enum Status {
        New = "new",
        Open = "open",
        Pending = "pending",
        InProgress = "in_progress",
        WaitingCustomer = "waiting_customer",
        Resolved = "resolved",
        Closed = "closed",
        Cancelled = "cancelled",
    }
}

impl Status {
    pub fn is_active(self) -> bool {
        !self.is_ended()
    }

    pub fn is_ended(self) -> bool {
        matches!(self, Status::Resolved | Status::Closed | Status::Cancelled)
    }

    /// Whether `self` may become `to`. Any active status may become any other but `new`; resolved may be closed; from
    /// an ended status back to an active one is a reopening.
    pub fn may_become(self, to: Status) -> bool {
        to != self
            && to != Status::New
            && (self.is_active() || to.is_active() || (self, to) == (Status::Resolved, Status::Closed))
    }

    /// What `self` may become.
    pub fn successors(self) -> Vec<Status> {
        Status::ALL.iter().copied().filter(|to| self.may_become(*to)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_transitions_is_the_specs() {
        for from in Status::ALL.iter().copied() {
            for to in Status::ALL.iter().copied() {
                let active = |status| {
                    ["new", "open", "pending", "in_progress", "waiting_customer"]
                        .contains(&Status::word(status))
                };
                let expected = match (from.word(), to.word()) {
                    (from, to) if from == to => false,
                    (_, "new") => false,
                    ("resolved", "closed") => true,
                    _ => active(from) || active(to),
                };
                assert_eq!(from.may_become(to), expected, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn every_status_leads_somewhere() {
        assert_eq!(Status::Closed.successors().len(), 4);
        assert_eq!(Status::Resolved.successors().len(), 5);
        assert_eq!(Status::New.successors().len(), 7);
    }
}
