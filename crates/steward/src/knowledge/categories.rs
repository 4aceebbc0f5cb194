//! Categories: a tree of at most five levels (spec 7). Triggers keep the counts of articles.

use std::collections::HashMap;

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Reader,
};
use crate::input::{Int, Line, Patch};
use crate::people::differing;
use crate::work::Work;

/// Levels of the tree.
const DEEPEST: usize = 5;
/// Categories of a desk: all of them are read at once.
const MOST: usize = 1000;

db::record! {
    /// A category of articles.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Category {
        pub category_id: i64,
        pub category_name: String,
        /// Null at the top.
        pub parent_category_id: Option<i64>,
        pub icon: Option<String>,
        pub sort_order: i64,
        /// Published articles that the caller may see: in the category itself, or below it too where that was asked.
        pub article_count: i64,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Categories {
    categories: Vec<Category>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneCategory {
    category: Category,
}

crate::input! {
    pub struct CategoryQuery {
        /// Whether counts include the categories below.
        pub descendants: Option<bool>,
    }
}

crate::input! {
    /// A new category.
    pub struct CategoryDraft {
        pub category_name: Line<200>,
        pub parent_category_id: Option<i64>,
        pub icon: Option<Line<50>>,
        /// Siblings are shown by this, then by name; 0 unless named.
        pub sort_order: Option<Int<-1_000_000, 1_000_000>>,
    }
}

crate::input! {
    /// The fields to change.
    pub struct CategoryEdit {
        pub category_name: Patch<Line<200>>,
        pub parent_category_id: Patch<Option<i64>>,
        pub icon: Patch<Option<Line<50>>>,
        pub sort_order: Patch<Int<-1_000_000, 1_000_000>>,
    }
}

/// All categories as a tree read from top to bottom, with the counts that are for the caller.
pub fn all(work: &mut Work, descendants: bool) -> Result<Vec<Category>> {
    // A count would tell readers of internal articles.
    let count = if work.actor.is_staff() { "article_count" } else { "public_article_count as article_count" };
    let flat: Vec<Category> = work.query(
        &format!(
            "select category_id, category_name, parent_category_id, icon, sort_order, {count}, edit_version, created_at,
                 updated_at
             from crm_kb_categories where is_active order by sort_order, category_name, category_id"
        ),
        &[],
    )?;
    let mut categories = in_tree_order(flat);
    if descendants {
        // From the bottom up: what follows a category in this order is below it, or beside it.
        let place: HashMap<i64, usize> =
            categories.iter().enumerate().map(|(place, category)| (category.category_id, place)).collect();
        for index in (0..categories.len()).rev() {
            let parent = categories[index].parent_category_id.and_then(|parent| place.get(&parent));
            if let Some(parent) = parent {
                categories[*parent].article_count += categories[index].article_count;
            }
        }
    }
    Ok(categories)
}

/// How many published articles the caller may see: in these categories, or in all and in none.
pub fn count(work: &mut Work, ids: Option<&[i64]>, descendants: bool) -> Result<i64> {
    let column = if work.actor.is_staff() { "article_count" } else { "public_article_count" };
    let sum = format!("select cast(coalesce(sum({column}), 0) as bigint) from");
    let (count,): (i64,) = match ids {
        Some(ids) => {
            let ids = if descendants { with_descendants(work, ids)? } else { ids.to_vec() };
            let among = work.dialect().among_ints("category_id", "$1");
            work.one(&format!("{sum} crm_kb_categories where {among}"), &[&json!(ids)])?
        }
        None => {
            let all = format!(
                "select {column} from crm_kb_categories union all select {column} from crm_kb_uncategorised"
            );
            work.one(&format!("{sum} ({all}) as counted"), &[])?
        }
    };
    Ok(count)
}

/// Parents before their children. One whose parent is not there (plain SQL may do so) stands at the top.
fn in_tree_order(flat: Vec<Category>) -> Vec<Category> {
    let known: Vec<i64> = flat.iter().map(|category| category.category_id).collect();
    let mut children: HashMap<Option<i64>, Vec<Category>> = HashMap::new();
    for category in flat {
        let parent = category.parent_category_id.filter(|parent| known.contains(parent));
        children.entry(parent).or_default().push(category);
    }
    let mut ordered = Vec::with_capacity(known.len());
    let mut waiting: Vec<Category> = children.remove(&None).unwrap_or_default();
    waiting.reverse();
    while let Some(category) = waiting.pop() {
        let below = children.remove(&Some(category.category_id)).unwrap_or_default();
        waiting.extend(below.into_iter().rev());
        ordered.push(category);
    }
    // A circle that plain SQL made has no top.
    ordered.extend(children.into_values().flatten());
    ordered
}

/// These categories and all below them.
pub fn with_descendants(work: &mut Work, ids: &[i64]) -> Result<Vec<i64>> {
    let mut found = ids.to_vec();
    for category in all(work, false)? {
        let is_below = category.parent_category_id.is_some_and(|parent| found.contains(&parent));
        if is_below && !found.contains(&category.category_id) {
            found.push(category.category_id);
        }
    }
    Ok(found)
}

fn find(work: &mut Work, id: i64, descendants: bool) -> Result<Category> {
    let found = all(work, descendants)?.into_iter().find(|category| category.category_id == id);
    found.ok_or(Error::NotFound("category"))
}

fn one(work: &mut Work, id: i64, descendants: bool) -> Result<Json<OneCategory>> {
    let category = find(work, id, descendants)?;
    let version = category.edit_version;
    Ok(Json::version(OneCategory { category }, id, version))
}

/// Takes every row, so that two moves at once cannot make a circle together.
fn take_all(work: &mut Work) -> Result<Vec<Category>> {
    let lock = work.dialect().for_update();
    let _: Vec<(i64,)> =
        work.query(&format!("select category_id from crm_kb_categories order by category_id{lock}"), &[])?;
    all(work, false)
}

/// Checks where a category is to hang: 422 where there is nothing, 409 for a circle or one level too many.
fn check_parent(categories: &[Category], id: Option<i64>, parent: Option<i64>) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    let above = |id: i64| {
        let category = categories.iter().find(|category| category.category_id == id);
        category.and_then(|category| category.parent_category_id)
    };
    if !categories.iter().any(|category| category.category_id == parent) {
        return Err(Error::field("parent_category_id", format!("there is no active category {parent}")));
    }
    let mut path = vec![parent];
    while let Some(next) = above(path[path.len() - 1]) {
        if path.len() > DEEPEST {
            break;
        }
        path.push(next);
    }
    if id.is_some_and(|id| path.contains(&id)) {
        return Err(Error::Conflict("a category cannot be below itself".into()));
    }
    let height = id.map_or(1, |id| height(categories, id));
    if path.len() + height > DEEPEST {
        return Err(Error::Conflict(format!("categories go {DEEPEST} levels deep at most")));
    }
    Ok(())
}

/// Levels from a category down, itself included.
fn height(categories: &[Category], id: i64) -> usize {
    let mut level = vec![id];
    let mut height = 0;
    while !level.is_empty() && height <= DEEPEST {
        height += 1;
        let below = categories
            .iter()
            .filter(|category| category.parent_category_id.is_some_and(|parent| level.contains(&parent)));
        level = below.map(|category| category.category_id).collect();
    }
    height
}

pub async fn list(caller: Reader, Query(query): Query<CategoryQuery>) -> Result<Answer<Json<Categories>>> {
    let categories = caller.read(Class::Bounded, move |work| all(work, query.descendants == Some(true)));
    Ok(Json::new(Categories { categories: categories.await? }).into())
}

pub async fn show(
    caller: Reader,
    Path([id]): Path<1>,
    Query(query): Query<CategoryQuery>,
) -> Result<Answer<Json<OneCategory>>> {
    Ok(caller.read(Class::Bounded, move |work| one(work, id, query.descendants == Some(true))).await?.into())
}

pub async fn create(
    caller: Manager,
    Body(draft): Body<CategoryDraft>,
) -> Result<Answer<Created<OneCategory>>> {
    let made = caller.write(move |work| {
        let id = add(work, &draft)?;
        let Json { body, etag } = one(work, id, false)?;
        Ok(Created { location: format!("/api/crm/knowledge-categories/{id}"), body, etag })
    });
    made.await
}

/// Adds a category; answers its id.
pub fn add(work: &mut Work, draft: &CategoryDraft) -> Result<i64> {
    let categories = take_all(work)?;
    check_parent(&categories, None, draft.parent_category_id)?;
    if categories.len() >= MOST {
        return Err(Error::Conflict(format!("a desk has at most {MOST} categories: delete one first")));
    }
    let now = work.now;
    let (id,): (i64,) = work.one(
        "insert into crm_kb_categories (category_name, parent_category_id, icon, sort_order, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5) returning category_id",
        &[
            &&*draft.category_name, &draft.parent_category_id, &draft.icon.as_deref(),
            &draft.sort_order.map_or(0, |order| order.0), &now,
        ],
    )?;
    work.audit("created", "knowledge_category", Some(id), &json!({}))?;
    Ok(id)
}

pub async fn update(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<CategoryEdit>,
) -> Result<Answer<Json<OneCategory>>> {
    let expected = caller.expected(id);
    let changed = caller.write(move |work| {
        change(work, id, &edit, &expected)?;
        one(work, id, false)
    });
    changed.await
}

/// Changes the fields named. An edit that changes nothing leaves no trace.
pub fn change(work: &mut Work, id: i64, edit: &CategoryEdit, expected: &Expected) -> Result<()> {
    let categories = take_all(work)?;
    let before = categories.iter().find(|category| category.category_id == id);
    let before = before.ok_or(Error::NotFound("category"))?;
    expected.check(before.edit_version)?;
    let edit = edit.clone();
    let after = Category {
        category_name: edit.category_name.map(Line::into_string).or(before.category_name.clone()),
        parent_category_id: edit.parent_category_id.or(before.parent_category_id),
        icon: edit.icon.map(|icon| icon.map(Line::into_string)).or(before.icon.clone()),
        sort_order: edit.sort_order.map(|order| order.0).or(before.sort_order),
        ..before.clone()
    };
    let fields = differing!(before, after; category_name, parent_category_id, icon, sort_order);
    if fields.is_empty() {
        return Ok(());
    }
    if after.parent_category_id != before.parent_category_id {
        check_parent(&categories, Some(id), after.parent_category_id)?;
    }
    let now = work.now;
    work.execute(
        "update crm_kb_categories set category_name = $2, parent_category_id = $3, icon = $4, sort_order = $5,
             edit_version = edit_version + 1, updated_at = $6
         where category_id = $1",
        &[&id, &after.category_name, &after.parent_category_id, &after.icon, &after.sort_order, &now],
    )?;
    work.audit("updated", "knowledge_category", Some(id), &json!({ "fields": fields }))
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller.write(move |work| remove(work, id, &expected).map(|()| NoContent)).await
}

/// Deletes an empty category softly.
pub fn remove(work: &mut Work, id: i64, expected: &Expected) -> Result<()> {
    let categories = take_all(work)?;
    let category = categories.iter().find(|category| category.category_id == id);
    expected.check(category.ok_or(Error::NotFound("category"))?.edit_version)?;
    let holds: Option<(i64,)> = work.optional(
        "select article_id from crm_kb_articles where category_id = $1 and is_active limit 1",
        &[&id],
    )?;
    if holds.is_some() || categories.iter().any(|category| category.parent_category_id == Some(id)) {
        let why = "there are articles or categories in it: move or delete those first";
        return Err(Error::Conflict(why.into()));
    }
    work.set_active("crm_kb_categories", "category_id", id, false)?;
    work.audit("deleted", "knowledge_category", Some(id), &json!({}))
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneCategory>>> {
    let restored = caller.write(move |work| {
        let categories = take_all(work)?;
        let deleted: Option<(Option<i64>,)> = work.optional(
            "select parent_category_id from crm_kb_categories where category_id = $1 and not is_active",
            &[&id],
        )?;
        let (parent,) = deleted.ok_or(Error::NotFound("deleted category"))?;
        check_parent(&categories, Some(id), parent).map_err(|error| match error {
            Error::Invalid(_) => {
                Error::Conflict("the category above it is deleted: bring that back first".into())
            }
            other => other,
        })?;
        work.set_active("crm_kb_categories", "category_id", id, true)?;
        work.audit("restored", "knowledge_category", Some(id), &json!({}))?;
        one(work, id, false)
    });
    restored.await
}
