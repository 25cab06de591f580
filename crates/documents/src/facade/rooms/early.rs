//! The control of the proof that others are told of what is committed: rooms that tell them some time before.

use super::room::Room;
use crate::domain::{
    stored_note::Authored,
    sync::{connection::relayed, presence::ConnectionId},
};

impl Room {
    /// Tells the others of edits that are about to be committed, and lets time pass, if this is the control.
    pub(super) async fn tell_early(&mut self, edits: &[(ConnectionId, Authored)]) {
        let Some(early) = self.guard.house.pace.early else { return };
        for (from, Authored { edit, author: _ }) in edits {
            self.relay(relayed(edit.as_update()), Some(*from));
        }
        tokio::time::sleep(early).await;
    }
}
