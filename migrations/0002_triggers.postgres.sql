-- What the database keeps by itself, on PostgreSQL; the twin is 0002_triggers.sqlite.sql, and both list the same
-- things in the same order. Functions carry the seed's names where it names them.
--
-- Plain SQL and the program are told apart by what they write, never by who is connected:
--   * the program sets updated_at from its own clock and raises edit_version; a change that leaves both is plain SQL's;
--   * the program raises a case's edit_version with every change of what due dates depend on, and inserts a case with
--     its policy and due dates; a case written otherwise waits in crm_sla_queue for the server's clock.
-- A wrong guess costs one idempotent recomputation.
--
-- Comparisons of old and new stand in WHEN, so that a write pays only for what it changes; `of` lists leave out what
-- triggers keep themselves. Triggers of one event fire in the order of their names.

-- Counters change often and stand in no index: room on the page keeps such updates off the indexes.
alter table crm_cases set (fillfactor = 85);

-- The latest due first, those without a due time last: an order that no index of both engines gives backwards.
create index crm_cases_due_last on crm_cases (resolution_due desc nulls last, case_id desc) where is_listed;

-- Followers read events by (xact, event_id) below pg_snapshot_xmin: by id alone a late commit would be lost.
alter table crm_case_events add column xact xid8 not null default pg_current_xact_id();
create index crm_case_events_xact on crm_case_events (xact, event_id);

-- ---------------------------------------------------------------- updated_at

-- Counters (comments, attachments, views, votes), is_sla_violated and priority_level do not move updated_at: they do
-- not change what a reader edits. Where a comment is to move its case, the program says so itself.
create function update_updated_at_column() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end $$;

create trigger crm_users_updated_at before update on crm_users
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_teams_updated_at before update on crm_teams
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_accounts_updated_at before update on crm_accounts
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_contacts_updated_at before update on crm_contacts
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_case_priorities_updated_at before update on crm_case_priorities
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_case_types_updated_at before update on crm_case_types
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_sla_policies_updated_at before update on crm_sla_policies
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_cases_updated_at
before update of account_id, contact_id, subject, description, case_type_id, priority_id, sla_policy_id, status,
    status_reason, channel, owner_id, team_id, parent_case_id, merged_into_id, first_response_at, first_response_due,
    resolution_due, resolved_at, closed_at, response_time_minutes, resolution_time_minutes, reopened_count,
    is_escalated, escalation_level, csat_score, csat_comment, csat_submitted_at, is_active on crm_cases
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_case_comments_updated_at before update on crm_case_comments
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_case_attachments_updated_at before update on crm_case_attachments
for each row when (new.updated_at is not distinct from old.updated_at)
execute function update_updated_at_column();

create trigger crm_kb_categories_updated_at before update on crm_kb_categories
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_kb_articles_updated_at
before update of title, summary, content, category_id, tags, keywords, related_article_ids, status, version,
    is_featured, is_internal, author_id, published_at, is_active on crm_kb_articles
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_kb_article_attachments_updated_at before update on crm_kb_article_attachments
for each row when (new.updated_at is not distinct from old.updated_at)
execute function update_updated_at_column();

create trigger crm_kb_article_feedback_updated_at before update on crm_kb_article_feedback
for each row when (new.updated_at is not distinct from old.updated_at)
execute function update_updated_at_column();

create trigger crm_surveys_updated_at before update on crm_surveys
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create trigger crm_survey_questions_updated_at before update on crm_survey_questions
for each row when (new.updated_at is not distinct from old.updated_at)
execute function update_updated_at_column();

-- ---------------------------------------------------------------- counters

create function crm_count_comments() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.is_active then
        update crm_cases
        set comment_count = comment_count - 1, public_comment_count = public_comment_count - (not old.is_internal)::int
        where case_id = old.case_id;
    end if;
    if tg_op <> 'DELETE' and new.is_active then
        update crm_cases
        set comment_count = comment_count + 1, public_comment_count = public_comment_count + (not new.is_internal)::int
        where case_id = new.case_id;
    end if;
    return null;
end $$;

create trigger crm_case_comments_count after insert or delete on crm_case_comments
for each row execute function crm_count_comments();

create trigger crm_case_comments_count_update after update of case_id, is_internal, is_active on crm_case_comments
for each row when (new.case_id <> old.case_id or new.is_internal <> old.is_internal or new.is_active <> old.is_active)
execute function crm_count_comments();

create function crm_count_attachments() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.is_active then
        update crm_cases
        set attachment_count = attachment_count - 1,
            public_attachment_count = public_attachment_count - (not old.is_internal)::int
        where case_id = old.case_id;
    end if;
    if tg_op <> 'DELETE' and new.is_active then
        update crm_cases
        set attachment_count = attachment_count + 1,
            public_attachment_count = public_attachment_count + (not new.is_internal)::int
        where case_id = new.case_id;
    end if;
    return null;
end $$;

create trigger crm_case_attachments_count after insert or delete on crm_case_attachments
for each row execute function crm_count_attachments();

create trigger crm_case_attachments_count_update after update of case_id, is_internal, is_active on crm_case_attachments
for each row when (new.case_id <> old.case_id or new.is_internal <> old.is_internal or new.is_active <> old.is_active)
execute function crm_count_attachments();

create function crm_count_feedback() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        update crm_kb_articles
        set helpful_count = helpful_count - old.is_helpful::int,
            not_helpful_count = not_helpful_count - (not old.is_helpful)::int
        where article_id = old.article_id;
    end if;
    if tg_op <> 'DELETE' then
        update crm_kb_articles
        set helpful_count = helpful_count + new.is_helpful::int,
            not_helpful_count = not_helpful_count + (not new.is_helpful)::int
        where article_id = new.article_id;
    end if;
    return null;
end $$;

create trigger crm_kb_article_feedback_count after insert or delete on crm_kb_article_feedback
for each row execute function crm_count_feedback();

create trigger crm_kb_article_feedback_count_update after update of article_id, is_helpful on crm_kb_article_feedback
for each row when (new.article_id <> old.article_id or new.is_helpful <> old.is_helpful)
execute function crm_count_feedback();

create function increment_article_views() returns trigger language plpgsql as $$
begin
    update crm_kb_articles set view_count = view_count + new.views where article_id = new.article_id;
    return null;
end $$;

create trigger increment_article_views after insert on crm_kb_article_views
for each row execute function increment_article_views();

-- ---------------------------------------------------------------- priority_level

-- A priority that does not exist is left to the foreign key.
create function crm_take_priority_level() returns trigger language plpgsql as $$
begin
    select priority_level into new.priority_level from crm_case_priorities where priority_id = new.priority_id;
    new.priority_level := coalesce(new.priority_level, 0);
    return new;
end $$;

create trigger crm_cases_priority_level before insert or update of priority_id, priority_level on crm_cases
for each row execute function crm_take_priority_level();

-- Open cases alone: ended ones are not sorted by urgency, and the program looks the level up when it opens one again.
create function crm_spread_priority_level() returns trigger language plpgsql as $$
begin
    update crm_cases set priority_level = new.priority_level where priority_id = new.priority_id and is_open;
    return null;
end $$;

create trigger crm_case_priorities_level after update of priority_level on crm_case_priorities
for each row when (new.priority_level <> old.priority_level) execute function crm_spread_priority_level();

-- ---------------------------------------------------------------- append-only

create function crm_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: an event cannot be %', tg_table_name,
        case tg_op when 'UPDATE' then 'changed' else 'deleted' end;
end $$;

-- Redaction, while a person's erasure is open, may change `data` and nothing else.
create function crm_redact_case_event() returns trigger language plpgsql as $$
begin
    if new.event_id is distinct from old.event_id or new.case_id is distinct from old.case_id
        or new.kind is distinct from old.kind or new.actor_kind is distinct from old.actor_kind
        or new.actor_id is distinct from old.actor_id or new.is_public is distinct from old.is_public
        or new.at is distinct from old.at or new.xact is distinct from old.xact
        or not exists (select 1 from crm_erasures where case_id = old.case_id and closed_at is null)
    then
        raise exception 'crm_case_events is append-only: an event cannot be changed';
    end if;
    return new;
end $$;

create trigger crm_case_events_no_update before update on crm_case_events
for each row execute function crm_redact_case_event();

create trigger crm_case_events_no_delete before delete on crm_case_events
for each row execute function crm_refuse_change();

create trigger crm_case_events_no_truncate before truncate on crm_case_events
for each statement execute function crm_refuse_change();

create trigger crm_audit_events_no_update before update on crm_audit_events
for each row execute function crm_refuse_change();

create trigger crm_audit_events_no_delete before delete on crm_audit_events
for each row execute function crm_refuse_change();

create trigger crm_audit_events_no_truncate before truncate on crm_audit_events
for each statement execute function crm_refuse_change();

-- ---------------------------------------------------------------- rollup

-- Counts and sums of listed cases by one dimension and status: what makes totals and summaries cost the same at any
-- size. `dimension` is one of all, account, contact, channel, owner, priority, team, type; `key` is '' for all, the id
-- or the channel else ('' also where a case has none).
create table crm_case_rollup (
    dimension      text collate "C" not null,
    key            text collate "C" not null,
    status         text collate "C" not null,
    cases          bigint not null default 0,
    escalated      bigint not null default 0,
    violated       bigint not null default 0,
    responded      bigint not null default 0,
    response_minutes bigint not null default 0,
    timed          bigint not null default 0,
    resolution_minutes bigint not null default 0,
    primary key (dimension, key, status)
);

-- Writers append here: updating the few hot cells above would make every write wait for every other. A leased job calls
-- crm_fold_case_rollup(); until then readers add. Rows live for seconds, so vacuum comes by number, not by share.
create table crm_case_rollup_deltas (
    delta_id       bigint generated always as identity,
    dimension      text collate "C" not null,
    key            text collate "C" not null,
    status         text collate "C" not null,
    cases          bigint not null,
    escalated      bigint not null,
    violated       bigint not null,
    responded      bigint not null,
    response_minutes bigint not null,
    timed          bigint not null,
    resolution_minutes bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index crm_case_rollup_deltas_cell on crm_case_rollup_deltas (dimension, key);

-- The rollup as it stands. A filter on dimension and key reaches both tables' indexes.
create view crm_case_rollup_now as
select dimension, key, status, sum(cases)::bigint as cases, sum(escalated)::bigint as escalated,
    sum(violated)::bigint as violated, sum(responded)::bigint as responded,
    sum(response_minutes)::bigint as response_minutes, sum(timed)::bigint as timed,
    sum(resolution_minutes)::bigint as resolution_minutes
from (
    select dimension, key, status, cases, escalated, violated, responded, response_minutes, timed, resolution_minutes
    from crm_case_rollup
    union all
    select dimension, key, status, cases, escalated, violated, responded, response_minutes, timed, resolution_minutes
    from crm_case_rollup_deltas
) as part
group by dimension, key, status
having sum(cases) <> 0;

-- Moves the deltas into the cells, in one statement, so that no reader sees one twice or not at all. Answers how many;
-- 0 as well while another node is folding.
create function crm_fold_case_rollup() returns bigint language plpgsql as $$
declare
    folded bigint;
begin
    if not pg_try_advisory_xact_lock(hashtext('crm_fold_case_rollup')) then
        return 0;
    end if;
    with moved as (
        delete from crm_case_rollup_deltas returning *
    ), put as (
        insert into crm_case_rollup as r (dimension, key, status, cases, escalated, violated, responded,
            response_minutes, timed, resolution_minutes)
        select dimension, key, status, sum(cases), sum(escalated), sum(violated), sum(responded),
            sum(response_minutes), sum(timed), sum(resolution_minutes)
        from moved group by dimension, key, status
        on conflict (dimension, key, status) do update
        set cases = r.cases + excluded.cases, escalated = r.escalated + excluded.escalated,
            violated = r.violated + excluded.violated, responded = r.responded + excluded.responded,
            response_minutes = r.response_minutes + excluded.response_minutes, timed = r.timed + excluded.timed,
            resolution_minutes = r.resolution_minutes + excluded.resolution_minutes
    )
    select count(*) into folded from moved;
    return folded;
end $$;

-- A dimension whose cell stays gets one delta (new - old); one whose cell changes gets -old there and +new here.
create function crm_roll_case() returns trigger language plpgsql as $$
declare
    was boolean := coalesce(old.is_listed, false);
    is_now boolean := coalesce(new.is_listed, false);
    stays boolean := was and is_now and old.status = new.status;
    measured boolean := old.is_escalated is distinct from new.is_escalated
        or old.is_sla_violated is distinct from new.is_sla_violated
        or old.response_time_minutes is distinct from new.response_time_minutes
        or old.resolution_time_minutes is distinct from new.resolution_time_minutes;
begin
    insert into crm_case_rollup_deltas (dimension, key, status, cases, escalated, violated, responded,
        response_minutes, timed, resolution_minutes)
    select d.dimension, p.key, p.status, p.cases, p.escalated, p.violated, p.responded, p.response_minutes, p.timed,
        p.resolution_minutes
    from (values ('all', '', ''),
            ('account', coalesce(old.account_id::text, ''), coalesce(new.account_id::text, '')),
            ('contact', coalesce(old.contact_id::text, ''), coalesce(new.contact_id::text, '')),
            ('channel', old.channel, new.channel),
            ('owner', coalesce(old.owner_id::text, ''), coalesce(new.owner_id::text, '')),
            ('priority', old.priority_id::text, new.priority_id::text),
            ('team', coalesce(old.team_id::text, ''), coalesce(new.team_id::text, '')),
            ('type', old.case_type_id::text, new.case_type_id::text)
        ) as d (dimension, old_key, new_key)
    cross join lateral (
        select d.new_key as key, new.status as status, 0 as cases,
            new.is_escalated::int - old.is_escalated::int as escalated,
            new.is_sla_violated::int - old.is_sla_violated::int as violated,
            num_nonnulls(new.response_time_minutes) - num_nonnulls(old.response_time_minutes) as responded,
            coalesce(new.response_time_minutes, 0) - coalesce(old.response_time_minutes, 0) as response_minutes,
            num_nonnulls(new.resolution_time_minutes) - num_nonnulls(old.resolution_time_minutes) as timed,
            coalesce(new.resolution_time_minutes, 0) - coalesce(old.resolution_time_minutes, 0) as resolution_minutes
        where stays and measured and d.old_key = d.new_key
        union all
        select d.new_key, new.status, 1, new.is_escalated::int, new.is_sla_violated::int,
            num_nonnulls(new.response_time_minutes), coalesce(new.response_time_minutes, 0),
            num_nonnulls(new.resolution_time_minutes), coalesce(new.resolution_time_minutes, 0)
        where is_now and not (stays and d.old_key = d.new_key)
        union all
        select d.old_key, old.status, -1, -old.is_escalated::int, -old.is_sla_violated::int,
            -num_nonnulls(old.response_time_minutes), -coalesce(old.response_time_minutes, 0),
            -num_nonnulls(old.resolution_time_minutes), -coalesce(old.resolution_time_minutes, 0)
        where was and not (stays and d.old_key = d.new_key)
    ) as p;
    return null;
end $$;

create trigger crm_cases_rollup_insert after insert on crm_cases
for each row when (new.is_listed) execute function crm_roll_case();

create trigger crm_cases_rollup_update
after update of status, account_id, contact_id, channel, owner_id, priority_id, team_id, case_type_id, is_escalated,
    is_sla_violated, response_time_minutes, resolution_time_minutes, is_active, merged_into_id on crm_cases
for each row when ((new.is_listed or old.is_listed)
    and (new.is_listed <> old.is_listed or new.status <> old.status
        or new.owner_id is distinct from old.owner_id or new.team_id is distinct from old.team_id
        or new.priority_id <> old.priority_id or new.case_type_id <> old.case_type_id
        or new.account_id is distinct from old.account_id or new.contact_id is distinct from old.contact_id
        or new.channel <> old.channel or new.is_escalated <> old.is_escalated
        or new.is_sla_violated <> old.is_sla_violated
        or new.response_time_minutes is distinct from old.response_time_minutes
        or new.resolution_time_minutes is distinct from old.resolution_time_minutes))
execute function crm_roll_case();

create trigger crm_cases_rollup_delete after delete on crm_cases
for each row when (old.is_listed) execute function crm_roll_case();

-- ---------------------------------------------------------------- SLA

-- Cases whose due dates are behind what they depend on. The server takes the case, computes, deletes the row.
create table crm_sla_queue (
    case_id        bigint primary key
);

create function calculate_sla_due_dates() returns trigger language plpgsql as $$
begin
    insert into crm_sla_queue (case_id) values (new.case_id) on conflict do nothing;
    return null;
end $$;

create trigger calculate_sla_due_dates_insert after insert on crm_cases
for each row when (new.sla_policy_id is null or new.first_response_due is null or new.resolution_due is null)
execute function calculate_sla_due_dates();

create trigger calculate_sla_due_dates_update
after update of priority_id, case_type_id, account_id, channel, status, is_active, merged_into_id, first_response_at,
    resolved_at, created_at on crm_cases
for each row when (new.edit_version = old.edit_version
    and (new.status <> old.status or new.priority_id <> old.priority_id or new.case_type_id <> old.case_type_id
        or new.account_id is distinct from old.account_id or new.channel <> old.channel
        or new.is_active <> old.is_active or new.merged_into_id is distinct from old.merged_into_id
        or new.first_response_at is distinct from old.first_response_at
        or new.resolved_at is distinct from old.resolved_at or new.created_at <> old.created_at))
execute function calculate_sla_due_dates();

-- A response or resolution later than its deadline is a violation, whoever wrote it; stamped at the deadline. One per
-- case and kind from here: a later target of the same case is the server's to judge. A violation that stands already
-- gets its final minutes.
create function check_sla_violations() returns trigger language plpgsql as $$
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
    on conflict (case_id, violation_type, due_at) do update set minutes_overdue = excluded.minutes_overdue;
    return null;
end $$;

create trigger check_sla_violations_insert after insert on crm_cases
for each row when (new.is_listed and new.status <> 'cancelled'
    and (new.first_response_at > new.first_response_due or new.resolved_at > new.resolution_due))
execute function check_sla_violations();

create trigger check_sla_violations_update
after update of first_response_at, resolved_at, first_response_due, resolution_due on crm_cases
for each row when (new.is_listed and new.status <> 'cancelled'
    and (((new.first_response_at is distinct from old.first_response_at or old.first_response_due is null)
            and new.first_response_at > new.first_response_due)
        or ((new.resolved_at is distinct from old.resolved_at or old.resolution_due is null)
            and new.resolved_at > new.resolution_due)))
execute function check_sla_violations();

-- is_sla_violated says whether the case has any violation.
create function crm_flag_violation() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        update crm_cases set is_sla_violated = true where case_id = new.case_id and not is_sla_violated;
    else
        update crm_cases set is_sla_violated = false
        where case_id = old.case_id and is_sla_violated
            and not exists (select 1 from crm_sla_violations where case_id = old.case_id);
    end if;
    return null;
end $$;

create trigger crm_sla_violations_flag after insert or delete on crm_sla_violations
for each row execute function crm_flag_violation();

-- ---------------------------------------------------------------- search

-- English stems without a list of stop words, so that "the" is a word here as it is on SQLite; only dictionaries that
-- every PostgreSQL brings.
create text search dictionary crm_stem (template = snowball, language = english);
create text search configuration crm_search (copy = pg_catalog.english);
alter text search configuration crm_search alter mapping replace english_stem with crm_stem;

-- Texts and queries alike go through here: accents off, and what is neither letter nor digit becomes a space, or the
-- parser would keep addresses, paths and versions in one piece.
create function crm_search_words(body text) returns text language sql immutable parallel safe as $$
    select regexp_replace(
        case when octet_length(body) = length(body) then body
        else regexp_replace(normalize(body, nfd), '[\u0300-\u036f]+', '', 'g') end,
        '[!-/:-@[-`{-~\u00a1\u00ab\u00b7\u00bb\u00bf\u2010-\u206f]+', ' ', 'g')
$$;

-- A tsvector holds at most 1 MB of words: what does not fit is not found, but no write fails for it.
create function crm_search_vector(body text) returns tsvector language plpgsql immutable parallel safe as $$
begin
    return to_tsvector('crm_search', crm_search_words(body));
exception when program_limit_exceeded then
    return to_tsvector('crm_search', crm_search_words(left(body, 100000)));
end $$;

-- A stroke, which no text yields as a word, stands between two texts, so that no phrase reaches from one to the other.
create function crm_search_append(body tsvector, more tsvector) returns tsvector
language plpgsql immutable parallel safe as $$
begin
    return body || '''/'':1'::tsvector || more;
exception when program_limit_exceeded then
    return body;
end $$;

create aggregate crm_search_joined(tsvector) (sfunc = crm_search_append, stype = tsvector, initcond = '');

-- terms: [{"text": "a word or a phrase", "prefix": false}, ...]; all must match, and a prefix stands for its last word.
-- A term without letters or digits asks for nothing; if none asks, the query is null and matches no case. Any text is a
-- valid term: what PostgreSQL would remark on is not passed on.
create function crm_search_query(terms jsonb) returns tsquery language plpgsql immutable parallel safe
set client_min_messages = warning as $$
declare
    term record;
    part tsquery;
    whole tsquery;
begin
    for term in select t.text, t.prefix from jsonb_to_recordset(terms) as t (text text, prefix boolean) loop
        part := phraseto_tsquery('crm_search', crm_search_words(term.text));
        if numnode(part) > 0 then
            if term.prefix then
                part := (part::text || ':*')::tsquery;
            end if;
            whole := case when whole is null then part else whole && part end;
        end if;
    end loop;
    return whole;
end $$;

-- public_text: what the case's contact may find; internal_text: that and the internal comments, what a user may find.
-- One index serves both: whoever asks for public_text asks for internal_text as well. Weights: A number and subject,
-- B description, D comments.
create table crm_case_search (
    case_id        bigint primary key references crm_cases on delete cascade,
    public_text    tsvector not null,
    internal_text  tsvector not null
);
create index crm_case_search_words on crm_case_search using gin (internal_text);

-- The number's digits alone, or the word "case" would match every case.
create function crm_case_head(number text, subject text, description text) returns tsvector
language sql immutable parallel safe as $$
    select crm_search_append(
        setweight(crm_search_vector(substr(number, 6) || ' ' || subject), 'A'),
        setweight(crm_search_vector(description), 'B'))
$$;

create function crm_rebuild_case_search(id bigint) returns void language plpgsql as $$
begin
    insert into crm_case_search (case_id, public_text, internal_text)
    select c.case_id, h.head_and_public,
        crm_search_append(h.head_and_public, coalesce((select crm_search_joined(crm_search_vector(t.comment_text) order by t.comment_id)
            from crm_case_comments t where t.case_id = c.case_id and t.is_active and t.is_internal), ''))
    from crm_cases c
    cross join lateral (select crm_search_append(crm_case_head(c.case_number, c.subject, c.description),
        coalesce((select crm_search_joined(crm_search_vector(t.comment_text) order by t.comment_id)
            from crm_case_comments t where t.case_id = c.case_id and t.is_active and not t.is_internal), ''))
        as head_and_public offset 0) as h
    where c.case_id = id and c.is_listed
    on conflict (case_id) do update set public_text = excluded.public_text, internal_text = excluded.internal_text;
    if not found then
        delete from crm_case_search where case_id = id;
    end if;
end $$;

create function crm_search_case() returns trigger language plpgsql as $$
declare
    head tsvector;
begin
    if tg_op = 'INSERT' then
        head := crm_case_head(new.case_number, new.subject, new.description);
        insert into crm_case_search (case_id, public_text, internal_text) values (new.case_id, head, head);
    else
        perform crm_rebuild_case_search(new.case_id);
    end if;
    return null;
end $$;

create trigger crm_cases_search_insert after insert on crm_cases
for each row when (new.is_listed) execute function crm_search_case();

create trigger crm_cases_search_update after update of subject, description, is_active, merged_into_id on crm_cases
for each row when (new.is_listed <> old.is_listed or new.subject <> old.subject or new.description <> old.description)
execute function crm_search_case();

create function crm_search_new_comment() returns trigger language plpgsql as $$
declare
    words tsvector := crm_search_vector(new.comment_text);
begin
    update crm_case_search
    set internal_text = crm_search_append(internal_text, words),
        public_text = case when new.is_internal then public_text else crm_search_append(public_text, words) end
    where case_id = new.case_id;
    return null;
end $$;

create trigger crm_case_comments_search_insert after insert on crm_case_comments
for each row when (new.is_active) execute function crm_search_new_comment();

-- Once a statement, because a rebuild reads the whole conversation: a merge or an erasure changes many comments of few
-- cases. In the order of their ids, so that two statements do not wait for each other.
create function crm_search_changed_comments() returns trigger language plpgsql as $$
declare
    id bigint;
begin
    for id in
        select c.case_id
        from old_comments o
        join new_comments n on n.comment_id = o.comment_id
        cross join lateral (values (o.case_id), (n.case_id)) as c (case_id)
        where n.comment_text <> o.comment_text or n.is_internal <> o.is_internal or n.is_active <> o.is_active
            or n.case_id <> o.case_id
        group by c.case_id order by c.case_id
    loop
        perform crm_rebuild_case_search(id);
    end loop;
    return null;
end $$;

create trigger crm_case_comments_search_update after update on crm_case_comments
referencing old table as old_comments new table as new_comments
for each statement execute function crm_search_changed_comments();

create function crm_search_deleted_comments() returns trigger language plpgsql as $$
declare
    id bigint;
begin
    for id in select o.case_id from old_comments o where o.is_active group by o.case_id order by o.case_id loop
        perform crm_rebuild_case_search(id);
    end loop;
    return null;
end $$;

create trigger crm_case_comments_search_delete after delete on crm_case_comments
referencing old table as old_comments for each statement execute function crm_search_deleted_comments();

-- ---------------------------------------------------------------- v_case_summary

-- A case with the names behind its ids; hours are wall-clock, negative once overdue, null once the case has ended.
create view v_case_summary as
select c.case_id, c.case_number, c.subject, c.status, c.status_reason, c.channel,
    c.account_id, a.account_name, a.account_tier, c.contact_id, p.name as contact_name, p.email as contact_email,
    c.case_type_id, t.type_name as case_type_name, t.type_code as case_type_code,
    c.priority_id, r.priority_name, r.priority_level, c.owner_id, u.name as owner_name, c.team_id, m.team_name,
    c.sla_policy_id, s.policy_name as sla_policy_name, c.is_sla_violated,
    c.first_response_at, c.first_response_due, c.resolution_due, c.resolved_at, c.closed_at,
    case when c.is_open then (extract(epoch from c.resolution_due - now()) / 3600)::double precision end
        as hours_until_resolution_due,
    c.response_time_minutes, c.resolution_time_minutes, c.reopened_count, c.is_escalated, c.escalation_level,
    c.csat_score, c.csat_comment, c.csat_submitted_at, c.comment_count, c.public_comment_count, c.attachment_count,
    c.public_attachment_count, (select count(*) from crm_case_escalations e where e.case_id = c.case_id)
        as escalation_count, (select count(*) from crm_sla_violations v where v.case_id = c.case_id) as violation_count,
    c.parent_case_id, c.created_by, c.created_at, c.updated_at
from crm_cases c
join crm_case_types t on t.case_type_id = c.case_type_id
join crm_case_priorities r on r.priority_id = c.priority_id
left join crm_accounts a on a.account_id = c.account_id
left join crm_contacts p on p.contact_id = c.contact_id
left join crm_users u on u.user_id = c.owner_id
left join crm_teams m on m.team_id = c.team_id
left join crm_sla_policies s on s.sla_policy_id = c.sla_policy_id
where c.is_listed;

-- ---- statistics

-- A status says whether a case is open. Told so, the planner walks the index of the wanted order; untold, it expects a
-- tenth of the rows and sorts them all (a page of open cases: 0.4 ms instead of 27 ms among 100,000).
create statistics crm_cases_state (dependencies, mcv) on status, is_open, is_listed from crm_cases;
