//! The topics and messages of the old system, for clients that still listen to them.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use documents::DocumentId;
use perme8_events::{Envelope, StorageError, Topic, UserId, WorkspaceId};
use serde::{Serialize, Serializer, ser::SerializeTuple as _};
use serde_json::Value;

/// Says events in the words of the old system. A host that has such clients provides it.
#[async_trait]
pub trait LegacyBridge: fmt::Debug + Send + Sync {
    /// What the old system would have broadcast, in its order; nothing for an event that it did not know.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when something that a message needs cannot be read.
    async fn translate(&self, event: &Envelope) -> Result<Vec<LegacyMessage>, StorageError>;
}

/// A topic of the old system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyTopic {
    /// `workspace:{id}`, for members.
    Workspace(WorkspaceId),
    /// `user:{id}`, for that person.
    User(UserId),
    /// `document:{id}`, for those who may see it.
    Document(DocumentId),
    /// `user:{id}:notifications`, for that person.
    Notifications(UserId),
    /// `workspace_invitations`, of every workspace, for operators.
    WorkspaceInvitations,
}

impl LegacyTopic {
    /// Whose rights count: the events of this topic are the ones that are translated.
    pub(crate) fn source(self) -> Topic {
        match self {
            Self::Workspace(id) => Topic::Workspace(id),
            Self::User(id) | Self::Notifications(id) => Topic::User(id),
            Self::Document(id) => {
                Topic::Aggregate("documents".to_owned(), "document".to_owned(), id.to_string())
            }
            Self::WorkspaceInvitations => {
                Topic::AggregateType("identity".to_owned(), "workspace_member".to_owned())
            }
        }
    }
}

impl fmt::Display for LegacyTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(id) => write!(f, "workspace:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Document(id) => write!(f, "document:{id}"),
            Self::Notifications(id) => write!(f, "user:{id}:notifications"),
            Self::WorkspaceInvitations => f.write_str("workspace_invitations"),
        }
    }
}

/// A text is no topic of the old system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected workspace:<id>, user:<id>, user:<id>:notifications, document:<id> or workspace_invitations, as the old system had them"
)]
pub struct LegacyTopicError;

impl FromStr for LegacyTopic {
    type Err = LegacyTopicError;

    fn from_str(text: &str) -> Result<Self, LegacyTopicError> {
        let parts: Vec<&str> = text.split(':').collect();
        let topic = match parts[..] {
            ["workspace", id] => id.parse().ok().map(Self::Workspace),
            ["user", id] => id.parse().ok().map(Self::User),
            ["document", id] => id.parse().ok().map(Self::Document),
            ["user", id, "notifications"] => id.parse().ok().map(Self::Notifications),
            ["workspace_invitations"] => Some(Self::WorkspaceInvitations),
            _ => None,
        };
        topic.ok_or(LegacyTopicError)
    }
}

/// A message of the old system: `[topic, [name, payload…]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LegacyMessage {
    /// Where it was broadcast.
    pub topic: LegacyTopic,
    /// The first word of the tuple.
    pub name: &'static str,
    /// The rest of the tuple.
    pub payload: Vec<Value>,
}

impl Serialize for LegacyMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { topic, name, payload } = self;
        let tuple: Vec<Value> =
            std::iter::once(Value::from(*name)).chain(payload.iter().cloned()).collect();
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&topic.to_string())?;
        pair.serialize_element(&tuple)?;
        pair.end()
    }
}

/// What of an event belongs to a topic of the old system.
pub(crate) async fn of_topic(
    bridge: &dyn LegacyBridge,
    topic: LegacyTopic,
    event: &Envelope,
) -> Result<Vec<LegacyMessage>, StorageError> {
    let mut messages = bridge.translate(event).await?;
    messages.retain(|message| message.topic == topic);
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_topic_reads_as_it_is_written() {
        let id = "00000000-0000-0000-0000-000000000007";
        for text in [
            format!("workspace:{id}"),
            format!("user:{id}"),
            format!("user:{id}:notifications"),
            format!("document:{id}"),
            "workspace_invitations".to_owned(),
        ] {
            assert_eq!(text.parse::<LegacyTopic>().unwrap().to_string(), text);
        }
        for text in ["", "workspace", "workspace:7", "user:7:tasks", "events:*"] {
            assert_eq!(text.parse::<LegacyTopic>(), Err(LegacyTopicError), "{text}");
        }
    }

    #[test]
    fn a_message_is_a_pair_of_topic_and_tuple() {
        let message = LegacyMessage {
            topic: LegacyTopic::WorkspaceInvitations,
            name: "workspace_invitation_created",
            payload: vec![json!({ "role": "member" })],
        };
        assert_eq!(
            serde_json::to_string(&message).unwrap(),
            r#"["workspace_invitations",["workspace_invitation_created",{"role":"member"}]]"#
        );
    }
}
