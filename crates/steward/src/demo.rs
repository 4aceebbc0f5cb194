//! `steward demo`: a lively desk to look around in, generated from a fixed seed relative to the present (spec 10).
//!
//! [`people`] casts users and customers, [`generate`] lets 2,000 cases happen one by one ([`script`] says what is
//! done, [`life`] what follows from it by the desk's rules, [`clocks`] what their SLA clocks say), [`write`] puts down
//! how they stand. A database made here is marked, and no other is opened: whoever asks a demo is its admin.

mod articles;
mod canned;
mod clocks;
mod files;
mod generate;
mod life;
mod names;
mod people;
mod phrases;
mod promises;
mod rows;
mod script;
mod surveys;
mod topics;
mod write;

#[cfg(test)]
mod tests;

use db::{Class, Db, Tx};
use fastrand::Rng;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::work::Actor;

/// The same seed and the same present give the same desk.
const SEED: u64 = 0x5eed_0dec;

/// Whose ids were given here rather than by the engine.
const NUMBERED: [(&str, &str); 12] = [
    ("crm_users", "user_id"),
    ("crm_teams", "team_id"),
    ("crm_accounts", "account_id"),
    ("crm_contacts", "contact_id"),
    ("crm_cases", "case_id"),
    ("crm_case_comments", "comment_id"),
    ("crm_case_texts", "text_id"),
    ("crm_kb_articles", "article_id"),
    ("crm_case_escalations", "escalation_id"),
    ("crm_sla_targets", "target_id"),
    ("crm_survey_invitations", "invitation_id"),
    ("crm_survey_submissions", "submission_id"),
];

/// Makes an empty database a demo, and takes one that is a demo already as it is. Answers who its callers are.
///
/// # Errors
/// [`Error::Conflict`] for a database that holds anything else: a demo lets anybody in.
pub fn prepare(db: &Db, now: Time) -> Result<Actor> {
    let is_ready = db.read_blocking(Class::Bounded, |tx| {
        if is_marked(tx)? {
            Ok(true)
        } else if is_empty(tx)? {
            Ok(false)
        } else {
            Err(Error::Conflict(
                "this database holds a desk that the demo did not make, and the demo lets anybody in: name an empty \
                 one, or use `steward serve`"
                    .into(),
            ))
        }
    })?;
    if !is_ready {
        db.write_blocking(move |tx| fill(tx, now))?;
    }
    Ok(people::user(1))
}

/// Attaches a few files to what [`prepare`] has made, once.
pub async fn attach_files(app: &App) -> Result<()> {
    files::attach(app).await
}

/// Whether the demo made this database.
pub fn is_marked(tx: &mut Tx<'_>) -> Result<bool> {
    let value: Option<(String,)> =
        tx.optional("select value from crm_settings where name = 'made_by'", &[])?;
    Ok(value.is_some_and(|(value,)| value == "demo"))
}

/// Whether the database holds nobody and nothing but the reference data.
fn is_empty(tx: &mut Tx<'_>) -> Result<bool> {
    let (holds,): (bool,) = tx.one(
        "select exists (select 1 from crm_users) or exists (select 1 from crm_accounts)
             or exists (select 1 from crm_contacts) or exists (select 1 from crm_cases) as holds",
        &[],
    )?;
    Ok(!holds)
}

/// Fills an empty database and marks it, all or nothing.
fn fill(tx: &mut Tx<'_>, now: Time) -> Result<()> {
    let mut rng = Rng::with_seed(SEED);
    let customers = people::write(tx, &mut rng, now)?;
    let mut stories = generate::stories(&mut rng, &customers, now);
    let clocks = clocks::keep(tx, &mut stories, now)?;
    write::write(tx, &stories, &clocks, now)?;
    clocks::write(tx, &stories, &clocks, now)?;
    // From a seed of its own: a new article changes no case.
    articles::write(tx, &mut Rng::with_seed(!SEED), now)?;
    canned::write(tx, now)?;
    tx.execute("insert into crm_settings (name, value) values ('made_by', 'demo')", &[])?;
    let dialect = tx.dialect();
    for (table, column) in NUMBERED {
        let sql = dialect.reset_identity(table, column);
        if !sql.is_empty() {
            tx.batch(&sql)?;
        }
    }
    Ok(())
}
