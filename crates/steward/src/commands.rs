//! What each command of the command line does.

use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use db::{Class, Db};

use crate::app::App;
use crate::branding::Branding;
use crate::clock::Clock;
use crate::config::Config;
use crate::files::Files;
use crate::people::erasure::{self, Mentions};
use crate::people::first_admin::{self, FILE as FIRST_TOKEN};
use crate::people::{Role, Scope, commands as people, tokens};
use crate::sla::Clocks;
use crate::start::{self, Fatal};
use crate::work::{Actor, Work};
use crate::{demo, doctor, files};

/// Says something on the standard output; a closed pipe is nobody's loss.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn runtime() -> Result<tokio::runtime::Runtime, Fatal> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

pub fn serve(config: Config, clock: Clock) -> Result<(), Fatal> {
    let db = start::open_database(&config, true)?;
    if db.read_blocking(Class::Bounded, demo::is_marked)? {
        return Err("this database was made by `steward demo`, which lets anybody in: serve another".into());
    }
    let data = config.data.clone();
    let app = App::new(db, config, clock, None);
    first_token(&app, &data)?;
    let is_awaited = app.read_blocking(Class::Bounded, Actor::System, first_admin::is_awaited)?;
    runtime()?.block_on(start::run(app, stop_signal(), |address| {
        say(&format!("Steward serves http://{address} (API: /api/docs)"));
        if is_awaited {
            say(&format!("Begin at http://{address}/welcome with the token from that file"));
        }
    }))
}

/// On the first start of a database: makes its admin, and leaves the token where only the operator can read it.
fn first_token(app: &App, data: &Path) -> Result<(), Fatal> {
    let secret = Arc::new(tokens::generate()?);
    let path = data.join(FIRST_TOKEN);
    // The file comes first: a token that nobody has seen would lock everybody out.
    let draft = data.join(format!("{FIRST_TOKEN}.{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| writeln!(file, "{secret}").and_then(|()| file.sync_all()));
    written.map_err(|error| format!("cannot write {}: {error}", draft.display()))?;
    let is_first = app.write_blocking(Actor::System, move |work| people::first_admin(work, &secret));
    match is_first {
        Ok(true) => {
            std::fs::rename(&draft, &path)?;
            say(&format!("The first admin is admin@localhost; the token is in {}", path.display()));
            Ok(())
        }
        other => {
            std::fs::remove_file(&draft)?;
            other?;
            Ok(())
        }
    }
}

/// The demo: on loopback only, in a folder that is thrown away unless one is named.
pub fn demo(mut config: Config, clock: Clock, keeps_data: bool) -> Result<(), Fatal> {
    let address: SocketAddr =
        config.listen.parse().map_err(|_| format!("listen: {:?} is no address and port", config.listen))?;
    if !address.ip().is_loopback() {
        return Err(
            "the demo lets anybody in, so it listens on loopback only: leave --listen out, or use serve"
                .into(),
        );
    }
    let folder = tempfile::Builder::new().prefix("steward-demo-").tempdir()?;
    if !keeps_data {
        config.data = folder.path().to_owned();
    }
    let db = start::open_database(&config, keeps_data)?;
    let app = App::new(db, config, clock, None);
    let admin = demo::prepare(&app.db, app.clock.now())?;
    let app = app.with_demo_admin(admin);
    let runtime = runtime()?;
    runtime.block_on(demo::attach_files(&app))?;
    runtime.block_on(start::run(app, stop_signal(), |address| {
        say(&format!("Steward's demo serves http://{address} (API: /api/docs); Ctrl-C ends it"));
    }))
}

/// Resolves when the process is asked to stop.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "cannot listen for signals; only SIGKILL ends this process");
            std::future::pending::<()>().await;
        }
    }
}

pub fn migrate(config: &Config) -> Result<(), Fatal> {
    let db = start::open_database(config, true)?;
    db.close();
    say("The schema is up to date.");
    Ok(())
}

/// Opens the desk, does one piece of work as the desk itself, closes it.
fn once<T: Send + 'static>(
    config: &Config,
    clock: &Clock,
    f: impl Fn(&mut Work) -> crate::Result<T> + Send + Sync + 'static,
) -> Result<T, Fatal> {
    with_desk(config, clock, |app| app.write_blocking(Actor::System, f))
}

fn with_desk<T>(
    config: &Config,
    clock: &Clock,
    f: impl FnOnce(&App) -> crate::Result<T>,
) -> Result<T, Fatal> {
    let db = start::open_database(config, true)?;
    let app = App::new(db, config.clone(), clock.clone(), None);
    let done = f(&app);
    let db: Db = app.db.clone();
    drop(app);
    db.close();
    Ok(done?)
}

pub fn add_user(
    config: &Config,
    clock: &Clock,
    name: &str,
    email: &str,
    role: &str,
    with_password: bool,
) -> Result<(), Fatal> {
    let role = Role::from_word(role).ok_or("--role is admin, manager, agent or viewer")?;
    let hash = if with_password { Some(people::hash(&read_password()?)?) } else { None };
    let (name, email) = (name.to_owned(), email.to_owned());
    let user = once(config, clock, move |work| people::add_user(work, &name, &email, role, hash.as_ref()))?;
    say(&format!("User {} added: {} <{}>, {}", user.user_id, user.name, user.email, user.role));
    Ok(())
}

pub fn list_users(config: &Config, clock: &Clock) -> Result<(), Fatal> {
    let (db, now, config) = (start::open_existing(config)?, clock.now(), config.clone());
    let users = db.read_blocking(Class::Slow, move |tx| {
        let (clocks, branding) = (Clocks::default(), Branding::default());
        let (clocks, branding, config) = (&clocks, &branding, &config);
        people::list_users(&mut Work { tx, actor: Actor::System, now, clocks, branding, config })
    });
    db.close();
    for user in users? {
        say(&format!("{}\t{}\t{}\t{}", user.user_id, user.role, user.email, user.name));
    }
    Ok(())
}

pub fn set_password(config: &Config, clock: &Clock, email: &str) -> Result<(), Fatal> {
    let hash = people::hash(&read_password()?)?;
    let email = email.to_owned();
    once(config, clock, move |work| people::set_password(work, &email, Some(&hash)))?;
    say("The password is set; what was signed in with the old one has ended.");
    Ok(())
}

/// One line from the standard input. Never an argument: those stand in every process list.
fn read_password() -> Result<String, Fatal> {
    eprintln!("Password (one line on the standard input):");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

pub fn make_token(
    config: &Config,
    clock: &Clock,
    email: &str,
    name: &str,
    read_only: bool,
    days: Option<u16>,
) -> Result<(), Fatal> {
    let secret = tokens::generate()?;
    let scope = if read_only { Scope::Read } else { Scope::Write };
    let expires_at = days.map(|days| clock.now().plus_days(days.into()));
    let (email, name, shown) = (email.to_owned(), name.to_owned(), secret.clone());
    once(config, clock, move |work| {
        people::make_token(work, &email, &name, scope, expires_at, &secret).map(|_| ())
    })?;
    say(&shown);
    Ok(())
}

pub fn erase_contact(config: &Config, clock: &Clock, contact_id: i64) -> Result<(), Fatal> {
    with_desk(config, clock, |app| {
        let look = move |work: &mut Work| Mentions::look(work, contact_id);
        let mentions = app.read_blocking(Class::Slow, Actor::System, look)?;
        app.write_blocking(Actor::System, move |work| people::erase_contact(work, contact_id, &mentions))
    })?;
    while once(config, clock, erasure::purge)? {}
    say(&format!("Contact {contact_id} is erased."));
    Ok(())
}

pub fn backup(config: &Config, file: &Path) -> Result<(), Fatal> {
    let db = start::open_existing(config)?;
    db.backup(file)?;
    db.close();
    say(&format!("Backed up into {}", file.display()));
    say(&format!("Attached files are in {}: copy them too, after this", Files::place(config)));
    Ok(())
}

/// Answers whether all is well.
pub fn doctor(config: &Config) -> Result<bool, Fatal> {
    let db = start::open_existing(config)?;
    let mut findings = db.read_blocking(Class::Slow, doctor::examine)?;
    findings.extend(runtime()?.block_on(files::missing(&Files::new(config), &db))?);
    findings.extend(doctor::examine_clocks(&db, Clock::system().now())?);
    db.close();
    for finding in &findings {
        say(finding);
    }
    say(if findings.is_empty() { "All is well." } else { "The findings above need a look." });
    Ok(findings.is_empty())
}
