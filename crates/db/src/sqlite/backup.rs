//! A consistent copy of a live database.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::connection::{Files, Role, create_private};
use super::failure::plain;
use crate::Error;

/// Copies the database to a new file that only its owner can read. The file appears under its name when it is
/// whole and on the disk; an existing file is refused, so that a slip of the hand replaces nothing.
pub(crate) fn copy(files: &Files, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(Error::Unsupported(format!("{} exists already: name a new file", to.display())));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let outcome = fill(files, &part).and_then(|()| {
        std::fs::rename(&part, to)
            .and_then(|()| sync_folder(to))
            .map_err(|error| Error::Unavailable(format!("cannot store {}: {error}", to.display())))
    });
    if outcome.is_err() {
        // It may not exist; what failed is reported, not this.
        std::fs::remove_file(&part).unwrap_or_default();
    }
    outcome
}

fn fill(files: &Files, part: &Path) -> Result<(), Error> {
    let full =
        |error: std::io::Error| Error::Unavailable(format!("cannot write {}: {error}", part.display()));
    if part.exists() {
        // Left over from a copy that was killed.
        std::fs::remove_file(part).map_err(full)?;
    }
    create_private(part)?;
    let source = files.open(Role::Reader)?;
    let mut target = Connection::open(part).map_err(plain)?;
    // In one go: writes go on beside it (they append to the WAL), where a copy in parts would begin again
    // after each of them.
    let done = Backup::new(&source, &mut target).and_then(|backup| backup.step(-1)).map_err(plain)?;
    if done != StepResult::Done {
        return Err(Error::Unavailable("the database was locked by another program".into()));
    }
    drop(target);
    std::fs::File::open(part).and_then(|file| file.sync_all()).map_err(full)
}

fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}
