//! A row of the log, and the envelope that it is.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{
    actor::Actor, audience::Audience, envelope::Envelope, error::StorageError, id::Id,
    origin::Metadata, position::Position,
};

/// The columns of [`Row`], in a `SELECT`.
macro_rules! event_log_columns {
    ($($rest:literal),* $(,)?) => {
        concat!(
            "SELECT seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref, \
             on_behalf_of, workspace_id, audience, correlation_id, causation_id, data, metadata, occurred_at FROM event_log ",
            $($rest),*
        )
    };
}

pub(crate) use event_log_columns;

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    id: Uuid,
    event_type: String,
    version: i32,
    aggregate_type: String,
    aggregate_id: String,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_ref: Option<String>,
    on_behalf_of: Option<Uuid>,
    workspace_id: Option<Uuid>,
    audience: Json<Audience>,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    data: Json<Box<RawValue>>,
    metadata: Json<Metadata>,
    occurred_at: DateTime<Utc>,
}

/// A row of the log that no version of this program can have written.
#[derive(Debug, thiserror::Error)]
#[error("the row at position {0} of the event log is damaged")]
struct Damaged(i64);

impl TryFrom<Row> for Envelope {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let Row {
            seq,
            id,
            event_type,
            version,
            aggregate_type,
            aggregate_id,
            actor_kind,
            actor_id,
            actor_ref,
            on_behalf_of,
            workspace_id,
            audience,
            correlation_id,
            causation_id,
            data,
            metadata,
            occurred_at,
        } = row;
        let actor = Actor::from_parts(&actor_kind, actor_id.map(Id::new), actor_ref);
        Ok(Self {
            position: Position::new(seq),
            event_id: Id::new(id),
            event_type,
            version: version_of(version).ok_or_else(|| StorageError::new(Damaged(seq)))?,
            aggregate_type,
            aggregate_id,
            actor: actor.ok_or_else(|| StorageError::new(Damaged(seq)))?,
            on_behalf_of: on_behalf_of.map(Id::new),
            workspace_id: workspace_id.map(Id::new),
            audience: audience.0,
            occurred_at,
            correlation_id: Id::new(correlation_id),
            causation_id: causation_id.map(Id::new),
            metadata: metadata.0,
            data: data.0,
        })
    }
}

/// Versions count from 1.
fn version_of(stored: i32) -> Option<u16> {
    u16::try_from(stored).ok().filter(|version| *version > 0)
}

pub(crate) fn envelopes(rows: Vec<Row>) -> Result<Vec<Envelope>, StorageError> {
    rows.into_iter().map(Envelope::try_from).collect()
}
