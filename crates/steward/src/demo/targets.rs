//! What was promised of cases that have ended, kept or not: without it the dashboard would know of misses alone. Open
//! cases get their clocks by the desk's own rules.

use db::Tx;

use crate::error::Result;

pub fn write(tx: &mut Tx<'_>) -> Result<()> {
    for (kind, met_at, due_at) in [
        ("first_response", "c.first_response_at", "c.first_response_due"),
        ("resolution", "c.resolved_at", "c.resolution_due"),
    ] {
        let promise = format!("{} * 60000", tx.dialect().minutes_between("c.created_at", due_at));
        tx.execute(
            &format!(
                "insert into crm_sla_targets (case_id, kind, started_at, promise, met_at, due_at, breached_at)
                 select c.case_id, $1, c.created_at, cast({promise} as bigint), {met_at}, {due_at},
                     (select min(v.violated_at) from crm_sla_violations v
                      where v.case_id = c.case_id and v.violation_type = $1)
                 from crm_cases c
                 where c.is_listed and not c.is_open and c.status <> 'cancelled' and {met_at} is not null
                     and {promise} >= 1"
            ),
            &[&kind],
        )?;
    }
    Ok(())
}
