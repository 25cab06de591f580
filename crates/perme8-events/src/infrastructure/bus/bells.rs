//! Who is woken by which event: whoever follows a topic has a bell there, and everybody else sleeps on.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use tokio::sync::Notify;

use crate::domain::{envelope::Envelope, position::Position, topic::Topic};

/// Rung by events, heard by one listener; it remembers the first event that rang since somebody last listened.
#[derive(Default)]
pub(crate) struct Bell {
    /// The position of that event; 0 is before the first one, hence silence.
    first: AtomicI64,
    rung: Notify,
    /// Which events ring it; every one if nothing is said.
    wanted: Option<Wanted>,
}

/// Whether an event matters to somebody.
type Wanted = Box<dyn Fn(&Envelope) -> bool + Send + Sync>;

impl Bell {
    /// A bell that some of the events ring.
    pub(crate) fn of(wanted: impl Fn(&Envelope) -> bool + Send + Sync + 'static) -> Self {
        Self { wanted: Some(Box::new(wanted)), ..Self::default() }
    }

    fn is_rung_by(&self, event: &Envelope) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted(event))
    }

    /// The first event that rang, if any did.
    pub(crate) fn first(&self) -> Option<Position> {
        rang_at(self.first.load(Ordering::Acquire))
    }

    /// The same, and the bell is silent from now on.
    pub(crate) fn take(&self) -> Option<Position> {
        rang_at(self.first.swap(0, Ordering::AcqRel))
    }

    /// Waits until the bell rings, or did since the last wait.
    pub(crate) async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Rings as if for the event at `position`, also when a later one was the first.
    pub(crate) fn ring(&self, position: Position) {
        let earlier = |first: i64| {
            let has_rung = (1..=position.number()).contains(&first);
            (!has_rung).then_some(position.number())
        };
        // An error says that this event or an earlier one rang already.
        let _ = self.first.fetch_update(Ordering::AcqRel, Ordering::Acquire, earlier);
        self.rung.notify_one();
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").field("first", &self.first()).finish_non_exhaustive()
    }
}

fn rang_at(first: i64) -> Option<Position> {
    (first != 0).then(|| Position::new(first))
}

/// The bells of everybody who follows something on this node.
#[derive(Debug, Default)]
pub(crate) struct Bells {
    by_topic: RwLock<HashMap<Topic, Vec<Arc<Bell>>>>,
}

impl Bells {
    /// Rings for each event wherever somebody follows one of its topics.
    pub(crate) fn ring(&self, events: &[Envelope]) {
        let by_topic = self.by_topic.read().unwrap_or_else(PoisonError::into_inner);
        if by_topic.is_empty() {
            return;
        }
        for event in events {
            for topic in Topic::of(event) {
                let bells = by_topic.get(&topic).into_iter().flatten();
                for bell in bells.filter(|bell| bell.is_rung_by(event)) {
                    bell.ring(event.position);
                }
            }
        }
    }

    fn hang(&self, topic: Topic, bell: Arc<Bell>) {
        let mut by_topic = self.by_topic.write().unwrap_or_else(PoisonError::into_inner);
        by_topic.entry(topic).or_default().push(bell);
    }

    fn take_down(&self, topic: &Topic, bell: &Arc<Bell>) {
        let mut by_topic = self.by_topic.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(bells) = by_topic.get_mut(topic) {
            // One of them: whoever names a topic twice has two.
            if let Some(place) = bells.iter().position(|other| Arc::ptr_eq(other, bell)) {
                bells.swap_remove(place);
            }
            if bells.is_empty() {
                by_topic.remove(topic);
            }
        }
    }
}

/// A bell at a topic; it is taken down when this is dropped.
#[derive(Debug)]
pub(crate) struct Hung {
    bells: Arc<Bells>,
    topic: Topic,
    bell: Arc<Bell>,
}

impl Hung {
    pub(crate) fn new(bells: &Arc<Bells>, topic: Topic, bell: &Arc<Bell>) -> Self {
        bells.hang(topic.clone(), Arc::clone(bell));
        Self { bells: Arc::clone(bells), topic, bell: Arc::clone(bell) }
    }

    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        self.bells.take_down(&self.topic, &self.bell);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::{actor::Actor, core_events::PersonForgotten, id::UserId},
        testing,
    };

    #[test]
    fn a_bell_remembers_the_first_event_only() {
        let bell = Bell::default();
        assert_eq!(bell.take(), None);
        for position in [7, 9, 8] {
            bell.ring(Position::new(position));
        }
        assert_eq!(bell.first(), Some(Position::new(7)));
        bell.ring(Position::new(3));
        assert_eq!(bell.take(), Some(Position::new(3)));
        assert_eq!(bell.first(), None);
    }

    #[test]
    fn a_topic_that_nobody_follows_any_more_is_forgotten() {
        let (bells, bell) = (Arc::new(Bells::default()), Arc::new(Bell::default()));
        let twice = [(); 2].map(|()| Hung::new(&bells, Topic::All, &bell));
        let held = || bells.by_topic.read().unwrap().get(&Topic::All).map_or(0, Vec::len);
        assert_eq!(held(), 2);
        let [one, other] = twice;
        drop(one);
        assert_eq!(held(), 1);
        drop(other);
        assert!(bells.by_topic.read().unwrap().is_empty());
    }

    fn event(position: i64) -> Envelope {
        let user_id = UserId::new(Uuid::from_u128(1));
        let event = PersonForgotten { user_id, for_good: true, operator: None };
        testing::envelope(position, Actor::Anonymous, &event)
    }

    #[test]
    fn events_ring_where_somebody_follows_them_and_wants_them() {
        let bells = Arc::new(Bells::default());
        let late = |event: &Envelope| event.position > Position::new(7);
        let [every, some, other] = [Bell::default(), Bell::of(late), Bell::default()].map(Arc::new);
        let elsewhere = Topic::Context("identity".to_owned());
        let _hung = [
            Hung::new(&bells, Topic::All, &every),
            Hung::new(&bells, Topic::All, &some),
            Hung::new(&bells, elsewhere, &other),
        ];
        bells.ring(&[event(7), event(8)]);
        let rang = [&every, &some, &other].map(|bell| bell.first().map(Position::number));
        assert_eq!(rang, [Some(7), Some(8), None]);
        assert!(format!("{every:?}").contains('7'), "{every:?}");
    }

    #[test]
    fn whoever_listens_is_woken_once_for_all_that_rang_since() {
        let bell = Bell::default();
        assert_eq!(bell.rung().now_or_never(), None);
        bell.ring(Position::new(7));
        bell.ring(Position::new(8));
        assert_eq!(bell.rung().now_or_never(), Some(()));
        assert_eq!(bell.rung().now_or_never(), None);
    }
}
