//! Saving the filters of a list under a name, and what becomes of such a view: renamed, shared, deleted.

use askama::Template;
use axum::extract::RawQuery;
use db::Class;
use serde_json::{Value, json};

use crate::cases::address::{Address, PLACES};
use crate::cases::case_page::PathOf;
use crate::cases::filter::CaseScope;
use crate::cases::saved_views::{Audience, SavedView, ViewDraft, ViewEdit};
use crate::cases::views::{self, Count};
use crate::cases::{list, summary};
use crate::error::{Error, Result};
use crate::http::{Expected, Viewer};
use crate::input;
use crate::people::Role;
use crate::web::{Choice, Faults, Form, Frame, Page, PageResult, Seat, choices, redirect, show, show_as};
use crate::work::Work;

/// Views that are counted; those after them show no number.
const COUNTED: i64 = 50;

#[derive(Template)]
#[template(path = "cases/saved_view.html")]
struct ViewPage {
    page: Page,
    frame: Frame,
    /// The view, where it is one that is there.
    view_id: Option<i64>,
    typed: ViewForm,
    /// Teams that it may be shared with.
    teams: Vec<Choice>,
    faults: Faults,
}

crate::input! {
    /// The form of a saved view, as it was typed.
    pub struct ViewForm {
        pub view_name: Option<String>,
        pub query: Option<String>,
        /// `nobody`, `desk`, or `team-3`.
        pub share: Option<String>,
    }
}

impl ViewForm {
    fn fields(&self) -> Value {
        let share = self.share.as_deref().unwrap_or("nobody");
        let (audience, team_id) = match share.strip_prefix("team-") {
            Some(id) => ("team", id.parse::<i64>().map_or(json!(id), |id| json!(id))),
            None => (share, Value::Null),
        };
        let name = self.view_name.clone().unwrap_or_default();
        json!({ "view_name": name, "query": self.query.clone().unwrap_or_default(), "shared_with": audience, "team_id": team_id })
    }

    fn of(view: &SavedView) -> ViewForm {
        let share = match view.shared_with {
            Audience::Team => format!("team-{}", view.team_id.unwrap_or(0)),
            other => other.word().to_owned(),
        };
        ViewForm {
            view_name: Some(view.view_name.clone()),
            query: Some(view.query.clone()),
            share: Some(share),
        }
    }

    fn shares(&self, word: &str) -> bool {
        self.share.as_deref().unwrap_or("nobody") == word
    }

    fn name(&self) -> &str {
        self.view_name.as_deref().unwrap_or("")
    }

    fn filters(&self) -> &str {
        self.query.as_deref().unwrap_or("")
    }
}

impl ViewPage {
    fn read(
        work: &mut Work,
        visit: &crate::web::Visit,
        view_id: Option<i64>,
        typed: ViewForm,
        faults: Faults,
    ) -> Result<ViewPage> {
        let current = view_id.map(|id| format!("saved-{id}")).unwrap_or_default();
        let frame = Frame::read(work, visit, &current)?;
        let mut teams = choices(work)?.teams;
        if frame.role < Role::Manager {
            let own = |id: i64| frame.own_teams.iter().any(|team| team.name == format!("team-{id}"));
            teams.retain(|team| own(team.id) || typed.shares(&format!("team-{}", team.id)));
        }
        Ok(ViewPage { page: Page::read(work, visit)?, frame, view_id, typed, teams, faults })
    }
}

/// The form for a new view of the filters in the address.
pub async fn new(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let address = Address::parse(&query.unwrap_or_default())?.over(&Address::default()).without(&PLACES);
    let typed = ViewForm { view_name: None, query: Some(address.to_query()), share: None };
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        ViewPage::read(work, &visit, None, typed.clone(), Faults::default())
    });
    show(&page.await?)
}

/// The form of a view that is there.
pub async fn edit(seat: Seat<Viewer>, id: PathOf) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let view = SavedView::find(work, id.0)?;
        if !view.may_be_changed_by(work.actor) {
            return Err(Error::Forbidden(
                "a shared view is changed by whoever made it and by managers".into(),
            ));
        }
        ViewPage::read(work, &visit, Some(id.0), ViewForm::of(&view), Faults::default())
    });
    show(&page.await?)
}

pub async fn create(seat: Seat<Viewer>, Form(form): Form<ViewForm>) -> PageResult {
    let written = match input::from_json::<ViewDraft>(form.fields()) {
        Ok(draft) => seat.app.write(seat.actor, move |work| SavedView::add(work, &draft)).await,
        Err(error) => Err(error),
    };
    match written {
        Ok(view) => redirect(&format!("/saved-views/{}", view.view_id)),
        Err(error) => again(&seat, None, form, error).await,
    }
}

pub async fn update(seat: Seat<Viewer>, id: PathOf, Form(form): Form<ViewForm>) -> PageResult {
    let mut fields = form.fields();
    if form.view_name.is_none() && form.share.is_none() {
        // The list's own button: the filters alone.
        fields = json!({ "query": form.query.clone().unwrap_or_default() });
    }
    let written = match input::from_json::<ViewEdit>(fields) {
        Ok(edit) => {
            let edited = seat
                .app
                .write(seat.actor, move |work| SavedView::edit(work, id.0, &edit, &Expected::any(id.0)));
            edited.await
        }
        Err(error) => Err(error),
    };
    match written {
        Ok(_) => redirect(&format!("/saved-views/{}", id.0)),
        Err(error) => again(&seat, Some(id.0), form, error).await,
    }
}

/// Shows a form with its faults.
async fn again(seat: &Seat<Viewer>, view_id: Option<i64>, form: ViewForm, error: Error) -> PageResult {
    let status = error.status();
    let faults = Faults::of(error, &seat.visit)?;
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        ViewPage::read(work, &visit, view_id, form.clone(), faults.clone())
    });
    show_as(status, &page.await?)
}

crate::input! {
    /// Nothing but the token.
    pub struct Alone {
        pub sure: Option<bool>,
    }
}

pub async fn delete(seat: Seat<Viewer>, id: PathOf, Form(_): Form<Alone>) -> PageResult {
    seat.app.write(seat.actor, move |work| SavedView::delete(work, id.0, &Expected::any(id.0))).await?;
    redirect("/views/mine")
}

/// How many cases each saved view in the navigation has: counted after the page is there.
pub async fn counts(seat: Seat<Viewer>) -> PageResult {
    let visit = seat.visit.clone();
    let counts = seat.read(Class::Slow, move |work| {
        let me = work.actor.user_id().unwrap_or(0);
        let mut counts = serde_json::Map::new();
        for view in SavedView::beside(work, COUNTED)? {
            // A view may name what is no filter any more.
            let Ok(query) = Address::parse(&view.query).and_then(|address| address.resolve(me, &visit.zone))
            else {
                continue;
            };
            let total = match query.search {
                Some(_) => list::glance(work, &query, 1, views::MOST)?.total,
                None => {
                    let filter = query.filter(work.dialect(), work.actor, work.now, CaseScope::Desk)?;
                    summary::total(work, &filter, views::MOST)?
                }
            };
            let count = Count { cases: total.rows, is_exact: total.is_exact };
            counts.insert(format!("saved-{}", view.view_id), crate::web::told(visit.language, count).into());
        }
        Ok(json!({ "counts": counts }))
    });
    Ok(crate::web::json(&counts.await?))
}
