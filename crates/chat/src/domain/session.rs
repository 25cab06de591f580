//! Sessions: conversations of one person with a model.

use std::fmt;

use chrono::{DateTime, Utc};
use identity::{AgentId, FieldErrors};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};
use projects::ProjectId;

use crate::domain::{
    events::{
        ChatMessageDeleted, ChatMessageSent, ChatResponseReceived, ChatSessionDeleted,
        ChatSessionStarted, ChatSessionTitleChanged,
    },
    message::Message,
    references::{ChatSessionId, MessageId},
    title::{LONGEST_TITLE, automatic},
};

/// A conversation of one person. `Debug` leaves out what it is called and what was said.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: ChatSessionId,
    pub(crate) user_id: UserId,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) project_id: Option<ProjectId>,
    pub(crate) title: Option<String>,
    pub(crate) is_title_automatic: bool,
    /// What was said up to the message of a number, in fewer words.
    pub(crate) summary: Option<String>,
    pub(crate) summarised_to: i64,
    /// The number of the last message that there ever was.
    pub(crate) last_number: i64,
    /// How many messages there are.
    pub(crate) message_count: i64,
    /// The answer that is being written; one at a time.
    pub(crate) answer_id: Option<MessageId>,
    pub(crate) created_at: DateTime<Utc>,
    /// When something was said last, or when it began.
    pub(crate) last_message_at: DateTime<Utc>,
    /// Deleted: storing it deletes it.
    pub(crate) is_gone: bool,
    pub(crate) version: i64,
}

/// Where a session begins, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    pub(crate) id: ChatSessionId,
    pub(crate) user_id: UserId,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) project_id: Option<ProjectId>,
    /// Which agent was selected there.
    pub(crate) agent_id: Option<AgentId>,
    pub(crate) now: DateTime<Utc>,
}

/// A title as somebody typed it; none where it is blank.
pub(crate) fn title(typed: Option<&str>) -> Result<Option<String>, FieldErrors> {
    let Some(typed) = typed.filter(|typed| !typed.trim().is_empty()) else { return Ok(None) };
    let mut errors = FieldErrors::default();
    errors.line("title", typed, LONGEST_TITLE).map(Some).ok_or(errors)
}

impl Aggregate for Session {
    const TYPE: &'static str = "chat_session";
    type Id = ChatSessionId;

    fn id(&self) -> ChatSessionId {
        self.id
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, user_id, workspace_id, last_number, answer_id, version, .. } = self;
        f.debug_struct("Session")
            .field("id", id)
            .field("user_id", user_id)
            .field("workspace_id", workspace_id)
            .field("last_number", last_number)
            .field("answer_id", answer_id)
            .field("version", version)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn start(at: Beginning, title: Option<String>) -> Unsaved<Self> {
        let Beginning { id, user_id, workspace_id, project_id, agent_id, now } = at;
        let event =
            ChatSessionStarted { session_id: id, user_id, workspace_id, project_id, agent_id };
        let session = Self {
            id,
            user_id,
            workspace_id,
            project_id,
            is_title_automatic: title.is_none(),
            title,
            summary: None,
            summarised_to: 0,
            last_number: 0,
            message_count: 0,
            answer_id: None,
            created_at: now,
            last_message_at: now,
            is_gone: false,
            version: 0,
        };
        Unsaved::new(session).record(event)
    }

    /// Called something else by its owner, unless it is called so already; what is said from then on does not change it.
    pub(crate) fn rename(&self, title: String) -> Option<Unsaved<Self>> {
        let is_same = self.title.as_ref() == Some(&title) && !self.is_title_automatic;
        let renamed = Self { title: Some(title), is_title_automatic: false, ..self.clone() };
        (!is_same).then(|| {
            let event = renamed.title_changed();
            Unsaved::new(renamed).record(event)
        })
    }

    fn title_changed(&self) -> ChatSessionTitleChanged {
        ChatSessionTitleChanged {
            session_id: self.id,
            user_id: self.user_id,
            workspace_id: self.workspace_id,
            automatic: self.is_title_automatic,
        }
    }

    /// One in which somebody has said something, and an answer begins. The `message` is new unless it is asked again; then the
    /// answer may be in the place of an `empty` one.
    pub(crate) fn asked(
        self,
        message: &Message,
        answer: &Message,
        is_new: bool,
        empty: Option<&Message>,
    ) -> Unsaved<Self> {
        let is_first_title = self.title.is_none();
        let title = self.title.or_else(|| Some(automatic(&message.content)));
        let asked = Self {
            title,
            last_number: self.last_number.max(answer.number),
            message_count: self.message_count + i64::from(is_new) + i64::from(empty.is_none()),
            answer_id: Some(answer.id),
            last_message_at: answer.created_at,
            ..self
        };
        let renamed = is_first_title.then(|| asked.title_changed());
        let sent = is_new.then_some(ChatMessageSent {
            message_id: message.id,
            session_id: asked.id,
            user_id: asked.user_id,
            workspace_id: asked.workspace_id,
            role: message.role,
        });
        let deleted = empty.map(|empty| asked.message_deleted(empty));
        let mut unsaved = Unsaved::new(asked);
        if let Some(deleted) = deleted {
            unsaved = unsaved.record(deleted);
        }
        if let Some(sent) = sent {
            unsaved = unsaved.record(sent);
        }
        match renamed {
            Some(renamed) => unsaved.record(renamed),
            None => unsaved,
        }
    }

    /// One in which an answer has ended.
    pub(crate) fn answered(self, answer: &Message, now: DateTime<Utc>) -> Unsaved<Self> {
        let event = ChatResponseReceived {
            message_id: answer.id,
            session_id: self.id,
            user_id: self.user_id,
            workspace_id: self.workspace_id,
            agent_id: answer.agent_id,
            model: answer.model.clone(),
            status: answer.status,
            tokens: answer.tokens(),
        };
        let answer_id = self.answer_id.filter(|id| *id != answer.id);
        Unsaved::new(Self { answer_id, last_message_at: now, ..self }).record(event)
    }

    /// How many of its messages are gone.
    fn gone(&self) -> i64 {
        self.last_number - self.message_count
    }

    /// One that was summarised up to the message of this number, from what was `read` of it: not if it was summarised in the
    /// meantime, or if a message went that may be part of the summary.
    pub(crate) fn summarised(self, read: &Self, summary: String, to: i64) -> Option<Unsaved<Self>> {
        let is_as_read = self.summarised_to == read.summarised_to && self.gone() == read.gone();
        is_as_read.then(|| Unsaved::new(Self { summary: Some(summary), summarised_to: to, ..self }))
    }

    /// Without one of its messages. A summary of which it is a part goes with it.
    pub(crate) fn without(self, message: &Message) -> Unsaved<Self> {
        let event = self.message_deleted(message);
        let (summary, summarised_to) = if message.number > self.summarised_to {
            (self.summary, self.summarised_to)
        } else {
            (None, 0)
        };
        let message_count = self.message_count - 1;
        Unsaved::new(Self { summary, summarised_to, message_count, ..self }).record(event)
    }

    fn message_deleted(&self, message: &Message) -> ChatMessageDeleted {
        ChatMessageDeleted {
            message_id: message.id,
            session_id: self.id,
            user_id: self.user_id,
            workspace_id: self.workspace_id,
        }
    }

    /// About nothing, because what it was about is gone. No event says so: whoever shows the project hears of its end itself.
    pub(crate) fn leave_project(self) -> Unsaved<Self> {
        Unsaved::new(Self { project_id: None, ..self })
    }

    /// Gone for good, with all that was said.
    pub(crate) fn delete(self) -> Unsaved<Self> {
        let event = ChatSessionDeleted {
            session_id: self.id,
            user_id: self.user_id,
            workspace_id: self.workspace_id,
        };
        Unsaved::new(Self { is_gone: true, ..self }).record(event)
    }
}
