//! Delivering the events of one aggregate again to one handler.
//!
//! They are set aside like deliveries that failed, each under its key, so the runtime delivers them in order and exactly
//! once, and what comes next of the same keys waits behind them. The epochs of the partitions concerned rise: their owner
//! has to look again at what is set aside before it delivers anything else. Deliveries of the aggregate that are set aside
//! already are part of the replay, so those among them that were given up are tried again.

use std::{collections::BTreeSet, sync::Arc};

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::types::Json;

use crate::{
    application::{
        event_store::{EventFilter, EventStore as _},
        transaction::Transaction as _,
    },
    domain::{
        core_events::OperatorAction, envelope::Envelope, error::StorageError, position::Position,
    },
    infrastructure::{
        archive::ranges,
        runtime::{
            buckets::bucket,
            erased::{self, AnyHandler},
            layout,
            operations::{Act, Operations, error::OperationError, operator::Operator},
        },
        tx::Tx,
    },
    sql,
};

/// An aggregate with more events is not replayed: all of them are set aside in one commit.
const MOST: usize = 10_000;
/// So many events are read at a time.
const PAGE: u32 = 500;

/// Which aggregate's events are delivered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// What kind of thing.
    pub aggregate_type: String,
    /// Which one.
    pub aggregate_id: String,
    /// Whether effects outside of the database are meant to happen again.
    pub with_effects: bool,
}

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Replayed {
    /// So many events are delivered again.
    pub events: u64,
}

/// An event that is to be delivered again, as the statement takes it.
#[derive(Debug, Serialize)]
struct Again {
    position: Position,
    key: String,
    bucket: u8,
}

impl Operations {
    /// Has a handler handle once more what it has handled of one aggregate.
    ///
    /// # Errors
    ///
    /// [`OperationError`]: there is no such handler, it has handled no event of the aggregate, or some of them are archived.
    pub async fn replay(
        &self,
        operator: &Operator,
        handler: &str,
        replay: &Replay,
    ) -> Result<Replayed, OperationError> {
        let Replay { aggregate_type, aggregate_id, with_effects } = replay;
        let wanted = self.wanted(self.repeatable(handler, *with_effects).await?, replay).await?;
        self.act(operator, async |tx| {
            layout::lock(tx).await?;
            let archived =
                ranges::gone_of(tx, (aggregate_type.as_str(), aggregate_id.as_str())).await?;
            OperationError::unless_archived(handler, archived)?;
            let past = fence_past(tx, handler, wanted).await?;
            if past.is_empty() {
                return Err(OperationError::NothingToReplay {
                    handler: handler.to_owned(),
                    aggregate_type: aggregate_type.clone(),
                    aggregate_id: aggregate_id.clone(),
                });
            }
            let events = set_aside(tx, handler, past).await?;
            let act = Act::on_handler(OperatorAction::Replay, handler)
                .noting(format!("{events} events of {aggregate_type} {aggregate_id}"));
            Ok((Replayed { events }, Some(act)))
        })
        .await
    }

    /// The events of the aggregate that the handler wants.
    async fn wanted(
        &self,
        handler: &Arc<dyn AnyHandler>,
        replay: &Replay,
    ) -> Result<Vec<Again>, OperationError> {
        let filter = EventFilter::Aggregate {
            aggregate_type: replay.aggregate_type.clone(),
            aggregate_id: replay.aggregate_id.clone(),
        };
        let is_wanted =
            |event: &Envelope| handler.subscriptions().iter().any(|to| to.matches(event));
        let (mut wanted, mut after) = (Vec::new(), Position::START);
        loop {
            let page = self.db.read(&filter, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(wanted) };
            after = last.position;
            wanted.extend(page.iter().filter(|event| is_wanted(event)).map(|event| {
                let key = erased::key(handler, event);
                Again { position: event.position, bucket: bucket(&key), key }
            }));
            if wanted.len() > MOST {
                return Err(OperationError::TooManyEvents { most: MOST });
            }
        }
    }
}

/// Those that the handler is past, with their partitions fenced; it comes to the others anyway.
async fn fence_past(
    tx: &mut Tx,
    handler: &str,
    wanted: Vec<Again>,
) -> Result<Vec<Again>, StorageError> {
    let partitions: Vec<(i64, i64, i64)> = tx
        .query(sql!(
            "SELECT first_bucket, last_bucket, position FROM event_partitions WHERE handler = $1"
        ))
        .bind(handler)
        .all()
        .await?;
    let (mut past, mut fenced) = (Vec::new(), BTreeSet::new());
    for again in wanted {
        let at = i64::from(again.bucket);
        let partition = partitions.iter().find(|(first, last, _)| (*first..=*last).contains(&at));
        if let Some((first, _, position)) = partition
            && again.position.number() <= *position
        {
            fenced.insert(*first);
            past.push(again);
        }
    }
    for first_bucket in fenced {
        tx.query(sql!(
            "UPDATE event_partitions SET epoch = epoch + 1 WHERE handler = $1 AND first_bucket = $2"
        ))
        .bind(handler)
        .bind(first_bucket)
        .exec()
        .await?;
    }
    Ok(past)
}

async fn set_aside(tx: &mut Tx, handler: &str, events: Vec<Again>) -> Result<u64, StorageError> {
    let now = tx.now();
    tx.query(sql!(
        sqlite: "INSERT INTO event_deliveries (handler, position, partition_key, bucket, event_id, event_type, attempts, is_dead,
                   parked_at, updated_at)
                 SELECT $1, l.seq, v.value->>'key', v.value->>'bucket', l.id, l.event_type, 0, FALSE, $3, $3
                 FROM json_each($2) v JOIN event_log l ON l.seq = v.value->>'position' WHERE TRUE
                 ON CONFLICT (handler, position) DO UPDATE SET is_dead = FALSE, attempts = 0, due_at = NULL, updated_at = excluded.updated_at",
        postgres: "INSERT INTO event_deliveries (handler, position, partition_key, bucket, event_id, event_type, attempts, is_dead,
                     parked_at, updated_at)
                   SELECT $1, l.seq, v.key, v.bucket, l.id, l.event_type, 0, FALSE, $3, $3
                   FROM jsonb_to_recordset($2) AS v (position bigint, key text, bucket bigint) JOIN event_log l ON l.seq = v.position
                   ON CONFLICT (handler, position) DO UPDATE SET is_dead = FALSE, attempts = 0, due_at = NULL, updated_at = excluded.updated_at"
    ))
    .bind(handler)
    .bind(Json(events))
    .bind(now)
    .exec()
    .await
}
