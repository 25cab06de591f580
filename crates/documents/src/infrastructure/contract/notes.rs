//! The log of notes.

use perme8_events::{Id, UserId};
use uuid::Uuid;

use super::*;
use crate::{
    application::notes::Notes,
    domain::{
        burst::Burst,
        content::{ContentHash, Source},
        note::{Edit, Note, Replica},
        references::DocumentId,
        stored_note::{Authored, NewNote, StoredNote},
        version::{Mark, NewVersion},
    },
    testing::NoteTables,
};

promises! {
    tables: NoteTables, migrations: &crate::MIGRATIONS;
    a_note_begins_empty
    a_document_has_one_note
    edits_come_back_in_their_order
    the_text_that_was_written_last_is_kept
    edits_are_put_together_and_later_ones_stay
    a_burst_begins_with_an_edit_and_ends_once
    versions_are_kept_and_forgotten
    what_was_private_is_for_one_person_until_it_is_shared
    a_note_that_is_gone_takes_no_edits
}

const DOCUMENT: DocumentId = id(21);
const AUTHOR: UserId = id(4);

const fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

async fn begun(tx: &mut impl Notes) -> NewNote {
    let note = new(tx, DOCUMENT);
    tx.begin_note(&note).await.unwrap();
    note
}

fn new(tx: &mut impl Notes, document_id: DocumentId) -> NewNote {
    NewNote { id: tx.new_id(), document_id, workspace_id: id(1), author: Some(AUTHOR) }
}

async fn stored(tx: &mut impl Notes) -> StoredNote {
    tx.lock_note(DOCUMENT).await.unwrap().unwrap()
}

/// Edits by which a note says one text after another.
fn edits(texts: &[&str]) -> Vec<Authored> {
    let mut note = Note::new(Replica::from_random(1 << 20));
    let mut edit = |text: &&str| note.write(text).unwrap().unwrap();
    let authored = |edit: Edit| Authored { edit, author: Some(AUTHOR) };
    texts.iter().map(|text| authored(edit(text))).collect()
}

async fn a_note_begins_empty<T: Notes>(tx: &mut T) {
    assert_eq!(tx.lock_note(DOCUMENT).await.unwrap(), None);
    let note = begun(tx).await;
    let stored = stored(tx).await;
    assert_eq!((stored.id, stored.head, stored.updates.len()), (note.id, 0, 0));
    assert_eq!(stored.open(Replica::from_random(1)).unwrap().markdown(), "");
}

async fn a_document_has_one_note<T: Notes>(tx: &mut T) {
    begun(tx).await;
    let other = new(tx, DOCUMENT);
    assert!(tx.begin_note(&other).await.unwrap_err().is_conflict());
}

async fn edits_come_back_in_their_order<T: Notes>(tx: &mut T) {
    let note = begun(tx).await;
    let edits = edits(&["one", "one two", "three"]);
    let head =
        async |tx: &mut T, edits| Some(tx.append_updates(note.id, edits).await.unwrap()?.head);
    assert_eq!(head(tx, &edits[..2]).await, Some(2));
    assert_eq!(head(tx, &edits[2..]).await, Some(3));
    let stored = stored(tx).await;
    let expected = edits.iter().map(|edit| edit.edit.as_update().to_vec());
    assert_eq!((stored.head, &stored.updates), (3, &expected.collect()));
    assert_eq!(stored.open(Replica::from_random(1)).unwrap().markdown(), "three\n");
}

async fn the_text_that_was_written_last_is_kept<T: Notes>(tx: &mut T) {
    let note = begun(tx).await;
    for text in ["Hello  ", "Hello   "] {
        let source = Source::new(text.to_owned(), "Hello\n");
        tx.keep_source(note.id, &source).await.unwrap();
        assert_eq!(stored(tx).await.source, Some(source));
    }
}

async fn edits_are_put_together_and_later_ones_stay<T: Notes>(tx: &mut T) {
    let note = begun(tx).await;
    let edits = edits(&["one", "one two", "three", "three four"]);
    tx.append_updates(note.id, &edits[..3]).await.unwrap();
    let replica = || Replica::from_random(1);
    let snapshot = stored(tx).await.open(replica()).unwrap().snapshot();
    tx.append_updates(note.id, &edits[3..]).await.unwrap();
    tx.compact(note.id, 3, &snapshot).await.unwrap();
    // Somebody else is late with less, and somebody is ahead of all that is there.
    for (upto, late) in [(3, b"late"), (2, b"late"), (9, b"odd!")] {
        tx.compact(note.id, upto, late).await.unwrap();
    }
    let stored = stored(tx).await;
    assert_eq!(
        (stored.head, stored.updates.len(), stored.snapshot.as_ref()),
        (4, 1, Some(&snapshot))
    );
    assert_eq!(stored.open(replica()).unwrap().markdown(), "three four\n");
}

async fn a_burst_begins_with_an_edit_and_ends_once<T: Notes>(tx: &mut T) {
    let note = begun(tx).await;
    let mut edits = edits(&["one", "two", "three"]);
    edits[1].author = Some(id(2));
    edits[2].author = None;
    assert_eq!(stored(tx).await.burst, None);
    for _ in 0..2 {
        let appended = tx.append_updates(note.id, &edits).await.unwrap().unwrap();
        assert_eq!(appended.burst, Burst::begin(tx.now()));
        assert_eq!(stored(tx).await.burst, Some(appended.burst));
    }
    assert_eq!(tx.end_burst(note.id).await.unwrap(), [id(2), AUTHOR]);
    assert_eq!(stored(tx).await.burst, None);
    assert_eq!(tx.end_burst(note.id).await.unwrap(), []);
}

async fn versions_are_kept_and_forgotten<T: Notes>(tx: &mut T) {
    let note = begun(tx).await;
    let mut marks = Vec::new();
    for (number, text) in [(1, "one"), (2, "two"), (3, "three")] {
        let hash = ContentHash::of(text);
        let private_to = (number < 3).then_some(AUTHOR);
        let version = NewVersion { number, text, hash: &hash, authors: &[AUTHOR], private_to };
        tx.keep_version(note.id, &version).await.unwrap();
        marks.push(Mark { number, hash, at: tx.now() });
    }
    assert_eq!(tx.versions(note.id).await.unwrap(), marks);
    tx.forget_version(note.id, 2).await.unwrap();
    marks.remove(1);
    assert_eq!(tx.versions(note.id).await.unwrap(), marks);
    tx.forget_private_versions(note.id, id(2)).await.unwrap();
    assert_eq!(tx.versions(note.id).await.unwrap(), marks);
    tx.forget_private_versions(note.id, AUTHOR).await.unwrap();
    assert_eq!(tx.versions(note.id).await.unwrap(), marks[1..]);
}

async fn what_was_private_is_for_one_person_until_it_is_shared<T: Notes>(tx: &mut T) {
    let note = begun(tx).await;
    let hash = &ContentHash::of("one");
    let private_to = Some(AUTHOR);
    let version = NewVersion { number: 1, text: "one", hash, authors: &[], private_to };
    tx.keep_version(note.id, &version).await.unwrap();
    let seen = async |tx: &mut T, reader| tx.version_text(note.id, 1, reader).await.unwrap();
    assert_eq!(seen(tx, AUTHOR).await.as_deref(), Some("one"));
    assert_eq!(seen(tx, id(2)).await, None);
    tx.share_version(note.id, 1).await.unwrap();
    assert_eq!(seen(tx, id(2)).await.as_deref(), Some("one"));
}

async fn a_note_that_is_gone_takes_no_edits<T: Notes>(tx: &mut T) {
    let note = begun(tx).await;
    let edits = edits(&["one"]);
    tx.append_updates(note.id, &edits).await.unwrap();
    tx.forget_note(DOCUMENT).await.unwrap();
    assert_eq!(tx.lock_note(DOCUMENT).await.unwrap(), None);
    assert_eq!(tx.append_updates(note.id, &edits).await.unwrap(), None);
}
