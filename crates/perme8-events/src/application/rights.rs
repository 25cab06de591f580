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

/// For whom an event still is, of those whom its audience allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StillFor {
    /// For all of them.
    Everybody,
    /// For this one alone.
    Only(UserId),
    /// For none of them.
    Nobody,
}

impl StillFor {
    /// Whether it still is for this person.
    #[must_use]
    pub fn includes(self, user: UserId) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only(only) => only == user,
            Self::Nobody => false,
        }
    }
}

/// Tells for whom events still are *now*: what they are about may be hidden from some who could see it when they happened.
///
/// It only takes away: nobody sees an event who is not in its audience, and whom the audience names sees it in any case.
/// Whatever hides something is an event that [concerns](Self::concerns) this: an answer is used again, for a few seconds at
/// most, until there is one.
#[async_trait]
pub trait Visibility: fmt::Debug + Send + Sync {
    /// Whether an event is about something that can be hidden; of others nothing is asked.
    fn concerns(&self, event: &Envelope) -> bool;

    /// Whether an event that concerns this may be withheld; not if it is what says that something is hidden or gone, which
    /// whoever has seen it must hear.
    fn withholds(&self, event: &Envelope) -> bool {
        self.concerns(event)
    }

    /// For whom an event still is that may be withheld; the same for all of one type about one thing.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell; the event is then held back until somebody can.
    async fn still_for(&self, event: &Envelope) -> Result<StillFor, StorageError>;
}

/// Who looks at events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A person, with the rights of that person.
    User(UserId),
    /// Somebody who runs the installation and sees everything.
    Operator,
}

/// How somebody belongs to an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// Named by it.
    ByName,
    /// As one of the members or managers of a workspace.
    ByStanding,
    Not,
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

    /// Whether the person belongs to the audience of `event` at this moment, and how.
    pub(crate) async fn belongs(&mut self, event: &Envelope) -> Result<Belongs, StorageError> {
        if event.audience.scopes().contains(&Scope::User(self.user)) {
            return Ok(Belongs::ByName);
        }
        for scope in event.audience.scopes() {
            let sees = match scope {
                Scope::Workspace(id) => self.standing(*id).await?.is_some(),
                Scope::Managers(id) => self.standing(*id).await? == Some(Standing::Manager),
                Scope::User(_) | Scope::Operators => false,
            };
            if sees {
                return Ok(Belongs::ByStanding);
            }
        }
        Ok(Belongs::Not)
    }
}
