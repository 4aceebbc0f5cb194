//! Notifications: rows for users, read or unread. Other channels deliver the same rows (spec 5).

pub mod pages;

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Body, Json, NoContent, Nothing, Path, Query, Viewer};
use crate::input::Set;
use crate::paging::Limit;
use crate::work::Work;

/// Who is to know.
#[derive(Debug, Clone, Copy)]
pub enum Audience {
    User(i64),
    /// The owner, and the followers.
    Owner,
    /// The owner, else the members of the team; and the followers.
    OwnerOrTeam,
}

/// Notifies everybody concerned but the one who did it. Once per user and event.
pub fn notify(work: &mut Work, case_id: i64, event_id: i64, kind: &str, audience: Audience) -> Result<()> {
    let now = work.now;
    let whom = match audience {
        Audience::User(_) => "select u.user_id from crm_users u where u.user_id = $5",
        Audience::Owner => {
            "select c.owner_id as user_id from crm_cases c where c.case_id = $2 and c.owner_id is not null
             union select f.user_id from crm_case_followers f where f.case_id = $2"
        }
        Audience::OwnerOrTeam => {
            "select c.owner_id as user_id from crm_cases c where c.case_id = $2 and c.owner_id is not null
             union select m.user_id from crm_cases c join crm_team_members m on m.team_id = c.team_id
                 where c.case_id = $2 and c.owner_id is null
             union select f.user_id from crm_case_followers f where f.case_id = $2"
        }
    };
    let user = match audience {
        Audience::User(id) => Some(id),
        _ => None,
    };
    let sql = format!(
        "insert into crm_notifications (user_id, case_id, event_id, kind, created_at)
         select w.user_id, cast($2 as bigint), cast($1 as bigint), cast($3 as text), $4
         from ({whom}) w
         join crm_users u on u.user_id = w.user_id and u.is_active
         join crm_case_events e on e.event_id = $1
         where (e.actor_kind <> 'user' or e.actor_id <> w.user_id) and (cast($5 as bigint) is null or w.user_id = $5)
         on conflict (user_id, event_id) where event_id is not null do nothing"
    );
    work.execute(&sql, &[&event_id, &case_id, &kind, &now, &user])?;
    Ok(())
}

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct Notification {
        pub notification_id: i64,
        pub kind: String,
        pub case_id: Option<i64>,
        pub case_number: Option<String>,
        pub subject: Option<String>,
        pub event_id: Option<i64>,
        /// Who did it; null for the desk itself.
        pub actor_name: Option<String>,
        pub created_at: Time,
        pub read_at: Option<Time>,
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Notifications {
    pub notifications: Vec<Notification>,
    pub unread_count: i64,
    /// Continues with `before_notification_id`; null at the end.
    pub next_before_notification_id: Option<i64>,
}

crate::input! {
    /// Which of one's own notifications.
    pub struct NotificationQuery {
        pub unread: Option<bool>,
        pub kind: Option<Set<String>>,
        pub limit: Option<Limit>,
        pub before_notification_id: Option<i64>,
    }
}

crate::input! {
    /// What to mark as read: these, or all.
    pub struct MarkRead {
        pub notification_ids: Option<Vec<i64>>,
        pub all: Option<bool>,
    }
}

fn own_id(work: &Work) -> Result<i64> {
    work.actor.user_id().ok_or(Error::NotFound("user"))
}

impl Notifications {
    /// The actor's own, the latest first.
    pub fn read(work: &mut Work, query: &NotificationQuery) -> Result<Notifications> {
        let user_id = own_id(work)?;
        let limit = query.limit.map_or(50, |limit| limit.0);
        let mut filter = crate::cases::Filter::default();
        filter.and("n.user_id = ?", user_id);
        if let Some(before) = query.before_notification_id {
            filter.and("n.notification_id < ?", before);
        }
        match query.unread {
            Some(true) => filter.plain("n.read_at is null"),
            Some(false) => filter.plain("n.read_at is not null"),
            None => {}
        }
        if let Some(Set(kinds)) = &query.kind {
            filter.among("n.kind", kinds.iter().map(String::as_str));
        }
        let mut notifications: Vec<Notification> = work.query(
            &format!(
                "select n.notification_id, n.kind, n.case_id, c.case_number, c.subject, n.event_id,
                     coalesce(u.name, k.name) as actor_name, n.created_at, n.read_at
                 from crm_notifications n left join crm_cases c on c.case_id = n.case_id
                 left join crm_case_events e on e.event_id = n.event_id
                 left join crm_users u on e.actor_kind = 'user' and u.user_id = e.actor_id
                 left join crm_contacts k on e.actor_kind = 'contact' and k.contact_id = e.actor_id
                 where {} order by n.notification_id desc limit {}",
                filter.sql(),
                limit + 1
            ),
            &filter.params(),
        )?;
        let more = notifications.len() as i64 > limit;
        notifications.truncate(limit as usize);
        let (unread_count,) = work.one(
            "select count(*) from crm_notifications where user_id = $1 and read_at is null",
            &[&user_id],
        )?;
        let next_before_notification_id =
            notifications.last().filter(|_| more).map(|last| last.notification_id);
        Ok(Notifications { notifications, unread_count, next_before_notification_id })
    }
}

/// Marks the actor's own as read; 422 unless it is said which.
pub fn mark(work: &mut Work, mark: &MarkRead) -> Result<()> {
    let (user_id, now) = (own_id(work)?, work.now);
    let mut filter = crate::cases::Filter::default();
    filter.and("user_id = ?", user_id);
    filter.and("? is not null", db::Value::Time(now.into()));
    match (&mark.notification_ids, mark.all) {
        (Some(ids), None | Some(false)) if !ids.is_empty() && ids.len() <= 1000 => {
            filter.among("notification_id", ids.iter().copied());
        }
        (None, Some(true)) => {}
        _ => {
            return Err(Error::field("notification_ids", "name 1 to 1000 notifications, or send all = true"));
        }
    }
    filter.conditions.remove(1);
    let sql = format!("update crm_notifications set read_at = $2 where read_at is null and {}", filter.sql());
    work.execute(&sql, &filter.params())?;
    Ok(())
}

pub async fn list(
    caller: Viewer,
    Query(query): Query<NotificationQuery>,
) -> Result<Answer<Json<Notifications>>> {
    let list = caller.read(Class::Bounded, move |work| Notifications::read(work, &query));
    Ok(Json::new(list.await?).into())
}

pub async fn mark_read(caller: Viewer, Body(body): Body<MarkRead>) -> Result<Answer<NoContent>> {
    caller.write(move |work| mark(work, &body).map(|()| NoContent)).await
}

/// Lets the actor follow a case, or follow it no more.
pub fn set_following(work: &mut Work, case_id: i64, is_following: bool) -> Result<()> {
    let (user_id, now) = (own_id(work)?, work.now);
    crate::cases::Case::find(work, case_id)?;
    if is_following {
        work.execute(
            "insert into crm_case_followers (case_id, user_id, created_at) values ($1, $2, $3) on conflict do nothing",
            &[&case_id, &user_id, &now],
        )?;
    } else {
        work.execute(
            "delete from crm_case_followers where case_id = $1 and user_id = $2",
            &[&case_id, &user_id],
        )?;
    }
    Ok(())
}

/// Who follows a case: ids and names, by name, 200 at most.
pub fn followers(work: &mut Work, case_id: i64) -> Result<Vec<(i64, String)>> {
    work.query(
        "select f.user_id, u.name from crm_case_followers f join crm_users u on u.user_id = f.user_id and u.is_active
         where f.case_id = $1 order by u.name, f.user_id limit 200",
        &[&case_id],
    )
}

pub async fn follow(
    caller: Viewer,
    Path([case_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            set_following(work, case_id, true)?;
            Ok(NoContent)
        })
        .await
}

pub async fn unfollow(
    caller: Viewer,
    Path([case_id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<NoContent>> {
    caller
        .write(move |work| {
            set_following(work, case_id, false)?;
            Ok(NoContent)
        })
        .await
}
