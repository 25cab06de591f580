//! Archiving the old end of the log, and putting it back.
//!
//! A range of the log goes in steps, each of which is committed before the next one begins: its events are written into a
//! file, the file is noted in `event_archives`, the file is read back and held against the log, nobody may need the range any
//! more, its events are removed, and that is noted. Whatever is interrupted stands in the log or in a file that was read back,
//! and asking again goes on from there.
//!
//! Files are read and written without leaving the task: a thousand lines take a few milliseconds.

use std::path::PathBuf;

use chrono::TimeDelta;
use serde::Serialize;

use crate::{
    application::{
        event_store::EventStore as _,
        retention::{ArchiveBefore, ArchiveWish, Need, NeededBy, permitted},
        transaction::Transaction as _,
    },
    domain::{
        archive::Manifest,
        core_events::{OperatorActed, OperatorAction, SubjectKind},
        error::StorageError,
        id::Id,
        origin::Origin,
        position::Position,
    },
    infrastructure::{
        archive::{
            error::ArchiveError,
            files::Alone,
            ranges::{Range, State},
            reading::read_through,
            writing::Writing,
        },
        db::{Db, Engine},
        runtime::operations::operator::Operator,
        tx::Tx,
        unit_of_work::UnitOfWork,
    },
};

pub(crate) mod error;
mod files;
mod needs;
pub(crate) mod ranges;
mod reading;
mod removing;
pub(crate) mod restoring;
mod rows;
pub(crate) mod verifying;
mod writing;

/// How wide the partitions of the log are on PostgreSQL, as `event_log_make_room` makes them.
const WIDTH: i64 = 10_000_000;
/// So long clients may stay away and still go on where they were, and so long handlers may take to hear of something.
const A_DAY: TimeDelta = TimeDelta::days(1);
/// Who does the steps that are no act of an operator by themselves.
const SYSTEM: &str = "events.archive";

/// The archives of a log: files in a folder, and what the database knows of them.
#[derive(Debug, Clone)]
pub struct Archives {
    db: Db,
    folder: PathBuf,
}

/// What would be archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ArchivePlan {
    /// The first position that is not archived yet.
    pub first: Position,
    /// The last one that would be.
    pub last: Position,
}

/// What was archived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// From here …
    pub first: Position,
    /// … to here, no event stands in the log any more.
    pub last: Position,
    /// So many events there were.
    pub events: i64,
    /// The files that hold them.
    pub files: Vec<String>,
    /// The oldest event that still stands in the log.
    pub oldest_kept: Option<Position>,
}

/// How far somebody is who is at work on archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveProgress {
    /// With what.
    pub step: ArchiveStep,
    /// So many events have gone through this step.
    pub events: u64,
}

/// What is done with events and archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveStep {
    /// Events are written into files.
    Write,
    /// Files are read, and held against the log.
    Read,
    /// Events are removed from the log; a whole partition counts as nothing.
    Remove,
    /// Events are put back into the log.
    Restore,
}

/// Counts what has gone through a step.
struct Counted<'t, F> {
    told: &'t mut F,
    step: ArchiveStep,
    events: u64,
}

impl<'t, F: FnMut(ArchiveProgress) + Send> Counted<'t, F> {
    fn new(told: &'t mut F, step: ArchiveStep) -> Self {
        Self { told, step, events: 0 }
    }

    fn more(&mut self, events: u64) {
        self.events += events;
        (self.told)(ArchiveProgress { step: self.step, events: self.events });
    }
}

impl Archives {
    /// The archives of this database in this folder.
    #[must_use]
    pub fn new(db: &Db, folder: impl Into<PathBuf>) -> Self {
        Self { db: db.clone(), folder: folder.into() }
    }

    /// What would be archived, without doing it; none when there is nothing to archive.
    ///
    /// The last event always stays, so that the log has an end, and so does what happened within a day, for clients that come
    /// back.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]: somebody still needs a part of it, or the wish cannot be.
    pub async fn plan(&self, wish: &ArchiveWish) -> Result<Option<ArchivePlan>, ArchiveError> {
        let ArchiveWish { before, events_in_a_file, as_far_as_possible, despite } = wish;
        if *events_in_a_file == 0 {
            return Err(ArchiveError::TooFewInAFile);
        }
        self.may_not_count(despite).await?;
        let head = self.db.head().await?;
        let asked = self.place(*before, head).await?;
        let Some(end) = rows::last(&self.db, head).await? else { return Ok(None) };
        let asked = asked.min(end.before());
        let mut needs = needs::needs(&mut &self.db, despite).await?;
        needs.extend(self.since(head).await?);
        let last = permitted(asked, needs, *as_far_as_possible)
            .map_err(|needs| ArchiveError::StillNeeded { upto: asked, needs })?;
        let ranges = ranges::all(&self.db).await?;
        let in_files = ranges.last().map_or(Position::START, |range| range.last);
        let begun = ranges.iter().find(|range| range.state != State::Removed && range.last <= last);
        let first = match begun {
            Some(range) => Some(range.first.number()),
            None => rows::next(&self.db, (in_files.number(), last.number())).await?,
        };
        Ok(first.map(|first| ArchivePlan { first: Position::new(first), last }))
    }

    /// Writes the old end of the log into files, and removes from it what they hold; none when there is nothing to archive.
    ///
    /// Ask again after an interruption: what was begun is ended.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]: somebody still needs a part of it, or a file cannot be written or is not what was written.
    pub async fn archive(
        &self,
        operator: &Operator,
        wish: &ArchiveWish,
        mut told: impl FnMut(ArchiveProgress) + Send,
    ) -> Result<Option<Archived>, ArchiveError> {
        let _alone = Alone::take(&self.folder)?;
        let Some(ArchivePlan { first: _, last }) = self.plan(wish).await? else { return Ok(None) };
        self.write(last, wish.events_in_a_file, &mut told).await?;
        self.remove(operator, (last, &wish.despite), &mut told).await
    }

    /// Refuses to leave out of account what a node runs, or what nobody has heard of.
    async fn may_not_count(&self, despite: &[String]) -> Result<(), ArchiveError> {
        if despite.is_empty() {
            return Ok(());
        }
        let all = needs::needs(&mut &self.db, &[]).await?;
        let is_handler = |name: &str| {
            all.iter().any(|need| need.by != NeededBy::Job && need.name.as_str() == name)
        };
        if let Some(unknown) = despite.iter().find(|name| !is_handler(name.as_str())) {
            return Err(ArchiveError::UnknownHandler { handler: unknown.clone() });
        }
        let now = self.db.lease_time().await?;
        match needs::running(&mut &self.db, despite, now).await? {
            Some(handler) => Err(ArchiveError::IsRunning { handler }),
            None => Ok(()),
        }
    }

    /// The last position before a place.
    async fn place(&self, before: ArchiveBefore, head: Position) -> Result<Position, ArchiveError> {
        match before {
            ArchiveBefore::Position(position) if position.before() > head => {
                Err(ArchiveError::BeyondHead { position, head })
            }
            ArchiveBefore::Position(position) => Ok(position.before()),
            ArchiveBefore::Time(at) => {
                let first = self.db.first_since(at, head).await?;
                Ok(first.map_or(head, Position::before))
            }
        }
    }

    /// Who needs what happened since a time: clients that may come back, and cases that are not over. Whoever comes to it later
    /// needs nothing that is older than a day.
    async fn since(&self, head: Position) -> Result<Vec<Need>, StorageError> {
        let name = "a client that comes back within a day".to_owned();
        let mut since = vec![(NeededBy::Clients, name, self.db.clock.now())];
        let cases = needs::open_cases(&mut &self.db).await?;
        since.extend(cases.into_iter().map(|(name, began)| (NeededBy::Case, name, began)));
        let mut needs = Vec::with_capacity(since.len());
        for (by, name, at) in since {
            // A case begins with an event that happened before it.
            let from = self.db.first_since(at - A_DAY, head).await?;
            needs.extend(from.map(|from| Need { by, name, from }));
        }
        Ok(needs)
    }

    /// Writes what is in no file yet, up to a position that will never be drawn again.
    async fn write(
        &self,
        upto: Position,
        most: u64,
        told: &mut (impl FnMut(ArchiveProgress) + Send),
    ) -> Result<(), ArchiveError> {
        let mut written = Counted::new(told, ArchiveStep::Write);
        let ranges = ranges::all(&self.db).await?;
        let mut before = ranges.last().map(|range| (range.last, range.lines_sha256.clone()));
        loop {
            let after = before.as_ref().map_or(Position::START, |(last, _)| *last);
            let next = rows::next(&self.db, (after.number(), upto.number())).await?;
            let Some(next) = next else { return Ok(()) };
            let upto = Position::new(upto.number().min(self.end_of_partition(next)));
            let previous = before.take().map(|(_, sha256)| sha256);
            let manifest = match self.found(after, previous.as_ref())? {
                Some(manifest) => self.adopt(manifest, &mut written).await?,
                None => self.write_one((after, upto), most, previous, &mut written).await?,
            };
            ranges::note_aggregates(&self.db, (manifest.first, manifest.last)).await?;
            UnitOfWork::new(self.db.clone())
                .run(Origin::system(SYSTEM), async |tx| ranges::insert(tx, &manifest).await)
                .await?;
            before = Some((manifest.last, manifest.lines_sha256));
        }
    }

    /// Where the partition of a position ends; on SQLite there is but one.
    fn end_of_partition(&self, position: i64) -> i64 {
        match &*self.db.engine {
            Engine::Sqlite { .. } => i64::MAX,
            Engine::Postgres { .. } => (position / WIDTH + 1) * WIDTH - 1,
        }
    }

    /// A file that goes on where the last one ends, and that nobody has noted: whoever wrote it was interrupted.
    fn found(
        &self,
        after: Position,
        previous: Option<&String>,
    ) -> Result<Option<Manifest>, ArchiveError> {
        let first = Position::new(after.number() + 1);
        let begin = format!("events-{:012}-", first.number());
        let mut all = files::manifests(&self.folder)?.into_iter();
        let Some(found) = all.find(|found| found.name.starts_with(&begin)) else { return Ok(None) };
        let manifest = found
            .manifest
            .map_err(|why| ArchiveError::Damaged { file: found.name.clone(), why })?;
        if manifest.previous_sha256.as_ref() != previous {
            let why = "it is of another log; move it away".to_owned();
            return Err(ArchiveError::Conflict { file: manifest.file, why });
        }
        Ok(Some(manifest))
    }

    /// Takes a file that somebody has written before, if the log says the same.
    async fn adopt(
        &self,
        manifest: Manifest,
        written: &mut Counted<'_, impl FnMut(ArchiveProgress) + Send>,
    ) -> Result<Manifest, ArchiveError> {
        let head = self.db.head().await?;
        let end = rows::last(&self.db, head).await?.unwrap_or(Position::START);
        let mut more = |events| written.more(events);
        let seen = read_through(&self.folder, &manifest, Some(&self.db), &mut more).await?;
        let in_log = seen.accept(&manifest)?;
        if in_log != manifest.events || manifest.last >= end {
            let why = format!(
                "{in_log} of its {} events stand in the log, which ends at {end}; move it away",
                manifest.events
            );
            return Err(ArchiveError::Conflict { file: manifest.file, why });
        }
        Ok(manifest)
    }

    async fn write_one(
        &self,
        (after, upto): (Position, Position),
        most: u64,
        previous: Option<String>,
        written: &mut Counted<'_, impl FnMut(ArchiveProgress) + Send>,
    ) -> Result<Manifest, ArchiveError> {
        let mut file = Writing::begin(&self.folder, Position::new(after.number() + 1))?;
        let (mut at, end) = (after.number(), upto.number());
        let last = loop {
            let room = i64::try_from(most - file.events()).unwrap_or(i64::MAX).min(rows::PAGE);
            if room == 0 {
                // Up to the next event there are none, and never will be.
                let next = rows::next(&self.db, (at, end)).await?;
                break if next.is_some() { at } else { end };
            }
            let page = rows::page(&self.db, (at, end), room).await?;
            let Some(line) = page.last() else { break end };
            at = line.position;
            for line in &page {
                file.push(line)?;
            }
            written.more(u64::try_from(page.len()).unwrap_or_default());
        };
        let manifest = file.finish(Position::new(last), previous)?;
        // An event was seen a moment ago, and nobody but another archiver removes one.
        manifest.ok_or_else(|| StorageError::conflict().into())
    }

    /// The manifest of a range that was noted, if it is still the one of then.
    fn manifest_of(&self, range: &Range) -> Result<Manifest, ArchiveError> {
        let manifest = files::manifest_beside(&self.folder, &range.file)?;
        if manifest.lines_sha256 != range.lines_sha256 {
            let why = "it is another one than the database remembers".to_owned();
            return Err(ArchiveError::Damaged { file: manifest.file, why });
        }
        Ok(manifest)
    }
}

/// Records what an operator did, in the transaction that does it.
fn record(
    tx: &mut Tx,
    operator: &Operator,
    action: OperatorAction,
    (position, detail): (Position, String),
) {
    let operation_id = Id::new(tx.new_uuid());
    tx.emit(OperatorActed {
        operation_id,
        operator: operator.name().to_owned(),
        action,
        subject_kind: SubjectKind::Log,
        subject: "event_log".to_owned(),
        position: Some(position.number()),
        detail: Some(detail),
    });
}
