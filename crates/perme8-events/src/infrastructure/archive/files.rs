//! The folder of the archives: who is at work in it, and what is there.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::error::ArchiveError;
use crate::{
    domain::{archive::Manifest, position::Position},
    infrastructure::hex::hex,
};

/// What a file is called until it is complete.
const PARTIAL: &str = ".partial";
/// What manifests end with.
const MANIFEST: &str = ".manifest.json";
/// Locked by whoever writes to the folder.
const LOCK: &str = "archives.lock";

/// Somebody is at work in a folder, and nobody else; until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Alone {
    _lock: File,
}

impl Alone {
    /// Takes the folder, which is made if it is not there.
    pub(super) fn take(folder: &Path) -> Result<Self, ArchiveError> {
        fs::create_dir_all(folder).map_err(ArchiveError::file(folder))?;
        let path = folder.join(LOCK);
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = open.map_err(ArchiveError::file(path.as_path()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(ArchiveError::Busy { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(ArchiveError::File { path, source }),
        }
    }
}

/// A manifest that is in the folder, or why it is none.
#[derive(Debug)]
pub(super) struct Found {
    /// The name of its file.
    pub(super) name: String,
    pub(super) manifest: Result<Manifest, String>,
}

/// Everything in the folder that calls itself a manifest, sorted by name, and so by positions.
pub(super) fn manifests(folder: &Path) -> Result<Vec<Found>, ArchiveError> {
    let mut found = Vec::new();
    for name in names(folder)?.into_iter().filter(|name| name.ends_with(MANIFEST)) {
        let path = folder.join(&name);
        let bytes = fs::read(&path).map_err(ArchiveError::file(path))?;
        let manifest = read(&name, &bytes);
        found.push(Found { name, manifest });
    }
    Ok(found)
}

/// The manifest beside a file, if that is there.
pub(super) fn manifest_beside(folder: &Path, file: &str) -> Result<Manifest, ArchiveError> {
    let damaged = |why: String| ArchiveError::Damaged { file: file.to_owned(), why };
    let name = Manifest::name_beside(file);
    let path = folder.join(&name);
    match fs::read(&path) {
        Ok(bytes) => read(&name, &bytes).map_err(damaged),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(damaged(format!("`{name}` is not in `{}`", folder.display())))
        }
        Err(source) => Err(ArchiveError::File { path, source }),
    }
}

fn read(name: &str, bytes: &[u8]) -> Result<Manifest, String> {
    let text = str::from_utf8(bytes).map_err(|_| "its manifest is no text".to_owned())?;
    let manifest = Manifest::read(text)?;
    if Manifest::name_beside(&manifest.file) != name {
        return Err("its manifest is called after another file".to_owned());
    }
    Ok(manifest)
}

/// What an interrupted command has left, which is no archive: half-written files, and such without a manifest.
pub(super) fn left_over(folder: &Path) -> Result<Vec<String>, ArchiveError> {
    let names = names(folder)?;
    let is_half = |name: &String| {
        let is_whole = || names.contains(&Manifest::name_beside(name));
        name.ends_with(PARTIAL) || (name.ends_with(".jsonl.gz") && !is_whole())
    };
    Ok(names.clone().into_iter().filter(is_half).collect())
}

/// Removes what an interrupted command has left of a range that begins here. Of an archive nothing is removed.
pub(super) fn clear(folder: &Path, first: Position) -> Result<(), ArchiveError> {
    let begin = format!("events-{:012}-", first.number());
    for name in left_over(folder)?.into_iter().filter(|name| name.starts_with(&begin)) {
        let path = folder.join(name);
        fs::remove_file(&path).map_err(ArchiveError::file(path))?;
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>, ArchiveError> {
    let entries = fs::read_dir(folder).map_err(ArchiveError::file(folder))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ArchiveError::file(folder))?;
        // What is called in another encoding is none of ours.
        names.extend(entry.file_name().into_string().ok());
    }
    names.retain(|name| name.starts_with("events-"));
    names.sort();
    Ok(names)
}

/// Where a file stands until it is complete.
fn partial(folder: &Path, file: &str) -> PathBuf {
    folder.join(format!("{file}{PARTIAL}"))
}

/// Where the file of a range stands until it is known where that ends.
pub(super) fn partial_of(folder: &Path, first: Position) -> PathBuf {
    partial(folder, &format!("events-{:012}-", first.number()))
}

/// Gives a complete file its name, so that it is there whole or not at all, also after a power failure.
pub(super) fn complete(folder: &Path, partial: &Path, file: &str) -> Result<(), ArchiveError> {
    let path = folder.join(file);
    fs::rename(partial, &path).map_err(ArchiveError::file(path))?;
    sync(folder)
}

/// Writes a small file in the same way.
pub(super) fn write(folder: &Path, file: &str, text: &str) -> Result<(), ArchiveError> {
    let partial = partial(folder, file);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(ArchiveError::file(partial.as_path()))?;
    complete(folder, &partial, file)
}

/// Has the names in a folder survive a power failure.
#[cfg(unix)]
fn sync(folder: &Path) -> Result<(), ArchiveError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(ArchiveError::file(folder))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn sync(_: &Path) -> Result<(), ArchiveError> {
    Ok(())
}

/// The SHA-256 of what was put into it, as text.
pub(super) fn text(digest: Sha256) -> String {
    hex(digest.finalize().iter().copied())
}

/// The SHA-256 of the bytes of a file; none when it is not there.
pub(super) fn sha256_of(path: &Path) -> Result<Option<String>, ArchiveError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ArchiveError::File { path: path.to_owned(), source }),
    };
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut io::BufReader::new(file), &mut hashing).map_err(ArchiveError::file(path))?;
    Ok(Some(text(hashing.digest)))
}

/// Passes on what is written, and counts it up to a digest.
pub(super) struct Hashing<W> {
    to: W,
    digest: Sha256,
}

impl<W> Hashing<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, digest: Sha256::new() }
    }

    /// Where it was written to, and the SHA-256 of it.
    pub(super) fn into_parts(self) -> (W, String) {
        (self.to, text(self.digest))
    }
}

impl<W: io::Write> io::Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_everybody_writes_it() {
        let mut digest = Sha256::new();
        digest.update(b"abc");
        assert_eq!(
            text(digest),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn one_is_at_work_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let alone = Alone::take(folder.path()).unwrap();
        let refused = Alone::take(folder.path());
        assert!(matches!(refused, Err(ArchiveError::Busy { .. })), "{refused:?}");
        drop(alone);
        assert!(Alone::take(folder.path()).is_ok());
    }

    #[test]
    fn what_was_left_half_written_goes_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let there = [
            "events-000000000001-000000000005.jsonl.gz",
            "events-000000000001-000000000005.manifest.json",
            "events-000000000006-.partial",
            "events-000000000006-000000000009.jsonl.gz",
            "events-000000000013-000000000014.jsonl.gz",
            "notes.txt",
        ];
        for name in there {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        assert_eq!(left_over(folder.path()).unwrap(), there[2..5]);
        clear(folder.path(), Position::new(6)).unwrap();
        assert_eq!(left_over(folder.path()).unwrap(), there[4..5]);
        assert_eq!(names(folder.path()).unwrap().len(), 3);
    }
}
