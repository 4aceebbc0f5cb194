//! Parents and children: no cycles, at most five generations, and a parent ends with or after its children (spec 4).

use super::case::{Case, visible};
use crate::error::{Error, Result};
use crate::work::Work;
use crate::workflow::Status;

/// How many generations a family may have, the eldest included.
pub const GENERATIONS: i64 = 5;

/// Checks that `parent_id` may become the parent of `case_id` (of a new case where `None`).
pub fn check_parent(work: &mut Work, case_id: Option<i64>, parent_id: i64) -> Result<()> {
    let parent = Case::take_named(work, "parent_case_id", parent_id)?;
    parent.must_stand_alone(work)?;
    // Each ancestor's row is taken: of two changes that would close a circle together, one waits and sees the other.
    let lock = work.dialect().for_update();
    let walk = format!("select parent_case_id from crm_cases where case_id = $1{lock}");
    let mut above = 1;
    let mut ancestor = Some(parent.case_id);
    while let Some(id) = ancestor {
        if Some(id) == case_id {
            return Err(Error::Conflict(format!("case {id} would become its own ancestor")));
        }
        let row: Option<(Option<i64>,)> = work.optional(&walk, &[&id])?;
        ancestor = row.and_then(|(parent,)| parent);
        above += i64::from(ancestor.is_some());
        if above > GENERATIONS {
            break;
        }
    }
    let below = case_id.map_or(Ok(1), |id| height(work, id))?;
    if above + below > GENERATIONS {
        return Err(Error::Conflict(format!("a family of cases has at most {GENERATIONS} generations")));
    }
    Ok(())
}

/// Generations from a case down, itself included.
fn height(work: &mut Work, case_id: i64) -> Result<i64> {
    let (height,): (i64,) = work.one(
        "with recursive family (case_id, depth) as (
             select c.case_id, 1 from crm_cases c where c.case_id = $1
             union all
             select c.case_id, family.depth + 1 from crm_cases c
             join family on c.parent_case_id = family.case_id where family.depth <= 5
         ) select cast(coalesce(max(depth), 1) as bigint) from family",
        &[&case_id],
    )?;
    Ok(height)
}

/// Active children stand in the way of ending their parent, unless they are ended along with it. For a customer only
/// those count that are theirs to see.
pub fn end_children(work: &mut Work, parent: &Case, to: Status, cascade: bool) -> Result<()> {
    let (condition, scope) = visible(work.actor, 2);
    let mut params: Vec<&dyn db::ToParam> = vec![&parent.case_id];
    params.extend(scope.iter().map(|id| id as &dyn db::ToParam));
    let children: Vec<(i64,)> = work.query(
        &format!(
            "select c.case_id from crm_cases c where c.parent_case_id = $1 and c.is_open and {condition}
             order by c.case_id"
        ),
        &params,
    )?;
    if children.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = children.iter().take(10).map(|(id,)| id.to_string()).collect();
    if !cascade && !work.actor.is_staff() {
        let ids = ids.join(", ");
        return Err(Error::Conflict(format!("cases that belong to this one are not ended yet: {ids}")));
    }
    if !cascade {
        return Err(Error::Conflict(format!(
            "{} active child case(s) stand in the way ({}); end them first, or send cascade = true",
            children.len(),
            ids.join(", ")
        )));
    }
    for (case_id,) in children {
        let mut child = match Case::take(work, case_id) {
            Err(Error::NotFound(_)) => continue,
            taken => taken?,
        };
        // Another transaction may have ended it since the list was read. It is ended before its own children are, so
        // that not even a cycle made by plain SQL goes on for ever.
        if child.status.is_active() {
            child.move_to(work, to, None)?;
            end_children(work, &child, to, true)?;
        }
    }
    Ok(())
}
