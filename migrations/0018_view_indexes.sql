-- The views' indexes in the form in which they are searched, with and without statistics: each begins with what a view
-- asks for, so no planner walks past the rest of the open cases.

drop index crm_cases_open_violated;
drop index crm_cases_unassigned;
create index crm_cases_open_violated on crm_cases (is_sla_violated, created_at, case_id) where is_open;
create index crm_cases_open_owner on crm_cases (owner_id, created_at, case_id) where is_open;
create index crm_cases_resolved_updated on crm_cases (status, updated_at, case_id) where is_listed and status = 'resolved';
