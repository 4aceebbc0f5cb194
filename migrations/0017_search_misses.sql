-- What readers of the knowledge base looked for and did not find: the words as the program normalises them, without
-- addresses and numbers. Rows whose words were last asked for 90 days ago are deleted.

create table crm_kb_search_misses (
    query_text     text{{c}} not null primary key check (length(query_text) between 1 and 100),
    asked_count    bigint not null check (asked_count > 0),
    first_asked_at {{time}} not null,
    last_asked_at  {{time}} not null
);
create index crm_kb_search_misses_asked on crm_kb_search_misses (asked_count, last_asked_at);
create index crm_kb_search_misses_last on crm_kb_search_misses (last_asked_at);
