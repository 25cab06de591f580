//! Asking agents: what a person may say is found out, the model is called, and its answer kept.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use documents::AgentWord;
use llm::{Answers, Asker, Following, Keeper, ModelName, Told};
use perme8_events::{Origin, StorageError, UserId, WorkspaceId, sql::UnitOfWork};

use super::Agents;
use crate::{
    application::{
        acting::Acting,
        ask_agent::{
            AgentRef, AskAgent, AskAgentError, Found, PURPOSE, Place, ask, end, turned_on,
        },
        ports::{Queries as _, ReadableDocument, Readings},
        prompt::MOST_OF_A_DOCUMENT,
        query_read_models::{
            AgentQueryDetails, AgentQueryError, ExportAgentQueries, ExportedAgentQueries,
        },
        query_upkeep::{CloseInterruptedQueries, PurgeAgentQueries, QueryUpkeepError},
    },
    domain::{
        agent::Agent,
        query::{AgentQueryId, Query, QueryStatus, call_id},
    },
    infrastructure::{agent_queries, query_store},
};

/// Asks agents.
///
/// As with [`Agents`], each method takes the [`Origin`] of the wish and authorises from it.
#[derive(Debug, Clone)]
pub struct AskAgents {
    agents: Agents,
    readings: Arc<dyn Readings>,
    answers: Answers,
}

/// An agent that was asked, and its answer, which is being written. Whoever drops it does not want to hear more: it is cancelled.
#[derive(Debug)]
pub struct AskedAgent {
    /// Under which id that is recorded.
    pub query_id: AgentQueryId,
    /// The answer.
    pub following: Following,
}

impl AskAgents {
    /// Of `agents`; `readings` knows what people write, and a model gives the `answers`.
    #[must_use]
    pub fn new(agents: Agents, readings: Arc<dyn Readings>, answers: Answers) -> Self {
        Self { agents, readings, answers }
    }

    /// Asks an agent that the person who acts may use, and begins the answer. What became of it is recorded when it ends.
    ///
    /// # Errors
    ///
    /// [`AskAgentError`]; then no model was called.
    #[tracing::instrument(skip_all, fields(agent = ?command.agent))]
    pub async fn ask_agent(
        &self,
        origin: Origin,
        command: AskAgent,
    ) -> Result<AskedAgent, AskAgentError> {
        let person = origin.person().ok_or(AskAgentError::Forbidden)?;
        let question = command.check()?;
        let acting = match &command.place.workspace {
            Some(workspace) => {
                Some(Acting::gather(&*self.agents.members, &origin, workspace).await?)
            }
            None => None,
        };
        let workspace = acting.map(|acting| acting.membership.workspace_id);
        let agent = match (&command.agent, workspace) {
            (AgentRef::Id(id), _) => self.agents.directory().agent_for(*id, person).await?,
            (AgentRef::Named(word), Some(workspace)) => self.named(word, workspace, person).await?,
            (AgentRef::Named(_), None) => return Err(AskAgentError::NoWorkspace),
        };
        let agent = agent.ok_or(AskAgentError::AgentNotFound)?;
        let model = model(&command, &agent)?;
        turned_on(&agent)?;
        let found = self.look_around(&command.place, workspace, person).await?;
        let asker = Asker { purpose: PURPOSE, user_id: person, workspace_id: workspace, model };
        // Whoever may not ask now leaves no record. What is wrong with the wish itself comes first: it takes nobody's place.
        let permit = self.answers.permit(asker)?;
        let origin = match workspace {
            Some(workspace) => origin.in_workspace(workspace),
            None => origin,
        };
        let agents = &self.agents;
        let (query_id, said) = transact!(agents, origin, AskAgentError, |tx| {
            ask(tx, person, &agent, &question, &found)
        })?;
        let keeper = QueryKeeper { uow: agents.uow.clone(), origin, query_id };
        let following = self.answers.begin(permit, said, Box::new(keeper));
        Ok(AskedAgent { query_id, following: following.cancelling_when_dropped() })
    }

    /// Cancels the answer to something that the person who acts asked, wherever it is being written; what was told so far is
    /// kept. Nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// [`AgentQueryError`].
    #[tracing::instrument(skip_all, fields(query = %query))]
    pub async fn cancel_agent_query(
        &self,
        origin: &Origin,
        query: AgentQueryId,
    ) -> Result<(), AgentQueryError> {
        let (query, _) = self.agents.own_query(origin, query).await?;
        if query.status() == QueryStatus::Running {
            // A node that misses the signal finds it in the table.
            let uow = &self.agents.uow;
            uow.run(origin.clone(), async |tx| tx.unwant(query.id).await).await?;
            self.answers.cancel(call_id(query.id));
        }
        Ok(())
    }

    /// The agent of this name in a workspace, as this member may use it.
    async fn named(
        &self,
        word: &AgentWord,
        workspace: WorkspaceId,
        person: UserId,
    ) -> Result<Option<Agent>, StorageError> {
        let mut called = agent_queries::names_in(&self.agents.db, workspace, person).await?;
        called.retain(|(_, _, name)| word.names(name));
        let owners = called.iter().map(|(_, owner, _)| *owner).collect();
        let there = self.agents.those_in(workspace, owners).await?;
        called.retain(|(_, owner, _)| there.contains(owner));
        // The newest come first, and that order stays among the own ones and among those of others.
        let first = called.into_iter().min_by_key(|(_, owner, _)| *owner != person);
        let Some((id, _, _)) = first else { return Ok(None) };
        self.agents.directory().agent_for(id, person).await
    }

    /// What there is where somebody asks, as far as this person sees it.
    async fn look_around(
        &self,
        place: &Place,
        workspace: Option<WorkspaceId>,
        person: UserId,
    ) -> Result<Found, AskAgentError> {
        let Some(workspace) = workspace else { return Ok(Found::default()) };
        let Place { workspace: _, project, document, node_id: _ } = place;
        let mut found = Found { workspace_id: Some(workspace), ..Found::default() };
        found.surroundings.workspace = self.readings.workspace_name(workspace).await?;
        if let Some(slug) = document {
            let read = self.readings.document(workspace, slug, person, MOST_OF_A_DOCUMENT).await?;
            let read = read.ok_or(AskAgentError::DocumentNotFound)?;
            let ReadableDocument { id, page, project } = read;
            found.document_id = Some(id);
            found.surroundings.project = project;
            found.surroundings.document = Some(page);
        }
        if let Some(slug) = project {
            let project = self.readings.project(workspace, slug).await?;
            let project = project.ok_or(AskAgentError::ProjectNotFound)?;
            found.surroundings.project = Some(project.name);
        }
        Ok(found)
    }
}

/// The model that shall answer, if one is named.
fn model(command: &AskAgent, agent: &Agent) -> Result<Option<ModelName>, AskAgentError> {
    let named = command.model.as_deref().filter(|name| !name.trim().is_empty());
    let name = named.or(agent.is.model.as_deref()).map(|name| name.trim().parse());
    name.transpose().map_err(|_| AskAgentError::ModelNotAllowed)
}

/// Keeps an answer in its query, as the doing of whoever asked.
struct QueryKeeper {
    uow: UnitOfWork,
    origin: Origin,
    query_id: AgentQueryId,
}

#[async_trait]
impl Keeper for QueryKeeper {
    async fn keep(&mut self, so_far: &str) -> Result<bool, StorageError> {
        let Self { uow, origin, query_id } = self;
        uow.run(origin.clone(), async |tx| tx.keep_answer(*query_id, so_far).await).await
    }

    async fn end(&mut self, told: &Told) -> Result<(), StorageError> {
        let Self { uow, origin, query_id } = self;
        uow.run(origin.clone(), async |tx| end(tx, *query_id, told).await).await
    }
}

impl Agents {
    /// Something that the person who asks asked an agent, unless in a workspace where that person is no longer.
    ///
    /// # Errors
    ///
    /// [`AgentQueryError`].
    #[tracing::instrument(skip_all, fields(%query))]
    pub async fn agent_query(
        &self,
        origin: &Origin,
        query: AgentQueryId,
    ) -> Result<AgentQueryDetails, AgentQueryError> {
        let (query, workspace_slug) = self.own_query(origin, query).await?;
        Ok(AgentQueryDetails::of(query, workspace_slug))
    }

    /// A query of the person who acts, and the slug of its workspace.
    async fn own_query(
        &self,
        origin: &Origin,
        query: AgentQueryId,
    ) -> Result<(Query, Option<String>), AgentQueryError> {
        let person = origin.person().ok_or(AgentQueryError::Forbidden)?;
        let query = query_store::query(&self.db, query).await?;
        let query = query.filter(|query| query.asked.user_id == person);
        let query = query.ok_or(AgentQueryError::NotFound)?;
        let Some(workspace) = query.asked.workspace_id else { return Ok((query, None)) };
        let membership = self.members.membership(person, &workspace.into()).await?;
        let membership = membership.ok_or(AgentQueryError::NotFound)?;
        Ok((query, Some(membership.workspace_slug)))
    }

    /// Some of what the person who asks asked agents in the last 30 days, without what was asked where that person is no longer:
    /// a page may have fewer than there are.
    ///
    /// # Errors
    ///
    /// [`AgentQueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn export_agent_queries(
        &self,
        origin: &Origin,
        asked: ExportAgentQueries,
    ) -> Result<ExportedAgentQueries, AgentQueryError> {
        let person = origin.person().ok_or(AgentQueryError::Forbidden)?;
        let asked = asked.clamped();
        let mut found = query_store::asked_by(&self.db, person, asked).await?;
        let is_last = found.len() <= usize::from(asked.limit);
        found.truncate(asked.limit.into());
        let next = found.last().filter(|_| !is_last).map(|query| query.id);
        let memberships = self.members.memberships_of(person).await?.into_iter();
        let slugs: HashMap<_, _> =
            memberships.map(|found| (found.workspace_id, found.workspace_slug)).collect();
        let queries = found.into_iter().filter_map(|query| {
            let workspace_slug = match query.asked.workspace_id {
                Some(workspace) => Some(slugs.get(&workspace)?.clone()),
                None => None,
            };
            Some(AgentQueryDetails::of(query, workspace_slug))
        });
        Ok(ExportedAgentQueries { queries: queries.collect(), next })
    }

    /// Ends queries that nobody answers any more; says how many.
    ///
    /// # Errors
    ///
    /// [`QueryUpkeepError`].
    #[tracing::instrument(skip_all)]
    pub async fn close_interrupted_queries(
        &self,
        origin: Origin,
        command: CloseInterruptedQueries,
    ) -> Result<u64, QueryUpkeepError> {
        transact!(self, origin, QueryUpkeepError, |tx| command.execute(tx))
    }

    /// Deletes queries that ended long ago; says how many.
    ///
    /// # Errors
    ///
    /// [`QueryUpkeepError`].
    #[tracing::instrument(skip_all)]
    pub async fn purge_agent_queries(
        &self,
        origin: Origin,
        command: PurgeAgentQueries,
    ) -> Result<u64, QueryUpkeepError> {
        transact!(self, origin, QueryUpkeepError, |tx| command.execute(tx))
    }
}

#[cfg(test)]
mod tests;
