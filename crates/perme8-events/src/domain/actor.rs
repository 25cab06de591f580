//! Who does something.

use std::{borrow::Cow, fmt};

use uuid::Uuid;

use crate::domain::id::UserId;

/// Who really did it: never the owner of a thing as a stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    User(UserId),
    /// An agent, under its own id.
    Agent(Uuid),
    /// A person's API key.
    ApiKey {
        /// The key.
        id: Uuid,
        /// Whose key it is.
        user: UserId,
    },
    /// The system itself, under the name of the part that acts, e.g. `notifications.on_invitation`.
    System(Cow<'static, str>),
    /// Somebody of whom nothing is known, e.g. a visitor who registers.
    Anonymous,
}

impl Actor {
    /// The person behind the act: the user, or the owner of the key.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::ApiKey { user, .. } => Some(*user),
            Self::Agent(_) | Self::System(_) | Self::Anonymous => None,
        }
    }

    /// Whether the system itself acts.
    #[must_use]
    pub fn is_system(&self) -> bool {
        matches!(self, Self::System(_))
    }

    /// The stable word for its kind: `user`, `agent`, `api_key`, `system` or `anonymous`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Agent(_) => "agent",
            Self::ApiKey { .. } => "api_key",
            Self::System(_) => "system",
            Self::Anonymous => "anonymous",
        }
    }

    /// What identifies it beside the person: the id of the key, the id of the agent, or the name of the part.
    #[must_use]
    pub fn reference(&self) -> Option<String> {
        match self {
            Self::User(_) | Self::Anonymous => None,
            Self::Agent(id) | Self::ApiKey { id, .. } => Some(id.to_string()),
            Self::System(name) => Some(name.to_string()),
        }
    }

    /// Puts together what the log took apart; a kind that only a newer program knows becomes a system of that name.
    pub(crate) fn from_parts(
        kind: &str,
        user: Option<UserId>,
        reference: Option<String>,
    ) -> Option<Self> {
        match (kind, user, reference) {
            ("user", Some(user), _) => Some(Self::User(user)),
            ("api_key", Some(user), Some(id)) => Some(Self::ApiKey { id: id.parse().ok()?, user }),
            ("agent", _, Some(id)) => id.parse().ok().map(Self::Agent),
            ("system", _, Some(name)) => Some(Self::System(name.into())),
            ("anonymous", None, None) => Some(Self::Anonymous),
            ("user" | "api_key" | "agent" | "system" | "anonymous", ..) => None,
            (newer, ..) => Some(Self::System(newer.to_owned().into())),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user {user}"),
            Self::Agent(id) => write!(f, "agent {id}"),
            Self::ApiKey { id, .. } => write!(f, "api key {id}"),
            Self::System(name) => f.write_str(name),
            Self::Anonymous => f.write_str("somebody"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_survives_the_log() {
        let user = UserId::new(Uuid::from_u128(1));
        let actors = [
            Actor::User(user),
            Actor::Agent(Uuid::from_u128(2)),
            Actor::ApiKey { id: Uuid::from_u128(3), user },
            Actor::System("identity.on_user_confirmed".into()),
            Actor::Anonymous,
        ];
        for actor in actors {
            let back = Actor::from_parts(actor.kind(), actor.user(), actor.reference());
            assert_eq!(back, Some(actor));
        }
        assert_eq!(Actor::from_parts("user", None, None), None);
        assert_eq!(Actor::from_parts("martian", None, None), Some(Actor::System("martian".into())));
    }

    #[test]
    fn an_actor_is_shown_as_what_it_is_and_the_system_by_the_name_of_its_part() {
        let (user, id) = (UserId::new(Uuid::from_u128(1)), Uuid::from_u128(3));
        for (actor, shown, is_system) in [
            (Actor::User(user), format!("user {user}"), false),
            (Actor::Agent(id), format!("agent {id}"), false),
            (Actor::ApiKey { id, user }, format!("api key {id}"), false),
            (Actor::System("mail.outgoing".into()), "mail.outgoing".to_owned(), true),
            (Actor::Anonymous, "somebody".to_owned(), false),
        ] {
            assert_eq!((actor.to_string(), actor.is_system()), (shown, is_system));
        }
    }
}
