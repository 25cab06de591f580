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
    use super::*;

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
}
