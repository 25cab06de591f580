//! Reading an archive through: whether it is what was written, and whether the log says the same where it still stands.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use chrono::{DateTime, Utc};
use flate2::bufread::GzDecoder;
use sha2::{Digest as _, Sha256};

use super::{
    error::ArchiveError,
    files,
    rows::{self, Line, PAGE},
};
use crate::{domain::archive::Manifest, infrastructure::db::Db};

/// So many lines are read at a time.
const LINES: usize = 1000;
/// So many contradictions of one archive are told; one of them is enough to refuse it.
const TOLD: usize = 10;

/// What came of reading an archive.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What is wrong with the file by itself.
    pub(super) damage: Option<String>,
    /// Where the log says something else.
    pub(super) conflicts: Vec<String>,
    /// So many of its events stand in the log.
    pub(super) in_log: u64,
}

impl Seen {
    fn damaged(self, why: impl Into<String>) -> Self {
        Self { damage: Some(why.into()), ..self }
    }

    /// Refuses an archive that is not sound, or that the log contradicts.
    pub(super) fn accept(self, manifest: &Manifest) -> Result<u64, ArchiveError> {
        let file = || manifest.file.clone();
        if let Some(why) = self.damage {
            return Err(ArchiveError::Damaged { file: file(), why });
        }
        match self.conflicts.into_iter().next() {
            Some(why) => Err(ArchiveError::Conflict { file: file(), why }),
            None => Ok(self.in_log),
        }
    }
}

/// The lines of an archive, which are held against its manifest as they come.
pub(super) struct Lines<'m> {
    manifest: &'m Manifest,
    reader: BufReader<GzDecoder<BufReader<File>>>,
    digest: Sha256,
    text: String,
    events: u64,
    /// The position of the last line.
    at: i64,
    times: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl<'m> Lines<'m> {
    pub(super) fn open(folder: &Path, manifest: &'m Manifest) -> Result<Self, ArchiveError> {
        let path = folder.join(&manifest.file);
        let file = File::open(&path).map_err(ArchiveError::file(path))?;
        Ok(Self {
            manifest,
            reader: BufReader::new(GzDecoder::new(BufReader::new(file))),
            digest: Sha256::new(),
            text: String::new(),
            events: 0,
            at: manifest.first.number() - 1,
            times: None,
        })
    }

    /// The name of the file.
    pub(super) fn file(&self) -> &str {
        &self.manifest.file
    }

    /// The next lines; none when all of them have come, and are as many and the same as the manifest says.
    pub(super) fn page(&mut self) -> Result<Vec<Line>, String> {
        let mut page = Vec::new();
        while page.len() < LINES {
            self.text.clear();
            let read = self.reader.read_line(&mut self.text);
            if read.map_err(|error| format!("it cannot be unpacked: {error}"))? == 0 {
                break;
            }
            self.digest.update(self.text.as_bytes());
            let line: Line = serde_json::from_str(&self.text)
                .map_err(|error| format!("line {} is no event: {error}", self.events + 1))?;
            let last = self.manifest.last.number();
            if line.position <= self.at || line.position > last {
                return Err(format!(
                    "line {} is of position {}, which is not between {} and {last}",
                    self.events + 1,
                    line.position,
                    self.at + 1,
                ));
            }
            self.at = line.position;
            self.events += 1;
            let began = self.times.map_or(line.occurred_at, |(began, _)| began);
            self.times = Some((began, line.occurred_at));
            page.push(line);
        }
        if page.is_empty() {
            self.end()?;
        }
        Ok(page)
    }

    fn end(&self) -> Result<(), String> {
        let Manifest { events, first_at, last_at, lines_sha256, .. } = self.manifest;
        if self.events != *events {
            return Err(format!("it holds {} events, and its manifest says {events}", self.events));
        }
        if files::text(self.digest.clone()) != *lines_sha256 {
            return Err("its lines have another checksum than its manifest says".to_owned());
        }
        if self.times != Some((*first_at, *last_at)) {
            return Err("its events happened at other times than its manifest says".to_owned());
        }
        Ok(())
    }
}

/// Reads an archive from its first byte to its last, beside the log if there is one.
pub(super) async fn read_through(
    folder: &Path,
    manifest: &Manifest,
    log: Option<&Db>,
    told: &mut (impl FnMut(u64) + Send),
) -> Result<Seen, ArchiveError> {
    let seen = Seen::default();
    match files::sha256_of(&folder.join(&manifest.file))? {
        None => return Ok(seen.damaged(format!("it is not in `{}`", folder.display()))),
        // What is damaged is not unpacked: nobody knows what would come of it.
        Some(digest) if digest != manifest.file_sha256 => {
            return Ok(seen.damaged("its bytes have another checksum than its manifest says"));
        }
        Some(_) => {}
    }
    let (mut seen, mut lines) = (seen, Lines::open(folder, manifest)?);
    let mut after = manifest.first.number() - 1;
    loop {
        let page = match lines.page() {
            Ok(page) => page,
            Err(why) => return Ok(seen.damaged(why)),
        };
        let upto = page.last().map_or(manifest.last.number(), |line| line.position);
        if let Some(db) = log {
            compare(db, (after, upto), &page, &mut seen).await?;
        }
        after = upto;
        told(u64::try_from(page.len()).unwrap_or_default());
        if page.is_empty() {
            return Ok(seen);
        }
    }
}

/// Holds what the log has behind `after`, up to `upto`, against what a file has there.
async fn compare(
    db: &Db,
    (mut after, upto): (i64, i64),
    page: &[Line],
    seen: &mut Seen,
) -> Result<(), ArchiveError> {
    let lines: BTreeMap<i64, &Line> = page.iter().map(|line| (line.position, line)).collect();
    loop {
        let rows = rows::page(db, (after, upto), PAGE).await?;
        let Some(end) = rows.last().map(|row| row.position) else { return Ok(()) };
        after = end;
        for row in rows {
            let at = row.position;
            let why = match lines.get(&at) {
                Some(line) if line.says_what(&row) => {
                    seen.in_log += 1;
                    continue;
                }
                Some(_) => format!("they hold different events at position {at}"),
                None => {
                    format!("the log holds an event at position {at}, and the file has none there")
                }
            };
            if seen.conflicts.len() < TOLD {
                seen.conflicts.push(why);
            }
        }
    }
}
