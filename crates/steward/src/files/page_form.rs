//! The form of a page that takes files along with its texts.

use super::upload::{Arrived, Reader, Upload};
use crate::app::App;
use crate::error::{Error, Result};

/// Bytes of all texts of a form together: a description and what stands around it (spec 11).
const TEXT_BYTES: usize = 2_000_000;
/// Fields that are no files.
const MOST_FIELDS: usize = 200;

/// Reads a form with at most so many files. `is_ours` is asked before the first file is taken in, and at the end where there was none.
///
/// # Errors
/// As of [`Upload::receive`]; and what `is_ours` says.
pub async fn receive_page(
    app: &App,
    upload: Upload,
    most_files: usize,
    is_ours: impl Fn(&[(String, String)]) -> Result<()>,
) -> Result<(Vec<(String, String)>, Vec<Arrived>)> {
    let (mut reader, mut parts) = Reader::of(upload, &app.files);
    let (mut fields, mut files, mut bytes) = (Vec::new(), Vec::new(), 0);
    while let Some(mut part) = reader.next_part(&mut parts).await? {
        if let Some(name) = part.file_name() {
            let is_named = !name.is_empty();
            is_ours(&fields)?;
            if files.len() >= most_files {
                return Err(Error::TooLarge(format!("one form may have at most {most_files} files")));
            }
            let file = reader.file(part).await?;
            // A browser sends a nameless file of no bytes for a field where none was chosen.
            if is_named || file.size > 0 {
                files.push(file);
            }
            continue;
        }
        let name = part.name().unwrap_or_default().to_owned();
        let mut text = Vec::new();
        while let Some(chunk) = reader.chunk(&mut part).await? {
            bytes += chunk.len();
            if bytes > TEXT_BYTES {
                return Err(Error::TooLarge(format!("the texts of a form have at most {TEXT_BYTES} bytes")));
            }
            text.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(text).map_err(|_| Error::Unreadable("the form is not UTF-8".into()))?;
        if fields.len() >= MOST_FIELDS {
            return Err(Error::TooLarge(format!("a form has at most {MOST_FIELDS} fields")));
        }
        fields.push((name, text));
    }
    is_ours(&fields)?;
    Ok((fields, files))
}
