//! Texts that identify a person.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use crate::domain::id::UserId;

/// A text or value in an event that identifies a person.
///
/// A field that says whose it is, by `#[event(personal = "user_id")]`, is sealed in the log with a key of that person; once they
/// are forgotten it decodes to [`Personal::Forgotten`]. `Debug` never shows it.
///
/// ```
/// use perme8_events::{DomainEvent, Personal, UserId};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// /// Emitted when somebody has another address.
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
/// #[event(name = "people.moved", aggregate = "user", audience(user = "user_id"))]
/// pub struct Moved {
///     #[event(aggregate_id)]
///     pub user_id: UserId,
///     /// Where to.
///     #[event(personal = "user_id")]
///     pub address: Personal<String>,
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Personal<T> {
    /// Still known.
    Known(T),
    /// Erased at the wish of the person.
    Forgotten,
}

impl<T> Personal<T> {
    /// The value, unless it was erased.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Forgotten => None,
        }
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Personal(..)",
            Self::Forgotten => "Forgotten",
        })
    }
}

/// What stands where something was erased.
pub(crate) const FORGOTTEN: &str = "$forgotten";

thread_local! {
    /// The name under which known values are written at the moment; plain values when there is none.
    static MARK: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Takes the mark off, also when the serialisation panics.
struct Unmark;

impl Drop for Unmark {
    fn drop(&mut self) {
        MARK.set(None);
    }
}

/// What `write` gives when each known value is written as `{mark: value}`, so that it is found among all the others. The mark
/// is one that nobody can have written into the event.
pub(crate) fn marked<R>(mark: &str, write: impl FnOnce() -> R) -> R {
    MARK.set(Some(mark.to_owned()));
    let _unmark = Unmark;
    write()
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => MARK.with_borrow(|mark| match mark {
                Some(mark) => serializer.collect_map([(mark.as_str(), value)]),
                None => value.serialize(serializer),
            }),
            Self::Forgotten => serializer.collect_map([(FORGOTTEN, true)]),
        }
    }
}

/// A type in which something may be [`Personal`]: it can be the type of a field that says whose it is.
///
/// A struct of an event that has such fields within it says so by an empty implementation.
/// It is written as it is: by a derived `Serialize`, and none of these fields by a function of its own (`serde(with)`), which would
/// write them past their seals.
#[diagnostic::on_unimplemented(
    message = "there is nothing personal in `{Self}`",
    label = "nothing in it would be sealed",
    note = "wrap what identifies the person: `Personal<{Self}>`",
    note = "a struct with fields that are `Personal` says so by an empty `impl HoldsPersonal`"
)]
pub trait HoldsPersonal {}

impl<T> HoldsPersonal for Personal<T> {}
impl<T: HoldsPersonal> HoldsPersonal for Option<T> {}
impl<T: HoldsPersonal> HoldsPersonal for Vec<T> {}
impl<K, T: HoldsPersonal> HoldsPersonal for BTreeMap<K, T> {}

/// A field of an event, and the person whom what is personal in it is about, if it is about anybody.
pub type PersonalField = (&'static str, Option<UserId>);

/// Written by `#[derive(DomainEvent)]`: refuses a field in which nothing is personal.
#[doc(hidden)]
#[must_use]
pub fn personal_field<T: HoldsPersonal>(
    name: &'static str,
    _: &T,
    whose: Option<UserId>,
) -> PersonalField {
    (name, whose)
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.get(FORGOTTEN).is_some() {
            return Ok(Self::Forgotten);
        }
        serde_json::from_value(value).map(Self::Known).map_err(serde::de::Error::custom)
    }
}

impl<T: JsonSchema> JsonSchema for Personal<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Personal".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let known = T::json_schema(generator);
        json_schema!({
            "anyOf": [
                known,
                {
                    "type": "object",
                    "properties": { FORGOTTEN: { "const": true } },
                    "required": [FORGOTTEN],
                },
            ],
            "x-personal": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn known_values_read_like_plain_ones_and_forgotten_ones_stay_forgotten() {
        let known = Personal::from("ada@example.com".to_owned());
        assert_eq!(serde_json::to_string(&known).unwrap(), r#""ada@example.com""#);
        for personal in [known, Personal::Forgotten] {
            let json = serde_json::to_string(&personal).unwrap();
            assert_eq!(serde_json::from_str::<Personal<String>>(&json).unwrap(), personal);
        }
    }

    #[test]
    fn known_values_bear_the_mark_while_they_are_looked_for_and_no_longer() {
        let all = [Personal::from("ada"), Personal::Forgotten];
        let json = || serde_json::to_string(&all).unwrap();
        assert_eq!(marked("here", json), r#"[{"here":"ada"},{"$forgotten":true}]"#);
        assert_eq!(json(), r#"["ada",{"$forgotten":true}]"#);
        let panicked =
            std::panic::catch_unwind(|| marked("here", || -> String { panic!("in the middle") }));
        assert!(panicked.is_err());
        assert_eq!(json(), r#"["ada",{"$forgotten":true}]"#);
    }

    #[test]
    fn debug_does_not_tell() {
        assert_eq!(format!("{:?}", Personal::from("ada@example.com")), "Personal(..)");
    }

    #[test]
    fn what_is_known_is_at_hand_and_what_is_forgotten_is_not() {
        assert_eq!(Personal::from("ada").known(), Some(&"ada"));
        assert_eq!(Personal::<&str>::Forgotten.known(), None);
    }

    #[test]
    fn its_schema_allows_the_value_and_what_stands_where_it_was_forgotten() {
        let text = json!({ "type": "string" });
        let forgotten = json!({
            "type": "object",
            "properties": { FORGOTTEN: { "const": true } },
            "required": [FORGOTTEN],
        });
        let personal = json!({ "anyOf": [text, forgotten], "x-personal": true });
        let many = schemars::schema_for!(Vec<Personal<String>>).to_value();
        assert_eq!((&many["items"], &many["title"]), (&personal, &json!("Array_of_Personal")));
    }
}
