//! How cases go: who does what and when, and how often it goes otherwise.

use super::life::Life;
use super::people::{self, Customer, MEMBERS};
use super::phrases::*;
use super::topics::{Slots, Topic};
use crate::cases::Status;
use crate::clock::Time;
use crate::escalations::Reason;
use crate::work::Actor;

/// Days after which a resolved case closes itself: the default of `auto_close_days`.
const AUTO_CLOSE_DAYS: i64 = 5;
/// Who is called for help: managers, and the two with the most experience.
const SENIORS: [i64; 5] = [2, 3, 23, 5, 9];

/// A life with its words.
pub struct Script<'l, 'c> {
    pub life: &'l mut Life<'c>,
    pub topic: &'static Topic,
    pub slots: Slots,
    pub customer: &'l Customer,
    /// Goes to its end without anything special.
    pub is_plain: bool,
}

/// How long this one takes, in minutes of the policy's clock.
struct Pace {
    first_answer: i64,
    /// From the first answer to the solution, without the pauses.
    work: i64,
    is_late: bool,
}

impl Script<'_, '_> {
    /// From the opening to the rating; `None` where the present cuts it short.
    pub fn play(&mut self) -> Option<()> {
        let pace = self.pace();
        let agent = self.triage(&pace)?;
        if !self.is_plain && self.life.chance(4) {
            return self.cancel(agent);
        }
        let asks = self.life.chance(55);
        self.first_answer(agent, asks)?;
        if asks {
            self.wait_for_customer(agent)?;
        }
        let agent = if self.life.chance(15) { self.hand_over(agent, &pace)? } else { agent };
        self.middle(agent, &pace)?;
        self.life.work(pace.work / 3);
        self.solve(agent, self.topic.cures)?;
        self.aftermath(agent, &pace)
    }

    fn pace(&mut self) -> Pace {
        let promise = self.life.promise;
        let (late_answer, late_work) = (self.life.chance(5), self.life.chance(7));
        let rng = &mut self.life.rng;
        // Squared: most are quick, few take nearly all the time there is.
        let answer = if late_answer { 1.05 + rng.f64() } else { 0.02 + 0.85 * rng.f64().powi(2) };
        let work = if late_work { 1.1 + 1.5 * rng.f64() } else { 0.15 + 0.8 * rng.f64() };
        let first_answer = ((promise.first_response as f64 * answer) as i64).max(2);
        let whole = (promise.resolution as f64 * work) as i64;
        Pace { first_answer, work: (whole - first_answer).max(20), is_late: late_answer || late_work }
    }

    /// Somebody looks at what came in, and gives it to a team and an owner. Answers who works on it.
    fn triage(&mut self, pace: &Pace) -> Option<Actor> {
        let is_deep = self.life.chance(40);
        let team_id = match self.life.story.case_type_id {
            1 => 2,
            4 if is_deep => 2,
            5 => 3,
            3 | 6 => 4,
            _ => 1,
        };
        let owner = self.life.pick(MEMBERS[team_id as usize - 1]);
        let dispatcher = people::user(self.life.pick(&[3, 4, 7]));
        self.life.work(pace.first_answer / 2);
        let is_named = self.life.chance(75);
        self.life.assign(dispatcher, Some(owner).filter(|_| is_named), team_id)?;
        self.life.work(pace.first_answer - pace.first_answer / 2);
        if !is_named {
            // Left to the team: whoever answers first takes it.
            self.life.assign(people::user(owner), Some(owner), team_id)?;
        }
        Some(people::user(owner))
    }

    fn cancel(&mut self, agent: Actor) -> Option<()> {
        let reason = self.life.pick(CANCELLED_REASONS);
        self.life.turn(agent, Status::Cancelled, Some(reason))
    }

    fn first_answer(&mut self, agent: Actor, asks: bool) -> Option<()> {
        let body = if asks { self.life.pick(self.topic.asks) } else { self.life.pick(FIRST_ANSWERS) };
        let text = format!("{} {body}", self.life.pick(OPENERS));
        self.say(agent, &text)?;
        match (asks, self.life.chance(25)) {
            (true, _) => self.life.turn(agent, Status::WaitingCustomer, None),
            (false, true) => self.life.turn(agent, Status::InProgress, None),
            (false, false) => Some(()),
        }
    }

    fn wait_for_customer(&mut self, agent: Actor) -> Option<()> {
        let hours = self.life.rng.f64().powi(2) * 70.0;
        if self.life.chance(15) {
            self.life.wait(3 * 24 * 60);
            self.say(agent, CHASES[0])?;
        }
        if self.life.chance(8) && !self.is_plain {
            // Forgotten on the customer's desk for weeks.
            let days = self.life.rng.i64(5..40);
            self.life.wait(days * 24 * 60);
        }
        self.life.wait((hours * 60.0) as i64 + 5);
        let answer = self.life.pick(self.topic.answers);
        self.reply(answer)
    }

    /// To another team, where it lies until somebody takes it.
    fn hand_over(&mut self, agent: Actor, pace: &Pace) -> Option<Actor> {
        let team_id = if self.life.story.team_id == Some(2) { 4 } else { 2 };
        self.life.work(pace.work / 6);
        self.life.assign(agent, None, team_id)?;
        self.life.note(agent, NOTES[3].to_owned())?;
        self.life.work(pace.work / 6);
        let owner = self.life.pick(MEMBERS[team_id as usize - 1]);
        self.life.assign(people::user(owner), Some(owner), team_id)?;
        Some(people::user(owner))
    }

    /// What happens while it is worked on.
    fn middle(&mut self, agent: Actor, pace: &Pace) -> Option<()> {
        self.life.work(pace.work / 6);
        if self.life.chance(60) {
            let notes =
                if self.topic.notes.is_empty() || self.life.chance(40) { NOTES } else { self.topic.notes };
            let text = self.life.pick(notes);
            let text = self.slots.fill(text);
            self.life.note(agent, text)?;
        }
        let is_grave = self.life.story.priority_id >= 3;
        let odds = if pace.is_late {
            40
        } else if is_grave {
            12
        } else {
            4
        };
        if !self.is_plain && self.life.chance(odds) {
            self.escalate(pace)?;
        }
        self.life.work(pace.work / 6);
        if self.life.chance(30) {
            let nudge = self.life.pick(NUDGES);
            self.reply(nudge)?;
            self.life.work(pace.work / 12);
            let update = self.life.pick(UPDATES);
            self.say(agent, update)?;
        }
        if self.life.story.status == Status::Open && self.life.chance(35) {
            self.life.turn(agent, Status::InProgress, None)?;
        }
        let odds = match self.life.story.case_type_id {
            3 => 60,
            1 => 30,
            4 => 15,
            _ => 8,
        };
        if self.life.chance(odds) {
            self.postpone(agent)?;
        }
        self.life.work(pace.work / 6);
        Some(())
    }

    fn escalate(&mut self, pace: &Pace) -> Option<()> {
        let reasons: &[Reason] = if pace.is_late {
            &[Reason::SlaViolation, Reason::SlaViolation, Reason::CustomerRequest]
        } else {
            &[Reason::CustomerRequest, Reason::Technical, Reason::ManagementReview, Reason::PriorityIncrease]
        };
        let steps = if self.life.chance(20) { 2 + i32::from(self.life.chance(25)) } else { 1 };
        for _ in 0..steps {
            let (reason, senior) = (self.life.pick(reasons), self.life.pick(&SENIORS));
            let note = self.life.pick(ESCALATION_NOTES);
            self.life.escalate(reason, senior, note)?;
            self.life.work(pace.work / 12);
        }
        Some(())
    }

    /// It has to wait for something that is not in the agent's hands.
    fn postpone(&mut self, agent: Actor) -> Option<()> {
        let reason = self.life.pick(PENDING_REASONS);
        self.life.turn(agent, Status::Pending, Some(reason))?;
        let days = 2 + (self.life.rng.f64().powi(2) * 40.0) as i64;
        let minutes = self.life.rng.i64(0..600);
        self.life.wait(days * 24 * 60 + minutes);
        self.life.turn(agent, Status::InProgress, None)
    }

    fn solve(&mut self, agent: Actor, cures: &'static [&'static str]) -> Option<()> {
        if self.life.chance(85) {
            let text = format!("{} {}", self.life.pick(cures), self.life.pick(CLOSERS));
            let text = self.slots.fill(text.trim_end());
            self.life.answer(agent, text, true)?;
        } else {
            let reason = self.life.pick(RESOLVED_REASONS);
            self.life.turn(agent, Status::Resolved, Some(reason))?;
        }
        if self.life.chance(60) { self.life.calm() } else { Some(()) }
    }

    /// It comes back, or is closed, and rated.
    fn aftermath(&mut self, agent: Actor, pace: &Pace) -> Option<()> {
        if !self.is_plain && self.life.chance(9) {
            let hours = self.life.rng.i64(2..110);
            self.life.wait(hours * 60);
            let relapse = self.life.pick(RELAPSES);
            self.reply(relapse)?;
            self.life.work(pace.work / 5);
            self.life.turn(agent, Status::InProgress, None)?;
            self.life.work(pace.work / 5);
            self.solve(agent, SECOND_CURES)?;
        }
        // Closed by hand, or by itself some days later.
        let resolved_at = self.life.story.resolved_at?;
        if self.life.chance(35) {
            let hours = self.life.rng.i64(1..80);
            self.life.wait(hours * 60);
            self.life.turn(agent, Status::Closed, None)?;
        } else {
            self.close_by_itself(resolved_at)?;
        }
        if !self.is_plain && self.life.chance(38) { self.rate(pace) } else { Some(()) }
    }

    fn close_by_itself(&mut self, resolved_at: Time) -> Option<()> {
        let seconds = self.life.rng.i64(0..10_000);
        self.life.wait_until(resolved_at.plus_days(AUTO_CLOSE_DAYS).plus_millis(seconds));
        self.life.turn(Actor::System, Status::Closed, None)
    }

    fn rate(&mut self, pace: &Pace) -> Option<()> {
        let minutes = self.life.rng.i64(62..3000);
        self.life.wait(minutes);
        let went_wrong = pace.is_late || self.life.story.reopened_count > 0;
        let stars = if went_wrong { [1, 1, 2, 2, 3, 3, 4, 5] } else { [2, 3, 4, 4, 5, 5, 5, 5] };
        let stars = self.life.pick(&stars);
        let comments = match stars {
            4 | 5 => PRAISE,
            3 => SHRUGS,
            _ => COMPLAINTS,
        };
        let comment = self.life.chance(45).then(|| self.life.pick(comments));
        self.life.rate(stars, comment)
    }

    fn say(&mut self, agent: Actor, text: &str) -> Option<()> {
        let text = self.slots.fill(&text.replace("{name}", &self.customer.first_name));
        self.life.answer(agent, text, false)
    }

    fn reply(&mut self, text: &str) -> Option<()> {
        let text = self.slots.fill(text);
        self.life.reply(self.customer.actor(), text)
    }
}

/// Case 1 of the seed's examples: solved months ago, and since this morning back on the desk of user 10.
pub fn first_case(life: &mut Life<'_>, customer: &Customer, now: Time) -> Option<()> {
    let agent = people::user(10);
    life.wait(6);
    life.assign(people::user(4), Some(10), 2)?;
    life.wait(14);
    life.answer(agent, "Hello John, thank you for writing. Which version do you use, and does it happen on other machines as well?".into(), false)?;
    life.wait(60);
    life.reply(
        customer.actor(),
        "Version 1.9, on two machines out of three. The third one is newer.".into(),
    )?;
    life.wait(90);
    life.note(
        agent,
        "Both machines have the old graphics driver. Asked engineering for the list of versions.".into(),
    )?;
    life.wait_until(life.story.created_at.plus_minutes(390));
    life.answer(agent, "It is the graphics driver of the two older machines. With the current one from their maker Harbor works again.".into(), true)?;
    life.wait_until(life.story.created_at.plus_minutes(390).plus_days(AUTO_CLOSE_DAYS));
    life.turn(Actor::System, Status::Closed, None)?;
    // Five hours ago: of the 24 hours promised, 6.5 and 5 are used, 12.5 are left.
    life.wait_until(now.plus_hours(-5));
    life.turn(agent, Status::Open, Some("customer called: it is back since the latest update"))?;
    life.note(
        agent,
        "John called: since the latest update it is the same as then, on all three machines.".into(),
    )
}
