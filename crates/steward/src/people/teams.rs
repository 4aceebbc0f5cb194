//! Teams and who is in them (spec 3).

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::listing::{self, Filter};
use super::{Role, taken};
use crate::clock::Time;
use crate::error::{Error, Fault, Result};
use crate::http::{
    Admin, Answer, Body, Created, Expected, Json, Manager, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Line, Patch, Prose};
use crate::paging::{Cursor, Limit, PageNumber, Pagination, Paging};
use crate::work::Work;

/// The most members that a team may have.
const MOST: usize = 1000;

db::record! {
    #[derive(Debug, Clone)]
    struct Row {
        team_id: i64,
        team_name: String,
        description: String,
        edit_version: i64,
        created_at: Time,
        updated_at: Time,
    }

    #[derive(Debug, Clone)]
    struct Membership {
        team_id: i64,
        user_id: i64,
        name: String,
        role: Role,
        is_available: bool,
    }
}

/// A team.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Team {
    pub team_id: i64,
    pub team_name: String,
    pub description: String,
    /// Its active users, by name.
    pub members: Vec<Member>,
    pub edit_version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A user in a team.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Member {
    pub user_id: i64,
    pub name: String,
    pub role: Role,
    pub is_available: bool,
}

crate::input! {
    /// A new team.
    pub struct TeamDraft {
        pub team_name: Line<200>,
        pub description: Option<Prose<0>>,
        /// Users to be in it.
        pub member_ids: Option<Vec<i64>>,
    }
}

crate::input! {
    /// The fields to change; those left out stay as they are.
    pub struct TeamEdit {
        pub team_name: Patch<Line<200>>,
        pub description: Patch<Prose<0>>,
        /// All who are to be in it: whoever is not named leaves.
        pub member_ids: Patch<Vec<i64>>,
    }
}

crate::input! {
    /// Which teams, oldest first.
    pub struct TeamQuery {
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
        /// Count beyond 10,000.
        pub exact: Option<bool>,
    }
}

const SELECT: &str =
    "select team_id, team_name, description, edit_version, created_at, updated_at from crm_teams";
/// What the data layer calls the index that keeps names unique.
const NAME: &str = "crm_teams_name";

fn name_taken() -> Error {
    Error::field("team_name", "is the name of another team")
}

impl Team {
    pub fn find(work: &mut Work, team_id: i64) -> Result<Team> {
        let found = work.query::<Row>(&format!("{SELECT} where team_id = $1 and is_active"), &[&team_id])?;
        Team::with_members(work, found)?.pop().ok_or(Error::NotFound("team"))
    }

    /// The team's row, taken for a change.
    fn take(work: &mut Work, team_id: i64) -> Result<Row> {
        let lock = work.dialect().for_update();
        let found =
            work.optional(&format!("{SELECT} where team_id = $1 and is_active{lock}"), &[&team_id])?;
        found.ok_or(Error::NotFound("team"))
    }

    /// Puts members to the rows of teams.
    fn with_members(work: &mut Work, rows: Vec<Row>) -> Result<Vec<Team>> {
        let ids: Vec<i64> = rows.iter().map(|row| row.team_id).collect();
        let of_these = work.dialect().among_ints("m.team_id", "$1");
        let mut members: Vec<Membership> = work.query(
            &format!(
                "select m.team_id, u.user_id, u.name, u.role, u.is_available
                 from crm_team_members m join crm_users u on u.user_id = m.user_id
                 where {of_these} and u.is_active order by m.team_id, u.name_key, u.user_id"
            ),
            &[&json!(ids)],
        )?;
        let teams = rows.into_iter().map(|row| {
            let own = members.extract_if(.., |member| member.team_id == row.team_id);
            let members = own
                .map(|Membership { user_id, name, role, is_available, .. }| Member {
                    user_id,
                    name,
                    role,
                    is_available,
                })
                .collect();
            let Row { team_id, team_name, description, edit_version, created_at, updated_at } = row;
            Team { team_id, team_name, description, members, edit_version, created_at, updated_at }
        });
        Ok(teams.collect())
    }

    /// The teams that a user is in.
    pub fn of_user(work: &mut Work, user_id: i64) -> Result<Vec<Team>> {
        let found = work.query::<Row>(
            &format!(
                "{SELECT} where is_active and team_id in
                     (select m.team_id from crm_team_members m where m.user_id = $1)
                 order by team_name, team_id"
            ),
            &[&user_id],
        )?;
        Team::with_members(work, found)
    }

    pub fn add(work: &mut Work, draft: &TeamDraft) -> Result<Team> {
        let now = work.now;
        must_be_free(work, &draft.team_name, 0)?;
        let inserted = work.one::<(i64,)>(
            "insert into crm_teams (team_name, description, created_at, updated_at) values ($1, $2, $3, $3)
             returning team_id",
            &[&&*draft.team_name, &draft.description.as_deref().unwrap_or(""), &now],
        );
        let (team_id,) = taken(inserted, NAME, name_taken)?;
        set_members(work, team_id, draft.member_ids.as_deref().unwrap_or(&[]))?;
        work.audit("created", "team", Some(team_id), &json!({ "member_ids": draft.member_ids }))?;
        Team::find(work, team_id)
    }

    /// Changes the fields named. An edit that changes nothing leaves no trace.
    pub fn edit(work: &mut Work, team_id: i64, edit: &TeamEdit, expected: &Expected) -> Result<Team> {
        let now = work.now;
        let before = Team::take(work, team_id)?;
        expected.check(before.edit_version)?;
        let edit = edit.clone();
        let after = Row {
            team_name: edit.team_name.map(Line::into_string).or(before.team_name.clone()),
            description: edit.description.map(Prose::into_string).or(before.description.clone()),
            ..before.clone()
        };
        let mut fields = differing!(before, after; team_name, description);
        let mut members = json!(null);
        if let Patch::Set(ids) = &edit.member_ids
            && set_members(work, team_id, ids)?
        {
            fields.push("member_ids");
            members = json!(ids);
        }
        if fields.is_empty() {
            return Team::find(work, team_id);
        }
        must_be_free(work, &after.team_name, team_id)?;
        let updated = work.execute(
            "update crm_teams set team_name = $2, description = $3, edit_version = edit_version + 1, updated_at = $4
             where team_id = $1",
            &[&team_id, &after.team_name, &after.description, &now],
        );
        taken(updated, NAME, name_taken)?;
        work.audit("updated", "team", Some(team_id), &json!({ "fields": fields, "member_ids": members }))?;
        Team::find(work, team_id)
    }

    pub fn delete(work: &mut Work, team_id: i64, expected: &Expected) -> Result<()> {
        expected.check(Team::take(work, team_id)?.edit_version)?;
        work.set_active("crm_teams", "team_id", team_id, false)?;
        work.audit("deleted", "team", Some(team_id), &json!({}))
    }

    /// Brings a deleted team back with the members that it had, unless its name has gone to another.
    pub fn restore(work: &mut Work, team_id: i64) -> Result<Team> {
        let restored = work.set_active("crm_teams", "team_id", team_id, true);
        let conflict = || Error::Conflict("another team has this name by now: change that one first".into());
        if !taken(restored, NAME, conflict)? {
            return Err(Error::NotFound("deleted team"));
        }
        work.audit("restored", "team", Some(team_id), &json!({}))?;
        Team::find(work, team_id)
    }

    pub fn list(work: &mut Work, query: &TeamQuery, paging: &Paging) -> Result<TeamList> {
        let mut filter = Filter::new("is_active");
        let total = filter.total(work, "crm_teams", query.exact == Some(true))?;
        if let Some(cursor) = &paging.cursor {
            let last = filter.bind(listing::after_id(cursor)?);
            filter.and(&format!("team_id > {last}"));
        }
        let mut rows: Vec<Row> = filter.page(work, SELECT, "order by team_id", paging)?;
        let pagination = paging.answer(&mut rows, total, |last| vec![json!(last.team_id)]);
        Ok(TeamList { teams: Team::with_members(work, rows)?, pagination })
    }
}

fn must_be_free(work: &mut Work, name: &str, team_id: i64) -> Result<()> {
    // The words of the index crm_teams_name.
    let sql =
        "select team_id from crm_teams where lower(team_name) = lower($1) and is_active and team_id <> $2";
    let holder: Option<(i64,)> = work.optional(sql, &[&name, &team_id])?;
    if holder.is_some() { Err(name_taken()) } else { Ok(()) }
}

/// Makes the active members exactly these. Answers whether anything changed; 422 names each that is no active user.
fn set_members(work: &mut Work, team_id: i64, ids: &[i64]) -> Result<bool> {
    let now = work.now;
    if ids.len() > MOST {
        return Err(Error::field(
            "member_ids",
            format!("has {} members; at most {MOST} are allowed", ids.len()),
        ));
    }
    let known = work.dialect().among_ints("user_id", "$1");
    let known: Vec<(i64,)> =
        work.query(&format!("select user_id from crm_users where is_active and {known}"), &[&json!(ids)])?;
    let unknown = ids.iter().enumerate().filter(|(_, id)| !known.contains(&(**id,)));
    let faults: Vec<Fault> = unknown
        .map(|(index, id)| {
            Fault::pointer(format!("/member_ids/{index}"), format!("there is no active user {id}"))
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let present: Vec<(i64,)> = work.query(
        "select m.user_id from crm_team_members m join crm_users u on u.user_id = m.user_id
         where m.team_id = $1 and u.is_active",
        &[&team_id],
    )?;
    let leaving: Vec<i64> = present.iter().map(|(id,)| *id).filter(|id| !ids.contains(id)).collect();
    let joining: Vec<i64> = known.iter().filter(|id| !present.contains(id)).map(|(id,)| *id).collect();
    for id in &leaving {
        work.execute("delete from crm_team_members where team_id = $1 and user_id = $2", &[&team_id, id])?;
    }
    for id in &joining {
        work.execute(
            "insert into crm_team_members (team_id, user_id, created_at) values ($1, $2, $3) on conflict do nothing",
            &[&team_id, id, &now],
        )?;
    }
    Ok(!leaving.is_empty() || !joining.is_empty())
}

#[derive(Serialize, JsonSchema)]
pub struct TeamAnswer {
    team: Team,
}

#[derive(Serialize, JsonSchema)]
pub struct TeamList {
    pub teams: Vec<Team>,
    pub pagination: Pagination,
}

fn answer(team: Team) -> Json<TeamAnswer> {
    let (id, version) = (team.team_id, team.edit_version);
    Json::version(TeamAnswer { team }, id, version)
}

pub async fn list(caller: Viewer, Query(query): Query<TeamQuery>) -> Result<Answer<Json<TeamList>>> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), 50)?;
    let list = caller.read(Class::Bounded, move |work| Team::list(work, &query, &paging)).await?;
    Ok(Json::new(list).into())
}

pub async fn create(caller: Manager, Body(draft): Body<TeamDraft>) -> Result<Answer<Created<TeamAnswer>>> {
    caller
        .write(move |work| {
            let team = Team::add(work, &draft)?;
            let location = format!("/api/crm/teams/{}", team.team_id);
            Ok(Created::at(location, TeamAnswer { team }))
        })
        .await
}

pub async fn show(
    caller: Viewer,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<TeamAnswer>>> {
    Ok(answer(caller.read(Class::Bounded, move |work| Team::find(work, id)).await?).into())
}

pub async fn update(
    caller: Manager,
    Path([id]): Path<1>,
    Body(edit): Body<TeamEdit>,
) -> Result<Answer<Json<TeamAnswer>>> {
    let expected = caller.expected(id);
    caller.write(move |work| Ok(answer(Team::edit(work, id, &edit, &expected)?))).await
}

pub async fn delete(caller: Manager, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller.write(move |work| Team::delete(work, id, &expected).map(|()| NoContent)).await
}

pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<TeamAnswer>>> {
    caller.write(move |work| Ok(answer(Team::restore(work, id)?))).await
}
