//! Work: one transaction, who acts, and when. What every model function takes.

use db::{FromRow, ToParam, Tx};

use crate::branding::Branding;
use crate::clock::Time;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::people::Role;
use crate::sla::Clocks;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User {
        id: i64,
        role: Role,
    },
    /// A customer. With `sees_account`, the cases of the whole account are theirs to see.
    Contact {
        id: i64,
        account_id: Option<i64>,
        sees_account: bool,
    },
    Anonymous,
    /// The desk itself: jobs, the clock, the command line.
    System,
}

impl Actor {
    /// The user's id, where a user acts.
    pub fn user_id(self) -> Option<i64> {
        match self {
            Actor::User { id, .. } => Some(id),
            _ => None,
        }
    }

    pub fn contact_id(self) -> Option<i64> {
        match self {
            Actor::Contact { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Users and the desk itself see what customers do not: internal comments, reasons, other people's cases.
    pub fn is_staff(self) -> bool {
        matches!(self, Actor::User { .. } | Actor::System)
    }

    /// Whether a user of at least this role acts; the desk itself may do everything.
    pub fn is_at_least(self, role: Role) -> bool {
        match self {
            Actor::User { role: own, .. } => own >= role,
            Actor::System => true,
            _ => false,
        }
    }

    /// How events and answers name the actor.
    pub fn kind(self) -> &'static str {
        match self {
            Actor::User { .. } => "user",
            Actor::Contact { .. } => "contact",
            Actor::Anonymous => "anonymous",
            Actor::System => "system",
        }
    }

    pub fn id(self) -> Option<i64> {
        self.user_id().or(self.contact_id())
    }
}

/// Parameters to a statement that inserts many rows: SQLite looks each up by walking a list.
const PARAMETERS: usize = 120;

/// One transaction with its actor and its time.
pub struct Work<'a, 't> {
    pub tx: &'a mut Tx<'t>,
    pub actor: Actor,
    pub now: Time,
    /// The desk's compiled business clocks.
    pub clocks: &'a Clocks,
    /// What the desk is called and how it looks.
    pub branding: &'a Branding,
    /// The settings of this node.
    pub config: &'a Config,
}

impl Work<'_, '_> {
    pub fn query<T: FromRow>(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<Vec<T>> {
        Ok(self.tx.query(sql, params)?)
    }

    /// The one row of a statement that always has one.
    pub fn one<T: FromRow>(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<T> {
        Ok(self.tx.one(sql, params)?)
    }

    pub fn optional<T: FromRow>(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<Option<T>> {
        Ok(self.tx.optional(sql, params)?)
    }

    pub fn execute(&mut self, sql: &str, params: &[&dyn ToParam]) -> Result<u64> {
        Ok(self.tx.execute(sql, params)?)
    }

    /// Inserts many rows, a batch to a statement. Answers their ids in the order of the rows.
    pub fn insert_all<const N: usize>(
        &mut self,
        table: &str,
        key: &str,
        columns: [&str; N],
        rows: &[[db::Value; N]],
    ) -> Result<Vec<i64>> {
        let mut ids = Vec::with_capacity(rows.len());
        for batch in rows.chunks((PARAMETERS / N).max(1)) {
            let values: Vec<String> = (0..batch.len())
                .map(|row| {
                    let slots: Vec<String> = (1..=N).map(|column| format!("${}", row * N + column)).collect();
                    format!("({})", slots.join(", "))
                })
                .collect();
            let params: Vec<&dyn ToParam> =
                batch.iter().flatten().map(|value| value as &dyn ToParam).collect();
            let (columns, values) = (columns.join(", "), values.join(", "));
            let sql = format!("insert into {table} ({columns}) values {values} returning {key}");
            let mut inserted: Vec<(i64,)> = self.query(&sql, &params)?;
            // Ids are given in the order of the rows, whatever the order in which they come back.
            inserted.sort_unstable();
            ids.extend(inserted.into_iter().map(|(id,)| id));
        }
        Ok(ids)
    }

    /// Deletes a row softly, or brings it back (spec 1). Answers whether it was otherwise before; its former place and
    /// name are its own again. The words are ours.
    pub fn set_active(&mut self, table: &str, key: &str, id: i64, is_active: bool) -> Result<bool> {
        let now = self.now;
        let sql = format!(
            "update {table} set is_active = $2, edit_version = edit_version + 1, updated_at = $3
             where {key} = $1 and is_active <> $2"
        );
        Ok(self.execute(&sql, &[&id, &is_active, &now])? > 0)
    }

    /// Runs `f` in a savepoint: what it wrote is undone if it refuses, and the work goes on.
    pub fn attempt<T>(&mut self, f: impl FnOnce(&mut Work) -> Result<T>) -> Result<T> {
        let (actor, now, clocks) = (self.actor, self.now, self.clocks);
        let (branding, config) = (self.branding, self.config);
        self.tx.attempt(|tx| f(&mut Work { tx, actor, now, clocks, branding, config }))
    }

    pub fn dialect(&self) -> db::Dialect {
        self.tx.dialect()
    }

    /// The actor to be written down: the caller, unless an admin (an import, an integration) names somebody else
    /// (spec 2). The error names `field`.
    pub fn author(&mut self, field: &str, named: Option<i64>) -> Result<Option<i64>> {
        match named {
            None => Ok(self.actor.user_id()),
            Some(id) if self.actor.user_id() == Some(id) => Ok(named),
            Some(id) if self.actor.is_at_least(Role::Admin) => {
                let known: Option<(i64,)> =
                    self.optional("select user_id from crm_users where user_id = $1 and is_active", &[&id])?;
                known
                    .map(|_| named)
                    .ok_or_else(|| Error::field(field, format!("there is no active user {id}")))
            }
            Some(_) => Err(Error::field(
                field,
                "only an admin may name somebody else; leave it out to act as yourself",
            )),
        }
    }

    /// Writes a change of people, tokens or configuration into the audit trail (spec 2). `data` holds ids and names
    /// of fields, never a person's words.
    pub fn audit(
        &mut self,
        kind: &str,
        subject: &str,
        id: Option<i64>,
        data: &serde_json::Value,
    ) -> Result<()> {
        let now = self.now;
        self.execute(
            "insert into crm_audit_events (kind, subject, subject_id, actor_kind, actor_id, data, at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &[&kind, &subject, &id, &self.actor.kind(), &self.actor.id(), data, &now],
        )?;
        Ok(())
    }
}
