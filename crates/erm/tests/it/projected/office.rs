//! Ada's workspace, in which Ben is a member and Gus a guest, with projects and documents.

use std::{collections::HashMap, sync::Arc, time::Duration};

use documents::{
    Clearer, CreateDocument, DocumentId, DocumentRef, Documents, OnDeleted, OpenDocument,
    UpdateDocument,
};
use erm::{EntityDetails, EntityId, Erm, GraphError, ListProjected, WorkspaceGraph};
use expect_test::Expect;
use identity::{
    AcceptInvitation, CreateWorkspace, DeleteAccount, DeleteWorkspace, Identity, InviteMember,
    Role, WorkspaceRef,
    testing::{confirmed_user, log_in, user_with_password},
};
use perme8_events::{
    Id, Origin, UserId,
    host::{Outcome, Runtime},
    sql::Migrations,
    testing::TestDb,
};
use projects::{CreateProject, OnUserDeleted, ProjectId, ProjectRef, Projects};

/// The tables of every context that takes part.
pub(crate) const MIGRATIONS: [&Migrations; 5] = [
    &perme8_events::sql::MIGRATIONS,
    &identity::MIGRATIONS,
    &projects::MIGRATIONS,
    &documents::MIGRATIONS,
    &erm::MIGRATIONS,
];

pub(crate) struct Office {
    pub(crate) test: TestDb,
    pub(crate) identity: Identity,
    pub(crate) projects: Projects,
    pub(crate) documents: Documents,
    pub(crate) erm: Erm,
    pub(crate) ada: UserId,
    pub(crate) ben: UserId,
    pub(crate) gus: UserId,
}

/// The workspace, as addresses name it.
pub(crate) fn engines() -> WorkspaceRef {
    "engines".into()
}

/// A document of the workspace.
pub(crate) fn document(slug: &str) -> DocumentRef {
    DocumentRef { workspace: engines(), slug: slug.to_owned() }
}

/// A project of the workspace.
pub(crate) fn project(slug: &str) -> ProjectRef {
    ProjectRef { workspace: engines(), slug: slug.to_owned() }
}

/// A change of nothing.
pub(crate) fn unchanged(slug: &str) -> UpdateDocument {
    UpdateDocument {
        document: document(slug),
        title: None,
        is_public: None,
        is_pinned: None,
        project: None,
        content: None,
        seen: None,
    }
}

/// The node that something is.
pub(crate) fn node<A>(id: Id<A>) -> EntityId {
    EntityId::new(id.uuid())
}

/// What a node is called.
fn called(node: &EntityDetails) -> &str {
    let name = node.properties.get("name").or_else(|| node.properties.get("title"));
    name.and_then(|name| name.as_str()).unwrap_or("nameless")
}

impl Office {
    pub(crate) async fn open(test: TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let members = Arc::new(projects::IdentityGateway::new(identity.directory()));
        let projects = Projects::new(test.db.clone(), members);
        let members = Arc::new(documents::IdentityGateway::new(identity.directory()));
        let directory = Arc::new(documents::ProjectsGateway::new(projects.directory()));
        let documents = Documents::new(test.db.clone(), members, directory);
        let members = Arc::new(erm::IdentityGateway::new(identity.directory()));
        let erm = Erm::new(test.db.clone(), members);
        let ada = user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let ben = user_with_password(&identity, "ben@example.com", "Ben", "Franklin").await;
        let gus = confirmed_user(&identity, "gus@example.com", "Gus", "Fring").await;
        let named = CreateWorkspace { name: "Engines".to_owned(), description: None, color: None };
        identity.create_workspace(Origin::user(ada), named).await.unwrap();
        let office = Self { test, identity, projects, documents, erm, ada, ben, gus };
        office.join(ben, "ben@example.com", Role::Member).await;
        office.join(gus, "gus@example.com", Role::Guest).await;
        office.settle().await;
        office
    }

    pub(crate) async fn join(&self, user: UserId, email: &str, role: Role) {
        let invite = InviteMember { workspace: engines(), email: email.to_owned(), role };
        let invited = self.identity.invite_member(Origin::user(self.ada), invite).await.unwrap();
        let accept = AcceptInvitation { invitation: invited.id.into() };
        self.identity.accept_invitation(Origin::user(user), accept).await.unwrap();
    }

    /// Begins a project, a second after whatever was before.
    pub(crate) async fn begin(&self, by: UserId, name: &str) -> ProjectId {
        self.test.clock.advance(Duration::from_secs(1));
        let (name, description) = (name.to_owned(), None);
        let command = CreateProject { workspace: engines(), name, description, color: None };
        self.projects.create_project(Origin::user(by), command).await.unwrap().id
    }

    /// Creates a document, a second after whatever was before.
    pub(crate) async fn create(
        &self,
        by: UserId,
        project: Option<&str>,
        title: &str,
        is_public: bool,
    ) -> DocumentId {
        self.test.clock.advance(Duration::from_secs(1));
        let command = CreateDocument {
            workspace: engines(),
            project: project.map(str::to_owned),
            title: title.to_owned(),
            content: None,
            is_public,
        };
        let created = self.documents.create_document(Origin::user(by), command).await.unwrap();
        let (OpenDocument { document, .. }, _) = created;
        document.id
    }

    pub(crate) async fn update(&self, by: UserId, command: UpdateDocument) {
        self.documents.update_document(Origin::user(by), command).await.unwrap();
    }

    pub(crate) async fn end_account(&self, user: UserId, email: &str) {
        let session_id = log_in(&self.identity, email).await.session_id;
        let delete = DeleteAccount { session_id };
        self.identity.delete_account(Origin::user(user), delete).await.unwrap();
    }

    pub(crate) async fn end_workspace(&self) {
        let session_id = log_in(&self.identity, "ada@example.com").await.session_id;
        let delete = DeleteWorkspace { workspace: engines(), session_id };
        self.identity.delete_workspace(Origin::user(self.ada), delete).await.unwrap();
    }

    /// Lets everything happen that follows from what happened.
    pub(crate) async fn settle(&self) {
        let members = Arc::new(documents::IdentityGateway::new(self.identity.directory()));
        let heirs = Arc::new(projects::IdentityGateway::new(self.identity.directory()));
        let runtime = Runtime::builder(&self.test.db)
            .handler(OnUserDeleted)
            .handler(OnDeleted)
            .worker(Clearer::new(self.test.db.clone(), members))
            .worker(projects::Clearer::new(self.test.db.clone(), heirs))
            .projection(WorkspaceGraph)
            .build();
        let mut driver = runtime.driver(Some(self.test.clock.clone())).await;
        for reaction in driver.run_until_idle().await {
            assert_eq!(reaction.outcome, Outcome::Handled, "{}", reaction.handler);
        }
    }

    /// The graph as somebody sees it: its nodes and then its edges, a line for each, the newest first.
    pub(crate) async fn seen_by(&self, viewer: UserId) -> Result<Vec<String>, GraphError> {
        let (origin, everything) = (Origin::user(viewer), ListProjected::default());
        let nodes = self.erm.graph_nodes(&origin, &engines(), &everything).await?;
        let edges = self.erm.graph_edges(&origin, &engines(), &everything).await?;
        let names: HashMap<EntityId, &str> =
            nodes.items.iter().map(|node| (node.id, called(node))).collect();
        let mut lines: Vec<String> = Vec::new();
        for node in &nodes.items {
            lines.push(format!("{} {}", node.entity_type, called(node)));
        }
        lines.sort();
        let mut joined: Vec<String> = Vec::new();
        for edge in &edges.items {
            let [source, target] = [edge.source_id, edge.target_id].map(|end| names[&end]);
            joined.push(format!("{source} {} {target}", edge.edge_type));
        }
        joined.sort();
        lines.extend(joined);
        Ok(lines)
    }

    pub(crate) async fn check(&self, viewer: UserId, expected: &Expect) {
        expected.assert_eq(&self.seen_by(viewer).await.unwrap().join("\n"));
    }
}
