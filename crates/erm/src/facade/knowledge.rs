//! What workspaces have learnt.

use identity::WorkspaceRef;
use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        acting::Acting,
        graph::GraphName,
        knowledge::{
            EntryQueryError,
            read_models::{EntryDetails, FoundEntries, OpenEntry},
            relate_entries::{RelateEntries, RelateError, Relation, UnrelateEntries},
            search_entries::{SearchEntries, SearchEntriesError},
            traverse_entries::{ReachedEntries, TraverseEntries, TraverseEntriesError},
            write_entry::{CreateEntry, DeleteEntry, UpdateEntry},
            writing::{AddTypes, WriteEntryError},
        },
    },
    domain::references::EntityId,
    infrastructure::knowledge::entry_queries,
};

/// Entries of knowledge, and how they relate to each other.
///
/// The first who writes an entry may be a member, who writes no schema: the types of entries and relations are then added to it by
/// the system on behalf of that person, within the same request.
///
/// An entry is an entity of the type `KnowledgeEntry`, and a relation an edge of one of six types, so whatever is done here is
/// seen there, by the same people; and what is done there is seen here.
#[derive(Debug, Clone)]
pub struct Knowledge {
    pub(super) erm: Erm,
}

/// By this name the system adds the types of entries to schemas.
const NAME: &str = "erm.knowledge";

/// Runs a command, and once more after its types were added to the schema if that lacks them; again while it loses races.
macro_rules! with_types {
    ($self:ident, $origin:ident, $command:ident, $Error:ident $(, $more:expr)?) => {{
        let erm = &$self.erm;
        let acting = erm.acting(&$origin, &$command.workspace).await?;
        let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
        let attempt =
            || erm.uow.run($origin.clone(), async |tx| $command.execute(tx, &acting $(, $more)?).await);
        match erm.uow.retry(lost_a_race, attempt).await {
            Err($Error::TypesMissing) => {
                let lost_a_race = |error: &WriteEntryError| {
                    matches!(error, WriteEntryError::Storage(error) if error.is_retryable())
                };
                erm.uow.retry(lost_a_race, || $self.add_types(&$origin, &acting)).await?;
                let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
                erm.uow.retry(lost_a_race, attempt).await
            }
            told => told,
        }
    }};
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

    /// Writes down what was learnt.
    ///
    /// # Errors
    ///
    /// [`WriteEntryError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_entry(
        &self,
        origin: Origin,
        command: CreateEntry,
    ) -> Result<EntryDetails, WriteEntryError> {
        with_types!(self, origin, command, WriteEntryError, self.erm.options.quota)
    }

    /// Changes what an entry says.
    ///
    /// # Errors
    ///
    /// [`WriteEntryError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, entry.id = %command.id))]
    pub async fn update_entry(
        &self,
        origin: Origin,
        command: UpdateEntry,
    ) -> Result<EntryDetails, WriteEntryError> {
        with_types!(self, origin, command, WriteEntryError)
    }

    /// Deletes an entry; gives how many relations went with it.
    ///
    /// # Errors
    ///
    /// [`WriteEntryError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, entry.id = %command.id))]
    pub async fn delete_entry(
        &self,
        origin: Origin,
        command: DeleteEntry,
    ) -> Result<u64, WriteEntryError> {
        let erm = &self.erm;
        transact!(erm, origin, command, WriteEntryError)
    }

    /// Says how one entry relates to another; gives the relation that is there if it was said before.
    ///
    /// # Errors
    ///
    /// [`RelateError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn relate(
        &self,
        origin: Origin,
        command: RelateEntries,
    ) -> Result<Relation, RelateError> {
        with_types!(self, origin, command, RelateError, self.erm.options.quota)
    }

    /// Says that one entry no longer relates to another.
    ///
    /// # Errors
    ///
    /// [`RelateError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, relation.id = %command.id))]
    pub async fn unrelate(
        &self,
        origin: Origin,
        command: UnrelateEntries,
    ) -> Result<(), RelateError> {
        let erm = &self.erm;
        transact!(erm, origin, command, RelateError)
    }

    /// Adds to the schema of a workspace what it lacks for entries, by the system for the person who acts.
    async fn add_types(&self, origin: &Origin, acting: &Acting) -> Result<(), WriteEntryError> {
        let origin = origin.clone().through(NAME);
        self.erm.uow.run(origin, async |tx| AddTypes.execute(tx, acting).await).await
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
