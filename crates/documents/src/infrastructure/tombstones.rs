//! What is gone, in tables of its own each, and what is left of it.

use perme8_events::{StorageError, Transaction as _, WorkspaceId, sql, sql::Tx};

use crate::application::ports::{Gone, Tombstones};

impl Tombstones for Tx {
    async fn is_gone(&mut self, what: Gone) -> Result<bool, StorageError> {
        self.take_turns(&turn(what)).await?;
        let found: i64 = match what {
            Gone::Workspace(id) => {
                let query = self.query(sql!(
                    "SELECT count(*) FROM documents_gone_workspaces WHERE workspace_id = $1"
                ));
                query.bind(id).scalar().await?
            }
            Gone::Project(id) => {
                let query = self.query(sql!(
                    "SELECT count(*) FROM documents_gone_projects WHERE project_id = $1"
                ));
                query.bind(id).scalar().await?
            }
            Gone::Person(id) => {
                let query = self
                    .query(sql!("SELECT count(*) FROM documents_gone_people WHERE user_id = $1"));
                query.bind(id).scalar().await?
            }
        };
        Ok(found > 0)
    }

    async fn remember_gone(&mut self, what: Gone) -> Result<(), StorageError> {
        self.take_turns(&turn(what)).await?;
        let now = self.now();
        let query = match what {
            Gone::Workspace(id) => {
                let insert = sql!(
                    "INSERT INTO documents_gone_workspaces (workspace_id, gone_at) VALUES ($1, $2)
                     ON CONFLICT (workspace_id) DO NOTHING"
                );
                self.query(insert).bind(id)
            }
            Gone::Project(id) => {
                let insert = sql!(
                    "INSERT INTO documents_gone_projects (project_id, gone_at) VALUES ($1, $2)
                     ON CONFLICT (project_id) DO NOTHING"
                );
                self.query(insert).bind(id)
            }
            Gone::Person(id) => {
                let insert = sql!(
                    "INSERT INTO documents_gone_people (user_id, gone_at) VALUES ($1, $2)
                     ON CONFLICT (user_id) DO NOTHING"
                );
                self.query(insert).bind(id)
            }
        };
        query.bind(now).exec().await.map(drop)
    }

    async fn clear(&mut self, workspace: WorkspaceId, limit: u32) -> Result<u64, StorageError> {
        // Notes before documents, in the order in which whoever edits takes them; what belongs to either goes with it.
        let notes = sql!(
            "DELETE FROM documents_notes WHERE note_id IN
                (SELECT note_id FROM documents_notes WHERE workspace_id = $1 LIMIT $2)"
        );
        let documents = sql!(
            "DELETE FROM documents_documents WHERE id IN
                (SELECT id FROM documents_documents WHERE workspace_id = $1 LIMIT $2)"
        );
        let limit = i64::from(limit);
        let notes = self.query(notes).bind(workspace).bind(limit).exec().await?;
        let documents = self.query(documents).bind(workspace).bind(limit).exec().await?;
        Ok(notes + documents)
    }
}

fn turn(what: Gone) -> String {
    match what {
        Gone::Workspace(id) => format!("documents.workspace:{id}"),
        Gone::Project(id) => format!("documents.project:{id}"),
        Gone::Person(id) => format!("documents.person:{id}"),
    }
}
