//! Does many things of one kind on every core there is.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// What `work` makes of each of `items`, in their order.
pub(crate) fn map<I: Sync, O: Send>(items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, O>> = Mutex::default();
    let take = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let output = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(index, output);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..cores.min(items.len()) {
            scope.spawn(take);
        }
        take();
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_what_they_are_made_of() {
        let items: Vec<usize> = (0..100).collect();
        assert_eq!(map(&items, |item| item * 2), (0..200).step_by(2).collect::<Vec<_>>());
        assert!(map(&[], |item: &usize| *item).is_empty());
    }
}
