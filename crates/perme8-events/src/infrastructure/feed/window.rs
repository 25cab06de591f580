//! The last events of the log, as a node remembers them.

use std::{collections::VecDeque, sync::Arc};

use crate::domain::{
    core_events::PersonForgotten, envelope::Envelope, event::DomainEvent as _, position::Position,
};

/// So many events stay in memory, and as long as they are not larger than this together.
const WINDOW: usize = 4096;
const WINDOW_BYTES: usize = 64 * 1024 * 1024;

/// The events behind `after`, up to the settled position.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) after: Position,
    pub(super) events: VecDeque<Arc<Envelope>>,
    bytes: usize,
}

impl Window {
    /// An empty one.
    pub(super) const fn behind(after: Position) -> Self {
        Self { after, events: VecDeque::new(), bytes: 0 }
    }

    /// Remembers these as well; whether somebody has been forgotten since others were read.
    pub(super) fn extend(&mut self, events: Vec<Envelope>) -> bool {
        let tell_of_forgetting =
            events.iter().any(|event| event.event_type == PersonForgotten::TYPE);
        // These were read after somebody was forgotten; of those of before, whoever wants them reads them anew.
        if tell_of_forgetting && let Some(last) = self.events.back() {
            self.after = last.position;
            self.events.clear();
            self.bytes = 0;
        }
        for event in events {
            self.bytes += event.data.get().len();
            self.events.push_back(Arc::new(event));
        }
        while self.events.len() > WINDOW || self.bytes > WINDOW_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.data.get().len();
            self.after = oldest.position;
        }
        tell_of_forgetting
    }
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use chrono::DateTime;
    use serde_json::value::RawValue;
    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::{actor::Actor, core_events::TimerFired, id::UserId},
        testing,
    };

    fn events(positions: RangeInclusive<i64>, data: &str) -> Vec<Envelope> {
        let [owner, instance, timer] = ["mail.greeter", "ada", "late"].map(str::to_owned);
        let event = TimerFired { owner, instance, timer, due_at: DateTime::UNIX_EPOCH };
        let event = testing::envelope(1, Actor::Anonymous, &event);
        let data = RawValue::from_string(data.to_owned()).unwrap();
        let at = |n| Envelope { position: Position::new(n), data: data.clone(), ..event.clone() };
        positions.map(at).collect()
    }

    fn remembered(window: &Window) -> (i64, usize) {
        (window.after.number(), window.events.len())
    }

    #[test]
    fn the_last_events_are_remembered() {
        let mut window = Window::behind(Position::START);
        window.extend(events(1..=4096, "1"));
        assert_eq!(remembered(&window), (0, 4096));
        window.extend(events(4097..=4099, "1"));
        assert_eq!(remembered(&window), (3, 4096));
    }

    #[test]
    fn large_events_are_remembered_for_a_shorter_time() {
        const MIB: usize = 1024 * 1024;
        let large = format!("\"{}\"", "x".repeat(MIB - 2));
        let mut window = Window::behind(Position::START);
        window.extend(events(1..=64, &large));
        assert_eq!(remembered(&window), (0, 64));
        window.extend(events(65..=66, &large));
        assert_eq!((remembered(&window), window.bytes), ((2, 64), 64 * MIB));
    }

    #[test]
    fn what_was_read_before_somebody_was_forgotten_is_read_anew() {
        let mut window = Window::behind(Position::START);
        window.extend(events(1..=3, "1"));
        let user_id = UserId::new(Uuid::from_u128(1));
        let forgotten = PersonForgotten { user_id, for_good: true, operator: None };
        let mut later = events(4..=4, "1");
        later.push(testing::envelope(5, Actor::Anonymous, &forgotten));
        let bytes: usize = later.iter().map(|event| event.data.get().len()).sum();
        window.extend(later);
        assert_eq!((remembered(&window), window.bytes), ((3, 2), bytes));
    }
}
