//! The period broken down: by priority, type, channel, owner and team, and day by day.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::{Fact, Figures, Tally};
use super::links::{ACTIVE, CaseLink, Links};
use super::period::Period;
use crate::cases::Channel;
use crate::error::Result;
use crate::work::Work;

/// The cases of one priority.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfPriority {
    pub priority_id: i64,
    pub priority_name: String,
    pub priority_level: i64,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The cases of one type.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfType {
    pub case_type_id: i64,
    pub case_type_name: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The cases that came by one channel.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfChannel {
    pub channel: Channel,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The cases of one owner; null where they have none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfOwner {
    pub owner_id: Option<i64>,
    pub owner_name: Option<String>,
    /// Active cases, whenever created.
    pub backlog_cases: i64,
    pub backlog_href: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The cases of one team; null where they have none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OfTeam {
    pub team_id: Option<i64>,
    pub team_name: Option<String>,
    /// Active cases, whenever created.
    pub backlog_cases: i64,
    pub backlog_href: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// One day of the zone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TrendDay {
    /// `2026-03-02`
    pub date: String,
    pub created_cases: i64,
    pub resolved_cases: i64,
    /// The case list behind each number, by its name.
    pub links: Links,
}

/// An owner's or a team's id (0 for none), name, active cases and tally.
type Person = (i64, Option<String>, i64, Tally);

/// The scope's cases, to be broken down.
pub struct Breakdown<'a> {
    pub scope: &'a Scope,
    pub period: &'a Period,
    pub facts: &'a [&'a Fact],
}

impl Breakdown<'_> {
    fn tallies<K: Ord>(&self, key: impl Fn(&Fact) -> K) -> BTreeMap<K, Tally> {
        let mut tallies: BTreeMap<K, Tally> = BTreeMap::new();
        for fact in self.facts {
            tallies.entry(key(fact)).or_default().add(fact, self.period);
        }
        tallies.retain(|_, tally| !tally.is_empty());
        tallies
    }

    fn figures(&self, tally: &Tally, link: &CaseLink) -> Figures {
        tally.figures(link, self.period)
    }

    /// Every active priority, the most urgent first, and others that cases have.
    pub fn by_priority(&self, work: &mut Work) -> Result<Vec<OfPriority>> {
        let mut tallies = self.tallies(|fact| fact.priority_id);
        let priorities: Vec<(i64, String, i64, bool)> = work.query(
            "select priority_id, priority_name, priority_level, is_active from crm_case_priorities
             order by priority_level desc, priority_id",
            &[],
        )?;
        Ok(known(&mut tallies, priorities, |(id, .., is_active)| (*id, *is_active))
            .map(|((priority_id, priority_name, priority_level, _), tally)| {
                let link = self.scope.link().with("priority_id", priority_id);
                let figures = self.figures(&tally, &link);
                OfPriority { priority_id, priority_name, priority_level, figures }
            })
            .collect())
    }

    /// Every active type, and others that cases have.
    pub fn by_type(&self, work: &mut Work) -> Result<Vec<OfType>> {
        let mut tallies = self.tallies(|fact| fact.case_type_id);
        let types: Vec<(i64, String, bool)> = work.query(
            "select case_type_id, type_name, is_active from crm_case_types order by case_type_id",
            &[],
        )?;
        Ok(known(&mut tallies, types, |(id, _, is_active)| (*id, *is_active))
            .map(|((case_type_id, case_type_name, _), tally)| {
                let link = self.scope.link().with("case_type_id", case_type_id);
                OfType { case_type_id, case_type_name, figures: self.figures(&tally, &link) }
            })
            .collect())
    }

    pub fn by_channel(&self) -> Vec<OfChannel> {
        let mut tallies = self.tallies(|fact| fact.channel.word());
        let of = |channel: &Channel| {
            let tally = tallies.remove(channel.word()).unwrap_or_default();
            let link = self.scope.link().with("channel", channel.word());
            OfChannel { channel: *channel, figures: self.figures(&tally, &link) }
        };
        Channel::ALL.iter().map(of).collect()
    }

    /// Owners with cases of the period or active ones, by name; those without an owner last.
    pub fn by_owner(&self, work: &mut Work) -> Result<Vec<OfOwner>> {
        let people = self.people(work, |fact| fact.owner_id.unwrap_or(0), "crm_users", "user_id", "name")?;
        Ok(people
            .into_iter()
            .map(|(id, owner_name, backlog_cases, tally)| {
                let link = self.of(id, "owner_id", "unassigned");
                let backlog_href = link.with("status", ACTIVE).to(backlog_cases);
                let figures = self.figures(&tally, &link);
                OfOwner { owner_id: (id > 0).then_some(id), owner_name, backlog_cases, backlog_href, figures }
            })
            .collect())
    }

    /// Teams with cases of the period or active ones, by name; those without a team last.
    pub fn by_team(&self, work: &mut Work) -> Result<Vec<OfTeam>> {
        let teams =
            self.people(work, |fact| fact.team_id.unwrap_or(0), "crm_teams", "team_id", "team_name")?;
        Ok(teams
            .into_iter()
            .map(|(id, team_name, backlog_cases, tally)| {
                let link = self.of(id, "team_id", "without_team");
                let backlog_href = link.with("status", ACTIVE).to(backlog_cases);
                let figures = self.figures(&tally, &link);
                OfTeam { team_id: (id > 0).then_some(id), team_name, backlog_cases, backlog_href, figures }
            })
            .collect())
    }

    fn of(&self, id: i64, name: &'static str, without: &'static str) -> CaseLink {
        let link = self.scope.link();
        if id > 0 { link.with(name, id) } else { link.with(without, true) }
    }

    fn people(
        &self,
        work: &mut Work,
        id_of: impl Fn(&Fact) -> i64,
        table: &str,
        key: &str,
        name: &str,
    ) -> Result<Vec<Person>> {
        let mut tallies = self.tallies(&id_of);
        let mut backlogs: BTreeMap<i64, i64> = BTreeMap::new();
        for fact in self.facts.iter().filter(|fact| fact.is_open) {
            *backlogs.entry(id_of(fact)).or_default() += 1;
        }
        let ids: Vec<i64> = tallies.keys().chain(backlogs.keys()).copied().filter(|id| *id > 0).collect();
        let among = work.dialect().among_ints(key, "$1");
        let sql = format!("select {key}, {name} from {table} where {among} order by lower({name}), {key}");
        let named: Vec<(i64, String)> = work.query(&sql, &[&serde_json::json!(ids)])?;
        let mut rows: Vec<_> = named.into_iter().map(|(id, name)| (id, Some(name))).collect();
        if tallies.contains_key(&0) || backlogs.contains_key(&0) {
            rows.push((0, None));
        }
        let row = |(id, name): (i64, Option<String>)| {
            (id, name, backlogs.get(&id).copied().unwrap_or(0), tallies.remove(&id).unwrap_or_default())
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// A row for every day, zeros too.
    pub fn daily_trend(&self) -> Vec<TrendDay> {
        let days = self.period.borders.len() - 1;
        let (mut created, mut resolved) = (vec![0; days], vec![0; days]);
        for fact in self.facts {
            for (counts, at) in [(&mut created, Some(fact.created_at)), (&mut resolved, fact.resolved_at)] {
                if let Some(day) = at.and_then(|at| self.period.day_of(at)) {
                    counts[day] += 1;
                }
            }
        }
        let link = self.scope.link();
        (0..days)
            .map(|n| {
                let (from, to) = (self.period.borders[n], self.period.borders[n + 1]);
                TrendDay {
                    date: self.period.date(n).to_string(),
                    created_cases: created[n],
                    resolved_cases: resolved[n],
                    links: Links::from([
                        ("created_cases", link.created(from, to).to(created[n])),
                        ("resolved_cases", link.resolved(from, to).to(resolved[n])),
                    ]),
                }
            })
            .collect()
    }
}

/// The rows that are active or have cases, with their tallies.
fn known<R>(
    tallies: &mut BTreeMap<i64, Tally>,
    rows: Vec<R>,
    key: impl Fn(&R) -> (i64, bool),
) -> impl Iterator<Item = (R, Tally)> {
    rows.into_iter().filter_map(move |row| {
        let (id, is_active) = key(&row);
        match tallies.remove(&id) {
            Some(tally) => Some((row, tally)),
            None => is_active.then(|| (row, Tally::default())),
        }
    })
}
