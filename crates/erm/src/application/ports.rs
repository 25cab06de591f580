//! What use cases and handlers ask of the storage and of identity.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use documents::DocumentId;
use identity::{Role, WorkspaceRef};
use perme8_events::{Load, StorageError, Transaction, UserId, WorkspaceId};
use uuid::Uuid;

use crate::domain::schema::{
    Schema, SchemaDefinition,
    comparison::{EdgeFacts, EntityFacts},
};

pub(crate) mod items;

/// Which workspaces are gone, and whose turn it is in one that is not.
pub(crate) trait Workspaces: Transaction {
    /// Waits until nobody else writes in the graph of this workspace, and keeps everybody out until this transaction ends;
    /// whether the workspace is still there.
    ///
    /// So what is read afterwards stays true: quotas, unique properties, the ends of edges, the schema.
    fn enter(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Whether the workspace is still there, without waiting for anybody or keeping anybody out.
    fn is_there(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Says that the workspace is gone, for good.
    fn remember_gone(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// Which writing of a schema it is. The version alone does not say: one that was undone had it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edition {
    pub(crate) version: i64,
    pub(crate) written_at: DateTime<Utc>,
}

impl Edition {
    /// That of this schema.
    pub(crate) fn of(schema: &Schema) -> Self {
        Self { version: schema.version, written_at: schema.updated_at }
    }
}

/// Questions about schemas.
pub(crate) trait Schemas: Load<Schema> {
    /// Which one is in force in a workspace, without what it says.
    fn edition_of(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<Option<Edition>, StorageError>> + Send;

    /// That of a workspace.
    fn schema_of(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<Option<Schema>, StorageError>> + Send;
}

/// The place of an entity or an edge among those of its workspace, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StockPlace {
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) id: Uuid,
}

/// What is there in a workspace, outside of any transaction.
pub(crate) trait Stock: Sync {
    /// The schema in force.
    fn definition(
        &self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<Option<SchemaDefinition>, StorageError>> + Send;

    /// The first so many entities behind a place, without those that are deleted.
    fn entities(
        &self,
        workspace: WorkspaceId,
        after: Option<StockPlace>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(StockPlace, EntityFacts)>, StorageError>> + Send;

    /// The same for edges.
    fn edges(
        &self,
        workspace: WorkspaceId,
        after: Option<StockPlace>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(StockPlace, EdgeFacts)>, StorageError>> + Send;
}

/// What somebody is in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which workspace.
    pub workspace_id: WorkspaceId,
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
}

/// A document, as its context knows it at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentView {
    /// Which.
    pub id: DocumentId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it is called.
    pub title: String,
    /// What it is called in addresses.
    pub slug: String,
    /// Whether every member of the workspace sees it, or its owner alone.
    pub is_public: bool,
}

impl DocumentView {
    /// Whether this member of its workspace sees it.
    pub(crate) fn is_seen_by(&self, member: UserId) -> bool {
        self.is_public || self.owner_id == member
    }
}

/// Tells what the things of workspaces are called, which no event tells to everybody.
#[async_trait]
pub trait Things: fmt::Debug + Send + Sync {
    /// These documents; those that do not exist or are in the trash are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn documents(&self, ids: &[DocumentId]) -> Result<Vec<DocumentView>, StorageError>;

    /// First and last names of these people; those who do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn names(&self, people: &[UserId]) -> Result<HashMap<UserId, String>, StorageError>;
}
