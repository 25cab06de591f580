//! Attempts: at what can be guessed, and at the mailbox of somebody. They are spent in the database before anything else is
//! done, so that neither a restart nor another node gives an attacker a fresh start.

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;

use crate::{
    edge::Edge,
    error::ApiError,
    limits::{
        Limiter,
        bucket::{Account, Action, Bucket, Kind},
        refused,
        store::{LimitStore, Spending},
    },
    state::Api,
};

/// So often an attempt tries again when others were faster at the same bucket.
const ROUNDS: usize = 5;

/// An attempt that was spent.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// What a success gives back.
    at_account: Option<(Arc<dyn LimitStore>, Spending)>,
}

impl Attempt {
    /// It has succeeded, so it was no guess: the account has as many attempts left as before.
    pub(crate) async fn succeeded(self) {
        let Some((store, spending)) = self.at_account else { return };
        if let Err(error) = store.give_back(&spending).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "an attempt that succeeded stays spent");
        }
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
                limiter.attempt(self, from.into_iter().chain(at).collect()).await
            }
            None => Ok(Attempt { at_account: None }),
        }
    }
}

impl Limiter {
    async fn attempt(&self, api: &Api, buckets: Vec<Bucket>) -> Result<Attempt, ApiError> {
        for _ in 0..ROUNDS {
            let spendings = self.room(api, &buckets).await?;
            if self.store.spend(&spendings).await? {
                let mut spent = buckets.iter().zip(spendings);
                let at_account = spent.find(|(of, _)| matches!(of.kind, Kind::Account(_)));
                let at_account = at_account.map(|(_, spending)| (self.store.clone(), spending));
                return Ok(Attempt { at_account });
            }
        }
        // There was room all the time, and all the time others took it.
        Err(ApiError::rate_limited(TimeDelta::zero()))
    }

    /// What is to be spent, if each of the buckets has room for it. Looking first makes refusals cheap: a flood of them
    /// writes nothing.
    async fn room(&self, api: &Api, buckets: &[Bucket]) -> Result<Vec<Spending>, ApiError> {
        let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
        let kept: HashMap<_, _> = self.store.look(&names).await?.into_iter().collect();
        let now = api.options.clock.now();
        let spending = |bucket: &Bucket| {
            let quota = self.limits.quota(bucket.kind);
            match quota.spend(kept.get(&bucket.name).copied(), now) {
                Ok(_) => Ok(Spending::new(bucket.name.clone(), quota, now)),
                Err(wait) => Err(refused(bucket, wait)),
            }
        };
        buckets.iter().map(spending).collect()
    }
}
