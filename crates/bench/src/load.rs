//! Load over HTTP, by wrk.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use steward::start::Fatal;

use crate::requests::Request;
use crate::seed;

const SCRIPT: &str = include_str!("../wrk/replay.lua");

/// What wrk saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct Load {
    /// Requests answered in a second.
    pub rate: f64,
    /// Milliseconds that half of the requests took at most.
    pub p50: f64,
    /// Milliseconds that 99 of 100 took at most.
    pub p99: f64,
    pub requests: f64,
    /// Answers other than 2xx and 3xx, and requests without an answer.
    pub errors: u64,
}

/// Requests written down for wrk, with the script that sends them.
pub struct Script {
    script: PathBuf,
    requests: PathBuf,
}

impl Script {
    /// Writes them into `folder`.
    pub fn write(folder: &Path, name: &str, requests: &[Request]) -> std::io::Result<Script> {
        let script = folder.join("replay.lua");
        std::fs::write(&script, SCRIPT)?;
        let path = folder.join(format!("{name}.requests"));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
        for Request { method, path, body, .. } in requests {
            writeln!(file, "{method}\t{path}\t{body}")?;
        }
        file.flush()?;
        Ok(Script { script, requests: path })
    }

    /// Starts wrk with so many connections, each with one request under way at a time.
    pub fn start(&self, address: &str, clients: u32, time: Duration) -> Result<Running, Fatal> {
        let wrk = Command::new("wrk")
            .args(["--threads", "1", "--timeout", "20s", "--connections", &clients.to_string()])
            .args(["--duration", &format!("{}s", time.as_secs().max(1))])
            .arg("--script")
            .arg(&self.script)
            .arg(format!("http://{address}"))
            .arg("--")
            .arg(&self.requests)
            .arg(seed::TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start wrk: {error}"))?;
        Ok(Running(wrk))
    }

    pub fn run(&self, address: &str, clients: u32, time: Duration) -> Result<Load, Fatal> {
        self.start(address, clients, time)?.figures()
    }
}

/// A wrk at work.
pub struct Running(Child);

impl Running {
    /// Waits for its end.
    pub fn figures(self) -> Result<Load, Fatal> {
        let output = self.0.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figures = text.lines().find_map(|line| line.strip_prefix("FIGURES "));
        let numbers: Option<Vec<f64>> =
            figures.map(|line| line.split(' ').filter_map(|number| number.parse().ok()).collect());
        match numbers.as_deref() {
            Some([requests, micros, p50, p99, errors]) => Ok(Load {
                requests: *requests,
                rate: requests / micros * 1e6,
                p50: p50 / 1000.0,
                p99: p99 / 1000.0,
                errors: *errors as u64,
            }),
            _ => Err(format!("wrk gave no figures:\n{text}").into()),
        }
    }
}
