//! How often anybody may ask: so that nobody guesses passwords, floods people with mails, or keeps others from being served.

pub(crate) mod admit;
pub(crate) mod bucket;
pub(crate) mod quota;
mod requests;
pub(crate) mod store;
mod strict;

use std::sync::Arc;

use chrono::TimeDelta;
use metrics::counter;

use crate::error::ApiError;

use bucket::{Bucket, Kind};
use quota::Quota;
use requests::Memory;
use store::LimitStore;

/// How often anybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of a session or an API key.
    pub caller: Quota,
    /// Requests from an address by those who have not shown who they are.
    pub stranger: Quota,
    /// Attempts from an address, of each kind by itself: to log in, to get a link, to set a password, to register.
    pub attempts: Quota,
    /// Attempts at an account, of each kind by itself, from wherever; what succeeds does not count.
    pub account: Quota,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            caller: Quota::per_minutes(600, 1),
            stranger: Quota::per_minutes(120, 1),
            attempts: Quota::per_minutes(10, 1),
            account: Quota::per_minutes(5, 15),
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
}

/// The refusal of whoever has to wait, counted.
fn refused(bucket: &Bucket, wait: TimeDelta) -> ApiError {
    let (limit, by) = bucket.kind.words();
    counter!(crate::metrics::RATE_LIMITED, "limit" => limit, "by" => by).increment(1);
    ApiError::rate_limited(wait)
}
