//! What the nodes tell each other in passing about a note that is open on several of them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use perme8_events::Signal;
use serde::{Deserialize, Serialize};

/// So many bytes of updates or of presence fit into a message that nobody keeps, with everything around them.
pub(crate) const LONGEST: usize = 2_800;

/// What a node says about a note to the other nodes that have it open.
///
/// It may be lost: what is worth keeping is in the log of the note, and who is there says so again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteSignal {
    /// Which of the copies that are open says so.
    pub(crate) copy: u64,
    pub(crate) says: Says,
}

/// What is said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Says {
    /// It was opened: who has it open, too, says who is there.
    Hello,
    /// It still is open.
    Here,
    /// It is closed.
    Bye,
    /// Who is there.
    Present(Encoded),
    /// Edits were committed, up to this number. The last ones come with it if they are small.
    Edited { head: i64, updates: Vec<Encoded> },
    /// Something was written by somebody who has no copy open.
    Written,
}

/// What people write is shown nowhere.
impl std::fmt::Debug for Says {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hello => "Hello",
            Self::Here => "Here",
            Self::Bye => "Bye",
            Self::Present(_) => "Present",
            Self::Edited { .. } => "Edited",
            Self::Written => "Written",
        })
    }
}

/// Bytes as a text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Encoded(String);

impl Encoded {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(STANDARD.encode(bytes))
    }

    /// The bytes, unless somebody else wrote the text.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.0).ok()
    }
}

impl Signal for NoteSignal {
    const KIND: &'static str = "documents.note";
}

impl Says {
    /// Edits were committed, the last of them with this number.
    pub(crate) fn edited(head: i64, updates: &[&[u8]]) -> Self {
        // Each has quotes and a comma around it.
        let length: usize = updates.iter().map(|update| update.len() + 4).sum();
        let updates = if length > LONGEST { &[] } else { updates };
        Self::Edited { head, updates: updates.iter().map(|update| Encoded::new(update)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(says: Says) -> usize {
        serde_json::to_string(&NoteSignal { copy: u64::MAX, says }).unwrap().len()
    }

    #[test]
    fn what_is_said_fits_into_a_message_that_nobody_keeps() {
        let longest = [7; LONGEST];
        for says in [
            Says::Present(Encoded::new(&longest)),
            Says::edited(i64::MAX, &[&longest[4..]]),
            Says::edited(i64::MAX, &[&longest[..1]; LONGEST / 5]),
        ] {
            assert!((3_000..=4_096).contains(&length(says)));
        }
    }

    #[test]
    fn long_edits_are_announced_by_their_number_alone() {
        let Says::Edited { head, updates } = Says::edited(9, &[&[7; LONGEST]]) else { panic!() };
        assert_eq!((head, updates.len()), (9, 0));
    }

    #[test]
    fn what_people_write_is_not_shown() {
        let signal = NoteSignal { copy: 1, says: Says::edited(9, &[b"secret"]) };
        assert_eq!(format!("{signal:?}"), "NoteSignal { copy: 1, says: Edited }");
    }
}
