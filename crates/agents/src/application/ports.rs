//! What use cases ask of the storage and of identity.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use documents::DocumentId;
use identity::{AgentId, Role, WorkspaceRef};
use llm::Page;
use perme8_events::{Load, StorageError, UserId, WorkspaceId};

use crate::{
    application::clearance::Clearance,
    domain::{
        agent::Agent,
        query::{AgentQueryId, Query},
    },
};

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

    /// What these people are called; those without an account are left out.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn names(&self, users: &[UserId]) -> Result<HashMap<UserId, String>, StorageError>;
}

/// Questions about queries.
pub(crate) trait Queries: Load<Query> {
    /// Keeps what was told of the answer so far; says whether anybody wants the rest: not if the query has ended, or is unwanted.
    fn keep_answer(
        &mut self,
        id: AgentQueryId,
        so_far: &str,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Nobody wants the rest of the answer any more.
    fn unwant(&mut self, id: AgentQueryId)
    -> impl Future<Output = Result<(), StorageError>> + Send;

    /// So many of those that are running past their deadline, the oldest first.
    fn overdue(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Query>, StorageError>> + Send;

    /// Deletes so many of those that were asked by a person who is gone, in a workspace that is gone, or by somebody who is in
    /// the workspace no longer; says how many.
    fn delete_left_by(
        &mut self,
        loss: &Clearance,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// Deletes so many of those that had ended then, the oldest first; says how many.
    fn delete_ended_until(
        &mut self,
        instant: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// A project that somebody asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableProject {
    /// What it is called.
    pub name: String,
}

/// A document that somebody asks about.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadableDocument {
    /// Which.
    pub id: DocumentId,
    /// What it says, up to the length that was asked for.
    pub page: Page,
    /// What the project is called that it is in, if in one.
    pub project: Option<String>,
}

/// What people write is shown nowhere.
impl fmt::Debug for ReadableDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadableDocument").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Tells what the members of a workspace read there. Whoever asks has made sure that the person is a member.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait Readings: fmt::Debug + Send + Sync {
    /// What a workspace is called; none when it is gone.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn workspace_name(&self, workspace: WorkspaceId) -> Result<Option<String>, StorageError>;

    /// The project of this slug; none when there is no such.
    ///
    /// # Errors
    ///
    /// As [`workspace_name`](Self::workspace_name).
    async fn project(
        &self,
        workspace: WorkspaceId,
        slug: &str,
    ) -> Result<Option<ReadableProject>, StorageError>;

    /// The document of this slug, in so many characters at most; none when there is no such, or this member does not see it.
    ///
    /// # Errors
    ///
    /// As [`workspace_name`](Self::workspace_name).
    async fn document(
        &self,
        workspace: WorkspaceId,
        slug: &str,
        member: UserId,
        longest: usize,
    ) -> Result<Option<ReadableDocument>, StorageError>;
}
