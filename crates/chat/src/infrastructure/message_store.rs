//! Messages in `chat_messages`.

use chrono::{DateTime, Utc};
use identity::folded;
use perme8_events::{StorageError, sql, sql::Tx};

use crate::{
    application::{ports::Messages, send_message::SentBefore},
    domain::{
        message::{Message, MessageStatus},
        references::{ChatSessionId, MessageId},
    },
    infrastructure::{
        message_queries,
        rows::{MessageRow, select_messages, select_sent_before},
    },
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

    async fn sent_before(
        &mut self,
        session: ChatSessionId,
        key: &str,
    ) -> Result<Option<SentBefore>, StorageError> {
        let query = self.query(sql!(select_sent_before!()));
        message_queries::sent_before(query, session, key).await
    }

    async fn overdue(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(ChatSessionId, MessageId)>, StorageError> {
        let query = self.query(sql!(
            "SELECT session_id, id FROM chat_messages WHERE ended_at IS NULL AND deadline_at < $1
             ORDER BY deadline_at LIMIT $2"
        ));
        query.bind(before).bind(i64::from(limit)).all().await
    }

    async fn keep_content(&mut self, id: MessageId, so_far: &str) -> Result<bool, StorageError> {
        let update = sql!(
            "UPDATE chat_messages SET content = $2, status = CASE WHEN $2 = '' THEN status ELSE $3 END
             WHERE id = $1 AND ended_at IS NULL"
        );
        let streaming = MessageStatus::Streaming.as_str();
        let kept = self.query(update).bind(id).bind(so_far).bind(streaming).exec().await?;
        Ok(kept > 0)
    }

    async fn end_message(&mut self, answer: &Message) -> Result<(), StorageError> {
        let Message {
            id,
            content,
            status,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            reason,
            ended_at,
            ..
        } = answer;
        let update = sql!(
            "UPDATE chat_messages
             SET content = $2, searched = $3, status = $4, agent_id = $5, model = $6, prompt_tokens = $7,
                 completion_tokens = $8, latency_ms = $9, reason = $10, ended_at = $11
             WHERE id = $1"
        );
        self.query(update)
            .bind(*id)
            .bind(content.as_str())
            .bind(folded(content))
            .bind(status.as_str())
            .bind(*agent_id)
            .bind(model.as_deref())
            .bind(*prompt_tokens)
            .bind(*completion_tokens)
            .bind(*latency_ms)
            .bind(reason.as_deref())
            .bind(*ended_at)
            .exec()
            .await
            .map(drop)
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
