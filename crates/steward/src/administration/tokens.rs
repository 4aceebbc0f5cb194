//! Tokens: who has access by program, and who is signed in. A new token's secret is shown once, by the browser that
//! made it.

use askama::Template;
use db::Class;

use super::names::{Name, Names};
use super::{around, next_page};
use crate::http::Admin;
use crate::paging::Paging;
use crate::people::User;
use crate::people::tokens::{self, Token, TokenKind, TokenList, TokenQuery};
use crate::web::{Asked, Frame, Page, PageResult, Seat, show};

/// Rows on a page.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "administration/tokens.html")]
struct TokensPage {
    page: Page,
    frame: Frame,
    list: TokenList,
    kind: TokenKind,
    names: Names,
    next: Option<String>,
}

impl TokensPage {
    /// Whom a token speaks for.
    fn owner(&self, token: &Token) -> Option<&Name> {
        let user = token.user_id.and_then(|id| self.names.get("user", &id));
        user.or_else(|| self.names.get("contact", &token.contact_id?))
    }

    /// The word for where a token stands.
    fn state(&self, token: &Token) -> &'static str {
        if token.revoked_at.is_some() {
            "revoked"
        } else if token.expires_at.is_some_and(|end| end <= self.page.now) {
            "expired"
        } else {
            "valid"
        }
    }
}

pub async fn list(seat: Seat<Admin>, asked: Asked<TokenQuery>) -> PageResult {
    let mut query = asked.query;
    let kind = *query.kind.get_or_insert(TokenKind::Api);
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), ROWS)?;
    let visit = seat.visit.clone();
    let tokens = seat.read(Class::Slow, move |work| {
        let (page, frame) = around(work, &visit)?;
        let list = tokens::page(work, &query, &paging)?;
        let users = list.tokens.iter().flat_map(|token| [token.user_id, token.created_by]).flatten();
        let contacts = list.tokens.iter().filter_map(|token| token.contact_id);
        let things = users.map(|id| ("user", id)).chain(contacts.map(|id| ("contact", id)));
        let names = Names::read(work, things)?;
        let next = list.pagination.next_cursor.as_ref().map(|cursor| next_page(&visit, "cursor", cursor));
        Ok(TokensPage { page, frame, list, kind, names, next })
    });
    show(&tokens.await?)
}

#[derive(Template)]
#[template(path = "administration/token.html")]
struct TokenPage {
    page: Page,
    frame: Frame,
    users: Vec<User>,
}

pub async fn new(seat: Seat<Admin>) -> PageResult {
    let visit = seat.visit.clone();
    let new = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        Ok(TokenPage { page, frame, users: User::all(work)? })
    });
    show(&new.await?)
}
