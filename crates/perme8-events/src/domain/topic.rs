//! What a live subscriber listens to.

use std::{fmt, str::FromStr};

use crate::domain::{
    audience::Scope,
    envelope::Envelope,
    id::{UserId, WorkspaceId},
};

/// A group of events, as live subscribers name it.
///
/// ```
/// use perme8_events::Topic;
///
/// let topic: Topic = "events:projects:project".parse().unwrap();
/// assert_eq!(topic.to_string(), "events:projects:project");
/// assert!("projects".parse::<Topic>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `events:*`: every event.
    All,
    /// `events:{context}` or `events:{context}:*`: every event of a context.
    Context(String),
    /// `events:{context}:{aggregate_type}`: every event of one kind of aggregate.
    AggregateType(String, String),
    /// `events:{context}:{aggregate_type}:{aggregate_id}`: every event of one aggregate.
    Aggregate(String, String, String),
    /// `events:workspace:{id}`: what the members or the managers of a workspace may see.
    Workspace(WorkspaceId),
    /// `events:user:{id}`: what is meant for one person.
    User(UserId),
}

impl Topic {
    /// Every topic that an event belongs to: those that [`matches`](Self::matches) says yes to.
    pub(crate) fn of(event: &Envelope) -> Vec<Self> {
        let (context, kind) = (event.context().to_owned(), event.aggregate_type.clone());
        let mut topics = vec![
            Self::All,
            Self::Context(context.clone()),
            Self::AggregateType(context.clone(), kind.clone()),
            Self::Aggregate(context, kind, event.aggregate_id.clone()),
        ];
        for scope in event.audience.scopes() {
            let topic = match scope {
                Scope::Workspace(id) | Scope::Managers(id) => Self::Workspace(*id),
                Scope::User(id) => Self::User(*id),
                Scope::Operators => continue,
            };
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        topics
    }

    /// Whether an event belongs to this topic.
    #[must_use]
    pub fn matches(&self, event: &Envelope) -> bool {
        match self {
            Self::All => true,
            Self::Context(context) => event.context() == context,
            Self::AggregateType(context, kind) => {
                event.context() == context && event.aggregate_type == *kind
            }
            Self::Aggregate(context, kind, id) => {
                event.context() == context
                    && event.aggregate_type == *kind
                    && event.aggregate_id == *id
            }
            Self::Workspace(id) => event.audience.scopes().iter().any(
                |scope| matches!(scope, Scope::Workspace(of) | Scope::Managers(of) if of == id),
            ),
            Self::User(id) => event.audience.scopes().contains(&Scope::User(*id)),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("events:*"),
            Self::Context(context) => write!(f, "events:{context}"),
            Self::AggregateType(context, kind) => write!(f, "events:{context}:{kind}"),
            Self::Aggregate(context, kind, id) => write!(f, "events:{context}:{kind}:{id}"),
            Self::Workspace(id) => write!(f, "events:workspace:{id}"),
            Self::User(id) => write!(f, "events:user:{id}"),
        }
    }
}

/// A text is not a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a topic: expected events:*, events:<context>[:<aggregate_type>[:<aggregate_id>]], \
     events:workspace:<id> or events:user:<id>"
)]
pub struct TopicError(String);

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| TopicError(text.chars().take(200).collect()))
    }
}

fn parse(text: &str) -> Option<Topic> {
    let rest = text.strip_prefix("events:")?;
    // An aggregate id may itself contain colons, e.g. `{workspace}:{user}`.
    let parts: Vec<&str> = rest.splitn(3, ':').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    Some(match parts[..] {
        ["*"] => Topic::All,
        ["workspace", id] => Topic::Workspace(id.parse().ok()?),
        ["user", id] => Topic::User(id.parse().ok()?),
        ["workspace" | "user", ..] => return None,
        [context] | [context, "*"] => Topic::Context(word(context)?),
        [context, kind] => Topic::AggregateType(word(context)?, word(kind)?),
        [context, kind, id] => Topic::Aggregate(word(context)?, word(kind)?, id.to_owned()),
        _ => return None,
    })
}

fn word(text: &str) -> Option<String> {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::{actor::Actor, audience::Audience, core_events::PersonForgotten},
        testing,
    };

    #[test]
    fn every_topic_reads_as_it_is_written() {
        let id = "00000000-0000-0000-0000-000000000001";
        for text in [
            "events:*".to_owned(),
            "events:identity".to_owned(),
            "events:identity:workspace_member".to_owned(),
            format!("events:identity:workspace_member:{id}:{id}"),
            format!("events:workspace:{id}"),
            format!("events:user:{id}"),
        ] {
            assert_eq!(text.parse::<Topic>().unwrap().to_string(), text);
        }
        assert_eq!(
            "events:identity:*".parse::<Topic>().unwrap(),
            Topic::Context("identity".to_owned())
        );
    }

    #[test]
    fn what_is_no_topic_is_refused() {
        for text in [
            "",
            "events",
            "events:",
            "events::x",
            "identity",
            "events:user",
            "events:user:42",
            "events:Ünicode",
        ] {
            assert!(text.parse::<Topic>().is_err(), "{text}");
        }
    }

    fn workspace(n: u128) -> WorkspaceId {
        WorkspaceId::new(Uuid::from_u128(n))
    }

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    /// Who is gone is of the context `perme8_events`, and of the aggregate `person` 1.
    fn forgotten(audience: Audience) -> Envelope {
        let event = PersonForgotten { user_id: user(1), for_good: true, operator: None };
        Envelope { audience, ..testing::envelope(7, Actor::Anonymous, &event) }
    }

    #[test]
    fn an_event_belongs_to_the_topics_that_it_matches_and_to_no_other() {
        let audience = Audience::nobody()
            .and_workspace(workspace(1))
            .and_managers(workspace(1))
            .and_user(user(2));
        let event = forgotten(audience.and_managers(workspace(3)).and_operators());
        let id = event.aggregate_id.as_str();
        let named = |parts: [&str; 3]| {
            let [context, kind, id] = parts.map(str::to_owned);
            [
                Topic::Context(context.clone()),
                Topic::AggregateType(context.clone(), kind.clone()),
                Topic::Aggregate(context, kind, id),
            ]
        };
        let own = named(["perme8_events", "person", id]).into_iter().chain([
            Topic::All,
            Topic::Workspace(workspace(1)),
            Topic::Workspace(workspace(3)),
            Topic::User(user(2)),
        ]);
        let own: HashSet<Topic> = own.collect();
        let foreign = named(["identity", "person", id]).into_iter().chain([
            Topic::AggregateType("perme8_events".to_owned(), "timer".to_owned()),
            Topic::Aggregate("perme8_events".to_owned(), "timer".to_owned(), id.to_owned()),
            Topic::Aggregate("perme8_events".to_owned(), "person".to_owned(), "2".to_owned()),
            Topic::Workspace(workspace(2)),
            Topic::User(user(1)),
        ]);
        let of = Topic::of(&event);
        assert_eq!(of.len(), own.len(), "each of them once: {of:?}");
        assert_eq!(of.into_iter().collect::<HashSet<_>>(), own);
        for topic in own {
            assert!(topic.matches(&event), "{topic}");
        }
        for topic in foreign {
            assert!(!topic.matches(&event), "{topic}");
        }
    }
}
