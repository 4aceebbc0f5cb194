//! The engine outside: a bounded pool of connections, each living on a thread of its own.

mod failure;
mod listen;
mod migration;
mod pool;
mod session;
mod tls;
mod values;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) use ::postgres::Row;
pub(crate) use session::Session;
pub(crate) use values::column;

use crate::db::{Hook, Options};
use crate::job::{Job, Patience};
use crate::stats::Counters;
use crate::{Class, Error, Stats, Step};

use pool::{Kind, Pool};
use tls::Wish;

pub(crate) struct Engine {
    pool: Arc<Pool>,
    server: Server,
    acquire_timeout: Duration,
    run_timeout: Duration,
    /// Gone once the database is closed: what listens ends by it.
    open: Mutex<Option<Arc<()>>>,
}

/// Where the server is, and the limits of every session on it.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
    statement_timeout: Duration,
    slow_deadline: Duration,
}

impl Engine {
    pub fn open(options: &Options, counters: &Arc<Counters>, hook: &Arc<Hook>) -> Result<Engine, Error> {
        let (config, tls) = configure(&options.url)?;
        let (statement_timeout, slow_deadline) = (options.statement_timeout, options.slow_deadline);
        let server = Server { config, tls, statement_timeout, slow_deadline };
        let pool = Arc::new(Pool::new(server.clone(), options, Arc::clone(counters), Arc::clone(hook)));
        Ok(Engine {
            pool,
            server,
            acquire_timeout: options.acquire_timeout,
            run_timeout: options.run_timeout,
            open: Mutex::new(Some(Arc::default())),
        })
    }

    pub fn submit_read(&self, class: Class, job: Box<dyn Job>) -> Result<Patience, Error> {
        Pool::submit(&self.pool, class, Kind::Read, job)?;
        Ok(self.patience(Error::Unavailable))
    }

    pub fn submit_write(&self, job: Box<dyn Job>) -> Result<Patience, Error> {
        Pool::submit(&self.pool, Class::Bounded, Kind::Write, job)?;
        Ok(self.patience(Error::OutcomeUnknown))
    }

    fn patience(&self, lost: fn(String) -> Error) -> Patience {
        Patience { start: Some(self.acquire_timeout), end: Some(self.run_timeout), lost }
    }

    pub fn migrate(&self, steps: &[Step]) -> Result<Vec<u32>, Error> {
        migration::run(&self.server, steps)
    }

    pub fn gauges(&self, stats: &mut Stats) {
        (stats.write_queue, stats.slow_queue, stats.connections_in_use) = self.pool.lengths();
    }

    pub fn listen(&self, channel: &'static str, heard: impl Fn(Option<&str>) + Send + 'static) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = open.as_ref() {
            listen::spawn(self.server.clone(), channel, Arc::downgrade(open), heard);
        }
    }

    pub fn close(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.pool.close();
    }
}

fn configure(url: &str) -> Result<(Config, MakeRustlsConnect), Error> {
    let (url, wish) = Wish::of(url)?;
    let mut config: Config = url
        .parse()
        .map_err(|error| Error::Unsupported(format!("the database's URL cannot be read: {error}")))?;
    // A server that vanishes without a word must not hold a connection for hours.
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(20));
    }
    config.keepalives_idle(Duration::from_secs(30));
    config.ssl_mode(wish.mode);
    Ok((config, wish.connector()?))
}
