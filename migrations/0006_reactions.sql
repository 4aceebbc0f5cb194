-- What follows from events: notifications, escalations, routing.

create table crm_case_followers (
    case_id        bigint not null references crm_cases,
    user_id        bigint not null references crm_users,
    created_at     {{time}} not null default {{now}},
    primary key (case_id, user_id)
);
create index crm_case_followers_user on crm_case_followers (user_id);

create table crm_notifications (
    notification_id {{id}},
    user_id        bigint not null references crm_users,
    case_id        bigint references crm_cases,
    event_id       bigint,
    kind           text not null,
    created_at     {{time}} not null,
    read_at        {{time}}
);
create unique index crm_notifications_once on crm_notifications (user_id, event_id) where event_id is not null;
create index crm_notifications_user on crm_notifications (user_id, notification_id);
create index crm_notifications_unread on crm_notifications (user_id, notification_id) where read_at is null;

create table crm_escalation_rules (
    rule_id        {{id}},
    rule_name      text not null check (length(rule_name) between 1 and 200),
    position       bigint not null,
    -- On what it acts: warning, violation, priority_raise, reopening, unacknowledged.
    cause          text not null check (cause in ('warning', 'violation', 'priority_raise', 'reopening', 'unacknowledged')),
    -- The target that a warning or violation is of; empty for any.
    target         text check (target in ('first_response', 'next_response', 'resolution')),
    -- The how many-th reopening.
    reopening      bigint check (reopening > 0),
    -- Unacknowledged: at which level, for how many minutes.
    at_level       bigint check (at_level between 1 and 3),
    minutes        bigint check (minutes > 0),
    to_level       bigint not null check (to_level between 1 and 3),
    escalation_reason text not null check (escalation_reason in ('sla_violation', 'customer_request',
                       'priority_increase', 'technical', 'management_review')),
    assign_user_id bigint references crm_users,
    assign_team_id bigint references crm_teams,
    raise_priority {{bool}} not null default {{false}},
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);

-- A rule fires once per case and cause, across restarts and nodes.
create table crm_escalation_firings (
    rule_id        bigint not null references crm_escalation_rules,
    case_id        bigint not null references crm_cases,
    cause          text not null,
    fired_at       {{time}} not null,
    primary key (rule_id, case_id, cause)
);

create table crm_assignment_rules (
    rule_id        {{id}},
    rule_name      text not null check (length(rule_name) between 1 and 200),
    position       bigint not null,
    conditions     {{json}} not null default '{}',
    team_id        bigint not null references crm_teams,
    -- How the owner is chosen within the team: none, round_robin, least_open.
    method         text not null default 'round_robin' check (method in ('none', 'round_robin', 'least_open')),
    -- The member who was given a case last, for round robin.
    last_user_id   bigint references crm_users,
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
