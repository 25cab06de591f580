//! Live subscriptions: replay, then follow, each event checked against the rights of the viewer when it is delivered.

use std::{borrow::Cow, sync::Arc};

use crate::{
    application::rights::{Standings, Viewer, Visibility},
    domain::{
        catalogue::Catalogue, envelope::Envelope, error::StorageError, id::UserId,
        position::Position, topic::Topic,
    },
    infrastructure::{
        bus::{bells::Bell, live::LiveEvents, rights::Rights, sights::Sights, watching::Watching},
        feed::Feed,
    },
};

pub(crate) mod bells;
pub(crate) mod live;
pub(crate) mod rights;
pub(crate) mod sights;
pub(crate) mod watching;

/// Hands out live subscriptions by topic; fed from the log, never by producers directly.
#[derive(Clone, Debug)]
pub struct EventBus {
    feed: Feed,
    rights: Arc<Rights>,
    sights: Option<Arc<Sights>>,
    catalogues: &'static [Catalogue],
}

/// Why there is no subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// A topic of a workspace in which the viewer is not, or of another person.
    #[error("the topic is not the viewer's")]
    Forbidden,
    /// There is no such position yet.
    #[error("there is no position {after} yet: the log ends at {head}")]
    AheadOfLog {
        /// The position asked for.
        after: Position,
        /// The end of the log.
        head: Position,
    },
    /// What followed the position is no longer in the log.
    #[error(
        "what follows position {after} is archived up to {last}: begin anew, with what is there now"
    )]
    Archived {
        /// The position asked for.
        after: Position,
        /// No event up to here is in the log.
        last: Position,
    },
    /// Nobody can tell the rights of the viewer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl EventBus {
    /// Reads from `feed`, asks `standings` about rights, and shows the events of `catalogues` in their current version.
    #[must_use]
    pub fn new(
        feed: Feed,
        standings: Arc<dyn Standings>,
        catalogues: &'static [Catalogue],
    ) -> Self {
        let rights = Arc::new(Rights::new(standings, Arc::clone(feed.bells())));
        Self { feed, rights, sights: None, catalogues }
    }

    /// Withholds events that somebody could see when they happened, and cannot now.
    #[must_use]
    pub fn narrowed_by(self, visibility: Arc<dyn Visibility>) -> Self {
        let sights = Sights::new(visibility, self.feed.bells());
        Self { sights: Some(Arc::new(sights)), ..self }
    }

    /// The events of `topics` that `viewer` may see: those behind `after` first, or only future ones when it is none.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when a topic is not the viewer's or the position does not exist.
    pub async fn subscribe(
        &self,
        viewer: Viewer,
        topics: Vec<Topic>,
        after: Option<Position>,
    ) -> Result<LiveEvents, SubscribeError> {
        if let Viewer::User(user) = viewer {
            for topic in &topics {
                self.authorise(user, topic).await?;
            }
        }
        let mut events = LiveEvents::new(self.clone(), viewer, topics);
        match after {
            Some(position) => {
                if position > self.feed.settled() {
                    // Another node may have delivered what this one has not read yet, so what counts is what was drawn anywhere.
                    let head = self.feed.drawn().await?;
                    if position > head {
                        return Err(SubscribeError::AheadOfLog { after: position, head });
                    }
                }
                if let Some(gone) = self.feed.archived_behind(position).await?.last() {
                    return Err(SubscribeError::Archived { after: position, last: gone.last });
                }
                events.replay_behind(position);
            }
            // The bells hang already, so nothing that comes behind this escapes them.
            None => events.follow_behind(self.feed.decided().await?),
        }
        Ok(events)
    }

    /// Tells from now on that something happened in `topics` that is `wanted`, and not what: nothing is read, and nobody's
    /// rights are asked.
    #[must_use]
    pub fn watch(
        &self,
        topics: Vec<Topic>,
        wanted: impl Fn(&Envelope) -> bool + Send + Sync + 'static,
    ) -> Watching {
        Watching::new(&self.feed, topics, Bell::of(wanted))
    }

    async fn authorise(&self, user: UserId, topic: &Topic) -> Result<(), SubscribeError> {
        let allowed = match topic {
            Topic::User(id) => *id == user,
            Topic::Workspace(id) => self.rights.now(user, *id).await?.is_some(),
            // Filtered event by event.
            Topic::All | Topic::Context(_) | Topic::AggregateType(..) | Topic::Aggregate(..) => {
                true
            }
        };
        if allowed { Ok(()) } else { Err(SubscribeError::Forbidden) }
    }

    /// Whether an event still is for somebody whose standing allows it.
    pub(crate) async fn still_shows(
        &self,
        event: &Envelope,
        user: UserId,
    ) -> Result<bool, StorageError> {
        match &self.sights {
            Some(sights) => sights.show(event, user).await,
            None => Ok(true),
        }
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The event as clients are shown it.
    pub(crate) fn shown(&self, event: Arc<Envelope>) -> Arc<Envelope> {
        match event.in_current_version(self.catalogues) {
            Cow::Owned(current) => Arc::new(current),
            Cow::Borrowed(_) => event,
        }
    }

    pub(crate) fn rights(&self) -> &Arc<Rights> {
        &self.rights
    }
}
