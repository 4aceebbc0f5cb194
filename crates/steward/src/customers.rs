//! What customers see in a browser: their cases, the way in by an e-mailed link, the contact form, what they prefer. All
//! of it works without scripts, and none of it asks the API: in the demo a stranger is the API's admin, and nobody here.

pub mod cases;
pub mod contact_form;
pub mod preferences;
pub mod sign_in;
pub mod writing;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;
use crate::error::Error;
use crate::web::PageError;

/// The ids in a page's address; what is no id is nowhere.
pub struct Ids<const N: usize>(pub [i64; N]);

impl<const N: usize> FromRequestParts<App> for Ids<N> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let ids = crate::http::Path::<N>::from_request_parts(parts, app).await;
        let crate::http::Path(ids) = ids.map_err(|_| Error::NotFound("page"))?;
        Ok(Ids(ids))
    }
}
