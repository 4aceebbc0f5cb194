//! The real program as a process of its own: started, killed, asked; and the wire between it and PostgreSQL, to be cut.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::place::Place;

/// The program with arguments, free of the settings of whoever runs the tests.
pub fn steward(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steward"));
    command.args(arguments);
    clean(&mut command);
    command
}

fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("STEWARD_") {
            command.env_remove(name);
        }
    }
    // Tests ask as fast as they can.
    command.env("STEWARD_LOG", "error").env("STEWARD_REQUESTS_PER_MINUTE", "0");
}

/// A node that serves.
pub struct Node {
    child: Child,
    base: String,
    data: PathBuf,
}

impl Node {
    /// Serves the place's database with the place's folder as its data folder.
    pub fn serve(place: &Place) -> Node {
        Node::serve_in(place.folder.path(), place.database_flag())
    }

    pub fn serve_in(data: &Path, database: Option<&str>) -> Node {
        Node::serve_with(data, database, &[])
    }

    /// The same with settings of its own, as environment variables.
    pub fn serve_with(data: &Path, database: Option<&str>, settings: &[(&str, String)]) -> Node {
        let mut command = steward(&["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(data);
        if let Some(url) = database {
            command.arg("--database").arg(url);
        }
        command.envs(settings.iter().map(|(name, value)| (*name, value)));
        Node::start(command, data)
    }

    /// The demo in the place's empty database.
    pub fn demo(place: &Place) -> Node {
        let mut command = steward(&["demo", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(place.folder.path());
        if let Some(url) = place.database_flag() {
            command.arg("--database").arg(url);
        }
        Node::start(command, place.folder.path())
    }

    /// The same, not able to write any file beyond so many KiB.
    pub fn serve_confined(place: &Place, kib: u64) -> Node {
        let script = "trap '' XFSZ; ulimit -f $1; shift; exec \"$@\"";
        let mut command = Command::new("bash");
        command.args(["-c", script, "bash", &kib.to_string(), env!("CARGO_BIN_EXE_steward")]);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(place.folder.path());
        clean(&mut command);
        Node::start(command, place.folder.path())
    }

    fn start(mut command: Command, data: &Path) -> Node {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = loop {
            let line = lines.next().expect("the node ended before it served").unwrap();
            if let Some(at) = line.find("http://") {
                break line[at..].split_whitespace().next().unwrap().to_owned();
            }
        };
        Node { child, base, data: data.to_owned() }
    }

    /// The admin whose token the first start left in the data folder.
    pub fn admin(&self) -> Client {
        let token = std::fs::read_to_string(self.data.join("first-admin-token")).unwrap();
        Client::new(self.base.clone(), "admin", 1, Some(token.trim().to_owned()))
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.base.trim_start_matches("http://").parse().unwrap()
    }

    pub fn stranger(&self) -> Client {
        Client::new(self.base.clone(), "a stranger", 0, None)
    }

    /// As a power cut: SIGKILL, no chance to tidy up.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        assert!(
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success()
        );
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the node does not end");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command on the place's database to its end.
pub fn run(place: &Place, arguments: &[&str]) -> Output {
    let mut command = steward(arguments);
    command.arg("--data").arg(place.folder.path());
    if let Some(url) = place.database_flag() {
        command.arg("--database").arg(url);
    }
    command.output().unwrap()
}

/// Asserts that the doctor finds nothing: counters and rollups equal the rows.
pub fn assert_sound(place: &Place) {
    let examined = run(place, &["doctor"]);
    assert!(examined.status.success(), "{}", String::from_utf8_lossy(&examined.stdout));
}

/// Either sort of socket that PostgreSQL listens on.
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn halves(&self) -> std::io::Result<(Box<dyn Read + Send>, Box<dyn Write + Send>)> {
        Ok(match self {
            Stream::Tcp(stream) => (Box::new(stream.try_clone()?), Box::new(stream.try_clone()?)),
            Stream::Unix(stream) => (Box::new(stream.try_clone()?), Box::new(stream.try_clone()?)),
        })
    }

    fn cut(&self) {
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

/// A wire to PostgreSQL that can be cut and mended.
pub struct Wire {
    pub url: String,
    state: Arc<Mutex<Plugged>>,
}

#[derive(Default)]
struct Plugged {
    is_cut: bool,
    streams: Vec<Stream>,
}

impl Wire {
    /// A wire to the place's database, which is on PostgreSQL.
    pub fn to(place: &Place) -> Wire {
        let config: postgres::Config = place.url.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let user = config.get_user().unwrap_or("postgres");
        let password =
            config.get_password().map(|password| format!(":{}", String::from_utf8_lossy(password)));
        let url = format!(
            "postgres://{user}{}@127.0.0.1:{port}/{}",
            password.unwrap_or_default(),
            config.get_dbname().unwrap()
        );
        let state = Arc::<Mutex<Plugged>>::default();
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, upstream(&config)) else { continue };
                plug(&shared, client, server);
            }
        });
        Wire { url, state }
    }

    /// Breaks every connection, and each new one, until mended.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        state.streams.drain(..).for_each(|stream| stream.cut());
    }

    pub fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }
}

fn upstream(config: &postgres::Config) -> std::io::Result<Stream> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        Some(postgres::config::Host::Unix(folder)) => {
            UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).map(Stream::Unix)
        }
        Some(postgres::config::Host::Tcp(host)) => TcpStream::connect((host.as_str(), port)).map(Stream::Tcp),
        None => TcpStream::connect(("127.0.0.1", port)).map(Stream::Tcp),
    }
}

fn plug(state: &Mutex<Plugged>, client: TcpStream, server: Stream) {
    let client = Stream::Tcp(client);
    let mut state = state.lock().unwrap();
    if state.is_cut {
        client.cut();
        server.cut();
        return;
    }
    let (Ok(ours), Ok(theirs)) = (client.halves(), server.halves()) else { return };
    state.streams.extend([client, server]);
    for (mut from, mut to) in [(ours.0, theirs.1), (theirs.0, ours.1)] {
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    }
}
