//! Why a clock shows what it shows: each target with the stretches of time that add up to its deadline, the policy that
//! matched, and why the earlier ones did not (spec 5).

use hours::{Clock, Pause, SegmentKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::clocks;
use super::conditions::Mismatch;
use super::keep;
use super::plan::Plan;
use super::policy;
use super::target::{Kind, Target};
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

/// Stretches shown of one target at most; a deadline years away over busy calendars has more.
const SEGMENTS: usize = 2000;

/// The clocks of a case in short.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SlaView {
    pub sla_policy_id: Option<i64>,
    pub targets: Vec<TargetView>,
}

impl SlaView {
    /// Of a case to which nothing is promised.
    pub fn none() -> SlaView {
        SlaView { sla_policy_id: None, targets: Vec::new() }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct TargetView {
    pub target_id: i64,
    pub kind: Kind,
    /// running, paused, met, missed (running on), met_late or void.
    pub state: &'static str,
    pub started_at: Time,
    /// Business minutes promised.
    pub target_minutes: f64,
    /// Business minutes spent, pauses left out.
    pub spent_minutes: f64,
    /// Business minutes left, negative once missed; null when settled.
    pub minutes_left: Option<f64>,
    /// Null while paused.
    pub due_at: Option<Time>,
    pub paused_since: Option<Time>,
    pub met_at: Option<Time>,
    pub breached_at: Option<Time>,
    pub voided_at: Option<Time>,
}

/// A target with its arithmetic.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Explained {
    #[serde(flatten)]
    pub target: TargetView,
    /// From its start to its deadline; to the present where that is unknown. The first 2,000.
    pub segments: Vec<SegmentView>,
    /// Whether there are more.
    pub segments_truncated: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct SegmentView {
    /// counted, paused, outside_hours or holiday.
    pub kind: &'static str,
    pub from: Time,
    pub to: Time,
    pub minutes: f64,
    pub reason: Option<String>,
}

impl From<hours::Segment> for SegmentView {
    fn from(segment: hours::Segment) -> SegmentView {
        SegmentView {
            kind: word(segment.kind),
            from: segment.from.into(),
            to: segment.to.into(),
            minutes: segment.duration().as_secs_f64() / 60.0,
            reason: segment.reason.map(|reason| reason.to_string()),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyTried {
    pub sla_policy_id: i64,
    pub policy_name: String,
    pub position: i64,
    pub matched: bool,
    /// Why it did not match.
    pub reason: Option<String>,
    /// The same for a page, which says it in its own words.
    #[serde(skip)]
    pub mismatch: Option<Mismatch>,
}

/// `GET /cases/:id/sla`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Explanation {
    pub sla_policy_id: Option<i64>,
    pub calendar_id: Option<i64>,
    pub targets: Vec<Explained>,
    /// The policies in the order in which they were tried, to the one that matched.
    pub policies: Vec<PolicyTried>,
}

fn minutes(millis: i64) -> f64 {
    (millis as f64 / 60.0).round() / 1000.0
}

fn view(target: &Target, clock: &Clock, now: Time) -> TargetView {
    let spent = target.spent(clock, now);
    let state = match (target.met_at, target.voided_at, target.breached_at) {
        (_, Some(_), _) => "void",
        (Some(_), _, Some(_)) => "met_late",
        (Some(_), _, None) => "met",
        (None, _, Some(_)) => "missed",
        _ if target.paused_since.is_some() => "paused",
        _ => "running",
    };
    TargetView {
        target_id: target.id,
        kind: target.kind,
        state,
        started_at: target.started_at,
        target_minutes: minutes(target.promise),
        spent_minutes: minutes(spent),
        minutes_left: target.is_open().then(|| minutes(target.promise - spent)),
        due_at: target.due_at,
        paused_since: target.paused_since,
        met_at: target.met_at,
        breached_at: target.breached_at,
        voided_at: target.voided_at,
    }
}

/// The clocks of a case that the actor may see.
pub fn short(work: &mut Work, case_id: i64) -> Result<SlaView> {
    let now = work.now;
    let Some((plan, clock)) = keep::plan(work, case_id)? else {
        return Ok(SlaView::none());
    };
    let targets = keep::load(work, case_id)?;
    Ok(SlaView {
        sla_policy_id: Some(plan.policy_id),
        targets: targets.0.iter().map(|target| view(target, &clock, now)).collect(),
    })
}

/// The whole explanation.
pub fn explain(work: &mut Work, case_id: i64) -> Result<Explanation> {
    let traits = policy::traits(work, case_id)?;
    let mut policies = Vec::new();
    let kept = keep::plan(work, case_id)?;
    for policy in policy::in_order(work)? {
        let mismatch = policy.mismatch(&traits);
        let matched = mismatch.is_none();
        policies.push(PolicyTried {
            sla_policy_id: policy.sla_policy_id,
            policy_name: policy.policy_name,
            position: policy.position,
            matched,
            reason: mismatch.as_ref().map(Mismatch::to_string),
            mismatch,
        });
        if matched {
            break;
        }
    }
    // Where nothing is promised any more, what was is shown by the wall clock.
    let (sla_policy_id, calendar_id, clock) = match kept {
        Some((Plan { policy_id, calendar_id, .. }, clock)) => (Some(policy_id), calendar_id, clock),
        None => (None, None, clocks::clock(work, None)?),
    };
    let now = work.now;
    let targets = keep::load(work, case_id)?;
    let targets = targets.0.iter().map(|target| explained(target, &clock, now)).collect();
    Ok(Explanation { sla_policy_id, calendar_id, targets, policies })
}

fn word(kind: SegmentKind) -> &'static str {
    match kind {
        SegmentKind::Counted => "counted",
        SegmentKind::Paused => "paused",
        SegmentKind::OutsideHours => "outside_hours",
        SegmentKind::Holiday => "holiday",
    }
}

fn explained(target: &Target, clock: &Clock, now: Time) -> Explained {
    let open_pause = target.paused_since.filter(|since| *since < now).map(|since| (since, now));
    let pauses: Vec<Pause> = target
        .pauses
        .iter()
        .copied()
        .chain(open_pause)
        .map(|(from, to)| Pause { from: from.into(), to: to.into() })
        .collect();
    let until = target.due_at.unwrap_or_else(|| target.met_at.or(target.voided_at).unwrap_or(now));
    let mut all = clock.segments_with_pauses(target.started_at.into(), until.into(), &pauses);
    let segments = all.by_ref().take(SEGMENTS).map(SegmentView::from).collect();
    Explained { target: view(target, clock, now), segments, segments_truncated: all.next().is_some() }
}
