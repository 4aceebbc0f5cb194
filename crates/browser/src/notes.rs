//! What happens in a tab, noted as it happens: loads, answers, and whatever a page should never do.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

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

#[derive(Default)]
struct Noted {
    /// Documents that were loaded wholly.
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

    /// Hears an event. Answers what is to be said to a dialog that has opened.
    pub fn hear(&self, method: &str, params: Value) -> Option<bool> {
        let mut noted = self.lock();
        let said = match method {
            "Page.javascriptDialogOpening" => {
                let is_agreed = noted.agreed > 0;
                noted.agreed = noted.agreed.saturating_sub(1);
                let (kind, text) = (&params["type"], &params["message"]);
                // A browser asks by itself whether a half-typed form is to be left.
                if !is_agreed && kind != "beforeunload" {
                    noted.complaints.push(format!("a dialog opens ({kind}): {text}"));
                }
                Some(is_agreed || kind == "beforeunload")
            }
            _ => {
                noted.hear(method, &params, &self.base);
                None
            }
        };
        drop(noted);
        self.changed.notify_all();
        said
    }

    pub fn loads(&self) -> u64 {
        self.lock().loads
    }

    /// Waits until more than so many documents were loaded; whether they were.
    pub fn wait_for_load(&self, before: u64, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut noted = self.lock();
        while noted.loads <= before {
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
    fn hear(&mut self, method: &str, params: &Value, base: &str) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = text(&params["requestId"]);
        match method {
            "Page.loadEventFired" => self.loads += 1,
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
