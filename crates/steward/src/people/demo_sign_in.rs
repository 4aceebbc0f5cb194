//! Looking around in the demo: one click signs in as somebody of its cast, without a password. Outside of the demo there
//! is no such page.

use axum::http::HeaderMap;
use db::Class;

use super::sessions;
use super::tokens::{self, Owner};
use crate::error::{Error, Result};
use crate::http::Anyone;
use crate::web::{self, Form, PageResult, Seat};
use crate::work::{Actor, Work};

crate::words! {
    /// As whom somebody looks around.
    pub enum Part { Lead = "lead", Agent = "agent", Customer = "customer" }
}

crate::input! {
    /// The form of the demo's sign-in.
    pub struct Choice {
        pub role: Part,
        pub next: Option<String>,
    }
}

/// Who plays a part: the first admin; the first agent who has had a case; the customer of the seed's examples, who has a
/// closed case that is not rated yet. The same ones each time, so that whoever comes back finds what they did.
fn player(work: &mut Work, part: Part) -> Result<Owner> {
    let sql = match part {
        Part::Lead => {
            "select user_id from crm_users where is_active and role in ('admin', 'manager') order by role, user_id limit 1"
        }
        Part::Agent => {
            "select u.user_id from crm_users u where u.is_active and u.role = 'agent'
             order by case when exists (select 1 from crm_cases c where c.owner_id = u.user_id) then 0 else 1 end, u.user_id
             limit 1"
        }
        Part::Customer => {
            "select contact_id from crm_contacts where is_active
             order by case when contact_id = 5 then 0 else 1 end, contact_id limit 1"
        }
    };
    let found: Option<(i64,)> = work.optional(sql, &[])?;
    let (id,) = found.ok_or(Error::NotFound("one who plays this part"))?;
    Ok(if part == Part::Customer { Owner::Contact(id) } else { Owner::User(id) })
}

/// Begins a session as one of the cast. Goes to `next`, else to the desk or the portal.
pub async fn sign_in(seat: Seat<Anyone>, headers: HeaderMap, Form(choice): Form<Choice>) -> PageResult {
    if seat.app.demo_admin.is_none() {
        return Err(Error::NotFound("page").into());
    }
    let secret = tokens::generate()?;
    let owner = seat.app.read(Class::Bounded, Actor::System, move |work| player(work, choice.role)).await?;
    let (token, name) = (secret.clone(), sessions::browser(&headers));
    seat.app.write(Actor::System, move |work| sessions::begin(work, owner, &secret, &name)).await?;
    let next = web::local(choice.next);
    // What the workspace wanted to show is not for a customer.
    let next = match owner {
        Owner::Contact(_) if !next.starts_with("/portal") => "/portal",
        _ => &next,
    };
    web::begin_session(&seat, &token, next)
}
