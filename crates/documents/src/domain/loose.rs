//! The edits of a note since its last snapshot, and when it is time for another one.

use super::stored_note::StoredNote;

/// So many edits, or so many bytes of them, are put together.
const MOST_EDITS: usize = 500;
const MOST_BYTES: usize = 1024 * 1024;

/// How much came since the last snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Loose {
    edits: usize,
    bytes: usize,
}

impl Loose {
    pub(crate) fn of(stored: &StoredNote) -> Self {
        let mut loose = Self::default();
        for update in &stored.updates {
            loose.add(update);
        }
        loose
    }

    pub(crate) fn add(&mut self, update: &[u8]) {
        self.edits += 1;
        self.bytes += update.len();
    }

    /// Whether it takes longer to read them all than to put them together.
    pub(crate) fn is_due(self) -> bool {
        self.edits >= MOST_EDITS || self.bytes >= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_edits_are_put_together_and_long_ones_too() {
        for (length, count) in [(10, MOST_EDITS), (MOST_BYTES / 4, 4)] {
            let mut loose = Loose::default();
            for _ in 1..count {
                loose.add(&vec![0; length]);
                assert!(!loose.is_due());
            }
            loose.add(&vec![0; length]);
            assert!(loose.is_due());
        }
    }
}
