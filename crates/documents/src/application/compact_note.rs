//! Putting the edits of a note together, so that it opens as fast as it is large.

use perme8_events::StorageError;

use crate::{application::notes::Notes, domain::references::NoteId};

/// Stores one update instead of all up to a number.
///
/// Whoever reads the log meanwhile finds a number missing, and reads the snapshot instead.
#[derive(Debug)]
pub(crate) struct CompactNote<'a> {
    pub(crate) note: NoteId,
    pub(crate) upto: i64,
    /// What stands for them.
    pub(crate) snapshot: &'a [u8],
}

impl CompactNote<'_> {
    pub(crate) async fn execute(&self, tx: &mut impl Notes) -> Result<(), StorageError> {
        tx.compact(self.note, self.upto, self.snapshot).await
    }
}
