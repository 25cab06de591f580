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

    pub(super) fn extend(&mut self, events: Vec<Envelope>) {
        // These were read after somebody was forgotten; of those of before, whoever wants them reads them anew.
        if events.iter().any(|event| event.event_type == PersonForgotten::TYPE)
            && let Some(last) = self.events.back()
        {
            self.after = last.position;
            self.events.clear();
            self.bytes = 0;
        }
        for event in events {
            self.bytes += event.data.get().len();
            self.events.push_back(Arc::new(event));
        }
        while self.events.len() > WINDOW || self.bytes > WINDOW_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.data.get().len();
            self.after = oldest.position;
        }
    }
}
