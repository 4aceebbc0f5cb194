//! Views: counted in memory as articles are read, written in batches, so that no read waits for the disk (spec 7).
//!
//! What is not written yet is lost when a node is killed, and only then: a clean stop writes it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::{Actor, Work};

/// Articles written in one transaction.
const PORTION: usize = 100;
/// Days for which rows are kept that have been added up.
const KEPT_DAYS: i64 = 30;

/// Views that are not in the database yet, by article.
#[derive(Default)]
pub struct Views(Mutex<BTreeMap<i64, i64>>);

impl Views {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a view; answers how many are not in the database, this one included.
    pub fn count(&self, article_id: i64) -> i64 {
        let mut views = self.lock();
        let waiting = views.entry(article_id).or_insert(0);
        *waiting += 1;
        *waiting
    }

    /// How many are not in the database.
    pub fn waiting(&self, article_id: i64) -> i64 {
        self.lock().get(&article_id).copied().unwrap_or(0)
    }

    fn portion(&self, after: i64) -> Vec<(i64, i64)> {
        self.lock().range(after + 1..).take(PORTION).map(|(id, views)| (*id, *views)).collect()
    }

    /// Takes off what has been written. What was counted meanwhile stays.
    fn take_off(&self, written: &[(i64, i64)]) {
        let mut views = self.lock();
        for (id, number) in written {
            if let Some(waiting) = views.get_mut(id) {
                *waiting -= number;
                if *waiting <= 0 {
                    views.remove(id);
                }
            }
        }
    }
}

/// Writes what has been counted, in the order of ids, so that two nodes do not wait for each other in a circle.
pub async fn flush(app: &App) -> Result<()> {
    let mut after = 0;
    loop {
        let portion = app.knowledge.views.portion(after);
        let Some((last, _)) = portion.last() else { return Ok(()) };
        after = *last;
        let rows = portion.clone();
        match app.write(Actor::System, move |work| write(work, &rows)).await {
            // Written twice would be worse than lost.
            Ok(()) | Err(Error::Db(db::Error::OutcomeUnknown(_))) => app.knowledge.views.take_off(&portion),
            Err(error) => return Err(error),
        }
    }
}

fn write(work: &mut Work, rows: &[(i64, i64)]) -> Result<()> {
    let now = work.now;
    for (article_id, views) in rows {
        work.execute(
            "insert into crm_kb_article_views (article_id, views, created_at) values ($1, $2, $3)",
            &[article_id, views, &now],
        )?;
    }
    Ok(())
}

/// Drops rows that the trigger has added up long ago.
pub fn forget_added_up(work: &mut Work) -> Result<()> {
    let until: Time = work.now.plus_days(-KEPT_DAYS);
    work.execute("delete from crm_kb_article_views where created_at < $1", &[&until])?;
    Ok(())
}
