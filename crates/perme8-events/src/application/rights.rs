//! Whether somebody may see an event, asked when it is delivered.

use std::fmt;

use async_trait::async_trait;

use crate::domain::{
    audience::Scope,
    envelope::Envelope,
    error::StorageError,
    id::{UserId, WorkspaceId},
};

/// What a person is in a workspace, as far as events are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Sees what members see.
    Member,
    /// Sees what owners and admins see, too.
    Manager,
}

/// Tells what a person is in a workspace *now*. The host implements it on whatever knows the members.
#[async_trait]
pub trait Standings: fmt::Debug + Send + Sync {
    /// The standing of `user` in `workspace`; none for strangers, pending invitees and former members.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell; the event is then held back until somebody can.
    async fn standing(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Standing>, StorageError>;
}

/// Who looks at events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A person, with the rights of that person.
    User(UserId),
    /// Somebody who runs the installation and sees everything.
    Operator,
}

/// Whether `viewer` belongs to the audience of `event` at this moment.
pub(crate) async fn may_see(
    viewer: Viewer,
    event: &Envelope,
    standings: &dyn Standings,
) -> Result<bool, StorageError> {
    let user = match viewer {
        Viewer::Operator => return Ok(true),
        Viewer::User(user) => user,
    };
    for scope in event.audience.scopes() {
        let sees = match scope {
            Scope::User(of) => *of == user,
            Scope::Workspace(id) => standings.standing(user, *id).await?.is_some(),
            Scope::Managers(id) => standings.standing(user, *id).await? == Some(Standing::Manager),
            Scope::Operators => false,
        };
        if sees {
            return Ok(true);
        }
    }
    Ok(false)
}
