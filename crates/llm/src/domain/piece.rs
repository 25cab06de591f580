//! A piece of an answer that is still being written, on its way to whoever looks on.

use std::fmt;

use perme8_events::Signal;
use serde::{Deserialize, Serialize};

use crate::domain::call::CallId;

/// The longest text of a piece, in bytes as JSON writes it: with everything around it, it fits into a message that nobody keeps.
const LONGEST: usize = 3_800;

/// A piece of an answer that is still being written; nobody keeps it. `Debug` leaves the text out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceSignal {
    /// Of which answer.
    pub call_id: CallId,
    /// How many characters came before it: who misses a piece notices.
    pub from: u64,
    /// What it says.
    pub text: String,
}

impl Signal for PieceSignal {
    const KIND: &'static str = "llm.piece";
}

impl PieceSignal {
    /// A text as pieces, each of which is short enough to be sent.
    pub(crate) fn pieces(call_id: CallId, from: u64, text: &str) -> Vec<Self> {
        let (mut pieces, mut piece, mut size, mut from) = (Vec::new(), String::new(), 0, from);
        for c in text.chars() {
            if size + written(c) > LONGEST {
                let text = std::mem::take(&mut piece);
                let next = from + text.chars().count() as u64;
                pieces.push(Self { call_id, from, text });
                (from, size) = (next, 0);
            }
            size += written(c);
            piece.push(c);
        }
        if !piece.is_empty() {
            pieces.push(Self { call_id, from, text: piece });
        }
        pieces
    }
}

/// How many bytes a character is in JSON.
fn written(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    }
}

impl fmt::Debug for PieceSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PieceSignal")
            .field("call_id", &self.call_id)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_into_messages_that_may_be_sent() {
        let call_id = CallId::new(Uuid::max());
        let kinds = ["a", "\"", "\u{1}", "ä", "漢", "🦀", "\n"];
        let mixed = kinds.concat();
        for kind in kinds.into_iter().chain([mixed.as_str()]) {
            let text = kind.repeat(5_000);
            let pieces = PieceSignal::pieces(call_id, 7, &text);
            assert!(pieces.len() > 1);
            let mut from = 7;
            for piece in &pieces {
                let json = serde_json::to_string(piece).unwrap();
                assert!(json.len() <= 4_096, "{} bytes of {kind:?}", json.len());
                assert_eq!(piece.from, from);
                from += piece.text.chars().count() as u64;
            }
            let joined: String = pieces.into_iter().map(|piece| piece.text).collect();
            assert_eq!(joined, text);
        }
        assert_eq!(PieceSignal::pieces(call_id, 0, ""), []);
    }
}
