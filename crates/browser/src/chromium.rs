//! The process, and the pipe that it is spoken to over.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::notes::{Notes, Say};
use crate::tab::Tab;
use crate::{Error, Look, Result};

/// The programs that are looked for, the first one found is taken.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How long an answer may take; Chromium's own waits are shorter.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of shared memory that Chromium is to have for the pictures of its pages.
const SHARED: u64 = 1 << 30;
/// What Chromium says of a page that is no longer there, and what we say to who was waiting for it.
const GONE: &str = "Session with given id not found";
/// The protocol is spoken on descriptors 3 and 4. When the pipe closes, however its holder ended, Chromium ends too and
/// the shell takes the profile away.
const LAUNCH: &str = r#"trap '' INT; folder=$1; shift
"$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>"$folder/log"
rm -rf "$folder""#;

/// A running Chromium. Cloning it names the same one.
#[derive(Clone)]
pub struct Chromium {
    link: Arc<Link>,
}

struct Link {
    to: Mutex<Option<ChildStdin>>,
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, Waiting>>,
    tabs: Mutex<HashMap<String, Arc<Notes>>>,
    process: Mutex<Child>,
}

/// Somebody who waits for an answer.
struct Waiting {
    session: Option<String>,
    answer: SyncSender<Value>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Chromium {
    /// Starts a Chromium with a new profile under the folder for temporary files.
    pub fn start() -> Result<Chromium> {
        let program = find().ok_or_else(|| {
            Error("there is no chromium on this machine: `bin/test browser` installs it".into())
        })?;
        let folder = tempfile::Builder::new().prefix("steward-chromium-").tempdir()?.keep();
        let mut process = Command::new("sh")
            .args(["-c", LAUNCH, "sh"])
            .arg(&folder)
            .arg(program)
            .args(flags(&folder))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Error("chromium has no pipe".into()));
        };
        let link = Arc::new(Link {
            to: Mutex::new(Some(to)),
            next: AtomicU64::new(1),
            waiting: Mutex::default(),
            tabs: Mutex::default(),
            process: Mutex::new(process),
        });
        // Held weakly: the thread ends when the pipe does, and must not keep it open.
        let listener = Arc::downgrade(&link);
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut message = Vec::new();
            while from.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let Some(link) = listener.upgrade() else { break };
                if let Ok(message) = serde_json::from_slice::<Value>(&message) {
                    link.take(message);
                }
                message.clear();
            }
        });
        let chromium = Chromium { link };
        chromium.call(None, "Browser.getVersion", json!({}))?;
        Ok(chromium)
    }

    /// A new browser: nothing is remembered, nobody is signed in. `base` is where its paths lead, `http://host:port`.
    pub fn tab(&self, base: &str, look: Look) -> Result<Tab> {
        Tab::open(self.clone(), base, look)
    }

    /// Calls a method, of a tab's session where one is named, and waits for its answer.
    pub(crate) fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        let (answer, answered) = sync_channel(1);
        let id = self.link.next.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting { session: session.map(str::to_owned), answer };
        lock(&self.link.waiting).insert(id, waiting);
        self.link.send(id, session, method, params)?;
        self.answer(id, method, answered)
    }

    fn answer(&self, id: u64, method: &str, answered: Receiver<Value>) -> Result<Value> {
        let Ok(mut answer) = answered.recv_timeout(PATIENCE) else {
            lock(&self.link.waiting).remove(&id);
            return Err(Error(format!("chromium does not answer {method}")));
        };
        match answer.get("error") {
            Some(error) => {
                Err(Error(format!("{method}: {}", error["message"].as_str().unwrap_or("refused"))))
            }
            None => Ok(answer["result"].take()),
        }
    }

    /// Lets a tab's notes hear what happens in its session.
    pub(crate) fn listen(&self, session: &str, notes: Arc<Notes>) {
        lock(&self.link.tabs).insert(session.to_owned(), notes);
    }

    /// Lets nobody hear any more what these notes heard.
    pub(crate) fn forget(&self, notes: &Arc<Notes>) {
        lock(&self.link.tabs).retain(|_, others| !Arc::ptr_eq(others, notes));
    }
}

impl Link {
    fn send(&self, id: u64, session: Option<&str>, method: &str, params: Value) -> Result<()> {
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let mut to = lock(&self.to);
        let to = to.as_mut().ok_or_else(|| Error("chromium has ended".into()))?;
        to.write_all(&bytes)?;
        Ok(to.flush()?)
    }

    /// Takes an answer to whoever waits for it, an event to the notes of its tab.
    fn take(&self, mut message: Value) {
        if let Some(id) = message["id"].as_u64() {
            if let Some(waiting) = lock(&self.waiting).remove(&id) {
                // Who stopped waiting does not hear it.
                let _ = waiting.answer.send(message);
            }
            return;
        }
        let (Some(method), Some(session)) = (message["method"].as_str(), message["sessionId"].as_str())
        else {
            return;
        };
        let (method, session) = (method.to_owned(), session.to_owned());
        let Some(notes) = lock(&self.tabs).get(&session).cloned() else { return };
        for say in notes.hear(&session, &method, message["params"].take()) {
            match say {
                Say::Call { session, method, params } => {
                    let id = self.next.fetch_add(1, Ordering::Relaxed);
                    // Nobody waits for the answer; a pipe that broke is noticed by whoever speaks next.
                    let _ = self.send(id, Some(&session), method, params);
                }
                Say::Listen(session) => {
                    lock(&self.tabs).insert(session, notes.clone());
                }
                Say::Gone(session) => self.end(&session),
            }
        }
    }

    /// A page is gone: it answers nobody any more.
    fn end(&self, session: &str) {
        lock(&self.tabs).remove(session);
        lock(&self.waiting).retain(|_, waiting| {
            let goes = waiting.session.as_deref() == Some(session);
            if goes {
                let _ = waiting.answer.send(json!({ "error": { "message": GONE } }));
            }
            !goes
        });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Closing the pipe ends Chromium.
        lock(&self.to).take();
        let _ = lock(&self.process).wait();
    }
}

/// Whether a call failed because its page is gone.
pub(crate) fn is_gone(error: &Error) -> bool {
    error.0.contains(GONE)
}

fn find() -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    NAMES.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
}

fn flags(folder: &Path) -> Vec<String> {
    let flags = [
        "--headless",
        "--remote-debugging-pipe",
        // It looks at nothing but this machine's own desk, and containers seldom let it make a sandbox.
        "--no-sandbox",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-sync",
        "--disable-gpu",
        "--mute-audio",
        "--hide-scrollbars",
        "--password-store=basic",
        // Tabs are used side by side; none of them is in the background.
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--disable-features=Translate,MediaRouter,OptimizationHints",
        // The same letters on every machine.
        "--font-render-hinting=none",
        "--force-color-profile=srgb",
    ];
    let mut flags: Vec<String> = flags.map(str::to_owned).to_vec();
    // Where memory to share is short, as in many containers, files do, but what is painted takes a third longer.
    let shared = rustix::fs::statvfs("/dev/shm").map_or(0, |place| place.f_bavail * place.f_frsize);
    if shared < SHARED {
        flags.push("--disable-dev-shm-usage".into());
    }
    flags.push(format!("--user-data-dir={}", folder.display()));
    flags.push("about:blank".into());
    flags
}
