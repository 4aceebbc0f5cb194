-- The knowledge base: drafts beside what is published, versions, addresses, counts of categories.

-- ---- columns

-- The address that links name. Null only until the program has seen an article that plain SQL wrote.
alter table crm_kb_articles add column slug text;
-- The edit version that readers are told: a draft being written does not move it.
alter table crm_kb_articles add column public_edit_version bigint not null default 1;
-- Published articles of the category itself, and those of them that are public. Kept by crm_kb_category_count.
alter table crm_kb_categories add column article_count bigint not null default 0;
alter table crm_kb_categories add column public_article_count bigint not null default 0;

-- ---- tables

-- The same counts of articles without a category: one row.
create table crm_kb_uncategorised (
    one            bigint not null primary key check (one = 1),
    article_count  bigint not null,
    public_article_count bigint not null
);

-- The next text of an article that readers see: its row keeps what is published. An article that is not published has
-- its working copy in its row and nothing here.
create table crm_kb_article_drafts (
    article_id     bigint not null primary key references crm_kb_articles,
    status         text not null check (status in ('draft', 'review')),
    title          text not null check (length(title) between 1 and 500),
    summary        text not null,
    content        text not null,
    tags           {{json}} not null,
    keywords       {{json}} not null,
    updated_by     bigint references crm_users,
    created_at     {{time}} not null,
    updated_at     {{time}} not null
);
create index crm_kb_article_drafts_status on crm_kb_article_drafts (status, article_id);

-- Each publication.
create table crm_kb_article_versions (
    article_id     bigint not null references crm_kb_articles,
    version        bigint not null check (version > 0),
    title          text not null,
    summary        text not null,
    content        text not null,
    tags           {{json}} not null,
    keywords       {{json}} not null,
    author_id      bigint references crm_users,
    published_by   bigint references crm_users,
    note           text,
    created_at     {{time}} not null,
    primary key (article_id, version)
);

-- Every address that ever led to an article; crm_kb_articles.slug is the present one.
create table crm_kb_slugs (
    slug           text{{c}} not null primary key,
    article_id     bigint not null references crm_kb_articles,
    created_at     {{time}} not null
);
create index crm_kb_slugs_article on crm_kb_slugs (article_id);

-- The tags of crm_kb_articles.tags, to be filtered by.
create table crm_kb_article_tags (
    tag            text{{c}} not null,
    article_id     bigint not null references crm_kb_articles,
    primary key (tag, article_id)
);
create index crm_kb_article_tags_article on crm_kb_article_tags (article_id);

-- Articles that plain SQL wrote: the program gives them an address, a version and their place in the search index.
create table crm_kb_article_queue (
    article_id     bigint not null primary key
);

-- ---- indexes

create index crm_kb_articles_public on crm_kb_articles (coalesce(published_at, created_at), article_id)
    where is_active and status = 'published' and not is_internal;
create index crm_kb_articles_public_category
    on crm_kb_articles (category_id, coalesce(published_at, created_at), article_id)
    where is_active and status = 'published' and not is_internal;
create index crm_kb_articles_published_category
    on crm_kb_articles (category_id, coalesce(published_at, created_at), article_id)
    where is_active and status = 'published';
create index crm_kb_articles_published on crm_kb_articles (coalesce(published_at, created_at), article_id)
    where is_active and status = 'published';
create index crm_kb_articles_featured on crm_kb_articles (coalesce(published_at, created_at), article_id)
    where is_active and status = 'published' and is_featured;
create index crm_kb_articles_status on crm_kb_articles (status, article_id) where is_active;
create index crm_kb_article_feedback_article on crm_kb_article_feedback (article_id, feedback_id);
-- What of the views has been added up long enough ago to be dropped.
create index crm_kb_article_views_created on crm_kb_article_views (created_at);

-- ---- what is there already

insert into crm_kb_article_versions (article_id, version, title, summary, content, tags, keywords, author_id, created_at)
select article_id, version, title, summary, content, tags, keywords, author_id, coalesce(published_at, created_at)
from crm_kb_articles where version > 0;
update crm_kb_categories set
    article_count = (select count(*) from crm_kb_articles a
        where a.category_id = crm_kb_categories.category_id and a.is_active and a.status = 'published'),
    public_article_count = (select count(*) from crm_kb_articles a
        where a.category_id = crm_kb_categories.category_id and a.is_active and a.status = 'published' and not a.is_internal);
insert into crm_kb_uncategorised (one, article_count, public_article_count)
select 1, count(*), count(*) filter (where not is_internal)
from crm_kb_articles where category_id is null and is_active and status = 'published';
insert into crm_kb_article_queue (article_id) select article_id from crm_kb_articles;

-- ---- triggers

-- Counts are no edit.
drop trigger crm_kb_categories_updated_at on crm_kb_categories;
create trigger crm_kb_categories_updated_at
before update of category_name, parent_category_id, icon, sort_order, is_active on crm_kb_categories
for each row when (new.updated_at is not distinct from old.updated_at and new.edit_version = old.edit_version)
execute function update_updated_at_column();

create function crm_count_category_articles() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.is_active and old.status = 'published' then
        update crm_kb_categories
        set article_count = article_count - 1,
            public_article_count = public_article_count - (not old.is_internal)::int
        where category_id = old.category_id;
        update crm_kb_uncategorised
        set article_count = article_count - 1,
            public_article_count = public_article_count - (not old.is_internal)::int
        where old.category_id is null;
    end if;
    if tg_op <> 'DELETE' and new.is_active and new.status = 'published' then
        update crm_kb_categories
        set article_count = article_count + 1,
            public_article_count = public_article_count + (not new.is_internal)::int
        where category_id = new.category_id;
        update crm_kb_uncategorised
        set article_count = article_count + 1,
            public_article_count = public_article_count + (not new.is_internal)::int
        where new.category_id is null;
    end if;
    return null;
end $$;

create trigger crm_kb_category_count after insert or delete on crm_kb_articles
for each row execute function crm_count_category_articles();

create trigger crm_kb_category_count_update
after update of category_id, status, is_internal, is_active on crm_kb_articles
for each row when (new.category_id is distinct from old.category_id or new.status <> old.status
    or new.is_internal <> old.is_internal or new.is_active <> old.is_active)
execute function crm_count_category_articles();

-- The program inserts an article with its address and raises edit_version with each change.
create function crm_queue_article() returns trigger language plpgsql as $$
begin
    insert into crm_kb_article_queue (article_id) values (new.article_id) on conflict do nothing;
    return null;
end $$;

create trigger crm_kb_article_queue_insert after insert on crm_kb_articles
for each row when (new.slug is null)
execute function crm_queue_article();

create trigger crm_kb_article_queue_update
after update of title, summary, content, tags, keywords, status, is_internal, is_active on crm_kb_articles
for each row when (new.edit_version = old.edit_version)
execute function crm_queue_article();
