//! Values that only one entity, or one edge, of a type may have.

use std::collections::HashSet;

use perme8_events::{StorageError, WorkspaceId};
use uuid::Uuid;

use super::WriteError;
use crate::{
    application::ports::items::{Holder, Holdings},
    domain::claims::{Claims, UniqueValue},
};

/// Who has unique values of entities, or of edges, as it is while one after another is written.
#[derive(Debug)]
pub(crate) struct UniqueValues(Claims<UniqueValue>);

impl UniqueValues {
    /// As far as these are concerned.
    pub(crate) async fn gather(
        tx: &mut impl Holdings,
        workspace: WorkspaceId,
        holder: Holder,
        asked: impl IntoIterator<Item = &UniqueValue>,
    ) -> Result<Self, StorageError> {
        let asked: HashSet<&UniqueValue> = asked.into_iter().collect();
        let asked: Vec<UniqueValue> = asked.into_iter().cloned().collect();
        let held = tx.holders_of_values(workspace, holder, &asked).await?;
        Ok(Self(Claims::held(held)))
    }

    /// Refuses values that others have.
    pub(crate) fn check(&self, item: Uuid, unique: &[UniqueValue]) -> Result<(), WriteError> {
        let conflicts = self.0.conflicts(item, unique);
        if conflicts.is_empty() { Ok(()) } else { Err(WriteError::Invalid(conflicts)) }
    }

    /// One that is new has these.
    pub(crate) fn take(&mut self, item: Uuid, unique: &[UniqueValue]) {
        self.0.take(item, unique.iter().cloned());
    }

    /// One that is there has these from now on, and no others, if it may have them.
    pub(crate) fn change(&mut self, item: Uuid, unique: &[UniqueValue]) -> Result<(), WriteError> {
        self.check(item, unique)?;
        self.0.settle(item, unique.iter().cloned());
        Ok(())
    }
}
