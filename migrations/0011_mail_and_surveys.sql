-- Mail that goes out, and surveys that are sent by it: invitations, submissions, versions of questions.

-- Inside: work that changes the database only. Outside: what speaks to other machines, and may take its time.
alter table crm_jobs add column lane text not null default 'inside' check (lane in ('inside', 'outside'));
drop index crm_jobs_due;
create index crm_jobs_due on crm_jobs (lane, run_at, job_id) where state = 'waiting';

-- Whoever asked not to be surveyed any more.
alter table crm_contacts add column surveys_stopped_at {{time}};

-- A row per message. Secret links stand in it as placeholders; they are made when it is sent.
create table crm_outbound_messages (
    outbound_message_id {{id}},
    purpose        text not null check (purpose in ('survey_invitation')),
    case_id        bigint references crm_cases,
    contact_id     bigint references crm_contacts,
    to_name        text not null,
    to_address     text not null,
    subject        text not null,
    text_body      text not null,
    html_body      text not null,
    -- The header Message-ID, the same at every attempt.
    message_id     text not null,
    -- held: mail is off. sending: its text is being handed over. unknown: handed over, perhaps; never sent again by itself.
    state          text not null check (state in ('held', 'queued', 'sending', 'sent', 'unknown', 'dead', 'cancelled')),
    attempts       bigint not null default 0,
    -- What the mail server said last, or why there was no answer.
    last_answer    text,
    created_at     {{time}} not null,
    next_attempt_at {{time}},
    sending_at     {{time}},
    sent_at        {{time}},
    finished_at    {{time}}
);
create unique index crm_outbound_messages_message on crm_outbound_messages (message_id);
create index crm_outbound_messages_state on crm_outbound_messages (state, outbound_message_id);
create index crm_outbound_messages_contact on crm_outbound_messages (contact_id) where contact_id is not null;
create index crm_outbound_messages_case on crm_outbound_messages (case_id) where case_id is not null;

alter table crm_surveys add column sampling_percent {{float}} not null default 100
    check (sampling_percent >= 0 and sampling_percent <= 100);
alter table crm_surveys add column quiet_days bigint not null default 0 check (quiet_days >= 0);
alter table crm_surveys add column expiry_days bigint not null default 30 check (expiry_days > 0);
alter table crm_surveys add column version bigint not null default 1;

-- A question stands in the versions from the first to the last of these, both included.
alter table crm_survey_questions add column since_version bigint not null default 1;
alter table crm_survey_questions add column until_version bigint;
alter table crm_survey_questions add column edit_version bigint not null default 1;

create table crm_survey_invitations (
    invitation_id  {{id}},
    survey_id      bigint not null references crm_surveys,
    case_id        bigint not null references crm_cases,
    contact_id     bigint not null references crm_contacts,
    -- The closing that it asks about.
    event_id       bigint not null,
    closed_at      {{time}} not null,
    -- The version of the questions, fixed when it is sent.
    version        bigint,
    state          text not null default 'scheduled' check (state in ('scheduled', 'invited', 'skipped')),
    skip_reason    text check (skip_reason in ('reopened', 'survey_off', 'no_contact', 'no_address', 'unsubscribed', 'quiet',
                       'answered')),
    outbound_message_id bigint references crm_outbound_messages,
    created_at     {{time}} not null,
    send_at        {{time}} not null,
    invited_at     {{time}},
    sent_at        {{time}},
    opened_at      {{time}},
    answered_at    {{time}},
    expires_at     {{time}},
    unique (survey_id, case_id, event_id),
    check (state <> 'invited' or (version is not null and invited_at is not null and expires_at is not null)),
    check (state <> 'skipped' or skip_reason is not null)
);
create index crm_survey_invitations_contact on crm_survey_invitations (contact_id, invited_at);
create index crm_survey_invitations_survey on crm_survey_invitations (survey_id, invited_at);
create index crm_survey_invitations_message on crm_survey_invitations (outbound_message_id)
    where outbound_message_id is not null;

-- Secrets in links of mails, as SHA-256: to an invitation, or to stop surveys for a contact.
create table crm_link_tokens (
    token_hash     {{bytes}} not null primary key,
    purpose        text not null check (purpose in ('survey', 'unsubscribe')),
    invitation_id  bigint references crm_survey_invitations,
    contact_id     bigint not null references crm_contacts,
    created_at     {{time}} not null,
    check (purpose <> 'survey' or invitation_id is not null)
);
create index crm_link_tokens_contact on crm_link_tokens (contact_id);

-- The answers that were given together.
create table crm_survey_submissions (
    submission_id  {{id}},
    survey_id      bigint not null references crm_surveys,
    version        bigint not null,
    case_id        bigint references crm_cases,
    contact_id     bigint references crm_contacts,
    invitation_id  bigint references crm_survey_invitations,
    -- The user who handed them in for the customer.
    submitted_by   bigint references crm_users,
    created_at     {{time}} not null
);
-- One answer per invitation; without one, one per case and contact.
create unique index crm_survey_submissions_invitation on crm_survey_submissions (invitation_id)
    where invitation_id is not null;
create unique index crm_survey_submissions_once on crm_survey_submissions (survey_id, case_id, contact_id)
    where invitation_id is null and case_id is not null and contact_id is not null;
create index crm_survey_submissions_survey on crm_survey_submissions (survey_id, created_at);
create index crm_survey_submissions_case on crm_survey_submissions (case_id) where case_id is not null;

alter table crm_survey_responses add column submission_id bigint references crm_survey_submissions;
create index crm_survey_responses_submission on crm_survey_responses (submission_id) where submission_id is not null;
