//! The one error of every storage port.

use std::error::Error;

use crate::domain::unsaved::NewEvent;

/// The storage behind a port failed.
///
/// A caller can only pass it on, or run the whole transaction again when a predicate says that this may help.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StorageError {
    what: &'static str,
    kind: Kind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    Conflict,
    Again,
    Unavailable,
    Repeated,
    OnlyLooks,
}

/// Says in a chain of causes that a transaction was refused because its idempotency key had been used.
#[derive(Debug, thiserror::Error)]
#[error("a transaction with this idempotency key is committed already")]
pub(crate) struct Repeated;

/// Says in a chain of causes what a transaction that only looks was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OnlyLooks {
    #[error("a transaction that only looks waits for no turn, and nobody waits for it")]
    Turns,
    #[error("a transaction that only looks emits nothing, and so no `{0}`")]
    Emits(&'static str),
    #[error("a transaction that only looks leaves nothing to be done later")]
    Defers,
}

impl OnlyLooks {
    /// Refuses what was emitted, or else that something is to be done later.
    pub(crate) fn refuse(emitted: Option<&NewEvent>, defers: bool) -> Result<(), StorageError> {
        let emitted = emitted.map(|event| Self::Emits(event.any().event_type()));
        let refused = emitted.or_else(|| defers.then_some(Self::Defers));
        refused.map_or(Ok(()), |reason| Err(StorageError::only_looks(reason)))
    }
}

impl StorageError {
    /// An adapter failed.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: "the storage gave an error", kind: Kind::Other, source: Some(source.into()) }
    }

    /// What was loaded has changed since, what must be unique was taken in the meantime, or what is referred to went.
    #[must_use]
    pub fn conflict() -> Self {
        Self { what: "somebody else was faster", kind: Kind::Conflict, source: None }
    }

    pub(crate) fn conflict_because(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::conflict() }
    }

    pub(crate) fn again(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: "the database asks to try again",
            kind: Kind::Again,
            source: Some(source.into()),
        }
    }

    pub(crate) fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: "the database cannot be reached",
            kind: Kind::Unavailable,
            source: Some(source.into()),
        }
    }

    pub(crate) fn repeated() -> Self {
        // With a source, because errors of use cases pass on nothing else of this one.
        Self {
            what: "the command was committed before",
            kind: Kind::Repeated,
            source: Some(Repeated.into()),
        }
    }

    pub(crate) fn only_looks(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: "nothing is changed where things are only looked at",
            kind: Kind::OnlyLooks,
            source: Some(source.into()),
        }
    }

    /// Whether the transaction is committed already, under the idempotency key of its origin.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.kind == Kind::Repeated
    }

    /// Whether somebody else changed the aggregate, took what must be unique, or took away what is referred to, since it was
    /// read.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind == Kind::Conflict
    }

    /// Whether running the transaction again from its start may succeed: a conflict, a deadlock, a serialisation failure.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, Kind::Conflict | Kind::Again)
    }

    /// Whether a transaction that only looks was asked for more: a row to write, an event, a job, a turn. Whoever wrote that can
    /// mend it, and nobody else.
    #[must_use]
    pub fn is_only_looking(&self) -> bool {
        self.kind == Kind::OnlyLooks
    }

    /// Whether the database cannot be reached.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.kind == Kind::Unavailable
    }
}

impl From<serde_json::Error> for StorageError {
    fn from(source: serde_json::Error) -> Self {
        Self::new(source)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{core_events::PersonForgotten, id::UserId};

    #[test]
    fn a_failure_says_what_may_help() {
        let why = || std::io::Error::other("why");
        let json = serde_json::from_str::<u8>("no number").unwrap_err();
        for (error, expected) in [
            (StorageError::new(why()), ""),
            (json.into(), ""),
            (StorageError::conflict(), "conflict retryable"),
            (StorageError::conflict_because(why()), "conflict retryable"),
            (StorageError::again(why()), "retryable"),
            (StorageError::unavailable(why()), "unavailable"),
            (StorageError::repeated(), "repeated"),
            (StorageError::only_looks(why()), "only looking"),
        ] {
            let all = [
                ("conflict", error.is_conflict()),
                ("retryable", error.is_retryable()),
                ("unavailable", error.is_unavailable()),
                ("repeated", error.is_repeated()),
                ("only looking", error.is_only_looking()),
            ];
            let words: Vec<&str> =
                all.into_iter().filter(|(_, is_so)| *is_so).map(|(word, _)| word).collect();
            assert_eq!(words.join(" "), expected, "{error}");
        }
    }

    #[test]
    fn a_conflict_tells_its_cause_where_there_is_one() {
        let cause = |error: StorageError| error.source().map(ToString::to_string);
        let because = StorageError::conflict_because(std::io::Error::other("taken"));
        assert_eq!(cause(because).as_deref(), Some("taken"));
        assert_eq!(cause(StorageError::conflict()), None);
    }

    #[test]
    fn what_is_left_in_a_transaction_that_only_looks_is_named() {
        let user_id = UserId::new(Uuid::from_u128(1));
        let event = NewEvent::of(PersonForgotten { user_id, for_good: true, operator: None });
        let refusal = |emitted: Option<&NewEvent>, defers: bool| {
            let refused = OnlyLooks::refuse(emitted, defers).err()?;
            Some((refused.is_only_looking(), refused.source()?.to_string()))
        };
        let emits = "a transaction that only looks emits nothing, and so no `perme8_events.person_forgotten`";
        let defers = "a transaction that only looks leaves nothing to be done later";
        assert_eq!(refusal(None, false), None);
        assert_eq!(refusal(Some(&event), true), Some((true, emits.to_owned())));
        assert_eq!(refusal(None, true), Some((true, defers.to_owned())));
    }
}
