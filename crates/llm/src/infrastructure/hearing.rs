//! What a model says, out of the bytes of its answer.

use std::collections::VecDeque;

use crate::{
    domain::{budget::Tally, told::Usage},
    infrastructure::{
        frames::{Frames, TooLong},
        wire::Frame,
    },
};

/// How the model says that it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Complete,
    CutShort,
}

/// An answer as far as its bytes have come, which is the same wherever they were split.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    frames: Frames,
    /// Heard, and not passed on yet.
    pieces: VecDeque<String>,
    prompt_tokens: u64,
    tally: Tally,
    /// What went in and came out, as the provider said last.
    tokens: Option<(u64, u64)>,
    finish: Option<Finish>,
    is_over: bool,
}

/// The answer cannot be understood any further. It quotes nothing but the word that a provider has for its error.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unheard {
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error("a frame is no piece of a chat completion")]
    NoFrame,
    #[error("the provider broke off: {0}")]
    BrokenOff(String),
    #[error("it ended without saying so")]
    NoEnd,
}

impl Hearing {
    /// Nothing yet, of an answer to so many tokens.
    pub(super) fn to(prompt_tokens: u64) -> Self {
        Self { prompt_tokens, ..Self::default() }
    }

    /// Understands more bytes. What was said before a failure is kept; nothing is heard after it, nor after the end.
    ///
    /// # Errors
    ///
    /// [`Unheard`]
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Result<(), Unheard> {
        for frame in self.frames.push(bytes) {
            self.take(frame.map_err(Unheard::from))?;
        }
        Ok(())
    }

    /// There are no more bytes.
    ///
    /// # Errors
    ///
    /// [`Unheard`]
    pub(super) fn end(&mut self) -> Result<(), Unheard> {
        let heard = self.frames.end().map_or(Ok(()), |frame| self.take(Ok(frame)));
        self.is_over = true;
        heard.and(self.finish.map(drop).ok_or(Unheard::NoEnd))
    }

    /// Whether nothing is heard any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the model has said anything.
    pub(super) fn has_begun(&self) -> bool {
        self.tally.tokens() > 0
    }

    /// What was said and not passed on yet.
    pub(super) fn next_piece(&mut self) -> Option<String> {
        self.pieces.pop_front()
    }

    /// How it has ended, if the model said that it has.
    pub(super) fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// How many tokens that was so far: as the provider says once the model has ended, and before that at least what was heard.
    pub(super) fn usage(&self) -> Usage {
        let (prompt_tokens, completion_tokens) = self.tokens.unwrap_or_default();
        match self.finish {
            Some(_) if self.tokens.is_some() => {
                Usage { prompt_tokens, completion_tokens, is_estimated: false }
            }
            _ => Usage {
                prompt_tokens: self.prompt_tokens.max(prompt_tokens),
                completion_tokens: (self.tally.tokens() as u64).max(completion_tokens),
                is_estimated: true,
            },
        }
    }

    fn take(&mut self, frame: Result<String, Unheard>) -> Result<(), Unheard> {
        if self.is_over {
            return Ok(());
        }
        let taken = frame.and_then(|data| self.understand(&data));
        self.is_over |= taken.is_err();
        taken
    }

    fn understand(&mut self, data: &str) -> Result<(), Unheard> {
        if data.trim() == "[DONE]" {
            self.is_over = true;
            self.finish.get_or_insert(Finish::Complete);
            return Ok(());
        }
        let frame = Frame::read(data).ok_or(Unheard::NoFrame)?;
        if let Some(complaint) = frame.complaint() {
            return Err(self.broken_off(complaint.word));
        }
        self.tokens = frame.tokens().or(self.tokens);
        let (piece, reason) = frame.said();
        if let Some(piece) = piece {
            self.tally.add(&piece);
            self.pieces.push_back(piece);
        }
        match reason.map(|reason| reason.to_ascii_lowercase()).as_deref() {
            None => {}
            Some("error") => return Err(self.broken_off("error".to_owned())),
            Some(
                "stop" | "eos" | "end_turn" | "stop_sequence" | "tool_calls" | "function_call",
            ) => self.finish = Some(Finish::Complete),
            // The token limit, a filter, or something that nobody knows and that must not pass for the whole.
            Some(_) => self.finish = Some(Finish::CutShort),
        }
        Ok(())
    }

    /// What the provider takes back has not ended well, even if the model said so before.
    fn broken_off(&mut self, word: String) -> Unheard {
        self.finish = None;
        Unheard::BrokenOff(word)
    }
}

#[cfg(test)]
mod tests;
