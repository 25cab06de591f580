//! One connection of an editor to a note.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc::UnboundedSender};

use super::{outbox::Outbox, room::Command};
use crate::domain::sync::{connection::MAX_FRAME, presence::ConnectionId};

/// So many bytes wait for a room at most; what comes then waits at its connection.
pub(super) const BUDGET: usize = 2 * MAX_FRAME;
/// What a frame takes of that at least, so that empty ones are bounded, too.
const LEAST: usize = 1024;

/// Why an editor is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditingEnd {
    /// It said what is no message of y-protocols.
    #[error("the frame is no message of y-protocols")]
    Malformed,
    /// It said too much at once.
    #[error("a frame has at most {MAX_FRAME} bytes")]
    TooLong,
    /// The person does not see the document any more.
    #[error("the document is no longer shared with this person")]
    AccessLost,
    /// The document is in the trash or gone.
    #[error("the document is gone")]
    DocumentGone,
    /// It takes less than others write.
    #[error("too much waits for this editor; connect again")]
    TooSlow,
    /// The host stops.
    #[error("the server stops; connect again")]
    Closed,
    /// What it said may not be stored; what it has when it connects again is.
    #[error("the note cannot be stored at the moment; connect again")]
    Storage,
}

/// One connection of an editor. Dropping it leaves.
///
/// Both ends can be used at once, and nothing is lost when a wait is cancelled.
pub struct Editing {
    pub(super) id: ConnectionId,
    pub(super) outbox: Arc<Outbox>,
    pub(super) commands: UnboundedSender<Command>,
    pub(super) budget: Arc<Semaphore>,
}

impl Editing {
    /// How long a frame may be, in bytes.
    pub const LONGEST_FRAME: usize = MAX_FRAME;

    /// Says a frame of y-protocols; waits while the note has too much to do.
    ///
    /// What is wrong with it is told by [`next`](Self::next), and by whatever is said afterwards.
    ///
    /// # Errors
    ///
    /// [`EditingEnd`] when the connection must end.
    pub fn say(&self, frame: Bytes) -> impl Future<Output = Result<(), EditingEnd>> + Send {
        self.queue(frame)
    }

    async fn queue(&self, frame: Bytes) -> Result<(), EditingEnd> {
        if let Some(end) = self.outbox.ended() {
            return Err(end);
        }
        if frame.len() > MAX_FRAME {
            return Err(EditingEnd::TooLong);
        }
        let weight = u32::try_from(frame.len().max(LEAST)).map_err(|_| EditingEnd::TooLong)?;
        let permit = Arc::clone(&self.budget).acquire_many_owned(weight).await;
        let permit = permit.map_err(|_| EditingEnd::Closed)?;
        let said = self.commands.send(Command::Frame { from: self.id, frame, permit });
        said.map_err(|_| self.outbox.ended().unwrap_or(EditingEnd::Storage))
    }

    /// Waits for the next frame for this editor.
    ///
    /// # Errors
    ///
    /// [`EditingEnd`] says why it is over.
    pub fn next(&self) -> impl Future<Output = Result<Bytes, EditingEnd>> + Send {
        self.outbox.next()
    }
}

impl fmt::Debug for Editing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editing").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Editing {
    fn drop(&mut self) {
        // An error says that the room is closed.
        let _ = self.commands.send(Command::Leave(self.id));
    }
}
