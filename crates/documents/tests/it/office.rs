//! Ada's workspace, in which Carol is an admin, Ben a member and Gus a guest.

use std::{sync::Arc, time::Duration};

use documents::{
    Clearer, CreateDocument, CreateDocumentError, DocumentPlace, DocumentReading, DocumentRef,
    Documents, DocumentsPage, IdentityGateway, ListDocuments, NewContent, OnDeleted, OpenDocument,
    ProjectsGateway, QueryError, SearchIndex, TrashDocument, TrashDocumentError, UpdateDocument,
    UpdateDocumentError,
};
use identity::{
    AcceptInvitation, CreateWorkspace, Identity, InviteMember, Role, WorkspaceRef,
    testing::{confirmed_user, user_with_password},
};
use perme8_events::{
    EventFilter, EventStore as _, Origin, Position, UserId,
    host::{Outcome, Runtime},
    sql::Migrations,
    testing::TestDb,
};
use projects::{CreateProject, ProjectId, Projects};

/// The tables of every context that takes part.
pub(crate) const MIGRATIONS: [&Migrations; 4] = [
    &perme8_events::sql::MIGRATIONS,
    &identity::MIGRATIONS,
    &projects::MIGRATIONS,
    &documents::MIGRATIONS,
];

pub(crate) struct Office {
    pub(crate) test: TestDb,
    pub(crate) identity: Identity,
    pub(crate) projects: Projects,
    pub(crate) documents: Documents,
    pub(crate) ada: UserId,
    pub(crate) carol: UserId,
    pub(crate) ben: UserId,
    pub(crate) gus: UserId,
}

/// The workspace, as addresses name it.
pub(crate) fn engines() -> WorkspaceRef {
    "engines".into()
}

/// A document of the workspace.
pub(crate) fn at(slug: &str) -> DocumentRef {
    DocumentRef { workspace: engines(), slug: slug.to_owned() }
}

/// A document that begins, and is shared.
pub(crate) fn titled(title: &str) -> CreateDocument {
    CreateDocument {
        workspace: engines(),
        project: None,
        title: title.to_owned(),
        content: None,
        is_public: true,
    }
}

/// A change of nothing.
pub(crate) fn unchanged(slug: &str) -> UpdateDocument {
    UpdateDocument {
        document: at(slug),
        title: None,
        is_public: None,
        is_pinned: None,
        project: None,
        content: None,
        seen: None,
    }
}

/// Another text, over the one of which this is the hash.
pub(crate) fn written(slug: &str, text: &str, seen_hash: &str) -> UpdateDocument {
    let seen_hash = Some(seen_hash.to_owned());
    let content = Some(NewContent { text: text.to_owned(), seen_hash });
    UpdateDocument { content, ..unchanged(slug) }
}

/// Every document in use.
pub(crate) fn everything() -> ListDocuments {
    ListDocuments { project: None, pinned: None, trashed: false, limit: 100, after: None }
}

impl Office {
    pub(crate) async fn open(test: TestDb) -> Self {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let members = Arc::new(projects::IdentityGateway::new(identity.directory()));
        let projects = Projects::new(test.db.clone(), members);
        let members = Arc::new(IdentityGateway::new(identity.directory()));
        let directory = Arc::new(ProjectsGateway::new(projects.directory()));
        let documents = Documents::new(test.db.clone(), members, directory);
        let ada = user_with_password(&identity, "ada@example.com", "Ada", "Lovelace").await;
        let carol = confirmed_user(&identity, "carol@example.com", "Carol", "Shaw").await;
        let ben = confirmed_user(&identity, "ben@example.com", "Ben", "Franklin").await;
        let gus = confirmed_user(&identity, "gus@example.com", "Gus", "Fring").await;
        let named = CreateWorkspace { name: "Engines".to_owned(), description: None, color: None };
        identity.create_workspace(Origin::user(ada), named).await.unwrap();
        let office = Self { test, identity, projects, documents, ada, carol, ben, gus };
        office.join(carol, "carol@example.com", Role::Admin).await;
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

    /// Begins a project of Ada's.
    pub(crate) async fn begin_project(&self, name: &str) -> ProjectId {
        let (name, description) = (name.to_owned(), None);
        let command = CreateProject { workspace: engines(), name, description, color: None };
        self.projects.create_project(Origin::user(self.ada), command).await.unwrap().id
    }

    /// Creates a document of Ben's, a second after whatever was before.
    pub(crate) async fn create(&self, command: CreateDocument) -> OpenDocument {
        self.test.clock.advance(Duration::from_secs(1));
        self.try_to_create(self.ben, command).await.unwrap()
    }

    pub(crate) async fn try_to_create(
        &self,
        by: UserId,
        command: CreateDocument,
    ) -> Result<OpenDocument, CreateDocumentError> {
        let created = self.documents.create_document(Origin::user(by), command).await;
        created.map(|(created, _)| created)
    }

    /// Changes a document, a second after whatever was before.
    pub(crate) async fn update(
        &self,
        by: UserId,
        command: UpdateDocument,
    ) -> Result<OpenDocument, UpdateDocumentError> {
        self.test.clock.advance(Duration::from_secs(1));
        let updated = self.documents.update_document(Origin::user(by), command).await;
        updated.map(|(updated, _)| updated)
    }

    pub(crate) async fn trash(&self, by: UserId, slug: &str) -> Result<(), TrashDocumentError> {
        let command = TrashDocument { document: at(slug), seen: None };
        self.documents.trash_document(Origin::user(by), command).await.map(drop)
    }

    pub(crate) async fn see(&self, who: UserId, slug: &str) -> Result<OpenDocument, QueryError> {
        self.documents.document(&Origin::user(who), &at(slug)).await
    }

    /// What other contexts are told that a document says to a member, in so many characters at most.
    pub(crate) async fn told(
        &self,
        member: UserId,
        slug: &str,
        longest: usize,
    ) -> Option<DocumentReading> {
        let engines =
            self.identity.directory().workspace_by_slug("engines").await.unwrap().unwrap();
        self.documents.directory().read(engines.id, slug, member, longest).await.unwrap()
    }

    /// The slugs on a page as somebody sees it, and where the next begins.
    pub(crate) async fn list(
        &self,
        who: UserId,
        asked: ListDocuments,
    ) -> (Vec<String>, Option<DocumentPlace>) {
        let page = self.documents.documents(&Origin::user(who), &engines(), asked).await;
        let DocumentsPage { documents, next } = page.unwrap();
        (documents.into_iter().map(|document| document.slug).collect(), next)
    }

    /// Lets the handlers and workers of this context do what there is to do.
    pub(crate) async fn settle(&self) {
        let members = Arc::new(IdentityGateway::new(self.identity.directory()));
        let runtime = Runtime::builder(&self.test.db)
            .handler(OnDeleted)
            .worker(Clearer::new(self.test.db.clone(), members))
            .projection(SearchIndex)
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
        let ours = types.filter_map(|name| Some(name.strip_prefix("documents.")?.to_owned()));
        ours.collect()
    }
}
