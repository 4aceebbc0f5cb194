//! Routing: assignment rules in order give a new case to a team, and within it to an owner, by turns or by load, among
//! the members who are available and below their cap. A case nobody matches stays unassigned (spec 4).

pub mod rules;

use crate::cases::Case;
use crate::error::Result;
use crate::sla::policy;
use crate::work::Work;

use rules::Rule;

crate::words! {
    /// How an owner is chosen among a team's members.
    pub enum Method { None = "none", RoundRobin = "round_robin", LeastOpen = "least_open" }
}

/// Assigns a case that was just opened without an owner or a team.
pub fn assign(work: &mut Work, case_id: i64) -> Result<()> {
    let lock = work.dialect().for_update();
    // A rule whose team is gone gives cases to nobody: the next one may.
    let rules: Vec<Rule> = work.query(
        &format!(
            "{} where is_active and team_id in (select t.team_id from crm_teams t where t.is_active)
             order by position, rule_id",
            rules::SELECT
        ),
        &[],
    )?;
    if rules.is_empty() {
        return Ok(());
    }
    let traits = policy::traits(work, case_id)?;
    let Some(rule) = rules.into_iter().find(|rule| rule.conditions.0.mismatch(&traits).is_none()) else {
        return Ok(());
    };
    // Turns are taken one after the other.
    let (last,): (Option<i64>,) = work.one(
        &format!("select last_user_id from crm_assignment_rules where rule_id = $1{lock}"),
        &[&rule.rule_id],
    )?;
    let owner = match rule.method {
        Method::None => None,
        Method::RoundRobin => next_in_turn(work, rule.team_id, last)?,
        Method::LeastOpen => least_busy(work, rule.team_id)?,
    };
    if let Some(owner) = owner {
        work.execute(
            "update crm_assignment_rules set last_user_id = $2 where rule_id = $1",
            &[&rule.rule_id, &owner],
        )?;
    }
    Case::take(work, case_id)?.assign(work, owner, Some(rule.team_id))
}

/// Members who may take another case, with how many they have.
const MEMBERS: &str = "select u.user_id, coalesce((select sum(r.cases) from crm_case_rollup_now r
            where r.dimension = 'owner' and r.key = cast(u.user_id as text)
              and r.status in ('new', 'open', 'pending', 'in_progress', 'waiting_customer')), 0) as open_cases
     from crm_team_members m join crm_users u on u.user_id = m.user_id and u.is_active and u.is_available
         and u.role in ('agent', 'manager', 'admin')
     where m.team_id = $1";

fn available(work: &mut Work, team_id: i64) -> Result<Vec<(i64, i64)>> {
    work.query(
        &format!(
            "select q.user_id, cast(q.open_cases as bigint) from ({MEMBERS}) q join crm_users u on u.user_id = q.user_id
             where u.case_cap is null or q.open_cases < u.case_cap order by q.user_id"
        ),
        &[&team_id],
    )
}

fn next_in_turn(work: &mut Work, team_id: i64, last: Option<i64>) -> Result<Option<i64>> {
    let members = available(work, team_id)?;
    let next = members.iter().find(|(id, _)| last.is_none_or(|last| *id > last)).or(members.first());
    Ok(next.map(|(id, _)| *id))
}

fn least_busy(work: &mut Work, team_id: i64) -> Result<Option<i64>> {
    let members = available(work, team_id)?;
    Ok(members.iter().min_by_key(|(id, open)| (*open, *id)).map(|(id, _)| *id))
}
