-- Canned replies: texts that agents send again and again, their own or the desk's.

create table crm_canned_replies (
    canned_reply_id {{id}},
    reply_name     text{{c}} not null check (length(reply_name) between 1 and 200),
    -- The name as it is compared: case folded.
    name_key       text{{c}} not null,
    -- Markdown with placeholders: names in two braces.
    reply_text     text not null,
    -- Whose it is; null: the desk's.
    owner_id       bigint references crm_users,
    is_active      {{bool}} not null default {{true}},
    edit_version   bigint not null default 1,
    created_by     bigint references crm_users,
    created_at     {{time}} not null default {{now}},
    updated_at     {{time}} not null default {{now}}
);
create unique index crm_canned_replies_name on crm_canned_replies (coalesce(owner_id, 0), name_key) where is_active;
create index crm_canned_replies_owner on crm_canned_replies (owner_id);

-- ---------------------------------------------------------------- updated_at

create trigger crm_canned_replies_updated_at after update on crm_canned_replies
when new.updated_at is old.updated_at and new.edit_version is old.edit_version and new.updated_at <> {{now}}
begin
    update crm_canned_replies set updated_at = {{now}} where canned_reply_id = new.canned_reply_id;
end;
