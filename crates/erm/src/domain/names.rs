//! What types, properties and entities are called.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The longest name of a type or a property, in characters.
const LONGEST_NAME: usize = 100;
/// The longest external key, in characters.
const LONGEST_KEY: usize = 255;
/// How much of a text that is no name is shown.
const SHOWN: usize = 120;

/// Whether a type or a property can be called so.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= LONGEST_NAME
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(fits)
}

/// The beginning of a text that may be of any length.
pub(crate) fn in_part(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// The beginning of what was sent instead, in quotes.
pub(crate) fn shown(text: &str) -> String {
    format!("\"{}\"", in_part(text).escape_debug())
}

/// A checked text, with its error and its schema.
macro_rules! checked_text {
    (
        $(#[$doc:meta])+ $Name:ident, unless $Error:ident($message:literal): $fits:expr, $schema:tt
    ) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $Name(String);

        #[doc = concat!("Why a text is no [`", stringify!($Name), "`]; shows the beginning of the text.")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $Error(String);

        impl $Name {
            /// This text, if it can be one.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`", stringify!($Error), "`].")]
            pub fn parse(text: &str) -> Result<Self, $Error> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.to_owned())) } else { Err($Error(shown(text))) }
            }

            /// Trusts what was checked here before it was stored.
            pub(crate) fn stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $Name {
            type Error = $Error;

            fn try_from(text: String) -> Result<Self, $Error> {
                Self::parse(&text)
            }
        }

        impl From<$Name> for String {
            fn from(name: $Name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl PartialEq<str> for $Name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl JsonSchema for $Name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($Name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

checked_text! {
    /// What a type of entities or edges is called: a letter, then letters, digits and underscores, at most 100 together.
    TypeName, unless InvalidTypeName(
        "invalid type name {0}: up to 100 letters, digits and underscores, of which the first is a letter"
    ): is_name,
    { "type": "string", "pattern": "^[a-zA-Z][a-zA-Z0-9_]*$", "maxLength": 100 }
}

checked_text! {
    /// What a property is called: as a [`TypeName`] is made.
    PropertyName, unless InvalidPropertyName(
        "invalid property name {0}: up to 100 letters, digits and underscores, of which the first is a letter"
    ): is_name,
    { "type": "string", "pattern": "^[a-zA-Z][a-zA-Z0-9_]*$", "maxLength": 100 }
}

checked_text! {
    /// What an entity is called elsewhere: 1 to 255 characters without control characters.
    ExternalKey, unless InvalidExternalKey(
        "invalid external key {0}: 1 to 255 characters, none of which is a control character"
    ): |text| {
        let is_short = text.chars().take(LONGEST_KEY + 1).count() <= LONGEST_KEY;
        is_short && !text.is_empty() && !text.contains(char::is_control)
    },
    {
        "type": "string",
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
        "minLength": 1,
        "maxLength": 255
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_name_begins_with_a_letter_and_has_letters_digits_and_underscores() {
        for text in ["Person", "x", "WORKS_AT_2", &"x".repeat(100)] {
            assert_eq!(TypeName::parse(text).unwrap().as_str(), text);
            assert_eq!(PropertyName::parse(text).unwrap().as_str(), text);
        }
        let long = "x".repeat(101);
        for text in [
            "",
            "_private",
            "123abc",
            "has space",
            "a-b",
            "a.b",
            "DROP TABLE;",
            "Person\n",
            "Ä",
            "a\0",
            &long,
        ] {
            assert!(TypeName::parse(text).is_err(), "{text:?}");
            assert!(PropertyName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_external_key_is_any_short_line() {
        for text in ["crm:42", " ", "Ünïcode & Söhne", &"ü".repeat(255)] {
            assert_eq!(ExternalKey::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a\nb", "a\0", "\u{85}", &"ü".repeat(256)] {
            assert!(ExternalKey::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn schemas_say_which_keys_there_are() {
        let schema = ExternalKey::json_schema(&mut SchemaGenerator::default());
        let pattern = schema.get("pattern").and_then(serde_json::Value::as_str).unwrap();
        let pattern = regex::Regex::new(pattern).unwrap();
        for c in (0..=0x100).filter_map(char::from_u32) {
            let key = format!("crm:{c}");
            assert_eq!(pattern.is_match(&key), ExternalKey::parse(&key).is_ok(), "{key:?}");
        }
    }

    #[test]
    fn errors_show_the_beginning_of_the_text() {
        let message = |text: &str| TypeName::parse(text).unwrap_err().to_string();
        expect![[r#"invalid type name "a \"b\"\n": up to 100 letters, digits and underscores, of which the first is a letter"#]]
            .assert_eq(&message("a \"b\"\n"));
        assert!(message(&"ü ".repeat(10_000)).len() < 400);
    }

    #[test]
    fn they_are_read_as_they_are_written_and_checked() {
        let name: TypeName = serde_json::from_str("\"Person\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"Person\"");
        let error = serde_json::from_str::<ExternalKey>("\"\"").unwrap_err().to_string();
        assert!(error.starts_with("invalid external key"), "{error}");
    }
}
