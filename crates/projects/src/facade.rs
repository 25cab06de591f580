//! The only struct through which others use this context.

use std::{collections::BTreeSet, sync::Arc};

use identity::WorkspaceRef;
use perme8_events::{
    Origin,
    sql::{Db, Tx, UnitOfWork},
};

use crate::{
    application::{
        acting::{Acting, NotActing},
        archive_project::{ArchiveProject, ArchiveProjectError},
        create_project::{CreateProject, CreateProjectError},
        delete_project::{DeleteProject, DeleteProjectError},
        ports::{Members, Membership},
        read_models::{
            ExportedProject, ListProjects, ProjectDetails, ProjectTitle, ProjectsPage, QueryError,
        },
        restore_project::{RestoreProject, RestoreProjectError},
        update_project::{UpdateProject, UpdateProjectError},
    },
    domain::{
        policy::{Action, Whose},
        project::Project,
        references::ProjectRef,
    },
    infrastructure::{directory::Directory, project_queries},
};

/// The projects of workspaces.
///
/// Each method takes the [`Origin`] of the wish and authorises from it: it asks what the person who acts is in the workspace,
/// and whether that is put away, before the transaction begins. A process of the host acts for a person, by the rights of that
/// person ([`Origin::person`]): the events say that the system did it, and on whose behalf. A command that loses a race is repeated; what is returned as
/// `Storage` afterwards is nothing the caller could have avoided.
#[derive(Debug, Clone)]
pub struct Projects {
    db: Db,
    uow: UnitOfWork,
    members: Arc<dyn Members>,
}

/// Gathers who acts, runs a use case in a transaction of its own, and again while it loses races.
macro_rules! transact {
    ($self:ident, $origin:ident, $command:ident, $workspace:expr, $Error:ident) => {{
        let acting = $self.acting(&$origin, $workspace).await?;
        let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
        let attempt =
            || $self.uow.run($origin.clone(), async |tx| $command.execute(tx, &acting).await);
        $self.uow.retry(lost_a_race, attempt).await
    }};
}

impl Projects {
    /// On this database; `members` knows who belongs where.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>) -> Self {
        Self { uow: UnitOfWork::new(db.clone()), db, members }
    }

    /// Answers the questions of other contexts.
    #[must_use]
    pub fn directory(&self) -> Directory {
        Directory::new(self.db.clone())
    }

    /// Begins a project, which is that of the person who acts from then on.
    ///
    /// # Errors
    ///
    /// [`CreateProjectError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_project(
        &self,
        origin: Origin,
        command: CreateProject,
    ) -> Result<ProjectDetails, CreateProjectError> {
        transact!(self, origin, command, &command.workspace, CreateProjectError)
    }

    /// Whether the person who acts may begin a project in a workspace, for who does not know yet which.
    ///
    /// # Errors
    ///
    /// [`CreateProjectError`], as of the command.
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn may_create_project(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<(), CreateProjectError> {
        let acting = self.acting(origin, workspace).await?;
        Ok(acting.may(Action::CreateProject, Whose::Own)?)
    }

    /// Changes what a project is called and what it is for.
    ///
    /// # Errors
    ///
    /// [`UpdateProjectError`].
    #[tracing::instrument(skip_all, fields(project = ?command.project))]
    pub async fn update_project(
        &self,
        origin: Origin,
        command: UpdateProject,
    ) -> Result<ProjectDetails, UpdateProjectError> {
        transact!(self, origin, command, &command.project.workspace, UpdateProjectError)
    }

    /// Whether the person who acts may change a project, for who does not know yet into what.
    ///
    /// # Errors
    ///
    /// [`UpdateProjectError`], as of the command.
    #[tracing::instrument(skip_all, fields(?project))]
    pub async fn may_update_project(
        &self,
        origin: &Origin,
        project: &ProjectRef,
    ) -> Result<(), UpdateProjectError> {
        let acting = self.acting(origin, &project.workspace).await?;
        let granted = async |tx: &mut Tx| UpdateProject::granted(tx, &acting, project, None).await;
        self.uow.run(origin.clone(), granted).await.map(drop)
    }

    /// Puts a project away.
    ///
    /// # Errors
    ///
    /// [`ArchiveProjectError`].
    #[tracing::instrument(skip_all, fields(project = ?command.project))]
    pub async fn archive_project(
        &self,
        origin: Origin,
        command: ArchiveProject,
    ) -> Result<ProjectDetails, ArchiveProjectError> {
        transact!(self, origin, command, &command.project.workspace, ArchiveProjectError)
    }

    /// Takes a project out again that was put away.
    ///
    /// # Errors
    ///
    /// [`RestoreProjectError`].
    #[tracing::instrument(skip_all, fields(project = ?command.project))]
    pub async fn restore_project(
        &self,
        origin: Origin,
        command: RestoreProject,
    ) -> Result<ProjectDetails, RestoreProjectError> {
        transact!(self, origin, command, &command.project.workspace, RestoreProjectError)
    }

    /// Deletes a project for good.
    ///
    /// # Errors
    ///
    /// [`DeleteProjectError`].
    #[tracing::instrument(skip_all, fields(project = ?command.project))]
    pub async fn delete_project(
        &self,
        origin: Origin,
        command: DeleteProject,
    ) -> Result<(), DeleteProjectError> {
        transact!(self, origin, command, &command.project.workspace, DeleteProjectError)
    }

    /// A project, put away or not, for a member of its workspace.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?project))]
    pub async fn project(
        &self,
        origin: &Origin,
        project: &ProjectRef,
    ) -> Result<ProjectDetails, QueryError> {
        let ProjectRef { workspace, slug } = project;
        let membership = self.viewing(origin, workspace).await?;
        let found = project_queries::project(&self.db, membership.workspace_id, slug).await?;
        Ok(ProjectDetails::of(found.ok_or(QueryError::ProjectNotFound)?, &membership))
    }

    /// A page of the projects of a workspace, newest first, for members.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn projects(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: ListProjects,
    ) -> Result<ProjectsPage, QueryError> {
        let membership = self.viewing(origin, workspace).await?;
        let (found, next) =
            project_queries::list(&self.db, membership.workspace_id, &asked).await?;
        let show = |project| ProjectDetails::of(project, &membership);
        Ok(ProjectsPage { projects: found.into_iter().map(show).collect(), next })
    }

    /// What every project of a workspace is called that is in use, newest first, for members.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn project_titles(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Vec<ProjectTitle>, QueryError> {
        let membership = self.viewing(origin, workspace).await?;
        Ok(project_queries::titles(&self.db, membership.workspace_id).await?)
    }

    /// Every project of the person who asks, oldest first, wherever it is.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn export_projects(
        &self,
        origin: &Origin,
    ) -> Result<Vec<ExportedProject>, QueryError> {
        let user = origin.person().ok_or(QueryError::Forbidden)?;
        let workspaces: BTreeSet<_> = self.members.workspaces_of(user).await?.into_iter().collect();
        let projects = project_queries::all_of(&self.db, user).await?.into_iter();
        let export = |project: Project| {
            let is_there = workspaces.contains(&project.workspace_id);
            ExportedProject::of(project, is_there)
        };
        Ok(projects.map(export).collect())
    }

    /// Who acts; what that person may do is for the use case to say.
    async fn acting(&self, origin: &Origin, workspace: &WorkspaceRef) -> Result<Acting, NotActing> {
        Acting::gather(&*self.members, origin, workspace).await
    }

    /// What the person who asks is in the workspace, if the policy lets that person see its projects, whosever they are.
    async fn viewing(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Membership, NotActing> {
        let acting = self.acting(origin, workspace).await?;
        acting.may(Action::ViewProjects, Whose::Others)?;
        Ok(acting.membership)
    }
}

pub(crate) mod clearer;
#[cfg(test)]
mod matrix;

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
    #[expect(dead_code, reason = "the compiler is the test")]
    fn futures_are_send(
        projects: &Projects,
        origin: &Origin,
        project: &ProjectRef,
        asked: ListProjects,
        commands: (CreateProject, UpdateProject, ArchiveProject, RestoreProject, DeleteProject),
    ) {
        fn send<T: Send>(_: T) {}
        send(projects.create_project(origin.clone(), commands.0));
        send(projects.update_project(origin.clone(), commands.1));
        send(projects.archive_project(origin.clone(), commands.2));
        send(projects.restore_project(origin.clone(), commands.3));
        send(projects.delete_project(origin.clone(), commands.4));
        send(projects.project(origin, project));
        send(projects.projects(origin, &project.workspace, asked));
        send(projects.project_titles(origin, &project.workspace));
        send(projects.export_projects(origin));
    }
}
