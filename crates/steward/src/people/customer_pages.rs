//! Customers in the browser: finding them, a contact or an account with their details and cases.

use askama::Template;
use axum::extract::RawQuery;
use db::Class;

use super::accounts::{AccountQuery, Tier};
use super::contacts::ContactQuery;
use super::{Account, Contact};
use crate::cases::address::Address;
use crate::cases::list::{self, Glance};
use crate::error::{Error, Result};
use crate::http::{Path, Viewer};
use crate::input;
use crate::paging::{Cursor, Paging};
use crate::web::{Frame, Page, PageResult, Seat, show};
use crate::work::Work;

/// Customers on a page.
const ROWS: i64 = 50;
/// Cases beside a customer, and contacts beside an account.
const BESIDE: i64 = 20;
/// Customers that a field suggests.
const SUGGESTED: i64 = 8;

crate::words! {
    /// What kind of customer is looked for.
    pub enum Kind { Contacts = "contacts", Accounts = "accounts" }
}

crate::input! {
    /// What is looked for.
    pub struct Asked {
        pub kind: Option<Kind>,
        /// How the name or the address begins.
        pub search: Option<String>,
        pub cursor: Option<Cursor>,
    }
}

#[derive(Template)]
#[template(path = "people/customers.html")]
struct CustomersPage {
    page: Page,
    frame: Frame,
    kind: Kind,
    search: String,
    contacts: Vec<Contact>,
    accounts: Vec<Account>,
    next: Option<String>,
}

impl CustomersPage {
    fn is(&self, kind: &str) -> bool {
        self.kind.word() == kind
    }
}

fn asked(query: Option<String>) -> Result<Asked> {
    let address = Address::parse(&query.unwrap_or_default())?.over(&Address::default());
    input::from_query(&address.to_query())
}

/// Customers by the beginning of their names.
pub async fn find(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let asked = asked(query)?;
    let visit = seat.visit.clone();
    let page = seat.read(Class::Slow, move |work| {
        let Asked { kind, search, cursor } = asked.clone();
        let kind = kind.unwrap_or(Kind::Contacts);
        let paging = Paging::new(None, None, cursor.clone(), ROWS)?;
        let (mut contacts, mut accounts) = (Vec::new(), Vec::new());
        let pagination = match kind {
            Kind::Contacts => {
                let query = ContactQuery {
                    search: search.clone(),
                    account_id: None,
                    page: None,
                    limit: None,
                    cursor,
                    exact: None,
                };
                let list = Contact::list(work, &query, &paging)?;
                contacts = list.contacts;
                list.pagination
            }
            Kind::Accounts => {
                let query = AccountQuery {
                    search: search.clone(),
                    account_tier: None,
                    page: None,
                    limit: None,
                    cursor,
                    exact: None,
                };
                let list = Account::list(work, &query, &paging)?;
                accounts = list.accounts;
                list.pagination
            }
        };
        let next = pagination.next_cursor.map(|cursor| {
            let address = Address::default().with("kind", kind.word()).with("cursor", cursor);
            let address = search.iter().fold(address, |address, text| address.with("search", text.clone()));
            format!("/customers?{}", address.to_query())
        });
        Ok(CustomersPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "customers")?,
            kind,
            search: search.unwrap_or_default(),
            contacts,
            accounts,
            next,
        })
    });
    show(&page.await?)
}

/// Somebody that a field suggests.
struct Suggestion {
    id: i64,
    name: String,
    note: String,
}

#[derive(Template)]
#[template(path = "people/_suggestions.html")]
struct Suggestions {
    suggestions: Vec<Suggestion>,
}

crate::input! {
    struct Typed {
        kind: Option<Kind>,
        q: Option<String>,
    }
}

/// Customers for a field in which somebody types.
pub async fn suggest(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let address = Address::parse(&query.unwrap_or_default())?.over(&Address::default());
    let typed: Typed = input::from_query(&address.to_query())?;
    let page = seat.read(Class::Slow, move |work| {
        let text = typed.q.as_deref().unwrap_or("");
        let suggestions = match typed.kind.unwrap_or(Kind::Contacts) {
            Kind::Contacts => Contact::beginning(work, text, SUGGESTED)?
                .into_iter()
                .map(|contact| Suggestion {
                    id: contact.contact_id,
                    name: contact.name,
                    note: contact.email.unwrap_or_default(),
                })
                .collect(),
            Kind::Accounts => Account::beginning(work, text, SUGGESTED)?
                .into_iter()
                .map(|account| Suggestion {
                    id: account.account_id,
                    name: account.account_name,
                    note: String::new(),
                })
                .collect(),
        };
        Ok(Suggestions { suggestions })
    });
    show(&page.await?)
}

/// The latest cases of a customer, with the list of all.
struct Cases {
    list: Glance,
    href: String,
}

impl Cases {
    fn read(work: &mut Work, field: &str, id: i64) -> Result<Cases> {
        let address = Address::default().with(field, id.to_string());
        let query = input::from_query(&address.to_query())?;
        let list = list::glance(work, &query, BESIDE, BESIDE)?;
        Ok(Cases { list, href: format!("/cases?{}", address.to_query()) })
    }
}

#[derive(Template)]
#[template(path = "people/contact.html")]
struct ContactPage {
    page: Page,
    frame: Frame,
    contact: Contact,
    account: Option<Account>,
    cases: Cases,
    may_choose: bool,
}

pub async fn contact(seat: Seat<Viewer>, id: Id) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let contact = Contact::find(work, id.0)?;
        let account = match contact.account_id.map(|id| Account::find(work, id)) {
            None | Some(Err(Error::NotFound(_))) => None,
            Some(found) => Some(found?),
        };
        Ok(ContactPage {
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "customers")?,
            cases: Cases::read(work, "contact_id", id.0)?,
            contact,
            account,
            may_choose: false,
        })
    });
    show(&page.await?)
}

#[derive(Template)]
#[template(path = "people/account.html")]
struct AccountPage {
    page: Page,
    frame: Frame,
    account: Account,
    contacts: Vec<Contact>,
    cases: Cases,
    may_choose: bool,
}

pub async fn account(seat: Seat<Viewer>, id: Id) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        Ok(AccountPage {
            account: Account::find(work, id.0)?,
            page: Page::read(work, &visit)?,
            frame: Frame::read(work, &visit, "customers")?,
            contacts: Contact::of_account(work, id.0, BESIDE)?,
            cases: Cases::read(work, "account_id", id.0)?,
            may_choose: false,
        })
    });
    show(&page.await?)
}

/// The id in a page's address.
pub struct Id(i64);

impl axum::extract::FromRequestParts<crate::App> for Id {
    type Rejection = crate::web::PageError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &crate::App,
    ) -> Result<Self, Self::Rejection> {
        let Path([id]) = Path::<1>::from_request_parts(parts, app).await?;
        Ok(Id(id))
    }
}
