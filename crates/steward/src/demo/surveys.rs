//! The survey of the reference data in the demo: closed cases were asked about an hour later, and every rating is the
//! answer to such an invitation. Question 1 asks for stars, 2 for yes or no, 3 for words.

use std::collections::BTreeMap;

use db::{Tx, Value};

use super::life::Story;
use super::rows::Rows;
use crate::clock::Time;
use crate::error::Result;
use crate::workflow::Status;

const SURVEY: i64 = 1;
/// From closing to the invitation, as the reference data has it.
const DELAY_HOURS: i64 = 1;
const EXPIRY_DAYS: i64 = 30;

/// The id under which a story's rating is stored: its case's, which is as good as any.
pub fn submission_id(story: &Story) -> i64 {
    story.case_id
}

/// Writes invitations, submissions and answers. Events are there already: an invitation names the closing.
pub fn write(tx: &mut Tx<'_>, stories: &[Story], now: Time) -> Result<()> {
    let closings: Vec<(i64, i64)> = tx.query(
        "select e.case_id, max(e.event_id) as event_id from crm_case_events e
         join crm_cases c on c.case_id = e.case_id and c.closed_at = e.at
         where e.kind = 'status_changed' and c.status = 'closed' group by e.case_id",
        &[],
    )?;
    let closings: BTreeMap<i64, i64> = closings.into_iter().collect();
    write_invitations(tx, stories, &closings, now)?;
    write_submissions(tx, stories, &closings, now)?;
    write_responses(tx, stories)
}

/// When the case's customer was invited, if they were: the closing has lasted for an hour.
fn invited_at(story: &Story, closings: &BTreeMap<i64, i64>, now: Time) -> Option<Time> {
    let closed_at = story.closed_at.filter(|_| story.status == Status::Closed)?;
    let at = closed_at.plus_hours(DELAY_HOURS);
    (at <= now && closings.contains_key(&story.case_id)).then_some(at)
}

fn write_invitations(
    tx: &mut Tx<'_>,
    stories: &[Story],
    closings: &BTreeMap<i64, i64>,
    now: Time,
) -> Result<()> {
    let mut rows = Rows::of(
        "crm_survey_invitations",
        [
            "invitation_id",
            "survey_id",
            "case_id",
            "contact_id",
            "event_id",
            "closed_at",
            "version",
            "state",
            "created_at",
            "send_at",
            "invited_at",
            "sent_at",
            "opened_at",
            "answered_at",
            "expires_at",
        ],
    );
    for story in stories {
        let Some(at) = invited_at(story, closings, now) else { continue };
        let answered_at = story.rating.as_ref().map(|rating| rating.at);
        // Some look and do not answer.
        let opened_at = answered_at.or((story.case_id % 5 == 0).then(|| at.plus_minutes(20)));
        rows.push(
            tx,
            [
                story.case_id.into(),
                Value::Int(SURVEY),
                story.case_id.into(),
                story.contact_id.into(),
                closings[&story.case_id].into(),
                story.closed_at.into(),
                Value::Int(1),
                "invited".into(),
                story.closed_at.into(),
                at.into(),
                at.into(),
                at.into(),
                opened_at.into(),
                answered_at.into(),
                at.plus_days(EXPIRY_DAYS).into(),
            ],
        )?;
    }
    rows.finish(tx)
}

fn write_submissions(
    tx: &mut Tx<'_>,
    stories: &[Story],
    closings: &BTreeMap<i64, i64>,
    now: Time,
) -> Result<()> {
    let mut rows = Rows::of(
        "crm_survey_submissions",
        ["submission_id", "survey_id", "version", "case_id", "contact_id", "invitation_id", "created_at"],
    );
    for story in stories {
        let Some(rating) = &story.rating else { continue };
        let invitation = invited_at(story, closings, now).map(|_| story.case_id);
        rows.push(
            tx,
            [
                submission_id(story).into(),
                Value::Int(SURVEY),
                Value::Int(1),
                story.case_id.into(),
                story.contact_id.into(),
                invitation.into(),
                rating.at.into(),
            ],
        )?;
    }
    rows.finish(tx)
}

fn write_responses(tx: &mut Tx<'_>, stories: &[Story]) -> Result<()> {
    let mut rows = Rows::of(
        "crm_survey_responses",
        [
            "submission_id",
            "survey_id",
            "question_id",
            "case_id",
            "contact_id",
            "rating_value",
            "text_value",
            "choice_value",
            "created_at",
        ],
    );
    for story in stories {
        let Some(rating) = &story.rating else { continue };
        let solved = if rating.stars > 2 { "yes" } else { "no" };
        let mut answer = |question: i64, stars: Option<i64>, words: Option<&str>, choice: Option<&str>| {
            let row = [
                submission_id(story).into(),
                Value::Int(SURVEY),
                question.into(),
                story.case_id.into(),
                story.contact_id.into(),
                stars.into(),
                words.into(),
                choice.into(),
                rating.at.into(),
            ];
            rows.push(tx, row)
        };
        answer(1, Some(rating.stars), None, None)?;
        answer(2, None, None, Some(solved))?;
        if let Some(comment) = rating.comment {
            answer(3, None, Some(comment), None)?;
        }
    }
    rows.finish(tx)
}
