-- Which cases changed in what the dashboard says of them, so that a node that remembers their facts reads only those
-- anew; the twin is 0020_dashboard_changes.sqlite.sql.

-- ---------------------------------------------------------------- the changes

-- `mark` is the transaction: of two changes the later one may have the smaller, but none comes any more below the oldest
-- that is still running. Rows of about the last 20,000 changes are kept (crm_prune_dashboard_changes); whoever was away for
-- longer reads all facts anew.
create table crm_dashboard_changes (
    mark           bigint not null default pg_current_xact_id()::text::bigint,
    case_id        bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index crm_dashboard_changes_mark on crm_dashboard_changes (mark);

-- Whole transactions go, the oldest first: what is left reaches from its least mark on without a gap.
create function crm_prune_dashboard_changes() returns bigint language plpgsql as $$
declare
    pruned bigint;
begin
    delete from crm_dashboard_changes
    where mark < (select mark from crm_dashboard_changes order by mark desc offset 20000 limit 1)
        and mark < pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    get diagnostics pruned = row_count;
    return pruned;
end $$;

-- ---------------------------------------------------------------- what changes a fact

create function crm_note_dashboard_change() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        insert into crm_dashboard_changes (case_id) values (old.case_id);
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.case_id <> old.case_id) then
        insert into crm_dashboard_changes (case_id) values (new.case_id);
    end if;
    return null;
end $$;

create trigger crm_cases_dashboard_insert after insert on crm_cases
for each row when (new.is_listed) execute function crm_note_dashboard_change();

create trigger crm_cases_dashboard_update
after update of created_at, resolved_at, csat_submitted_at, status, priority_id, priority_level, case_type_id, channel,
    owner_id, team_id, response_time_minutes, resolution_time_minutes, reopened_count, response_count, is_sla_violated,
    is_escalated, resolution_due, csat_score, is_active, merged_into_id on crm_cases
for each row when ((new.is_listed or old.is_listed)
    and (new.is_listed <> old.is_listed or new.created_at <> old.created_at
        or new.resolved_at is distinct from old.resolved_at
        or new.csat_submitted_at is distinct from old.csat_submitted_at or new.status <> old.status
        or new.priority_id <> old.priority_id or new.priority_level is distinct from old.priority_level
        or new.case_type_id <> old.case_type_id or new.channel <> old.channel
        or new.owner_id is distinct from old.owner_id or new.team_id is distinct from old.team_id
        or new.response_time_minutes is distinct from old.response_time_minutes
        or new.resolution_time_minutes is distinct from old.resolution_time_minutes
        or new.reopened_count <> old.reopened_count or new.response_count <> old.response_count
        or new.is_sla_violated <> old.is_sla_violated or new.is_escalated <> old.is_escalated
        or new.resolution_due is distinct from old.resolution_due or new.csat_score is distinct from old.csat_score))
execute function crm_note_dashboard_change();

create trigger crm_cases_dashboard_delete after delete on crm_cases
for each row when (old.is_listed) execute function crm_note_dashboard_change();

create trigger crm_sla_targets_dashboard_insert after insert on crm_sla_targets
for each row when (new.met_at is not null) execute function crm_note_dashboard_change();

create trigger crm_sla_targets_dashboard_update after update of case_id, kind, met_at on crm_sla_targets
for each row when ((new.met_at is null) <> (old.met_at is null)
    or (new.met_at is not null and (new.kind <> old.kind or new.case_id <> old.case_id)))
execute function crm_note_dashboard_change();

create trigger crm_sla_targets_dashboard_delete after delete on crm_sla_targets
for each row when (old.met_at is not null) execute function crm_note_dashboard_change();

create trigger crm_sla_violations_dashboard_insert after insert on crm_sla_violations
for each row execute function crm_note_dashboard_change();

create trigger crm_sla_violations_dashboard_update after update of case_id, violation_type on crm_sla_violations
for each row when (new.violation_type <> old.violation_type or new.case_id <> old.case_id)
execute function crm_note_dashboard_change();

create trigger crm_sla_violations_dashboard_delete after delete on crm_sla_violations
for each row execute function crm_note_dashboard_change();
