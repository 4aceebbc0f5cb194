//! When a policy or an assignment rule applies: how conditions are read, that what they name is there, and whether they
//! hold for a case (spec 4, 5).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::policy::Traits;
use crate::cases::Channel;
use crate::error::{Fault, Result};
use crate::people::Tier;
use crate::work::Work;

/// Ids that a list of conditions names at most.
const MOST: usize = 1000;

/// When it applies; an empty list is "any".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    #[serde(default)]
    pub case_type_ids: Vec<i64>,
    #[serde(default)]
    pub priority_ids: Vec<i64>,
    #[serde(default)]
    pub account_tiers: Vec<String>,
    #[serde(default)]
    pub account_ids: Vec<i64>,
    #[serde(default)]
    pub channels: Vec<String>,
}

crate::input! {
    /// When it applies; a list that is empty or left out is any.
    pub struct ConditionsDraft {
        pub case_type_ids: Option<Vec<i64>>,
        pub priority_ids: Option<Vec<i64>>,
        pub account_tiers: Option<Vec<Tier>>,
        pub account_ids: Option<Vec<i64>>,
        pub channels: Option<Vec<Channel>>,
    }
}

/// What was named several times counts once.
fn once<T: PartialEq + Clone>(values: &Option<Vec<T>>) -> Vec<T> {
    let mut kept = Vec::new();
    for value in values.iter().flatten() {
        if !kept.contains(value) {
            kept.push(value.clone());
        }
    }
    kept
}

impl From<&ConditionsDraft> for Conditions {
    fn from(draft: &ConditionsDraft) -> Conditions {
        Conditions {
            case_type_ids: once(&draft.case_type_ids),
            priority_ids: once(&draft.priority_ids),
            account_tiers: once(&draft.account_tiers).iter().map(Tier::to_string).collect(),
            account_ids: once(&draft.account_ids),
            channels: once(&draft.channels).iter().map(Channel::to_string).collect(),
        }
    }
}

impl ConditionsDraft {
    /// What is wrong with them, each id at its place in the body's `conditions`. What `present` names already may have
    /// been deleted since: that stays.
    pub fn faults(&self, work: &mut Work, present: &Conditions) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for (field, ids, known, noun, table, key) in [
            (
                "case_type_ids",
                &self.case_type_ids,
                &present.case_type_ids,
                "case type",
                "crm_case_types",
                "case_type_id",
            ),
            (
                "priority_ids",
                &self.priority_ids,
                &present.priority_ids,
                "priority",
                "crm_case_priorities",
                "priority_id",
            ),
            ("account_ids", &self.account_ids, &present.account_ids, "account", "crm_accounts", "account_id"),
        ] {
            let Some(ids) = ids.as_ref().filter(|ids| !ids.is_empty()) else { continue };
            if ids.len() > MOST {
                faults
                    .push(Fault::field(&format!("conditions/{field}"), format!("takes at most {MOST} ids")));
                continue;
            }
            let among = work.dialect().among_ints(key, "$1");
            let active: Vec<(i64,)> = work
                .query(&format!("select {key} from {table} where is_active and {among}"), &[&json!(ids)])?;
            let is_unknown = |id: &i64| !active.contains(&(*id,)) && !known.contains(id);
            faults.extend(ids.iter().enumerate().filter(|(_, id)| is_unknown(id)).map(|(index, id)| {
                let message = format!("there is no active {noun} {id}");
                Fault::field(&format!("conditions/{field}/{index}"), message)
            }));
        }
        Ok(faults)
    }
}

impl Conditions {
    /// What of a case they are not for; `None` where they hold.
    pub fn mismatch(&self, traits: &Traits) -> Option<Mismatch> {
        let Conditions { case_type_ids, priority_ids, account_tiers, account_ids, channels } = self;
        let among = |ids: &[i64], id: Option<i64>| ids.is_empty() || id.is_some_and(|id| ids.contains(&id));
        let word = |words: &[String], word: Option<&str>| {
            words.is_empty() || word.is_some_and(|word| words.iter().any(|one| one == word))
        };
        if !among(case_type_ids, Some(traits.case_type_id)) {
            Some(Mismatch::CaseType(traits.case_type_id))
        } else if !among(priority_ids, Some(traits.priority_id)) {
            Some(Mismatch::Priority(traits.priority_id))
        } else if !word(account_tiers, traits.account_tier.as_deref()) {
            Some(Mismatch::Tier(traits.account_tier.clone()))
        } else if !among(account_ids, traits.account_id) {
            Some(Mismatch::Account(traits.account_id))
        } else if !word(channels, Some(&traits.channel)) {
            Some(Mismatch::Channel(traits.channel.clone()))
        } else {
            None
        }
    }
}

/// What of a case some conditions are not for. Written as the API says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    CaseType(i64),
    Priority(i64),
    Tier(Option<String>),
    Account(Option<i64>),
    Channel(String),
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mismatch::CaseType(id) => write!(f, "it is for other case types than {id}"),
            Mismatch::Priority(id) => write!(f, "it is for other priorities than {id}"),
            Mismatch::Tier(tier) => {
                write!(f, "it is for other account tiers than {}", tier.as_deref().unwrap_or("none"))
            }
            Mismatch::Account(None) => f.write_str("it is for other accounts than none"),
            Mismatch::Account(Some(id)) => write!(f, "it is for other accounts than {id}"),
            Mismatch::Channel(channel) => write!(f, "it is for other channels than {channel}"),
        }
    }
}
