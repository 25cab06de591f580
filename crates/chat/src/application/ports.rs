//! What use cases ask of the storage, of identity and of projects.

use std::{collections::HashSet, fmt};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use identity::{AgentId, WorkspaceRef};
use llm::Page;
use perme8_events::{Load, StorageError, Transaction, UserId, WorkspaceId};
use projects::ProjectId;

use crate::{
    application::{clearance::Clearance, send_message::SentBefore},
    domain::{
        message::Message,
        references::{ChatSessionId, MessageId},
        session::Session,
    },
};

/// Questions about sessions.
pub(crate) trait Sessions: Load<Session> {
    /// How many sessions a person has. Until this transaction ends, nobody else is told so.
    fn sessions_of(
        &mut self,
        user: UserId,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// The first sessions that something which is gone has left, in an order that stays.
    fn left_by(
        &mut self,
        gone: Clearance,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Session>, StorageError>> + Send;
}

/// The messages of sessions. They go with their session.
pub(crate) trait Messages: Transaction {
    /// A message of a session.
    fn message(
        &mut self,
        session: ChatSessionId,
        id: MessageId,
    ) -> impl Future<Output = Result<Option<Message>, StorageError>> + Send;

    /// What a person has said in a session with this key, and the last answer to it.
    fn sent_before(
        &mut self,
        session: ChatSessionId,
        key: &str,
    ) -> impl Future<Output = Result<Option<SentBefore>, StorageError>> + Send;

    /// Answers that should have ended before this instant, at most so many, each with its session.
    fn overdue(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(ChatSessionId, MessageId)>, StorageError>> + Send;

    /// Keeps as much of an answer as has come, and says whether more is wanted: not if it has ended, or is gone.
    fn keep_content(
        &mut self,
        id: MessageId,
        so_far: &str,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Keeps how an answer ended.
    fn end_message(
        &mut self,
        answer: &Message,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Adds a message; a conflict if its number or its key is taken.
    fn add_message(
        &mut self,
        message: &Message,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets a message.
    fn remove_message(
        &mut self,
        id: MessageId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// A workspace, as far as those who belong to it talk in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceView {
    /// Which.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
    /// Whether it is put away.
    pub is_archived: bool,
}

/// Tells who belongs where; a host whose people live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait Members: fmt::Debug + Send + Sync {
    /// A workspace, for somebody who belongs to it; none for others, and when there is no such workspace.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn workspace(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<WorkspaceView>, StorageError>;

    /// Every workspace that a person belongs to.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn workspaces_of(&self, user: UserId) -> Result<Vec<WorkspaceView>, StorageError>;

    /// The agent that a person has selected in a workspace, whatever has become of it since.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn selected_agent(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<AgentId>, StorageError>;

    /// Which of these people have an account.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn existing(&self, users: &[UserId]) -> Result<HashSet<UserId>, StorageError>;

    /// Which of these people belong to the workspaces beside them.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn belonging(
        &self,
        pairs: &[(UserId, WorkspaceId)],
    ) -> Result<HashSet<(UserId, WorkspaceId)>, StorageError>;
}

/// A project, as far as somebody talks about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectView {
    /// Which.
    pub id: ProjectId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
}

/// Tells which projects there are; a host whose projects live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait ProjectDirectory: fmt::Debug + Send + Sync {
    /// The project of a workspace that is called so in addresses.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn project(
        &self,
        workspace: WorkspaceId,
        slug: &str,
    ) -> Result<Option<ProjectView>, StorageError>;

    /// These projects; those that are gone are left out.
    ///
    /// # Errors
    ///
    /// As [`project`](Self::project).
    async fn projects(&self, ids: &[ProjectId]) -> Result<Vec<ProjectView>, StorageError>;
}

/// Tells what documents say; a host whose documents live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait DocumentDirectory: fmt::Debug + Send + Sync {
    /// What the document of this slug says to a member of the workspace, in so many characters at most; none if there is none
    /// or that person does not see it.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn document(
        &self,
        workspace: WorkspaceId,
        slug: &str,
        member: UserId,
        longest: usize,
    ) -> Result<Option<Page>, StorageError>;
}

/// An agent, as far as it answers in a session. `Debug` leaves out what it is told.
#[derive(Clone, PartialEq)]
pub struct AgentView {
    /// Which.
    pub id: AgentId,
    /// What it is told before each question.
    pub system_prompt: Option<String>,
    /// Which model answers, unless that is for the host to choose.
    pub model: Option<String>,
    /// How much its answers may vary, from 0 to 2.
    pub temperature: f64,
    /// Whether it answers.
    pub is_enabled: bool,
}

impl fmt::Debug for AgentView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentView").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Tells which agents people may use; a host whose agents live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait AgentDirectory: fmt::Debug + Send + Sync {
    /// The agent, turned on or off, if this person may use it.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn usable(
        &self,
        agent: AgentId,
        person: UserId,
    ) -> Result<Option<AgentView>, StorageError>;
}
