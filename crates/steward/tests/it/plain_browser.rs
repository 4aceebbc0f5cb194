//! A browser that runs no scripts: it signs in, keeps its cookie, and sends forms with their token.

use serde_json::json;
use ureq::http::Method;

use crate::client::{Client, Reply};
use crate::desk::Desk;

/// What everybody's password is.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody whose browser holds a session.
pub struct PlainBrowser {
    pub stranger: Client,
    pub cookie: String,
    /// What its forms carry.
    csrf: String,
}

impl PlainBrowser {
    pub fn sign_in(desk: &Desk, email: &str) -> PlainBrowser {
        let stranger = desk.stranger();
        let fields = format!(
            "email={}&password={}&next=%2Fcases",
            email.replace('@', "%40"),
            PASSWORD.replace(' ', "+")
        );
        let answer = form(&stranger, "/sign-in", &fields, None);
        answer.status(303);
        assert_eq!(answer.header("location"), Some("/cases"));
        let cookie = answer.header("set-cookie").unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut browser = PlainBrowser { stranger, cookie, csrf: String::new() };
        let page = browser.page("/cases");
        let (_, after) = page.split_once("name=\"csrf\" value=\"").unwrap();
        browser.csrf = after.split('"').next().unwrap().to_owned();
        browser
    }

    /// Somebody whose token this is, as if their browser had got it by signing in. `page` is one that they may see.
    pub fn of(desk: &Desk, somebody: &Client, page: &str) -> PlainBrowser {
        PlainBrowser::with_session(desk, somebody.token.as_deref().unwrap(), page)
    }

    /// A browser that holds this session.
    pub fn with_session(desk: &Desk, token: &str, page: &str) -> PlainBrowser {
        let cookie = format!("steward_session={token}");
        let mut browser = PlainBrowser { stranger: desk.stranger(), cookie, csrf: String::new() };
        browser.csrf = browser.token_of(page);
        browser
    }

    /// The token that the forms of a page carry.
    pub fn token_of(&self, page: &str) -> String {
        let page = self.page(page);
        let (_, after) = page.split_once("name=\"csrf\" value=\"").unwrap();
        after.split('"').next().unwrap().to_owned()
    }

    /// Asks for a page, whatever comes.
    pub fn asks(&self, path: &str) -> Reply {
        self.stranger.ask(Method::GET, path).header("cookie", &self.cookie).send()
    }

    /// Sends a form with files.
    pub fn uploads(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend_from_slice(fields);
        let ask = self.stranger.ask(Method::POST, path).header("sec-fetch-site", "same-origin");
        ask.header("cookie", &self.cookie).form(&all, files).send()
    }

    /// A page that is there.
    pub fn page(&self, path: &str) -> String {
        let answer = self.stranger.ask(Method::GET, path).header("cookie", &self.cookie).send();
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
        answer.status(200).text()
    }

    /// Sends a form, as a page of the desk would.
    pub fn sends(&self, path: &str, fields: &str) -> Reply {
        form(&self.stranger, path, &format!("{fields}&csrf={}", self.csrf), Some(&self.cookie))
    }
}

/// Sends a form without a session, or with a cookie and whatever token is among the fields.
pub fn form(client: &Client, path: &str, fields: &str, cookie: Option<&str>) -> Reply {
    let ask = client
        .ask(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let ask = if let Some(cookie) = cookie { ask.header("cookie", cookie) } else { ask };
    ask.bytes(fields).send()
}

/// Ana, an agent, in her browser.
pub fn agent(desk: &Desk) -> PlainBrowser {
    let admin = desk.admin();
    let draft = json!({ "name": "Ana", "email": "ana@example.com", "role": "agent", "password": PASSWORD });
    admin.post("/api/crm/users", draft).created();
    PlainBrowser::sign_in(desk, "ana@example.com")
}
