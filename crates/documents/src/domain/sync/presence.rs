//! Who is in a note, and where: known as long as their connection lasts, and kept nowhere.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::lib0::{Malformed, Reader, write_bytes, write_number};

/// Whom a connection speaks for, as the session says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The id of the account.
    pub user: String,
    pub name: String,
    /// The colour of the caret, as CSS writes it.
    pub color: String,
}

/// A connection among all of one note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(pub u64);

/// Who is in a note. An editor has an id of its own in it, the client id of its Yjs document.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    editors: BTreeMap<u64, Editor>,
}

#[derive(Debug)]
struct Editor {
    /// Whose id it is as long as that connection lasts; nobody else speaks for it.
    of: ConnectionId,
    user: String,
    clock: u32,
    state: Map<String, Value>,
}

/// How many editors a connection may have; one, unless a page opens a note twice.
const MAX_EDITORS: usize = 4;

/// How long the state of an editor may be, in bytes.
const MAX_STATE: usize = 4 * 1024;

/// Where the editor shows who somebody is.
const USER: &str = "user";

impl Presence {
    /// Takes what a connection says of its editors, and returns what the others are to be told.
    ///
    /// What it says of the editors of others is dropped: clients repeat what they hear. Who an
    /// editor belongs to is what the session says, whatever the state says.
    pub(crate) fn update(
        &mut self,
        from: ConnectionId,
        identity: &Identity,
        update: &[u8],
    ) -> Result<Option<Vec<u8>>, Malformed> {
        self.hear(from, Some(identity), update)
    }

    /// Takes what another node says of the editors there, as [`update`](Self::update) put it on that node.
    pub(crate) fn update_of_node(
        &mut self,
        from: ConnectionId,
        update: &[u8],
    ) -> Result<Option<Vec<u8>>, Malformed> {
        self.hear(from, None, update)
    }

    fn hear(
        &mut self,
        from: ConnectionId,
        identity: Option<&Identity>,
        update: &[u8],
    ) -> Result<Option<Vec<u8>>, Malformed> {
        let mut told = Vec::new();
        for Said { editor, clock, state } in read(update)? {
            let current = self.editors.get(&editor);
            let user = match (identity, &state) {
                (Some(identity), _) => identity.user.clone(),
                (None, Some(state)) => of(state).unwrap_or_default().to_owned(),
                (None, None) => String::new(),
            };
            let is_full =
                || identity.is_some() && self.editors_of(|of| of == from).len() >= MAX_EDITORS;
            match current {
                // Who comes back before the old connection is found dead takes over.
                Some(current)
                    if current.of != from
                        && (current.user != user || clock <= current.clock || state.is_none()) =>
                {
                    continue;
                }
                None if state.is_none() || is_full() => continue,
                Some(current) if clock < current.clock => continue,
                Some(current) if clock == current.clock && state.is_some() => continue,
                Some(_) | None => {}
            }
            match state {
                None => {
                    self.editors.remove(&editor);
                }
                Some(mut state) => {
                    if let Some(identity) = identity {
                        state.insert(USER.to_owned(), shown(identity));
                    }
                    self.editors.insert(editor, Editor { of: from, user, clock, state });
                }
            }
            told.push((editor, clock));
        }
        Ok(self.encoded(&told))
    }

    /// Everybody who is there.
    pub(crate) fn all(&self) -> Option<Vec<u8>> {
        let all: Vec<(u64, u32)> =
            self.editors.iter().map(|(editor, Editor { clock, .. })| (*editor, *clock)).collect();
        self.encoded(&all)
    }

    /// The states of some editors, in pieces of at most so many bytes, if an editor takes no more.
    pub(crate) fn pieces(&self, editors: &[(u64, u32)], longest: usize) -> Vec<Vec<u8>> {
        let mut pieces: Vec<Vec<(u64, u32)>> = Vec::new();
        let mut room = 0;
        for editor in editors {
            // As many numbers say how many there are of any.
            let length = self.encoded(&[*editor]).map_or(0, |state| state.len());
            if length > longest {
                continue;
            }
            match pieces.last_mut() {
                Some(piece) if length <= room => piece.push(*editor),
                Some(_) | None => {
                    pieces.push(vec![*editor]);
                    room = longest;
                }
            }
            room -= length;
        }
        pieces.iter().filter_map(|editors| self.encoded(editors)).collect()
    }

    /// Forgets the editors of a connection, and returns what the others are to be told.
    pub(crate) fn leave(&mut self, connection: ConnectionId) -> Option<Vec<u8>> {
        let gone = self.editors_of(|of| of == connection);
        for (editor, _) in &gone {
            self.editors.remove(editor);
        }
        self.encoded(&gone)
    }

    /// Forgets some editors, as far as they are of a connection, and gives those of them that were there, with their clocks.
    pub(crate) fn forget(&mut self, of: ConnectionId, editors: &[u64]) -> Vec<(u64, u32)> {
        let gone =
            self.editors.extract_if(.., |editor, state| state.of == of && editors.contains(editor));
        gone.map(|(editor, Editor { clock, .. })| (editor, clock)).collect()
    }

    /// The editors of some connections, with their clocks.
    pub(crate) fn editors_of(&self, of: impl Fn(ConnectionId) -> bool) -> Vec<(u64, u32)> {
        let editors = self.editors.iter().filter(|(_, editor)| of(editor.of));
        editors.map(|(editor, Editor { clock, .. })| (*editor, *clock)).collect()
    }

    /// The states of some editors; one that is gone has none.
    pub(crate) fn encoded(&self, editors: &[(u64, u32)]) -> Option<Vec<u8>> {
        if editors.is_empty() {
            return None;
        }
        let mut bytes = Vec::new();
        write_number(&mut bytes, editors.len() as u64);
        for (editor, clock) in editors {
            let state = self.editors.get(editor).map(|editor| &editor.state);
            let state = serde_json::to_vec(&state).expect("JSON is written as JSON");
            write_number(&mut bytes, *editor);
            write_number(&mut bytes, u64::from(*clock));
            write_bytes(&mut bytes, &state);
        }
        Some(bytes)
    }
}

/// Of which editors an update says something, and with which clocks.
///
/// # Errors
/// [`Malformed`] if it is none.
pub(crate) fn editors_in(update: &[u8]) -> Result<Vec<(u64, u32)>, Malformed> {
    let mut reader = Reader::new(update);
    let editors = (0..reader.count(3)?).map(|_| {
        let editor = (reader.number()?, reader.small()?);
        reader.text()?;
        Ok(editor)
    });
    editors.collect()
}

/// What somebody says of an editor.
struct Said {
    editor: u64,
    clock: u32,
    /// Nothing if it is gone.
    state: Option<Map<String, Value>>,
}

fn read(update: &[u8]) -> Result<Vec<Said>, Malformed> {
    let mut reader = Reader::new(update);
    let count = reader.count(3)?;
    let said = (0..count).map(|_| {
        let (editor, clock, state) = (reader.number()?, reader.small()?, reader.text()?);
        if state.len() > MAX_STATE {
            return Err(Malformed);
        }
        match serde_json::from_str(state) {
            Ok(Value::Null) => Ok(Said { editor, clock, state: None }),
            Ok(Value::Object(state)) => Ok(Said { editor, clock, state: Some(state) }),
            Ok(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
                Err(Malformed)
            }
        }
    });
    said.collect()
}

/// Whose editor it is, as the node has written that the person is at.
fn of(state: &Map<String, Value>) -> Option<&str> {
    state.get(USER)?.get("id")?.as_str()
}

fn shown(Identity { user, name, color }: &Identity) -> Value {
    serde_json::json!({ "id": user, "name": name, "color": color })
}
