//! The desk's settings over HTTP.

use db::Class;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{Brand, Colour, Picture, Settings, refresh};
use crate::clock::Time;
use crate::error::Result;
use crate::http::{Admin, Answer, Body, Expected, Json, Nothing, Query};
use crate::input::{Line, Patch};
use crate::people::differing;
use crate::work::Work;

/// The id of the one row, as entity tags name it.
pub const ID: i64 = 1;

crate::input! {
    /// The fields to change; null takes one away.
    pub struct SettingsEdit {
        /// Null: the name of the settings file, `brand`.
        pub desk_name: Patch<Option<Line<100>>>,
        /// `#2456c9`. Pages darken or lighten it until text in it is legible.
        pub colour: Patch<Option<Colour>>,
        /// A PNG, JPEG or WebP picture of at most 200,000 bytes, in base64.
        pub logo: Patch<Option<Picture>>,
    }
}

/// A colour as it was chosen, and as pages show it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ColourView {
    pub chosen: String,
    pub on_light: String,
    pub on_dark: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct LogoView {
    /// Its path, which anybody may read.
    pub href: String,
    pub media_type: String,
    pub size_bytes: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct SettingsView {
    /// Null where it is that of the settings file.
    pub desk_name: Option<String>,
    /// What the desk is called.
    pub shown_name: String,
    pub colour: Option<ColourView>,
    pub logo: Option<LogoView>,
    pub edit_version: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OneSettings {
    pub desk_settings: SettingsView,
}

/// The settings as they are now.
pub fn view(work: &mut Work) -> Result<SettingsView> {
    let settings = Settings::read(work, "")?;
    let (desk_name, edit_version) = (settings.desk_name.clone(), settings.edit_version);
    let colour = settings.colour.as_deref().and_then(Colour::parse).map(|colour| {
        let (on_light, on_dark) = colour.shown();
        ColourView { chosen: colour.to_string(), on_light, on_dark }
    });
    let brand = Brand::of(settings, &work.config.brand);
    let logo = brand.logo.map(|logo| LogoView {
        href: logo.address(),
        media_type: logo.media_type().to_owned(),
        size_bytes: logo.size(),
    });
    Ok(SettingsView { desk_name, shown_name: brand.name, colour, logo, edit_version })
}

fn answer(work: &mut Work) -> Result<Json<OneSettings>> {
    let desk_settings = view(work)?;
    let version = desk_settings.edit_version;
    Ok(Json::version(OneSettings { desk_settings }, ID, version))
}

pub async fn show(caller: Admin, _: Query<Nothing>) -> Result<Answer<Json<OneSettings>>> {
    Ok(caller.read(Class::Bounded, answer).await?.into())
}

pub async fn update(caller: Admin, Body(edit): Body<SettingsEdit>) -> Result<Answer<Json<OneSettings>>> {
    let expected = caller.expected(ID);
    let answered = caller
        .write(move |work| {
            change(work, &edit, &expected)?;
            answer(work)
        })
        .await?;
    // The next page of this node shows it.
    refresh(&caller.app).await?;
    Ok(answered)
}

/// Changes the fields named. An edit that changes nothing leaves no trace.
fn change(work: &mut Work, edit: &SettingsEdit, expected: &Expected) -> Result<()> {
    let lock = work.dialect().for_update();
    let before = Settings::read(work, lock)?;
    expected.check(before.edit_version)?;
    let edit = edit.clone();
    let logo = edit.logo.map(|logo| logo.map(|logo| (logo.bytes, logo.media_type.to_owned())));
    let (logo, logo_type) = logo.or(before.logo.clone().zip(before.logo_type.clone())).unzip();
    let after = Settings {
        desk_name: edit.desk_name.map(|name| name.map(Line::into_string)).or(before.desk_name.clone()),
        colour: edit.colour.map(|colour| colour.map(|colour| colour.to_string())).or(before.colour.clone()),
        logo,
        logo_type,
        ..before.clone()
    };
    let fields = differing!(before, after; desk_name, colour, logo);
    if fields.is_empty() {
        return Ok(());
    }
    let now: Time = work.now;
    work.execute(
        "update crm_desk_settings set desk_name = $1, colour = $2, logo = $3, logo_type = $4,
             edit_version = edit_version + 1, updated_at = $5
         where settings_id = 1",
        &[&after.desk_name, &after.colour, &after.logo, &after.logo_type, &now],
    )?;
    work.audit("updated", "desk_settings", None, &json!({ "fields": fields }))
}
