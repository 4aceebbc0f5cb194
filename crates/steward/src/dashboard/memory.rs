//! Facts that a node remembers between dashboards.
//!
//! Reading the facts of some thousand cases takes tens of milliseconds, and from one dashboard to the next few of them change. Triggers
//! note in `crm_dashboard_changes` which cases do, whoever writes them, in the transaction of the change. A dashboard reads
//! the notes and those cases, in its own snapshot: it tells what it would tell without a memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::facts::{self, Fact};
use super::overall;
use crate::clock::Time;
use crate::error::Result;
use crate::work::Work;

/// Facts kept at most: some 10 MB.
const MOST: i64 = 50_000;
/// Changed cases beyond which all facts are read anew.
const CHANGES: usize = 2_000;

/// What this node remembers.
#[derive(Default)]
pub struct Memory(Mutex<Option<Kept>>);

/// Facts of all open cases, and of those created, resolved or rated since an instant.
struct Kept {
    since: Time,
    /// Changes below this mark are in.
    mark: i64,
    /// In the order of their cases.
    facts: Arc<Vec<Fact>>,
}

db::record! {
    /// Where notes end, where those that are left begin (0 without any), and one of the cases that are noted.
    struct Note {
        horizon: i64,
        least: i64,
        case_id: Option<i64>,
    }
}

/// What has been noted since a mark.
struct Notes {
    horizon: i64,
    least: i64,
    /// In order; one more than [`CHANGES`] where there are more.
    changed: Vec<i64>,
}

impl Notes {
    fn since(work: &mut Work, mark: i64) -> Result<Notes> {
        let horizon = work.dialect().mark_horizon("crm_dashboard_changes");
        let limit = CHANGES + 1;
        let sql = format!(
            "select n.horizon, n.least, c.case_id
             from (select {horizon} as horizon, (select coalesce(min(mark), 0) from crm_dashboard_changes) as least) n
             left join (select distinct case_id from crm_dashboard_changes where mark >= $1 order by case_id limit {limit}) c
                 on 1 = 1
             order by c.case_id"
        );
        let notes: Vec<Note> = work.query(&sql, &[&mark])?;
        let first = notes.first();
        Ok(Notes {
            horizon: first.map_or(mark, |note| note.horizon),
            least: first.map_or(0, |note| note.least),
            changed: notes.iter().filter_map(|note| note.case_id).collect(),
        })
    }
}

impl Memory {
    /// The facts for a dashboard of days since `from`, as they are in this transaction's snapshot: at least those of
    /// [`facts::read`]. `None` where they are not remembered.
    pub fn recall(&self, work: &mut Work, from: Time) -> Result<Option<Arc<Vec<Fact>>>> {
        let known =
            self.kept().as_ref().filter(|kept| kept.since <= from).map(|kept| (kept.since, kept.mark));
        let Some((since, mark)) = known else { return Ok(None) };
        let notes = Notes::since(work, mark)?;
        // Another transaction has brought the memory further than this one sees; or what changed is not known any more.
        if notes.horizon < mark || notes.least > mark || notes.changed.len() > CHANGES {
            return Ok(None);
        }
        let changed = notes.changed;
        let fresh = if changed.is_empty() { Vec::new() } else { facts::read_anew(work, &changed, since)? };
        let mut kept = self.kept();
        let Some(kept) = kept.as_mut().filter(|kept| kept.since == since && kept.mark <= notes.horizon)
        else {
            return Ok(None);
        };
        if !changed.is_empty() {
            let facts = Arc::make_mut(&mut kept.facts);
            facts.retain(|fact| changed.binary_search(&fact.case_id).is_err());
            facts.extend(fresh);
            facts.sort_by_key(|fact| fact.case_id);
        }
        kept.mark = notes.horizon;
        Ok(Some(kept.facts.clone()))
    }

    /// Reads the facts for a dashboard of the days between two instants, and remembers them unless they are too many.
    pub fn learn(&self, work: &mut Work, from: Time, to: Time) -> Result<Arc<Vec<Fact>>> {
        if is_beyond(work, from, MOST)? {
            return Ok(Arc::new(facts::read(work, from, Some(to))?));
        }
        let mark = horizon(work)?;
        let mut facts = facts::read(work, from, None)?;
        facts.sort_by_key(|fact| fact.case_id);
        let facts = Arc::new(facts);
        let mut kept = self.kept();
        if kept.as_ref().is_none_or(|kept| kept.mark <= mark) {
            *kept = Some(Kept { since: from, mark, facts: facts.clone() });
        }
        Ok(facts)
    }

    /// Begins anew, as a node does that starts.
    pub fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        // What a panic left behind is whole: facts change before the mark, and are read again.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Below it all notes are there to be seen.
fn horizon(work: &mut Work) -> Result<i64> {
    let horizon = work.dialect().mark_horizon("crm_dashboard_changes");
    Ok(work.one::<(i64,)>(&format!("select {horizon} as horizon"), &[])?.0)
}

/// Whether the facts since an instant are more than so many cases.
pub fn is_beyond(work: &mut Work, from: Time, most: i64) -> Result<bool> {
    Ok(overall::active(work)? > most || facts::are_many(work, from, most)?)
}
