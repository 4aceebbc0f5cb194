//! One's own profile: name, password, language and colours, and the sessions that one has.

use askama::Template;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use db::Class;
use serde_json::json;

use super::passwords::Password;
use super::sessions::{self, Session};
use super::tokens::{self, Owner};
use super::users::{self, User, UserEdit};
use crate::error::{Error, Result};
use crate::http::{Expected, Viewer};
use crate::input::{self, Email, Line, Patch};
use crate::web::{self, Colours, Faults, Form, Frame, Language, Page, PageResult, Seat, Sent};
use crate::web::{redirect, show, show_as, with_cookie};
use crate::work::Work;

#[derive(Template)]
#[template(path = "people/profile.html")]
struct ProfilePage {
    page: Page,
    frame: Frame,
    user: User,
    sessions: Vec<Session>,
    /// What has been saved, as the address says: shown as a notice.
    saved: bool,
    faults: Faults,
}

crate::input! {
    /// What the page is to say.
    struct Said {
        saved: Option<bool>,
    }
}

async fn profile(seat: &Seat<Viewer>, saved: bool, faults: Faults) -> Result<ProfilePage> {
    let (visit, token_id) = (seat.visit.clone(), seat.token_id);
    let id = seat.actor.user_id().unwrap_or_default();
    let read = seat.read(Class::Bounded, move |work| {
        Ok((
            Page::read(work, &visit)?,
            Frame::read(work, &visit, "profile")?,
            User::find(work, id)?,
            sessions::list(work, token_id)?,
        ))
    });
    let (page, frame, user, sessions) = read.await?;
    Ok(ProfilePage { page, frame, user, sessions, saved, faults })
}

pub async fn show_profile(seat: Seat<Viewer>, RawQuery(query): RawQuery) -> PageResult {
    let Said { saved } = input::from_query(&query.unwrap_or_default())?;
    show(&profile(&seat, saved == Some(true), Faults::default()).await?)
}

async fn again(seat: &Seat<Viewer>, error: Error) -> PageResult {
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &profile(seat, false, Faults::of(error, &seat.visit)?).await?)
}

const SAVED: &str = "/profile?saved=true";

crate::input! {
    struct Name {
        name: Line<200>,
    }
}

pub async fn rename(seat: Seat<Viewer>, sent: Sent) -> PageResult {
    let Name { name } = match sent.read() {
        Ok(name) => name,
        Err(error) => return again(&seat, error).await,
    };
    let id = seat.actor.user_id().unwrap_or_default();
    let edit: UserEdit = input::from_json(json!({ "name": &*name }))?;
    let renamed =
        seat.app.write(seat.actor, move |work| User::edit(work, id, &edit, &Patch::Keep, &Expected::any(id)));
    renamed.await?;
    redirect(SAVED)
}

crate::input! {
    struct Passwords {
        old_password: Password<0>,
        new_password: Password<10>,
    }
}

db::record! {
    struct Stored {
        email: String,
        password_hash: Option<String>,
    }
}

/// Changes the password by the old one, and ends all sessions; this browser gets a new one. Guesses are slowed down as
/// those of signing in are.
pub async fn change_password(seat: Seat<Viewer>, headers: HeaderMap, sent: Sent) -> PageResult {
    let given: Passwords = match sent.read() {
        Ok(given) => given,
        Err(error) => return again(&seat, error).await,
    };
    let id = seat.actor.user_id().unwrap_or_default();
    let stored = seat.read(Class::Bounded, move |work| {
        work.one::<Stored>("select email, password_hash from crm_users where user_id = $1", &[&id])
    });
    let Stored { email, password_hash } = stored.await?;
    let key = Email::parse(&email).map(|email| email.key).unwrap_or_default();
    let guard = &seat.app.sign_ins;
    let attempt = guard.admit(seat.facts.address, &key, seat.app.clock.now())?;
    tokio::time::sleep(attempt.delay).await;
    if !guard.is_right(password_hash.clone(), given.old_password).await? {
        let wrong = seat.page().say("profile-wrong-password").into_owned();
        return again(&seat, Error::field("old_password", wrong)).await;
    }
    guard.forgive(&attempt);
    let hash = guard.hash(given.new_password).await?;
    let (secret, name) = (tokens::generate()?, sessions::browser(&headers));
    let token = secret.clone();
    let changed = seat.app.write(seat.actor, move |work| {
        let lock = work.dialect().for_update();
        let sql = format!(
            "select user_id from crm_users where user_id = $1 and password_hash = $2 and is_active{lock}"
        );
        let unchanged: Option<(i64,)> = work.optional(&sql, &[&id, &password_hash])?;
        unchanged.ok_or_else(|| Error::Conflict("the password was changed meanwhile".into()))?;
        users::set_password(work, id, Some(&hash))?;
        work.audit("updated", "user", Some(id), &json!({ "fields": ["password"] }))?;
        sessions::begin(work, Owner::User(id), &secret, &name)
    });
    changed.await?;
    web::begin_session(&seat, &token, SAVED)
}

crate::input! {
    /// What pages, and mails to the user, are written in; and the colours of this browser's.
    pub struct Looks {
        pub language: Language,
        pub colours: Option<Colours>,
    }
}

pub async fn look(seat: Seat<Viewer>, Form(looks): Form<Looks>) -> PageResult {
    let id = seat.actor.user_id().unwrap_or_default();
    let language = looks.language;
    let kept = seat.app.write(seat.actor, move |work| {
        let now = work.now;
        work.execute(
            "update crm_users set language = $2, edit_version = edit_version + 1, updated_at = $3
             where user_id = $1 and language is distinct from $2",
            &[&id, &language.word(), &now],
        )
    });
    kept.await?;
    let response = with_cookie(redirect(SAVED)?, &web::language_cookie(language))?;
    match looks.colours {
        Some(colours) => with_cookie(response, &web::colours_cookie(colours)),
        None => Ok(response),
    }
}

crate::words! {
    /// Which sessions end besides.
    pub enum Others { All = "all" }
}

crate::input! {
    /// Which sessions are to end: one by its id, or all others.
    pub struct Ending {
        pub token_id: Option<i64>,
        pub others: Option<Others>,
    }
}

/// Ends one's own sessions, one or all others. Ending the present one is signing out.
pub async fn end_sessions(seat: Seat<Viewer>, Form(ending): Form<Ending>) -> PageResult {
    let current = seat.token_id;
    let ended = seat.app.write(seat.actor, move |work: &mut Work| match (ending.token_id, ending.others) {
        (Some(token_id), _) => sessions::end(work, token_id),
        (None, Some(Others::All)) => sessions::end_others(work, current),
        (None, None) => Ok(()),
    });
    ended.await?;
    if ending.token_id.is_some() && ending.token_id == current {
        return web::end_session("/sign-in");
    }
    redirect(SAVED)
}
