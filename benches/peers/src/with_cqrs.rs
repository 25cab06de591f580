//! cqrs-es with postgres-es: a command loads its aggregate, and appends what it decides.

use std::convert::Infallible;

use async_trait::async_trait;
use cqrs_es::{
    Aggregate, DomainEvent, EventEnvelope, Query, event_sink::EventSink, persist::QueryReplay,
};
use postgres_es::{PostgresCqrs, PostgresEventRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::{
    event::{Change, fresh},
    store::{Following, Seen, Store},
};

/// The table that it asks for.
const TABLE: &str = "CREATE TABLE events (
      aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint NOT NULL CHECK (sequence >= 0),
      event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
      PRIMARY KEY (aggregate_type, aggregate_id, sequence))";
const FILL: &str =
    "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
    SELECT 'document', gen_random_uuid()::text, 1, 'TitleChanged', '1', data::json, '{}'
    FROM unnest($1::text[]) AS events (data)";

/// A document, which knows nothing but how often it was changed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Document {
    changes: u64,
}

/// The title was changed; also the command that says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TitleChanged {
    change: Change,
}

impl TitleChanged {
    fn new(number: u64) -> Self {
        Self { change: Change::new(number) }
    }
}

impl DomainEvent for TitleChanged {
    fn event_type(&self) -> String {
        "TitleChanged".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Document {
    const TYPE: &'static str = "document";
    type Command = TitleChanged;
    type Event = TitleChanged;
    type Error = Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        command: TitleChanged,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Infallible> {
        sink.write(command, self).await;
        Ok(())
    }

    fn apply(&mut self, _: TitleChanged) {
        self.changes += 1;
    }
}

/// Its framework.
pub(crate) struct Cqrs {
    pool: PgPool,
    framework: PostgresCqrs<Document>,
}

impl Cqrs {
    pub(crate) async fn on(pool: PgPool) -> anyhow::Result<Self> {
        sqlx::query(TABLE).execute(&pool).await?;
        let framework = postgres_cqrs::<Document>(pool.clone(), Vec::new(), ());
        Ok(Self { pool, framework })
    }
}

#[async_trait]
impl Store for Cqrs {
    fn name(&self) -> &'static str {
        "cqrs-es"
    }

    async fn append(&self, number: u64) -> anyhow::Result<()> {
        self.framework.execute(&fresh().to_string(), TitleChanged::new(number)).await?;
        Ok(())
    }

    async fn fill(&self, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
        let data = numbers.map(|number| serde_json::to_string(&TitleChanged::new(number)));
        let data: Vec<String> = data.collect::<serde_json::Result<_>>()?;
        sqlx::query(FILL).bind(data).execute(&self.pool).await?;
        Ok(())
    }

    async fn follow(&self, _: Seen) -> anyhow::Result<Option<Box<dyn Following>>> {
        Ok(None)
    }

    async fn replay(&self, seen: Seen) -> anyhow::Result<bool> {
        let events = PostgresEventRepository::new(self.pool.clone());
        QueryReplay::new(events, Noting { seen }).replay_all().await?;
        Ok(true)
    }
}

/// Notes the number of every event.
struct Noting {
    seen: Seen,
}

#[async_trait]
impl Query<Document> for Noting {
    async fn dispatch(&self, _: &str, events: &[EventEnvelope<Document>]) {
        for event in events {
            self.seen.note(event.payload.change.number);
        }
    }
}
