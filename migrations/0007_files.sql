-- Stored bytes, each once, by the SHA-256 of their content. The key in the store ends in file_id, which is never given
-- twice: bytes that are being removed are never those of a later upload of the same content.
create table crm_files (
    file_id        {{id}},
    hash           text not null{{c}},
    file_size      bigint not null constraint crm_files_file_size check (file_size >= 0),
    -- Whether the bytes are in the store, for sure.
    is_stored      {{bool}} not null default {{false}},
    -- Perhaps nothing refers to it: it is new, or an attachment of it was purged. The sweep looks at these only.
    is_loose       {{bool}} not null default {{true}},
    -- Until then an upload may be about to refer to it, and no sweep takes it.
    leased_until   {{time}} not null,
    created_at     {{time}} not null default {{now}}
);
create unique index crm_files_hash on crm_files (hash);
create index crm_files_loose on crm_files (leased_until) where is_loose;

-- Keys whose bytes are to be removed from the store; nothing refers to them any more.
create table crm_file_removals (
    storage_key    text primary key,
    created_at     {{time}} not null default {{now}}
);

-- file_path says where the bytes are, for a reader's eyes; the program goes by file_id alone.
alter table crm_case_attachments add column file_id bigint references crm_files;
-- When a deleted attachment is purged; null while it is active, and where plain SQL deleted it.
alter table crm_case_attachments add column purge_at {{time}};
-- It was deleted with its comment, and comes back with it.
alter table crm_case_attachments add column is_deleted_with_comment {{bool}} not null default {{false}};
create index crm_case_attachments_file on crm_case_attachments (file_id) where file_id is not null;
create index crm_case_attachments_comment on crm_case_attachments (comment_id) where comment_id is not null;
create index crm_case_attachments_purge on crm_case_attachments (updated_at) where not is_active;

alter table crm_kb_article_attachments add column file_id bigint references crm_files;
alter table crm_kb_article_attachments add column purge_at {{time}};
alter table crm_kb_article_attachments add column uploaded_by bigint references crm_users;
create index crm_kb_article_attachments_file on crm_kb_article_attachments (file_id) where file_id is not null;
create index crm_kb_article_attachments_purge on crm_kb_article_attachments (updated_at) where not is_active;
