//! Taking an agent out of a workspace.

use identity::{AgentId, WorkspaceRef};
use perme8_events::{Load, Save, StorageError};

use crate::{
    application::acting::Acting,
    domain::{agent::Agent, policy},
};

/// Takes an agent out of a workspace: an own one, or one that is shared there, for those who manage the workspace.
///
/// Emits [`AgentRemovedFromWorkspace`](crate::AgentRemovedFromWorkspace).
#[derive(Debug, Clone)]
pub struct RemoveAgentFromWorkspace {
    /// Which.
    pub agent_id: AgentId,
    /// Out of which.
    pub workspace: WorkspaceRef,
}

/// Why the agent is still in the workspace.
#[derive(Debug, thiserror::Error)]
pub enum RemoveAgentFromWorkspaceError {
    /// No person acts, or one whose agent it is not and who does not manage the workspace.
    #[error("only its owner and those who manage the workspace take an agent out of it")]
    Forbidden,
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// There is no such agent in the workspace, or none that the person who acts sees.
    #[error("there is no such agent")]
    AgentNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RemoveAgentFromWorkspace {
    pub(crate) async fn execute<T: Load<Agent> + Save<Agent>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<(), RemoveAgentFromWorkspaceError> {
        let Acting { user_id, membership } = acting;
        let workspace = membership.workspace_id;
        let agent = tx.load(self.agent_id).await?;
        let agent = agent.filter(|agent| {
            let is_seen = agent.owner_id == *user_id || agent.is.visibility.is_shared();
            is_seen && agent.placements.contains_key(&workspace)
        });
        let agent = agent.ok_or(RemoveAgentFromWorkspaceError::AgentNotFound)?;
        if agent.owner_id != *user_id && !policy::may_remove_others(membership.role) {
            return Err(RemoveAgentFromWorkspaceError::Forbidden);
        }
        if let Some(removed) = agent.place(&[], &[workspace], tx.now()) {
            tx.save(removed).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::UserId;

    use super::*;
    use crate::testing::{ADMIN, COMPANY, GUEST, HELPER, MEMBER, NOTES, acting, company, id};

    async fn check(who: UserId, agent_id: AgentId, expected: Expect) {
        let mut tx = company();
        let command = RemoveAgentFromWorkspace { agent_id, workspace: COMPANY.into() };
        let outcome = command.execute(&mut tx, &acting(who)).await;
        expected.assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn its_owner_and_managers_take_an_agent_out() {
        check(MEMBER, HELPER, expect![[r#"
            Ok(())
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
        "#]]).await;
        check(MEMBER, NOTES, expect![[r#"
            Ok(())
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000016","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Notes","is_shared":false}
        "#]]).await;
        check(ADMIN, HELPER, expect![[r#"
            Ok(())
            agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
        "#]]).await;
    }

    #[tokio::test]
    async fn others_do_not_and_nobody_hears_of_what_is_private() {
        check(
            GUEST,
            HELPER,
            expect![[r#"
            Err(only its owner and those who manage the workspace take an agent out of it)
        "#]],
        )
        .await;
        check(
            ADMIN,
            NOTES,
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
        check(
            ADMIN,
            id(99),
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
    }
}
