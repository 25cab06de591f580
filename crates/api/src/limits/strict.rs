//! Attempts: at what can be guessed, and at the mailbox of somebody. They are spent in the database before anything else is
//! done, so that neither a restart nor another node gives an attacker a fresh start.

use chrono::TimeDelta;
use tokio::sync::SemaphorePermit;

use crate::{
    edge::Edge,
    error::ApiError,
    limits::{
        Limiter, Looked,
        bucket::{Account, Action, Bucket, Kind},
        store::Spending,
    },
    state::Api,
};

/// So often an attempt tries again when others were faster at the same bucket.
pub(super) const ROUNDS: usize = 5;

/// An attempt that was spent.
#[derive(Debug)]
pub(crate) struct Attempt(Option<Taken>);

/// What an attempt has taken, and where it would be given back.
#[derive(Debug)]
struct Taken {
    limiter: Limiter,
    spent: Vec<(Kind, Spending)>,
}

impl Attempt {
    /// It has shown what it was to show, so it was no guess: the account has as many attempts left as before.
    pub(crate) async fn was_no_guess(self) {
        let Some(Taken { limiter, spent }) = self.0 else { return };
        let at_account = spent.into_iter().filter(|(kind, _)| matches!(kind, Kind::Account(_)));
        limiter.give_back(at_account.map(|(_, spending)| spending).collect()).await;
    }
}

impl Api {
    /// Spends an attempt of whoever asks, at this account if it aims at one, or refuses it.
    ///
    /// Whether there is such an account makes no difference, so a refusal tells nothing, in the same time.
    pub(crate) async fn attempt(
        &self,
        action: Action,
        edge: &Edge,
        account: Option<Account>,
    ) -> Result<Attempt, ApiError> {
        self.attempt_with(action, edge, account, || Ok(())).await.map(|(attempt, ())| attempt)
    }

    /// The same, at what costs time and memory on purpose, with a turn at it.
    ///
    /// Those who have no attempt left keep nobody from a turn, and those who find no turn spend no attempt: neither writes
    /// anything.
    pub(crate) async fn attempt_in_turn(
        &self,
        action: Action,
        edge: &Edge,
        account: Option<Account>,
    ) -> Result<(Attempt, SemaphorePermit<'_>), ApiError> {
        self.attempt_with(action, edge, account, || self.log_in_turn()).await
    }

    async fn attempt_with<T>(
        &self,
        action: Action,
        edge: &Edge,
        account: Option<Account>,
        turn: impl FnOnce() -> Result<T, ApiError>,
    ) -> Result<(Attempt, T), ApiError> {
        let Some(limiter) = &self.limiter else { return Ok((Attempt(None), turn()?)) };
        let from = edge.address().map(|address| Bucket::attempts(action, address));
        let at = account.map(|account| Bucket::account(action, &account));
        let buckets: Vec<_> = from.into_iter().chain(at).collect();
        let spendings = limiter.room(self, &buckets).await?;
        let turn = turn()?;
        Ok((limiter.attempt(self, &buckets, spendings).await?, turn))
    }
}

impl Limiter {
    /// Spends this, for which there was room just now.
    async fn attempt(
        &self,
        api: &Api,
        buckets: &[Bucket],
        mut spendings: Vec<Spending>,
    ) -> Result<Attempt, ApiError> {
        for _ in 0..ROUNDS {
            if self.store.spend(&spendings).await? {
                let kinds = buckets.iter().map(|bucket| bucket.kind);
                let (limiter, spent) = (self.clone(), kinds.zip(spendings).collect());
                return Ok(Attempt(Some(Taken { limiter, spent })));
            }
            spendings = self.room(api, buckets).await?;
        }
        // There was room all the time, and all the time others took it.
        Err(ApiError::rate_limited(TimeDelta::zero()))
    }

    /// What is to be spent, if each of the buckets has room for it. Looking first makes refusals cheap: a flood of them
    /// writes nothing.
    async fn room(&self, api: &Api, buckets: &[Bucket]) -> Result<Vec<Spending>, ApiError> {
        let kept = Looked::at(self, api.options.clock.now(), buckets).await?;
        buckets
            .iter()
            .map(|bucket| kept.spending(bucket, 1).map_err(ApiError::rate_limited))
            .collect()
    }
}
