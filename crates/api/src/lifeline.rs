//! The session behind a stream or a socket, which must not outlive it.

use std::time::Duration;

use identity::{Identity, QueryError, SessionId};
use perme8_events::{
    Origin, StorageError, Topic, Viewer,
    host::{Delivery, LiveEvents},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::{auth::Caller, error::ApiError, state::Api};

/// Asks whether a session still holds: regularly, and whenever something happens to the account.
pub(crate) struct Lifeline {
    identity: Identity,
    origin: Origin,
    session_id: SessionId,
    /// What happens to the account; a log-out is among it.
    news: LiveEvents,
    news_are_over: bool,
    heartbeat: Interval,
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
    pub(crate) async fn of(api: &Api, caller: &Caller) -> Result<Self, ApiError> {
        let account =
            Topic::Aggregate("identity".to_owned(), "user".to_owned(), caller.user.id.to_string());
        let news = api.bus.subscribe(Viewer::User(caller.user.id), vec![account], None).await?;
        Ok(Self {
            identity: api.identity.clone(),
            origin: caller.origin.clone(),
            session_id: caller.session_id,
            news,
            news_are_over: false,
            heartbeat: every(api.options.heartbeat),
        })
    }

    /// Waits until it is time to ask. Nothing is lost when the wait is cancelled.
    pub(crate) async fn due(&mut self) -> Result<Due, StorageError> {
        loop {
            tokio::select! {
                _ = self.heartbeat.tick() => return Ok(Due::Beat),
                news = self.news.next(), if !self.news_are_over => match news? {
                    Delivery::Event(_) => return Ok(Due::News),
                    Delivery::AccessLost(_) | Delivery::Closed => self.news_are_over = true,
                },
            }
        }
    }

    /// Whether the session holds.
    ///
    /// Beside anything else that may be ready first this would begin again and again: it is awaited to its end.
    pub(crate) async fn holds(&self) -> Result<bool, StorageError> {
        match self.identity.session(&self.origin, self.session_id).await {
            Ok(session) => Ok(session.is_some()),
            Err(QueryError::Forbidden | QueryError::NotFound) => Ok(false),
            Err(QueryError::Storage(error)) => Err(error),
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
