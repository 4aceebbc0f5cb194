//! 2,000 cases over the last 180 days: when they come, what they are, how they go.

use fastrand::Rng;

use super::SEED;
use super::life::{Breach, Life, Story};
use super::people::{self, Customer};
use super::phrases::{ACKNOWLEDGEMENTS, GREETINGS, URGENCIES};
use super::promises::Clocks;
use super::script::{self, Script};
use super::topics::{self, Slots, Topic};
use crate::cases::{Channel, Status};
use crate::clock::Time;
use crate::work::Actor;

pub const CASES: usize = 2000;
const DAYS: i64 = 180;
/// Since so many days a new release keeps the desk busy.
const RUSH_DAYS: f64 = 10.0;
/// Of the seed's examples: to be closed, of contact 5, not rated.
const TO_BE_RATED: i64 = 123;

const DAY: i64 = 86_400_000;

/// All stories, in the order of their ids, which is that of their beginnings.
pub fn stories(rng: &mut Rng, customers: &[Customer], now: Time) -> Vec<Story> {
    let clocks = Clocks::new();
    let mut stories: Vec<Story> = (1..)
        .zip(beginnings(rng, now))
        .map(|(case_id, at)| {
            // Each case draws from its own lot, so that a change of one leaves the others as they were.
            let own = Rng::with_seed(SEED ^ (case_id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            if case_id == 1 {
                first(&clocks, customers, own, at, now)
            } else {
                tell(&clocks, customers, own, case_id, at, now)
            }
        })
        .collect();
    make_families(rng, &mut stories);
    stories
}

/// When cases come: more by day than by night, fewer at weekends, more each month, and many since the latest release.
fn beginnings(rng: &mut Rng, now: Time) -> Vec<Time> {
    let start = now.plus_days(-DAYS);
    let mut times = vec![start];
    while times.len() < CASES {
        let at = start.plus_millis(rng.i64(0..DAYS * DAY));
        // 1970-01-01 was a Thursday.
        let weekday = (at.millis().div_euclid(DAY) + 3).rem_euclid(7);
        let hour = at.millis().rem_euclid(DAY) / 3_600_000;
        let of_week = if weekday >= 5 { 0.3 } else { 1.0 };
        let of_day = if (7..19).contains(&hour) { 1.0 } else { 0.2 };
        let age = (now.millis() - at.millis()) as f64 / DAY as f64;
        let growth = 0.9 - 0.6 * age / DAYS as f64;
        let rush = if age < RUSH_DAYS { 1.0 } else { 0.45 };
        if rng.f64() < of_week * of_day * growth * rush {
            times.push(at);
        }
    }
    times.sort_unstable();
    times
}

fn draw<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

fn draw_type(rng: &mut Rng) -> i64 {
    draw(rng, &[1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 6])
}

/// Mostly the type's default.
fn draw_priority(rng: &mut Rng, case_type_id: i64) -> i64 {
    let default = [3, 2, 1, 2, 2, 1][case_type_id as usize - 1];
    match rng.u8(..20) {
        0..=12 => default,
        13..=15 => (default + 1).min(4),
        16..=18 => (default - 1).max(1),
        _ => 4,
    }
}

fn draw_channel(rng: &mut Rng) -> Channel {
    match rng.u8(..100) {
        0..=39 => Channel::Email,
        40..=59 => Channel::Portal,
        60..=74 => Channel::Web,
        75..=84 => Channel::Phone,
        85..=94 => Channel::Chat,
        95..=97 => Channel::Social,
        _ => Channel::Api,
    }
}

fn tell(clocks: &Clocks, customers: &[Customer], mut rng: Rng, case_id: i64, at: Time, now: Time) -> Story {
    let is_plain = case_id == TO_BE_RATED;
    let customer = if is_plain { &customers[4] } else { &customers[rng.usize(..customers.len())] };
    let case_type_id = draw_type(&mut rng);
    let priority_id = draw_priority(&mut rng, case_type_id);
    let topics = topics::of_type(case_type_id);
    let topic = &topics[rng.usize(..topics.len())];
    let slots = Slots::draw(&mut rng);
    let channel = draw_channel(&mut rng);
    let opener = match channel {
        Channel::Phone => people::user(draw(&mut rng, people::MEMBERS[0])),
        // An integration of the admin's.
        Channel::Api => people::user(1),
        _ => customer.actor(),
    };
    let mut story = blank(case_id, customer, opener, at);
    story.subject = slots.fill(draw(&mut rng, topic.subjects));
    story.description = describe(&mut rng, topic, &slots, customer);
    (story.case_type_id, story.priority_id, story.channel) = (case_type_id, priority_id, channel);
    story.tags = draw_tags(&mut rng, topic);
    let promise = clocks.promise(case_type_id, priority_id, customer.tier);
    let mut life = Life::begin(story, opener, promise, rng, now);
    // The present ends most of the recent ones somewhere in between: that is what makes the desk's work.
    let _ = Script { life: &mut life, topic, slots, customer, is_plain }.play();
    let acknowledging = life.rng.clone();
    let mut story = life.end();
    acknowledge(acknowledging, &mut story.breaches, now);
    story
}

/// Case 1 is told word for word.
fn first(clocks: &Clocks, customers: &[Customer], rng: Rng, at: Time, now: Time) -> Story {
    let customer = &customers[0];
    let mut story = blank(1, customer, customer.actor(), at);
    story.subject = "Product not working".into();
    story.description = "Hello,\n\nsince yesterday Harbor crashes on two of our machines as soon as a board with pictures is opened. \
        Restarting helps for a minute or two.\n\nJohn Doe, Acme Corp".into();
    (story.case_type_id, story.priority_id, story.channel) = (1, 3, Channel::Email);
    story.tags = vec!["crash".into(), "graphics".into()];
    let promise = clocks.promise(1, 3, customer.tier);
    let mut life = Life::begin(story, customer.actor(), promise, rng, now);
    let _ = script::first_case(&mut life, customer, now);
    life.end()
}

fn blank(case_id: i64, customer: &Customer, opener: Actor, at: Time) -> Story {
    Story {
        case_id,
        account_id: customer.account_id,
        contact_id: customer.contact_id,
        subject: String::new(),
        description: String::new(),
        case_type_id: 1,
        priority_id: 1,
        sla_policy_id: 4,
        status: Status::New,
        status_reason: None,
        channel: Channel::Email,
        owner_id: None,
        team_id: None,
        parent_case_id: None,
        created_by: opener.user_id(),
        created_at: at,
        updated_at: at,
        public_updated_at: at,
        first_response_at: None,
        first_response_due: at,
        resolution_due: None,
        resolved_at: None,
        closed_at: None,
        reopened_count: 0,
        escalation_level: 0,
        edit_version: 1,
        tags: Vec::new(),
        comments: Vec::new(),
        reasons: Vec::new(),
        moments: Vec::new(),
        escalations: Vec::new(),
        rating: None,
        breaches: Vec::new(),
    }
}

fn describe(rng: &mut Rng, topic: &Topic, slots: &Slots, customer: &Customer) -> String {
    let problem = slots.fill(draw(rng, topic.problems));
    let (greeting, urgency) = (draw(rng, GREETINGS), draw(rng, URGENCIES));
    let gap = if urgency.is_empty() { "" } else { "\n\n" };
    format!("{greeting}\n\n{problem}{gap}{urgency}\n\n{}", customer.first_name)
}

fn draw_tags(rng: &mut Rng, topic: &Topic) -> Vec<String> {
    let mut tags: Vec<String> =
        topic.tags.iter().filter(|_| rng.u8(..3) > 0).map(|tag| (*tag).into()).collect();
    if rng.u8(..25) == 0 {
        tags.push("vip".into());
    }
    tags.sort_unstable();
    tags
}

/// Managers have looked at most of what was missed, and at all of what is old.
fn acknowledge(mut rng: Rng, breaches: &mut [Breach], now: Time) {
    for breach in breaches {
        let at = breach.due_at.plus_minutes(rng.i64(30..3 * 24 * 60));
        let manager = draw(&mut rng, &[2_i64, 3, 23]);
        let note = draw(&mut rng, ACKNOWLEDGEMENTS);
        let is_done = at <= now && (rng.u8(..10) < 6 || at < now.plus_days(-30));
        breach.acknowledged = is_done.then_some((manager, at, note));
    }
}

/// Cases that other cases belong to. A parent ends with or after its children, so one that has ended takes such only
/// as ended before it. Cases 1 and 123 stay by themselves.
fn make_families(rng: &mut Rng, stories: &mut [Story]) {
    let mut families = 0;
    for _ in 0..4000 {
        let parent = rng.usize(TO_BE_RATED as usize..stories.len());
        let eldest = &stories[parent];
        if eldest.parent_case_id.is_some() || eldest.status == Status::Cancelled {
            continue;
        }
        let parent_id = eldest.case_id;
        let children: Vec<usize> = (parent + 1..stories.len().min(parent + 120))
            .filter(|child| may_belong(&stories[*child], &stories[parent]))
            .take(1 + rng.usize(..3))
            .collect();
        let is_parent =
            |story: &Story| stories.iter().any(|other| other.parent_case_id == Some(story.case_id));
        if children.is_empty()
            || is_parent(&stories[parent])
            || children.iter().any(|child| is_parent(&stories[*child]))
        {
            continue;
        }
        for child in children {
            stories[child].parent_case_id = Some(parent_id);
        }
        families += 1;
        if families == 25 {
            break;
        }
    }
}

fn may_belong(child: &Story, parent: &Story) -> bool {
    let ended = |story: &Story| {
        if story.status == Status::Cancelled { Some(story.updated_at) } else { story.resolved_at }
    };
    let is_related = child.account_id == parent.account_id && child.account_id.is_some();
    let in_time = match ended(parent) {
        None => true,
        Some(end) => child.created_at < end && ended(child).is_some_and(|ended| ended <= end),
    };
    is_related && in_time && child.parent_case_id.is_none()
}
