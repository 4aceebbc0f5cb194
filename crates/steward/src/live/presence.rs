//! Who is looking at a case, and who is typing (spec 9). Kept in memory, with an end: who gives no sign of life for half a
//! minute has gone. On PostgreSQL nodes tell each other by notifications; nothing is ever stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use db::{Class, Dialect};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::event::{self, News};
use super::follower::CHANNEL;
use crate::app::App;
use crate::cases::Case;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{Answer, Body, Json, NoContent, Nothing, Path, Query, Viewer};
use crate::work::{Actor, Work};

/// How long a sign of life holds, in milliseconds.
const HOLDS: i64 = 30_000;
/// Other nodes are told anew of who stays, in milliseconds: often enough that they do not forget.
const AGAIN: i64 = 8_000;
/// Cases that one user is at, at most; whoever opens another has left the first.
const CASES: usize = 20;
/// Signs remembered together, and those of other nodes that wait to be looked up.
const REMEMBERED: usize = 10_000;
/// Signs that a user may give at once, and how long one takes to be forgiven, in milliseconds.
const AT_ONCE: i64 = 40;
const EVERY: i64 = 400;

/// What somebody does at a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Looks,
    Types,
    Leaves,
}

impl Sign {
    fn word(self) -> &'static str {
        match self {
            Sign::Looks => "looks",
            Sign::Types => "types",
            Sign::Leaves => "leaves",
        }
    }

    fn from_word(word: &str) -> Option<Sign> {
        [Sign::Looks, Sign::Types, Sign::Leaves].into_iter().find(|sign| sign.word() == word)
    }
}

/// A sign of somebody at another node.
#[derive(Debug, Clone, Copy)]
struct Told {
    case_id: i64,
    user_id: i64,
    sign: Sign,
}

struct Seen {
    name: String,
    is_typing: bool,
    /// Until when the sign holds.
    until: i64,
    /// When other nodes were told last.
    told: i64,
}

/// Who is at a case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Present {
    pub user_id: i64,
    pub name: String,
    pub is_typing: bool,
}

/// Who is at which case, on this node and on others.
#[derive(Default)]
pub struct Presence {
    /// By case and user.
    seen: Mutex<BTreeMap<(i64, i64), Seen>>,
    /// By user: when nothing is owed any more.
    paces: Mutex<HashMap<i64, i64>>,
    pub(super) heard: Arc<Heard>,
}

/// What other nodes said, until it is looked at.
pub struct Heard {
    /// Tells this node's notifications from those of others.
    node: u64,
    signs: Mutex<Vec<Told>>,
}

impl Default for Heard {
    fn default() -> Heard {
        Heard { node: fastrand::u64(..), signs: Mutex::default() }
    }
}

impl Heard {
    fn signs(&self) -> MutexGuard<'_, Vec<Told>> {
        self.signs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what another node says: `presence NODE CASE USER SIGN`.
    pub fn hear(&self, payload: &str) {
        let mut parts = payload.split(' ');
        let mut next = || parts.next().unwrap_or_default();
        if next() != "presence" || next() == self.node.to_string() {
            return;
        }
        let (case_id, user_id, sign) = (next().parse(), next().parse(), Sign::from_word(next()));
        let (Ok(case_id), Ok(user_id), Some(sign)) = (case_id, user_id, sign) else { return };
        let mut signs = self.signs();
        if signs.len() < REMEMBERED {
            signs.push(Told { case_id, user_id, sign });
        }
    }
}

impl Presence {
    fn seen(&self) -> MutexGuard<'_, BTreeMap<(i64, i64), Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a sign, or says after how many seconds to come back (429).
    fn admit(&self, user_id: i64, now: i64) -> Result<()> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let owed = paces.get(&user_id).map_or(0, |clear| (clear - now).max(0));
        let over = owed + EVERY - AT_ONCE * EVERY;
        if over > 0 {
            let retry_after = over.unsigned_abs().div_ceil(1000);
            let detail = format!("too many signs of presence: try again in {retry_after} s");
            return Err(Error::TooMany { retry_after, detail });
        }
        if paces.len() >= REMEMBERED {
            paces.retain(|_, clear| *clear > now);
        }
        paces.insert(user_id, now + owed + EVERY);
        Ok(())
    }

    /// Notes a sign. Answers whether others see a change, and whether other nodes are to be told.
    fn note(&self, case_id: i64, user_id: i64, name: &str, sign: Sign, now: i64) -> (bool, bool) {
        let mut seen = self.seen();
        if sign == Sign::Leaves {
            let was_there = seen.remove(&(case_id, user_id)).is_some();
            return (was_there, was_there);
        }
        let is_typing = sign == Sign::Types;
        if let Some(known) = seen.get_mut(&(case_id, user_id)) {
            let is_change = known.is_typing != is_typing || known.name != name;
            let is_due = is_change || now - known.told >= AGAIN;
            (known.is_typing, known.until) = (is_typing, now + HOLDS);
            if is_due {
                known.told = now;
            }
            name.clone_into(&mut known.name);
            return (is_change, is_due);
        }
        let own: Vec<_> = seen.iter().filter(|((_, user), _)| *user == user_id).collect();
        if own.len() >= CASES
            && let Some((&oldest, _)) = own.into_iter().min_by_key(|(_, known)| known.until)
        {
            seen.remove(&oldest);
        }
        if seen.len() >= REMEMBERED {
            return (false, false);
        }
        let known = Seen { name: name.to_owned(), is_typing, until: now + HOLDS, told: now };
        seen.insert((case_id, user_id), known);
        (true, true)
    }

    /// Who is at a case, in the order of their ids.
    fn at(&self, case_id: i64) -> Vec<Present> {
        let seen = self.seen();
        let here = seen.range((case_id, 0)..=(case_id, i64::MAX));
        here.map(|(&(_, user_id), known)| Present {
            user_id,
            name: known.name.clone(),
            is_typing: known.is_typing,
        })
        .collect()
    }

    /// Forgets who gave no sign of life; answers the cases that they were at.
    fn forget(&self, now: i64) -> Vec<i64> {
        let mut left = Vec::new();
        self.seen().retain(|(case_id, _), known| {
            let stays = known.until > now;
            if !stays && left.last() != Some(case_id) {
                left.push(*case_id);
            }
            stays
        });
        left
    }
}

/// The event that tells users who is at a case.
fn message(case_id: i64, users: &[Present]) -> Bytes {
    event::message("presence", None, &json!({ "case_id": case_id, "users": users }))
}

fn tell(app: &App, case_id: i64) {
    let users = app.live.presence.at(case_id);
    // Nobody may be listening.
    let _ = app.live.news.send(News::Present(message(case_id, &users)));
}

/// Notes what other nodes said, and forgets who has gone. Run by the follower, once a second at least.
pub(super) async fn settle(app: &App) -> Result<()> {
    let presence = &app.live.presence;
    let heard = std::mem::take(&mut *presence.heard.signs());
    let now = app.clock.now().millis();
    if !heard.is_empty() {
        let ids: serde_json::Value = heard.iter().map(|told| told.user_id).collect();
        let names = app.read(Class::Bounded, Actor::System, move |work| {
            let among = work.dialect().among_ints("user_id", "$1");
            let sql = format!("select user_id, name from crm_users where {among} and is_active");
            Ok(work.query::<(i64, String)>(&sql, &[&ids])?.into_iter().collect::<HashMap<_, _>>())
        });
        let names = names.await?;
        for Told { case_id, user_id, sign } in heard {
            let Some(name) = names.get(&user_id) else { continue };
            let (is_change, _) = presence.note(case_id, user_id, name, sign, now);
            if is_change {
                tell(app, case_id);
            }
        }
    }
    for case_id in presence.forget(now) {
        tell(app, case_id);
    }
    Ok(())
}

/// Tells other nodes. A hint: whoever misses it hears the next one.
async fn announce(app: &App, case_id: i64, user_id: i64, sign: Sign) {
    if app.db.dialect() != Dialect::Postgres {
        return;
    }
    let node = app.live.presence.heard.node;
    let payload = format!("presence {node} {case_id} {user_id} {}", sign.word());
    let notify = move |tx: &mut db::Tx<'_>| tx.batch(&format!("notify {CHANNEL}, '{payload}'"));
    if let Err(error) = app.db.write(notify).await {
        tracing::debug!(%error, "other nodes are not told who is here");
    }
}

// ---- over HTTP

crate::input! {
    /// A sign of life.
    pub struct PresenceSign {
        pub typing: bool,
    }
}

/// Who is at a case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CasePresence {
    pub case_id: i64,
    pub users: Vec<Present>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OnePresence {
    pub presence: CasePresence,
}

async fn sign(caller: &Viewer, case_id: i64, sign: Sign) -> Result<()> {
    let user_id = caller.actor.user_id().ok_or(Error::NotFound("user"))?;
    let now: Time = caller.app.clock.now();
    caller.app.live.presence.admit(user_id, now.millis())?;
    let name = caller.read(Class::Bounded, move |work: &mut Work| {
        Case::find(work, case_id)?;
        let (name,): (String,) = work.one("select name from crm_users where user_id = $1", &[&user_id])?;
        Ok(name)
    });
    let name = name.await?;
    let presence = &caller.app.live.presence;
    let (is_change, is_due) = presence.note(case_id, user_id, &name, sign, now.millis());
    if is_change {
        tell(&caller.app, case_id);
    }
    if is_due {
        announce(&caller.app, case_id, user_id, sign).await;
    }
    Ok(())
}

/// Says that the caller is at a case, and answers who else is.
pub async fn enter(
    caller: Viewer,
    Path([case_id]): Path<1>,
    Body(given): Body<PresenceSign>,
) -> Result<Answer<Json<OnePresence>>> {
    sign(&caller, case_id, if given.typing { Sign::Types } else { Sign::Looks }).await?;
    let users = caller.app.live.presence.at(case_id);
    Ok(Json::new(OnePresence { presence: CasePresence { case_id, users } }).into())
}

/// Says that the caller has left it.
pub async fn leave(caller: Viewer, Path([case_id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    sign(&caller, case_id, Sign::Leaves).await?;
    Ok(NoContent.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gives_no_sign_has_gone() {
        let presence = Presence::default();
        assert_eq!(presence.note(1, 7, "Ana", Sign::Looks, 0), (true, true));
        assert_eq!(presence.note(1, 7, "Ana", Sign::Looks, 1_000), (false, false));
        assert_eq!(presence.note(1, 7, "Ana", Sign::Types, 2_000), (true, true));
        assert_eq!(presence.note(1, 7, "Ana", Sign::Types, 2_000 + AGAIN), (false, true));
        assert!(presence.at(1)[0].is_typing && presence.at(2).is_empty());
        let end = 2_000 + AGAIN + HOLDS;
        assert_eq!(presence.forget(end - 1), Vec::<i64>::new());
        assert_eq!(presence.forget(end), [1]);
        assert!(presence.at(1).is_empty());
        assert_eq!(presence.note(1, 7, "Ana", Sign::Leaves, end), (false, false));
    }

    #[test]
    fn memory_is_bounded_and_signs_are_counted() {
        let presence = Presence::default();
        for case_id in 1..=100 {
            presence.note(case_id, 7, "Ana", Sign::Looks, case_id);
        }
        assert_eq!(presence.seen().len(), CASES);
        assert_eq!(presence.at(100).len(), 1);
        for user_id in 100..2 * REMEMBERED as i64 {
            presence.note(1, user_id, "x", Sign::Looks, 0);
        }
        assert!(presence.seen().len() <= REMEMBERED);
        for _ in 0..AT_ONCE {
            presence.admit(7, 0).unwrap();
        }
        assert!(presence.admit(7, 0).is_err());
        presence.admit(8, 0).unwrap();
        presence.admit(7, EVERY).unwrap();
    }

    #[test]
    fn nodes_hear_each_other_and_not_themselves() {
        let heard = Heard::default();
        for odd in ["", "presence", "presence 1 x 7 types", "presence 1 12 7 sings"] {
            heard.hear(odd);
        }
        heard.hear(&format!("presence {} 12 7 types", heard.node));
        assert!(heard.signs().is_empty());
        heard.hear("presence 1 12 7 types");
        assert_eq!(heard.signs().len(), 1);
    }
}
