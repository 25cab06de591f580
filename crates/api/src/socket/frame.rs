//! What the host says, one JSON object a message.

use axum::extract::ws::Message;
use perme8_events::{
    Envelope, EphemeralMessage, EphemeralTopic, Position, StorageError, Topic, UserId,
    host::{PublishError, SubscribeError},
};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::legacy::LegacyMessage;

/// The longest topic that a refusal repeats.
const LONGEST_ECHO: usize = 200;

/// A message of the host.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Frame<'a> {
    /// A topic is followed, from behind this position.
    Subscribed { subscribed: String, position: Position },
    /// Messages that nobody keeps are heard from now on.
    Listening { subscribed: String },
    /// A topic is followed no longer, as the client wished.
    Unsubscribed { unsubscribed: String },
    /// An event, by which topics, and as the other edges show it.
    Event {
        #[serde(serialize_with = "as_texts")]
        topics: &'a [&'a Topic],
        position: Position,
        r#type: &'a str,
        event: &'a Envelope,
    },
    /// A message that nobody keeps.
    Ephemeral {
        ephemeral: EphemeralTopic,
        kind: &'a str,
        sender: Option<UserId>,
        data: &'a RawValue,
    },
    /// So many of those were lost on the way to this client.
    Missed { missed: EphemeralTopic, count: u64 },
    /// What the old system would have said: the only message that is an array.
    Legacy(&'a LegacyMessage),
    /// Everything up to here that is for this client was sent; also a sign of life.
    Position { position: Position },
    /// A topic is followed no longer, because the client may not.
    AccessLost { access_lost: String, reason: &'static str },
    /// A topic is followed no longer, because the client fell behind: it may subscribe again behind this position.
    Resync { resync: Resync },
    /// A wish was refused.
    Error { error: Refusal },
}

/// Where to go on.
#[derive(Serialize)]
pub(crate) struct Resync {
    pub(crate) topic: String,
    pub(crate) after: Position,
}

fn as_texts<S: Serializer>(topics: &[&Topic], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(topics.iter().map(ToString::to_string))
}

impl<'a> Frame<'a> {
    pub(crate) fn event(event: &'a Envelope, topics: &'a [&'a Topic]) -> Self {
        Self::Event { topics, position: event.position, r#type: &event.event_type, event }
    }

    pub(crate) fn ephemeral(message: &'a EphemeralMessage) -> Self {
        let EphemeralMessage { topic, kind, sender, data } = message;
        Self::Ephemeral { ephemeral: *topic, kind, sender: *sender, data }
    }

    pub(crate) fn access_lost(topic: &impl ToString) -> Self {
        Self::AccessLost { access_lost: topic.to_string(), reason: "membership_ended" }
    }

    pub(crate) fn message(&self) -> Message {
        let text = serde_json::to_string(self).expect("frames have texts as keys");
        Message::Text(text.into())
    }
}

/// Why a wish was refused.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    code: &'static str,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
}

impl Refusal {
    const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, topic: None }
    }

    fn about(self, topic: &str) -> Self {
        Self { topic: Some(topic.chars().take(LONGEST_ECHO).collect()), ..self }
    }

    pub(crate) const fn malformed_message() -> Self {
        Self::new(
            "malformed_message",
            "A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data",
        )
    }

    pub(crate) fn malformed_topic(topic: impl AsRef<str>) -> Self {
        Self::new("malformed_topic", "There are no such topics").about(topic.as_ref())
    }

    pub(crate) fn malformed_position(topic: impl AsRef<str>) -> Self {
        Self::new("malformed_position", "The position to resume from is malformed")
            .about(topic.as_ref())
    }

    pub(crate) fn forbidden(topic: &impl ToString) -> Self {
        Self::new("forbidden", "The topic does not exist, or is not yours")
            .about(&topic.to_string())
    }

    pub(crate) fn no_position(topic: &impl ToString) -> Self {
        Self::new("no_position", "What nobody keeps cannot be replayed: leave out `after`")
            .about(&topic.to_string())
    }

    pub(crate) fn already_subscribed(topic: &impl ToString) -> Self {
        Self::new("already_subscribed", "The topic is followed already").about(&topic.to_string())
    }

    pub(crate) fn not_subscribed(topic: &impl ToString) -> Self {
        Self::new("not_subscribed", "The topic is not followed").about(&topic.to_string())
    }

    pub(crate) fn too_many_subscriptions(topic: &impl ToString) -> Self {
        Self::new("too_many_subscriptions", "A socket follows at most 64 topics: unsubscribe first")
            .about(&topic.to_string())
    }

    pub(crate) const fn too_fast() -> Self {
        Self::new("too_fast", "At most 50 messages a second: this one was ignored")
    }

    fn storage_unavailable(error: &StorageError) -> Self {
        // Nobody above knows more: this is where it is logged, with its causes.
        tracing::error!(error = error as &dyn std::error::Error, "a wish on a socket failed");
        Self::new("storage_unavailable", "The database cannot be reached: try again soon")
    }

    pub(crate) fn subscribe(topic: &impl ToString, error: &SubscribeError) -> Self {
        match error {
            SubscribeError::Forbidden => Self::forbidden(topic),
            SubscribeError::AheadOfLog { after: _, head: _ } => {
                Self::new("position_ahead_of_log", "The position to resume from lies in the future")
                    .about(&topic.to_string())
            }
            SubscribeError::Archived { after: _, last: _ } => {
                Self::new("position_archived", "What followed it is archived")
                    .about(&topic.to_string())
            }
            SubscribeError::Storage(error) => {
                Self::storage_unavailable(error).about(&topic.to_string())
            }
        }
    }

    pub(crate) fn publish(topic: &impl ToString, error: &PublishError) -> Self {
        match error {
            PublishError::Forbidden => Self::forbidden(topic),
            PublishError::Kind => Self::new(
                "malformed_kind",
                "A kind is a word of at most 64 lower-case letters, digits and _",
            )
            .about(&topic.to_string()),
            PublishError::TooLarge { size: _ } | PublishError::NotJson(_) => {
                Self::new("data_too_large", "The data of a message have at most 4096 bytes")
                    .about(&topic.to_string())
            }
            PublishError::Storage(error) => {
                Self::storage_unavailable(error).about(&topic.to_string())
            }
        }
    }
}
