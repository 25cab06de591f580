//! Reading the log by what the events are about.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::{
    application::event_store::{EventFilter, EventStore},
    domain::{
        envelope::Envelope,
        error::StorageError,
        id::{EventId, UserId},
        position::Position,
    },
    infrastructure::{
        db::Db,
        log::{
            reader::{DRAWN, PAGE, PENDING},
            row::{self, Row, envelopes, event_log_columns},
        },
        sealing::{
            self, Sealed,
            keys::{KEYS, Keys},
        },
    },
    sql,
};

#[async_trait]
impl EventStore for Db {
    async fn head(&self) -> Result<Position, StorageError> {
        // As in the log reader: what has been drawn first, who is still open second.
        let drawn: i64 = self.query(DRAWN).scalar().await?;
        let pending: Option<i64> = self.query(PENDING).scalar().await?;
        Ok(Position::new(drawn.min(pending.unwrap_or(i64::MAX))))
    }

    async fn read(
        &self,
        filter: &EventFilter,
        after: Position,
        limit: u32,
    ) -> Result<Vec<Envelope>, StorageError> {
        let upto = self.head().await?.number();
        let (after, limit) = (after.number(), i64::from(limit));
        // A statement for each filter: `$1 IS NULL OR …` would cost the index.
        let query = match filter {
            EventFilter::All => return self.page(after, upto, limit).await,
            EventFilter::Type(event_type) => self
                .query(sql!(event_log_columns!(
                    "WHERE event_type = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"
                )))
                .bind(event_type.as_str()),
            EventFilter::Aggregate { aggregate_type, aggregate_id } => self
                .query(sql!(event_log_columns!(
                    "WHERE aggregate_type = $1 AND aggregate_id = $2 AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT $5"
                )))
                .bind(aggregate_type.as_str())
                .bind(aggregate_id.as_str()),
            EventFilter::Workspace(id) => self
                .query(sql!(event_log_columns!(
                    "WHERE workspace_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"
                )))
                .bind(*id),
            EventFilter::Correlation(id) => self
                .query(sql!(event_log_columns!(
                    "WHERE correlation_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"
                )))
                .bind(*id),
        };
        self.opened(query.bind(after).bind(upto).bind(limit).all().await?).await
    }

    async fn event(&self, id: EventId) -> Result<Option<Envelope>, StorageError> {
        let row: Option<Row> =
            self.query(sql!(event_log_columns!("WHERE id = $1"))).bind(id).opt().await?;
        self.opened_one(row).await
    }
}

impl Db {
    /// The last position drawn, settled or not. Unlike the settled head it never goes back: a writer may announce a mark
    /// below positions that were drawn, committed and read in the meantime.
    pub(crate) async fn drawn(&self) -> Result<Position, StorageError> {
        self.query(DRAWN).scalar().await.map(Position::new)
    }

    /// A page of the settled part of the log.
    pub(crate) async fn page(
        &self,
        after: i64,
        upto: i64,
        limit: i64,
    ) -> Result<Vec<Envelope>, StorageError> {
        self.opened(self.query(PAGE).bind(after).bind(upto).bind(limit).packed().await?).await
    }

    /// The events at some positions, in order; those that are no longer in the log are left out.
    pub(crate) async fn events_at(&self, positions: &[i64]) -> Result<Vec<Envelope>, StorageError> {
        // The bounds say which partitions of the log are looked at: a list does not.
        let query = self.query(sql!(
            sqlite: event_log_columns!(
                "WHERE seq IN (SELECT value FROM json_each($1)) AND seq BETWEEN $2 AND $3 ORDER BY seq"
            ),
            postgres: event_log_columns!(
                "WHERE seq = ANY(ARRAY(SELECT v::bigint FROM jsonb_array_elements_text($1) v)) AND seq BETWEEN $2 AND $3
                 ORDER BY seq"
            )
        ));
        let (first, last) = (positions.iter().min(), positions.iter().max());
        let query = query.bind(Json(positions)).bind(first.copied()).bind(last.copied());
        self.opened(query.all().await?).await
    }

    /// The event at a position.
    pub(crate) async fn event_at(
        &self,
        position: Position,
    ) -> Result<Option<Envelope>, StorageError> {
        let row: Option<Row> = self
            .query(sql!(event_log_columns!("WHERE seq = $1")))
            .bind(position.number())
            .opt()
            .await?;
        self.opened_one(row).await
    }

    /// The events of these rows, with what is sealed in them opened.
    async fn opened(&self, rows: Vec<Row>) -> Result<Vec<Envelope>, StorageError> {
        let keys = self.keys_of(row::people(&rows)).await?;
        envelopes(rows, &keys)
    }

    async fn opened_one(&self, row: Option<Row>) -> Result<Option<Envelope>, StorageError> {
        let Some(row) = row else { return Ok(None) };
        let keys = self.keys_of(row.people().collect()).await?;
        row.opened(&keys).map(Some)
    }

    /// The data of an event that stand elsewhere than in the log, with what is sealed in them opened.
    pub(crate) async fn opened_data(
        &self,
        id: EventId,
        data: Box<RawValue>,
        sealed: Option<&[Sealed]>,
    ) -> Result<Box<RawValue>, StorageError> {
        let Some(sealed) = sealed else { return Ok(data) };
        let keys = self.keys_of(sealed.iter().map(|one| one.user_id).collect()).await?;
        sealing::open(id, &data, sealed, &keys)
    }

    /// The keys of these people, as they are now.
    async fn keys_of(&self, people: BTreeSet<UserId>) -> Result<Keys, StorageError> {
        if people.is_empty() {
            return Ok(Keys::default());
        }
        let found = self.query(KEYS).bind(Json(people)).all().await?;
        Keys::read(found, &self.master_keys)
    }
}
