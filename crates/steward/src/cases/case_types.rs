//! Case types: what a case is about, and how urgent such cases are by default.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::case::must_exist;
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Known, Manager, NoContent, Nothing, Path, Query,
};
use crate::input::{Line, Patch};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::people::listing::{self, Filter};
use crate::people::{differing, taken};
use crate::work::Work;

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct CaseType {
        pub case_type_id: i64,
        pub type_name: String,
        pub type_code: String,
        pub icon: Option<String>,
        pub color: Option<String>,
        /// The priority of a case of this type that names none.
        pub default_priority: i64,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

const SELECT: &str = "select case_type_id, type_name, type_code, icon, color, default_priority, edit_version,
        created_at, updated_at
     from crm_case_types";

#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseTypes {
    pub case_types: Vec<CaseType>,
    pub pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneCaseType {
    pub case_type: CaseType,
}

crate::input! {
    /// A new case type.
    pub struct CaseTypeDraft {
        pub type_name: Line<100>,
        pub type_code: Line<50>,
        pub icon: Option<Line<50>>,
        pub color: Option<Line<50>>,
        pub default_priority: i64,
    }
}

crate::input! {
    /// The fields to change.
    pub struct CaseTypeEdit {
        pub type_name: Patch<Line<100>>,
        pub type_code: Patch<Line<50>>,
        pub icon: Patch<Option<Line<50>>>,
        pub color: Patch<Option<Line<50>>>,
        pub default_priority: Patch<i64>,
    }
}

crate::input! {
    /// Which case types, oldest first.
    pub struct CaseTypeQuery {
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

/// All that are active, oldest first, the first thousand.
pub fn all(work: &mut Work) -> Result<Vec<CaseType>> {
    work.query(&format!("{SELECT} where is_active order by case_type_id limit 1000"), &[])
}

pub fn find(work: &mut Work, id: i64) -> Result<CaseType> {
    work.optional(&format!("{SELECT} where case_type_id = $1 and is_active"), &[&id])?
        .ok_or(Error::NotFound("case type"))
}

/// The type with its row taken for a change.
fn take(work: &mut Work, id: i64) -> Result<CaseType> {
    let lock = work.dialect().for_update();
    work.optional(&format!("{SELECT} where case_type_id = $1 and is_active{lock}"), &[&id])?
        .ok_or(Error::NotFound("case type"))
}

fn one(work: &mut Work, id: i64) -> Result<Json<OneCaseType>> {
    let case_type = find(work, id)?;
    let version = case_type.edit_version;
    Ok(Json::version(OneCaseType { case_type }, id, version))
}

fn name_taken() -> Fault {
    Fault::field("type_name", "is the name of another case type")
}

fn code_taken() -> Fault {
    Fault::field("type_code", "is the code of another case type")
}

/// A check before the write can lose a race: then the index says the same.
fn unique<T>(written: Result<T>) -> Result<T> {
    let written = taken(written, "crm_case_types_name", || Error::Invalid(vec![name_taken()]));
    taken(written, "crm_case_types_code", || Error::Invalid(vec![code_taken()]))
}

/// Names and codes are taken once among active types, whatever their case.
fn must_be_free(work: &mut Work, name: &str, code: &str, except: Option<i64>) -> Result<()> {
    let others: Vec<(bool, bool)> = work.query(
        "select lower(type_name) = lower($1) as same_name, lower(type_code) = lower($2) as same_code
         from crm_case_types
         where (lower(type_name) = lower($1) or lower(type_code) = lower($2)) and is_active and case_type_id <> $3",
        &[&name, &code, &except.unwrap_or(0)],
    )?;
    let mut faults = Vec::new();
    if others.iter().any(|(same_name, _)| *same_name) {
        faults.push(name_taken());
    }
    if others.iter().any(|(_, same_code)| *same_code) {
        faults.push(code_taken());
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

pub async fn list(caller: Known, Query(query): Query<CaseTypeQuery>) -> Result<Answer<Json<CaseTypes>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor, 50)?;
    Ok(Json::new(caller.read(Class::Bounded, move |work| page(work, &paging)).await?).into())
}

fn page(work: &mut Work, paging: &Paging) -> Result<CaseTypes> {
    let mut filter = Filter::new("is_active");
    let total = filter.total(work, "crm_case_types", false)?;
    if let Some(cursor) = &paging.cursor {
        let last = filter.bind(listing::after_id(cursor)?);
        filter.and(&format!("case_type_id > {last}"));
    }
    let mut case_types: Vec<CaseType> = filter.page(work, SELECT, "order by case_type_id", paging)?;
    let pagination = paging.answer(&mut case_types, total, |last| vec![json!(last.case_type_id)]);
    Ok(CaseTypes { case_types, pagination })
}

pub async fn show(
    caller: Known,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneCaseType>>> {
    Ok(caller.read(Class::Bounded, move |work| one(work, id)).await?.into())
}

pub async fn create(
    caller: Manager,
    Body(draft): Body<CaseTypeDraft>,
) -> Result<Answer<Created<OneCaseType>>> {
    caller
        .write(move |work| {
            must_exist(work, "default_priority", "crm_case_priorities", "priority_id", Some(draft.default_priority))?;
            must_be_free(work, &draft.type_name, &draft.type_code, None)?;
            let now = work.now;
            let inserted = work.one::<(i64,)>(
                "insert into crm_case_types (type_name, type_code, icon, color, default_priority, created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $6) returning case_type_id",
                &[
                    &&*draft.type_name, &&*draft.type_code, &draft.icon.as_deref(), &draft.color.as_deref(),
                    &draft.default_priority, &now,
                ],
            );
            let (id,) = unique(inserted)?;
            work.audit("created", "case_type", Some(id), &json!({}))?;
            let Json { body, etag } = one(work, id)?;
            Ok(Created { location: format!("/api/crm/case-types/{id}"), body, etag })
        })
        .await
}

pub async fn update(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<CaseTypeEdit>,
) -> Result<Answer<Json<OneCaseType>>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            change(work, id, &edit, &expected)?;
            one(work, id)
        })
        .await
}

/// Changes the fields named. An edit that changes nothing leaves no trace.
fn change(work: &mut Work, id: i64, edit: &CaseTypeEdit, expected: &Expected) -> Result<()> {
    let before = take(work, id)?;
    expected.check(before.edit_version)?;
    let edit = edit.clone();
    let after = CaseType {
        type_name: edit.type_name.map(Line::into_string).or(before.type_name.clone()),
        type_code: edit.type_code.map(Line::into_string).or(before.type_code.clone()),
        icon: edit.icon.map(|icon| icon.map(Line::into_string)).or(before.icon.clone()),
        color: edit.color.map(|color| color.map(Line::into_string)).or(before.color.clone()),
        default_priority: edit.default_priority.or(before.default_priority),
        ..before.clone()
    };
    let fields = differing!(before, after; type_name, type_code, icon, color, default_priority);
    if fields.is_empty() {
        return Ok(());
    }
    if after.default_priority != before.default_priority {
        let priority_id = Some(after.default_priority);
        must_exist(work, "default_priority", "crm_case_priorities", "priority_id", priority_id)?;
    }
    must_be_free(work, &after.type_name, &after.type_code, Some(id))?;
    let now = work.now;
    let updated = work.execute(
        "update crm_case_types set type_name = $2, type_code = $3, icon = $4, color = $5, default_priority = $6,
             edit_version = edit_version + 1, updated_at = $7
         where case_type_id = $1",
        &[
            &id, &after.type_name, &after.type_code, &after.icon, &after.color, &after.default_priority, &now,
        ],
    );
    unique(updated)?;
    work.audit("updated", "case_type", Some(id), &json!({ "fields": fields }))
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            expected.check(take(work, id)?.edit_version)?;
            let (others,): (i64,) = work
                .one("select count(*) from crm_case_types where is_active and case_type_id <> $1", &[&id])?;
            if others == 0 {
                return Err(Error::Conflict("a desk needs at least one case type; add another first".into()));
            }
            work.set_active("crm_case_types", "case_type_id", id, false)?;
            work.audit("deleted", "case_type", Some(id), &json!({}))?;
            Ok(NoContent)
        })
        .await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneCaseType>>> {
    caller
        .write(move |work| {
            let lock = work.dialect().for_update();
            let deleted: Option<(String, String)> = work.optional(
                &format!(
                    "select type_name, type_code from crm_case_types where case_type_id = $1 and not is_active{lock}"
                ),
                &[&id],
            )?;
            let (name, code) = deleted.ok_or(Error::NotFound("deleted case type"))?;
            let free = must_be_free(work, &name, &code, Some(id));
            free.and_then(|()| unique(work.set_active("crm_case_types", "case_type_id", id, true))).map_err(|error| match error {
                Error::Invalid(_) => Error::Conflict("its name or code has been taken since".into()),
                other => other,
            })?;
            work.audit("restored", "case_type", Some(id), &json!({}))?;
            one(work, id)
        })
        .await
}
