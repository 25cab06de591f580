//! An event with who, when, where and why.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::domain::{
    actor::Actor,
    audience::Audience,
    catalogue::Catalogue,
    decode::{self, DecodeError},
    event::DomainEvent,
    id::{CorrelationId, EventId, UserId, WorkspaceId},
    origin::Metadata,
    position::Position,
    trace::TraceContext,
};

/// An event as it stands in the log.
///
/// `Debug` leaves out data and metadata, which may be personal.
#[derive(Clone)]
pub struct Envelope {
    /// Its place in the log, in delivery order.
    pub position: Position,
    /// Identifies this occurrence; the idempotency key of everything that follows from it.
    pub event_id: EventId,
    /// The stable name on the wire.
    pub event_type: String,
    /// The version of `data`.
    pub version: u16,
    /// What kind of thing it happened to.
    pub aggregate_type: String,
    /// What it happened to.
    pub aggregate_id: String,
    /// Who did it.
    pub actor: Actor,
    /// The person whose act caused it, for what handlers and agents emit.
    pub on_behalf_of: Option<UserId>,
    /// The tenant it belongs to.
    pub workspace_id: Option<WorkspaceId>,
    /// Who may see it.
    pub audience: Audience,
    /// When it happened, in microseconds UTC.
    pub occurred_at: DateTime<Utc>,
    /// Shared by everything that one outside request led to.
    pub correlation_id: CorrelationId,
    /// The event that directly led to it.
    pub causation_id: Option<EventId>,
    /// Facts of the edge.
    pub metadata: Metadata,
    /// The event itself; [`decode`](Self::decode) reads it.
    pub data: Box<RawValue>,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("position", &self.position)
            .field("event_id", &self.event_id)
            .field("event_type", &self.event_type)
            .field("aggregate_id", &self.aggregate_id)
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

impl Envelope {
    /// The event, if it is an `E`; data of earlier versions are brought to the current one.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it claims to be an `E`, but is not, or is one of a newer program.
    pub fn decode<E: DomainEvent>(&self) -> Result<Option<E>, DecodeError> {
        if self.event_type != E::TYPE {
            return Ok(None);
        }
        decode::read(self.version, &self.data).map(Some)
    }

    /// The same event with the data of the current version, which is the one that clients are shown, whatever the log holds.
    ///
    /// What cannot be brought there stays as it was written, and its version tells: an event of a newer program, of no type
    /// in the catalogues, or with data that an upcaster refuses. For handlers, [`decode`](Self::decode) is strict.
    #[must_use]
    pub fn in_current_version(&self, catalogues: &[Catalogue]) -> Cow<'_, Self> {
        let mut known = catalogues.iter().copied().flatten();
        let Some(known) = known.find(|known| known.event_type == self.event_type) else {
            return Cow::Borrowed(self);
        };
        match known.upcast(self.version, &self.data) {
            Ok(Cow::Owned(data)) => {
                Cow::Owned(Self { version: known.version, data, ..self.clone() })
            }
            Ok(Cow::Borrowed(_)) | Err(_) => Cow::Borrowed(self),
        }
    }

    /// The context it belongs to: what stands before the dot of its type.
    #[must_use]
    pub fn context(&self) -> &str {
        self.event_type.split_once('.').map_or(&self.event_type, |(context, _)| context)
    }

    /// The step of a trace that emitted it, if that was traced.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        TraceContext::of(&self.metadata)
    }

    /// The person behind it: who did it, or on whose behalf it was done.
    #[must_use]
    pub fn person(&self) -> Option<UserId> {
        self.actor.user().or(self.on_behalf_of)
    }
}

/// The same as [`Envelope`], as JSON shows it.
#[derive(Serialize)]
struct Json<'e> {
    position: Position,
    event_id: EventId,
    event_type: &'e str,
    version: u16,
    aggregate_type: &'e str,
    aggregate_id: &'e str,
    actor: JsonActor,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<UserId>,
    workspace_id: Option<WorkspaceId>,
    audience: &'e Audience,
    occurred_at: DateTime<Utc>,
    correlation_id: CorrelationId,
    causation_id: Option<EventId>,
    metadata: &'e Metadata,
    data: &'e RawValue,
}

#[derive(Serialize)]
struct JsonActor {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { actor, .. } = self;
        Json {
            position: self.position,
            event_id: self.event_id,
            event_type: &self.event_type,
            version: self.version,
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            actor: JsonActor {
                kind: actor.kind(),
                user_id: actor.user(),
                reference: actor.reference(),
            },
            on_behalf_of: self.on_behalf_of,
            workspace_id: self.workspace_id,
            audience: &self.audience,
            occurred_at: self.occurred_at,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            metadata: &self.metadata,
            data: &self.data,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use perme8_events_macros::DomainEvent;
    use schemars::JsonSchema;
    use serde::Deserialize;
    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::{
            catalogue::EventDescriptor,
            core_events::TimerFired,
            upcast::{EventData, UpcastError},
        },
        testing,
    };

    /// Emitted when a thing gets a title.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
    #[event(name = "things.titled", aggregate = "thing", audience(operators))]
    #[event(version = 2, upcast(v1 = the_name_is_the_title))]
    struct Titled {
        #[event(aggregate_id)]
        title: String,
    }

    fn the_name_is_the_title(mut data: EventData) -> Result<EventData, UpcastError> {
        let name = data.remove("name").ok_or(UpcastError::new("`name` is missing"))?;
        data.insert("title".to_owned(), name);
        Ok(data)
    }

    const CATALOGUES: &[Catalogue] =
        &[&[EventDescriptor::of::<TimerFired>()], &[EventDescriptor::of::<Titled>()]];

    fn titled(version: u16, data: &str) -> Envelope {
        let event = Titled { title: "Map".to_owned() };
        let data = RawValue::from_string(data.to_owned()).unwrap();
        Envelope { version, data, ..testing::envelope(7, Actor::Anonymous, &event) }
    }

    #[test]
    fn an_event_is_what_its_type_says_and_nothing_else() {
        let event = titled(2, r#"{"title":"Map"}"#);
        assert_eq!(event.decode::<Titled>().unwrap(), Some(Titled { title: "Map".to_owned() }));
        assert_eq!(event.decode::<TimerFired>().unwrap(), None);
        assert_eq!(event.context(), "things");
    }

    #[test]
    fn clients_are_shown_the_current_version_and_what_cannot_be_brought_there_as_it_is() {
        for (event, version, data) in [
            (titled(1, r#"{"name":"Map"}"#), 2, r#"{"title":"Map"}"#),
            (titled(2, r#"{"title":"Map"}"#), 2, r#"{"title":"Map"}"#),
            (titled(3, r#"{"heading":"Map"}"#), 3, r#"{"heading":"Map"}"#),
            (titled(1, "{}"), 1, "{}"),
            (Envelope { event_type: "things.lost".to_owned(), ..titled(1, "{}") }, 1, "{}"),
        ] {
            let shown = event.in_current_version(CATALOGUES);
            assert_eq!((shown.version, shown.data.get()), (version, data));
        }
    }

    #[test]
    fn the_person_behind_an_event_is_who_did_it_or_for_whom_it_was_done() {
        let user = |n: u128| UserId::new(Uuid::from_u128(n));
        let person = |actor: Actor, on_behalf_of: Option<UserId>| {
            Envelope { actor, on_behalf_of, ..titled(2, "{}") }.person()
        };
        let part = || Actor::System("mail.outgoing".into());
        assert_eq!(person(Actor::User(user(1)), Some(user(2))), Some(user(1)));
        assert_eq!(person(part(), Some(user(2))), Some(user(2)));
        assert_eq!(person(part(), None), None);
    }

    #[test]
    fn an_event_tells_its_step_of_a_trace_and_debug_tells_nothing_personal() {
        let mut event = titled(2, r#"{"title":"secret"}"#);
        assert_eq!(event.trace(), None);
        let step = TraceContext::begin(1.0).unwrap();
        step.note(&mut event.metadata);
        event.metadata.insert("request_id".to_owned(), "secret".to_owned());
        assert_eq!(event.trace(), Some(step));
        let shown = format!("{event:?}");
        assert!(shown.contains("things.titled") && !shown.contains("secret"), "{shown}");
    }
}
