-- SLA clocks: what policies promise and when their clocks stand still, the targets of each case, and what warns.

alter table crm_sla_policies add column next_response_hours {{float}} check (next_response_hours > 0);
alter table crm_sla_policies add column conditions {{json}} not null default '{}';
alter table crm_sla_policies add column priority_hours {{json}} not null default '[]';
alter table crm_sla_policies add column pause_statuses {{json}} not null default '{}';
alter table crm_sla_policies add column reopen_mode text not null default 'resume'
    check (reopen_mode in ('resume', 'restart', 'ignore'));
alter table crm_sla_policies add column warnings {{json}} not null default '[]';

update crm_sla_policies set warnings = '[{"percent":75.0}]';
update crm_sla_policies set conditions = '{"account_tiers":["enterprise"]}' where policy_name = 'Enterprise';
update crm_sla_policies set conditions = '{"account_tiers":["premium"]}' where policy_name = 'Premium';
update crm_sla_policies set conditions = '{"case_type_ids":[2,6]}' where policy_name = 'Business Hours';

-- What was promised each case: the policy boiled down, so that its clocks go on without reading policies again.
create table crm_case_plans (
    case_id        bigint primary key references crm_cases,
    sla_policy_id  bigint not null references crm_sla_policies,
    calendar_id    bigint references crm_calendars,
    plan           {{json}} not null,
    updated_at     {{time}} not null
);
create index crm_case_plans_policy on crm_case_plans (sla_policy_id, case_id);
create index crm_case_plans_calendar on crm_case_plans (calendar_id, case_id) where calendar_id is not null;

create table crm_sla_targets (
    target_id      {{id}},
    case_id        bigint not null references crm_cases,
    kind           text not null check (kind in ('first_response', 'next_response', 'resolution')),
    started_at     {{time}} not null,
    -- Business milliseconds promised.
    promise        bigint not null check (promise > 0),
    -- Closed pauses as [[from, to], ...].
    pauses         {{json}} not null default '[]',
    paused_since   {{time}},
    met_at         {{time}},
    voided_at      {{time}},
    breached_at    {{time}},
    due_at         {{time}},
    -- Its deadline is still to come, or to be noticed: what the ticker waits for.
    is_running     {{bool}} generated always as (met_at is null and voided_at is null and paused_since is null
                       and breached_at is null and due_at is not null) stored,
    unique (case_id, kind, started_at)
);
create index crm_sla_targets_due on crm_sla_targets (due_at, target_id) where is_running;

-- Each warning fires once per target; `fire_at` is empty while the clock is paused.
create table crm_sla_warnings (
    target_id      bigint not null references crm_sla_targets,
    warning        text not null,
    fire_at        {{time}},
    fired_at       {{time}},
    primary key (target_id, warning)
);
create index crm_sla_warnings_due on crm_sla_warnings (fire_at) where fired_at is null and fire_at is not null;
