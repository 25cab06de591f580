//! Looking for what no event had told.

use perme8_events::{Origin, StorageError};

use super::Chat;
use crate::{
    application::reconcile::{Reconcile, ReconcileError, Reconciled},
    infrastructure::session_queries,
};

impl Chat {
    /// Looks at some sessions for those whose owner, membership or project is gone, and has them seen to.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`]; then nothing is removed.
    #[tracing::instrument(skip_all)]
    pub async fn reconcile(
        &self,
        origin: Origin,
        command: Reconcile,
    ) -> Result<Reconciled, ReconcileError> {
        let Reconcile { after, limit } = command;
        let held = session_queries::held(&self.db, after, limit).await?;
        let now = self.db.clock().now();
        let losses =
            Reconcile::losses(&origin, &held, &*self.members, &*self.projects, now).await?;
        if !losses.is_empty() {
            let found = losses.len();
            tracing::warn!(found, "conversations were left of what is gone: they are seen to");
            let enqueued = self.uow.run(origin, async |tx| {
                Reconcile::execute(tx, &losses);
                Ok::<_, StorageError>(())
            });
            enqueued.await?;
        }
        let is_full = u32::try_from(held.len()).is_ok_and(|found| found >= limit);
        let next = held.last().map(|last| last.id).filter(|_| is_full);
        Ok(Reconciled { found: losses.len() as u64, next })
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::{
        Save as _, Transaction as _, WorkspaceId,
        host::{Outcome, Runtime},
        sql::UnitOfWork,
        testing::{TestDb, on_both_engines},
    };

    use super::*;
    use crate::{
        Clearer, ListSessions,
        application::ports::{MockMembers, MockProjectDirectory},
        domain::session::{Beginning, Session},
        testing::{ADA, COMPANY, ELSEWHERE},
    };

    async fn begin(test: &TestDb, workspace_id: Option<WorkspaceId>) {
        let uow = UnitOfWork::new(test.db.clone());
        let begun = uow.run(Origin::system("chat.reconcile"), async |tx| {
            let (id, now) = (tx.new_id(), tx.now());
            let at =
                Beginning { id, user_id: ADA, workspace_id, project_id: None, agent_id: None, now };
            tx.save(Session::start(at, None)).await.map(drop)
        });
        begun.await.unwrap();
    }

    on_both_engines! {
        migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

        async fn sessions_are_looked_at_page_by_page_and_what_was_lost_goes(test: TestDb) {
            let (members, projects) = (MockMembers::company(false), MockProjectDirectory::company());
            let chat = Chat::new(test.db.clone(), members, projects);
            for workspace in [Some(COMPANY), Some(ELSEWHERE), None, Some(ELSEWHERE)] {
                begin(&test, workspace).await;
            }
            let runtime = Runtime::builder(&test.db).worker(Clearer::new(test.db.clone())).build();
            let mut driver = runtime.driver(Some(test.clock.clone())).await;
            let mut found = Vec::new();
            let mut after = None;
            loop {
                let command = Reconcile { after, limit: 3 };
                let page = chat.reconcile(Origin::system("chat.reconcile"), command).await.unwrap();
                found.push(page.found);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, [1, 1]);
            for reaction in driver.run_until_idle().await {
                assert_eq!(reaction.outcome, Outcome::Handled);
            }
            let left = ListSessions { workspace: None, limit: 9, after: None };
            let left = chat.sessions(&Origin::user(ADA), left).await.unwrap().sessions;
            assert_eq!(left.len(), 2);
            let command = Reconcile { after: None, limit: 3 };
            let again = chat.reconcile(Origin::system("chat.reconcile"), command).await.unwrap();
            assert_eq!(again, Reconciled { found: 0, next: None });
        }
    }
}
