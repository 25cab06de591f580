//! The event core of perme8.

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use perme8_events::{
    DomainEvent, Envelope, EventHandler, HandlerError, HandlerOptions, Id, Origin, StorageError,
    Subscriber, Subscription, Transaction as _, UserId,
    host::{Feed, Runtime, Tasks},
    sql::{Db, DbOptions, MIGRATIONS, Tx, UnitOfWork},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    event::{Change, fresh},
    store::{Following, Seen, Store},
};

/// So many events share a transaction.
const BATCH: usize = 1_000;
const USER: UserId = Id::new(Uuid::from_u128(1));

/// Emitted when the title of a document was changed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "peers.title_changed", aggregate = "document", audience(user = "user_id"))]
struct TitleChanged {
    #[event(aggregate_id)]
    document_id: Uuid,
    user_id: UserId,
    change: Change,
}

impl TitleChanged {
    fn new(document_id: Uuid, number: u64) -> Self {
        Self { document_id, user_id: USER, change: Change::new(number) }
    }
}

/// The log of perme8 on PostgreSQL.
#[derive(Debug)]
pub(crate) struct House {
    db: Db,
    uow: UnitOfWork,
}

impl House {
    pub(crate) async fn on(url: &str, connections: u32) -> anyhow::Result<Self> {
        let options = DbOptions { connections, ..DbOptions::default() };
        let db = Db::open(&url.parse()?, options).await?;
        db.migrate(&[&MIGRATIONS], |_| ()).await?;
        Ok(Self { uow: UnitOfWork::new(db.clone()), db })
    }

    async fn emit(&self, numbers: Range<u64>) -> Result<(), StorageError> {
        self.uow
            .run(Origin::user(USER), async move |tx| {
                let document = fresh();
                for number in numbers {
                    tx.emit(TitleChanged::new(document, number));
                }
                Ok(())
            })
            .await
    }

    async fn start(&self, seen: Seen) -> anyhow::Result<Tasks> {
        let tasks = Tasks::new();
        let feed = Feed::start(&self.db, &tasks).await?;
        let runtime = Runtime::builder(&self.db).handler(Noting { seen }).build();
        runtime.start(&feed, &tasks).await?;
        Ok(tasks)
    }
}

#[async_trait]
impl Store for House {
    fn name(&self) -> &'static str {
        "perme8"
    }

    async fn append(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        Ok(self.emit(numbers).await?)
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Box<dyn Following>>> {
        Ok(Some(Box::new(Running { tasks: self.start(seen).await? })))
    }

    async fn replay(&self, _: Seen) -> anyhow::Result<bool> {
        Ok(false)
    }
}

/// Reads every event, and notes its number.
#[derive(Debug)]
struct Noting {
    seen: Seen,
}

impl Subscriber for Noting {
    fn name(&self) -> &'static str {
        "peers.noting"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<TitleChanged>()] }
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { batch: BATCH, ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl EventHandler<Tx> for Noting {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, _: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(changed) = event.decode::<TitleChanged>()? {
            self.seen.note(changed.change.number);
        }
        Ok(())
    }
}

struct Running {
    tasks: Tasks,
}

#[async_trait]
impl Following for Running {
    async fn stop(self: Box<Self>) -> anyhow::Result<()> {
        Ok(self.tasks.shutdown(Duration::from_secs(10)).await?)
    }
}
