//! Sessions and e-mail tokens in `identity_sessions` and `identity_email_tokens`.

use chrono::{DateTime, Utc};
use perme8_events::{Client, StorageError, Transaction as _, UserId, sql, sql::Tx};
use sqlx::FromRow;

use crate::{
    application::ports::{EmailTokens, Sessions},
    domain::{
        email::Email,
        references::SessionId,
        secret::TokenHash,
        session::{EmailToken, Session, TokenPurpose},
    },
};

/// The columns of [`SessionRow`], in a `SELECT`, with what one engine says behind it.
macro_rules! select_session {
    ($lock:literal) => {
        concat!(
            "SELECT token_hash, began_at, authenticated_at, expires_at, address, user_agent
             FROM identity_sessions WHERE id = $1 AND user_id = $2",
            $lock
        )
    };
}

#[derive(FromRow)]
struct SessionRow {
    token_hash: Vec<u8>,
    began_at: DateTime<Utc>,
    authenticated_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    address: Option<String>,
    user_agent: Option<String>,
}

impl SessionRow {
    fn session(self, id: SessionId, user_id: UserId) -> Session {
        let Self { token_hash, began_at, authenticated_at, expires_at, address, user_agent } = self;
        let token_hash = TokenHash::stored(token_hash);
        let client = address.map(|address| Client::new(&address, user_agent.as_deref()));
        Session { id, user_id, token_hash, began_at, authenticated_at, expires_at, client }
    }
}

#[derive(FromRow)]
struct TokenRow {
    user_id: UserId,
    sent_to: String,
    expires_at: DateTime<Utc>,
}

impl EmailTokens for Tx {
    async fn keep_token(&mut self, token: &EmailToken) -> Result<(), StorageError> {
        let EmailToken { token_hash, purpose, user_id, sent_to, expires_at } = token;
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
             VALUES ($1, $2, $3, $4, $5)"
        );
        self.query(insert)
            .bind(token_hash.as_bytes())
            .bind(*user_id)
            .bind(purpose.as_str())
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

    async fn take_token(
        &mut self,
        hash: &TokenHash,
        purpose: TokenPurpose,
    ) -> Result<Option<EmailToken>, StorageError> {
        let now = self.now();
        let delete = sql!(
            "DELETE FROM identity_email_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
             RETURNING user_id, sent_to, expires_at"
        );
        let row: Option<TokenRow> =
            self.query(delete).bind(hash.as_bytes()).bind(purpose.as_str()).bind(now).opt().await?;
        Ok(row.map(|TokenRow { user_id, sent_to, expires_at }| EmailToken {
            token_hash: hash.clone(),
            purpose,
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
        let Session { id, user_id, token_hash, began_at, authenticated_at, expires_at, client } =
            session;
        let now = self.now();
        self.query(sql!("DELETE FROM identity_sessions WHERE user_id = $1 AND expires_at <= $2"))
            .bind(*user_id)
            .bind(now)
            .exec()
            .await?;
        let insert = sql!(
            "INSERT INTO identity_sessions
                (id, user_id, token_hash, began_at, authenticated_at, expires_at, address, user_agent, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $4)"
        );
        self.query(insert)
            .bind(*id)
            .bind(*user_id)
            .bind(token_hash.as_bytes())
            .bind(*began_at)
            .bind(*authenticated_at)
            .bind(*expires_at)
            .bind(client.as_ref().map(Client::address))
            .bind(client.as_ref().and_then(Client::user_agent))
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

    async fn session(
        &mut self,
        id: SessionId,
        user: UserId,
    ) -> Result<Option<Session>, StorageError> {
        let select = sql!(
            sqlite: select_session!(""),
            postgres: select_session!(" FOR SHARE")
        );
        let row: Option<SessionRow> = self.query(select).bind(id).bind(user).opt().await?;
        Ok(row.map(|row| row.session(id, user)))
    }

    async fn refresh_session(&mut self, id: SessionId, user: UserId) -> Result<bool, StorageError> {
        let now = self.now();
        let update = sql!(
            "UPDATE identity_sessions SET authenticated_at = $1, last_used_at = $1
             WHERE id = $2 AND user_id = $3 AND expires_at > $1"
        );
        Ok(self.query(update).bind(now).bind(id).bind(user).exec().await? == 1)
    }

    async fn note_use(&mut self, id: SessionId) -> Result<(), StorageError> {
        let now = self.now();
        let update = sql!("UPDATE identity_sessions SET last_used_at = $1 WHERE id = $2");
        self.query(update).bind(now).bind(id).exec().await.map(drop)
    }

    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Result<(), StorageError> {
        let delete =
            sql!("DELETE FROM identity_sessions WHERE user_id = $1 AND id IS DISTINCT FROM $2");
        self.query(delete).bind(user).bind(except).exec().await.map(drop)
    }

    async fn end_session(&mut self, id: SessionId, user: UserId) -> Result<bool, StorageError> {
        let delete = sql!("DELETE FROM identity_sessions WHERE id = $1 AND user_id = $2");
        Ok(self.query(delete).bind(id).bind(user).exec().await? == 1)
    }
}
