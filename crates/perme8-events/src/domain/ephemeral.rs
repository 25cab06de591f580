//! What is worth a moment only: who types, where a cursor is, a piece of an answer that is still being written.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::domain::id::{UserId, WorkspaceId};

/// The longest name of a kind of message, in bytes.
pub(crate) const LONGEST_KIND: usize = 64;

/// A kind of message that the program itself sends: `<context>.<word>`.
///
/// ```
/// use perme8_events::Signal;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Token(String);
///
/// impl Signal for Token {
///     const KIND: &'static str = "chat.token";
/// }
/// ```
pub trait Signal: Serialize + DeserializeOwned {
    /// Its name on the wire.
    const KIND: &'static str;
}

/// Who hears a message that nobody keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EphemeralTopic {
    /// `ephemeral:workspace:{id}`: the members of a workspace.
    Workspace(WorkspaceId),
    /// `ephemeral:user:{id}`: one person, wherever logged in.
    User(UserId),
    /// `ephemeral:program:{id}`: the program itself, on every node that has to do with a thing of this id.
    ///
    /// No person hears it or speaks there, and no text of a client is such a topic.
    Program(Uuid),
}

impl fmt::Display for EphemeralTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(id) => write!(f, "ephemeral:workspace:{id}"),
            Self::User(id) => write!(f, "ephemeral:user:{id}"),
            Self::Program(id) => write!(f, "ephemeral:program:{id}"),
        }
    }
}

/// A text is not a topic of messages that nobody keeps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a topic: expected ephemeral:workspace:<id> or ephemeral:user:<id>")]
pub struct EphemeralTopicError(String);

impl FromStr for EphemeralTopic {
    type Err = EphemeralTopicError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let topic = match text.strip_prefix("ephemeral:").and_then(|rest| rest.split_once(':')) {
            Some(("workspace", id)) => id.parse().ok().map(Self::Workspace),
            Some(("user", id)) => id.parse().ok().map(Self::User),
            _ => None,
        };
        topic.ok_or_else(|| EphemeralTopicError(text.chars().take(200).collect()))
    }
}

impl Serialize for EphemeralTopic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads what another node wrote, hence also the topics of the program.
impl<'de> Deserialize<'de> for EphemeralTopic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let of_the_program = text.strip_prefix("ephemeral:program:").map(str::parse);
        if let Some(Ok(id)) = of_the_program {
            return Ok(Self::Program(id));
        }
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A message that nobody keeps.
///
/// `Debug` leaves out the data, which may be personal.
#[derive(Clone, Serialize, Deserialize)]
pub struct EphemeralMessage {
    /// Who hears it.
    pub topic: EphemeralTopic,
    /// What kind of message it is: a [`Signal`] of the program, or a plain word of a client.
    pub kind: String,
    /// Who sent it; the program itself when it is nobody.
    pub sender: Option<UserId>,
    /// What it says.
    pub data: Box<RawValue>,
}

impl EphemeralMessage {
    /// The message, if it is an `S`.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] when it claims to be an `S`, but is not.
    pub fn decode<S: Signal>(&self) -> Result<Option<S>, serde_json::Error> {
        if self.kind == S::KIND {
            serde_json::from_str(self.data.get()).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl fmt::Debug for EphemeralMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EphemeralMessage")
            .field("topic", &self.topic)
            .field("kind", &self.kind)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

/// Whether a client may call its message so: a short word, which no [`Signal`] is because of its dot.
pub(crate) fn is_word(kind: &str) -> bool {
    (1..=LONGEST_KIND).contains(&kind.len())
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_reads_as_it_is_written() {
        let id = "00000000-0000-0000-0000-000000000001";
        for text in [format!("ephemeral:workspace:{id}"), format!("ephemeral:user:{id}")] {
            assert_eq!(text.parse::<EphemeralTopic>().unwrap().to_string(), text);
        }
        for text in ["", "ephemeral", "ephemeral:*", "ephemeral:user:42", "events:user:42"] {
            assert!(text.parse::<EphemeralTopic>().is_err(), "{text}");
        }
    }

    #[test]
    fn topics_of_the_program_are_read_by_other_nodes_and_meant_by_no_client() {
        let topic = EphemeralTopic::Program(Uuid::from_u128(1));
        let json = serde_json::to_string(&topic).unwrap();
        assert_eq!(serde_json::from_str::<EphemeralTopic>(&json).unwrap(), topic);
        assert!(topic.to_string().parse::<EphemeralTopic>().is_err());
    }

    #[test]
    fn clients_cannot_speak_for_the_program() {
        assert!(is_word("typing") && is_word("cursor_2"));
        for kind in ["", "chat.token", "Typing", "two words", &"x".repeat(65)] {
            assert!(!is_word(kind), "{kind}");
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Token(String);

    impl Signal for Token {
        const KIND: &'static str = "chat.token";
    }

    fn message(kind: &str, data: &str) -> EphemeralMessage {
        EphemeralMessage {
            topic: EphemeralTopic::User(UserId::new(Uuid::from_u128(1))),
            kind: kind.to_owned(),
            sender: None,
            data: RawValue::from_string(data.to_owned()).unwrap(),
        }
    }

    #[test]
    fn a_message_is_the_signal_of_its_kind_and_no_other() {
        let decoded = |kind: &str, data: &str| message(kind, data).decode::<Token>();
        assert_eq!(decoded("chat.token", r#""Ada""#).unwrap(), Some(Token("Ada".to_owned())));
        assert_eq!(decoded("typing", r#""Ada""#).unwrap(), None);
        assert!(decoded("chat.token", "7").is_err());
    }

    #[test]
    fn debug_tells_of_what_kind_a_message_is_and_not_what_it_says() {
        let shown = format!("{:?}", message("typing", r#""secret""#));
        assert!(shown.contains("typing") && !shown.contains("secret"), "{shown}");
    }
}
