//! The life of one case: what people do to it, one after the other, and what follows by the rules of `cases/comment.rs`
//! and `cases/status.rs`. Nothing is written yet. Whatever would come after the present does not happen: each action
//! answers `None` then, and the script ends there.

use fastrand::Rng;

use super::people;
use super::promises::Promise;
use crate::cases::{Channel, Status};
use crate::clock::Time;
use crate::escalations::Reason;
use crate::events::Event;
use crate::work::Actor;

/// A case as its row will have it, with all that hangs on it.
#[derive(Debug, Clone)]
pub struct Story {
    pub case_id: i64,
    pub account_id: Option<i64>,
    pub contact_id: i64,
    pub subject: String,
    pub description: String,
    pub case_type_id: i64,
    pub priority_id: i64,
    pub sla_policy_id: i64,
    pub status: Status,
    pub status_reason: Option<String>,
    pub channel: Channel,
    pub owner_id: Option<i64>,
    pub team_id: Option<i64>,
    pub parent_case_id: Option<i64>,
    pub created_by: Option<i64>,
    pub created_at: Time,
    pub updated_at: Time,
    pub public_updated_at: Time,
    pub first_response_at: Option<Time>,
    pub first_response_due: Time,
    /// `None` while the clock stands still.
    pub resolution_due: Option<Time>,
    pub resolved_at: Option<Time>,
    pub closed_at: Option<Time>,
    pub reopened_count: i64,
    pub escalation_level: i64,
    pub edit_version: i64,
    pub tags: Vec<String>,
    pub comments: Vec<Comment>,
    /// Status reasons, which the events name.
    pub reasons: Vec<(Time, String)>,
    pub moments: Vec<Moment>,
    pub escalations: Vec<Escalation>,
    pub rating: Option<Rating>,
    pub breaches: Vec<Breach>,
}

#[derive(Debug, Clone)]
pub struct Comment {
    pub at: Time,
    pub author: Actor,
    pub text: String,
    pub is_internal: bool,
    pub is_solution: bool,
}

/// An event. The ids of comments and reasons in it are indices into the story's.
#[derive(Debug, Clone)]
pub struct Moment {
    pub at: Time,
    pub actor: Actor,
    pub event: Event,
}

#[derive(Debug, Clone)]
pub struct Escalation {
    pub at: Time,
    pub reason: Reason,
    pub level: i64,
    pub from: Option<i64>,
    pub to: i64,
    pub note: &'static str,
    pub acknowledged_at: Option<Time>,
    pub resolved_at: Option<Time>,
}

#[derive(Debug, Clone)]
pub struct Rating {
    pub at: Time,
    pub stars: i64,
    pub comment: Option<&'static str>,
}

/// A target that was missed.
#[derive(Debug, Clone)]
pub struct Breach {
    pub kind: &'static str,
    pub due_at: Time,
    pub minutes_overdue: i64,
    /// A late response or resolution is found by the database's own `check_sla_violations`.
    pub found_by_trigger: bool,
    /// By whom it was acknowledged, when, with which note.
    pub acknowledged: Option<(i64, Time, &'static str)>,
}

fn is_acknowledgement(moment: &Moment, of: i64) -> bool {
    matches!(moment.event, Event::EscalationAcknowledged { escalation_id } if escalation_id == of)
}

/// A story while it is told.
pub struct Life<'c> {
    pub story: Story,
    pub rng: Rng,
    pub promise: Promise<'c>,
    /// The present: nothing happens after it.
    now: Time,
    /// Where the story has got to.
    at: Time,
    /// When the resolution clock stood still, and since when it does.
    pauses: Vec<(Time, Time)>,
    paused_since: Option<Time>,
}

impl<'c> Life<'c> {
    /// A case that has just been opened.
    pub fn begin(mut story: Story, opener: Actor, promise: Promise<'c>, rng: Rng, now: Time) -> Life<'c> {
        let at = story.created_at;
        story.sla_policy_id = promise.sla_policy_id;
        story.first_response_due = promise.after(at, promise.first_response, &[]);
        let mut life = Life { story, rng, promise, now, at, pauses: Vec::new(), paused_since: None };
        let story = &life.story;
        life.record(
            opener,
            Event::Created {
                status: Status::New,
                case_type_id: story.case_type_id,
                priority_id: story.priority_id,
                account_id: story.account_id,
                contact_id: Some(story.contact_id),
            },
        );
        if !life.story.tags.is_empty() {
            let added = life.story.tags.clone();
            life.record(opener, Event::Tagged { added, removed: Vec::new() });
        }
        life
    }

    /// Lets minutes of the policy's clock go by, and some seconds.
    pub fn work(&mut self, minutes: i64) {
        let seconds = self.rng.i64(1..60_000);
        self.at = self.promise.after(self.at, minutes.max(1), &[]).plus_millis(seconds);
    }

    /// Lets minutes of everybody's clock go by, and some seconds.
    pub fn wait(&mut self, minutes: i64) {
        self.at = self.at.plus_minutes(minutes).plus_millis(self.rng.i64(1..60_000));
    }

    pub fn wait_until(&mut self, at: Time) {
        self.at = at;
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(..100) < percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    /// The story's time, unless it is still to come.
    fn present(&self) -> Option<Time> {
        (self.at <= self.now).then_some(self.at)
    }

    fn record(&mut self, actor: Actor, event: Event) {
        self.story.moments.push(Moment { at: self.at, actor, event });
    }

    fn touch(&mut self, is_public: bool) {
        self.story.edit_version += 1;
        self.story.updated_at = self.at;
        if is_public {
            self.story.public_updated_at = self.at;
        }
    }

    /// Gives the case to an owner and a team.
    pub fn assign(&mut self, by: Actor, owner_id: Option<i64>, team_id: i64) -> Option<()> {
        self.present()?;
        let mut changes = serde_json::Map::new();
        for (field, from, to) in
            [("owner_id", self.story.owner_id, owner_id), ("team_id", self.story.team_id, Some(team_id))]
        {
            if from != to {
                changes.insert(field.into(), serde_json::json!({ "from": from, "to": to }));
            }
        }
        if !changes.is_empty() {
            (self.story.owner_id, self.story.team_id) = (owner_id, Some(team_id));
            self.record(by, Event::Changed { changes });
            self.story.edit_version += 1;
            self.touch(false);
        }
        Some(())
    }

    /// A note among users.
    pub fn note(&mut self, by: Actor, text: String) -> Option<()> {
        self.comment(by, text, true, false)?;
        self.touch(false);
        Some(())
    }

    /// A user's public comment; a solution resolves the case.
    pub fn answer(&mut self, by: Actor, text: String, is_solution: bool) -> Option<()> {
        let comment_id = self.comment(by, text, false, is_solution)?;
        if self.story.first_response_at.is_none() {
            self.story.first_response_at = Some(self.at);
            self.story.edit_version += 1;
            self.record(by, Event::FirstResponse { comment_id });
        }
        if is_solution && self.story.status.is_active() {
            self.turn(by, Status::Resolved, None)
        } else if self.story.status == Status::New {
            self.turn(by, Status::Open, None)
        } else {
            self.touch(true);
            Some(())
        }
    }

    /// The customer's word: ends the waiting for it, and reopens what was ended.
    pub fn reply(&mut self, by: Actor, text: String) -> Option<()> {
        self.comment(by, text, false, false)?;
        let status = self.story.status;
        if status.is_ended() || matches!(status, Status::WaitingCustomer | Status::Pending) {
            self.turn(by, Status::Open, None)
        } else {
            self.touch(true);
            Some(())
        }
    }

    fn comment(&mut self, author: Actor, text: String, is_internal: bool, is_solution: bool) -> Option<i64> {
        let at = self.present()?;
        let comment_id = self.story.comments.len() as i64;
        self.story.comments.push(Comment { at, author, text, is_internal, is_solution });
        let contact_id = author.contact_id();
        self.record(author, Event::CommentAdded { comment_id, is_internal, is_solution, contact_id });
        Some(comment_id)
    }

    /// Moves the case to another status.
    pub fn turn(&mut self, by: Actor, to: Status, reason: Option<&str>) -> Option<()> {
        let at = self.present()?;
        let from = self.story.status;
        debug_assert!(from.may_become(to), "{from} -> {to}");
        let reopening = from.is_ended() && to.is_active();
        let story = &mut self.story;
        if reopening {
            story.reopened_count += 1;
            (story.resolved_at, story.closed_at) = (None, None);
        }
        if matches!(to, Status::Resolved | Status::Closed) && story.resolved_at.is_none() {
            story.resolved_at = Some(at);
        }
        if to == Status::Closed {
            story.closed_at = Some(at);
        }
        story.status = to;
        story.status_reason = reason.map(str::to_owned);
        let reason_text_id = reason.map(|reason| {
            story.reasons.push((at, reason.to_owned()));
            story.reasons.len() as i64 - 1
        });
        self.pause(to);
        self.touch(true);
        self.record(by, Event::StatusChanged { from, to, reopening, reason_text_id });
        Some(())
    }

    /// The resolution clock stands still while the case waits, and once it has ended.
    fn pause(&mut self, to: Status) {
        let stands_still = to.is_ended() || matches!(to, Status::WaitingCustomer | Status::Pending);
        match (self.paused_since, stands_still) {
            (None, true) => self.paused_since = Some(self.at),
            (Some(since), false) => {
                self.pauses.push((since, self.at));
                self.paused_since = None;
            }
            _ => {}
        }
    }

    /// Takes the case to somebody with more say.
    pub fn escalate(&mut self, reason: Reason, to: i64, note: &'static str) -> Option<()> {
        let at = self.present()?;
        let level = (self.story.escalation_level + 1).min(3);
        self.story.escalation_level = level;
        let acknowledged_at = Some(at.plus_minutes(self.rng.i64(4..90))).filter(|at| *at <= self.now);
        let escalation_id = self.story.escalations.len() as i64;
        let by = self.story.owner_id.map_or(Actor::System, people::user);
        self.record(by, Event::Escalated { escalation_id, level, reason, escalated_to: Some(to) });
        if let Some(at) = acknowledged_at {
            let event = Event::EscalationAcknowledged { escalation_id };
            self.story.moments.push(Moment { at, actor: people::user(to), event });
        }
        self.story.escalations.push(Escalation {
            at,
            reason,
            level,
            from: self.story.owner_id,
            to,
            note,
            acknowledged_at,
            resolved_at: None,
        });
        self.touch(false);
        Some(())
    }

    /// Those who were called for help consider their part done.
    pub fn calm(&mut self) -> Option<()> {
        let at = self.present()?;
        if self.story.escalation_level > 0 {
            for (escalation_id, escalation) in (0..).zip(&mut self.story.escalations) {
                if escalation.resolved_at.is_some() {
                    continue;
                }
                // Whoever is called for nothing any more has seen it by now.
                let seen = escalation.acknowledged_at.filter(|seen| *seen <= at);
                let actor = people::user(escalation.to);
                if seen.is_none() {
                    let event = Event::EscalationAcknowledged { escalation_id };
                    self.story.moments.retain(|moment| !is_acknowledgement(moment, escalation_id));
                    self.story.moments.push(Moment { at, actor, event });
                }
                escalation.acknowledged_at = seen.or(Some(at));
                escalation.resolved_at = Some(at);
                let event = Event::EscalationResolved { escalation_id };
                self.story.moments.push(Moment { at, actor, event });
            }
            self.story.escalation_level = 0;
            self.touch(false);
        }
        Some(())
    }

    /// Rated by the customer, so many minutes after the closing.
    pub fn rate(&mut self, stars: i64, comment: Option<&'static str>) -> Option<()> {
        let at = self.present()?;
        self.story.rating = Some(Rating { at, stars, comment });
        let customer = Actor::Contact {
            id: self.story.contact_id,
            account_id: self.story.account_id,
            sees_account: false,
        };
        // The submission's id is known when it is written.
        self.record(customer, Event::Rated { submission_id: 0, score: stars });
        self.touch(true);
        Some(())
    }

    /// The story as it stands at present, with its deadlines and what was missed of them.
    pub fn end(mut self) -> Story {
        let ended_at = self.story.status.is_ended().then_some(self.story.resolved_at).flatten();
        let until = ended_at.unwrap_or(if self.story.status == Status::Cancelled {
            self.story.updated_at
        } else {
            self.now
        });
        let still_since = self.paused_since.filter(|_| self.story.status.is_active());
        let mut pauses = std::mem::take(&mut self.pauses);
        pauses.extend(self.paused_since.filter(|since| *since < until).map(|since| (since, until)));
        let due = self.promise.after(self.story.created_at, self.promise.resolution, &pauses);
        // A pause has no say once the time has run out.
        let is_paused = still_since.is_some_and(|since| due > since);
        self.story.resolution_due = Some(due).filter(|_| !is_paused);
        self.find_breaches(until);
        self.story
    }

    fn find_breaches(&mut self, until: Time) {
        let story = &self.story;
        let is_cancelled = story.status == Status::Cancelled;
        let targets = [
            ("first_response", story.first_response_at, Some(story.first_response_due)),
            ("resolution", story.resolved_at, story.resolution_due),
        ];
        let mut breaches = Vec::new();
        for (kind, met_at, due_at) in targets {
            let end = met_at.unwrap_or(until);
            if let Some(due_at) = due_at.filter(|due_at| *due_at < end) {
                let found_by_trigger = met_at.is_some() && !is_cancelled;
                let minutes_overdue = end.minutes_since(due_at);
                breaches.push(Breach { kind, due_at, minutes_overdue, found_by_trigger, acknowledged: None });
            }
        }
        self.story.breaches = breaches;
    }
}
