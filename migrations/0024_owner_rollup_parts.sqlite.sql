-- ---------------------------------------------------------------- the parts of the rollup by owner and team

-- What adds up to the rollup. Who sums over owners and teams sums these: on PostgreSQL crm_owner_rollup_now would sum twice.
create view crm_owner_rollup_parts as
select owner_id, team_id, status, cases, escalated, violated, responded, response_minutes, timed, resolution_minutes,
    rated, score_sum
from crm_owner_rollup;
