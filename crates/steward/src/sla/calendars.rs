//! Calendars: when the desk is open (spec 5). Their hours are kept in the API's own form; `crates/hours` makes clocks
//! of them.

use std::sync::Arc;

use db::Class;
use hours::{ExtraHours, Holiday, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::calendar_body::{HoursNamed, WholeHours, answered};
use super::policies::OnePreview;
use super::preview::{self, Preview};
use super::promises::Promises;
use super::recompute::Scope;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Field, Fields, Input, Line, Patch, Property};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::people::listing::{self, Filter};
use crate::people::taken;
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone)]
    struct Row {
        calendar_id: i64,
        calendar_name: String,
        time_zone: String,
        definition: db::Json<Definition>,
        version: i64,
        edit_version: i64,
        created_at: Time,
        updated_at: Time,
    }
}

/// What the column `definition` holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    intervals: Vec<Interval>,
    holidays: Vec<Holiday>,
    extra: Vec<ExtraHours>,
}

/// A calendar of business hours.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Calendar {
    pub calendar_id: i64,
    pub calendar_name: String,
    /// An IANA name.
    pub time_zone: String,
    #[schemars(schema_with = "answered::intervals")]
    pub intervals: Vec<Interval>,
    #[schemars(schema_with = "answered::holidays")]
    pub holidays: Vec<Holiday>,
    #[schemars(schema_with = "answered::extra")]
    pub extra: Vec<ExtraHours>,
    /// Raised with every change of the hours.
    pub version: i64,
    pub edit_version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

impl From<Row> for Calendar {
    fn from(row: Row) -> Calendar {
        let Definition { intervals, holidays, extra } = row.definition.0;
        Calendar {
            calendar_id: row.calendar_id,
            calendar_name: row.calendar_name,
            time_zone: row.time_zone,
            intervals,
            holidays,
            extra,
            version: row.version,
            edit_version: row.edit_version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A new calendar.
#[derive(Debug, Clone)]
pub struct CalendarDraft {
    pub calendar_name: Line<200>,
    pub hours: hours::Calendar,
}

/// The fields to change; those left out stay as they are. A list that is named replaces the whole list.
#[derive(Debug, Clone)]
pub struct CalendarEdit {
    pub calendar_name: Patch<Line<200>>,
    pub hours: HoursNamed,
}

impl Input for CalendarDraft {
    fn read(fields: &mut Fields) -> Option<Self> {
        let calendar_name = fields.take("calendar_name");
        let hours = WholeHours::read(fields);
        Some(CalendarDraft { calendar_name: calendar_name?, hours: hours?.0 })
    }

    fn properties(generator: &mut schemars::SchemaGenerator) -> Vec<Property> {
        let schema = <Line<200> as Field>::schema(generator);
        let name = Property { name: "calendar_name", doc: String::new(), required: true, schema };
        std::iter::once(name).chain(WholeHours::properties(generator)).collect()
    }
}

impl Input for CalendarEdit {
    fn read(fields: &mut Fields) -> Option<Self> {
        let calendar_name = fields.take("calendar_name");
        let hours = HoursNamed::read(fields);
        Some(CalendarEdit { calendar_name: calendar_name?, hours: hours? })
    }

    fn properties(generator: &mut schemars::SchemaGenerator) -> Vec<Property> {
        let schema = <Line<200> as Field>::schema(generator);
        let name = Property { name: "calendar_name", doc: String::new(), required: false, schema };
        std::iter::once(name).chain(HoursNamed::properties(generator)).collect()
    }
}

crate::input! {
    /// Which calendars, oldest first.
    pub struct CalendarQuery {
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

const SELECT: &str =
    "select calendar_id, calendar_name, time_zone, definition, version, edit_version, created_at,
        updated_at
     from crm_calendars";
/// What the data layer calls the index that keeps names unique.
const NAME: &str = "crm_calendars_name";

fn name_taken() -> Error {
    Error::field("calendar_name", "is the name of another calendar")
}

impl Calendar {
    pub fn find(work: &mut Work, calendar_id: i64) -> Result<Calendar> {
        Calendar::read(work, calendar_id, "")
    }

    /// The calendar, its row taken for a change.
    pub fn take(work: &mut Work, calendar_id: i64) -> Result<Calendar> {
        let lock = work.dialect().for_update();
        Calendar::read(work, calendar_id, lock)
    }

    fn read(work: &mut Work, calendar_id: i64, lock: &str) -> Result<Calendar> {
        let sql = format!("{SELECT} where calendar_id = $1 and is_active{lock}");
        let found: Option<Row> = work.optional(&sql, &[&calendar_id])?;
        found.map(Calendar::from).ok_or(Error::NotFound("calendar"))
    }

    /// When it is open.
    pub fn hours(&self) -> hours::Calendar {
        hours::Calendar {
            time_zone: self.time_zone.clone(),
            intervals: self.intervals.clone(),
            holidays: self.holidays.clone(),
            extra: self.extra.clone(),
        }
    }

    pub fn add(work: &mut Work, draft: &CalendarDraft) -> Result<Calendar> {
        let now = work.now;
        must_be_free(work, &draft.calendar_name, 0)?;
        let inserted = work.one::<(i64,)>(
            "insert into crm_calendars (calendar_name, time_zone, definition, created_at, updated_at)
             values ($1, $2, $3, $4, $4) returning calendar_id",
            &[&&*draft.calendar_name, &draft.hours.time_zone, &definition(&draft.hours), &now],
        );
        let (calendar_id,) = taken(inserted, NAME, name_taken)?;
        work.audit("created", "calendar", Some(calendar_id), &json!({}))?;
        Calendar::find(work, calendar_id)
    }

    /// Changes the fields named. An edit that changes nothing leaves no trace.
    pub fn edit(
        work: &mut Work,
        calendar_id: i64,
        edit: &CalendarEdit,
        expected: &Expected,
    ) -> Result<Calendar> {
        let before = Calendar::take(work, calendar_id)?;
        expected.check(before.edit_version)?;
        let edit = edit.clone();
        let hours = edit.hours.over(before.hours());
        hours.validate().map_err(refused)?;
        let name = edit.calendar_name.map(Line::into_string).or(before.calendar_name.clone());
        let mut fields = changed(&before.hours(), &hours);
        if name != before.calendar_name {
            must_be_free(work, &name, calendar_id)?;
            fields.push("calendar_name");
        }
        if fields.is_empty() {
            return Ok(before);
        }
        before.keep_hours(work, &name, &hours, &json!({ "fields": fields }))?;
        Calendar::find(work, calendar_id)
    }

    /// Writes what has been checked and differs; `version` rises where the hours do. `self` is what stood before.
    pub(super) fn keep_hours(
        &self,
        work: &mut Work,
        name: &str,
        hours: &hours::Calendar,
        audit: &serde_json::Value,
    ) -> Result<()> {
        let now = work.now;
        let raise = i64::from(*hours != self.hours());
        let updated = work.execute(
            "update crm_calendars set calendar_name = $2, time_zone = $3, definition = $4, version = version + $5,
                 edit_version = edit_version + 1, updated_at = $6
             where calendar_id = $1",
            &[&self.calendar_id, &name, &hours.time_zone, &definition(hours), &raise, &now],
        );
        taken(updated, NAME, name_taken)?;
        if raise > 0 {
            super::enqueue_recompute(work, Scope::Calendar(self.calendar_id))?;
        }
        work.audit("updated", "calendar", Some(self.calendar_id), audit)
    }

    /// 409 while an active policy counts by it.
    pub fn delete(work: &mut Work, calendar_id: i64, expected: &Expected) -> Result<()> {
        expected.check(Calendar::take(work, calendar_id)?.edit_version)?;
        let policies: Vec<(String,)> = work.query(
            "select policy_name from crm_sla_policies where calendar_id = $1 and is_active order by position limit 5",
            &[&calendar_id],
        )?;
        if !policies.is_empty() {
            let names: Vec<String> = policies.into_iter().map(|(name,)| format!("\"{name}\"")).collect();
            let names = names.join(", ");
            return Err(Error::Conflict(format!(
                "SLA policies count by it: {names}; give them another calendar first"
            )));
        }
        work.set_active("crm_calendars", "calendar_id", calendar_id, false)?;
        work.audit("deleted", "calendar", Some(calendar_id), &json!({}))
    }

    /// Brings a deleted calendar back, unless its name has gone to another.
    pub fn restore(work: &mut Work, calendar_id: i64) -> Result<Calendar> {
        let restored = work.set_active("crm_calendars", "calendar_id", calendar_id, true);
        let conflict =
            || Error::Conflict("another calendar has this name by now: change that one first".into());
        if !taken(restored, NAME, conflict)? {
            return Err(Error::NotFound("deleted calendar"));
        }
        work.audit("restored", "calendar", Some(calendar_id), &json!({}))?;
        Calendar::find(work, calendar_id)
    }

    pub fn list(work: &mut Work, query: &CalendarQuery, paging: &Paging) -> Result<CalendarList> {
        let mut filter = Filter::new("is_active");
        let total = filter.total(work, "crm_calendars", query.exact == Some(true))?;
        if let Some(cursor) = &paging.cursor {
            let last = filter.bind(listing::after_id(cursor)?);
            filter.and(&format!("calendar_id > {last}"));
        }
        let mut rows: Vec<Row> = filter.page(work, SELECT, "order by calendar_id", paging)?;
        let pagination = paging.answer(&mut rows, total, |last| vec![json!(last.calendar_id)]);
        Ok(CalendarList { calendars: rows.into_iter().map(Calendar::from).collect(), pagination })
    }
}

fn definition(hours: &hours::Calendar) -> db::Json<Definition> {
    let hours::Calendar { intervals, holidays, extra, .. } = hours.clone();
    db::Json(Definition { intervals, holidays, extra })
}

fn changed(before: &hours::Calendar, after: &hours::Calendar) -> Vec<&'static str> {
    let differs = [
        ("time_zone", before.time_zone != after.time_zone),
        ("intervals", before.intervals != after.intervals),
        ("holidays", before.holidays != after.holidays),
        ("extra", before.extra != after.extra),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

/// What is wrong with the hours of a body whose fields stand at its top.
fn refused(invalid: hours::InvalidCalendar) -> Error {
    let faults = invalid.faults.into_iter();
    Error::Invalid(faults.map(|fault| Fault::pointer(fault.pointer, fault.message)).collect())
}

fn must_be_free(work: &mut Work, name: &str, calendar_id: i64) -> Result<()> {
    // The words of the index crm_calendars_name.
    let sql = "select calendar_id from crm_calendars
         where lower(calendar_name) = lower($1) and is_active and calendar_id <> $2";
    let holder: Option<(i64,)> = work.optional(sql, &[&name, &calendar_id])?;
    if holder.is_some() { Err(name_taken()) } else { Ok(()) }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneCalendar {
    pub calendar: Calendar,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct CalendarList {
    pub calendars: Vec<Calendar>,
    pub pagination: Pagination,
}

fn answer(calendar: Calendar) -> Json<OneCalendar> {
    let (id, version) = (calendar.calendar_id, calendar.edit_version);
    Json::version(OneCalendar { calendar }, id, version)
}

pub async fn list(caller: Viewer, Query(query): Query<CalendarQuery>) -> Result<Answer<Json<CalendarList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    // A row may hold ten thousand holidays.
    let list = caller.read(Class::Slow, move |work| Calendar::list(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}

pub async fn create(
    caller: Manager,
    Body(draft): Body<CalendarDraft>,
) -> Result<Answer<Created<OneCalendar>>> {
    caller
        .write(move |work| {
            let calendar = Calendar::add(work, &draft)?;
            let location = format!("/api/crm/calendars/{}", calendar.calendar_id);
            let Json { body, etag } = answer(calendar);
            Ok(Created { location, body, etag })
        })
        .await
}

pub async fn show(
    caller: Viewer,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneCalendar>>> {
    Ok(answer(caller.read(Class::Bounded, move |work| Calendar::find(work, id)).await?).into())
}

pub async fn update(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<CalendarEdit>,
) -> Result<Answer<Json<OneCalendar>>> {
    let expected = caller.expected(id);
    caller.write(move |work| Ok(answer(Calendar::edit(work, id, &edit, &expected)?))).await
}

/// What an edit would do to the open cases whose clocks go by the calendar; nothing is changed.
pub async fn previewed(caller: &Manager, id: i64, edit: CalendarEdit, expected: Expected) -> Result<Preview> {
    let (hours, promises) = caller
        .read(Class::Bounded, move |work| {
            let before = Calendar::find(work, id)?;
            expected.check(before.edit_version)?;
            let hours = edit.hours.clone().over(before.hours());
            hours.validate().map_err(refused)?;
            Ok((hours, Promises::read(work)?))
        })
        .await?;
    // A calendar of extremes takes long to lay out.
    let clock = tokio::task::spawn_blocking(move || hours::Clock::new(&hours)).await;
    let clock = clock
        .map_err(|failed| Error::Db(db::Error::Panicked(format!("laying out a calendar: {failed}"))))?
        .map_err(refused)?;
    let promises = promises.with_clock(id, Arc::new(clock));
    preview::of(caller, Scope::Calendar(id), promises).await
}

pub async fn preview(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<CalendarEdit>,
) -> Result<Answer<Json<OnePreview>>> {
    let expected = caller.expected(id);
    let preview = previewed(&caller, id, edit, expected).await?;
    Ok(Json::new(OnePreview { preview }).into())
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller.write(move |work| Calendar::delete(work, id, &expected).map(|()| NoContent)).await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneCalendar>>> {
    caller.write(move |work| Ok(answer(Calendar::restore(work, id)?))).await
}
