//! The help centre: articles beside the three of the reference data, with readers, votes and former versions.

mod texts;

use db::{Tx, Value};
use fastrand::Rng;
use serde_json::json;

use super::people::CONTACTS;
use super::rows::Rows;
use crate::clock::Time;
use crate::error::Result;
use crate::knowledge::Status;
use texts::{ENTRIES, Entry};

/// Articles of the reference data.
const FIRST: i64 = 3;
/// Who writes: managers and agents.
const AUTHORS: [i64; 6] = [2, 3, 4, 6, 9, 10];

const PRAISE: [&str; 6] = [
    "Exactly what I was looking for.",
    "Solved it in two minutes, thank you!",
    "Clear steps. A picture would make it perfect.",
    "Worked at the first try.",
    "Good, although step 2 looks a little different here.",
    "Saved me a call.",
];
const BLAME: [&str; 5] = [
    "The menu is not where the article says.",
    "Did not help, the error comes back after a restart.",
    "Too technical for me.",
    "What about the phone app?",
    "This is only half of the story.",
];

/// Writes the help centre as it stands after half a year.
pub fn write(tx: &mut Tx<'_>, rng: &mut Rng, now: Time) -> Result<()> {
    // The reference data is as old as the desk.
    let founded = now.plus_days(-200);
    tx.execute(
        "update crm_kb_articles set published_at = $1, created_at = $1, updated_at = $1",
        &[&founded],
    )?;
    let born: Vec<Time> =
        ENTRIES.iter().map(|_| now.plus_days(-rng.i64(5..190)).plus_minutes(-rng.i64(0..600))).collect();
    write_articles(tx, rng, &born)?;
    write_versions(tx, &born)?;
    write_drafts(tx, now)?;
    write_views(tx, rng, now)?;
    write_votes(tx, rng, now)
}

/// How often an article was published.
fn publications(index: usize, entry: &Entry) -> i64 {
    match entry.status {
        Status::Published | Status::Archived if index.is_multiple_of(3) => 2,
        Status::Published | Status::Archived => 1,
        Status::Draft | Status::Review => 0,
    }
}

fn id_of(index: usize) -> i64 {
    FIRST + 1 + i64::try_from(index).unwrap_or_default()
}

/// Two others of the same category.
fn related(index: usize, entry: &Entry) -> Vec<i64> {
    let others = ENTRIES.iter().enumerate().filter(|(other, candidate)| {
        *other != index && candidate.category == entry.category && candidate.status == Status::Published
    });
    others.map(|(other, _)| id_of(other)).skip(index % 3).take(2).collect()
}

fn write_articles(tx: &mut Tx<'_>, rng: &mut Rng, born: &[Time]) -> Result<()> {
    let mut rows = Rows::of(
        "crm_kb_articles",
        [
            "article_id",
            "title",
            "summary",
            "content",
            "category_id",
            "tags",
            "keywords",
            "related_article_ids",
            "status",
            "version",
            "is_featured",
            "is_internal",
            "author_id",
            "published_at",
            "created_at",
            "updated_at",
        ],
    );
    for (index, entry) in ENTRIES.iter().enumerate() {
        let version = publications(index, entry);
        let published = (version > 0).then(|| born[index].plus_days(version - 1));
        rows.push(
            tx,
            [
                id_of(index).into(),
                entry.title.into(),
                entry.summary.into(),
                entry.content.into(),
                entry.category.into(),
                json!(entry.tags).into(),
                json!(entry.keywords).into(),
                json!(related(index, entry)).into(),
                entry.status.word().into(),
                version.into(),
                (index.is_multiple_of(9) && entry.status == Status::Published).into(),
                entry.is_internal.into(),
                AUTHORS[rng.usize(..AUTHORS.len())].into(),
                published.into(),
                born[index].into(),
                published.unwrap_or(born[index]).into(),
            ],
        )?;
    }
    rows.finish(tx)
}

/// A first version said less than the second.
fn write_versions(tx: &mut Tx<'_>, born: &[Time]) -> Result<()> {
    let mut rows = Rows::of(
        "crm_kb_article_versions",
        [
            "article_id",
            "version",
            "title",
            "summary",
            "content",
            "tags",
            "keywords",
            "published_by",
            "note",
            "created_at",
        ],
    );
    for (index, entry) in ENTRIES.iter().enumerate() {
        let last = publications(index, entry);
        for version in 1..=last {
            let shorter = entry.content.rsplit_once("\n\n").map_or(entry.content, |(head, _)| head);
            let (content, note) = match version == last {
                false => (shorter, None),
                true if last == 1 => (entry.content, None),
                true => (entry.content, Some("Added what people kept asking about.")),
            };
            rows.push(
                tx,
                [
                    id_of(index).into(),
                    version.into(),
                    entry.title.into(),
                    entry.summary.into(),
                    content.into(),
                    json!(entry.tags).into(),
                    json!(entry.keywords).into(),
                    2_i64.into(),
                    note.into(),
                    born[index].plus_days(version - 1).into(),
                ],
            )?;
        }
    }
    rows.finish(tx)
}

/// Some articles have their next text under way.
fn write_drafts(tx: &mut Tx<'_>, now: Time) -> Result<()> {
    let mut rows = Rows::of(
        "crm_kb_article_drafts",
        [
            "article_id",
            "status",
            "title",
            "summary",
            "content",
            "tags",
            "keywords",
            "updated_by",
            "created_at",
            "updated_at",
        ],
    );
    let live = ENTRIES.iter().enumerate().filter(|(_, entry)| entry.status == Status::Published);
    for (place, (index, entry)) in live.step_by(8).enumerate() {
        let status = if place.is_multiple_of(2) { Status::Draft } else { Status::Review };
        let began = now.plus_days(-2).plus_minutes(i64::try_from(place).unwrap_or_default() * 95);
        rows.push(
            tx,
            [
                id_of(index).into(),
                status.word().into(),
                entry.title.into(),
                entry.summary.into(),
                format!(
                    "{}\n\n## On the phone\n\nThe same steps work in the phone app, under **More**.\n",
                    entry.content
                )
                .into(),
                json!(entry.tags).into(),
                json!(entry.keywords).into(),
                10_i64.into(),
                began.into(),
                began.plus_hours(5).into(),
            ],
        )?;
    }
    rows.finish(tx)
}

/// Articles that readers see, with how much they are liked, in percent.
fn readable(rng: &mut Rng) -> Vec<(i64, i64)> {
    let own = ENTRIES.iter().enumerate().filter(|(_, entry)| entry.status == Status::Published);
    let ids = (1..=FIRST).chain(own.map(|(index, _)| id_of(index)));
    ids.map(|id| (id, rng.i64(55..97))).collect()
}

fn write_views(tx: &mut Tx<'_>, rng: &mut Rng, now: Time) -> Result<()> {
    let mut rows: Rows<3> = Rows::of("crm_kb_article_views", ["article_id", "views", "created_at"]);
    for (id, _) in readable(rng) {
        let liveliness = rng.i64(2..40);
        for week in 0..12 {
            let views: Value = (1 + rng.i64(0..liveliness)).into();
            rows.push(tx, [id.into(), views, now.plus_days(-2 - week * 7).into()])?;
        }
    }
    rows.finish(tx)
}

fn write_votes(tx: &mut Tx<'_>, rng: &mut Rng, now: Time) -> Result<()> {
    let mut rows = Rows::of(
        "crm_kb_article_feedback",
        ["article_id", "is_helpful", "comment", "submitted_by", "created_at", "updated_at"],
    );
    for (id, liked) in readable(rng) {
        let mut contact = rng.usize(10..40);
        while contact <= CONTACTS {
            let is_helpful = rng.i64(0..100) < liked;
            let words: &[&str] = if is_helpful { &PRAISE } else { &BLAME };
            let comment = (rng.u8(0..4) == 0).then(|| words[rng.usize(..words.len())]);
            let at = now.plus_minutes(-rng.i64(60..60 * 24 * 120));
            let contact_id = i64::try_from(contact).unwrap_or(1);
            rows.push(
                tx,
                [id.into(), is_helpful.into(), comment.into(), contact_id.into(), at.into(), at.into()],
            )?;
            contact += rng.usize(8..60);
        }
    }
    rows.finish(tx)
}
