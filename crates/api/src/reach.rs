//! What a credential lets somebody follow, once it has been shown.

use std::sync::Arc;

use identity::AuthenticatedKey;
use perme8_events::{
    Audience, Envelope, EphemeralTopic, Scope, StorageError, Topic, Viewer, WorkspaceId,
};
use serde_json::{Map, Value, json, value::to_raw_value};

use crate::socket::Subject;

/// The list of the workspaces in the data of an event that is told in several, as the change of an agent.
const WORKSPACE_IDS: &str = "workspace_ids";

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

    /// An event as whoever follows may read it; none that has to do with a workspace that is out of reach.
    ///
    /// One that is told in several workspaces is shown to whoever reaches one of them, and names those alone that are in reach
    /// and that the person belongs to now: nobody learns of the others.
    pub(crate) async fn shown(
        &self,
        event: Arc<Envelope>,
        viewer: Viewer,
        people: &identity::Directory,
    ) -> Result<Option<Arc<Envelope>>, StorageError> {
        let is_reached = |id: &WorkspaceId| match self {
            Self::Key(key) => key.reaches(*id),
            Self::Everything | Self::Operators => true,
        };
        let is_told_in_several = event.workspace_id.is_none() && told_in(&event).nth(1).is_some();
        let (Viewer::User(user), true) = (viewer, is_told_in_several) else {
            let is_all_reached =
                told_in(&event).chain(event.workspace_id).all(|id| is_reached(&id));
            return Ok(is_all_reached.then_some(event));
        };
        let mut known: Vec<_> = told_in(&event).filter(is_reached).collect();
        if known.is_empty() {
            return Ok(None);
        }
        let pairs: Vec<_> = known.iter().map(|id| (user, *id)).collect();
        let theirs = people.belonging(&pairs).await?;
        known.retain(|id| theirs.contains(&(user, *id)));
        let is_all = known.len() == told_in(&event).count();
        Ok(if is_all { Some(event) } else { told_only_in(&event, &known).map(Arc::new) })
    }
}

/// The workspaces in which an event is told.
fn told_in(event: &Envelope) -> impl Iterator<Item = WorkspaceId> + '_ {
    event.audience.scopes().iter().filter_map(|scope| match scope {
        Scope::Workspace(id) | Scope::Managers(id) => Some(*id),
        Scope::User(_) | Scope::Operators => None,
    })
}

/// The same event as if it were told in no other workspaces; none if what it says cannot be read.
fn told_only_in(event: &Envelope, known: &[WorkspaceId]) -> Option<Envelope> {
    let mut data: Map<String, Value> = serde_json::from_str(event.data.get()).ok()?;
    if let Some(list) = data.get_mut(WORKSPACE_IDS) {
        *list = json!(known);
    }
    let audience = within(&event.audience, |id| known.contains(&id));
    Some(Envelope { audience, data: to_raw_value(&data).ok()?, ..event.clone() })
}

/// Those of an audience that are in no other workspaces.
pub(crate) fn within(audience: &Audience, is_known: impl Fn(WorkspaceId) -> bool) -> Audience {
    audience.scopes().iter().fold(Audience::nobody(), |audience, scope| match *scope {
        Scope::Workspace(id) => audience.and_workspace(Some(id).filter(|id| is_known(*id))),
        Scope::Managers(id) => audience.and_managers(Some(id).filter(|id| is_known(*id))),
        Scope::User(id) => audience.and_user(id),
        Scope::Operators => audience.and_operators(),
    })
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
