//! A socket from its first message to its last.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use perme8_events::{StorageError, Viewer, host::Ephemeral};
use tokio::time::{Instant, timeout};

use super::{
    budget::Budget,
    close::Close,
    frame::{Frame, Refusal, Resync},
    request::{Request, Subject},
    subscriptions::{Happening, Subscriptions},
};
use crate::{
    error::ApiError,
    lifeline::{Due, Lifeline},
    reach::Reach,
    state::Api,
};

/// A client that does not take a message for so long is too slow.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last message may take.
const LAST_WORD: Duration = Duration::from_secs(1);
/// So many refusals without anything sensible in between end a socket.
const MOST_ERRORS: u32 = 20;

/// What a socket stands on, before there is one.
pub(crate) struct Opened {
    viewer: Viewer,
    reach: Reach,
    lifeline: Lifeline,
    subscriptions: Subscriptions,
    ephemeral: Ephemeral,
}

/// Why a socket is over.
enum Over {
    /// The host ends it.
    By(Close),
    /// The client did, or the network.
    Gone,
}

impl Opened {
    pub(crate) async fn new(
        api: &Api,
        viewer: Viewer,
        reach: Reach,
        lifeline: Lifeline,
    ) -> Result<Self, ApiError> {
        let subscriptions = Subscriptions::new(api.bus.clone(), viewer, api.legacy.clone()).await?;
        let ephemeral = api.bus.ephemeral();
        Ok(Self { viewer, reach, lifeline, subscriptions, ephemeral })
    }

    /// Runs until one of both sides ends it.
    pub(crate) async fn over(self, socket: WebSocket) {
        let mut connection = Connection {
            opened: self,
            socket,
            budget: Budget::new(Instant::now()),
            errors: 0,
            awaits_pong: false,
        };
        let Err(over) = connection.run().await;
        if let Over::By(close) = over {
            tracing::debug!(code = close.code(), reason = close.reason(), "a socket is closed");
            // Whoever does not take it sees a broken connection instead.
            let _ = timeout(LAST_WORD, connection.end(close)).await;
        }
    }
}

struct Connection {
    opened: Opened,
    socket: WebSocket,
    budget: Budget,
    errors: u32,
    awaits_pong: bool,
}

enum Turn {
    Due(Due),
    Received(Option<Result<Message, axum::Error>>),
    Happening(Happening),
}

impl Connection {
    async fn run(&mut self) -> Result<std::convert::Infallible, Over> {
        loop {
            let Opened { lifeline, subscriptions, .. } = &mut self.opened;
            // The lifeline first: a busy socket must not outlive its session.
            let turn = tokio::select! {
                biased;
                due = lifeline.due() => Turn::Due(due.map_err(|error| broken(&error))?),
                received = self.socket.recv() => Turn::Received(received),
                happening = subscriptions.next() => Turn::Happening(happening.map_err(|error| broken(&error))?),
            };
            match turn {
                Turn::Due(due) => {
                    let ended = lifeline.ended().await.map_err(|error| broken(&error))?;
                    if let Some(ended) = ended {
                        return Err(Over::By(Close::Ended(ended)));
                    }
                    if due == Due::Beat {
                        self.beat().await?;
                    }
                }
                Turn::Received(None) => return Err(Over::Gone),
                Turn::Received(Some(Err(error))) => return Err(unreadable(error)),
                Turn::Received(Some(Ok(message))) => self.hear(message).await?,
                Turn::Happening(happening) => self.tell(happening).await?,
            }
        }
    }

    /// Says why, and waits until the client has heard it: to hang up on what it is still saying could make it miss that.
    async fn end(&mut self, close: Close) -> Result<(), axum::Error> {
        self.socket.send(close.into()).await?;
        while self.socket.recv().await.transpose()?.is_some() {}
        Ok(())
    }

    /// A sign of life, which asks for one.
    async fn beat(&mut self) -> Result<(), Over> {
        if std::mem::replace(&mut self.awaits_pong, true) {
            return Err(Over::By(Close::NoPong));
        }
        self.send(Message::Ping(axum::body::Bytes::new())).await?;
        let position = self.opened.subscriptions.position();
        self.send(Frame::Position { position }.message()).await
    }

    async fn hear(&mut self, message: Message) -> Result<(), Over> {
        self.awaits_pong = false;
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Over::By(Close::NotText)),
            // Pings are answered below this, and a close is followed by the end.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Ok(()),
        };
        let done = if self.budget.spend(Instant::now()) {
            match text.as_str().parse() {
                Ok(request) => self.fulfil(request).await,
                Err(refusal) => Err(refusal),
            }
        } else {
            Err(Refusal::too_fast())
        };
        match done {
            Ok(answer) => {
                self.errors = 0;
                match answer {
                    Some(answer) => self.send(answer.message()).await,
                    None => Ok(()),
                }
            }
            Err(error) => {
                self.errors += 1;
                self.send(Frame::Error { error }.message()).await?;
                if self.errors < MOST_ERRORS { Ok(()) } else { Err(Over::By(Close::TooManyErrors)) }
            }
        }
    }

    async fn fulfil(&mut self, request: Request) -> Result<Option<Frame<'static>>, Refusal> {
        let Opened { viewer, reach, subscriptions, ephemeral, .. } = &mut self.opened;
        match request {
            Request::Subscribe(subject, _) if !reach.covers(&subject) => {
                Err(Refusal::forbidden(&subject))
            }
            Request::Publish(topic, ..) if !reach.speaks() => Err(Refusal::forbidden(&topic)),
            Request::Subscribe(Subject::Events(topic), after) => {
                let subscribed = topic.to_string();
                let position = subscriptions.follow(topic, after).await?;
                Ok(Some(Frame::Subscribed { subscribed, position }))
            }
            Request::Subscribe(Subject::Legacy(topic), after) => {
                let position = subscriptions.translate(topic, after).await?;
                let subscribed = Subject::Legacy(topic).to_string();
                Ok(Some(Frame::Subscribed { subscribed, position }))
            }
            Request::Subscribe(Subject::Ephemeral(topic), None) => {
                subscriptions.listen(topic).await?;
                Ok(Some(Frame::Listening { subscribed: topic.to_string() }))
            }
            Request::Subscribe(Subject::Ephemeral(topic), Some(_)) => {
                Err(Refusal::no_position(&topic))
            }
            Request::Unsubscribe(subject) => {
                if !subscriptions.leave(&subject) {
                    return Err(Refusal::not_subscribed(&subject));
                }
                Ok(Some(Frame::Unsubscribed { unsubscribed: subject.to_string() }))
            }
            Request::Publish(topic, kind, data) => {
                // Operators watch; they are nobody who types.
                let Viewer::User(sender) = *viewer else {
                    return Err(Refusal::forbidden(&topic));
                };
                let relayed = ephemeral.relay(sender, topic, &kind, data).await;
                relayed.map_err(|error| Refusal::publish(&topic, &error)).map(|()| None)
            }
        }
    }

    async fn tell(&mut self, happening: Happening) -> Result<(), Over> {
        match happening {
            Happening::Event(event, _) if !self.opened.reach.shows(&event) => Ok(()),
            Happening::Event(event, topics) => {
                let topics: Vec<_> = topics.iter().collect();
                self.send(Frame::event(&event, &topics).message()).await
            }
            Happening::Message(message) => self.send(Frame::ephemeral(&message).message()).await,
            Happening::Legacy(messages) => {
                for message in &messages {
                    self.send(Frame::Legacy(message).message()).await?;
                }
                Ok(())
            }
            Happening::Missed(missed, count) => {
                self.send(Frame::Missed { missed, count }.message()).await
            }
            Happening::AccessLost(subject) => {
                self.send(Frame::access_lost(&subject).message()).await
            }
            Happening::FellBehind(subjects, after) => {
                for subject in subjects {
                    let resync = Resync { topic: subject.to_string(), after };
                    self.send(Frame::Resync { resync }.message()).await?;
                }
                Ok(())
            }
            Happening::Closed => Err(Over::By(Close::ShuttingDown)),
        }
    }

    /// Waits until the client takes it. Nobody else waits meanwhile: what this client follows stays in the log.
    async fn send(&mut self, message: Message) -> Result<(), Over> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_broken)) => Err(Over::Gone),
            Err(_elapsed) => Err(Over::By(Close::TooSlow)),
        }
    }
}

fn broken(error: &StorageError) -> Over {
    tracing::error!(error = error as &dyn std::error::Error, "a socket broke off");
    Over::By(Close::StorageUnavailable)
}

/// What was received is no message.
fn unreadable(error: axum::Error) -> Over {
    use tokio_tungstenite::tungstenite::Error;
    match error.into_inner().downcast_ref() {
        Some(Error::Capacity(_)) => Over::By(Close::TooLong),
        _ => Over::Gone,
    }
}
