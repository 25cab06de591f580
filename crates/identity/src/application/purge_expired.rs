//! Forgetting what proves nothing any more.

use perme8_events::StorageError;

use crate::application::ports::{ApiKeys, EmailTokens, Sessions, Tickets};

/// Forgets sessions, tickets and tokens of mails whose time is over, and API keys 90 days after they ended, the longest over
/// first. The host runs it regularly.
///
/// They are worthless without it, too; it keeps the tables from growing for ever.
#[derive(Debug, Clone)]
pub struct PurgeExpired {
    /// So many of each kind at once.
    pub limit: u32,
}

/// Why nothing was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum PurgeExpiredError {
    /// Only the system does this.
    #[error("only the system forgets sessions and tokens")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PurgeExpired {
    /// Says how many were forgotten; fewer than the limit means that nothing is left.
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl EmailTokens + Sessions + Tickets + ApiKeys),
    ) -> Result<u64, PurgeExpiredError> {
        if !tx.origin().actor().is_system() {
            return Err(PurgeExpiredError::Forbidden);
        }
        let sessions = tx.purge_sessions(self.limit).await?;
        let tokens = tx.purge_tokens(self.limit).await?;
        let tickets = tx.purge_tickets(self.limit).await?;
        let keys = tx.purge_keys(self.limit).await?;
        Ok(sessions + tokens + tickets + keys)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::{
        domain::{api_key::ApiKey, session::TokenPurpose},
        testing::{CountedTokens, NEWCOMER, OWNER, Tables, company, key_of, log_in_as, mail},
    };

    /// Two sessions and a token of now.
    async fn used() -> FakeTx<Tables> {
        let (mut tx, tokens) = (company(), CountedTokens::default());
        for _ in 0..2 {
            log_in_as(&mut tx, OWNER, &tokens).await;
        }
        mail(&mut tx, NEWCOMER, NEWCOMER.email, TokenPurpose::LogIn, &tokens).await;
        tx.of(Actor::System("identity.expiry".into()))
    }

    #[tokio::test]
    async fn what_is_over_goes_and_what_lasts_stays() {
        let mut tx = used().await;
        let now = tx.now();
        let purge = PurgeExpired { limit: 9 };
        assert_eq!(purge.execute(&mut tx).await.unwrap(), 0);
        let mut tx = tx.at(now + TimeDelta::minutes(15));
        assert_eq!(purge.execute(&mut tx).await.unwrap(), 1);
        assert_eq!((tx.state.sessions.len(), tx.state.tokens.len()), (2, 0));
        let mut tx = tx.at(now + TimeDelta::days(14));
        for left in [1, 0] {
            assert_eq!(PurgeExpired { limit: 1 }.execute(&mut tx).await.unwrap(), 1);
            assert_eq!(tx.state.sessions.len(), left);
        }
        assert_eq!(PurgeExpired { limit: 1 }.execute(&mut tx).await.unwrap(), 0);
        assert_eq!(tx.transcript(), "");
    }

    #[tokio::test]
    async fn tokens_of_every_kind_go_when_their_time_is_over() {
        let (mut tx, tokens) = (company(), CountedTokens::default());
        let now = tx.now();
        for purpose in [TokenPurpose::LogIn, TokenPurpose::ResetPassword, TokenPurpose::ChangeEmail]
        {
            mail(&mut tx, OWNER, OWNER.email, purpose, &tokens).await;
        }
        let mut tx = tx.of(Actor::System("identity.purge".into()));
        for (after, left) in
            [(TimeDelta::minutes(15), 2), (TimeDelta::hours(1), 1), (TimeDelta::days(7), 0)]
        {
            tx = tx.at(now + after);
            assert_eq!(PurgeExpired { limit: 9 }.execute(&mut tx).await.unwrap(), 1);
            assert_eq!(tx.state.tokens.len(), left);
        }
    }

    #[tokio::test]
    async fn a_key_is_shown_for_90_days_after_its_end() {
        let mut tx = company();
        let now = tx.now();
        let lasting = key_of(OWNER, None, &[]);
        let revoked = ApiKey { id: tx.new_id(), revoked_at: Some(now), ..lasting.clone() };
        let expired = ApiKey { id: tx.new_id(), expires_at: Some(now), ..lasting.clone() };
        tx.state.keys = vec![lasting, revoked, expired];
        let tx = tx.of(Actor::System("identity.purge".into()));
        let mut tx = tx.at(now + TimeDelta::days(90) - TimeDelta::seconds(1));
        assert_eq!(PurgeExpired { limit: 9 }.execute(&mut tx).await.unwrap(), 0);
        let mut tx = tx.at(now + TimeDelta::days(90));
        assert_eq!(PurgeExpired { limit: 9 }.execute(&mut tx).await.unwrap(), 2);
        assert_eq!(tx.state.keys.len(), 1);
    }

    #[tokio::test]
    async fn only_the_system_purges() {
        for actor in [Actor::User(OWNER.id()), Actor::Anonymous] {
            let outcome = PurgeExpired { limit: 9 }.execute(&mut used().await.of(actor)).await;
            assert!(matches!(outcome, Err(PurgeExpiredError::Forbidden)));
        }
    }
}
