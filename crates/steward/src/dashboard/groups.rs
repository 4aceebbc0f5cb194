//! The period broken down: by priority, type, channel, owner and team, and day by day.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::Scope;
use super::facts::{Cases, Fact, Figures, Tally};
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

db::record! {
    /// What something that cases have is called.
    struct Name {
        kind: String,
        id: i64,
        name: String,
        /// Of a priority.
        level: i64,
        is_active: bool,
    }
}

/// What the cases' priorities, types, owners and teams are called, each kind in the order in which it is shown.
struct Names(Vec<Name>);

impl Names {
    /// Of all priorities and types, the most urgent and the oldest first, and of these owners and teams, by name.
    fn read<'i>(
        work: &mut Work,
        owners: impl Iterator<Item = &'i i64>,
        teams: impl Iterator<Item = &'i i64>,
    ) -> Result<Names> {
        let [owners, teams] = [owners.collect::<Vec<_>>(), teams.collect()];
        let dialect = work.dialect();
        let sql = format!(
            "select q.kind, q.id, q.name, q.level, q.is_active from (
                 select 'priority' as kind, priority_id as id, priority_name as name, '' as place, priority_level as level,
                     is_active
                 from crm_case_priorities
                 union all select 'type', case_type_id, type_name, '', 0, is_active from crm_case_types
                 union all select 'owner', user_id, name, lower(name), 0, is_active from crm_users where {}
                 union all select 'team', team_id, team_name, lower(team_name), 0, is_active from crm_teams where {}
             ) q order by q.level desc, q.place, q.id",
            dialect.among_ints("user_id", "$1"),
            dialect.among_ints("team_id", "$2"),
        );
        Ok(Names(work.query(&sql, &[&serde_json::json!(owners), &serde_json::json!(teams)])?))
    }

    fn of(&self, kind: &'static str) -> impl Iterator<Item = &Name> {
        self.0.iter().filter(move |name| name.kind == kind)
    }
}

/// An owner's or a team's cases.
struct Person {
    id: Option<i64>,
    name: Option<String>,
    backlog_cases: i64,
    backlog_href: String,
    figures: Figures,
}

/// The cases of somebody: those of the period, and how many are open.
#[derive(Default)]
struct Load {
    tally: Tally,
    open: i64,
}

/// By owner, or by team; `None` for those of nobody.
type Loads = FxHashMap<Option<i64>, Load>;

fn loads(cases: &Cases, id_of: impl Fn(&Fact) -> Option<i64>) -> Loads {
    let mut loads = Loads::default();
    for share in &cases.now {
        loads.entry(id_of(share.fact)).or_default().tally.add(share);
    }
    for fact in &cases.open {
        loads.entry(id_of(fact)).or_default().open += 1;
    }
    loads
}

/// The scope's cases, broken down.
pub struct Breakdown<'a> {
    scope: &'a Scope,
    period: &'a Period,
    cases: &'a Cases<'a>,
    by_owner: Loads,
    by_team: Loads,
    names: Names,
}

impl Breakdown<'_> {
    pub fn read<'a>(
        work: &mut Work,
        scope: &'a Scope,
        period: &'a Period,
        cases: &'a Cases<'a>,
    ) -> Result<Breakdown<'a>> {
        let by_owner = loads(cases, |fact| fact.owner_id);
        let by_team = loads(cases, |fact| fact.team_id);
        let names = Names::read(work, by_owner.keys().flatten(), by_team.keys().flatten())?;
        Ok(Breakdown { scope, period, cases, by_owner, by_team, names })
    }

    fn tallies<K: Eq + Hash>(&self, key: impl Fn(&Fact) -> K) -> FxHashMap<K, Tally> {
        let mut tallies: FxHashMap<K, Tally> = FxHashMap::default();
        for share in &self.cases.now {
            tallies.entry(key(share.fact)).or_default().add(share);
        }
        tallies
    }

    fn figures(&self, tally: &Tally, link: &CaseLink) -> Figures {
        tally.figures(link, self.period)
    }

    /// Every active priority, the most urgent first, and others that cases have.
    pub fn by_priority(&self) -> Vec<OfPriority> {
        let row = |name: &Name, figures| OfPriority {
            priority_id: name.id,
            priority_name: name.name.clone(),
            priority_level: name.level,
            figures,
        };
        self.of_kind("priority", "priority_id", |fact| fact.priority_id, row)
    }

    /// Every active type, and others that cases have.
    pub fn by_type(&self) -> Vec<OfType> {
        let row = |name: &Name, figures| OfType {
            case_type_id: name.id,
            case_type_name: name.name.clone(),
            figures,
        };
        self.of_kind("type", "case_type_id", |fact| fact.case_type_id, row)
    }

    fn of_kind<R>(
        &self,
        kind: &'static str,
        filter: &'static str,
        id_of: impl Fn(&Fact) -> i64,
        row: impl Fn(&Name, Figures) -> R,
    ) -> Vec<R> {
        let tallies = self.tallies(id_of);
        let shown = self.names.of(kind).filter(|name| name.is_active || tallies.contains_key(&name.id));
        let none = Tally::default();
        let figures = |name: &Name| {
            let link = self.scope.link().with(filter, name.id);
            self.figures(tallies.get(&name.id).unwrap_or(&none), &link)
        };
        shown.map(|name| row(name, figures(name))).collect()
    }

    pub fn by_channel(&self) -> Vec<OfChannel> {
        let mut tallies = self.tallies(|fact| fact.channel);
        let of = |channel: &Channel| {
            let tally = tallies.remove(channel).unwrap_or_default();
            let link = self.scope.link().with("channel", channel.word());
            OfChannel { channel: *channel, figures: self.figures(&tally, &link) }
        };
        Channel::ALL.iter().map(of).collect()
    }

    /// Owners with cases of the period or active ones, by name; those without an owner last.
    pub fn by_owner(&self) -> Vec<OfOwner> {
        let people = self.people("owner", &self.by_owner, ["owner_id", "unassigned"]);
        let row = |Person { id, name, backlog_cases, backlog_href, figures }| OfOwner {
            owner_id: id,
            owner_name: name,
            backlog_cases,
            backlog_href,
            figures,
        };
        people.into_iter().map(row).collect()
    }

    /// Teams with cases of the period or active ones, by name; those without a team last.
    pub fn by_team(&self) -> Vec<OfTeam> {
        let teams = self.people("team", &self.by_team, ["team_id", "without_team"]);
        let row = |Person { id, name, backlog_cases, backlog_href, figures }| OfTeam {
            team_id: id,
            team_name: name,
            backlog_cases,
            backlog_href,
            figures,
        };
        teams.into_iter().map(row).collect()
    }

    /// `filters` are the case list's: cases of somebody, and those of nobody.
    fn people(&self, kind: &'static str, loads: &Loads, filters: [&'static str; 2]) -> Vec<Person> {
        let person = |id: Option<i64>, name: Option<String>| {
            let load = loads.get(&id)?;
            let link = match id {
                Some(id) => self.scope.link().with(filters[0], id),
                None => self.scope.link().with(filters[1], true),
            };
            Some(Person {
                id,
                name,
                backlog_cases: load.open,
                backlog_href: link.with("status", ACTIVE).to(load.open),
                figures: self.figures(&load.tally, &link),
            })
        };
        let named = self.names.of(kind).filter_map(|of| person(Some(of.id), Some(of.name.clone())));
        named.chain(person(None, None)).collect()
    }

    /// A row for every day, zeros too.
    pub fn daily_trend(&self) -> Vec<TrendDay> {
        let days = self.period.borders.len() - 1;
        let (mut created, mut resolved) = (vec![0; days], vec![0; days]);
        for share in &self.cases.now {
            if let Some(day) = self.period.day_of(share.fact.created_at) {
                created[day] += 1;
            }
            if let Some(day) = share.fact.resolved_at.and_then(|at| self.period.day_of(at)) {
                resolved[day] += 1;
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
