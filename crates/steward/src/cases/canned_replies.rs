//! Canned replies: texts that agents send again and again, one's own or the desk's. Names in two braces are filled in from
//! a case; what cannot be filled in stays as it is, and is named.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::case::Case;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::{
    Admin, Agent, Answer, Body, Created, Expected, Json, NoContent, Nothing, Path, Query, Viewer,
};
use crate::input::{Line, Patch, Prose, fold};
use crate::paging::{Cursor, Limit, PageNumber, PageQuery, Pagination};
use crate::people::{Role, taken};
use crate::work::Work;

/// Replies listed at once; nobody finds anything among more.
const MOST: i64 = 500;
/// The index that keeps names apart.
const NAME: &str = "crm_canned_replies_name";

db::record! {
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    pub struct CannedReply {
        pub canned_reply_id: i64,
        pub reply_name: String,
        /// Markdown, with placeholders as they were written.
        pub reply_text: String,
        /// Whose it is; null: the desk's.
        pub owner_id: Option<i64>,
        pub edit_version: i64,
        pub created_at: Time,
        pub updated_at: Time,
    }
}

impl CannedReply {
    pub fn is_shared(&self) -> bool {
        self.owner_id.is_none()
    }
}

/// A canned reply, filled in for a case where one was named.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CannedReplyView {
    #[serde(flatten)]
    pub reply: CannedReply,
    /// The text for the case that was named; null without one.
    pub filled_text: Option<String>,
    /// Placeholders that nothing is known for; they stand in the text as they were.
    pub unknown_placeholders: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct CannedReplies {
    pub canned_replies: Vec<CannedReplyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub pagination: Option<Pagination>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneCannedReply {
    pub canned_reply: CannedReplyView,
}

crate::input! {
    /// A new canned reply.
    pub struct CannedReplyDraft {
        pub reply_name: Line<200>,
        /// Markdown. `{{contact.name}}`, `{{case.number}}`, `{{case.subject}}` and `{{agent.name}}` are filled in.
        pub reply_text: Prose<1>,
        /// For the whole desk; for managers.
        pub is_shared: Option<bool>,
    }
}

crate::input! {
    /// The fields to change.
    pub struct CannedReplyEdit {
        pub reply_name: Patch<Line<200>>,
        pub reply_text: Patch<Prose<1>>,
    }
}

crate::input! {
    /// Which canned replies.
    pub struct CannedReplyQuery {
        /// Words that stand in the name.
        pub search: Option<String>,
        /// The case to fill them in for.
        pub case_id: Option<i64>,
        pub page: Option<PageNumber>,
        pub limit: Option<Limit>,
        pub cursor: Option<Cursor>,
    }
}

crate::input! {
    /// The case to fill it in for.
    pub struct CannedReplyFor {
        pub case_id: Option<i64>,
    }
}

const SELECT: &str =
    "select canned_reply_id, reply_name, reply_text, owner_id, edit_version, created_at, updated_at
     from crm_canned_replies";

/// One's own and the desk's, by name.
pub fn of_user(work: &mut Work, search: &str) -> Result<Vec<CannedReply>> {
    let own = work.actor.user_id();
    let rows: Vec<CannedReply> = work.query(
        &format!("{SELECT} where is_active and (owner_id is null or owner_id = $1) order by name_key, canned_reply_id limit $2"),
        &[&own, &MOST],
    )?;
    let wanted = fold(search);
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let fits = |reply: &CannedReply| {
        let name = fold(&reply.reply_name);
        words.iter().all(|word| name.contains(word))
    };
    Ok(rows.into_iter().filter(fits).collect())
}

/// One that the actor may use.
pub fn find(work: &mut Work, id: i64) -> Result<CannedReply> {
    select(work, id, "")
}

fn select(work: &mut Work, id: i64, lock: &str) -> Result<CannedReply> {
    let own = work.actor.user_id();
    work.optional(
        &format!(
            "{SELECT} where canned_reply_id = $1 and is_active and (owner_id is null or owner_id = $2){lock}"
        ),
        &[&id, &own],
    )?
    .ok_or(Error::NotFound("canned reply"))
}

/// Takes one for a change: the desk's are a manager's to change.
fn take(work: &mut Work, id: i64) -> Result<CannedReply> {
    let lock = work.dialect().for_update();
    let reply = select(work, id, lock)?;
    if reply.is_shared() && !work.actor.is_at_least(Role::Manager) {
        return Err(Error::Forbidden("canned replies of the desk are for managers to change".into()));
    }
    Ok(reply)
}

fn name_taken() -> Error {
    Error::field("reply_name", "is the name of another canned reply")
}

pub fn add(work: &mut Work, draft: &CannedReplyDraft) -> Result<i64> {
    let is_shared = draft.is_shared.unwrap_or(false);
    if is_shared && !work.actor.is_at_least(Role::Manager) {
        return Err(Error::field("is_shared", "only a manager may add canned replies for the whole desk"));
    }
    let (now, by) = (work.now, work.actor.user_id());
    let owner = by.filter(|_| !is_shared);
    let inserted = work.one::<(i64,)>(
        "insert into crm_canned_replies (reply_name, name_key, reply_text, owner_id, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6) returning canned_reply_id",
        &[&&*draft.reply_name, &fold(&draft.reply_name), &&*draft.reply_text, &owner, &by, &now],
    );
    let (id,) = taken(inserted, NAME, name_taken)?;
    work.audit("created", "canned_reply", Some(id), &json!({}))?;
    Ok(id)
}

/// Changes the fields named. An edit that changes nothing leaves no trace.
pub fn change(work: &mut Work, id: i64, edit: &CannedReplyEdit, expected: &Expected) -> Result<()> {
    let before = take(work, id)?;
    expected.check(before.edit_version)?;
    let edit = edit.clone();
    let name = edit.reply_name.map(Line::into_string).or(before.reply_name.clone());
    let text = edit.reply_text.map(Prose::into_string).or(before.reply_text.clone());
    if name == before.reply_name && text == before.reply_text {
        return Ok(());
    }
    let now = work.now;
    let updated = work.execute(
        "update crm_canned_replies set reply_name = $2, name_key = $3, reply_text = $4, updated_at = $5,
             edit_version = edit_version + 1
         where canned_reply_id = $1",
        &[&id, &name, &fold(&name), &text, &now],
    );
    taken(updated, NAME, name_taken)?;
    let fields: Vec<&str> =
        [("reply_name", name != before.reply_name), ("reply_text", text != before.reply_text)]
            .into_iter()
            .filter_map(|(field, differs)| differs.then_some(field))
            .collect();
    work.audit("updated", "canned_reply", Some(id), &json!({ "fields": fields }))
}

pub fn remove(work: &mut Work, id: i64, expected: &Expected) -> Result<()> {
    expected.check(take(work, id)?.edit_version)?;
    work.set_active("crm_canned_replies", "canned_reply_id", id, false)?;
    work.audit("deleted", "canned_reply", Some(id), &json!({}))
}

// ---- placeholders

/// What placeholders stand for.
pub struct Fillings {
    contact_name: Option<String>,
    case_number: String,
    case_subject: String,
    agent_name: Option<String>,
}

impl Fillings {
    /// For a case that the actor may see, and for the actor.
    pub fn of(work: &mut Work, case_id: i64) -> Result<Fillings> {
        Case::find(work, case_id)?;
        let user_id = work.actor.user_id();
        let (contact_name, case_number, case_subject, agent_name) = work.one(
            "select k.name as contact_name, c.case_number, c.subject,
                 (select u.name from crm_users u where u.user_id = $2) as agent_name
             from crm_cases c left join crm_contacts k on k.contact_id = c.contact_id where c.case_id = $1",
            &[&case_id, &user_id],
        )?;
        Ok(Fillings { contact_name, case_number, case_subject, agent_name })
    }

    fn value(&self, name: &str) -> Option<&str> {
        match name {
            "contact.name" => self.contact_name.as_deref(),
            "case.number" => Some(&self.case_number),
            "case.subject" => Some(&self.case_subject),
            "agent.name" => self.agent_name.as_deref(),
            _ => None,
        }
    }

    /// The text filled in, and the placeholders that nothing is known for, each once. What is filled in is not looked
    /// at again: a subject with braces stays what it is.
    pub fn fill(&self, text: &str) -> (String, Vec<String>) {
        let (mut filled, mut unknown) = (String::with_capacity(text.len()), Vec::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            filled.push_str(before);
            let name = after.split_once("}}").map(|(name, after)| (name.trim(), after));
            let is_name = |name: &str| {
                !name.is_empty()
                    && name.len() <= 100
                    && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
            };
            match name.filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    match self.value(name) {
                        Some(value) => filled.push_str(value),
                        None => {
                            let kept = format!("{{{{{name}}}}}");
                            filled.push_str(&kept);
                            if !unknown.contains(&kept) {
                                unknown.push(kept);
                            }
                        }
                    }
                    rest = after;
                }
                None => {
                    filled.push_str("{{");
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        (filled, unknown)
    }
}

fn view(reply: CannedReply, fillings: Option<&Fillings>) -> CannedReplyView {
    let filled = fillings.map(|fillings| fillings.fill(&reply.reply_text));
    let (filled_text, unknown_placeholders) =
        filled.map_or((None, Vec::new()), |(text, unknown)| (Some(text), unknown));
    CannedReplyView { reply, filled_text, unknown_placeholders }
}

// ---- over HTTP

fn one(work: &mut Work, id: i64) -> Result<Json<OneCannedReply>> {
    let reply = find(work, id)?;
    let version = reply.edit_version;
    Ok(Json::version(OneCannedReply { canned_reply: view(reply, None) }, id, version))
}

fn fillings(work: &mut Work, case_id: Option<i64>) -> Result<Option<Fillings>> {
    case_id.map(|case_id| Fillings::of(work, case_id)).transpose()
}

pub async fn list(
    caller: Viewer,
    Query(query): Query<CannedReplyQuery>,
) -> Result<Answer<Json<CannedReplies>>> {
    let asked = PageQuery { page: query.page, limit: query.limit, cursor: query.cursor.clone() };
    let canned_replies = caller.read(Class::Bounded, move |work| {
        let fillings = fillings(work, query.case_id)?;
        let replies = of_user(work, query.search.as_deref().unwrap_or(""))?;
        Ok(replies.into_iter().map(|reply| view(reply, fillings.as_ref())).collect())
    });
    let (canned_replies, pagination) = asked.cut(canned_replies.await?)?;
    Ok(Json::new(CannedReplies { canned_replies, pagination: Some(pagination) }).into())
}

pub async fn show(
    caller: Viewer,
    Path([id]): Path<1>,
    Query(query): Query<CannedReplyFor>,
) -> Result<Answer<Json<OneCannedReply>>> {
    let reply = caller.read(Class::Bounded, move |work| {
        let fillings = fillings(work, query.case_id)?;
        let reply = find(work, id)?;
        let version = reply.edit_version;
        Ok(Json::version(OneCannedReply { canned_reply: view(reply, fillings.as_ref()) }, id, version))
    });
    Ok(reply.await?.into())
}

pub async fn create(
    caller: Agent,
    Body(draft): Body<CannedReplyDraft>,
) -> Result<Answer<Created<OneCannedReply>>> {
    caller
        .write(move |work| {
            let id = add(work, &draft)?;
            let Json { body, etag } = one(work, id)?;
            Ok(Created { location: format!("/api/crm/canned-replies/{id}"), body, etag })
        })
        .await
}

pub async fn update(
    caller: Agent,
    Path([id]): Path<1>,
    Body(edit): Body<CannedReplyEdit>,
) -> Result<Answer<Json<OneCannedReply>>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            change(work, id, &edit, &expected)?;
            one(work, id)
        })
        .await
}

pub async fn delete(caller: Agent, Path([id]): Path<1>, _: Query<Nothing>) -> Result<Answer<NoContent>> {
    let expected = caller.expected(id);
    caller
        .write(move |work| {
            remove(work, id, &expected)?;
            Ok(NoContent)
        })
        .await
}

/// Brings a reply of the desk back, or one's own.
pub async fn restore(
    caller: Admin,
    Path([id]): Path<1>,
    _: Query<Nothing>,
) -> Result<Answer<Json<OneCannedReply>>> {
    caller
        .write(move |work| {
            let (lock, own) = (work.dialect().for_update(), work.actor.user_id());
            let deleted: Option<(i64,)> = work.optional(
                &format!(
                    "select canned_reply_id from crm_canned_replies
                     where canned_reply_id = $1 and not is_active and (owner_id is null or owner_id = $2){lock}"
                ),
                &[&id, &own],
            )?;
            deleted.ok_or(Error::NotFound("deleted canned reply"))?;
            let taken_since = || Error::Conflict("its name has been taken since".into());
            taken(work.set_active("crm_canned_replies", "canned_reply_id", id, true), NAME, taken_since)?;
            work.audit("restored", "canned_reply", Some(id), &json!({}))?;
            one(work, id)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_filled_in_and_the_rest_stays_and_is_named() {
        let fillings = Fillings {
            contact_name: None,
            case_number: "CASE-000012".into(),
            case_subject: "{{agent.name}} & co".into(),
            agent_name: Some("Ana".into()),
        };
        let (text, unknown) = fillings.fill(
            "Dear {{contact.name}}, {{ case.number }}: {{case.subject}}. {{no.such}} {{no.such}} {{}} {{ a b }} {{",
        );
        assert_eq!(
            text,
            "Dear {{contact.name}}, CASE-000012: {{agent.name}} & co. {{no.such}} {{no.such}} {{}} {{ a b }} {{"
        );
        assert_eq!(unknown, ["{{contact.name}}", "{{no.such}}"]);
    }
}
