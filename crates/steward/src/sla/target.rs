//! Targets: the promises of a case as a fold over what happens to it. Pure: no database, no clock of the machine.
//!
//! The same `Targets::apply` runs live, one happening at a time, and in a replay of the whole history; `steward doctor`
//! compares the two.

use std::time::Duration;

use hours::{Clock, Pause};
use jiff::Timestamp;

use super::plan::{Plan, ReopenMode};
use crate::clock::Time;
use crate::workflow::Status;

crate::words! {
    /// What is promised.
    pub enum Kind { FirstResponse = "first_response", NextResponse = "next_response", Resolution = "resolution" }
}

/// What of a case's history moves its clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    Opened {
        status: Status,
    },
    Moved {
        from: Status,
        to: Status,
    },
    /// In the status that the case had then.
    CustomerSpoke {
        status: Status,
    },
    UserAnswered,
    /// Deleted or merged away.
    Removed,
    Restored {
        status: Status,
        /// When it was removed.
        gone_at: Time,
    },
}

/// One promise: from when, for how long, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The row's id; 0 before it has one.
    pub id: i64,
    pub kind: Kind,
    pub started_at: Time,
    /// Business milliseconds.
    pub promise: i64,
    /// Closed pauses, in order.
    pub pauses: Vec<(Time, Time)>,
    pub paused_since: Option<Time>,
    pub met_at: Option<Time>,
    pub voided_at: Option<Time>,
    /// When it was missed. Once set, never cleared.
    pub breached_at: Option<Time>,
    /// `None` while paused or settled without a deadline, and where the clock never opens again.
    pub due_at: Option<Time>,
}

impl Target {
    fn start(kind: Kind, promise: i64, at: Time) -> Target {
        Target {
            id: 0,
            kind,
            started_at: at,
            promise,
            pauses: Vec::new(),
            paused_since: None,
            met_at: None,
            voided_at: None,
            breached_at: None,
            due_at: None,
        }
    }

    /// Neither met nor void: its clock runs or is paused.
    pub fn is_open(&self) -> bool {
        self.met_at.is_none() && self.voided_at.is_none()
    }

    /// Where the clock's time counts: running, that is, and not missed yet.
    pub fn is_running(&self) -> bool {
        self.is_open() && self.paused_since.is_none()
    }

    fn pause(&mut self, at: Time) {
        if self.paused_since.is_none() {
            self.paused_since = Some(at);
        }
    }

    fn resume(&mut self, at: Time) {
        if let Some(since) = self.paused_since.take()
            && since < at
        {
            self.pauses.push((since, at));
        }
    }

    /// The deadline by `clock`, were every pause over: `b⁻¹(b(start) + target + paused)` (spec 5).
    pub fn deadline(&self, clock: &Clock, promise: i64) -> Option<Time> {
        let pauses: Vec<Pause> =
            self.pauses.iter().map(|(from, to)| Pause { from: (*from).into(), to: (*to).into() }).collect();
        let promise = Duration::from_millis(u64::try_from(promise).unwrap_or(0));
        clock.deadline_with_pauses(self.started_at.into(), promise, &pauses).at().map(Time::from)
    }

    /// Business milliseconds spent until `at`, pauses left out.
    pub fn spent(&self, clock: &Clock, at: Time) -> i64 {
        let end: Timestamp =
            self.met_at.or(self.voided_at).or(self.paused_since).unwrap_or(at).min(at).into();
        let pauses: Vec<Pause> =
            self.pauses.iter().map(|(from, to)| Pause { from: (*from).into(), to: (*to).into() }).collect();
        let spent = clock.business_between_with_pauses(self.started_at.into(), end, &pauses);
        i64::try_from(spent.as_millis()).unwrap_or(i64::MAX)
    }

    /// Sets the deadline anew, and the miss if it came before `until`: the moment up to which the history is told. What
    /// is done at the very deadline is in time.
    fn settle(&mut self, clock: &Clock, until: Time) {
        let ran_out = self.deadline(clock, self.promise);
        self.due_at = ran_out.filter(|due| self.paused_since.is_none_or(|since| *due <= since));
        let ended = self.met_at.or(self.voided_at).unwrap_or(until);
        if self.voided_at.is_none()
            && let Some(due) = self.due_at
            && due < ended
        {
            self.breached_at.get_or_insert(due);
        }
    }
}

/// The targets of one case, in the order in which they began.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Targets(pub Vec<Target>);

impl Targets {
    /// Tells the whole history anew.
    pub fn replay(plan: &Plan, clock: &Clock, history: &[(Time, Happening)], until: Time) -> Targets {
        let mut targets = Targets::default();
        for (at, happening) in history {
            targets.apply(plan, clock, *at, *happening);
        }
        targets.settle(clock, until);
        targets
    }

    /// Takes over what stood before the history was told anew: the rows' ids, the misses that are recorded, and the
    /// whole of what was met or void by then. A new promise is made to what is still open.
    pub fn keep(&mut self, before: &Targets) {
        for target in &mut self.0 {
            let same = |kept: &&Target| (kept.kind, kept.started_at) == (target.kind, target.started_at);
            let Some(kept) = before.0.iter().find(same) else { continue };
            target.id = kept.id;
            target.breached_at = kept.breached_at.or(target.breached_at);
            if !kept.is_open() && (kept.met_at, kept.voided_at) == (target.met_at, target.voided_at) {
                *target = kept.clone();
            }
        }
    }

    /// What one happening does to the clocks.
    pub fn apply(&mut self, plan: &Plan, clock: &Clock, at: Time, happening: Happening) {
        // Whatever ran out before this moment was missed, whatever the moment brings.
        self.settle(clock, at);
        let was_settled: Vec<bool> = self.0.iter().map(|target| !target.is_open()).collect();
        match happening {
            Happening::Opened { status } => {
                self.begin(plan, Kind::FirstResponse, at, status);
                self.begin(plan, Kind::Resolution, at, status);
            }
            Happening::Moved { from, to } => self.moved(plan, at, from, to),
            Happening::CustomerSpoke { status } => {
                let waits = self.0.iter().any(|target| target.kind == Kind::NextResponse && target.is_open());
                if !waits {
                    self.begin(plan, Kind::NextResponse, at, status);
                }
            }
            Happening::UserAnswered => {
                for target in self.open().filter(|target| target.kind != Kind::Resolution) {
                    target.resume(at);
                    target.met_at = Some(at);
                }
            }
            Happening::Removed => {
                for target in &mut self.0 {
                    // A merge closes the case and takes it away at once: that resolved nothing.
                    let only_closed = target.kind == Kind::Resolution && target.met_at == Some(at);
                    if target.is_open() || only_closed {
                        target.resume(at);
                        (target.met_at, target.voided_at) = (None, Some(at));
                    }
                }
            }
            Happening::Restored { status, gone_at } => self.restored(plan, at, status, gone_at),
        }
        for (index, target) in self.0.iter_mut().enumerate() {
            if target.is_open() || !was_settled.get(index).is_some_and(|settled| *settled) {
                target.settle(clock, at);
            }
        }
    }

    /// Deadlines and misses of the open targets up to a moment. What is met or void stays as it was then, whatever has
    /// become of the calendar since.
    pub fn settle(&mut self, clock: &Clock, until: Time) {
        for target in self.open() {
            target.settle(clock, until);
        }
    }

    /// The deadlines that a case shows: those of its latest first response and resolution.
    pub fn dues(&self) -> (Option<Time>, Option<Time>) {
        let latest =
            |kind| self.0.iter().rev().find(|target| target.kind == kind).and_then(|target| target.due_at);
        (latest(Kind::FirstResponse), latest(Kind::Resolution))
    }

    /// Whether a target is missed here that was not in `before`.
    pub fn misses_beyond(&self, before: &Targets) -> bool {
        self.0.iter().filter(|target| target.breached_at.is_some()).any(|missed| {
            let same = |kept: &&Target| (kept.kind, kept.started_at) == (missed.kind, missed.started_at);
            before.0.iter().find(same).is_none_or(|kept| kept.breached_at.is_none())
        })
    }

    /// The earliest deadline of those that are open; one that has passed counts until its target is settled.
    pub fn next_due(&self) -> Option<Time> {
        self.0.iter().filter(|target| target.is_open()).filter_map(|target| target.due_at).min()
    }

    fn open(&mut self) -> impl Iterator<Item = &mut Target> {
        self.0.iter_mut().filter(|target| target.is_open())
    }

    /// The target of a kind that began last.
    fn latest(&mut self, kind: Kind) -> Option<&mut Target> {
        self.0.iter_mut().rev().find(|target| target.kind == kind)
    }

    fn begin(&mut self, plan: &Plan, kind: Kind, at: Time, status: Status) {
        if let Some(promise) = plan.promise(kind) {
            let mut target = Target::start(kind, promise, at);
            if plan.pauses(kind, status) {
                target.pause(at);
            }
            // What began, ended and begins again in one moment is one target.
            match self.0.iter_mut().find(|known| (known.kind, known.started_at) == (kind, at)) {
                Some(known) => *known = Target { id: known.id, breached_at: known.breached_at, ..target },
                None => self.0.push(target),
            }
        }
    }

    fn moved(&mut self, plan: &Plan, at: Time, from: Status, to: Status) {
        if from.is_ended() && to.is_active() {
            self.reopened(plan, at, to);
        }
        match to {
            Status::Resolved | Status::Closed => self.resolved(at),
            Status::Cancelled => {
                for target in self.open() {
                    target.resume(at);
                    target.voided_at = Some(at);
                }
            }
            active if active.is_active() => {
                for target in self.open() {
                    if plan.pauses(target.kind, active) {
                        target.pause(at);
                    } else {
                        target.resume(at);
                    }
                }
            }
            _ => {}
        }
    }

    /// Resolved: what was promised of the resolution is met; an answer that nobody waits for any more is void.
    fn resolved(&mut self, at: Time) {
        for target in self.open() {
            target.resume(at);
            match target.kind {
                Kind::Resolution => target.met_at = Some(at),
                Kind::FirstResponse | Kind::NextResponse => target.voided_at = Some(at),
            }
        }
    }

    fn reopened(&mut self, plan: &Plan, at: Time, to: Status) {
        match plan.reopen {
            ReopenMode::Ignore => {}
            ReopenMode::Restart => self.begin(plan, Kind::Resolution, at, to),
            ReopenMode::Resume => {
                if let Some(target) = self.latest(Kind::Resolution)
                    && let Some(ended) = target.met_at.take().or(target.voided_at.take())
                {
                    target.paused_since = Some(ended);
                    target.resume(at);
                }
            }
        }
    }

    /// A case brought back goes on; the time that it was gone does not count.
    fn restored(&mut self, plan: &Plan, at: Time, status: Status, gone_at: Time) {
        if status.is_ended() {
            return;
        }
        for kind in [Kind::FirstResponse, Kind::NextResponse, Kind::Resolution] {
            if let Some(target) = self.latest(kind).filter(|target| target.voided_at == Some(gone_at)) {
                target.voided_at = None;
                target.paused_since = Some(gone_at);
                if !plan.pauses(kind, status) {
                    target.resume(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
