-- Saved views: filters of the case list that somebody gave a name. And the indexes of the views that every desk has.

create table crm_saved_views (
    view_id        {{id}},
    view_name      text not null check (length(view_name) between 1 and 100),
    -- The filters as they stand in the list's address: `me` is whoever looks, a date is one of their days.
    query          text not null check (length(query) <= 2000),
    -- Who made it.
    user_id        bigint not null references crm_users,
    shared_with    text not null default 'nobody' check (shared_with in ('nobody', 'team', 'desk')),
    team_id        bigint references crm_teams,
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null,
    updated_at     {{time}} not null,
    check ((shared_with = 'team') = (team_id is not null))
);
create index crm_saved_views_user on crm_saved_views (user_id) where is_active;
create index crm_saved_views_shared on crm_saved_views (shared_with, team_id) where is_active and shared_with <> 'nobody';

-- Views count on every page of the desk, so each is read from open cases alone.
create index crm_cases_open_next_due on crm_cases (sla_next_due, case_id) where is_open;
create index crm_cases_open_soon on crm_cases (sla_soon_at, sla_next_due) where is_open;
create index crm_cases_open_violated on crm_cases (created_at, case_id) where is_open and is_sla_violated;
create index crm_cases_open_team on crm_cases (team_id, created_at, case_id) where is_open;
create index crm_cases_unassigned on crm_cases (created_at, case_id) where is_open and owner_id is null;
