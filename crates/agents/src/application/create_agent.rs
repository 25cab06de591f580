//! Making an agent.

use std::fmt;

use identity::FieldErrors;
use llm::Models;
use perme8_events::{Save, StorageError, UserId};

use crate::{
    application::{ports::Agents, read_models::AgentDetails},
    domain::{
        agent::{Agent, Particulars, Texts},
        temperature::Temperature,
        visibility::Visibility,
    },
};

/// Nobody has more agents.
pub(crate) const MOST_OF_A_PERSON: u64 = 200;

/// Makes an agent, which is that of the person who acts, and in no workspace yet.
///
/// Emits [`AgentCreated`](crate::AgentCreated).
#[derive(Clone)]
pub struct CreateAgent {
    /// What it is called; 1 to 255 characters.
    pub name: String,
    /// What it is for; at most 2,000 characters.
    pub description: Option<String>,
    /// What it is told before each question; at most 32,000 characters.
    pub system_prompt: Option<String>,
    /// Which model answers, of those that may be asked on this host. Without it the host chooses.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Temperature,
    /// Who sees it where it is.
    pub visibility: Visibility,
    /// Whether it answers.
    pub is_enabled: bool,
}

/// What an agent is told, and what for, is shown nowhere.
impl fmt::Debug for CreateAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateAgent").finish_non_exhaustive()
    }
}

/// Why there is no new agent.
#[derive(Debug, thiserror::Error)]
pub enum CreateAgentError {
    /// No person acts.
    #[error("only people have agents")]
    Forbidden,
    /// The person has as many agents as anybody may have.
    #[error("nobody has more than {MOST_OF_A_PERSON} agents: delete one first")]
    TooMany,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CreateAgent {
    pub(crate) async fn execute<T: Agents + Save<Agent>>(
        &self,
        tx: &mut T,
        person: UserId,
        models: &Models,
    ) -> Result<AgentDetails, CreateAgentError> {
        let Self { name, description, system_prompt, model, temperature, visibility, is_enabled } =
            self;
        let texts = Texts {
            name,
            description: description.as_deref(),
            system_prompt: system_prompt.as_deref(),
            model: model.as_deref(),
        };
        let is = Particulars::check(texts, *temperature, *visibility, *is_enabled, Some(models))
            .map_err(CreateAgentError::Invalid)?;
        if tx.agents_of(person).await? >= MOST_OF_A_PERSON {
            return Err(CreateAgentError::TooMany);
        }
        let (id, now) = (tx.new_id(), tx.now());
        Ok(tx.save(Agent::create(id, person, is, now)).await?.into())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::testing::{MEMBER, company, id, models, named};

    async fn check(command: CreateAgent, expected: Expect) {
        let mut tx = company();
        let outcome = command.execute(&mut tx, MEMBER, &models()).await;
        let seen = outcome.map(|made| (made.name, made.system_prompt, made.model, made.version));
        expected.assert_eq(&tx.report(&seen));
    }

    #[tokio::test]
    async fn whoever_makes_an_agent_owns_it() {
        let command = CreateAgent {
            system_prompt: Some(" Be brief. ".to_owned()),
            model: Some(" ".to_owned()),
            visibility: Visibility::Shared,
            ..named(" Ünïcode Bot ")
        };
        check(command, expect![[r#"
            Ok(("Ünïcode Bot", Some("Be brief."), None, 1))
            agents.agent_created {"agent_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000004","name":"Ünïcode Bot","workspace_ids":[]}
        "#]]).await;
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let command = CreateAgent {
            description: Some("x".repeat(2_001)),
            system_prompt: Some("x".repeat(32_001)),
            model: Some("x".repeat(201)),
            ..named(" ")
        };
        check(command, expect![[r#"
            Err(name can't be blank; description should be at most 2000 character(s); system_prompt should be at most 32000 character(s); model should be at most 200 character(s))
        "#]]).await;
        check(
            CreateAgent { model: Some("unknown/model".to_owned()), ..named(&"x".repeat(256)) },
            expect![[r#"
            Err(name should be at most 255 character(s); model may not be asked here: choose another one)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nobody_has_more_agents_than_everybody_may_have() {
        let mut tx = company();
        let one = tx.state.agents[0].clone();
        let many = (0..MOST_OF_A_PERSON).map(|n| Agent { id: id(n.into()), ..one.clone() });
        tx.state.agents = many.collect();
        let outcome = named("One more").execute(&mut tx, one.owner_id, &models()).await;
        expect![[r#"
            Err(nobody has more than 200 agents: delete one first)
        "#]]
        .assert_eq(&tx.report(&outcome));
    }
}
