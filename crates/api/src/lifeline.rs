//! What a stream or a socket must not outlive: the session behind it.

use std::time::Duration;

use identity::{Identity, QueryError, SessionId};
use perme8_events::{
    Origin, StorageError, Topic,
    host::{Delivery, LiveEvents},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::{error::ApiError, follower::Follower, state::Api};

/// Asks whether a session still holds: regularly, and whenever something happens to the account.
pub(crate) struct Lifeline {
    /// None for operators, whose token has no end.
    session: Option<Session>,
    heartbeat: Interval,
}

struct Session {
    identity: Identity,
    origin: Origin,
    id: SessionId,
    /// What happens to the account; a log-out is among it.
    news: LiveEvents,
    news_are_over: bool,
}

/// Why the session has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// It is time for a sign of life.
    Beat,
    /// Something happened to the account.
    News,
}

impl Lifeline {
    pub(crate) async fn of(api: &Api, follower: &Follower) -> Result<Self, ApiError> {
        let heartbeat = every(api.options.heartbeat);
        let Follower::Person(caller) = follower else {
            return Ok(Self { session: None, heartbeat });
        };
        let account =
            Topic::Aggregate("identity".to_owned(), "user".to_owned(), caller.user.id.to_string());
        let news = api.bus.subscribe(follower.viewer(), vec![account], None).await?;
        let session = Session {
            identity: api.identity.clone(),
            origin: caller.origin.clone(),
            id: caller.session_id,
            news,
            news_are_over: false,
        };
        Ok(Self { session: Some(session), heartbeat })
    }

    /// Waits until it is time to ask. Nothing is lost when the wait is cancelled.
    pub(crate) async fn due(&mut self) -> Result<Due, StorageError> {
        let Self { session, heartbeat } = self;
        let Some(session) = session else {
            heartbeat.tick().await;
            return Ok(Due::Beat);
        };
        tokio::select! {
            _ = heartbeat.tick() => Ok(Due::Beat),
            told = session.told() => told.map(|()| Due::News),
        }
    }

    /// Whether the session holds.
    ///
    /// Beside anything else that may be ready first this would begin again and again: it is awaited to its end.
    pub(crate) async fn holds(&self) -> Result<bool, StorageError> {
        let Some(Session { identity, origin, id, .. }) = &self.session else {
            return Ok(true);
        };
        match identity.session(origin, *id).await {
            Ok(session) => Ok(session.is_some()),
            Err(QueryError::Forbidden | QueryError::NotFound) => Ok(false),
            Err(QueryError::Storage(error)) => Err(error),
        }
    }
}

impl Session {
    /// Waits until something happens to the account.
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
