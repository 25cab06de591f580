//! Making the ticket by which a session is shown where its token must not stand, e.g. in an address.

use perme8_events::StorageError;

use crate::{
    application::{
        acting::acting_in_person,
        ports::{Tickets, TokenSource},
        read_models::IssuedTicket,
    },
    domain::{references::SessionId, session::Ticket},
};

/// Makes a ticket that shows a session of the person who acts: once, and within 60 seconds.
#[derive(Debug, Clone)]
pub struct IssueTicket {
    /// Which session.
    pub session_id: SessionId,
}

/// Why there is no ticket.
#[derive(Debug, thiserror::Error)]
pub enum IssueTicketError {
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// The person has no such session, or no longer.
    #[error("there is no such session")]
    SessionNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl IssueTicket {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Tickets,
        tokens: &dyn TokenSource,
    ) -> Result<IssuedTicket, IssueTicketError> {
        let user_id = acting_in_person(tx.origin()).ok_or(IssueTicketError::Forbidden)?;
        let minted = tokens.mint();
        let ticket = Ticket::of(minted.hash, self.session_id, user_id, tx.now());
        if !tx.keep_ticket(&ticket).await? {
            return Err(IssueTicketError::SessionNotFound);
        }
        Ok(IssuedTicket { ticket: minted.plain, expires_at: ticket.expires_at })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use perme8_events::{Actor, Transaction as _};

    use super::*;
    use crate::{
        application::redeem_ticket::RedeemTicket,
        testing::{CountedTokens, GUEST, OWNER, company, log_in_as},
    };

    #[tokio::test]
    async fn people_get_tickets_of_their_own_sessions_only() {
        let (mut tx, tokens) = (company(), CountedTokens::default());
        let session_id = log_in_as(&mut tx, OWNER, &tokens).await;
        let issue = IssueTicket { session_id };
        let issued = issue.execute(&mut tx, &tokens).await.unwrap();
        assert_eq!(issued.expires_at, tx.now() + TimeDelta::seconds(60));
        let unknown = IssueTicket { session_id: tx.new_id() }.execute(&mut tx, &tokens).await;
        assert!(matches!(unknown, Err(IssueTicketError::SessionNotFound)));
        let mut tx = tx.of(Actor::User(GUEST.id()));
        let of_another = issue.execute(&mut tx, &tokens).await;
        assert!(matches!(of_another, Err(IssueTicketError::SessionNotFound)));
        let mut tx = tx.of(Actor::System("cleaner".into()));
        let of_nobody = issue.execute(&mut tx, &tokens).await;
        assert!(matches!(of_nobody, Err(IssueTicketError::Forbidden)));
    }

    #[tokio::test]
    async fn a_ticket_shows_its_session_once_and_in_time() {
        let (mut tx, tokens) = (company(), CountedTokens::default());
        let now = tx.now();
        let session_id = log_in_as(&mut tx, OWNER, &tokens).await;
        let issue = IssueTicket { session_id };
        let good = issue.execute(&mut tx, &tokens).await.unwrap().ticket;
        let late = issue.execute(&mut tx, &tokens).await.unwrap().ticket;
        let redeem = RedeemTicket { ticket: good };
        assert_eq!(redeem.execute(&mut tx, &tokens).await.unwrap(), session_id);
        assert!(redeem.execute(&mut tx, &tokens).await.is_err());
        let mut tx = tx.at(now + TimeDelta::seconds(60));
        assert!(RedeemTicket { ticket: late }.execute(&mut tx, &tokens).await.is_err());
        assert_eq!(tx.transcript(), "");
    }
}
