//! The tables in memory, with the same rules of uniqueness as in a database.

use std::collections::BTreeSet;

use perme8_events::{StorageError, WorkspaceId, testing::FakeTx};

use crate::application::ports::Workspaces;

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    gone: BTreeSet<WorkspaceId>,
}

impl Workspaces for FakeTx<Tables> {
    async fn enter(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        Ok(!self.state.gone.contains(&workspace))
    }

    async fn remember_gone(&mut self, workspace: WorkspaceId) -> Result<(), StorageError> {
        self.state.gone.insert(workspace);
        Ok(())
    }
}
