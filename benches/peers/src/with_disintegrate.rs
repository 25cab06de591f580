//! disintegrate: events that are found by their ids, and listeners that poll.

use std::{io, ops::Range, time::Duration};

use anyhow::anyhow;
use async_trait::async_trait;
use disintegrate::{
    Event, EventListener, EventStore as _, PersistedEvent, StreamQuery, query, serde::json::Json,
};
use disintegrate_postgres::{
    Migrator, PgEventId, PgEventListener, PgEventListenerConfig, PgEventStore,
};
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

/// Before version 16 PostgreSQL knows no hexadecimal numbers, and it writes one into its functions: they are written again with
/// the same number. Whatever else is not understood fails here.
const PLAIN_NUMBERS: &str = r"DO $$
    DECLARE
      written record;
    BEGIN
      PERFORM set_config('check_function_bodies', 'on', true);
      FOR written IN
        SELECT pg_get_functiondef(oid) AS definition FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prosrc ~ '0x[0-9A-Fa-f]'
      LOOP
        EXECUTE regexp_replace(written.definition, '0x[Ff]{8}\M', '4294967295', 'g');
      END LOOP;
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

type Events = PgEventStore<DomainEvent, Json<DomainEvent>>;

/// Its store, with or without a look whether what a decision was based on has changed.
pub(crate) struct Disintegrate {
    pool: PgPool,
    events: Events,
    checks: bool,
}

impl Disintegrate {
    /// The pool does not look at functions that are made.
    pub(crate) async fn on(pool: PgPool, checks: bool) -> anyhow::Result<Self> {
        let events = Events::try_new(pool.clone(), Json::default()).await?;
        let store = Self { pool, events, checks };
        store.write_plain_numbers().await?;
        Ok(store)
    }

    async fn write_plain_numbers(&self) -> anyhow::Result<()> {
        sqlx::raw_sql(PLAIN_NUMBERS).execute(&self.pool).await?;
        Ok(())
    }
}

#[async_trait]
impl Store for Disintegrate {
    fn name(&self) -> &'static str {
        if self.checks { "disintegrate, checked" } else { "disintegrate" }
    }

    async fn append(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        let document_id = fresh().to_string();
        let changed = |number| DomainEvent::TitleChanged {
            document_id: document_id.clone(),
            change: Change::new(number),
        };
        let events: Vec<DomainEvent> = numbers.map(changed).collect();
        if self.checks {
            let of_document = query!(DomainEvent; document_id == document_id);
            self.events.append(events, of_document, 0).await?;
        } else {
            self.events.append_without_validation(events).await?;
        }
        Ok(())
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Box<dyn Following>>> {
        if self.checks {
            // The same listener as without.
            return Ok(None);
        }
        // As the listener would itself, which could not write numbers otherwise.
        Migrator::new(self.events.clone()).init_listener().await?;
        self.write_plain_numbers().await?;
        let noting = Noting { query: query!(DomainEvent), seen };
        let config = PgEventListenerConfig::poller(POLL).with_notifier().fetch_size(BATCH);
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = PgEventListener::builder(self.events.clone())
            .uninitialized()
            .register_listener(noting, config);
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
