//! What use cases ask of the storage and of other contexts.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use identity::{Role, Slug, WorkspaceRef};
use perme8_events::{Load, StorageError, Transaction, UserId, WorkspaceId};
use projects::ProjectId;

use crate::domain::document::Document;

/// Questions about documents.
pub(crate) trait Documents: Load<Document> {
    /// The document of a workspace that has the slug, in the trash or not.
    fn document_by_slug(
        &mut self,
        workspace: WorkspaceId,
        slug: &Slug,
    ) -> impl Future<Output = Result<Option<Document>, StorageError>> + Send;

    /// How many documents a workspace has, in the trash or not.
    fn count_documents(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// Some of those that are in a project, in the trash or not; at most so many.
    fn documents_in(
        &mut self,
        project: ProjectId,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Document>, StorageError>> + Send;

    /// Those that were put into the trash until then, oldest first; at most so many.
    fn trashed_until(
        &mut self,
        instant: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Document>, StorageError>> + Send;

    /// Notes that what a document says was changed, and nothing else of it; a conflict if that is not as it was.
    fn touch(
        &mut self,
        document: &Document,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// What is gone that documents were in, or whose they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gone {
    Workspace(WorkspaceId),
    Project(ProjectId),
    Person(UserId),
}

/// What is gone, and what is left of it.
pub(crate) trait Tombstones: Transaction {
    /// Whether it is gone.
    ///
    /// Until this transaction ends, no other can say so: what is added because of the answer is found by whoever clears up
    /// afterwards. Who asks about several asks in the order in which they are declared, and of their ids, so that nobody waits
    /// for each other.
    fn is_gone(&mut self, what: Gone) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Says that it is gone, for good.
    fn remember_gone(
        &mut self,
        what: Gone,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets documents and notes of a workspace; at most so many of each. Gives their number.
    fn clear(
        &mut self,
        workspace: WorkspaceId,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
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

/// Somebody who has an account.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonView {
    /// Who.
    pub id: UserId,
    /// The e-mail address.
    pub email: String,
}

/// Shows nothing that identifies a person.
impl fmt::Debug for PersonView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonView").field("id", &self.id).finish_non_exhaustive()
    }
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

    /// In which workspaces a person is.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn workspaces_of(&self, user: UserId) -> Result<Vec<WorkspaceId>, StorageError>;

    /// Who owns these workspaces; those that are gone are left out.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn owners_of(
        &self,
        workspaces: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError>;

    /// These people; those whose accounts are gone are left out.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn people(&self, users: &[UserId]) -> Result<Vec<PersonView>, StorageError>;

    /// What some people are in a workspace, found out all at once; none when it is gone.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn staff(
        &self,
        users: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<Option<Staff>, StorageError>;

    /// What somebody is called; none when the account is gone.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn name_of(&self, user: UserId) -> Result<Option<String>, StorageError>;
}

/// What some people are in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Whether the workspace is put away.
    pub is_archived: bool,
    /// Those who are something there.
    pub roles: Vec<(UserId, Role)>,
}

/// A project, as far as its documents are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectView {
    /// Which.
    pub id: ProjectId,
    /// What it is called in addresses.
    pub slug: String,
    /// Whether it is put away, and its documents with it.
    pub is_archived: bool,
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
