//! What stands around every page: who is signed in, and the views of the case list with their counts.

use std::borrow::Cow;

use super::language::Language;
use super::visit::Visit;
use crate::cases::{CaseQuery, CaseScope, count_cases};
use crate::error::{Error, Result};
use crate::input;
use crate::people::Role;
use crate::work::{Actor, Work};

/// The views of the desk, in their order: name in the address, the list's query. `me` and `soon` are filled in. What a
/// view is called stands in the catalogues: `view-mine`.
const VIEWS: [(&str, &str); 7] = [
    ("mine", "owner_id={me}&status=new,open,pending,in_progress,waiting_customer&sort=resolution_due"),
    ("unassigned", "unassigned=true&status=new,open,pending,in_progress,waiting_customer"),
    ("open", "status=new,open,pending,in_progress,waiting_customer"),
    ("due-soon", "due_before={soon}&sort=resolution_due"),
    ("overdue", "overdue=true&sort=resolution_due"),
    ("violated", "sla_violated=true&status=new,open,pending,in_progress,waiting_customer"),
    ("resolved", "status=resolved&sort=-updated_at"),
];
/// Hours until the due time that count as soon.
const SOON: i64 = 4;

/// A view with its count.
pub struct View {
    pub name: &'static str,
    pub title: Cow<'static, str>,
    /// How many cases are in it; `10,000+` beyond.
    pub count: String,
}

/// What stands around the pages of the workspace.
pub struct Frame {
    pub user_id: i64,
    pub user: String,
    pub role: Role,
    pub unread: i64,
    pub views: Vec<View>,
    /// The view or section that is open: a view's name, or `knowledge`, `dashboard`, `administration`.
    pub current: String,
}

db::record! {
    struct Viewer {
        name: String,
        unread: i64,
    }
}

impl Frame {
    /// Reads the frame around a page; `current` is the view or section that is open.
    pub fn read(work: &mut Work, visit: &Visit, current: &str) -> Result<Frame> {
        let Actor::User { id, role } = work.actor else { return Err(Error::NotFound("page")) };
        let viewer: Option<Viewer> = work.optional(
            "select u.name, (select count(*) from crm_notifications n where n.user_id = u.user_id and n.read_at is null)
                 as unread
             from crm_users u where u.user_id = $1",
            &[&id],
        )?;
        let viewer = viewer.ok_or(Error::NotFound("user"))?;
        let mut views = Vec::with_capacity(VIEWS.len());
        for (name, _) in VIEWS {
            let Some(query) = query_of(work, name)? else { continue };
            let filter = query.filter(work.dialect(), work.actor, work.now, CaseScope::Desk)?;
            let counted = count_cases(work, &filter, "crm_cases c", false)?;
            let more = if counted.total_is_exact { "" } else { "+" };
            let count = format!("{}{more}", visit.language.whole(counted.total_cases));
            views.push(View { name, title: title_of(visit.language, name), count });
        }
        Ok(Frame {
            user_id: id,
            user: viewer.name,
            role,
            unread: viewer.unread,
            views,
            current: current.to_owned(),
        })
    }

    pub fn is_at(&self, section: &str) -> bool {
        self.current == section
    }

    /// Whether the viewer works cases.
    pub fn may_work(&self) -> bool {
        self.role >= Role::Agent
    }

    /// Whether the viewer changes how the desk works.
    pub fn may_manage(&self) -> bool {
        self.role >= Role::Manager
    }

    pub fn may_administer(&self) -> bool {
        self.role == Role::Admin
    }
}

/// The list's query of a view; `None` for a name that is none.
pub fn query_of(work: &Work, name: &str) -> Result<Option<CaseQuery>> {
    let Some((_, query)) = VIEWS.iter().find(|(known, _)| *known == name) else { return Ok(None) };
    let me = work.actor.user_id().unwrap_or(0).to_string();
    let soon = work.now.plus_hours(SOON).to_string();
    input::from_query(&query.replace("{me}", &me).replace("{soon}", &soon)).map(Some)
}

/// What a view is called; any other list is called cases.
pub fn title_of(language: Language, name: &str) -> Cow<'static, str> {
    match VIEWS.iter().find(|(known, _)| *known == name) {
        Some((name, _)) => language.say(&format!("view-{name}")),
        None => language.say("cases-title"),
    }
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
