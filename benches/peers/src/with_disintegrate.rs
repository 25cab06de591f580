//! disintegrate: events that are found by their ids, and listeners that poll.

use std::{io, time::Duration};

use anyhow::anyhow;
use async_trait::async_trait;
use disintegrate::{
    Event, EventListener, EventStore as _, PersistedEvent, StreamQuery, query, serde::json::Json,
};
use disintegrate_postgres::{PgEventId, PgEventListener, PgEventListenerConfig, PgEventStore};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    event::{Change, fresh},
    store::{Following, Seen, Store},
};

/// How often a listener looks without being notified.
const POLL: Duration = Duration::from_millis(10);
/// How many events it takes at once.
const BATCH: usize = 1_000;

/// What it sets up itself from PostgreSQL 16 on, in the words of PostgreSQL 15, which knows no hexadecimal numbers.
const SCHEMA: &str = "
    CREATE SEQUENCE IF NOT EXISTS seq_event_event_id;
    CREATE TABLE IF NOT EXISTS event (
      event_id bigint PRIMARY KEY DEFAULT nextval('seq_event_event_id'), event_type varchar(255), payload bytea,
      inserted_at timestamp DEFAULT now());
    CREATE INDEX IF NOT EXISTS idx_events_type ON event (event_type);
    ALTER TABLE event ADD COLUMN IF NOT EXISTS document_id text;
    CREATE INDEX IF NOT EXISTS idx_event_document_id ON event (document_id) WHERE document_id IS NOT NULL;
    CREATE OR REPLACE FUNCTION event_store_begin_epoch() RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      last bigint;
      db int;
    BEGIN
      SELECT coalesce(max(event_id), 0) INTO last FROM event;
      SELECT oid INTO db FROM pg_database WHERE datname = current_database();
      PERFORM pg_try_advisory_xact_lock_shared(db, 0);
      PERFORM pg_try_advisory_xact_lock_shared(1, (last & 4294967295)::bit(32)::integer);
      PERFORM pg_try_advisory_xact_lock_shared(2, (last >> 32)::bit(32)::integer);
    END $$;
    CREATE OR REPLACE FUNCTION event_store_current_epoch() RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
      last bigint;
      pending bigint;
      db int;
    BEGIN
      SELECT coalesce(max(event_id), 0) INTO last FROM event;
      SELECT oid INTO db FROM pg_database WHERE datname = current_database();
      SELECT min((high.objid::bigint << 32) + low.objid::bigint) INTO pending
      FROM pg_locks AS ours
      JOIN pg_locks AS low ON low.pid = ours.pid
      JOIN pg_locks AS high ON high.pid = ours.pid
      WHERE ours.classid = db AND low.classid = 1 AND high.classid = 2 AND ours.locktype = 'advisory';
      RETURN coalesce(pending, last);
    END $$";

/// What happens to documents.
#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
pub(crate) enum DomainEvent {
    /// The title was changed.
    TitleChanged {
        /// Of which document.
        #[id]
        document_id: String,
        /// To what.
        change: Change,
    },
}

impl DomainEvent {
    fn new(number: u64) -> Self {
        Self::TitleChanged { document_id: fresh().to_string(), change: Change::new(number) }
    }
}

type Events = PgEventStore<DomainEvent, Json<DomainEvent>>;

/// Its store, with or without a look whether what a decision was based on has changed.
pub(crate) struct Disintegrate {
    events: Events,
    checks: bool,
}

impl Disintegrate {
    pub(crate) async fn on(pool: PgPool, checks: bool) -> anyhow::Result<Self> {
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
            .fetch_one(&pool)
            .await?;
        let events = if version < 160_000 {
            sqlx::raw_sql(SCHEMA).execute(&pool).await?;
            Events::new_uninitialized(pool, Json::default())
        } else {
            Events::try_new(pool, Json::default()).await?
        };
        Ok(Self { events, checks })
    }
}

#[async_trait]
impl Store for Disintegrate {
    fn name(&self) -> &'static str {
        if self.checks { "disintegrate, checked" } else { "disintegrate" }
    }

    async fn append(&self, number: u64) -> anyhow::Result<()> {
        let event = DomainEvent::new(number);
        if self.checks {
            let DomainEvent::TitleChanged { document_id, .. } = &event;
            let of_document = query!(DomainEvent; document_id == document_id.clone());
            self.events.append(vec![event], of_document, 0).await?;
        } else {
            self.events.append_without_validation(vec![event]).await?;
        }
        Ok(())
    }

    async fn fill(&self, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
        let events = numbers.map(DomainEvent::new).collect();
        self.events.append_without_validation(events).await?;
        Ok(())
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Box<dyn Following>>> {
        if self.checks {
            // The same listener as without.
            return Ok(None);
        }
        let noting = Noting { query: query!(DomainEvent), seen };
        let config = PgEventListenerConfig::poller(POLL).with_notifier().fetch_size(BATCH);
        let (stop, stopped) = oneshot::channel::<()>();
        let listener =
            PgEventListener::builder(self.events.clone()).register_listener(noting, config);
        let running = tokio::spawn(async move {
            let until = async move {
                // Whoever drops the other end wants it to stop, too.
                let _ = stopped.await;
            };
            let ended = listener.start_with_shutdown(until).await;
            ended.map_err(|error| anyhow!("the listener has ended: {error:?}"))
        });
        Ok(Some(Box::new(Running { stop, running })))
    }

    async fn replay(&self, _: Seen) -> anyhow::Result<bool> {
        Ok(false)
    }
}

/// Notes the number of every event.
struct Noting {
    query: StreamQuery<PgEventId, DomainEvent>,
    seen: Seen,
}

#[async_trait]
impl EventListener<PgEventId, DomainEvent> for Noting {
    type Error = io::Error;

    fn id(&self) -> &'static str {
        "noting"
    }

    fn query(&self) -> &StreamQuery<PgEventId, DomainEvent> {
        &self.query
    }

    async fn handle(&self, event: PersistedEvent<PgEventId, DomainEvent>) -> Result<(), io::Error> {
        let DomainEvent::TitleChanged { change, .. } = event.into_inner();
        self.seen.note(change.number);
        Ok(())
    }
}

struct Running {
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
}

#[async_trait]
impl Following for Running {
    async fn stop(self: Box<Self>) -> anyhow::Result<()> {
        let Self { stop, running } = *self;
        drop(stop);
        running.await?
    }
}
