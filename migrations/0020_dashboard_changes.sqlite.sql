-- Which cases changed in what the dashboard says of them, so that a node that remembers their facts reads only those
-- anew; the twin is 0020_dashboard_changes.postgres.sql.

-- ---------------------------------------------------------------- the changes

-- `mark` grows with every change. Rows of at least the last 20,000 changes are kept; whoever was away for longer reads all
-- facts anew. They go a thousand at a time: one by one, each write would touch a page more.
create table crm_dashboard_changes (
    mark           integer primary key,
    case_id        integer not null
);

create trigger crm_dashboard_changes_prune after insert on crm_dashboard_changes when new.mark % 1000 = 0
begin
    delete from crm_dashboard_changes where mark <= new.mark - 20000;
end;

-- ---------------------------------------------------------------- what changes a fact

create trigger crm_cases_dashboard_insert after insert on crm_cases when new.is_listed
begin
    insert into crm_dashboard_changes (case_id) values (new.case_id);
end;

create trigger crm_cases_dashboard_update
after update of created_at, resolved_at, csat_submitted_at, status, priority_id, priority_level, case_type_id, channel,
    owner_id, team_id, response_time_minutes, resolution_time_minutes, reopened_count, response_count, is_sla_violated,
    is_escalated, resolution_due, csat_score, is_active, merged_into_id on crm_cases
when (new.is_listed or old.is_listed)
    and (new.is_listed <> old.is_listed or new.created_at <> old.created_at or new.resolved_at is not old.resolved_at
        or new.csat_submitted_at is not old.csat_submitted_at or new.status <> old.status
        or new.priority_id <> old.priority_id or new.priority_level is not old.priority_level
        or new.case_type_id <> old.case_type_id or new.channel <> old.channel
        or new.owner_id is not old.owner_id or new.team_id is not old.team_id
        or new.response_time_minutes is not old.response_time_minutes
        or new.resolution_time_minutes is not old.resolution_time_minutes
        or new.reopened_count <> old.reopened_count or new.response_count <> old.response_count
        or new.is_sla_violated <> old.is_sla_violated or new.is_escalated <> old.is_escalated
        or new.resolution_due is not old.resolution_due or new.csat_score is not old.csat_score)
begin
    insert into crm_dashboard_changes (case_id) values (new.case_id);
end;

create trigger crm_cases_dashboard_delete after delete on crm_cases when old.is_listed
begin
    insert into crm_dashboard_changes (case_id) values (old.case_id);
end;

create trigger crm_sla_targets_dashboard_insert after insert on crm_sla_targets when new.met_at is not null
begin
    insert into crm_dashboard_changes (case_id) values (new.case_id);
end;

create trigger crm_sla_targets_dashboard_update after update of case_id, kind, met_at on crm_sla_targets
when (new.met_at is null) <> (old.met_at is null)
    or (new.met_at is not null and (new.kind <> old.kind or new.case_id <> old.case_id))
begin
    insert into crm_dashboard_changes (case_id) values (new.case_id);
    insert into crm_dashboard_changes (case_id) select old.case_id where new.case_id <> old.case_id;
end;

create trigger crm_sla_targets_dashboard_delete after delete on crm_sla_targets when old.met_at is not null
begin
    insert into crm_dashboard_changes (case_id) values (old.case_id);
end;

create trigger crm_sla_violations_dashboard_insert after insert on crm_sla_violations
begin
    insert into crm_dashboard_changes (case_id) values (new.case_id);
end;

create trigger crm_sla_violations_dashboard_update after update of case_id, violation_type on crm_sla_violations
when new.violation_type <> old.violation_type or new.case_id <> old.case_id
begin
    insert into crm_dashboard_changes (case_id) values (new.case_id);
    insert into crm_dashboard_changes (case_id) select old.case_id where new.case_id <> old.case_id;
end;

create trigger crm_sla_violations_dashboard_delete after delete on crm_sla_violations
begin
    insert into crm_dashboard_changes (case_id) values (old.case_id);
end;
