//! The notes that are open on this node: one room for each, as long as somebody is in it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use perme8_events::{
    Origin, StorageError, UserId, WorkspaceId,
    sql::{Db, UnitOfWork},
};
use tokio::sync::{
    Semaphore,
    mpsc::{UnboundedSender, unbounded_channel},
    oneshot,
};

use crate::{
    application::{
        edit_note::EditNoteError,
        ports::{Members, ProjectDirectory},
        surroundings::Surroundings,
    },
    domain::{
        document::Document,
        references::DocumentId,
        sync::signal::{NoteSignal, Says},
    },
};

pub(crate) mod connection;
#[cfg(any(test, feature = "testing"))]
mod early;
mod guard;
mod log;
mod news;
mod nodes;
mod outbox;
mod rights;
mod room;
#[cfg(test)]
pub(super) mod tests;

use connection::{BUDGET, Editing};
use guard::Guard;
use room::Command;

/// Somebody who finds a room closing tries again so often.
const ATTEMPTS: usize = 10;
/// How many rooms there are, and when they do what nobody asks of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How often the log of a note is looked at although nobody has said that there is something in it.
    pub(crate) poll: Duration,
    /// How often a room says that it is there.
    pub(crate) beat: Duration,
    /// A room on another node that has said nothing for so long is gone, and so are its editors.
    pub(crate) silence: Duration,
    /// So many notes are open on one node: each is held in memory.
    pub(crate) most_open: usize,
    /// How long before the commit others are told of an edit: in the control of a proof, and nowhere else.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) early: Option<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(3),
            beat: Duration::from_secs(10),
            silence: Duration::from_secs(35),
            most_open: 2_000,
            #[cfg(any(test, feature = "testing"))]
            early: None,
        }
    }
}

/// The notes that are open on this node. Clones share them.
#[derive(Clone)]
pub(crate) struct Rooms {
    house: Arc<House>,
}

/// What all rooms have in common.
pub(super) struct House {
    pub(super) db: Db,
    pub(super) uow: UnitOfWork,
    pub(super) members: Arc<dyn Members>,
    pub(super) projects: Arc<dyn ProjectDirectory>,
    pub(super) surroundings: Arc<dyn Surroundings>,
    pub(super) pace: Pace,
    doors: Mutex<HashMap<DocumentId, Door>>,
}

/// How to get into a room.
#[derive(Clone)]
struct Door {
    /// Which of the rooms that this document has had.
    copy: u64,
    commands: UnboundedSender<Command>,
    budget: Arc<Semaphore>,
}

/// Who wants to come in.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) only_reads: bool,
    pub(crate) origin: Origin,
}

impl Rooms {
    pub(crate) fn new(
        db: Db,
        members: Arc<dyn Members>,
        projects: Arc<dyn ProjectDirectory>,
        surroundings: Arc<dyn Surroundings>,
        pace: Pace,
    ) -> Self {
        let house = House {
            uow: UnitOfWork::new(db.clone()),
            db,
            members,
            projects,
            surroundings,
            pace,
            doors: Mutex::default(),
        };
        Self { house: Arc::new(house) }
    }

    /// Says that something was written beside the rooms, so that they look at it soon.
    pub(crate) fn written(&self, document: DocumentId) {
        let signal = NoteSignal { copy: 0, says: Says::Written };
        self.house.surroundings.say(document, &signal);
    }

    /// Lets somebody into the room of a document; whether the person may see it, the room finds out.
    pub(crate) async fn join(
        &self,
        document: &Document,
        visitor: Visitor,
    ) -> Result<Editing, EditNoteError> {
        let (workspace, id) = (document.workspace_id, document.id);
        for _ in 0..ATTEMPTS {
            let door = self.house.door(workspace, id)?;
            let (joined, answer) = oneshot::channel();
            let (commands, visitor) = (door.commands.clone(), Box::new(visitor.clone()));
            if commands.send(Command::Join { visitor, door, joined }).is_err() {
                continue;
            }
            // An error says that it was closed in this moment.
            if let Ok(answer) = answer.await {
                return answer;
            }
        }
        Err(StorageError::conflict().into())
    }
}

impl House {
    fn doors(&self) -> MutexGuard<'_, HashMap<DocumentId, Door>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The door of a document's room, which is opened if need be.
    fn door(
        self: &Arc<Self>,
        workspace: WorkspaceId,
        document: DocumentId,
    ) -> Result<Door, EditNoteError> {
        let mut doors = self.doors();
        if let Some(door) = doors.get(&document).filter(|door| !door.commands.is_closed()) {
            return Ok(door.clone());
        }
        if doors.len() >= self.pace.most_open {
            return Err(EditNoteError::Crowded);
        }
        let (commands, inside) = unbounded_channel();
        let door =
            Door { copy: rand::random(), commands, budget: Arc::new(Semaphore::new(BUDGET)) };
        doors.insert(document, door.clone());
        let guard = Guard::new(Arc::clone(self), document, door.copy);
        self.surroundings.run(Box::pin(room::run(guard, workspace, inside)));
        Ok(door)
    }

    /// Takes the door away, so that the next one who comes opens another room.
    fn close(&self, document: DocumentId, copy: u64) {
        let mut doors = self.doors();
        if doors.get(&document).is_some_and(|door| door.copy == copy) {
            doors.remove(&document);
        }
    }
}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms").field("open", &self.house.doors().len()).finish_non_exhaustive()
    }
}
