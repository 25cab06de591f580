//! Adding an agent to a workspace.

use identity::{AgentId, WorkspaceRef};
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::{Acting, own},
        ports::Agents,
    },
    domain::{agent::Agent, policy},
};

/// No workspace has more agents.
pub(crate) const MOST_IN_A_WORKSPACE: u64 = 500;

/// Adds an own agent to a workspace; there it is already, it stays.
///
/// Emits [`AgentAddedToWorkspace`](crate::AgentAddedToWorkspace).
#[derive(Debug, Clone)]
pub struct AddAgentToWorkspace {
    /// Which.
    pub agent_id: AgentId,
    /// To which.
    pub workspace: WorkspaceRef,
}

/// Why the agent is not in the workspace.
#[derive(Debug, thiserror::Error)]
pub enum AddAgentToWorkspaceError {
    /// No person acts, or a guest.
    #[error("guests add no agents")]
    Forbidden,
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// There is no such agent, or it is another's.
    #[error("there is no such agent")]
    AgentNotFound,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The workspace has as many agents as any may have.
    #[error("no workspace has more than {MOST_IN_A_WORKSPACE} agents: take one out first")]
    WorkspaceFull,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AddAgentToWorkspace {
    pub(crate) async fn execute<T: Agents + Save<Agent>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<(), AddAgentToWorkspaceError> {
        let Acting { user_id, membership } = acting;
        let agent = own(tx, *user_id, self.agent_id).await?;
        policy::may_add(membership.role, membership.is_archived)?;
        let workspace = membership.workspace_id;
        let Some(placed) = agent.place(&[workspace], &[], tx.now()) else { return Ok(()) };
        if tx.agents_in(workspace).await? >= MOST_IN_A_WORKSPACE {
            return Err(AddAgentToWorkspaceError::WorkspaceFull);
        }
        tx.save(placed).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, GUEST, HELPER, LONER, MEMBER, Tables, acting, archived, company, crowded,
    };
    use perme8_events::testing::FakeTx;

    async fn outcome(mut tx: FakeTx<Tables>, acting: Acting, agent_id: AgentId, expected: Expect) {
        let command = AddAgentToWorkspace { agent_id, workspace: COMPANY.into() };
        let outcome = command.execute(&mut tx, &acting).await;
        expected.assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn an_own_agent_is_added_once() {
        outcome(company(), acting(MEMBER), LONER, expect![[r#"
            Ok(())
            agents.agent_added_to_workspace {"agent_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Loner","is_shared":true}
        "#]]).await;
        outcome(
            company(),
            acting(MEMBER),
            HELPER,
            expect![[r#"
            Ok(())
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nobody_adds_those_of_others_and_guests_none() {
        outcome(
            company(),
            acting(ADMIN),
            LONER,
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
        let mut tx = company();
        tx.state.agents.iter_mut().for_each(|agent| agent.owner_id = GUEST);
        outcome(
            tx,
            acting(GUEST),
            LONER,
            expect![[r#"
            Err(guests add no agents)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nothing_is_added_to_what_is_put_away_or_full() {
        outcome(
            company(),
            archived(acting(MEMBER)),
            LONER,
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
        outcome(
            crowded(company()),
            acting(MEMBER),
            LONER,
            expect![[r#"
            Err(no workspace has more than 500 agents: take one out first)
        "#]],
        )
        .await;
    }
}
