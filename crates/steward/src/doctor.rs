//! `steward doctor`: what must always be true of the data, asked of the data (spec 11).

use db::{Class, Db, Dialect, Tx};

use crate::branding::Branding;
use crate::clock::Time;
use crate::config::Config;
use crate::error::Result;
use crate::search;
use crate::sla::{self, Clocks};
use crate::work::{Actor, Work};

/// One law: rows that break it, with what to call them.
struct Law {
    name: &'static str,
    /// Answers one text for each breach.
    breaches: &'static str,
}

/// Breaches shown of each law.
const SHOWN: usize = 20;

const LAWS: &[Law] = &[
    Law {
        name: "comment_count is the number of active comments",
        breaches: "select c.case_number from crm_cases c
             where c.comment_count <> (select count(*) from crm_case_comments m where m.case_id = c.case_id and m.is_active)",
    },
    Law {
        name: "public_comment_count is the number of active public comments",
        breaches: "select c.case_number from crm_cases c where c.public_comment_count <>
             (select count(*) from crm_case_comments m where m.case_id = c.case_id and m.is_active and not m.is_internal)",
    },
    Law {
        name: "response_count is the number of active public comments of the desk",
        breaches: "select c.case_number from crm_cases c where c.response_count <>
             (select count(*) from crm_case_comments m
              where m.case_id = c.case_id and m.is_active and not m.is_internal and m.contact_id is null)",
    },
    Law {
        name: "attachment_count is the number of active attachments",
        breaches: "select c.case_number from crm_cases c where c.attachment_count <>
             (select count(*) from crm_case_attachments f where f.case_id = c.case_id and f.is_active)",
    },
    Law {
        name: "is_sla_violated says whether a violation is recorded",
        breaches: "select c.case_number from crm_cases c where c.is_sla_violated <>
             exists (select 1 from crm_sla_violations v where v.case_id = c.case_id)",
    },
    Law {
        name: "what the clocks say was missed is recorded",
        breaches: "select distinct c.case_number from crm_sla_targets t join crm_cases c on c.case_id = t.case_id
             where t.breached_at is not null and not exists (select 1 from crm_sla_violations v
                 where v.case_id = t.case_id and v.violation_type = t.kind and v.due_at = t.breached_at)",
    },
    Law {
        name: "a resolved or closed case says when",
        breaches: "select c.case_number from crm_cases c
             where (c.status in ('resolved', 'closed') and c.resolved_at is null) or (c.status = 'closed' and c.closed_at is null)",
    },
    Law {
        name: "public_attachment_count is the number of active public attachments",
        breaches: "select c.case_number from crm_cases c where c.public_attachment_count <>
             (select count(*) from crm_case_attachments f where f.case_id = c.case_id and f.is_active and not f.is_internal)",
    },
    Law {
        name: "a file of an internal comment is internal",
        breaches: "select c.case_number from crm_case_attachments f
             join crm_case_comments m on m.comment_id = f.comment_id join crm_cases c on c.case_id = f.case_id
             where f.is_active and m.is_internal and not f.is_internal",
    },
    Law {
        name: "what is attached is stored",
        breaches: "select a.file_name from (
                 select file_id, file_name, file_size from crm_case_attachments
                 union all select file_id, file_name, file_size from crm_kb_article_attachments
             ) a join crm_files f on f.file_id = a.file_id where not f.is_stored or f.file_size <> a.file_size",
    },
    Law {
        name: "votes on an article are counted",
        breaches: "select a.article_number from crm_kb_articles a where
             a.helpful_count <> (select count(*) from crm_kb_article_feedback f where f.article_id = a.article_id and f.is_helpful)
             or a.not_helpful_count <>
                 (select count(*) from crm_kb_article_feedback f where f.article_id = a.article_id and not f.is_helpful)",
    },
    Law {
        name: "the views of an article that are kept are counted",
        breaches: "select a.article_number from crm_kb_articles a where a.view_count <
             (select coalesce(sum(v.views), 0) from crm_kb_article_views v where v.article_id = a.article_id)",
    },
    Law {
        name: "a category counts its published articles",
        breaches: "select c.category_name from crm_kb_categories c where
             c.article_count <> (select count(*) from crm_kb_articles a
                 where a.category_id = c.category_id and a.is_active and a.status = 'published')
             or c.public_article_count <> (select count(*) from crm_kb_articles a
                 where a.category_id = c.category_id and a.is_active and a.status = 'published' and not a.is_internal)",
    },
    Law {
        name: "articles without a category are counted",
        breaches: "select 'the count' from crm_kb_uncategorised c where
             c.article_count <> (select count(*) from crm_kb_articles a
                 where a.category_id is null and a.is_active and a.status = 'published')
             or c.public_article_count <> (select count(*) from crm_kb_articles a
                 where a.category_id is null and a.is_active and a.status = 'published' and not a.is_internal)",
    },
    Law {
        name: "what readers see is kept as a version, and only that has a draft beside it",
        breaches: "select a.article_number from crm_kb_articles a where
             a.article_id not in (select q.article_id from crm_kb_article_queue q)
             and ((a.status = 'published' and not exists (select 1 from crm_kb_article_versions v
                     where v.article_id = a.article_id and v.version = a.version and v.content = a.content))
                 or (a.status <> 'published'
                     and exists (select 1 from crm_kb_article_drafts d where d.article_id = a.article_id)))",
    },
    Law {
        name: "an article's address leads to it",
        breaches: "select a.article_number from crm_kb_articles a where a.slug is not null
             and not exists (select 1 from crm_kb_slugs s where s.slug = a.slug and s.article_id = a.article_id)",
    },
    Law {
        name: "an invitation is answered by the answers that name it",
        breaches: "select 'invitation ' || cast(i.invitation_id as text) from crm_survey_invitations i
             where (i.answered_at is not null)
                 <> exists (select 1 from crm_survey_submissions s where s.invitation_id = i.invitation_id)",
    },
    Law {
        name: "a message that is sent says when",
        breaches: "select 'message ' || cast(m.outbound_message_id as text) from crm_outbound_messages m
             where m.state = 'sent' and m.sent_at is null",
    },
    Law {
        name: "the rollup equals a recount",
        breaches: "select coalesce(r.dimension, q.dimension) || ' ' || coalesce(r.key, q.key) || ' ' || coalesce(r.status, q.status)
             from (select dimension, key, status, cases, escalated, violated, responded, response_minutes, timed,
                       resolution_minutes
                   from crm_case_rollup_now where cases <> 0) r
             full join (
                 select d.dimension, d.key, d.status, count(*) as cases,
                     count(*) filter (where d.is_escalated) as escalated,
                     count(*) filter (where d.is_sla_violated) as violated,
                     count(d.response_time_minutes) as responded, count(d.resolution_time_minutes) as timed,
                     cast(coalesce(sum(d.response_time_minutes), 0) as bigint) as response_minutes,
                     cast(coalesce(sum(d.resolution_time_minutes), 0) as bigint) as resolution_minutes
                 from (
                     select 'all' as dimension, '' as key, c.* from crm_cases c where c.is_listed union all
                     select 'account', coalesce(cast(account_id as text), ''), c.* from crm_cases c where c.is_listed union all
                     select 'contact', coalesce(cast(contact_id as text), ''), c.* from crm_cases c where c.is_listed union all
                     select 'channel', channel, c.* from crm_cases c where c.is_listed union all
                     select 'owner', coalesce(cast(owner_id as text), ''), c.* from crm_cases c where c.is_listed union all
                     select 'priority', cast(priority_id as text), c.* from crm_cases c where c.is_listed union all
                     select 'team', coalesce(cast(team_id as text), ''), c.* from crm_cases c where c.is_listed union all
                     select 'type', cast(case_type_id as text), c.* from crm_cases c where c.is_listed
                 ) d group by d.dimension, d.key, d.status
             ) q on q.dimension = r.dimension and q.key = r.key and q.status = r.status
             where r.cases is distinct from q.cases or r.escalated is distinct from q.escalated
                 or r.violated is distinct from q.violated or r.response_minutes is distinct from q.response_minutes
                 or r.responded is distinct from q.responded or r.timed is distinct from q.timed
                 or r.resolution_minutes is distinct from q.resolution_minutes",
    },
    Law {
        name: "the rollup by owner and team equals a recount",
        breaches: "select cast(coalesce(r.owner_id, q.owner_id) as text) || ' ' || cast(coalesce(r.team_id, q.team_id) as text)
                 || ' ' || coalesce(r.status, q.status)
             from (select owner_id, team_id, status, cases, escalated, violated, responded, response_minutes, timed,
                       resolution_minutes, rated, score_sum
                   from crm_owner_rollup_now) r
             full join (
                 select coalesce(owner_id, 0) as owner_id, coalesce(team_id, 0) as team_id, status, count(*) as cases,
                     count(*) filter (where is_escalated) as escalated, count(*) filter (where is_sla_violated) as violated,
                     count(response_time_minutes) as responded, count(resolution_time_minutes) as timed,
                     cast(coalesce(sum(response_time_minutes), 0) as bigint) as response_minutes,
                     cast(coalesce(sum(resolution_time_minutes), 0) as bigint) as resolution_minutes,
                     count(csat_score) as rated, cast(coalesce(sum(csat_score), 0) as bigint) as score_sum
                 from crm_cases where is_listed group by coalesce(owner_id, 0), coalesce(team_id, 0), status
             ) q on q.owner_id = r.owner_id and q.team_id = r.team_id and q.status = r.status
             where r.cases is distinct from q.cases or r.escalated is distinct from q.escalated
                 or r.violated is distinct from q.violated or r.responded is distinct from q.responded
                 or r.response_minutes is distinct from q.response_minutes or r.timed is distinct from q.timed
                 or r.resolution_minutes is distinct from q.resolution_minutes or r.rated is distinct from q.rated
                 or r.score_sum is distinct from q.score_sum",
    },
];

/// Asks every law. Answers what is wrong, in words; nothing where all is well.
pub fn examine(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let mut findings = engine_findings(tx)?;
    for law in LAWS {
        let breaches: Vec<(String,)> = tx.query(law.breaches, &[])?;
        findings.extend(breaches.iter().take(SHOWN).map(|(what,)| format!("broken: {}: {what}", law.name)));
        if breaches.len() > SHOWN {
            findings.push(format!("broken: {}: and {} more", law.name, breaches.len() - SHOWN));
        }
    }
    let index = search::articles::breaches(tx)?;
    findings.extend(index.iter().take(SHOWN).map(|what| format!("broken: the index of articles: {what}")));
    Ok(findings)
}

/// Asks whether the SLA clocks of every case are what its events tell, at a moment: portion by portion, for it takes
/// longer the longer the history. Answers what is wrong, in words.
pub fn examine_clocks(db: &Db, now: Time) -> Result<Vec<String>> {
    let (mut findings, mut after) = (Vec::new(), 0);
    loop {
        let (found, last) = db.read_blocking(Class::Slow, move |tx| {
            let (clocks, branding, config) = (Clocks::default(), Branding::default(), Config::default());
            let (clocks, branding, config) = (&clocks, &branding, &config);
            sla::contradictions(&mut Work { tx, actor: Actor::System, now, clocks, branding, config }, after)
        })?;
        let law = "targets equal the replay of the case's events";
        findings.extend(found.iter().map(|what| format!("broken: {law}: {what}")));
        match last {
            Some(last) if findings.len() <= SHOWN => after = last,
            _ => return Ok(findings),
        }
    }
}

/// What only the engine knows. PostgreSQL holds its foreign keys itself, always.
fn engine_findings(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    if tx.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let integrity: Vec<(String,)> = tx.query("select integrity_check from pragma_integrity_check", &[])?;
    let mut findings: Vec<String> = integrity
        .into_iter()
        .filter(|(line,)| line != "ok")
        .map(|(line,)| format!("the file: {line}"))
        .collect();
    let orphans: Vec<(String, Option<i64>, String)> =
        tx.query("select \"table\", rowid, parent from pragma_foreign_key_check", &[])?;
    for (table, row, parent) in orphans.into_iter().take(SHOWN) {
        findings.push(format!(
            "broken: row {} of {table} refers to nothing in {parent}",
            row.unwrap_or_default()
        ));
    }
    Ok(findings)
}
