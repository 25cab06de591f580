//! What a note that is open needs of the host: somebody who runs it, and signals that may be lost.

use std::{fmt, pin::Pin};

use async_trait::async_trait;
use perme8_events::{StorageError, WorkspaceId};

use crate::domain::{references::DocumentId, sync::signal::NoteSignal};

/// What is around a note that is open. A host implements it on its tasks and its live bus.
#[async_trait]
pub trait Surroundings: fmt::Debug + Send + Sync {
    /// Runs something until it ends, which is soon after [`Heard::Closed`].
    fn run(&self, room: Pin<Box<dyn Future<Output = ()> + Send>>);

    /// Listens from now on to what has to do with a document.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn listen(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
    ) -> Result<Box<dyn Ears>, StorageError>;

    /// Says something to everybody who listens to the document, on this node and on the others; some may miss it.
    fn say(&self, document: DocumentId, signal: &NoteSignal);
}

/// Hears what happens around a document.
#[async_trait]
pub trait Ears: fmt::Debug + Send + Sync {
    /// Waits for the next thing that is heard. Nothing is lost when the wait is cancelled.
    async fn next(&mut self) -> Heard;
}

/// What is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Something happened to the document or in its workspace: whoever has the right to something may have it no longer.
    ///
    /// It is heard before anybody can see the event elsewhere.
    Happened,
    /// Somebody said this.
    Said(NoteSignal),
    /// Something was said and not heard.
    Missed,
    /// The host stops.
    Closed,
}
