//! The tables in memory, with the same rules of uniqueness as in a database.

use chrono::{DateTime, Utc};
use perme8_events::{Load, StorageError, Store, UserId, testing::FakeTx};

use crate::{
    application::{
        clearance::Clearance,
        ports::{Messages, Sessions},
        send_message::SentBefore,
    },
    domain::{
        message::{Message, MessageStatus},
        references::{ChatSessionId, MessageId},
        session::Session,
    },
};

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) sessions: Vec<Session>,
    pub(crate) messages: Vec<Message>,
}

impl Load<Session> for FakeTx<Tables> {
    async fn load(&mut self, id: ChatSessionId) -> Result<Option<Session>, StorageError> {
        Ok(self.state.sessions.iter().find(|session| session.id == id).cloned())
    }
}

/// Compare and set: a new row must not be there, an old one must have the version that was read.
impl Store<Session> for FakeTx<Tables> {
    async fn store(&mut self, session: &mut Session) -> Result<(), StorageError> {
        let rows = &mut self.state.sessions;
        let stored = rows.iter().find(|row| row.id == session.id).map_or(0, |row| row.version);
        if stored != session.version {
            return Err(StorageError::conflict());
        }
        session.version += 1;
        rows.retain(|row| row.id != session.id);
        if session.is_gone {
            self.state.messages.retain(|message| message.session_id != session.id);
        } else {
            rows.push(session.clone());
        }
        Ok(())
    }
}

impl Sessions for FakeTx<Tables> {
    async fn sessions_of(&mut self, user: UserId) -> Result<u64, StorageError> {
        let own = self.state.sessions.iter().filter(|session| session.user_id == user);
        Ok(own.count() as u64)
    }

    async fn left_by(&mut self, gone: Clearance, limit: u32) -> Result<Vec<Session>, StorageError> {
        let is_left = |row: &&Session| match gone {
            Clearance::Member { user_id, workspace_id, until } => {
                (row.user_id, row.workspace_id) == (user_id, Some(workspace_id))
                    && row.created_at <= until
            }
            Clearance::Workspace { workspace_id } => row.workspace_id == Some(workspace_id),
            Clearance::Person { user_id } => row.user_id == user_id,
            Clearance::Project { project_id } => row.project_id == Some(project_id),
        };
        Ok(self.state.sessions.iter().filter(is_left).take(limit as usize).cloned().collect())
    }
}

impl Messages for FakeTx<Tables> {
    async fn message(
        &mut self,
        session: ChatSessionId,
        id: MessageId,
    ) -> Result<Option<Message>, StorageError> {
        let mut messages = self.state.messages.iter();
        Ok(messages.find(|row| (row.session_id, row.id) == (session, id)).cloned())
    }

    async fn sent_before(
        &mut self,
        session: ChatSessionId,
        key: &str,
    ) -> Result<Option<SentBefore>, StorageError> {
        let messages = &self.state.messages;
        let is_it = |row: &&Message| {
            row.session_id == session && row.idempotency_key.as_deref() == Some(key)
        };
        Ok(messages.iter().find(is_it).map(|message| {
            let answers = messages.iter().filter(|row| row.answers == Some(message.id));
            (message.clone(), answers.max_by_key(|row| row.number).cloned())
        }))
    }

    async fn overdue(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(ChatSessionId, MessageId)>, StorageError> {
        let is_overdue = |row: &&Message| {
            row.ended_at.is_none() && row.deadline_at.is_some_and(|at| at < before)
        };
        let overdue = self.state.messages.iter().filter(is_overdue);
        let limit = usize::try_from(limit).map_err(StorageError::new)?;
        Ok(overdue.map(|row| (row.session_id, row.id)).take(limit).collect())
    }

    async fn keep_content(&mut self, id: MessageId, so_far: &str) -> Result<bool, StorageError> {
        let mut messages = self.state.messages.iter_mut();
        let found = messages.find(|row| row.id == id && row.ended_at.is_none());
        let is_open = found.is_some();
        if let Some(row) = found {
            row.content = so_far.to_owned();
            if !so_far.is_empty() {
                row.status = MessageStatus::Streaming;
            }
        }
        Ok(is_open)
    }

    async fn end_message(&mut self, answer: &Message) -> Result<(), StorageError> {
        let mut messages = self.state.messages.iter_mut();
        if let Some(row) = messages.find(|row| row.id == answer.id) {
            row.clone_from(answer);
        }
        Ok(())
    }

    async fn add_message(&mut self, message: &Message) -> Result<(), StorageError> {
        let is_taken = self.state.messages.iter().any(|row| {
            let is_same_key =
                row.idempotency_key.is_some() && row.idempotency_key == message.idempotency_key;
            row.session_id == message.session_id && (row.number == message.number || is_same_key)
        });
        if is_taken {
            return Err(StorageError::conflict());
        }
        self.state.messages.push(message.clone());
        Ok(())
    }

    async fn remove_message(&mut self, id: MessageId) -> Result<(), StorageError> {
        self.state.messages.retain(|row| row.id != id);
        Ok(())
    }
}
