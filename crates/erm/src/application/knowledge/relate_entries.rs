//! Saying how one entry relates to another, and that it no longer does.

use chrono::{DateTime, Utc};
use identity::WorkspaceRef;
use perme8_events::StorageError;

use super::{
    ports::Relations,
    writing::{WriteEntryError, entries_among, has_types},
};
use crate::{
    application::{
        acting::{Acting, from_not_acting},
        edges::{create_edge::CreateEdge, delete_edge::DeleteEdge},
        ports::items::Graphs,
        writing::{WriteError, live_edge},
    },
    domain::{
        claims::End,
        knowledge::relation::{RelationType, UnknownRelationType},
        policy::Action,
        properties::{Properties, PropertyError},
        quota::{Counted, Quota},
        references::{EdgeId, EntityId},
    },
};

/// Says how one entry relates to another; what is said already is not said twice.
///
/// Emits [`EdgeCreated`](crate::EdgeCreated): a relation is an edge.
#[derive(Debug, Clone)]
pub struct RelateEntries {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which entry relates.
    pub from: EntityId,
    /// To which other.
    pub to: EntityId,
    /// The word for its [`RelationType`].
    pub relation_type: String,
}

/// Says that one entry no longer relates to another.
///
/// Emits [`EdgeDeleted`](crate::EdgeDeleted).
#[derive(Debug, Clone)]
pub struct UnrelateEntries {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which relation.
    pub id: EdgeId,
}

/// A relation from one entry to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Which.
    pub id: EdgeId,
    /// Of what type.
    pub relation_type: RelationType,
    /// From this entry.
    pub from: EntityId,
    /// To this one.
    pub to: EntityId,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
}

/// Why relations stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum RelateError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or a guest.
    #[error("guests relate no entries")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// There is no such type of relations.
    #[error(transparent)]
    RelationType(#[from] UnknownRelationType),
    /// An entry does not relate to itself.
    #[error("an entry does not relate to itself")]
    SelfReference,
    /// There is no entry that relates.
    #[error("there is no entry to relate")]
    FromNotFound,
    /// There is no entry to which it relates.
    #[error("there is no entry to relate to")]
    ToNotFound,
    /// There is no such relation; an edge of another type is none.
    #[error("there is no such relation")]
    RelationNotFound,
    /// The schema of the workspace has rules of its own for such relations, and there cannot be this one.
    #[error("the workspace has other rules for such relations")]
    NotConforming(Vec<PropertyError>),
    /// The schema of the workspace lacks the types of relations: somebody has just taken them out.
    #[error("the schema of the workspace lacks the types of relations")]
    TypesMissing,
    /// The schema of the workspace has no room for the types of relations.
    #[error("the schema of the workspace has no room for the types of relations")]
    SchemaFull,
    /// Of the types of entries, which are added together with those of relations, so many values would be of another type that
    /// others would wait too long until they are found as that.
    #[error("more than {limit} values would be of another type with the types of entries")]
    TooManyValues {
        /// How many there may be.
        limit: u64,
    },
    /// The workspace is full.
    #[error("the workspace has no room for more than {limit} {of}")]
    QuotaExceeded {
        /// What there are too many of.
        of: Counted,
        /// How many there may be.
        limit: u64,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting!(RelateError);

impl From<WriteError> for RelateError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::WorkspaceNotFound => Self::WorkspaceNotFound,
            WriteError::Forbidden => Self::Forbidden,
            WriteError::WorkspaceArchived => Self::WorkspaceArchived,
            WriteError::NoSchema | WriteError::InvalidType(_) | WriteError::UnknownType { .. } => {
                Self::TypesMissing
            }
            WriteError::NotFound => Self::RelationNotFound,
            WriteError::Invalid(errors) => Self::NotConforming(errors),
            WriteError::EndMissing(End::Source) => Self::FromNotFound,
            WriteError::EndMissing(End::Target) => Self::ToNotFound,
            WriteError::Endpoint { end, message } => {
                Self::NotConforming(vec![PropertyError::new(end.field(), "endpoint", message)])
            }
            WriteError::QuotaExceeded { of, limit } => Self::QuotaExceeded { of, limit },
            // Nothing was seen, and relations have no keys.
            WriteError::OtherVersion | WriteError::KeyTaken => {
                Self::Storage(StorageError::conflict())
            }
            WriteError::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<WriteEntryError> for RelateError {
    fn from(error: WriteEntryError) -> Self {
        match error {
            WriteEntryError::WorkspaceNotFound => Self::WorkspaceNotFound,
            WriteEntryError::Forbidden => Self::Forbidden,
            WriteEntryError::WorkspaceArchived => Self::WorkspaceArchived,
            WriteEntryError::TypesMissing => Self::TypesMissing,
            WriteEntryError::SchemaFull => Self::SchemaFull,
            WriteEntryError::TooManyValues { limit } => Self::TooManyValues { limit },
            WriteEntryError::NotConforming(errors) => Self::NotConforming(errors),
            WriteEntryError::QuotaExceeded { of, limit } => Self::QuotaExceeded { of, limit },
            // Whoever adds types writes no entry.
            WriteEntryError::EntryNotFound
            | WriteEntryError::OtherVersion
            | WriteEntryError::Invalid(_) => Self::Storage(StorageError::conflict()),
            WriteEntryError::Storage(error) => Self::Storage(error),
        }
    }
}

impl RelateEntries {
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Graphs + Relations),
        acting: &Acting,
        quota: Quota,
    ) -> Result<Relation, RelateError> {
        let Self { workspace, from, to, relation_type } = self;
        let (from, to) = (*from, *to);
        acting.may(Action::Write)?;
        if from == to {
            return Err(RelateError::SelfReference);
        }
        let relation_type: RelationType = relation_type.parse()?;
        acting.enter(tx, Action::Write).await?;
        let workspace_id = acting.workspace_id();
        let entries = entries_among(tx, workspace_id, &[from, to]).await?;
        if !entries.contains(&from) {
            return Err(RelateError::FromNotFound);
        }
        if !entries.contains(&to) {
            return Err(RelateError::ToNotFound);
        }
        let there = tx.relation_between(workspace_id, from, relation_type, to).await?;
        let (id, created_at) = match there {
            Some(there) => there,
            None if !has_types(tx, acting).await? => return Err(RelateError::TypesMissing),
            None => {
                let create = CreateEdge {
                    workspace: workspace.clone(),
                    edge_type: relation_type.as_str().to_owned(),
                    source_id: from,
                    target_id: to,
                    properties: Properties::new(),
                };
                let created = create.execute(tx, acting, quota).await?;
                (created.id, created.created_at)
            }
        };
        Ok(Relation { id, relation_type, from, to, created_at })
    }
}

impl UnrelateEntries {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<(), RelateError> {
        let Self { workspace, id } = self;
        acting.enter(tx, Action::Write).await?;
        let edge = live_edge(tx, acting.workspace_id(), *id).await?;
        let is_relation = edge.edge_type.as_str().parse::<RelationType>().is_ok();
        let ends = [edge.source_id, edge.target_id];
        let entries = entries_among(tx, acting.workspace_id(), &ends).await?;
        if !is_relation || ends.iter().any(|end| !entries.contains(end)) {
            return Err(RelateError::RelationNotFound);
        }
        let delete = DeleteEdge { workspace: workspace.clone(), id: *id, seen: None };
        delete.execute(tx, acting).await?;
        Ok(())
    }
}
