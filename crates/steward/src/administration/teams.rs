//! Teams and who is in them.

use askama::Template;
use db::Class;

use super::deleted::{self, Deleted};
use super::{around, next_page};
use crate::http::Manager;
use crate::paging::Paging;
use crate::people::teams::{TeamList, TeamQuery};
use crate::people::{Team, User};
use crate::web::{Asked, Frame, Ids, Page, PageResult, Seat, show};

/// Rows on a page.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "administration/teams.html")]
struct TeamsPage {
    page: Page,
    frame: Frame,
    list: TeamList,
    next: Option<String>,
    deleted: Vec<Deleted>,
}

pub async fn list(seat: Seat<Manager>, asked: Asked<TeamQuery>) -> PageResult {
    let query = asked.query;
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), ROWS)?;
    let visit = seat.visit.clone();
    let teams = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let list = Team::list(work, &query, &paging)?;
        Ok(TeamsPage {
            deleted: deleted::read(work, &frame, "crm_teams", "team_id", "team_name")?,
            next: list.pagination.next_cursor.as_ref().map(|cursor| next_page(&visit, "cursor", cursor)),
            page,
            frame,
            list,
        })
    });
    show(&teams.await?)
}

#[derive(Template)]
#[template(path = "administration/team.html")]
struct TeamPage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    team: Option<Team>,
    /// Everybody who can be in it.
    users: Vec<User>,
}

impl TeamPage {
    fn has(&self, user: &User) -> bool {
        let members = self.team.iter().flat_map(|team| &team.members);
        members.into_iter().any(|member| member.user_id == user.user_id)
    }
}

pub async fn new(seat: Seat<Manager>) -> PageResult {
    let visit = seat.visit.clone();
    let new = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(TeamPage { page, frame, team: None, users: User::all(work)? })
    });
    show(&new.await?)
}

pub async fn edit(seat: Seat<Manager>, Ids([id]): Ids<1>) -> PageResult {
    let visit = seat.visit.clone();
    let team = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let team = Some(Team::find(work, id)?);
        Ok(TeamPage { page, frame, team, users: User::all(work)? })
    });
    show(&team.await?)
}
