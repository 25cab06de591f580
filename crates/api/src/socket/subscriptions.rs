//! What a socket follows, and what comes of it.

use std::{pin::Pin, sync::Arc};

use futures_util::{
    future::{AbortHandle, Abortable, abortable},
    stream::{FuturesUnordered, StreamExt as _},
};
use perme8_events::{
    Envelope, EphemeralMessage, EphemeralTopic, Position, StorageError, Topic, Viewer,
    host::{Delivery, EventBus, Heard, Listening, LiveEvents, SubscribeError},
};

use super::{frame::Refusal, request::Subject};
use crate::legacy::{self, LegacyBridge, LegacyMessage, LegacyTopic};

/// So many topics at once.
const MOST: usize = 64;

/// What a socket follows.
///
/// A topic that is replayed is a strand of its own and holds up nobody. Having come to the end of the log it joins the
/// others, so that from then on an event comes once, whatever topics it belongs to.
pub(crate) struct Subscriptions {
    bus: EventBus,
    viewer: Viewer,
    legacy: Option<Arc<dyn LegacyBridge>>,
    live: LiveEvents,
    strands: FuturesUnordered<Abortable<Pulled>>,
    /// What the strands are; one that is missing here is gone.
    followed: Vec<Strand>,
    next_number: u64,
}

/// A topic that is followed by itself: events of the past, or messages that nobody keeps.
struct Strand {
    number: u64,
    subject: Subject,
    /// Up to where everything was delivered, as of the last turn.
    position: Option<Position>,
    turn: CutShort,
}

/// Ends a turn that nobody waits for any more: whoever leaves a topic on which nothing happens takes no memory.
struct CutShort(AbortHandle);

impl Drop for CutShort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One turn of a strand, which nothing interrupts: a page of the log that is being read is not read again.
type Pulled = Pin<Box<dyn Future<Output = (u64, Turn)> + Send>>;

enum Turn {
    /// Nothing when the replay has come to the end of the log.
    Replayed(LiveEvents, Result<Option<Delivery>, StorageError>),
    Heard(Listening, Result<Heard, StorageError>),
    Translated(LiveEvents, LegacyTopic, Result<Translated, StorageError>),
}

/// What comes of an event in the words of the old system.
enum Translated {
    Said(Vec<LegacyMessage>),
    FellBehind,
    AccessLost,
    Closed,
}

/// What comes of it.
pub(crate) enum Happening {
    /// An event, and by which topics it came.
    Event(Arc<Envelope>, Vec<Topic>),
    /// A message that nobody keeps.
    Message(Arc<EphemeralMessage>),
    /// What the old system would have said.
    Legacy(Vec<LegacyMessage>),
    /// So many messages that nobody keeps were lost.
    Missed(EphemeralTopic, u64),
    /// A topic is followed no longer, since it is not the viewer's any more.
    AccessLost(Subject),
    /// These are followed no longer, because the client fell behind this position.
    FellBehind(Vec<Subject>, Position),
    /// The host stops.
    Closed,
}

impl Subscriptions {
    /// Nothing yet.
    pub(crate) async fn new(
        bus: EventBus,
        viewer: Viewer,
        legacy: Option<Arc<dyn LegacyBridge>>,
    ) -> Result<Self, SubscribeError> {
        let live = bus.subscribe(viewer, Vec::new(), None).await?;
        let (strands, followed) = (FuturesUnordered::new(), Vec::new());
        Ok(Self { bus, viewer, legacy, live, strands, followed, next_number: 0 })
    }

    /// Everything up to here was delivered, whatever the topic.
    pub(crate) fn position(&self) -> Position {
        let replays = self.followed.iter().filter_map(|strand| strand.position);
        replays.fold(self.live.position(), Position::min)
    }

    fn has(&self, subject: &Subject) -> bool {
        let is_live = match subject {
            Subject::Events(topic) => self.live.topics().any(|followed| followed == topic),
            Subject::Ephemeral(_) | Subject::Legacy(_) => false,
        };
        is_live || self.followed.iter().any(|strand| strand.subject == *subject)
    }

    fn make_room(&self, subject: &Subject) -> Result<(), Refusal> {
        if self.has(subject) {
            Err(Refusal::already_subscribed(subject))
        } else if self.live.topics().count() + self.followed.len() >= MOST {
            Err(Refusal::too_many_subscriptions(subject))
        } else {
            Ok(())
        }
    }

    /// Follows a topic of events; gives the position behind which it begins.
    pub(crate) async fn follow(
        &mut self,
        topic: Topic,
        after: Option<Position>,
    ) -> Result<Position, Refusal> {
        let subject = Subject::Events(topic.clone());
        let events = self.subscribe(&subject, topic, after).await?;
        let position = events.position();
        if let Err(events) = self.live.absorb(events) {
            self.strand(subject, Some(position), |number| replay(number, *events));
        }
        Ok(position)
    }

    /// Follows a topic of the old system; gives the position behind which it begins.
    pub(crate) async fn translate(
        &mut self,
        topic: LegacyTopic,
        after: Option<Position>,
    ) -> Result<Position, Refusal> {
        let subject = Subject::Legacy(topic);
        let Some(bridge) = self.legacy.clone() else {
            return Err(Refusal::malformed_topic(subject.to_string()));
        };
        let events = self.subscribe(&subject, topic.source(), after).await?;
        let position = events.position();
        self.strand(subject, Some(position), |number| translate(number, events, topic, bridge));
        Ok(position)
    }

    async fn subscribe(
        &mut self,
        subject: &Subject,
        topic: Topic,
        after: Option<Position>,
    ) -> Result<LiveEvents, Refusal> {
        self.make_room(subject)?;
        if is_global(&topic) && self.viewer != Viewer::Operator {
            return Err(Refusal::forbidden(subject));
        }
        let events = self.bus.subscribe(self.viewer, vec![topic], after).await;
        events.map_err(|error| Refusal::subscribe(subject, &error))
    }

    /// Listens to messages that nobody keeps.
    pub(crate) async fn listen(&mut self, topic: EphemeralTopic) -> Result<(), Refusal> {
        let subject = Subject::Ephemeral(topic);
        self.make_room(&subject)?;
        match self.bus.ephemeral().listen(self.viewer, topic).await {
            Ok(Some(listening)) => {
                self.strand(subject, None, |number| hear(number, listening));
                Ok(())
            }
            Ok(None) => Err(Refusal::forbidden(&topic)),
            Err(error) => Err(Refusal::subscribe(&topic, &error.into())),
        }
    }

    fn strand(
        &mut self,
        subject: Subject,
        position: Option<Position>,
        first: impl FnOnce(u64) -> Pulled,
    ) {
        self.next_number += 1;
        let number = self.next_number;
        let turn = self.pull(first(number));
        self.followed.push(Strand { number, subject, position, turn });
    }

    fn pull(&mut self, turn: Pulled) -> CutShort {
        let (turn, handle) = abortable(turn);
        self.strands.push(turn);
        CutShort(handle)
    }

    /// Follows a topic no longer; tells whether it did.
    pub(crate) fn leave(&mut self, subject: &Subject) -> bool {
        let had = self.has(subject);
        if let Subject::Events(topic) = subject {
            self.live.unfollow(topic);
        }
        self.followed.retain(|strand| strand.subject != *subject);
        had
    }

    /// Waits for what happens next. Nothing is lost when the wait is cancelled.
    pub(crate) async fn next(&mut self) -> Result<Happening, StorageError> {
        loop {
            if let Some(happening) = self.fall_behind() {
                return Ok(happening);
            }
            // Whichever of both is ready, none waits for the other for long.
            let (number, turn) = tokio::select! {
                delivery = self.live.next() => return Ok(happening(&self.live, delivery?)),
                Some(pulled) = self.strands.next() => match pulled {
                    Ok(turn) => turn,
                    // The topic has been left.
                    Err(_) => continue,
                },
            };
            if let Some(place) = self.followed.iter().position(|strand| strand.number == number)
                && let Some(happening) = self.take(place, turn)?
            {
                return Ok(happening);
            }
        }
    }

    /// Ends what is live when the client has fallen so far behind that the log would have to be read for it.
    fn fall_behind(&mut self) -> Option<Happening> {
        if !self.live.has_fallen_behind() {
            return None;
        }
        let position = self.live.position();
        let topics: Vec<Topic> = self.live.topics().cloned().collect();
        for topic in &topics {
            self.live.unfollow(topic);
        }
        let subjects: Vec<_> = topics.into_iter().map(Subject::Events).collect();
        (!subjects.is_empty()).then_some(Happening::FellBehind(subjects, position))
    }

    /// What a strand brought, unless it is only that a replay joins what is live.
    fn take(&mut self, place: usize, turn: Turn) -> Result<Option<Happening>, StorageError> {
        let number = self.followed[place].number;
        match turn {
            Turn::Replayed(events, replayed) => match replayed? {
                None => match self.live.absorb(events) {
                    Ok(()) => drop(self.followed.swap_remove(place)),
                    // Something happened in the meantime.
                    Err(events) => self.followed[place].turn = self.pull(replay(number, *events)),
                },
                Some(delivery) => {
                    let happening = happening(&events, delivery);
                    if matches!(happening, Happening::AccessLost(_)) {
                        self.followed.swap_remove(place);
                    } else {
                        self.followed[place].position = Some(events.position());
                        self.followed[place].turn = self.pull(replay(number, events));
                    }
                    return Ok(Some(happening));
                }
            },
            Turn::Heard(listening, heard) => {
                let topic = listening.topic();
                let happening = match heard? {
                    Heard::Message(message) => Happening::Message(message),
                    Heard::Missed(count) => Happening::Missed(topic, count),
                    Heard::AccessLost => {
                        self.followed.swap_remove(place);
                        return Ok(Some(Happening::AccessLost(Subject::Ephemeral(topic))));
                    }
                    Heard::Closed => return Ok(Some(Happening::Closed)),
                };
                self.followed[place].turn = self.pull(hear(number, listening));
                return Ok(Some(happening));
            }
            Turn::Translated(events, topic, translated) => {
                let said = match translated? {
                    Translated::Said(messages) => messages,
                    Translated::Closed => return Ok(Some(Happening::Closed)),
                    Translated::FellBehind => {
                        let Strand { subject, .. } = self.followed.swap_remove(place);
                        let position = events.position();
                        return Ok(Some(Happening::FellBehind(vec![subject], position)));
                    }
                    Translated::AccessLost => {
                        let Strand { subject, .. } = self.followed.swap_remove(place);
                        return Ok(Some(Happening::AccessLost(subject)));
                    }
                };
                self.followed[place].position = Some(events.position());
                if let Some(bridge) = self.legacy.clone() {
                    self.followed[place].turn = self.pull(translate(number, events, topic, bridge));
                }
                return Ok(Some(Happening::Legacy(said)));
            }
        }
        Ok(None)
    }
}

fn translate(
    number: u64,
    mut events: LiveEvents,
    topic: LegacyTopic,
    bridge: Arc<dyn LegacyBridge>,
) -> Pulled {
    Box::pin(async move {
        let translated = next_translated(&mut events, topic, &*bridge).await;
        (number, Turn::Translated(events, topic, translated))
    })
}

async fn next_translated(
    events: &mut LiveEvents,
    topic: LegacyTopic,
    bridge: &dyn LegacyBridge,
) -> Result<Translated, StorageError> {
    loop {
        if events.has_fallen_behind() {
            return Ok(Translated::FellBehind);
        }
        match events.next().await? {
            Delivery::Event(event) => {
                let messages = legacy::of_topic(bridge, topic, &event).await?;
                if !messages.is_empty() {
                    return Ok(Translated::Said(messages));
                }
            }
            Delivery::AccessLost(_) => return Ok(Translated::AccessLost),
            Delivery::Closed => return Ok(Translated::Closed),
        }
    }
}

fn replay(number: u64, mut events: LiveEvents) -> Pulled {
    Box::pin(async move {
        let replayed = events.at_hand().await;
        (number, Turn::Replayed(events, replayed))
    })
}

fn hear(number: u64, mut listening: Listening) -> Pulled {
    Box::pin(async move {
        let heard = listening.next().await;
        (number, Turn::Heard(listening, heard))
    })
}

/// Whether a topic is for operators alone: of everybody, and of every workspace.
fn is_global(topic: &Topic) -> bool {
    match topic {
        Topic::All | Topic::Context(_) | Topic::AggregateType(..) => true,
        // Filtered event by event.
        Topic::Aggregate(..) | Topic::Workspace(_) | Topic::User(_) => false,
    }
}

fn happening(events: &LiveEvents, delivery: Delivery) -> Happening {
    match delivery {
        Delivery::Event(event) => {
            let topics = events.topics_of(&event).cloned().collect();
            Happening::Event(event, topics)
        }
        Delivery::AccessLost(id) => Happening::AccessLost(Subject::Events(Topic::Workspace(id))),
        Delivery::Closed => Happening::Closed,
    }
}

#[cfg(test)]
mod tests;
