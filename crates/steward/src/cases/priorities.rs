//! Priorities: how urgent a case is, and the hours that this alone demands.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Known, Manager, NoContent, Nothing, Path, Query,
};
use crate::input::{Hours, Int, Line, Patch};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::people::listing::Filter;
use crate::people::{differing, taken};
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Priority {
        pub priority_id: i64,
        pub priority_name: String,
        /// Higher is more urgent.
        pub priority_level: i64,
        pub response_time_hours: f64,
        pub resolution_time_hours: f64,
        pub color: Option<String>,
        pub icon: Option<String>,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

const SELECT: &str =
    "select priority_id, priority_name, priority_level, response_time_hours, resolution_time_hours,
        color, icon, edit_version, created_at, updated_at
     from crm_case_priorities";

#[derive(Debug, Serialize, JsonSchema)]
pub struct Priorities {
    pub priorities: Vec<Priority>,
    pub pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OnePriority {
    pub priority: Priority,
}

crate::input! {
    /// A new priority.
    pub struct PriorityDraft {
        pub priority_name: Line<100>,
        pub priority_level: Int<1, 100>,
        pub response_time_hours: Hours,
        pub resolution_time_hours: Hours,
        pub color: Option<Line<50>>,
        pub icon: Option<Line<50>>,
    }
}

crate::input! {
    /// The fields to change.
    pub struct PriorityEdit {
        pub priority_name: Patch<Line<100>>,
        pub priority_level: Patch<Int<1, 100>>,
        pub response_time_hours: Patch<Hours>,
        pub resolution_time_hours: Patch<Hours>,
        pub color: Patch<Option<Line<50>>>,
        pub icon: Patch<Option<Line<50>>>,
    }
}

/// All that are active, the least urgent first.
pub fn all(work: &mut Work) -> Result<Vec<Priority>> {
    work.query(&format!("{SELECT} where is_active order by priority_level, priority_id limit 1000"), &[])
}

pub fn find(work: &mut Work, id: i64) -> Result<Priority> {
    work.optional(&format!("{SELECT} where priority_id = $1 and is_active"), &[&id])?
        .ok_or(Error::NotFound("priority"))
}

/// The priority with its row taken for a change.
fn take(work: &mut Work, id: i64) -> Result<Priority> {
    let lock = work.dialect().for_update();
    work.optional(&format!("{SELECT} where priority_id = $1 and is_active{lock}"), &[&id])?
        .ok_or(Error::NotFound("priority"))
}

fn one(work: &mut Work, id: i64) -> Result<Json<OnePriority>> {
    let priority = find(work, id)?;
    let version = priority.edit_version;
    Ok(Json::version(OnePriority { priority }, id, version))
}

fn name_taken() -> Error {
    Error::field("priority_name", "is the name of another priority")
}

/// A check before the write can lose a race: then the index says the same.
fn unique<T>(written: Result<T>) -> Result<T> {
    taken(written, "crm_case_priorities_name", name_taken)
}

/// A name is taken once among active priorities, whatever its case.
fn must_be_free(work: &mut Work, name: &str, except: Option<i64>) -> Result<()> {
    let holder: Option<(i64,)> = work.optional(
        "select priority_id from crm_case_priorities where lower(priority_name) = lower($1) and is_active
             and priority_id <> $2",
        &[&name, &except.unwrap_or(0)],
    )?;
    if holder.is_some() { Err(name_taken()) } else { Ok(()) }
}

crate::input! {
    /// Which priorities, the least urgent first.
    pub struct PriorityQuery {
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

pub async fn list(caller: Known, Query(query): Query<PriorityQuery>) -> Result<Answer<Json<Priorities>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor, 50)?;
    Ok(Json::new(caller.read(Class::Bounded, move |work| page(work, &paging)).await?).into())
}

fn page(work: &mut Work, paging: &Paging) -> Result<Priorities> {
    let mut filter = Filter::new("is_active");
    let total = filter.total(work, "crm_case_priorities", false)?;
    if let Some(cursor) = &paging.cursor {
        let [level, id] = cursor.values()?;
        let (level, id) = level.as_i64().zip(id.as_i64()).ok_or_else(Cursor::foreign)?;
        let (level, id) = (filter.bind(level), filter.bind(id));
        filter.and(&format!("(priority_level, priority_id) > ({level}, {id})"));
    }
    let order = "order by priority_level, priority_id";
    let mut priorities: Vec<Priority> = filter.page(work, SELECT, order, paging)?;
    let key = |last: &Priority| vec![json!(last.priority_level), json!(last.priority_id)];
    let pagination = paging.answer(&mut priorities, total, key);
    Ok(Priorities { priorities, pagination })
}

pub async fn show(
    caller: Known,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OnePriority>>> {
    Ok(caller.read(Class::Bounded, move |work| one(work, id)).await?.into())
}

pub async fn create(
    caller: Manager,
    Body(draft): Body<PriorityDraft>,
) -> Result<Answer<Created<OnePriority>>> {
    caller
        .write(move |work| {
            must_be_free(work, &draft.priority_name, None)?;
            let now = work.now;
            let inserted = work.one::<(i64,)>(
                "insert into crm_case_priorities (priority_name, priority_level, response_time_hours,
                     resolution_time_hours, color, icon, created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $7) returning priority_id",
                &[
                    &&*draft.priority_name,
                    &draft.priority_level.0,
                    &draft.response_time_hours.0,
                    &draft.resolution_time_hours.0,
                    &draft.color.as_deref(),
                    &draft.icon.as_deref(),
                    &now,
                ],
            );
            let (id,) = unique(inserted)?;
            work.audit("created", "priority", Some(id), &json!({}))?;
            let Json { body, etag } = one(work, id)?;
            Ok(Created { location: format!("/api/crm/case-priorities/{id}"), body, etag })
        })
        .await
}

pub async fn update(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<PriorityEdit>,
) -> Result<Answer<Json<OnePriority>>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            change(work, id, &edit, &expected)?;
            one(work, id)
        })
        .await
}

/// Changes the fields named. An edit that changes nothing leaves no trace.
fn change(work: &mut Work, id: i64, edit: &PriorityEdit, expected: &Expected) -> Result<()> {
    let before = take(work, id)?;
    expected.check(before.edit_version)?;
    let edit = edit.clone();
    let after = Priority {
        priority_name: edit.priority_name.map(Line::into_string).or(before.priority_name.clone()),
        priority_level: edit.priority_level.map(|level| level.0).or(before.priority_level),
        response_time_hours: edit.response_time_hours.map(|hours| hours.0).or(before.response_time_hours),
        resolution_time_hours: edit
            .resolution_time_hours
            .map(|hours| hours.0)
            .or(before.resolution_time_hours),
        color: edit.color.map(|color| color.map(Line::into_string)).or(before.color.clone()),
        icon: edit.icon.map(|icon| icon.map(Line::into_string)).or(before.icon.clone()),
        ..before.clone()
    };
    let fields = differing!(
        before, after;
        priority_name, priority_level, response_time_hours, resolution_time_hours, color, icon
    );
    if fields.is_empty() {
        return Ok(());
    }
    must_be_free(work, &after.priority_name, Some(id))?;
    let now = work.now;
    let updated = work.execute(
        "update crm_case_priorities set priority_name = $2, priority_level = $3, response_time_hours = $4,
             resolution_time_hours = $5, color = $6, icon = $7, edit_version = edit_version + 1, updated_at = $8
         where priority_id = $1",
        &[
            &id, &after.priority_name, &after.priority_level, &after.response_time_hours,
            &after.resolution_time_hours, &after.color, &after.icon, &now,
        ],
    );
    unique(updated)?;
    work.audit("updated", "priority", Some(id), &json!({ "fields": fields }))
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            expected.check(take(work, id)?.edit_version)?;
            let used: Option<(String,)> = work.optional(
                "select type_name from crm_case_types where default_priority = $1 and is_active limit 1",
                &[&id],
            )?;
            if let Some((name,)) = used {
                return Err(Error::Conflict(format!(
                    "it is the default of case type {name:?}; give that another first"
                )));
            }
            work.set_active("crm_case_priorities", "priority_id", id, false)?;
            work.audit("deleted", "priority", Some(id), &json!({}))?;
            Ok(NoContent)
        })
        .await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OnePriority>>> {
    caller
        .write(move |work| {
            let lock = work.dialect().for_update();
            let deleted: Option<(String,)> = work.optional(
                &format!(
                    "select priority_name from crm_case_priorities where priority_id = $1 and not is_active{lock}"
                ),
                &[&id],
            )?;
            let (name,) = deleted.ok_or(Error::NotFound("deleted priority"))?;
            let free = must_be_free(work, &name, Some(id));
            free.and_then(|()| unique(work.set_active("crm_case_priorities", "priority_id", id, true))).map_err(|error| match error {
                Error::Invalid(_) => Error::Conflict("its name has been taken since".into()),
                other => other,
            })?;
            work.audit("restored", "priority", Some(id), &json!({}))?;
            one(work, id)
        })
        .await
}
