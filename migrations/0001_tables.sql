-- The tables of the desk, read by both engines. Words in double braces stand for what the engines name differently
-- (crates/db/src/dialect.rs). Numbers of cases and articles are generated from the id: never reused, and
-- visible to `returning`. What triggers keep (rollup, queues, search) follows in 0002, reference data in 0003.

-- ---------------------------------------------------------------- people

create table crm_users (
    user_id        {{id}},
    name           text not null check (length(name) between 1 and 200),
    name_key       text{{c}} not null,
    email          text not null,
    email_key      text{{c}} not null unique,
    role           text not null check (role in ('admin', 'manager', 'agent', 'viewer')),
    password_hash  text,
    is_available   {{bool}} not null default {{true}},
    case_cap       bigint check (case_cap > 0),
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
create index crm_users_name on crm_users (name_key, user_id) where is_active;

create table crm_teams (
    team_id        {{id}},
    team_name      text not null check (length(team_name) between 1 and 200),
    description    text not null default '',
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
create unique index crm_teams_name on crm_teams (lower(team_name)) where is_active;

create table crm_team_members (
    team_id        bigint not null references crm_teams,
    user_id        bigint not null references crm_users,
    created_at     {{time}} not null default {{now}},
    primary key (team_id, user_id)
);
create index crm_team_members_user on crm_team_members (user_id);

create table crm_accounts (
    account_id     {{id}},
    account_name   text not null check (length(account_name) between 1 and 200),
    name_key       text{{c}} not null,
    account_tier   text not null default 'standard' check (account_tier in ('standard', 'premium', 'enterprise')),
    domain         text,
    time_zone      text,
    contacts_see_account_cases {{bool}} not null default {{false}},
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
create index crm_accounts_name on crm_accounts (name_key, account_id) where is_active;

create table crm_contacts (
    contact_id     {{id}},
    account_id     bigint references crm_accounts,
    name           text not null check (length(name) between 1 and 200),
    name_key       text{{c}} not null,
    email          text,
    email_key      text{{c}},
    phone          text,
    language       text,
    erased_at      {{time}},
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
-- A soft-deleted contact frees its address.
create unique index crm_contacts_email on crm_contacts (email_key) where is_active and email_key is not null;
create index crm_contacts_name on crm_contacts (name_key, contact_id) where is_active;
create index crm_contacts_account on crm_contacts (account_id, contact_id) where is_active;

-- A token is stored as SHA-256; what was shown once cannot be read back.
create table crm_tokens (
    token_id       {{id}},
    token_hash     {{bytes}} not null unique,
    user_id        bigint references crm_users,
    contact_id     bigint references crm_contacts,
    token_name     text not null,
    scope          text not null default 'write' check (scope in ('read', 'write')),
    kind           text not null default 'api' check (kind in ('api', 'sign_in', 'first_start')),
    expires_at     {{time}},
    revoked_at     {{time}},
    created_by     bigint references crm_users,
    created_at     {{time}} not null default {{now}},
    check ((user_id is null) <> (contact_id is null))
);
create index crm_tokens_user on crm_tokens (user_id) where user_id is not null;
create index crm_tokens_contact on crm_tokens (contact_id) where contact_id is not null;

-- ---------------------------------------------------------------- reference data of cases

create table crm_case_priorities (
    priority_id            {{id}},
    priority_name          text not null check (length(priority_name) between 1 and 100),
    priority_level         bigint not null check (priority_level between 1 and 100),
    response_time_hours    {{float}} not null check (response_time_hours > 0),
    resolution_time_hours  {{float}} not null check (resolution_time_hours > 0),
    color                  text,
    icon                   text,
    edit_version           bigint not null default 1,
    is_active              {{bool}} not null default {{true}},
    created_at             {{time}} not null default {{now}},
    updated_at             {{time}} not null default {{now}}
);
create unique index crm_case_priorities_name on crm_case_priorities (lower(priority_name)) where is_active;

create table crm_case_types (
    case_type_id           {{id}},
    type_name              text not null check (length(type_name) between 1 and 100),
    type_code              text not null check (length(type_code) between 1 and 50),
    icon                   text,
    color                  text,
    default_priority       bigint not null references crm_case_priorities,
    edit_version           bigint not null default 1,
    is_active              {{bool}} not null default {{true}},
    created_at             {{time}} not null default {{now}},
    updated_at             {{time}} not null default {{now}}
);
create unique index crm_case_types_code on crm_case_types (lower(type_code)) where is_active;
create unique index crm_case_types_name on crm_case_types (lower(type_name)) where is_active;

create table crm_sla_policies (
    sla_policy_id          {{id}},
    policy_name            text not null check (length(policy_name) between 1 and 200),
    position               bigint not null,
    first_response_hours   {{float}} check (first_response_hours > 0),
    resolution_hours       {{float}} check (resolution_hours > 0),
    business_hours_only    {{bool}} not null default {{false}},
    edit_version           bigint not null default 1,
    is_active              {{bool}} not null default {{true}},
    created_at             {{time}} not null default {{now}},
    updated_at             {{time}} not null default {{now}}
);

-- ---------------------------------------------------------------- cases

create table crm_cases (
    case_id                {{id}},
    case_number            text generated always as ('CASE-' || case when case_id < 1000000
                               then substr('000000' || cast(case_id as text), length(cast(case_id as text)) + 1)
                               else cast(case_id as text) end) stored,
    account_id             bigint references crm_accounts,
    contact_id             bigint references crm_contacts,
    subject                text not null check (length(subject) between 1 and 500),
    description            text not null default '',
    case_type_id           bigint not null references crm_case_types,
    priority_id            bigint not null references crm_case_priorities,
    -- A copy of the priority's level, kept while the case is open, so that a sort by urgency reads an index.
    priority_level         bigint not null default 0,
    sla_policy_id          bigint references crm_sla_policies,
    status                 text not null default 'new' check (status in ('new', 'open', 'pending', 'in_progress',
                               'waiting_customer', 'resolved', 'closed', 'cancelled')),
    status_reason          text,
    channel                text not null default 'api' check (channel in ('email', 'phone', 'chat', 'web', 'social',
                               'portal', 'api')),
    owner_id               bigint references crm_users,
    team_id                bigint references crm_teams,
    parent_case_id         bigint references crm_cases,
    merged_into_id         bigint references crm_cases,
    first_response_at      {{time}},
    first_response_due     {{time}},
    resolution_due         {{time}},
    resolved_at            {{time}},
    closed_at              {{time}},
    response_time_minutes  bigint check (response_time_minutes >= 0),
    resolution_time_minutes bigint check (resolution_time_minutes >= 0),
    reopened_count         bigint not null default 0,
    is_escalated           {{bool}} not null default {{false}},
    escalation_level       bigint not null default 0 check (escalation_level between 0 and 3),
    is_sla_violated        {{bool}} not null default {{false}},
    csat_score             bigint check (csat_score between 1 and 5),
    csat_comment           text,
    csat_submitted_at      {{time}},
    -- Counters, kept by triggers; the public ones are what a customer may see.
    comment_count          bigint not null default 0,
    public_comment_count   bigint not null default 0,
    attachment_count       bigint not null default 0,
    public_attachment_count bigint not null default 0,
    edit_version           bigint not null default 1,
    created_by             bigint references crm_users,
    is_active              {{bool}} not null default {{true}},
    created_at             {{time}} not null default {{now}},
    updated_at             {{time}} not null default {{now}},
    -- When something changed that the customer may see: an internal note must leave no trace for them.
    public_updated_at      {{time}} not null default {{now}},
    -- Listed: neither deleted nor merged away. Open: listed and in an active status. Partial indexes repeat these
    -- words, and so do the queries.
    is_listed              {{bool}} generated always as (is_active and merged_into_id is null) stored,
    is_open                {{bool}} generated always as (is_active and merged_into_id is null
                               and status in ('new', 'open', 'pending', 'in_progress', 'waiting_customer')) stored,
    check (parent_case_id <> case_id),
    check (merged_into_id <> case_id)
);
create unique index crm_cases_number on crm_cases (case_number);
create index crm_cases_created on crm_cases (created_at, case_id) where is_listed;
create index crm_cases_updated on crm_cases (updated_at, case_id) where is_listed;
create index crm_cases_due on crm_cases (resolution_due, case_id) where is_listed;
create index crm_cases_urgency on crm_cases (priority_level, case_id) where is_open;
create index crm_cases_open_created on crm_cases (created_at, case_id) where is_open;
create index crm_cases_open_updated on crm_cases (updated_at, case_id) where is_open;
create index crm_cases_open_due on crm_cases (resolution_due, case_id) where is_open;
create index crm_cases_status on crm_cases (status, created_at, case_id) where is_listed;
create index crm_cases_owner on crm_cases (owner_id, status, created_at, case_id) where is_listed;
create index crm_cases_team on crm_cases (team_id, status, created_at, case_id) where is_listed;
create index crm_cases_type on crm_cases (case_type_id, status, created_at, case_id) where is_listed;
create index crm_cases_priority on crm_cases (priority_id, status, created_at, case_id) where is_listed;
create index crm_cases_account on crm_cases (account_id, created_at, case_id) where is_listed;
create index crm_cases_contact on crm_cases (contact_id, created_at, case_id) where is_listed;
-- How a person's erasure finds their deleted and merged cases.
create index crm_cases_contact_unlisted on crm_cases (contact_id) where not is_listed;
create index crm_cases_escalated on crm_cases (created_at, case_id) where is_listed and is_escalated;
create index crm_cases_violated on crm_cases (created_at, case_id) where is_listed and is_sla_violated;
create index crm_cases_parent on crm_cases (parent_case_id) where parent_case_id is not null;
create index crm_cases_merged on crm_cases (merged_into_id) where merged_into_id is not null;
create index crm_cases_resolved on crm_cases (resolved_at) where status = 'resolved' and is_active;

create table crm_case_tags (
    case_id        bigint not null references crm_cases,
    tag            text{{c}} not null check (length(tag) between 1 and 100),
    created_at     {{time}} not null default {{now}},
    primary key (case_id, tag)
);
create index crm_case_tags_tag on crm_case_tags (tag, case_id);

create table crm_case_comments (
    comment_id     {{id}},
    case_id        bigint not null references crm_cases,
    comment_text   text not null check (length(comment_text) > 0),
    is_internal    {{bool}} not null default {{false}},
    is_solution    {{bool}} not null default {{false}},
    created_by     bigint references crm_users,
    contact_id     bigint references crm_contacts,
    -- The case that the comment was written on, when merges moved it.
    moved_from_id  bigint references crm_cases,
    edited_at      {{time}},
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}},
    check (created_by is null or contact_id is null),
    check (not (is_internal and is_solution))
);
create index crm_case_comments_case on crm_case_comments (case_id, created_at, comment_id);
-- How a person's erasure finds what they said on other people's cases, and what a merge carried there.
create index crm_case_comments_contact on crm_case_comments (contact_id) where contact_id is not null;
create index crm_case_comments_moved on crm_case_comments (moved_from_id) where moved_from_id is not null;

-- What a comment said before it was edited. Kept apart from the events so that erasure can reach it.
create table crm_case_comment_versions (
    comment_id     bigint not null references crm_case_comments,
    version        bigint not null,
    comment_text   text not null,
    is_internal    {{bool}} not null,
    edited_by      bigint references crm_users,
    edited_by_contact_id bigint references crm_contacts,
    created_at     {{time}} not null default {{now}},
    primary key (comment_id, version)
);

-- Former subjects, descriptions and status reasons: the events name a text_id, never the text.
create table crm_case_texts (
    text_id        {{id}},
    case_id        bigint not null references crm_cases,
    field          text not null,
    body           text not null,
    created_at     {{time}} not null default {{now}}
);
create index crm_case_texts_case on crm_case_texts (case_id);

create table crm_case_attachments (
    attachment_id  {{id}},
    case_id        bigint not null references crm_cases,
    comment_id     bigint references crm_case_comments,
    file_name      text not null check (length(file_name) between 1 and 255),
    file_path      text not null,
    file_size      bigint not null check (file_size >= 0),
    mime_type      text not null,
    is_internal    {{bool}} not null default {{false}},
    uploaded_by    bigint references crm_users,
    contact_id     bigint references crm_contacts,
    -- The case that it was first attached to, when merges moved it.
    moved_from_id  bigint references crm_cases,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
create index crm_case_attachments_case on crm_case_attachments (case_id, attachment_id);
create index crm_case_attachments_moved on crm_case_attachments (moved_from_id) where moved_from_id is not null;

create table crm_sla_violations (
    violation_id   {{id}},
    case_id        bigint not null references crm_cases,
    sla_policy_id  bigint references crm_sla_policies,
    violation_type text not null check (violation_type in ('first_response', 'next_response', 'resolution')),
    due_at         {{time}} not null,
    violated_at    {{time}} not null,
    minutes_overdue bigint not null default 0 check (minutes_overdue >= 0),
    acknowledged_by bigint references crm_users,
    acknowledged_at {{time}},
    acknowledgement_note text,
    created_at     {{time}} not null default {{now}}
);
create unique index crm_sla_violations_once on crm_sla_violations (case_id, violation_type, due_at);
create index crm_sla_violations_at on crm_sla_violations (violated_at, violation_id);

create table crm_case_escalations (
    escalation_id     {{id}},
    case_id           bigint not null references crm_cases,
    escalation_reason text not null check (escalation_reason in ('sla_violation', 'customer_request',
                          'priority_increase', 'technical', 'management_review')),
    escalation_level  bigint not null check (escalation_level between 1 and 3),
    escalated_from    bigint references crm_users,
    escalated_to      bigint references crm_users,
    note              text,
    created_by        bigint references crm_users,
    acknowledged_by   bigint references crm_users,
    acknowledged_at   {{time}},
    resolved_by       bigint references crm_users,
    resolved_at       {{time}},
    created_at        {{time}} not null default {{now}}
);
create index crm_case_escalations_case on crm_case_escalations (case_id, escalation_id);

-- The timeline, the audit trail, the source of SLA arithmetic. `data` holds ids and names of fields, never a
-- person's words. Append-only: 0002 makes the database itself refuse changes.
create table crm_case_events (
    event_id       {{id}},
    case_id        bigint not null references crm_cases,
    kind           text not null,
    actor_kind     text not null check (actor_kind in ('user', 'contact', 'system', 'anonymous')),
    actor_id       bigint,
    is_public      {{bool}} not null default {{false}},
    data           {{json}} not null,
    at             {{time}} not null
);
create index crm_case_events_case on crm_case_events (case_id, event_id);
-- What customers did: how a person's erasure finds the cases that they opened.
create index crm_case_events_contact on crm_case_events (actor_id, case_id) where actor_kind = 'contact';
-- Cases that went from one customer to another: the next one's timeline begins there, and erasure asks whose they were.
create index crm_case_events_handed_over on crm_case_events (case_id, event_id) where kind = 'handed_over';

-- Changes to people, tokens and configuration, audited like cases. Append-only.
create table crm_audit_events (
    audit_id       {{id}},
    kind           text not null,
    subject        text not null,
    subject_id     bigint,
    actor_kind     text not null check (actor_kind in ('user', 'contact', 'system', 'anonymous')),
    actor_id       bigint,
    data           {{json}} not null,
    at             {{time}} not null
);
create index crm_audit_events_subject on crm_audit_events (subject, subject_id, audit_id);

-- A person's erasure in progress: only while a row here is open may the append-only tables be redacted.
create table crm_erasures (
    erasure_id     {{id}},
    contact_id     bigint references crm_contacts,
    case_id        bigint references crm_cases,
    opened_at      {{time}} not null default {{now}},
    closed_at      {{time}}
);
create index crm_erasures_open on crm_erasures (case_id) where closed_at is null;

-- ---------------------------------------------------------------- knowledge base

create table crm_kb_categories (
    category_id        {{id}},
    category_name      text not null check (length(category_name) between 1 and 200),
    parent_category_id bigint references crm_kb_categories,
    icon               text,
    sort_order         bigint not null default 0,
    edit_version       bigint not null default 1,
    is_active          {{bool}} not null default {{true}},
    created_at         {{time}} not null default {{now}},
    updated_at         {{time}} not null default {{now}},
    check (parent_category_id <> category_id)
);

create table crm_kb_articles (
    article_id         {{id}},
    article_number     text generated always as ('KB-' || case when article_id < 1000000
                           then substr('000000' || cast(article_id as text), length(cast(article_id as text)) + 1)
                           else cast(article_id as text) end) stored,
    title              text not null check (length(title) between 1 and 500),
    summary            text not null default '',
    content            text not null default '',
    category_id        bigint references crm_kb_categories,
    tags               {{json}} not null default '[]',
    keywords           {{json}} not null default '[]',
    related_article_ids {{json}} not null default '[]',
    status             text not null default 'draft' check (status in ('draft', 'review', 'published', 'archived')),
    version            bigint not null default 0,
    view_count         bigint not null default 0,
    helpful_count      bigint not null default 0,
    not_helpful_count  bigint not null default 0,
    is_featured        {{bool}} not null default {{false}},
    is_internal        {{bool}} not null default {{false}},
    author_id          bigint references crm_users,
    published_at       {{time}},
    edit_version       bigint not null default 1,
    is_active          {{bool}} not null default {{true}},
    created_at         {{time}} not null default {{now}},
    updated_at         {{time}} not null default {{now}}
);
create unique index crm_kb_articles_number on crm_kb_articles (article_number);
create index crm_kb_articles_category on crm_kb_articles (category_id, article_id) where is_active;

create table crm_kb_article_attachments (
    attachment_id  {{id}},
    article_id     bigint not null references crm_kb_articles,
    file_name      text not null check (length(file_name) between 1 and 255),
    file_path      text not null,
    file_size      bigint not null check (file_size >= 0),
    mime_type      text not null default 'application/octet-stream',
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
create index crm_kb_article_attachments_article on crm_kb_article_attachments (article_id);

-- Views arrive here, several in a row of the table; the trigger increment_article_views adds them up.
create table crm_kb_article_views (
    view_id        {{id}},
    article_id     bigint not null references crm_kb_articles,
    views          bigint not null default 1 check (views > 0),
    created_at     {{time}} not null default {{now}}
);

create table crm_kb_article_feedback (
    feedback_id    {{id}},
    article_id     bigint not null references crm_kb_articles,
    is_helpful     {{bool}} not null,
    comment        text,
    submitted_by   bigint references crm_contacts,
    user_id        bigint references crm_users,
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}},
    check (submitted_by is null or user_id is null)
);
create unique index crm_kb_article_feedback_contact on crm_kb_article_feedback (article_id, submitted_by)
    where submitted_by is not null;
create unique index crm_kb_article_feedback_user on crm_kb_article_feedback (article_id, user_id)
    where user_id is not null;

-- ---------------------------------------------------------------- surveys

create table crm_surveys (
    survey_id      {{id}},
    survey_name    text not null check (length(survey_name) between 1 and 200),
    survey_type    text not null check (survey_type in ('csat', 'nps', 'ces', 'custom')),
    send_after_case_closed {{bool}} not null default {{false}},
    send_delay_hours {{float}} not null default 0 check (send_delay_hours >= 0),
    case_type_ids  {{json}} not null default '[]',
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);

create table crm_survey_questions (
    question_id    {{id}},
    survey_id      bigint not null references crm_surveys,
    question_text  text not null check (length(question_text) between 1 and 1000),
    question_type  text not null check (question_type in ('rating', 'text', 'multiple_choice', 'yes_no')),
    question_order bigint not null,
    is_required    {{bool}} not null default {{false}},
    rating_min     bigint,
    rating_max     bigint,
    choices        {{json}} not null default '[]',
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}},
    check (question_type <> 'rating' or (rating_min is not null and rating_max is not null and rating_min < rating_max))
);
create index crm_survey_questions_survey on crm_survey_questions (survey_id, question_order);

create table crm_survey_responses (
    response_id    {{id}},
    survey_id      bigint not null references crm_surveys,
    question_id    bigint not null references crm_survey_questions,
    case_id        bigint references crm_cases,
    contact_id     bigint references crm_contacts,
    rating_value   bigint,
    text_value     text,
    choice_value   text,
    created_at     {{time}} not null default {{now}}
);
create index crm_survey_responses_case on crm_survey_responses (case_id) where case_id is not null;
create index crm_survey_responses_survey on crm_survey_responses (survey_id, created_at);

-- ---------------------------------------------------------------- the machinery

create table crm_jobs (
    job_id         {{id}},
    kind           text not null,
    payload        {{json}} not null,
    -- At most one waiting job per key, where a key is given.
    unique_key     text,
    run_at         {{time}} not null,
    attempts       bigint not null default 0,
    max_attempts   bigint not null default 10,
    leased_until   {{time}},
    lease_token    bigint not null default 0,
    last_error     text,
    state          text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
    created_at     {{time}} not null default {{now}},
    finished_at    {{time}}
);
create index crm_jobs_due on crm_jobs (run_at, job_id) where state = 'waiting';
create unique index crm_jobs_key on crm_jobs (unique_key) where state = 'waiting' and unique_key is not null;

create table crm_idempotency_keys (
    caller         text not null,
    route          text not null,
    idempotency_key text not null,
    body_hash      {{bytes}} not null,
    status         bigint not null,
    location       text,
    etag           text,
    body           {{bytes}} not null,
    created_at     {{time}} not null,
    primary key (caller, route, idempotency_key)
);
create index crm_idempotency_keys_age on crm_idempotency_keys (created_at);

-- One row per fact of this database: who made it ('demo'), secrets, cursors.
create table crm_settings (
    name           text not null primary key,
    value          text not null
);
