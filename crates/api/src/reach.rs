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
    /// All but what is said to one person alone: operators watch the system, not its people.
    Operators,
}

impl Reach {
    /// Whether it may be subscribed to.
    pub(crate) fn covers(&self, subject: &Subject) -> bool {
        match (self, subject) {
            // What the program says to itself nobody hears. What it says to one person is the text of answers, from wherever:
            // whoever reads events need not read that. The old system knew of no keys that follow anything.
            (_, Subject::Ephemeral(EphemeralTopic::Program(_)))
            | (Self::Key(_) | Self::Operators, Subject::Ephemeral(EphemeralTopic::User(_)))
            | (Self::Key(_), Subject::Legacy(_)) => false,
            (
                Self::Key(key),
                Subject::Events(Topic::Workspace(id))
                | Subject::Ephemeral(EphemeralTopic::Workspace(id)),
            ) => key.reaches(*id),
            // Whatever comes of other topics to a key is looked at one by one.
            (Self::Everything | Self::Operators, _) | (Self::Key(_), Subject::Events(_)) => true,
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

#[cfg(test)]
mod tests {
    use perme8_events::{UserId, WorkspaceId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn operators_do_not_hear_what_is_said_to_one_person() {
        let user = UserId::new(Uuid::from_u128(1));
        let workspace = WorkspaceId::new(Uuid::from_u128(2));
        let answers = Subject::Ephemeral(EphemeralTopic::User(user));
        assert!(!Reach::Operators.covers(&answers));
        assert!(Reach::Everything.covers(&answers));
        for subject in [
            Subject::Ephemeral(EphemeralTopic::Workspace(workspace)),
            Subject::Events(Topic::User(user)),
            Subject::Events(Topic::Workspace(workspace)),
        ] {
            assert!(Reach::Operators.covers(&subject), "{subject:?}");
        }
    }
}
