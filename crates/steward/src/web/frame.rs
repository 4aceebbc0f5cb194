//! What stands around every page: who is signed in, and the views of the case list with their counts.

use crate::cases::{CaseQuery, CaseScope, count_cases};
use crate::error::Result;
use crate::input;
use crate::work::Work;

/// The views of the desk, in their order: name in the address, title, the list's query. `me` and `soon` are filled in.
const VIEWS: [(&str, &str, &str); 7] = [
    (
        "mine",
        "Mine",
        "owner_id={me}&status=new,open,pending,in_progress,waiting_customer&sort=resolution_due",
    ),
    ("unassigned", "Unassigned", "unassigned=true&status=new,open,pending,in_progress,waiting_customer"),
    ("open", "All open", "status=new,open,pending,in_progress,waiting_customer"),
    ("due-soon", "Due soon", "due_before={soon}&sort=resolution_due"),
    ("overdue", "Overdue", "overdue=true&sort=resolution_due"),
    ("violated", "Violated", "sla_violated=true&status=new,open,pending,in_progress,waiting_customer"),
    ("resolved", "Recently resolved", "status=resolved&sort=-updated_at"),
];
/// Hours until the due time that count as soon.
const SOON: i64 = 4;

/// A view with its count.
pub struct View {
    pub name: &'static str,
    pub title: &'static str,
    pub count: String,
    pub is_current: bool,
}

pub struct Frame {
    pub user: String,
    pub may_work: bool,
    pub unread: i64,
    pub views: Vec<View>,
}

impl Frame {
    /// Reads the frame around a page; `current` is the view that is open.
    pub fn read(work: &mut Work, current: &str) -> Result<Frame> {
        let me = work.actor.user_id();
        let named: Option<(String, i64)> = work.optional(
            "select u.name, (select count(*) from crm_notifications n where n.user_id = u.user_id and n.read_at is null)
             from crm_users u where u.user_id = $1",
            &[&me],
        )?;
        let (user, unread) = named.unwrap_or_default();
        let mut views = Vec::with_capacity(VIEWS.len());
        for (name, title, _) in VIEWS {
            let Some(query) = query_of(work, name)? else { continue };
            let filter = query.filter(work.dialect(), work.actor, work.now, CaseScope::Desk)?;
            let counted = count_cases(work, &filter, "crm_cases c", false)?;
            let count =
                if counted.total_is_exact { counted.total_cases.to_string() } else { "10 000+".into() };
            views.push(View { name, title, count, is_current: name == current });
        }
        let may_work = work.actor.is_at_least(crate::people::Role::Agent);
        Ok(Frame { user, may_work, unread, views })
    }
}

/// The list's query of a view; `None` for a name that is none.
pub fn query_of(work: &Work, name: &str) -> Result<Option<CaseQuery>> {
    let Some((_, _, query)) = VIEWS.iter().find(|(known, _, _)| *known == name) else { return Ok(None) };
    let me = work.actor.user_id().unwrap_or(0).to_string();
    let soon = work.now.plus_hours(SOON).to_string();
    input::from_query(&query.replace("{me}", &me).replace("{soon}", &soon)).map(Some)
}

pub fn title_of(name: &str) -> &'static str {
    VIEWS.iter().find(|(known, _, _)| *known == name).map_or("Cases", |(_, title, _)| title)
}

/// One of the things that a form lets choose.
pub struct Choice {
    pub id: i64,
    pub name: String,
}

db::record! {
    struct Named {
        kind: String,
        id: i64,
        name: String,
    }
}

/// What a case may have: types, priorities, users who work cases, teams.
#[derive(Default)]
pub struct Choices {
    pub types: Vec<Choice>,
    pub priorities: Vec<Choice>,
    pub owners: Vec<Choice>,
    pub teams: Vec<Choice>,
}

/// Reads the choices, 500 of each kind at most.
pub fn choices(work: &mut Work) -> Result<Choices> {
    let rows: Vec<Named> = work.query(
        "select q.kind, q.id, q.name from (
             select 'type' as kind, case_type_id as id, type_name as name, case_type_id as place from crm_case_types
             where is_active
             union all
             select 'priority', priority_id, priority_name, -priority_level from crm_case_priorities where is_active
             union all
             select 'owner', user_id, name, 0 from crm_users where is_active and role <> 'viewer'
             union all
             select 'team', team_id, team_name, 0 from crm_teams where is_active
         ) q order by q.kind, q.place, q.name, q.id limit 2000",
        &[],
    )?;
    let mut choices = Choices::default();
    for Named { kind, id, name } in rows {
        let list = match kind.as_str() {
            "type" => &mut choices.types,
            "priority" => &mut choices.priorities,
            "owner" => &mut choices.owners,
            _ => &mut choices.teams,
        };
        if list.len() < 500 {
            list.push(Choice { id, name });
        }
    }
    Ok(choices)
}
