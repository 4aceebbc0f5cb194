//! One's own notifications in the browser: what is new, what was read, and marking it so.

use askama::Template;
use axum::extract::RawQuery;
use db::Class;

use super::{MarkRead, NotificationQuery, Notifications};
use crate::http::Viewer;
use crate::input::{self, Set};
use crate::web::{Form, Frame, Page, PageResult, Seat, redirect, show};

#[derive(Template)]
#[template(path = "notifications/list.html")]
struct ListPage {
    page: Page,
    frame: Frame,
    list: Notifications,
    /// Whether those that were read are shown too.
    shows_all: bool,
}

crate::input! {
    /// What of the notifications is shown.
    struct Asked {
        all: Option<bool>,
        before: Option<i64>,
    }
}

pub async fn list(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let Asked { all, before } = input::from_query(&query.unwrap_or_default())?;
    let shows_all = all == Some(true);
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let query = NotificationQuery {
            unread: (!shows_all).then_some(true),
            kind: None,
            limit: None,
            before_notification_id: before,
        };
        Ok(ListPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "notifications")?,
            list: Notifications::read(work, &query)?,
            shows_all,
        })
    });
    show(&page.await?)
}

crate::input! {
    /// Which to mark as read; without any, all of them.
    pub struct Read {
        pub notification_id: Option<Set<i64>>,
        pub all: Option<bool>,
    }
}

pub async fn mark_read(seat: Seat<Viewer>, Form(form): Form<Read>) -> PageResult {
    let ids = form.notification_id.map(|ids| ids.0);
    let all = ids.is_none().then_some(true);
    let marked = seat
        .app
        .write(seat.actor, move |work| super::mark(work, &MarkRead { notification_ids: ids.clone(), all }));
    marked.await?;
    redirect(if form.all == Some(true) { "/notifications?all=true" } else { "/notifications" })
}
