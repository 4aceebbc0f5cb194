//! What the desk is called and how it looks: its name, its logo, its colour. One row that hardly ever changes and that
//! every page needs, so it is kept in memory: a change shows at once on the node that made it, and within a second on
//! the others, which look at its version as time passes.

pub mod api;
mod colours;
mod picture;
mod served;

use std::sync::{Arc, Mutex, PoisonError};

use db::Class;
use sha2::{Digest, Sha256};

pub use colours::Colour;
pub use picture::Picture;
pub use served::{Served, serve};

use crate::app::App;
use crate::error::Result;
use crate::work::{Actor, Work};

db::record! {
    /// The row.
    #[derive(Debug, Clone, PartialEq)]
    struct Settings {
        desk_name: Option<String>,
        colour: Option<String>,
        logo: Option<Vec<u8>>,
        logo_type: Option<String>,
        edit_version: i64,
    }
}

impl Settings {
    fn read(work: &mut Work, lock: &str) -> Result<Settings> {
        work.one(
            &format!(
                "select desk_name, colour, logo, logo_type, edit_version from crm_desk_settings
                 where settings_id = 1{lock}"
            ),
            &[],
        )
    }
}

/// How the desk presents itself.
#[derive(Debug, PartialEq)]
pub struct Brand {
    pub name: String,
    /// The style sheet that colours the pages, where a colour was chosen.
    pub style: Option<Served>,
    pub logo: Option<Served>,
    version: i64,
}

impl Brand {
    fn of(settings: Settings, otherwise: &str) -> Brand {
        let colour = settings.colour.as_deref().and_then(Colour::parse);
        let style = colour.map(|colour| Served::new("css", "text/css; charset=utf-8", colour.style().into()));
        let logo = settings.logo.zip(settings.logo_type).and_then(|(bytes, kind)| {
            let kind = picture::KINDS.iter().find(|known| known.media_type == kind)?;
            Some(Served::new(kind.ending, kind.media_type, bytes))
        });
        let name = settings.desk_name.unwrap_or_else(|| otherwise.to_owned());
        Brand { name, style, logo, version: settings.edit_version }
    }
}

/// The brand as this node knows it.
#[derive(Default)]
pub struct Branding(Mutex<Option<Arc<Brand>>>);

impl Branding {
    /// What is known; nothing before it was first read.
    pub fn known(&self) -> Option<Arc<Brand>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest is kept, whoever comes last.
    fn keep(&self, brand: &Arc<Brand>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| known.version < brand.version) {
            *known = Some(brand.clone());
        }
    }
}

/// The brand; read from the database only where it was never read before.
pub fn brand(work: &mut Work) -> Result<Arc<Brand>> {
    match work.branding.known() {
        Some(brand) => Ok(brand),
        None => read(work),
    }
}

fn read(work: &mut Work) -> Result<Arc<Brand>> {
    let brand = Arc::new(Brand::of(Settings::read(work, "")?, &work.config.brand));
    work.branding.keep(&brand);
    Ok(brand)
}

/// Reads the brand anew where it has changed.
pub async fn refresh(app: &App) -> Result<()> {
    let known = app.branding.known().map_or(0, |brand| brand.version);
    let look = move |work: &mut Work| {
        let (version,): (i64,) =
            work.one("select edit_version from crm_desk_settings where settings_id = 1", &[])?;
        if version != known { read(work).map(drop) } else { Ok(()) }
    };
    app.read(Class::Bounded, Actor::System, look).await
}

/// A short name for contents, which changes with them.
fn mark(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
