//! Messages that nobody keeps: to whoever listens at this moment, on this node and, on PostgreSQL, on the others.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::value::RawValue;
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};

use crate::{
    application::rights::{Standings as _, Viewer},
    domain::{
        ephemeral::{EphemeralMessage, EphemeralTopic, LONGEST_KIND, Signal, is_word},
        error::StorageError,
        id::UserId,
    },
    infrastructure::bus::{EventBus, rights::Watch},
};

/// The longest data of a message, in bytes of JSON: with everything around it, it fits into one notification of PostgreSQL.
const LONGEST_DATA: usize = 4096;
/// So many messages of a topic wait for a slow listener; older ones are lost to it.
const WAITING: usize = 64;
/// So many messages wait to be sent to other nodes; further ones stay on this node.
const OUTGOING: usize = 1024;

/// Best-effort broadcast by topic for what is no event: typing, cursors, tokens of a model.
///
/// Nothing durable may depend on it: a message reaches whoever listens at this moment, and of those perhaps not everybody.
/// On SQLite it stays in the process; on PostgreSQL it goes to the other nodes, too, unless they or this one cannot keep up.
#[derive(Debug, Clone)]
pub struct Ephemeral {
    bus: EventBus,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The topic of a workspace in which the sender is not, or of another person.
    #[error("the topic is not the sender's")]
    Forbidden,
    /// The program alone uses names with a dot.
    #[error(
        "the kind of a client's message is a word of at most {LONGEST_KIND} lower-case letters, digits and `_`"
    )]
    Kind,
    /// It would not fit into a notification.
    #[error("a message has at most {LONGEST_DATA} bytes of data, this one has {size}: send pieces")]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// Its data are no JSON.
    #[error("the data of a message must be JSON")]
    NotJson(#[source] serde_json::Error),
    /// Nobody can tell the rights of the sender.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl EventBus {
    /// The messages that nobody keeps, with the rights of the live events.
    #[must_use]
    pub fn ephemeral(&self) -> Ephemeral {
        Ephemeral { bus: self.clone() }
    }
}

impl Ephemeral {
    /// Sends what the program has to say, on behalf of `sender` if there is one.
    ///
    /// # Errors
    ///
    /// [`PublishError`] when it is too large or cannot be written as JSON.
    pub fn publish<S: Signal>(
        &self,
        topic: EphemeralTopic,
        sender: Option<UserId>,
        signal: &S,
    ) -> Result<(), PublishError> {
        let data = serde_json::value::to_raw_value(signal).map_err(PublishError::NotJson)?;
        self.send(EphemeralMessage { topic, kind: S::KIND.to_owned(), sender, data })
    }

    /// Sends what a client says to others in a topic that it may hear itself.
    ///
    /// # Errors
    ///
    /// [`PublishError`].
    pub async fn relay(
        &self,
        sender: UserId,
        topic: EphemeralTopic,
        kind: &str,
        data: Box<RawValue>,
    ) -> Result<(), PublishError> {
        if !is_word(kind) {
            return Err(PublishError::Kind);
        }
        if !self.may_hear(sender, topic).await? {
            return Err(PublishError::Forbidden);
        }
        self.send(EphemeralMessage { topic, kind: kind.to_owned(), sender: Some(sender), data })
    }

    fn send(&self, message: EphemeralMessage) -> Result<(), PublishError> {
        let size = message.data.get().len();
        if size > LONGEST_DATA {
            return Err(PublishError::TooLarge { size });
        }
        let exchange = self.bus.feed().exchange();
        let message = Arc::new(message);
        exchange.deliver(&message);
        exchange.forward(message);
        Ok(())
    }

    /// Listens to a topic from now on; nothing when it is not the viewer's.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell the rights of the viewer.
    pub async fn listen(
        &self,
        viewer: Viewer,
        topic: EphemeralTopic,
    ) -> Result<Option<Listening>, StorageError> {
        let watch = match (viewer, topic) {
            (Viewer::User(user), _) if !self.may_hear(user, topic).await? => return Ok(None),
            (Viewer::User(user), EphemeralTopic::Workspace(id)) => {
                Some(self.bus.rights().watch(user, id))
            }
            (Viewer::User(_), EphemeralTopic::User(_) | EphemeralTopic::Program(_))
            | (Viewer::Operator, _) => None,
        };
        Ok(Some(Listening {
            receiver: self.bus.feed().exchange().join(topic),
            bus: self.bus.clone(),
            viewer,
            topic,
            next: None,
            is_over: false,
            _watch: watch,
        }))
    }

    /// Whether somebody may hear a topic, as far as is known since something last happened in the workspace.
    async fn may_hear(&self, user: UserId, topic: EphemeralTopic) -> Result<bool, StorageError> {
        may_hear(&self.bus, user, topic).await
    }
}

async fn may_hear(
    bus: &EventBus,
    user: UserId,
    topic: EphemeralTopic,
) -> Result<bool, StorageError> {
    match topic {
        EphemeralTopic::User(id) => Ok(id == user),
        EphemeralTopic::Workspace(id) => Ok(bus.rights().standing(user, id).await?.is_some()),
        EphemeralTopic::Program(_) => Ok(false),
    }
}

/// What a listener hears.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A message.
    Message(Arc<EphemeralMessage>),
    /// So many messages were lost, because the listener was too slow.
    Missed(u64),
    /// The topic is no longer the listener's; it is over.
    AccessLost,
    /// The host stops.
    Closed,
}

/// Somebody listens to a topic.
pub struct Listening {
    bus: EventBus,
    viewer: Viewer,
    topic: EphemeralTopic,
    receiver: broadcast::Receiver<Arc<EphemeralMessage>>,
    /// Received, and the right to hear it is not checked yet.
    next: Option<Arc<EphemeralMessage>>,
    is_over: bool,
    _watch: Option<Watch>,
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening")
            .field("viewer", &self.viewer)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

impl Listening {
    /// What is listened to.
    #[must_use]
    pub fn topic(&self) -> EphemeralTopic {
        self.topic
    }

    /// Waits for the next message; the right to hear it is checked when it is there. Nothing is lost when the wait is
    /// cancelled.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell the rights of the listener; ask again or give up.
    pub async fn next(&mut self) -> Result<Heard, StorageError> {
        loop {
            if self.is_over {
                return Ok(Heard::Closed);
            }
            if self.next.is_some() {
                let heard = match self.viewer {
                    Viewer::Operator => true,
                    Viewer::User(user) => may_hear(&self.bus, user, self.topic).await?,
                };
                self.is_over = !heard;
                return Ok(match self.next.take().filter(|_| heard) {
                    Some(message) => Heard::Message(message),
                    None => Heard::AccessLost,
                });
            }
            let received = tokio::select! {
                biased;
                () = self.bus.feed().stop().cancelled() => Err(RecvError::Closed),
                received = self.receiver.recv() => received,
            };
            match received {
                Ok(message) => self.next = Some(message),
                Err(RecvError::Lagged(count)) => return Ok(Heard::Missed(count)),
                Err(RecvError::Closed) => self.is_over = true,
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.bus.feed().exchange().leave(self.topic);
    }
}

/// Where the messages of a node meet its listeners.
pub(crate) struct Exchange {
    topics: Mutex<HashMap<EphemeralTopic, broadcast::Sender<Arc<EphemeralMessage>>>>,
    outgoing: mpsc::Sender<Arc<EphemeralMessage>>,
}

impl Exchange {
    /// An exchange, and what it has for other nodes; where there are none, nobody takes it.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Arc<EphemeralMessage>>) {
        let (outgoing, forwarded) = mpsc::channel(OUTGOING);
        (Self { topics: Mutex::default(), outgoing }, forwarded)
    }

    fn topics(
        &self,
    ) -> MutexGuard<'_, HashMap<EphemeralTopic, broadcast::Sender<Arc<EphemeralMessage>>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To those who listen on this node.
    pub(crate) fn deliver(&self, message: &Arc<EphemeralMessage>) {
        if let Some(listeners) = self.topics().get(&message.topic) {
            // An error says that the last one has just left.
            let _ = listeners.send(Arc::clone(message));
        }
    }

    fn forward(&self, message: Arc<EphemeralMessage>) {
        if let Err(mpsc::error::TrySendError::Full(message)) = self.outgoing.try_send(message) {
            tracing::debug!(topic = %message.topic, "a message does not reach other nodes");
        }
    }

    fn join(&self, topic: EphemeralTopic) -> broadcast::Receiver<Arc<EphemeralMessage>> {
        self.topics().entry(topic).or_insert_with(|| broadcast::Sender::new(WAITING)).subscribe()
    }

    /// Called by a listener whose receiver is about to go.
    fn leave(&self, topic: EphemeralTopic) {
        let mut topics = self.topics();
        if topics.get(&topic).is_some_and(|listeners| listeners.receiver_count() <= 1) {
            topics.remove(&topic);
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}
