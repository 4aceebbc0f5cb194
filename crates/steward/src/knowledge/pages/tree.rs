//! The categories: adding, renaming, moving, deleting.

use std::borrow::Borrow;

use askama::Template;
use axum::http::StatusCode;
use db::Class;

use super::super::categories::{self, CategoryDraft, CategoryEdit};
use super::Branch;
use crate::error::{Error, Result};
use crate::http::{Caller, Expected, Manager, Viewer};
use crate::input::{Int, Line, Patch};
use crate::web::{self, Faults, Form, Frame, Ids, Page, PageResult, Seat, Visit, redirect};

#[derive(Template)]
#[template(path = "knowledge/categories.html")]
struct TreePage {
    page: Page,
    frame: Frame,
    tree: Vec<Branch>,
    /// Articles without a category.
    uncategorised: i64,
    /// What is wrong with what was sent, and with which category; 0 is the new one.
    faults: Faults,
    place: i64,
    typed: String,
}

impl TreePage {
    fn fault(&self, id: impl Borrow<i64>) -> String {
        if self.place != *id.borrow() {
            return String::new();
        }
        let said = self.faults.all().iter().map(|told| told.message.as_str());
        said.collect::<Vec<_>>().join("; ")
    }

    /// Where a category may hang: anywhere but below itself.
    fn parents(&self, of: &Branch) -> Vec<&Branch> {
        let mut below = vec![of.category.category_id];
        for branch in &self.tree {
            if branch.category.parent_category_id.is_some_and(|parent| below.contains(&parent)) {
                below.push(branch.category.category_id);
            }
        }
        self.tree.iter().filter(|branch| !below.contains(&branch.category.category_id)).collect()
    }
}

async fn tree(caller: &Caller, visit: Visit, place: i64, typed: String, faults: Faults) -> Result<TreePage> {
    let read = caller.read(Class::Bounded, move |work| {
        let all = categories::all(work, false)?;
        let categorised: i64 = all.iter().map(|category| category.article_count).sum();
        let uncategorised = categories::count(work, None, false)? - categorised;
        let (page, frame) = (Page::read(work, &visit)?, Frame::read(work, &visit, "knowledge")?);
        Ok((page, frame, Branch::all(all), uncategorised))
    });
    let (page, frame, tree, uncategorised) = read.await?;
    Ok(TreePage { page, frame, tree, uncategorised, faults, place, typed })
}

pub async fn show(seat: Seat<Viewer>) -> PageResult {
    web::show(&tree(&seat, seat.visit.clone(), -1, String::new(), Faults::default()).await?)
}

crate::input! {
    /// What a category is to be.
    pub struct CategoryForm {
        pub category_name: Option<String>,
        pub parent_category_id: Option<i64>,
        pub sort_order: Option<Int<-1_000_000, 1_000_000>>,
        pub edit_version: Option<i64>,
    }
}

/// Shows the page again with what is wrong, or goes back to it.
async fn answer(seat: &Seat<Manager>, done: Result<()>, place: i64, typed: Option<String>) -> PageResult {
    let error = match done {
        Ok(()) => return redirect("/knowledge/categories"),
        Err(Error::Stale) => {
            Error::Conflict("somebody changed this category meanwhile: this is how it is now".into())
        }
        Err(error) => error,
    };
    let status = error.status();
    let faults = Faults::of(error, &seat.visit)?;
    let page = tree(seat, seat.visit.clone(), place, typed.unwrap_or_default(), faults).await?;
    web::show_as(status.max(StatusCode::BAD_REQUEST), &page)
}

fn name(form: &CategoryForm) -> Result<Line<200>> {
    use crate::input::Field;
    let text = form.category_name.clone().unwrap_or_default();
    Line::from_text(&text).map_err(|message| Error::field("category_name", message))
}

pub async fn add(seat: Seat<Manager>, Form(form): Form<CategoryForm>) -> PageResult {
    let typed = form.category_name.clone();
    let made = seat.app.write(seat.actor, move |work| {
        let draft = CategoryDraft {
            category_name: name(&form)?,
            parent_category_id: form.parent_category_id,
            icon: None,
            sort_order: form.sort_order,
        };
        categories::add(work, &draft).map(|_| ())
    });
    answer(&seat, made.await, 0, typed).await
}

pub async fn change(seat: Seat<Manager>, Ids([id]): Ids<1>, Form(form): Form<CategoryForm>) -> PageResult {
    let changed = seat.app.write(seat.actor, move |work| {
        let edit = CategoryEdit {
            category_name: Patch::Set(name(&form)?),
            parent_category_id: Patch::Set(form.parent_category_id),
            icon: Patch::Keep,
            sort_order: form.sort_order.map_or(Patch::Keep, Patch::Set),
        };
        categories::change(work, id, &edit, &expected(id, &form))
    });
    answer(&seat, changed.await, id, None).await
}

pub async fn remove(seat: Seat<Manager>, Ids([id]): Ids<1>, Form(form): Form<CategoryForm>) -> PageResult {
    let removed = seat.app.write(seat.actor, move |work| categories::remove(work, id, &expected(id, &form)));
    answer(&seat, removed.await, id, None).await
}

fn expected(id: i64, form: &CategoryForm) -> Expected {
    form.edit_version.map_or_else(|| Expected::any(id), |version| Expected::version(id, version))
}
