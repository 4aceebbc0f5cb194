-- Links that let somebody in: a customer into the portal, a user to a new password. And mails for users, besides customers.

-- What a message is for, with more words than before; no message has had another.
alter table crm_outbound_messages add column aim text not null default 'survey_invitation'
    check (aim in ('survey_invitation', 'portal_link', 'password_reset', 'case_received', 'case_answered'));
alter table crm_outbound_messages drop column purpose;
alter table crm_outbound_messages rename column aim to purpose;
alter table crm_outbound_messages add column user_id bigint references crm_users;
create index crm_outbound_messages_user on crm_outbound_messages (user_id) where user_id is not null;

-- A secret stands here as SHA-256, is good once, and only for a while.
create table crm_sign_in_links (
    token_hash     {{bytes}} not null primary key,
    purpose        text not null check (purpose in ('portal', 'password_reset')),
    user_id        bigint references crm_users,
    contact_id     bigint references crm_contacts,
    created_at     {{time}} not null,
    expires_at     {{time}} not null,
    used_at        {{time}},
    check ((purpose = 'portal' and contact_id is not null and user_id is null)
        or (purpose = 'password_reset' and user_id is not null and contact_id is null))
);
create index crm_sign_in_links_user on crm_sign_in_links (user_id) where user_id is not null;
create index crm_sign_in_links_contact on crm_sign_in_links (contact_id) where contact_id is not null;
create index crm_sign_in_links_expiry on crm_sign_in_links (expires_at);

-- The language that a user chose; mails to them are in it.
alter table crm_users add column language text;
