//! Lists whose rows are tried, or asked, in an order of their own: the order is changed as a whole, so that two who
//! change it together do not end with half of each.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::work::Work;

crate::input! {
    /// A list in the order wanted.
    pub struct Order {
        /// All of its ids, each once.
        pub ids: Vec<i64>,
    }
}

/// Gives the active rows of a table the positions 1, 2, 3 in the order named. Answers whether any has moved; 409 where
/// the list has changed since it was read. The words are ours.
pub fn reorder(work: &mut Work, table: &str, key: &str, order: &Order) -> Result<bool> {
    let (now, lock) = (work.now, work.dialect().for_update());
    // In the order of ids, so that two who do this wait for each other.
    let rows: Vec<(i64, i64)> = work
        .query(&format!("select {key}, position from {table} where is_active order by {key}{lock}"), &[])?;
    let named: BTreeSet<i64> = order.ids.iter().copied().collect();
    if named.len() < order.ids.len() {
        return Err(Error::field("ids", "names one of them twice"));
    }
    if !rows.iter().map(|(id, _)| *id).eq(named.iter().copied()) {
        return Err(Error::Conflict(
            "the list has changed, or ids does not name all of it: read it again".into(),
        ));
    }
    let mut has_moved = false;
    for (position, id) in (1_i64..).zip(&order.ids) {
        if rows.contains(&(*id, position)) {
            continue;
        }
        has_moved = true;
        work.execute(
            &format!(
                "update {table} set position = $2, edit_version = edit_version + 1, updated_at = $3 where {key} = $1"
            ),
            &[id, &position, &now],
        )?;
    }
    Ok(has_moved)
}
