//! Forgetting a person (spec 2): their texts and addresses go from everywhere, for good. Events stay: they hold ids and
//! names of fields, and the texts that they speak of stand in tables that are reached here.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::tokens;
use super::tokens::Owner;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::Expected;
use crate::input::fold;
use crate::mail;
use crate::search;
use crate::work::Work;

/// What stands where a text was that may not be empty.
const ERASED: &str = "Erased";
const ERASED_NAME: &str = "Erased contact";

/// Erases a contact, deleted or not. 404 for one that does not exist or was erased before, 412 for another version than
/// expected. What agents wrote on the person's cases goes too, because it quotes and describes them. `mentions` were
/// looked for beforehand ([`Mentions::look`]): reading every stored answer would hold up all other writers.
pub fn erase(work: &mut Work, contact_id: i64, expected: &Expected, mentions: &Mentions) -> Result<()> {
    let now = work.now;
    let lock = work.dialect().for_update();
    let found: Option<(Option<String>, i64)> = work.optional(
        &format!("select email_key, edit_version from crm_contacts where contact_id = $1 and erased_at is null{lock}"),
        &[&contact_id],
    )?;
    let (email_key, version) = found.ok_or(Error::NotFound("contact"))?;
    expected.check(version)?;
    let traces = Traces::take(work, contact_id, email_key)?;
    traces.open(work)?;
    traces.erase_cases(work)?;
    traces.erase_attachments(work)?;
    traces.erase_conversation(work)?;
    traces.erase_answers(work)?;
    traces.erase_told_answers(work, mentions)?;
    traces.erase_jobs(work, mentions)?;
    mail::erase(work, contact_id)?;
    traces.erase_contact(work)?;
    work.execute(
        "update crm_erasures set closed_at = $2 where contact_id = $1 and closed_at is null",
        &[&contact_id, &now],
    )?;
    note_purge(work, "begin")?;
    work.audit("erased", "contact", Some(contact_id), &json!({ "cases": traces.cases.len() }))
}

/// Where it is noted that erased words are still in the search index, which drops them only as it is merged.
const PURGE: &str = "search_purge";
/// Pages of the index rewritten in one transaction: a few milliseconds.
const PURGE_PAGES: i64 = 500;

fn note_purge(work: &mut Work, state: &str) -> Result<()> {
    work.execute(
        "insert into crm_settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
        &[&PURGE, &state],
    )?;
    Ok(())
}

/// Whether erased words wait to be purged from the search index.
pub fn is_purge_due(work: &mut Work) -> Result<bool> {
    let state: Option<(String,)> =
        work.optional("select value from crm_settings where name = $1", &[&PURGE])?;
    Ok(state.is_some())
}

/// Purges erased words from the search index, a portion at a time, for the ticker and the command line. Answers whether
/// more is to be done.
pub fn purge(work: &mut Work) -> Result<bool> {
    let state: Option<(String,)> =
        work.optional("select value from crm_settings where name = $1", &[&PURGE])?;
    let Some((state,)) = state else { return Ok(false) };
    if search::purge(work, state == "begin", PURGE_PAGES)? {
        note_purge(work, "going")?;
        return Ok(true);
    }
    work.execute("delete from crm_settings where name = $1", &[&PURGE])?;
    Ok(false)
}

/// Stored answers and jobs that speak of a person, as a slow read saw them.
#[derive(Debug, Clone)]
pub struct Mentions {
    answers: Vec<AnswerKey>,
    jobs: Vec<i64>,
    /// What is younger than these is looked at in the erasure itself.
    answers_since: Time,
    jobs_after: i64,
}

/// Caller, route and idempotency key.
type AnswerKey = (String, String, String);

/// Minutes that a write may have been under way, unseen, when the answers were read; jobs made in that time.
const UNSEEN_MINUTES: i64 = 10;
const UNSEEN_JOBS: i64 = 10_000;

impl Mentions {
    /// Looks for them; a read of class `Slow`. 404 for a contact that does not exist or was erased before.
    pub fn look(work: &mut Work, contact_id: i64) -> Result<Mentions> {
        let found: Option<(Option<String>,)> = work.optional(
            "select email_key from crm_contacts where contact_id = $1 and erased_at is null",
            &[&contact_id],
        )?;
        let (email_key,) = found.ok_or(Error::NotFound("contact"))?;
        let traces = Traces::find(work, contact_id, email_key)?;
        let (last_job,): (i64,) = work.one("select coalesce(max(job_id), 0) from crm_jobs", &[])?;
        Ok(Mentions {
            answers: traces.answers(work, Time::from_millis(0))?,
            jobs: traces.jobs(work, 0)?,
            answers_since: work.now.plus_minutes(-UNSEEN_MINUTES),
            jobs_after: last_job - UNSEEN_JOBS,
        })
    }
}

/// Where a person has left traces.
struct Traces {
    contact_id: i64,
    email_key: Option<String>,
    /// Cases that are or were theirs, or that they opened: nothing of what is written there stays.
    cases: BTreeSet<i64>,
    /// Other people's cases where they did something, or where a merge carried what they said.
    visited: BTreeSet<i64>,
}

impl Traces {
    fn find(work: &mut Work, contact_id: i64, email_key: Option<String>) -> Result<Traces> {
        let former = work.dialect().json_text("data", "from_contact_id");
        let own: Vec<(i64,)> = work.query(
            &format!(
                "select case_id from crm_cases where contact_id = $1 and is_listed
                 union
                 select case_id from crm_cases where contact_id = $1 and not is_listed
                 union
                 select case_id from crm_case_events
                 where actor_kind = 'contact' and actor_id = $1 and kind = 'created'
                 union
                 select case_id from crm_case_events
                 where kind = 'handed_over' and cast({former} as bigint) = $1"
            ),
            &[&contact_id],
        )?;
        let cases: BTreeSet<i64> = own.into_iter().map(|(id,)| id).collect();
        let moved = work.dialect().among_ints("moved_from_id", "$2");
        let visited: Vec<(i64,)> = work.query(
            &format!(
                "select case_id from crm_case_comments where contact_id = $1
                 union
                 select case_id from crm_case_events where actor_kind = 'contact' and actor_id = $1
                 union
                 select case_id from crm_case_comments where {moved}
                 union
                 select case_id from crm_case_attachments where {moved}"
            ),
            &[&contact_id, &json!(cases)],
        )?;
        let visited = visited.into_iter().map(|(id,)| id).filter(|id| !cases.contains(id)).collect();
        Ok(Traces { contact_id, email_key, cases, visited })
    }

    /// Finds them and takes the rows of all those cases in the order of their ids, as any other change of cases takes
    /// them. A merge that ended while this waited may have carried words further: then it looks again.
    fn take(work: &mut Work, contact_id: i64, email_key: Option<String>) -> Result<Traces> {
        let lock = work.dialect().for_update();
        let mut taken: BTreeSet<i64> = BTreeSet::new();
        loop {
            let traces = Traces::find(work, contact_id, email_key.clone())?;
            let all: BTreeSet<i64> = traces.cases.union(&traces.visited).copied().collect();
            if lock.is_empty() || all.is_subset(&taken) {
                return Ok(traces);
            }
            let among = work.dialect().among_ints("case_id", "$1");
            let _: Vec<(i64,)> = work.query(
                &format!("select case_id from crm_cases where {among} order by case_id{lock}"),
                &[&json!(all)],
            )?;
            taken.extend(all);
        }
    }

    fn case_ids(&self) -> Value {
        json!(self.cases)
    }

    /// Opens the erasure, case by case: only then does the database let events be redacted.
    fn open(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        let sql = "insert into crm_erasures (contact_id, case_id, opened_at) values ($1, $2, $3)";
        work.execute(sql, &[&self.contact_id, &None::<i64>, &now])?;
        for case_id in self.cases.union(&self.visited) {
            work.execute(sql, &[&self.contact_id, case_id, &now])?;
        }
        Ok(())
    }

    fn erase_cases(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        let (ids, own) = (self.case_ids(), work.dialect().among_ints("case_id", "$1"));
        work.execute(
            &format!(
                "update crm_cases set subject = $2, description = '', status_reason = null, csat_comment = null,
                     edit_version = edit_version + 1, updated_at = $3
                 where {own}"
            ),
            &[&ids, &ERASED, &now],
        )?;
        for sql in [
            "update crm_case_texts set body = ''",
            "delete from crm_case_tags",
            "update crm_sla_violations set acknowledgement_note = null",
            "update crm_case_escalations set note = null",
        ] {
            work.execute(&format!("{sql} where {own}"), &[&ids])?;
        }
        // A tag may be a name, and this is the one event that holds words.
        let redacted = json!({ "added": [], "removed": [] });
        work.execute(
            &format!("update crm_case_events set data = $2 where {own} and kind = 'tagged'"),
            &[&ids, &redacted],
        )?;
        Ok(())
    }

    /// Everything attached to the person's cases, and what they attached, or a merge carried, elsewhere. Their time is over
    /// at once: the next sweep takes the rows, and the bytes unless somebody else has attached the same.
    fn erase_attachments(&self, work: &mut Work) -> Result<()> {
        let (now, dialect) = (work.now, work.dialect());
        let sql =
            "update crm_case_attachments set file_name = $1, is_active = $2, purge_at = $3, updated_at = $3";
        for column in ["case_id", "moved_from_id"] {
            let own = dialect.among_ints(column, "$4");
            work.execute(&format!("{sql} where {own}"), &[&ERASED, &false, &now, &self.case_ids()])?;
        }
        let (visited, moved) =
            (dialect.among_ints("case_id", "$4"), dialect.among_ints("m.moved_from_id", "$6"));
        work.execute(
            &format!(
                "{sql} where {visited} and (contact_id = $5 or comment_id in
                     (select m.comment_id from crm_case_comments m where m.contact_id = $5 or {moved}))"
            ),
            &[&ERASED, &false, &now, &json!(self.visited), &self.contact_id, &self.case_ids()],
        )?;
        Ok(())
    }

    /// Everything said on the person's cases, and what they said, or a merge carried, elsewhere.
    fn erase_conversation(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        let dialect = work.dialect();
        let (ids, contact_id) = (self.case_ids(), json!([self.contact_id]));
        let conversations = [
            (dialect.among_ints("case_id", "$1"), &ids),
            (dialect.among_ints("moved_from_id", "$1"), &ids),
            (dialect.among_ints("contact_id", "$1"), &contact_id),
        ];
        for (condition, bound) in conversations {
            let these = format!("comment_id in (select comment_id from crm_case_comments where {condition})");
            work.execute(&format!("delete from crm_case_comment_versions where {these}"), &[bound])?;
            work.execute(
                &format!(
                    "update crm_case_comments set comment_text = $2, edit_version = edit_version + 1, updated_at = $3
                     where {condition}"
                ),
                &[bound, &ERASED, &now],
            )?;
        }
        Ok(())
    }

    /// What they answered to surveys and said of articles.
    fn erase_answers(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        let own = work.dialect().among_ints("case_id", "$2");
        work.execute(
            &format!("update crm_survey_responses set text_value = null where contact_id = $1 or {own}"),
            &[&self.contact_id, &self.case_ids()],
        )?;
        work.execute(
            "update crm_kb_article_feedback set comment = null, updated_at = $2 where submitted_by = $1",
            &[&self.contact_id, &now],
        )?;
        Ok(())
    }

    /// Answers kept for idempotency keys. The keys of others stay, so that a request repeated is still not done twice;
    /// it is told that it was done, no more.
    fn erase_told_answers(&self, work: &mut Work, seen: &Mentions) -> Result<()> {
        work.execute(
            "delete from crm_idempotency_keys where caller = $1",
            &[&format!("contact:{}", self.contact_id)],
        )?;
        let unseen = self.answers(work, seen.answers_since)?;
        for (caller, route, key) in seen.answers.iter().chain(&unseen) {
            work.execute(
                "update crm_idempotency_keys set status = 204, location = null, etag = null, body = $4
                 where caller = $1 and route = $2 and idempotency_key = $3",
                &[caller, route, key, &&b""[..]],
            )?;
        }
        Ok(())
    }

    /// The answers kept since then that speak of the person.
    fn answers(&self, work: &mut Work, since: Time) -> Result<Vec<AnswerKey>> {
        let mut mentioning = Vec::new();
        work.tx.each(
            "select caller, route, idempotency_key, body from crm_idempotency_keys where created_at >= $1",
            &[&since],
            |(caller, route, key, body): (String, String, String, Vec<u8>)| {
                let told: Option<Value> = serde_json::from_slice(&body).ok();
                if told.is_some_and(|told| self.is_mentioned(&told, true)) {
                    mentioning.push((caller, route, key));
                }
                Ok::<_, Error>(ControlFlow::Continue(()))
            },
        )?;
        Ok(mentioning)
    }

    /// Jobs hold ids, and an address where something is to be sent. What waits for this person is not done any more.
    fn erase_jobs(&self, work: &mut Work, seen: &Mentions) -> Result<()> {
        let now = work.now;
        let unseen = self.jobs(work, seen.jobs_after)?;
        for job_id in seen.jobs.iter().chain(&unseen) {
            work.execute(
                "update crm_jobs set payload = $2, last_error = null, finished_at = coalesce(finished_at, $3),
                     state = case when state = 'waiting' then 'dead' else state end
                 where job_id = $1",
                &[job_id, &json!({}), &now],
            )?;
        }
        Ok(())
    }

    /// The jobs after that one which speak of the person.
    fn jobs(&self, work: &mut Work, after: i64) -> Result<Vec<i64>> {
        let mut mentioning = Vec::new();
        work.tx.each(
            "select job_id, payload from crm_jobs where job_id > $1",
            &[&after],
            |(job_id, payload): (i64, Value)| {
                if self.is_mentioned(&payload, false) {
                    mentioning.push(job_id);
                }
                Ok::<_, Error>(ControlFlow::Continue(()))
            },
        )?;
        Ok(mentioning)
    }

    fn erase_contact(&self, work: &mut Work) -> Result<()> {
        let now = work.now;
        // Not only revoked: a token's name may be a person's.
        tokens::revoke_all(work, Owner::Contact(self.contact_id), None)?;
        work.execute("delete from crm_tokens where contact_id = $1", &[&self.contact_id])?;
        work.execute(
            "update crm_contacts set name = $2, name_key = $3, email = null, email_key = null, phone = null,
                 language = null, is_active = $4, erased_at = $5, edit_version = edit_version + 1, updated_at = $5
             where contact_id = $1",
            &[&self.contact_id, &ERASED_NAME, &fold(ERASED_NAME), &false, &now],
        )?;
        Ok(())
    }

    /// Whether JSON speaks of the person: by id, by address, or (`with_cases`) by one of their cases.
    fn is_mentioned(&self, value: &Value, with_cases: bool) -> bool {
        match value {
            Value::Object(fields) => fields.iter().any(|(name, value)| {
                let is_own = value.as_i64().is_some_and(|id| match &**name {
                    "contact_id" | "submitted_by" => id == self.contact_id,
                    "case_id" => with_cases && self.cases.contains(&id),
                    _ => false,
                });
                is_own || self.is_mentioned(value, with_cases)
            }),
            Value::Array(items) => items.iter().any(|item| self.is_mentioned(item, with_cases)),
            Value::String(text) => self.email_key.as_deref().is_some_and(|key| has_address(&fold(text), key)),
            _ => false,
        }
    }
}

/// Whether an address stands in a text by itself, not as a part of a longer one: `ana@example.com` is neither in
/// `joana@example.com` nor in `ana@example.com.au`.
fn has_address(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + address.len()..].chars();
        let goes_on =
            |next: Option<char>| next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        let is_longer = match after.next() {
            Some('.') => goes_on(after.next()),
            next => goes_on(next),
        };
        !is_longer && !before.is_some_and(|c| c.is_alphanumeric() || "._%+-".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_whole_only() {
        for text in
            ["ana@example.com", "<ana@example.com>", "to ana@example.com.", "mailto:ana@example.com,b@c.de"]
        {
            assert!(has_address(text, "ana@example.com"), "{text}");
        }
        for text in ["joana@example.com", "jo.ana@example.com", "ana@example.com.au", "ana@example.community"]
        {
            assert!(!has_address(text, "ana@example.com"), "{text}");
        }
        assert!(has_address("joana@example.com ana@example.com", "ana@example.com"));
    }

    #[test]
    fn a_person_is_mentioned_by_id_by_address_and_by_their_cases() {
        let traces = Traces {
            contact_id: 5,
            email_key: Some("ana@example.com".into()),
            cases: [12].into(),
            visited: BTreeSet::new(),
        };
        assert!(traces.is_mentioned(&json!({ "contact": { "contact_id": 5 } }), false));
        assert!(traces.is_mentioned(&json!([{ "to": ["Ana <ANA@example.com>"] }]), false));
        assert!(traces.is_mentioned(&json!({ "case_id": 12 }), true));
        assert!(!traces.is_mentioned(&json!({ "case_id": 12 }), false));
        assert!(!traces.is_mentioned(&json!({ "case_id": 5, "contact_id": 12, "user_id": 5 }), true));
    }
}
