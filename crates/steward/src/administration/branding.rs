//! What the desk is called and how it looks.

use askama::Template;
use db::Class;

use super::{around, etag};
use crate::branding::api::{self, SettingsView};
use crate::http::Admin;
use crate::web::{Frame, Page, PageResult, Seat, show};

/// The colour that pages have where none was chosen.
const USUAL: &str = "#2456c9";

#[derive(Template)]
#[template(path = "administration/branding.html")]
struct BrandingPage {
    page: Page,
    frame: Frame,
    settings: SettingsView,
    /// The name of the settings file.
    usual_name: String,
}

impl BrandingPage {
    fn colour(&self) -> &str {
        self.settings.colour.as_ref().map_or("", |colour| &colour.chosen)
    }

    fn etag(&self) -> String {
        etag(&api::ID, &self.settings.edit_version)
    }

    fn usual_colour(&self) -> &'static str {
        USUAL
    }
}

pub async fn form(seat: Seat<Admin>) -> PageResult {
    let visit = seat.visit.clone();
    let page = seat.read(Class::Bounded, move |work| {
        let (page, frame) = around(work, &visit)?;
        let usual_name = work.config.brand.clone();
        Ok(BrandingPage { page, frame, settings: api::view(work)?, usual_name })
    });
    show(&page.await?)
}
