//! Saying something, and having it answered.

use std::fmt;

use chrono::{DateTime, Utc};
use identity::{AgentId, FieldErrors, WorkspaceRef};
use llm::{AskFailure, CallId, ModelName};
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::Acting,
        ports::{Messages, Sessions},
    },
    domain::{
        message::{Message, MessageRole, MessageStatus},
        references::{ChatSessionId, MessageId},
        session::Session,
    },
};

/// What somebody says is no longer than that.
const LONGEST_CONTENT: usize = 32_000;

/// A key is no longer than that.
const LONGEST_KEY: usize = 255;

/// No message of a session has a higher number.
const MOST_MESSAGES: i64 = 10_000;

/// Says something in a session, and has a model answer.
///
/// Emits [`ChatMessageSent`](crate::ChatMessageSent) and, when the answer has ended,
/// [`ChatResponseReceived`](crate::ChatResponseReceived); before them [`ChatMessageDeleted`](crate::ChatMessageDeleted)
/// where an empty answer is asked for again, and [`ChatSessionTitleChanged`](crate::ChatSessionTitleChanged) where it gives
/// the session its title.
#[derive(Clone)]
pub struct SendMessage {
    /// In which session.
    pub session: ChatSessionId,
    /// What is said; 1 to 32,000 characters.
    pub content: String,
    /// Which agent is to answer; when none is named that which the person has selected in the workspace of the session, if the
    /// person may use it and it is turned on, or else none.
    pub agent: Option<AgentId>,
    /// Which model is to answer; that of the agent or of the host when none is named.
    pub model: Option<ModelName>,
    /// A document to answer from.
    pub document: Option<NamedDocument>,
    /// Makes sending it again harmless: visible ASCII, at most 255 characters.
    pub idempotency_key: Option<String>,
}

/// A document, as somebody names it who talks about it.
#[derive(Clone)]
pub struct NamedDocument {
    /// In which workspace: that of the session, named or not.
    pub workspace: Option<WorkspaceRef>,
    /// What it is called in addresses.
    pub slug: String,
}

/// Leaves out what is said.
impl fmt::Debug for SendMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMessage")
            .field("session", &self.session)
            .field("agent", &self.agent)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// Leaves out what may be free text.
impl fmt::Debug for NamedDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedDocument").field("workspace", &self.workspace).finish_non_exhaustive()
    }
}

/// Why nothing was said.
#[derive(Debug, thiserror::Error)]
pub enum SendMessageError {
    /// There is no such session of the person who acts.
    #[error("there is no such session")]
    SessionNotFound,
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// The workspace of the session is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// There is no such document in the workspace of the session, or the person who acts does not see it.
    #[error("there is no such document")]
    DocumentNotFound,
    /// There is no such agent, or the person who acts may not use it.
    #[error("there is no such agent")]
    AgentNotFound,
    /// The agent does not answer.
    #[error("the agent is turned off: its owner can turn it on")]
    AgentDisabled,
    /// Another answer is being written.
    #[error("an answer is being written: wait for it or cancel it")]
    AnswerInProgress,
    /// Something else was sent with this key.
    #[error("something else was sent with this key: take another one")]
    KeyTaken,
    /// The session has as many messages as any may have.
    #[error("no session has more than {MOST_MESSAGES} messages: begin another one")]
    TooMany,
    /// The model may not be asked here.
    #[error("this model may not be asked here: choose another one")]
    ModelNotAllowed,
    /// No model is asked now, whoever wants to know what.
    #[error(transparent)]
    Model(AskFailure),
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<AskFailure> for SendMessageError {
    fn from(failure: AskFailure) -> Self {
        if matches!(failure, AskFailure::ModelNotAllowed { .. }) {
            Self::ModelNotAllowed
        } else {
            Self::Model(failure)
        }
    }
}

/// What was said, and the answer to it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) message: Message,
    pub(crate) answer: Message,
    /// Under which id what was said before is summarised, if the answer is to be asked for now.
    pub(crate) summary: Option<CallId>,
}

/// What was sent with a key before, and the last answer to it.
pub(crate) type SentBefore = (Message, Option<Message>);

impl SendMessage {
    /// What is said, within its limits.
    pub(crate) fn checked(&self) -> Result<String, SendMessageError> {
        let mut errors = FieldErrors::default();
        let content = errors.paragraph("content", Some(&self.content), LONGEST_CONTENT);
        if content == Some(None) {
            // There is nothing to see in it.
            errors.line("content", "", LONGEST_CONTENT);
        }
        if let Some(key) = &self.idempotency_key {
            errors.line("idempotency_key", key, LONGEST_KEY);
        }
        match content.flatten() {
            Some(content) if errors.iter().next().is_none() => Ok(content),
            Some(_) | None => Err(SendMessageError::Invalid(errors)),
        }
    }

    /// Keeps what is said beside an answer that waits, unless both are there already.
    pub(crate) async fn execute<T: Sessions + Messages + Save<Session>>(
        &self,
        tx: &mut T,
        acting: &Acting,
        agent: Option<AgentId>,
    ) -> Result<Sent, SendMessageError> {
        let session = acting.session(tx, self.session, None).await?;
        let (content, now) = (self.checked()?, tx.now());
        let before = match &self.idempotency_key {
            Some(key) => tx.sent_before(self.session, key).await?,
            None => None,
        };
        if let Some(sent) = sent_again(before.as_ref(), &content, now)? {
            return Ok(sent);
        }
        let workspace = session.workspace_id.and_then(|id| acting.workspace(id));
        if workspace.is_some_and(|workspace| workspace.is_archived) {
            return Err(SendMessageError::WorkspaceArchived);
        }
        let session = without_overdue(tx, session).await?;
        if session.answer_id.is_some() {
            return Err(SendMessageError::AnswerInProgress);
        }
        let (before, empty) = before.unzip();
        // What never said anything makes room, so that trying again does not fill the session.
        let empty = empty.flatten().filter(|answer| answer.content.is_empty());
        let (is_new, next) = (before.is_none(), session.last_number + 1);
        let message = before.unwrap_or_else(|| Message {
            idempotency_key: self.idempotency_key.clone(),
            ..Message::said(tx.new_id(), session.id, acting.user_id, next, content, now)
        });
        let number = match &empty {
            Some(empty) => empty.number,
            None => next + i64::from(is_new),
        };
        if number > MOST_MESSAGES {
            return Err(SendMessageError::TooMany);
        }
        let answer = Message::pending(tx.new_id(), number, &message, agent, now);
        if is_new {
            tx.add_message(&message).await?;
        }
        if let Some(empty) = &empty {
            tx.remove_message(empty.id).await?;
        }
        tx.add_message(&answer).await?;
        tx.save(session.asked(&message, &answer, is_new, empty.as_ref())).await?;
        Ok(Sent { message, answer, summary: Some(tx.new_id()) })
    }
}

/// What there is already of something that is sent again with its key; nothing if it is to be answered now.
pub(crate) fn sent_again(
    before: Option<&SentBefore>,
    content: &str,
    now: DateTime<Utc>,
) -> Result<Option<Sent>, SendMessageError> {
    let Some((message, answer)) = before else { return Ok(None) };
    if message.content != content {
        return Err(SendMessageError::KeyTaken);
    }
    let answer = answer.clone().filter(|answer| is_good(answer) && !answer.is_overdue(now));
    Ok(answer.map(|answer| Sent { message: message.clone(), answer, summary: None }))
}

/// Whether an answer is one, or may become one.
fn is_good(answer: &Message) -> bool {
    match answer.status {
        MessageStatus::Pending | MessageStatus::Streaming | MessageStatus::Complete => true,
        MessageStatus::Cancelled | MessageStatus::Failed => false,
    }
}

/// Keeps how an answer ended, unless it has ended before or is gone.
pub(crate) async fn end_answer<T: Sessions + Messages + Save<Session>>(
    tx: &mut T,
    (session, answer): (ChatSessionId, MessageId),
    end: impl FnOnce(Message) -> Message + Send,
) -> Result<Option<Message>, StorageError> {
    let Some(session) = tx.load(session).await? else { return Ok(None) };
    let found = tx.message(session.id, answer).await?;
    let is_open =
        |message: &Message| message.role == MessageRole::Assistant && message.status.is_open();
    let Some(answer) = found.filter(is_open) else { return Ok(None) };
    let answer = end(answer);
    ended(tx, session, &answer).await?;
    Ok(Some(answer))
}

/// The session, in which this answer has ended.
async fn ended<T: Messages + Save<Session>>(
    tx: &mut T,
    session: Session,
    answer: &Message,
) -> Result<Session, StorageError> {
    let now = tx.now();
    tx.end_message(answer).await?;
    tx.save(session.answered(answer, now)).await
}

/// The session, without an answer that nobody writes any more.
async fn without_overdue<T: Messages + Save<Session>>(
    tx: &mut T,
    session: Session,
) -> Result<Session, StorageError> {
    let Some(answer) = session.answer_id else { return Ok(session) };
    let (answer, now) = (tx.message(session.id, answer).await?, tx.now());
    match answer.filter(|answer| answer.is_overdue(now)) {
        Some(answer) => ended(tx, session, &answer.interrupted(now)).await,
        None => Ok(session),
    }
}

#[cfg(test)]
mod tests;
