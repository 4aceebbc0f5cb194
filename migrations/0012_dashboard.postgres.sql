-- What the dashboard asks of cases, kept so that its cost does not grow with history; the twin is
-- 0012_dashboard.sqlite.sql.

-- ---------------------------------------------------------------- response_count

-- Active public comments that are not the customer's: a resolved case with one was resolved at one touch. Kept by the
-- triggers that count comments, which are written anew here.
alter table crm_cases add column response_count bigint not null default 0;

update crm_cases c set response_count = m.responses
from (select case_id, count(*) as responses from crm_case_comments
      where is_active and not is_internal and contact_id is null group by case_id) m
where m.case_id = c.case_id;

create or replace function crm_count_comments() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.is_active then
        update crm_cases
        set comment_count = comment_count - 1, public_comment_count = public_comment_count - (not old.is_internal)::int,
            response_count = response_count - (not old.is_internal and old.contact_id is null)::int
        where case_id = old.case_id;
    end if;
    if tg_op <> 'DELETE' and new.is_active then
        update crm_cases
        set comment_count = comment_count + 1, public_comment_count = public_comment_count + (not new.is_internal)::int,
            response_count = response_count + (not new.is_internal and new.contact_id is null)::int
        where case_id = new.case_id;
    end if;
    return null;
end $$;

drop trigger crm_case_comments_count_update on crm_case_comments;
create trigger crm_case_comments_count_update
after update of case_id, contact_id, is_internal, is_active on crm_case_comments
for each row when (new.case_id <> old.case_id or new.is_internal <> old.is_internal or new.is_active <> old.is_active
    or (new.contact_id is null) <> (old.contact_id is null))
execute function crm_count_comments();

-- ---------------------------------------------------------------- ways to the cases of a period

create index crm_cases_resolved_period on crm_cases (resolved_at, created_at) where is_listed and resolved_at is not null;
create index crm_cases_rated on crm_cases (csat_submitted_at, case_id) where is_listed and csat_submitted_at is not null;

-- ---------------------------------------------------------------- rollup by owner and team

-- Counts and sums of listed cases by owner, team and status (0 for none): what the dashboard says of all time. The sum
-- over all cells is the desk's.
create table crm_owner_rollup (
    owner_id       bigint not null,
    team_id        bigint not null,
    status         text collate "C" not null,
    cases          bigint not null default 0,
    escalated      bigint not null default 0,
    violated       bigint not null default 0,
    responded      bigint not null default 0,
    response_minutes bigint not null default 0,
    timed          bigint not null default 0,
    resolution_minutes bigint not null default 0,
    rated          bigint not null default 0,
    score_sum      bigint not null default 0,
    primary key (owner_id, team_id, status)
);
create index crm_owner_rollup_team on crm_owner_rollup (team_id);

-- Writers append here; crm_fold_owner_rollup() moves it into the cells.
create table crm_owner_rollup_deltas (
    owner_id       bigint not null,
    team_id        bigint not null,
    status         text collate "C" not null,
    cases          bigint not null,
    escalated      bigint not null,
    violated       bigint not null,
    responded      bigint not null,
    response_minutes bigint not null,
    timed          bigint not null,
    resolution_minutes bigint not null,
    rated          bigint not null,
    score_sum      bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The rollup as it stands.
create view crm_owner_rollup_now as
select owner_id, team_id, status, sum(cases)::bigint as cases, sum(escalated)::bigint as escalated,
    sum(violated)::bigint as violated, sum(responded)::bigint as responded,
    sum(response_minutes)::bigint as response_minutes, sum(timed)::bigint as timed,
    sum(resolution_minutes)::bigint as resolution_minutes, sum(rated)::bigint as rated,
    sum(score_sum)::bigint as score_sum
from (select * from crm_owner_rollup union all select * from crm_owner_rollup_deltas) as part
group by owner_id, team_id, status
having sum(cases) <> 0;

insert into crm_owner_rollup (owner_id, team_id, status, cases, escalated, violated, responded, response_minutes, timed,
    resolution_minutes, rated, score_sum)
select coalesce(owner_id, 0), coalesce(team_id, 0), status, count(*), count(*) filter (where is_escalated),
    count(*) filter (where is_sla_violated), count(response_time_minutes), coalesce(sum(response_time_minutes), 0),
    count(resolution_time_minutes), coalesce(sum(resolution_time_minutes), 0), count(csat_score),
    coalesce(sum(csat_score), 0)
from crm_cases where is_listed
group by 1, 2, 3;

-- Moves the deltas into the cells, in one statement, so that no reader sees one twice or not at all.
create function crm_fold_owner_rollup() returns bigint language plpgsql as $$
declare
    folded bigint;
begin
    if not pg_try_advisory_xact_lock(hashtext('crm_fold_owner_rollup')) then
        return 0;
    end if;
    with moved as (
        delete from crm_owner_rollup_deltas returning *
    ), put as (
        insert into crm_owner_rollup as r (owner_id, team_id, status, cases, escalated, violated, responded,
            response_minutes, timed, resolution_minutes, rated, score_sum)
        select owner_id, team_id, status, sum(cases), sum(escalated), sum(violated), sum(responded),
            sum(response_minutes), sum(timed), sum(resolution_minutes), sum(rated), sum(score_sum)
        from moved group by owner_id, team_id, status
        on conflict (owner_id, team_id, status) do update
        set cases = r.cases + excluded.cases, escalated = r.escalated + excluded.escalated,
            violated = r.violated + excluded.violated, responded = r.responded + excluded.responded,
            response_minutes = r.response_minutes + excluded.response_minutes, timed = r.timed + excluded.timed,
            resolution_minutes = r.resolution_minutes + excluded.resolution_minutes,
            rated = r.rated + excluded.rated, score_sum = r.score_sum + excluded.score_sum
    )
    select count(*) into folded from moved;
    return folded;
end $$;

create function crm_roll_case_of_owner() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.is_listed then
        insert into crm_owner_rollup_deltas
        values (coalesce(old.owner_id, 0), coalesce(old.team_id, 0), old.status, -1, -old.is_escalated::int,
            -old.is_sla_violated::int, -num_nonnulls(old.response_time_minutes),
            -coalesce(old.response_time_minutes, 0), -num_nonnulls(old.resolution_time_minutes),
            -coalesce(old.resolution_time_minutes, 0), -num_nonnulls(old.csat_score), -coalesce(old.csat_score, 0));
    end if;
    if tg_op <> 'DELETE' and new.is_listed then
        insert into crm_owner_rollup_deltas
        values (coalesce(new.owner_id, 0), coalesce(new.team_id, 0), new.status, 1, new.is_escalated::int,
            new.is_sla_violated::int, num_nonnulls(new.response_time_minutes), coalesce(new.response_time_minutes, 0),
            num_nonnulls(new.resolution_time_minutes), coalesce(new.resolution_time_minutes, 0),
            num_nonnulls(new.csat_score), coalesce(new.csat_score, 0));
    end if;
    return null;
end $$;

create trigger crm_cases_owner_rollup_insert after insert on crm_cases
for each row when (new.is_listed) execute function crm_roll_case_of_owner();

create trigger crm_cases_owner_rollup_update
after update of status, owner_id, team_id, is_escalated, is_sla_violated, response_time_minutes,
    resolution_time_minutes, csat_score, is_active, merged_into_id on crm_cases
for each row when ((new.is_listed or old.is_listed)
    and (new.is_listed <> old.is_listed or new.status <> old.status or new.owner_id is distinct from old.owner_id
        or new.team_id is distinct from old.team_id or new.is_escalated <> old.is_escalated
        or new.is_sla_violated <> old.is_sla_violated
        or new.response_time_minutes is distinct from old.response_time_minutes
        or new.resolution_time_minutes is distinct from old.resolution_time_minutes
        or new.csat_score is distinct from old.csat_score))
execute function crm_roll_case_of_owner();

create trigger crm_cases_owner_rollup_delete after delete on crm_cases
for each row when (old.is_listed) execute function crm_roll_case_of_owner();
