//! The worker that sets up new workspaces.

use async_trait::async_trait;
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
/// The version of a project that nobody has changed since it was begun.
const UNTOUCHED: i64 = 1;
/// More events than one new workspace leads to.
const EVENTS_OF_A_CASE: u32 = 1_000;

/// Does what the process commands, each on behalf of whoever founded the workspace and by the rights of that person.
#[derive(Debug)]
pub(crate) struct Welcomer {
    directory: Directory,
    projects: Projects,
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
        stationery: Stationery,
    ) -> Self {
        let (db, uow) = (db.clone(), UnitOfWork::new(db.clone()));
        Self { directory, projects, stationery, db, uow }
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
                "your workspace {workspace} on {app} is ready, with a project to begin with. Invite the people you work with."
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
            Setup::WelcomeMail { workspace, owner_id } => {
                self.welcome(&workspace, owner_id, run).await
            }
        }
    }
}
