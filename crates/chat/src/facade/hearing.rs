//! Hearing an answer, on whatever node it is being written.

use std::{fmt, time::Duration};

use llm::{AskFailure, Ending, Following, Heard};
use perme8_events::Origin;
use tokio::time::sleep;

use super::{Chat, keeper::AnswerKeeper};
use crate::{
    application::read_models::{MessageDetails, QueryError},
    domain::{
        message::Message,
        references::{ChatSessionId, MessageId},
    },
};

/// What another node writes is looked at so often.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Hears an answer: everything so far, then what comes, then how it was kept. What is written on this node is heard at once,
/// what another node writes when it is kept. Whoever drops it just hears no more.
#[derive(Debug)]
pub struct Hearing {
    chat: Chat,
    origin: Origin,
    session: ChatSessionId,
    answer: MessageId,
    /// None when it is not written here, or not any more.
    following: Option<Following>,
    /// How much was heard, in bytes.
    heard: usize,
    /// Nobody writes it any more, as far as this node knows.
    is_left: bool,
    has_ended: bool,
}

/// What is heard of an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// What came since the last time.
    Piece(String),
    /// It has ended like that.
    Ended(MessageDetails),
}

/// Leaves out what is said.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Piece(_) => f.debug_tuple("Piece").finish_non_exhaustive(),
            Self::Ended(answer) => f.debug_tuple("Ended").field(answer).finish(),
        }
    }
}

impl Hearing {
    pub(super) fn of(
        chat: Chat,
        origin: Origin,
        (session, answer): (ChatSessionId, MessageId),
        following: Option<Following>,
    ) -> Self {
        Self {
            chat,
            origin,
            session,
            answer,
            following,
            heard: 0,
            is_left: false,
            has_ended: false,
        }
    }

    /// Waits for more; nothing comes after the end, or when the answer is gone. Nothing is lost when the wait is cancelled.
    ///
    /// # Errors
    ///
    /// [`QueryError`]; nothing more is heard by those who may not hear it any more.
    pub async fn next(&mut self) -> Result<Option<Said>, QueryError> {
        if let Some(following) = &mut self.following {
            self.is_left = match following.next().await {
                Some(Heard::Piece(piece)) => {
                    self.heard += piece.len();
                    return Ok(Some(Said::Piece(piece)));
                }
                // Whoever asked first still writes it.
                Some(Heard::Ended(told)) => told.ending != Ending::Failed(AskFailure::AlreadyAsked),
                None => true,
            };
            self.following = None;
        }
        while !self.has_ended {
            let Some(answer) = self.chat.found(&self.origin, self.session, self.answer).await?
            else {
                break;
            };
            if let Some(piece) = answer.content.get(self.heard..).filter(|rest| !rest.is_empty()) {
                let piece = piece.to_owned();
                self.heard = answer.content.len();
                return Ok(Some(Said::Piece(piece)));
            }
            if !answer.status.is_open() {
                self.has_ended = true;
                return Ok(Some(Said::Ended(answer.into())));
            }
            if self.is_left || answer.is_overdue(self.chat.db.clock().now()) {
                self.close().await?;
            } else {
                sleep(LOOK_EVERY).await;
            }
        }
        Ok(None)
    }

    /// Waits for the end; none when the answer is gone.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn end(mut self) -> Result<Option<MessageDetails>, QueryError> {
        while let Some(said) = self.next().await? {
            if let Said::Ended(answer) = said {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Closes what nobody writes any more.
    async fn close(&self) -> Result<(), QueryError> {
        let Self { chat, origin, session, answer, .. } = self;
        let keeper = AnswerKeeper::new(chat.uow.clone(), origin, *session, *answer);
        Ok(keeper.close(Message::interrupted).await?)
    }
}
