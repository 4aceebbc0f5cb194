//! Saved views: filters of the case list that somebody gave a name, for themselves, for a team, or for the whole desk.
//!
//! Every user may save views. Whoever is in a team shares with that team; sharing with the desk, or with a team of
//! others, is a manager's. A shared view is changed by its maker and by managers, anybody else's own by nobody.

use db::Class;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::address::{Address, PLACES};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Admin, Answer, Body, Created, Expected, Json, NoContent, Nothing, Path, Query, Viewer};
use crate::input::{Faults, Field, Line, Patch};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::people::listing::{self, Filter};
use crate::people::{Role, differing};
use crate::work::{Actor, Work};

/// The most views that one user may have made.
pub const MOST: i64 = 100;
/// The longest query, in characters.
const LONGEST: usize = 2_000;

crate::words! {
    /// Who sees a saved view beside its maker.
    pub enum Audience { Nobody = "nobody", Team = "team", Desk = "desk" }
}

db::record! {
    /// A saved view.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct SavedView {
        pub view_id: i64,
        pub view_name: String,
        /// The filters as they stand in the list's address: `status=new,open&owner_id=me&sort=next_due`.
        pub query: String,
        /// Who made it.
        pub user_id: i64,
        pub user_name: String,
        pub shared_with: Audience,
        pub team_id: Option<i64>,
        pub team_name: Option<String>,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

crate::input! {
    /// A new saved view.
    pub struct ViewDraft {
        pub view_name: Line<100>,
        pub query: ListAddress,
        /// Nobody when left out.
        pub shared_with: Option<Audience>,
        /// The team, for a view that is shared with one.
        pub team_id: Option<i64>,
    }
}

crate::input! {
    /// The fields to change; those left out stay as they are.
    pub struct ViewEdit {
        pub view_name: Patch<Line<100>>,
        pub query: Patch<ListAddress>,
        pub shared_with: Patch<Audience>,
        pub team_id: Patch<Option<i64>>,
    }
}

crate::input! {
    /// Which views, oldest first.
    pub struct ViewQuery {
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

/// The filters and the order of a list as they stand in its address, checked; the page is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAddress(String);

impl Field for ListAddress {
    fn from_json(value: Value) -> Result<Self, Faults> {
        let Value::String(text) = value else { return Err(Faults::one("is to be a text")) };
        let address = Address::parse(text.trim_start_matches('?'))
            .and_then(|address| {
                let address = address.over(&Address::default()).without(&PLACES);
                address.resolve(1, &TimeZone::UTC).map(|_| address)
            })
            .map_err(|error| {
                let problem = error.problem();
                let named = problem
                    .errors
                    .iter()
                    .map(|fault| format!("{} {}", fault.parameter.as_deref().unwrap_or(""), fault.message));
                let named: Vec<String> = named.collect();
                Faults::one(if named.is_empty() { problem.detail.clone() } else { named.join("; ") })
            })?;
        let query = address.to_query();
        if query.contains("%00") {
            return Err(Faults::one("must not hold the character NUL (U+0000)"));
        }
        if query.chars().count() > LONGEST {
            return Err(Faults::one(format!("has more than {LONGEST} characters")));
        }
        Ok(ListAddress(query))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": LONGEST })
    }
}

const SELECT: &str = "select v.view_id, v.view_name, v.query, v.user_id, u.name as user_name, v.shared_with, v.team_id,
        g.team_name, v.edit_version, v.created_at, v.updated_at
     from crm_saved_views v join crm_users u on u.user_id = v.user_id left join crm_teams g on g.team_id = v.team_id";

/// What of the views concerns a user: their own, the desk's, their teams'.
fn concerns(me: &str) -> String {
    format!(
        "v.is_active and (v.user_id = {me} or v.shared_with = 'desk' or (v.shared_with = 'team' and v.team_id in
             (select m.team_id from crm_team_members m where m.user_id = {me})))"
    )
}

/// What a user sees: managers whatever is shared.
fn visible(actor: Actor, me: &str) -> String {
    match actor.is_at_least(Role::Manager) {
        true => format!("v.is_active and (v.user_id = {me} or v.shared_with <> 'nobody')"),
        false => concerns(me),
    }
}

fn own_id(work: &Work) -> Result<i64> {
    work.actor.user_id().ok_or(Error::NotFound("user"))
}

impl SavedView {
    /// The view, if it is the actor's to see.
    pub fn find(work: &mut Work, view_id: i64) -> Result<SavedView> {
        let me = own_id(work)?;
        let sql = format!("{SELECT} where v.view_id = $1 and {}", visible(work.actor, "$2"));
        work.optional(&sql, &[&view_id, &me])?.ok_or(Error::NotFound("saved view"))
    }

    /// The views that stand in the navigation.
    pub fn beside(work: &mut Work, limit: i64) -> Result<Vec<SavedView>> {
        let me = own_id(work)?;
        work.query(&format!("{SELECT} where {} order by v.view_id limit $2", concerns("$1")), &[&me, &limit])
    }

    /// The view with its row taken for a change.
    fn take(work: &mut Work, view_id: i64) -> Result<SavedView> {
        let lock = work.dialect().for_update();
        let sql = format!("select view_id from crm_saved_views where view_id = $1{lock}");
        work.optional::<(i64,)>(&sql, &[&view_id])?;
        let view = SavedView::find(work, view_id)?;
        if view.may_be_changed_by(work.actor) {
            return Ok(view);
        }
        Err(Error::Forbidden("a shared view is changed by whoever made it and by managers".into()))
    }

    pub fn may_be_changed_by(&self, actor: Actor) -> bool {
        actor.user_id() == Some(self.user_id)
            || (self.shared_with != Audience::Nobody && actor.is_at_least(Role::Manager))
    }

    /// Saves a view of the actor's own; 409 for whoever has made [`MOST`].
    pub fn add(work: &mut Work, draft: &ViewDraft) -> Result<SavedView> {
        let (me, now) = (own_id(work)?, work.now);
        let audience = draft.shared_with.unwrap_or(Audience::Nobody);
        check_audience(work, audience, draft.team_id)?;
        must_have_room(work, me)?;
        let (view_id,): (i64,) = work.one(
            "insert into crm_saved_views (view_name, query, user_id, shared_with, team_id, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $6) returning view_id",
            &[&&*draft.view_name, &draft.query.0, &me, &audience, &draft.team_id, &now],
        )?;
        if audience != Audience::Nobody {
            let data = json!({ "shared_with": audience, "team_id": draft.team_id });
            work.audit("created", "saved_view", Some(view_id), &data)?;
        }
        SavedView::find(work, view_id)
    }

    /// Changes the fields named. An edit that changes nothing leaves no trace.
    pub fn edit(work: &mut Work, view_id: i64, edit: &ViewEdit, expected: &Expected) -> Result<SavedView> {
        let now = work.now;
        let before = SavedView::take(work, view_id)?;
        expected.check(before.edit_version)?;
        let edit = edit.clone();
        let shared_with = edit.shared_with.or(before.shared_with);
        // Shared with a team no more, a view forgets which one it was.
        let kept = before.team_id.filter(|_| shared_with == Audience::Team);
        let after = SavedView {
            view_name: edit.view_name.map(Line::into_string).or(before.view_name.clone()),
            query: edit.query.map(|query| query.0).or(before.query.clone()),
            shared_with,
            team_id: edit.team_id.or(kept),
            ..before.clone()
        };
        let fields = differing!(before, after; view_name, query, shared_with, team_id);
        if fields.is_empty() {
            return Ok(before);
        }
        if fields.contains(&"shared_with") || fields.contains(&"team_id") {
            check_audience(work, after.shared_with, after.team_id)?;
        }
        work.execute(
            "update crm_saved_views set view_name = $2, query = $3, shared_with = $4, team_id = $5,
                 edit_version = edit_version + 1, updated_at = $6 where view_id = $1",
            &[&view_id, &after.view_name, &after.query, &after.shared_with, &after.team_id, &now],
        )?;
        if before.shared_with != Audience::Nobody || after.shared_with != Audience::Nobody {
            work.audit("updated", "saved_view", Some(view_id), &json!({ "fields": fields }))?;
        }
        // Shared no more, it may have left the sight of the manager who changed it.
        Ok(SavedView { edit_version: before.edit_version + 1, updated_at: now, ..after.named(work)? })
    }

    fn named(mut self, work: &mut Work) -> Result<SavedView> {
        let name = work
            .optional::<(String,)>("select team_name from crm_teams where team_id = $1", &[&self.team_id])?;
        self.team_name = name.map(|(name,)| name);
        Ok(self)
    }

    pub fn delete(work: &mut Work, view_id: i64, expected: &Expected) -> Result<()> {
        let before = SavedView::take(work, view_id)?;
        expected.check(before.edit_version)?;
        work.set_active("crm_saved_views", "view_id", view_id, false)?;
        if before.shared_with == Audience::Nobody {
            return Ok(());
        }
        work.audit("deleted", "saved_view", Some(view_id), &json!({}))
    }

    /// Brings a deleted view back to whoever made it, if they have room for it.
    pub fn restore(work: &mut Work, view_id: i64) -> Result<SavedView> {
        let owner: Option<(i64,)> = work.optional(
            "select user_id from crm_saved_views where view_id = $1 and not is_active",
            &[&view_id],
        )?;
        let (owner,) = owner.ok_or(Error::NotFound("deleted saved view"))?;
        must_have_room(work, owner)?;
        work.set_active("crm_saved_views", "view_id", view_id, true)?;
        work.audit("restored", "saved_view", Some(view_id), &json!({}))?;
        work.one(&format!("{SELECT} where v.view_id = $1"), &[&view_id])
    }

    fn list(work: &mut Work, query: &ViewQuery, paging: &Paging) -> Result<SavedViews> {
        let me = own_id(work)?;
        let mut filter = Filter::new("1 = 1");
        let me = filter.bind(me);
        filter.and(&visible(work.actor, &me));
        let total = filter.total(work, "crm_saved_views v", query.exact == Some(true))?;
        if let Some(cursor) = &paging.cursor {
            let last = filter.bind(listing::after_id(cursor)?);
            filter.and(&format!("v.view_id > {last}"));
        }
        let mut saved_views: Vec<SavedView> = filter.page(work, SELECT, "order by v.view_id", paging)?;
        let pagination = paging.answer(&mut saved_views, total, |last| vec![json!(last.view_id)]);
        Ok(SavedViews { saved_views, pagination })
    }
}

/// Takes the user's row, so that two views that are saved at once are counted one after the other.
fn must_have_room(work: &mut Work, user_id: i64) -> Result<()> {
    let lock = work.dialect().for_update();
    work.optional::<(i64,)>(&format!("select user_id from crm_users where user_id = $1{lock}"), &[&user_id])?;
    let (made,): (i64,) =
        work.one("select count(*) from crm_saved_views where user_id = $1 and is_active", &[&user_id])?;
    if made < MOST {
        return Ok(());
    }
    Err(Error::Conflict(format!("a user has at most {MOST} saved views: delete one first")))
}

/// Whether the actor may share a view so.
fn check_audience(work: &mut Work, audience: Audience, team_id: Option<i64>) -> Result<()> {
    let is_manager = work.actor.is_at_least(Role::Manager);
    match (audience, team_id) {
        (Audience::Nobody, None) => Ok(()),
        (Audience::Desk, None) if is_manager => Ok(()),
        (Audience::Desk, None) => {
            Err(Error::field("shared_with", "only a manager shares a view with the whole desk"))
        }
        (Audience::Team, None) => Err(Error::field("team_id", "is required to share with a team")),
        (Audience::Nobody | Audience::Desk, Some(_)) => {
            Err(Error::field("team_id", "is only for a view that is shared with a team"))
        }
        (Audience::Team, Some(team_id)) => {
            super::must_exist(work, "team_id", "crm_teams", "team_id", Some(team_id))?;
            let me = own_id(work)?;
            let member: Option<(i64,)> = work.optional(
                "select user_id from crm_team_members where team_id = $1 and user_id = $2",
                &[&team_id, &me],
            )?;
            if is_manager || member.is_some() {
                return Ok(());
            }
            Err(Error::field("team_id", "is not a team of yours: only a manager shares with another"))
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct ViewAnswer {
    saved_view: SavedView,
}

#[derive(Serialize, JsonSchema)]
pub struct SavedViews {
    saved_views: Vec<SavedView>,
    pagination: Pagination,
}

fn answer(saved_view: SavedView) -> Json<ViewAnswer> {
    let (id, version) = (saved_view.view_id, saved_view.edit_version);
    Json::version(ViewAnswer { saved_view }, id, version)
}

pub async fn list(caller: Viewer, Query(query): Query<ViewQuery>) -> Result<Answer<Json<SavedViews>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    let list = caller.read(Class::Bounded, move |work| SavedView::list(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}

pub async fn create(caller: Viewer, Body(draft): Body<ViewDraft>) -> Result<Answer<Created<ViewAnswer>>> {
    caller
        .write(move |work| {
            let saved_view = SavedView::add(work, &draft)?;
            let location = format!("/api/crm/saved-views/{}", saved_view.view_id);
            Ok(Created::at(location, ViewAnswer { saved_view }))
        })
        .await
}

pub async fn show(
    caller: Viewer,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<ViewAnswer>>> {
    Ok(answer(caller.read(Class::Bounded, move |work| SavedView::find(work, id)).await?).into())
}

pub async fn update(
    caller: Viewer,
    Path([id]): Path<1>,
    Body(edit): Body<ViewEdit>,
) -> Result<Answer<Json<ViewAnswer>>> {
    let expected = caller.expected(id);
    caller.write(move |work| Ok(answer(SavedView::edit(work, id, &edit, &expected)?))).await
}

pub async fn delete(caller: Viewer, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller.write(move |work| SavedView::delete(work, id, &expected).map(|()| NoContent)).await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<ViewAnswer>>> {
    caller.write(move |work| Ok(answer(SavedView::restore(work, id)?))).await
}
