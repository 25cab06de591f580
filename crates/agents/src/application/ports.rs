//! What use cases ask of the storage and of identity.

use std::{collections::HashSet, fmt};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use identity::{AgentId, Role, WorkspaceRef};
use perme8_events::{Load, StorageError, UserId, WorkspaceId};

use crate::domain::agent::Agent;

/// Questions about agents.
pub(crate) trait Agents: Load<Agent> {
    /// How many agents a person has.
    ///
    /// Until this transaction ends, no other asks the same: what is added because of the answer is counted by the next.
    fn agents_of(
        &mut self,
        person: UserId,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// How many agents are in a workspace; asked one after another as well. Who asks about several asks in the order of their
    /// ids, so that nobody waits for each other.
    fn agents_in(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// What is left of people and workspaces.
pub(crate) trait Estates: Load<Agent> {
    /// Agents of a person that are in a workspace since `until` or longer; at most so many.
    fn placed_by(
        &mut self,
        person: UserId,
        workspace: WorkspaceId,
        until: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AgentId>, StorageError>> + Send;

    /// Agents that are in a workspace; at most so many.
    fn placed_in(
        &mut self,
        workspace: WorkspaceId,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AgentId>, StorageError>> + Send;

    /// Agents of a person; at most so many.
    fn owned_by(
        &mut self,
        person: UserId,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AgentId>, StorageError>> + Send;
}

/// What somebody is in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which workspace.
    pub workspace_id: WorkspaceId,
    /// What it is called in addresses.
    pub workspace_slug: String,
    /// Whether it is put away.
    pub is_archived: bool,
    /// What that person is there.
    pub role: Role,
}

/// Tells who belongs where; a host whose people live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait Members: fmt::Debug + Send + Sync {
    /// What a person is in a workspace, and whether that is put away, read together; none for those who do not belong to it,
    /// and when there is no such workspace.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn membership(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<Membership>, StorageError>;

    /// What a person is in every workspace.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn memberships_of(&self, user: UserId) -> Result<Vec<Membership>, StorageError>;

    /// Which of these people are in the workspaces beside them.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn belonging(
        &self,
        pairs: &[(UserId, WorkspaceId)],
    ) -> Result<HashSet<(UserId, WorkspaceId)>, StorageError>;

    /// Which of these people have an account.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn existing(&self, users: &[UserId]) -> Result<HashSet<UserId>, StorageError>;
}
