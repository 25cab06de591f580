//! The facade on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use identity::{
    CreateWorkspace, Directory, Identity, InvitationSummary, InviteMember, ListMembers,
    ListWorkspaces, MIGRATIONS, Role, SessionId, WorkspaceDetails,
    testing::{confirmed_user, log_in, user_with_password},
};
use perme8_events::{
    Envelope, EventFilter, EventStore as _, Origin, Position, UserId,
    testing::{TestDb, on_both_engines},
};

mod handler;
mod invitations;
mod keys;
mod log;
mod mails;
mod members;
mod people;
mod preferences;
mod races;
mod workspaces;

/// Ada has a workspace; everybody else is a stranger with a confirmed account.
struct Office {
    identity: Identity,
    directory: Directory,
    engines: WorkspaceDetails,
    ada: UserId,
    ben: UserId,
    cyd: UserId,
}

impl Office {
    async fn open(test: &TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let ada = user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let ben = user_with_password(&identity, "ben@example.com", "Ben", "Franklin").await;
        let cyd = user_with_password(&identity, "cyd@example.com", "Cyd", "Charisse").await;
        let engines = identity.create_workspace(Origin::user(ada), named("Engines")).await.unwrap();
        Self { directory: identity.directory(), identity, engines, ada, ben, cyd }
    }

    /// The session of somebody who has just logged in.
    async fn session(&self, name: &str) -> SessionId {
        log_in(&self.identity, &format!("{name}@example.com")).await.session_id
    }

    /// What somebody sees in the list of workspaces that are in use, or of those that are put away.
    async fn workspaces(&self, user: UserId, archived: bool) -> Vec<WorkspaceDetails> {
        let asked = ListWorkspaces { archived };
        self.identity.my_workspaces(&Origin::user(user), asked).await.unwrap()
    }

    /// Ada invites an address as a member.
    async fn invite(&self, email: &str) -> InvitationSummary {
        self.invite_as(email, Role::Member).await
    }

    async fn invite_as(&self, email: &str, role: Role) -> InvitationSummary {
        let command =
            InviteMember { workspace: self.engines.id.into(), email: email.to_owned(), role };
        self.identity.invite_member(Origin::user(self.ada), command).await.unwrap()
    }

    /// Ada invites, and the invitee accepts.
    async fn join(&self, user: UserId, email: &str, role: Role) {
        let invitation = self.invite_as(email, role).await.id.into();
        let command = identity::AcceptInvitation { invitation };
        self.identity.accept_invitation(Origin::user(user), command).await.unwrap();
    }
}

fn named(name: &str) -> CreateWorkspace {
    CreateWorkspace { name: name.to_owned(), description: None, color: None }
}

fn everybody() -> ListMembers {
    ListMembers { search: None, limit: 100, after: None }
}

/// Every event of the log, oldest first.
async fn events(test: &TestDb) -> Vec<Envelope> {
    test.db.read(&EventFilter::All, Position::START, 10_000).await.unwrap()
}

/// The types of the events, without the name of the context.
async fn event_types(test: &TestDb) -> Vec<String> {
    events(test)
        .await
        .iter()
        .map(|event| event.event_type.trim_start_matches("identity.").to_owned())
        .collect()
}
