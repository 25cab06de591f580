//! Changing an agent.

use std::fmt;

use identity::{AgentId, FieldErrors, Seen};
use llm::Models;
use perme8_events::{Load, Save, StorageError, UserId};

use crate::{
    application::{
        acting::{has_changed, own},
        read_models::AgentDetails,
    },
    domain::{
        agent::{Agent, Particulars, Texts},
        temperature::Temperature,
        visibility::Visibility,
    },
};

/// Changes an agent. What is left out stays, what is blank goes; what changes nothing is no event.
///
/// Emits [`AgentUpdated`](crate::AgentUpdated).
#[derive(Clone)]
pub struct UpdateAgent {
    /// Which.
    pub agent_id: AgentId,
    /// What it is called; 1 to 255 characters.
    pub name: Option<String>,
    /// What it is for; at most 2,000 characters.
    pub description: Option<String>,
    /// What it is told before each question; at most 32,000 characters.
    pub system_prompt: Option<String>,
    /// Which model answers, of those that may be asked on this host.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Option<Temperature>,
    /// Who sees it where it is.
    pub visibility: Option<Visibility>,
    /// Whether it answers.
    pub is_enabled: Option<bool>,
    /// What was seen of it; if it has changed since, nothing is changed.
    pub seen: Option<Seen>,
}

/// What an agent is told, and what for, is shown nowhere.
impl fmt::Debug for UpdateAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateAgent").field("agent_id", &self.agent_id).finish_non_exhaustive()
    }
}

/// Why the agent stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateAgentError {
    /// No person acts.
    #[error("only people have agents")]
    Forbidden,
    /// There is no such agent, or it is another's.
    #[error("there is no such agent")]
    AgentNotFound,
    /// Somebody changed it since it was seen.
    #[error("the agent has changed since: look at it again")]
    OtherVersion,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl UpdateAgent {
    pub(crate) async fn execute<T: Load<Agent> + Save<Agent>>(
        &self,
        tx: &mut T,
        person: UserId,
        models: &Models,
    ) -> Result<AgentDetails, UpdateAgentError> {
        let Self {
            agent_id,
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            is_enabled,
            seen,
        } = self;
        let agent = own(tx, person, *agent_id).await?;
        if has_changed(&agent, *seen) {
            return Err(UpdateAgentError::OtherVersion);
        }
        let was = &agent.is;
        let texts = Texts {
            name: name.as_deref().unwrap_or(&was.name),
            description: description.as_deref().or(was.description.as_deref()),
            system_prompt: system_prompt.as_deref().or(was.system_prompt.as_deref()),
            model: model.as_deref().or(was.model.as_deref()),
        };
        // One that may be asked no longer does not keep anybody from changing the rest.
        let is_other_model = texts.model != was.model.as_deref();
        let is = Particulars::check(
            texts,
            temperature.unwrap_or(was.temperature),
            visibility.unwrap_or(was.visibility),
            is_enabled.unwrap_or(was.is_enabled),
            is_other_model.then_some(models),
        );
        let is = is.map_err(UpdateAgentError::Invalid)?;
        let agent = match agent.update(is, tx.now()) {
            Some(updated) => tx.save(updated).await?,
            None => agent,
        };
        Ok(agent.into())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::testing::{ADMIN, HELPER, MEMBER, NOTES, company, models};

    fn nothing(agent_id: AgentId) -> UpdateAgent {
        UpdateAgent {
            agent_id,
            name: None,
            description: None,
            system_prompt: None,
            model: None,
            temperature: None,
            visibility: None,
            is_enabled: None,
            seen: None,
        }
    }

    async fn check(who: UserId, command: UpdateAgent, expected: Expect) {
        let mut tx = company();
        let outcome = command.execute(&mut tx, who, &models()).await;
        let seen = outcome.map(|agent| (agent.name, agent.version));
        expected.assert_eq(&tx.report(&seen));
    }

    #[tokio::test]
    async fn the_owner_changes_what_is_named_and_it_is_told_where_it_is_seen() {
        let more = UpdateAgent {
            name: Some(" Scribe ".to_owned()),
            system_prompt: Some("Be long.".to_owned()),
            model: Some("other/model".to_owned()),
            temperature: Some(Temperature::try_from(1.5).unwrap()),
            is_enabled: Some(false),
            seen: Some(1.into()),
            ..nothing(HELPER)
        };
        check(MEMBER, more, expect![[r#"
            Ok(("Scribe", 2))
            agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Scribe","workspace_ids":["00000000-0000-0000-0000-000000000001"],"changes":{"name":{"from":"Helper","to":"Scribe"},"system_prompt":true,"model":{"from":"some/model","to":"other/model"},"temperature":{"from":0.7,"to":1.5},"enabled":{"from":true,"to":false}}}
        "#]]).await;
        let private = UpdateAgent { description: Some("Mine.".to_owned()), ..nothing(NOTES) };
        check(MEMBER, private, expect![[r#"
            Ok(("Notes", 2))
            agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000016","user_id":"00000000-0000-0000-0000-000000000004","name":"Notes","workspace_ids":[],"changes":{"description":{"from":"Helps.","to":"Mine."}}}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_is_blank_goes_and_what_changes_nothing_is_no_event() {
        let blank = UpdateAgent { description: Some(" ".to_owned()), ..nothing(HELPER) };
        check(MEMBER, blank, expect![[r#"
            Ok(("Helper", 2))
            agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","workspace_ids":["00000000-0000-0000-0000-000000000001"],"changes":{"description":{"from":"Helps.","to":null}}}
        "#]]).await;
        let same = UpdateAgent { name: Some("Helper".to_owned()), ..nothing(HELPER) };
        check(
            MEMBER,
            same,
            expect![[r#"
            Ok(("Helper", 1))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn others_hear_that_it_is_hidden_and_not_what_it_is_called_since() {
        let hidden = UpdateAgent {
            visibility: Some(Visibility::Private),
            name: Some("Secret".to_owned()),
            ..nothing(HELPER)
        };
        check(MEMBER, hidden, expect![[r#"
            Ok(("Secret", 2))
            agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","workspace_ids":["00000000-0000-0000-0000-000000000001"],"changes":{"visibility":{"from":"SHARED","to":"PRIVATE"}}}
            agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Secret","workspace_ids":[],"changes":{"name":{"from":"Helper","to":"Secret"}}}
        "#]]).await;
    }

    #[tokio::test]
    async fn others_hear_that_it_is_shared_and_not_what_it_was_called_before() {
        let shared = UpdateAgent {
            visibility: Some(Visibility::Shared),
            name: Some("Open".to_owned()),
            ..nothing(NOTES)
        };
        check(MEMBER, shared, expect![[r#"
            Ok(("Open", 2))
            agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000016","user_id":"00000000-0000-0000-0000-000000000004","name":"Open","workspace_ids":[],"changes":{"name":{"from":"Notes","to":"Open"}}}
            agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000016","user_id":"00000000-0000-0000-0000-000000000004","name":"Open","workspace_ids":["00000000-0000-0000-0000-000000000001"],"changes":{"visibility":{"from":"PRIVATE","to":"SHARED"}}}
        "#]]).await;
    }

    #[tokio::test]
    async fn those_of_others_are_as_if_there_were_none() {
        check(
            ADMIN,
            nothing(HELPER),
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
        check(
            MEMBER,
            nothing(crate::testing::id(99)),
            expect![[r#"
            Err(there is no such agent)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_model_that_may_be_asked_no_longer_stays_until_another_one_is_named() {
        for (model, is_changed) in
            [(None, true), (Some("gone/model"), true), (Some("none/such"), false)]
        {
            let mut tx = company();
            tx.state.agents[0].is.model = Some("gone/model".to_owned());
            let (name, model) = (Some("Scribe".to_owned()), model.map(str::to_owned));
            let command = UpdateAgent { name, model, ..nothing(HELPER) };
            let changed = command.execute(&mut tx, MEMBER, &models()).await;
            assert_eq!(changed.is_ok(), is_changed, "{changed:?}");
        }
    }

    #[tokio::test]
    async fn what_has_changed_since_and_what_cannot_be_is_left_alone() {
        let late = UpdateAgent { seen: Some(2.into()), ..nothing(HELPER) };
        check(
            MEMBER,
            late,
            expect![[r#"
            Err(the agent has changed since: look at it again)
        "#]],
        )
        .await;
        let nameless = UpdateAgent { name: Some(" ".to_owned()), ..nothing(HELPER) };
        check(
            MEMBER,
            nameless,
            expect![[r#"
            Err(name can't be blank)
        "#]],
        )
        .await;
    }
}
