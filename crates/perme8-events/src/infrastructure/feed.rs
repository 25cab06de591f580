//! The settled end of the log, read once per node for everybody who follows it.
//!
//! The last events stay in a window in memory; whoever lags behind it reads pages from the log instead. Everybody pulls at
//! a pace of their own, so nobody slows down anybody else, and memory stays bounded.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    application::event_store::EventStore as _,
    domain::{archive::ArchivedRange, envelope::Envelope, error::StorageError, position::Position},
    infrastructure::{
        archive::ranges,
        bus::bells::Bells,
        db::{Db, Engine},
        ephemeral::Exchange,
        hints::{self, Incoming},
        log::reader::{LogReader, Page},
        tasks::Tasks,
    },
    sql,
};

mod next;
mod pages;
mod window;

use next::FeedPage;
use pages::Pages;
use window::Window;

/// How often the log is looked at without any hint.
const POLL: Duration = Duration::from_millis(500);
/// How soon the log is looked at again while an open transaction holds events back.
const HELD_BACK: Duration = Duration::from_millis(1);
/// What is committed in quick succession is read together: two looks are so far apart, or one tick of the timer more.
const TOGETHER: Duration = Duration::from_millis(1);
/// A server that does not answer for so long is asked again on another connection.
const UNANSWERED: Duration = Duration::from_secs(10);
/// How soon a broken connection is replaced.
const BROKEN: Duration = Duration::from_secs(1);
/// How often partitions of the log are made ahead.
const HOUSEKEEPING: Duration = Duration::from_mins(1);
/// So many pages at most are gone through for a laggard at once.
const PAGES: usize = 8;

/// Follows the settled end of the log for everybody on this node.
#[derive(Clone, Debug)]
pub struct Feed {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: Db,
    window: RwLock<Window>,
    pages: Pages,
    settled: watch::Sender<Position>,
    bells: Arc<Bells>,
    exchange: Arc<Exchange>,
    polled: Mutex<Instant>,
    stop: CancellationToken,
}

impl Feed {
    /// Follows the log from its settled head on, until the tasks are stopped. One per process and database is enough: each
    /// holds connections of its own.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the log cannot be read, also for want of a master key.
    pub async fn start(db: &Db, tasks: &Tasks) -> Result<Self, StorageError> {
        db.check_master_keys().await?;
        let (exchange, outgoing) = Exchange::new();
        let (feed, follower) = Self::with_exchange(db, tasks.token(), exchange).await?;
        let hints = Arc::new(watch::Sender::new(0));
        let messages = Arc::clone(&feed.inner.exchange);
        hints::start(db, tasks, Incoming { commits: Arc::clone(&hints), messages }, outgoing);
        tasks.spawn("log reader", follower.run(hints));
        if matches!(*db.engine, Engine::Postgres { .. }) {
            let (db, stop) = (db.clone(), tasks.token());
            tasks.spawn("log housekeeping", async move {
                stop.run_until_cancelled(keep_room(db)).await;
            });
        }
        Ok(feed)
    }

    /// The same, with a follower that is asked by hand and hears nothing of other nodes.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn open(
        db: &Db,
        stop: CancellationToken,
    ) -> Result<(Self, Follower), StorageError> {
        let (exchange, _to_nobody) = Exchange::new();
        Self::with_exchange(db, stop, exchange).await
    }

    async fn with_exchange(
        db: &Db,
        stop: CancellationToken,
        exchange: Exchange,
    ) -> Result<(Self, Follower), StorageError> {
        let head = db.head().await?;
        let reader = LogReader::open(db, head).await?;
        let feed = Self {
            inner: Arc::new(Inner {
                db: db.clone(),
                window: RwLock::new(Window::behind(head)),
                pages: Pages::default(),
                settled: watch::Sender::new(head),
                bells: Arc::default(),
                exchange: Arc::new(exchange),
                polled: Mutex::new(Instant::now()),
                stop,
            }),
        };
        Ok((feed.clone(), Follower { feed, reader, held_back: 0 }))
    }

    /// Everything up to here is committed, or never will be.
    #[must_use]
    pub fn settled(&self) -> Position {
        *self.inner.settled.borrow()
    }

    /// How far the log is known to be settled, by what this node has read or by a fresh look.
    pub(crate) async fn decided(&self) -> Result<Position, StorageError> {
        Ok(self.inner.db.head().await?.max(self.settled()))
    }

    /// The last position drawn by anybody, which this node may not have read yet.
    pub(crate) async fn drawn(&self) -> Result<Position, StorageError> {
        self.inner.db.drawn().await
    }

    /// How long ago the log was last looked at with success; more than a few seconds mean trouble.
    #[must_use]
    pub fn last_poll_age(&self) -> Duration {
        self.inner.polled.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Tells when the settled position moves.
    pub(crate) fn watch(&self) -> watch::Receiver<Position> {
        self.inner.settled.subscribe()
    }

    /// Where those who wait for certain events hang their bells. They ring before the settled position moves past an event.
    pub(crate) fn bells(&self) -> &Arc<Bells> {
        &self.inner.bells
    }

    /// Where messages that nobody keeps meet their listeners.
    pub(crate) fn exchange(&self) -> &Exchange {
        &self.inner.exchange
    }

    /// Whether what follows `after` is no longer in memory.
    pub(crate) fn has_dropped(&self, after: Position) -> bool {
        after < self.inner.window.read().unwrap_or_else(PoisonError::into_inner).after
    }

    /// What is archived of what follows `after`. Nothing is asked while it is in memory.
    pub(crate) async fn archived_behind(
        &self,
        after: Position,
    ) -> Result<Vec<ArchivedRange>, StorageError> {
        if !self.has_dropped(after) {
            return Ok(Vec::new());
        }
        let mut db = &self.inner.db;
        ranges::gone_behind(&mut db, after).await
    }

    /// Cancelled when the feed stops.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.inner.stop
    }

    /// At most `limit` events behind `after` that are `wanted`, as the log was at `since` or later.
    pub(crate) async fn next(
        &self,
        after: Position,
        limit: usize,
        wanted: &(dyn Fn(&Envelope) -> bool + Sync),
        since: Instant,
    ) -> Result<FeedPage, StorageError> {
        let end = match self.in_memory(after, limit, wanted) {
            Ok(page) => return Ok(page),
            Err(end) => end,
        };
        let mut page = FeedPage::behind(after);
        for _ in 0..PAGES {
            let bounds = (page.reached, end);
            let read = self.inner.pages.behind(&self.inner.db, bounds, since).await?;
            let has_room = page.take(read.behind(page.reached), limit, wanted, read.reached);
            if !has_room || page.reached >= end {
                break;
            }
        }
        Ok(page)
    }

    /// Whether some event behind `after` is wanted; also true when the window has forgotten some of them.
    pub(crate) fn may_hold(&self, after: Position, wanted: impl Fn(&Envelope) -> bool) -> bool {
        self.in_memory(after, 1, &wanted).map_or(true, |page| !page.events.is_empty())
    }

    /// Whether some event behind `after` that is still in memory is wanted.
    pub(crate) fn holds(&self, after: Position, wanted: impl Fn(&Envelope) -> bool) -> bool {
        let window = self.inner.window.read().unwrap_or_else(PoisonError::into_inner);
        let first = window.events.partition_point(|event| event.position <= after);
        window.events.range(first..).any(|event| wanted(event))
    }

    /// At most `limit` events of the window; where the window begins, when that is too late.
    fn in_memory(
        &self,
        after: Position,
        limit: usize,
        wanted: &dyn Fn(&Envelope) -> bool,
    ) -> Result<FeedPage, Position> {
        let window = self.inner.window.read().unwrap_or_else(PoisonError::into_inner);
        if after < window.after {
            return Err(window.after);
        }
        let first = window.events.partition_point(|event| event.position <= after);
        let reached = self.settled().max(after);
        let mut page = FeedPage::behind(after);
        page.is_last =
            page.take(window.events.range(first..).map(Arc::clone), limit, wanted, reached);
        Ok(page)
    }

    fn append(&self, page: Page) {
        {
            let mut window = self.inner.window.write().unwrap_or_else(PoisonError::into_inner);
            self.inner.bells.ring(&page.events);
            if window.extend(page.events) {
                self.inner.pages.clear();
            }
            // Under the lock, so that nobody sees the position without the events.
            self.inner.settled.send_if_modified(|settled| {
                let moved = *settled < page.reached;
                *settled = page.reached.max(*settled);
                moved
            });
        }
        self.inner.pages.sweep();
        *self.inner.polled.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Makes partitions of the log ahead of the events, on PostgreSQL.
async fn keep_room(db: Db) {
    loop {
        let make_room = sql!(sqlite: "SELECT 1", postgres: "SELECT event_log_make_room()::text");
        if let Err(error) = db.change(make_room).exec().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "no partition of the log could be made ahead; trying again");
        }
        tokio::time::sleep(HOUSEKEEPING).await;
    }
}

/// Polls the log for a feed.
#[derive(Debug)]
pub(crate) struct Follower {
    feed: Feed,
    reader: LogReader,
    /// How many polls in a row found events held back by an open transaction.
    held_back: u32,
}

impl Follower {
    /// Looks at the log once; how soon to look again when there is no hint.
    pub(crate) async fn poll(&mut self) -> Result<Duration, StorageError> {
        let page = self.reader.poll().await?;
        let waits = page.events.is_empty() && page.held_back;
        self.held_back = if waits { self.held_back.saturating_add(1) } else { 0 };
        let pause = if waits {
            // Usually it is a matter of one commit; what takes longer is not asked about a thousand times a second.
            HELD_BACK * (1 << (self.held_back / 16).min(6))
        } else if page.goes_on {
            Duration::ZERO
        } else {
            // Whoever commits from now on says so.
            POLL
        };
        self.feed.append(page);
        Ok(pause)
    }

    async fn run(mut self, hints: Arc<watch::Sender<u64>>) {
        let mut hints = hints.subscribe();
        let mut commits = self.feed.inner.db.commits.subscribe();
        let stop = self.feed.stop().clone();
        loop {
            // Seen before the poll, so that a commit during it wakes the wait below.
            commits.mark_unchanged();
            hints.mark_unchanged();
            let begun = tokio::time::Instant::now();
            let polled = tokio::time::timeout(UNANSWERED, self.poll()).await;
            if stop.is_cancelled() {
                return;
            }
            let pause = match polled {
                Ok(Ok(Duration::ZERO)) => continue,
                Ok(Ok(pause)) => pause,
                Ok(Err(error)) => {
                    self.broken(&error).await;
                    continue;
                }
                Err(elapsed) => {
                    self.broken(&elapsed).await;
                    continue;
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                _ = commits.changed() => {}
                _ = hints.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
            if begun.elapsed() < TOGETHER {
                let pause = tokio::time::sleep_until(begun + TOGETHER);
                stop.run_until_cancelled(pause).await;
            }
        }
    }

    /// Waits a little, and goes on with another connection behind the last event that was read.
    async fn broken(&mut self, error: &(dyn std::error::Error + Send + Sync + 'static)) {
        tracing::warn!(
            error = error as &(dyn std::error::Error + 'static),
            "the log cannot be read; trying again"
        );
        let stop = self.feed.stop().clone();
        if stop.run_until_cancelled(tokio::time::sleep(BROKEN)).await.is_none() {
            return;
        }
        match self.reopen().await {
            Ok(true) => {}
            Ok(false) => {
                // Whoever goes on from a position of the log as it was would skip what is appended to the log as it is.
                tracing::error!(
                    "the database has lost events that were read before: stopping; start again"
                );
                stop.cancel();
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "no connection for the log reader");
            }
        }
    }

    /// False when the last event that was read is no longer where it was: a standby that lagged behind took over, or an
    /// older backup.
    async fn reopen(&mut self) -> Result<bool, StorageError> {
        let settled = self.feed.settled();
        let last = {
            let window = self.feed.inner.window.read().unwrap_or_else(PoisonError::into_inner);
            window.events.back().map(|event| (event.position, event.event_id))
        };
        if let Some((position, id)) = last {
            let found = self.feed.inner.db.event_at(position).await?;
            if found.is_none_or(|event| event.event_id != id) {
                return Ok(false);
            }
        }
        self.reader = LogReader::open(&self.feed.inner.db, settled).await?;
        Ok(true)
    }
}
