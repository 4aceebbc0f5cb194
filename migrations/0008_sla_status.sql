-- What a list says of a case's clocks without reading them: the earliest deadline of its open targets (one that has
-- passed counts until its target is settled; empty while they are paused), and from when on one of them is due soon.
-- The program keeps both with the due dates.
alter table crm_cases add column sla_next_due {{time}};
alter table crm_cases add column sla_soon_at {{time}};

update crm_cases set sla_next_due = (
    select min(t.due_at) from crm_sla_targets t
    where t.case_id = crm_cases.case_id and t.met_at is null and t.voided_at is null
);
