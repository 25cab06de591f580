//! What a credential lets somebody follow, once it has been shown.

use std::sync::Arc;

use identity::AuthenticatedKey;
use perme8_events::{Envelope, EphemeralTopic, Scope, Topic};

use crate::socket::Subject;

/// What a credential lets somebody follow, within what they may see anyway.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// All of it.
    Everything,
    /// What has to do with no workspace but those of the key.
    Key(Arc<AuthenticatedKey>),
}

impl Reach {
    /// Whether it may be subscribed to.
    pub(crate) fn covers(&self, subject: &Subject) -> bool {
        let Self::Key(key) = self else { return true };
        match subject {
            Subject::Events(Topic::Workspace(id))
            | Subject::Ephemeral(EphemeralTopic::Workspace(id)) => key.reaches(*id),
            // Whatever comes of other topics is looked at one by one.
            Subject::Events(_) | Subject::Ephemeral(EphemeralTopic::User(_)) => true,
            // The old system knew of no keys that follow anything, and what the program says to itself nobody hears.
            Subject::Legacy(_) | Subject::Ephemeral(EphemeralTopic::Program(_)) => false,
        }
    }

    /// Whether something may be said to others: keys that read events do not.
    pub(crate) fn speaks(&self) -> bool {
        matches!(self, Self::Everything)
    }

    /// Whether an event has to do with no workspace that is out of reach.
    pub(crate) fn shows(&self, event: &Envelope) -> bool {
        let Self::Key(key) = self else { return true };
        let of_scopes = event.audience.scopes().iter().filter_map(|scope| match scope {
            Scope::Workspace(id) | Scope::Managers(id) => Some(*id),
            Scope::User(_) | Scope::Operators => None,
        });
        of_scopes.chain(event.workspace_id).all(|workspace| key.reaches(workspace))
    }
}
