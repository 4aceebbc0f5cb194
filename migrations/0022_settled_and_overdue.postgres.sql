-- What is written late is judged by the clocks where they have settled it; and dashboards hear when the next deadline of a
-- case changes, because overdue is a case whose next deadline, of whatever kind, has passed.

-- ---------------------------------------------------------------- what is settled

create or replace function check_sla_violations() returns trigger language plpgsql as $$
begin
    insert into crm_sla_violations (case_id, sla_policy_id, violation_type, due_at, violated_at, minutes_overdue)
    select new.case_id, new.sla_policy_id, t.kind, t.due_at, t.due_at,
        floor(extract(epoch from t.met_at - t.due_at) / 60)::bigint
    from (values
        ('first_response', new.first_response_at, new.first_response_due,
            new.first_response_at is distinct from old.first_response_at or old.first_response_due is null),
        ('resolution', new.resolved_at, new.resolution_due,
            new.resolved_at is distinct from old.resolved_at or old.resolution_due is null)
        ) as t (kind, met_at, due_at, is_news)
    where t.is_news and t.met_at > t.due_at
        and not exists (select 1 from crm_sla_violations v
            where v.case_id = new.case_id and v.violation_type = t.kind and v.due_at <> t.due_at)
        -- What the clocks have settled in time, or given up, is not judged anew: a target that is void is not missed.
        and (not exists (select 1 from crm_sla_targets x where x.case_id = new.case_id and x.kind = t.kind)
            or exists (select 1 from crm_sla_targets x where x.case_id = new.case_id and x.kind = t.kind
                and (x.breached_at is not null or (x.met_at is null and x.voided_at is null))))
    on conflict (case_id, violation_type, due_at) do update set minutes_overdue = excluded.minutes_overdue;
    return null;
end $$;

-- The rollup appends what leaves a cell and what enters one, in whichever order: nothing is needed here.

-- ---------------------------------------------------------------- what changes a fact

drop trigger crm_cases_dashboard_update on crm_cases;
create trigger crm_cases_dashboard_update
after update of created_at, resolved_at, csat_submitted_at, status, priority_id, priority_level, case_type_id, channel,
    owner_id, team_id, response_time_minutes, resolution_time_minutes, reopened_count, response_count, is_sla_violated,
    is_escalated, resolution_due, sla_next_due, csat_score, is_active, merged_into_id on crm_cases
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
        or new.resolution_due is distinct from old.resolution_due
        or new.sla_next_due is distinct from old.sla_next_due or new.csat_score is distinct from old.csat_score))
execute function crm_note_dashboard_change();
