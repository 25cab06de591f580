//! What a stream or a socket must not outlive: the session or the key behind it.

use std::time::Duration;

use identity::{Identity, QueryError};
use perme8_events::{
    Origin, StorageError, Topic,
    host::{Delivery, LiveEvents},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::{auth::Credential, error::ApiError, follower::Follower, state::Api};

/// Asks whether a credential still holds: regularly, and whenever something happens to the account or to the key.
pub(crate) struct Lifeline {
    /// None for operators, whose token has no end.
    shown: Option<Shown>,
    heartbeat: Interval,
}

struct Shown {
    identity: Identity,
    origin: Origin,
    credential: Credential,
    /// What happens to the account and to the key; a log-out is among it.
    news: LiveEvents,
    news_are_over: bool,
}

/// What has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Session,
    /// It was revoked, its time is over, or it goes another way than it did.
    Key,
}

/// Why the credential has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// It is time for a sign of life.
    Beat,
    /// Something happened to the account or to the key.
    News,
}

impl Lifeline {
    pub(crate) async fn of(api: &Api, follower: &Follower) -> Result<Self, ApiError> {
        let Follower::Person(caller) = follower else {
            return Ok(Self::endless(api.options.heartbeat));
        };
        let heartbeat = every(api.options.heartbeat);
        let about =
            |kind: &str, id: String| Topic::Aggregate("identity".to_owned(), kind.to_owned(), id);
        let mut topics = vec![about("user", caller.user.id.to_string())];
        if let Credential::Key(key) = &caller.credential {
            topics.push(about("api_key", key.key_id.to_string()));
        }
        let news = api.bus.subscribe(follower.viewer(), topics, None).await?;
        let shown = Shown {
            identity: api.identity.clone(),
            origin: caller.origin.clone(),
            credential: caller.credential.clone(),
            news,
            news_are_over: false,
        };
        Ok(Self { shown: Some(shown), heartbeat })
    }

    /// That of a credential which always holds.
    pub(crate) fn endless(heartbeat: Duration) -> Self {
        Self { shown: None, heartbeat: every(heartbeat) }
    }

    /// Waits until it is time to ask. Nothing is lost when the wait is cancelled.
    pub(crate) async fn due(&mut self) -> Result<Due, StorageError> {
        let Self { shown, heartbeat } = self;
        let Some(shown) = shown else {
            heartbeat.tick().await;
            return Ok(Due::Beat);
        };
        tokio::select! {
            _ = heartbeat.tick() => Ok(Due::Beat),
            told = shown.told() => told.map(|()| Due::News),
        }
    }

    /// What has ended, if the credential does not hold.
    ///
    /// Beside anything else that may be ready first this would begin again and again: it is awaited to its end.
    pub(crate) async fn ended(&self) -> Result<Option<Ended>, StorageError> {
        let Some(Shown { identity, origin, credential, .. }) = &self.shown else {
            return Ok(None);
        };
        let (holds, ended) = match credential {
            Credential::Session(id) => {
                (identity.session(origin, *id).await.map(|now| now.is_some()), Ended::Session)
            }
            Credential::Key(shown) => {
                let now = identity.api_key(origin, shown.key_id).await;
                (now.map(|now| now.is_some_and(|now| now.goes_as_far_as(shown))), Ended::Key)
            }
        };
        match holds {
            Ok(true) => Ok(None),
            Ok(false) | Err(QueryError::Forbidden | QueryError::NotFound) => Ok(Some(ended)),
            Err(QueryError::Storage(error)) => Err(error),
        }
    }
}

impl Ended {
    /// As streams and sockets say it.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Session => "session_ended",
            Self::Key => "key_ended",
        }
    }
}

impl Shown {
    /// Waits until something happens to the account or to the key.
    async fn told(&mut self) -> Result<(), StorageError> {
        while !self.news_are_over {
            match self.news.next().await? {
                Delivery::Event(_) => return Ok(()),
                Delivery::AccessLost(_) | Delivery::Closed => self.news_are_over = true,
            }
        }
        std::future::pending().await
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
