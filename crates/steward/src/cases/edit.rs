//! Changing the fields of a case; deleting and restoring it.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::case::{Case, must_exist, must_work_cases};
use super::tags::{self, Tags};
use super::{Channel, family};
use crate::error::{Error, Fault, Result};
use crate::events::Event;
use crate::http::Expected;
use crate::input::{Faults, Field, Line, Patch, Prose};
use crate::work::Work;

crate::input! {
    /// The fields to change; those left out stay as they are, `null` clears.
    pub struct CaseEdit {
        pub subject: Patch<Line<500>>,
        pub description: Patch<Prose<0>>,
        pub account_id: Patch<Option<i64>>,
        pub contact_id: Patch<Option<i64>>,
        pub case_type_id: Patch<i64>,
        pub priority_id: Patch<i64>,
        pub channel: Patch<Channel>,
        pub owner_id: Patch<Option<i64>>,
        pub team_id: Patch<Option<i64>>,
        pub parent_case_id: Patch<Option<i64>>,
        pub tags: Patch<Tags>,
        /// Refused: a status is changed with PUT /api/crm/cases/{case_id}/status.
        pub status: Patch<Elsewhere>,
    }
}

impl CaseEdit {
    /// An edit that changes nothing yet.
    pub fn nothing() -> CaseEdit {
        CaseEdit {
            subject: Patch::Keep,
            description: Patch::Keep,
            account_id: Patch::Keep,
            contact_id: Patch::Keep,
            case_type_id: Patch::Keep,
            priority_id: Patch::Keep,
            channel: Patch::Keep,
            owner_id: Patch::Keep,
            team_id: Patch::Keep,
            parent_case_id: Patch::Keep,
            tags: Patch::Keep,
            status: Patch::Keep,
        }
    }
}

/// A status named where it does not belong.
#[derive(Debug, Clone)]
pub enum Elsewhere {}

impl Field for Elsewhere {
    fn from_json(_: Value) -> Result<Self, Faults> {
        Err(Faults::one("is changed with PUT /api/crm/cases/{case_id}/status"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "not": {} })
    }
}

/// What an edit changes: the event's words for it.
#[derive(Default)]
struct Changes(Map<String, Value>);

impl Changes {
    fn note<T: PartialEq + serde::Serialize>(&mut self, field: &str, from: T, to: T) {
        if from != to {
            self.0.insert(field.into(), json!({ "from": from, "to": to }));
        }
    }
}

impl Case {
    /// Changes the fields named. An edit that changes nothing leaves no trace.
    pub fn edit(&mut self, work: &mut Work, edit: &CaseEdit, expected: &Expected) -> Result<()> {
        expected.check(self.edit_version)?;
        self.must_stand_alone(work)?;
        let before = self.clone();
        self.take_over(edit);
        self.check_edited(work, &before, edit)?;
        let mut changes = Changes::default();
        changes.note("account_id", before.account_id, self.account_id);
        changes.note("contact_id", before.contact_id, self.contact_id);
        changes.note("case_type_id", before.case_type_id, self.case_type_id);
        changes.note("priority_id", before.priority_id, self.priority_id);
        changes.note("channel", before.channel, self.channel);
        changes.note("owner_id", before.owner_id, self.owner_id);
        changes.note("team_id", before.team_id, self.team_id);
        changes.note("parent_case_id", before.parent_case_id, self.parent_case_id);
        for (field, from, to) in [
            ("subject", &before.subject, &self.subject),
            ("description", &before.description, &self.description),
        ] {
            if from != to {
                let text_id = work.keep_text(self.case_id, field, from)?;
                changes.0.insert(field.into(), json!({ "from": text_id }));
            }
        }
        let retagged = match &edit.tags {
            Patch::Set(tags) => tags::set(work, self.case_id, tags)?,
            Patch::Keep => false,
        };
        if changes.0.is_empty() && !retagged {
            return Ok(());
        }
        let is_public = ["subject", "description", "contact_id", "account_id"]
            .iter()
            .any(|field| changes.0.contains_key(*field));
        if !changes.0.is_empty() {
            self.store(work)?;
            work.record(self.case_id, &Event::Changed { changes: changes.0 })?;
            self.hand_over(work, &before)?;
        }
        self.touch(work, is_public)
    }

    /// Gives the case to an owner and a team, or to nobody.
    pub fn assign(&mut self, work: &mut Work, owner_id: Option<i64>, team_id: Option<i64>) -> Result<()> {
        let edit =
            CaseEdit { owner_id: Patch::Set(owner_id), team_id: Patch::Set(team_id), ..CaseEdit::nothing() };
        self.edit(work, &edit, &Expected::any(self.case_id))
    }

    fn take_over(&mut self, edit: &CaseEdit) {
        let edit = edit.clone();
        if let Patch::Set(subject) = edit.subject {
            self.subject = subject.into_string();
        }
        if let Patch::Set(description) = edit.description {
            self.description = description.into_string();
        }
        self.account_id = edit.account_id.or(self.account_id);
        self.contact_id = edit.contact_id.or(self.contact_id);
        self.case_type_id = edit.case_type_id.or(self.case_type_id);
        self.priority_id = edit.priority_id.or(self.priority_id);
        self.channel = edit.channel.or(self.channel);
        self.owner_id = edit.owner_id.or(self.owner_id);
        self.team_id = edit.team_id.or(self.team_id);
        self.parent_case_id = edit.parent_case_id.or(self.parent_case_id);
    }

    /// Checks what changed, all faults at once; takes the account from the contact where none is given.
    fn check_edited(&mut self, work: &mut Work, before: &Case, edit: &CaseEdit) -> Result<()> {
        let mut faults: Vec<Fault> = Vec::new();
        let mut check = |result: Result<()>| Fault::gather(&mut faults, result);
        let named = |now: Option<i64>, was: Option<i64>| now.filter(|_| now != was);
        for (field, table, key, id) in [
            (
                "case_type_id",
                "crm_case_types",
                "case_type_id",
                named(Some(self.case_type_id), Some(before.case_type_id)),
            ),
            (
                "priority_id",
                "crm_case_priorities",
                "priority_id",
                named(Some(self.priority_id), Some(before.priority_id)),
            ),
            ("team_id", "crm_teams", "team_id", named(self.team_id, before.team_id)),
            ("account_id", "crm_accounts", "account_id", named(self.account_id, before.account_id)),
        ] {
            check(must_exist(work, field, table, key, id))?;
        }
        check(must_work_cases(work, "owner_id", named(self.owner_id, before.owner_id)))?;
        if (self.contact_id, self.account_id) != (before.contact_id, before.account_id) {
            check(self.check_belonging(work, before, edit))?;
        }
        if let Some(parent) = named(self.parent_case_id, before.parent_case_id) {
            check(family::check_parent(work, Some(self.case_id), parent))?;
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    fn check_belonging(&mut self, work: &mut Work, before: &Case, edit: &CaseEdit) -> Result<()> {
        let Some(contact_id) = self.contact_id else { return Ok(()) };
        // Shared with others who do the same; an erasure of the contact comes before or after.
        let lock = work.dialect().for_share();
        let row: Option<(Option<i64>, bool)> = work.optional(
            &format!("select account_id, is_active from crm_contacts where contact_id = $1{lock}"),
            &[&contact_id],
        )?;
        let (contacts_account, is_active) = row.unwrap_or_default();
        if !is_active && self.contact_id != before.contact_id {
            return Err(Error::field("contact_id", format!("there is no active contact {contact_id}")));
        }
        if edit.account_id == Patch::Set(None) && contacts_account.is_some() {
            let message = format!(
                "is the account of contact {contact_id}: name another contact, or none, along with it"
            );
            return Err(Error::field("account_id", message));
        }
        if edit.account_id == Patch::Keep && self.contact_id != before.contact_id {
            // A new customer brings their account along.
            self.account_id = contacts_account;
        }
        if self.account_id.is_some() && self.account_id != contacts_account {
            let account = self.account_id.unwrap_or_default();
            return Err(Error::field(
                "contact_id",
                format!("contact {contact_id} does not belong to account {account}"),
            ));
        }
        Ok(())
    }

    /// What was said to one customer is not another's to read: when the case leaves a contact or an account, the
    /// conversation so far becomes internal, as in a merge across customers (spec 4). So does that of a case without a
    /// contact, where another one has spoken.
    fn hand_over(&self, work: &mut Work, before: &Case) -> Result<()> {
        let leaves = |was: Option<i64>, is: Option<i64>| was.is_some() && is != was;
        let is_handed_over = leaves(before.contact_id, self.contact_id)
            || leaves(before.account_id, self.account_id)
            || (self.contact_id != before.contact_id && self.others_have_spoken(work)?);
        if !is_handed_over {
            return Ok(());
        }
        let now = work.now;
        // Deleted comments too: they may be restored.
        let comments = work.execute(
            "update crm_case_comments set is_internal = $2, is_solution = $3, updated_at = $4,
                 edit_version = edit_version + 1
             where case_id = $1 and not is_internal",
            &[&self.case_id, &true, &false, &now],
        )?;
        let attachments = work.execute(
            "update crm_case_attachments set is_internal = $2, updated_at = $3 where case_id = $1 and not is_internal",
            &[&self.case_id, &true, &now],
        )?;
        work.record(
            self.case_id,
            &Event::HandedOver {
                from_account_id: before.account_id,
                from_contact_id: before.contact_id,
                comments,
                attachments,
            },
        )
    }

    fn others_have_spoken(&self, work: &mut Work) -> Result<bool> {
        let other: Option<(i64,)> = work.optional(
            "select comment_id from crm_case_comments
             where case_id = $1 and not is_internal and contact_id is distinct from $2 and contact_id is not null
             union all
             select attachment_id from crm_case_attachments
             where case_id = $1 and not is_internal and contact_id is distinct from $2 and contact_id is not null
             limit 1",
            &[&self.case_id, &self.contact_id],
        )?;
        Ok(other.is_some())
    }

    fn store(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        work.execute(
            "update crm_cases set subject = $2, description = $3, account_id = $4, contact_id = $5, case_type_id = $6,
                 priority_id = $7,
                 priority_level = (select priority_level from crm_case_priorities where priority_id = $7), channel = $8, owner_id = $9, team_id = $10, parent_case_id = $11, updated_at = $12,
                 edit_version = edit_version + 1
             where case_id = $1",
            &[
                &self.case_id, &self.subject, &self.description, &self.account_id, &self.contact_id,
                &self.case_type_id, &self.priority_id, &self.channel, &self.owner_id, &self.team_id,
                &self.parent_case_id, &now,
            ],
        )?;
        Ok(())
    }

    /// Deletes softly: gone from lists and from 200s, kept in history.
    pub fn delete(&self, work: &mut Work, expected: &Expected) -> Result<()> {
        expected.check(self.edit_version)?;
        let now = work.now;
        work.execute("update crm_cases set is_active = $2, updated_at = $3, edit_version = edit_version + 1 where case_id = $1", &[&self.case_id, &false, &now])?;
        self.touch(work, true)?;
        work.record(self.case_id, &Event::Deleted)
    }

    /// Brings a deleted case back as it was.
    pub fn restore(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        work.execute("update crm_cases set is_active = $2, updated_at = $3, edit_version = edit_version + 1 where case_id = $1", &[&self.case_id, &true, &now])?;
        self.refresh_level(work)?;
        self.touch(work, true)?;
        work.record(self.case_id, &Event::Restored { status: self.status })
    }
}
