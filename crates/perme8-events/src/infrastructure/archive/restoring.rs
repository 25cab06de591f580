//! Putting archives back into the log.

use std::collections::BTreeSet;

use serde::Serialize;
use uuid::Uuid;

use super::{
    ArchiveProgress, ArchiveStep, Archives, Counted, SYSTEM,
    error::ArchiveError,
    files::Alone,
    ranges::{self, Range, State},
    reading::{Lines, read_through},
    record,
    removing::changed,
    rows::{self, Line},
};
use crate::{
    domain::{
        archive::Manifest, core_events::OperatorAction, error::StorageError, origin::Origin,
        position::Position,
    },
    infrastructure::{runtime::operations::operator::Operator, unit_of_work::UnitOfWork},
    sql,
};

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// So many events stand in the log again that did not.
    pub events: u64,
    /// The files that hold them, which stay. None when nothing was missing.
    pub files: Vec<String>,
    /// The oldest event that stands in the log.
    pub oldest_kept: Option<Position>,
}

impl Archives {
    /// Puts the archives back which hold positions from one to another: the same events, at the same positions, at the same
    /// times. Nobody is told of them a second time.
    ///
    /// Every file is read through, and held against the log, before the first event goes back. Ask again after an
    /// interruption: what was begun is ended.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]: there is no such archive, a file is not what was written, or the log says something else.
    pub async fn restore(
        &self,
        operator: &Operator,
        (from, to): (Position, Position),
        mut told: impl FnMut(ArchiveProgress) + Send,
    ) -> Result<Restored, ArchiveError> {
        let _alone = Alone::take(&self.folder)?;
        let mut ranges = ranges::all(&self.db).await?;
        ranges.retain(|range| range.first <= to && range.last >= from);
        if ranges.is_empty() {
            return Err(ArchiveError::NothingArchived { from, to });
        }
        ranges.retain(|range| !range.state.is_whole());
        let mut coming = Vec::with_capacity(ranges.len());
        for range in &ranges {
            coming.push((range, self.manifest_of(range)?));
        }
        let mut read = Counted::new(&mut told, ArchiveStep::Read);
        for (_, manifest) in &coming {
            let mut more = |events| read.more(events);
            let seen = read_through(&self.folder, manifest, Some(&self.db), &mut more).await?;
            seen.accept(manifest)?;
            self.stand_nowhere_else(manifest).await?;
        }
        let uow = UnitOfWork::new(self.db.clone());
        uow.run(Origin::system(SYSTEM), async |tx| {
            for range in &ranges {
                if !ranges::turn(tx, range, (range.state, State::Restoring)).await? {
                    return Err(changed(&ranges));
                }
            }
            Ok(())
        })
        .await?;
        let mut events = 0;
        let mut restored = Counted::new(&mut told, ArchiveStep::Restore);
        for (range, manifest) in &coming {
            // Behind a gap a range begins in the partition before; its events stand in the one in which it ends.
            self.make_room(manifest.last).await?;
            events += self.put_back((*range, manifest), &mut restored).await?;
        }
        if let (Some(first), Some(last)) = (ranges.first(), ranges.last()) {
            let (first, last) = (first.first, last.last);
            uow.run(operator.origin().clone(), async |tx| {
                for range in &ranges {
                    if !ranges::turn(tx, range, (State::Restoring, State::Restored)).await? {
                        return Err(changed(&ranges));
                    }
                }
                let detail = format!(
                    "{events} events from position {first} on, from {} files",
                    ranges.len()
                );
                record(tx, operator, OperatorAction::Restore, (last, detail));
                Ok(())
            })
            .await?;
        }
        let oldest_kept = self.db.oldest_kept().await?;
        let files = ranges.into_iter().map(|range| range.file).collect();
        Ok(Restored { events, files, oldest_kept })
    }

    /// Refuses an archive whose events stand at other positions: they are those of another log.
    async fn stand_nowhere_else(&self, manifest: &Manifest) -> Result<(), ArchiveError> {
        let mut lines = Lines::open(&self.folder, manifest)?;
        loop {
            let page = next_page(&mut lines)?;
            if page.is_empty() {
                return Ok(());
            }
            let expected: BTreeSet<(i64, Uuid)> =
                page.iter().map(|line| (line.position, line.event_id)).collect();
            let ids: Vec<Uuid> = page.iter().map(|line| line.event_id).collect();
            for (at, id) in rows::places(&self.db, &ids).await? {
                if !expected.contains(&(at, id)) {
                    let why = format!("the log holds its event {id} at position {at}");
                    return Err(ArchiveError::Conflict { file: manifest.file.clone(), why });
                }
            }
        }
    }

    /// Makes the partition anew that was taken out, if there is none.
    async fn make_room(&self, position: Position) -> Result<(), StorageError> {
        UnitOfWork::new(self.db.clone())
            .retry(StorageError::is_retryable, || async {
                let make_it = sql!(
                    sqlite: "SELECT $1",
                    postgres: "SELECT event_log_make_room_for($1)"
                );
                self.db.change(make_it).bind(position.number()).exec().await.map(drop)
            })
            .await
    }

    /// Puts back what is missing of an archive, a thousand events in a transaction; how many they were.
    async fn put_back(
        &self,
        (range, manifest): (&Range, &Manifest),
        restored: &mut Counted<'_, impl FnMut(ArchiveProgress) + Send>,
    ) -> Result<u64, ArchiveError> {
        let uow = UnitOfWork::new(self.db.clone());
        let mut lines = Lines::open(&self.folder, manifest)?;
        let (mut after, mut events) = (manifest.first.number() - 1, 0);
        loop {
            let mut page = next_page(&mut lines)?;
            let Some(upto) = page.last().map(|line| line.position) else { return Ok(events) };
            let there = rows::page(&self.db, (after, upto), rows::PAGE).await?;
            let there: BTreeSet<i64> = there.into_iter().map(|line| line.position).collect();
            page.retain(|line| !there.contains(&line.position));
            after = upto;
            let missing = u64::try_from(page.len()).unwrap_or_default();
            uow.run(Origin::system(SYSTEM), async |tx| {
                // Held until the commit: nobody archives the range again meanwhile.
                if !ranges::turn(tx, range, (State::Restoring, State::Restoring)).await? {
                    return Err(changed(std::slice::from_ref(range)));
                }
                for line in page {
                    line.put_back(tx).await?;
                }
                Ok(())
            })
            .await?;
            events += missing;
            restored.more(missing);
        }
    }
}

/// The next lines of a file that was read through a moment ago.
fn next_page(lines: &mut Lines<'_>) -> Result<Vec<Line>, ArchiveError> {
    lines.page().map_err(|why| ArchiveError::Damaged { file: lines.file().to_owned(), why })
}
