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
    /// Its turn at what costs time and memory on purpose. Where there is none, it is as if nobody had attempted anything.
    ///
    /// Asked for after the attempt, so that those who have none left keep nobody from a turn.
    pub(crate) async fn turn<'a>(&self, api: &'a Api) -> Result<SemaphorePermit<'a>, ApiError> {
        let turn = api.log_in_turn();
        if turn.is_err() {
            self.give_back(|_| true).await;
        }
        turn
    }

    /// It has shown what it was to show, so it was no guess: the account has as many attempts left as before.
    pub(crate) async fn was_no_guess(self) {
        self.give_back(|kind| matches!(kind, Kind::Account(_))).await;
    }

    async fn give_back(&self, which: impl Fn(Kind) -> bool) {
        let Some(Taken { limiter, spent }) = &self.0 else { return };
        let spent = spent.iter().filter(|(kind, _)| which(*kind));
        limiter.give_back(spent.map(|(_, spending)| spending.clone()).collect()).await;
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
        match &self.limiter {
            Some(limiter) => {
                let from = edge.address().map(|address| Bucket::attempts(action, address));
                let at = account.map(|account| Bucket::account(action, &account));
                let buckets: Vec<_> = from.into_iter().chain(at).collect();
                limiter.attempt(self, &buckets).await
            }
            None => Ok(Attempt(None)),
        }
    }
}

impl Limiter {
    async fn attempt(&self, api: &Api, buckets: &[Bucket]) -> Result<Attempt, ApiError> {
        for _ in 0..ROUNDS {
            let spendings = self.room(api, buckets).await?;
            if self.store.spend(&spendings).await? {
                let kinds = buckets.iter().map(|bucket| bucket.kind);
                let (limiter, spent) = (self.clone(), kinds.zip(spendings).collect());
                return Ok(Attempt(Some(Taken { limiter, spent })));
            }
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
