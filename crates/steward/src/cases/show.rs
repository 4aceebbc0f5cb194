//! A case as it is shown: in lists, and alone with everything around it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::attachments::{self, AttachmentView};
use super::comment::{self, CommentView};
use super::timeline::{self, TimelineEntry};
use super::{Channel, Status, case, tags};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::sla::explain::{self, SlaView};
use crate::work::Work;

db::record! {
    /// A case with the names of what its ids stand for. What is not for customers is null for them.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct CaseView {
        pub case_id: i64,
        pub case_number: String,
        pub subject: String,
        pub status: Status,
        pub status_reason: Option<String>,
        pub channel: Channel,
        pub account_id: Option<i64>,
        pub account_name: Option<String>,
        pub account_tier: Option<String>,
        pub contact_id: Option<i64>,
        pub contact_name: Option<String>,
        pub case_type_id: i64,
        pub case_type_name: String,
        pub priority_id: i64,
        pub priority_name: String,
        pub priority_level: i64,
        pub owner_id: Option<i64>,
        pub owner_name: Option<String>,
        pub team_id: Option<i64>,
        pub team_name: Option<String>,
        pub parent_case_id: Option<i64>,
        pub merged_into_id: Option<i64>,
        pub sla_policy_id: Option<i64>,
        pub first_response_at: Option<Time>,
        pub first_response_due: Option<Time>,
        pub resolution_due: Option<Time>,
        pub resolved_at: Option<Time>,
        pub closed_at: Option<Time>,
        /// Wall-clock minutes from creation to the first response.
        pub response_time_minutes: Option<i64>,
        /// Wall-clock minutes from creation to the resolution.
        pub resolution_time_minutes: Option<i64>,
        pub reopened_count: i64,
        pub is_escalated: Option<bool>,
        pub escalation_level: Option<i64>,
        pub is_sla_violated: Option<bool>,
        pub csat_score: Option<i64>,
        pub csat_comment: Option<String>,
        pub csat_submitted_at: Option<Time>,
        pub comment_count: i64,
        pub attachment_count: i64,
        pub created_by: Option<i64>,
        pub created_at: Time,
        pub updated_at: Time,
        pub edit_version: i64,
        /// The earliest deadline of the open targets.
        #[serde(skip)]
        pub sla_next_due: Option<Time>,
        /// From when on one of them is due soon.
        #[serde(skip)]
        pub sla_soon_at: Option<Time>,
    }
}

/// The columns of [`CaseView`]; for customers, with what is theirs to see in place of what is not.
pub fn columns(for_staff: bool) -> String {
    let pick = |staff: &'static str, customer: &'static str| if for_staff { staff } else { customer };
    format!(
        "c.case_id, c.case_number, c.subject, c.status, {}, c.channel, c.account_id, a.account_name, a.account_tier,
         c.contact_id, k.name as contact_name, c.case_type_id, t.type_name as case_type_name, c.priority_id,
         p.priority_name, c.priority_level, c.owner_id, u.name as owner_name, c.team_id, g.team_name, {},
         {}, c.resolved_at, c.closed_at, c.response_time_minutes, c.resolution_time_minutes,
         c.reopened_count, {}, {}, {}, c.created_by, c.created_at, {}, {}",
        pick("c.status_reason", "cast(null as text) as status_reason"),
        // Links to other customers' cases are not theirs to see.
        pick(
            "c.parent_case_id, c.merged_into_id",
            "(select y.case_id from crm_cases y where y.case_id = c.parent_case_id and y.is_active and \
             y.contact_id = c.contact_id) as parent_case_id, \
             (select y.case_id from crm_cases y where y.case_id = c.merged_into_id and y.is_active and \
             y.contact_id = c.contact_id) as merged_into_id",
        ),
        pick(
            "c.sla_policy_id, c.first_response_at, c.first_response_due, c.resolution_due",
            "cast(null as bigint) as sla_policy_id, c.first_response_at, nullif(c.created_at, c.created_at) as \
             first_response_due, nullif(c.created_at, c.created_at) as resolution_due",
        ),
        pick(
            "c.is_escalated, c.escalation_level, c.is_sla_violated",
            "nullif(c.is_active, c.is_active) as is_escalated, cast(null as bigint) as escalation_level, \
             nullif(c.is_active, c.is_active) as is_sla_violated",
        ),
        // What a former customer of the case answered is not the present one's to read.
        pick(
            "c.csat_score, c.csat_comment, c.csat_submitted_at",
            "case when c.contact_id in (select s.contact_id from crm_survey_submissions s where s.case_id = c.case_id) \
             then c.csat_score end as csat_score, \
             case when c.contact_id in (select s.contact_id from crm_survey_submissions s where s.case_id = c.case_id) \
             then c.csat_comment end as csat_comment, \
             case when c.contact_id in (select s.contact_id from crm_survey_submissions s where s.case_id = c.case_id) \
             then c.csat_submitted_at end as csat_submitted_at",
        ),
        pick(
            "c.comment_count, c.attachment_count",
            "c.public_comment_count as comment_count, c.public_attachment_count as attachment_count",
        ),
        pick("c.updated_at, c.edit_version", "c.public_updated_at as updated_at, cast(0 as bigint) as edit_version"),
        pick(
            "c.sla_next_due, c.sla_soon_at",
            "nullif(c.created_at, c.created_at) as sla_next_due, nullif(c.created_at, c.created_at) as sla_soon_at",
        ),
    )
}

/// The tables that [`columns`] reads beside `crm_cases c`. All are left joins, though every case has a type and a
/// priority: else SQLite, once it has statistics, starts from the four priorities and sorts all their cases.
pub const JOINS: &str = "left join crm_case_types t on t.case_type_id = c.case_type_id
     left join crm_case_priorities p on p.priority_id = c.priority_id
     left join crm_accounts a on a.account_id = c.account_id
     left join crm_contacts k on k.contact_id = c.contact_id
     left join crm_users u on u.user_id = c.owner_id
     left join crm_teams g on g.team_id = c.team_id";

/// A case in a list, with what is worked out rather than stored.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseItem {
    #[serde(flatten)]
    pub case: CaseView,
    pub tags: Vec<String>,
    /// Wall-clock hours left, two decimals, negative once overdue; null when ended, paused or without a target.
    pub hours_until_resolution_due: Option<f64>,
    /// How its SLA clocks stand; null for customers.
    pub sla_status: Option<SlaStatus>,
    /// Where the search words occur, HTML-escaped, hits in `<mark>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub excerpt: Option<String>,
}

impl CaseItem {
    pub fn new(work: &Work, mut case: CaseView, tags: Vec<String>) -> CaseItem {
        let now = work.now;
        if !work.actor.is_staff() && case.contact_id != work.actor.contact_id() {
            // Colleagues see the account's cases, not what each other answered.
            (case.csat_score, case.csat_comment, case.csat_submitted_at) = (None, None, None);
        }
        let due = case.resolution_due.filter(|_| case.status.is_active());
        let hours = due.map(|due| ((due.millis() - now.millis()) as f64 / 36_000.0).round() / 100.0);
        let sla_status = case.sla_status(now);
        CaseItem { case, tags, hours_until_resolution_due: hours, sla_status, excerpt: None }
    }
}

impl CaseItem {
    /// The next deadline of any target, while a clock runs.
    pub fn next_due(&self) -> Option<Time> {
        self.case.sla_next_due.filter(|_| self.case.status.is_active())
    }

    /// From when on it is due soon.
    pub fn soon_at(&self) -> Option<Time> {
        self.case.sla_soon_at
    }

    /// The class that colours the next deadline.
    pub fn urgency(&self, now: &Time) -> &'static str {
        match self.next_due() {
            Some(due) if due < *now => "overdue",
            _ if self.case.sla_soon_at.is_some_and(|soon| soon <= *now) => "soon",
            _ => "calm",
        }
    }

    /// Whether a target was missed, and none is overdue now.
    pub fn has_missed(&self) -> bool {
        self.sla_status == Some(SlaStatus::Violated)
    }
}

crate::words! {
    /// How the SLA clocks of a case stand, the gravest first: what is overdue is said before what was violated once.
    pub enum SlaStatus {
        /// No policy holds, or it was cancelled before anything was missed.
        None = "none",
        /// Running, and no warning has come.
        OnTrack = "on_track",
        /// Past the first warning of a target that runs, or three quarters of its time.
        DueSoon = "due_soon",
        /// A target is past its deadline and not met yet.
        Overdue = "overdue",
        /// A target was missed; none is overdue any more.
        Violated = "violated",
        /// Every clock stands still.
        Paused = "paused",
        /// Everything promised was done in time.
        Met = "met",
    }
}

impl CaseView {
    fn sla_status(&self, now: Time) -> Option<SlaStatus> {
        let is_violated = self.is_sla_violated?;
        let is_running = self.status.is_active() && self.sla_next_due.is_some();
        // What is done at the very deadline is in time.
        let is_overdue = self.sla_next_due.is_some_and(|due| due < now);
        let is_soon = self.sla_soon_at.is_some_and(|soon| soon <= now);
        Some(match () {
            () if is_running && is_overdue => SlaStatus::Overdue,
            () if is_violated => SlaStatus::Violated,
            () if self.sla_policy_id.is_none() || self.status == Status::Cancelled => SlaStatus::None,
            () if is_running && is_soon => SlaStatus::DueSoon,
            () if is_running => SlaStatus::OnTrack,
            () if self.status.is_active() && self.resolution_due.is_none() => SlaStatus::Paused,
            () => SlaStatus::Met,
        })
    }
}

/// A case alone: with its description.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseFull {
    #[serde(flatten)]
    pub item: CaseItem,
    pub description: String,
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct EscalationView {
        pub escalation_id: i64,
        pub escalation_reason: String,
        pub escalation_level: i64,
        pub case_id: i64,
        pub escalated_from: Option<i64>,
        pub escalated_to: Option<i64>,
        pub note: Option<String>,
        /// The user who escalated; null for a rule.
        pub created_by: Option<i64>,
        pub acknowledged_by: Option<i64>,
        pub acknowledged_at: Option<Time>,
        pub resolved_by: Option<i64>,
        pub resolved_at: Option<Time>,
        pub created_at: Time,
    }
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct ViolationView {
        pub violation_id: i64,
        pub violation_type: String,
        pub due_at: Time,
        pub violated_at: Time,
        /// Wall-clock minutes past the deadline: grows until the target is met.
        pub minutes_overdue: i64,
        pub acknowledged_by: Option<i64>,
        pub acknowledged_at: Option<Time>,
        pub acknowledgement_note: Option<String>,
        pub sla_policy_id: Option<i64>,
        #[serde(skip)]
        is_open: bool,
    }
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct ChildView {
        pub case_id: i64,
        pub case_number: String,
        pub subject: String,
        pub status: Status,
    }
}

/// A case with everything around it (the seed's `GET /cases/:id`).
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseDetail {
    pub case: CaseFull,
    /// The conversation from its beginning; at most 1,000 comments, the rest by `/comments?cursor=`.
    pub comments: Vec<CommentView>,
    pub attachments: Vec<AttachmentView>,
    /// Empty for customers.
    pub escalations: Vec<EscalationView>,
    /// Empty for customers.
    pub sla_violations: Vec<ViolationView>,
    /// The SLA clocks in short; null for customers.
    pub sla: Option<SlaView>,
    pub children: Vec<ChildView>,
    /// The latest 100 events, newest first.
    pub timeline: Vec<TimelineEntry>,
}

/// Comments shown at once with a case.
const COMMENTS: i64 = 1000;
/// Events shown with a case.
const EVENTS: i64 = 100;

/// The case with its description, as far as the actor may see it.
pub fn full(work: &mut Work, case_id: i64) -> Result<CaseFull> {
    let for_staff = work.actor.is_staff();
    let (condition, scope) = case::visible(work.actor, 2);
    let mut params: Vec<&dyn db::ToParam> = vec![&case_id];
    params.extend(scope.iter().map(|id| id as &dyn db::ToParam));
    let sql = format!(
        "select {} from crm_cases c {JOINS} where c.case_id = $1 and {condition}",
        columns(for_staff)
    );
    let view: CaseView = work.optional(&sql, &params)?.ok_or(Error::NotFound("case"))?;
    let (description,) = work.one("select description from crm_cases where case_id = $1", &[&case_id])?;
    let tags = if for_staff { tags::of(work, case_id)? } else { Vec::new() };
    Ok(CaseFull { item: CaseItem::new(work, view, tags), description })
}

/// The case with everything around it. Counters on the row say which questions have no answer.
pub fn detail(work: &mut Work, case_id: i64) -> Result<CaseDetail> {
    let for_staff = work.actor.is_staff();
    let case = full(work, case_id)?;
    let view = &case.item.case;
    let comments = match view.comment_count {
        0 => Vec::new(),
        _ => comment::of_case(work, case_id, None, COMMENTS)?,
    };
    let attachments = match view.attachment_count {
        0 => Vec::new(),
        _ => attachments::of_case(work, case_id, None)?,
    };
    let escalations = if for_staff { escalations(work, case_id)? } else { Vec::new() };
    let sla_violations = match view.is_sla_violated {
        Some(true) => violations(work, case_id)?,
        _ => Vec::new(),
    };
    let sla = if for_staff && view.sla_policy_id.is_some() {
        Some(explain::short(work, case_id)?)
    } else {
        for_staff.then(SlaView::none)
    };
    let children = children(work, case_id)?;
    let timeline = timeline::latest(work, case_id, None, EVENTS)?;
    Ok(CaseDetail { case, comments, attachments, escalations, sla_violations, sla, children, timeline })
}

/// The escalations of a case, in their order.
pub fn escalations(work: &mut Work, case_id: i64) -> Result<Vec<EscalationView>> {
    work.query(
        "select escalation_id, escalation_reason, escalation_level, case_id, escalated_from, escalated_to, note, created_by,
                acknowledged_by, acknowledged_at, resolved_by, resolved_at, created_at
         from crm_case_escalations where case_id = $1 order by escalation_id",
        &[&case_id],
    )
}

pub fn violations(work: &mut Work, case_id: i64) -> Result<Vec<ViolationView>> {
    let now = work.now;
    let mut violations: Vec<ViolationView> = work.query(
        &format!(
            "select violation_id, violation_type, due_at, violated_at, minutes_overdue, acknowledged_by, acknowledged_at,
                    acknowledgement_note, sla_policy_id, {} as is_open
             from crm_sla_violations v where case_id = $1 order by violated_at, violation_id",
            crate::sla::violations::IS_OPEN
        ),
        &[&case_id],
    )?;
    for violation in violations.iter_mut().filter(|violation| violation.is_open) {
        violation.minutes_overdue = now.minutes_since(violation.due_at);
    }
    Ok(violations)
}

pub fn children(work: &mut Work, case_id: i64) -> Result<Vec<ChildView>> {
    let (condition, scope) = case::visible(work.actor, 2);
    let mut params: Vec<&dyn db::ToParam> = vec![&case_id];
    params.extend(scope.iter().map(|id| id as &dyn db::ToParam));
    let sql = format!(
        "select c.case_id, c.case_number, c.subject, c.status from crm_cases c
         where c.parent_case_id = $1 and {condition} order by c.case_id limit 200"
    );
    work.query(&sql, &params)
}

/// The ids of several cases, as one parameter.
pub fn ids(cases: &[CaseView]) -> serde_json::Value {
    cases.iter().map(|case| case.case_id).collect()
}

/// Tags of several cases at once.
pub fn tags_of(work: &mut Work, cases: &[CaseView]) -> Result<HashMap<i64, Vec<String>>> {
    let mut tags: HashMap<i64, Vec<String>> = HashMap::new();
    if cases.is_empty() || !work.actor.is_staff() {
        return Ok(tags);
    }
    let ids = ids(cases);
    let among = work.dialect().among_ints("case_id", "$1");
    let sql = format!("select case_id, tag from crm_case_tags where {among} order by case_id, tag");
    for (case_id, tag) in work.query::<(i64, String)>(&sql, &[&ids])? {
        tags.entry(case_id).or_default().push(tag);
    }
    Ok(tags)
}
