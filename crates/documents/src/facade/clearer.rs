//! The worker that sees to the documents of what is gone.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use perme8_events::{
    HandlerError, JobRun, StorageError, UserId, Worker, WorkspaceId,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        clearance::{AT_ONCE, Clearance, Estate, clear, detach, hand_over},
        ports::Members,
    },
    domain::references::DocumentId,
    infrastructure::document_queries,
};

/// Sees to the documents of workspaces, projects and accounts that are gone.
#[derive(Debug, Clone)]
pub struct Clearer {
    db: Db,
    uow: UnitOfWork,
    members: Arc<dyn Members>,
}

impl Clearer {
    /// On this database; `members` knows who owns what.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>) -> Self {
        Self { uow: UnitOfWork::new(db.clone()), db, members }
    }

    /// The next documents of a person, and who gets those that are shared. Those of workspaces that nobody owns any more are
    /// going with these.
    async fn estate(
        &self,
        user: UserId,
        after: Option<DocumentId>,
    ) -> Result<Estate, StorageError> {
        let (page, end) = document_queries::estate(&self.db, user, after, AT_ONCE).await?;
        let workspaces: BTreeSet<WorkspaceId> = page.iter().map(|(_, of)| *of).collect();
        let workspaces: Vec<WorkspaceId> = workspaces.into_iter().collect();
        let owners = self.members.owners_of(&workspaces).await?;
        let heirs = page.into_iter().filter_map(|(id, of)| Some((id, *owners.get(&of)?))).collect();
        Ok(Estate { heirs, end })
    }
}

#[async_trait]
impl Worker for Clearer {
    type Job = Clearance;
    /// How many documents were dealt with.
    type Done = u64;

    async fn work(&self, job: Clearance, run: &JobRun) -> Result<u64, HandlerError> {
        let done: Result<_, StorageError> = match job {
            Clearance::Workspace { workspace_id } => {
                self.uow.run(run.origin(), async |tx| clear(tx, workspace_id).await).await
            }
            Clearance::Project { project_id } => {
                self.uow.run(run.origin(), async |tx| detach(tx, project_id).await).await
            }
            Clearance::Person { user_id, after } => {
                let estate = self.estate(user_id, after).await?;
                self.uow.run(run.origin(), async |tx| hand_over(tx, user_id, estate).await).await
            }
        };
        Ok(done?)
    }
}
