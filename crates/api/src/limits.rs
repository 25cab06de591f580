//! How often anybody may ask: so that nobody guesses passwords, floods people with mails, or keeps others from being served.

pub(crate) mod admit;
pub(crate) mod bucket;
pub(crate) mod invitations;
pub(crate) mod quota;
mod requests;
pub(crate) mod store;
mod strict;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use metrics::counter;
use perme8_events::StorageError;

use bucket::{Bucket, Kind};
use quota::Quota;
use requests::Memory;
use store::{LimitStore, Spending};

/// How often anybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of a session or an API key.
    pub caller: Quota,
    /// Requests from an address by those who have not shown who they are.
    pub stranger: Quota,
    /// Attempts from an address, of each kind by itself: to log in, to get a link, to set a password, to register.
    pub attempts: Quota,
    /// Attempts at an account, of each kind by itself, from wherever; whoever shows the right password spends none.
    pub account: Quota,
    /// Invitations by one person.
    pub inviter: Quota,
    /// Invitations to one address, whoever invites it.
    pub invitee: Quota,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            caller: Quota::per_minutes(600, 1),
            stranger: Quota::per_minutes(120, 1),
            attempts: Quota::per_minutes(10, 1),
            account: Quota::per_minutes(5, 15),
            inviter: Quota::per_minutes(1000, 24 * 60),
            invitee: Quota::per_minutes(10, 60),
        }
    }
}

impl Limits {
    fn quota(self, kind: Kind) -> Quota {
        match kind {
            Kind::Caller => self.caller,
            Kind::Stranger => self.stranger,
            Kind::Attempts(_) => self.attempts,
            Kind::Account(_) => self.account,
            Kind::Inviter => self.inviter,
            Kind::Invitee => self.invitee,
        }
    }
}

/// Holds the limits.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    store: Arc<dyn LimitStore>,
    memory: Arc<Memory>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits, store: Arc<dyn LimitStore>) -> Self {
        Self { limits, store, memory: Arc::default() }
    }

    /// Gives back what was spent for nothing, as far as that is possible.
    async fn give_back(&self, spent: Vec<Spending>) {
        if let Err(error) = self.store.give_back(&spent).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "what was to be given back of a limit stays spent");
        }
    }
}

/// Buckets as they are kept at an instant.
///
/// Whoever looks before spending makes refusals cheap: a flood of them writes nothing.
struct Looked {
    limits: Limits,
    now: DateTime<Utc>,
    tats: HashMap<String, DateTime<Utc>>,
}

impl Looked {
    async fn at(
        limiter: &Limiter,
        now: DateTime<Utc>,
        buckets: &[Bucket],
    ) -> Result<Self, StorageError> {
        let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
        let tats = limiter.store.look(&names).await?.into_iter().collect();
        Ok(Self { limits: limiter.limits, now, tats })
    }

    /// What is to be spent, if the bucket has room for so many, or how long to wait; a refusal is counted.
    fn spending(&self, bucket: &Bucket, count: u32) -> Result<Spending, TimeDelta> {
        let quota = self.limits.quota(bucket.kind);
        match quota.spend(self.tats.get(&bucket.name).copied(), self.now, count) {
            Ok(_) => Ok(Spending::new(bucket.name.clone(), quota, self.now, count)),
            Err(wait) => Err(refused(bucket, wait)),
        }
    }
}

/// Counts the refusal of whoever has to wait.
fn refused(bucket: &Bucket, wait: TimeDelta) -> TimeDelta {
    let (limit, by) = bucket.kind.words();
    counter!(crate::metrics::RATE_LIMITED, "limit" => limit, "by" => by).increment(1);
    wait
}
