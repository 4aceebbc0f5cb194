//! Opening a case.

use super::case::Case;
use super::tags::{self, Tags};
use super::{Channel, Status, family};
use crate::error::{Error, Fault, Result};
use crate::events::Event;
use crate::input::{Line, Prose};
use crate::routing;
use crate::work::{Actor, Work};

crate::input! {
    /// A new case.
    pub struct CaseDraft {
        pub subject: Line<500>,
        pub description: Option<Prose<0>>,
        /// Taken from the contact when left out.
        pub account_id: Option<i64>,
        pub contact_id: Option<i64>,
        /// The first type when left out.
        pub case_type_id: Option<i64>,
        /// The type's default when left out.
        pub priority_id: Option<i64>,
        /// An active status; new when left out.
        pub status: Option<Status>,
        pub channel: Option<Channel>,
        pub owner_id: Option<i64>,
        pub team_id: Option<i64>,
        pub parent_case_id: Option<i64>,
        pub tags: Option<Tags>,
        /// Only an admin may name somebody else than themselves.
        pub created_by: Option<i64>,
    }
}

db::record! {
    /// What the ids of a draft turn out to be; `None` where there is no such active row.
    struct Found {
        case_type_id: Option<i64>,
        default_priority: Option<i64>,
        priority_id: Option<i64>,
        account_id: Option<i64>,
        contact_id: Option<i64>,
        contact_account_id: Option<i64>,
        owner_id: Option<i64>,
        team_id: Option<i64>,
    }
}

impl CaseDraft {
    /// A draft that leaves everything else to the desk.
    pub fn by_channel(subject: Line<500>, channel: Channel) -> CaseDraft {
        CaseDraft {
            subject,
            description: None,
            account_id: None,
            contact_id: None,
            case_type_id: None,
            priority_id: None,
            status: None,
            channel: Some(channel),
            owner_id: None,
            team_id: None,
            parent_case_id: None,
            tags: None,
            created_by: None,
        }
    }
}

/// `{share}` keeps an erasure of the contact from slipping in between this and the insert.
const FIND: &str = "select t.case_type_id, t.default_priority,
        (select priority_id from crm_case_priorities where priority_id = $2 and is_active) as priority_id,
        (select account_id from crm_accounts where account_id = $3 and is_active) as account_id,
        (select contact_id from crm_contacts where contact_id = $4 and is_active{share}) as contact_id,
        (select a.account_id from crm_contacts k join crm_accounts a on a.account_id = k.account_id
         where k.contact_id = $4 and k.is_active and a.is_active) as contact_account_id,
        (select user_id from crm_users where user_id = $5 and is_active
             and role in ('agent', 'manager', 'admin')) as owner_id,
        (select team_id from crm_teams where team_id = $6 and is_active) as team_id
     from (select 1 as one) o
     left join crm_case_types t on t.is_active and t.case_type_id =
         coalesce($1, (select min(case_type_id) from crm_case_types where is_active))";

impl Case {
    /// Opens a case: checks what the draft names, inserts, records. Answers its id.
    pub fn open(work: &mut Work, draft: &CaseDraft) -> Result<i64> {
        let (contact_id, channel) = match work.actor {
            Actor::Contact { id, .. } => {
                customers_fields(id, draft)?;
                (Some(id), draft.channel.unwrap_or(Channel::Portal))
            }
            _ => (draft.contact_id, draft.channel.unwrap_or(Channel::Api)),
        };
        let found: Found = work.one(
            &FIND.replace("{share}", work.dialect().for_share()),
            &[
                &draft.case_type_id,
                &draft.priority_id,
                &draft.account_id,
                &contact_id,
                &draft.owner_id,
                &draft.team_id,
            ],
        )?;
        let mut faults = faults(draft, contact_id, &found);
        let created_by = Fault::gather(&mut faults, work.author("created_by", draft.created_by))?;
        if let Some(parent) = draft.parent_case_id {
            Fault::gather(&mut faults, family::check_parent(work, None, parent))?;
        }
        let (Some(created_by), []) = (created_by, faults.as_slice()) else {
            return Err(Error::Invalid(faults));
        };
        let case_type_id =
            found.case_type_id.ok_or_else(|| Error::Conflict("there is no active case type left".into()))?;
        let priority_id = found.priority_id.or(found.default_priority).unwrap_or_default();
        let account_id = found.account_id.or(found.contact_account_id);
        let status = draft.status.unwrap_or(Status::New);
        let description = draft.description.as_deref().unwrap_or("");
        let now = work.now;
        let (case_id,): (i64,) = work.one(
            "insert into crm_cases (account_id, contact_id, subject, description, case_type_id, priority_id,
                 priority_level, status, channel, owner_id, team_id, parent_case_id, created_by, created_at, updated_at, public_updated_at)
             values ($1, $2, $3, $4, $5, $6,
                 (select priority_level from crm_case_priorities where priority_id = $6), $7, $8, $9, $10, $11, $12, $13, $13, $13) returning case_id",
            &[
                &account_id, &contact_id, &&*draft.subject, &description, &case_type_id, &priority_id, &status,
                &channel, &draft.owner_id, &draft.team_id, &draft.parent_case_id, &created_by, &now,
            ],
        )?;
        work.record(case_id, &Event::Created { status, case_type_id, priority_id, account_id, contact_id })?;
        if let Some(tags) = &draft.tags {
            tags::set(work, case_id, tags)?;
        }
        if draft.owner_id.is_none() && draft.team_id.is_none() {
            routing::assign(work, case_id)?;
        }
        Ok(case_id)
    }
}

/// What a customer may not say of their own case.
fn customers_fields(own_id: i64, draft: &CaseDraft) -> Result<()> {
    let mut faults = Vec::new();
    for (field, named) in [
        ("contact_id", draft.contact_id.is_some_and(|id| id != own_id)),
        ("account_id", draft.account_id.is_some()),
        ("status", draft.status.is_some_and(|status| status != Status::New)),
        ("owner_id", draft.owner_id.is_some()),
        ("team_id", draft.team_id.is_some()),
        ("tags", draft.tags.is_some()),
        ("created_by", draft.created_by.is_some()),
    ] {
        if named {
            faults.push(Fault::field(field, "is not for customers"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

fn faults(draft: &CaseDraft, contact_id: Option<i64>, found: &Found) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (field, what, named, found) in [
        ("case_type_id", "case type", draft.case_type_id, found.case_type_id),
        ("priority_id", "priority", draft.priority_id, found.priority_id),
        ("account_id", "account", draft.account_id, found.account_id),
        ("contact_id", "contact", contact_id, found.contact_id),
        ("owner_id", "user who may work cases", draft.owner_id, found.owner_id),
        ("team_id", "team", draft.team_id, found.team_id),
    ] {
        if let (Some(id), None) = (named, found) {
            faults.push(Fault::field(field, format!("there is no active {what} with the id {id}")));
        }
    }
    if let (Some(account), Some(contact)) = (found.account_id, found.contact_id)
        && found.contact_account_id != Some(account)
    {
        faults.push(Fault::field(
            "contact_id",
            format!("contact {contact} does not belong to account {account}"),
        ));
    }
    if draft.status.is_some_and(Status::is_ended) {
        faults.push(Fault::field("status", "a new case starts in an active status"));
    }
    faults
}
