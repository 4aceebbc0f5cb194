//! App: what every request and every job is handed. Nothing is global: two desks can live in one process.

use std::ops::Deref;
use std::sync::Arc;

use db::{Class, Db, Tx};

use crate::branding::Branding;
use crate::clock::{Clock, Time};
use crate::config::Config;
use crate::dashboard::{self, Dashboards};
use crate::error::Result;
use crate::files::Files;
use crate::http::{Metrics, RequestLimits, Turns};
use crate::knowledge::Shelf;
use crate::live::Live;
use crate::markdown::Rendered;
use crate::people::SignInGuard;
use crate::sla::Clocks;
use crate::work::{Actor, Work};

/// Forms that one address may send in a minute without signing in: links asked for, requests by the contact form.
const STRANGERS_A_MINUTE: u32 = 10;

#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub db: Db,
    pub config: Arc<Config>,
    pub clock: Clock,
    pub metrics: Metrics,
    pub limits: RequestLimits,
    /// Who of those from outside may read slowly.
    pub turns: Turns,
    pub sign_ins: SignInGuard,
    /// How often an address may have a mail or a case made without signing in.
    pub strangers: RequestLimits,
    pub clocks: Arc<Clocks>,
    /// What the desk is called and how it looks.
    pub branding: Arc<Branding>,
    pub knowledge: Shelf,
    pub rendered: Rendered,
    pub files: Files,
    /// What happens on the desk, for those who listen.
    pub live: Live,
    /// Dashboards that are being computed.
    pub dashboards: Dashboards,
    /// What was read for them before.
    pub dashboard_memory: Arc<dashboard::Memory>,
    /// In the demo a caller without credentials is this user; never set by `serve`.
    pub demo_admin: Option<Actor>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What a node remembers, for its transactions. Not the whole desk: a transaction may outlive it.
pub struct Memory {
    clocks: Arc<Clocks>,
    branding: Arc<Branding>,
    config: Arc<Config>,
}

impl Memory {
    pub fn work<'a, 't>(&'a self, tx: &'a mut Tx<'t>, actor: Actor, now: Time) -> Work<'a, 't> {
        Work { tx, actor, now, clocks: &self.clocks, branding: &self.branding, config: &self.config }
    }
}

impl App {
    pub fn new(db: Db, config: Config, clock: Clock, demo_admin: Option<Actor>) -> App {
        db.before_commit(crate::search::catch_up);
        let metrics = Metrics::default();
        // Whoever plays with the demo may ask as fast as they like.
        let limits = RequestLimits::new(if demo_admin.is_some() { 0 } else { config.requests_per_minute });
        let files = Files::new(&config);
        let sign_ins = SignInGuard::default();
        let live = Live::new(config.max_listeners);
        App(Arc::new(Parts {
            db,
            config: Arc::new(config),
            clock,
            metrics,
            limits,
            turns: Turns::default(),
            sign_ins,
            strangers: RequestLimits::new(STRANGERS_A_MINUTE),
            clocks: Arc::default(),
            branding: Arc::default(),
            knowledge: Shelf::default(),
            rendered: Rendered::default(),
            files,
            live,
            dashboards: Dashboards::default(),
            dashboard_memory: Arc::default(),
            demo_admin,
        }))
    }

    /// The same desk, where whoever comes without credentials is this user: the demo.
    pub fn with_demo_admin(self, admin: Actor) -> App {
        let (db, config, clock) = (self.db.clone(), Config::clone(&self.config), self.clock.clone());
        App::new(db, config, clock, Some(admin))
    }

    /// What transactions outside a request take with them.
    pub fn memory(&self) -> Memory {
        let (clocks, branding, config) = (&self.clocks, &self.branding, &self.config);
        Memory { clocks: clocks.clone(), branding: branding.clone(), config: config.clone() }
    }

    /// What the desk is called, as far as this node knows.
    pub fn brand_name(&self) -> String {
        self.branding.known().map_or_else(|| self.config.brand.clone(), |brand| brand.name.clone())
    }

    /// Reads in one snapshot. `Class::Bounded` is for a key or one page of a covering index; whatever grows with the
    /// desk is `Class::Slow`.
    pub async fn read<T, F>(&self, class: Class, actor: Actor, f: F) -> Result<T>
    where
        F: Fn(&mut Work) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (now, memory) = (self.clock.now(), self.memory());
        self.db.read(class, move |tx| f(&mut memory.work(tx, actor, now))).await
    }

    /// Writes in one transaction, durable once this returns. `f` may run again (a conflict, a failed group), so it
    /// holds no outside effects.
    pub async fn write<T, F>(&self, actor: Actor, f: F) -> Result<T>
    where
        F: Fn(&mut Work) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (now, memory) = (self.clock.now(), self.memory());
        let written = self.db.write(move |tx| f(&mut memory.work(tx, actor, now))).await;
        self.live.wake();
        written
    }

    /// `read` for the command line: no runtime needed.
    pub fn read_blocking<T, F>(&self, class: Class, actor: Actor, f: F) -> Result<T>
    where
        F: Fn(&mut Work) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (now, memory) = (self.clock.now(), self.memory());
        self.db.read_blocking(class, move |tx| f(&mut memory.work(tx, actor, now)))
    }

    /// `write` for the command line and for filling the demo: no runtime needed.
    pub fn write_blocking<T, F>(&self, actor: Actor, f: F) -> Result<T>
    where
        F: Fn(&mut Work) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let (now, memory) = (self.clock.now(), self.memory());
        let written = self.db.write_blocking(move |tx| f(&mut memory.work(tx, actor, now)));
        self.live.wake();
        written
    }
}
