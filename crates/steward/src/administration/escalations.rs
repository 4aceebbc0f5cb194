//! Escalation rules: what happens when a promise is in danger.

use askama::Template;
use db::Class;

use super::around;
use super::deleted::{self, Deleted};
use super::names::{Name, Names, offer_named};
use crate::escalations::Reason;
use crate::escalations::rule_api as rules;
use crate::escalations::rules::{Rule, Trigger};
use crate::http::Manager;
use crate::sla::Kind;
use crate::web::{self, Choices, Frame, Ids, Page, PageResult, Seat, show};

#[derive(Template)]
#[template(path = "administration/escalations.html")]
struct RulesPage {
    page: Page,
    frame: Frame,
    rules: Vec<Rule>,
    names: Names,
    deleted: Vec<Deleted>,
}

impl RulesPage {
    /// To whom a rule gives the case.
    fn receivers(&self, rule: &Rule) -> Vec<&Name> {
        let user = rule.assign_user_id.and_then(|id| self.names.get("user", &id));
        user.into_iter().chain(rule.assign_team_id.and_then(|id| self.names.get("team", &id))).collect()
    }
}

pub async fn list(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let rules = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let rules = rules::in_order(work)?;
        let users = rules.iter().filter_map(|rule| Some(("user", rule.assign_user_id?)));
        let teams = rules.iter().filter_map(|rule| Some(("team", rule.assign_team_id?)));
        let names = Names::read(work, users.chain(teams))?;
        let deleted = deleted::read(work, &frame, "crm_escalation_rules", "rule_id", "rule_name")?;
        Ok(RulesPage { page, frame, rules, names, deleted })
    });
    show(&rules.await?)
}

#[derive(Template)]
#[template(path = "administration/escalation_rule.html")]
struct RulePage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    rule: Option<Rule>,
    choices: Choices,
}

/// What stands in a field of a number.
fn typed(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

impl RulePage {
    fn cause(&self) -> Trigger {
        self.rule.as_ref().map_or(Trigger::Violation, |rule| rule.cause)
    }

    fn is_target(&self, kind: &Kind) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.target == Some(*kind))
    }

    fn is_reason(&self, reason: &Reason) -> bool {
        let reason_of = self.rule.as_ref().map_or(Reason::SlaViolation, |rule| rule.escalation_reason);
        reason_of == *reason
    }

    fn is_level(&self, level: &i64) -> bool {
        self.rule.as_ref().map_or(1, |rule| rule.to_level) == *level
    }

    fn is_at_level(&self, level: &i64) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.at_level == Some(*level))
    }

    fn reopening(&self) -> String {
        typed(self.rule.as_ref().and_then(|rule| rule.reopening))
    }

    fn minutes(&self) -> String {
        typed(self.rule.as_ref().and_then(|rule| rule.minutes))
    }

    fn is_user(&self, id: &i64) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.assign_user_id == Some(*id))
    }

    fn is_team(&self, id: &i64) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.assign_team_id == Some(*id))
    }
}

async fn editor(seat: Seat<Manager>, id: Option<i64>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let (rule, mut choices) = (id.map(|id| rules::find(work, id)).transpose()?, web::choices(work)?);
        if let Some(Rule { assign_user_id, assign_team_id, .. }) = &rule {
            offer_named(work, &page, &mut choices.owners, "user", *assign_user_id)?;
            offer_named(work, &page, &mut choices.teams, "team", *assign_team_id)?;
        }
        Ok(RulePage { page, frame, rule, choices })
    });
    show(&page.await?)
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    editor(seat, None).await
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>) -> PageResult {
    editor(seat, Some(id)).await
}
