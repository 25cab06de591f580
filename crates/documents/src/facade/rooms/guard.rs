//! Sees to it that a room leaves no door behind, however it ends.

use std::sync::Arc;

use super::House;
use crate::domain::references::DocumentId;

/// The right to be the room of a document.
pub(super) struct Guard {
    pub(super) house: Arc<House>,
    pub(super) document: DocumentId,
    pub(super) copy: u64,
}

impl Guard {
    pub(super) fn new(house: Arc<House>, document: DocumentId, copy: u64) -> Self {
        Self { house, document, copy }
    }

    /// Nobody comes in from now on, but who stands at the door.
    pub(super) fn close(&self) {
        self.house.close(self.document, self.copy);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.close();
    }
}
