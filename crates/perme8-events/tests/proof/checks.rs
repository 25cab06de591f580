//! What was promised, what arrived, and the difference.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, PoisonError},
};

use perme8_events::Envelope;

use crate::world::{AccountMoved, END};

/// What became of the events that writers tried to append.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// The commit was acknowledged: everybody must see them.
    acknowledged: BTreeSet<i64>,
    /// Rolled back: nobody may ever see them.
    withdrawn: BTreeSet<i64>,
    /// Nobody knows, because the connection broke or the future was dropped: once or never.
    in_doubt: BTreeSet<i64>,
}

impl Ledger {
    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn acknowledged(&self, numbers: impl IntoIterator<Item = i64>) {
        self.entries().acknowledged.extend(numbers);
    }

    pub(crate) fn withdrawn(&self, numbers: impl IntoIterator<Item = i64>) {
        self.entries().withdrawn.extend(numbers);
    }

    pub(crate) fn in_doubt(&self, numbers: impl IntoIterator<Item = i64>) {
        self.entries().in_doubt.extend(numbers);
    }

    /// What has been acknowledged so far.
    pub(crate) fn so_far(&self) -> BTreeSet<i64> {
        self.entries().acknowledged.clone()
    }

    /// Compares with what arrived somewhere.
    pub(crate) fn compare(&self, arrived: &[i64]) -> Verdict {
        let entries = self.entries();
        let mut times = BTreeMap::<i64, usize>::new();
        for number in arrived.iter().filter(|number| **number != END) {
            *times.entry(*number).or_default() += 1;
        }
        let known = |number: &i64| {
            entries.acknowledged.contains(number) || entries.in_doubt.contains(number)
        };
        Verdict {
            acknowledged: entries.acknowledged.len(),
            rolled_back: entries.withdrawn.len(),
            in_doubt: entries.in_doubt.len(),
            lost: entries
                .acknowledged
                .iter()
                .filter(|number| !times.contains_key(number))
                .copied()
                .collect(),
            twice: times
                .iter()
                .filter(|(_, times)| **times > 1)
                .map(|(number, _)| *number)
                .collect(),
            risen: times.keys().filter(|number| !known(number)).copied().collect(),
        }
    }
}

/// What is wrong with what arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    acknowledged: usize,
    rolled_back: usize,
    in_doubt: usize,
    /// Acknowledged, but did not arrive.
    pub(crate) lost: Vec<i64>,
    /// Arrived more than once.
    pub(crate) twice: Vec<i64>,
    /// Arrived although it was rolled back.
    pub(crate) risen: Vec<i64>,
}

impl Verdict {
    pub(crate) fn is_faultless(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.risen.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, rolled_back, in_doubt, lost, twice, risen } = self;
        write!(
            f,
            "{acknowledged} acknowledged, {rolled_back} rolled back, {in_doubt} in doubt: \
             {} lost, {} twice, {} risen",
            lost.len(),
            twice.len(),
            risen.len()
        )?;
        match lost.first().or(twice.first()).or(risen.first()) {
            Some(number) => write!(f, " (for example {number})"),
            None => Ok(()),
        }
    }
}

/// Whether the events of each account come step by step.
#[derive(Debug, Default)]
pub(crate) struct Order {
    heads: BTreeMap<i64, i64>,
    seen: usize,
    wrong: usize,
}

impl Order {
    /// How many events there were, and how many did not directly follow the one before.
    pub(crate) fn of(moves: impl IntoIterator<Item = AccountMoved>) -> (usize, usize) {
        let mut order = Self::default();
        for AccountMoved { account, step, number } in moves {
            if number != END {
                order.seen += 1;
                let head = order.heads.entry(account).or_default();
                order.wrong += usize::from(step != *head + 1);
                *head = step.max(*head);
            }
        }
        (order.seen, order.wrong)
    }
}

/// The event of the proofs.
pub(crate) fn moved(event: &Envelope) -> AccountMoved {
    event.decode().unwrap().expect("the proofs know one type of event")
}

#[test]
fn the_ledger_notices_what_is_lost_twice_or_risen() {
    let ledger = Ledger::default();
    ledger.acknowledged([1, 2, 3]);
    ledger.withdrawn([4]);
    ledger.in_doubt([5, 6]);
    assert!(ledger.compare(&[1, 2, 3, 5, END]).is_faultless());
    let verdict = ledger.compare(&[1, 1, 3, 4, 6, 6]);
    assert_eq!((verdict.lost, verdict.twice, verdict.risen), (vec![2], vec![1, 6], vec![4]));
}

#[test]
fn the_order_notices_what_comes_early_late_or_again() {
    let moves = |steps: &[i64]| {
        let steps =
            steps.iter().map(|step| AccountMoved { account: 7, step: *step, number: *step });
        Order::of(steps.collect::<Vec<_>>())
    };
    assert_eq!(moves(&[1, 2, 3]), (3, 0));
    assert_eq!(moves(&[2, 1, 3]), (3, 2));
    assert_eq!(moves(&[1, 2, 2, 3]), (4, 1));
}
