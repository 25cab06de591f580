//! What workspaces have learnt.

use identity::WorkspaceRef;
use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        graph::GraphName,
        knowledge::{
            EntryQueryError,
            read_models::{FoundEntries, OpenEntry},
            search_entries::{SearchEntries, SearchEntriesError},
            traverse_entries::{ReachedEntries, TraverseEntries, TraverseEntriesError},
        },
    },
    domain::references::EntityId,
    infrastructure::knowledge::entry_queries,
};

/// Entries of knowledge, and how they relate to each other.
///
/// An entry is an entity of the type `KnowledgeEntry`, and a relation an edge of one of six types, so whatever is done here is
/// seen there, by the same people; and what is done there is seen here.
#[derive(Debug, Clone)]
pub struct Knowledge {
    pub(super) erm: Erm,
}

impl Erm {
    /// What workspaces have learnt.
    #[must_use]
    pub fn knowledge(&self) -> Knowledge {
        Knowledge { erm: self.clone() }
    }
}

impl Knowledge {
    /// An entry, and how it relates to others, for members.
    ///
    /// # Errors
    ///
    /// [`EntryQueryError`].
    #[tracing::instrument(skip_all, fields(?workspace, entry.id = %id))]
    pub async fn entry(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        id: EntityId,
    ) -> Result<OpenEntry, EntryQueryError> {
        let acting = self.erm.viewing(origin, workspace).await?;
        let found = entry_queries::entry(&self.erm.db, acting.workspace_id(), id).await?;
        found.ok_or(EntryQueryError::EntryNotFound)
    }

    /// The entries that have these words, tags and category, for members: first those that fit best, then those that were
    /// changed last.
    ///
    /// # Errors
    ///
    /// [`SearchEntriesError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn search(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: SearchEntries,
    ) -> Result<FoundEntries, SearchEntriesError> {
        let acting = self.erm.viewing(origin, workspace).await?;
        let sought = asked.sought()?;
        let (db, workspace) = (&self.erm.db, acting.workspace_id());
        Ok(entry_queries::found(db, workspace, &sought, asked.size(), asked.after).await?)
    }

    /// The entries that are some relations away from one, whichever way these lead, for members.
    ///
    /// # Errors
    ///
    /// [`TraverseEntriesError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn traverse(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: TraverseEntries,
    ) -> Result<ReachedEntries, TraverseEntriesError> {
        let walk = asked.walk()?;
        let found = self.erm.traverse(origin, workspace, GraphName::Own, walk).await?;
        ReachedEntries::of(found).ok_or(TraverseEntriesError::StartNotFound)
    }
}
