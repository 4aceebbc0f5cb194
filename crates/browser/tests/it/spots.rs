//! Every page of the desk, as somebody would come to it in the demo. A page that is added to `http.rs` is added here: a
//! test says so.

use browser::{Look, Result, Tab};
use std::sync::Arc;

use crate::stage::Stage;

/// Who looks at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Stranger,
    Customer,
    Agent,
    Manager,
    Admin,
}
use Who::{Admin, Agent, Customer, Manager, Stranger};

/// A page in a state.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// As in `http.rs`.
    pub route: &'static str,
    pub path: &'static str,
    pub who: Who,
}

const fn spot(route: &'static str, path: &'static str, who: Who) -> Spot {
    Spot { route, path, who }
}

#[rustfmt::skip]
pub const SPOTS: &[Spot] = &[
    spot("/sign-in",            "/sign-in",                         Stranger),
    spot("/views/{view}",       "/views/mine",                      Agent),
    spot("/views/{view}",       "/views/overdue",                   Manager),
    spot("/cases",              "/cases",                           Agent),
    spot("/cases",              "/cases?search=login",              Agent),
    spot("/cases",              "/cases?search=zyxwvut",            Agent),
    spot("/cases/new",          "/cases/new",                       Agent),
    spot("/cases/{case_id}",    "/cases/1",                         Agent),
    spot("/cases/{case_id}",    "/cases/123",                       Admin),
    spot("/dashboard",          "/dashboard",                       Manager),
    spot("/dashboard",          "/dashboard?days=7&owner_id=3",     Agent),
    spot("/dashboard",          "/dashboard?team_id=2&days=90",     Admin),
    spot("/dashboard/surveys/{survey_id}", "/dashboard/surveys/1",  Manager),
    spot("/design",             "/design",                          Agent),
];

/// Addresses that answer no page of their own: they lead elsewhere, or answer a file or a piece of a page.
pub const NO_PAGES: &[&str] = &["/", "/dashboard/figures", "/assets/{mark}/{name}"];

impl Stage {
    /// The browser of somebody of the demo.
    pub fn somebody(&self, who: Who, look: Look) -> Result<Arc<Tab>> {
        let email = match who {
            Stranger => return self.tab(look),
            Customer => "select email from crm_contacts where contact_id = (select contact_id from crm_cases where is_open
                 and contact_id is not null group by contact_id order by count(*) desc, contact_id limit 1)".to_owned(),
            Agent => user("agent"),
            Manager => user("manager"),
            Admin => user("admin"),
        };
        self.tab_as(&self.desk.texts(&email, Vec::new())[0], look)
    }
}

fn user(role: &str) -> String {
    format!("select email from crm_users where role = '{role}' and is_active order by user_id limit 1")
}
