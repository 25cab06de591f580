//! Documents in `documents_documents`, and what they consist of in `documents_components`.

use chrono::{DateTime, Utc};
use identity::Slug;
use perme8_events::{Load, StorageError, Store, Transaction as _, WorkspaceId, sql, sql::Tx};
use projects::ProjectId;

use crate::{
    application::ports::Documents,
    domain::{
        document::Document,
        references::{DocumentId, NoteId},
    },
    infrastructure::rows::{DocumentRow, NOTE, select_documents},
};

impl Load<Document> for Tx {
    async fn load(&mut self, id: DocumentId) -> Result<Option<Document>, StorageError> {
        let query = self.query(sql!(select_documents!("WHERE d.id = $1")));
        Ok(query.bind(id).opt::<DocumentRow>().await?.map(Document::from))
    }
}

impl Store<Document> for Tx {
    async fn store(&mut self, document: &mut Document) -> Result<(), StorageError> {
        if document.is_gone {
            // What it consists of goes with it.
            let delete = sql!("DELETE FROM documents_documents WHERE id = $1 AND version = $2");
            let query = self.query(delete).bind(document.id).bind(document.version);
            return query.write(&mut document.version).await;
        }
        let is_new = document.version == 0;
        let Document {
            id,
            workspace_id,
            project_id,
            owner_id,
            created_by,
            title,
            slug,
            is_public,
            is_pinned,
            note_id,
            created_at,
            updated_at,
            trashed_at,
            is_gone: _,
            version,
        } = document;
        let statement = if is_new {
            sql!(
                "INSERT INTO documents_documents
                    (id, workspace_id, project_id, owner_id, created_by, title, slug, is_public, is_pinned, created_at,
                     updated_at, trashed_at, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 + 1)"
            )
        } else {
            sql!(
                "UPDATE documents_documents
                 SET workspace_id = $2, project_id = $3, owner_id = $4, created_by = $5, title = $6, slug = $7,
                     is_public = $8, is_pinned = $9, created_at = $10, updated_at = $11, trashed_at = $12,
                     shared_since = CASE WHEN is_public = $8 THEN shared_since ELSE version + 1 END, version = version + 1
                 WHERE id = $1 AND version = $13"
            )
        };
        let query = self.query(statement).bind(*id).bind(*workspace_id).bind(*project_id);
        let query = query.bind(*owner_id).bind(*created_by).bind(title.as_str());
        let query = query.bind(slug.as_str()).bind(*is_public).bind(*is_pinned);
        let query = query.bind(*created_at).bind(*updated_at).bind(*trashed_at);
        query.bind(*version).write(version).await?;
        if is_new { begin_component(self, *id, *note_id).await } else { Ok(()) }
    }
}

/// Makes a note what the document consists of.
async fn begin_component(
    tx: &mut Tx,
    document: DocumentId,
    note: NoteId,
) -> Result<(), StorageError> {
    let insert = sql!(
        "INSERT INTO documents_components (document_id, component_type, component_id, position)
         VALUES ($1, $2, $3, 0)"
    );
    tx.query(insert).bind(document).bind(NOTE).bind(note).exec().await.map(drop)
}

impl Documents for Tx {
    async fn document_by_slug(
        &mut self,
        workspace: WorkspaceId,
        slug: &Slug,
    ) -> Result<Option<Document>, StorageError> {
        let query =
            self.query(sql!(select_documents!("WHERE d.workspace_id = $1 AND d.slug = $2")));
        let row: Option<DocumentRow> = query.bind(workspace).bind(slug.as_str()).opt().await?;
        Ok(row.map(Document::from))
    }

    async fn count_documents(&mut self, workspace: WorkspaceId) -> Result<u64, StorageError> {
        let query =
            self.query(sql!("SELECT count(*) FROM documents_documents WHERE workspace_id = $1"));
        let count: i64 = query.bind(workspace).scalar().await?;
        u64::try_from(count).map_err(StorageError::new)
    }

    async fn documents_in(
        &mut self,
        project: ProjectId,
        limit: u32,
    ) -> Result<Vec<Document>, StorageError> {
        let query =
            self.query(sql!(select_documents!("WHERE d.project_id = $1 ORDER BY d.id LIMIT $2")));
        let rows: Vec<DocumentRow> = query.bind(project).bind(i64::from(limit)).all().await?;
        Ok(rows.into_iter().map(Document::from).collect())
    }

    async fn trashed_until(
        &mut self,
        instant: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Document>, StorageError> {
        let query = self.query(sql!(select_documents!(
            "WHERE d.trashed_at <= $1 ORDER BY d.trashed_at, d.id LIMIT $2"
        )));
        let rows: Vec<DocumentRow> = query.bind(instant).bind(i64::from(limit)).all().await?;
        Ok(rows.into_iter().map(Document::from).collect())
    }

    async fn touch(&mut self, document: &Document) -> Result<(), StorageError> {
        let now = self.now();
        let update =
            sql!("UPDATE documents_documents SET updated_at = $1 WHERE id = $2 AND version = $3");
        let query = self.query(update).bind(now).bind(document.id).bind(document.version);
        match query.exec().await? {
            0 => Err(StorageError::conflict()),
            _ => Ok(()),
        }
    }
}
