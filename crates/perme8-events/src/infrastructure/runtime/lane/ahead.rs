//! What a lane has read ahead: which of it is delivered next, and what is done with it.

use std::sync::Arc;

use super::Lane;
use crate::{
    domain::{envelope::Envelope, error::StorageError, id::WorkspaceId, position::Position},
    infrastructure::runtime::{Outcome, buckets::bucket, deliveries::Key, erased, fairness},
};

/// So many wanted events are read ahead, or a batch if that is larger.
const READ_AHEAD: usize = 500;

/// An event, and whether it steps aside.
pub(super) type Taken = (Arc<Envelope>, bool);

/// What is done with an event.
pub(super) struct Delivery {
    pub(super) event: Arc<Envelope>,
    pub(super) key: String,
    pub(super) fate: Fate,
}

/// Whether it is handled now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Handled,
    /// It waits behind an earlier failure of its key.
    Parked,
    /// It steps aside for other tenants.
    Aside,
}

impl Delivery {
    pub(super) fn key(&self) -> Key<'_> {
        Key { text: &self.key, bucket: bucket(&self.key), event: &self.event }
    }
}

impl Lane {
    /// The next events that are delivered together, and how far the lane has come with them.
    pub(super) async fn take(&mut self) -> Result<(Vec<Taken>, Position), StorageError> {
        if self.ahead.is_empty() {
            let wanted = |event: &Envelope| self.wants(event);
            let limit = READ_AHEAD.max(self.handler.options().batch);
            let page = self.context.feed.next(self.position, limit, &wanted, self.since).await?;
            self.ahead.extend(page.events);
            self.read_to = page.reached;
        }
        let alone = self.position < self.one_by_one_until;
        let limit = if alone { 1 } else { self.handler.options().batch.max(1) };
        let (mut events, mut kept) = (Vec::new(), 0);
        for aside in self.steps_aside() {
            // What steps aside costs little, and fails nobody.
            let has_room = if aside {
                !(alone && kept > 0)
            } else {
                kept < limit && (!alone || events.is_empty())
            };
            if !has_room {
                break;
            }
            kept += usize::from(!aside);
            events.extend(self.ahead.pop_front().map(|event| (event, aside)));
        }
        let reached = match events.last() {
            Some((last, _)) if !self.ahead.is_empty() => last.position,
            _ => self.read_to,
        };
        Ok((events, reached))
    }

    /// Which of the events that were read ahead step aside.
    fn steps_aside(&self) -> Vec<bool> {
        let batch = self.handler.options().batch;
        // Nobody waits for a read model that is being rebuilt.
        let has_room = self.turns.len() < self.context.most_aside;
        let is_fair = has_room && self.handler.builds().is_none();
        if !is_fair || self.ahead.len() <= batch {
            return vec![false; self.ahead.len()];
        }
        let tenants: Vec<_> = self.ahead.iter().map(|event| event.workspace_id).collect();
        let share = fairness::share(batch);
        let flooding = fairness::flooding(&tenants, share);
        let is_other =
            |tenant: Option<WorkspaceId>| !tenant.is_some_and(|of| flooding.contains(&of));
        let waits = |event: &Envelope| is_other(event.workspace_id) && self.wants(event);
        let waits_beyond = !flooding.is_empty() && self.context.feed.holds(self.read_to, waits);
        fairness::steps_aside(&tenants, &flooding, share, waits_beyond)
    }

    /// What is done with an event that follows `earlier` ones in the same transaction.
    pub(super) async fn plan(
        &mut self,
        event: Arc<Envelope>,
        aside: bool,
        earlier: &[Delivery],
    ) -> Result<Delivery, StorageError> {
        let key = erased::key(&self.handler, &event);
        if aside || self.turns.holds(&key) {
            return Ok(Delivery { event, key, fate: Fate::Aside });
        }
        // An operator may unblock the key at any moment, but not between two events of one transaction.
        let before = earlier.iter().find(|other| other.fate != Fate::Handled && other.key == key);
        if let Some(fate) = before.map(|other| other.fate) {
            return Ok(Delivery { event, key, fate });
        }
        let mut fate = Fate::Handled;
        if self.context.sequenced && self.blocked.contains(&key) {
            if self.context.db.is_set_aside(self.handler.name(), &key).await? {
                fate = Fate::Parked;
            } else {
                self.blocked.remove(&key);
            }
        }
        Ok(Delivery { event, key, fate })
    }

    /// Remembers and tells what was done with an event.
    pub(super) fn note(&mut self, delivery: &Delivery) {
        let Delivery { event, key, fate } = delivery;
        let outcome = match fate {
            Fate::Handled => Outcome::Handled,
            Fate::Parked => Outcome::Parked,
            Fate::Aside => {
                self.turns.add(event.workspace_id, event.position.number(), key);
                Outcome::Aside
            }
        };
        self.tell(event, outcome);
    }
}
