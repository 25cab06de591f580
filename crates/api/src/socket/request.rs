//! What a client says, one JSON object a message.

use std::{fmt, str::FromStr};

use perme8_events::{EphemeralTopic, Position, Topic};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::frame::Refusal;
use crate::legacy::LegacyTopic;

/// What stands before a topic of the old system.
const LEGACY: &str = "legacy:";

/// The context erm under the name that it was planned with, and its topics as they are.
const PLANNED_ERM: (&str, &str) = ("events:entity_relationship_manager", "events:erm");

/// A wish of a client.
#[derive(Debug)]
pub(crate) enum Request {
    /// Follow a topic: from a position on, or from now on.
    Subscribe(Subject, Option<Position>),
    /// Follow it no longer.
    Unsubscribe(Subject),
    /// Tell others something that nobody keeps.
    Publish(EphemeralTopic, String, Box<RawValue>),
}

/// What can be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Events.
    Events(Topic),
    /// Messages that nobody keeps.
    Ephemeral(EphemeralTopic),
    /// Messages of the old system, where the host says them.
    Legacy(LegacyTopic),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(topic) => topic.fmt(f),
            Self::Ephemeral(topic) => topic.fmt(f),
            Self::Legacy(topic) => write!(f, "{LEGACY}{topic}"),
        }
    }
}

impl FromStr for Subject {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.starts_with("ephemeral:") {
            return text.parse().map(Self::Ephemeral).map_err(|_| ());
        }
        if let Some(legacy) = text.strip_prefix(LEGACY) {
            return legacy.parse().map(Self::Legacy).map_err(|_| ());
        }
        let topic = match planned_erm(text) {
            Some(rest) => [PLANNED_ERM.1, rest].concat().parse(),
            None => text.parse(),
        };
        topic.map(Self::Events).map_err(|_| ())
    }
}

/// What follows the planned name of the context erm in a topic.
fn planned_erm(topic: &str) -> Option<&str> {
    let rest = topic.strip_prefix(PLANNED_ERM.0)?;
    (rest.is_empty() || rest.starts_with(':')).then_some(rest)
}

/// Every field of every message; which of them go together is said below.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    subscribe: Option<String>,
    unsubscribe: Option<String>,
    publish: Option<String>,
    after: Option<i64>,
    kind: Option<String>,
    data: Option<Box<RawValue>>,
}

impl FromStr for Request {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let message: Message =
            serde_json::from_str(text).map_err(|_| Refusal::malformed_message())?;
        match message {
            Message {
                subscribe: Some(topic),
                unsubscribe: None,
                publish: None,
                after,
                kind: None,
                data: None,
            } => {
                if after.is_some_and(i64::is_negative) {
                    return Err(Refusal::malformed_position(topic));
                }
                Ok(Self::Subscribe(subject(topic)?, after.map(Position::new)))
            }
            Message {
                subscribe: None,
                unsubscribe: Some(topic),
                publish: None,
                after: None,
                kind: None,
                data: None,
            } => Ok(Self::Unsubscribe(subject(topic)?)),
            Message {
                subscribe: None,
                unsubscribe: None,
                publish: Some(topic),
                after: None,
                kind: Some(kind),
                data,
            } => match topic.parse() {
                Ok(parsed) => Ok(Self::Publish(parsed, kind, data.unwrap_or_default())),
                Err(_) => Err(Refusal::malformed_topic(topic)),
            },
            _ => Err(Refusal::malformed_message()),
        }
    }
}

fn subject(topic: String) -> Result<Subject, Refusal> {
    topic.parse().map_err(|()| Refusal::malformed_topic(topic))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000007";

    fn check(messages: &[&str], expected: &Expect) {
        let outcomes = messages.iter().map(|message| {
            let message = message.replace("ID", ID);
            let outcome = match message.parse::<Request>() {
                Ok(Request::Subscribe(subject, after)) => format!("subscribe {subject} {after:?}"),
                Ok(Request::Unsubscribe(subject)) => format!("unsubscribe {subject}"),
                Ok(Request::Publish(topic, kind, data)) => format!("publish {topic} {kind} {data}"),
                Err(refusal) => serde_json::to_string(&refusal).unwrap(),
            };
            outcome.replace(ID, "ID") + "\n"
        });
        expected.assert_eq(&outcomes.collect::<String>());
    }

    #[test]
    fn wishes_are_understood() {
        check(
            &[
                r#"{"subscribe":"events:workspace:ID"}"#,
                r#"{"subscribe":"events:user:ID","after":42}"#,
                r#"{"subscribe":"ephemeral:workspace:ID","after":null}"#,
                r#"{"subscribe":"legacy:user:ID:notifications"}"#,
                r#"{"subscribe":"events:entity_relationship_manager"}"#,
                r#"{"subscribe":"events:entity_relationship_manager:edge:ID"}"#,
                r#"{"subscribe":"events:entity_relationship_managers"}"#,
                r#"{"unsubscribe":"events:notes:note:a:b"}"#,
                r#"{"publish":"ephemeral:workspace:ID","kind":"typing","data":{"in": "title"}}"#,
                r#"{"publish":"ephemeral:user:ID","kind":"typing"}"#,
            ],
            &expect![[r#"
                subscribe events:workspace:ID None
                subscribe events:user:ID Some(Position(42))
                subscribe ephemeral:workspace:ID None
                subscribe legacy:user:ID:notifications None
                subscribe events:erm None
                subscribe events:erm:edge:ID None
                subscribe events:entity_relationship_managers None
                unsubscribe events:notes:note:a:b
                publish ephemeral:workspace:ID typing {"in": "title"}
                publish ephemeral:user:ID typing null
            "#]],
        );
    }

    #[test]
    fn what_is_no_wish_is_refused() {
        check(
            &[
                "",
                "[]",
                "{}",
                r#"{"subscribe":"events:workspace:ID","unsubscribe":"events:workspace:ID"}"#,
                r#"{"subscribe":"events:workspace:ID","nonsense":1}"#,
                r#"{"subscribe":"events:workspace:ID","after":"42"}"#,
                r#"{"subscribe":"events:workspace:ID","after":-1}"#,
                r#"{"subscribe":"workspace"}"#,
                r#"{"publish":"events:workspace:ID","kind":"typing"}"#,
                r#"{"publish":"ephemeral:workspace:ID"}"#,
            ],
            &expect![[r#"
                {"code":"malformed_message","message":"A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data"}
                {"code":"malformed_message","message":"A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data"}
                {"code":"malformed_message","message":"A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data"}
                {"code":"malformed_message","message":"A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data"}
                {"code":"malformed_message","message":"A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data"}
                {"code":"malformed_message","message":"A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data"}
                {"code":"malformed_position","message":"The position to resume from is malformed","topic":"events:workspace:ID"}
                {"code":"malformed_topic","message":"There are no such topics","topic":"workspace"}
                {"code":"malformed_topic","message":"There are no such topics","topic":"events:workspace:ID"}
                {"code":"malformed_message","message":"A message is one JSON object: subscribe (and after), unsubscribe, or publish with kind and data"}
            "#]],
        );
    }
}
