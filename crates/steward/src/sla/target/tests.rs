//! Whatever happens to a case, in whatever order: the fold is the same live and retold, and agrees with a model that
//! counts minutes.

use hours::{Calendar, Interval};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

/// Monday morning.
const START: &str = "2026-03-02T08:30:00Z";

fn start() -> Time {
    Time::parse(START).unwrap()
}

/// Mon-Fri 9-17 UTC.
fn office() -> Clock {
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let intervals = days.map(|day| Interval::new(day, "09:00", "17:00")).into();
    Clock::new(&Calendar { time_zone: "UTC".into(), intervals, ..Calendar::default() }).unwrap()
}

fn clock(is_office: bool) -> Clock {
    if is_office { office() } else { Clock::always() }
}

/// What may be done to a case, whether or not it is allowed at that moment.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Customer,
    User,
    Move(Status),
    Remove,
    Restore,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => Just(Deed::Customer),
        3 => Just(Deed::User),
        6 => prop::sample::select(Status::ALL.to_vec()).prop_map(Deed::Move),
        1 => Just(Deed::Remove),
        1 => Just(Deed::Restore),
    ]
}

/// Deeds with the minutes before each; none is common, for two things may happen at one moment.
fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    let gap = prop_oneof![2 => Just(0_i64), 4 => 1..90_i64, 2 => 90..3000_i64];
    prop::collection::vec((gap, deed()), 0..25)
}

fn statuses() -> impl Strategy<Value = Vec<Status>> {
    let active: Vec<Status> = Status::ALL.iter().copied().filter(|status| status.is_active()).collect();
    prop::sample::subsequence(active, 0..4)
}

fn plan() -> impl Strategy<Value = Plan> {
    let promise = || (1..2000_i64).prop_map(|minutes| minutes * 60_000);
    let reopen = prop::sample::select(vec![ReopenMode::Resume, ReopenMode::Restart, ReopenMode::Ignore]);
    let pauses = (statuses(), statuses(), statuses());
    (promise(), prop::option::of(promise()), promise(), pauses, reopen).prop_map(
        |(first, next, resolution, pauses, reopen)| Plan {
            policy_id: 1,
            calendar_id: None,
            first_response: Some(first),
            next_response: next,
            resolution: Some(resolution),
            first_response_pauses: pauses.0,
            next_response_pauses: pauses.1,
            resolution_pauses: pauses.2,
            reopen,
            warnings: Vec::new(),
        },
    )
}

/// The deeds that the workflow allows, as the events tell of them.
fn history(deeds: &[(i64, Deed)]) -> Vec<(Time, Happening)> {
    let (mut at, mut status, mut is_gone, mut gone_at) = (start(), Status::New, false, start());
    let mut history = vec![(at, Happening::Opened { status })];
    for (gap, deed) in deeds {
        at = at.plus_minutes(*gap);
        let happening = match *deed {
            Deed::Restore if is_gone => {
                is_gone = false;
                Happening::Restored { status, gone_at }
            }
            _ if is_gone => continue,
            Deed::Restore => continue,
            Deed::Customer => Happening::CustomerSpoke { status },
            Deed::User => Happening::UserAnswered,
            Deed::Remove => {
                (is_gone, gone_at) = (true, at);
                Happening::Removed
            }
            Deed::Move(to) if status.may_become(to) => {
                let from = std::mem::replace(&mut status, to);
                Happening::Moved { from, to }
            }
            Deed::Move(_) => continue,
        };
        history.push((at, happening));
    }
    history
}

/// Tells a history live: a ticker looks before each happening and in between.
fn live(plan: &Plan, clock: &Clock, history: &[(Time, Happening)], until: Time) -> Vec<Targets> {
    let (mut targets, mut states) = (Targets::default(), Vec::new());
    for (index, (at, happening)) in history.iter().enumerate() {
        targets.apply(plan, clock, *at, *happening);
        states.push(targets.clone());
        let next = history.get(index + 1).map_or(until, |(next, _)| *next);
        let between = Time::from_millis(i64::midpoint(at.millis(), next.millis()));
        targets.settle(clock, between);
        states.push(targets.clone());
    }
    targets.settle(clock, until);
    states.push(targets);
    states
}

fn until(history: &[(Time, Happening)]) -> Time {
    history.last().map_or(start(), |(at, _)| at.plus_minutes(777))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_is_what_a_replay_tells(deeds in deeds(), plan in plan(), is_office: bool) {
        let (clock, history) = (clock(is_office), history(&deeds));
        let until = until(&history);
        let states = live(&plan, &clock, &history, until);
        let replayed = Targets::replay(&plan, &clock, &history, until);
        prop_assert_eq!(states.last().unwrap(), &replayed);
    }

    #[test]
    fn a_miss_never_disappears_not_even_under_another_plan(
        deeds in deeds(), plan in plan(), other in plan(), is_office: bool,
    ) {
        let (clock, history) = (clock(is_office), history(&deeds));
        let until = until(&history);
        let missed = |targets: &Targets| -> Vec<(Kind, Time, Time)> {
            let of = |target: &Target| target.breached_at.map(|at| (target.kind, target.started_at, at));
            targets.0.iter().filter_map(of).collect()
        };
        let states = live(&plan, &clock, &history, until);
        for pair in states.windows(2) {
            for miss in missed(&pair[0]) {
                prop_assert!(missed(&pair[1]).contains(&miss));
            }
        }
        let before = states.last().unwrap();
        let mut after = Targets::replay(&other, &clock, &history, until);
        after.keep(before);
        // A target that the other plan does not know keeps its row, which nobody rewrites.
        for (kind, started_at, at) in missed(before) {
            let told = after.0.iter().find(|target| (target.kind, target.started_at) == (kind, started_at));
            prop_assert!(told.is_none_or(|target| target.breached_at == Some(at)));
        }
        // And what was met or void stays as it was, where the other plan ends it as well.
        for settled in before.0.iter().filter(|target| !target.is_open()) {
            let same = |target: &&Target| (target.kind, target.started_at) == (settled.kind, settled.started_at);
            if let Some(told) = after.0.iter().find(same).filter(|told| told.met_at == settled.met_at && told.voided_at == settled.voided_at) {
                prop_assert_eq!(told, settled);
            }
        }
    }

    #[test]
    fn one_answer_at_a_time_is_owed_and_nothing_once_the_case_has_ended(deeds in deeds(), plan in plan()) {
        let (clock, history) = (Clock::always(), history(&deeds));
        let mut targets = Targets::default();
        for (at, happening) in history {
            targets.apply(&plan, &clock, at, happening);
            for kind in [Kind::FirstResponse, Kind::NextResponse, Kind::Resolution] {
                let open = targets.0.iter().filter(|target| target.kind == kind && target.is_open()).count();
                prop_assert!(open <= 1, "{open} of {kind} after {happening:?}");
            }
            let ended = matches!(happening, Happening::Moved { to, .. } if to.is_ended());
            if ended || happening == Happening::Removed {
                prop_assert!(targets.0.iter().all(|target| !target.is_open()), "{happening:?} left one open");
            }
        }
    }

    #[test]
    fn a_deadline_is_the_inverse_of_business_time(
        promise in 1..1500_i64,
        gaps in prop::collection::vec((1..400_i64, 1..900_i64), 0..5),
        is_office: bool,
    ) {
        let mut target = Target::start(Kind::Resolution, promise * 60_000, start());
        let (mut minute, mut pauses) = (0, Vec::new());
        for (gap, length) in gaps {
            let from = minute + gap;
            minute = from + length;
            pauses.push((from, minute));
            target.pause(start().plus_minutes(from));
            target.resume(start().plus_minutes(minute));
        }
        let model = Model { is_office };
        let due = target.deadline(&clock(is_office), target.promise);
        prop_assert_eq!(due, Some(start().plus_minutes(model.deadline(promise, &pauses))));
    }
}

/// Business time by counting minutes from the start.
struct Model {
    is_office: bool,
}

impl Model {
    fn is_open(&self, minute: i64) -> bool {
        let at = TimeZone::UTC.to_datetime(start().plus_minutes(minute).into());
        let weekday = at.weekday().to_monday_zero_offset();
        !self.is_office || (weekday < 5 && (9..17).contains(&at.hour()))
    }

    /// `b(to) - b(from)`.
    fn business(&self, from: i64, to: i64) -> i64 {
        (from..to).filter(|minute| self.is_open(*minute)).count() as i64
    }

    /// `b⁻¹(b(start) + target + paused)`: the first minute by which so much time has passed. Pauses count as far as
    /// they begin before the deadline that they move.
    fn deadline(&self, promise: i64, pauses: &[(i64, i64)]) -> i64 {
        let mut goal = promise;
        for (from, to) in pauses {
            if self.business(0, *from) < goal {
                goal += self.business(*from, *to);
            }
        }
        let (mut minute, mut passed) = (0, 0);
        while passed < goal {
            passed += i64::from(self.is_open(minute));
            minute += 1;
        }
        minute
    }
}

#[test]
fn a_case_merged_away_resolved_nothing() {
    let plan = Plan {
        policy_id: 1,
        calendar_id: None,
        first_response: Some(60_000),
        next_response: None,
        resolution: Some(600_000),
        first_response_pauses: Vec::new(),
        next_response_pauses: Vec::new(),
        resolution_pauses: Vec::new(),
        reopen: ReopenMode::Resume,
        warnings: Vec::new(),
    };
    let (clock, at) = (Clock::always(), start().plus_minutes(3));
    let history = [
        (start(), Happening::Opened { status: Status::New }),
        (at, Happening::Moved { from: Status::New, to: Status::Closed }),
        (at, Happening::Removed),
    ];
    let targets = Targets::replay(&plan, &clock, &history, at);
    assert!(targets.0.iter().all(|target| target.voided_at == Some(at) && target.met_at.is_none()));
    // A minute was promised for the answer; three had passed before the merge.
    assert_eq!(targets.0[0].breached_at, Some(start().plus_minutes(1)));
}
