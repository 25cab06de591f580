//! A note: what it says, and every edit that led there, merged as Yjs merges.

use yrs::block::{ClientID, ID};
use yrs::branch::BranchID;
use yrs::updates::decoder::Decode as _;
use yrs::updates::encoder::Encode as _;
use yrs::{
    Doc, OffsetKind, Options, ReadTxn as _, StateVector, Transact as _, TransactionMut, Update,
    WriteTxn as _, Xml as _, XmlFragmentRef, XmlOut,
};

use super::block::{Block, parts};
use super::contained::contained;
use super::fragment;
use super::lib0::{Malformed, Reader};
use super::markdown::{parse::parse, render::render};
use super::plain_text::plain_text;
use super::update::Outline;

/// How long an update may be, in bytes.
pub(crate) const MAX_UPDATE: usize = 4 * 1024 * 1024;

/// How much a note may hold, in bytes of its snapshot.
pub(crate) const MAX_NOTE: usize = 16 * 1024 * 1024;

/// How long a text may be that is written at once, in bytes.
pub(crate) const MAX_TEXT: usize = 1024 * 1024;

/// How many blocks, marks and images such a text may have.
const MAX_PARTS: usize = 20_000;

/// How deep nodes may be nested.
const MAX_DEPTH: usize = 64;

/// Refuses a text that is too long to be written at once.
///
/// # Errors
/// [`WriteError::TooLong`].
pub(crate) fn check_length(markdown: &str) -> Result<(), WriteError> {
    if markdown.len() > MAX_TEXT { Err(WriteError::TooLong) } else { Ok(()) }
}

/// A note in memory.
#[derive(Debug)]
pub(crate) struct Note {
    replica: Replica,
    doc: Doc,
    fragment: XmlFragmentRef,
    /// What its snapshot has at most, in bytes.
    size: usize,
}

/// The number under which a copy of a note counts its own edits.
///
/// Two copies that are edited at once never share one, or they could not be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replica(u64);

impl Replica {
    /// A replica of a random number, of which 53 bits count.
    pub(crate) fn from_random(number: u64) -> Self {
        Self(number >> 11)
    }
}

/// A change of a note, to be stored and to be sent to every other copy of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit(Vec<u8>);

impl Edit {
    /// An update that is taken as it is.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn stored(update: Vec<u8>) -> Self {
        Self(update)
    }

    pub(crate) fn as_update(&self) -> &[u8] {
        &self.0
    }
}

/// Why an update is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApplyError {
    #[error("an update has at most {MAX_UPDATE} bytes; send it in parts")]
    TooLong,
    #[error("the update is not in the encoding of Yjs, or holds what is no part of a note")]
    Malformed,
    /// Some edit that it builds upon is not here; whoever has it can send it first.
    #[error("the update builds upon edits that are not here; send those first")]
    Gap,
    #[error("a note has at most {MAX_NOTE} bytes with its edits; remove something")]
    Full,
    #[error("blocks are nested at most {MAX_DEPTH} deep")]
    TooDeep,
    #[error("the update contradicts the note")]
    Contradiction,
    /// The library that merges went out of its mind about it.
    #[error("the update cannot be merged")]
    Unmergeable,
}

impl ApplyError {
    /// Whether the note in memory holds some of the update all the same, and must be opened anew
    /// from what is stored.
    pub(crate) fn spoils_the_note(self) -> bool {
        match self {
            Self::TooDeep | Self::Contradiction | Self::Unmergeable => true,
            Self::TooLong | Self::Malformed | Self::Gap | Self::Full => false,
        }
    }
}

/// Why a text is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// More bytes than a text may have.
    #[error("a text has at most {MAX_TEXT} bytes")]
    TooLong,
    /// More blocks, marks and images than a text may have.
    #[error("a text has at most {MAX_PARTS} blocks, marks and images; write less at once")]
    TooManyParts,
    /// More than a note may hold, together with the edits that led to what it says.
    #[error("a note has at most {MAX_NOTE} bytes with its edits; remove something")]
    Full,
    /// The library that merges went out of its mind about it; the note in memory must be opened anew.
    #[error("the text cannot be merged with the edits of the note")]
    Unmergeable,
}

impl From<Malformed> for ApplyError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Note {
    /// A note that says nothing yet.
    pub(crate) fn new(replica: Replica) -> Self {
        let doc = Doc::with_options(Options {
            offset_kind: OffsetKind::Utf16,
            // Editors do it, and what they do arrives here.
            cleanup_formatting: false,
            // What is deleted leaves nothing but its place: whoever comes later, or sees a document that was private, is sent
            // nothing of it.
            skip_gc: false,
            ..Options::with_client_id(ClientID::new(replica.0))
        });
        let fragment = fragment::of(&doc);
        Self { replica, doc, fragment, size: 0 }
    }

    /// A note out of what was stored: a snapshot, and the updates since.
    ///
    /// # Errors
    /// [`Malformed`] if something else was stored.
    pub(crate) fn open<'a>(
        replica: Replica,
        stored: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Malformed> {
        let mut note = Self::new(replica);
        note.take(stored)?;
        Ok(note)
    }

    /// Takes updates that were stored, because some copy of this note has taken them before.
    ///
    /// # Errors
    /// [`Malformed`] if something else was stored; the note must be opened anew then.
    pub(crate) fn take<'a>(
        &mut self,
        stored: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), Malformed> {
        let mut size = 0;
        let taken = self.transact(|txn, _| {
            for update in stored {
                size += update.len();
                let update = Update::decode_v1(update).map_err(|_| Malformed)?;
                txn.apply_update(update).map_err(|_| Malformed)?;
            }
            Ok(())
        });
        self.size += size;
        taken.unwrap_or(Err(Malformed))
    }

    /// Takes the update of an editor, and returns what it changed, if anything.
    ///
    /// What comes back says the same as the update, without what was here already.
    ///
    /// # Errors
    /// [`ApplyError`]; then nothing is changed, unless it [spoils the note](ApplyError::spoils_the_note).
    pub(crate) fn apply(&mut self, update: &[u8]) -> Result<Option<Edit>, ApplyError> {
        if update.len() > MAX_UPDATE {
            return Err(ApplyError::TooLong);
        }
        let outline = Outline::of(update)?;
        if !outline.follows(&self.doc.transact().state_vector()) {
            return Err(ApplyError::Gap);
        }
        // Who has too much must be able to remove something.
        if outline.adds && !self.has_room_for(update.len()) {
            return Err(ApplyError::Full);
        }
        let decoded = contained(|| Update::decode_v1(update)).ok_or(Malformed)?;
        let decoded = decoded.map_err(|_| Malformed)?;
        self.change(ApplyError::Unmergeable, |txn, _| {
            txn.apply_update(decoded).map_err(|_| ApplyError::Contradiction)?;
            // Edits that wait for each other wait for ever.
            txn.prune_pending();
            let is_shallow = |(replica, clock): &(u64, u32)| {
                depth(txn, ID::new(ClientID::new(*replica), *clock)) <= MAX_DEPTH
            };
            if outline.nodes.iter().all(is_shallow) { Ok(()) } else { Err(ApplyError::TooDeep) }
        })
    }

    /// Makes the note say what a Markdown text says, with the fewest edits that do.
    ///
    /// Blocks that say it already are not touched, so what others write in them stays.
    ///
    /// # Errors
    /// [`WriteError`]; then nothing is changed.
    pub(crate) fn write(&mut self, markdown: &str) -> Result<Option<Edit>, WriteError> {
        check_length(markdown)?;
        let blocks = parse(markdown);
        if parts(&blocks) > MAX_PARTS {
            return Err(WriteError::TooManyParts);
        }
        if !self.has_room_for(markdown.len()) && markdown.len() > self.markdown().len() {
            return Err(WriteError::Full);
        }
        self.change(WriteError::Unmergeable, |txn, fragment| {
            fragment::write(txn, fragment, &blocks);
            Ok(())
        })
    }

    /// Changes the note, and returns what was changed.
    fn change<E>(
        &mut self,
        unmergeable: E,
        body: impl FnOnce(&mut TransactionMut<'_>, &XmlFragmentRef) -> Result<(), E>,
    ) -> Result<Option<Edit>, E> {
        let edit = self.transact(|txn, fragment| {
            body(txn, fragment)?;
            if txn.insert_set().is_empty() && txn.delete_set().is_empty() {
                return Ok(None);
            }
            // Before the commit, which joins what is new to the text before it, however long that is, only for it to be cut
            // out again here.
            Ok(Some(Edit(txn.encode_update_v1())))
        });
        let edit = edit.unwrap_or(Err(unmergeable))?;
        self.size += edit.as_ref().map_or(0, |edit| edit.0.len());
        Ok(edit)
    }

    /// The one place where the library changes something: whatever it panics about ends here, with nothing.
    ///
    /// The note must be opened anew then: what was in it is lost.
    fn transact<R>(
        &mut self,
        body: impl FnOnce(&mut TransactionMut<'_>, &XmlFragmentRef) -> R,
    ) -> Option<R> {
        let mut txn = contained(|| self.doc.transact_mut())?;
        let done = contained(|| body(&mut txn, &self.fragment));
        if done.is_none() {
            // Dropping it would commit, and panic again while it is at it: it is left as it is, lock and all. So that nobody
            // waits for that lock, there is nothing in the note from now on.
            std::mem::forget(txn);
            *self = Self::new(self.replica);
            return None;
        }
        contained(|| drop(txn))?;
        done
    }

    fn has_room_for(&mut self, length: usize) -> bool {
        if self.size + length > MAX_NOTE {
            // The sum of all updates says too much: deleted text is gone from a snapshot.
            self.size = self.snapshot().len();
        }
        self.size + length <= MAX_NOTE
    }

    /// Which edits are in it.
    pub(crate) fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// What somebody misses who has the edits of a state vector.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub(crate) fn missing(&self, state_vector: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut reader = Reader::new(state_vector);
        let mut theirs = StateVector::default();
        for _ in 0..reader.count(2)? {
            let replica = reader.number()?;
            theirs.set_max(ClientID::new(replica), reader.small()?);
        }
        Ok(self.doc.transact().encode_state_as_update_v1(&theirs))
    }

    /// Everything, as one update: what is stored instead of all updates that led here.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    /// What it says as Markdown, in one form for everything that says the same.
    pub(crate) fn markdown(&self) -> String {
        render(&self.blocks())
    }

    /// What it says without any marks, for search and excerpts.
    pub(crate) fn plain_text(&self) -> String {
        plain_text(&self.blocks())
    }

    fn blocks(&self) -> Vec<Block> {
        fragment::blocks(&self.doc.transact())
    }
}

/// In how many nodes a node stands, as far as that is of interest.
fn depth(txn: &TransactionMut<'_>, id: ID) -> usize {
    let mut node =
        BranchID::Nested(id).get_branch(txn).and_then(|node| XmlOut::try_from(node).ok());
    let mut depth = 0;
    while let (Some(of), true) = (node, depth <= MAX_DEPTH) {
        depth += 1;
        node = match of {
            XmlOut::Element(of) => of.parent(),
            XmlOut::Text(of) => of.parent(),
            XmlOut::Fragment(of) => of.parent(),
        };
    }
    depth
}

#[cfg(test)]
mod stock;
#[cfg(test)]
pub(crate) mod tests;
