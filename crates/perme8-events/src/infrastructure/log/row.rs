//! A row of the log, and the envelope that it is.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    domain::{
        actor::Actor,
        audience::Audience,
        envelope::Envelope,
        error::StorageError,
        id::{Id, UserId},
        origin::Metadata,
        position::Position,
    },
    infrastructure::sealing::{self, Sealed, keys::Keys},
};

/// The columns of [`Row`], in a `SELECT`.
macro_rules! event_log_columns {
    ($($rest:literal),* $(,)?) => {
        concat!(
            "SELECT seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref, \
             on_behalf_of, workspace_id, audience, correlation_id, causation_id, data, metadata, occurred_at, sealed FROM event_log ",
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
    /// What identifies people in the data; none in those of before there was this column.
    sealed: Option<Json<Vec<Sealed>>>,
}

/// A row of the log that no version of this program can have written.
#[derive(Debug, thiserror::Error)]
#[error("the row at position {0} of the event log is damaged")]
struct Damaged(i64);

impl Row {
    /// The people of whom something is sealed in it.
    pub(crate) fn people(&self) -> impl Iterator<Item = UserId> {
        self.sealed.iter().flat_map(|Json(sealed)| sealed.iter().map(|one| one.user_id))
    }

    /// The envelope, with what these keys open.
    pub(crate) fn opened(self, keys: &Keys) -> Result<Envelope, StorageError> {
        let Self {
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
            sealed,
        } = self;
        let data = match sealed {
            Some(Json(sealed)) => sealing::open(Id::new(id), &data.0, &sealed, keys)?,
            None => data.0,
        };
        let actor = Actor::from_parts(&actor_kind, actor_id.map(Id::new), actor_ref);
        Ok(Envelope {
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
            data,
        })
    }
}

/// Versions count from 1.
fn version_of(stored: i32) -> Option<u16> {
    u16::try_from(stored).ok().filter(|version| *version > 0)
}

/// The people of whom something is sealed in these rows.
pub(crate) fn people(rows: &[Row]) -> BTreeSet<UserId> {
    rows.iter().flat_map(Row::people).collect()
}

pub(crate) fn envelopes(rows: Vec<Row>, keys: &Keys) -> Result<Vec<Envelope>, StorageError> {
    rows.into_iter().map(|row| row.opened(keys)).collect()
}
