//! cqrs-es with postgres-es: a command loads its aggregate, and appends what it decides.

use std::{convert::Infallible, ops::Range};

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

/// A document, which knows nothing but how often it was changed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Document {
    changes: u64,
}

/// Has the title changed once for each of these numbers.
#[derive(Debug)]
struct ChangeTitle {
    numbers: Range<u64>,
}

/// The title was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TitleChanged {
    change: Change,
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
    type Command = ChangeTitle;
    type Event = TitleChanged;
    type Error = Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        command: ChangeTitle,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Infallible> {
        for number in command.numbers {
            sink.write(TitleChanged { change: Change::new(number) }, self).await;
        }
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

    async fn append(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        self.framework.execute(&fresh().to_string(), ChangeTitle { numbers }).await?;
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
