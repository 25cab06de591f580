//! What a handler must have done after a history: a log, what is set aside of each key, and nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Every so many numbers there is one that fails.
const POISONED: i64 = 4;

/// Whether an event fails until it is mended.
pub(crate) fn is_poisoned(number: i64) -> bool {
    number % POISONED == 0
}

/// A handler that is always idle, as a sequence of simple facts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Oracle {
    /// What was committed: the account and the number of each event, in order.
    pub(crate) log: Vec<(i64, i64)>,
    /// What does not fail any more.
    pub(crate) mended: BTreeSet<i64>,
    /// What is set aside of each account, in order; the first is a dead letter.
    pub(crate) waiting: BTreeMap<i64, VecDeque<i64>>,
    /// What was handled of each account, in order, as often as that was.
    pub(crate) effects: BTreeMap<i64, Vec<i64>>,
}

impl Oracle {
    fn fails(&self, number: i64) -> bool {
        is_poisoned(number) && !self.mended.contains(&number)
    }

    /// Something was committed, and is delivered.
    pub(crate) fn commit(&mut self, account: i64, number: i64) {
        self.log.push((account, number));
        self.deliver(account, number);
    }

    fn deliver(&mut self, account: i64, number: i64) {
        let fails = self.fails(number);
        if fails || self.waiting.contains_key(&account) {
            self.waiting.entry(account).or_default().push_back(number);
        } else {
            self.effects.entry(account).or_default().push(number);
        }
    }

    /// Tries what is set aside of an account, as far as it goes.
    fn try_again(&mut self, account: i64) {
        let Some(mut waiting) = self.waiting.remove(&account) else { return };
        while let Some(number) = waiting.pop_front() {
            if self.fails(number) {
                waiting.push_front(number);
                break;
            }
            self.effects.entry(account).or_default().push(number);
        }
        if !waiting.is_empty() {
            self.waiting.insert(account, waiting);
        }
    }

    /// The dead letters, by account.
    pub(crate) fn dead(&self) -> Vec<(i64, i64)> {
        let heads = self.waiting.iter();
        heads.filter_map(|(account, waiting)| Some((*account, *waiting.front()?))).collect()
    }

    /// Whatever is a dead letter now would not fail again.
    pub(crate) fn mend(&mut self) {
        let dead = self.dead();
        self.mended.extend(dead.into_iter().map(|(_, number)| number));
    }

    pub(crate) fn retry_all(&mut self) {
        for (account, _) in self.dead() {
            self.try_again(account);
        }
    }

    /// Gives up the dead letter of an account, alone or with what waits behind it.
    pub(crate) fn discard(&mut self, account: i64, with_waiting: bool) {
        if with_waiting {
            self.waiting.remove(&account);
        } else if let Some(waiting) = self.waiting.get_mut(&account) {
            waiting.pop_front();
            self.try_again(account);
        }
    }

    /// Everything of an account once more.
    pub(crate) fn replay(&mut self, account: i64) {
        let all = self.log.iter().filter(|(of, _)| *of == account).map(|(_, number)| *number);
        self.waiting.insert(account, all.collect());
        self.try_again(account);
    }

    /// Everything behind the first `kept` events once more.
    pub(crate) fn rewind(&mut self, kept: usize) {
        let again = self.log.split_off(kept.min(self.log.len()));
        let stays: BTreeSet<i64> = self.log.iter().map(|(_, number)| *number).collect();
        self.waiting.retain(|_, waiting| {
            waiting.retain(|number| stays.contains(number));
            !waiting.is_empty()
        });
        for (account, number) in again {
            self.commit(account, number);
        }
    }
}

#[test]
fn what_follows_a_dead_letter_waits_until_that_is_mended_and_tried_again() {
    let mut oracle = Oracle::default();
    for (account, number) in [(1, 3), (1, 4), (1, 5), (2, 6)] {
        oracle.commit(account, number);
    }
    assert_eq!(
        (oracle.effects[&1].as_slice(), oracle.effects[&2].as_slice()),
        (&[3][..], &[6][..])
    );
    oracle.retry_all();
    assert_eq!(oracle.dead(), [(1, 4)], "it fails again");
    oracle.mend();
    oracle.retry_all();
    assert_eq!(oracle.effects[&1], [3, 4, 5]);
    assert!(oracle.waiting.is_empty());
}

#[test]
fn a_rewind_keeps_back_what_waits_behind_something_older() {
    let mut oracle = Oracle::default();
    for number in 3..7 {
        oracle.commit(1, number);
    }
    oracle.rewind(2);
    assert_eq!(oracle.waiting[&1], [4, 5, 6], "the dead letter is older than the place");
    oracle.rewind(0);
    assert_eq!((oracle.effects[&1].as_slice(), oracle.dead()), (&[3, 3][..], vec![(1, 4)]));
    oracle.discard(1, false);
    oracle.replay(1);
    assert_eq!(oracle.effects[&1], [3, 3, 5, 6, 3], "a replay comes to what was given up");
    oracle.discard(1, true);
    assert!(oracle.waiting.is_empty());
}
