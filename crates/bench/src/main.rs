//! `bin/bench`: what a desk of 100,000 cases does in a second, over HTTP and, beside it, without. A measurement and
//! not a test: it ends well whatever the figures say.

mod articles;
mod dashboard;
mod knowledge;
mod live;
mod load;
mod measure;
mod pages;
mod raw;
mod report;
mod requests;
mod search;
mod seed;
mod server;
mod sla;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use steward::commands::say;
use steward::start::Fatal;

use crate::measure::{Desk, Engine};
use crate::requests::Kind;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure requests of every kind, at 1 and 16 clients.
    Requests {
        #[command(flatten)]
        desk: DeskArgs,
        /// Seconds of each round.
        #[arg(long, default_value_t = 2)]
        seconds: u64,
        /// Rounds of each measurement, of which the best counts.
        #[arg(long, default_value_t = 3)]
        rounds: u32,
    },
    /// Run requests of one kind in this process, for a profiler to watch.
    Raw {
        kind: Kind,
        #[command(flatten)]
        desk: DeskArgs,
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// Measure deadlines of the same second, and a recomputation of the whole desk.
    Sla {
        #[arg(long, default_value = "both")]
        engine: Engines,
        /// Open cases, each with two targets.
        #[arg(long, default_value_t = 50_000)]
        cases: i64,
        /// An empty PostgreSQL database.
        #[arg(long, env = "STEWARD_TEST_POSTGRES", hide_env_values = true)]
        postgres: Option<String>,
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
    },
    /// Measure searches among many articles beside the engine's own full text, in process.
    Knowledge {
        #[arg(long, default_value_t = 100_000)]
        articles: i64,
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
    },
    /// Measure searches and articles by their address over HTTP, among many articles.
    Articles {
        #[arg(long, default_value = "both")]
        engine: Engines,
        #[arg(long, default_value_t = 100_000)]
        articles: i64,
        /// An empty PostgreSQL database.
        #[arg(long, env = "STEWARD_TEST_POSTGRES", hide_env_values = true)]
        postgres: Option<String>,
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
    },
    /// Measure how well the questions of a test collection find their answers.
    Search {
        /// A folder with corpus.jsonl, queries.jsonl and qrels.tsv.
        #[arg(long)]
        collection: PathBuf,
        #[arg(long, default_value = "both")]
        engine: Engines,
        /// An empty PostgreSQL database.
        #[arg(long, env = "STEWARD_TEST_POSTGRES", hide_env_values = true)]
        postgres: Option<String>,
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
    },
    /// Measure the dashboard and the case list as history grows.
    Dashboard {
        #[arg(long, default_value = "both")]
        engine: Engines,
        /// Cases of each desk.
        #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
        cases: Vec<i64>,
        /// Seconds of each measurement.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// A PostgreSQL server, on which databases are made.
        #[arg(long, env = "STEWARD_TEST_POSTGRES", hide_env_values = true)]
        postgres: Option<String>,
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
    },
    /// Measure the pages: in the server, on their way, in Chromium.
    Pages {
        #[command(flatten)]
        desk: DeskArgs,
    },
    /// Measure how soon listeners hear of a case, and what each costs.
    Live {
        #[arg(long, default_value = "both")]
        engine: Engines,
        #[arg(long, default_value_t = 5000)]
        listeners: usize,
        /// An empty PostgreSQL database.
        #[arg(long, env = "STEWARD_TEST_POSTGRES", hide_env_values = true)]
        postgres: Option<String>,
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
    },
    /// Serve a desk as the product does; the measurements start this themselves.
    Serve {
        #[arg(long)]
        database: String,
        /// Commit each write by itself.
        #[arg(long)]
        no_group_commit: bool,
    },
}

#[derive(Args)]
struct DeskArgs {
    #[arg(long, default_value = "both")]
    engine: Engines,
    #[arg(long, default_value_t = 100_000)]
    cases: i64,
    /// An empty PostgreSQL database, to be filled; or one that was filled before.
    #[arg(long, env = "STEWARD_TEST_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// Where filled SQLite databases are kept.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

impl DeskArgs {
    fn desks(&self) -> Result<Vec<Desk>, Fatal> {
        let mut desks = Vec::new();
        if self.engine != Engines::Postgres {
            desks.push(Desk::prepare(Engine::Sqlite, &self.folder, self.cases)?);
        }
        if self.engine != Engines::Sqlite {
            let url = self.postgres.clone().ok_or("name a PostgreSQL database with --postgres")?;
            desks.push(Desk::prepare(Engine::Postgres(url), &self.folder, self.cases)?);
        }
        Ok(desks)
    }
}

fn main() -> ExitCode {
    match run(CommandLine::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Fatal> {
    match command {
        Command::Requests { desk, seconds, rounds } => {
            for desk in desk.desks()? {
                let measured = measure::all(&desk, Duration::from_secs(seconds), rounds.max(1))?;
                say(&report::markdown(&measured));
            }
        }
        Command::Raw { kind, desk, seconds, threads } => {
            for desk in desk.desks()? {
                let done = measure::one(&desk, kind, threads, Duration::from_secs(seconds))?;
                say(&format!(
                    "{}: {:.0}/s, {:.1} µs of processor each",
                    kind.title(),
                    done.rate,
                    done.micros
                ));
            }
        }
        Command::Sla { engine, cases, postgres, folder } => {
            sla::deadlines()?;
            if engine != Engines::Postgres {
                sla::measure("SQLite", &sla::sqlite(&folder)?, cases)?;
            }
            if engine != Engines::Sqlite {
                let url = postgres.ok_or("name a PostgreSQL database with --postgres")?;
                sla::measure("PostgreSQL", &url, cases)?;
            }
        }
        Command::Knowledge { articles, folder } => {
            knowledge::measure(&sla::sqlite(&folder)?, articles)?;
        }
        Command::Articles { engine, articles, postgres, folder } => {
            if engine != Engines::Postgres {
                let url = sla::sqlite_file(&folder, "articles")?;
                articles::measure("SQLite", &url, &folder, articles)?;
            }
            if engine != Engines::Sqlite {
                let url = postgres.ok_or("name a PostgreSQL database with --postgres")?;
                articles::measure("PostgreSQL", &url, &folder, articles)?;
            }
        }
        Command::Search { collection, engine, postgres, folder } => {
            let collection = search::Collection::read(&collection)?;
            if engine != Engines::Postgres {
                search::measure("SQLite", &sla::sqlite(&folder)?, &collection)?;
            }
            if engine != Engines::Sqlite {
                let url = postgres.ok_or("name a PostgreSQL database with --postgres")?;
                search::measure("PostgreSQL", &url, &collection)?;
            }
        }
        Command::Dashboard { engine, cases, seconds, postgres, folder } => {
            let time = Duration::from_secs(seconds);
            if engine != Engines::Postgres {
                let fresh = |cases| sla::sqlite_file(&folder, &format!("dashboard-{cases}"));
                dashboard::measure("SQLite", &cases, &folder, time, fresh)?;
            }
            if engine != Engines::Sqlite {
                let url = postgres.ok_or("name a PostgreSQL server with --postgres")?;
                dashboard::measure("PostgreSQL", &cases, &folder, time, |cases| fresh_database(&url, cases))?;
            }
        }
        Command::Pages { desk } => {
            for prepared in desk.desks()? {
                let served = server::Server::start(prepared.database(), true)?;
                say(&pages::measure(
                    prepared.name,
                    &served.address,
                    desk.cases,
                    Path::new("target/lighthouse"),
                )?);
                served.stop()?;
            }
        }
        Command::Live { engine, listeners, postgres, folder } => {
            if engine != Engines::Postgres {
                live::measure("SQLite", &sla::sqlite_file(&folder, "live")?, listeners)?;
            }
            if engine != Engines::Sqlite {
                let url = postgres.ok_or("name a PostgreSQL database with --postgres")?;
                live::measure("PostgreSQL", &url, listeners)?;
            }
        }
        Command::Serve { database, no_group_commit } => server::serve(&database, !no_group_commit)?,
    }
    Ok(())
}

/// A new database beside the one that the URL names.
fn fresh_database(url: &str, cases: i64) -> Result<String, Fatal> {
    let name = format!("dashboard_{cases}");
    for statement in [format!("drop database if exists {name}"), format!("create database {name}")] {
        let made = std::process::Command::new("psql").args(["-qX", url, "-c", &statement]).status()?;
        if !made.success() {
            return Err(format!("psql cannot run: {statement}").into());
        }
    }
    let (server, _) = url.rsplit_once('/').ok_or("the PostgreSQL URL names no database")?;
    Ok(format!("{server}/{name}"))
}
