//! Sessions and e-mail tokens in `identity_sessions` and `identity_email_tokens`.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction as _, UserId, sql, sql::Tx};
use sqlx::FromRow;

use crate::{
    application::ports::{EmailTokens, Sessions},
    domain::{
        email::Email,
        references::SessionId,
        secret::TokenHash,
        session::{EmailToken, Session},
    },
};

#[derive(FromRow)]
struct TokenRow {
    user_id: UserId,
    sent_to: String,
    expires_at: DateTime<Utc>,
}

impl EmailTokens for Tx {
    async fn keep_token(&mut self, token: &EmailToken) -> Result<(), StorageError> {
        let EmailToken { token_hash, user_id, sent_to, expires_at } = token;
        let now = self.now();
        self.query(sql!(
            "DELETE FROM identity_email_tokens WHERE user_id = $1 AND expires_at <= $2"
        ))
        .bind(*user_id)
        .bind(now)
        .exec()
        .await?;
        let insert = sql!(
            "INSERT INTO identity_email_tokens (token_hash, user_id, purpose, sent_to, expires_at)
             VALUES ($1, $2, 'log_in', $3, $4)"
        );
        self.query(insert)
            .bind(token_hash.as_bytes())
            .bind(*user_id)
            .bind(sent_to.as_str())
            .bind(*expires_at)
            .exec()
            .await
            .map(drop)
    }

    async fn purge_tokens(&mut self, limit: u32) -> Result<u64, StorageError> {
        let now = self.now();
        let delete = sql!(
            "DELETE FROM identity_email_tokens WHERE token_hash IN
                (SELECT token_hash FROM identity_email_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)"
        );
        self.query(delete).bind(now).bind(i64::from(limit)).exec().await
    }

    async fn take_token(&mut self, hash: &TokenHash) -> Result<Option<EmailToken>, StorageError> {
        let now = self.now();
        let delete = sql!(
            "DELETE FROM identity_email_tokens WHERE token_hash = $1 AND purpose = 'log_in' AND expires_at > $2
             RETURNING user_id, sent_to, expires_at"
        );
        let row: Option<TokenRow> =
            self.query(delete).bind(hash.as_bytes()).bind(now).opt().await?;
        Ok(row.map(|TokenRow { user_id, sent_to, expires_at }| EmailToken {
            token_hash: hash.clone(),
            user_id,
            sent_to: Email::stored(sent_to),
            expires_at,
        }))
    }

    async fn forget_tokens(&mut self, user: UserId) -> Result<(), StorageError> {
        let delete = sql!("DELETE FROM identity_email_tokens WHERE user_id = $1");
        self.query(delete).bind(user).exec().await.map(drop)
    }
}

impl Sessions for Tx {
    async fn begin_session(&mut self, session: &Session) -> Result<(), StorageError> {
        let Session { id, user_id, token_hash, authenticated_at, expires_at } = session;
        let now = self.now();
        self.query(sql!("DELETE FROM identity_sessions WHERE user_id = $1 AND expires_at <= $2"))
            .bind(*user_id)
            .bind(now)
            .exec()
            .await?;
        let insert = sql!(
            "INSERT INTO identity_sessions (id, user_id, token_hash, authenticated_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)"
        );
        self.query(insert)
            .bind(*id)
            .bind(*user_id)
            .bind(token_hash.as_bytes())
            .bind(*authenticated_at)
            .bind(*expires_at)
            .exec()
            .await
            .map(drop)
    }

    async fn purge_sessions(&mut self, limit: u32) -> Result<u64, StorageError> {
        let now = self.now();
        let delete = sql!(
            "DELETE FROM identity_sessions WHERE id IN
                (SELECT id FROM identity_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)"
        );
        self.query(delete).bind(now).bind(i64::from(limit)).exec().await
    }

    async fn end_session(&mut self, id: SessionId, user: UserId) -> Result<bool, StorageError> {
        let delete = sql!("DELETE FROM identity_sessions WHERE id = $1 AND user_id = $2");
        Ok(self.query(delete).bind(id).bind(user).exec().await? == 1)
    }
}
