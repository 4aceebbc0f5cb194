//! The SLA clocks of the stories: told from their moments as the desk itself tells them, with the misses and warnings
//! that came of it.

use std::collections::HashMap;

use db::Tx;

use super::life::{Moment, Story};
use super::rows::Rows;
use crate::branding::Branding;
use crate::clock::Time;
use crate::config::Config;
use crate::error::Result;
use crate::events::Event;
use crate::sla::policy::Traits;
use crate::sla::target::Targets;
use crate::sla::{Clocks, Plan, Promises, keep, warning};
use crate::work::{Actor, Work};

/// What is kept of a story's clocks.
pub struct Kept {
    plan: Plan,
    targets: Targets,
    warnings: Vec<(i64, String, Option<Time>)>,
    pub next_due: Option<Time>,
    pub soon_at: Option<Time>,
}

db::record! {
    struct Hours {
        priority_id: i64,
        response_time_hours: f64,
        resolution_time_hours: f64,
    }
}

/// Tells the clocks of all stories, in their order; what was missed or warned of becomes part of the story.
pub fn keep(tx: &mut Tx<'_>, stories: &mut [Story], now: Time) -> Result<Vec<Kept>> {
    let (clocks, branding, config) = (Clocks::default(), Branding::default(), Config::default());
    let (clocks, branding, config) = (&clocks, &branding, &config);
    let work = &mut Work { tx, actor: Actor::System, now, clocks, branding, config };
    let mut promises = Promises::read(work)?;
    let tiers: Vec<(i64, String)> = work.query("select account_id, account_tier from crm_accounts", &[])?;
    let tiers: HashMap<i64, String> = tiers.into_iter().collect();
    let hours: Vec<Hours> = work.query(
        "select priority_id, response_time_hours, resolution_time_hours from crm_case_priorities",
        &[],
    )?;
    let mut next_id = 1;
    let mut all = Vec::with_capacity(stories.len());
    for story in stories {
        let of_priority = hours.iter().find(|hours| hours.priority_id == story.priority_id);
        let traits = Traits {
            case_type_id: story.case_type_id,
            priority_id: story.priority_id,
            account_id: story.account_id,
            account_tier: story.account_id.and_then(|id| tiers.get(&id).cloned()),
            channel: story.channel.word().into(),
            response_time_hours: of_priority.map_or(24.0, |hours| hours.response_time_hours),
            resolution_time_hours: of_priority.map_or(72.0, |hours| hours.resolution_time_hours),
        };
        let plan = promises.matching(&traits).expect("the last of the sample policies holds for any case");
        let clock = promises.clock(work, plan.calendar_id)?;
        let told = story.moments.iter().map(|moment| {
            let (kind, data) = moment.event.columns();
            (kind, data, moment.at)
        });
        let mut targets = Targets::replay(&plan, &clock, &keep::told(told), now);
        for target in &mut targets.0 {
            (target.id, next_id) = (next_id, next_id + 1);
        }
        let warnings = warning::times(&plan, &clock, &targets);
        let (next_due, soon_at) = (targets.next_due(), warning::soon_at(&plan, &clock, &targets));
        let kept = Kept { plan, targets, warnings, next_due, soon_at };
        story.moments.extend(kept.moments(now));
        all.push(kept);
    }
    Ok(all)
}

impl Kept {
    fn moments(&self, now: Time) -> Vec<Moment> {
        let of_clock = |at, event| Moment { at, actor: Actor::System, event };
        let missed = self.targets.0.iter().filter_map(|target| {
            let due_at = target.breached_at?;
            Some(of_clock(due_at, Event::Breached { target_id: target.id, target: target.kind, due_at }))
        });
        let warned = self.warnings.iter().filter_map(|(target_id, warning, at)| {
            let at = at.filter(|at| *at <= now)?;
            let target = self.targets.0.iter().find(|target| target.id == *target_id)?.kind;
            Some(of_clock(at, Event::Warned { target_id: *target_id, target, warning: warning.clone() }))
        });
        missed.chain(warned).collect()
    }
}

/// Writes the plans, targets and warnings of cases that are there.
pub fn write(tx: &mut Tx<'_>, stories: &[Story], all: &[Kept], now: Time) -> Result<()> {
    write_plans(tx, stories, all)?;
    write_targets(tx, stories, all)?;
    let mut rows = Rows::of("crm_sla_warnings", ["target_id", "warning", "fire_at", "fired_at"]);
    for (target_id, warning, at) in all.iter().flat_map(|kept| &kept.warnings) {
        let fired = at.filter(|at| *at <= now);
        rows.push(tx, [(*target_id).into(), warning.as_str().into(), (*at).into(), fired.into()])?;
    }
    rows.finish(tx)
}

fn write_plans(tx: &mut Tx<'_>, stories: &[Story], all: &[Kept]) -> Result<()> {
    let columns = ["case_id", "sla_policy_id", "calendar_id", "plan", "updated_at"];
    let mut rows = Rows::of("crm_case_plans", columns);
    for (story, kept) in stories.iter().zip(all) {
        let plan = serde_json::to_value(&kept.plan).expect("a plan is plain data");
        let Plan { policy_id, calendar_id, .. } = kept.plan;
        rows.push(
            tx,
            [
                story.case_id.into(),
                policy_id.into(),
                calendar_id.into(),
                plan.into(),
                story.created_at.into(),
            ],
        )?;
    }
    rows.finish(tx)
}

fn write_targets(tx: &mut Tx<'_>, stories: &[Story], all: &[Kept]) -> Result<()> {
    let mut rows = Rows::of(
        "crm_sla_targets",
        [
            "target_id",
            "case_id",
            "kind",
            "started_at",
            "promise",
            "pauses",
            "paused_since",
            "met_at",
            "voided_at",
            "breached_at",
            "due_at",
        ],
    );
    for (story, kept) in stories.iter().zip(all) {
        for target in &kept.targets.0 {
            let pauses = serde_json::to_value(&target.pauses).expect("pauses are plain data");
            rows.push(
                tx,
                [
                    target.id.into(),
                    story.case_id.into(),
                    target.kind.word().into(),
                    target.started_at.into(),
                    target.promise.into(),
                    pauses.into(),
                    target.paused_since.into(),
                    target.met_at.into(),
                    target.voided_at.into(),
                    target.breached_at.into(),
                    target.due_at.into(),
                ],
            )?;
        }
    }
    rows.finish(tx)
}
