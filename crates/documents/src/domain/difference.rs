//! What one sequence keeps of another, and what it has instead of the rest.

use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// How many pairs of parts may be compared to find the best answer; beyond, a good one must do.
const MAX_PAIRS: usize = 4_000_000;

/// A stretch of two sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The same in both.
    Kept { old: Range<usize>, new: Range<usize> },
    /// Of which one or the other may be empty.
    Replaced { old: Range<usize>, new: Range<usize> },
}

/// The stretches from an old sequence to a new one, in their order; no two replaced ones touch.
///
/// The work is bounded: between very long sequences that have little in common at their ends,
/// everything in the midst is replaced.
pub(crate) fn changes<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<Change> {
    let (head, tail) = common_ends(old, new);
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let mut changes = Changes::default();
    changes.keep(0..head, 0..head);
    let (inner_old, inner_new) = (&old[head..old_end], &new[head..new_end]);
    if inner_old.len() * inner_new.len() > MAX_PAIRS {
        changes.replace(head..old_end, head..new_end);
    } else {
        for op in capture_diff_slices(Algorithm::Myers, inner_old, inner_new) {
            let shifted = |range: Range<usize>| range.start + head..range.end + head;
            let (old, new) = (shifted(op.old_range()), shifted(op.new_range()));
            match op.tag() {
                DiffTag::Equal => changes.keep(old, new),
                DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => changes.replace(old, new),
            }
        }
    }
    changes.keep(old_end..old.len(), new_end..new.len());
    changes.0
}

/// How many parts two sequences share at their beginnings, and how many more at their ends.
pub(crate) fn common_ends<T: PartialEq>(old: &[T], new: &[T]) -> (usize, usize) {
    let shortest = old.len().min(new.len());
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take(shortest - head).take_while(|(old, new)| old == new).count();
    (head, tail)
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn keep(&mut self, old: Range<usize>, new: Range<usize>) {
        if old.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(Change::Kept { old: before, new: new_before }) => {
                (before.end, new_before.end) = (old.end, new.end);
            }
            Some(Change::Replaced { .. }) | None => self.0.push(Change::Kept { old, new }),
        }
    }

    fn replace(&mut self, old: Range<usize>, new: Range<usize>) {
        if old.is_empty() && new.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(Change::Replaced { old: before, new: new_before }) => {
                (before.end, new_before.end) = (old.end, new.end);
            }
            Some(Change::Kept { .. }) | None => self.0.push(Change::Replaced { old, new }),
        }
    }
}
