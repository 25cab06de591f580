//! Why a model gave no answer, or not all of it.

use std::time::Duration;

use crate::domain::model_name::ModelName;

/// Why a model gave no answer, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskFailure {
    /// The host has no model.
    #[error("this host has no language model: set llm_base_url and llm_model")]
    NotConfigured,
    /// The model is not one of those that may be asked.
    #[error("the model {model} may not be asked on this host: choose one of llm_models")]
    ModelNotAllowed {
        /// Which one.
        model: ModelName,
    },
    /// As many calls of the person or the workspace are running as may.
    #[error("as many answers as may are being written: wait for one of them")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The person or the workspace has asked as often as it may for now.
    #[error("too many questions: ask again in {} s", retry_after.as_secs().max(1))]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The provider could not be reached in time.
    #[error("the provider of the model was not reached in time")]
    ConnectTimeout,
    /// The model said nothing for too long.
    #[error("the model was silent for too long")]
    IdleTimeout,
    /// The answer took too long as a whole.
    #[error("the answer took too long")]
    TotalTimeout,
    /// The provider refused the call.
    #[error("the provider of the model refused with status {status}")]
    Refused {
        /// Its HTTP status.
        status: u16,
        /// When to try again, if the provider says so.
        retry_after: Option<Duration>,
    },
    /// The answer broke off, or was none.
    #[error("the answer of the model broke off")]
    Broken,
    /// The host stopped meanwhile.
    #[error("the host stopped while the answer was being written")]
    Interrupted,
    /// This call has been asked before; whoever did hears what became of it.
    #[error("this has been asked before")]
    AlreadyAsked,
    /// The storage failed, so that the answer would not be accounted for or kept.
    #[error("the storage failed")]
    Storage,
}

impl AskFailure {
    /// A word for it that stays, for clients and records.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "llm_not_configured",
            Self::ModelNotAllowed { .. } => "llm_model_not_allowed",
            Self::Busy { .. } => "llm_busy",
            Self::RateLimited { .. } => "llm_rate_limited",
            Self::ConnectTimeout | Self::IdleTimeout | Self::TotalTimeout => "llm_timeout",
            Self::Refused { .. } => "llm_refused",
            Self::Broken => "llm_broken",
            Self::Interrupted => "interrupted",
            Self::AlreadyAsked => "llm_already_asked",
            Self::Storage => "llm_storage",
        }
    }

    /// When to try again, where somebody said so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::RateLimited { retry_after } => Some(*retry_after),
            Self::Refused { retry_after, .. } => *retry_after,
            Self::NotConfigured
            | Self::ModelNotAllowed { .. }
            | Self::ConnectTimeout
            | Self::IdleTimeout
            | Self::TotalTimeout
            | Self::Broken
            | Self::Interrupted
            | Self::AlreadyAsked
            | Self::Storage => None,
        }
    }
}
