//! The first run: how the first admin gets in, and from an empty desk to the first case, step by step. Each step is ticked
//! by what the desk holds.

use std::ops::Deref;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use db::Class;

use crate::error::{Error, Result};
use crate::http::{Anyone, Caller, Reader};
use crate::people::{Role, first_admin};
use crate::web::{self, Faults, Frame, Page, PageResult, Seat, Sent, redirect, show, show_as};
use crate::work::{Actor, Work};

/// A step with where it is done.
struct Step {
    /// Its word in the messages.
    name: &'static str,
    is_done: bool,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "administration/welcome.html")]
struct WelcomePage {
    page: Page,
    frame: Frame,
    steps: Vec<Step>,
}

impl WelcomePage {
    fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.is_done).count()
    }
}

db::record! {
    struct Facts {
        is_named: bool,
        has_colleague: bool,
        has_customer: bool,
        has_case: bool,
    }
}

fn steps(work: &mut Work) -> Result<Vec<Step>> {
    let facts: Facts = work.one(
        "select d.desk_name is not null as is_named,
             (select count(*) from (select 1 as one from crm_users where is_active limit 2) u) > 1 as has_colleague,
             exists (select 1 from crm_contacts where is_active) as has_customer,
             exists (select 1 from crm_cases) as has_case
         from crm_desk_settings d where d.settings_id = 1",
        &[],
    )?;
    let step = |name, is_done, href| Step { name, is_done, href };
    Ok(vec![
        step("name", facts.is_named, "/administration/branding"),
        step("colleague", facts.has_colleague, "/administration/users/new"),
        step("customer", facts.has_customer, "/customers"),
        step("mail", work.config.sends_mail(), "/administration/mail"),
        step("case", facts.has_case, "/cases/new"),
    ])
}

/// Whether a desk has yet to see its first case.
pub fn is_empty(work: &mut Work) -> Result<bool> {
    Ok(work.optional::<(i64,)>("select case_id from crm_cases limit 1", &[])?.is_none())
}

#[derive(Template)]
#[template(path = "administration/first_admin.html")]
struct FirstAdminPage {
    page: Page,
    /// Where the token is, as far as this node knows.
    file: String,
    name: String,
    email: String,
    faults: Faults,
    /// Seconds after which to try again.
    wait: Option<i64>,
}

fn first_admin_page<P: Deref<Target = Caller>>(seat: &Seat<P>) -> FirstAdminPage {
    FirstAdminPage {
        page: seat.page(),
        file: first_admin::FILE.to_owned(),
        name: String::new(),
        email: String::new(),
        faults: Faults::default(),
        wait: None,
    }
}

/// Where everybody goes once the first admin has come in.
const SIGN_IN: &str = "/sign-in?next=%2Fwelcome";

/// To an admin the steps; to whoever comes before the first admin, the way in; to nobody else anything.
pub async fn look(seat: Seat<Reader>) -> PageResult {
    match seat.actor {
        Actor::User { role: Role::Admin, .. } => {
            let visit = seat.visit.clone();
            let page = seat.read(Class::Bounded, move |work| {
                let (page, frame) = (Page::read(work, &visit)?, Frame::read(work, &visit, "welcome")?);
                Ok(WelcomePage { page, frame, steps: steps(work)? })
            });
            show(&page.await?)
        }
        Actor::User { .. } => Err(Error::Forbidden("this page is for admins".into()).into()),
        Actor::Contact { .. } => Err(Error::NotFound("page").into()),
        _ if is_awaited(&seat).await? => web::unkept(show(&first_admin_page(&seat))?),
        _ => redirect(SIGN_IN),
    }
}

async fn is_awaited<P: Deref<Target = Caller>>(seat: &Seat<P>) -> Result<bool> {
    seat.app.read(Class::Bounded, Actor::System, first_admin::is_awaited).await
}

/// Takes the token of the first start, once, and leads on to the steps. Where the first admin has come in there is no page.
pub async fn enter(seat: Seat<Anyone>, headers: HeaderMap, sent: Sent) -> PageResult {
    if !is_awaited(&seat).await? {
        return redirect(SIGN_IN);
    }
    let entered = match sent.read() {
        Ok(given) => first_admin::enter(&seat, given, &headers).await,
        Err(error) => Err(error),
    };
    let error = match entered {
        Ok(secret) => return web::begin_session(&seat, &secret, "/welcome"),
        Err(error) => error,
    };
    let (name, email) = (sent.text("name").to_owned(), sent.text("email").to_owned());
    let page = FirstAdminPage { name, email, ..first_admin_page(&seat) };
    if let Error::TooMany { retry_after, .. } = &error {
        let wait = Some(i64::try_from(*retry_after).unwrap_or(i64::MAX));
        return web::unkept(show_as(error.status(), &FirstAdminPage { wait, ..page })?);
    }
    let page = FirstAdminPage { faults: Faults::of(error, &seat.visit)?, ..page };
    web::unkept(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)?)
}
