//! Conversations of several editors over one note.

use expect_test::expect;
use proptest::prelude::*;

use super::connection::{Connection, Effect, MAX_FRAME, ProtocolError, relayed};
use super::message;
use super::presence::{ConnectionId, Identity, Presence};
use crate::domain::lib0::{write_bytes, write_number};
use crate::domain::note::{ApplyError, Note, Replica};

/// A note on the server with the editors that are connected to it.
struct Room {
    note: Note,
    presence: Presence,
}

/// An editor: its own copy of the note, and its end of the connection.
struct Editor {
    note: Note,
    connection: Connection,
    may_write: bool,
}

fn identity(name: &str) -> Identity {
    Identity { user: format!("id of {name}"), name: name.to_owned(), color: "#123456".to_owned() }
}

impl Room {
    fn new(markdown: &str) -> Self {
        let mut note = Note::new(Replica::from_random(1 << 20));
        note.write(markdown).unwrap();
        Self { note, presence: Presence::default() }
    }

    fn join(&self, number: u64, name: &str, may_write: bool) -> (Editor, Vec<Effect>) {
        let (id, identity) = (ConnectionId(number), identity(name));
        let (connection, effects) =
            Connection::open(id, identity, may_write, &self.note, &self.presence);
        let note = Note::new(Replica::from_random((number + 2) << 20));
        (Editor { note, connection, may_write }, effects)
    }

    fn hears(&mut self, from: &Editor, frame: &[u8]) -> Result<Vec<Effect>, ProtocolError> {
        from.connection.hear(frame, from.may_write, &self.note, &mut self.presence)
    }

    /// Does what a frame leads to, and returns what the others are told.
    fn commits(&mut self, from: &mut Editor, frame: &[u8]) -> Vec<Vec<u8>> {
        let mut told = Vec::new();
        for effect in self.hears(from, frame).unwrap() {
            match effect {
                Effect::Commit(update) => {
                    let edit = self.note.apply(&update).unwrap();
                    from.connection.committed();
                    told.extend(edit.map(|edit| relayed(edit.as_update())));
                }
                Effect::Relay(frame) => told.push(frame),
                Effect::Reply(_) => {}
            }
        }
        told
    }

    /// Gives an editor what it misses, as the protocol does.
    fn syncs(&mut self, editor: &mut Editor) {
        let asked = message::state_vector(&editor.note.state_vector());
        let replies = self.hears(editor, &asked).unwrap();
        let [Effect::Reply(reply)] = &replies[..] else { panic!("{replies:?}") };
        editor.note.apply(content(reply)).unwrap();
    }
}

/// What stands behind the two numbers of a frame and its length.
fn content(frame: &[u8]) -> &[u8] {
    let length = frame[2..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    &frame[2 + length..]
}

/// What editors say of themselves: their number, their clock and their state.
fn states(of: &[(u64, u64, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_number(&mut bytes, of.len() as u64);
    for (editor, clock, state) in of {
        write_number(&mut bytes, *editor);
        write_number(&mut bytes, *clock);
        write_bytes(&mut bytes, state.as_bytes());
    }
    message::presence(&bytes)
}

/// A frame about presence with its numbers left out.
fn shown(effects: &[Effect]) -> String {
    let frame = |effect: &Effect| match effect {
        Effect::Reply(frame) => {
            format!("reply {}\n", String::from_utf8_lossy(frame).escape_debug())
        }
        Effect::Relay(frame) => {
            format!("relay {}\n", String::from_utf8_lossy(frame).escape_debug())
        }
        Effect::Commit(_) => "commit\n".to_owned(),
    };
    effects.iter().map(frame).collect()
}

#[test]
fn editors_that_join_are_asked_and_told() {
    let mut room = Room::new("hello");
    let (ada, welcome) = room.join(1, "Ada", true);
    assert_eq!(welcome, [Effect::Reply(message::state_vector(&room.note.state_vector()))]);
    room.hears(&ada, &states(&[(7, 0, r#"{"cursor":null}"#)])).unwrap();
    let (_, welcome) = room.join(2, "Bob", false);
    expect![[r##"
        reply \u{1}L\u{1}\u{7}\0H{\"cursor\":null,\"user\":{\"color\":\"#123456\",\"id\":\"id of Ada\",\"name\":\"Ada\"}}
    "##]].assert_eq(&shown(&welcome));
}

#[test]
fn what_one_writes_the_others_get_and_late_comers_too() {
    let mut room = Room::new("hello");
    let (mut ada, _) = room.join(1, "Ada", true);
    let (mut bob, _) = room.join(2, "Bob", true);
    room.syncs(&mut ada);
    room.syncs(&mut bob);
    let edit = ada.note.write("hello world").unwrap().unwrap();
    let told = room.commits(&mut ada, &relayed(edit.as_update()));
    for frame in &told {
        bob.note.apply(content(frame)).unwrap();
    }
    let (mut eve, _) = room.join(3, "Eve", false);
    room.syncs(&mut eve);
    for note in [&room.note, &bob.note, &eve.note] {
        assert_eq!(note.markdown(), "hello world\n");
    }
    assert!(room.commits(&mut ada, &relayed(edit.as_update())).is_empty(), "nobody is told twice");
}

#[test]
fn who_only_reads_gets_everything_and_changes_nothing() {
    let mut room = Room::new("hello");
    let (mut eve, welcome) = room.join(1, "Eve", false);
    assert!(welcome.is_empty(), "a reader is not asked for edits");
    room.syncs(&mut eve);
    let edit = eve.note.write("goodbye").unwrap().unwrap();
    for frame in [message::update(edit.as_update()), message::missing(edit.as_update())] {
        let effects = room.hears(&eve, &frame).unwrap();
        assert_eq!(effects, [Effect::Reply(message::denied("this note is read-only for you"))]);
    }
    assert_eq!(room.hears(&eve, &message::missing(&[0, 0])).unwrap(), []);
    eve.may_write = true;
    let effects = room.hears(&eve, &message::update(edit.as_update())).unwrap();
    assert_eq!(effects, [Effect::Commit(edit.as_update().to_vec())], "rights are asked each time");
}

#[test]
fn who_somebody_is_says_the_session_and_nobody_else() {
    let mut room = Room::new("");
    let (ada, _) = room.join(1, "Ada", true);
    let (eve, _) = room.join(2, "Eve", false);
    let forged = r#"{"user":{"id":"id of Bob","name":"Bob","color":"red"},"cursor":1}"#;
    let effects = room.hears(&ada, &states(&[(7, 1, forged)])).unwrap();
    expect![[r##"
        relay \u{1}I\u{1}\u{7}\u{1}E{\"cursor\":1,\"user\":{\"color\":\"#123456\",\"id\":\"id of Ada\",\"name\":\"Ada\"}}
    "##]].assert_eq(&shown(&effects));

    let others = [
        // Clients repeat what they hear; an enemy changes or removes it.
        states(&[(7, 1, forged)]),
        states(&[(7, 2, r#"{"cursor":2}"#)]),
        states(&[(7, 1, "null")]),
        states(&[(8, 1, "null")]),
    ];
    for frame in others {
        assert_eq!(room.hears(&eve, &frame).unwrap(), [], "{frame:?}");
    }
    let effects = room.hears(&ada, &states(&[(7, 1, r#"{"cursor":3}"#)])).unwrap();
    assert_eq!(effects, [], "what was said before is not said again");
    let everybody = room.hears(&eve, &[3]).unwrap();
    expect![[r##"
        reply \u{1}I\u{1}\u{7}\u{1}E{\"cursor\":1,\"user\":{\"color\":\"#123456\",\"id\":\"id of Ada\",\"name\":\"Ada\"}}
    "##]].assert_eq(&shown(&everybody));
}

#[test]
fn who_leaves_is_gone_at_once() {
    let mut room = Room::new("");
    let (ada, _) = room.join(1, "Ada", true);
    let (eve, _) = room.join(2, "Eve", false);
    room.hears(&ada, &states(&[(7, 4, "{}"), (9, 1, "{}")])).unwrap();
    let effects = room.hears(&ada, &states(&[(9, 2, "null")])).unwrap();
    expect![[r#"
        relay \u{1}\u{8}\u{1}\t\u{2}\u{4}null
    "#]]
    .assert_eq(&shown(&effects));
    let told: Vec<Effect> = ada.connection.close(&mut room.presence).into_iter().collect();
    expect![[r#"
        relay \u{1}\u{8}\u{1}\u{7}\u{4}\u{4}null
    "#]]
    .assert_eq(&shown(&told));
    assert_eq!(eve.connection.close(&mut room.presence), None, "nobody saw Eve");
    assert_eq!(room.presence.all(), None);
}

#[test]
fn nobody_is_in_a_note_more_often_than_a_page_is() {
    let mut room = Room::new("");
    let (ada, _) = room.join(1, "Ada", true);
    let crowd: Vec<(u64, u64, &str)> = (0..100).map(|editor| (editor, 1, "{}")).collect();
    room.hears(&ada, &states(&crowd)).unwrap();
    assert_eq!(room.presence.all().unwrap()[0], 4);
}

#[test]
fn an_editor_with_a_gap_is_asked_once_for_all_that_it_has() {
    let mut room = Room::new("hello");
    let (mut ada, _) = room.join(1, "Ada", true);
    room.syncs(&mut ada);
    ada.note.write("hello world").unwrap();
    let late = ada.note.write("hello world!").unwrap().unwrap();
    assert_eq!(room.note.apply(late.as_update()), Err(ApplyError::Gap));
    let asked = [Effect::Reply(message::state_vector(&room.note.state_vector()))];
    assert_eq!(ada.connection.refused_for_a_gap(&room.note), asked);
    assert_eq!(ada.connection.refused_for_a_gap(&room.note), []);
    let all = ada.note.missing(&room.note.state_vector()).unwrap();
    room.commits(&mut ada, &message::missing(&all));
    assert_eq!(room.note.markdown(), "hello world!\n");
    let asked = [Effect::Reply(message::state_vector(&room.note.state_vector()))];
    assert_eq!(ada.connection.refused_for_a_gap(&room.note), asked);
}

#[test]
fn an_update_that_cannot_be_taken_is_answered() {
    let refused = Connection::refused(&ApplyError::Full.to_string());
    expect![[r#"
        reply \u{2}\0Ba note has at most 16777216 bytes with its edits; remove something
    "#]]
    .assert_eq(&shown(&[refused]));
}

#[test]
fn what_is_no_message_ends_the_conversation() {
    let mut room = Room::new("");
    let (ada, _) = room.join(1, "Ada", true);
    let long = "x".repeat(5_000);
    let hostile = [
        vec![],
        vec![9],
        vec![0, 3, 0],
        vec![0, 0, 200, 1, 0],
        vec![0, 0, 3, 1, 2, 3, 4],
        vec![3, 0],
        states(&[(1, 1, "[]")]),
        states(&[(1, 1, "{")]),
        states(&[(1, 1, &format!(r#"{{"x":"{long}"}}"#))]),
        states(&[(1, 1, &format!("{}{}", r#"{"a":"#.repeat(500), "}".repeat(500)))]),
        message::presence(&[0xff, 0xff, 0xff, 0xff, 0x0f]),
    ];
    for frame in hostile {
        assert_eq!(room.hears(&ada, &frame), Err(ProtocolError::Malformed), "{frame:?}");
    }
    assert_eq!(room.hears(&ada, &vec![0; MAX_FRAME + 1]), Err(ProtocolError::TooLong));
    assert_eq!(room.hears(&ada, &[2, 0, 1, b'x']), Ok(vec![]), "clients have no say in rights");
}

proptest! {
    #[test]
    fn whatever_is_said_is_understood_or_not(frame in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut room = Room::new("hello");
        let (ada, _) = room.join(1, "Ada", true);
        let length = u8::try_from(frame.len()).unwrap();
        let _ = room.hears(&ada, &frame);
        let _ = room.hears(&ada, &[&[1, length][..], &frame].concat());
        let _ = room.hears(&ada, &[&[0, 0, length][..], &frame].concat());
    }
}
