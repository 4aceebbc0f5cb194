//! The server as a process of its own: how it is started, asked for its memory, and stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use db::{Db, Options};
use steward::config::Config;
use steward::schema::STEPS;
use steward::start::{self, Fatal};
use steward::{App, Clock, commands};
use toml::{Table, Value};

/// Opens a desk as the server does. Without group commit each write is a transaction with its own flush to the disk.
pub fn open(database: &str, group_commit: bool) -> Result<App, Fatal> {
    let mut options = Options::new(database);
    options.group_commit = group_commit;
    let db = Db::open(options)?;
    db.migrate(STEPS, None)?;
    Ok(App::new(db, config(database)?, Clock::system(), None))
}

pub fn config(database: &str) -> Result<Config, Fatal> {
    let mut settings = Table::new();
    settings.insert("listen".into(), Value::String("127.0.0.1:0".into()));
    settings.insert("database".into(), Value::String(database.into()));
    // Else the desk would spend its first minutes closing old cases.
    settings.insert("auto_close_days".into(), Value::Integer(0));
    // Requests are counted, as always, but a million a second is nobody's too many.
    settings.insert("requests_per_minute".into(), Value::Integer(60_000_000));
    Ok(Config::load(None, std::iter::empty(), settings)?)
}

/// `bench serve`: the product's server, with what is a measurement's to set.
pub fn serve(database: &str, group_commit: bool) -> Result<(), Fatal> {
    let app = open(database, group_commit)?;
    start::log(&app.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(start::run(app, commands::stop_signal(), |address| {
        commands::say(&format!("http://{address}"));
    }))
}

/// A running server; dropping it ends it the hard way.
pub struct Server {
    process: Child,
    pub address: String,
}

impl Server {
    /// This program's `serve`.
    pub fn start(database: &str, group_commit: bool) -> Result<Server, Fatal> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--database", database]);
        if !group_commit {
            command.arg("--no-group-commit");
        }
        Server::spawn(command)
    }

    /// The product's own binary, and how long it took from its start to its first answer.
    pub fn cold(database: &str, data: &Path) -> Result<(Server, Duration), Fatal> {
        let mut command = Command::new(steward()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", database, "--data"]).arg(data);
        command.env("STEWARD_AUTO_CLOSE_DAYS", "0").env("STEWARD_REQUESTS_PER_MINUTE", "0");
        let begun = Instant::now();
        let server = Server::spawn(command)?;
        server.greet()?;
        Ok((server, begun.elapsed()))
    }

    fn spawn(mut command: Command) -> Result<Server, Fatal> {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut server = Server { process, address: String::new() };
        for line in BufReader::new(output).lines() {
            if let Some((_, address)) = line?.split_once("http://") {
                server.address = address.split_whitespace().next().unwrap_or_default().to_owned();
                return Ok(server);
            }
        }
        Err("the server ended before it served".into())
    }

    fn greet(&self) -> Result<(), Fatal> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.into()) }
    }

    /// Resident memory in MB.
    pub fn resident(&self) -> Result<f64, Fatal> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }

    /// Processor time that it has used so far.
    pub fn processor(&self) -> Result<Duration, Fatal> {
        processor(&self.process.id().to_string())
    }

    /// Ends it as an operator would.
    pub fn stop(mut self) -> Result<(), Fatal> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Processor time that a process (`self` for this one) has used so far, in steps of 10 ms.
pub fn processor(process: &str) -> Result<Duration, Fatal> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, which may hold anything, ends with the last parenthesis; user and system time are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).ok_or("no times in stat");
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// The product's binary, built beside this one.
fn steward() -> Result<PathBuf, Fatal> {
    let path = std::env::current_exe()?.with_file_name("steward");
    if path.exists() { Ok(path) } else { Err(format!("{} is missing: build it", path.display()).into()) }
}
