//! Starting a desk: where its database is, bringing the schema up, and the tasks that run beside the requests.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use db::{Db, Options};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::branding;
use crate::config::{Config, LogFormat};
use crate::error::Error;
use crate::files;
use crate::http;
use crate::jobs;
use crate::knowledge;
use crate::people::erasure;
use crate::schema::STEPS;
use crate::sla;
use crate::work::Actor;

/// The longest that the desk sleeps before it looks for what time alone brings about.
const TICK: Duration = Duration::from_secs(1);

/// What keeps a desk from starting, in words for its operator.
pub type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Starts logging to the standard error, once per process.
pub fn log(config: &Config) -> Result<(), Fatal> {
    let filter =
        tracing_subscriber::EnvFilter::try_new(&config.log).map_err(|error| format!("log: {error}"))?;
    // Colours are for eyes: a file or a collector gets plain text.
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// The URL of the configured database: SQLite in the data folder unless another is named.
pub fn database_url(config: &Config) -> String {
    if config.database.is_empty() {
        format!("sqlite:{}", config.data.join("steward.db").display())
    } else {
        config.database.clone()
    }
}

/// Opens the database with the schema brought up to this program. SQLite is backed up into `backups/` of the data
/// folder before a step that changes it.
pub fn open_database(config: &Config, durable: bool) -> Result<Db, Fatal> {
    create_private_folder(&config.data)?;
    let db = Db::open(options(config, durable))?;
    let backup = backup_path(config)?;
    let applied = db.migrate(STEPS, Some(&backup))?;
    if !applied.is_empty() {
        let (from, to) =
            (applied.first().copied().unwrap_or_default(), applied.last().copied().unwrap_or_default());
        tracing::info!(from, to, "the schema has been brought up");
    }
    Ok(db)
}

/// Opens the database as it is, for what only reads: refuses one whose schema is not this program's, and makes none.
pub fn open_existing(config: &Config) -> Result<Db, Fatal> {
    let options = options(config, true);
    if let Some(path) = options.url.strip_prefix("sqlite:")
        && !Path::new(path.strip_prefix("//").unwrap_or(path)).exists()
    {
        return Err(format!("there is no database {path}").into());
    }
    let db = Db::open(options)?;
    let missing = db.missing_steps(STEPS)?;
    if missing.is_empty() {
        return Ok(db);
    }
    db.close();
    Err("the database's schema is older than this program: bring it up with `steward migrate` first".into())
}

fn options(config: &Config, durable: bool) -> Options {
    let mut options = Options::new(database_url(config));
    options.durable = durable;
    if config.database_connections > 0 {
        options.pool_size = config.database_connections;
    }
    options
}

fn backup_path(config: &Config) -> Result<PathBuf, Fatal> {
    let folder = config.data.join("backups");
    create_private_folder(&folder)?;
    let newest = STEPS.last().map_or(0, |step| step.number);
    Ok(folder.join(format!("before-{newest:04}.db")))
}

/// The data folder is its owner's alone: it holds the database and the first token.
fn create_private_folder(folder: &Path) -> Result<(), Fatal> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()).into())
}

/// Serves until `stop` fires, then answers what is under way and closes the database.
pub async fn run(
    app: App,
    stop: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Fatal> {
    app.files.prepare(app.clock.now())?;
    let listener = listen(&app.config.listen).await?;
    let metrics = match app.config.metrics_listen.as_str() {
        "" => None,
        address => Some(http::serve_metrics(app.clone(), listen(address).await?)?),
    };
    if app.config.public_url.starts_with("https://") && app.config.trusted_proxies.is_empty() {
        tracing::warn!(
            "public_url is https but trusted_proxies lists no proxy: everybody counts as one address, and cookies are Secure \
             only where the proxy passes the desk's own host on"
        );
    }
    let server = http::serve(app.clone(), listener)?;
    settle_articles(&app).await?;
    branding::refresh(&app).await?;
    let (ended, ending) = watch::channel(false);
    let runner = tokio::spawn(jobs::run(app.clone(), ending.clone()));
    let ticker = tokio::spawn(tick(app.clone(), ending.clone()));
    let errands = tokio::spawn(jobs::errands::keep_running(app.clone(), ending));
    ready(server.address);
    stop.await;
    tracing::info!("stopping: answering what is under way");
    server.stop().await;
    if let Some(metrics) = metrics {
        metrics.stop().await;
    }
    let _ = ended.send(true);
    for (name, task) in [("ticker", ticker), ("runner of jobs", runner), ("runner of errands", errands)] {
        if let Err(error) = task.await {
            tracing::error!(%error, "the {name} ended badly");
        }
    }
    if let Err(error) = knowledge::flush_views(&app).await {
        tracing::error!(%error, "the last views of articles could not be written");
    }
    if let Err(error) = knowledge::flush_misses(&app).await {
        tracing::error!(%error, "the last searches without a result could not be written");
    }
    let db = app.db.clone();
    drop(app);
    tokio::task::spawn_blocking(move || db.close()).await?;
    Ok(())
}

async fn listen(address: &str) -> Result<TcpListener, Fatal> {
    TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}").into())
}

/// Does what time alone brings about: sleeps until the next deadline or warning, a second at most, because other nodes
/// and plain SQL bring new ones. Jobs have a task of their own, so that none delays a deadline.
async fn tick(app: App, mut ending: watch::Receiver<bool>) {
    let (mut seconds, mut second_began) = (0u64, tokio::time::Instant::now());
    loop {
        let pause = next_wake(&app).await.unwrap_or(TICK);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = ending.changed() => return,
        }
        let done = if second_began.elapsed() >= TICK {
            (seconds, second_began) = (seconds + 1, tokio::time::Instant::now());
            tidy(&app, seconds).await
        } else {
            tend_clocks(&app).await
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the ticker goes on, but could not do its work");
        }
    }
}

/// How long until something is due, a tick at most.
async fn next_wake(app: &App) -> Result<Duration, Error> {
    let (next, now) = app
        .read(db::Class::Bounded, Actor::System, |work| {
            let due = [sla::breach::next_due(work)?, sla::warning::next_due(work)?];
            Ok((due.into_iter().flatten().min(), work.now))
        })
        .await?;
    // A deadline is missed once it has passed, a millisecond later; never spin on one that another node is recording.
    let millis = next.map_or(i64::MAX, |next| next.millis() - now.millis() + 1).clamp(20, 1000);
    Ok(Duration::from_millis(millis.unsigned_abs()).min(TICK))
}

/// Rows done in one transaction of housekeeping, so that none holds up the writers.
const PORTION: i64 = 200;

/// All that is due now, jobs and what follows from them included: what the tasks of a running desk do side by side.
pub async fn housekeeping(app: &App, seconds: u64) -> Result<(), Error> {
    tidy(app, seconds).await?;
    while jobs::run_due(app).await? > 0 {}
    Ok(())
}

/// What is due now but the jobs. Each part is idempotent and small, so nodes may do it side by side.
async fn tidy(app: &App, seconds: u64) -> Result<(), Error> {
    // Deadlines first: they are promised to the second.
    tend_clocks(app).await?;
    if app.config.auto_close_days > 0 && seconds.is_multiple_of(10) {
        let until = app.clock.now().plus_days(-i64::from(app.config.auto_close_days));
        loop {
            let closed = app
                .write(Actor::System, move |work| crate::cases::close_resolved(work, until, PORTION))
                .await?;
            if (closed as i64) < PORTION {
                break;
            }
            tend_clocks(app).await?;
        }
    }
    if seconds.is_multiple_of(5) {
        app.write(Actor::System, crate::cases::fold_rollup).await?;
        knowledge::flush_views(app).await?;
        knowledge::flush_misses(app).await?;
    }
    if seconds.is_multiple_of(600) {
        app.write(Actor::System, http::forget_old_keys).await?;
        app.write(Actor::System, jobs::forget_done).await?;
        app.write(Actor::System, knowledge::forget_added_up).await?;
        app.write(Actor::System, knowledge::forget_old_misses).await?;
        // A store that is away is no reason to leave the clocks alone.
        if let Err(error) = files::sweep(app).await {
            tracing::warn!(%error, "files that are no longer referred to could not all be removed");
        }
    }
    settle_articles(app).await?;
    branding::refresh(app).await?;
    if app.read(db::Class::Bounded, Actor::System, erasure::is_purge_due).await? {
        while app.write(Actor::System, erasure::purge).await? {}
    }
    if app.db.dialect() == db::Dialect::Sqlite {
        // Plain SQL leaves its cases in the search queue; any commit of ours brings the index up.
        let waiting = app.read(db::Class::Bounded, Actor::System, crate::search::is_behind).await?;
        if waiting {
            app.write(Actor::System, |_| Ok(())).await?;
        }
    }
    Ok(())
}

/// Sees to the articles that plain SQL wrote: the reference data's among them.
async fn settle_articles(app: &App) -> Result<(), Error> {
    if !app.read(db::Class::Bounded, Actor::System, knowledge::has_queue).await? {
        return Ok(());
    }
    while app.write(Actor::System, |work| knowledge::settle_queue(work, PORTION)).await? == PORTION {}
    Ok(())
}

/// What time brings to the SLA clocks: misses, warnings, and cases that plain SQL changed. A portion of each in turn, so
/// that many of one sort do not delay the others.
pub async fn tend_clocks(app: &App) -> Result<(), Error> {
    loop {
        // Warnings first: a desk that was off across both tells them in their order.
        let warned = app.write(Actor::System, |work| sla::warning::fire_due(work, PORTION)).await?;
        let missed = app.write(Actor::System, |work| sla::breach::record_due(work, PORTION)).await?;
        let queued = app.write(Actor::System, |work| sla::drain_queue(work, PORTION)).await?;
        let full = PORTION as usize;
        if missed == 0 && warned < full && queued < full {
            return Ok(());
        }
    }
}
