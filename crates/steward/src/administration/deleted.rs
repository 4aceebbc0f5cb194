//! What was deleted softly, for an admin to bring back.

use crate::clock::Time;
use crate::error::Result;
use crate::web::Frame;
use crate::work::Work;

/// Rows that are offered: whoever seeks an older one knows its id, and the API.
const MOST: i64 = 50;

db::record! {
    /// A row that was deleted.
    pub struct Deleted {
        pub id: i64,
        pub name: String,
        pub updated_at: Time,
    }
}

/// The things of a kind that were deleted, the latest first; nothing for those who may not restore. The words are ours.
pub fn read(work: &mut Work, frame: &Frame, table: &str, key: &str, name: &str) -> Result<Vec<Deleted>> {
    if !frame.may_administer() {
        return Ok(Vec::new());
    }
    work.query(
        &format!(
            "select {key} as id, {name} as name, updated_at from {table} where not is_active
             order by updated_at desc, {key} desc limit {MOST}"
        ),
        &[],
    )
}
