//! Pages of the trail, cut where they are stored, so that each is full and the next begins where it ends.

use agents::AgentDeleted;
use api::{AuditAggregate, AuditFilter, Timestamp};
use chrono::{DateTime, TimeDelta, Utc};
use documents::{DocumentDeleted, DocumentRestored, DocumentTrashed};
use perme8_events::{
    Audience, CorrelationId, DomainEvent as _, EventId, Position, StorageError, UserId,
    WorkspaceId, sql, sql::ReadModel,
};
use sqlx::types::Json;

use crate::audit_log::shelf::Shelf;

/// An entry as it is stored.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) position: i64,
    pub(crate) event_id: EventId,
    pub(crate) event_type: String,
    pub(crate) aggregate_type: String,
    pub(crate) aggregate_id: String,
    pub(crate) summary: String,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<UserId>,
    pub(crate) actor_ref: Option<String>,
    pub(crate) on_behalf_of: Option<UserId>,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) audience: Json<Audience>,
    pub(crate) correlation_id: CorrelationId,
    pub(crate) causation_id: Option<EventId>,
    pub(crate) request_id: Option<String>,
    pub(crate) occurred_at: DateTime<Utc>,
}

/// The columns of [`Row`], in a `SELECT`.
macro_rules! select_entries {
    ($($rest:literal),* $(,)?) => {
        concat!(
            "SELECT e.position, e.event_id, e.event_type, e.aggregate_type, e.aggregate_id, e.summary, e.actor_kind, \
               e.actor_id, e.actor_ref, e.on_behalf_of, e.workspace_id, e.audience, e.correlation_id, e.causation_id, \
               e.request_id, e.occurred_at FROM ",
            $($rest),*
        )
    };
}

/// What lies in the generation $1 on the shelves $2, $3 and $4 before the place $5 and behind the place $7, the last $6 of
/// each put together.
/// What lies on two of them comes once.
macro_rules! on_shelves {
    ($which:literal, $between:literal, $order:literal) => {
        select_entries!(
            "(SELECT position FROM (SELECT position FROM perme8_audit_shelves WHERE generation = $1 AND shelf = $2 AND ",
            $which,
            $between,
            " AND (occurred_at >= $8 OR $8 IS NULL) AND (occurred_at < $9 OR $9 IS NULL) \
               AND (aggregate_type = $12 OR $12 IS NULL) ",
            $order,
            " LIMIT $6) AS one \
             UNION \
             SELECT position FROM (SELECT position FROM perme8_audit_shelves WHERE generation = $1 AND shelf = $3 AND ",
            $which,
            $between,
            " AND (occurred_at >= $8 OR $8 IS NULL) AND (occurred_at < $9 OR $9 IS NULL) \
               AND (aggregate_type = $12 OR $12 IS NULL) ",
            $order,
            " LIMIT $6) AS two \
             UNION \
             SELECT position FROM (SELECT position FROM perme8_audit_shelves WHERE generation = $1 AND shelf = $4 AND ",
            $which,
            $between,
            " AND (occurred_at >= $8 OR $8 IS NULL) AND (occurred_at < $9 OR $9 IS NULL) \
               AND (aggregate_type = $12 OR $12 IS NULL) ",
            $order,
            " LIMIT $6) AS three) AS seen \
             JOIN perme8_audit_entries e ON e.generation = $1 AND e.position = seen.position ORDER BY e.position DESC LIMIT $6",
        )
    };
}

/// The same, walked in the order of positions.
macro_rules! along_shelves {
    ($which:literal) => {
        on_shelves!($which, " AND position < $5 AND position > $7", "ORDER BY position DESC")
    };
}

/// The same, looked up in an index that begins with what is wanted and ends with the place from the end.
macro_rules! looked_up_on_shelves {
    ($which:literal) => {
        on_shelves!(
            $which,
            " AND -position > -CAST($5 AS bigint) AND -position < -CAST($7 AS bigint)",
            "ORDER BY -position"
        )
    };
}

/// What is about one thing, as far as it lies on one of the shelves $2, $3 and $4.
macro_rules! about_one {
    ($which:literal) => {
        select_entries!(
            "perme8_audit_entries e WHERE e.generation = $1 AND ",
            $which,
            " AND e.position < $5 AND e.position > $7 \
               AND (e.occurred_at >= $8 OR $8 IS NULL) AND (e.occurred_at < $9 OR $9 IS NULL) \
               AND (e.event_type = $10 OR $10 IS NULL) \
               AND EXISTS (SELECT 1 FROM perme8_audit_shelves s WHERE s.generation = $1 AND s.position = e.position \
                 AND s.shelf IN ($2, $3, $4) AND (s.actor = $11 OR $11 IS NULL)) \
             ORDER BY e.position DESC LIMIT $6",
        )
    };
}

/// An event is in the log at most so long after it happened, whatever its transaction waited for, and whatever the clocks of
/// two nodes differ by.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// Between which places lies what happened in this time: a page that is asked for by time begins near it, and ends there.
async fn places(trail: &ReadModel<'_>, filter: &AuditFilter) -> Result<(i64, i64), StorageError> {
    let (mut behind, mut before) = (0, i64::MAX);
    if let Some(from) = &filter.from {
        let earlier: Option<(i64,)> = trail
            .query(sql!(
                "SELECT position FROM perme8_audit_entries WHERE generation = $1 AND occurred_at < $2
                 ORDER BY occurred_at DESC LIMIT 1"
            ))
            .bind(from.get() - SLACK)
            .opt()
            .await?;
        behind = earlier.map_or(behind, |(position,)| position);
    }
    if let Some(to) = &filter.to {
        let later: Option<(i64,)> = trail
            .query(sql!(
                "SELECT position FROM perme8_audit_entries WHERE generation = $1 AND occurred_at >= $2
                 ORDER BY occurred_at LIMIT 1"
            ))
            .bind(to.get() + SLACK)
            .opt()
            .await?;
        before = later.map_or(before, |(position,)| position);
    }
    Ok((behind, before))
}

/// At most `limit` entries on these shelves that fit the filter, behind `after` in the list, newest first.
pub(crate) async fn read(
    trail: &ReadModel<'_>,
    shelves: &[Shelf],
    filter: &AuditFilter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Row>, StorageError> {
    let AuditFilter { event_type, aggregate, actor, correlation, from, to } = filter;
    let (aggregate_type, aggregate_id) = match aggregate {
        Some(AuditAggregate { aggregate_type, aggregate_id }) => {
            (Some(aggregate_type.get().as_str()), aggregate_id.as_ref().map(|id| id.get().as_str()))
        }
        None => (None, None),
    };
    let (behind, before) = places(trail, filter).await?;
    // A statement for each filter that an index answers, the most telling first: one that fits all could use none.
    let query = match (correlation, aggregate_id, actor, event_type) {
        (Some(_), ..) => trail.query(sql!(about_one!(
            "e.correlation_id = $14 AND (e.aggregate_type = $12 OR $12 IS NULL) AND (e.aggregate_id = $13 OR $13 IS NULL)"
        ))),
        (None, Some(_), ..) => {
            trail.query(sql!(about_one!("e.aggregate_type = $12 AND e.aggregate_id = $13")))
        }
        (None, None, Some(_), _) => trail.query(sql!(looked_up_on_shelves!(
            "actor = $11 AND (event_type = $10 OR $10 IS NULL)"
        ))),
        (None, None, None, Some(_)) => trail.query(sql!(looked_up_on_shelves!(
            "event_type = $10 AND (actor = $11 OR $11 IS NULL)"
        ))),
        (None, None, None, None) => trail.query(sql!(along_shelves!(
            "(event_type = $10 OR $10 IS NULL) AND (actor = $11 OR $11 IS NULL)"
        ))),
    };
    let shelf = |number: usize| shelves.get(number).map(ToString::to_string);
    let query = query
        .bind(shelf(0))
        .bind(shelf(1))
        .bind(shelf(2))
        .bind(after.map_or(before, |after| after.number().min(before)))
        .bind(limit)
        .bind(behind)
        .bind(from.map(Timestamp::get))
        .bind(to.map(Timestamp::get))
        .bind(event_type.as_ref().map(|event_type| event_type.get().as_str()))
        .bind(actor.as_ref().map(|actor| actor.get().as_str()))
        .bind(aggregate_type);
    let query = match (correlation, aggregate_id) {
        (Some(correlation), id) => query.bind(id).bind(*correlation),
        (None, Some(id)) => query.bind(id),
        (None, None) => query,
    };
    query.all().await
}

/// How documents came into the trash, out of it and to their end, and agents to theirs, in order: which, what happened, and who
/// could see it.
pub(crate) async fn ends(
    trail: &ReadModel<'_>,
    things: &[String],
) -> Result<Vec<(String, String, Json<Audience>)>, StorageError> {
    let query = trail.query(sql!(
        sqlite: "SELECT aggregate_id, event_type, audience FROM perme8_audit_entries
                 WHERE generation = $1 AND aggregate_type IN ('document', 'agent')
                   AND aggregate_id IN (SELECT value FROM json_each($2)) AND event_type IN ($3, $4, $5, $6)
                 ORDER BY position",
        postgres: "SELECT aggregate_id, event_type, audience FROM perme8_audit_entries
                   WHERE generation = $1 AND aggregate_type IN ('document', 'agent')
                     AND aggregate_id IN (SELECT value FROM jsonb_array_elements_text($2::jsonb) AS value)
                     AND event_type IN ($3, $4, $5, $6)
                   ORDER BY position"
    ));
    let query = query.bind(Json(things)).bind(DocumentTrashed::TYPE).bind(DocumentRestored::TYPE);
    query.bind(DocumentDeleted::TYPE).bind(AgentDeleted::TYPE).all().await
}
