//! A question on its way to a model.

use std::{fmt, time::Duration};

use perme8_events::{Id, UserId, WorkspaceId};

use crate::domain::{budget::estimated_tokens, message::Message, model_name::ModelName};

/// Marks the ids of calls.
#[derive(Debug)]
pub enum LlmCall {}

/// Identifies a call: the id of the query or of the message that its answer becomes. Asked once, paid once.
pub type CallId = Id<LlmCall>;

/// No answer takes longer, with everything that is tried again.
pub const LONGEST_ANSWER: Duration = Duration::from_mins(5);

/// What is recorded as running so long after it began is not: the longest answer is over, and has had a minute for its end to
/// be kept. It is the deadline for the records of whoever asks.
pub const OVER_AFTER: Duration = LONGEST_ANSWER.saturating_add(Duration::from_mins(1));

/// What a call is for, `<context>.<word>`, e.g. `chat.answer`; for the accounts and for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Purpose(&'static str);

impl Purpose {
    /// The purpose of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Who wants to ask, and which model: what it takes to say whether they may, before there is a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// What for.
    pub purpose: Purpose,
    /// Who asks, and whose limits it counts against.
    pub user_id: UserId,
    /// In which workspace, if in one; its limits count as well.
    pub workspace_id: Option<WorkspaceId>,
    /// Which model should answer; the default one when none is named.
    pub model: Option<ModelName>,
}

/// What is asked, by somebody who may. `Debug` leaves out what is said.
#[derive(Clone, PartialEq)]
pub struct Question {
    /// Under which id.
    pub id: CallId,
    /// How much the answer may vary, from 0 to 2; as the model likes when nothing is said.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens; as the model likes when nothing is said.
    pub longest_answer: Option<u32>,
    /// What is said to the model, in order.
    pub messages: Vec<Message>,
}

/// What a model is asked, and for whom: a [`Question`] of an [`Asker`]. `Debug` leaves out what is said.
#[derive(Clone, PartialEq)]
pub struct Call {
    /// Which call it is.
    pub id: CallId,
    /// What it is for.
    pub purpose: Purpose,
    /// Who asks, and whose limits it counts against.
    pub user_id: UserId,
    /// In which workspace, if in one.
    pub workspace_id: Option<WorkspaceId>,
    /// Which model should answer; the default one when none is named.
    pub model: Option<ModelName>,
    /// How much it may vary, from 0 to 2; as the model likes when nothing is said.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens; as the model likes when nothing is said.
    pub longest_answer: Option<u32>,
    /// What is said to it, in order.
    pub messages: Vec<Message>,
}

impl Call {
    /// How many tokens that is, about.
    #[must_use]
    pub fn estimated_tokens(&self) -> u64 {
        /// What a provider puts around each message.
        const AROUND: usize = 4;
        let tokens = |message: &Message| estimated_tokens(&message.text) + AROUND;
        self.messages.iter().map(tokens).sum::<usize>() as u64
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("id", &self.id)
            .field("messages", &self.messages.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("id", &self.id)
            .field("purpose", &self.purpose.as_str())
            .field("user_id", &self.user_id)
            .field("workspace_id", &self.workspace_id)
            .field("model", &self.model)
            .field("messages", &self.messages.len())
            .finish_non_exhaustive()
    }
}
