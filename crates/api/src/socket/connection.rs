//! A socket from its first message to its last.

use axum::extract::ws::{Message, WebSocket};
use perme8_events::{Viewer, host::Ephemeral};
use tokio::time::Instant;

use super::{
    budget::Budget,
    close::Close,
    frame::{Frame, Refusal, Resync},
    request::{Request, Subject},
    subscriptions::{Happening, Subscriptions},
    wire::{Over, Said, Wire, broken, holds},
};
use crate::{
    error::ApiError,
    lifeline::{Due, Lifeline},
    reach::Reach,
    state::Api,
};

/// So many refusals without anything sensible in between end a socket.
const MOST_ERRORS: u32 = 20;

/// What a socket stands on, before there is one.
pub(crate) struct Opened {
    viewer: Viewer,
    reach: Reach,
    people: identity::Directory,
    lifeline: Lifeline,
    subscriptions: Subscriptions,
    ephemeral: Ephemeral,
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
        let people = api.identity.directory();
        Ok(Self { viewer, reach, people, lifeline, subscriptions, ephemeral })
    }

    /// Runs until one of both sides ends it.
    pub(crate) async fn over(self, socket: WebSocket) {
        let (wire, budget) = (Wire::new(socket), Budget::new(Instant::now()));
        let mut connection = Connection { opened: self, wire, budget, errors: 0 };
        let Err(over) = connection.run().await;
        connection.wire.end(over).await;
    }
}

struct Connection {
    opened: Opened,
    wire: Wire,
    budget: Budget,
    errors: u32,
}

enum Turn {
    Due(Due),
    Said(Said),
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
                said = self.wire.hear() => Turn::Said(said?),
                happening = subscriptions.next() => Turn::Happening(happening.map_err(|error| broken(&error))?),
            };
            match turn {
                Turn::Due(due) => {
                    holds(lifeline).await?;
                    if due == Due::Beat {
                        self.beat().await?;
                    }
                }
                Turn::Said(said) => self.hear(said).await?,
                Turn::Happening(happening) => self.tell(happening).await?,
            }
        }
    }

    /// A sign of life, which asks for one.
    async fn beat(&mut self) -> Result<(), Over> {
        self.wire.ping().await?;
        let position = self.opened.subscriptions.position();
        self.send(Frame::Position { position }.message()).await
    }

    async fn hear(&mut self, said: Said) -> Result<(), Over> {
        let Said::Text(text) = said else { return Err(Over::By(Close::NotText)) };
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
            Happening::Event(event, topics) => {
                let Opened { viewer, reach, people, .. } = &self.opened;
                let shown = reach.shown(event, *viewer, people).await;
                let Some(event) = shown.map_err(|error| broken(&error))? else { return Ok(()) };
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
        self.wire.say(message).await
    }
}
