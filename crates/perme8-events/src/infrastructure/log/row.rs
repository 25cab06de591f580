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

/// The same columns of a file, for [`Query::packed`](crate::sql::Query::packed).
macro_rules! packed_event_log {
    ($rest:literal) => {
        concat!(
            "SELECT json_group_array(json_array(seq, hex(id), event_type, version, aggregate_type, aggregate_id, actor_kind, \
             nullif(hex(actor_id), ''), actor_ref, nullif(hex(on_behalf_of), ''), nullif(hex(workspace_id), ''), \
             json(audience), hex(correlation_id), nullif(hex(causation_id), ''), json(data), json(metadata), occurred_at, \
             json(sealed))) FROM (SELECT * FROM event_log ",
            $rest,
            ")"
        )
    };
}

pub(crate) use {event_log_columns, packed_event_log};

#[derive(serde::Deserialize, sqlx::FromRow)]
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(version: i32, actor_kind: &str) -> Row {
        Row {
            seq: 7,
            id: Uuid::from_u128(1),
            event_type: "people.met".to_owned(),
            version,
            aggregate_type: "encounter".to_owned(),
            aggregate_id: "1".to_owned(),
            actor_kind: actor_kind.to_owned(),
            actor_id: None,
            actor_ref: None,
            on_behalf_of: None,
            workspace_id: None,
            audience: Json(Audience::nobody()),
            correlation_id: Uuid::from_u128(2),
            causation_id: None,
            data: Json(RawValue::from_string(r#"{"name":{"$sealed":true}}"#.to_owned()).unwrap()),
            metadata: Json(Metadata::new()),
            occurred_at: DateTime::UNIX_EPOCH,
            sealed: None,
        }
    }

    #[test]
    fn a_row_is_an_event_unless_no_program_can_have_written_it() {
        for (version, actor, read) in [
            (1, "anonymous", Some(1)),
            (65_535, "anonymous", Some(u16::MAX)),
            (65_536, "anonymous", None),
            (0, "anonymous", None),
            (-1, "anonymous", None),
            (1, "user", None),
        ] {
            let opened = row(version, actor).opened(&Keys::default());
            assert_eq!(opened.ok().map(|event| event.version), read, "{version} of {actor}");
        }
    }

    #[test]
    fn what_is_sealed_in_a_page_is_asked_for_and_forgotten_without_its_key() {
        let user = UserId::new(Uuid::from_u128(3));
        let one = json!({ "at": "/name", "user_id": user, "generation": 1, "ciphertext": "" });
        let sealed: Vec<Sealed> = serde_json::from_value(json!([one])).unwrap();
        let rows =
            vec![Row { sealed: Some(Json(sealed)), ..row(1, "anonymous") }, row(1, "anonymous")];
        assert_eq!(people(&rows), BTreeSet::from([user]));
        let read = envelopes(rows, &Keys::default()).unwrap();
        let data: Vec<&str> = read.iter().map(|event| event.data.get()).collect();
        assert_eq!(data, [r#"{"name":{"$forgotten":true}}"#, r#"{"name":{"$sealed":true}}"#]);
    }
}
