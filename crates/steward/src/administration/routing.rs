//! Assignment rules: which cases go to which team, and to whom there.

use std::borrow::Cow;

use askama::Template;
use db::Class;

use super::around;
use super::conditions::{self, Choices};
use super::deleted::{self, Deleted};
use super::names::{Names, offer_named};
use crate::http::Manager;
use crate::routing::Method;
use crate::routing::rules::{self, Rule};
use crate::sla::conditions::Conditions;
use crate::web::{self, Choice, Frame, Ids, Page, PageResult, Seat, show};

/// A rule in the list.
struct Row {
    rule: Rule,
    conditions: Vec<(Cow<'static, str>, String)>,
    team: String,
    /// Whether the team was deleted: then the rule does nothing.
    is_idle: bool,
}

#[derive(Template)]
#[template(path = "administration/routing.html")]
struct RulesPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    deleted: Vec<Deleted>,
}

pub async fn list(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let rules = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let all = rules::in_order(work)?;
        let names = conditions::names(work, all.iter().map(|rule| &rule.conditions.0))?;
        let teams = Names::read(work, all.iter().map(|rule| ("team", rule.team_id)))?;
        let row = |rule: Rule| {
            let team = teams.get("team", &rule.team_id);
            Row {
                conditions: conditions::summary(&page, &names, &rule.conditions.0),
                team: team.map(|team| team.text.clone()).unwrap_or_default(),
                is_idle: team.is_none_or(|team| team.href.is_none()),
                rule,
            }
        };
        let rows = all.into_iter().map(row).collect();
        let deleted = deleted::read(work, &frame, "crm_assignment_rules", "rule_id", "rule_name")?;
        Ok(RulesPage { page, frame, rows, deleted })
    });
    show(&rules.await?)
}

#[derive(Template)]
#[template(path = "administration/routing_rule.html")]
struct RulePage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    rule: Option<Rule>,
    conditions: Choices,
    teams: Vec<Choice>,
}

impl RulePage {
    fn method(&self) -> Method {
        self.rule.as_ref().map_or(Method::RoundRobin, |rule| rule.method)
    }

    fn is_of(&self, team: &Choice) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.team_id == team.id)
    }
}

async fn editor(seat: Seat<Manager>, id: Option<i64>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let rule = id.map(|id| rules::find(work, id)).transpose()?;
        let conditions =
            rule.as_ref().map_or_else(Conditions::default, |rule: &Rule| rule.conditions.0.clone());
        let conditions = conditions::choices(work, &page, &conditions)?;
        let mut teams = web::choices(work)?.teams;
        offer_named(work, &page, &mut teams, "team", rule.as_ref().map(|rule| rule.team_id))?;
        Ok(RulePage { page, frame, rule, conditions, teams })
    });
    show(&page.await?)
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    editor(seat, None).await
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>) -> PageResult {
    editor(seat, Some(id)).await
}
