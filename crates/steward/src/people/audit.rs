//! The audit trail: who changed people, tokens and configuration, and when (spec 2). `Work::audit` writes it.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::listing::{self, Filter};
use crate::clock::Time;
use crate::error::Result;
use crate::http::{Admin, Answer, Json, Query};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::work::Work;

crate::words! {
    /// Who can have acted.
    pub enum ActorKind { User = "user", Contact = "contact", System = "system", Anonymous = "anonymous" }
}

db::record! {
    /// One change. `data` holds ids and names of fields, never a person's words.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct AuditEvent {
        pub audit_id: i64,
        /// What was done: created, updated, deleted, restored, revoked, erased.
        pub kind: String,
        /// To what sort of thing: user, team, token, ...
        pub subject: String,
        pub subject_id: Option<i64>,
        pub actor_kind: ActorKind,
        pub actor_id: Option<i64>,
        pub data: serde_json::Value,
        pub at: Time,
    }
}

crate::input! {
    /// Which changes, newest first.
    pub struct AuditQuery {
        /// Sort of thing: user, team, token, ...
        pub subject: Option<String>,
        pub subject_id: Option<i64>,
        pub actor_kind: Option<ActorKind>,
        pub actor_id: Option<i64>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

#[derive(Serialize, JsonSchema)]
pub struct AuditList {
    pub audit_events: Vec<AuditEvent>,
    pub pagination: Pagination,
}

/// A page of the trail.
pub fn page(work: &mut Work, query: &AuditQuery, paging: &Paging) -> Result<AuditList> {
    let mut filter = Filter::new("audit_id > 0");
    filter.equal("subject", query.subject.clone());
    filter.equal("subject_id", query.subject_id);
    filter.equal("actor_kind", query.actor_kind.map(ActorKind::word));
    filter.equal("actor_id", query.actor_id);
    let total = filter.total(work, "crm_audit_events", query.exact == Some(true))?;
    if let Some(cursor) = &paging.cursor {
        let last = filter.bind(listing::after_id(cursor)?);
        filter.and(&format!("audit_id < {last}"));
    }
    let select =
        "select audit_id, kind, subject, subject_id, actor_kind, actor_id, data, at from crm_audit_events";
    let mut audit_events: Vec<AuditEvent> = filter.page(work, select, "order by audit_id desc", paging)?;
    let pagination = paging.answer(&mut audit_events, total, |last| vec![json!(last.audit_id)]);
    Ok(AuditList { audit_events, pagination })
}

pub async fn list(caller: Admin, Query(query): Query<AuditQuery>) -> Result<Answer<Json<AuditList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    // The history has no bound; only the trail of one thing is read from an index.
    let is_one = query.subject.is_some() && query.subject_id.is_some() && query.exact != Some(true);
    let class = if is_one { Class::Bounded } else { Class::Slow };
    let list = caller.read(class, move |work| page(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}
