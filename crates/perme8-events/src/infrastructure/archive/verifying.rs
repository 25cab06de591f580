//! Whether archives are what was written, whole and without a gap.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::{
    ArchiveProgress, ArchiveStep, Archives, Counted,
    error::ArchiveError,
    files::{self, Found},
    ranges::{self, Range, State},
    reading::{Seen, read_through},
};
use crate::{
    domain::{archive::Manifest, position::Position},
    infrastructure::db::Db,
};

/// What came of looking at the archives in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Every archive, in order.
    pub archives: Vec<VerifiedArchive>,
    /// What is wrong with none of them, but with the folder: what should be there and is not.
    pub problems: Vec<String>,
    /// What an interrupted command has left; archiving goes on without it.
    pub left_over: Vec<String>,
}

/// An archive, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedArchive {
    /// Its file, or its manifest if that cannot be read.
    pub file: String,
    /// From here …
    pub first: Position,
    /// … to here.
    pub last: Position,
    /// So many events its manifest says that it holds.
    pub events: u64,
    /// So many of them stand in the log, if that was looked at.
    pub in_log: Option<u64>,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.archives.iter().all(|archive| archive.problems.is_empty())
    }
}

impl Archives {
    /// Reads every archive in the folder, and holds it against its manifest, the one before it, what the database remembers,
    /// and the log where its events still stand there.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] when the folder, a file or the database cannot be read. What is wrong with archives is no error.
    pub async fn verify(
        &self,
        told: impl FnMut(ArchiveProgress) + Send,
    ) -> Result<Verification, ArchiveError> {
        verify(&self.folder, Some(&self.db), told).await
    }

    /// The same without a database.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] when the folder or a file cannot be read.
    pub async fn verify_files(
        folder: &Path,
        told: impl FnMut(ArchiveProgress) + Send,
    ) -> Result<Verification, ArchiveError> {
        verify(folder, None, told).await
    }
}

async fn verify(
    folder: &Path,
    log: Option<&Db>,
    mut told: impl FnMut(ArchiveProgress) + Send,
) -> Result<Verification, ArchiveError> {
    let mut known = match log {
        Some(db) => remembered(db).await?,
        None => BTreeMap::new(),
    };
    let mut read = Counted::new(&mut told, ArchiveStep::Read);
    let (mut archives, mut before) = (Vec::new(), None::<Manifest>);
    for Found { name, manifest } in files::manifests(folder)? {
        let manifest = match manifest {
            Ok(manifest) => manifest,
            Err(why) => {
                archives.push(unreadable(name, why));
                continue;
            }
        };
        let mut more = |events| read.more(events);
        let seen = read_through(folder, &manifest, log, &mut more).await?;
        let mut problems: Vec<String> = manifest.breaks_off(before.as_ref()).into_iter().collect();
        let in_log = log.is_some().then_some(seen.in_log);
        if log.is_some() {
            let range = known.remove(&manifest.file);
            problems.extend(contradictions(&manifest, range.as_ref(), &seen));
        }
        problems.extend(seen.damage);
        problems.extend(seen.conflicts);
        archives.push(VerifiedArchive {
            file: manifest.file.clone(),
            first: manifest.first,
            last: manifest.last,
            events: manifest.events,
            in_log,
            problems,
        });
        before = Some(manifest);
    }
    let problems = known.into_values().map(|range| {
        format!(
            "positions {} to {} were archived in `{}`, which has no manifest here that can be read",
            range.first, range.last, range.file
        )
    });
    let problems = problems.collect();
    Ok(Verification { archives, problems, left_over: files::left_over(folder)? })
}

/// What the database remembers, by file.
async fn remembered(db: &Db) -> Result<BTreeMap<String, Range>, ArchiveError> {
    let ranges = ranges::all(db).await?;
    Ok(ranges.into_iter().map(|range| (range.file.clone(), range)).collect())
}

fn unreadable(name: String, why: String) -> VerifiedArchive {
    VerifiedArchive {
        file: name,
        first: Position::START,
        last: Position::START,
        events: 0,
        in_log: None,
        problems: vec![why],
    }
}

/// What the database says otherwise than an archive.
fn contradictions(manifest: &Manifest, range: Option<&Range>, seen: &Seen) -> Vec<String> {
    let Some(range) = range else {
        return vec!["the database does not know it".to_owned()];
    };
    let mut found = Vec::new();
    if manifest.lines_sha256 != range.lines_sha256 {
        found.push("it is another one than the database remembers".to_owned());
    }
    if seen.damage.is_some() {
        return found;
    }
    if range.state.is_whole() && seen.in_log < manifest.events {
        let missing = manifest.events - seen.in_log;
        found.push(format!("{missing} of its events should stand in the log, too, and do not"));
    }
    if range.state == State::Removed && seen.in_log > 0 {
        found.push(format!("{} of its events stand in the log, and should not", seen.in_log));
    }
    found
}
