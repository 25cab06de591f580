//! What somebody who follows the log gets next.

use std::sync::Arc;

use crate::domain::{envelope::Envelope, position::Position};

/// Some events of the log.
#[derive(Debug)]
pub(crate) struct FeedPage {
    /// The wanted events, in order.
    pub(crate) events: Vec<Arc<Envelope>>,
    /// There is nothing else that is wanted up to here.
    pub(crate) reached: Position,
    /// Nor is there anything behind it yet.
    pub(crate) is_last: bool,
}

impl FeedPage {
    pub(super) fn behind(after: Position) -> Self {
        Self { events: Vec::new(), reached: after, is_last: false }
    }

    /// Adds those that are wanted of all that there are up to `end`; whether there is room for more.
    pub(super) fn take(
        &mut self,
        events: impl Iterator<Item = Arc<Envelope>>,
        limit: usize,
        wanted: &dyn Fn(&Envelope) -> bool,
        end: Position,
    ) -> bool {
        for event in events.filter(|event| wanted(event)) {
            self.reached = event.position;
            self.events.push(event);
            if self.events.len() == limit {
                return false;
            }
        }
        self.reached = end;
        true
    }
}
