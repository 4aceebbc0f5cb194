//! What stands around every page: who is signed in, and the views of the case list with their counts.

use std::borrow::Cow;

use super::language::Language;
use super::visit::Visit;
use crate::cases::views::{self, Count, Counts};
use crate::error::{Error, Result};
use crate::people::Role;
use crate::work::{Actor, Work};

/// A view with its count.
pub struct View {
    /// In its address, and by which it is known when it is counted again: `mine`, `team-3`.
    pub name: Cow<'static, str>,
    pub title: Cow<'static, str>,
    /// How many cases are in it; `1,000+` beyond.
    pub count: String,
}

/// A saved view; its cases are counted once the page is there.
pub struct Saved {
    pub id: i64,
    pub title: String,
    pub is_own: bool,
}

/// What stands around the pages of the workspace.
pub struct Frame {
    pub user_id: i64,
    pub user: String,
    pub role: Role,
    pub unread: i64,
    pub views: Vec<View>,
    /// The open cases of one's own teams, and of the others.
    pub own_teams: Vec<View>,
    pub other_teams: Vec<View>,
    pub saved: Vec<Saved>,
    /// The view or section that is open: a view's name, `saved-3`, or `knowledge`, `dashboard`, `administration`.
    pub current: String,
}

/// A count as it is shown.
pub fn told(language: Language, count: Count) -> String {
    format!("{}{}", language.whole(count.cases), if count.is_exact { "" } else { "+" })
}

impl Frame {
    /// Reads the frame around a page; `current` is the view or section that is open. Four statements.
    pub fn read(work: &mut Work, visit: &Visit, current: &str) -> Result<Frame> {
        let Actor::User { id, role } = work.actor else { return Err(Error::NotFound("page")) };
        let counts = Counts::read(work)?;
        let (teams, saved) = views::places(work)?;
        let language = visit.language;
        let views = views::NAMES.into_iter().map(|name| View {
            name: name.into(),
            title: title_of(language, name),
            count: told(language, counts.of(name)),
        });
        let (own, others): (Vec<_>, Vec<_>) = teams.into_iter().partition(|team| team.is_own);
        let counted = |team: views::Place| {
            let name = format!("team-{}", team.id);
            let count = told(language, counts.of(&name));
            View { name: name.into(), title: team.name.into(), count }
        };
        Ok(Frame {
            user_id: id,
            role,
            unread: counts.unread,
            views: views.collect(),
            own_teams: own.into_iter().map(counted).collect(),
            other_teams: others.into_iter().map(counted).collect(),
            saved: saved
                .into_iter()
                .map(|view| Saved { id: view.id, title: view.name, is_own: view.is_own })
                .collect(),
            user: counts.user,
            current: current.to_owned(),
        })
    }

    /// Whether the open view is among these: a folded group that holds it is unfolded.
    pub fn is_among(&self, views: &[View]) -> bool {
        views.iter().any(|view| self.is_at(&view.name))
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

/// What one of the desk's own views is called.
pub fn title_of(language: Language, name: &str) -> Cow<'static, str> {
    language.say(&format!("view-{name}"))
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
