//! The command line: `steward serve | demo | migrate | user | token | erase-contact | backup | doctor | config`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use steward::config::{self, Config};
use steward::start::{self, Fatal};
use steward::{Clock, commands};
use toml::{Table, Value};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A customer-service desk in one program.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a desk. On the first start, writes an admin's token into the data folder.
    Serve(Settings),
    /// Serve a desk full of sample data on this machine alone; whoever asks is its admin.
    Demo(Settings),
    /// Bring the database's schema up to this program, and end.
    Migrate(Settings),
    /// Add, list and change users.
    #[command(subcommand)]
    User(UserCommand),
    /// Make an API token for a user or a contact; it is shown once.
    Token {
        /// The address of the user or contact.
        email: String,
        /// What the token is for.
        #[arg(long, default_value = "command line")]
        name: String,
        /// Only let it read.
        #[arg(long)]
        read_only: bool,
        /// Days that it lasts; for ever when left out.
        #[arg(long)]
        days: Option<u16>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Remove a person's text and address everywhere. There is no way back.
    EraseContact {
        contact_id: i64,
        #[command(flatten)]
        settings: Settings,
    },
    /// Copy a live SQLite database, consistently, into a file that only you can read.
    Backup {
        file: PathBuf,
        #[command(flatten)]
        settings: Settings,
    },
    /// Check the database: foreign keys, counters and rollups against rows. Ends with 1 where something is wrong.
    Doctor(Settings),
    /// Print the settings with their defaults and meanings.
    Config,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add a user; the password, if any, is read from the standard input.
    Add {
        name: String,
        email: String,
        /// admin, manager, agent or viewer.
        #[arg(long, default_value = "agent")]
        role: String,
        /// Read a password from the standard input.
        #[arg(long)]
        password: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// List the active users.
    List(Settings),
    /// Set a user's password, read from the standard input.
    Password {
        email: String,
        #[command(flatten)]
        settings: Settings,
    },
}

/// Where the settings come from: `config.default.toml`, a file, `STEWARD_*`, these flags, in that order.
#[derive(Args)]
struct Settings {
    /// A settings file; see `steward config`.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data folder.
    #[arg(long)]
    data: Option<PathBuf>,
    /// postgres://user:password@host:port/name instead of SQLite in the data folder.
    #[arg(long)]
    database: Option<String>,
    /// The address to listen on.
    #[arg(long)]
    listen: Option<String>,
    /// What to log: error, warn, info, debug, trace.
    #[arg(long)]
    log: Option<String>,
}

impl Settings {
    /// All layers together, with logging started.
    fn load(&self) -> Result<Config, Fatal> {
        let mut flags = Table::new();
        let data = self.data.as_ref().map(|path| path.display().to_string());
        for (name, value) in
            [("data", &data), ("database", &self.database), ("listen", &self.listen), ("log", &self.log)]
        {
            if let Some(value) = value {
                flags.insert(name.into(), Value::String(value.clone()));
            }
        }
        let config = Config::load(self.config.as_deref(), environment(), flags)?;
        start::log(&config)?;
        Ok(config)
    }
}

/// Our variables. Others may hold anything, even what is not UTF-8.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("STEWARD_"))
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

fn main() -> ExitCode {
    match run(CommandLine::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("steward: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Fatal> {
    let clock = Clock::system();
    match command {
        Command::Serve(settings) => commands::serve(settings.load()?, clock)?,
        Command::Demo(settings) => {
            let keeps_data = settings.data.is_some();
            commands::demo(settings.load()?, clock, keeps_data)?;
        }
        Command::Migrate(settings) => commands::migrate(&settings.load()?)?,
        Command::User(UserCommand::Add { name, email, role, password, settings }) => {
            commands::add_user(&settings.load()?, &clock, &name, &email, &role, password)?;
        }
        Command::User(UserCommand::List(settings)) => commands::list_users(&settings.load()?, &clock)?,
        Command::User(UserCommand::Password { email, settings }) => {
            commands::set_password(&settings.load()?, &clock, &email)?;
        }
        Command::Token { email, name, read_only, days, settings } => {
            commands::make_token(&settings.load()?, &clock, &email, &name, read_only, days)?;
        }
        Command::EraseContact { contact_id, settings } => {
            commands::erase_contact(&settings.load()?, &clock, contact_id)?;
        }
        Command::Backup { file, settings } => commands::backup(&settings.load()?, &file)?,
        Command::Doctor(settings) => {
            if !commands::doctor(&settings.load()?)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Config => commands::say(config::DEFAULTS.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}
