-- What the dashboard asks of cases, kept so that its cost does not grow with history; the twin is
-- 0012_dashboard.postgres.sql.

-- ---------------------------------------------------------------- response_count

-- Active public comments that are not the customer's: a resolved case with one was resolved at one touch. Kept by the
-- triggers that count comments, which are written anew here.
alter table crm_cases add column response_count integer not null default 0;

update crm_cases set response_count = (select count(*) from crm_case_comments m
    where m.case_id = crm_cases.case_id and m.is_active and not m.is_internal and m.contact_id is null);

drop trigger crm_case_comments_count_insert;
create trigger crm_case_comments_count_insert after insert on crm_case_comments when new.is_active
begin
    update crm_cases
    set comment_count = comment_count + 1, public_comment_count = public_comment_count + (not new.is_internal),
        response_count = response_count + (not new.is_internal and new.contact_id is null)
    where case_id = new.case_id;
end;

drop trigger crm_case_comments_count_update;
create trigger crm_case_comments_count_update
after update of case_id, contact_id, is_internal, is_active on crm_case_comments
when new.case_id <> old.case_id or new.is_internal <> old.is_internal or new.is_active <> old.is_active
    or (new.contact_id is null) <> (old.contact_id is null)
begin
    update crm_cases
    set comment_count = comment_count - 1, public_comment_count = public_comment_count - (not old.is_internal),
        response_count = response_count - (not old.is_internal and old.contact_id is null)
    where case_id = old.case_id and old.is_active;
    update crm_cases
    set comment_count = comment_count + 1, public_comment_count = public_comment_count + (not new.is_internal),
        response_count = response_count + (not new.is_internal and new.contact_id is null)
    where case_id = new.case_id and new.is_active;
end;

drop trigger crm_case_comments_count_delete;
create trigger crm_case_comments_count_delete after delete on crm_case_comments when old.is_active
begin
    update crm_cases
    set comment_count = comment_count - 1, public_comment_count = public_comment_count - (not old.is_internal),
        response_count = response_count - (not old.is_internal and old.contact_id is null)
    where case_id = old.case_id;
end;

-- ---------------------------------------------------------------- ways to the cases of a period

create index crm_cases_resolved_period on crm_cases (resolved_at, created_at) where is_listed and resolved_at is not null;
create index crm_cases_rated on crm_cases (csat_submitted_at, case_id) where is_listed and csat_submitted_at is not null;

-- ---------------------------------------------------------------- rollup by owner and team

-- Counts and sums of listed cases by owner, team and status (0 for none): what the dashboard says of all time. The sum
-- over all cells is the desk's.
create table crm_owner_rollup (
    owner_id       integer not null,
    team_id        integer not null,
    status         text not null,
    cases          integer not null default 0,
    escalated      integer not null default 0,
    violated       integer not null default 0,
    responded      integer not null default 0,
    response_minutes integer not null default 0,
    timed          integer not null default 0,
    resolution_minutes integer not null default 0,
    rated          integer not null default 0,
    score_sum      integer not null default 0,
    primary key (owner_id, team_id, status)
) without rowid;
create index crm_owner_rollup_team on crm_owner_rollup (team_id);

-- The rollup as it stands; PostgreSQL adds what has not been folded yet.
create view crm_owner_rollup_now as
select owner_id, team_id, status, cases, escalated, violated, responded, response_minutes, timed, resolution_minutes,
    rated, score_sum
from crm_owner_rollup
where cases <> 0;

insert into crm_owner_rollup (owner_id, team_id, status, cases, escalated, violated, responded, response_minutes, timed,
    resolution_minutes, rated, score_sum)
select ifnull(owner_id, 0), ifnull(team_id, 0), status, count(*), sum(is_escalated), sum(is_sla_violated),
    count(response_time_minutes), ifnull(sum(response_time_minutes), 0), count(resolution_time_minutes),
    ifnull(sum(resolution_time_minutes), 0), count(csat_score), ifnull(sum(csat_score), 0)
from crm_cases where is_listed
group by 1, 2, 3;

create trigger crm_cases_owner_rollup_insert after insert on crm_cases when new.is_listed
begin
    insert into crm_owner_rollup (owner_id, team_id, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes, rated, score_sum)
    values (ifnull(new.owner_id, 0), ifnull(new.team_id, 0), new.status, 1, new.is_escalated, new.is_sla_violated,
        new.response_time_minutes is not null, ifnull(new.response_time_minutes, 0),
        new.resolution_time_minutes is not null, ifnull(new.resolution_time_minutes, 0),
        new.csat_score is not null, ifnull(new.csat_score, 0))
    on conflict (owner_id, team_id, status) do update
    set cases = cases + 1, escalated = escalated + excluded.escalated, violated = violated + excluded.violated,
        responded = responded + excluded.responded, response_minutes = response_minutes + excluded.response_minutes,
        timed = timed + excluded.timed, resolution_minutes = resolution_minutes + excluded.resolution_minutes,
        rated = rated + excluded.rated, score_sum = score_sum + excluded.score_sum;
end;

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
    update crm_owner_rollup
    set cases = cases - 1, escalated = escalated - old.is_escalated, violated = violated - old.is_sla_violated,
        responded = responded - (old.response_time_minutes is not null),
        response_minutes = response_minutes - ifnull(old.response_time_minutes, 0),
        timed = timed - (old.resolution_time_minutes is not null),
        resolution_minutes = resolution_minutes - ifnull(old.resolution_time_minutes, 0),
        rated = rated - (old.csat_score is not null), score_sum = score_sum - ifnull(old.csat_score, 0)
    where old.is_listed and owner_id = ifnull(old.owner_id, 0) and team_id = ifnull(old.team_id, 0)
        and status = old.status;
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

create trigger crm_cases_owner_rollup_delete after delete on crm_cases when old.is_listed
begin
    update crm_owner_rollup
    set cases = cases - 1, escalated = escalated - old.is_escalated, violated = violated - old.is_sla_violated,
        responded = responded - (old.response_time_minutes is not null),
        response_minutes = response_minutes - ifnull(old.response_time_minutes, 0),
        timed = timed - (old.resolution_time_minutes is not null),
        resolution_minutes = resolution_minutes - ifnull(old.resolution_time_minutes, 0),
        rated = rated - (old.csat_score is not null), score_sum = score_sum - ifnull(old.csat_score, 0)
    where owner_id = ifnull(old.owner_id, 0) and team_id = ifnull(old.team_id, 0) and status = old.status;
end;
