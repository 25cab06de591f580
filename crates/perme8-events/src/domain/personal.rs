//! Texts that identify a person.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

/// A text or value in an event that identifies a person.
///
/// Marked as such so that it can be sealed per person; after erasure it decodes to [`Personal::Forgotten`]. `Debug` never
/// shows it.
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

/// What stands in the log where something was erased.
const FORGOTTEN: &str = "$forgotten";

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Forgotten => serializer.collect_map([(FORGOTTEN, true)]),
        }
    }
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
    fn debug_does_not_tell() {
        assert_eq!(format!("{:?}", Personal::from("ada@example.com")), "Personal(..)");
    }
}
