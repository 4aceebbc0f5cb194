//! A desk with a past: cases of two years, nine of ten ended, with their conversations, tags and events. The same
//! number of cases always makes the same desk, its dates aside.

use db::{Dialect, Value};
use serde_json::json;
use steward::people::{Role, Scope, commands};
use steward::{Actor, App, Error, Result, Time, Work};

use crate::text;

/// The desk's one secret: it holds nothing but made-up cases.
pub const TOKEN: &str = "stw_0000000000000000000000000000000000000000000";
/// The agents' user ids; the admin, whom the token speaks for, is user 1.
pub const OWNERS: std::ops::Range<i64> = 2..27;
pub const TEAMS: i64 = 4;
pub const ACCOUNTS: i64 = 120;
pub const CONTACTS: i64 = 400;
/// Case types and priorities are those of every desk.
pub const TYPES: i64 = 6;
pub const PRIORITIES: i64 = 4;
pub const CHANNELS: [&str; 7] = ["email", "phone", "chat", "web", "social", "portal", "api"];

/// Cases written in one transaction.
const PORTION: i64 = 1000;
/// Rows in one statement.
const ROWS: usize = 20;
/// Comment ids leave room for as many on each case.
const COMMENTS: i64 = 7;
const DAY: i64 = 24 * 60;

/// The account of a contact.
pub fn account_of(contact_id: i64) -> i64 {
    (contact_id - 1) % ACCOUNTS + 1
}

/// Whether the desk was filled before, by this very program.
pub fn is_full(work: &mut Work, mark: &str) -> Result<bool> {
    let found: Option<(String,)> =
        work.optional("select value from crm_settings where name = 'bench'", &[])?;
    Ok(found.is_some_and(|(value,)| value == mark))
}

/// Fills a new desk, with a thread for each core where the engine takes several writers.
pub fn fill(app: &App, cases: i64, mark: &str) -> Result<()> {
    app.write_blocking(Actor::System, people)?;
    let writers = match app.db.dialect() {
        Dialect::Sqlite => 1,
        Dialect::Postgres => std::thread::available_parallelism().map_or(1, |cores| cores.get() as i64),
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|writer| {
                scope.spawn(move || {
                    let portions = (1..=cases).step_by(PORTION as usize).enumerate();
                    for (_, first) in portions.filter(|(number, _)| *number as i64 % writers == writer) {
                        let last = (first + PORTION - 1).min(cases);
                        app.write_blocking(Actor::System, move |work| portion(work, first, last, cases))?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(db::Error::Panicked("while filling the desk".into()).into()))
        })
    })?;
    let mark = mark.to_owned();
    app.write_blocking(Actor::System, steward::cases::fold_rollup)?;
    app.write_blocking(Actor::System, move |work| {
        for (table, key) in [("crm_cases", "case_id"), ("crm_case_comments", "comment_id")] {
            let reset = work.dialect().reset_identity(table, key);
            work.tx.batch(&reset)?;
        }
        work.tx.batch("analyze")?;
        work.execute("insert into crm_settings (name, value) values ('bench', $1)", &[&mark])?;
        Ok(())
    })
}

/// The desk's people, and the token that all requests show.
pub fn people(work: &mut Work) -> Result<()> {
    commands::add_user(work, "Admin", "admin@desk.example", Role::Admin, None)?;
    commands::make_token(work, "admin@desk.example", "bench", Scope::Write, None, TOKEN)?;
    let mut random = fastrand::Rng::with_seed(1);
    for owner in OWNERS {
        let name = text::name(&mut random);
        commands::add_user(work, &name, &format!("agent{owner}@desk.example"), Role::Agent, None)?;
    }
    let teams = (1..=TEAMS).flat_map(|team| [format!("Team {team}").into()]).collect();
    insert(work, "crm_teams (team_name)", 1, teams)?;
    let mut accounts = Vec::new();
    for account in 1..=ACCOUNTS {
        let name = format!("{} {account}", text::name(&mut random));
        accounts.extend([Value::from(name.to_lowercase()), name.into()]);
    }
    insert(work, "crm_accounts (name_key, account_name)", 2, accounts)?;
    let mut contacts = Vec::new();
    for contact in 1..=CONTACTS {
        let (name, email) = (text::name(&mut random), format!("contact{contact}@customer.example"));
        contacts.extend([
            account_of(contact).into(),
            name.to_lowercase().into(),
            name.into(),
            email.clone().into(),
            email.into(),
        ]);
    }
    insert(work, "crm_contacts (account_id, name_key, name, email, email_key)", 5, contacts)
}

/// The rows of a portion, by table.
#[derive(Default)]
struct Rows {
    cases: Vec<Value>,
    comments: Vec<Value>,
    tags: Vec<Value>,
    events: Vec<Value>,
}

fn portion(work: &mut Work, first: i64, last: i64, cases: i64) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(first as u64);
    let mut rows = Rows::default();
    for case_id in first..=last {
        // They come one after the other, over two years.
        let age = (cases - case_id) * 730 * DAY / cases + 10;
        rows.add(&mut random, case_id, age, work.now);
    }
    let cases = "crm_cases (case_id, account_id, contact_id, subject, description, case_type_id, priority_id,
        priority_level, sla_policy_id, status, channel, owner_id, team_id, first_response_at, first_response_due,
        resolution_due, resolved_at, closed_at, response_time_minutes, resolution_time_minutes, created_by, created_at,
        updated_at, public_updated_at)";
    insert(work, cases, 24, rows.cases)?;
    let comments =
        "crm_case_comments (comment_id, case_id, comment_text, is_internal, created_by, contact_id,
        created_at, updated_at)";
    insert(work, comments, 8, rows.comments)?;
    insert(work, "crm_case_tags (case_id, tag, created_at)", 3, rows.tags)?;
    let events = "crm_case_events (case_id, kind, actor_kind, actor_id, is_public, data, at)";
    insert(work, events, 7, rows.events)
}

/// What most rows of one case have in common.
struct Case {
    id: i64,
    contact: i64,
    owner: i64,
    status: &'static str,
    opened: Time,
    ended: Option<Time>,
}

impl Rows {
    /// A case that came so many minutes ago. In all, a tenth is active: most of the last days, few of old ones.
    fn add(&mut self, random: &mut fastrand::Rng, id: i64, age: i64, now: Time) {
        let active = match age / DAY {
            0..30 => 60,
            30..180 => 25,
            _ => 3,
        };
        let status = if random.u32(0..100) < active {
            ["new", "open", "open", "pending", "in_progress", "waiting_customer"][random.usize(0..6)]
        } else {
            match random.u32(0..90) {
                0..80 => "closed",
                80..88 => "resolved",
                _ => "cancelled",
            }
        };
        let has_ended = matches!(status, "closed" | "resolved" | "cancelled");
        let opened = now.plus_minutes(-age);
        let ended = has_ended.then(|| opened.plus_minutes(random.i64(1..age.clamp(2, 5 * DAY))));
        let (contact, owner) = (random.i64(1..=CONTACTS), random.i64(OWNERS));
        let case = Case { id, contact, owner, status, opened, ended };
        self.case(random, &case);
        self.event(&case, "user", Some(1), opened, "created", true, json!({ "status": "new" }));
        self.comments(random, &case);
        for tag in text::tags(random) {
            self.tags.extend([id.into(), tag.into(), time(opened)]);
        }
        if let Some(ended) = ended {
            let data = json!({ "from": "open", "to": status });
            self.event(&case, "user", Some(owner), ended, "status_changed", true, data);
        }
    }

    fn case(&mut self, random: &mut fastrand::Rng, case: &Case) {
        let priority = random.i64(1..=PRIORITIES);
        let (response_due, due) = [(48, 168), (24, 72), (4, 24), (1, 8)][priority as usize - 1];
        // A few are late: their violations are written by the triggers, as always.
        let response = match case.status {
            "new" => None,
            _ => Some(random.i64(1..response_due * 63)),
        };
        let resolved = case.ended.filter(|_| case.status != "cancelled");
        let number = case.id;
        let mut description = text::sentences(random, 40);
        if number % 5000 == 17 {
            description.push_str(text::RARE);
        }
        let owner = (case.status != "new").then_some(case.owner);
        let touched = case.ended.unwrap_or(case.opened);
        self.cases.extend([
            number.into(),
            account_of(case.contact).into(),
            case.contact.into(),
            text::subject(random).into(),
            description.into(),
            random.i64(1..=TYPES).into(),
            priority.into(),
            priority.into(),
            4.into(),
            case.status.into(),
            CHANNELS[random.usize(0..CHANNELS.len())].into(),
            owner.into(),
            random.i64(1..=TEAMS).into(),
            response.map(|minutes| time(case.opened.plus_minutes(minutes))).into(),
            time(case.opened.plus_hours(response_due)),
            time(case.opened.plus_hours(due)),
            resolved.map(time).into(),
            case.ended.filter(|_| case.status == "closed").map(time).into(),
            response.into(),
            resolved.map(|at| at.minutes_since(case.opened)).into(),
            1.into(),
            time(case.opened),
            time(touched),
            time(touched),
        ]);
    }

    fn comments(&mut self, random: &mut fastrand::Rng, case: &Case) {
        let count = if case.status == "new" { 0 } else { random.i64(0..COMMENTS) };
        for number in 0..count {
            let comment_id = case.id * COMMENTS + number;
            let at = case.opened.plus_minutes(10 * (number + 1));
            let by_contact = number % 2 == 1;
            let is_internal = !by_contact && random.u32(0..10) < 3;
            let (user, contact) =
                if by_contact { (None, Some(case.contact)) } else { (Some(case.owner), None) };
            self.comments.extend([
                comment_id.into(),
                case.id.into(),
                text::sentences(random, 25).into(),
                is_internal.into(),
                user.into(),
                contact.into(),
                time(at),
                time(at),
            ]);
            let data = json!({ "comment_id": comment_id, "is_internal": is_internal, "is_solution": false,
                "contact_id": contact });
            let kind = if by_contact { "contact" } else { "user" };
            self.event(case, kind, user.or(contact), at, "comment_added", !is_internal, data);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one for each column")]
    fn event(
        &mut self,
        case: &Case,
        actor_kind: &str,
        actor_id: Option<i64>,
        at: Time,
        kind: &str,
        is_public: bool,
        data: serde_json::Value,
    ) {
        self.events.extend([
            case.id.into(),
            kind.into(),
            actor_kind.into(),
            actor_id.into(),
            is_public.into(),
            data.into(),
            time(at),
        ]);
    }
}

pub fn time(at: Time) -> Value {
    Value::Time(at.into())
}

/// Inserts rows of `width` values each, several in a statement.
pub fn insert(work: &mut Work, into: &str, width: usize, values: Vec<Value>) -> Result<()> {
    for rows in values.chunks(width * ROWS) {
        let places: Vec<String> = (0..rows.len() / width)
            .map(|row| {
                let places: Vec<String> =
                    (1..=width).map(|column| format!("${}", row * width + column)).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let params: Vec<&dyn db::ToParam> = rows.iter().map(|value| value as &dyn db::ToParam).collect();
        work.execute(&format!("insert into {into} values {}", places.join(", ")), &params)?;
    }
    Ok(())
}
