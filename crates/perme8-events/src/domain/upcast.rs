//! How the data of an event grow with its versions.

/// The data of an event, field by field, as one of its versions has them.
pub type EventData = serde_json::Map<String, serde_json::Value>;

/// Turns the data of one version of an event into those of the next; named by `upcast(v1 = …)` of
/// `#[derive(DomainEvent)]`.
///
/// It must be pure and never change: what it makes of a stored event is what everybody reads for ever. Texts that identify
/// a person may have been erased ([`Personal::Forgotten`](crate::Personal)), so it moves them without looking at them.
///
/// ```
/// use perme8_events::{EventData, UpcastError};
///
/// /// Version 1 had one name for everything; version 2 tells title and slug apart.
/// fn name_becomes_title(mut data: EventData) -> Result<EventData, UpcastError> {
///     let name = data.remove("name").ok_or(UpcastError::new("`name` is missing"))?;
///     data.insert("title".to_owned(), name);
///     Ok(data)
/// }
/// ```
pub type Upcaster = fn(EventData) -> Result<EventData, UpcastError>;

/// Data of an earlier version are not what that version wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct UpcastError {
    problem: &'static str,
}

impl UpcastError {
    /// Says what is wrong; a constant text, so that it never quotes a value, which may be personal.
    #[must_use]
    pub const fn new(problem: &'static str) -> Self {
        Self { problem }
    }
}
