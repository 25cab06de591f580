//! Who acts, and with which agent.

use std::collections::BTreeSet;

use identity::{AgentId, Seen, WorkspaceRef};
use perme8_events::{Load, Origin, StorageError, UserId, WorkspaceId};

use crate::{
    application::{
        add_agent_to_workspace::AddAgentToWorkspaceError,
        ask_agent::AskAgentError,
        clone_agent::CloneAgentError,
        delete_agent::DeleteAgentError,
        ports::{Members, Membership},
        read_models::QueryError,
        remove_agent_from_workspace::RemoveAgentFromWorkspaceError,
        sync_agent_workspaces::SyncAgentWorkspacesError,
        update_agent::UpdateAgentError,
    },
    domain::{agent::Agent, policy::Denied},
};

/// Somebody who acts in a workspace, and what that person is there; found out before the transaction begins.
#[derive(Debug)]
pub(crate) struct Acting {
    pub(crate) user_id: UserId,
    pub(crate) membership: Membership,
}

/// Why nobody acts in a workspace.
#[derive(Debug)]
pub(crate) enum NotActing {
    /// No person acts.
    Nobody,
    /// There is no such workspace, or the person is a stranger there: the same, so that nobody learns which exist.
    Stranger,
    /// The storage failed.
    Storage(StorageError),
}

/// Why somebody does not get at an agent.
#[derive(Debug)]
pub(crate) enum OutOfReach {
    /// There is none of that id, or it is another's: the same, so that nobody learns which exist.
    NoAgent,
    /// The storage failed.
    Storage(StorageError),
}

impl Acting {
    /// Whoever acts, or for whom the system acts, if a member of the workspace.
    pub(crate) async fn gather(
        members: &dyn Members,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Self, NotActing> {
        let user_id = origin.person().ok_or(NotActing::Nobody)?;
        let membership = members.membership(user_id, workspace).await;
        let membership = membership.map_err(NotActing::Storage)?.ok_or(NotActing::Stranger)?;
        Ok(Self { user_id, membership })
    }
}

/// The agent of a person.
pub(crate) async fn own(
    tx: &mut impl Load<Agent>,
    person: UserId,
    id: AgentId,
) -> Result<Agent, OutOfReach> {
    let agent = tx.load(id).await.map_err(OutOfReach::Storage)?;
    agent.filter(|agent| agent.owner_id == person).ok_or(OutOfReach::NoAgent)
}

/// Whether an agent is another one than was `seen`, if anything was.
pub(crate) fn has_changed(agent: &Agent, seen: Option<Seen>) -> bool {
    seen.is_some_and(|seen| !seen.is(agent.id, agent.version))
}

/// Where a person and the owner of an agent are both members today; found out before the transaction begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grounds {
    pub(crate) person: UserId,
    pub(crate) common: BTreeSet<WorkspaceId>,
}

impl Grounds {
    /// Of the workspaces where the agent is, those where both are.
    pub(crate) async fn gather(
        members: &dyn Members,
        person: UserId,
        owner: UserId,
        workspaces: &[WorkspaceId],
    ) -> Result<Self, StorageError> {
        let pairs: Vec<_> =
            workspaces.iter().flat_map(|id| [(person, *id), (owner, *id)]).collect();
        let belong = members.belonging(&pairs).await?;
        let are_there =
            |id: &WorkspaceId| belong.contains(&(person, *id)) && belong.contains(&(owner, *id));
        let common = workspaces.iter().copied().filter(are_there).collect();
        Ok(Self { person, common })
    }

    /// Whether the person may use an agent: an own one, or one that is shared where both are.
    pub(crate) fn reach(&self, agent: &Agent) -> bool {
        let is_there = || agent.placements.keys().any(|id| self.common.contains(id));
        agent.owner_id == self.person || (agent.is.visibility.is_shared() && is_there())
    }
}

macro_rules! from_not_acting {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<NotActing> for $Error {
            fn from(reason: NotActing) -> Self {
                match reason {
                    NotActing::Nobody => Self::Forbidden,
                    NotActing::Stranger => Self::WorkspaceNotFound,
                    NotActing::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

macro_rules! from_out_of_reach {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<OutOfReach> for $Error {
            fn from(reason: OutOfReach) -> Self {
                match reason {
                    OutOfReach::NoAgent => Self::AgentNotFound,
                    OutOfReach::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

from_not_acting!(
    AddAgentToWorkspaceError,
    AskAgentError,
    CloneAgentError,
    QueryError,
    RemoveAgentFromWorkspaceError,
);

from_out_of_reach!(
    AddAgentToWorkspaceError,
    DeleteAgentError,
    SyncAgentWorkspacesError,
    UpdateAgentError,
);

impl From<Denied> for AddAgentToWorkspaceError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::ByRole => Self::Forbidden,
            Denied::ByArchive => Self::WorkspaceArchived,
        }
    }
}
