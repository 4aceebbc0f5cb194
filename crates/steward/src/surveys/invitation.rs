//! Invitations: closing a case schedules one for each survey that follows it, a job fires at its time, looks whether it
//! still makes sense, and puts a mail in the way of the post, once (spec 8).

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::definition::Survey;
use super::questions::{Question, QuestionType};
use crate::branding;
use crate::clock::Time;
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::mail::{self, links};
use crate::people::tokens::Owner;
use crate::web::Language;
use crate::work::Work;
use crate::workflow::Status;

crate::words! {
    /// Where an invitation stands.
    pub enum State { Scheduled = "scheduled", Invited = "invited", Skipped = "skipped" }
}

crate::words! {
    /// Why nobody was invited.
    pub enum SkipReason {
        /// The case was reopened, merged away or deleted, or is another's.
        Reopened = "reopened",
        SurveyOff = "survey_off",
        NoContact = "no_contact",
        NoAddress = "no_address",
        Unsubscribed = "unsubscribed",
        /// The contact was invited too recently.
        Quiet = "quiet",
        Answered = "answered",
    }
}

/// The largest scale that a mail shows as links.
const MOST_POINTS: i64 = 11;

/// Whether a case is among those asked about. By ids, not by chance: the same at every reckoning, on every node.
pub fn is_sampled(survey_id: i64, case_id: i64, percent: f64) -> bool {
    let digest = Sha256::digest(format!("{survey_id}:{case_id}"));
    let (head, _) = digest.split_at(4);
    let number = head.iter().fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
    f64::from(number) < percent / 100.0 * 4_294_967_296.0
}

/// Schedules what follows from a closing. Idempotent: an event schedules each survey once.
pub fn schedule(work: &mut Work, case_id: i64, event_id: i64, closed_at: Time) -> Result<()> {
    let now = work.now;
    let case: Option<(i64, Option<i64>)> = work.optional(
        "select case_type_id, contact_id from crm_cases where case_id = $1 and is_listed",
        &[&case_id],
    )?;
    let Some((case_type_id, Some(contact_id))) = case else { return Ok(()) };
    for survey in Survey::following(work, case_type_id)? {
        if !is_sampled(survey.survey_id, case_id, survey.sampling_percent) {
            continue;
        }
        let send_at = closed_at.plus_millis((survey.send_delay_hours * 3_600_000.0).round() as i64);
        let made: Option<(i64,)> = work.optional(
            "insert into crm_survey_invitations (survey_id, case_id, contact_id, event_id, closed_at, created_at, send_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (survey_id, case_id, event_id) do nothing returning invitation_id",
            &[&survey.survey_id, &case_id, &contact_id, &event_id, &closed_at, &now, &send_at],
        )?;
        if let Some((invitation_id,)) = made {
            jobs::enqueue(work, &Job::InviteToSurvey { invitation_id }, send_at, None)?;
        }
    }
    Ok(())
}

db::record! {
    struct Scheduled {
        invitation_id: i64,
        survey_id: i64,
        case_id: i64,
        contact_id: i64,
        closed_at: Time,
    }

    struct Addressee {
        name: String,
        email: Option<String>,
        language: Option<String>,
        is_active: bool,
        is_stopped: bool,
    }

    struct ClosedCase {
        case_number: String,
        subject: String,
        status: Status,
        resolved_at: Option<Time>,
        closed_at: Option<Time>,
        contact_id: Option<i64>,
        is_listed: bool,
    }
}

/// The time of an invitation has come: it goes out, or is skipped with its reason.
pub fn invite(work: &mut Work, invitation_id: i64) -> Result<()> {
    let lock = work.dialect().for_update();
    let found: Option<Scheduled> = work.optional(
        &format!(
            "select invitation_id, survey_id, case_id, contact_id, closed_at from crm_survey_invitations
             where invitation_id = $1 and state = 'scheduled'{lock}"
        ),
        &[&invitation_id],
    )?;
    let Some(invitation) = found else { return Ok(()) };
    match invitation.weigh(work)? {
        Ok((survey, addressee, case)) => invitation.send(work, &survey, &addressee, &case),
        Err(reason) => {
            work.execute(
                "update crm_survey_invitations set state = 'skipped', skip_reason = $2 where invitation_id = $1",
                &[&invitation_id, &reason],
            )?;
            Ok(())
        }
    }
}

impl Scheduled {
    /// What the mail needs, or why there is to be none. Takes the case's row, so that a reopening is before or after, and
    /// the contact's: two invitations of one person are one after the other, so that the second sees the first.
    fn weigh(&self, work: &mut Work) -> Result<Result<(Survey, Addressee, ClosedCase), SkipReason>> {
        let lock = work.dialect().for_update();
        let case: ClosedCase = work.one(
            &format!(
                "select case_number, subject, status, resolved_at, closed_at, contact_id, is_listed
                 from crm_cases where case_id = $1{lock}"
            ),
            &[&self.case_id],
        )?;
        let contact: Addressee = work.one(
            &format!(
                "select name, email, language, is_active, surveys_stopped_at is not null as is_stopped
                 from crm_contacts where contact_id = $1{lock}"
            ),
            &[&self.contact_id],
        )?;
        // Reopened and closed again is another closing, with an invitation of its own.
        let still_closed =
            case.is_listed && case.status == Status::Closed && case.closed_at == Some(self.closed_at);
        if !still_closed || case.contact_id != Some(self.contact_id) {
            return Ok(Err(SkipReason::Reopened));
        }
        let survey = match Survey::hold(work, self.survey_id) {
            Ok(survey) if survey.send_after_case_closed => survey,
            Ok(_) | Err(crate::Error::NotFound(_)) => return Ok(Err(SkipReason::SurveyOff)),
            Err(error) => return Err(error),
        };
        Ok(match self.objection(work, &survey, &contact, case.resolved_at)? {
            Some(reason) => Err(reason),
            None => Ok((survey, contact, case)),
        })
    }

    /// What of the contact speaks against it.
    fn objection(
        &self,
        work: &mut Work,
        survey: &Survey,
        contact: &Addressee,
        resolved_at: Option<Time>,
    ) -> Result<Option<SkipReason>> {
        if !contact.is_active {
            return Ok(Some(SkipReason::NoContact));
        }
        if contact.is_stopped {
            return Ok(Some(SkipReason::Unsubscribed));
        }
        if contact.email.is_none() {
            return Ok(Some(SkipReason::NoAddress));
        }
        // Whoever answered in the portal as soon as it was solved is not asked again when it closes itself.
        let since = resolved_at.unwrap_or(self.closed_at);
        let (answered,): (bool,) = work.one(
            "select exists (select 1 from crm_survey_submissions where survey_id = $1 and case_id = $2
                 and contact_id = $3 and created_at >= $4) as answered",
            &[&self.survey_id, &self.case_id, &self.contact_id, &since],
        )?;
        if answered {
            return Ok(Some(SkipReason::Answered));
        }
        if survey.quiet_days == 0 {
            return Ok(None);
        }
        let since = work.now.plus_days(-survey.quiet_days);
        let (recent,): (bool,) = work.one(
            "select exists (select 1 from crm_survey_invitations where contact_id = $1 and invited_at > $2) as recent",
            &[&self.contact_id, &since],
        )?;
        Ok(recent.then_some(SkipReason::Quiet))
    }

    fn send(&self, work: &mut Work, survey: &Survey, contact: &Addressee, case: &ClosedCase) -> Result<()> {
        let now = work.now;
        let expires_at = now.plus_days(survey.expiry_days);
        let questions = Question::of_version(work, self.survey_id, survey.version)?;
        let language = contact.language.as_deref().and_then(Language::of_tag).unwrap_or(Language::English);
        let until = language.date(Timestamp::from(expires_at).to_zoned(TimeZone::UTC).date());
        let brand = branding::brand(work)?;
        let letter = Letter {
            language,
            brand: &brand.name,
            greeting: language.fill("mail-greeting", &[("name", &contact.name)]),
            text: language
                .fill("mail-survey-text", &[("number", &case.case_number), ("subject", &case.subject)]),
            link: links::SURVEY,
            stop: links::UNSUBSCRIBE,
            rating: questions.iter().find_map(Rating::of),
            until: language.fill("mail-survey-until", &[("until", &until)]),
        };
        let unrendered =
            |error: askama::Error| crate::Error::Conflict(format!("the invitation's text: {error}"));
        let draft = mail::Draft {
            purpose: mail::Purpose::SurveyInvitation,
            case_id: Some(self.case_id),
            to: Owner::Contact(self.contact_id),
            to_name: contact.name.clone(),
            to_address: contact.email.clone().unwrap_or_default(),
            subject: language.fill("mail-survey-subject", &[("number", &case.case_number)]).into_owned(),
            text_body: Text(&letter).render().map_err(unrendered)?,
            html_body: letter.render().map_err(unrendered)?,
        };
        let message_id = mail::enqueue(work, &draft)?;
        work.execute(
            "update crm_survey_invitations set state = 'invited', version = $2, outbound_message_id = $3, invited_at = $4,
                 expires_at = $5
             where invitation_id = $1",
            &[&self.invitation_id, &survey.version, &message_id, &now, &expires_at],
        )?;
        Ok(())
    }
}

/// The first rating of a survey, as links in the mail: each leads to the page with that answer chosen, and stores nothing.
struct Rating {
    question: String,
    points: Vec<i64>,
}

impl Rating {
    fn of(question: &Question) -> Option<Rating> {
        let (min, max) = (question.rating_min?, question.rating_max?);
        let fits = question.question_type == QuestionType::Rating && max - min < MOST_POINTS;
        fits.then(|| Rating { question: question.question_text.clone(), points: (min..=max).collect() })
    }
}

/// The mail in HTML.
#[derive(Template)]
#[template(path = "mail/survey_invitation.html")]
struct Letter<'a> {
    language: Language,
    brand: &'a str,
    greeting: Cow<'static, str>,
    text: Cow<'static, str>,
    link: &'a str,
    stop: &'a str,
    rating: Option<Rating>,
    /// Until when it can be answered.
    until: Cow<'static, str>,
}

/// The same as plain text.
#[derive(Template)]
#[template(path = "mail/survey_invitation.txt")]
struct Text<'a>(&'a Letter<'a>);

/// Notes that the mail of an invitation was taken by the mail server.
pub fn was_sent(work: &mut Work, outbound_message_id: i64) -> Result<()> {
    let now = work.now;
    work.execute(
        "update crm_survey_invitations set sent_at = coalesce(sent_at, $2) where outbound_message_id = $1",
        &[&outbound_message_id, &now],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_is_even_and_never_changes() {
        let share = |survey: i64, percent: f64| {
            (1..=20_000).filter(|case| is_sampled(survey, *case, percent)).count() as f64 / 200.0
        };
        assert!((share(1, 30.0) - 30.0).abs() < 1.5, "{}", share(1, 30.0));
        assert!((share(2, 0.5) - 0.5).abs() < 0.3, "{}", share(2, 0.5));
        assert_eq!((share(1, 0.0), share(1, 100.0)), (0.0, 100.0));
        // Written down: a change would ask other customers from one version of the program to the next.
        let chosen: Vec<i64> = (1..=20).filter(|case| is_sampled(1, *case, 25.0)).collect();
        assert_eq!(chosen, (1..=20).filter(|case| is_sampled(1, *case, 25.0)).collect::<Vec<_>>());
        assert!((1..1000).all(|case| !is_sampled(1, case, 10.0) || is_sampled(1, case, 20.0)));
    }
}
