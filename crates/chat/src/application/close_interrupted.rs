//! Closing answers that nobody writes any more.

use perme8_events::{Job, Save, StorageError};
use serde::{Deserialize, Serialize};

use crate::{
    application::{
        ports::{Messages, Sessions},
        send_message::end_answer,
    },
    domain::session::Session,
};

/// So many are closed in one transaction.
const AT_ONCE: u32 = 100;

/// Closes answers that should have ended long ago, because whatever wrote them is gone; what was kept of them stays, and nothing
/// is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseInterrupted {}

impl Job for CloseInterrupted {
    const QUEUE: &'static str = "chat.interruptions";
}

/// Closes some, and leaves the others to the next job; gives how many.
pub(crate) async fn close_interrupted<T: Sessions + Messages + Save<Session>>(
    tx: &mut T,
) -> Result<u64, StorageError> {
    let now = tx.now();
    let overdue = tx.overdue(now, AT_ONCE).await?;
    let mut closed = 0;
    for place in overdue {
        let ended = end_answer(tx, place, |answer| answer.interrupted(now)).await?;
        closed += u64::from(ended.is_some());
    }
    if closed > 0 {
        tx.enqueue(CloseInterrupted {});
    }
    Ok(closed)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::{
        domain::message::{Message, MessageStatus},
        testing::{ANSWER, COMPANY, Tables, of_ada},
    };

    /// An answer of which something came, and that should have ended by now.
    fn overdue() -> FakeTx<Tables> {
        let mut tx = of_ada(Some(COMPANY));
        let question = tx.state.messages[0].clone();
        let begun = question.created_at - chrono::TimeDelta::hours(1);
        let status = MessageStatus::Streaming;
        let content = "They tu".to_owned();
        let pending = Message::pending(ANSWER, 2, &question, None, begun);
        tx.state.messages[1] = Message { content, status, ..pending };
        tx.state.sessions[0].answer_id = Some(ANSWER);
        tx
    }

    #[tokio::test]
    async fn what_nobody_writes_any_more_has_failed_and_keeps_what_came() {
        let mut tx = overdue();
        for closed in [1, 0] {
            assert_eq!(close_interrupted(&mut tx).await.unwrap(), closed);
        }
        let answer = &tx.state.messages[1];
        assert_eq!((answer.content.as_str(), answer.status), ("They tu", MessageStatus::Failed));
        assert_eq!(answer.reason.as_deref(), Some("interrupted"));
        assert_eq!(tx.state.sessions[0].answer_id, None);
        expect![[r#"
            chat.chat_response_received {"message_id":"00000000-0000-0000-0000-000000000016","session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","agent_id":null,"model":null,"status":"failed","tokens":0}
            enqueue chat.interruptions {}
        "#]].assert_eq(&tx.transcript());
    }
}
