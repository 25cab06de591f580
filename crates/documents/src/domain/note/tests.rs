//! Notes that are edited from several sides, and by people who mean no good.

use proptest::prelude::*;
use yrs::{Text as _, XmlElementPrelim, XmlFragment as _, XmlTextPrelim};

use super::*;
use crate::domain::testing::markdown;

pub(super) fn note(replica: u64, markdown: &str) -> Note {
    let mut note = Note::new(Replica(replica));
    note.write(markdown).unwrap();
    note
}

/// Another copy of a note.
fn copy(of: &Note, replica: u64) -> Note {
    Note::open(Replica(replica), [&of.snapshot()[..]]).unwrap()
}

/// Sends both what they miss of each other.
fn exchange(a: &mut Note, b: &mut Note) {
    let (for_a, for_b) =
        (b.missing(&a.state_vector()).unwrap(), a.missing(&b.state_vector()).unwrap());
    a.apply(&for_a).unwrap();
    b.apply(&for_b).unwrap();
}

/// What somebody types into a block of the note.
fn types(note: &mut Note, block: u32, text: &str) -> Edit {
    let edit = note.change(ApplyError::Unmergeable, |txn, fragment| {
        let block = fragment.get(txn, block).and_then(XmlOut::into_xml_element).unwrap();
        let line = block.get(txn, 0).and_then(XmlOut::into_xml_text).unwrap();
        let end = line.len(txn);
        line.insert(txn, end, text);
        Ok::<_, ApplyError>(())
    });
    edit.unwrap().unwrap()
}

#[test]
fn a_note_is_opened_from_its_snapshot_and_the_updates_since() {
    let mut note = note(1, "one\n\ntwo");
    let snapshot = note.snapshot();
    let edits = [types(&mut note, 0, " apple"), types(&mut note, 1, " pears")];
    let stored = [&snapshot[..], edits[0].as_update(), edits[1].as_update()];
    let opened = Note::open(Replica(2), stored).unwrap();
    assert_eq!(opened.markdown(), "one apple\n\ntwo pears\n");
    assert_eq!(opened.plain_text(), "one apple\ntwo pears");
    assert_eq!(opened.state_vector(), note.state_vector());
    assert!(Note::open(Replica(2), [&[7, 7, 7][..]]).is_err());
}

#[test]
fn what_was_deleted_is_sent_to_nobody_who_comes_later() {
    let has =
        |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let mut note = Note::new(Replica(1));
    let mut edits = Vec::new();
    // A word, and a whole block.
    for text in ["Meet the plumber\n\nfriends", "Meet the plumber\n\nfired", "Meet friends", "Meet"]
    {
        edits.push(note.write(text).unwrap().expect("it is another text"));
    }
    assert!(edits.iter().any(|edit| has(edit.as_update(), "plumber")));
    let stored = edits.iter().map(Edit::as_update);
    for note in [&note, &Note::open(Replica(2), stored).unwrap(), &copy(&note, 3)] {
        assert_eq!(note.markdown(), "Meet\n");
        for sent in [note.snapshot(), note.missing(&StateVector::default().encode_v1()).unwrap()] {
            assert!(has(&sent, "Meet"));
            for deleted in ["plumber", "friends", "fired"] {
                assert!(!has(&sent, deleted), "{deleted}");
            }
        }
    }
}

#[test]
fn what_the_library_panics_about_ends_with_the_note() {
    let mut note = note(1, "one");
    let done = note.transact(|txn, fragment| {
        fragment.push_back(txn, XmlElementPrelim::empty("paragraph"));
        panic!("as over an index that is not there");
    });
    assert_eq!((done, note.markdown().as_str()), (None::<()>, ""));
    note.write("two").unwrap();
    assert_eq!(note.markdown(), "two\n");
}

#[test]
fn an_update_that_changes_nothing_is_no_edit() {
    let mut here = note(1, "one");
    let mut there = copy(&here, 2);
    let edit = types(&mut there, 0, " more");
    assert!(here.apply(edit.as_update()).unwrap().is_some());
    assert_eq!(here.apply(edit.as_update()), Ok(None));
    assert_eq!(here.apply(&there.snapshot()), Ok(None));
    assert_eq!(here.write("one more"), Ok(None));
    assert_eq!(here.markdown(), "one more\n");
}

#[test]
fn an_edit_is_what_was_not_here_before() {
    let mut here = note(1, "one");
    let mut there = copy(&here, 2);
    types(&mut there, 0, " more");
    let edit = here.apply(&there.snapshot()).unwrap().unwrap();
    assert!(edit.as_update().len() < 32, "{edit:?}");
    let mut third = note(3, "");
    assert_eq!(third.apply(edit.as_update()), Err(ApplyError::Gap));
}

#[test]
fn a_deletion_of_what_is_not_here_waits_for_nothing() {
    let mut there = note(2, "one two");
    let before = there.state_vector();
    let edit = there.write("one").unwrap().unwrap();
    assert_eq!(there.state_vector(), before, "deletions move no clock");
    assert_eq!(note(1, "").apply(edit.as_update()), Err(ApplyError::Gap));
}

#[test]
fn a_new_text_touches_what_it_changes_and_nothing_else() {
    let mut here = note(1, "# Plan\n\nBuy milk and bread.\n\n- [ ] one\n- [ ] two");
    let edit =
        here.write("# Plan\n\nBuy oat milk and bread.\n\n- [ ] one\n- [x] two").unwrap().unwrap();
    assert!(edit.as_update().len() < 64, "{} bytes", edit.as_update().len());
    assert_eq!(here.markdown(), "# Plan\n\nBuy oat milk and bread.\n\n- [ ] one\n- [x] two\n");
}

#[test]
fn what_others_write_in_other_blocks_at_the_same_time_stays() {
    let mut server = note(1, "first\n\nsecond\n\nthird");
    let mut editor = copy(&server, 2);
    types(&mut editor, 1, ", and the editor's");
    server.write("zeroth\n\nfirst!\n\nsecond\n\n> third").unwrap().unwrap();
    exchange(&mut server, &mut editor);
    assert_eq!(server.markdown(), "zeroth\n\nfirst!\n\nsecond, and the editor's\n\n> third\n");
    assert_eq!(server.markdown(), editor.markdown());
}

#[test]
fn what_others_write_in_other_words_of_a_block_stays_too() {
    let mut server = note(1, "The quick fox jumps.");
    let mut editor = copy(&server, 2);
    types(&mut editor, 0, " Far.");
    server.write("The **slow** fox jumps.").unwrap().unwrap();
    exchange(&mut server, &mut editor);
    assert_eq!(server.markdown(), "The **slow** fox jumps. Far.\n");
    assert_eq!(server.markdown(), editor.markdown());
}

#[test]
fn a_block_that_moves_down_is_not_taken_for_another() {
    let mut server = note(1, "alpha beta gamma\n\ndelta epsilon zeta");
    let mut editor = copy(&server, 2);
    types(&mut editor, 1, " eta");
    server
        .write("something entirely new\n\nalpha beta, gamma\n\ndelta epsilon, zeta")
        .unwrap()
        .unwrap();
    exchange(&mut server, &mut editor);
    assert_eq!(
        server.markdown(),
        "something entirely new\n\nalpha beta, gamma\n\ndelta epsilon, zeta eta\n"
    );
}

#[test]
fn an_update_has_a_size_and_so_has_a_note() {
    let mut here = note(1, "");
    assert_eq!(here.apply(&vec![0; MAX_UPDATE + 1]), Err(ApplyError::TooLong));
    let mut there = note(2, "");
    let mut refused = None;
    while refused.is_none() {
        let edit = there.change(ApplyError::Unmergeable, |txn, fragment| {
            fragment.push_back(txn, XmlTextPrelim::new("x".repeat(MAX_UPDATE - 100)));
            Ok::<_, ApplyError>(())
        });
        refused = here.apply(edit.unwrap().unwrap().as_update()).err();
    }
    assert_eq!(refused, Some(ApplyError::Full));
    let deletion = here.write("").unwrap().unwrap();
    assert_eq!(here.apply(deletion.as_update()), Ok(None));
    assert!(here.snapshot().len() < 100, "what is deleted takes no room");
}

/// A note that is nested deeper than a note may be, and the edit by which it is.
pub(crate) fn too_deep() -> (Note, Edit) {
    let mut there = note(2, "");
    let deep = there.change(ApplyError::Unmergeable, |txn, fragment| {
        let mut inner = fragment.push_back(txn, XmlElementPrelim::empty("blockquote"));
        for _ in 0..100 {
            inner = inner.push_back(txn, XmlElementPrelim::empty("blockquote"));
        }
        inner.push_back(txn, XmlTextPrelim::new("deep"));
        Ok::<_, ApplyError>(())
    });
    (there, deep.unwrap().unwrap())
}

#[test]
fn nodes_are_not_nested_without_end() {
    let (there, deep) = too_deep();
    assert!(!there.markdown().contains("deep"), "what is too deep is not looked at");
    let refused = note(1, "").apply(deep.as_update()).unwrap_err();
    assert_eq!(refused, ApplyError::TooDeep);
    assert!(refused.spoils_the_note() && !ApplyError::Gap.spoils_the_note());
}

#[test]
fn updates_that_only_an_enemy_writes_are_refused() {
    let hostile: &[&[u8]] = &[
        // More replicas, changes and deletions than there are bytes.
        &[0xff, 0xff, 0xff, 0xff, 0x0f, 0],
        &[1, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0],
        &[0, 1, 1, 0xff, 0xff, 0xff, 0x7f],
        // A clock beyond all that is counted.
        &[1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 1, 1, b'a', 0xff, 0xff, 0xff, 0xff, 0x07, 0],
        // A replica beyond 53 bits.
        &[1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 4, 1, 1, b'a', 1, b'b', 0],
        // A change that builds upon itself.
        &[1, 1, 1, 0, 0x84, 1, 0, 1, b'b', 0],
        // A document in a document.
        &[1, 1, 1, 0, 9, 1, 1, b'a', 1, b'g', 126, 0],
        // An empty text.
        &[1, 1, 1, 0, 4, 1, 1, b'a', 0, 0],
    ];
    for update in hostile {
        assert_eq!(note(1, "").apply(update), Err(ApplyError::Malformed), "{update:?}");
    }
    let mut nested = vec![1, 1, 1, 0, 8, 1, 1, b'a', 1];
    nested.extend([117, 1].repeat(100_000));
    nested.extend([126, 0]);
    assert_eq!(note(1, "").apply(&nested), Err(ApplyError::Malformed));
}

#[test]
fn edits_that_wait_for_each_other_are_dropped() {
    // The only text of replica 5 stands behind that of 6, and the other way round.
    let circle = [2, 1, 6, 0, 0x84, 5, 0, 1, b'x', 1, 5, 0, 0x84, 6, 0, 1, b'y', 0];
    let mut here = note(1, "one");
    let before = here.state_vector();
    assert_eq!(here.apply(&circle), Ok(None));
    assert_eq!(here.state_vector(), before);
    assert!(here.apply(&circle).is_ok());
}

proptest! {
    #[test]
    fn bytes_are_refused_or_taken_and_the_note_is_sound_after(
        text in markdown(), bytes in prop::collection::vec(any::<u8>(), 0..64)
    ) {
        let mut here = note(1, &text);
        let _ = here.apply(&bytes);
        let _ = here.missing(&bytes);
        prop_assert!(Note::open(Replica(2), [&here.snapshot()[..]]).is_ok());
    }

    #[test]
    fn an_update_with_flipped_bytes_is_refused_or_taken(
        text in markdown(), other in markdown(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut here = note(1, &text);
        let mut there = copy(&here, 2);
        let Ok(Some(edit)) = there.write(&other) else { return Ok(()) };
        let mut bytes = edit.as_update().to_vec();
        for (at, byte) in flips {
            *at.get_mut(&mut bytes) = byte;
        }
        if here.apply(&bytes).is_err_and(ApplyError::spoils_the_note) {
            return Ok(());
        }
        let _ = (here.markdown(), here.plain_text());
        prop_assert_ne!(here.write(&other), Err(WriteError::Unmergeable));
        prop_assert!(Note::open(Replica(3), [&here.snapshot()[..]]).is_ok());
    }

    #[test]
    fn copies_converge_however_their_edits_arrive(
        text in markdown(), writes in prop::collection::vec((0..3_usize, markdown(), 0..3_usize), 1..8)
    ) {
        let first = note(1, &text);
        let mut copies = [copy(&first, 2), copy(&first, 3), copy(&first, 4)];
        for (writer, text, peer) in writes {
            copies[writer].write(&text).unwrap();
            if writer != peer {
                let [a, b] = copies.get_disjoint_mut([writer, peer]).unwrap();
                exchange(a, b);
            }
        }
        for (at, with) in [(0, 1), (1, 2), (0, 1), (1, 2), (0, 2)] {
            let [a, b] = copies.get_disjoint_mut([at, with]).unwrap();
            exchange(a, b);
        }
        let markdown = copies.each_ref().map(Note::markdown);
        prop_assert!(markdown.iter().all(|text| *text == markdown[0]), "{markdown:?}");
        let vectors = copies.each_ref().map(Note::state_vector);
        prop_assert_eq!(vectors.iter().map(Vec::len).collect::<std::collections::HashSet<_>>().len(), 1);
    }
}
