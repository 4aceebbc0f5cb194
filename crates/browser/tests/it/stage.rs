//! Where a test plays: a desk, the shared Chromium, and everybody's browsers. At the end nobody's browser complains.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use browser::{Chromium, Look, Result, Tab};
use db::{Db, Options};
use steward::schema::STEPS;
use steward::{Clock, demo};

use crate::client::Client;
use crate::desk::Desk;
use crate::place::{Engine, Place};

/// Defines tests that play on an empty desk at the present moment.
macro_rules! on_a_desk {
    ($($(#[$meta:meta])* fn $name:ident($stage:ident) $body:block)+) => {$(
        #[test]
        $(#[$meta])*
        fn $name() {
            fn play($stage: &$crate::stage::Stage) -> browser::Result<()> { $body }
            $crate::stage::Stage::empty(stringify!($name)).plays(play);
        }
    )+};
}

/// Defines tests that play on the desk of `steward demo`.
macro_rules! in_the_demo {
    ($($(#[$meta:meta])* fn $name:ident($stage:ident) $body:block)+) => {$(
        #[test]
        $(#[$meta])*
        fn $name() {
            fn play($stage: &$crate::stage::Stage) -> browser::Result<()> { $body }
            $crate::stage::Stage::demo(stringify!($name)).plays(play);
        }
    )+};
}

/// One Chromium for all tests of the process; it ends with it.
fn chromium() -> Chromium {
    static SHARED: OnceLock<Chromium> = OnceLock::new();
    SHARED.get_or_init(|| Chromium::start().unwrap()).clone()
}

pub struct Stage {
    name: &'static str,
    pub desk: Desk,
    chromium: Chromium,
    tabs: Mutex<Vec<Arc<Tab>>>,
}

impl Stage {
    /// A desk without anybody. Its clock is the browsers', and stands still.
    pub fn empty(name: &'static str) -> Stage {
        let desk = Desk::new(Engine::Sqlite);
        desk.clock.set(Clock::system().now());
        Stage { name, desk, chromium: chromium(), tabs: Mutex::default() }
    }

    /// A copy of the demo.
    pub fn demo(name: &'static str) -> Stage {
        let place = Place::migrated(Engine::Sqlite);
        std::fs::copy(demo_template(), place.folder.path().join("steward.db")).unwrap();
        let db = Db::open(Options::new(&place.url)).unwrap();
        let admin = demo::prepare(&db, Clock::system().now()).unwrap();
        db.close();
        let desk = Desk::at_place(Engine::Sqlite, place, |_| {}, Some(admin));
        desk.clock.set(Clock::system().now());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(demo::attach_files(&desk.app)).unwrap();
        // Articles get their addresses.
        desk.tick();
        Stage { name, desk, chromium: chromium(), tabs: Mutex::default() }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.desk.address)
    }

    /// The browser of somebody who is not signed in.
    pub fn tab(&self, look: Look) -> Result<Arc<Tab>> {
        let tab = Arc::new(self.chromium.tab(&self.base(), look)?);
        self.tabs.lock().unwrap().push(tab.clone());
        Ok(tab)
    }

    /// The browser of somebody who is.
    pub fn tab_of(&self, who: &Client, look: Look) -> Result<Arc<Tab>> {
        let tab = self.tab(look)?;
        tab.cookie("steward_session", who.token.as_ref().unwrap())?;
        Ok(tab)
    }

    /// The browser of whoever has an address.
    pub fn tab_as(&self, email: &str, look: Look) -> Result<Arc<Tab>> {
        let tab = self.tab(look)?;
        tab.cookie("steward_session", &self.desk.token(email))?;
        Ok(tab)
    }

    /// Plays, and looks whether any browser complained.
    pub fn plays(self, play: impl FnOnce(&Stage) -> Result<()>) {
        let result = play(&self);
        let tabs = std::mem::take(&mut *self.tabs.lock().unwrap());
        let mut faults: Vec<String> = result.err().map(|error| error.0).into_iter().collect();
        for tab in &tabs {
            let complaints = tab.complaints();
            if complaints.is_empty() && faults.is_empty() {
                continue;
            }
            let at = tab.path().unwrap_or_default();
            faults.extend(
                complaints.into_iter().map(|complaint| format!("{complaint}\n    in a browser at {at}")),
            );
        }
        if !faults.is_empty() {
            self.take_pictures(&tabs);
            // The desk is not asked whether its data is sound: something else is the matter.
            panic!("{}:\n- {}", self.name, faults.join("\n- "));
        }
    }

    /// What the browsers show when a test fails, in target/tmp.
    fn take_pictures(&self, tabs: &[Arc<Tab>]) {
        for (number, tab) in tabs.iter().enumerate() {
            let file = folder().join(format!("failed-{}-{number}.png", self.name));
            if let Ok(picture) = tab.picture() {
                std::fs::write(&file, picture).unwrap();
                eprintln!("{} shows what was seen last", file.display());
            }
        }
    }
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The demo as a file, made anew for each run: it is told relative to the present.
fn demo_template() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let draft = tempfile::tempdir_in(folder()).unwrap();
        let url = format!("sqlite:{}", draft.path().join("demo.db").display());
        let mut options = Options::new(&url);
        options.durable = false;
        let db = Db::open(options).unwrap();
        db.migrate(STEPS, None).unwrap();
        demo::prepare(&db, Clock::system().now()).unwrap();
        db.close();
        let file = folder().join("demo.db");
        std::fs::rename(draft.path().join("demo.db"), &file).unwrap();
        file
    });
    made.clone()
}
