//! Who acts, as what, and with which project.

use identity::{Seen, Slug, WorkspaceRef};
use perme8_events::{Origin, StorageError, UserId};

use crate::{
    application::{
        archive_project::ArchiveProjectError,
        create_project::CreateProjectError,
        delete_project::DeleteProjectError,
        ports::{Members, Membership, Projects},
        read_models::QueryError,
        restore_project::RestoreProjectError,
        update_project::UpdateProjectError,
    },
    domain::{
        policy::{self, Action, Denied, Whose},
        project::Project,
    },
};

/// The person by whose rights something is done, and what that person is in the workspace; found out before the transaction begins.
#[derive(Debug)]
pub(crate) struct Acting {
    pub(crate) user_id: UserId,
    pub(crate) membership: Membership,
}

/// Why nobody acts in a workspace.
#[derive(Debug)]
pub(crate) enum NotActing {
    /// No person acts.
    Nobody,
    /// There is no such workspace, or the person is a stranger there: the same, so that nobody learns which exist.
    Stranger,
    /// The policy denies it to the person.
    Denied(Denied),
    /// The storage failed.
    Storage(StorageError),
}

/// Why somebody cannot do something with a project.
#[derive(Debug)]
pub(crate) enum OutOfReach {
    /// The workspace has no project of that slug.
    NoProject,
    /// It has changed since it was seen.
    OtherVersion,
    /// It may not be done by the person.
    NotActing(NotActing),
}

impl Acting {
    /// Whoever acts, or for whom the system acts, if a member of the workspace.
    pub(crate) async fn gather(
        members: &dyn Members,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Self, NotActing> {
        let user_id = origin.person().ok_or(NotActing::Nobody)?;
        let membership = members.membership(user_id, workspace).await;
        let membership = membership.map_err(NotActing::Storage)?.ok_or(NotActing::Stranger)?;
        Ok(Self { user_id, membership })
    }

    /// Refuses what the policy does not let this person do.
    pub(crate) fn may(&self, action: Action, whose: Whose) -> Result<(), NotActing> {
        let Membership { role, is_archived, .. } = self.membership;
        policy::decide(role, is_archived, action, whose).map_err(NotActing::Denied)
    }

    /// The project of this slug, if the policy lets this person do this with it and it still is what the person has `seen`.
    pub(crate) async fn project(
        &self,
        action: Action,
        tx: &mut impl Projects,
        slug: &str,
        seen: Option<Seen>,
    ) -> Result<Project, OutOfReach> {
        let slug = Slug::parse(slug).ok_or(OutOfReach::NoProject)?;
        let project = tx.project_by_slug(self.membership.workspace_id, &slug).await;
        let project = project.map_err(|error| OutOfReach::NotActing(NotActing::Storage(error)))?;
        let project = project.ok_or(OutOfReach::NoProject)?;
        let is_own = project.owner_id == self.user_id;
        let whose = if is_own { Whose::Own } else { Whose::Others };
        self.may(action, whose).map_err(OutOfReach::NotActing)?;
        if seen.is_some_and(|seen| !seen.is(project.id, project.version)) {
            return Err(OutOfReach::OtherVersion);
        }
        Ok(project)
    }
}

macro_rules! from_not_acting {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<NotActing> for $Error {
            fn from(reason: NotActing) -> Self {
                match reason {
                    NotActing::Nobody | NotActing::Denied(Denied::ByRole) => Self::Forbidden,
                    NotActing::Denied(Denied::ByArchive) => Self::WorkspaceArchived,
                    NotActing::Stranger => Self::WorkspaceNotFound,
                    NotActing::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

macro_rules! from_out_of_reach {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<OutOfReach> for $Error {
            fn from(reason: OutOfReach) -> Self {
                match reason {
                    OutOfReach::NoProject => Self::ProjectNotFound,
                    OutOfReach::OtherVersion => Self::OtherVersion,
                    OutOfReach::NotActing(reason) => reason.into(),
                }
            }
        }
    )+};
}

from_not_acting!(
    ArchiveProjectError,
    CreateProjectError,
    DeleteProjectError,
    RestoreProjectError,
    UpdateProjectError,
);

from_out_of_reach!(
    ArchiveProjectError,
    DeleteProjectError,
    RestoreProjectError,
    UpdateProjectError,
);

impl From<NotActing> for QueryError {
    fn from(reason: NotActing) -> Self {
        match reason {
            // Every member sees projects, also of a workspace that is put away.
            NotActing::Nobody | NotActing::Denied(Denied::ByRole | Denied::ByArchive) => {
                Self::Forbidden
            }
            NotActing::Stranger => Self::WorkspaceNotFound,
            NotActing::Storage(error) => Self::Storage(error),
        }
    }
}
