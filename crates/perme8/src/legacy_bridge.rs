//! Says events in the words of the system that this one replaces, for clients that still listen to its topics.
//!
//! It is derived from the live events and keeps nothing. When the last such client is gone, so can be this folder.

use std::{collections::HashMap, fmt};

use ::notifications::Notifications;
use api::LegacyMessage;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use perme8_events::{DomainEvent, Envelope, StorageError};

mod agents;
mod documents;
mod identity;
mod notifications;
mod projects;

/// The translations of every context that had messages in the old system.
pub(crate) struct LegacyBridge {
    table: HashMap<&'static str, Translation>,
}

type Translation = Box<dyn Fn(&Envelope) -> Said + Send + Sync>;

type Said = BoxFuture<'static, Result<Vec<LegacyMessage>, StorageError>>;

impl LegacyBridge {
    /// With the translations of each context.
    pub(crate) fn new(facade: &Notifications, directory: &::documents::Directory) -> Self {
        let mut bridge = Self { table: HashMap::new() };
        identity::translations(&mut bridge);
        projects::translations(&mut bridge);
        documents::translations(&mut bridge, directory);
        agents::translations(&mut bridge);
        notifications::translations(&mut bridge, facade);
        bridge
    }

    /// Adds the translation of an event that says everything that its messages need.
    fn on<E: DomainEvent>(&mut self, say: fn(&E) -> Vec<LegacyMessage>) {
        self.on_looking_up(move |event| Box::pin(std::future::ready(Ok(say(&event)))));
    }

    /// Adds the translation of an event that only points to what its messages need.
    fn on_looking_up<E: DomainEvent>(&mut self, say: impl Fn(E) -> Said + Send + Sync + 'static) {
        let translation = move |event: &Envelope| match event.decode::<E>() {
            Ok(Some(event)) => say(event),
            Ok(None) => silent(),
            // Whoever follows the events themselves sees it; the old system had nothing like it.
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, event_type = E::TYPE, "an event is not translated");
                silent()
            }
        };
        let before = self.table.insert(E::TYPE, Box::new(translation));
        debug_assert!(before.is_none(), "`{}` has two translations", E::TYPE);
    }
}

fn silent() -> Said {
    Box::pin(std::future::ready(Ok(Vec::new())))
}

#[async_trait]
impl api::LegacyBridge for LegacyBridge {
    async fn translate(&self, event: &Envelope) -> Result<Vec<LegacyMessage>, StorageError> {
        match self.table.get(event.event_type.as_str()) {
            Some(translation) => translation(event).await,
            None => Ok(Vec::new()),
        }
    }
}

impl fmt::Debug for LegacyBridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyBridge").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
