//! Cases by one property: bars with numbers.

use super::Number;
use crate::dashboard::api::Shown;
use crate::dashboard::facts::Figures;
use crate::dashboard::overall::OfAge;
use crate::web::{Page, chart};

/// A row of a breakdown.
pub struct Row {
    pub name: String,
    pub bar: f64,
    pub total: Number,
    pub resolved: Number,
    pub missed: Number,
}

/// The period's cases by one property.
pub struct Group {
    /// The message that names it, and the section of its CSV file.
    pub title: &'static str,
    pub section: &'static str,
    pub rows: Vec<Row>,
}

fn group<'a>(
    title: &'static str,
    section: &'static str,
    rows: impl Iterator<Item = (String, &'a Figures)> + Clone,
) -> Group {
    let largest = rows.clone().map(|(_, figures)| figures.total_cases).max().unwrap_or(0);
    let row = |(name, figures): (String, &Figures)| Row {
        name,
        bar: chart::bar(figures.total_cases, largest),
        total: Number::new(figures.total_cases, &figures.href),
        resolved: Number::of(&figures.links, "resolved_cases", figures.resolved_cases),
        missed: Number::of(&figures.links, "sla_violated_cases", figures.sla_violated_cases),
    };
    Group { title, section, rows: rows.map(row).collect() }
}

pub fn groups(page: &Page, shown: &Shown) -> Vec<Group> {
    let priorities = shown.by_priority.iter().map(|of| (of.priority_name.clone(), &of.figures));
    let types = shown.by_type.iter().map(|of| (of.case_type_name.clone(), &of.figures));
    let channels = shown.by_channel.iter();
    let channels = channels.map(|of| (page.word("channel", of.channel).into_owned(), &of.figures));
    vec![
        group("dashboard-by-priority", "by_priority", priorities),
        group("dashboard-by-type", "by_type", types),
        group("dashboard-by-channel", "by_channel", channels),
    ]
}

/// A bar with a number.
pub struct Bar {
    pub name: String,
    pub bar: f64,
    pub number: Number,
}

pub fn bars(rows: Vec<(String, Number)>) -> Vec<Bar> {
    let largest = rows.iter().map(|(_, number)| number.value).max().unwrap_or(0);
    let bar = |(name, number): (String, Number)| Bar { name, bar: chart::bar(number.value, largest), number };
    rows.into_iter().map(bar).collect()
}

/// All cases by their present status.
pub fn by_status(page: &Page, shown: &Shown) -> Vec<Bar> {
    let overall = &shown.overall;
    let counts = [
        ("new", overall.new_cases),
        ("open", overall.open_cases),
        ("pending", overall.pending_cases),
        ("in_progress", overall.in_progress_cases),
        ("waiting_customer", overall.waiting_customer_cases),
        ("resolved", overall.resolved_cases),
        ("closed", overall.closed_cases),
        ("cancelled", overall.cancelled_cases),
    ];
    let row = |(word, cases): (&str, i64)| {
        let number = Number::of(&overall.links, &format!("{word}_cases"), cases);
        (page.word("status", word).into_owned(), number)
    };
    bars(counts.map(row).into())
}

/// Active cases by how long they have been waiting.
pub fn by_age(page: &Page, shown: &Shown) -> Vec<Bar> {
    let row = |of: &OfAge| {
        let name = match of.days_to {
            Some(to) if of.days_from == 0 => page.say1("dashboard-age-below", "to", to),
            Some(to) => page.say2("dashboard-age-between", "from", of.days_from, "to", to),
            None => page.say1("dashboard-age-above", "from", of.days_from),
        };
        (name.into_owned(), Number::new(of.cases, &of.href))
    };
    bars(shown.backlog.by_age.iter().map(row).collect())
}

/// Cases that somebody should look at, by why.
pub struct Alarm {
    pub title: &'static str,
    pub number: Number,
}

pub fn alarms(shown: &Shown) -> Vec<Alarm> {
    let backlog = &shown.backlog;
    let all = [
        ("dashboard-overdue", "overdue_cases", backlog.overdue_cases),
        ("dashboard-due-soon", "due_soon_cases", backlog.due_soon_cases),
        ("dashboard-escalated", "escalated_cases", backlog.escalated_cases),
        ("dashboard-long-unassigned", "long_unassigned_cases", backlog.long_unassigned_cases),
    ];
    // An owner's cases all have one.
    let known = all.into_iter().filter(|(_, name, _)| backlog.links.contains_key(name));
    known
        .map(|(title, name, cases)| Alarm { title, number: Number::of(&backlog.links, name, cases) })
        .collect()
}
