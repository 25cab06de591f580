//! What a model says, out of the bytes of its answer.

use std::collections::VecDeque;

use crate::{
    domain::{budget::Tally, told::Usage},
    infrastructure::{
        frames::{Frames, TooLong},
        wire::{self, Frame, Tokens},
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
    usage: Option<Usage>,
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
        heard
    }

    /// Whether nothing is heard any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What was said and not passed on yet.
    pub(super) fn next_piece(&mut self) -> Option<String> {
        self.pieces.pop_front()
    }

    /// How it has ended, if the model said that it has.
    pub(super) fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// How many tokens that was so far.
    pub(super) fn usage(&self) -> Usage {
        self.usage.unwrap_or(Usage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.tally.tokens() as u64,
            is_estimated: true,
        })
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
        let Frame { choices, usage, error } =
            serde_json::from_str(data).map_err(|_| Unheard::NoFrame)?;
        if let Some(error) = error {
            return Err(Unheard::BrokenOff(wire::error_word(&error)));
        }
        if let Some(Tokens {
            prompt_tokens: Some(prompt_tokens),
            completion_tokens: Some(completion_tokens),
        }) = usage
        {
            self.usage = Some(Usage { prompt_tokens, completion_tokens, is_estimated: false });
        }
        // Nobody asked for a second choice.
        let Some(choice) = choices.and_then(|choices| choices.into_iter().next()) else {
            return Ok(());
        };
        let piece = choice.delta.and_then(|delta| delta.content);
        if let Some(piece) = piece.filter(|piece| !piece.is_empty()) {
            self.tally.add(&piece);
            self.pieces.push_back(piece);
        }
        match choice.finish_reason.as_deref() {
            None => {}
            Some("length" | "content_filter") => self.finish = Some(Finish::CutShort),
            Some("error") => return Err(Unheard::BrokenOff("error".to_owned())),
            Some(_) => self.finish = Some(Finish::Complete),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
