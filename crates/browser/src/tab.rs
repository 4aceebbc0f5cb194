//! Somebody's browser: where they are, what they see, what they click and type.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};

use crate::chromium::{self, Chromium};
use crate::notes::{Answer, Notes};
use crate::{Error, Look, Result, keys};

/// How long a page may take to load, or to become what is waited for. Far more than it needs.
const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(15);
/// Whether the scripts that a page names to run after its first paint have run, or never will.
const SCRIPTS_RUN: &str = "document.readyState === 'complete' && (!document.querySelector('script[data-run]')
    || document.documentElement.hasAttribute('data-ready') || matchMedia('(scripting: none)').matches)";

/// Finds an element: `text=Send` is the button, link or label that says just that, anything else a selector. Of several the
/// first that is seen.
const FIND: &str = r##"(what => {
  const isSeen = element => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  const said = element => (element.getAttribute("aria-label") ?? element.innerText ?? "").trim().replace(/\s+/g, " ");
  const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
  const all = what.startsWith("text=")
    ? [...top.querySelectorAll("button, a, summary, label, [role=tab], [role=option], [role=menuitem]")].filter(element => said(element) === what.slice(5))
    : [...document.querySelectorAll(what)];
  return all.find(isSeen) ?? null;
})"##;

pub struct Tab {
    chromium: Chromium,
    context: String,
    base: String,
    notes: Arc<Notes>,
}

impl Tab {
    pub(crate) fn open(chromium: Chromium, base: &str, look: Look) -> Result<Tab> {
        let made = chromium.call(None, "Target.createBrowserContext", json!({}))?;
        let context = made["browserContextId"].as_str().unwrap_or_default().to_owned();
        let target = json!({ "url": "about:blank", "browserContextId": context, "width": look.width,
            "height": look.height, "forTab": true });
        let made = chromium.call(None, "Target.createTarget", target)?;
        let attach = json!({ "targetId": made["targetId"], "flatten": true });
        let attached = chromium.call(None, "Target.attachToTarget", attach)?;
        let session = attached["sessionId"].as_str().unwrap_or_default();
        let notes = Arc::new(Notes::new(base));
        chromium.listen(session, notes.clone());
        let tab = Tab { chromium, context, base: base.to_owned(), notes };
        for method in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable", "Audits.enable"] {
            tab.notes.want(method, &json!({}));
        }
        tab.notes.want("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }));
        let follow = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        tab.chromium.call(Some(session), "Target.setAutoAttach", follow)?;
        if !tab.notes.wait_for_other("", PATIENCE) {
            return Err(Error("a new tab shows no page".into()));
        }
        tab.look(look)?;
        Ok(tab)
    }

    /// Calls a method of the page that is shown; of the next one, where that has just given way to it.
    fn call(&self, method: &str, params: Value) -> Result<Value> {
        let session = self.notes.shown();
        match self.chromium.call(Some(&session), method, params.clone()) {
            Err(error) if chromium::is_gone(&error) && self.notes.wait_for_other(&session, PATIENCE) => {
                self.chromium.call(Some(&self.notes.shown()), method, params)
            }
            answer => answer,
        }
    }

    /// Sets how pages are looked at: this one, and those that will be shown in this tab.
    fn set(&self, method: &'static str, params: Value) -> Result<()> {
        self.notes.want(method, &params);
        self.call(method, params).map(|_| ())
    }

    /// Looks at the page in another way: from now on, and at what is shown already where that is possible.
    pub fn look(&self, look: Look) -> Result<()> {
        let screen = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": look.scale,
            "mobile": look.is_phone });
        self.set("Emulation.setDeviceMetricsOverride", screen)?;
        self.set("Emulation.setTouchEmulationEnabled", json!({ "enabled": look.is_phone }))?;
        let colours = if look.is_dark { "dark" } else { "light" };
        let motion = if look.moves { "no-preference" } else { "reduce" };
        let features = json!([{ "name": "prefers-color-scheme", "value": colours },
            { "name": "prefers-reduced-motion", "value": motion }]);
        self.set("Emulation.setEmulatedMedia", json!({ "media": "", "features": features }))?;
        self.set("Emulation.setLocaleOverride", json!({ "locale": look.language }))?;
        self.set("Emulation.setTimezoneOverride", json!({ "timezoneId": look.zone }))?;
        self.set("Emulation.setScriptExecutionDisabled", json!({ "value": !look.runs_scripts }))?;
        self.set("Network.setExtraHTTPHeaders", json!({ "headers": { "accept-language": look.language } }))?;
        Ok(())
    }

    /// Looks at the page as it would be printed, or on the screen again.
    pub fn look_at_print(&self, is_print: bool) -> Result<()> {
        let media = if is_print { "print" } else { "" };
        self.call("Emulation.setEmulatedMedia", json!({ "media": media })).map(|_| ())
    }

    /// Gives the browser a cookie, such as a session's.
    pub fn cookie(&self, name: &str, value: &str) -> Result<()> {
        self.call("Network.setCookie", json!({ "url": self.base, "name": name, "value": value })).map(|_| ())
    }

    /// Sends every request to the desk, whatever was kept, or keeps again.
    pub fn keep_nothing(&self, keeps_nothing: bool) -> Result<()> {
        self.set("Network.setCacheDisabled", json!({ "cacheDisabled": keeps_nothing }))
    }

    // ---- where

    /// Goes to a path of the desk, and waits until it is loaded.
    pub fn goes(&self, path: &str) -> Result<&Tab> {
        let before = self.notes.loads();
        let gone = self.call("Page.navigate", json!({ "url": format!("{}{path}", self.base) }))?;
        if let Some(error) = gone["errorText"].as_str() {
            return Err(Error(format!("{path}: {error}")));
        }
        // Another place of the same document is not loaded.
        if gone["loaderId"].is_string() {
            self.loaded(before, path)?;
        }
        Ok(self)
    }

    /// Which page is shown: how many documents were loaded, and the entry of the history, as the desk shows several pages in
    /// one document.
    fn shown(&self) -> Result<(u64, String)> {
        Ok((self.notes.loads(), text_of(self.asks("String(window.navigation?.currentEntry?.id)")?)))
    }

    /// Waits for a page other than one that was shown, and for its scripts.
    fn left(&self, before: &(u64, String), what: &str) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            // While one page gives way to another nobody answers.
            if self.notes.loads() > before.0 || self.shown().is_ok_and(|now| now.1 != before.1) {
                return self.until(SCRIPTS_RUN).map(|_| ());
            }
            if Instant::now() > end {
                return Err(Error(format!("no page follows {what}; the browser is at {}", self.path()?)));
            }
            std::thread::sleep(STEP);
        }
    }

    /// Waits for a page, and for the scripts that it names to run after its first paint.
    fn loaded(&self, before: u64, what: &str) -> Result<()> {
        if !self.notes.wait_for_load(before, PATIENCE) {
            return Err(Error(format!("no page is loaded after {what}; the browser is at {}", self.path()?)));
        }
        self.until(SCRIPTS_RUN).map(|_| ())
    }

    pub fn reloads(&self) -> Result<&Tab> {
        let before = self.notes.loads();
        self.call("Page.reload", json!({}))?;
        self.loaded(before, "reloading")?;
        Ok(self)
    }

    /// From the next page on each one runs a script before its own.
    pub fn runs_first(&self, script: &str) -> Result<&Tab> {
        self.set("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }))?;
        Ok(self)
    }

    /// The path where the browser is, with query and fragment.
    pub fn path(&self) -> Result<String> {
        self.asks("location.pathname + location.search + location.hash").map(text_of)
    }

    // ---- what is seen

    /// The value of an expression in the page; of a promise, what it holds.
    pub fn asks(&self, expression: &str) -> Result<Value> {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true });
        let mut answer = self.call("Runtime.evaluate", params)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            let why =
                thrown["exception"]["description"].as_str().or(thrown["text"].as_str()).unwrap_or("thrown");
            let asked: String = expression.chars().take(200).collect();
            return Err(Error(format!("{why} in {asked}")));
        }
        Ok(answer["result"]["value"].take())
    }

    /// An expression of the element that `what` finds, called `it`.
    pub fn asks_of(&self, what: &str, expression: &str) -> Result<Value> {
        let found = format!("{FIND}({})", json!(what));
        self.asks(&format!(
            "(it => {{ if (!it) throw new Error('nothing is ' + {}); return ({expression}) }})({found})",
            json!(what)
        ))
    }

    pub fn sees(&self, what: &str) -> Result<bool> {
        Ok(self.asks(&format!("{FIND}({}) !== null", json!(what)))? == true)
    }

    /// The text of an element, as it is shown.
    pub fn text(&self, what: &str) -> Result<String> {
        self.asks_of(what, "it.innerText.trim()").map(text_of)
    }

    /// All that the page says.
    pub fn says(&self, words: &str) -> Result<bool> {
        Ok(self.asks(&format!("document.body.innerText.includes({})", json!(words)))? == true)
    }

    /// Waits until the expression is true.
    pub fn until(&self, expression: &str) -> Result<&Tab> {
        let end = Instant::now() + PATIENCE;
        loop {
            // While one page gives way to another nobody answers.
            let answer = self.asks(expression);
            if answer.as_ref().is_ok_and(|answer| *answer == true) {
                return Ok(self);
            }
            if Instant::now() > end {
                let last = answer.map_or_else(|error| error.0, |value| value.to_string());
                return Err(Error(format!("it never is: {expression} ({last}), at {}", self.path()?)));
            }
            std::thread::sleep(STEP);
        }
    }

    /// Waits until something under a path has begun to be answered, such as a stream.
    pub fn until_answered(&self, path: &str) -> Result<&Tab> {
        let end = Instant::now() + PATIENCE;
        while !self.notes.is_answered(path) {
            if Instant::now() > end {
                return Err(Error(format!("nothing answers {path}, at {}", self.path()?)));
            }
            std::thread::sleep(STEP);
        }
        Ok(self)
    }

    pub fn until_seen(&self, what: &str) -> Result<&Tab> {
        self.until(&format!("{FIND}({}) !== null", json!(what)))
    }

    pub fn until_gone(&self, what: &str) -> Result<&Tab> {
        self.until(&format!("{FIND}({}) === null", json!(what)))
    }

    pub fn until_said(&self, words: &str) -> Result<&Tab> {
        self.until(&format!("document.body.innerText.includes({})", json!(words)))
    }

    /// A picture of the window, PNG.
    pub fn picture(&self) -> Result<Vec<u8>> {
        let taken = self.call("Page.captureScreenshot", json!({ "format": "png" }))?;
        let taken =
            base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap_or_default());
        taken.map_err(|error| Error(format!("the picture is not readable: {error}")))
    }

    // ---- what is done

    /// Clicks on the middle of an element, which nothing may cover.
    pub fn clicks(&self, what: &str) -> Result<&Tab> {
        // What hangs on something else follows it a frame later.
        self.asks_of(
            what,
            "it.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' })",
        )?;
        let place = self.asks_of(
            what,
            "(() => {
                const box = it.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2;
                const top = document.elementFromPoint(x, y);
                const isFree = top && (it.contains(top) || top.contains(it) || top.closest('label')?.control === it);
                return { x, y, cover: isFree ? null : (top?.outerHTML ?? 'the edge of the window').slice(0, 200) } })()",
        )?;
        if let Some(cover) = place["cover"].as_str() {
            return Err(Error(format!("{what} is covered by {cover}")));
        }
        for (kind, clicks) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 1)] {
            let button = if clicks == 0 { "none" } else { "left" };
            self.call(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": place["x"], "y": place["y"], "button": button, "clickCount": clicks }),
            )?;
        }
        Ok(self)
    }

    /// Moves the pointer over an element.
    pub fn points_at(&self, what: &str) -> Result<&Tab> {
        let place = self.asks_of(
            what,
            "(box => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 }))(it.getClientRects()[0])",
        )?;
        self.call(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseMoved", "x": place["x"], "y": place["y"] }),
        )?;
        Ok(self)
    }

    /// Waits until the browser has made a page ready that nobody has asked for yet.
    pub fn until_ready(&self) -> Result<&Tab> {
        if !self.notes.wait_for_ready(PATIENCE) {
            return Err(Error(format!("no page is made ready, at {}", self.path()?)));
        }
        Ok(self)
    }

    /// How many pages were ready when they were asked for.
    pub fn foreseen(&self) -> u64 {
        self.notes.foreseen()
    }

    /// Clicks on what leads to another page, and waits until that is shown and its scripts have run.
    pub fn follows(&self, what: &str) -> Result<&Tab> {
        let before = self.shown()?;
        self.clicks(what)?;
        self.left(&before, &format!("a click on {what}"))?;
        Ok(self)
    }

    /// Types a text into a field, over what stood there.
    pub fn types(&self, what: &str, text: &str) -> Result<&Tab> {
        self.asks_of(what, "(it.focus(), it.select?.())")?;
        self.writes(text)
    }

    /// Types where the cursor is.
    pub fn writes(&self, text: &str) -> Result<&Tab> {
        self.call("Input.insertText", json!({ "text": text }))?;
        Ok(self)
    }

    /// Presses a key: `j`, `?`, `Enter`, `Ctrl+k`, `Shift+Tab`.
    pub fn presses(&self, key: &str) -> Result<&Tab> {
        for stroke in keys::strokes(key)? {
            self.call("Input.dispatchKeyEvent", stroke)?;
        }
        Ok(self)
    }

    /// Presses a key that leads to another page, and waits until that is shown and its scripts have run.
    pub fn presses_on(&self, key: &str) -> Result<&Tab> {
        let before = self.shown()?;
        self.presses(key)?;
        self.left(&before, &format!("pressing {key}"))?;
        Ok(self)
    }

    /// Chooses in a list what is called so, or has that value.
    pub fn chooses(&self, what: &str, option: &str) -> Result<&Tab> {
        let chosen = self.asks_of(
            what,
            &format!(
                "(name => {{ const option = [...it.options].find(option => option.label.trim() === name || option.value === name);
                    if (!option) throw new Error('no choice is ' + name + ': ' + [...it.options].map(option => option.label));
                    it.focus(); it.value = option.value;
                    it.dispatchEvent(new Event('input', {{ bubbles: true }}));
                    it.dispatchEvent(new Event('change', {{ bubbles: true }})); return true }})({})",
                json!(option)
            ),
        )?;
        debug_assert_eq!(chosen, true);
        Ok(self)
    }

    /// Agrees to the next dialog that a page opens; without that one is a complaint.
    pub fn agrees_once(&self) -> &Tab {
        self.notes.agree_once();
        self
    }

    // ---- what was noted

    /// What pages did since the last call that they should never do: errors and warnings on the console, exceptions nobody
    /// caught, requests that failed or went to another place, what the content policy refused, dialogs.
    pub fn complaints(&self) -> Vec<String> {
        self.notes.complaints()
    }

    /// Adds a complaint of the caller's own.
    pub fn complain(&self, what: String) {
        self.notes.complain(what);
    }

    /// The answers since the last call.
    pub fn answers(&self) -> Vec<Answer> {
        self.notes.answers()
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.chromium.forget(&self.notes);
        // Best effort: it ends with the process at the latest.
        let _ = self.chromium.call(
            None,
            "Target.disposeBrowserContext",
            json!({ "browserContextId": self.context }),
        );
    }
}

fn text_of(value: Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
