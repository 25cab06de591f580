//! Messages in `chat_messages`.

use identity::folded;
use perme8_events::{StorageError, sql, sql::Tx};

use crate::{
    application::ports::Messages,
    domain::{
        message::Message,
        references::{ChatSessionId, MessageId},
    },
    infrastructure::rows::{MessageRow, select_messages},
};

impl Messages for Tx {
    async fn message(
        &mut self,
        session: ChatSessionId,
        id: MessageId,
    ) -> Result<Option<Message>, StorageError> {
        let query = self.query(sql!(select_messages!("WHERE session_id = $1 AND id = $2")));
        let row: Option<MessageRow> = query.bind(session).bind(id).opt().await?;
        row.map(Message::try_from).transpose()
    }

    async fn add_message(&mut self, message: &Message) -> Result<(), StorageError> {
        let Message {
            id,
            session_id,
            user_id,
            number,
            role,
            content,
            status,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            reason,
            answers,
            idempotency_key,
            created_at,
            ended_at,
            deadline_at,
        } = message;
        let insert = sql!(
            "INSERT INTO chat_messages
                (id, session_id, user_id, number, role, content, searched, status, agent_id, model, prompt_tokens,
                 completion_tokens, latency_ms, reason, answers, idempotency_key, created_at, ended_at, deadline_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
        );
        self.query(insert)
            .bind(*id)
            .bind(*session_id)
            .bind(*user_id)
            .bind(*number)
            .bind(role.as_str())
            .bind(content.as_str())
            .bind(folded(content))
            .bind(status.as_str())
            .bind(*agent_id)
            .bind(model.as_deref())
            .bind(*prompt_tokens)
            .bind(*completion_tokens)
            .bind(*latency_ms)
            .bind(reason.as_deref())
            .bind(*answers)
            .bind(idempotency_key.as_deref())
            .bind(*created_at)
            .bind(*ended_at)
            .bind(*deadline_at)
            .exec()
            .await
            .map(drop)
    }

    async fn remove_message(&mut self, id: MessageId) -> Result<(), StorageError> {
        let delete = sql!("DELETE FROM chat_messages WHERE id = $1");
        self.query(delete).bind(id).exec().await.map(drop)
    }
}
