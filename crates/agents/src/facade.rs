//! The only struct through which others use this context.

use std::{collections::HashSet, sync::Arc};

use identity::{AgentId, WorkspaceRef};
use llm::Models;
use perme8_events::{
    Origin, StorageError, UserId, WorkspaceId,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        acting::{Acting, Grounds, NotActing},
        add_agent_to_workspace::{AddAgentToWorkspace, AddAgentToWorkspaceError},
        clone_agent::{CloneAgent, CloneAgentError},
        create_agent::{CreateAgent, CreateAgentError},
        delete_agent::{DeleteAgent, DeleteAgentError},
        ports::Members,
        read_models::{
            AgentDetails, AgentPlace, ExportedAgent, ListWorkspaceAgents, QueryError, SharedAgent,
            WorkspaceAgents,
        },
        remove_agent_from_workspace::{RemoveAgentFromWorkspace, RemoveAgentFromWorkspaceError},
        sync_agent_workspaces::{SyncAgentWorkspaces, SyncAgentWorkspacesError, SyncedWorkspaces},
        update_agent::{UpdateAgent, UpdateAgentError},
    },
    domain::agent::Agent,
    infrastructure::{agent_queries, directory::Directory},
};

/// The agents of people, and where they are.
///
/// Each method takes the [`Origin`] of the wish and authorises from it: whose agent it is, and what the person who acts is in the
/// workspace, is asked before anything is done. A process of the host acts for a person, by the rights of that person
/// ([`Origin::person`]). A command that loses a race is repeated; what is returned as `Storage` afterwards is nothing the caller
/// could have avoided.
#[derive(Debug, Clone)]
pub struct Agents {
    db: Db,
    uow: UnitOfWork,
    members: Arc<dyn Members>,
    models: Models,
}

/// Runs a use case in a transaction of its own, and again while it loses races.
macro_rules! transact {
    ($self:ident, $origin:ident, $Error:ident, |$tx:ident| $execute:expr) => {{
        let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
        let attempt = || $self.uow.run($origin.clone(), async |$tx| $execute.await);
        $self.uow.retry(lost_a_race, attempt).await
    }};
}

pub(crate) mod asking;

impl Agents {
    /// On this database; `members` knows who belongs where, and agents may have these `models`.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>, models: Models) -> Self {
        Self { uow: UnitOfWork::new(db.clone()), db, members, models }
    }

    /// Answers the questions of other contexts.
    #[must_use]
    pub fn directory(&self) -> Directory {
        Directory::new(self.db.clone(), Arc::clone(&self.members))
    }

    /// Makes an agent, which is that of the person who acts.
    ///
    /// # Errors
    ///
    /// [`CreateAgentError`].
    #[tracing::instrument(skip_all)]
    pub async fn create_agent(
        &self,
        origin: Origin,
        command: CreateAgent,
    ) -> Result<AgentDetails, CreateAgentError> {
        let person = origin.person().ok_or(CreateAgentError::Forbidden)?;
        transact!(self, origin, CreateAgentError, |tx| {
            command.execute(tx, person, &self.models)
        })
    }

    /// Changes an agent of the person who acts.
    ///
    /// # Errors
    ///
    /// [`UpdateAgentError`].
    #[tracing::instrument(skip_all, fields(agent = %command.agent_id))]
    pub async fn update_agent(
        &self,
        origin: Origin,
        command: UpdateAgent,
    ) -> Result<AgentDetails, UpdateAgentError> {
        let person = origin.person().ok_or(UpdateAgentError::Forbidden)?;
        transact!(self, origin, UpdateAgentError, |tx| {
            command.execute(tx, person, &self.models)
        })
    }

    /// Deletes an agent of the person who acts for good; gives it as it was.
    ///
    /// # Errors
    ///
    /// [`DeleteAgentError`].
    #[tracing::instrument(skip_all, fields(agent = %command.agent_id))]
    pub async fn delete_agent(
        &self,
        origin: Origin,
        command: DeleteAgent,
    ) -> Result<AgentDetails, DeleteAgentError> {
        let person = origin.person().ok_or(DeleteAgentError::Forbidden)?;
        transact!(self, origin, DeleteAgentError, |tx| command.execute(tx, person))
    }

    /// Makes an agent that is like an own one, or like one that is shared with the person who acts.
    ///
    /// # Errors
    ///
    /// [`CloneAgentError`].
    #[tracing::instrument(skip_all, fields(agent = %command.agent_id))]
    pub async fn clone_agent(
        &self,
        origin: Origin,
        command: CloneAgent,
    ) -> Result<AgentDetails, CloneAgentError> {
        let person = origin.person().ok_or(CloneAgentError::Forbidden)?;
        let only_in = match &command.workspace {
            Some(workspace) => Some(self.acting(&origin, workspace).await?.membership.workspace_id),
            None => None,
        };
        let source = agent_queries::agent(&self.db, command.agent_id).await?;
        let source = source.ok_or(CloneAgentError::AgentNotFound)?;
        let mut workspaces: Vec<_> = source.placements.keys().copied().collect();
        workspaces.retain(|id| only_in.is_none_or(|only_in| only_in == *id));
        let grounds = Grounds::gather(&*self.members, person, source.owner_id, &workspaces).await?;
        transact!(self, origin, CloneAgentError, |tx| {
            command.execute(tx, &grounds, &self.models)
        })
    }

    /// Says in which workspaces an agent of the person who acts is.
    ///
    /// # Errors
    ///
    /// [`SyncAgentWorkspacesError`].
    #[tracing::instrument(skip_all, fields(agent = %command.agent_id))]
    pub async fn sync_agent_workspaces(
        &self,
        origin: Origin,
        command: SyncAgentWorkspaces,
    ) -> Result<SyncedWorkspaces, SyncAgentWorkspacesError> {
        let person = origin.person().ok_or(SyncAgentWorkspacesError::Forbidden)?;
        let memberships = self.members.memberships_of(person).await?;
        transact!(self, origin, SyncAgentWorkspacesError, |tx| {
            command.execute(tx, person, &memberships)
        })
    }

    /// Adds an agent of the person who acts to a workspace.
    ///
    /// # Errors
    ///
    /// [`AddAgentToWorkspaceError`].
    #[tracing::instrument(skip_all, fields(agent = %command.agent_id, workspace = ?command.workspace))]
    pub async fn add_agent_to_workspace(
        &self,
        origin: Origin,
        command: AddAgentToWorkspace,
    ) -> Result<(), AddAgentToWorkspaceError> {
        let acting = self.acting(&origin, &command.workspace).await?;
        transact!(self, origin, AddAgentToWorkspaceError, |tx| command.execute(tx, &acting))
    }

    /// Takes an agent out of a workspace.
    ///
    /// # Errors
    ///
    /// [`RemoveAgentFromWorkspaceError`].
    #[tracing::instrument(skip_all, fields(agent = %command.agent_id, workspace = ?command.workspace))]
    pub async fn remove_agent_from_workspace(
        &self,
        origin: Origin,
        command: RemoveAgentFromWorkspace,
    ) -> Result<(), RemoveAgentFromWorkspaceError> {
        let acting = self.acting(&origin, &command.workspace).await?;
        transact!(self, origin, RemoveAgentFromWorkspaceError, |tx| command.execute(tx, &acting))
    }

    /// An agent of the person who asks.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(%agent))]
    pub async fn agent(&self, origin: &Origin, agent: AgentId) -> Result<AgentDetails, QueryError> {
        Ok(self.own(origin, agent).await?.1.into())
    }

    /// Every agent of the person who asks, newest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn agents(&self, origin: &Origin) -> Result<Vec<AgentDetails>, QueryError> {
        let person = origin.person().ok_or(QueryError::Forbidden)?;
        let agents = agent_queries::all_of(&self.db, person).await?;
        Ok(agents.into_iter().map(AgentDetails::from).collect())
    }

    /// In which workspaces an agent of the person who asks is, by their slugs; those that the person has left are left out.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(%agent))]
    pub async fn agent_workspaces(
        &self,
        origin: &Origin,
        agent: AgentId,
    ) -> Result<Vec<AgentPlace>, QueryError> {
        let (person, agent) = self.own(origin, agent).await?;
        let memberships = self.members.memberships_of(person).await?.into_iter();
        let mut places: Vec<_> = memberships
            .filter(|found| agent.placements.contains_key(&found.workspace_id))
            .map(|found| AgentPlace {
                workspace_id: found.workspace_id,
                workspace_slug: found.workspace_slug,
            })
            .collect();
        places.sort_by(|one, other| one.workspace_slug.cmp(&other.workspace_slug));
        Ok(places)
    }

    /// The agents of a workspace, for members: the own ones, and those that others share who are members, too.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn workspace_agents(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: ListWorkspaceAgents,
    ) -> Result<WorkspaceAgents, QueryError> {
        let Acting { user_id: person, membership } = self.acting(origin, workspace).await?;
        let workspace = membership.workspace_id;
        let found = agent_queries::seen_in(&self.db, workspace, person, asked.is_enabled).await?;
        let (own, shared): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|agent| agent.owner_id == person);
        let owners = shared.iter().map(|agent| agent.owner_id).collect();
        let owners: Vec<_> = self.those_in(workspace, owners).await?.into_iter().collect();
        let names = self.members.names(&owners).await?;
        // Whoever is not there, or has no account any more, shares nothing.
        let of_others = shared.into_iter().filter_map(|agent| {
            let owner_name = names.get(&agent.owner_id)?.clone();
            Some(SharedAgent::of(agent, owner_name))
        });
        Ok(WorkspaceAgents {
            own: own.into_iter().map(AgentDetails::from).collect(),
            of_others: of_others.collect(),
        })
    }

    /// Every agent of the person who asks, newest first, with where it is.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn export_agents(&self, origin: &Origin) -> Result<Vec<ExportedAgent>, QueryError> {
        let person = origin.person().ok_or(QueryError::Forbidden)?;
        let agents = agent_queries::all_of(&self.db, person).await?;
        Ok(agents.into_iter().map(ExportedAgent::from).collect())
    }

    /// Who acts in a workspace; what that person may do is for the use case to say.
    async fn acting(&self, origin: &Origin, workspace: &WorkspaceRef) -> Result<Acting, NotActing> {
        Acting::gather(&*self.members, origin, workspace).await
    }

    /// Those of these people who are in a workspace.
    async fn those_in(
        &self,
        workspace: WorkspaceId,
        people: HashSet<UserId>,
    ) -> Result<HashSet<UserId>, StorageError> {
        let pairs: Vec<_> = people.into_iter().map(|person| (person, workspace)).collect();
        let there = self.members.belonging(&pairs).await?;
        Ok(there.into_iter().map(|(person, _)| person).collect())
    }

    /// Who asks, and the agent if it is that person's.
    async fn own(&self, origin: &Origin, agent: AgentId) -> Result<(UserId, Agent), QueryError> {
        let person = origin.person().ok_or(QueryError::Forbidden)?;
        let found = agent_queries::agent(&self.db, agent).await?;
        let own = found.filter(|agent| agent.owner_id == person);
        Ok((person, own.ok_or(QueryError::AgentNotFound)?))
    }
}

pub(crate) mod clearer;
#[cfg(test)]
mod matrix;
pub(crate) mod reconciling;

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
    #[expect(dead_code, reason = "the compiler is the test")]
    fn futures_are_send(
        agents: &Agents,
        origin: &Origin,
        agent: AgentId,
        asked: ListWorkspaceAgents,
        commands: (CreateAgent, UpdateAgent, DeleteAgent, CloneAgent),
        placing: (SyncAgentWorkspaces, AddAgentToWorkspace, RemoveAgentFromWorkspace),
    ) {
        fn send<T: Send>(_: T) {}
        let workspace = placing.1.workspace.clone();
        send(agents.create_agent(origin.clone(), commands.0));
        send(agents.update_agent(origin.clone(), commands.1));
        send(agents.delete_agent(origin.clone(), commands.2));
        send(agents.clone_agent(origin.clone(), commands.3));
        send(agents.sync_agent_workspaces(origin.clone(), placing.0));
        send(agents.add_agent_to_workspace(origin.clone(), placing.1));
        send(agents.remove_agent_from_workspace(origin.clone(), placing.2));
        send(agents.agent(origin, agent));
        send(agents.agents(origin));
        send(agents.agent_workspaces(origin, agent));
        send(agents.workspace_agents(origin, &workspace, asked));
        send(agents.export_agents(origin));
    }
}
