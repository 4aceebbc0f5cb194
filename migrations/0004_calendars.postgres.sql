-- Calendars of business hours (spec section 5), on PostgreSQL; the twin is 0004_calendars.sqlite.sql, and both list the
-- same things in the same order.

create table crm_calendars (
    calendar_id    {{id}},
    calendar_name  text not null check (length(calendar_name) between 1 and 200),
    -- An IANA name.
    time_zone      text not null,
    -- {"intervals": [...], "holidays": [...], "extra": [...]} in the API's own form.
    definition     {{json}} not null,
    -- Raised with every change of time_zone or definition: whoever keeps what follows from them keeps it by version.
    version        bigint not null default 1,
    edit_version   bigint not null default 1,
    is_active      {{bool}} not null default {{true}},
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
create unique index crm_calendars_name on crm_calendars (lower(calendar_name)) where is_active;

-- The hours that a policy with business_hours_only counts.
alter table crm_sla_policies add column calendar_id bigint references crm_calendars;
create index crm_sla_policies_calendar on crm_sla_policies (calendar_id) where is_active;

-- ---------------------------------------------------------------- reference data

insert into crm_calendars (calendar_name, time_zone, definition)
values ('Mon-Fri 9-17', 'UTC', '{"intervals": [{"weekday": "mon", "from": "09:00", "to": "17:00"},
    {"weekday": "tue", "from": "09:00", "to": "17:00"}, {"weekday": "wed", "from": "09:00", "to": "17:00"},
    {"weekday": "thu", "from": "09:00", "to": "17:00"}, {"weekday": "fri", "from": "09:00", "to": "17:00"}],
    "holidays": [], "extra": []}');

update crm_sla_policies
set calendar_id = (select calendar_id from crm_calendars where calendar_name = 'Mon-Fri 9-17')
where policy_name = 'Business Hours';

-- ---------------------------------------------------------------- updated_at

create trigger crm_calendars_updated_at before update on crm_calendars
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();
