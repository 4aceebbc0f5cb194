//! Where bytes are: a folder, or a bucket of an S3-compatible store. Both know a file by its key and hold it whole or not
//! at all.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use tempfile::TempPath;

use super::MEGABYTE;
use super::bucket::Bucket;
use super::folder::{self, Folder};
use crate::clock::Time;
use crate::config::Config;
use crate::error::{Error, Result};

/// The bytes of a file, a portion at a time.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Minutes after which a temporary file that nobody writes to is left over from a process that was killed. A live upload
/// writes within seconds and is placed within minutes.
const STALE_MINUTES: i64 = 60;

/// A desk's files: the store, and what may be put there.
pub struct Files {
    store: Result<Store, String>,
    /// Where uploads arrive; on the same file system as a local store, so that placing is a rename.
    arrivals: PathBuf,
    /// Bytes of one file.
    pub most_bytes: u64,
    /// Files of one request.
    pub most_files: usize,
    /// Bytes of all files; 0 for no limit.
    pub quota_bytes: u64,
}

enum Store {
    Folder(Folder),
    Bucket(Bucket),
}

impl Files {
    /// The store as configured. What is wrong with its settings is told by [`Files::prepare`].
    pub fn new(config: &Config) -> Files {
        let local = config.data.join("files");
        let (store, arrivals) = match config.files.as_str() {
            "" => (Ok(Store::Folder(Folder::new(local.clone()))), local.join("arriving")),
            url if url.contains("://") => (Bucket::new(config).map(Store::Bucket), local.join("arriving")),
            path => (Ok(Store::Folder(Folder::new(path.into()))), Path::new(path).join("arriving")),
        };
        Files {
            store,
            arrivals,
            most_bytes: u64::from(config.max_file_mb) * MEGABYTE,
            most_files: config.max_files.max(1) as usize,
            quota_bytes: config.files_quota_mb.saturating_mul(MEGABYTE),
        }
    }

    /// Where the settings have files kept, in words.
    pub fn place(config: &Config) -> String {
        if config.files.is_empty() {
            config.data.join("files").display().to_string()
        } else {
            config.files.clone()
        }
    }

    /// Checks the settings and clears away what interrupted uploads have left, for a start. The error is for the operator.
    pub fn prepare(&self, now: Time) -> Result<(), String> {
        self.store.as_ref().map_err(Clone::clone)?;
        folder::make_private(&self.arrivals)
            .and_then(|()| self.clear_arrivals(now))
            .map_err(|error| format!("cannot use the folder {} for files: {error}", self.arrivals.display()))
    }

    /// Removes temporary files of uploads that have ended without being able to.
    pub fn clear_arrivals(&self, now: Time) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.arrivals) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let written = entry.metadata().and_then(|about| about.modified());
            let is_stale = written.is_ok_and(|at| {
                let at = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
                Time::from_millis(millis).plus_minutes(STALE_MINUTES) < now
            });
            if is_stale {
                tracing::info!(file = %entry.path().display(), "an interrupted upload is cleared away");
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// A file to receive an upload in; gone when dropped.
    pub(super) fn arrival(&self) -> io::Result<tempfile::NamedTempFile> {
        folder::make_private(&self.arrivals)?;
        tempfile::Builder::new().prefix("upload-").tempfile_in(&self.arrivals)
    }

    fn store(&self) -> Result<&Store> {
        self.store.as_ref().map_err(|why| away(why))
    }

    /// Puts a file that has arrived under its key, durably: it survives a power cut once this returns.
    pub(super) async fn put(&self, key: &str, arrived: TempPath) -> Result<()> {
        match self.store()? {
            Store::Folder(folder) => {
                let (target, root) = (folder.path(key), folder.root.clone());
                let placed =
                    tokio::task::spawn_blocking(move || folder::place(&root, &target, arrived)).await;
                placed.map_err(io::Error::other).flatten().map_err(|error| refused(&error))
            }
            Store::Bucket(bucket) => bucket.place(key, &arrived).await,
        }
    }

    /// Whether all bytes are under the key.
    pub(super) async fn holds(&self, key: &str, size: u64) -> Result<bool> {
        match self.store()? {
            Store::Folder(folder) => {
                let about = tokio::fs::metadata(folder.path(key)).await;
                Ok(about.is_ok_and(|about| about.len() == size))
            }
            Store::Bucket(bucket) => bucket.holds(key, size).await,
        }
    }

    /// Reads bytes of a file.
    pub(super) async fn read(&self, key: &str, range: Range<u64>) -> Result<ByteStream> {
        match self.store()? {
            Store::Folder(folder) => folder.read(key, range).await.map_err(|error| unread(key, &error)),
            Store::Bucket(bucket) => bucket.read(key, range).await,
        }
    }

    /// Removes a file; one that is not there is removed already.
    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        match self.store()? {
            Store::Folder(folder) => folder.remove(key).await.map_err(|error| refused(&error)),
            Store::Bucket(bucket) => bucket.remove(key).await,
        }
    }
}

/// A store that cannot be asked: 503. Its own words are for the log.
pub(super) fn away(why: &dyn std::fmt::Display) -> Error {
    tracing::error!(%why, "the store of files fails");
    Error::StoreAway("the store of files is away or fails: nothing was changed; try again shortly".into())
}

/// A write that the file system refused: 507 where it is full, else 503.
pub(super) fn refused(error: &io::Error) -> Error {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge) {
        tracing::error!(%error, "no room is left for files");
        return Error::StoreFull(
            "no room is left for files: nothing was changed; the operator must make some".into(),
        );
    }
    away(error)
}

fn unread(key: &str, error: &io::Error) -> Error {
    away(&format!("{key}: {error}"))
}
