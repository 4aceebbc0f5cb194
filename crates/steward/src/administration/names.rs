//! What things are called that a page knows by their ids alone: one statement for all of them.

use std::collections::{BTreeMap, BTreeSet};

use db::ToParam;
use serde_json::json;

use crate::error::Result;
use crate::web::{Choice, Page};
use crate::work::Work;

/// A sort of thing: its word in the audit trail, its table, key and name, and where its page is.
const SOURCES: [(&str, &str, &str, &str, &str); 14] = [
    ("user", "crm_users", "user_id", "name", "/administration/users/"),
    ("team", "crm_teams", "team_id", "team_name", "/administration/teams/"),
    ("token", "crm_tokens", "token_id", "token_name", ""),
    ("case_type", "crm_case_types", "case_type_id", "type_name", "/administration/types/"),
    ("priority", "crm_case_priorities", "priority_id", "priority_name", "/administration/priorities/"),
    ("account", "crm_accounts", "account_id", "account_name", "/customers/accounts/"),
    ("contact", "crm_contacts", "contact_id", "name", "/customers/contacts/"),
    ("article", "crm_kb_articles", "article_id", "title", "/knowledge/"),
    ("knowledge_category", "crm_kb_categories", "category_id", "category_name", ""),
    ("sla_policy", "crm_sla_policies", "sla_policy_id", "policy_name", ""),
    ("calendar", "crm_calendars", "calendar_id", "calendar_name", ""),
    ("survey", "crm_surveys", "survey_id", "survey_name", ""),
    ("assignment_rule", "crm_assignment_rules", "rule_id", "rule_name", ""),
    ("escalation_rule", "crm_escalation_rules", "rule_id", "rule_name", ""),
];

db::record! {
    struct Named {
        subject: String,
        id: i64,
        name: String,
        is_active: bool,
    }
}

/// A thing with its name, and its page where it has one and is there.
pub struct Name {
    pub text: String,
    pub href: Option<String>,
}

#[derive(Default)]
pub struct Names(BTreeMap<(String, i64), Name>);

impl Names {
    /// Reads the names of things; each is a word of the audit trail and an id.
    pub fn read<'a>(work: &mut Work, things: impl IntoIterator<Item = (&'a str, i64)>) -> Result<Names> {
        let mut wanted = BTreeMap::<&str, BTreeSet<i64>>::new();
        for (subject, id) in things {
            wanted.entry(subject).or_default().insert(id);
        }
        let (mut parts, mut lists) = (Vec::new(), Vec::new());
        for (subject, table, key, name, _) in SOURCES {
            let Some(ids) = wanted.get(subject) else { continue };
            lists.push(json!(ids));
            let among = work.dialect().among_ints(key, &format!("${}", lists.len()));
            let is_active = if subject == "token" { "revoked_at is null" } else { "is_active" };
            parts.push(format!(
                "select '{subject}' as subject, {key} as id, {name} as name, {is_active} as is_active from {table}
                 where {among}"
            ));
        }
        if parts.is_empty() {
            return Ok(Names::default());
        }
        let params: Vec<&dyn ToParam> = lists.iter().map(|list| list as &dyn ToParam).collect();
        let rows: Vec<Named> = work.query(&parts.join(" union all "), &params)?;
        let names = rows.into_iter().map(|row| {
            let place = SOURCES.iter().find(|source| source.0 == row.subject).map_or("", |source| source.4);
            let href = (row.is_active && !place.is_empty()).then(|| format!("{place}{}", row.id));
            ((row.subject, row.id), Name { text: row.name, href })
        });
        Ok(Names(names.collect()))
    }

    pub fn get(&self, subject: &str, id: &i64) -> Option<&Name> {
        self.0.get(&(subject.to_owned(), *id))
    }
}

/// Adds who or what is named already to what may be chosen, where it has gone since: a form that is sent for another
/// reason is not to drop it.
pub fn offer_named(
    work: &mut Work,
    page: &Page,
    offered: &mut Vec<Choice>,
    subject: &str,
    id: Option<i64>,
) -> Result<()> {
    let Some(id) = id.filter(|id| !offered.iter().any(|choice| choice.id == *id)) else { return Ok(()) };
    if let Some(Name { text, .. }) = Names::read(work, [(subject, id)])?.get(subject, &id) {
        offered.push(Choice { id, name: format!("{text} {}", page.say("conditions-gone")) });
    }
    Ok(())
}
