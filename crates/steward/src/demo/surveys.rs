//! The survey of the reference data in the demo: closed cases were asked about an hour later, and every rating is the
//! answer to such an invitation. Question 1 asks for stars, 2 for yes or no, 3 for words. Two further surveys fill what the
//! dashboard says of recommendation and effort.

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
    let mut answers = Answers::new();
    for story in stories {
        let Some(rating) = &story.rating else { continue };
        let invitation = invited_at(story, &closings, now).map(|_| story.case_id);
        let mut of = answers.begin(tx, SURVEY, submission_id(story), story, rating.at, invitation)?;
        of.answer(1, Some(rating.stars), None, None);
        of.answer(2, None, None, Some(if rating.stars > 2 { "yes" } else { "no" }));
        if let Some(comment) = rating.comment {
            of.answer(3, None, Some(comment), None);
        }
    }
    answers.finish(tx)?;
    // One in five says how likely they are to recommend the desk, one in seven how easy it was.
    let nps = Further {
        name: "Recommendation (NPS)",
        kind: "nps",
        question: "How likely are you to recommend us to a friend or colleague?",
        range: (0, 10),
        each: 5,
    };
    nps.write(tx, stories, 1, |stars, case_id| stars * 2 - i64::from(stars > 1 && case_id % 2 == 0))?;
    let ces = Further {
        name: "Effort (CES)",
        kind: "ces",
        question: "How easy was it to get your problem solved?",
        range: (1, 7),
        each: 7,
    };
    ces.write(tx, stories, 2, |stars, case_id| (stars + 1 + case_id % 2).min(7))
}

/// A survey beside the reference data's, of one rating, that some of those who rated their case answered too.
struct Further {
    name: &'static str,
    kind: &'static str,
    question: &'static str,
    range: (i64, i64),
    each: i64,
}

impl Further {
    /// `nth` tells its submissions' ids from those of other surveys.
    fn write(&self, tx: &mut Tx<'_>, stories: &[Story], nth: i64, rating: fn(i64, i64) -> i64) -> Result<()> {
        let (survey,): (i64,) = tx.one(
            "insert into crm_surveys (survey_name, survey_type) values ($1, $2) returning survey_id",
            &[&self.name, &self.kind],
        )?;
        let (question,): (i64,) = tx.one(
            "insert into crm_survey_questions (survey_id, question_text, question_type, question_order, is_required,
                 rating_min, rating_max)
             values ($1, $2, 'rating', 1, 1 = 1, $3, $4) returning question_id",
            &[&survey, &self.question, &self.range.0, &self.range.1],
        )?;
        let mut answers = Answers::new();
        for story in stories.iter().filter(|story| story.case_id % self.each == 0) {
            let Some(given) = &story.rating else { continue };
            let id = submission_id(story) + nth * stories.len() as i64;
            let rating = rating(given.stars, story.case_id);
            answers.begin(tx, survey, id, story, given.at, None)?.answer(question, Some(rating), None, None);
        }
        answers.finish(tx)
    }
}

/// Submissions and their answers on the way into their tables: all submissions first, which answers refer to.
struct Answers {
    submissions: Rows<7>,
    responses: Vec<[Value; 9]>,
}

/// A submission that is being answered.
struct Answering<'a> {
    responses: &'a mut Vec<[Value; 9]>,
    survey: i64,
    submission: i64,
    story: &'a Story,
    at: Time,
}

impl Answers {
    fn new() -> Answers {
        let submissions = Rows::of(
            "crm_survey_submissions",
            ["submission_id", "survey_id", "version", "case_id", "contact_id", "invitation_id", "created_at"],
        );
        Answers { submissions, responses: Vec::new() }
    }

    fn begin<'a>(
        &'a mut self,
        tx: &mut Tx<'_>,
        survey: i64,
        submission: i64,
        story: &'a Story,
        at: Time,
        invitation: Option<i64>,
    ) -> Result<Answering<'a>> {
        let row = [
            submission.into(),
            survey.into(),
            Value::Int(1),
            story.case_id.into(),
            story.contact_id.into(),
            invitation.into(),
            at.into(),
        ];
        self.submissions.push(tx, row)?;
        Ok(Answering { responses: &mut self.responses, survey, submission, story, at })
    }

    fn finish(self, tx: &mut Tx<'_>) -> Result<()> {
        self.submissions.finish(tx)?;
        let mut responses = Rows::of(
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
        for row in self.responses {
            responses.push(tx, row)?;
        }
        responses.finish(tx)
    }
}

impl Answering<'_> {
    fn answer(&mut self, question: i64, stars: Option<i64>, words: Option<&str>, choice: Option<&str>) {
        self.responses.push([
            self.submission.into(),
            self.survey.into(),
            question.into(),
            self.story.case_id.into(),
            self.story.contact_id.into(),
            stars.into(),
            words.into(),
            choice.into(),
            self.at.into(),
        ]);
    }
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
