//! The worker that sets up new workspaces.

use async_trait::async_trait;
use documents::{
    CreateDocument, CreateDocumentError, DocumentCreated, DocumentRef, Documents, PurgeDocument,
    PurgeDocumentError, SeenDocument,
};
use identity::{Directory, Seen};
use mail::{Correspondent, Letter, MailKind, Stationery};
use perme8_events::{
    CorrelationId, DomainEvent, EventFilter, EventStore as _, HandlerError, JobRun, NewJob,
    Position, StorageError, Transaction as _, UserId, Worker, WorkspaceId,
    sql::{Db, UnitOfWork},
};
use projects::{
    CreateProject, CreateProjectError, DeleteProject, DeleteProjectError, ProjectCreated,
    ProjectRef, Projects,
};

use super::{Setup, is_own};

const KIND: MailKind = MailKind::new("perme8.welcome");
const PROJECT: &str = "Getting started";
const ABOUT: &str = "Look around here first. It is yours: rename it, fill it or delete it.";
const DOCUMENT: &str = "Welcome";
const WELCOME: &str = include_str!("welcome.md");
/// The version of a project or document that nobody has changed since it was begun.
const UNTOUCHED: i64 = 1;
/// More events than one new workspace leads to.
const EVENTS_OF_A_CASE: u32 = 1_000;

/// Does what the process commands, each on behalf of whoever founded the workspace and by the rights of that person.
#[derive(Debug)]
pub(crate) struct Welcomer {
    directory: Directory,
    projects: Projects,
    documents: Documents,
    stationery: Stationery,
    db: Db,
    uow: UnitOfWork,
}

/// Why a welcome mail was not enqueued.
#[derive(Debug, thiserror::Error)]
enum WelcomeError {
    #[error("the owner has no address that a mail can be sent to")]
    Address,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Welcomer {
    pub(crate) fn new(
        db: &Db,
        directory: Directory,
        projects: Projects,
        documents: Documents,
        stationery: Stationery,
    ) -> Self {
        let (db, uow) = (db.clone(), UnitOfWork::new(db.clone()));
        Self { directory, projects, documents, stationery, db, uow }
    }

    async fn begin_project(
        &self,
        workspace: WorkspaceId,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        let (name, description) = (PROJECT.to_owned(), Some(ABOUT.to_owned()));
        let command = CreateProject { workspace: workspace.into(), name, description, color: None };
        match self.projects.create_project(run.origin(), command).await {
            // Whoever is gone, has left or has put the workspace away wants none: the case finds that there is none.
            Ok(_)
            | Err(
                CreateProjectError::WorkspaceNotFound
                | CreateProjectError::Forbidden
                | CreateProjectError::WorkspaceArchived,
            ) => Ok(()),
            Err(error @ CreateProjectError::Invalid(_)) => Err(HandlerError::permanent(error)),
            Err(CreateProjectError::Storage(error)) => Err(error.into()),
        }
    }

    /// Deletes what was begun, and minds neither that there is nothing nor that somebody works with it by now.
    async fn undo_project(
        &self,
        workspace: WorkspaceId,
        case: CorrelationId,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        let Some(begun) = self.begun::<ProjectCreated>(case).await? else { return Ok(()) };
        // Whatever is in a project does not change its version; and what the case put there itself is gone by now, unless
        // somebody wrote in it.
        if self.documents.directory().holds_documents(begun.project_id).await? {
            return Ok(());
        }
        let project = ProjectRef { workspace: workspace.into(), slug: begun.slug };
        let seen = Seen { id: Some(begun.project_id.uuid()), version: UNTOUCHED };
        let delete = DeleteProject { project, seen: Some(seen) };
        match self.projects.delete_project(run.origin(), delete).await {
            Ok(())
            | Err(
                DeleteProjectError::WorkspaceNotFound
                | DeleteProjectError::ProjectNotFound
                | DeleteProjectError::Forbidden
                | DeleteProjectError::WorkspaceArchived
                | DeleteProjectError::OtherVersion,
            ) => Ok(()),
            Err(DeleteProjectError::Storage(error)) => Err(error.into()),
        }
    }

    async fn create_document(
        &self,
        workspace: WorkspaceId,
        project: String,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        let command = CreateDocument {
            workspace: workspace.into(),
            project: Some(project),
            title: DOCUMENT.to_owned(),
            content: Some(WELCOME.to_owned()),
            is_public: true,
        };
        match self.documents.create_document(run.origin(), command).await {
            // As above; and whoever wants no project wants no document in it.
            Ok(_)
            | Err(
                CreateDocumentError::WorkspaceNotFound
                | CreateDocumentError::ProjectNotFound
                | CreateDocumentError::Forbidden
                | CreateDocumentError::WorkspaceArchived
                | CreateDocumentError::ProjectArchived,
            ) => Ok(()),
            Err(CreateDocumentError::Storage(error)) => Err(error.into()),
            Err(
                error @ (CreateDocumentError::TooMany
                | CreateDocumentError::Invalid(_)
                | CreateDocumentError::Unwritable(_)),
            ) => Err(HandlerError::permanent(error)),
        }
    }

    /// As with the project; a document in which somebody has written stays.
    async fn undo_document(
        &self,
        workspace: WorkspaceId,
        case: CorrelationId,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        let Some(created) = self.begun::<DocumentCreated>(case).await? else { return Ok(()) };
        let document = DocumentRef { workspace: workspace.into(), slug: created.slug };
        let text = match self.documents.document(&run.origin(), &document).await {
            Ok(found) if found.text.content.as_deref() == Some(WELCOME) => found.text,
            Ok(_)
            | Err(
                documents::QueryError::Forbidden
                | documents::QueryError::WorkspaceNotFound
                | documents::QueryError::ProjectNotFound
                | documents::QueryError::DocumentNotFound,
            ) => return Ok(()),
            Err(documents::QueryError::Storage(error)) => return Err(error.into()),
        };
        let content = Some(text.tag().to_owned());
        let seen = SeenDocument { id: Some(created.document_id), version: UNTOUCHED, content };
        let purge = PurgeDocument { document, seen: Some(seen) };
        match self.documents.purge_document(run.origin(), purge).await {
            Ok(_)
            | Err(
                PurgeDocumentError::WorkspaceNotFound
                | PurgeDocumentError::DocumentNotFound
                | PurgeDocumentError::Forbidden
                | PurgeDocumentError::WorkspaceArchived
                | PurgeDocumentError::ProjectArchived
                | PurgeDocumentError::OtherVersion,
            ) => Ok(()),
            Err(PurgeDocumentError::Storage(error)) => Err(error.into()),
        }
    }

    /// What a command of the case has led to. The log tells, because the case has not heard of a command that ran while it
    /// failed.
    async fn begun<E: DomainEvent>(&self, case: CorrelationId) -> Result<Option<E>, HandlerError> {
        let case = EventFilter::Correlation(case);
        let events = self.db.read(&case, Position::START, EVENTS_OF_A_CASE).await?;
        for event in events.iter().filter(|event| is_own(event)) {
            if let Some(begun) = event.decode()? {
                return Ok(Some(begun));
            }
        }
        Ok(None)
    }

    async fn welcome(
        &self,
        workspace: &str,
        owner_id: UserId,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        // Whoever is gone needs no welcome.
        let Some(owner) = self.directory.user(owner_id).await? else { return Ok(()) };
        let to = Correspondent::new(&owner.email, &owner.name)
            .map_err(|_| HandlerError::permanent(WelcomeError::Address))?;
        let app = self.stationery.app_name();
        let letter = Letter::new(&format!("{workspace} is ready"))
            .paragraph(&format!("Hello {},", owner.name))
            .paragraph(&format!(
                "your workspace {workspace} on {app} is ready, with a project and a document to begin with. Invite the people you work with."
            ))
            .action(&format!("Open {app}"), self.stationery.link(&[]));
        let mail = self.stationery.mail(KIND, to, &letter, None);
        self.uow
            .run(run.origin(), async |tx| {
                tx.enqueue(NewJob::new(mail).once(run.key()));
                Ok::<_, WelcomeError>(())
            })
            .await?;
        Ok(())
    }
}

#[async_trait]
impl Worker for Welcomer {
    type Job = Setup;
    type Done = ();

    async fn work(&self, job: Setup, run: &JobRun) -> Result<(), HandlerError> {
        match job {
            Setup::DefaultProject { workspace_id } => self.begin_project(workspace_id, run).await,
            Setup::UndoDefaultProject { workspace_id, correlation_id } => {
                self.undo_project(workspace_id, correlation_id, run).await
            }
            Setup::WelcomeDocument { workspace_id, project } => {
                self.create_document(workspace_id, project, run).await
            }
            Setup::UndoWelcomeDocument { workspace_id, correlation_id } => {
                self.undo_document(workspace_id, correlation_id, run).await
            }
            Setup::WelcomeMail { workspace, owner_id } => {
                self.welcome(&workspace, owner_id, run).await
            }
        }
    }
}
