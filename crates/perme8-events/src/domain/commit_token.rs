//! What a command hands out so that its effects can be waited for.

use std::{fmt, str::FromStr};

use crate::domain::position::Position;

/// What the text of a token begins with; another form gets another beginning.
const PREFIX: &str = "c1-";
/// So many digits follow.
const DIGITS: usize = 16;

/// Stands for a commit: whoever shows it can wait until a read model has what was committed.
///
/// Its text is opaque to clients and fits into a header. It holds no secret, and a made-up one does no harm: it is waited for
/// in vain, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitToken(Position);

/// A text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no commit token: show the one that a command answered with, as it is")]
pub struct CommitTokenError;

impl CommitToken {
    /// For a commit whose last event has this position; the start of the log for one without events.
    pub(crate) const fn new(last: Position) -> Self {
        Self(last)
    }

    /// The position of the last event.
    pub(crate) const fn position(self) -> Position {
        self.0
    }
}

impl fmt::Display for CommitToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:0DIGITS$x}", self.0.number())
    }
}

impl FromStr for CommitToken {
    type Err = CommitTokenError;

    fn from_str(text: &str) -> Result<Self, CommitTokenError> {
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() == DIGITS);
        let digits = digits.ok_or(CommitTokenError)?;
        // No sign, and one way only to write a token.
        if !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(CommitTokenError);
        }
        let number = i64::from_str_radix(digits, 16).map_err(|_| CommitTokenError)?;
        Ok(Self(Position::new(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        for number in [0, 1, 4711, i64::MAX] {
            let token = CommitToken::new(Position::new(number));
            assert_eq!(token.to_string().parse(), Ok(token));
            assert_eq!(token.position(), Position::new(number));
        }
        assert_eq!(CommitToken::new(Position::new(4711)).to_string(), "c1-0000000000001267");
    }

    #[test]
    fn nothing_else_is_a_token() {
        for text in [
            "",
            "4711",
            "c1-",
            "c1-1267",
            "c2-0000000000001267",
            "C1-0000000000001267",
            "c1-000000000000126g",
            "c1-+000000000001267",
            "c1-000000000000126A",
            "c1-8000000000000000",
            "c1-00000000000012670",
            "c1-ä0000000000001",
        ] {
            assert_eq!(text.parse::<CommitToken>(), Err(CommitTokenError), "{text}");
        }
    }
}
