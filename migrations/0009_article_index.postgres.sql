-- The inverted index of the knowledge base, kept by the program in the transaction that changes an article
-- (crates/steward/src/search/articles.rs tells how).

-- ---- tables

-- Every word of an article, folded, and what stemming makes of it; how many documents have it, how many of them public.
create table crm_kb_terms (
    term_id          {{id}},
    term             text{{c}} not null unique,
    stem             text{{c}} not null,
    documents        bigint not null default 0 check (documents >= 0),
    public_documents bigint not null default 0 check (public_documents >= 0)
);
create index crm_kb_terms_stem on crm_kb_terms (stem);

-- A term's documents, three bytes each, in blocks of 256 documents.
create table crm_kb_postings (
    term_id          bigint not null,
    block            bigint not null,
    entries          {{bytes}} not null,
    primary key (term_id, block)
);

-- An edition of an article: twice the article's id, plus one for a draft. Its term ids stand in the order of the text.
create table crm_kb_documents (
    document_id      bigint not null primary key,
    is_internal      {{bool}} not null,
    length           bigint not null,
    words            {{bytes}} not null
);

-- How many documents of each kind there are and how long they are together. Writers of the index take these rows first.
create table crm_kb_index_totals (
    kind             text not null primary key check (kind in ('draft', 'internal', 'public')),
    documents        bigint not null default 0,
    length           bigint not null default 0
);
insert into crm_kb_index_totals (kind) values ('draft'), ('internal'), ('public');
