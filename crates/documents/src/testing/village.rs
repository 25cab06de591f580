//! Nodes in one process, and what they hear of each other.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use perme8_events::{StorageError, WorkspaceId};
use tokio::sync::{broadcast, watch};

use crate::{
    application::surroundings::{Ears, Heard, Surroundings},
    domain::{references::DocumentId, sync::signal::NoteSignal},
};

/// Nodes of one database. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Village {
    said: broadcast::Sender<(DocumentId, NoteSignal)>,
    happened: watch::Sender<u64>,
    stops: watch::Sender<bool>,
    is_mute: Arc<AtomicBool>,
}

impl Village {
    pub(crate) fn new() -> Self {
        Self {
            said: broadcast::Sender::new(64),
            happened: watch::Sender::new(0),
            stops: watch::Sender::new(false),
            is_mute: Arc::default(),
        }
    }

    /// From now on nothing that is said is heard, or all of it again.
    pub(crate) fn mute(&self, is_mute: bool) {
        self.is_mute.store(is_mute, Ordering::SeqCst);
    }

    /// What is said from now on.
    pub(crate) fn overhear(&self) -> broadcast::Receiver<(DocumentId, NoteSignal)> {
        self.said.subscribe()
    }

    /// Something happened to every document.
    pub(crate) fn happens(&self) {
        self.happened.send_modify(|count| *count += 1);
    }

    /// Every node stops.
    pub(crate) fn stop(&self) {
        self.stops.send_replace(true);
    }
}

#[async_trait]
impl Surroundings for Village {
    fn run(&self, room: Pin<Box<dyn Future<Output = ()> + Send>>) {
        #[expect(clippy::disallowed_methods, reason = "a village is no host")]
        tokio::spawn(room);
    }

    async fn listen(
        &self,
        _: WorkspaceId,
        document: DocumentId,
    ) -> Result<Box<dyn Ears>, StorageError> {
        let (said, happened) = (self.said.subscribe(), self.happened.subscribe());
        Ok(Box::new(Villager { document, said, happened, stops: self.stops.subscribe() }))
    }

    fn say(&self, document: DocumentId, signal: &NoteSignal) {
        if !self.is_mute.load(Ordering::SeqCst) {
            // An error says that nobody listens.
            let _ = self.said.send((document, signal.clone()));
        }
    }
}

#[derive(Debug)]
struct Villager {
    document: DocumentId,
    said: broadcast::Receiver<(DocumentId, NoteSignal)>,
    happened: watch::Receiver<u64>,
    stops: watch::Receiver<bool>,
}

#[async_trait]
impl Ears for Villager {
    async fn next(&mut self) -> Heard {
        loop {
            tokio::select! {
                biased;
                _ = self.stops.wait_for(|stops| *stops) => return Heard::Closed,
                _ = self.happened.changed() => return Heard::Happened,
                said = self.said.recv() => match said {
                    Ok((document, signal)) if document == self.document => {
                        return Heard::Said(signal);
                    }
                    Ok(_) => {}
                    Err(_) => return Heard::Missed,
                },
            }
        }
    }
}
