//! What the demo promises, on both engines. The PostgreSQL side needs `STEWARD_TEST_POSTGRES`, the URL of a server on
//! which databases may be made, and fails without it.

use db::{FromRow, Options};

use super::*;
use crate::cases::Status;
use crate::doctor;
use crate::schema::STEPS;

fn now() -> Time {
    Time::parse("2026-11-22T10:30:00.000Z").unwrap()
}

/// A database of its own, gone with the value.
struct Fresh {
    db: Db,
    _folder: Option<tempfile::TempDir>,
    /// The PostgreSQL server and the name of the database there.
    database: Option<(String, String)>,
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.db.clone().close();
        if let Some((server, name)) = &self.database {
            administer(server, &format!("drop database if exists {name} with (force)"));
        }
    }
}

impl Fresh {
    fn sqlite() -> Fresh {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("demo.db").display());
        Fresh { db: open(url), _folder: Some(folder), database: None }
    }

    fn postgres(name: &str) -> Fresh {
        let server = std::env::var("STEWARD_TEST_POSTGRES")
            .expect("run `bin/test postgres COMMAND`, or set STEWARD_TEST_POSTGRES to a server's URL");
        let (head, query) =
            server.split_once('?').map_or((server.as_str(), ""), |(head, query)| (head, query));
        let base = head.trim_end_matches('/').rsplit_once('/').map_or(head, |(base, _)| base);
        let database = format!("steward_demo_{name}_{}", std::process::id());
        administer(&server, &format!("create database {database}"));
        let db = open(format!("{base}/{database}?{query}"));
        Fresh { db, _folder: None, database: Some((server, database)) }
    }

    fn query<T: FromRow + Send + 'static>(&self, sql: &'static str) -> Vec<T> {
        self.db.read_blocking(Class::Slow, move |tx| Ok::<_, Error>(tx.query(sql, &[])?)).unwrap()
    }

    fn count(&self, sql: &'static str) -> i64 {
        self.query::<(i64,)>(sql)[0].0
    }

    /// Everything that was written, as text.
    fn contents(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (table, key) in [
            ("crm_users", "user_id"),
            ("crm_contacts", "contact_id"),
            ("crm_cases", "case_id"),
            ("crm_case_comments", "comment_id"),
            ("crm_case_events", "event_id"),
            ("crm_sla_violations", "case_id, violation_type"),
            ("crm_case_escalations", "escalation_id"),
            ("crm_survey_responses", "response_id"),
        ] {
            let rows: Vec<Anything> = self
                .db
                .read_blocking(Class::Slow, move |tx| {
                    Ok::<_, Error>(tx.query(&format!("select * from {table} order by {key}"), &[])?)
                })
                .unwrap();
            all.extend(rows.into_iter().map(|row| row.0));
        }
        all
    }
}

struct Anything(String);

impl FromRow for Anything {
    fn from_row(row: &db::Row<'_>) -> std::result::Result<Anything, db::Error> {
        let values: std::result::Result<Vec<db::Value>, db::Error> = (0..row.len())
            .filter(|column| !["violation_id", "xact"].contains(&row.column_name(*column)))
            .map(|column| row.get(column))
            .collect();
        Ok(Anything(format!("{:?}", values?)))
    }
}

/// Databases cannot be made and dropped inside a transaction, which is all that `Db` offers.
fn administer(server: &str, sql: &str) {
    postgres::Client::connect(server, postgres::NoTls).unwrap().batch_execute(sql).unwrap();
}

fn open(url: String) -> Db {
    let mut options = Options::new(url);
    options.durable = false;
    let db = Db::open(options).unwrap();
    db.migrate(STEPS, None).unwrap();
    db.before_commit(crate::search::catch_up);
    db
}

#[test]
fn the_desk_is_as_promised_on_sqlite() {
    check(&Fresh::sqlite());
}

#[test]
fn the_desk_is_as_promised_on_postgres() {
    check(&Fresh::postgres("promised"));
}

fn check(fresh: &Fresh) {
    prepare(&fresh.db, now()).unwrap();
    check_counts(fresh);
    check_examples(fresh);
    check_histories(fresh);
    check_rules(fresh);
    let mut findings = fresh.db.read_blocking(Class::Slow, doctor::examine).unwrap();
    findings.extend(doctor::examine_clocks(&fresh.db, now()).unwrap());
    assert_eq!(findings, Vec::<String>::new());
}

fn check_counts(fresh: &Fresh) {
    for (sql, least, most) in [
        ("select count(*) from crm_users where is_active", 25, 25),
        ("select count(*) from crm_users where is_active and user_id <= 10 and role <> 'viewer'", 10, 10),
        ("select count(*) from crm_teams", 4, 4),
        ("select count(*) from crm_accounts", 120, 120),
        ("select count(distinct account_tier) from crm_accounts", 3, 3),
        ("select count(*) from crm_contacts", 400, 400),
        ("select count(*) from crm_cases where is_listed", 2000, 2000),
        ("select count(distinct status) from crm_cases", 8, 8),
        ("select count(distinct channel) from crm_cases", 7, 7),
        ("select count(*) from crm_cases where is_open", 150, 250),
        ("select count(*) from crm_cases where is_open and owner_id is null", 3, 80),
        ("select count(*) from crm_cases where is_open and is_sla_violated", 5, 60),
        ("select count(*) from crm_cases where is_sla_violated", 100, 300),
        ("select count(*) from crm_cases where is_open and is_escalated", 5, 60),
        ("select count(*) from crm_cases where reopened_count > 0", 50, 300),
        ("select count(*) from crm_cases where csat_score is not null", 300, 900),
        ("select count(distinct csat_score) from crm_cases", 5, 5),
        ("select count(*) from crm_survey_submissions", 300, 900),
        ("select count(*) from crm_survey_responses where survey_id = (select survey_id from crm_surveys where survey_type = 'nps')", 30, 300),
        ("select count(*) from crm_survey_responses where survey_id = (select survey_id from crm_surveys where survey_type = 'ces')", 30, 300),
        ("select count(*) from crm_survey_invitations where answered_at is not null", 250, 900),
        (
            "select count(*) from crm_survey_invitations where answered_at is null and opened_at is not null",
            50,
            400,
        ),
        ("select count(*) from crm_cases where parent_case_id is not null", 20, 80),
        ("select count(*) from crm_cases where is_open and resolution_due is null", 20, 140),
        ("select count(*) from crm_cases where subject like '%rash%'", 20, 300),
        ("select count(*) from crm_cases where owner_id = 10", 20, 500),
        ("select count(*) from crm_case_comments", 5000, 20_000),
        ("select count(*) from crm_case_escalations", 50, 500),
        ("select count(distinct x.case_id) from crm_case_escalations x join crm_cases c on c.case_id = x.case_id
              where c.is_sla_violated", 20, 300),
        ("select count(distinct tag) from crm_case_tags", 20, 100),
    ] {
        let count = fresh.count(sql);
        println!("{count:6}  {sql}");
        assert!((least..=most).contains(&count), "{count} is not in {least}..={most}: {sql}");
    }
    for status in Status::ALL {
        let sql = format!("select count(*) from crm_cases where status = '{status}'").leak();
        let count = fresh.count(sql);
        println!("{count:6}  {status}");
        assert!(count > 2, "{count} cases are {status}");
    }
}

/// What the seed's curl examples rely on.
fn check_examples(fresh: &Fresh) {
    for (sql, expected) in [
        ("select count(*) from crm_contacts where contact_id in (1, 5) and account_id = 1", 2),
        ("select count(*) from crm_cases where case_id = 1 and status = 'open' and not is_sla_violated", 1),
        ("select count(*) from crm_cases where parent_case_id in (1, 123)", 0),
        (
            "select count(*) from crm_cases where case_id = 123 and status = 'closed' and contact_id = 5
                 and account_id = 1 and csat_score is null",
            1,
        ),
        ("select count(*) from crm_survey_responses where case_id = 123", 0),
        ("select count(*) from crm_settings where name = 'made_by' and value = 'demo'", 1),
    ] {
        assert_eq!(fresh.count(sql), expected, "{sql}");
    }
    assert!(fresh.count("select count(*) from crm_cases where priority_id = 3 and status = 'open'") > 1);
}

fn none(fresh: &Fresh, sql: impl Into<String>) {
    let sql: &'static str = sql.into().leak();
    assert_eq!(fresh.count(sql), 0, "{sql}");
}

/// Rows and events tell the same story.
fn check_histories(fresh: &Fresh) {
    let text = |key| format!("cast({} as text)", fresh.db.dialect().json_text("e.data", key));
    none(
        fresh,
        format!(
            "select count(*) from crm_cases c where c.status <> coalesce((select {} from crm_case_events e
                 where e.case_id = c.case_id and e.kind = 'status_changed' order by e.event_id desc limit 1), 'new')",
            text("to")
        ),
    );
    none(
        fresh,
        format!(
            "select count(*) from crm_cases c where c.reopened_count <> (select count(*) from crm_case_events e
                 where e.case_id = c.case_id and e.kind = 'status_changed' and {} in ('1', 'true'))",
            text("reopening")
        ),
    );
    none(
        fresh,
        format!(
            "select count(*) from crm_case_events e left join crm_case_comments m
                 on m.comment_id = cast({} as bigint) and m.case_id = e.case_id and m.created_at = e.at
             where e.kind in ('comment_added', 'first_response') and m.comment_id is null",
            text("comment_id")
        ),
    );
    none(
        fresh,
        format!(
            "select count(*) from crm_case_events e left join crm_case_texts t
                 on t.text_id = cast({0} as bigint) and t.case_id = e.case_id and t.created_at = e.at
             where e.kind = 'status_changed' and {0} is not null and t.text_id is null",
            text("reason_text_id")
        ),
    );
    none(
        fresh,
        format!(
            "select count(*) from crm_cases c
             left join crm_case_events e on e.case_id = c.case_id and e.kind = 'rated' and e.at = c.csat_submitted_at
             left join crm_survey_submissions s on s.submission_id = cast({} as bigint) and s.case_id = c.case_id
             left join crm_survey_responses r on r.submission_id = s.submission_id and r.question_id = 1
             where c.csat_score is distinct from r.rating_value",
            text("submission_id")
        ),
    );
    none(
        fresh,
        "select count(*) from (select at, lag(at) over (order by event_id) as before from crm_case_events) e
         where e.before > e.at",
    );
    none(
        fresh,
        "select count(*) from crm_cases c where c.created_at <>
             (select min(e.at) from crm_case_events e where e.case_id = c.case_id and e.kind = 'created')",
    );
}

/// Rows obey the rules of comments, statuses, deadlines and families.
fn check_rules(fresh: &Fresh) {
    none(
        fresh,
        "select count(*) from crm_cases c where c.first_response_at is distinct from
             (select min(m.created_at) from crm_case_comments m
              where m.case_id = c.case_id and not m.is_internal and m.created_by is not null)",
    );
    let minutes = |until: &str| fresh.db.dialect().minutes_between("created_at", until);
    none(
        fresh,
        format!(
            "select count(*) from crm_cases where abs({} - response_time_minutes - 0.5) > 0.51
                 or abs({} - resolution_time_minutes - 0.5) > 0.51
                 or (first_response_at is null) <> (response_time_minutes is null)
                 or (resolved_at is null) <> (resolution_time_minutes is null)",
            minutes("first_response_at"),
            minutes("resolved_at")
        ),
    );
    for sql in [
        "select count(*) from crm_cases where is_open and not is_sla_violated
             and (resolution_due < '2026-11-22T10:30:00.000Z'
                  or (first_response_at is null and first_response_due < '2026-11-22T10:30:00.000Z'))",
        "select count(*) from crm_cases c join crm_cases p on p.case_id = c.parent_case_id
         where c.created_at < p.created_at or (c.is_open and not p.is_open)",
        "select count(*) from crm_cases where updated_at > '2026-11-22T10:30:00.000Z'",
        "select count(*) from crm_case_events where at > '2026-11-22T10:30:00.000Z'",
        // Or the first tick would close them.
        "select count(*) from crm_cases where status = 'resolved' and resolved_at < '2026-11-17T10:30:00.000Z'",
        "select count(*) from crm_sla_violations where violated_at <> due_at or created_at <> due_at",
        "select count(*) from crm_cases where is_escalated <> (escalation_level > 0)",
        // Targets, violations and events tell of the same misses; cases show what their targets say.
        "select count(*) from crm_sla_targets t where t.breached_at is not null and not exists
             (select 1 from crm_sla_violations v where v.case_id = t.case_id and v.violation_type = t.kind
                  and v.violated_at = t.breached_at)",
        "select count(*) from crm_sla_violations v where not exists
             (select 1 from crm_sla_targets t where v.case_id = t.case_id and v.violation_type = t.kind
                  and v.violated_at = t.breached_at)",
        "select count(*) from crm_sla_violations v where not exists
             (select 1 from crm_case_events e where v.case_id = e.case_id and e.kind = 'breached' and e.at = v.violated_at)",
        "select count(*) from crm_cases c join crm_sla_targets t on t.case_id = c.case_id and t.kind = 'resolution'
             where t.due_at is distinct from c.resolution_due",
        "select count(*) from crm_cases c join crm_sla_targets t on t.case_id = c.case_id and t.kind = 'first_response'
             where t.due_at <> c.first_response_due",
        "select count(*) from crm_cases c join crm_case_plans p on p.case_id = c.case_id
             where p.sla_policy_id <> c.sla_policy_id",
        "select count(*) from crm_case_escalations x where not exists
             (select 1 from crm_case_events e where e.case_id = x.case_id and e.kind = 'escalated' and e.at = x.created_at)",
        "select count(*) from crm_case_escalations x where x.resolved_at is not null and not exists
             (select 1 from crm_case_events e where e.case_id = x.case_id and e.kind = 'escalation_resolved'
                  and e.at = x.resolved_at)",
        "select count(*) from crm_case_escalations x where x.acknowledged_at is not null and not exists
             (select 1 from crm_case_events e where e.case_id = x.case_id and e.kind = 'escalation_acknowledged'
                  and e.at = x.acknowledged_at)",
        "select count(*) from crm_cases c join crm_contacts k on k.contact_id = c.contact_id
         where k.account_id is distinct from c.account_id",
    ] {
        none(fresh, sql);
    }
}

#[test]
fn the_same_present_gives_the_same_desk() {
    let (one, other) = (Fresh::sqlite(), Fresh::sqlite());
    prepare(&one.db, now()).unwrap();
    prepare(&other.db, now()).unwrap();
    let (one, other) = (one.contents(), other.contents());
    assert_eq!(one.len(), other.len());
    assert!(one.iter().zip(&other).all(|(one, other)| one == other));
}

#[test]
fn a_demo_on_postgres_is_taken_again_and_a_desk_is_refused() {
    for fresh in [Fresh::sqlite(), Fresh::postgres("refused")] {
        prepare(&fresh.db, now()).unwrap();
        let again = prepare(&fresh.db, now().plus_days(1)).unwrap();
        assert_eq!(again.user_id(), Some(1));
        assert_eq!(fresh.count("select count(*) from crm_cases"), 2000);
        // Ids go on where the generated ones end.
        fresh
            .db
            .write_blocking(|tx| -> Result<()> {
                let (id,): (i64,) = tx.one(
                    "insert into crm_case_comments (case_id, comment_text, created_by) values (1, 'x', 1)
                 returning comment_id",
                    &[],
                )?;
                let (most,): (i64,) = tx.one("select max(comment_id) from crm_case_comments", &[])?;
                assert_eq!(id, most);
                tx.execute("delete from crm_settings where name = 'made_by'", &[])?;
                Ok(())
            })
            .unwrap();
        assert!(matches!(prepare(&fresh.db, now()), Err(Error::Conflict(_))));
    }
}

/// The weekday and the hour have a say in what is open.
#[test]
fn whenever_it_is_started_there_is_work() {
    for hours in [3, 60, 101] {
        let fresh = Fresh::sqlite();
        prepare(&fresh.db, now().plus_hours(hours)).unwrap();
        check_counts(&fresh);
        check_examples(&fresh);
    }
}

#[test]
fn crashes_are_found() {
    let fresh = Fresh::sqlite();
    prepare(&fresh.db, now()).unwrap();
    assert!(fresh.count("select count(*) from crm_case_fts where crm_case_fts match 'crash'") > 50);
    assert_eq!(fresh.count("select count(*) from crm_search_queue"), 0);
}
