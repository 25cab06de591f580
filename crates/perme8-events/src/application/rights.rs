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
///
/// Whatever changes the standing of somebody is an event for the members or the managers of that workspace, as `MemberRemoved`
/// is: an answer is used again, for a few seconds at most, until something happens there.
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

    /// The standings of those of `users` who have one in `workspace`; at best by one question about all of them.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn standings(
        &self,
        users: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<Vec<(UserId, Standing)>, StorageError> {
        let mut all = Vec::new();
        for user in users {
            if let Some(standing) = self.standing(*user, workspace).await? {
                all.push((*user, standing));
            }
        }
        Ok(all)
    }
}

/// Who looks at events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A person, with the rights of that person.
    User(UserId),
    /// Somebody who runs the installation and sees everything.
    Operator,
}

/// The standings of one person, each asked for once while an event is judged.
pub(crate) struct Asked<'s> {
    user: UserId,
    standings: &'s dyn Standings,
    answers: Vec<(WorkspaceId, Option<Standing>)>,
}

impl<'s> Asked<'s> {
    pub(crate) fn about(user: UserId, standings: &'s dyn Standings) -> Self {
        Self { user, standings, answers: Vec::new() }
    }

    pub(crate) async fn standing(
        &mut self,
        workspace: WorkspaceId,
    ) -> Result<Option<Standing>, StorageError> {
        if let Some((_, answer)) = self.answers.iter().find(|(of, _)| *of == workspace) {
            return Ok(*answer);
        }
        let answer = self.standings.standing(self.user, workspace).await?;
        self.answers.push((workspace, answer));
        Ok(answer)
    }

    /// Whether the person belongs to the audience of `event` at this moment.
    pub(crate) async fn may_see(&mut self, event: &Envelope) -> Result<bool, StorageError> {
        for scope in event.audience.scopes() {
            let sees = match scope {
                Scope::User(of) => *of == self.user,
                Scope::Workspace(id) => self.standing(*id).await?.is_some(),
                Scope::Managers(id) => self.standing(*id).await? == Some(Standing::Manager),
                Scope::Operators => false,
            };
            if sees {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
