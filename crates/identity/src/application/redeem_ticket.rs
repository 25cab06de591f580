//! Showing a session by a ticket.

use perme8_events::StorageError;

use crate::{
    application::ports::{Tickets, TokenSource},
    domain::{references::SessionId, secret::Secret},
};

/// Shows a session by a ticket, which is worthless afterwards. Anybody may.
#[derive(Debug, Clone)]
pub struct RedeemTicket {
    /// What was given out.
    pub ticket: Secret,
}

/// Why no session was shown.
#[derive(Debug, thiserror::Error)]
pub enum RedeemTicketError {
    /// It was never given out, was used before, came too late, or its session has ended.
    #[error("the ticket is worthless: ask for a new one")]
    Worthless,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RedeemTicket {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Tickets,
        tokens: &dyn TokenSource,
    ) -> Result<SessionId, RedeemTicketError> {
        let hash = tokens.digest(&self.ticket).ok_or(RedeemTicketError::Worthless)?;
        tx.take_ticket(&hash).await?.ok_or(RedeemTicketError::Worthless)
    }
}
