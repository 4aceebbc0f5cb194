-- What the desk is called and how it looks to its customers: one row.

create table crm_desk_settings (
    settings_id    bigint not null primary key check (settings_id = 1),
    -- Null: the name of the settings file.
    desk_name      text check (length(desk_name) between 1 and 100),
    -- As it was chosen, `#2456c9`; what pages show of it is made legible.
    colour         text check (length(colour) = 7),
    logo           {{bytes}},
    logo_type      text check (logo_type in ('image/png', 'image/jpeg', 'image/webp')),
    edit_version   bigint not null default 1,
    updated_at     {{time}} not null default {{now}},
    check ((logo is null) = (logo_type is null))
);
insert into crm_desk_settings (settings_id) values (1);

-- Whether the desk still waits for its first admin is asked by the page of signing in.
create index crm_tokens_first_start on crm_tokens (user_id) where kind = 'first_start' and revoked_at is null;
