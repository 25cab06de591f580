//! Removing from the log what stands in files.

use super::{
    ArchiveProgress, ArchiveStep, Archived, Archives, Counted, SYSTEM, WIDTH,
    error::ArchiveError,
    needs,
    ranges::{self, Range, State},
    reading::read_through,
    record, rows,
};
use crate::{
    application::retention::permitted,
    domain::{
        archive::ArchivedRange, core_events::OperatorAction, error::StorageError, origin::Origin,
        position::Position,
    },
    infrastructure::{
        db::Engine,
        runtime::{layout, operations::operator::Operator},
        unit_of_work::UnitOfWork,
    },
    sql,
};

impl Archives {
    /// Removes every range that is in a file, up to a position.
    pub(super) async fn remove(
        &self,
        operator: &Operator,
        (upto, despite): (Position, &[String]),
        told: &mut (impl FnMut(ArchiveProgress) + Send),
    ) -> Result<Option<Archived>, ArchiveError> {
        let mut going = ranges::all(&self.db).await?;
        going.retain(|range| range.state != State::Removed && range.last <= upto);
        let ends = going.first().zip(going.last()).map(|(first, last)| (first.first, last.last));
        let Some((first, last)) = ends else { return Ok(None) };
        self.prove(&going, &mut Counted::new(told, ArchiveStep::Read)).await?;
        self.fence(&going, (last, despite)).await?;
        self.delete(&going, &mut Counted::new(told, ArchiveStep::Remove)).await?;
        let events: i64 = going.iter().map(|range| range.events).sum();
        UnitOfWork::new(self.db.clone())
            .run(operator.origin().clone(), async |tx| {
                for range in &going {
                    if !ranges::turn(tx, range, (State::Removing, State::Removed)).await? {
                        return Err(changed(&going));
                    }
                }
                let detail =
                    format!("{events} events from position {first} on, in {} files", going.len());
                record(tx, operator, OperatorAction::Archive, (last, detail));
                Ok(())
            })
            .await?;
        let files = going.into_iter().map(|range| range.file).collect();
        let oldest_kept = self.db.oldest_kept().await?;
        Ok(Some(Archived { first, last, events, files, oldest_kept }))
    }

    /// Reads back every file, and holds it against the log: what is not in one, as it was, is not removed.
    async fn prove(
        &self,
        going: &[Range],
        read: &mut Counted<'_, impl FnMut(ArchiveProgress) + Send>,
    ) -> Result<(), ArchiveError> {
        for range in going {
            let manifest = self.manifest_of(range)?;
            let mut more = |events| read.more(events);
            let seen = read_through(&self.folder, &manifest, Some(&self.db), &mut more).await?;
            seen.accept(&manifest)?;
        }
        Ok(())
    }

    /// Decides that nobody needs the ranges any more. Whoever would go back to them asks under the same lock, and is told that
    /// they are gone.
    async fn fence(
        &self,
        going: &[Range],
        (last, despite): (Position, &[String]),
    ) -> Result<(), ArchiveError> {
        // Asked before the transaction, which may have the only connection there is.
        let now = self.db.lease_time().await?;
        UnitOfWork::new(self.db.clone())
            .run(Origin::system(SYSTEM), async |tx| {
                layout::lock(tx).await?;
                // Somebody may have begun since to run a handler that does not count.
                if let Some(handler) = needs::running(tx, despite, now).await? {
                    return Err(ArchiveError::IsRunning { handler });
                }
                let needs = needs::needs(tx, despite).await?;
                permitted(last, needs, false)
                    .map_err(|needs| ArchiveError::StillNeeded { upto: last, needs })?;
                for range in going {
                    if !ranges::turn(tx, range, (range.state, State::Removing)).await? {
                        return Err(changed(going));
                    }
                }
                Ok(())
            })
            .await
    }

    /// Removes the events: a whole partition at once where there are some, and a thousand in a transaction elsewhere.
    async fn delete(
        &self,
        going: &[Range],
        removed: &mut Counted<'_, impl FnMut(ArchiveProgress) + Send>,
    ) -> Result<(), ArchiveError> {
        if matches!(&*self.db.engine, Engine::Postgres { .. })
            && let (Some(first), Some(last)) = (going.first(), going.last())
        {
            let last = last.last.number();
            for partition in first.first.number() / WIDTH..=last / WIDTH {
                if (partition + 1) * WIDTH - 1 <= last {
                    self.drop_partition(partition).await?;
                }
            }
        }
        for range in going {
            let bounds = (range.first.number(), range.last.number());
            loop {
                let gone = rows::remove_some(&self.db, bounds).await?;
                if gone == 0 {
                    break;
                }
                removed.more(gone);
            }
        }
        Ok(())
    }

    /// Takes a partition out. Everything in it lies in ranges that are going, or have gone before.
    async fn drop_partition(&self, partition: i64) -> Result<(), StorageError> {
        UnitOfWork::new(self.db.clone())
            .retry(StorageError::is_retryable, || async {
                let drop_it = sql!(
                    sqlite: "SELECT $1",
                    postgres: "SELECT event_log_drop_partition($1)"
                );
                self.db.change(drop_it).bind(partition).exec().await.map(drop)
            })
            .await
    }
}

/// Somebody else was at the ranges.
pub(super) fn changed(ranges: &[Range]) -> ArchiveError {
    ArchiveError::Changed { ranges: ranges.iter().cloned().map(ArchivedRange::from).collect() }
}
