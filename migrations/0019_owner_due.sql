-- Somebody's cases by due time, whatever their status: without it all that they ever closed is sorted for each page.

create index crm_cases_owner_due on crm_cases (owner_id, resolution_due, case_id) where is_listed;
