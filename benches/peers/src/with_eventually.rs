//! eventually: streams of events, and subscriptions that keep how far they have come.
//!
//! Its store is on an older tokio, so that its connections live in a runtime of their own.

use std::{
    convert::Infallible,
    future, io,
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use async_trait::async_trait;
use eventually::{
    EventStore as _, Projection, Projector,
    postgres::{EventStore, EventStoreBuilder, EventSubscriber, PersistentBuilder},
    store::{Expected, Persisted},
    sync::RwLock,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio_02::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use tokio_postgres::{Client, NoTls};

use crate::{
    event::{Change, fresh},
    store::{Following, Seen, Store},
};

/// What its streams are of, and the channel on which it notifies.
const TYPE: &str = "document";

/// The title was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TitleChanged {
    change: Change,
}

impl TitleChanged {
    fn new(number: u64) -> Self {
        Self { change: Change::new(number) }
    }
}

type Events = EventStore<String, TitleChanged>;

/// Its stores, each with the one connection that it is given.
pub(crate) struct Eventually {
    url: String,
    idle: Mutex<Vec<Events>>,
    /// In which the connections live.
    _runtime: Runtime,
}

impl Eventually {
    pub(crate) async fn on(url: String, connections: u32) -> anyhow::Result<Self> {
        let (runtime, mut idle) = (older_runtime()?, Vec::new());
        for _ in 0..connections {
            idle.push(open(&runtime, &url).await?);
        }
        Ok(Self { url, idle: Mutex::new(idle), _runtime: runtime })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Events>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn older_runtime() -> io::Result<Runtime> {
    Builder::new().threaded_scheduler().enable_all().build()
}

/// A client whose connection lives in the runtime.
async fn connect(runtime: &Runtime, url: &str) -> anyhow::Result<Client> {
    let url = url.to_owned();
    let connected = runtime.spawn(async move {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        // Whatever ends it, its client is told.
        tokio_02::spawn(connection);
        anyhow::Ok(client)
    });
    connected.await?
}

/// A store on a connection of its own; the only way to one leads over its migrations.
async fn open(runtime: &Runtime, url: &str) -> anyhow::Result<Events> {
    let mut client = connect(runtime, url).await?;
    let migrated = EventStoreBuilder::migrate_database(&mut client).await?;
    Ok(migrated.builder(Arc::new(client)).build(TYPE).await?)
}

#[async_trait]
impl Store for Eventually {
    fn name(&self) -> &'static str {
        "eventually"
    }

    async fn append(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        let events = numbers.map(TitleChanged::new).collect();
        let mut store = self.idle().pop().context("more write than there are connections")?;
        let appended = store.append(fresh().to_string(), Expected::Any, events).await;
        self.idle().push(store);
        appended?;
        Ok(())
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Box<dyn Following>>> {
        // One that goes with the subscriber, which never lets go of its connection otherwise.
        let runtime = older_runtime()?;
        let store = open(&runtime, &self.url).await?;
        let client = Arc::new(connect(&runtime, &self.url).await?);
        let url = self.url.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = runtime.spawn(async move {
            let subscriber = EventSubscriber::new(&url, TYPE).await?;
            let subscriptions = PersistentBuilder::new(client, store, subscriber);
            let subscription = subscriptions.get_or_create("noting".to_owned()).await?;
            let noting = Arc::new(RwLock::new(Noting { seen }));
            let mut projector = Projector::new(noting, subscription);
            tokio::select! {
                ended = projector.run() => ended,
                // Whoever drops the other end wants it to stop, too.
                _ = stopped => Ok(()),
            }
        });
        Ok(Some(Box::new(Running { stop, running, _runtime: runtime })))
    }

    async fn replay(&self, _: Seen) -> anyhow::Result<bool> {
        Ok(false)
    }
}

/// Notes the number of every event.
struct Noting {
    seen: Seen,
}

impl Projection for Noting {
    type SourceId = String;
    type Event = TitleChanged;
    type Error = Infallible;

    fn project(
        &mut self,
        event: Persisted<String, TitleChanged>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Infallible>> + Send + '_>> {
        self.seen.note(event.change.number);
        Box::pin(future::ready(Ok(())))
    }
}

struct Running {
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
    /// In which it runs.
    _runtime: Runtime,
}

#[async_trait]
impl Following for Running {
    async fn stop(self: Box<Self>) -> anyhow::Result<()> {
        let Self { stop, running, _runtime } = *self;
        drop(stop);
        running.await?
    }
}
