//! Files in a bucket of an S3-compatible store.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{
    ClientOptions, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, RetryConfig,
};
use tokio::io::AsyncReadExt;

use super::store::{ByteStream, away, refused};
use crate::config::Config;
use crate::error::Result;

/// Bytes of one part of a larger file; S3 wants at least 5 MiB of all but the last.
const PART: usize = 8 << 20;
/// How long the store may take for one answer, ...
const PATIENCE: Duration = Duration::from_secs(30);
/// ... to take a connection, ...
const CONNECT: Duration = Duration::from_secs(5);
/// ... and how long a request that failed is tried again before the client is told.
const RETRY: Duration = Duration::from_secs(15);
const RETRIES: usize = 3;

pub struct Bucket {
    store: AmazonS3,
    prefix: String,
}

impl Bucket {
    /// The bucket that the settings name. The error says which of them is wrong.
    pub fn new(config: &Config) -> Result<Bucket, String> {
        let place = config
            .files
            .strip_prefix("s3://")
            .ok_or_else(|| format!("files: {:?} is neither a folder nor s3://bucket/prefix", config.files))?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(format!("files: {:?} names no bucket", config.files));
        }
        // Plain HTTP is for a store on a network of one's own; only who writes it gets it.
        let plain = config.files_endpoint.starts_with("http://");
        let client =
            ClientOptions::new().with_timeout(PATIENCE).with_connect_timeout(CONNECT).with_allow_http(plain);
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_region(&config.files_region)
            .with_client_options(client)
            .with_retry(retry);
        for (value, set) in [
            (&config.files_endpoint, AmazonS3Builder::with_endpoint as fn(_, String) -> _),
            (&config.files_access_key, AmazonS3Builder::with_access_key_id),
            (&config.files_secret_key, AmazonS3Builder::with_secret_access_key),
        ] {
            if !value.is_empty() {
                builder = set(builder, value.clone());
            }
        }
        let store = builder.build().map_err(|error| format!("files: {error}"))?;
        Ok(Bucket { store, prefix: prefix.trim_matches('/').to_owned() })
    }

    fn key(&self, key: &str) -> Key {
        Key::from(if self.prefix.is_empty() { key.to_owned() } else { format!("{}/{key}", self.prefix) })
    }

    /// Sends a file whole, or in parts where it is large. The store answers once it has it durably.
    pub async fn place(&self, key: &str, arrived: &Path) -> Result<()> {
        let mut file = tokio::fs::File::open(arrived).await.map_err(|error| refused(&error))?;
        let first = portion(&mut file).await.map_err(|error| refused(&error))?;
        let key = self.key(key);
        if first.len() < PART {
            return self.store.put(&key, first.into()).await.map(|_| ()).map_err(|error| away(&error));
        }
        let mut parts = self.store.put_multipart(&key).await.map_err(|error| away(&error))?;
        let sent = send_parts(parts.as_mut(), first, &mut file).await;
        if sent.is_err()
            && let Err(error) = parts.abort().await
        {
            tracing::warn!(%error, %key, "the parts of a failed upload stay until the store's own rules remove them");
        }
        sent.map_err(|error| away(&error))
    }

    pub async fn holds(&self, key: &str, size: u64) -> Result<bool> {
        match self.store.head(&self.key(key)).await {
            Ok(about) => Ok(about.size == size),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(away(&error)),
        }
    }

    pub async fn read(&self, key: &str, range: Range<u64>) -> Result<ByteStream> {
        if range.is_empty() {
            return Ok(Box::pin(futures_util::stream::empty()));
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let read = self.store.get_opts(&self.key(key), options).await.map_err(|error| away(&error))?;
        Ok(Box::pin(read.into_stream().map_err(io::Error::other)))
    }

    pub async fn remove(&self, key: &str) -> Result<()> {
        match self.store.delete(&self.key(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(away(&error)),
        }
    }
}

async fn send_parts(
    parts: &mut dyn MultipartUpload,
    first: Bytes,
    file: &mut tokio::fs::File,
) -> object_store::Result<()> {
    let failed =
        |error: io::Error| object_store::Error::Generic { store: "arrivals", source: Box::new(error) };
    let mut next = first;
    while !next.is_empty() {
        parts.put_part(next.into()).await?;
        next = portion(file).await.map_err(failed)?;
    }
    parts.complete().await.map(|_| ())
}

/// The next bytes of a file, as many as a part has, fewer only at its end.
async fn portion(file: &mut tokio::fs::File) -> io::Result<Bytes> {
    let mut bytes = BytesMut::with_capacity(PART);
    let mut limited = file.take(PART as u64);
    while limited.read_buf(&mut bytes).await? > 0 {}
    Ok(bytes.freeze())
}
