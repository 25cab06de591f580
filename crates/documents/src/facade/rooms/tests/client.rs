//! An editor: its own copy of a note, and its end of the connection.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    domain::{
        note::{Note, Replica},
        sync::connection::relayed,
    },
    facade::rooms::connection::{Editing, EditingEnd},
};

pub(super) const SOON: Duration = Duration::from_secs(20);

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::facade) enum Told {
    /// It asks for what it has not.
    Asked,
    /// What was missing.
    Missing,
    /// What somebody changed.
    Edited,
    /// Who is there.
    Present(String),
    /// That something may not be done.
    Denied(String),
}

pub(in crate::facade) struct Client {
    pub(super) editing: Editing,
    pub(super) note: Note,
}

impl Client {
    pub(in crate::facade) fn new(editing: Editing) -> Self {
        Self { editing, note: Note::new(Replica::from_random(rand::random())) }
    }

    /// Says the edits by which the note says this text.
    pub(in crate::facade) async fn write(&mut self, text: &str) {
        let edit = self.note.write(text).unwrap().expect("it is another text");
        self.say(relayed(edit.as_update())).await;
    }

    pub(super) async fn say(&self, frame: Vec<u8>) {
        self.editing.say(Bytes::from(frame)).await.unwrap();
    }

    /// Takes part of the conversation, once.
    pub(super) async fn hear(&mut self) -> Result<Told, EditingEnd> {
        let frame = tokio::time::timeout(SOON, self.editing.next()).await.expect("it is told")?;
        let (kind, content) = read(&frame);
        Ok(match kind {
            [0, 0] => {
                self.say(frame_of(&[0, 1], &self.note.missing(content).unwrap())).await;
                Told::Asked
            }
            [0, 1] => {
                self.note.take([content]).unwrap();
                Told::Missing
            }
            [0, 2] => {
                self.note.take([content]).unwrap();
                Told::Edited
            }
            [1] => Told::Present(String::from_utf8_lossy(content).into_owned()),
            [2, 0] => Told::Denied(String::from_utf8_lossy(content).into_owned()),
            odd => panic!("{odd:?}"),
        })
    }

    /// Asks for what is missing, and hears everything until it comes: whatever was said before is committed then.
    pub(in crate::facade) async fn settle(&mut self) -> Vec<Told> {
        self.say(frame_of(&[0, 0], &self.note.state_vector())).await;
        let mut told = Vec::new();
        loop {
            let next = self.hear().await.unwrap();
            if next == Told::Missing {
                return told;
            }
            told.push(next);
        }
    }

    /// Hears until the note says this.
    pub(super) async fn until(&mut self, text: &str) {
        while self.note.markdown() != text {
            self.hear().await.unwrap();
        }
    }

    /// Hears until it is over.
    pub(super) async fn end(&mut self) -> EditingEnd {
        loop {
            if let Err(end) = self.hear().await {
                return end;
            }
        }
    }
}

/// What an editor says of its caret.
pub(super) fn caret(editor: u8, clock: u8, state: &str) -> Vec<u8> {
    let length = u8::try_from(state.len()).unwrap();
    let states = [&[1, editor, clock, length], state.as_bytes()].concat();
    frame_of(&[1], &states)
}

pub(super) fn frame_of(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let mut frame = kind.to_vec();
    let mut length = content.len();
    while length >= 0x80 {
        frame.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    frame.push(u8::try_from(length).unwrap());
    frame.extend(content);
    frame
}

/// What kind of frame it is, and what stands behind its length.
fn read(frame: &[u8]) -> (&[u8], &[u8]) {
    let (kind, rest) = frame.split_at(if frame[0] == 1 { 1 } else { 2 });
    let length = rest.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    (kind, &rest[length..])
}
