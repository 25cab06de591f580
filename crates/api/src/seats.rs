//! How many streams and sockets each person has open on this node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use perme8_events::UserId;

/// What is open, counted by person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seats(Arc<Mutex<HashMap<UserId, usize>>>);

/// Counts as an open stream or socket of a person until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    person: UserId,
}

impl Seats {
    /// One more of this person, unless there are as many as there may be.
    pub(crate) fn take(&self, person: UserId, most: usize) -> Option<Seat> {
        let mut taken = self.taken();
        let open = taken.get(&person).copied().unwrap_or(0);
        if open >= most {
            return None;
        }
        taken.insert(person, open + 1);
        Some(Seat { seats: self.clone(), person })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        // Nothing panics between a read and a write of a count.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(open) = taken.get_mut(&self.person) {
            *open -= 1;
            if *open == 0 {
                // Who has left takes no memory.
                taken.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u128) -> UserId {
        UserId::new(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn a_seat_is_free_again_when_its_connection_is_gone() {
        let seats = Seats::default();
        let (first, second) = (seats.take(person(1), 2), seats.take(person(1), 2));
        assert!(first.is_some() && second.is_some());
        assert!(seats.take(person(1), 2).is_none());
        assert!(seats.take(person(2), 2).is_some());
        drop(first);
        let again = seats.take(person(1), 2);
        assert!(again.is_some());
        drop((second, again));
        assert!(seats.taken().is_empty());
    }
}
