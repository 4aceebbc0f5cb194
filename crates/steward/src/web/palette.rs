//! Going anywhere by typing: pages, views, cases, customers and articles that a text may mean. The command palette shows
//! it as somebody types; without scripts it is a page.

use std::borrow::Cow;

use askama::Template;
use axum::extract::RawQuery;
use db::Class;

use super::frame::Frame;
use super::page::{PageResult, Seat, show};
use super::visit::Page;
use crate::cases::address::Address;
use crate::cases::list;
use crate::error::Result;
use crate::http::Viewer;
use crate::input::{self, fold};
use crate::knowledge::suggest;
use crate::people::{Account, Contact};
use crate::work::Work;

/// Hits of a kind in the palette, and on the page.
const FEW: i64 = 5;
const MANY: i64 = 20;

crate::input! {
    struct Asked {
        q: Option<String>,
    }
}

/// One thing to go to.
struct Hit {
    href: String,
    /// What tells it apart, such as a case's number.
    mark: String,
    title: String,
    note: String,
}

/// Hits of one kind.
struct Group {
    title: Cow<'static, str>,
    hits: Vec<Hit>,
}

/// Pages of the workspace: address, message, and whether it is for whoever works cases or runs the desk.
const PAGES: [(&str, &str, Need); 9] = [
    ("/cases/new", "desk-new-case", Need::Agent),
    ("/cases", "desk-all-cases", Need::Nothing),
    ("/customers", "desk-customers", Need::Nothing),
    ("/dashboard", "desk-dashboard", Need::Nothing),
    ("/knowledge", "desk-knowledge", Need::Nothing),
    ("/notifications", "desk-notifications", Need::Nothing),
    ("/profile", "palette-profile", Need::Nothing),
    ("/administration", "desk-administration", Need::Manager),
    ("/help", "palette-help", Need::Nothing),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    Agent,
    Manager,
}

#[derive(Template)]
#[template(path = "palette.html")]
struct Palette {
    page: Page,
    groups: Vec<Group>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    frame: Frame,
    asked: String,
    groups: Vec<Group>,
}

/// Where in the workspace a text may lead; every place where nothing was typed.
fn places(page: &Page, frame: &Frame, text: &str) -> Vec<Hit> {
    let hit = |href: String, title: String| Hit { href, mark: String::new(), title, note: String::new() };
    let pages = PAGES.iter().filter(|(.., need)| match need {
        Need::Nothing => true,
        Need::Agent => frame.may_work(),
        Need::Manager => frame.may_manage(),
    });
    let pages = pages.map(|(href, message, _)| hit((*href).to_owned(), page.say(message).into_owned()));
    let views = frame.views.iter().chain(&frame.own_teams).chain(&frame.other_teams);
    let views = views.map(|view| hit(format!("/views/{}", view.name), view.title.clone().into_owned()));
    let saved = frame.saved.iter().map(|view| hit(format!("/saved-views/{}", view.id), view.title.clone()));
    let words: Vec<String> = fold(text).split_whitespace().map(str::to_owned).collect();
    let is_meant = |hit: &Hit| {
        let title = fold(&hit.title);
        words.iter().all(|word| title.contains(word.as_str()))
    };
    views.chain(saved).chain(pages).filter(is_meant).collect()
}

fn cases(work: &mut Work, text: &str, most: i64) -> Result<Vec<Hit>> {
    let address = Address::default().with("search", text);
    let query = input::from_query(&address.to_query())?;
    let found = list::glance(work, &query, most, most)?;
    let hits = found.cases.into_iter().map(|item| Hit {
        href: format!("/cases/{}", item.case.case_id),
        mark: item.case.case_number,
        title: item.case.subject,
        note: item.case.contact_name.unwrap_or_default(),
    });
    Ok(hits.collect())
}

fn customers(work: &mut Work, text: &str, most: i64) -> Result<Vec<Hit>> {
    let contacts = Contact::beginning(work, text, most)?.into_iter().map(|contact| Hit {
        href: format!("/customers/contacts/{}", contact.contact_id),
        mark: String::new(),
        title: contact.name,
        note: contact.email.unwrap_or_default(),
    });
    let accounts = Account::beginning(work, text, most)?.into_iter().map(|account| Hit {
        href: format!("/customers/accounts/{}", account.account_id),
        mark: String::new(),
        title: account.account_name,
        note: account.domain.unwrap_or_default(),
    });
    Ok(contacts.chain(accounts).collect())
}

fn articles(work: &mut Work, text: &str, most: i64) -> Result<Vec<Hit>> {
    let articles = suggest::found(work, text, most)?.into_iter().map(|article| Hit {
        href: format!("/knowledge/{}", article.article_id),
        mark: article.article_number,
        title: article.title,
        note: article.category_name.unwrap_or_default(),
    });
    Ok(articles.collect())
}

fn groups(work: &mut Work, page: &Page, frame: &Frame, text: &str, most: i64) -> Result<Vec<Group>> {
    let text = text.trim();
    let mut groups = vec![(page.say("palette-places"), places(page, frame, text))];
    if !text.is_empty() {
        groups.push((page.say("cases-title"), cases(work, text, most)?));
        groups.push((page.say("desk-customers"), customers(work, text, most)?));
        groups.push((page.say("desk-knowledge"), articles(work, text, most)?));
        // Somebody who types a number means a case.
        if text.starts_with('#') || text.bytes().any(|byte| byte.is_ascii_digit()) {
            groups.swap(0, 1);
        }
    }
    groups.retain(|(_, hits)| !hits.is_empty());
    Ok(groups.into_iter().map(|(title, hits)| Group { title, hits }).collect())
}

fn asked(query: Option<String>) -> Result<String> {
    let Asked { q } = input::from_query(&query.unwrap_or_default())?;
    Ok(q.unwrap_or_default())
}

/// The options of the palette.
pub async fn palette(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let text = asked(query)?;
    let class = if text.trim().is_empty() { Class::Bounded } else { Class::Slow };
    let visit = seat.visit.clone();
    let palette = seat.read(class, move |work| {
        let page = Page::read(work, &visit)?;
        let frame = Frame::read(work, &visit, "")?;
        let groups = groups(work, &page, &frame, &text, FEW)?;
        Ok(Palette { page, groups })
    });
    show(&palette.await?)
}

/// The same as a page of its own.
pub async fn search(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let text = asked(query)?;
    let visit = seat.visit.clone();
    let page = seat.read(Class::Slow, move |work| {
        let page = Page::read(work, &visit)?;
        let frame = Frame::read(work, &visit, "search")?;
        let groups = groups(work, &page, &frame, &text, MANY)?;
        Ok(SearchPage { page, frame, asked: text.clone(), groups })
    });
    show(&page.await?)
}
