//! One subscriber, who pulls.

use std::{collections::VecDeque, fmt, sync::Arc, time::Instant};

use crate::{
    application::rights::{Asked, Belongs, Viewer},
    domain::{
        envelope::Envelope, error::StorageError, id::WorkspaceId, position::Position, topic::Topic,
    },
    infrastructure::{
        bus::{
            EventBus,
            bells::{Bell, Hung},
            rights::Watch,
        },
        measures::OpenStream,
    },
};

/// So many events are taken from the feed at a time.
const BATCH: usize = 100;

/// What a subscriber gets.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// An event that the viewer may see, in its current version.
    Event(Arc<Envelope>),
    /// The viewer is no longer in a workspace whose topic it followed; other topics go on.
    AccessLost(WorkspaceId),
    /// The host stops; follow again later from [`LiveEvents::position`].
    Closed,
}

/// A live subscription. A slow subscriber delays nobody: it pulls at its own pace, from the log if need be.
pub struct LiveEvents {
    bus: EventBus,
    viewer: Viewer,
    topics: Vec<Followed>,
    /// Rung by every event of the topics.
    bell: Arc<Bell>,
    /// How far events were taken from the feed.
    scanned: Position,
    /// How far they were delivered or withheld.
    position: Position,
    /// Of the log as it was before, nothing is delivered: some of it may have been restored since.
    since: Instant,
    waiting: VecDeque<Arc<Envelope>>,
    /// Whether the bell tells of everything behind `scanned`, so that there is no need to look.
    is_level: bool,
    was_level: bool,
    lost: Option<WorkspaceId>,
    is_over: bool,
    _open: OpenStream,
}

/// A topic, and from where on it is followed.
#[derive(Debug)]
struct Followed {
    hung: Hung,
    after: Position,
    _watch: Option<Watch>,
}

impl Followed {
    fn new(
        bus: &EventBus,
        viewer: Viewer,
        bell: &Arc<Bell>,
        topic: Topic,
        after: Position,
    ) -> Self {
        let watch = match (viewer, &topic) {
            (Viewer::User(user), Topic::Workspace(id)) => Some(bus.rights().watch(user, *id)),
            _ => None,
        };
        Self { hung: Hung::new(bus.feed().bells(), topic, bell), after, _watch: watch }
    }

    fn topic(&self) -> &Topic {
        self.hung.topic()
    }

    fn wants(&self, event: &Envelope) -> bool {
        event.position > self.after && self.topic().matches(event)
    }
}

impl fmt::Debug for LiveEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveEvents")
            .field("viewer", &self.viewer)
            .field("topics", &self.topics().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl LiveEvents {
    pub(crate) fn new(bus: EventBus, viewer: Viewer, topics: Vec<Topic>) -> Self {
        let (bell, position) = (Arc::default(), Position::START);
        let follow = |topic| Followed::new(&bus, viewer, &bell, topic, position);
        Self {
            topics: topics.into_iter().map(follow).collect(),
            bus,
            viewer,
            bell,
            scanned: position,
            position,
            since: Instant::now(),
            waiting: VecDeque::new(),
            is_level: false,
            was_level: false,
            lost: None,
            is_over: false,
            _open: OpenStream::new(),
        }
    }

    /// Begins behind a position of the past.
    pub(crate) fn replay_behind(&mut self, position: Position) {
        (self.scanned, self.position) = (position, position);
        self.since = Instant::now();
        for followed in &mut self.topics {
            followed.after = position;
        }
    }

    /// Begins behind the end of the log.
    pub(crate) fn follow_behind(&mut self, position: Position) {
        self.replay_behind(position);
        (self.is_level, self.was_level) = (true, true);
    }

    /// Everything up to here was delivered, or is none of the viewer's.
    #[must_use]
    pub fn position(&self) -> Position {
        if self.waiting.is_empty() && self.is_level { self.level() } else { self.position }
    }

    /// Whether the subscriber once had everything, and has since fallen behind what is kept in memory: going on means to read
    /// the log.
    #[must_use]
    pub fn has_fallen_behind(&self) -> bool {
        self.was_level && self.waiting.is_empty() && self.bus.feed().has_dropped(self.position())
    }

    /// What is followed.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.iter().map(Followed::topic)
    }

    /// By which of the topics an event is delivered.
    pub fn topics_of(&self, event: &Envelope) -> impl Iterator<Item = &Topic> {
        self.topics.iter().filter(|followed| followed.wants(event)).map(Followed::topic)
    }

    /// Follows a topic no longer, from the next delivery on; tells whether it was followed.
    pub fn unfollow(&mut self, topic: &Topic) -> bool {
        let before = self.topics.len();
        self.topics.retain(|followed| followed.topic() != topic);
        self.topics.len() < before
    }

    /// Follows also what `other` follows, if that has come to the end of the log: an event of both then comes once.
    ///
    /// # Errors
    ///
    /// Gives `other` back when it still has something to deliver, or follows for another viewer.
    pub fn absorb(&mut self, other: Self) -> Result<(), Box<Self>> {
        let (has_all, at) = (other.waiting.is_empty() && other.is_level, other.position());
        if !has_all || other.lost.is_some() || at < self.scanned || other.viewer != self.viewer {
            return Err(Box::new(other));
        }
        for topic in other.topics() {
            let topic = topic.clone();
            self.topics.push(Followed::new(&self.bus, self.viewer, &self.bell, topic, at));
        }
        // What came before the bell hung at the topic has rung the other one.
        if let Some(first) = other.bell.first() {
            self.bell.ring(first);
        }
        Ok(())
    }

    /// Waits for the next event that the viewer may see. Nothing is lost when the wait is cancelled.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the log or the rights cannot be read; nothing was skipped, ask again or give up.
    pub async fn next(&mut self) -> Result<Delivery, StorageError> {
        loop {
            if let Some(delivery) = self.at_hand().await? {
                return Ok(delivery);
            }
            tokio::select! {
                biased;
                () = self.bus.feed().stop().cancelled() => self.is_over = true,
                () = self.bell.rung() => {}
            }
        }
    }

    /// The same without waiting for what has not happened yet: nothing at the end of the log.
    ///
    /// # Errors
    ///
    /// As of [`next`](Self::next).
    pub async fn at_hand(&mut self) -> Result<Option<Delivery>, StorageError> {
        loop {
            if let Some(workspace) = self.lost.take() {
                self.unfollow(&Topic::Workspace(workspace));
                return Ok(Some(Delivery::AccessLost(workspace)));
            }
            if self.is_over {
                return Ok(Some(Delivery::Closed));
            }
            if let Some(event) = self.waiting.front() {
                let event = Arc::clone(event);
                let (visible, lost) = self.judge(&event).await?;
                // Only now, behind the last await, so that a cancelled wait skips nothing.
                self.waiting.pop_front();
                self.position = event.position;
                self.lost = lost;
                if visible {
                    return Ok(Some(Delivery::Event(self.bus.shown(event))));
                }
                continue;
            }
            if self.is_level {
                self.scanned = self.level();
                self.is_level = self.bell.first().is_none();
            }
            self.position = self.scanned;
            if self.is_level {
                return Ok(None);
            }
            self.look().await?;
        }
    }

    /// Takes what there is from the feed.
    async fn look(&mut self) -> Result<(), StorageError> {
        // Silenced first: what is appended from now on either is in the page or rings again.
        self.bell.take();
        let topics = &self.topics;
        let wanted = |event: &Envelope| topics.iter().any(|followed| followed.wants(event));
        let page = self.bus.feed().next(self.scanned, BATCH, &wanted, self.since).await?;
        self.scanned = page.reached;
        self.waiting.extend(page.events);
        self.is_level = page.is_last;
        self.was_level |= page.is_last;
        Ok(())
    }

    /// How far there is nothing for this subscriber, as the bell tells.
    fn level(&self) -> Position {
        // In this order: an event rings before the settled position moves past it.
        let settled = self.bus.feed().settled();
        self.scanned.max(self.bell.first().map_or(settled, Position::before))
    }

    /// Whether the viewer may see an event, and which of the workspaces it follows it has lost.
    async fn judge(&self, event: &Envelope) -> Result<(bool, Option<WorkspaceId>), StorageError> {
        if self.topics_of(event).next().is_none() {
            return Ok((false, None));
        }
        let Viewer::User(user) = self.viewer else { return Ok((true, None)) };
        let mut asked = Asked::about(user, &**self.bus.rights());
        let visible = match asked.belongs(event).await? {
            Belongs::ByName => true,
            Belongs::ByStanding => self.bus.still_shows(event, user).await?,
            Belongs::Not => false,
        };
        for topic in self.topics_of(event) {
            if let Topic::Workspace(workspace) = topic
                && asked.standing(*workspace).await?.is_none()
            {
                return Ok((visible, Some(*workspace)));
            }
        }
        Ok((visible, None))
    }
}
