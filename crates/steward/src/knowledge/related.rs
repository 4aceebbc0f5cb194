//! Articles that belong together: those named by their author first, then those that are alike (spec 7).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::article::{self, Article};
use crate::clock::Time;
use crate::error::Result;
use crate::search::articles::{self, Audience};
use crate::work::{Actor, Work};

/// Articles shown, unless the author named more.
const SHOWN: usize = 5;
/// Articles that are alike, of which those with most tags in common come first.
const ALIKE: usize = 20;
/// How long what was found alike is believed; what readers may not see any more is never shown.
const BELIEVED_MINUTES: i64 = 10;
/// Articles whose neighbours are remembered, for each audience.
const REMEMBERED: usize = 20_000;

/// Which articles are alike: found by a search, so not looked for at every reading.
#[derive(Default)]
pub struct Neighbours(Mutex<HashMap<Key, Alike>>);

/// The article, the version of its texts, and whether for users.
type Key = (i64, i64, bool);
/// When they were looked for, and the most alike first.
type Alike = (Time, Arc<[i64]>);

impl Neighbours {
    fn known(&self, key: Key, now: Time) -> Option<Arc<[i64]>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (found_at, ids) = known.get(&key)?;
        (found_at.plus_minutes(BELIEVED_MINUTES) > now && *found_at <= now).then(|| ids.clone())
    }

    fn remember(&self, key: Key, now: Time, ids: Arc<[i64]>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, (now, ids));
    }

    /// An article was written: another one may be alike now.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Whose texts count.
pub fn audience(actor: Actor) -> Audience {
    if actor.is_staff() { Audience::Staff } else { Audience::Public }
}

/// The related articles, where they are known without a search.
pub fn remembered(
    work: &mut Work,
    neighbours: &Neighbours,
    of: &Article,
    named: &[i64],
) -> Result<Option<Vec<Article>>> {
    let key = (of.article_id, of.edit_version, work.actor.is_staff());
    match neighbours.known(key, work.now) {
        Some(alike) => shown(work, of, named, &alike).map(Some),
        None => Ok(None),
    }
}

/// The related articles, looked for.
pub fn found(work: &mut Work, neighbours: &Neighbours, of: &Article, named: &[i64]) -> Result<Vec<Article>> {
    let hits = articles::similar(work, of.article_id, audience(work.actor), ALIKE)?;
    let ids: Vec<i64> = hits.iter().map(|hit| hit.article_id).collect();
    let mut alike = article::readable_among(work, &ids)?;
    // Stable: among those with as many tags in common the most similar text comes first.
    alike.sort_by_key(|other| {
        std::cmp::Reverse(other.tags.iter().filter(|tag| of.tags.contains(tag)).count())
    });
    let ids: Arc<[i64]> = alike.iter().map(|other| other.article_id).collect();
    neighbours.remember((of.article_id, of.edit_version, work.actor.is_staff()), work.now, ids.clone());
    shown(work, of, named, &ids)
}

fn shown(work: &mut Work, of: &Article, named: &[i64], alike: &[i64]) -> Result<Vec<Article>> {
    let mut ids = named.to_vec();
    ids.extend(alike.iter().filter(|id| !named.contains(id)));
    ids.retain(|id| *id != of.article_id);
    let mut articles = article::readable_among(work, &ids)?;
    let most = articles.iter().filter(|article| named.contains(&article.article_id)).count().max(SHOWN);
    articles.truncate(most);
    Ok(articles)
}
