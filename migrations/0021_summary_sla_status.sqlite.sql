-- The view tells how the SLA clocks of a case stand, in the words of the API (`SlaStatus` in crates/steward/src/cases/show.rs).

drop view v_case_summary;

create view v_case_summary as
select c.case_id, c.case_number, c.subject, c.status, c.status_reason, c.channel,
    c.account_id, a.account_name, a.account_tier, c.contact_id, p.name as contact_name, p.email as contact_email,
    c.case_type_id, t.type_name as case_type_name, t.type_code as case_type_code,
    c.priority_id, r.priority_name, r.priority_level, c.owner_id, u.name as owner_name, c.team_id, m.team_name,
    c.sla_policy_id, s.policy_name as sla_policy_name, c.is_sla_violated,
    c.first_response_at, c.first_response_due, c.resolution_due, c.resolved_at, c.closed_at,
    case when c.is_open then (julianday(c.resolution_due) - julianday('now')) * 24 end as hours_until_resolution_due,
    c.response_time_minutes, c.resolution_time_minutes, c.reopened_count, c.is_escalated, c.escalation_level,
    c.csat_score, c.csat_comment, c.csat_submitted_at, c.comment_count, c.public_comment_count, c.attachment_count,
    c.public_attachment_count, (select count(*) from crm_case_escalations e where e.case_id = c.case_id)
        as escalation_count, (select count(*) from crm_sla_violations v where v.case_id = c.case_id) as violation_count,
    c.parent_case_id, c.created_by, c.created_at, c.updated_at,
    case
        when c.is_open and c.sla_next_due < {{now}} then 'overdue'
        when c.is_sla_violated then 'violated'
        when c.sla_policy_id is null or c.status = 'cancelled' then 'none'
        when c.is_open and c.sla_next_due is not null and c.sla_soon_at <= {{now}} then 'due_soon'
        when c.is_open and c.sla_next_due is not null then 'on_track'
        when c.is_open and c.resolution_due is null then 'paused'
        else 'met'
    end as sla_status
from crm_cases c
join crm_case_types t on t.case_type_id = c.case_type_id
join crm_case_priorities r on r.priority_id = c.priority_id
left join crm_accounts a on a.account_id = c.account_id
left join crm_contacts p on p.contact_id = c.contact_id
left join crm_users u on u.user_id = c.owner_id
left join crm_teams m on m.team_id = c.team_id
left join crm_sla_policies s on s.sla_policy_id = c.sla_policy_id
where c.is_listed;
