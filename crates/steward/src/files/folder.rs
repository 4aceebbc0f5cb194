//! Files in a folder: `ab/cd/<hash>.<id>`, private to the desk's own user.

use std::fs;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tempfile::TempPath;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::store::ByteStream;

/// Bytes read at a time: all that a download holds in memory.
const PORTION: usize = 128 * 1024;

pub struct Folder {
    pub root: PathBuf,
}

impl Folder {
    pub fn new(root: PathBuf) -> Folder {
        Folder { root }
    }

    pub fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    pub async fn read(&self, key: &str, range: Range<u64>) -> io::Result<ByteStream> {
        let mut file = tokio::fs::File::open(self.path(key)).await?;
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start)).await?;
        }
        let portions = stream::try_unfold((file, range.end - range.start), |(mut file, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let mut portion = BytesMut::with_capacity(PORTION.min(left.try_into().unwrap_or(PORTION)));
            if (&mut file).take(left).read_buf(&mut portion).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            let left = left - portion.len() as u64;
            Ok::<Option<(Bytes, _)>, io::Error>(Some((portion.freeze(), (file, left))))
        });
        Ok(Box::pin(portions))
    }

    pub async fn remove(&self, key: &str) -> io::Result<()> {
        match tokio::fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Makes a folder, and those above it, for this user alone.
pub fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Moves a file that is on the disk already into place, and its name onto the disk too: without the latter a power cut
/// would leave a row that refers to nothing. Two that place the same bytes under one key do no harm to each other.
pub fn place(root: &Path, target: &Path, arrived: TempPath) -> io::Result<()> {
    let folder = target.parent().unwrap_or(root);
    make_private(folder)?;
    arrived.persist(target).map_err(|error| error.error)?;
    // Each folder up to the root may be new, and its name is in the one above.
    for above in folder.ancestors() {
        fs::File::open(above)?.sync_all()?;
        if above == root {
            break;
        }
    }
    Ok(())
}
