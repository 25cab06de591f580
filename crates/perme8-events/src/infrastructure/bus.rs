//! Live subscriptions: replay, then follow, each event checked against the rights of the viewer when it is delivered.

use std::{collections::VecDeque, fmt, sync::Arc};

use tokio::sync::watch;

use crate::{
    application::rights::{Asked, Standings, Viewer},
    domain::{
        envelope::Envelope,
        error::StorageError,
        id::{UserId, WorkspaceId},
        position::Position,
        topic::Topic,
    },
    infrastructure::feed::Feed,
};

/// So many events are taken from the feed at a time.
const BATCH: usize = 100;

/// Hands out live subscriptions by topic; fed from the log, never by producers directly.
#[derive(Clone, Debug)]
pub struct EventBus {
    feed: Feed,
    standings: Arc<dyn Standings>,
}

/// Why there is no subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// A topic of a workspace in which the viewer is not, or of another person.
    #[error("the topic is not the viewer's")]
    Forbidden,
    /// There is no such position yet.
    #[error("there is no position {after} yet: the log ends at {head}")]
    AheadOfLog {
        /// The position asked for.
        after: Position,
        /// The end of the log.
        head: Position,
    },
    /// Nobody can tell the rights of the viewer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl EventBus {
    /// Reads from `feed`, and asks `standings` about rights.
    #[must_use]
    pub fn new(feed: Feed, standings: Arc<dyn Standings>) -> Self {
        Self { feed, standings }
    }

    /// The events of `topics` that `viewer` may see: those behind `after` first, or only future ones when it is none.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when a topic is not the viewer's or the position does not exist.
    pub async fn subscribe(
        &self,
        viewer: Viewer,
        topics: Vec<Topic>,
        after: Option<Position>,
    ) -> Result<LiveEvents, SubscribeError> {
        if let Viewer::User(user) = viewer {
            for topic in &topics {
                self.authorise(user, topic).await?;
            }
        }
        let position = match after {
            Some(position) if position > self.feed.settled() => {
                // Another node may have delivered what this one has not read yet, so what counts is what was drawn anywhere.
                let head = self.feed.drawn().await?;
                if position > head {
                    return Err(SubscribeError::AheadOfLog { after: position, head });
                }
                position
            }
            Some(position) => position,
            None => self.feed.decided().await?,
        };
        Ok(LiveEvents {
            settled: self.feed.watch(),
            bus: self.clone(),
            viewer,
            topics,
            scanned: position,
            position,
            waiting: VecDeque::new(),
            state: State::Open,
        })
    }

    async fn authorise(&self, user: UserId, topic: &Topic) -> Result<(), SubscribeError> {
        let allowed = match topic {
            Topic::User(id) => *id == user,
            Topic::Workspace(id) => self.standings.standing(user, *id).await?.is_some(),
            // Filtered event by event.
            Topic::All | Topic::Context(_) | Topic::AggregateType(..) | Topic::Aggregate(..) => {
                true
            }
        };
        if allowed { Ok(()) } else { Err(SubscribeError::Forbidden) }
    }
}

/// What a subscriber gets.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// An event that the viewer may see.
    Event(Arc<Envelope>),
    /// The viewer is no longer in a workspace whose topic it follows; the subscription is over.
    AccessLost(WorkspaceId),
    /// The host stops; follow again later from [`LiveEvents::position`].
    Closed,
}

/// A live subscription. A slow subscriber delays nobody: it pulls at its own pace, from the log if need be.
pub struct LiveEvents {
    bus: EventBus,
    settled: watch::Receiver<Position>,
    viewer: Viewer,
    topics: Vec<Topic>,
    /// How far events were taken from the feed.
    scanned: Position,
    /// How far they were delivered or withheld.
    position: Position,
    waiting: VecDeque<Arc<Envelope>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Lost(WorkspaceId),
    Over,
}

impl fmt::Debug for LiveEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveEvents")
            .field("viewer", &self.viewer)
            .field("topics", &self.topics)
            .finish_non_exhaustive()
    }
}

impl LiveEvents {
    /// Everything up to here was delivered, or is none of the viewer's.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Waits for the next event that the viewer may see. Nothing is lost when the wait is cancelled.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the log or the rights cannot be read; nothing was skipped, ask again or give up.
    pub async fn next(&mut self) -> Result<Delivery, StorageError> {
        loop {
            match self.state {
                State::Open => {}
                State::Lost(workspace) => {
                    self.state = State::Over;
                    return Ok(Delivery::AccessLost(workspace));
                }
                State::Over => return Ok(Delivery::Closed),
            }
            if let Some(event) = self.waiting.front() {
                let event = Arc::clone(event);
                let (visible, lost) = self.judge(&event).await?;
                // Only now, behind the last await, so that a cancelled wait skips nothing.
                self.waiting.pop_front();
                self.position = event.position;
                if let Some(workspace) = lost {
                    self.state = State::Lost(workspace);
                }
                if visible {
                    return Ok(Delivery::Event(event));
                }
                continue;
            }
            self.position = self.scanned;
            self.settled.mark_unchanged();
            let topics = &self.topics;
            let wanted = |event: &Envelope| topics.iter().any(|topic| topic.matches(event));
            let page = self.bus.feed.next(self.scanned, BATCH, &wanted).await?;
            let moved = page.reached > self.scanned;
            self.scanned = page.reached;
            self.waiting.extend(page.events);
            if !moved {
                tokio::select! {
                    biased;
                    () = self.bus.feed.stop().cancelled() => {
                        self.state = State::Over;
                        return Ok(Delivery::Closed);
                    }
                    _ = self.settled.changed() => {}
                }
            }
        }
    }

    /// Whether the viewer may see an event, and which of the workspaces it follows it has lost.
    async fn judge(&self, event: &Envelope) -> Result<(bool, Option<WorkspaceId>), StorageError> {
        let Viewer::User(user) = self.viewer else { return Ok((true, None)) };
        let mut asked = Asked::about(user, &*self.bus.standings);
        let visible = asked.may_see(event).await?;
        for topic in &self.topics {
            if let Topic::Workspace(workspace) = topic
                && topic.matches(event)
                && asked.standing(*workspace).await?.is_none()
            {
                return Ok((visible, Some(*workspace)));
            }
        }
        Ok((visible, None))
    }
}
