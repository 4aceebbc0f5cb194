//! The words that a list's filters and orders take.

crate::words! {
    /// The orders of a list; `-` is descending.
    pub enum Sort {
        Newest = "-created_at", Oldest = "created_at",
        Touched = "-updated_at", Untouched = "updated_at",
        DueLast = "-resolution_due", DueFirst = "resolution_due",
        Urgent = "priority", Relaxed = "-priority",
        /// By the earliest deadline of any target that runs.
        NextDue = "next_due", NextDueLast = "-next_due",
    }
}

crate::words! {
    /// The targets that a case can have missed.
    pub enum Breach { FirstResponse = "first_response", NextResponse = "next_response", Resolution = "resolution" }
}

crate::words! {
    /// How the next deadline of an active case stands, whatever was missed before.
    pub enum SlaClock { Overdue = "overdue", DueSoon = "due_soon", OnTrack = "on_track", Paused = "paused" }
}

crate::words! {
    /// How several tags count together.
    pub enum TagMatch { All = "all", Any = "any" }
}
