//! Uploads: `multipart/form-data` (RFC 7578), read as it comes. Each file goes to a temporary one while it is hashed, so
//! memory stays as it is however large the file; whatever is interrupted is gone with its temporary files.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use bytes::Bytes;
use futures_util::Stream;
use multer::{Field, Multipart};
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::store::{Files, refused};
use super::{MEGABYTE, kinds, names};
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::http::{Describe, Nothing, Operation, Query};
use crate::input;

/// How long a client may be silent in the middle of an upload.
const SILENCE: Duration = Duration::from_secs(30);
/// A whole upload may take this long and as long as its bytes take at the rate below: a trickle holds nothing for ever.
const PATIENCE: Duration = Duration::from_secs(60);
const BYTES_PER_SECOND: u64 = 8 * 1024;
/// Bytes of a part's headers, at most, and of a field that is no file.
const HEADER_BYTES: usize = 64 * 1024;
const FIELD_BYTES: usize = 100;
/// Faults told at once.
const FAULTS: usize = 20;

/// A file that has arrived whole, on the disk.
pub struct Arrived {
    /// As it will be kept.
    pub name: String,
    pub mime_type: &'static str,
    /// SHA-256 of the bytes, in hexadecimal.
    pub hash: String,
    pub size: u64,
    pub path: TempPath,
}

/// The body of an upload: files, and what is said of them.
pub struct Form {
    pub files: Vec<Arrived>,
    pub comment_id: Option<i64>,
    pub is_internal: Option<bool>,
}

/// An upload that has not been read yet: first it is found out whether the caller may send it at all.
pub struct Upload(Multipart<'static>, Arc<AtomicUsize>);

impl FromRequest<App> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        if let Some(query) = request.uri().query().filter(|query| !query.is_empty()) {
            input::from_query::<Nothing>(query)?;
        }
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(|_| {
            Error::UnsupportedMediaType(
                "send files as `multipart/form-data` with a boundary (curl -F files=@NAME)",
            )
        })?;
        let ahead = Arc::new(AtomicUsize::new(0));
        let arriving =
            Arriving { body: request.into_body().into_data_stream(), ahead: ahead.clone(), pauses: false };
        Ok(Upload(Multipart::new(arriving, boundary), ahead))
    }
}

/// The body as it is handed to the parser, which would take in all there is while it looks for the end of a part's
/// headers: one portion at a time, and only so many bytes ahead of what it has given out.
struct Arriving {
    body: BodyDataStream,
    ahead: Arc<AtomicUsize>,
    pauses: bool,
}

impl Stream for Arriving {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.pauses) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = Pin::new(&mut self.body).poll_next(context);
        if let Poll::Ready(Some(Ok(portion))) = &next {
            self.pauses = true;
            if self.ahead.fetch_add(portion.len(), Ordering::Relaxed) > HEADER_BYTES + portion.len() {
                return Poll::Ready(Some(Err(io::Error::other("a part's headers do not end"))));
            }
        }
        next.map(|next| next.map(|portion| portion.map_err(io::Error::other)))
    }
}

/// Reads parts within the limits of time and size.
pub(super) struct Reader<'a> {
    files: &'a Files,
    ahead: Arc<AtomicUsize>,
    began: Instant,
    received: u64,
}

impl<'a> Reader<'a> {
    /// The parts of an upload, and what reads them.
    pub(super) fn of(upload: Upload, files: &'a Files) -> (Reader<'a>, Multipart<'static>) {
        let Upload(parts, ahead) = upload;
        (Reader { files, ahead, began: Instant::now(), received: 0 }, parts)
    }
}

impl Upload {
    /// Reads everything. `takes` are the fields beside `files` that this route knows.
    ///
    /// # Errors
    /// 400 for what is no form or stops arriving, 413 for a file or a number of files beyond the limit, 422 for fields
    /// at fault, 507 where the disk is full.
    pub async fn receive(self, app: &App, takes: &[&str]) -> Result<Form> {
        let (mut reader, mut parts) = Reader::of(self, &app.files);
        let mut form = Form { files: Vec::new(), comment_id: None, is_internal: None };
        let mut faults = Vec::new();
        while let Some(part) = reader.next_part(&mut parts).await? {
            let name = part.name().unwrap_or_default().to_owned();
            match &*name {
                "files" => match part.file_name() {
                    None => {
                        faults.push(Fault::field("files", "is to be a file: the part has no filename"));
                        reader.skip(part).await?;
                    }
                    Some(_) if form.files.len() >= app.files.most_files => {
                        let most = app.files.most_files;
                        return Err(Error::TooLarge(format!("one upload may have at most {most} files")));
                    }
                    Some(_) => form.files.push(reader.file(part).await?),
                },
                known if takes.contains(&known) => {
                    let text = reader.text(part).await?;
                    if let Err(message) = form.set(known, &text) {
                        faults.push(Fault::field(known, message));
                    }
                }
                unknown => {
                    let shown: String = unknown.chars().take(100).collect();
                    faults.push(Fault::field(&shown, "is not a field of this body"));
                    reader.skip(part).await?;
                }
            }
            if faults.len() > FAULTS {
                return Err(Error::Invalid(faults));
            }
        }
        if form.files.is_empty() && !faults.iter().any(|fault| fault.pointer.as_deref() == Some("/files")) {
            faults.push(Fault::field("files", "is required: one file or more"));
        }
        if faults.is_empty() { Ok(form) } else { Err(Error::Invalid(faults)) }
    }
}

impl Form {
    fn set(&mut self, field: &str, text: &str) -> Result<(), &'static str> {
        match field {
            "comment_id" if self.comment_id.is_none() => {
                let id = text.parse().ok().filter(|id| *id >= 1);
                self.comment_id = Some(id.ok_or("is to be an integer from 1")?);
            }
            "is_internal" if self.is_internal.is_none() => {
                let is_internal = text.to_ascii_lowercase().parse();
                self.is_internal = Some(is_internal.map_err(|_| "is to be true or false")?);
            }
            _ => return Err("is given twice"),
        }
        Ok(())
    }

    /// What an idempotency key compares: the content, not the boundary that happened to be chosen.
    pub fn fingerprint(&self) -> Vec<u8> {
        let files: Vec<_> = self.files.iter().map(|file| (&file.name, &file.hash)).collect();
        json!([files, self.comment_id, self.is_internal]).to_string().into_bytes()
    }
}

impl Reader<'_> {
    pub(super) async fn next_part(
        &mut self,
        parts: &mut Multipart<'static>,
    ) -> Result<Option<Field<'static>>> {
        let next = tokio::time::timeout(self.patience(), parts.next_field()).await;
        self.ahead.store(0, Ordering::Relaxed);
        next.map_err(|_| too_slow())?.map_err(unreadable)
    }

    /// How long the next bytes may take.
    fn patience(&self) -> Duration {
        let due = self.began + PATIENCE + Duration::from_secs(self.received / BYTES_PER_SECOND);
        due.saturating_duration_since(Instant::now()).min(SILENCE)
    }

    pub(super) async fn chunk(&mut self, part: &mut Field<'static>) -> Result<Option<Bytes>> {
        let chunk = tokio::time::timeout(self.patience(), part.chunk()).await;
        self.ahead.store(0, Ordering::Relaxed);
        let chunk = chunk.map_err(|_| too_slow())?.map_err(unreadable)?;
        self.received += chunk.as_ref().map_or(0, Bytes::len) as u64;
        if self.received > self.files.most_bytes * self.files.most_files as u64 + MEGABYTE {
            return Err(Error::TooLarge("the upload is larger than all its files may be".into()));
        }
        Ok(chunk)
    }

    /// Reads over a part that is at fault, to find those that follow.
    async fn skip(&mut self, mut part: Field<'static>) -> Result<()> {
        while self.chunk(&mut part).await?.is_some() {}
        Ok(())
    }

    /// A field that is no file.
    async fn text(&mut self, mut part: Field<'static>) -> Result<String> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(&mut part).await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > FIELD_BYTES {
                return Err(Error::TooLarge(format!("a field may have at most {FIELD_BYTES} bytes")));
            }
        }
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    pub(super) async fn file(&mut self, mut part: Field<'static>) -> Result<Arrived> {
        let name = names::harmless(part.file_name().unwrap_or_default());
        let most = self.files.most_bytes;
        let (file, path) = self.files.arrival().map_err(|error| refused(&error))?.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let (mut hash, mut size, mut beginning) = (Sha256::new(), 0u64, Vec::new());
        while let Some(chunk) = self.chunk(&mut part).await? {
            size += chunk.len() as u64;
            if size > most {
                let most = most / MEGABYTE;
                return Err(Error::TooLarge(format!(
                    "{name:?} is larger than the {most} MB a file may have"
                )));
            }
            let wanted = kinds::LOOKED_AT - beginning.len().min(kinds::LOOKED_AT);
            beginning.extend_from_slice(&chunk[..chunk.len().min(wanted)]);
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(|error| refused(&error))?;
        }
        file.sync_all().await.map_err(|error| refused(&error))?;
        let mime_type = kinds::of(&beginning, &name);
        Ok(Arrived { name, mime_type, hash: hex(&hash.finalize()), size, path })
    }
}

/// SHA-256 in hexadecimal.
pub fn hex_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn too_slow() -> Error {
    Error::Unreadable("the upload came too slowly, or stopped: send it again".into())
}

fn unreadable(error: multer::Error) -> Error {
    Error::Unreadable(format!("the body cannot be read as multipart/form-data: {error}"))
}

impl Describe for Upload {
    fn describe(operation: &mut Operation<'_>) {
        let binary = json!({ "type": "string", "format": "binary" });
        let mut properties = json!({
            "files": { "type": "array", "items": binary, "minItems": 1,
                "description": "The files, each a part named `files` with a filename." }
        });
        // Articles have neither comments nor customers' eyes to be kept from.
        if operation.path_parameters.contains(&"case_id") {
            properties["is_internal"] =
                json!({ "type": "boolean", "description": "Never shown to a customer; for users." });
            if !operation.path_parameters.contains(&"comment_id") {
                properties["comment_id"] = json!({ "type": "integer", "minimum": 1, "maximum": i64::MAX,
                    "description": "The comment that the files belong to; they are as internal as it is." });
            }
        }
        operation.body = Some(json!({ "required": true, "content": { "multipart/form-data": { "schema": {
            "type": "object", "properties": properties, "required": ["files"], "additionalProperties": false
        } } } }));
        Query::<Nothing>::describe(operation);
        operation.problem(400, "The body cannot be read, or comes too slowly");
        operation.problem(413, "A file, or their number, is beyond the limit");
        operation.problem(415, "The body is not declared as multipart/form-data");
        operation.problem(422, "Fields of the body are at fault, each named in `errors`");
        operation.problem(507, "No room is left for files");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[tokio::test]
    async fn headers_without_an_end_are_refused_before_they_fill_the_memory() {
        let body = futures_util::stream::unfold(0usize, |sent| async move {
            assert!(sent < 10 * HEADER_BYTES, "{sent} bytes were taken in");
            let portion = if sent == 0 { b"--x\r\na: ".to_vec() } else { vec![b'a'; 16 * 1024] };
            let sent = sent + portion.len();
            Some((Ok::<_, io::Error>(Bytes::from(portion)), sent))
        });
        let request = Request::builder()
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from_stream(body))
            .unwrap();
        let ahead = Arc::new(AtomicUsize::new(0));
        let arriving = Arriving { body: request.into_body().into_data_stream(), ahead, pauses: false };
        let mut parts = Multipart::new(arriving, "x");
        assert!(parts.next_field().await.is_err());
    }
}
