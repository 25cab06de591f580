//! The log as files have it: whole rows, an event a line.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    domain::{error::StorageError, position::Position},
    infrastructure::{db::Db, sql::Stmt, tx::Tx},
    sql,
};

/// So many rows are read, or put back, at a time.
pub(super) const PAGE: i64 = 1000;

/// The rows behind a position up to another one.
static ROWS: &Stmt = sql!(
    "SELECT seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref, on_behalf_of,
       workspace_id, audience, correlation_id, causation_id, data, sealed, metadata, occurred_at, inserted_at
     FROM event_log WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3"
);

/// No append: the position is one that was read, so no reader waits for it.
static PUT_BACK: &Stmt = sql!(
    "INSERT INTO event_log (id, seq, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref,
       on_behalf_of, workspace_id, audience, correlation_id, causation_id, data, sealed, metadata, occurred_at, inserted_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
);

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
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
    audience: Json<Box<RawValue>>,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    data: Json<Box<RawValue>>,
    sealed: Option<Json<Box<RawValue>>>,
    metadata: Json<Box<RawValue>>,
    occurred_at: DateTime<Utc>,
    inserted_at: DateTime<Utc>,
}

/// A row of the log as a line of a file, with every column that it has. Nothing in it is understood, so an event of any program
/// goes there and back; nor is it opened, so what is sealed in the log is sealed in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) position: i64,
    pub(super) event_id: Uuid,
    event_type: String,
    version: i32,
    aggregate_type: String,
    aggregate_id: String,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_ref: Option<String>,
    on_behalf_of: Option<Uuid>,
    workspace_id: Option<Uuid>,
    audience: Box<RawValue>,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    data: Box<RawValue>,
    sealed: Option<Box<RawValue>>,
    metadata: Box<RawValue>,
    pub(super) occurred_at: DateTime<Utc>,
    inserted_at: DateTime<Utc>,
}

impl TryFrom<Row> for Line {
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
            sealed,
            metadata,
            occurred_at,
            inserted_at,
        } = row;
        Ok(Self {
            position: seq,
            event_id: id,
            event_type,
            version,
            aggregate_type,
            aggregate_id,
            actor_kind,
            actor_id,
            actor_ref,
            on_behalf_of,
            workspace_id,
            audience: one_line(audience.0)?,
            correlation_id,
            causation_id,
            data: one_line(data.0)?,
            sealed: sealed.map(|sealed| one_line(sealed.0)).transpose()?,
            metadata: one_line(metadata.0)?,
            occurred_at,
            inserted_at,
        })
    }
}

/// The same JSON without line breaks, which may stand between its parts and nowhere else.
fn one_line(json: Box<RawValue>) -> Result<Box<RawValue>, StorageError> {
    if json.get().contains(['\n', '\r']) {
        return Ok(RawValue::from_string(json.get().replace(['\n', '\r'], " "))?);
    }
    Ok(json)
}

impl Line {
    /// The line, without its end.
    pub(super) fn text(&self) -> Result<String, StorageError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Whether both are the same event at the same place. JSON is compared by what it says: PostgreSQL does not keep its bytes.
    pub(super) fn says_what(&self, other: &Self) -> bool {
        let values = (serde_json::to_value(self), serde_json::to_value(other));
        matches!(values, (Ok(one), Ok(other)) if one == other)
    }

    /// Puts the event back where it was.
    pub(super) async fn put_back(self, tx: &mut Tx) -> Result<(), StorageError> {
        let Self {
            position,
            event_id,
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
            sealed,
            metadata,
            occurred_at,
            inserted_at,
        } = self;
        tx.query(PUT_BACK)
            .bind(event_id)
            .bind(position)
            .bind(event_type)
            .bind(version)
            .bind(aggregate_type)
            .bind(aggregate_id)
            .bind(actor_kind)
            .bind(actor_id)
            .bind(actor_ref)
            .bind(on_behalf_of)
            .bind(workspace_id)
            .bind(Json(audience))
            .bind(correlation_id)
            .bind(causation_id)
            .bind(Json(data))
            .bind(sealed.map(Json))
            .bind(Json(metadata))
            .bind(occurred_at)
            .bind(inserted_at)
            .exec()
            .await?;
        Ok(())
    }
}

/// At most `limit` rows behind `after`, up to `upto`.
pub(super) async fn page(
    db: &Db,
    (after, upto): (i64, i64),
    limit: i64,
) -> Result<Vec<Line>, StorageError> {
    let rows: Vec<Row> = db.query(ROWS).bind(after).bind(upto).bind(limit).all().await?;
    rows.into_iter().map(Line::try_from).collect()
}

/// The first position behind `after`, up to `upto`, at which there is an event.
pub(super) async fn next(db: &Db, (after, upto): (i64, i64)) -> Result<Option<i64>, StorageError> {
    let next: Option<(i64,)> = db
        .query(sql!("SELECT seq FROM event_log WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT 1"))
        .bind(after)
        .bind(upto)
        .opt()
        .await?;
    Ok(next.map(|(seq,)| seq))
}

/// The last position up to `head` at which there is an event.
pub(super) async fn last(db: &Db, head: Position) -> Result<Option<Position>, StorageError> {
    let last: Option<(i64,)> = db
        .query(sql!("SELECT seq FROM event_log WHERE seq <= $1 ORDER BY seq DESC LIMIT 1"))
        .bind(head.number())
        .opt()
        .await?;
    Ok(last.map(|(seq,)| Position::new(seq)))
}

/// Where in the log these events stand, by position.
pub(super) async fn places(db: &Db, events: &[Uuid]) -> Result<Vec<(i64, Uuid)>, StorageError> {
    db.query(sql!(
        sqlite: "SELECT seq, id FROM event_log WHERE id IN (SELECT unhex(value, '-') FROM json_each($1)) ORDER BY seq",
        postgres: "SELECT seq, id FROM event_log
                   WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value) ORDER BY seq"
    ))
    .bind(Json(events))
    .all()
    .await
}

/// Removes at most [`PAGE`] rows of a range, as long as it is one that goes; how many.
///
/// A statement that a process sent before it died may come late, when the range is being put back, or has been: then it removes
/// nothing. Whoever puts the range back waits for one that is under way.
pub(super) async fn remove_some(db: &Db, (first, last): (i64, i64)) -> Result<u64, StorageError> {
    db.change(sql!(
        sqlite: "DELETE FROM event_log WHERE seq IN
                   (SELECT seq FROM event_log WHERE seq >= $1 AND seq <= $2 ORDER BY seq LIMIT $3)
                   AND EXISTS (SELECT 1 FROM event_archives WHERE first_position = $1 AND state = 'removing')",
        postgres: "DELETE FROM event_log WHERE seq IN
                     (SELECT seq FROM event_log WHERE seq >= $1 AND seq <= $2 ORDER BY seq LIMIT $3)
                     AND EXISTS (SELECT 1 FROM event_archives WHERE first_position = $1 AND state = 'removing' FOR SHARE)"
    ))
    .bind(first)
    .bind(last)
    .bind(PAGE)
    .exec()
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_between_the_parts_of_json_go_and_those_in_texts_stay() {
        let json = "{\n  \"a\":\r\n \"x\\ny\"\n}";
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        let line = one_line(raw).unwrap();
        assert!(!line.get().contains('\n'));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(line.get()), value(json));
    }
}
