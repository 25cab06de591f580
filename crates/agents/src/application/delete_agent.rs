//! Deleting an agent.

use identity::{AgentId, Seen};
use perme8_events::{Load, Save, StorageError, UserId};

use crate::{
    application::{
        acting::{has_changed, own},
        read_models::AgentDetails,
    },
    domain::agent::Agent,
};

/// Deletes an agent for good, wherever it is; gives it as it was.
///
/// Emits [`AgentDeleted`](crate::AgentDeleted).
#[derive(Debug, Clone)]
pub struct DeleteAgent {
    /// Which.
    pub agent_id: AgentId,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<Seen>,
}

/// Why the agent is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAgentError {
    /// No person acts.
    #[error("only people have agents")]
    Forbidden,
    /// There is no such agent, or it is another's.
    #[error("there is no such agent")]
    AgentNotFound,
    /// Somebody changed it since it was seen.
    #[error("the agent has changed since: look at it again")]
    OtherVersion,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeleteAgent {
    pub(crate) async fn execute<T: Load<Agent> + Save<Agent>>(
        &self,
        tx: &mut T,
        person: UserId,
    ) -> Result<AgentDetails, DeleteAgentError> {
        let Self { agent_id, seen } = self;
        let agent = own(tx, person, *agent_id).await?;
        if has_changed(&agent, *seen) {
            return Err(DeleteAgentError::OtherVersion);
        }
        let shown = agent.clone().into();
        tx.save(agent.delete()).await?;
        Ok(shown)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::testing::{ADMIN, HELPER, MEMBER, NOTES, company};

    async fn check(who: UserId, agent_id: AgentId, version: i64, expected: Expect) {
        let mut tx = company();
        let command = DeleteAgent { agent_id, seen: Some(version.into()) };
        let outcome = command.execute(&mut tx, who).await.map(|agent| agent.name);
        let is_left = tx.state.agents.iter().any(|agent| agent.id == agent_id);
        assert_eq!(outcome.is_err(), is_left);
        expected.assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn the_owner_deletes_an_agent_and_it_is_told_where_it_was_seen() {
        check(MEMBER, HELPER, 1, expect![[r#"
            Ok("Helper")
            agents.agent_deleted {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","workspace_ids":["00000000-0000-0000-0000-000000000001"]}
        "#]]).await;
        check(MEMBER, NOTES, 1, expect![[r#"
            Ok("Notes")
            agents.agent_deleted {"agent_id":"00000000-0000-0000-0000-000000000016","user_id":"00000000-0000-0000-0000-000000000004","name":"Notes","workspace_ids":[]}
        "#]]).await;
    }

    #[tokio::test]
    async fn those_of_others_stay_and_those_that_have_changed() {
        check(
            ADMIN,
            HELPER,
            1,
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
        check(
            MEMBER,
            HELPER,
            2,
            expect![[r#"
            Err(the agent has changed since: look at it again)
        "#]],
        )
        .await;
    }
}
