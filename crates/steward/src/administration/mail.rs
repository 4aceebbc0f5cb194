//! Outbound mail: what was sent, what waits, what failed; and a message with its text.

use askama::Template;
use db::Class;

use super::{around, next_page};
use crate::http::Admin;
use crate::input::Set;
use crate::mail::State;
use crate::mail::api::{self, Message, MessageList, MessageQuery};
use crate::paging::Paging;
use crate::web::{Asked, Frame, Ids, Page, PageResult, Seat, show};

/// Rows on a page.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "administration/mail.html")]
struct MailPage {
    page: Page,
    frame: Frame,
    list: MessageList,
    state: Option<State>,
    is_off: bool,
    next: Option<String>,
}

impl MailPage {
    fn shows(&self, state: &State) -> bool {
        self.state == Some(*state)
    }
}

/// Whether an admin may have a message sent again.
pub fn may_retry(state: &State) -> bool {
    matches!(state, State::Held | State::Dead | State::Unknown)
}

pub async fn list(seat: Seat<Admin>, asked: Asked<MessageQuery>) -> PageResult {
    let query = asked.query;
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), ROWS)?;
    let visit = seat.visit.clone();
    let mail = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let list = api::page(work, &query, &paging)?;
        let state = match &query.state {
            Some(Set(states)) if states.len() == 1 => states.first().copied(),
            _ => None,
        };
        let next = list.pagination.next_cursor.as_ref().map(|cursor| next_page(&visit, "cursor", cursor));
        Ok(MailPage { page, frame, list, state, is_off: !work.config.sends_mail(), next })
    });
    show(&mail.await?)
}

#[derive(Template)]
#[template(path = "administration/message.html")]
struct MessagePage {
    page: Page,
    frame: Frame,
    message: Message,
    is_off: bool,
}

pub async fn message(seat: Seat<Admin>, Ids([id]): Ids<1>) -> PageResult {
    let visit = seat.visit.clone();
    let message = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(MessagePage { page, frame, message: api::find(work, id)?, is_off: !work.config.sends_mail() })
    });
    show(&message.await?)
}
