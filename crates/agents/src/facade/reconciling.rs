//! Finds what is left of people and memberships whose loss no event has told, and has it seen to.

use perme8_events::{NewJob, Origin, StorageError, Transaction as _, sql::Tx};

use super::Agents;
use crate::{application::clearance::Clearance, infrastructure::estate_queries};

/// So many people or memberships are asked about at once.
const AT_ONCE: u32 = 500;

/// Why nothing was looked for.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Somebody acts, and it is for the system.
    #[error("only the system looks for what is left")]
    Forbidden,
    /// The storage failed, or nobody can tell who is still there.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Agents {
    /// Compares whose agents are where, and who asked any, with who is still there, and enqueues what events should have led to; gives how many
    /// people and memberships were found to be gone.
    ///
    /// It goes through all of it unless it `is_stopped`. It takes nothing away itself, and nothing is taken away on doubt: where
    /// nobody can tell who is still there, it stops.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`].
    #[tracing::instrument(skip_all)]
    pub async fn reconcile(
        &self,
        origin: &Origin,
        is_stopped: impl Fn() -> bool,
    ) -> Result<u64, ReconcileError> {
        if !origin.actor().is_system() {
            return Err(ReconcileError::Forbidden);
        }
        let people = self.people_gone(origin, &is_stopped).await?;
        let memberships = self.memberships_gone(origin, &is_stopped).await?;
        if people + memberships > 0 {
            tracing::warn!(
                people,
                memberships,
                "agents or queries were left of what is gone: they are seen to"
            );
        }
        Ok(people + memberships)
    }

    /// Those who have agents or have asked some, and have no account.
    async fn people_gone(
        &self,
        origin: &Origin,
        is_stopped: impl Fn() -> bool,
    ) -> Result<u64, StorageError> {
        let (mut after, mut found) = (None, 0);
        while !is_stopped() {
            let page = estate_queries::people(&self.db, after, AT_ONCE).await?;
            let Some(last) = page.last().copied() else { break };
            let existing = self.members.existing(&page).await?;
            let gone = page.into_iter().filter(|user| !existing.contains(user));
            let gone = gone.map(|user_id| (format!("{user_id}"), Clearance::Person { user_id }));
            found += self.enqueue_losses(origin, gone.collect()).await?;
            after = Some(last);
        }
        Ok(found)
    }

    /// Those who have agents, or have asked some, where they are no members.
    async fn memberships_gone(
        &self,
        origin: &Origin,
        is_stopped: impl Fn() -> bool,
    ) -> Result<u64, StorageError> {
        let (mut after, mut found) = (None, 0);
        while !is_stopped() {
            // Before anybody is asked: what is added afterwards was not asked about.
            let until = self.db.clock().now();
            let page = estate_queries::presences(&self.db, after, AT_ONCE).await?;
            let pairs: Vec<_> =
                page.iter().map(|(user, workspace, _)| (*user, *workspace)).collect();
            let Some(last) = pairs.last().copied() else { break };
            let belonging = self.members.belonging(&pairs).await?;
            let gone = page.into_iter().filter(|(user, at, _)| !belonging.contains(&(*user, *at)));
            let gone = gone.map(|(user_id, workspace_id, since)| {
                // The clock of whoever wrote it may be ahead.
                let until = until.max(since);
                let clearance = Clearance::Membership { user_id, workspace_id, until };
                (format!("{user_id}:{workspace_id}"), clearance)
            });
            found += self.enqueue_losses(origin, gone.collect()).await?;
            after = Some(last);
        }
        Ok(found)
    }

    /// Has these seen to, those of a page in one commit; gives their number. The same is enqueued once in an hour: what waits
    /// behind a queue that is paused does not pile up.
    async fn enqueue_losses(
        &self,
        origin: &Origin,
        gone: Vec<(String, Clearance)>,
    ) -> Result<u64, StorageError> {
        let found = gone.len() as u64;
        if found > 0 {
            let enqueue = async |tx: &mut Tx| {
                let hour = tx.now().timestamp() / 3_600;
                for (of, clearance) in gone {
                    tx.enqueue(NewJob::new(clearance).once(format!("{of}:{hour}")));
                }
                Ok::<_, StorageError>(())
            };
            self.uow.run(origin.clone(), enqueue).await?;
        }
        Ok(found)
    }
}
