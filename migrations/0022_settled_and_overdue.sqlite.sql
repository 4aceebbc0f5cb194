-- What is written late is judged by the clocks where they have settled it; and dashboards hear when the next deadline of a
-- case changes, because overdue is a case whose next deadline, of whatever kind, has passed.

-- ---------------------------------------------------------------- what is settled

drop trigger check_sla_violations_update;
create trigger check_sla_violations_update
after update of first_response_at, resolved_at, first_response_due, resolution_due on crm_cases
when new.is_listed and new.status <> 'cancelled'
    and (((new.first_response_at is not old.first_response_at or old.first_response_due is null)
            and julianday(new.first_response_at) > julianday(new.first_response_due))
        or ((new.resolved_at is not old.resolved_at or old.resolution_due is null)
            and julianday(new.resolved_at) > julianday(new.resolution_due)))
begin
    insert into crm_sla_violations (case_id, sla_policy_id, violation_type, due_at, violated_at, minutes_overdue)
    select new.case_id, new.sla_policy_id, t.kind, t.due_at, t.due_at,
        cast(round((julianday(t.met_at) - julianday(t.due_at)) * 86400000) as integer) / 60000
    from (select 'first_response' as kind, new.first_response_at as met_at, new.first_response_due as due_at,
            new.first_response_at is not old.first_response_at or old.first_response_due is null as is_news
        union all select 'resolution', new.resolved_at, new.resolution_due,
            new.resolved_at is not old.resolved_at or old.resolution_due is null) as t
    where t.is_news and julianday(t.met_at) > julianday(t.due_at)
        and not exists (select 1 from crm_sla_violations v
            where v.case_id = new.case_id and v.violation_type = t.kind and v.due_at <> t.due_at)
        -- What the clocks have settled in time, or given up, is not judged anew: a target that is void is not missed.
        and (not exists (select 1 from crm_sla_targets x where x.case_id = new.case_id and x.kind = t.kind)
            or exists (select 1 from crm_sla_targets x where x.case_id = new.case_id and x.kind = t.kind
                and (x.breached_at is not null or (x.met_at is null and x.voided_at is null))))
    on conflict (case_id, violation_type, due_at) do update set minutes_overdue = excluded.minutes_overdue;
end;

-- A violation is noted on its case within the change of the case, and which of two triggers SQLite runs first is nobody's
-- to say: a cell of the rollup may be left before it is entered.
drop trigger crm_cases_owner_rollup_update;
create trigger crm_cases_owner_rollup_update
after update of status, owner_id, team_id, is_escalated, is_sla_violated, response_time_minutes,
    resolution_time_minutes, csat_score, is_active, merged_into_id on crm_cases
when (new.is_listed or old.is_listed)
    and (new.is_listed <> old.is_listed or new.status <> old.status or new.owner_id is not old.owner_id
        or new.team_id is not old.team_id or new.is_escalated <> old.is_escalated
        or new.is_sla_violated <> old.is_sla_violated
        or new.response_time_minutes is not old.response_time_minutes
        or new.resolution_time_minutes is not old.resolution_time_minutes or new.csat_score is not old.csat_score)
begin
    insert into crm_owner_rollup (owner_id, team_id, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes, rated, score_sum)
    select ifnull(old.owner_id, 0), ifnull(old.team_id, 0), old.status, -1, -old.is_escalated, -old.is_sla_violated,
        -(old.response_time_minutes is not null), -ifnull(old.response_time_minutes, 0),
        -(old.resolution_time_minutes is not null), -ifnull(old.resolution_time_minutes, 0),
        -(old.csat_score is not null), -ifnull(old.csat_score, 0)
    where old.is_listed
    on conflict (owner_id, team_id, status) do update
    set cases = cases - 1, escalated = escalated + excluded.escalated, violated = violated + excluded.violated,
        responded = responded + excluded.responded, response_minutes = response_minutes + excluded.response_minutes,
        timed = timed + excluded.timed, resolution_minutes = resolution_minutes + excluded.resolution_minutes,
        rated = rated + excluded.rated, score_sum = score_sum + excluded.score_sum;
    insert into crm_owner_rollup (owner_id, team_id, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes, rated, score_sum)
    select ifnull(new.owner_id, 0), ifnull(new.team_id, 0), new.status, 1, new.is_escalated, new.is_sla_violated,
        new.response_time_minutes is not null, ifnull(new.response_time_minutes, 0),
        new.resolution_time_minutes is not null, ifnull(new.resolution_time_minutes, 0),
        new.csat_score is not null, ifnull(new.csat_score, 0)
    where new.is_listed
    on conflict (owner_id, team_id, status) do update
    set cases = cases + 1, escalated = escalated + excluded.escalated, violated = violated + excluded.violated,
        responded = responded + excluded.responded, response_minutes = response_minutes + excluded.response_minutes,
        timed = timed + excluded.timed, resolution_minutes = resolution_minutes + excluded.resolution_minutes,
        rated = rated + excluded.rated, score_sum = score_sum + excluded.score_sum;
end;

-- ---------------------------------------------------------------- what changes a fact

drop trigger crm_cases_dashboard_update;
create trigger crm_cases_dashboard_update
after update of created_at, resolved_at, csat_submitted_at, status, priority_id, priority_level, case_type_id, channel,
    owner_id, team_id, response_time_minutes, resolution_time_minutes, reopened_count, response_count, is_sla_violated,
    is_escalated, resolution_due, sla_next_due, csat_score, is_active, merged_into_id on crm_cases
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
        or new.resolution_due is not old.resolution_due or new.sla_next_due is not old.sla_next_due
        or new.csat_score is not old.csat_score)
begin
    insert into crm_dashboard_changes (case_id) values (new.case_id);
end;
