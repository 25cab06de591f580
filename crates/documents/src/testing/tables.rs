//! The tables in memory, with the same rules of uniqueness as in a database.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use identity::Slug;
use perme8_events::{Load, StorageError, Store, Transaction as _, WorkspaceId, testing::FakeTx};

use projects::ProjectId;

use super::{HoldsNotes, NoteTables};
use crate::{
    application::ports::{Documents, Gone, Tombstones},
    domain::{document::Document, references::DocumentId},
};

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) documents: Vec<Document>,
    pub(crate) gone: BTreeSet<Gone>,
    notes: NoteTables,
}

impl HoldsNotes for Tables {
    fn note_tables(&mut self) -> &mut NoteTables {
        &mut self.notes
    }
}

impl Load<Document> for FakeTx<Tables> {
    async fn load(&mut self, id: DocumentId) -> Result<Option<Document>, StorageError> {
        Ok(self.state.documents.iter().find(|document| document.id == id).cloned())
    }
}

/// Compare and set: a new row must not be there, an old one must have the version that was read.
impl Store<Document> for FakeTx<Tables> {
    async fn store(&mut self, document: &mut Document) -> Result<(), StorageError> {
        let rows = &mut self.state.documents;
        let place = rows.iter().position(|row| row.id == document.id);
        let stored = place.map_or(0, |place| rows[place].version);
        let name = |row: &Document| (row.workspace_id, row.slug.clone());
        let is_taken = rows.iter().any(|row| row.id != document.id && name(row) == name(document));
        if stored != document.version || is_taken {
            return Err(StorageError::conflict());
        }
        document.version += 1;
        match place {
            Some(place) if document.is_gone => drop(rows.remove(place)),
            Some(place) => rows[place] = document.clone(),
            None => rows.push(document.clone()),
        }
        Ok(())
    }
}

impl Documents for FakeTx<Tables> {
    async fn document_by_slug(
        &mut self,
        workspace: WorkspaceId,
        slug: &Slug,
    ) -> Result<Option<Document>, StorageError> {
        let mut documents = self.state.documents.iter();
        Ok(documents.find(|row| row.workspace_id == workspace && row.slug == *slug).cloned())
    }

    async fn count_documents(&mut self, workspace: WorkspaceId) -> Result<u64, StorageError> {
        let documents = self.state.documents.iter();
        Ok(documents.filter(|row| row.workspace_id == workspace).count() as u64)
    }

    async fn documents_in(
        &mut self,
        project: ProjectId,
        limit: u32,
    ) -> Result<Vec<Document>, StorageError> {
        let documents = self.state.documents.iter();
        let mut found: Vec<_> =
            documents.filter(|row| row.project_id == Some(project)).cloned().collect();
        found.sort_by_key(|row| row.id);
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn trashed_until(
        &mut self,
        instant: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Document>, StorageError> {
        let is_old = |row: &&Document| row.trashed_at.is_some_and(|at| at <= instant);
        let mut old: Vec<_> = self.state.documents.iter().filter(is_old).cloned().collect();
        old.sort_by_key(|row| (row.trashed_at, row.id));
        old.truncate(limit as usize);
        Ok(old)
    }

    async fn touch(&mut self, document: &Document) -> Result<(), StorageError> {
        let now = self.now();
        let is_it = |row: &&mut Document| (row.id, row.version) == (document.id, document.version);
        let row = self.state.documents.iter_mut().find(is_it);
        row.ok_or_else(StorageError::conflict)?.updated_at = now;
        Ok(())
    }
}

impl Tombstones for FakeTx<Tables> {
    async fn is_gone(&mut self, what: Gone) -> Result<bool, StorageError> {
        Ok(self.state.gone.contains(&what))
    }

    async fn remember_gone(&mut self, what: Gone) -> Result<(), StorageError> {
        self.state.gone.insert(what);
        Ok(())
    }

    async fn clear(&mut self, workspace: WorkspaceId, limit: u32) -> Result<u64, StorageError> {
        let notes = self.state.notes.clear(workspace, limit);
        let of_it = |row: &Document| row.workspace_id == workspace;
        let going = self.state.documents.iter().filter(|row| of_it(row)).map(|row| row.id);
        let going: BTreeSet<_> = going.take(limit as usize).collect();
        self.state.documents.retain(|row| !going.contains(&row.id));
        Ok(notes + going.len() as u64)
    }
}
