-- What every desk starts with (spec section 10). Rows get their ids in the order they stand here, 1, 2, 3 ..., without
-- naming them, so that the sequences of both engines stay right.

insert into crm_case_priorities (priority_name, priority_level, response_time_hours, resolution_time_hours, color, icon)
values
    ('Low', 1, 48, 168, '#64748b', 'arrow-down'),
    ('Medium', 2, 24, 72, '#2563eb', 'minus'),
    ('High', 3, 4, 24, '#d97706', 'arrow-up'),
    ('Critical', 4, 1, 8, '#dc2626', 'alert');

insert into crm_case_types (type_name, type_code, icon, color, default_priority)
values
    ('Bug/Issue', 'BUG', 'bug', '#dc2626', 3),
    ('Question', 'QUESTION', 'help', '#2563eb', 2),
    ('Feature Request', 'FEATURE', 'lightbulb', '#7c3aed', 1),
    ('Technical Support', 'SUPPORT', 'wrench', '#0d9488', 2),
    ('Account/Billing', 'BILLING', 'card', '#d97706', 2),
    ('Training', 'TRAINING', 'book', '#16a34a', 1);

-- No hours of its own: the priority's count.
insert into crm_sla_policies (policy_name, position, first_response_hours, resolution_hours, business_hours_only)
values
    ('Enterprise', 1, 1, 8, {{false}}),
    ('Premium', 2, 4, 24, {{false}}),
    ('Business Hours', 3, null, null, {{true}}),
    ('Standard', 4, null, null, {{false}});

insert into crm_kb_categories (category_name, icon, sort_order)
values
    ('Getting Started', 'rocket', 1),
    ('Account & Billing', 'card', 2),
    ('Troubleshooting', 'wrench', 3),
    ('How-to Guides', 'book', 4),
    ('Release Notes', 'megaphone', 5);

insert into crm_kb_articles (title, summary, content, category_id, tags, keywords, related_article_ids, status, version,
    is_featured, published_at)
values
('How to Get Started', 'Quick start guide: sign in, open your first case, follow it to its answer.',
'Welcome. This page takes you from signing in to the first answer in about five minutes.

## 1. Sign in

Use the address that we have on file for you. If you have no password yet, ask for one on the sign-in page; the link
that we send works once.

## 2. Look for an answer first

Type a few words of your question into the search field. Most questions have been answered before, and an article is
faster than any of us.

## 3. Open a case

Choose **New case** and tell us:

- **what you wanted to do**, in one sentence: that becomes the subject;
- **what happened instead**, with the exact words of any message;
- **since when**, and whether it happens each time;
- a screenshot or a log, if you have one: drag it onto the form.

You get a number such as `CASE-000042`. Keep it: with it, anyone here finds your case at once.

## 4. Follow it

Every answer reaches you by e-mail and stands on the page of the case. Reply to the e-mail or write on the page; both
end up in the same place.

| The case is | which means |
| --- | --- |
| new | we have it, nobody has answered yet |
| open, in progress | somebody is working on it |
| waiting for customer | we asked you something: the clock stands still until you answer |
| resolved | we believe it is solved; write again if it is not |
| closed | done; a new question deserves a new case |
', 1, '["getting-started", "basics"]', '["start", "sign in", "first case", "status"]', '[2, 3]', 'published', 1,
    {{true}}, {{now}}),
('Manage Your Account and Invoices', 'Change your details, find an invoice, add a colleague, correct a payment.',
'Everything about your account stands under **Settings**. This page says where to find what, and what we need when you
write to us about a bill.

## Change your name, address or language

Open **Settings > Profile**, change the field, save. A new e-mail address takes effect once you have followed the link
that we send to it; until then the old one stays valid.

## Find an invoice

Invoices are listed under **Settings > Billing**, newest first, each as a PDF. They are issued on the first working day
of the month and sent to the billing contact.

## Add or remove a colleague

Only the owner of the account can do this, under **Settings > People**. Somebody who leaves keeps nothing: their
sessions end at once, and their cases stay with the account.

## A charge looks wrong

Open a case of type *Account/Billing* and name

1. the number of the invoice,
2. the line that you doubt,
3. the amount that you expected, and why.

Please never send a card number, neither in the text nor in an attachment. We do not need it and will delete it.
', 2, '["account", "billing"]', '["invoice", "payment", "profile", "refund", "user"]', '[1]', 'published', 1, {{false}},
    {{now}}),
('First Steps When Something Does Not Work', 'Checks that solve most errors and crashes, and what to send us if not.',
'Work through these steps in order; stop as soon as the problem is gone.

## Check the simple things

1. **Load the page again**, or quit the application and start it again.
2. **Try a private window.** If it works there, an extension or a stored cookie is to blame: clear this site''s data.
3. **Try another network**, for instance a mobile one. If it works there, a proxy or firewall is in between.
4. **Update.** Many errors that are reported to us are already mended in the current version.

## The application crashes on startup

- Start it once without extensions and plug-ins.
- Move its settings folder aside. If it starts now, a setting was damaged: put the files back one by one.
- After an update, install the same version over itself. Your data is not touched.

## Signing in fails

| Message | What to do |
| --- | --- |
| wrong name or password | ask for a new password; the link is valid for an hour |
| too many attempts | wait for the time that is shown; trying on makes it longer |
| the link has expired | ask for another one, and use the newest mail |

## Still stuck?

Open a case of type *Bug/Issue* with the time of the last attempt, the version you use, the exact message, and the log
if there is one. With these four we can usually answer at once instead of asking back.
', 3, '["troubleshooting", "errors"]', '["crash", "startup", "error", "login", "cache"]', '[1]', 'published', 1,
    {{false}}, {{now}});

insert into crm_surveys (survey_name, survey_type, send_after_case_closed, send_delay_hours)
values ('Case Closure CSAT', 'csat', {{true}}, 1);

insert into crm_survey_questions (survey_id, question_text, question_type, question_order, is_required, rating_min,
    rating_max)
values
    (1, 'How satisfied were you with the resolution?', 'rating', 1, {{true}}, 1, 5),
    (1, 'Was your problem solved completely?', 'yes_no', 2, {{false}}, null, null),
    (1, 'What could we have done better?', 'text', 3, {{false}}, null, null);
