//! Users: who they are, what they may do, and whether they are still here.

use askama::Template;
use db::Class;

use super::deleted::{self, Deleted};
use super::{around, next_page};
use crate::http::Admin;
use crate::input::Set;
use crate::paging::Paging;
use crate::people::users::{UserList, UserQuery};
use crate::people::{Role, Team, User};
use crate::web::{Asked, Frame, Ids, Page, PageResult, Seat, show};

/// Rows on a page.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "administration/users.html")]
struct UsersPage {
    page: Page,
    frame: Frame,
    list: UserList,
    search: String,
    role: Option<Role>,
    next: Option<String>,
    deleted: Vec<Deleted>,
}

impl UsersPage {
    fn shows(&self, role: &Role) -> bool {
        self.role == Some(*role)
    }
}

pub async fn list(seat: Seat<Admin>, asked: Asked<UserQuery>) -> PageResult {
    let query = asked.query;
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), ROWS)?;
    let visit = seat.visit.clone();
    let users = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let list = User::list(work, &query, &paging)?;
        let role = match &query.role {
            Some(Set(roles)) if roles.len() == 1 => roles.first().copied(),
            _ => None,
        };
        Ok(UsersPage {
            deleted: deleted::read(work, &frame, "crm_users", "user_id", "name")?,
            next: list.pagination.next_cursor.as_ref().map(|cursor| next_page(&visit, "cursor", cursor)),
            search: query.search.clone().unwrap_or_default(),
            page,
            frame,
            list,
            role,
        })
    });
    show(&users.await?)
}

#[derive(Template)]
#[template(path = "administration/user.html")]
struct UserPage {
    page: Page,
    frame: Frame,
    /// None: one to be added.
    user: Option<User>,
    /// The teams that the user is in.
    teams: Vec<Team>,
}

impl UserPage {
    fn role(&self) -> Role {
        self.user.as_ref().map_or(Role::Agent, |user| user.role)
    }
}

pub async fn new(seat: Seat<Admin>) -> PageResult {
    let visit = seat.visit.clone();
    let new = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(UserPage { page, frame, user: None, teams: Vec::new() })
    });
    show(&new.await?)
}

pub async fn edit(seat: Seat<Admin>, Ids([id]): Ids<1>) -> PageResult {
    let visit = seat.visit.clone();
    let user = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let user = Some(User::find(work, id)?);
        Ok(UserPage { page, frame, user, teams: Team::of_user(work, id)? })
    });
    show(&user.await?)
}
