//! Making an agent that is like another one.

use identity::{AgentId, WorkspaceRef};
use llm::Models;
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::Grounds, create_agent::MOST_OF_A_PERSON, ports::Agents, read_models::AgentDetails,
    },
    domain::agent::Agent,
};

/// Makes an agent that is like an own one, or like one that is shared: private, in use, and in no workspace.
///
/// It has the same model unless that may be asked no longer: whoever clones the agent of another could not name a new one there.
///
/// Emits [`AgentCreated`](crate::AgentCreated) and [`AgentCloned`](crate::AgentCloned).
#[derive(Debug, Clone)]
pub struct CloneAgent {
    /// Like which.
    pub agent_id: AgentId,
    /// Where it is shared, if only there counts.
    pub workspace: Option<WorkspaceRef>,
}

/// Why there is no new agent.
#[derive(Debug, thiserror::Error)]
pub enum CloneAgentError {
    /// No person acts.
    #[error("only people have agents")]
    Forbidden,
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// There is no such agent, or it is not shared with the person who acts.
    #[error("there is no such agent")]
    AgentNotFound,
    /// The person has as many agents as anybody may have.
    #[error("nobody has more than {MOST_OF_A_PERSON} agents: delete one first")]
    TooMany,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CloneAgent {
    pub(crate) async fn execute<T: Agents + Save<Agent>>(
        &self,
        tx: &mut T,
        grounds: &Grounds,
        models: &Models,
    ) -> Result<AgentDetails, CloneAgentError> {
        let Self { agent_id, workspace: _ } = self;
        let source = tx.load(*agent_id).await?.filter(|agent| grounds.reach(agent));
        let source = source.ok_or(CloneAgentError::AgentNotFound)?;
        if tx.agents_of(grounds.person).await? >= MOST_OF_A_PERSON {
            return Err(CloneAgentError::TooMany);
        }
        let (id, now) = (tx.new_id(), tx.now());
        Ok(tx.save(source.copy(id, grounds.person, models, now)).await?.into())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{UserId, WorkspaceId};

    use super::*;
    use crate::testing::{ADMIN, COMPANY, ELSEWHERE, HELPER, MEMBER, NOTES, company, models};

    async fn check(person: UserId, common: &[WorkspaceId], agent_id: AgentId, expected: Expect) {
        let mut tx = company();
        let grounds = Grounds { person, common: common.iter().copied().collect() };
        let command = CloneAgent { agent_id, workspace: None };
        let outcome = command.execute(&mut tx, &grounds, &models()).await;
        let seen = outcome.map(|made| (made.name, made.visibility, made.is_enabled));
        expected.assert_eq(&tx.report(&seen));
    }

    #[tokio::test]
    async fn one_that_is_shared_is_cloned_by_whoever_is_there_with_its_owner() {
        check(ADMIN, &[COMPANY], HELPER, expect![[r#"
            Ok(("Helper (Copy)", Private, true))
            agents.agent_created {"agent_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000003","name":"Helper (Copy)","workspace_ids":[]}
            agents.agent_cloned {"agent_id":"00000000-0000-0000-0000-000000000101","source_agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000003"}
        "#]]).await;
        check(
            ADMIN,
            &[ELSEWHERE],
            HELPER,
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
        check(
            ADMIN,
            &[COMPANY],
            NOTES,
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_own_one_is_cloned_wherever_it_is() {
        check(MEMBER, &[], NOTES, expect![[r#"
            Ok(("Notes (Copy)", Private, true))
            agents.agent_created {"agent_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000004","name":"Notes (Copy)","workspace_ids":[]}
            agents.agent_cloned {"agent_id":"00000000-0000-0000-0000-000000000101","source_agent_id":"00000000-0000-0000-0000-000000000016","user_id":"00000000-0000-0000-0000-000000000004"}
        "#]]).await;
    }

    #[tokio::test]
    async fn a_model_that_may_be_asked_no_longer_is_not_cloned() {
        for (model, kept) in [("other/model", Some("other/model")), ("gone/model", None)] {
            let mut tx = company();
            tx.state.agents[0].is.model = Some(model.to_owned());
            let grounds = Grounds { person: ADMIN, common: [COMPANY].into() };
            let command = CloneAgent { agent_id: HELPER, workspace: None };
            let made = command.execute(&mut tx, &grounds, &models()).await.unwrap();
            assert_eq!((made.model.as_deref(), made.system_prompt.is_some()), (kept, true));
        }
    }

    #[tokio::test]
    async fn a_name_that_is_long_is_cut() {
        let mut tx = company();
        tx.state.agents[0].is.name = format!("{} {}", "x".repeat(246), "y".repeat(8));
        let grounds = Grounds { person: MEMBER, common: [].into() };
        let command = CloneAgent { agent_id: HELPER, workspace: None };
        let made = command.execute(&mut tx, &grounds, &models()).await;
        let name = made.unwrap().name;
        assert_eq!((name.chars().count(), name.ends_with("xy (Copy)")), (255, false));
        assert!(name.ends_with(" y (Copy)"), "{name}");
    }
}
