//! What happens in a tab, noted as it happens: which page is shown, loads, answers, and whatever a page should never do.
//!
//! A tab has one page that is shown, and may have others that its browser makes ready (speculation rules). Each is a
//! session of its own; when one of them is shown instead, the tab goes on there.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub address: String,
    /// `Document`, `Script`, `Stylesheet`, `Image`, `Fetch` ...
    pub kind: String,
    pub status: u64,
    /// As it travelled: head and body, compressed; 0 until it is whole, or where it came from a cache.
    pub bytes: u64,
}

/// What is to be done about an event.
pub enum Say {
    Call {
        session: String,
        method: &'static str,
        params: Value,
    },
    /// Events of this session are for the same notes.
    Listen(String),
    /// This session has ended.
    Gone(String),
}

#[derive(Default)]
struct Noted {
    /// The session of the page that is shown.
    shown: String,
    /// The sessions of pages, by target.
    pages: HashMap<String, String>,
    /// Sessions of pages that were loaded before they are shown.
    ready: HashSet<String>,
    /// Pages that were ready when they were asked for.
    foreseen: u64,
    /// What each new page is told before it begins, the last of each method.
    wanted: Vec<(&'static str, Value)>,
    /// Documents that were loaded wholly, and are or were shown.
    loads: u64,
    complaints: Vec<String>,
    /// Requests under way: address and kind.
    asked: HashMap<String, (String, String)>,
    answers: HashMap<String, Answer>,
    /// Dialogs that may open, and are agreed to.
    agreed: u32,
}

pub struct Notes {
    /// Where the desk is: requests to anywhere else are complained of.
    base: String,
    noted: Mutex<Noted>,
    changed: Condvar,
}

impl Notes {
    pub fn new(base: &str) -> Notes {
        Notes { base: base.to_owned(), noted: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears an event of a session. Answers what is to be done about it.
    pub fn hear(&self, session: &str, method: &str, params: Value) -> Vec<Say> {
        let mut noted = self.lock();
        let said = match method {
            "Target.attachedToTarget" => noted.attached(&params),
            "Target.targetInfoChanged" => {
                noted.is_shown(&params["targetInfo"]);
                Vec::new()
            }
            "Target.detachedFromTarget" => {
                let gone = params["sessionId"].as_str().unwrap_or_default().to_owned();
                noted.pages.retain(|_, session| *session != gone);
                noted.ready.remove(&gone);
                vec![Say::Gone(gone)]
            }
            // A dialog stops the page, and with it whoever asks the page something.
            "Page.javascriptDialogOpening" => {
                let is_agreed = noted.agreed > 0;
                noted.agreed = noted.agreed.saturating_sub(1);
                let (kind, text) = (&params["type"], &params["message"]);
                // A browser asks by itself whether a half-typed form is to be left.
                if !is_agreed && kind != "beforeunload" {
                    noted.complaints.push(format!("a dialog opens ({kind}): {text}"));
                }
                let accept = is_agreed || kind == "beforeunload";
                let (method, params) = ("Page.handleJavaScriptDialog", json!({ "accept": accept }));
                vec![Say::Call { session: session.to_owned(), method, params }]
            }
            "Page.loadEventFired" if session == noted.shown => {
                noted.loads += 1;
                Vec::new()
            }
            "Page.loadEventFired" => {
                noted.ready.insert(session.to_owned());
                Vec::new()
            }
            _ => {
                noted.hear(method, &params, &self.base);
                Vec::new()
            }
        };
        drop(noted);
        self.changed.notify_all();
        said
    }

    /// The session of the page that is shown.
    pub fn shown(&self) -> String {
        self.lock().shown.clone()
    }

    /// Waits until another page is shown than that of a session; whether one is.
    pub fn wait_for_other(&self, session: &str, patience: Duration) -> bool {
        self.wait(patience, |noted| noted.shown != session)
    }

    /// From now on each new page is told this before it begins.
    pub fn want(&self, method: &'static str, params: &Value) {
        let wanted = &mut self.lock().wanted;
        match wanted.iter_mut().find(|(other, _)| *other == method) {
            Some((_, last)) => *last = params.clone(),
            None => wanted.push((method, params.clone())),
        }
    }

    /// Whether something that was made ready waits to be shown.
    pub fn wait_for_ready(&self, patience: Duration) -> bool {
        self.wait(patience, |noted| !noted.ready.is_empty())
    }

    /// Pages so far that were ready when they were asked for.
    pub fn foreseen(&self) -> u64 {
        self.lock().foreseen
    }

    pub fn loads(&self) -> u64 {
        self.lock().loads
    }

    /// Waits until more than so many documents were loaded; whether they were.
    pub fn wait_for_load(&self, before: u64, patience: Duration) -> bool {
        self.wait(patience, |noted| noted.loads > before)
    }

    fn wait(&self, patience: Duration, is_so: impl Fn(&Noted) -> bool) -> bool {
        let end = Instant::now() + patience;
        let mut noted = self.lock();
        while !is_so(&noted) {
            let Some(left) = end.checked_duration_since(Instant::now()) else { return false };
            noted = self.changed.wait_timeout(noted, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub fn agree_once(&self) {
        self.lock().agreed += 1;
    }

    pub fn complain(&self, what: String) {
        self.lock().complaints.push(what);
    }

    /// The complaints so far; they are not repeated.
    pub fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().complaints)
    }

    /// Whether something under this path has begun to be answered.
    pub fn is_answered(&self, path: &str) -> bool {
        self.lock()
            .answers
            .values()
            .any(|answer| answer.address.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with(path)))
    }

    /// The answers so far; they are not repeated.
    pub fn answers(&self) -> Vec<Answer> {
        std::mem::take(&mut self.lock().answers).into_values().collect()
    }
}

impl Noted {
    /// A page has come into being, and waits to be told how it is looked at.
    fn attached(&mut self, params: &Value) -> Vec<Say> {
        let session = params["sessionId"].as_str().unwrap_or_default().to_owned();
        let call =
            |method, params: &Value| Say::Call { session: session.clone(), method, params: params.clone() };
        let begin = call("Runtime.runIfWaitingForDebugger", &json!({}));
        let target = &params["targetInfo"];
        if target["type"] != "page" {
            return vec![begin];
        }
        self.pages.insert(target["targetId"].as_str().unwrap_or_default().to_owned(), session.clone());
        self.is_shown(target);
        let wanted = self.wanted.iter().map(|(method, params)| call(method, params));
        [Say::Listen(session.clone())].into_iter().chain(wanted).chain([begin]).collect()
    }

    /// A page that was made ready may be shown now.
    fn is_shown(&mut self, target: &Value) {
        let Some(session) = target["targetId"].as_str().and_then(|id| self.pages.get(id)) else { return };
        if target["subtype"].is_string() || *session == self.shown {
            return;
        }
        self.foreseen += u64::from(!self.shown.is_empty());
        self.shown = session.clone();
        self.loads += u64::from(self.ready.remove(session));
    }

    fn hear(&mut self, method: &str, params: &Value, base: &str) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = text(&params["requestId"]);
        match method {
            "Network.requestWillBeSent" => {
                let (address, kind) = (text(&params["request"]["url"]), text(&params["type"]));
                let is_ours = address.strip_prefix(base).is_some_and(|path| path.starts_with('/'));
                if !is_ours
                    && !address.starts_with("data:")
                    && !address.starts_with("blob:")
                    && address != "about:blank"
                {
                    self.complaints.push(format!("a request to another place: {address}"));
                }
                self.asked.insert(id, (address, kind));
            }
            "Network.responseReceived" => {
                let status = params["response"]["status"].as_u64().unwrap_or(0);
                let (address, kind) = (text(&params["response"]["url"]), text(&params["type"]));
                if status >= 400 {
                    self.complaints.push(format!("{status} for {address}"));
                }
                self.answers.insert(id, Answer { address, kind, status, bytes: 0 });
            }
            "Network.loadingFinished" => {
                self.asked.remove(&id);
                if let Some(answer) = self.answers.get_mut(&id) {
                    answer.bytes = params["encodedDataLength"].as_f64().unwrap_or(0.0) as u64;
                }
            }
            "Network.loadingFailed" => {
                let (address, kind) = self.asked.remove(&id).unwrap_or_default();
                // A page that is left ends what it was still asking.
                if params["canceled"] != true && params["errorText"] != "net::ERR_ABORTED" {
                    let why = text(&params["errorText"]);
                    let blocked = text(&params["blockedReason"]);
                    self.complaints.push(format!("no answer for {address} ({kind}): {why} {blocked}"));
                }
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let what = details["exception"]["description"].as_str().or(details["text"].as_str());
                self.complaints.push(format!("uncaught: {} ({})", what.unwrap_or_default(), details["url"]));
            }
            "Runtime.consoleAPICalled" => {
                let kind = text(&params["type"]);
                if matches!(kind.as_str(), "error" | "warning" | "assert") {
                    let said = params["args"].as_array().into_iter().flatten();
                    let said: Vec<String> =
                        said.map(|arg| arg["value"].to_string() + &text(&arg["description"])).collect();
                    self.complaints.push(format!("console {kind}: {}", said.join(" ")));
                }
            }
            "Log.entryAdded" => {
                let entry = &params["entry"];
                // A status of 400 and more is noted where the answer arrives.
                let is_noted = entry["source"] == "network"
                    && text(&entry["text"]).contains("responded with a status of");
                if matches!(entry["level"].as_str(), Some("error" | "warning")) && !is_noted {
                    self.complaints.push(format!("log: {} ({})", text(&entry["text"]), text(&entry["url"])));
                }
            }
            "Audits.issueAdded" => {
                let issue = &params["issue"];
                // Advice, nothing that a reader would notice.
                let is_advice = issue["code"] == "PerformanceIssue"
                    || text(&issue["details"]["genericIssueDetails"]["errorType"]).starts_with("FormInput")
                    || issue["details"]["genericIssueDetails"]["errorType"]
                        == "FormEmptyIdAndNameAttributesForInputError";
                if is_advice {
                    return;
                }
                self.complaints.push(format!("issue {}: {}", text(&issue["code"]), issue["details"]));
            }
            _ => {}
        }
    }
}
