//! A room and the log of its note: what is said here goes into it, and what others put there comes out.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
};

use perme8_events::{Origin, StorageError, UserId, WorkspaceId};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{connection::EditingEnd, guard::Guard, news::Unheard, room::Room};
use crate::{
    application::{
        append_edits::{AppendEdits, AppendEditsError, have_same_rights},
        compact_note::CompactNote,
    },
    domain::{
        loose::Loose,
        note::{ApplyError, Note, Replica},
        stored_note::{Authored, StoredNote},
        sync::{
            connection::{Connection, relayed},
            presence::{ConnectionId, Presence},
            signal::Says,
        },
    },
    infrastructure::{
        document_queries,
        note_queries::{self, are_whole},
    },
};

/// An update that an editor said, and that is not committed.
pub(super) struct Said {
    pub(super) from: ConnectionId,
    pub(super) user: UserId,
    pub(super) origin: Origin,
    pub(super) update: Vec<u8>,
    /// Gives back its room in what may wait.
    pub(super) _permit: OwnedSemaphorePermit,
}

/// What became of what was said.
enum Applied {
    /// These edits are in the note, of those editors; what the others said builds upon something that is not here.
    Edits(Vec<(ConnectionId, Authored)>, Vec<ConnectionId>),
    /// One of the updates is refused and has spoiled the note.
    Spoiled(usize, ApplyError),
}

impl Room {
    /// Opens the note of a document; nothing when there is none.
    pub(super) async fn open(
        guard: Guard,
        workspace: WorkspaceId,
    ) -> Result<Option<Self>, StorageError> {
        let (house, document) = (&guard.house, guard.document);
        // Whatever happens from here on is heard later.
        let ears = house.surroundings.listen(workspace, document).await?;
        let rights = house.rights(document, workspace, &[]).await?;
        let stored = note_queries::stored_note(&mut &house.db, document).await?;
        let (Some(rights), Some(stored)) = (rights, stored) else { return Ok(None) };
        let (stored, note) = opened(stored).await?;
        Ok(Some(Self {
            note_id: stored.id,
            note,
            head: stored.head,
            loose: Loose::of(&stored),
            rights,
            workspace,
            presence: Presence::default(),
            news: Unheard::default(),
            editors: BTreeMap::new(),
            neighbours: HashMap::new(),
            announced_at: Instant::now(),
            ears,
            last_id: 0,
            openings: 0,
            is_in_doubt: false,
            guard,
        }))
    }

    /// Applies what editors said, commits it in one transaction, and then tells everybody.
    pub(super) async fn commit(&mut self, mut said: Vec<Said>) -> Result<(), StorageError> {
        while !said.is_empty() {
            // Nothing is written by what was known some time ago, whether anybody said that it changed or not.
            if let Err(error) = self.ask_rights(said.iter().map(|said| said.user)).await {
                self.not_stored(said, &error);
                break;
            }
            let moment = self.moment();
            said.retain(|said| self.is_allowed(said));
            let (edits, gaps) = match self.apply(&said).await? {
                Applied::Edits(..) if self.moment() != moment => {
                    // What was decided, or applied, is no longer so.
                    self.reopen().await?;
                    continue;
                }
                Applied::Edits(edits, gaps) => (edits, gaps),
                Applied::Spoiled(number, error) => {
                    // No editor of ours says such a thing, and nobody else waits for what more there is of it.
                    let Said { from, .. } = said[number];
                    let document = self.guard.document;
                    tracing::warn!(%document, error = &error as &dyn Error, "an update spoils the note");
                    self.let_go(from, EditingEnd::Malformed);
                    said.retain(|said| said.from != from);
                    self.reopen().await?;
                    continue;
                }
            };
            // Of several people it is the first one who acts.
            let first = edits.first().map(|(first, _)| *first);
            let Some(first) = said.iter().find(|said| Some(said.from) == first) else {
                self.ask_for_gaps(gaps);
                break;
            };
            let origin = first.origin.clone();
            #[cfg(any(test, feature = "testing"))]
            self.tell_early(&edits).await;
            match self.append(origin, &edits).await {
                Ok(head) => {
                    self.committed(head, edits).await?;
                    self.ask_for_gaps(gaps);
                    break;
                }
                Err(AppendEditsError::OtherRights) => self.reopen().await?,
                Err(AppendEditsError::Gone) => {
                    self.let_all_go(EditingEnd::DocumentGone);
                    break;
                }
                Err(AppendEditsError::Storage(error)) => {
                    self.not_stored(said, &error);
                    return self.reopen().await;
                }
            }
        }
        Ok(())
    }

    /// Changes when the note is opened anew, and when it is found out anew who may do what.
    fn moment(&self) -> (u64, Instant) {
        (self.openings, self.rights.asked_at)
    }

    /// Whether the editor still is there and may write; an editor that may not is told so.
    fn is_allowed(&mut self, said: &Said) -> bool {
        let may_write = match self.editors.get(&said.from) {
            Some(editor) => self.may_write(editor),
            // It has left since then.
            None => self.rights.may_write(said.user).unwrap_or(false),
        };
        if !may_write {
            self.have_effects(said.from, vec![Connection::read_only()]);
        }
        may_write
    }

    /// Lets those go who said it: they have it all, and say it again when they are back.
    fn not_stored(&mut self, said: Vec<Said>, error: &StorageError) {
        let (document, error) = (self.guard.document, error as &dyn Error);
        tracing::warn!(%document, error, "edits are not stored");
        for Said { from, .. } in said {
            self.let_go(from, EditingEnd::Storage);
        }
    }

    fn refuse(&mut self, editor: ConnectionId, reason: &str) {
        self.have_effects(editor, vec![Connection::refused(reason)]);
    }

    async fn apply(&mut self, said: &[Said]) -> Result<Applied, StorageError> {
        let (mut edits, mut gaps) = (Vec::new(), Vec::new());
        let mut has_followed = false;
        for (number, Said { from, user, update, .. }) in said.iter().enumerate() {
            let mut applied = self.note.apply(update);
            if applied == Err(ApplyError::Gap) && !has_followed {
                // What it builds upon may have been said to another node.
                has_followed = true;
                self.follow().await?;
                applied = self.note.apply(update);
            }
            match applied {
                Ok(edit) => {
                    let authored = |edit| Authored { edit, author: Some(*user) };
                    edits.extend(edit.map(authored).map(|edit| (*from, edit)));
                    if let Some(editor) = self.editors.get_mut(from) {
                        editor.connection.committed();
                    }
                }
                Err(ApplyError::Gap) => gaps.push(*from),
                Err(error) if error.spoils_the_note() => {
                    return Ok(Applied::Spoiled(number, error));
                }
                Err(error) => self.refuse(*from, &error.to_string()),
            }
        }
        Ok(Applied::Edits(edits, gaps))
    }

    /// Asks editors for what their updates build upon, once everything in the note is committed: the question acknowledges it.
    fn ask_for_gaps(&mut self, gaps: Vec<ConnectionId>) {
        for from in gaps {
            let editor = self.editors.get_mut(&from);
            let asked = editor.map(|of| of.connection.refused_for_a_gap(&self.note));
            self.have_effects(from, asked.unwrap_or_default());
        }
    }

    async fn append(
        &self,
        origin: Origin,
        edits: &[(ConnectionId, Authored)],
    ) -> Result<i64, AppendEditsError> {
        let edits: Vec<Authored> = edits.iter().map(|(_, edit)| edit.clone()).collect();
        let append =
            &AppendEdits { note: self.note_id, edits: &edits, seen: &self.rights.document };
        let uow = &self.guard.house.uow;
        let attempt = || uow.run(origin.clone(), async |tx| append.execute(tx).await);
        uow.retry(lost_a_race!(AppendEditsError), attempt).await
    }

    /// Tells everybody of edits that are committed, the last one with this number.
    async fn committed(
        &mut self,
        head: i64,
        edits: Vec<(ConnectionId, Authored)>,
    ) -> Result<(), StorageError> {
        let count = i64::try_from(edits.len()).map_err(StorageError::new)?;
        if self.head + count < head {
            // Others were at it in between: first what they did.
            self.follow_until(head - count).await?;
        }
        // If the note was opened anew, these edits were among what was stored.
        self.head = self.head.max(head);
        for (from, Authored { edit, author: _ }) in &edits {
            self.loose.add(edit.as_update());
            self.relay(relayed(edit.as_update()), Some(*from));
        }
        let updates: Vec<&[u8]> = edits.iter().map(|(_, edit)| edit.edit.as_update()).collect();
        self.say(Says::edited(head, &updates));
        Ok(())
    }

    /// Takes what others have appended to the log, and tells the editors of it.
    pub(super) async fn follow(&mut self) -> Result<(), StorageError> {
        match note_queries::head(&self.guard.house.db, self.note_id).await? {
            Some(head) if head > self.head => self.follow_until(head).await,
            // When the note is gone, the editors are let go for that reason.
            Some(_) | None => Ok(()),
        }
    }

    async fn follow_until(&mut self, head: i64) -> Result<(), StorageError> {
        let db = &mut &self.guard.house.db;
        let updates = note_queries::updates_behind(db, self.note_id, self.head, head).await?;
        if !are_whole(&updates, self.head, head) {
            // They were put into a snapshot before they were seen here.
            return self.reopen().await;
        }
        self.take(head, updates.iter().map(|(_, bytes)| bytes.as_slice()).collect()).await
    }

    /// Takes edits that are in the log up to this number.
    pub(super) async fn take(
        &mut self,
        head: i64,
        updates: Vec<&[u8]>,
    ) -> Result<(), StorageError> {
        self.look_again().await?;
        self.is_in_doubt = true;
        if self.note.take(updates.iter().copied()).is_err() {
            return self.reopen().await;
        }
        self.is_in_doubt = false;
        self.head = head;
        for update in updates {
            self.loose.add(update);
            self.relay(relayed(update), None);
        }
        Ok(())
    }

    /// Finds out who may see what was just read: whoever wrote it may have hidden the document before.
    async fn look_again(&mut self) -> Result<(), StorageError> {
        let (db, seen) = (&self.guard.house.db, &self.rights.document);
        let now = document_queries::by_id(db, seen.id).await?;
        self.rights.is_stale |= now.is_none_or(|now| !have_same_rights(&now, seen));
        self.freshen().await
    }

    /// Opens the note anew from what is stored, and tells the editors what they do not know.
    async fn reopen(&mut self) -> Result<(), StorageError> {
        let db = &mut &self.guard.house.db;
        let Some(stored) = note_queries::stored_note(db, self.guard.document).await? else {
            self.let_all_go(EditingEnd::DocumentGone);
            return Ok(());
        };
        self.look_again().await?;
        let (stored, note) = opened(stored).await?;
        let missed = usize::try_from(stored.head - self.head).map_err(StorageError::new)?;
        self.loose = Loose::of(&stored);
        self.note = note;
        self.openings += 1;
        self.is_in_doubt = false;
        self.head = stored.head;
        match stored.updates.len().checked_sub(missed) {
            Some(known) => {
                for update in &stored.updates[known..] {
                    self.relay(relayed(update), None);
                }
            }
            None => self.relay(relayed(&self.note.snapshot()), None),
        }
        Ok(())
    }

    /// Puts the edits so far together, if there are many; if that fails, soon again.
    pub(super) async fn compact_if_due(&mut self) {
        if !self.loose.is_due() {
            return;
        }
        let snapshot = self.note.snapshot();
        let compact = &CompactNote { note: self.note_id, upto: self.head, snapshot: &snapshot };
        let uow = &self.guard.house.uow;
        let origin = Origin::system("documents.compaction");
        let attempt = || uow.run(origin.clone(), async |tx| compact.execute(tx).await);
        match uow.retry(StorageError::is_retryable, attempt).await {
            Ok(()) => self.loose = Loose::default(),
            Err(error) => {
                let document = self.guard.document;
                let error = &error as &dyn Error;
                tracing::warn!(%document, error, "the edits of a note are not put together");
            }
        }
    }
}

/// Opens a note where it keeps nobody waiting: one with many edits takes a while.
async fn opened(stored: StoredNote) -> Result<(StoredNote, Note), StorageError> {
    // Nothing is written in it, so whoever else has the number does not matter.
    let open = move || stored.open(Replica::from_random(0)).map(|note| (stored, note));
    let opened = tokio::task::spawn_blocking(open).await.map_err(StorageError::new)?;
    opened.map_err(StorageError::new)
}
