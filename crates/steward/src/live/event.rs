//! An event on its way to listeners: who may see it, and how it is written.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::json;

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::{Actor, Work};

/// Where a follower is: the transaction (0 on SQLite) and the id of the last event seen. `Last-Event-ID` is the two with
/// a hyphen between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub xact: i64,
    pub event_id: i64,
}

impl Position {
    /// Reads a `Last-Event-ID`.
    pub fn parse(text: &str) -> Result<Position> {
        let number = |text: &str| {
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i64>().ok().filter(|_| is_plain)
        };
        let parts = text.split_once('-').and_then(|(xact, id)| Some((number(xact)?, number(id)?)));
        let (xact, event_id) = parts.ok_or_else(|| {
            Error::Unreadable("the header Last-Event-ID is to be the id of an event of this stream".into())
        })?;
        Ok(Position { xact, event_id })
    }

    /// Where events end now.
    pub fn head(work: &mut Work) -> Result<Position> {
        let sql = work.dialect().append_head("crm_case_events", "event_id");
        let (xact, event_id) = work.one(&sql, &[])?;
        Ok(Position { xact, event_id })
    }
}

db::record! {
    struct Row {
        xact: i64,
        event_id: i64,
        case_id: i64,
        case_number: String,
        kind: String,
        actor_kind: String,
        actor_id: Option<i64>,
        is_public: bool,
        at: Time,
        contact_id: Option<i64>,
        account_id: Option<i64>,
        is_theirs: bool,
    }
}

/// What listeners are told.
#[derive(Clone)]
pub enum News {
    Happened(Arc<Happened>),
    /// The desk's totals, for users.
    Totals(Bytes),
    /// Who is at a case, for users.
    Present(Bytes),
}

/// Something that happened to a case.
pub struct Happened {
    pub position: Position,
    /// As users are told of it.
    for_users: Bytes,
    /// As its customers are, if it is theirs to see.
    for_customers: Option<Bytes>,
    contact_id: Option<i64>,
    account_id: Option<i64>,
}

impl Happened {
    fn of(row: Row) -> Happened {
        let position = Position { xact: row.xact, event_id: row.event_id };
        let name = match row.kind.as_str() {
            "created" => "case_created",
            "breached" => "case_breached",
            _ => "case_changed",
        };
        let id = format!("{}-{}", position.xact, position.event_id);
        let told =
            json!({ "case_id": row.case_id, "case_number": row.case_number, "kind": row.kind, "at": row.at });
        let mut whole = told.clone();
        whole["actor_kind"] = json!(row.actor_kind);
        whole["actor_id"] = json!(row.actor_id);
        whole["is_public"] = json!(row.is_public);
        Happened {
            position,
            for_users: message(name, Some(&id), &whole),
            for_customers: (row.is_public && row.is_theirs).then(|| message(name, Some(&id), &told)),
            contact_id: row.contact_id,
            account_id: row.account_id,
        }
    }

    /// How the actor is told, if at all.
    pub fn told(&self, actor: Actor) -> Option<Bytes> {
        match actor {
            Actor::User { .. } | Actor::System => Some(self.for_users.clone()),
            Actor::Contact { id, account_id, sees_account } => {
                let is_own = self.contact_id == Some(id);
                let is_accounts = sees_account && account_id.is_some() && self.account_id == account_id;
                self.for_customers.clone().filter(|_| is_own || is_accounts)
            }
            Actor::Anonymous => None,
        }
    }
}

/// A message of a stream of server-sent events. JSON has no line breaks of its own.
pub fn message(name: &str, id: Option<&str>, data: &serde_json::Value) -> Bytes {
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "data: {data}\n\n");
    text.into()
}

/// The next events after a position, in their order. A customer's case begins when it became theirs: what was before
/// is no longer for them.
pub fn after(work: &mut Work, position: Position, limit: i64) -> Result<Vec<Happened>> {
    let dialect = work.dialect();
    let sql = format!(
        "select {} as xact, e.event_id, e.case_id, c.case_number, e.kind, e.actor_kind, e.actor_id, e.is_public, e.at,
             c.contact_id, c.account_id,
             c.is_active and not exists (select 1 from crm_case_events h
                 where h.case_id = e.case_id and h.kind = 'handed_over' and h.event_id > e.event_id) as is_theirs
         from crm_case_events e join crm_cases c on c.case_id = e.case_id
         where {} order by {} limit $3",
        dialect.appended_by("e"),
        dialect.appended_after("e", "event_id"),
        dialect.append_order("e", "event_id"),
    );
    let rows: Vec<Row> = work.query(&sql, &[&position.xact, &position.event_id, &limit])?;
    Ok(rows.into_iter().map(Happened::of).collect())
}

/// The desk's totals as users are told of them.
pub fn totals(work: &mut Work) -> Result<Bytes> {
    let rows: Vec<(String, i64, i64, i64)> = work.query(
        "select status, cast(sum(cases) as bigint) as cases, cast(sum(escalated) as bigint) as escalated,
             cast(sum(violated) as bigint) as violated
         from crm_owner_rollup_parts group by status",
        &[],
    )?;
    let mut totals = json!({});
    for status in crate::cases::Status::ALL {
        let cases = rows.iter().find(|(word, ..)| word == status.word()).map_or(0, |(_, cases, ..)| *cases);
        totals[format!("{status}_cases")] = json!(cases);
    }
    let sum = |measure: fn(&(String, i64, i64, i64)) -> i64| json!(rows.iter().map(measure).sum::<i64>());
    totals["total_cases"] = sum(|row| row.1);
    totals["escalated_cases"] = sum(|row| row.2);
    totals["sla_violated_cases"] = sum(|row| row.3);
    Ok(message("totals", None, &totals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_strictly() {
        assert_eq!(Position::parse("12-7").unwrap(), Position { xact: 12, event_id: 7 });
        for text in ["", "-", "1", "1-", "-1", "1-2-3", "+1-2", "1-x", "99999999999999999999-1", " 1-2"] {
            assert!(Position::parse(text).is_err(), "{text:?}");
        }
    }
}
