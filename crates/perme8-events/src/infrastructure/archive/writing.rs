//! Writing a range of the log into a file.

use std::{
    fs::File,
    io::{BufWriter, IntoInnerError, Write as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use flate2::{Compression, write::GzEncoder};

use super::{
    error::ArchiveError,
    files::{self, Hashing},
    rows::Line,
};
use crate::domain::{archive::Manifest, position::Position};

/// A file that is being written, under another name than it will have.
pub(super) struct Writing {
    folder: PathBuf,
    partial: PathBuf,
    first: Position,
    out: Hashing<GzEncoder<Hashing<BufWriter<File>>>>,
    events: u64,
    /// When the first event happened, and the last.
    times: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Writing {
    /// Begins the file of the range that begins here.
    pub(super) fn begin(folder: &Path, first: Position) -> Result<Self, ArchiveError> {
        files::clear(folder, first)?;
        let partial = files::partial_of(folder, first);
        let file = File::create(&partial).map_err(ArchiveError::file(partial.as_path()))?;
        // Without a time and a name in its head, so that the same lines are the same file.
        let packed = GzEncoder::new(Hashing::new(BufWriter::new(file)), Compression::default());
        Ok(Self {
            folder: folder.to_owned(),
            partial,
            first,
            out: Hashing::new(packed),
            events: 0,
            times: None,
        })
    }

    /// How many events are in it.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn push(&mut self, line: &Line) -> Result<(), ArchiveError> {
        let text = line.text()?;
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.write_all(b"\n"));
        written.map_err(ArchiveError::file(self.partial.as_path()))?;
        let began = self.times.map_or(line.occurred_at, |(began, _)| began);
        self.times = Some((began, line.occurred_at));
        self.events += 1;
        Ok(())
    }

    /// Ends the file with the range that it holds, and puts it and its manifest into their places. Without an event there is
    /// no file.
    pub(super) fn finish(
        self,
        last: Position,
        previous_sha256: Option<String>,
    ) -> Result<Option<Manifest>, ArchiveError> {
        let Self { folder, partial, first, out, events, times } = self;
        let Some((first_at, last_at)) = times else { return Ok(None) };
        let failed = || ArchiveError::file(partial.as_path());
        let (packed, lines_sha256) = out.into_parts();
        let (buffered, file_sha256) = packed.finish().map_err(failed())?.into_parts();
        let bytes = buffered.into_inner().map_err(IntoInnerError::into_error);
        bytes.and_then(|file| file.sync_all()).map_err(failed())?;
        let file = Manifest::file_of(first, last);
        files::complete(&folder, &partial, &file)?;
        let manifest = Manifest {
            format: Manifest::FORMAT,
            first,
            last,
            events,
            first_at,
            last_at,
            file,
            file_sha256,
            lines_sha256,
            previous_sha256,
        };
        // Last: a file without a manifest is no archive.
        files::write(&folder, &Manifest::name_beside(&manifest.file), &manifest.text())?;
        Ok(Some(manifest))
    }
}
