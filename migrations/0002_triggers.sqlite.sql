-- What the database keeps by itself, on SQLite; the twin is 0002_triggers.postgres.sql, and both list the same things
-- in the same order. Triggers carry the seed's names where it names them.
--
-- Plain SQL and the program are told apart by what they write, never by who is connected:
--   * the program sets updated_at from its own clock and raises edit_version; a change that leaves both is plain SQL's;
--   * the program raises a case's edit_version with every change of what due dates depend on, and inserts a case with
--     its policy and due dates; a case written otherwise waits in crm_sla_queue for the server's clock.
-- A wrong guess costs one idempotent recomputation.
--
-- Comparisons of old and new stand in WHEN, so that a write pays only for what it changes. `of` lists leave out what
-- triggers keep themselves: no trigger starts itself, whatever recursive_triggers says. Instants are compared with
-- julianday, because plain SQL may write them in another spelling.

-- ---------------------------------------------------------------- updated_at

-- Counters (comments, attachments, views, votes), is_sla_violated and priority_level do not move updated_at: they do
-- not change what a reader edits. Where a comment is to move its case, the program says so itself.
create trigger crm_users_updated_at after update on crm_users
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_users set updated_at = {{now}} where user_id = new.user_id;
end;

create trigger crm_teams_updated_at after update on crm_teams
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_teams set updated_at = {{now}} where team_id = new.team_id;
end;

create trigger crm_accounts_updated_at after update on crm_accounts
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_accounts set updated_at = {{now}} where account_id = new.account_id;
end;

create trigger crm_contacts_updated_at after update on crm_contacts
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_contacts set updated_at = {{now}} where contact_id = new.contact_id;
end;

create trigger crm_case_priorities_updated_at after update on crm_case_priorities
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_case_priorities set updated_at = {{now}} where priority_id = new.priority_id;
end;

create trigger crm_case_types_updated_at after update on crm_case_types
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_case_types set updated_at = {{now}} where case_type_id = new.case_type_id;
end;

create trigger crm_sla_policies_updated_at after update on crm_sla_policies
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_sla_policies set updated_at = {{now}} where sla_policy_id = new.sla_policy_id;
end;

create trigger crm_cases_updated_at
after update of account_id, contact_id, subject, description, case_type_id, priority_id, sla_policy_id, status,
    status_reason, channel, owner_id, team_id, parent_case_id, merged_into_id, first_response_at, first_response_due,
    resolution_due, resolved_at, closed_at, response_time_minutes, resolution_time_minutes, reopened_count,
    is_escalated, escalation_level, csat_score, csat_comment, csat_submitted_at, is_active on crm_cases
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_cases set updated_at = {{now}} where case_id = new.case_id;
end;

create trigger crm_case_comments_updated_at after update on crm_case_comments
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_case_comments set updated_at = {{now}} where comment_id = new.comment_id;
end;

create trigger crm_case_attachments_updated_at after update on crm_case_attachments
when new.updated_at is old.updated_at and new.updated_at <> {{now}}
begin
    update crm_case_attachments set updated_at = {{now}} where attachment_id = new.attachment_id;
end;

create trigger crm_kb_categories_updated_at after update on crm_kb_categories
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_kb_categories set updated_at = {{now}} where category_id = new.category_id;
end;

create trigger crm_kb_articles_updated_at
after update of title, summary, content, category_id, tags, keywords, related_article_ids, status, version,
    is_featured, is_internal, author_id, published_at, is_active on crm_kb_articles
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_kb_articles set updated_at = {{now}} where article_id = new.article_id;
end;

create trigger crm_kb_article_attachments_updated_at after update on crm_kb_article_attachments
when new.updated_at is old.updated_at and new.updated_at <> {{now}}
begin
    update crm_kb_article_attachments set updated_at = {{now}} where attachment_id = new.attachment_id;
end;

create trigger crm_kb_article_feedback_updated_at after update on crm_kb_article_feedback
when new.updated_at is old.updated_at and new.updated_at <> {{now}}
begin
    update crm_kb_article_feedback set updated_at = {{now}} where feedback_id = new.feedback_id;
end;

create trigger crm_surveys_updated_at after update on crm_surveys
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_surveys set updated_at = {{now}} where survey_id = new.survey_id;
end;

create trigger crm_survey_questions_updated_at after update on crm_survey_questions
when new.updated_at is old.updated_at and new.updated_at <> {{now}}
begin
    update crm_survey_questions set updated_at = {{now}} where question_id = new.question_id;
end;

-- ---------------------------------------------------------------- counters

create trigger crm_case_comments_count_insert after insert on crm_case_comments when new.is_active
begin
    update crm_cases
    set comment_count = comment_count + 1, public_comment_count = public_comment_count + (not new.is_internal)
    where case_id = new.case_id;
end;

create trigger crm_case_comments_count_update after update of case_id, is_internal, is_active on crm_case_comments
when new.case_id <> old.case_id or new.is_internal <> old.is_internal or new.is_active <> old.is_active
begin
    update crm_cases
    set comment_count = comment_count - 1, public_comment_count = public_comment_count - (not old.is_internal)
    where case_id = old.case_id and old.is_active;
    update crm_cases
    set comment_count = comment_count + 1, public_comment_count = public_comment_count + (not new.is_internal)
    where case_id = new.case_id and new.is_active;
end;

create trigger crm_case_comments_count_delete after delete on crm_case_comments when old.is_active
begin
    update crm_cases
    set comment_count = comment_count - 1, public_comment_count = public_comment_count - (not old.is_internal)
    where case_id = old.case_id;
end;

create trigger crm_case_attachments_count_insert after insert on crm_case_attachments when new.is_active
begin
    update crm_cases
    set attachment_count = attachment_count + 1,
        public_attachment_count = public_attachment_count + (not new.is_internal)
    where case_id = new.case_id;
end;

create trigger crm_case_attachments_count_update after update of case_id, is_internal, is_active on crm_case_attachments
when new.case_id <> old.case_id or new.is_internal <> old.is_internal or new.is_active <> old.is_active
begin
    update crm_cases
    set attachment_count = attachment_count - 1,
        public_attachment_count = public_attachment_count - (not old.is_internal)
    where case_id = old.case_id and old.is_active;
    update crm_cases
    set attachment_count = attachment_count + 1,
        public_attachment_count = public_attachment_count + (not new.is_internal)
    where case_id = new.case_id and new.is_active;
end;

create trigger crm_case_attachments_count_delete after delete on crm_case_attachments when old.is_active
begin
    update crm_cases
    set attachment_count = attachment_count - 1,
        public_attachment_count = public_attachment_count - (not old.is_internal)
    where case_id = old.case_id;
end;

create trigger crm_kb_article_feedback_count_insert after insert on crm_kb_article_feedback
begin
    update crm_kb_articles
    set helpful_count = helpful_count + new.is_helpful, not_helpful_count = not_helpful_count + (not new.is_helpful)
    where article_id = new.article_id;
end;

create trigger crm_kb_article_feedback_count_update after update of article_id, is_helpful on crm_kb_article_feedback
when new.article_id <> old.article_id or new.is_helpful <> old.is_helpful
begin
    update crm_kb_articles
    set helpful_count = helpful_count - old.is_helpful, not_helpful_count = not_helpful_count - (not old.is_helpful)
    where article_id = old.article_id;
    update crm_kb_articles
    set helpful_count = helpful_count + new.is_helpful, not_helpful_count = not_helpful_count + (not new.is_helpful)
    where article_id = new.article_id;
end;

create trigger crm_kb_article_feedback_count_delete after delete on crm_kb_article_feedback
begin
    update crm_kb_articles
    set helpful_count = helpful_count - old.is_helpful, not_helpful_count = not_helpful_count - (not old.is_helpful)
    where article_id = old.article_id;
end;

create trigger increment_article_views after insert on crm_kb_article_views
begin
    update crm_kb_articles set view_count = view_count + new.views where article_id = new.article_id;
end;

-- ---------------------------------------------------------------- priority_level

-- An insert or update that brings the right level with it pays one look-up and no second write.
create trigger crm_cases_priority_level_insert after insert on crm_cases
when new.priority_level is not (select priority_level from crm_case_priorities where priority_id = new.priority_id)
begin
    update crm_cases
    set priority_level = (select priority_level from crm_case_priorities where priority_id = new.priority_id)
    where case_id = new.case_id;
end;

create trigger crm_cases_priority_level_update after update of priority_id, priority_level on crm_cases
when new.priority_level is not (select priority_level from crm_case_priorities where priority_id = new.priority_id)
begin
    update crm_cases
    set priority_level = (select priority_level from crm_case_priorities where priority_id = new.priority_id)
    where case_id = new.case_id;
end;

-- Open cases alone: ended ones are not sorted by urgency, and the program looks the level up when it opens one again.
create trigger crm_case_priorities_level after update of priority_level on crm_case_priorities
when new.priority_level <> old.priority_level
begin
    update crm_cases set priority_level = new.priority_level where priority_id = new.priority_id and is_open;
end;

-- ---------------------------------------------------------------- append-only

-- The insert triggers are for `insert or replace`, which would delete without a word.
create trigger crm_case_events_no_replace before insert on crm_case_events
when new.event_id > 0 and exists (select 1 from crm_case_events where event_id = new.event_id)
begin
    select raise(abort, 'crm_case_events is append-only: an event cannot be replaced');
end;

-- Redaction, while a person's erasure is open, may change `data` and nothing else.
create trigger crm_case_events_no_update before update on crm_case_events
when new.event_id is not old.event_id or new.case_id is not old.case_id or new.kind is not old.kind
    or new.actor_kind is not old.actor_kind or new.actor_id is not old.actor_id
    or new.is_public is not old.is_public or new.at is not old.at
    or not exists (select 1 from crm_erasures where case_id = old.case_id and closed_at is null)
begin
    select raise(abort, 'crm_case_events is append-only: an event cannot be changed');
end;

create trigger crm_case_events_no_delete before delete on crm_case_events
begin
    select raise(abort, 'crm_case_events is append-only: an event cannot be deleted');
end;

create trigger crm_audit_events_no_replace before insert on crm_audit_events
when new.audit_id > 0 and exists (select 1 from crm_audit_events where audit_id = new.audit_id)
begin
    select raise(abort, 'crm_audit_events is append-only: an event cannot be replaced');
end;

create trigger crm_audit_events_no_update before update on crm_audit_events
begin
    select raise(abort, 'crm_audit_events is append-only: an event cannot be changed');
end;

create trigger crm_audit_events_no_delete before delete on crm_audit_events
begin
    select raise(abort, 'crm_audit_events is append-only: an event cannot be deleted');
end;

-- ---------------------------------------------------------------- rollup

-- Counts and sums of listed cases by one dimension and status: what makes totals and summaries cost the same at any
-- size. `dimension` is one of all, account, contact, channel, owner, priority, team, type; `key` is '' for all, the id
-- or the channel else ('' also where a case has none).
create table crm_case_rollup (
    dimension      text not null,
    key            text not null,
    status         text not null,
    cases          integer not null default 0,
    escalated      integer not null default 0,
    violated       integer not null default 0,
    responded      integer not null default 0,
    response_minutes integer not null default 0,
    timed          integer not null default 0,
    resolution_minutes integer not null default 0,
    primary key (dimension, key, status)
) without rowid;

-- The rollup as it stands; PostgreSQL adds what has not been folded yet.
create view crm_case_rollup_now as
select dimension, key, status, cases, escalated, violated, responded, response_minutes, timed, resolution_minutes
from crm_case_rollup
where cases <> 0;

create trigger crm_cases_rollup_insert after insert on crm_cases when new.is_listed
begin
    insert into crm_case_rollup (dimension, key, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes)
    select d.column1, d.column2, new.status, 1, new.is_escalated, new.is_sla_violated,
        new.response_time_minutes is not null, ifnull(new.response_time_minutes, 0),
        new.resolution_time_minutes is not null, ifnull(new.resolution_time_minutes, 0)
    from (values ('all', ''), ('account', ifnull(new.account_id, '')), ('contact', ifnull(new.contact_id, '')),
        ('channel', new.channel), ('owner', ifnull(new.owner_id, '')), ('priority', new.priority_id),
        ('team', ifnull(new.team_id, '')), ('type', new.case_type_id)) as d
    where true
    on conflict (dimension, key, status) do update
    set cases = cases + 1, escalated = escalated + excluded.escalated, violated = violated + excluded.violated,
        responded = responded + excluded.responded, response_minutes = response_minutes + excluded.response_minutes,
        timed = timed + excluded.timed, resolution_minutes = resolution_minutes + excluded.resolution_minutes;
end;

-- Three kinds of change, cheapest first. The cells stay and only what they sum moves ...
create trigger crm_cases_rollup_measures
after update of is_escalated, is_sla_violated, response_time_minutes, resolution_time_minutes on crm_cases
when new.is_listed and old.is_listed
    and (new.is_escalated <> old.is_escalated or new.is_sla_violated <> old.is_sla_violated
        or new.response_time_minutes is not old.response_time_minutes
        or new.resolution_time_minutes is not old.resolution_time_minutes)
begin
    -- Counted where the case was; should it also have moved, the trigger below carries the new figures over.
    insert into crm_case_rollup (dimension, key, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes)
    select d.column1, d.column2, old.status, 0, new.is_escalated - old.is_escalated,
        new.is_sla_violated - old.is_sla_violated,
        (new.response_time_minutes is not null) - (old.response_time_minutes is not null),
        ifnull(new.response_time_minutes, 0) - ifnull(old.response_time_minutes, 0),
        (new.resolution_time_minutes is not null) - (old.resolution_time_minutes is not null),
        ifnull(new.resolution_time_minutes, 0) - ifnull(old.resolution_time_minutes, 0)
    from (values ('all', ''), ('account', ifnull(old.account_id, '')), ('contact', ifnull(old.contact_id, '')),
        ('channel', old.channel), ('owner', ifnull(old.owner_id, '')), ('priority', old.priority_id),
        ('team', ifnull(old.team_id, '')), ('type', old.case_type_id)) as d
    where true
    on conflict (dimension, key, status) do update
    set escalated = escalated + excluded.escalated, violated = violated + excluded.violated,
        responded = responded + excluded.responded, response_minutes = response_minutes + excluded.response_minutes,
        timed = timed + excluded.timed, resolution_minutes = resolution_minutes + excluded.resolution_minutes;
end;

-- ... the case moves to other cells, taking its (new) figures along, in the dimensions whose cell differs ...
create trigger crm_cases_rollup_move
after update of status, account_id, contact_id, channel, owner_id, priority_id, team_id, case_type_id on crm_cases
when new.is_listed and old.is_listed
    and (new.status <> old.status or new.owner_id is not old.owner_id or new.team_id is not old.team_id
        or new.priority_id <> old.priority_id or new.case_type_id <> old.case_type_id
        or new.account_id is not old.account_id or new.contact_id is not old.contact_id
        or new.channel <> old.channel)
begin
    insert into crm_case_rollup (dimension, key, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes)
    select d.column1, d.column2, old.status, -1, new.is_escalated, new.is_sla_violated,
        new.response_time_minutes is not null, ifnull(new.response_time_minutes, 0),
        new.resolution_time_minutes is not null, ifnull(new.resolution_time_minutes, 0)
    from (values ('all', '', ''), ('account', ifnull(old.account_id, ''), ifnull(new.account_id, '')),
        ('contact', ifnull(old.contact_id, ''), ifnull(new.contact_id, '')), ('channel', old.channel, new.channel),
        ('owner', ifnull(old.owner_id, ''), ifnull(new.owner_id, '')),
        ('priority', old.priority_id, new.priority_id), ('team', ifnull(old.team_id, ''), ifnull(new.team_id, '')),
        ('type', old.case_type_id, new.case_type_id)) as d
    where d.column2 <> d.column3 or new.status <> old.status
    on conflict (dimension, key, status) do update
    set cases = cases - 1, escalated = escalated - excluded.escalated, violated = violated - excluded.violated,
        responded = responded - excluded.responded, response_minutes = response_minutes - excluded.response_minutes,
        timed = timed - excluded.timed, resolution_minutes = resolution_minutes - excluded.resolution_minutes;
    insert into crm_case_rollup (dimension, key, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes)
    select d.column1, d.column3, new.status, 1, new.is_escalated, new.is_sla_violated,
        new.response_time_minutes is not null, ifnull(new.response_time_minutes, 0),
        new.resolution_time_minutes is not null, ifnull(new.resolution_time_minutes, 0)
    from (values ('all', '', ''), ('account', ifnull(old.account_id, ''), ifnull(new.account_id, '')),
        ('contact', ifnull(old.contact_id, ''), ifnull(new.contact_id, '')), ('channel', old.channel, new.channel),
        ('owner', ifnull(old.owner_id, ''), ifnull(new.owner_id, '')),
        ('priority', old.priority_id, new.priority_id), ('team', ifnull(old.team_id, ''), ifnull(new.team_id, '')),
        ('type', old.case_type_id, new.case_type_id)) as d
    where d.column2 <> d.column3 or new.status <> old.status
    on conflict (dimension, key, status) do update
    set cases = cases + 1, escalated = escalated + excluded.escalated, violated = violated + excluded.violated,
        responded = responded + excluded.responded, response_minutes = response_minutes + excluded.response_minutes,
        timed = timed + excluded.timed, resolution_minutes = resolution_minutes + excluded.resolution_minutes;
end;

-- ... the case leaves the lists (deleted, merged away) or comes back.
create trigger crm_cases_rollup_leave after update of is_active, merged_into_id on crm_cases
when old.is_listed and not new.is_listed
begin
    insert into crm_case_rollup (dimension, key, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes)
    select d.column1, d.column2, old.status, -1, old.is_escalated, old.is_sla_violated,
        old.response_time_minutes is not null, ifnull(old.response_time_minutes, 0),
        old.resolution_time_minutes is not null, ifnull(old.resolution_time_minutes, 0)
    from (values ('all', ''), ('account', ifnull(old.account_id, '')), ('contact', ifnull(old.contact_id, '')),
        ('channel', old.channel), ('owner', ifnull(old.owner_id, '')), ('priority', old.priority_id),
        ('team', ifnull(old.team_id, '')), ('type', old.case_type_id)) as d
    where true
    on conflict (dimension, key, status) do update
    set cases = cases - 1, escalated = escalated - excluded.escalated, violated = violated - excluded.violated,
        responded = responded - excluded.responded, response_minutes = response_minutes - excluded.response_minutes,
        timed = timed - excluded.timed, resolution_minutes = resolution_minutes - excluded.resolution_minutes;
end;

create trigger crm_cases_rollup_return after update of is_active, merged_into_id on crm_cases
when new.is_listed and not old.is_listed
begin
    insert into crm_case_rollup (dimension, key, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes)
    select d.column1, d.column2, new.status, 1, new.is_escalated, new.is_sla_violated,
        new.response_time_minutes is not null, ifnull(new.response_time_minutes, 0),
        new.resolution_time_minutes is not null, ifnull(new.resolution_time_minutes, 0)
    from (values ('all', ''), ('account', ifnull(new.account_id, '')), ('contact', ifnull(new.contact_id, '')),
        ('channel', new.channel), ('owner', ifnull(new.owner_id, '')), ('priority', new.priority_id),
        ('team', ifnull(new.team_id, '')), ('type', new.case_type_id)) as d
    where true
    on conflict (dimension, key, status) do update
    set cases = cases + 1, escalated = escalated + excluded.escalated, violated = violated + excluded.violated,
        responded = responded + excluded.responded, response_minutes = response_minutes + excluded.response_minutes,
        timed = timed + excluded.timed, resolution_minutes = resolution_minutes + excluded.resolution_minutes;
end;

create trigger crm_cases_rollup_delete after delete on crm_cases when old.is_listed
begin
    insert into crm_case_rollup (dimension, key, status, cases, escalated, violated, responded, response_minutes,
        timed, resolution_minutes)
    select d.column1, d.column2, old.status, -1, old.is_escalated, old.is_sla_violated,
        old.response_time_minutes is not null, ifnull(old.response_time_minutes, 0),
        old.resolution_time_minutes is not null, ifnull(old.resolution_time_minutes, 0)
    from (values ('all', ''), ('account', ifnull(old.account_id, '')), ('contact', ifnull(old.contact_id, '')),
        ('channel', old.channel), ('owner', ifnull(old.owner_id, '')), ('priority', old.priority_id),
        ('team', ifnull(old.team_id, '')), ('type', old.case_type_id)) as d
    where true
    on conflict (dimension, key, status) do update
    set cases = cases - 1, escalated = escalated - excluded.escalated, violated = violated - excluded.violated,
        responded = responded - excluded.responded, response_minutes = response_minutes - excluded.response_minutes,
        timed = timed - excluded.timed, resolution_minutes = resolution_minutes - excluded.resolution_minutes;
end;

-- ---------------------------------------------------------------- SLA

-- Cases whose due dates are behind what they depend on. The server takes the case, computes, deletes the row.
create table crm_sla_queue (
    case_id        integer primary key
);

create trigger calculate_sla_due_dates_insert after insert on crm_cases
when new.sla_policy_id is null or new.first_response_due is null or new.resolution_due is null
begin
    insert into crm_sla_queue (case_id) values (new.case_id) on conflict do nothing;
end;

create trigger calculate_sla_due_dates_update
after update of priority_id, case_type_id, account_id, channel, status, is_active, merged_into_id, first_response_at,
    resolved_at, created_at on crm_cases
when new.edit_version = old.edit_version
    and (new.status <> old.status or new.priority_id <> old.priority_id or new.case_type_id <> old.case_type_id
        or new.account_id is not old.account_id or new.channel <> old.channel or new.is_active <> old.is_active
        or new.merged_into_id is not old.merged_into_id or new.first_response_at is not old.first_response_at
        or new.resolved_at is not old.resolved_at or new.created_at <> old.created_at)
begin
    insert into crm_sla_queue (case_id) values (new.case_id) on conflict do nothing;
end;

-- A response or resolution later than its deadline is a violation, whoever wrote it; stamped at the deadline. One per
-- case and kind from here: a later target of the same case is the server's to judge. A violation that stands already
-- gets its final minutes.
create trigger check_sla_violations_insert after insert on crm_cases
when new.is_listed and new.status <> 'cancelled'
    and (julianday(new.first_response_at) > julianday(new.first_response_due)
        or julianday(new.resolved_at) > julianday(new.resolution_due))
begin
    insert into crm_sla_violations (case_id, sla_policy_id, violation_type, due_at, violated_at, minutes_overdue)
    select new.case_id, new.sla_policy_id, t.kind, t.due_at, t.due_at,
        cast(round((julianday(t.met_at) - julianday(t.due_at)) * 86400000) as integer) / 60000
    from (select 'first_response' as kind, new.first_response_at as met_at, new.first_response_due as due_at
        union all select 'resolution', new.resolved_at, new.resolution_due) as t
    where julianday(t.met_at) > julianday(t.due_at);
end;

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
    on conflict (case_id, violation_type, due_at) do update set minutes_overdue = excluded.minutes_overdue;
end;

-- is_sla_violated says whether the case has any violation.
create trigger crm_sla_violations_flag_insert after insert on crm_sla_violations
begin
    update crm_cases set is_sla_violated = {{true}} where case_id = new.case_id and not is_sla_violated;
end;

create trigger crm_sla_violations_flag_delete after delete on crm_sla_violations
begin
    update crm_cases set is_sla_violated = {{false}}
    where case_id = old.case_id and is_sla_violated
        and not exists (select 1 from crm_sla_violations where case_id = old.case_id);
end;

-- ---------------------------------------------------------------- search

-- Texts are read, never stored twice: the index holds words only, and deletes by id. The number column holds the
-- digits alone, or the word "case" would match every case.
create virtual table crm_case_fts using fts5 (number, subject, description, comments, internal_comments,
    content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2');
insert into crm_case_fts (crm_case_fts, rank) values ('rank', 'bm25(10.0, 8.0, 2.0, 1.0, 1.0)');

-- Cases whose row in crm_case_fts is behind their texts: the program writes it once, before each group's commit, and
-- for plain SQL when it sees a foreign write. Triggers only take note, so that any shell may write (FTS5 as used here
-- wants SQLite 3.43).
create table crm_search_queue (
    case_id        integer primary key
);

create trigger crm_cases_search_insert after insert on crm_cases when new.is_listed
begin
    insert into crm_search_queue (case_id) values (new.case_id) on conflict do nothing;
end;

create trigger crm_cases_search_update after update of subject, description, is_active, merged_into_id on crm_cases
when new.is_listed <> old.is_listed or new.subject <> old.subject or new.description <> old.description
begin
    insert into crm_search_queue (case_id) values (new.case_id) on conflict do nothing;
end;

create trigger crm_cases_search_delete after delete on crm_cases
begin
    insert into crm_search_queue (case_id) values (old.case_id) on conflict do nothing;
end;

create trigger crm_case_comments_search_insert after insert on crm_case_comments when new.is_active
begin
    insert into crm_search_queue (case_id) values (new.case_id) on conflict do nothing;
end;

create trigger crm_case_comments_search_update
after update of comment_text, is_internal, is_active, case_id on crm_case_comments
when new.comment_text <> old.comment_text or new.is_internal <> old.is_internal or new.is_active <> old.is_active
    or new.case_id <> old.case_id
begin
    insert into crm_search_queue (case_id) values (new.case_id) on conflict do nothing;
    insert into crm_search_queue (case_id) values (old.case_id) on conflict do nothing;
end;

create trigger crm_case_comments_search_delete after delete on crm_case_comments when old.is_active
begin
    insert into crm_search_queue (case_id) values (old.case_id) on conflict do nothing;
end;

-- ---------------------------------------------------------------- v_case_summary

-- A case with the names behind its ids; hours are wall-clock, negative once overdue, null once the case has ended.
create view v_case_summary as
select c.case_id, c.case_number, c.subject, c.status, c.status_reason, c.channel,
    c.account_id, a.account_name, a.account_tier, c.contact_id, p.name as contact_name, p.email as contact_email,
    c.case_type_id, t.type_name as case_type_name, t.type_code as case_type_code,
    c.priority_id, r.priority_name, r.priority_level, c.owner_id, u.name as owner_name, c.team_id, m.team_name,
    c.sla_policy_id, s.policy_name as sla_policy_name, c.is_sla_violated,
    c.first_response_at, c.first_response_due, c.resolution_due, c.resolved_at, c.closed_at,
    case when c.is_open then (julianday(c.resolution_due) - julianday('now')) * 24 end as hours_until_resolution_due,
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
