//! What notes that are open need of this host: its tasks, and signals over its live bus.

use std::{error::Error, pin::Pin};

use async_trait::async_trait;
use documents::{DocumentId, Ears, NoteSignal, Surroundings};
use perme8_events::{
    EphemeralTopic, StorageError, Topic, Viewer, WorkspaceId,
    host::{Ephemeral, EventBus, Heard, Listening, Tasks, Watching},
};

/// Runs notes among the tasks of a host, and lets them hear each other over its bus.
#[derive(Debug, Clone)]
pub(crate) struct NoteSurroundings {
    bus: EventBus,
    ephemeral: Ephemeral,
    tasks: Tasks,
}

impl NoteSurroundings {
    pub(crate) fn new(bus: &EventBus, tasks: &Tasks) -> Self {
        Self { bus: bus.clone(), ephemeral: bus.ephemeral(), tasks: tasks.clone() }
    }
}

fn topic(document: DocumentId) -> EphemeralTopic {
    EphemeralTopic::Program(document.uuid())
}

#[async_trait]
impl Surroundings for NoteSurroundings {
    fn run(&self, room: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.tasks.spawn("note", room);
    }

    async fn listen(
        &self,
        workspace: WorkspaceId,
        document: DocumentId,
    ) -> Result<Box<dyn Ears>, StorageError> {
        // Of a private document the members of its workspace hear nothing.
        let itself = Topic::Aggregate("documents".into(), "document".into(), document.to_string());
        let topics = vec![Topic::Workspace(workspace), itself];
        let id = document.to_string();
        // What happens to other documents changes nobody's rights in this one.
        let watching = self.bus.watch(topics, move |event| {
            !event.event_type.starts_with("documents.") || event.aggregate_id == id
        });
        let listening = self.ephemeral.listen(Viewer::Operator, topic(document)).await?;
        let listening = listening.expect("the program hears every topic");
        Ok(Box::new(BusEars { watching, listening }))
    }

    fn say(&self, document: DocumentId, signal: &NoteSignal) {
        if let Err(error) = self.ephemeral.publish(topic(document), None, signal) {
            let error = &error as &dyn Error;
            tracing::debug!(error, "a note is not heard on other nodes: they look by themselves");
        }
    }
}

/// Hears what happens to a document, and what is said about it.
#[derive(Debug)]
struct BusEars {
    watching: Watching,
    listening: Listening,
}

#[async_trait]
impl Ears for BusEars {
    async fn next(&mut self) -> documents::Heard {
        tokio::select! {
            biased;
            happened = self.watching.happened() => {
                if happened { documents::Heard::Happened } else { documents::Heard::Closed }
            }
            heard = self.listening.next() => match heard {
                Ok(Heard::Message(message)) => match message.decode::<NoteSignal>() {
                    Ok(Some(signal)) => documents::Heard::Said(signal),
                    // A node of another version says it in other words.
                    Ok(None) | Err(_) => documents::Heard::Missed,
                },
                Ok(Heard::Missed(_)) | Err(_) => documents::Heard::Missed,
                Ok(Heard::AccessLost | Heard::Closed) => documents::Heard::Closed,
            },
        }
    }
}
