//! Somebody who asks the desk over HTTP, and what they are answered.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request, Response};

/// Between the parts of a form.
pub const BOUNDARY: &str = "a-boundary-of-the-tests";

#[derive(Clone)]
pub struct Client {
    pub name: String,
    pub id: i64,
    pub token: Option<String>,
    base: String,
    agent: Agent,
}

impl Client {
    pub fn new(base: String, name: &str, id: i64, token: Option<String>) -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Client { name: name.to_owned(), id, token, base, agent: config.into() }
    }

    /// Host and port, for who speaks HTTP by hand.
    pub fn host(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The same place, asked with another token.
    pub fn with_token(self, token: &str) -> Client {
        Client { token: Some(token.trim().to_owned()), ..self }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path).send()
    }

    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.ask(Method::POST, path).json(&body).send()
    }

    pub fn put(&self, path: &str, body: Value) -> Reply {
        self.ask(Method::PUT, path).json(&body).send()
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.ask(Method::DELETE, path).send()
    }

    /// A request to be put together by hand.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let mut ask = Ask { client: self, method, path: path.to_owned(), headers: Vec::new(), body: None };
        if let Some(token) = &self.token {
            ask = ask.header("authorization", &format!("Bearer {token}"));
        }
        ask
    }

    /// Uploads files, each a name and its bytes.
    pub fn attach(&self, path: &str, files: &[(&str, &[u8])]) -> Reply {
        self.ask(Method::POST, path).form(&[], files).send()
    }

    /// Opens a case; answers its id.
    pub fn opens(&self, draft: Value) -> i64 {
        self.post("/api/crm/cases", draft).created()["case"]["case_id"].as_i64().unwrap()
    }

    /// Comments on a case; answers the comment's id.
    pub fn comments(&self, case_id: i64, draft: Value) -> i64 {
        let made = self.post(&format!("/api/crm/cases/{case_id}/comments"), draft).created();
        made["comment"]["comment_id"].as_i64().unwrap()
    }

    pub fn sets(&self, case_id: i64, status: &str) -> Reply {
        self.put(&format!("/api/crm/cases/{case_id}/status"), serde_json::json!({ "status": status }))
    }

    /// The case itself as this one sees it.
    pub fn case(&self, case_id: i64) -> Value {
        self.get(&format!("/api/crm/cases/{case_id}")).ok()["case"].clone()
    }

    /// The ids of a list of cases, in its order.
    pub fn ids(&self, query: &str) -> Vec<i64> {
        let list = self.get(&format!("/api/crm/cases{query}")).ok();
        list["cases"].as_array().unwrap().iter().map(|case| case["case_id"].as_i64().unwrap()).collect()
    }
}

/// A request.
#[must_use = "a request is asked with `send`"]
pub struct Ask<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string()).header("content-type", "application/json")
    }

    /// A `multipart/form-data` body: fields, and files under the name `files`.
    pub fn form(self, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head =
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        for (name, bytes) in files {
            let head = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 content-type: text/html\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.bytes(body).header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}"))
    }

    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub fn send(self) -> Reply {
        self.try_send().unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// The answer, or why there is none: the server is gone.
    pub fn try_send(self) -> Result<Reply, ureq::Error> {
        let uri = format!("{}{}", self.client.base, self.path);
        let mut request = Request::builder().method(self.method.clone()).uri(&uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let asked = format!(
            "{} {} by {}",
            self.method,
            self.path.chars().take(300).collect::<String>(),
            self.client.name
        );
        let response = match self.body {
            Some(body) => self.client.agent.run(request.body(body).unwrap())?,
            None => self.client.agent.run(request.body(()).unwrap())?,
        };
        Reply::read(asked, response)
    }
}

/// An answer. What all answers have in common is asserted when it is read.
pub struct Reply {
    pub code: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    asked: String,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} -> {} {}", self.asked, self.code, body.chars().take(2000).collect::<String>())
    }
}

impl Reply {
    fn read(asked: String, mut response: Response<ureq::Body>) -> Result<Reply, ureq::Error> {
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        let reply = Reply { code: response.status().as_u16(), headers: headers.collect(), body, asked };
        assert_ne!(reply.code, 500, "{reply:?}");
        assert!(reply.header("x-request-id").is_some(), "no request id: {reply:?}");
        let is_page = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if reply.code >= 400 && !is_page {
            let problem = reply.json();
            assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{reply:?}");
            assert_eq!(problem["status"], reply.code, "{reply:?}");
            assert!(problem["title"].is_string() && problem["type"].is_string(), "{reply:?}");
            assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{reply:?}");
        }
        Ok(reply)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self:?}"))
    }

    /// The body as text, where it is a page.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts the status.
    #[track_caller]
    pub fn status(&self, code: u16) -> &Reply {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// 200 and its JSON.
    #[track_caller]
    pub fn ok(&self) -> Value {
        self.status(200).json()
    }

    /// 201 with a `Location`, and its JSON.
    #[track_caller]
    pub fn created(&self) -> Value {
        self.status(201);
        assert!(self.header("location").is_some_and(|path| path.starts_with("/api/crm/")), "{self:?}");
        self.json()
    }

    /// The pointers and parameters that the problem names, sorted, each once.
    pub fn faults(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let place = |error: &Value| {
            let place = error["pointer"].as_str().or(error["parameter"].as_str());
            place.unwrap_or_else(|| panic!("a fault without a place: {self:?}")).to_owned()
        };
        let mut places: Vec<String> = errors.iter().map(place).collect();
        places.sort();
        places.dedup();
        places
    }

    /// Asserts that exactly these are named as being at fault.
    #[track_caller]
    pub fn names(&self, places: &[&str]) -> &Reply {
        let mut expected: Vec<&str> = places.to_vec();
        expected.sort_unstable();
        assert_eq!(self.faults(), expected, "{self:?}");
        self
    }

    /// Asserts that this is named, perhaps among others.
    #[track_caller]
    pub fn fault(&self, place: &str) -> &Reply {
        assert!(self.faults().iter().any(|known| known == place), "{place} is not named: {self:?}");
        self
    }

    /// Asserts that the detail holds these words.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Reply {
        let detail = self.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains(words), "{words:?} is not said: {self:?}");
        self
    }
}
