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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::{actor::Actor, audience::Audience, core_events::PersonForgotten},
        testing,
    };

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn workspace(n: u128) -> WorkspaceId {
        WorkspaceId::new(Uuid::from_u128(n))
    }

    fn event(audience: Audience) -> Envelope {
        let event = PersonForgotten { user_id: user(9), for_good: true, operator: None };
        Envelope { audience, ..testing::envelope(7, Actor::Anonymous, &event) }
    }

    /// In the first two workspaces user 1 is a member, and then a manager; in the second there is user 2 as well.
    #[derive(Debug, Default)]
    struct Members {
        asked: AtomicUsize,
    }

    #[async_trait]
    impl Standings for Members {
        async fn standing(
            &self,
            of: UserId,
            within: WorkspaceId,
        ) -> Result<Option<Standing>, StorageError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let all = [
                (user(1), workspace(1), Standing::Member),
                (user(1), workspace(2), Standing::Manager),
                (user(2), workspace(2), Standing::Member),
            ];
            let found = all.into_iter().find(|(user, at, _)| (*user, *at) == (of, within));
            Ok(found.map(|(_, _, standing)| standing))
        }
    }

    #[tokio::test]
    async fn of_many_people_those_are_told_who_have_a_standing() {
        let told = Members::default().standings(&[user(1), user(3), user(2)], workspace(2)).await;
        let expected = [(user(1), Standing::Manager), (user(2), Standing::Member)];
        assert_eq!(told.unwrap(), expected);
    }

    #[tokio::test]
    async fn an_event_is_for_those_whom_its_audience_names_or_who_stand_as_it_says() {
        let members = Members::default();
        let mut asked = Asked::about(user(1), &members);
        let audience = Audience::nobody;
        for (audience, belongs) in [
            (audience().and_workspace(workspace(3)).and_user(user(1)), Belongs::ByName),
            (audience().and_workspace(workspace(1)), Belongs::ByStanding),
            (audience().and_managers(workspace(1)), Belongs::Not),
            (audience().and_managers(workspace(2)), Belongs::ByStanding),
            (audience().and_workspace(workspace(3)), Belongs::Not),
            (audience().and_user(user(2)).and_operators(), Belongs::Not),
            (
                audience().and_managers(workspace(1)).and_workspace(workspace(1)),
                Belongs::ByStanding,
            ),
        ] {
            let found = asked.belongs(&event(audience.clone())).await.unwrap();
            assert_eq!(found, belongs, "{audience:?}");
        }
        assert_eq!(members.asked.load(Ordering::Relaxed), 3, "once for each workspace");
    }

    #[test]
    fn an_event_is_still_for_those_whom_it_is_not_hidden_from() {
        for (still_for, includes) in [
            (StillFor::Everybody, [true, true]),
            (StillFor::Only(user(1)), [true, false]),
            (StillFor::Nobody, [false, false]),
        ] {
            assert_eq!([1, 2].map(|n| still_for.includes(user(n))), includes, "{still_for:?}");
        }
    }

    /// Whether every event is about something that can be hidden.
    #[derive(Debug)]
    struct Hides(bool);

    #[async_trait]
    impl Visibility for Hides {
        fn concerns(&self, _: &Envelope) -> bool {
            self.0
        }

        async fn still_for(&self, _: &Envelope) -> Result<StillFor, StorageError> {
            Ok(StillFor::Nobody)
        }
    }

    #[test]
    fn unless_it_says_otherwise_whatever_can_be_hidden_may_be_withheld() {
        for hides in [true, false] {
            assert_eq!(Hides(hides).withholds(&event(Audience::nobody())), hides);
        }
    }
}
