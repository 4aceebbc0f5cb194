//! Writes the stories: rows as they stand at the end, events as they came. Final statuses are inserted at once, for
//! what triggers keep (counters, rollup, flags) costs most of the time.

use db::{Tx, Value};

use super::clocks::Kept;
use super::life::{Moment, Story};
use super::rows::Rows;
use super::surveys;
use crate::clock::Time;
use crate::error::Result;
use crate::events::Event;

/// Writes all cases and what hangs on them; rows that follow each other in time do so in their ids.
pub fn write(tx: &mut Tx<'_>, stories: &[Story], clocks: &[Kept], now: Time) -> Result<()> {
    write_cases(tx, stories, clocks)?;
    let comments = write_comments(tx, stories)?;
    write_tags(tx, stories)?;
    let escalations = write_escalations(tx, stories)?;
    write_breaches(tx, stories)?;
    let reasons = write_reasons(tx, stories)?;
    write_events(tx, stories, &Ids { comments, reasons, escalations })?;
    surveys::write(tx, stories, now)?;
    // Every case above has the due dates that its policy gives, or waits and has none; its clocks are kept.
    tx.execute("delete from crm_sla_queue", &[])?;
    Ok(())
}

const CASE_COLUMNS: [&str; 36] = [
    "case_id",
    "account_id",
    "contact_id",
    "subject",
    "description",
    "case_type_id",
    "priority_id",
    "priority_level",
    "sla_policy_id",
    "status",
    "status_reason",
    "channel",
    "owner_id",
    "team_id",
    "parent_case_id",
    "first_response_at",
    "first_response_due",
    "resolution_due",
    "resolved_at",
    "closed_at",
    "response_time_minutes",
    "resolution_time_minutes",
    "reopened_count",
    "is_escalated",
    "escalation_level",
    "is_sla_violated",
    "csat_score",
    "csat_comment",
    "csat_submitted_at",
    "edit_version",
    "created_by",
    "created_at",
    "updated_at",
    "public_updated_at",
    "sla_next_due",
    "sla_soon_at",
];

fn write_cases(tx: &mut Tx<'_>, stories: &[Story], clocks: &[Kept]) -> Result<()> {
    let mut rows = Rows::of("crm_cases", CASE_COLUMNS);
    for (story, kept) in stories.iter().zip(clocks) {
        rows.push(tx, case_row(story, kept))?;
    }
    rows.finish(tx)
}

fn case_row(story: &Story, kept: &Kept) -> [Value; CASE_COLUMNS.len()] {
    let minutes = |until: Option<Time>| until.map(|until| until.minutes_since(story.created_at));
    let rating = story.rating.as_ref();
    [
        story.case_id.into(),
        story.account_id.into(),
        story.contact_id.into(),
        story.subject.as_str().into(),
        story.description.as_str().into(),
        story.case_type_id.into(),
        story.priority_id.into(),
        // The reference data's levels are their ids.
        story.priority_id.into(),
        story.sla_policy_id.into(),
        story.status.word().into(),
        story.status_reason.as_deref().into(),
        story.channel.word().into(),
        story.owner_id.into(),
        story.team_id.into(),
        story.parent_case_id.into(),
        story.first_response_at.into(),
        story.first_response_due.into(),
        story.resolution_due.into(),
        story.resolved_at.into(),
        story.closed_at.into(),
        minutes(story.first_response_at).into(),
        minutes(story.resolved_at).into(),
        story.reopened_count.into(),
        (story.escalation_level > 0).into(),
        story.escalation_level.into(),
        (!story.breaches.is_empty()).into(),
        rating.map(|rating| rating.stars).into(),
        rating.and_then(|rating| rating.comment).into(),
        rating.map(|rating| rating.at).into(),
        story.edit_version.into(),
        story.created_by.into(),
        story.created_at.into(),
        story.updated_at.into(),
        story.public_updated_at.into(),
        kept.next_due.into(),
        kept.soon_at.into(),
    ]
}

/// The places of a story's own rows in the order of time over all stories: `(at, story, index in it)`.
fn in_order<T>(
    stories: &[Story],
    of: impl Fn(&Story) -> &Vec<T>,
    at: impl Fn(&T) -> Time,
) -> Vec<(usize, usize)> {
    let mut places: Vec<(Time, usize, usize)> = Vec::new();
    for (story, told) in stories.iter().enumerate() {
        places.extend(of(told).iter().enumerate().map(|(index, row)| (at(row), story, index)));
    }
    places.sort_unstable();
    places.into_iter().map(|(_, story, index)| (story, index)).collect()
}

/// The ids that rows in such an order get: by story, then by index.
fn ids(stories: &[Story], order: &[(usize, usize)]) -> Vec<Vec<i64>> {
    let mut ids: Vec<Vec<i64>> = vec![Vec::new(); stories.len()];
    // Within a story the order is that of the indices, so pushing keeps them.
    for (id, (story, _)) in (1..).zip(order) {
        ids[*story].push(id);
    }
    ids
}

fn write_comments(tx: &mut Tx<'_>, stories: &[Story]) -> Result<Vec<Vec<i64>>> {
    let order = in_order(stories, |story| &story.comments, |comment| comment.at);
    let mut rows = Rows::of(
        "crm_case_comments",
        [
            "comment_id",
            "case_id",
            "comment_text",
            "is_internal",
            "is_solution",
            "created_by",
            "contact_id",
            "created_at",
            "updated_at",
        ],
    );
    for (id, (story, index)) in (1_i64..).zip(&order) {
        let comment = &stories[*story].comments[*index];
        rows.push(
            tx,
            [
                id.into(),
                stories[*story].case_id.into(),
                comment.text.as_str().into(),
                comment.is_internal.into(),
                comment.is_solution.into(),
                comment.author.user_id().into(),
                comment.author.contact_id().into(),
                comment.at.into(),
                comment.at.into(),
            ],
        )?;
    }
    rows.finish(tx)?;
    Ok(ids(stories, &order))
}

fn write_reasons(tx: &mut Tx<'_>, stories: &[Story]) -> Result<Vec<Vec<i64>>> {
    let order = in_order(stories, |story| &story.reasons, |(at, _)| *at);
    let mut rows = Rows::of("crm_case_texts", ["text_id", "case_id", "field", "body", "created_at"]);
    for (id, (story, index)) in (1_i64..).zip(&order) {
        let (at, reason) = &stories[*story].reasons[*index];
        rows.push(
            tx,
            [
                id.into(),
                stories[*story].case_id.into(),
                "status_reason".into(),
                reason.as_str().into(),
                (*at).into(),
            ],
        )?;
    }
    rows.finish(tx)?;
    Ok(ids(stories, &order))
}

fn write_tags(tx: &mut Tx<'_>, stories: &[Story]) -> Result<()> {
    let mut rows = Rows::of("crm_case_tags", ["case_id", "tag", "created_at"]);
    for story in stories {
        for tag in &story.tags {
            rows.push(tx, [story.case_id.into(), tag.as_str().into(), story.created_at.into()])?;
        }
    }
    rows.finish(tx)
}

fn write_escalations(tx: &mut Tx<'_>, stories: &[Story]) -> Result<Vec<Vec<i64>>> {
    let order = in_order(stories, |story| &story.escalations, |escalation| escalation.at);
    let mut rows = Rows::of(
        "crm_case_escalations",
        [
            "escalation_id",
            "case_id",
            "escalation_reason",
            "escalation_level",
            "escalated_from",
            "escalated_to",
            "note",
            "created_by",
            "acknowledged_by",
            "acknowledged_at",
            "resolved_by",
            "resolved_at",
            "created_at",
        ],
    );
    for (id, (story, index)) in (1_i64..).zip(&order) {
        let escalation = &stories[*story].escalations[*index];
        let by = |at: Option<Time>| at.map(|_| escalation.to);
        rows.push(
            tx,
            [
                id.into(),
                stories[*story].case_id.into(),
                escalation.reason.word().into(),
                escalation.level.into(),
                escalation.from.into(),
                escalation.to.into(),
                escalation.note.into(),
                escalation.from.into(),
                by(escalation.acknowledged_at).into(),
                escalation.acknowledged_at.into(),
                by(escalation.resolved_at).into(),
                escalation.resolved_at.into(),
                escalation.at.into(),
            ],
        )?;
    }
    rows.finish(tx)?;
    Ok(ids(stories, &order))
}

/// What was met late the database has found by itself when the cases came in; what is not met yet is written here.
fn write_breaches(tx: &mut Tx<'_>, stories: &[Story]) -> Result<()> {
    let mut rows = Rows::of(
        "crm_sla_violations",
        ["case_id", "sla_policy_id", "violation_type", "due_at", "violated_at", "minutes_overdue"],
    );
    let breaches =
        || stories.iter().flat_map(|story| story.breaches.iter().map(move |breach| (story, breach)));
    for (story, breach) in breaches().filter(|(_, breach)| !breach.found_by_trigger) {
        rows.push(
            tx,
            [
                story.case_id.into(),
                story.sla_policy_id.into(),
                breach.kind.into(),
                breach.due_at.into(),
                breach.due_at.into(),
                breach.minutes_overdue.into(),
            ],
        )?;
    }
    rows.finish(tx)?;
    // Found, here as in a desk that was running, when they happened.
    tx.execute("update crm_sla_violations set created_at = violated_at", &[])?;
    for (story, breach) in breaches() {
        let Some((by, at, note)) = breach.acknowledged else { continue };
        tx.execute(
            "update crm_sla_violations set acknowledged_by = $3, acknowledged_at = $4, acknowledgement_note = $5
             where case_id = $1 and violation_type = $2",
            &[&story.case_id, &breach.kind, &by, &at, &note],
        )?;
    }
    Ok(())
}

/// What rows got, by story and index in it.
struct Ids {
    comments: Vec<Vec<i64>>,
    reasons: Vec<Vec<i64>>,
    escalations: Vec<Vec<i64>>,
}

fn write_events(tx: &mut Tx<'_>, stories: &[Story], ids: &Ids) -> Result<()> {
    let mut rows =
        Rows::of("crm_case_events", ["case_id", "kind", "actor_kind", "actor_id", "is_public", "data", "at"]);
    for (story, index) in in_order(stories, |story| &story.moments, |moment| moment.at) {
        let Moment { at, actor, event } = &stories[story].moments[index];
        let event = ids.name(story, &stories[story], event);
        let (kind, data) = event.columns();
        rows.push(
            tx,
            [
                stories[story].case_id.into(),
                kind.into(),
                actor.kind().into(),
                actor.id().into(),
                event.is_public().into(),
                data.into(),
                (*at).into(),
            ],
        )?;
    }
    rows.finish(tx)
}

impl Ids {
    /// The event of a story with the ids that what it speaks of got.
    fn name(&self, place: usize, story: &Story, event: &Event) -> Event {
        let mut event = event.clone();
        match &mut event {
            Event::CommentAdded { comment_id, .. } | Event::FirstResponse { comment_id } => {
                *comment_id = self.comments[place][*comment_id as usize];
            }
            Event::StatusChanged { reason_text_id: Some(id), .. } => {
                *id = self.reasons[place][*id as usize];
            }
            Event::Escalated { escalation_id, .. }
            | Event::EscalationAcknowledged { escalation_id }
            | Event::EscalationResolved { escalation_id } => {
                *escalation_id = self.escalations[place][*escalation_id as usize];
            }
            Event::Rated { submission_id, .. } => *submission_id = surveys::submission_id(story),
            _ => {}
        }
        event
    }
}
