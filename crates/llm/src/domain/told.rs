//! What a model told, as far as it came.

use std::{fmt, time::Duration};

use crate::domain::{failure::AskFailure, model_name::ModelName};

/// How many tokens went in and came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// What was said to the model.
    pub prompt_tokens: u64,
    /// What it said.
    pub completion_tokens: u64,
    /// Whether we counted, roughly, because the provider did not say.
    pub is_estimated: bool,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The model said all it had to say.
    Complete,
    /// It reached the longest answer, or the provider kept the rest back.
    CutShort,
    /// Somebody did not want to hear more.
    Cancelled,
    /// Something went wrong.
    Failed(AskFailure),
}

impl Ending {
    /// How it ended, in a word that stays, for records.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::CutShort => "cut_short",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }

    /// Why that is not all, in a word that stays, for clients and records; none when it is.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Complete => None,
            Self::CutShort | Self::Cancelled => Some(self.as_str()),
            Self::Failed(failure) => Some(failure.code()),
        }
    }

    /// What went wrong, if something did.
    #[must_use]
    pub const fn failure(&self) -> Option<&AskFailure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Complete | Self::CutShort | Self::Cancelled => None,
        }
    }
}

/// What a model told, as far as it came. `Debug` leaves the text out.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// What it said.
    pub text: String,
    /// Which model was asked, if one was; a router may have passed the question on to another.
    pub model: Option<ModelName>,
    /// How many tokens that took.
    pub usage: Usage,
    /// How long it took.
    pub latency: Duration,
    /// How it ended.
    pub ending: Ending,
}

impl Told {
    /// Whether it is a beginning: something was said, and there would have been more.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.ending != Ending::Complete && !self.text.is_empty()
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told")
            .field("model", &self.model)
            .field("usage", &self.usage)
            .field("latency", &self.latency)
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}
