//! Properties of entities and edges, and whether they are as the schema wants them.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    names::PropertyName,
    schema::{Constraints, PropertyDefinition},
    values::{Key, PropertyType},
};

/// What is known of an entity or an edge: kept as it was sent.
pub type Properties = Map<String, Value>;

/// The longest text, in bytes.
pub(crate) const LONGEST_TEXT: usize = 64 << 10;
/// How much all properties of one entity or edge may be, as JSON in bytes.
pub(crate) const LARGEST: usize = 256 << 10;
/// How many characters of the values of an enumeration an error shows.
const SHOWN: usize = 200;

/// What is wrong with a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// Whether properties are as a type defines them: all errors, first of those that it does not know, then of those that are
/// missing, then of values in the order of the definitions.
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
    let unknown = unknown.map(|name| PropertyError::new(name, "unknown", "is not defined"));
    let missing =
        definitions.iter().filter(|of| of.required && !properties.contains_key(of.name.as_str()));
    let missing = missing.map(|of| PropertyError::new(of.name.as_str(), "required", "is required"));
    let mut errors: Vec<_> = unknown.chain(missing).collect();
    let mut values = Vec::new();
    for of in definitions {
        let Some(value) = properties.get(of.name.as_str()) else { continue };
        match key_of(of, value) {
            Ok(key) => {
                values.push(IndexedValue { property: of.name.clone(), key, unique: of.unique })
            }
            Err(wrong) => errors.extend(wrong.into_iter().map(|(constraint, message)| {
                PropertyError::new(of.name.as_str(), constraint, message)
            })),
        }
    }
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
            text_errors(constraints, value.as_str().unwrap_or_default(), &mut wrong)
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
    serde_json::to_vec(what).is_ok_and(|json| json.len() > limit)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;
    use crate::domain::schema::draft::SchemaDraft;

    fn definitions(properties: Value) -> Vec<PropertyDefinition> {
        let types = json!([{ "name": "Product", "properties": properties }]);
        let definition = SchemaDraft::from_json(Some(types), None).check().unwrap();
        definition.entity_types.into_iter().next().unwrap().properties
    }

    fn product() -> Vec<PropertyDefinition> {
        definitions(json!([
            { "name": "name", "type": "string", "required": true,
              "constraints": { "min_length": 2, "max_length": 5, "pattern": "^[A-ZÄ]" } },
            { "name": "price", "type": "float", "required": true, "unique": true,
              "constraints": { "min": 0.0, "max": 99.5 } },
            { "name": "stock", "type": "integer", "constraints": { "min": 0, "enum": [0, 10, 20] } },
            { "name": "is_sold", "type": "boolean" },
            { "name": "released_at", "type": "datetime" },
            { "name": "size", "type": "string", "constraints": { "enum": ["s", "m", "l"] } },
        ]))
    }

    fn outcome(definitions: &[PropertyDefinition], properties: Value) -> String {
        let Value::Object(properties) = properties else { panic!("an object") };
        let mut lines = String::new();
        match check(definitions, properties.clone()) {
            Ok(checked) => {
                assert_eq!(checked.properties, properties, "kept as sent");
                for IndexedValue { property, key, unique } in checked.values {
                    let is = if unique { " is unique" } else { "" };
                    writeln!(lines, "{property}{is} {:?}", key.as_bytes()).unwrap();
                }
            }
            Err(errors) => {
                for PropertyError { field, message, constraint } in errors {
                    writeln!(lines, "{field}: {message} ({constraint})").unwrap();
                }
            }
        }
        lines
    }

    fn checked(properties: Value, expected: Expect) {
        expected.assert_eq(&outcome(&product(), properties));
    }

    #[test]
    fn what_conforms_is_kept_as_it_was_sent_with_a_key_per_value() {
        let all = json!({
            "name": "Äpfel", "price": 1, "stock": 10, "is_sold": false,
            "released_at": "2024-01-15T00:00:00Z", "size": "m",
        });
        checked(
            all,
            expect![[r#"
                name [3, 195, 132, 112, 102, 101, 108]
                price is unique [2, 191, 240, 0, 0, 0, 0, 0, 0, 128, 0]
                stock [2, 192, 36, 0, 0, 0, 0, 0, 0, 128, 0]
                is_sold [1, 0]
                released_at [4, 128, 6, 14, 240, 177, 232, 96, 0]
                size [3, 109]
            "#]],
        );
    }

    #[test]
    fn all_errors_come_in_order() {
        checked(
            json!({ "zip": 1, "color": null, "stock": 1.0, "size": "xl" }),
            expect![[r#"
            color: is not defined (unknown)
            zip: is not defined (unknown)
            name: is required (required)
            price: is required (required)
            stock: must be an integer (type)
            size: must be one of s, m, l (enum)
        "#]],
        );
    }

    #[test]
    fn a_value_breaks_several_rules_at_once() {
        checked(
            json!({ "name": "x", "price": -0.5, "stock": -1 }),
            expect![[r#"
            name: must be at least 2 character(s) (min_length)
            name: must match the pattern ^[A-ZÄ] (pattern)
            price: must be at least 0.0 (min)
            stock: must be at least 0 (min)
            stock: must be one of 0, 10, 20 (enum)
        "#]],
        );
        checked(
            json!({ "name": "Äpfel!", "price": 99.6 }),
            expect![[r#"
            name: must be at most 5 character(s) (max_length)
            price: must be at most 99.5 (max)
        "#]],
        );
    }

    #[test]
    fn null_is_a_value_of_no_type() {
        let nulls = json!({
            "name": null, "price": null, "stock": null, "is_sold": null, "released_at": null, "size": null,
        });
        checked(
            nulls,
            expect![[r#"
            name: must be a string (type)
            price: must be a number (type)
            stock: must be an integer (type)
            is_sold: must be a boolean (type)
            released_at: must be a datetime in ISO 8601 with an offset, such as 2024-01-15T00:00:00Z (type)
            size: must be a string (type)
        "#]],
        );
    }

    #[test]
    fn moments_without_an_offset_whole_numbers_beyond_64_bits_and_null_characters_are_none() {
        let odd = json!({
            "name": "A\0", "price": 0, "stock": u64::MAX, "released_at": "2024-01-15",
        });
        checked(
            odd,
            expect![[r#"
            name: must be a string without null characters (type)
            stock: must be an integer of 64 bits (type)
            released_at: must be a datetime in ISO 8601 with an offset, such as 2024-01-15T00:00:00Z (type)
        "#]],
        );
    }

    #[test]
    fn an_empty_text_is_there() {
        let name = definitions(json!([{ "name": "name", "type": "string", "required": true }]));
        assert_eq!(outcome(&name, json!({ "name": "" })), "name [3]\n");
        let pick = definitions(json!([
            { "name": "share", "type": "float", "constraints": { "enum": [1, 0.5] } },
        ]));
        assert_eq!(outcome(&pick, json!({ "share": 1.0 })).lines().count(), 1, "1 is 1.0");
    }

    #[test]
    fn texts_and_properties_have_a_size() {
        let texts = definitions(json!([
            { "name": "a", "type": "string" }, { "name": "b", "type": "string" },
            { "name": "c", "type": "string" }, { "name": "d", "type": "string" },
        ]));
        let text = |length| "x".repeat(length);
        let longest = json!({ "a": text(LONGEST_TEXT) });
        assert!(outcome(&texts, longest).starts_with("a ["));
        expect![[r#"
            a: must be at most 65536 bytes (max_length)
        "#]]
        .assert_eq(&outcome(&texts, json!({ "a": text(LONGEST_TEXT + 1) })));
        let four = json!({
            "a": text(LONGEST_TEXT), "b": text(LONGEST_TEXT), "c": text(LONGEST_TEXT), "d": text(LONGEST_TEXT),
        });
        expect![[r#"
            properties: must be at most 262144 bytes together (max_length)
        "#]]
        .assert_eq(&outcome(&texts, four));
    }

    #[test]
    fn a_pattern_that_was_stored_and_is_none_any_more_is_named() {
        let mut broken = product();
        broken[0].constraints.pattern = Some("a(".to_owned().into());
        expect![[r#"
            name: cannot match the invalid pattern a( (invalid_pattern)
        "#]]
        .assert_eq(&outcome(&broken, json!({ "name": "Ada", "price": 1 })));
    }

    #[test]
    fn of_a_long_enumeration_the_beginning_is_shown() {
        let values: Vec<Value> = (0..100).map(|n| json!(format!("value-{n}"))).collect();
        let shown = listed(&values);
        assert!(shown.starts_with("value-0, value-1") && shown.ends_with(", …"), "{shown}");
        assert!(shown.len() < 230, "{shown}");
    }
}
