//! Which cases: the list's filters as conditions on `c`, the same for rows, totals and exports.

use db::{Dialect, Value};

pub use super::filter_words::{Breach, SlaClock, Sort, TagMatch};
use super::surveyed::{NpsGroup, Surveyed};
use super::tags::normal;
use super::{Channel, Status};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::input::{Int, Set};
use crate::paging::{Cursor, Limit, PageNumber};
use crate::work::Actor;

crate::input! {
    /// Filters, order and page of a case list.
    pub struct CaseQuery {
        /// Words that must all occur, "phrases", a prefix at the end: in number, subject, description, comments.
        pub search: Option<String>,
        pub status: Option<Set<Status>>,
        pub account_id: Option<Set<i64>>,
        pub contact_id: Option<Set<i64>>,
        pub case_type_id: Option<Set<i64>>,
        pub priority_id: Option<Set<i64>>,
        pub owner_id: Option<Set<i64>>,
        pub team_id: Option<Set<i64>>,
        pub channel: Option<Set<Channel>>,
        pub parent_case_id: Option<i64>,
        /// Tags, comma-separated.
        pub tag: Option<Set<String>>,
        /// Whether all (default) or any of the tags.
        pub tag_match: Option<TagMatch>,
        pub unassigned: Option<bool>,
        /// Cases of no team.
        pub without_team: Option<bool>,
        pub is_escalated: Option<bool>,
        pub escalation_level: Option<Set<Int<0, 3>>>,
        pub sla_violated: Option<bool>,
        /// Active cases by their next deadline of any target: past it, past its first warning, before that, or standing still.
        pub sla_clock: Option<Set<SlaClock>>,
        /// Cases that missed any of these targets.
        pub breached: Option<Set<Breach>>,
        /// Cases that met this target and never missed it.
        pub attained: Option<Breach>,
        /// Active, and past the next deadline of any of its targets.
        pub overdue: Option<bool>,
        /// Active cases due before this instant.
        pub due_before: Option<Time>,
        pub reopened: Option<bool>,
        /// Cases that were never reopened and have one public answer of the desk's.
        pub one_touch: Option<bool>,
        /// Satisfaction scores.
        pub csat: Option<Set<Int<1, 5>>>,
        pub created_from: Option<Time>,
        pub created_to: Option<Time>,
        pub resolved_from: Option<Time>,
        pub resolved_to: Option<Time>,
        /// When the customer's satisfaction was given.
        pub rated_from: Option<Time>,
        pub rated_to: Option<Time>,
        /// Cases about which a survey of these types was answered with a rating.
        pub surveyed: Option<Set<Surveyed>>,
        /// Cases with an answer to an NPS survey by these.
        pub nps: Option<Set<NpsGroup>>,
        /// When the survey was answered.
        pub answered_from: Option<Time>,
        pub answered_to: Option<Time>,
        pub updated_since: Option<Time>,
        pub sort: Option<Sort>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count everything, however long it takes, rather than stop at 10,000.
        pub exact: Option<bool>,
    }
}

/// A list that belongs to one account or contact.
#[derive(Debug, Clone, Copy)]
pub enum CaseScope {
    Desk,
    Account(i64),
    Contact(i64),
}

/// One dimension that the rollup counts by, with the keys asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    pub name: &'static str,
    pub keys: Vec<String>,
}

/// Conditions with their parameters, and what they amount to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub conditions: Vec<String>,
    pub params: Vec<Value>,
    /// Statuses asked for; empty for all.
    pub statuses: Vec<Status>,
    /// The single dimension that, with the statuses, says everything: then the rollup knows the numbers.
    pub rollup: Option<Dimension>,
    /// Whether an index leads to few rows whatever the size of the desk's history: an account's, a contact's, a
    /// family's, or an owner's open ones. Counting and sorting those is cheap.
    pub is_narrow: bool,
    /// Dimensions named, and whether each with one key only.
    pub dimensions: Vec<(&'static str, bool)>,
}

impl Filter {
    /// Adds a condition; `?` stands for `value`.
    pub fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.params.push(value.into());
        self.conditions.push(condition.replace('?', &format!("${}", self.params.len())));
    }

    /// Adds a condition without a parameter.
    pub fn plain(&mut self, condition: &str) {
        self.conditions.push(condition.into());
    }

    /// Adds `column in (...)`.
    pub fn among<T: Into<Value>>(&mut self, column: &str, values: impl IntoIterator<Item = T>) {
        let mut places = Vec::new();
        for value in values {
            self.params.push(value.into());
            places.push(format!("${}", self.params.len()));
        }
        match places.as_slice() {
            [one] => self.conditions.push(format!("{column} = {one}")),
            many => self.conditions.push(format!("{column} in ({})", many.join(", "))),
        }
    }

    /// Whether only open cases are asked for.
    pub fn is_all_open(&self) -> bool {
        !self.statuses.is_empty() && self.statuses.iter().all(|status| status.is_active())
    }

    /// Whether an index serves the rows in this order, so that a page costs a page, and the numbers are in the rollup.
    /// What is neither narrow nor indexed queues with the searches.
    pub fn is_indexed(&self, sort: Sort) -> bool {
        if self.rollup.is_none() {
            return false;
        }
        let by_creation = matches!(sort, Sort::Newest | Sort::Oldest);
        let by_due = matches!(sort, Sort::DueFirst | Sort::DueLast);
        let by_urgency = matches!(sort, Sort::Urgent | Sort::Relaxed);
        match self.dimensions.as_slice() {
            [] if by_creation => self.statuses.len() <= 1 || self.is_all_open(),
            [] if by_urgency => self.is_all_open(),
            [] => self.statuses.is_empty() || self.is_all_open(),
            [("owner", true)] if by_due => self.statuses.is_empty(),
            _ => by_creation && self.is_by_status(),
        }
    }

    /// Whether an index has these cases status by status, each in the order of their creation.
    pub fn is_by_status(&self) -> bool {
        let dimension = self.dimensions.as_slice();
        self.rollup.is_some() && matches!(dimension, [("owner" | "team" | "type" | "priority", true)])
    }

    /// The whole condition.
    pub fn sql(&self) -> String {
        self.conditions.join(" and ")
    }

    /// The parameters as statements take them.
    pub fn params(&self) -> Vec<&dyn db::ToParam> {
        self.params.iter().map(|param| param as &dyn db::ToParam).collect()
    }
}

/// Ids as the rollup's keys.
fn keys(ids: &[i64]) -> Vec<String> {
    ids.iter().map(i64::to_string).collect()
}

impl CaseQuery {
    /// What the actor asks for, within what the actor may see. Customers cannot filter by what they may not see.
    pub fn filter(&self, dialect: Dialect, actor: Actor, now: Time, scope: CaseScope) -> Result<Filter> {
        if !actor.is_staff() {
            self.refuse_staff_filters()?;
        }
        let mut filter = Filter::default();
        filter.plain("c.is_listed");
        let mut dimensions = Vec::new();
        self.scope_conditions(actor, scope, &mut filter, &mut dimensions);
        if let Some(Set(statuses)) = &self.status {
            // Several statuses are no way into an index that is to give the order; one is where that is creation's, or
            // where somebody's cases are few.
            let walks = statuses.len() > 1 || !(self.is_by_creation() || self.names_a_dimension());
            let column = if walks { dialect.unindexed("c.status") } else { "c.status".into() };
            filter.among(&column, statuses.iter().map(|status| status.word()));
            filter.statuses.clone_from(statuses);
            if statuses.as_slice() == [Status::Resolved] && walks {
                // Few, as they close themselves; an index has them in the order of their changes.
                filter.plain("c.status = 'resolved'");
            }
            if statuses.iter().all(|status| status.is_active()) {
                // Says the same again in the words of the indexes over open cases.
                filter.plain("c.is_open");
            }
        }
        self.dimension_conditions(&mut filter, &mut dimensions);
        filter.dimensions =
            dimensions.iter().map(|dimension| (dimension.name, dimension.keys.len() == 1)).collect();
        let counted = filter.conditions.len();
        self.other_conditions(actor, now, &mut filter);
        let only_dimensions = filter.conditions.len() == counted;
        let of_owner = filter.dimensions.contains(&("owner", true));
        filter.is_narrow |= of_owner && filter.is_all_open();
        if only_dimensions && dimensions.len() <= 1 {
            let all = Dimension { name: "all", keys: vec![String::new()] };
            filter.rollup = Some(dimensions.pop().unwrap_or(all));
        }
        Ok(filter)
    }

    fn is_by_creation(&self) -> bool {
        matches!(self.sort, None | Some(Sort::Newest | Sort::Oldest))
    }

    /// Whether an index begins with what is asked for.
    fn names_a_dimension(&self) -> bool {
        let named = [
            &self.account_id,
            &self.contact_id,
            &self.case_type_id,
            &self.priority_id,
            &self.owner_id,
            &self.team_id,
        ];
        named.iter().any(|ids| ids.is_some()) || self.unassigned.is_some() || self.parent_case_id.is_some()
    }

    fn refuse_staff_filters(&self) -> Result<()> {
        let staff_only = [
            ("owner_id", self.owner_id.is_some()),
            ("team_id", self.team_id.is_some()),
            ("tag", self.tag.is_some()),
            ("unassigned", self.unassigned.is_some()),
            ("is_escalated", self.is_escalated.is_some()),
            ("escalation_level", self.escalation_level.is_some()),
            ("sla_violated", self.sla_violated.is_some()),
            ("breached", self.breached.is_some()),
            ("attained", self.attained.is_some()),
            ("without_team", self.without_team.is_some()),
            ("overdue", self.overdue.is_some()),
            ("sla_clock", self.sla_clock.is_some()),
            ("due_before", self.due_before.is_some()),
            // Of an account's cases a customer sees more than their own, but not what colleagues answered.
            ("csat", self.csat.is_some()),
            ("rated_from", self.rated_from.is_some()),
            ("rated_to", self.rated_to.is_some()),
            ("surveyed", self.surveyed.is_some()),
            ("nps", self.nps.is_some()),
            ("answered_from", self.answered_from.is_some()),
            ("answered_to", self.answered_to.is_some()),
            // A parent may be another customer's case, which probing would find.
            ("parent_case_id", self.parent_case_id.is_some()),
        ];
        match staff_only.iter().find(|(_, named)| *named) {
            Some((name, _)) => Err(Error::Forbidden(format!("the filter {name} is not for customers"))),
            None => Ok(()),
        }
    }

    fn scope_conditions(
        &self,
        actor: Actor,
        scope: CaseScope,
        filter: &mut Filter,
        dimensions: &mut Vec<Dimension>,
    ) {
        if let Actor::Contact { id, account_id, sees_account } = actor {
            if let (true, Some(account_id)) = (sees_account, account_id) {
                // Two index searches; as `contact_id = .. or account_id = ..` the engines read all of history.
                let own = filter.params.len() + 1;
                filter.plain(&format!(
                    "c.case_id in (select x.case_id from crm_cases x where x.is_listed and x.contact_id = ${own}
                         union select x.case_id from crm_cases x where x.is_listed and x.account_id = ${})",
                    own + 1
                ));
                filter.params.extend([Value::from(id), Value::from(account_id)]);
            } else {
                filter.and("c.contact_id = ?", id);
            }
            filter.is_narrow = true;
            // With the account's cases it is "theirs or the account's", which no single dimension counts.
            let own = Dimension { name: "contact", keys: keys(&[id]) };
            dimensions.push(own.clone());
            if sees_account && account_id.is_some() {
                dimensions.push(own);
            }
        } else if actor == Actor::Anonymous {
            filter.plain("1 = 0");
        }
        match scope {
            CaseScope::Desk => {}
            CaseScope::Account(id) => {
                filter.and("c.account_id = ?", id);
                filter.is_narrow = true;
                dimensions.push(Dimension { name: "account", keys: keys(&[id]) });
            }
            CaseScope::Contact(id) => {
                filter.and("c.contact_id = ?", id);
                filter.is_narrow = true;
                dimensions.push(Dimension { name: "contact", keys: keys(&[id]) });
            }
        }
    }

    fn dimension_conditions(&self, filter: &mut Filter, dimensions: &mut Vec<Dimension>) {
        let narrow = ["account", "contact"];
        for (name, column, ids) in [
            ("account", "c.account_id", &self.account_id),
            ("contact", "c.contact_id", &self.contact_id),
            ("type", "c.case_type_id", &self.case_type_id),
            ("priority", "c.priority_id", &self.priority_id),
            ("owner", "c.owner_id", &self.owner_id),
            ("team", "c.team_id", &self.team_id),
        ] {
            if let Some(Set(ids)) = ids {
                filter.among(column, ids.iter().copied());
                filter.is_narrow |= narrow.contains(&name) && ids.len() == 1;
                dimensions.push(Dimension { name, keys: keys(ids) });
            }
        }
        if let Some(Set(channels)) = &self.channel {
            filter.among("c.channel", channels.iter().map(|channel| channel.word()));
            let keys = channels.iter().map(|channel| channel.word().to_owned()).collect();
            dimensions.push(Dimension { name: "channel", keys });
        }
        match self.unassigned {
            Some(true) => {
                filter.plain("c.owner_id is null");
                dimensions.push(Dimension { name: "owner", keys: vec![String::new()] });
            }
            Some(false) => {
                filter.plain("c.owner_id is not null");
                // No rollup row says "anybody": two dimensions mean counting.
                dimensions.extend([
                    Dimension { name: "owner", keys: vec![] },
                    Dimension { name: "owner", keys: vec![] },
                ]);
            }
            None => {}
        }
        match self.without_team {
            Some(true) => {
                filter.plain("c.team_id is null");
                dimensions.push(Dimension { name: "team", keys: vec![String::new()] });
            }
            Some(false) => {
                filter.plain("c.team_id is not null");
                dimensions.extend([
                    Dimension { name: "team", keys: vec![] },
                    Dimension { name: "team", keys: vec![] },
                ]);
            }
            None => {}
        }
    }

    fn other_conditions(&self, actor: Actor, now: Time, filter: &mut Filter) {
        if let Some(parent) = self.parent_case_id {
            filter.and("c.parent_case_id = ?", parent);
            filter.is_narrow = true;
        }
        self.tag_conditions(filter);
        self.survey_conditions(filter);
        self.clock_conditions(now, filter);
        for (column, flag) in
            [("c.is_escalated", self.is_escalated), ("c.is_sla_violated", self.sla_violated)]
        {
            match flag {
                Some(true) => filter.plain(column),
                Some(false) => filter.plain(&format!("not {column}")),
                None => {}
            }
        }
        if self.sla_violated == Some(true) && filter.is_all_open() {
            // In the words by which the index over open cases is searched.
            filter.plain("c.is_sla_violated = true");
        }
        if let Some(Set(levels)) = &self.escalation_level {
            filter.among("c.escalation_level", levels.iter().map(|level| level.0));
        }
        if let Some(Set(scores)) = &self.csat {
            filter.among("c.csat_score", scores.iter().map(|score| score.0));
        }
        if let Some(Set(breaches)) = &self.breached {
            let places: Vec<String> =
                (1..=breaches.len()).map(|n| format!("${}", filter.params.len() + n)).collect();
            filter.plain(&format!(
                "exists (select 1 from crm_sla_violations v
                     where v.case_id = c.case_id and v.violation_type in ({}))",
                places.join(", ")
            ));
            filter.params.extend(breaches.iter().map(|breach| Value::from(breach.word())));
        }
        if let Some(target) = self.attained {
            filter.and(
                "exists (select 1 from crm_sla_targets x where x.case_id = c.case_id and x.kind = ? and x.met_at is not null)",
                target.word(),
            );
            filter.and(
                "not exists (select 1 from crm_sla_violations v where v.case_id = c.case_id and v.violation_type = ?)",
                target.word(),
            );
        }
        match self.one_touch {
            Some(true) => filter.plain("c.reopened_count = 0 and c.response_count = 1"),
            Some(false) => filter.plain("not (c.reopened_count = 0 and c.response_count = 1)"),
            None => {}
        }
        match self.overdue {
            Some(true) => filter.and("c.is_open and c.sla_next_due < ?", time(now)),
            Some(false) => filter.and("not (c.is_open and coalesce(c.sla_next_due < ?, 1 = 0))", time(now)),
            None => {}
        }
        match self.reopened {
            Some(true) => filter.plain("c.reopened_count > 0"),
            Some(false) => filter.plain("c.reopened_count = 0"),
            None => {}
        }
        let touched = if actor.is_staff() { "c.updated_at >= ?" } else { "c.public_updated_at >= ?" };
        for (condition, at) in [
            ("c.is_open and c.resolution_due < ?", self.due_before),
            ("c.created_at >= ?", self.created_from),
            ("c.created_at < ?", self.created_to),
            ("c.resolved_at >= ?", self.resolved_from),
            ("c.resolved_at < ?", self.resolved_to),
            ("c.csat_submitted_at >= ?", self.rated_from),
            ("c.csat_submitted_at < ?", self.rated_to),
            (touched, self.updated_since),
        ] {
            if let Some(at) = at {
                filter.and(condition, time(at));
            }
        }
    }

    fn clock_conditions(&self, now: Time, filter: &mut Filter) {
        let Some(Set(clocks)) = &self.sla_clock else { return };
        filter.plain("c.is_open");
        filter.params.push(time(now));
        let now = format!("${}", filter.params.len());
        // What is done at the very deadline is in time.
        let conditions = clocks.iter().map(|clock| match clock {
            SlaClock::Overdue => format!("c.sla_next_due < {now}"),
            SlaClock::DueSoon => format!("(c.sla_soon_at <= {now} and c.sla_next_due >= {now})"),
            SlaClock::OnTrack => {
                format!("(c.sla_next_due >= {now} and (c.sla_soon_at is null or c.sla_soon_at > {now}))")
            }
            SlaClock::Paused => {
                "(c.sla_next_due is null and c.resolution_due is null and c.sla_policy_id is not null)".into()
            }
        });
        let conditions: Vec<String> = conditions.collect();
        if clocks.as_slice() == [SlaClock::Paused] {
            // A parameter that no condition names has no type on PostgreSQL.
            filter.params.pop();
        }
        match conditions.as_slice() {
            [one] => filter.plain(one),
            several => filter.plain(&format!("({})", several.join(" or "))),
        }
    }

    fn tag_conditions(&self, filter: &mut Filter) {
        let Some(Set(tags)) = &self.tag else { return };
        // A blank is no tag, so that no case has it; what is left empty asks for nothing.
        let tags: Vec<String> = tags.iter().filter(|tag| !tag.is_empty()).map(|tag| normal(tag)).collect();
        let has = "c.case_id in (select t.case_id from crm_case_tags t where t.tag";
        if self.tag_match == Some(TagMatch::Any) && tags.len() > 1 {
            let places: Vec<String> =
                (1..=tags.len()).map(|n| format!("${}", filter.params.len() + n)).collect();
            filter.plain(&format!("{has} in ({}))", places.join(", ")));
            filter.params.extend(tags.into_iter().map(Value::from));
        } else {
            for tag in tags {
                filter.and(&format!("{has} = ?)"), tag);
            }
        }
    }
}

/// A time as an owned parameter.
pub fn time(at: Time) -> Value {
    Value::Time(at.into())
}
