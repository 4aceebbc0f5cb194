//! A desk for one test: a server in this process on a database of its own, a clock that is set by hand, and the cast.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use db::{Class, Db, Options, ToParam};
use serde_json::{Value, json};
use steward::http::Server;
use steward::people::{Account, Contact, Role, Scope, commands, tokens};
use steward::{Actor, App, Clock, Config, Time, Work, input};
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::place::{Engine, Place};

/// Defines each test twice, once an engine: `name::sqlite` and `name::postgres`.
macro_rules! both_engines {
    ($($(#[$meta:meta])* fn $name:ident($desk:ident) $body:block)+) => {$(
        $(#[$meta])*
        fn $name($desk: &$crate::desk::Desk) $body

        mod $name {
            #[test]
            fn sqlite() {
                super::$name(&$crate::desk::Desk::new($crate::place::Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                super::$name(&$crate::desk::Desk::new($crate::place::Engine::Postgres));
            }
        }
    )+};
}

/// The same for tests that make their own desks: the function is given the engine.
macro_rules! each_engine {
    ($($(#[$meta:meta])* fn $name:ident($engine:ident) $body:block)+) => {$(
        $(#[$meta])*
        fn $name($engine: $crate::place::Engine) $body

        mod $name {
            #[test]
            fn sqlite() {
                super::$name($crate::place::Engine::Sqlite);
            }

            #[test]
            fn postgres() {
                super::$name($crate::place::Engine::Postgres);
            }
        }
    )+};
}

/// When a desk's clock stands unless a test says otherwise: a Monday morning.
pub const MORNING: &str = "2026-03-02T09:00:00Z";

pub struct Desk {
    pub engine: Engine,
    pub app: App,
    pub clock: Clock,
    pub address: std::net::SocketAddr,
    server: Mutex<Option<Server>>,
    runtime: Option<Runtime>,
    place: Option<Place>,
    people: AtomicU32,
}

impl Desk {
    pub fn new(engine: Engine) -> Desk {
        Desk::with(engine, |_| {}, None)
    }

    /// A desk that treats strangers as its admin, as `steward demo` does.
    pub fn open_to_all(engine: Engine) -> Desk {
        Desk::with(engine, |_| {}, Some(Actor::User { id: 1, role: Role::Admin }))
    }

    pub fn with(engine: Engine, change: impl FnOnce(&mut Config), demo_admin: Option<Actor>) -> Desk {
        let desk = Desk::at_place(engine, Place::migrated(engine), change, demo_admin);
        if demo_admin.is_some() {
            desk.admin();
        }
        desk
    }

    /// A desk on a database that is there already.
    pub fn at_place(
        engine: Engine,
        place: Place,
        change: impl FnOnce(&mut Config),
        demo_admin: Option<Actor>,
    ) -> Desk {
        let mut options = Options::new(&place.url);
        options.durable = false;
        // Tests run side by side on one server; each needs few connections.
        options.pool_size = 4;
        let mut config = Config::load(None, std::iter::empty(), toml::Table::new()).unwrap();
        config.data = place.folder.path().to_owned();
        // The clock stands still between steps: nobody would ever be forgiven.
        config.requests_per_minute = 0;
        change(&mut config);
        let clock = Clock::at(Time::parse(MORNING).unwrap());
        let app = App::new(Db::open(options).unwrap(), config, clock.clone(), demo_admin);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            steward::http::serve(app.clone(), listener).unwrap()
        });
        Desk {
            engine,
            app,
            clock,
            address: server.address,
            server: Mutex::new(Some(server)),
            runtime: Some(runtime),
            place: Some(place),
            people: AtomicU32::new(0),
        }
    }

    // ---- time

    /// Sets the clock.
    pub fn at(&self, time: &str) -> &Desk {
        self.clock.set(Time::parse(time).unwrap_or_else(|| panic!("{time:?} is no instant")));
        self
    }

    /// Lets minutes pass.
    pub fn later(&self, minutes: i64) -> &Desk {
        self.clock.set(self.clock.now().plus_minutes(minutes));
        self
    }

    /// Does what time alone brings about, all of it.
    pub fn tick(&self) -> &Desk {
        let runtime = self.runtime.as_ref().expect("the desk is open");
        runtime.block_on(steward::start::housekeeping(&self.app, 0)).unwrap();
        self
    }

    /// Runs the jobs that are due at this moment, each once.
    pub fn run_jobs_once(&self) -> &Desk {
        let runtime = self.runtime.as_ref().expect("the desk is open");
        runtime.block_on(steward::jobs::run_due(&self.app)).unwrap();
        self
    }

    /// Another node on the same database, which looks at the same clock.
    pub fn another_node(&self) -> App {
        let mut options = Options::new(&self.place.as_ref().expect("the desk is open").url);
        options.durable = false;
        options.pool_size = 4;
        App::new(
            Db::open(options).unwrap(),
            steward::Config::clone(&self.app.config),
            self.clock.clone(),
            None,
        )
    }

    /// Lets nodes do at once what time brings about.
    pub fn tick_together(&self, nodes: &[App]) {
        let runtime = self.runtime.as_ref().expect("the desk is open");
        let ticks: Vec<_> = nodes
            .iter()
            .map(|app| {
                let app = app.clone();
                runtime.spawn(async move { steward::start::housekeeping(&app, 0).await })
            })
            .collect();
        for tick in ticks {
            runtime.block_on(tick).unwrap().unwrap();
        }
    }

    /// Runs the errands that are due: what speaks to other machines.
    pub fn post(&self) -> &Desk {
        let runtime = self.runtime.as_ref().expect("the desk is open");
        while runtime.block_on(steward::jobs::errands::run_due(&self.app)).unwrap() > 0 {}
        self
    }

    /// Ends the server, as a signal does.
    pub fn stop(&self) {
        let runtime = self.runtime.as_ref().expect("the desk is open");
        if let Some(server) = self.server.lock().unwrap().take() {
            runtime.block_on(server.stop());
        }
    }

    // ---- the cast

    fn client(&self, name: &str, id: i64, token: Option<String>) -> Client {
        Client::new(format!("http://{}", self.address), name, id, token)
    }

    /// Somebody without credentials.
    pub fn stranger(&self) -> Client {
        self.client("a stranger", 0, None)
    }

    /// Somebody with this token.
    pub fn bearer(&self, token: &str) -> Client {
        self.client("a bearer", 0, Some(token.to_owned()))
    }

    pub fn admin(&self) -> Client {
        self.user("Ada", Role::Admin)
    }

    pub fn manager(&self, name: &str) -> Client {
        self.user(name, Role::Manager)
    }

    pub fn agent(&self, name: &str) -> Client {
        self.user(name, Role::Agent)
    }

    pub fn viewer(&self, name: &str) -> Client {
        self.user(name, Role::Viewer)
    }

    pub fn user(&self, name: &str, role: Role) -> Client {
        let email = self.address_of(name);
        let (shown, mail) = (name.to_owned(), email.clone());
        let user = self.write(move |work| commands::add_user(work, &shown, &mail, role, None));
        self.client(name, user.user_id, Some(self.token(&email)))
    }

    /// A customer with an account of their own.
    pub fn contact(&self, name: &str) -> Client {
        let account = self.account(&format!("{name} Ltd"));
        self.contact_of(name, account)
    }

    pub fn contact_of(&self, name: &str, account_id: i64) -> Client {
        let email = self.address_of(name);
        let draft = json!({ "name": name, "email": email, "account_id": account_id });
        let contact = self.write(move |work| Contact::add(work, &input::from_json(draft.clone())?));
        self.client(name, contact.contact_id, Some(self.token(&email)))
    }

    pub fn account(&self, name: &str) -> i64 {
        self.account_with(json!({ "account_name": name }))
    }

    pub fn account_with(&self, draft: Value) -> i64 {
        self.write(move |work| Account::add(work, &input::from_json(draft.clone())?)).account_id
    }

    fn address_of(&self, name: &str) -> String {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        format!("{}.{number}@example.com", name.to_lowercase().replace(' ', "."))
    }

    /// A token for whoever has an address.
    pub fn token(&self, email: &str) -> String {
        self.token_with(email, Scope::Write, None)
    }

    pub fn token_with(&self, email: &str, scope: Scope, expires_at: Option<Time>) -> String {
        let secret = tokens::generate().unwrap();
        let (email, stored) = (email.to_owned(), secret.clone());
        self.write(move |work| {
            commands::make_token(work, &email, "test", scope, expires_at, &stored).map(|_| ())
        });
        secret
    }

    // ---- the database behind

    /// Works as the desk itself.
    pub fn write<T: Send + 'static>(
        &self,
        f: impl Fn(&mut Work) -> steward::Result<T> + Send + Sync + 'static,
    ) -> T {
        self.app.write_blocking(Actor::System, f).unwrap()
    }

    /// Plain SQL, as an operator's shell would run it.
    pub fn execute(&self, sql: &str) {
        let sql = sql.to_owned();
        self.write(move |work| Ok(work.tx.batch(&sql)?));
    }

    /// The first column of the one row, an integer.
    pub fn number(&self, sql: &str) -> i64 {
        let sql = sql.to_owned();
        let read = self.app.db.read_blocking(Class::Slow, move |tx| tx.one::<(i64,)>(&sql, &[]));
        read.map(|(number,)| number).unwrap()
    }

    /// The first column, texts.
    pub fn texts(&self, sql: &str, params: Vec<db::Value>) -> Vec<String> {
        let (sql, params) = (sql.to_owned(), Arc::new(params));
        let read = self.app.db.read_blocking(Class::Slow, move |tx| {
            let params: Vec<&dyn ToParam> = params.iter().map(|param| param as &dyn ToParam).collect();
            tx.query::<(String,)>(&sql, &params)
        });
        read.unwrap().into_iter().map(|(text,)| text).collect()
    }

    /// How many rows all tables hold together: what must not change where something is refused.
    pub fn rows(&self) -> i64 {
        const TABLES: [&str; 23] = [
            "crm_users",
            "crm_teams",
            "crm_team_members",
            "crm_accounts",
            "crm_contacts",
            "crm_tokens",
            "crm_case_priorities",
            "crm_case_types",
            "crm_cases",
            "crm_case_tags",
            "crm_case_comments",
            "crm_case_comment_versions",
            "crm_case_texts",
            "crm_case_events",
            "crm_audit_events",
            "crm_idempotency_keys",
            "crm_calendars",
            "crm_surveys",
            "crm_survey_questions",
            "crm_survey_invitations",
            "crm_survey_submissions",
            "crm_survey_responses",
            "crm_outbound_messages",
        ];
        let counts: Vec<String> =
            TABLES.iter().map(|table| format!("(select count(*) from {table})")).collect();
        self.number(&format!("select cast({} as bigint)", counts.join(" + ")))
    }
}

impl Drop for Desk {
    /// Ends tidily: after every test the counters equal the rows and nothing is orphaned.
    fn drop(&mut self) {
        let broken = if std::thread::panicking() {
            Vec::new()
        } else {
            let mut broken = self.app.db.read_blocking(Class::Slow, steward::doctor::examine).unwrap();
            broken.extend(steward::doctor::examine_clocks(&self.app.db, self.clock.now()).unwrap());
            broken
        };
        if !std::thread::panicking() {
            self.stop();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        // On PostgreSQL the database goes by force, whatever is still connected.
        drop(self.place.take());
        assert_eq!(broken, Vec::<String>::new(), "the data contradicts itself");
    }
}
