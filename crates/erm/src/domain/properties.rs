//! Properties of entities and edges, and whether they are as the schema wants them.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    names::{PropertyName, in_part},
    schema::{Constraints, PropertyDefinition},
    values::{Key, PropertyType},
};

#[cfg(test)]
mod tests;

/// What is known of an entity or an edge: kept as it was sent.
pub type Properties = Map<String, Value>;

/// The longest text, in bytes.
pub(crate) const LONGEST_TEXT: usize = 64 << 10;
/// How much all properties of one entity or edge may be, as JSON in bytes.
pub(crate) const LARGEST: usize = 256 << 10;
/// How many characters of the values of an enumeration an error shows.
const SHOWN: usize = 200;
/// How many errors are told of one entity or edge.
const MOST_ERRORS: usize = 100;

/// What is wrong with a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PropertyError {
    /// Which property; `properties` when it is about all together.
    pub field: String,
    /// What is wrong, for people.
    pub message: String,
    /// What is wrong, for programs: `unknown`, `required`, `type`, `min_length`, `max_length`, `pattern`, `invalid_pattern`,
    /// `min`, `max`, `enum` or `unique`.
    pub constraint: &'static str,
}

impl PropertyError {
    pub(crate) fn new(
        field: impl Into<String>,
        constraint: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), message: message.into(), constraint }
    }

    /// Another entity or edge of the type has the same value already.
    pub(crate) fn not_unique(property: &PropertyName) -> Self {
        Self::new(property.as_str(), "unique", "has already been taken")
    }
}

/// Properties that conform to their type, and under which keys their values are found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked {
    /// As they were sent.
    pub(crate) properties: Properties,
    /// A key for every value.
    pub(crate) values: Vec<IndexedValue>,
}

/// The value of a property, as it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexedValue {
    /// Which property.
    pub(crate) property: PropertyName,
    /// Under which key.
    pub(crate) key: Key,
    /// Whether no other of the type may have the same.
    pub(crate) unique: bool,
}

/// Whether properties are as a type defines them: the first hundred errors, of those that it does not know, then of those that
/// are missing, then of values in the order of the definitions.
pub(crate) fn check(
    definitions: &[PropertyDefinition],
    properties: Properties,
) -> Result<Checked, Vec<PropertyError>> {
    if is_larger_than(&properties, LARGEST) {
        let message = format!("must be at most {LARGEST} bytes together");
        return Err(vec![PropertyError::new("properties", "max_length", message)]);
    }
    let is_defined = |name: &str| definitions.iter().any(|of| of.name == *name);
    let unknown = properties.keys().filter(|name| !is_defined(name));
    let unknown =
        unknown.map(|name| PropertyError::new(in_part(name), "unknown", "is not defined"));
    let missing =
        definitions.iter().filter(|of| of.required && !properties.contains_key(of.name.as_str()));
    let missing = missing.map(|of| PropertyError::new(of.name.as_str(), "required", "is required"));
    let mut errors: Vec<_> = unknown.chain(missing).take(MOST_ERRORS).collect();
    let mut values = Vec::new();
    for of in definitions {
        let Some(value) = properties.get(of.name.as_str()) else { continue };
        match key_of(of, value) {
            Ok(key) => {
                values.push(IndexedValue { property: of.name.clone(), key, unique: of.unique });
            }
            Err(wrong) => errors.extend(wrong.into_iter().map(|(constraint, message)| {
                PropertyError::new(of.name.as_str(), constraint, message)
            })),
        }
    }
    errors.truncate(MOST_ERRORS);
    if errors.is_empty() { Ok(Checked { properties, values }) } else { Err(errors) }
}

/// What is wrong with one value: the constraint, and a sentence.
type Wrong = Vec<(&'static str, String)>;

/// The key of a value, if it is as the definition wants it.
fn key_of(of: &PropertyDefinition, value: &Value) -> Result<Key, Wrong> {
    let PropertyDefinition { property_type, constraints, .. } = of;
    let is_clean = value.as_str().is_none_or(|text| !text.contains('\0'));
    let Some(key) = Key::of_value(value, *property_type).filter(|_| is_clean) else {
        let message = match property_type {
            PropertyType::String if !is_clean => "must be a string without null characters",
            PropertyType::String => "must be a string",
            PropertyType::Integer if value.is_u64() => "must be an integer of 64 bits",
            PropertyType::Integer => "must be an integer",
            PropertyType::Float => "must be a number",
            PropertyType::Boolean => "must be a boolean",
            PropertyType::Datetime => {
                "must be a datetime in ISO 8601 with an offset, such as 2024-01-15T00:00:00Z"
            }
        };
        return Err(vec![("type", message.to_owned())]);
    };
    let mut wrong = Wrong::new();
    match property_type {
        PropertyType::String => {
            text_errors(constraints, value.as_str().unwrap_or_default(), &mut wrong);
        }
        PropertyType::Integer | PropertyType::Float => number_errors(constraints, &key, &mut wrong),
        PropertyType::Boolean | PropertyType::Datetime => {}
    }
    if let Some(values) = &constraints.one_of
        && !values.iter().any(|one| Key::of_value(one, *property_type).as_ref() == Some(&key))
    {
        wrong.push(("enum", format!("must be one of {}", listed(values))));
    }
    if wrong.is_empty() { Ok(key) } else { Err(wrong) }
}

fn text_errors(constraints: &Constraints, text: &str, wrong: &mut Wrong) {
    if text.len() > LONGEST_TEXT {
        let message = format!("must be at most {LONGEST_TEXT} bytes");
        return wrong.push(("max_length", message));
    }
    let Constraints { min_length, max_length, pattern, .. } = constraints;
    let length = text.chars().count();
    if let Some(min) = min_length
        && length < *min as usize
    {
        wrong.push(("min_length", format!("must be at least {min} character(s)")));
    }
    if let Some(max) = max_length
        && length > *max as usize
    {
        wrong.push(("max_length", format!("must be at most {max} character(s)")));
    }
    if let Some(pattern) = pattern {
        match pattern.is_in(text) {
            Some(true) => {}
            Some(false) => {
                wrong.push(("pattern", format!("must match the pattern {}", pattern.as_str())));
            }
            None => wrong.push((
                "invalid_pattern",
                format!("cannot match the invalid pattern {}", pattern.as_str()),
            )),
        }
    }
}

fn number_errors(constraints: &Constraints, key: &Key, wrong: &mut Wrong) {
    let Constraints { min, max, .. } = constraints;
    if let Some(min) = min
        && Key::of_number(min).is_some_and(|min| *key < min)
    {
        wrong.push(("min", format!("must be at least {min}")));
    }
    if let Some(max) = max
        && Key::of_number(max).is_some_and(|max| *key > max)
    {
        wrong.push(("max", format!("must be at most {max}")));
    }
}

/// The values of an enumeration, as many as are read at a glance.
fn listed(values: &[Value]) -> String {
    let mut list = String::new();
    for value in values {
        let separator = if list.is_empty() { "" } else { ", " };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if list.len() + value.len() > SHOWN {
            list.push_str(separator);
            list.push('…');
            break;
        }
        write!(list, "{separator}{value}").expect("texts grow");
    }
    list
}

/// Whether this is more than so many bytes as JSON.
pub(crate) fn is_larger_than(what: &impl Serialize, limit: usize) -> bool {
    serde_json::to_vec(what).is_ok_and(|bytes| bytes.len() > limit)
}
