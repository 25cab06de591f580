//! Reading the data of events, of every version that this program knows.

use std::borrow::Cow;

use serde_json::{error::Category, value::RawValue};

use crate::domain::{
    event::DomainEvent,
    upcast::{EventData, UpcastError, Upcaster},
};

/// An event in the log is not what the running program takes it for.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer program.
    #[error(
        "`{event_type}` has version {found} in the log, but this program knows no version above {known}: upgrade the program"
    )]
    Version {
        /// The event type.
        event_type: String,
        /// The version in the log.
        found: u16,
        /// The version of the running program.
        known: u16,
    },
    /// The data do not have the shape of the event.
    #[error("the data of `{event_type}` do not have its shape: {problem}, at column {column}")]
    Data {
        /// The event type.
        event_type: String,
        /// The kind of problem; never a value, which may be personal.
        problem: &'static str,
        /// Where it is.
        column: usize,
    },
    /// The data of an earlier version cannot be brought to the next.
    #[error("the data of `{event_type}` cannot be brought from version {version} to the next")]
    Upcast {
        /// The event type.
        event_type: String,
        /// The version whose upcaster refuses them.
        version: u16,
        /// What it says.
        #[source]
        source: UpcastError,
    },
}

/// The event whose data a program of this or an earlier version wrote.
pub(crate) fn read<E: DomainEvent>(version: u16, data: &RawValue) -> Result<E, DecodeError> {
    const { assert_chain(E::VERSION, E::UPCASTERS) };
    let data = upcast(E::TYPE, E::UPCASTERS, version, data)?;
    serde_json::from_str(data.get()).map_err(|error| malformed(E::TYPE, &error))
}

/// Refuses, at compile time, an event that cannot read all of its versions.
pub(crate) const fn assert_chain(version: u16, upcasters: &[Upcaster]) {
    assert!(
        upcasters.len() + 1 == version as usize,
        "an event upcasts each of its earlier versions"
    );
}

/// Data of a version, as the version behind the last of the `upcasters` has them.
pub(crate) fn upcast<'d>(
    event_type: &str,
    upcasters: &[Upcaster],
    version: u16,
    data: &'d RawValue,
) -> Result<Cow<'d, RawValue>, DecodeError> {
    let done = usize::from(version.saturating_sub(1));
    let Some(missing) = upcasters.get(done..) else {
        return Err(DecodeError::Version {
            event_type: event_type.to_owned(),
            found: version,
            known: u16::try_from(upcasters.len() + 1).unwrap_or(u16::MAX),
        });
    };
    if missing.is_empty() {
        return Ok(Cow::Borrowed(data));
    }
    let mut data: EventData =
        serde_json::from_str(data.get()).map_err(|error| malformed(event_type, &error))?;
    for (upcaster, version) in missing.iter().zip(version..) {
        data = upcaster(data).map_err(|source| {
            let event_type = event_type.to_owned();
            DecodeError::Upcast { event_type, version, source }
        })?;
    }
    let data = serde_json::value::to_raw_value(&data);
    data.map(Cow::Owned).map_err(|error| malformed(event_type, &error))
}

fn malformed(event_type: &str, error: &serde_json::Error) -> DecodeError {
    DecodeError::Data {
        event_type: event_type.to_owned(),
        problem: match error.classify() {
            Category::Data => "a field is missing or of another type",
            Category::Io | Category::Syntax | Category::Eof => "no well-formed JSON",
        },
        column: error.column(),
    }
}

#[cfg(test)]
mod tests {
    use std::panic;

    use perme8_events_macros::DomainEvent;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;

    /// Emitted when a door is opened.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
    #[event(name = "house.door_opened", aggregate = "door", audience(operators))]
    #[event(version = 3, upcast(v1 = only_the_front_door, v2 = it_was_opened_once))]
    struct DoorOpened {
        #[event(aggregate_id)]
        door: String,
        times: u8,
    }

    fn only_the_front_door(mut data: EventData) -> Result<EventData, UpcastError> {
        if data.contains_key("door") {
            return Err(UpcastError::new("there was one door only"));
        }
        data.insert("door".to_owned(), "front".into());
        Ok(data)
    }

    fn it_was_opened_once(mut data: EventData) -> Result<EventData, UpcastError> {
        if data.contains_key("times") {
            return Err(UpcastError::new("nobody counted"));
        }
        data.insert("times".to_owned(), 1.into());
        Ok(data)
    }

    fn read_as(version: u16, json: &str) -> Result<DoorOpened, DecodeError> {
        read(version, &RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn what_any_version_wrote_is_read_as_the_current_one() {
        for (version, json) in
            [(1, "{}"), (2, r#"{"door":"front"}"#), (3, r#"{"door":"front","times":1}"#)]
        {
            let opened = DoorOpened { door: "front".to_owned(), times: 1 };
            assert_eq!(read_as(version, json).unwrap(), opened, "version {version}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_a_word_of_what_it_says() {
        for (version, json, why) in [
            (4, r#"{"door":"Ada"}"#, "no version above 3: upgrade"),
            (3, r#"{"door":"Ada","times":"Ada"}"#, "a field is missing or of another type"),
            (2, r#""Ada""#, "a field is missing or of another type"),
            (1, r#"{"door":"Ada"}"#, "from version 1 to the next"),
            (1, r#"{"times":"Ada"}"#, "from version 2 to the next"),
        ] {
            let refusal = read_as(version, json).unwrap_err().to_string();
            assert!(refusal.contains(why) && !refusal.contains("Ada"), "{json}: {refusal}");
        }
    }

    #[test]
    fn an_event_that_cannot_read_all_of_its_versions_is_refused() {
        let passes = |version: u16, upcasters: &[Upcaster]| {
            panic::catch_unwind(|| assert_chain(version, upcasters)).is_ok()
        };
        assert!(passes(1, &[]) && passes(2, &[it_was_opened_once]));
        assert!(!passes(2, &[]) && !passes(1, &[it_was_opened_once]));
    }
}
