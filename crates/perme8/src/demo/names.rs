//! What people and workspaces are called, learned from the events themselves.

use std::collections::HashMap;

use identity::{InvitationCreated, InvitationId, UserRegistered, WorkspaceCreated};
use perme8_events::{Actor, DomainEvent, Envelope, Personal, UserId, WorkspaceId};

/// What is known of the cast.
#[derive(Debug, Default)]
pub(crate) struct Names {
    users: HashMap<UserId, String>,
    workspaces: HashMap<WorkspaceId, String>,
    invitations: HashMap<InvitationId, String>,
}

/// The event, if the envelope holds a sound one of that type.
pub(crate) fn read<E: DomainEvent>(event: &Envelope) -> Option<E> {
    event.decode().ok().flatten()
}

/// A personal text, as long as it is known.
pub(crate) fn known(text: &Personal<String>) -> &str {
    text.known().map_or("somebody", String::as_str)
}

impl Names {
    pub(crate) fn learn(&mut self, event: &Envelope) {
        if let Some(UserRegistered { user_id, first_name, .. }) = read(event) {
            self.users.insert(user_id, known(&first_name).to_owned());
        }
        if let Some(WorkspaceCreated { workspace_id, name, .. }) = read(event) {
            self.workspaces.insert(workspace_id, name);
        }
        if let Some(InvitationCreated { invitation_id, email, .. }) = read(event) {
            self.invitations.insert(invitation_id, known(&email).to_owned());
        }
    }

    pub(crate) fn user(&self, id: UserId) -> &str {
        self.users.get(&id).map_or("somebody", String::as_str)
    }

    pub(crate) fn workspace(&self, id: WorkspaceId) -> &str {
        self.workspaces.get(&id).map_or("a workspace", String::as_str)
    }

    /// The address that was invited.
    pub(crate) fn invitation(&self, id: InvitationId) -> &str {
        self.invitations.get(&id).map_or("somebody", String::as_str)
    }

    pub(crate) fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::User(user) | Actor::ApiKey { user, .. } => self.user(*user).to_owned(),
            Actor::Agent(id) => format!("agent {id}"),
            Actor::System(name) => name.to_string(),
            Actor::Anonymous => "a visitor".to_owned(),
        }
    }
}
