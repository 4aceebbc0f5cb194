//! `bin/screenshots`: pictures of the main pages, from the demo, in light, in dark and on a phone.

use std::error::Error;
use std::path::{Path, PathBuf};

use browser::{Chromium, Look, Tab};
use db::{Class, Db, Options};
use steward::people::{Scope, commands, tokens};
use steward::schema::STEPS;
use steward::{Actor, App, Clock, Config, demo};

/// Whose browser it is: a role, or a customer.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    Customer,
    Lead,
    Admin,
}

/// A picture: its file, the page, and what is done there before it is taken.
struct Picture {
    name: &'static str,
    who: Who,
    path: &'static str,
    /// Selectors that are clicked, one after the other.
    clicks: &'static [&'static str],
    /// Taken in light on a wide screen, and then also ...
    also: &'static [Kind],
}

#[derive(Clone, Copy)]
enum Kind {
    Dark,
    Phone,
}

const fn picture(name: &'static str, who: Who, path: &'static str, also: &'static [Kind]) -> Picture {
    Picture { name, who, path, clicks: &[], also }
}

#[rustfmt::skip]
const PICTURES: &[Picture] = &[
    picture("sign-in", Who::Nobody, "/sign-in", &[Kind::Phone]),
    picture("list", Who::Lead, "/views/open", &[Kind::Dark, Kind::Phone]),
    picture("case", Who::Lead, "/cases/{busy}", &[Kind::Dark, Kind::Phone]),
    picture("dashboard", Who::Lead, "/dashboard", &[Kind::Dark, Kind::Phone]),
    picture("new-case", Who::Lead, "/cases/new", &[]),
    picture("knowledge", Who::Lead, "/knowledge", &[]),
    picture("help", Who::Nobody, "/help", &[Kind::Phone]),
    picture("portal", Who::Customer, "/portal", &[Kind::Phone]),
    picture("policy", Who::Admin, "/administration/policies/1", &[]),
    picture("calendar", Who::Admin, "/administration/calendars/1", &[Kind::Phone]),
    picture("users", Who::Admin, "/administration/users", &[Kind::Dark]),
    picture("survey", Who::Admin, "/administration/surveys/1", &[]),
    picture("design", Who::Admin, "/design", &[Kind::Dark]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("name the folder for the pictures")?);
    let wanted: Vec<String> = args.collect();
    std::fs::create_dir_all(&folder)?;
    let data = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let app = open(data.path())?;
    let server = runtime.block_on(async {
        demo::attach_files(&app).await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        Ok::<_, Box<dyn Error>>(steward::http::serve(app.clone(), listener)?)
    })?;
    let taker =
        Taker { app, chromium: Chromium::start()?, base: format!("http://{}", server.address), folder };
    for picture in PICTURES {
        if wanted.is_empty() || wanted.iter().any(|name| picture.name.contains(name.as_str())) {
            taker.take(picture)?;
        }
    }
    runtime.block_on(server.stop());
    Ok(())
}

/// The demo in a folder that is thrown away.
fn open(data: &Path) -> Result<App, Box<dyn Error>> {
    let mut config = Config::load(None, std::iter::empty(), toml::Table::new())?;
    config.data = data.to_owned();
    let db = Db::open(Options::new(format!("sqlite:{}", data.join("steward.db").display())))?;
    db.migrate(STEPS, None)?;
    let clock = Clock::system();
    let admin = demo::prepare(&db, clock.now())?;
    Ok(App::new(db, config, clock, None).with_demo_admin(admin))
}

struct Taker {
    app: App,
    chromium: Chromium,
    base: String,
    folder: PathBuf,
}

impl Taker {
    fn take(&self, picture: &Picture) -> Result<(), Box<dyn Error>> {
        let wide = Look { height: 800, ..Look::default() };
        self.take_in(picture, "", wide)?;
        for kind in picture.also {
            match kind {
                Kind::Dark => self.take_in(picture, "-dark", wide.dark())?,
                Kind::Phone => self.take_in(picture, "-phone", Look::phone())?,
            }
        }
        Ok(())
    }

    fn take_in(&self, picture: &Picture, ending: &str, look: Look) -> Result<(), Box<dyn Error>> {
        let tab = self.tab(picture.who, look)?;
        tab.goes(&self.filled(picture.path)?)?;
        // The first visit tells the desk the reader's time zone.
        tab.reloads()?;
        for what in picture.clicks {
            tab.clicks(what)?;
        }
        tab.until("document.fonts.status === 'loaded'")?;
        let file = self.folder.join(format!("{}{ending}.png", picture.name));
        std::fs::write(&file, tab.picture()?)?;
        match tab.complaints().first() {
            Some(complaint) => Err(format!("{}: {complaint}", picture.path).into()),
            None => Ok(()),
        }
    }

    fn tab(&self, who: Who, look: Look) -> Result<Tab, Box<dyn Error>> {
        let tab = self.chromium.tab(&self.base, look)?;
        let email = match who {
            Who::Nobody => return Ok(tab),
            Who::Customer => self.text(
                "select email from crm_contacts where contact_id = (select contact_id from crm_cases where contact_id is not
                 null group by contact_id order by count(*) desc, contact_id limit 1)",
            )?,
            Who::Lead => self.text("select email from crm_users where role = 'manager' order by user_id limit 1")?,
            Who::Admin => self.text("select email from crm_users where role = 'admin' order by user_id limit 1")?,
        };
        let token = tokens::generate()?;
        let made = token.clone();
        self.app.write_blocking(Actor::System, move |work| {
            commands::make_token(work, &email, "pictures", Scope::Write, None, &made).map(|_| ())
        })?;
        tab.cookie("steward_session", &token)?;
        Ok(tab)
    }

    /// A path with what it names looked up: `{busy}` is the open case with the most said about it.
    fn filled(&self, path: &str) -> Result<String, Box<dyn Error>> {
        let busy = "select cast(case_id as text) from crm_case_comments where case_id in (select case_id from crm_cases
             where is_open and owner_id is not null) group by case_id order by count(*) desc, case_id limit 1";
        Ok(if path.contains("{busy}") { path.replace("{busy}", &self.text(busy)?) } else { path.to_owned() })
    }

    fn text(&self, sql: &'static str) -> Result<String, Box<dyn Error>> {
        let found = self.app.db.read_blocking(Class::Slow, move |tx| tx.one::<(String,)>(sql, &[]))?;
        Ok(found.0)
    }
}
