//! Fair shares between tenants: whose events step aside while others wait, and whose turn it is among those that have.
//!
//! Nothing in here does I/O. A tenant floods a lane when it has more than its share of what the lane has read ahead; what is
//! beyond the share steps aside as long as somebody else waits behind it. What has stepped aside is caught up in turns, one
//! tenant after the other, each in the order of the log.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
    sync::Arc,
};

use uuid::Uuid;

use crate::domain::id::WorkspaceId;

/// Of a batch, one tenant's events are let through up to this part, while others wait.
const SHARE: usize = 5;
/// A tenant floods that has more than this part of what was read ahead, so at most three do at a time, and a backlog to
/// which many contribute is delivered as it comes.
const FLOOD: usize = 4;
/// While there is something new, so small a part of a batch is caught up at once.
const BESIDE: usize = 8;
/// While so many events of a partition stand aside, nothing new is taken: the others wait again, but nothing grows.
pub(crate) const MOST_ASIDE: usize = 100_000;

/// How many events of one tenant are let through together, while others wait.
pub(crate) fn share(batch: usize) -> usize {
    (batch / SHARE).max(1)
}

/// How many events are caught up at once.
pub(crate) fn caught_up(batch: usize, as_a_whole: bool) -> usize {
    if as_a_whole { batch.max(1) } else { batch.div_ceil(BESIDE).max(1) }
}

/// The tenants that have far more than their share of what was read ahead. What belongs to no tenant floods nobody.
pub(crate) fn flooding<T: Copy + Eq + Hash>(ahead: &[Option<T>], share: usize) -> HashSet<T> {
    let mut counts = HashMap::<T, usize>::new();
    for tenant in ahead.iter().flatten() {
        *counts.entry(*tenant).or_default() += 1;
    }
    let floods = |count: usize| count > share && count * FLOOD > ahead.len();
    counts.into_iter().filter(|(_, count)| floods(*count)).map(|(tenant, _)| tenant).collect()
}

/// Which events step aside: those of flooding tenants beyond their share that somebody else waits behind.
///
/// `waits_beyond` says whether somebody else waits behind all of them.
pub(crate) fn steps_aside<T: Copy + Eq + Hash>(
    ahead: &[Option<T>],
    flooding: &HashSet<T>,
    share: usize,
    waits_beyond: bool,
) -> Vec<bool> {
    let floods = |tenant: Option<T>| tenant.is_some_and(|of| flooding.contains(&of));
    let last_that_waits = if waits_beyond {
        Some(ahead.len())
    } else {
        ahead.iter().copied().rposition(|tenant| !floods(tenant))
    };
    let mut let_through = HashMap::<T, usize>::new();
    let steps = |(index, tenant): (usize, Option<T>)| {
        let Some(tenant) = tenant.filter(|of| flooding.contains(of)) else { return false };
        let through = let_through.entry(tenant).or_default();
        *through += 1;
        last_that_waits.is_some_and(|last| index <= last) && *through > share
    };
    ahead.iter().copied().enumerate().map(steps).collect()
}

/// What has stepped aside before: the position, the key and the workspace of an event.
pub(crate) type Before = (i64, String, Option<Uuid>);

/// Whose events have stepped aside and wait for their turn.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    /// In the order of their turns.
    queues: VecDeque<Queue<T>>,
    /// How many wait of each key.
    keys: HashMap<Arc<str>, usize>,
    len: usize,
}

#[derive(Debug)]
struct Queue<T> {
    tenant: Option<T>,
    waiting: VecDeque<(i64, Arc<str>)>,
}

impl<T: Copy + Eq> Turns<T> {
    pub(crate) fn new() -> Self {
        Self { queues: VecDeque::new(), keys: HashMap::new(), len: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether an event of this key waits, so that later ones have to as well.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Lets an event wait that comes behind all that the tenant has waiting.
    pub(crate) fn add(&mut self, tenant: Option<T>, position: i64, key: &str) {
        let key =
            self.keys.get_key_value(key).map_or_else(|| key.into(), |(key, _)| Arc::clone(key));
        *self.keys.entry(Arc::clone(&key)).or_default() += 1;
        self.len += 1;
        if let Some(queue) = self.queues.iter_mut().find(|queue| queue.tenant == tenant) {
            queue.waiting.push_back((position, key));
        } else {
            self.queues.push_back(Queue { tenant, waiting: VecDeque::from([(position, key)]) });
        }
    }

    /// The first events of the tenant whose turn it is; they go on waiting until they are [taken](Self::take).
    pub(crate) fn next(&self, limit: usize) -> Vec<(i64, Arc<str>)> {
        let Some(queue) = self.queues.front() else { return Vec::new() };
        queue.waiting.iter().take(limit).cloned().collect()
    }

    /// Ends the turn: the first `count` events of the tenant wait no longer, and the next tenant's turn begins.
    pub(crate) fn take(&mut self, count: usize) {
        let Some(mut queue) = self.queues.pop_front() else { return };
        for (_, key) in queue.waiting.drain(..count.min(queue.waiting.len())) {
            self.len -= 1;
            if let Some(waiting) = self.keys.get_mut(&key) {
                *waiting -= 1;
                if *waiting == 0 {
                    self.keys.remove(&key);
                }
            }
        }
        if !queue.waiting.is_empty() {
            self.queues.push_back(queue);
        }
    }
}

impl Turns<WorkspaceId> {
    /// Of what has stepped aside before, in the order of the log.
    pub(crate) fn of(aside: Vec<Before>) -> Self {
        let mut turns = Self::new();
        for (position, key, workspace) in aside {
            turns.add(workspace.map(WorkspaceId::new), position, &key);
        }
        turns
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Letters are tenants, a dot is nobody; what steps aside is in brackets.
    fn check(ahead: &str, share: usize, waits_beyond: bool) -> String {
        let tenants: Vec<_> = ahead.chars().map(|c| (c != '.').then_some(c)).collect();
        let flooding = flooding(&tenants, share);
        let aside = steps_aside(&tenants, &flooding, share, waits_beyond);
        let shown = ahead.chars().zip(aside);
        shown.map(|(c, aside)| if aside { format!("[{c}]") } else { c.to_string() }).collect()
    }

    #[test]
    fn a_share_is_a_part_of_a_batch_and_never_nothing() {
        for (batch, shares) in
            [(0, [1, 1, 1]), (4, [1, 4, 1]), (50, [10, 50, 7]), (80, [16, 80, 10])]
        {
            let all = [share(batch), caught_up(batch, true), caught_up(batch, false)];
            assert_eq!(all, shares, "of {batch}");
        }
    }

    #[test]
    fn a_flood_steps_aside_for_whoever_waits_behind_it() {
        assert_eq!(check("aaaaaabaaa", 2, false), "aa[a][a][a][a]baaa");
        assert_eq!(check("aaaaaa.aaa", 2, false), "aa[a][a][a][a].aaa");
        assert_eq!(check("aaaabcdefg", 1, false), "a[a][a][a]bcdefg");
    }

    #[test]
    fn whoever_keeps_to_the_share_does_not_flood() {
        assert_eq!(check("aaaaabb", 2, false), "aa[a][a][a]bb");
        assert_eq!(check("aabb", 2, true), "aabb");
    }

    #[test]
    fn a_flood_that_nobody_waits_behind_is_delivered_as_it_comes() {
        assert_eq!(check("aaaaaa", 2, false), "aaaaaa");
        assert_eq!(check("baaaaa", 2, false), "baaaaa");
        assert_eq!(check("aaaaaa", 2, true), "aa[a][a][a][a]");
    }

    #[test]
    fn nobody_floods_a_backlog_to_which_many_contribute() {
        assert_eq!(check("abcdeabcdeabcde", 1, true), "abcdeabcdeabcde");
        assert_eq!(check("abcdabcd", 1, true), "abcdabcd");
        assert_eq!(check("........", 1, true), "........");
    }

    #[test]
    fn tenants_take_turns_whatever_they_have_waiting() {
        let mut turns = Turns::new();
        for position in 1..=5 {
            turns.add(Some('a'), position, "key");
        }
        turns.add(Some('b'), 6, "other");
        assert_eq!(positions(&turns, 2), [1, 2]);
        turns.take(2);
        assert!(turns.holds("other"));
        assert_eq!(positions(&turns, 2), [6]);
        turns.take(1);
        assert!(!turns.holds("other"));
        assert_eq!((positions(&turns, 9), turns.len()), (vec![3, 4, 5], 3));
        turns.take(3);
        assert!(turns.is_empty() && !turns.holds("key"));
    }

    fn positions(turns: &Turns<char>, limit: usize) -> Vec<i64> {
        turns.next(limit).into_iter().map(|(position, _)| position).collect()
    }

    /// What a lane does with a log, in the words of this module; the order in which events are handled.
    fn deliver(log: &[(u8, u8)], batch: usize) -> Vec<usize> {
        let (mut turns, mut handled, mut at, mut rounds) = (Turns::new(), Vec::new(), 0, 0);
        let key = |index: usize| log[index].1.to_string();
        while at < log.len() || !turns.is_empty() {
            rounds += 1;
            assert!(rounds <= 2 * log.len(), "each round looks at an event, or handles one");
            let ahead: Vec<_> = log[at..].iter().map(|(tenant, _)| Some(*tenant)).collect();
            let flooding = flooding(&ahead, share(batch));
            let aside = steps_aside(&ahead, &flooding, share(batch), false);
            let mut kept = 0;
            for aside in aside {
                if !aside && kept == batch {
                    break;
                }
                kept += usize::from(!aside);
                if aside || turns.holds(&key(at)) {
                    turns.add(Some(log[at].0), i64::try_from(at).unwrap(), &key(at));
                } else {
                    handled.push(at);
                }
                at += 1;
            }
            let turn = turns.next(caught_up(batch, at == log.len()));
            handled.extend(turn.iter().map(|(position, _)| usize::try_from(*position).unwrap()));
            turns.take(turn.len());
        }
        handled
    }

    proptest! {
        /// Keys are those of one tenant here; of keys that several share, the rows tell what waits before what.
        #[test]
        fn every_event_is_handled_once_and_in_the_order_of_its_key(
            log in prop::collection::vec((prop_oneof![8 => Just(0_u8), 1 => 1_u8..4], 0_u8..3), 0..300),
            batch in 1_usize..60,
        ) {
            let log: Vec<_> = log.into_iter().map(|(tenant, key)| (tenant, tenant * 8 + key)).collect();
            let handled = deliver(&log, batch);
            let mut by_key = BTreeMap::<u8, Vec<usize>>::new();
            for index in &handled {
                by_key.entry(log[*index].1).or_default().push(*index);
            }
            for (key, indices) in by_key {
                prop_assert!(indices.is_sorted(), "{key}: {indices:?}");
            }
            let mut all = handled;
            all.sort_unstable();
            prop_assert_eq!(all, (0..log.len()).collect::<Vec<_>>());
        }

        #[test]
        fn nobody_starves_whoever_else_has_events_waiting(
            counts in prop::collection::vec(1_i64..400, 1..6),
            limit in 1_usize..20,
        ) {
            let mut turns = Turns::new();
            for (tenant, count) in counts.iter().enumerate() {
                for n in 0..*count {
                    turns.add(Some(tenant), n, &tenant.to_string());
                }
            }
            let mut rounds = 0_usize;
            while !turns.is_empty() {
                let taken = turns.next(limit).len();
                turns.take(taken);
                rounds += 1;
                prop_assert!(taken > 0 && rounds <= 6 * 400, "each round takes something");
                for (tenant, count) in counts.iter().enumerate() {
                    let needed = usize::try_from(*count).unwrap().div_ceil(limit) * counts.len();
                    prop_assert!(rounds < needed || !turns.holds(&tenant.to_string()));
                }
            }
        }

        #[test]
        fn whoever_does_not_flood_never_steps_aside(
            ahead in prop::collection::vec(prop::option::weighted(0.9, 0_u8..6), 0..200),
            share in 1_usize..20,
            waits_beyond: bool,
        ) {
            let flooding = flooding(&ahead, share);
            let aside = steps_aside(&ahead, &flooding, share, waits_beyond);
            prop_assert_eq!(aside.len(), ahead.len());
            for (tenant, aside) in ahead.iter().zip(aside) {
                prop_assert!(!aside || tenant.is_some_and(|of| flooding.contains(&of)));
            }
        }
    }
}
