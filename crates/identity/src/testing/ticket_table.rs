//! Tickets in memory.

use perme8_events::{StorageError, Transaction as _, testing::FakeTx};

use super::tables::{Tables, purge};
use crate::{
    application::ports::Tickets,
    domain::{
        references::SessionId,
        secret::TokenHash,
        session::{TICKETS, Ticket},
    },
};

impl Tickets for FakeTx<Tables> {
    async fn keep_ticket(&mut self, ticket: &Ticket) -> Result<bool, StorageError> {
        let now = self.now();
        let tickets = &mut self.state.tickets;
        tickets.retain(|kept| kept.session_id != ticket.session_id || kept.expires_at > now);
        tickets.sort_by_key(|kept| kept.expires_at);
        let of_session = tickets.iter().filter(|kept| kept.session_id == ticket.session_id).count();
        if i64::try_from(of_session).is_ok_and(|count| count >= TICKETS) {
            let oldest = tickets.iter().position(|kept| kept.session_id == ticket.session_id);
            oldest.map(|place| tickets.remove(place));
        }
        let lasts = self.state.sessions.iter().any(|session| {
            session.id == ticket.session_id
                && session.user_id == ticket.user_id
                && session.expires_at > now
        });
        if lasts {
            self.state.tickets.push(ticket.clone());
        }
        Ok(lasts)
    }

    async fn take_ticket(&mut self, hash: &TokenHash) -> Result<Option<SessionId>, StorageError> {
        let now = self.now();
        let place = self
            .state
            .tickets
            .iter()
            .position(|kept| kept.token_hash == *hash && kept.expires_at > now);
        let taken = place.map(|place| self.state.tickets.remove(place).session_id);
        Ok(taken.filter(|id| self.state.sessions.iter().any(|session| session.id == *id)))
    }

    async fn purge_tickets(&mut self, limit: u32) -> Result<u64, StorageError> {
        let now = self.now();
        Ok(purge(&mut self.state.tickets, limit, |kept| (kept.expires_at <= now, kept.expires_at)))
    }
}
