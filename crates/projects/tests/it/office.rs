//! Ada's workspace, in which Ben is a member and Gus a guest.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use identity::{
    AcceptInvitation, CreateWorkspace, DeleteAccount, DeleteWorkspace, Identity, InviteMember,
    Role, WorkspaceRef,
    testing::{confirmed_user, log_in, user_with_password},
};
use perme8_events::{
    EventFilter, EventStore as _, Origin, Position, StorageError, UserId, WorkspaceId,
    host::{Outcome, Runtime},
    testing::TestDb,
};
use projects::{
    Clearer, CreateProject, CreateProjectError, IdentityGateway, ListProjects, Members, Membership,
    OnUserDeleted, OnWorkspaceDeleted, ProjectDetails, ProjectPlace, ProjectRef, Projects,
    ProjectsPage,
};

pub(crate) struct Office {
    pub(crate) test: TestDb,
    pub(crate) identity: Identity,
    pub(crate) projects: Projects,
    pub(crate) ada: UserId,
    pub(crate) ben: UserId,
    pub(crate) gus: UserId,
}

/// The workspace, as addresses name it.
pub(crate) fn engines() -> WorkspaceRef {
    "engines".into()
}

/// A project of the workspace.
pub(crate) fn at(slug: &str) -> ProjectRef {
    ProjectRef { workspace: engines(), slug: slug.to_owned() }
}

/// Every project in use.
pub(crate) fn everything() -> ListProjects {
    ListProjects { archived: false, search: None, limit: 100, after: None }
}

/// A project of this name, to be begun in the workspace.
pub(crate) fn named(name: &str) -> CreateProject {
    let (name, description) = (name.to_owned(), Some(format!("About {name}")));
    CreateProject { workspace: engines(), name, description, color: None }
}

/// Knows what somebody was in the workspace a while ago, as a request does that takes long.
#[derive(Debug)]
struct Earlier(Membership);

#[async_trait]
impl Members for Earlier {
    async fn membership(
        &self,
        _: UserId,
        _: &WorkspaceRef,
    ) -> Result<Option<Membership>, StorageError> {
        Ok(Some(self.0.clone()))
    }

    async fn workspaces_of(&self, _: UserId) -> Result<Vec<WorkspaceId>, StorageError> {
        Ok(vec![self.0.workspace_id])
    }

    async fn owners_of(
        &self,
        _: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        Ok(HashMap::new())
    }
}

impl Office {
    pub(crate) async fn open(test: TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let projects = Projects::new(test.db.clone(), gateway(&identity));
        let ada = user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let ben = confirmed_user(&identity, "ben@example.com", "Ben", "Franklin").await;
        let gus = confirmed_user(&identity, "gus@example.com", "Gus", "Fring").await;
        let named = CreateWorkspace { name: "Engines".to_owned(), description: None, color: None };
        identity.create_workspace(Origin::user(ada), named).await.unwrap();
        let office = Self { test, identity, projects, ada, ben, gus };
        office.join(ben, "ben@example.com", Role::Member).await;
        office.join(gus, "gus@example.com", Role::Guest).await;
        office
    }

    pub(crate) async fn join(&self, user: UserId, email: &str, role: Role) {
        let invite = InviteMember { workspace: engines(), email: email.to_owned(), role };
        let invited = self.identity.invite_member(Origin::user(self.ada), invite).await.unwrap();
        let accept = AcceptInvitation { invitation: invited.id.into() };
        self.identity.accept_invitation(Origin::user(user), accept).await.unwrap();
    }

    /// Begins a project, a second after whatever was before.
    pub(crate) async fn begin(&self, by: UserId, name: &str) -> ProjectDetails {
        self.test.clock.advance(Duration::from_secs(1));
        self.try_to_begin(by, name).await.unwrap()
    }

    pub(crate) async fn try_to_begin(
        &self,
        by: UserId,
        name: &str,
    ) -> Result<ProjectDetails, CreateProjectError> {
        self.projects.create_project(Origin::user(by), named(name)).await
    }

    /// The facade for requests in which it was read already what this person is in the workspace.
    pub(crate) async fn as_seen_now(&self, user: UserId) -> Projects {
        let membership = gateway(&self.identity).membership(user, &engines()).await.unwrap();
        Projects::new(self.test.db.clone(), Arc::new(Earlier(membership.unwrap())))
    }

    pub(crate) async fn end_account(&self, user: UserId, email: &str) {
        let session_id = log_in(&self.identity, email).await.session_id;
        let delete = DeleteAccount { session_id };
        self.identity.delete_account(Origin::user(user), delete).await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn end_workspace(&self) {
        let session_id = log_in(&self.identity, "ada@example.com").await.session_id;
        let delete = DeleteWorkspace { workspace: engines(), session_id };
        self.identity.delete_workspace(Origin::user(self.ada), delete).await.unwrap();
        self.settle().await;
    }

    /// The slugs on a page, and where the next begins.
    pub(crate) async fn list(&self, asked: ListProjects) -> (Vec<String>, Option<ProjectPlace>) {
        let page = self.projects.projects(&Origin::user(self.gus), &engines(), asked).await;
        let ProjectsPage { projects, next } = page.unwrap();
        (projects.into_iter().map(|project| project.slug).collect(), next)
    }

    /// Lets the handlers and workers of this context do what there is to do.
    pub(crate) async fn settle(&self) {
        let runtime = Runtime::builder(&self.test.db)
            .handler(OnWorkspaceDeleted)
            .handler(OnUserDeleted)
            .worker(Clearer::new(self.test.db.clone(), gateway(&self.identity)))
            .build();
        let mut driver = runtime.driver(Some(self.test.clock.clone())).await;
        for reaction in driver.run_until_idle().await {
            assert_eq!(reaction.outcome, Outcome::Handled, "{}", reaction.handler);
        }
    }

    /// The types of the events of this context, oldest first.
    pub(crate) async fn events(&self) -> Vec<String> {
        let events = self.test.db.read(&EventFilter::All, Position::START, 10_000).await.unwrap();
        let types = events.into_iter().map(|event| event.event_type);
        let ours = types.filter_map(|name| Some(name.strip_prefix("projects.")?.to_owned()));
        ours.collect()
    }
}

fn gateway(identity: &Identity) -> Arc<IdentityGateway> {
    Arc::new(IdentityGateway::new(identity.directory()))
}
