//! Who acts, and as what.

use identity::WorkspaceRef;
use perme8_events::{Origin, StorageError, UserId, WorkspaceId};

use crate::{
    application::{
        known_schemas::KnownSchemas,
        ports::{Members, Membership, Workspaces},
    },
    domain::policy::{self, Action, Denied},
};

/// The person by whose rights something is done, and what that person is in the workspace; found out before the transaction begins.
#[derive(Debug)]
pub(crate) struct Acting {
    pub(crate) user_id: UserId,
    pub(crate) membership: Membership,
    /// What is known already of the rules there.
    pub(crate) schemas: KnownSchemas,
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

impl Acting {
    /// Whoever acts, or for whom the system acts, if a member of the workspace.
    pub(crate) async fn gather(
        members: &dyn Members,
        origin: &Origin,
        workspace: &WorkspaceRef,
        schemas: &KnownSchemas,
    ) -> Result<Self, NotActing> {
        let user_id = origin.person().ok_or(NotActing::Nobody)?;
        let membership = members.membership(user_id, workspace).await;
        let membership = membership.map_err(NotActing::Storage)?.ok_or(NotActing::Stranger)?;
        Ok(Self { user_id, membership, schemas: schemas.clone() })
    }

    /// Which workspace it is.
    pub(crate) fn workspace_id(&self) -> WorkspaceId {
        self.membership.workspace_id
    }

    /// Refuses what the policy does not let this person do.
    pub(crate) fn may(&self, action: Action) -> Result<(), NotActing> {
        let Membership { role, is_archived, .. } = self.membership;
        policy::decide(role, is_archived, action).map_err(NotActing::Denied)
    }

    /// The same, and then it is this person's turn to write there.
    pub(crate) async fn enter(
        &self,
        tx: &mut impl Workspaces,
        action: Action,
    ) -> Result<(), NotActing> {
        self.may(action)?;
        let is_there = tx.enter(self.workspace_id()).await.map_err(NotActing::Storage)?;
        if is_there { Ok(()) } else { Err(NotActing::Stranger) }
    }

    /// The same for whoever writes nothing, and only looks what would become of it: it is nobody's turn.
    pub(crate) async fn look(
        &self,
        tx: &mut impl Workspaces,
        action: Action,
    ) -> Result<(), NotActing> {
        self.may(action)?;
        let is_there = tx.is_there(self.workspace_id()).await.map_err(NotActing::Storage)?;
        if is_there { Ok(()) } else { Err(NotActing::Stranger) }
    }
}

/// Says why nobody acts in the words of errors that have `Forbidden`, `WorkspaceNotFound`, `WorkspaceArchived` and `Storage`.
macro_rules! from_not_acting {
    ($($Error:ty),+ $(,)?) => {$(
        impl From<$crate::application::acting::NotActing> for $Error {
            fn from(reason: $crate::application::acting::NotActing) -> Self {
                use $crate::{application::acting::NotActing, domain::policy::Denied};

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

/// The same for errors of questions, which an archived workspace answers, too.
macro_rules! from_not_acting_of_questions {
    ($($Error:ty),+ $(,)?) => {$(
        impl From<$crate::application::acting::NotActing> for $Error {
            fn from(reason: $crate::application::acting::NotActing) -> Self {
                use $crate::application::acting::NotActing;

                match reason {
                    NotActing::Nobody | NotActing::Denied(_) => Self::Forbidden,
                    NotActing::Stranger => Self::WorkspaceNotFound,
                    NotActing::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

pub(crate) use {from_not_acting, from_not_acting_of_questions};
