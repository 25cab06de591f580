//! Tickets in `identity_tickets`.

use perme8_events::{StorageError, Transaction as _, sql, sql::Tx};

use crate::{
    application::ports::Tickets,
    domain::{
        references::SessionId,
        secret::TokenHash,
        session::{TICKETS, Ticket},
    },
};

impl Tickets for Tx {
    async fn keep_ticket(&mut self, ticket: &Ticket) -> Result<bool, StorageError> {
        let Ticket { token_hash, session_id, user_id, expires_at } = ticket;
        let now = self.now();
        // A place for the new one among those that are good for longest.
        let make_room = sql!(
            "DELETE FROM identity_tickets WHERE session_id = $1 AND (expires_at <= $2 OR token_hash NOT IN
                (SELECT token_hash FROM identity_tickets WHERE session_id = $1 ORDER BY expires_at DESC LIMIT $3))"
        );
        self.query(make_room).bind(*session_id).bind(now).bind(TICKETS - 1).exec().await?;
        let insert = sql!(
            "INSERT INTO identity_tickets (token_hash, session_id, user_id, expires_at)
             SELECT $1, s.id, s.user_id, $2 FROM identity_sessions s
             WHERE s.id = $3 AND s.user_id = $4 AND s.expires_at > $5"
        );
        let kept = self
            .query(insert)
            .bind(token_hash.as_bytes())
            .bind(*expires_at)
            .bind(*session_id)
            .bind(*user_id)
            .bind(now)
            .exec()
            .await?;
        Ok(kept == 1)
    }

    async fn take_ticket(&mut self, hash: &TokenHash) -> Result<Option<SessionId>, StorageError> {
        let now = self.now();
        let delete = sql!(
            "DELETE FROM identity_tickets WHERE token_hash = $1 AND expires_at > $2 RETURNING session_id"
        );
        let row: Option<(SessionId,)> =
            self.query(delete).bind(hash.as_bytes()).bind(now).opt().await?;
        Ok(row.map(|(session_id,)| session_id))
    }

    async fn purge_tickets(&mut self, limit: u32) -> Result<u64, StorageError> {
        let now = self.now();
        let delete = sql!(
            "DELETE FROM identity_tickets WHERE token_hash IN
                (SELECT token_hash FROM identity_tickets WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)"
        );
        self.query(delete).bind(now).bind(i64::from(limit)).exec().await
    }
}
