//! Any case list as a CSV file, however long: read in portions by keyset, so that memory stays the same and no
//! transaction stays open while a client is slow (spec 9).

use db::Class;
use futures_util::stream;
use serde_json::Value;

use super::filter::CaseQuery;
use super::list;
use crate::dashboard::Zone;
use crate::error::{Fault, Result};
use crate::http::{Caller, Manager, Query};
use crate::input::{Fields, Input, Property};
use crate::paging::Cursor;
use crate::sheet::{Sheet, Writer, in_time};

/// Rows read at a time.
const PORTION: i64 = 500;

/// The columns: the fields of a listed case.
const COLUMNS: [&str; 46] = [
    "case_id",
    "case_number",
    "subject",
    "status",
    "status_reason",
    "channel",
    "account_id",
    "account_name",
    "account_tier",
    "contact_id",
    "contact_name",
    "case_type_id",
    "case_type_name",
    "priority_id",
    "priority_name",
    "priority_level",
    "owner_id",
    "owner_name",
    "team_id",
    "team_name",
    "parent_case_id",
    "merged_into_id",
    "sla_policy_id",
    "first_response_at",
    "first_response_due",
    "resolution_due",
    "resolved_at",
    "closed_at",
    "response_time_minutes",
    "resolution_time_minutes",
    "reopened_count",
    "is_escalated",
    "escalation_level",
    "is_sla_violated",
    "csat_score",
    "csat_comment",
    "csat_submitted_at",
    "comment_count",
    "attachment_count",
    "created_by",
    "created_at",
    "updated_at",
    "edit_version",
    "tags",
    "hours_until_resolution_due",
    "sla_status",
];

/// The filters and the order of the case list, and the zone of the times.
#[derive(Debug, Clone)]
pub struct SheetQuery {
    cases: CaseQuery,
    zone: Zone,
}

/// What asks for a part of a list; a sheet is the whole of it.
const PARTS: [&str; 4] = ["page", "limit", "cursor", "exact"];

impl Input for SheetQuery {
    fn read(fields: &mut Fields) -> Option<SheetQuery> {
        let cases = CaseQuery::read(fields);
        let zone = fields.take::<Option<Zone>>("tz");
        let cases = cases?;
        let named =
            [cases.page.is_some(), cases.limit.is_some(), cases.cursor.is_some(), cases.exact.is_some()];
        for (name, is_named) in PARTS.into_iter().zip(named) {
            if is_named {
                fields.note(Fault::parameter(name, "is not for an export, which has all cases"));
            }
        }
        Some(SheetQuery { cases, zone: zone?.unwrap_or_else(Zone::utc) })
    }

    fn properties(generator: &mut schemars::SchemaGenerator) -> Vec<Property> {
        let mut properties = CaseQuery::properties(generator);
        properties.retain(|property| !PARTS.contains(&property.name));
        properties.push(Property {
            name: "tz",
            doc: "The zone of the times; UTC unless named.".into(),
            required: false,
            schema: <Zone as crate::input::Field>::schema(generator),
        });
        properties
    }
}

/// Where an export goes on.
enum Next {
    Start,
    After(Cursor),
    End,
}

async fn portion(caller: &Caller, query: &SheetQuery, next: Next) -> Result<Option<(Vec<u8>, Next)>> {
    let (after, is_start) = match next {
        Next::Start => (None, true),
        Next::After(cursor) => (Some(cursor), false),
        Next::End => return Ok(None),
    };
    let (asked, zone) = (query.cases.clone(), query.zone.zone.clone());
    let read = caller.read(Class::Slow, move |work| {
        let (rows, next) = list::portion(work, &asked, after.clone(), PORTION)?;
        let mut writer = Writer::new(zone.clone());
        if is_start {
            writer.names(&COLUMNS)?;
        }
        for row in rows {
            if let Ok(Value::Object(fields)) = serde_json::to_value(&row) {
                writer.row(&COLUMNS, &fields)?;
            }
        }
        Ok((writer.into_bytes()?, next))
    });
    let (text, next) = in_time(read).await?;
    Ok(Some((text, next.map_or(Next::End, Next::After))))
}

pub async fn export(caller: Manager, Query(query): Query<SheetQuery>) -> Result<Sheet> {
    let caller = caller.0;
    // The first rows come before the answer begins: what is wrong with the query is told as a problem.
    let (first, next) = match portion(&caller, &query, Next::Start).await? {
        Some((text, next)) => (text, next),
        None => (Vec::new(), Next::End),
    };
    let rest = stream::try_unfold(next, move |next| {
        let (caller, query) = (caller.clone(), query.clone());
        async move { portion(&caller, &query, next).await }
    });
    let first = stream::once(std::future::ready(Ok(first)));
    Ok(Sheet::streamed("cases.csv", stream::StreamExt::chain(first, rest)))
}
