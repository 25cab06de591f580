//! A schema as somebody sent it, and everything that is wrong with it.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    names::{PropertyName, TypeName},
    patterns::Pattern,
    properties::is_larger_than,
    schema::{
        Cardinality, Constraints, EdgeType, EntityType, PropertyDefinition, SchemaDefinition,
    },
    values::{Key, PropertyType},
};

/// The most types of entities, and of edges.
const MOST_TYPES: usize = 200;
/// The most properties of a type.
const MOST_PROPERTIES: usize = 100;
/// The most values of an enumeration.
const MOST_VALUES: usize = 100;
/// The longest value of an enumeration, in characters.
const LONGEST_VALUE: usize = 255;
/// How much a schema may be, as JSON in bytes.
const LARGEST: usize = 1 << 20;

/// What somebody sent as a schema, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaDraft {
    /// A list of types of entities, one hopes.
    pub entity_types: Value,
    /// The same for edges.
    pub edge_types: Value,
}

/// Something that is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaError {
    /// Where, and what.
    pub message: String,
}

impl SchemaDraft {
    /// The members `entity_types` and `edge_types` of an object; a missing list is an empty one.
    #[must_use]
    pub fn from_json(entity_types: Option<Value>, edge_types: Option<Value>) -> Self {
        let or_empty = |list: Option<Value>| {
            list.filter(|list| !list.is_null()).unwrap_or_else(|| Value::Array(Vec::new()))
        };
        Self { entity_types: or_empty(entity_types), edge_types: or_empty(edge_types) }
    }

    /// The schema that it is, or all that is wrong with it.
    pub(crate) fn check(&self) -> Result<SchemaDefinition, Vec<SchemaError>> {
        let Self { entity_types, edge_types } = self;
        let mut findings = Findings::default();
        let entity_types =
            findings.types("entity_types", entity_types, "entity type", |_, _, head| {
                let Head { name, properties } = head;
                EntityType { name, properties }
            });
        let names: HashSet<TypeName> = entity_types.iter().map(|of| of.name.clone()).collect();
        let edge_types = findings.types(
            "edge_types",
            edge_types,
            "edge type",
            |findings, (place, sent), head| {
                let Head { name, properties } = head;
                let [sources, targets] =
                    ["sources", "targets"].map(|key| findings.ends(place, sent, key, &names));
                let cardinality = findings.cardinality(place, sent);
                EdgeType { name, properties, sources, targets, cardinality }
            },
        );
        let definition = SchemaDefinition { entity_types, edge_types };
        if findings.0.is_empty() && is_larger_than(&definition, LARGEST) {
            findings.add("schema", format_args!("is more than {LARGEST} bytes"));
        }
        let is_empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
        if is_empty(&self.entity_types) && is_empty(&self.edge_types) {
            let message = "at least one entity type or edge type must be present".to_owned();
            findings.0.push(SchemaError { message });
        }
        if findings.0.is_empty() { Ok(definition) } else { Err(findings.0) }
    }
}

/// What types of entities and of edges have in common.
struct Head {
    name: TypeName,
    properties: Vec<PropertyDefinition>,
}

/// What is wrong so far. What is returned beside findings is as good as can be, and not used.
#[derive(Default)]
struct Findings(Vec<SchemaError>);

impl Findings {
    fn add(&mut self, place: &str, what: impl std::fmt::Display) {
        self.0.push(SchemaError { message: format!("{place}: {what}") });
    }

    fn object<'a>(&mut self, place: &str, sent: &'a Value) -> Option<&'a Map<String, Value>> {
        let object = sent.as_object();
        if object.is_none() {
            self.add(place, "must be an object");
        }
        object
    }

    /// The items of a list of which more than so many are too many.
    fn list<'a>(&mut self, place: &str, sent: &'a Value, most: usize) -> &'a [Value] {
        let Some(list) = sent.as_array() else {
            self.add(place, "must be a list");
            return &[];
        };
        if list.len() > most {
            self.add(place, format_args!("must have at most {most} items"));
        }
        &list[..list.len().min(most)]
    }

    fn boolean(&mut self, place: &str, sent: &Map<String, Value>, key: &str) -> bool {
        match sent.get(key) {
            None => false,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                self.add(place, format_args!("{key} must be true or false"));
                false
            }
        }
    }

    /// The types of a list, each made of its head and of what else `rest` finds.
    fn types<T>(
        &mut self,
        place: &str,
        sent: &Value,
        of: &str,
        rest: impl Fn(&mut Self, (&str, &Map<String, Value>), Head) -> T,
    ) -> Vec<T> {
        let (mut types, mut names) = (Vec::new(), HashSet::new());
        for (index, sent) in self.list(place, sent, MOST_TYPES).iter().enumerate() {
            let place = format!("{place}[{index}]");
            let Some(sent) = self.object(&place, sent) else { continue };
            let name = self.type_name(&place, sent.get("name"));
            if let Some(name) = &name
                && !names.insert(name.clone())
            {
                self.add(&place, format_args!("duplicate {of} \"{name}\""));
            }
            let properties = self.properties(&place, sent.get("properties"));
            // Of a type without a name the rest is looked at, too.
            let name = name.unwrap_or_else(|| TypeName::stored("_".to_owned()));
            types.push(rest(self, (&place, sent), Head { name, properties }));
        }
        types
    }

    fn type_name(&mut self, place: &str, sent: Option<&Value>) -> Option<TypeName> {
        match sent {
            Some(Value::String(text)) => match TypeName::parse(text) {
                Ok(name) => return Some(name),
                Err(error) => self.add(place, error),
            },
            Some(_) => self.add(place, "invalid type name: must be a string"),
            None => self.add(place, "invalid type name: it is missing"),
        }
        None
    }

    fn properties(&mut self, place: &str, sent: Option<&Value>) -> Vec<PropertyDefinition> {
        let Some(sent) = sent else { return Vec::new() };
        let place = format!("{place}.properties");
        let (mut properties, mut names) = (Vec::new(), HashSet::new());
        for (index, sent) in self.list(&place, sent, MOST_PROPERTIES).iter().enumerate() {
            let place = format!("{place}[{index}]");
            let Some(sent) = self.object(&place, sent) else { continue };
            let name = self.property_name(&place, sent.get("name"));
            if let Some(name) = &name
                && !names.insert(name.clone())
            {
                self.add(&place, format_args!("duplicate property \"{name}\""));
            }
            let property_type = self.property_type(&place, sent.get("type"));
            let required = self.boolean(&place, sent, "required");
            let unique = self.boolean(&place, sent, "unique");
            let constraints = self.constraints(&place, sent.get("constraints"), property_type);
            if let (Some(name), Some(property_type)) = (name, property_type) {
                properties.push(PropertyDefinition {
                    name,
                    property_type,
                    required,
                    unique,
                    constraints,
                });
            }
        }
        properties
    }

    fn property_name(&mut self, place: &str, sent: Option<&Value>) -> Option<PropertyName> {
        match sent {
            Some(Value::String(text)) => match PropertyName::parse(text) {
                Ok(name) => return Some(name),
                Err(error) => self.add(place, error),
            },
            Some(_) => self.add(place, "invalid property name: must be a string"),
            None => self.add(place, "invalid property name: it is missing"),
        }
        None
    }

    fn property_type(&mut self, place: &str, sent: Option<&Value>) -> Option<PropertyType> {
        let found = sent.and_then(Value::as_str).and_then(PropertyType::parse);
        if found.is_none() {
            let known = PropertyType::ALL.map(PropertyType::as_str).join(", ");
            self.add(place, format_args!("invalid property type: must be one of {known}"));
        }
        found
    }

    /// The types of entities at one end of a type of edges.
    fn ends(
        &mut self,
        place: &str,
        sent: &Map<String, Value>,
        key: &str,
        known: &HashSet<TypeName>,
    ) -> Vec<TypeName> {
        let Some(sent) = sent.get(key) else { return Vec::new() };
        let place = format!("{place}.{key}");
        let (mut ends, mut names) = (Vec::new(), HashSet::new());
        for sent in self.list(&place, sent, MOST_TYPES) {
            let Some(name) = self.type_name(&place, Some(sent)) else { continue };
            if !known.contains(&name) {
                self.add(&place, format_args!("there is no entity type \"{name}\""));
            } else if names.insert(name.clone()) {
                ends.push(name);
            } else {
                self.add(&place, format_args!("duplicate entity type \"{name}\""));
            }
        }
        ends
    }

    fn cardinality(&mut self, place: &str, sent: &Map<String, Value>) -> Cardinality {
        let Some(sent) = sent.get("cardinality") else { return Cardinality::default() };
        sent.as_str().and_then(Cardinality::parse).unwrap_or_else(|| {
            let known = Cardinality::ALL.map(Cardinality::as_str).join(", ");
            self.add(place, format_args!("cardinality must be one of {known}"));
            Cardinality::default()
        })
    }

    fn constraints(
        &mut self,
        place: &str,
        sent: Option<&Value>,
        of: Option<PropertyType>,
    ) -> Constraints {
        let mut found = Constraints::default();
        let place = format!("{place}.constraints");
        let Some(sent) = sent.and_then(|sent| self.object(&place, sent)) else { return found };
        for (key, value) in sent {
            let place = format!("{place}.{key}");
            let applies = match key.as_str() {
                "min" | "max" => [PropertyType::Integer, PropertyType::Float].as_slice(),
                "min_length" | "max_length" | "pattern" => &[PropertyType::String],
                "enum" => &[PropertyType::String, PropertyType::Integer, PropertyType::Float],
                _ => {
                    let known = "min, max, min_length, max_length, pattern, enum";
                    self.add(&place, format_args!("unknown constraint: must be one of {known}"));
                    continue;
                }
            };
            // What applies to a type that is none, nobody knows.
            let Some(of) = of else { continue };
            if !applies.contains(&of) {
                self.add(&place, format_args!("does not apply to the type {}", of.as_str()));
                continue;
            }
            match key.as_str() {
                "min" => found.min = self.number(&place, value),
                "max" => found.max = self.number(&place, value),
                "min_length" => found.min_length = self.length(&place, value),
                "max_length" => found.max_length = self.length(&place, value),
                "pattern" => found.pattern = self.pattern(&place, value),
                _ => found.one_of = Some(self.values(&place, value, of)),
            }
        }
        if let (Some(min), Some(max)) = (&found.min, &found.max)
            && Key::of_number(min) > Key::of_number(max)
        {
            self.add(&place, format_args!("min {min} is more than max {max}"));
        }
        if let (Some(min), Some(max)) = (found.min_length, found.max_length)
            && min > max
        {
            self.add(&place, format_args!("min_length {min} is more than max_length {max}"));
        }
        found
    }

    fn number(&mut self, place: &str, sent: &Value) -> Option<serde_json::Number> {
        let number = sent.as_number();
        if number.is_none() {
            self.add(place, "must be a number");
        }
        number.cloned()
    }

    fn length(&mut self, place: &str, sent: &Value) -> Option<u32> {
        let length = sent.as_u64().and_then(|length| u32::try_from(length).ok());
        if length.is_none() {
            self.add(place, "must be a number of characters");
        }
        length
    }

    fn pattern(&mut self, place: &str, sent: &Value) -> Option<Pattern> {
        let Some(text) = sent.as_str() else {
            self.add(place, "must be a string");
            return None;
        };
        let pattern = Pattern::parse(text);
        pattern.map_err(|error| self.add(place, format_args!("invalid pattern: {error}"))).ok()
    }

    fn values(&mut self, place: &str, sent: &Value, of: PropertyType) -> Vec<Value> {
        let list = self.list(place, sent, MOST_VALUES);
        if list.is_empty() && sent.is_array() {
            self.add(place, "must have at least one value");
        }
        let mut keys = HashSet::new();
        for value in list {
            let is_long = value
                .as_str()
                .is_some_and(|text| text.chars().count() > LONGEST_VALUE || text.contains('\0'));
            let Some(key) = Key::of_value(value, of) else {
                self.add(place, format_args!("must be values of the type {}", of.as_str()));
                continue;
            };
            if is_long {
                let most = LONGEST_VALUE;
                self.add(
                    place,
                    format_args!("must be of at most {most} characters, none of them null"),
                );
            } else if !keys.insert(key) {
                self.add(place, "must have each value once");
            }
        }
        list.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(entity_types: Value, edge_types: Value, expected: Expect) {
        let draft = SchemaDraft::from_json(Some(entity_types), Some(edge_types));
        let seen = match draft.check() {
            Ok(definition) => serde_json::to_string_pretty(&definition).unwrap(),
            Err(errors) => {
                errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n")
            }
        };
        expected.assert_eq(&seen);
    }

    /// A type with one property, as said.
    fn with(property: Value) -> Value {
        json!([{ "name": "T", "properties": [property] }])
    }

    fn constrained(of: &str, constraints: Value) -> Value {
        with(json!({ "name": "p", "type": of, "constraints": constraints }))
    }

    #[test]
    fn a_schema_is_written_as_it_was_read() {
        let people = json!([
            { "name": "Person", "properties": [
                { "name": "full_name", "type": "string", "required": true,
                  "constraints": { "min_length": 1, "max_length": 255 } },
                { "name": "email", "type": "string", "unique": true, "constraints": { "pattern": "@" } },
                { "name": "age", "type": "integer", "constraints": { "min": 0, "max": 200 } },
            ] },
            { "name": "Company" },
        ]);
        let edges = json!([
            { "name": "EMPLOYS", "sources": ["Company"], "targets": ["Person"], "cardinality": "one_to_many",
              "properties": [
                { "name": "since", "type": "datetime", "label": "Since" },
                { "name": "role", "type": "string", "constraints": { "enum": ["full-time", "part-time"] } },
            ] },
            { "name": "Person", "properties": [] },
        ]);
        check(
            people,
            edges,
            expect![[r#"
            {
              "entity_types": [
                {
                  "name": "Person",
                  "properties": [
                    {
                      "name": "full_name",
                      "type": "string",
                      "required": true,
                      "constraints": {
                        "min_length": 1,
                        "max_length": 255
                      }
                    },
                    {
                      "name": "email",
                      "type": "string",
                      "required": false,
                      "unique": true,
                      "constraints": {
                        "pattern": "@"
                      }
                    },
                    {
                      "name": "age",
                      "type": "integer",
                      "required": false,
                      "constraints": {
                        "min": 0,
                        "max": 200
                      }
                    }
                  ]
                },
                {
                  "name": "Company",
                  "properties": []
                }
              ],
              "edge_types": [
                {
                  "name": "EMPLOYS",
                  "properties": [
                    {
                      "name": "since",
                      "type": "datetime",
                      "required": false,
                      "constraints": {}
                    },
                    {
                      "name": "role",
                      "type": "string",
                      "required": false,
                      "constraints": {
                        "enum": [
                          "full-time",
                          "part-time"
                        ]
                      }
                    }
                  ],
                  "sources": [
                    "Company"
                  ],
                  "targets": [
                    "Person"
                  ],
                  "cardinality": "one_to_many"
                },
                {
                  "name": "Person",
                  "properties": []
                }
              ]
            }"#]],
        );
    }

    #[test]
    fn a_schema_has_a_type() {
        check(
            json!([]),
            json!([]),
            expect!["at least one entity type or edge type must be present"],
        );
        check(
            json!(null),
            json!(null),
            expect!["at least one entity type or edge type must be present"],
        );
        let draft = SchemaDraft::from_json(None, None);
        assert_eq!(draft.check().unwrap_err().len(), 1);
    }

    #[test]
    fn what_is_no_list_and_no_object_is_an_error() {
        check(
            json!({ "name": "T" }),
            json!("T"),
            expect![[r#"
            entity_types: must be a list
            edge_types: must be a list"#]],
        );
        check(
            json!(["T", null, []]),
            json!([{ "name": "E", "properties": null }]),
            expect![[r#"
                entity_types[0]: must be an object
                entity_types[1]: must be an object
                entity_types[2]: must be an object
                edge_types[0].properties: must be a list"#]],
        );
        check(
            with(json!(1)),
            json!([]),
            expect!["entity_types[0].properties[0]: must be an object"],
        );
        check(
            constrained("string", json!([])),
            json!([]),
            expect!["entity_types[0].properties[0].constraints: must be an object"],
        );
    }

    #[test]
    fn names_are_names_and_are_had_once() {
        let types = json!([
            { "name": "Person" }, { "name": "person" }, { "name": "Person" }, { "name": "_private" },
            { "name": "Person\n" }, { "name": 1 }, {}, { "name": "x".repeat(101) },
        ]);
        check(
            types,
            json!([{ "name": "E" }, { "name": "E" }]),
            expect![[r#"
            entity_types[2]: duplicate entity type "Person"
            entity_types[3]: invalid type name "_private": up to 100 letters, digits and underscores, of which the first is a letter
            entity_types[4]: invalid type name "Person\n": up to 100 letters, digits and underscores, of which the first is a letter
            entity_types[5]: invalid type name: must be a string
            entity_types[6]: invalid type name: it is missing
            entity_types[7]: invalid type name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": up to 100 letters, digits and underscores, of which the first is a letter
            edge_types[1]: duplicate edge type "E""#]],
        );
        let property = |name: Value| json!({ "name": name, "type": "string" });
        let properties = [json!("a"), json!("A"), json!("a"), json!("a-b"), json!(null), json!("")]
            .map(property);
        let missing = json!({ "type": "string" });
        check(
            json!([{ "name": "T", "properties": properties }, { "name": "U", "properties": [missing] }]),
            json!([]),
            expect![[r#"
                entity_types[0].properties[2]: duplicate property "a"
                entity_types[0].properties[3]: invalid property name "a-b": up to 100 letters, digits and underscores, of which the first is a letter
                entity_types[0].properties[4]: invalid property name: must be a string
                entity_types[0].properties[5]: invalid property name "": up to 100 letters, digits and underscores, of which the first is a letter
                entity_types[1].properties[0]: invalid property name: it is missing"#]],
        );
    }

    #[test]
    fn properties_have_a_type_and_are_required_and_unique_or_not() {
        let types = json!([{ "name": "T", "properties": [
            { "name": "a", "type": "list" }, { "name": "b" }, { "name": "c", "type": 1, "constraints": { "min": "x" } },
            { "name": "d", "type": "float", "required": "yes", "unique": 1 },
        ] }]);
        check(
            types,
            json!([]),
            expect![[r#"
            entity_types[0].properties[0]: invalid property type: must be one of string, integer, float, boolean, datetime
            entity_types[0].properties[1]: invalid property type: must be one of string, integer, float, boolean, datetime
            entity_types[0].properties[2]: invalid property type: must be one of string, integer, float, boolean, datetime
            entity_types[0].properties[3]: required must be true or false
            entity_types[0].properties[3]: unique must be true or false"#]],
        );
    }

    #[test]
    fn constraints_apply_to_their_types_and_have_values_of_theirs() {
        let error = |of: &str, constraints: Value, expected: Expect| {
            check(constrained(of, constraints), json!([]), expected);
        };
        error(
            "string",
            json!({ "min": 1, "minimum": 1, "pattern": 1, "min_length": -1, "max_length": 1.5 }),
            expect![[r#"
                entity_types[0].properties[0].constraints.max_length: must be a number of characters
                entity_types[0].properties[0].constraints.min: does not apply to the type string
                entity_types[0].properties[0].constraints.min_length: must be a number of characters
                entity_types[0].properties[0].constraints.minimum: unknown constraint: must be one of min, max, min_length, max_length, pattern, enum
                entity_types[0].properties[0].constraints.pattern: must be a string"#]],
        );
        error(
            "string",
            json!({ "min_length": 2, "max_length": 1, "pattern": "a(" }),
            expect![[r#"
                entity_types[0].properties[0].constraints.pattern: invalid pattern: unclosed group
                entity_types[0].properties[0].constraints: min_length 2 is more than max_length 1"#]],
        );
        error(
            "integer",
            json!({ "min": "5", "max": null, "enum": [1, 1.5, "2"], "pattern": "a" }),
            expect![[r#"
                entity_types[0].properties[0].constraints.enum: must be values of the type integer
                entity_types[0].properties[0].constraints.enum: must be values of the type integer
                entity_types[0].properties[0].constraints.max: must be a number
                entity_types[0].properties[0].constraints.min: must be a number
                entity_types[0].properties[0].constraints.pattern: does not apply to the type integer"#]],
        );
        error(
            "float",
            json!({ "min": 9_007_199_254_740_993_i64, "max": 9_007_199_254_740_992_i64 }),
            expect![
                "entity_types[0].properties[0].constraints: min 9007199254740993 is more than max 9007199254740992"
            ],
        );
        error(
            "boolean",
            json!({ "enum": [true] }),
            expect![
                "entity_types[0].properties[0].constraints.enum: does not apply to the type boolean"
            ],
        );
        error(
            "datetime",
            json!({ "min": "2024-01-15T00:00:00Z" }),
            expect![
                "entity_types[0].properties[0].constraints.min: does not apply to the type datetime"
            ],
        );
        error(
            "float",
            json!({ "enum": [] }),
            expect!["entity_types[0].properties[0].constraints.enum: must have at least one value"],
        );
        error(
            "float",
            json!({ "enum": 1 }),
            expect!["entity_types[0].properties[0].constraints.enum: must be a list"],
        );
        error(
            "float",
            json!({ "enum": [1, 2, 1.0] }),
            expect!["entity_types[0].properties[0].constraints.enum: must have each value once"],
        );
        error(
            "string",
            json!({ "enum": ["x".repeat(256), "a\0"] }),
            expect![[r#"
            entity_types[0].properties[0].constraints.enum: must be of at most 255 characters, none of them null
            entity_types[0].properties[0].constraints.enum: must be of at most 255 characters, none of them null"#]],
        );
    }

    #[test]
    fn edges_lead_between_types_that_there_are() {
        let edges = json!([
            { "name": "E", "sources": ["T", "U", "T"], "targets": "T", "cardinality": "many" },
            { "name": "F", "sources": [1, "a b"], "cardinality": null },
        ]);
        check(
            json!([{ "name": "T" }]),
            edges,
            expect![[r#"
            edge_types[0].sources: there is no entity type "U"
            edge_types[0].sources: duplicate entity type "T"
            edge_types[0].targets: must be a list
            edge_types[0]: cardinality must be one of many_to_many, one_to_many, many_to_one, one_to_one
            edge_types[1].sources: invalid type name: must be a string
            edge_types[1].sources: invalid type name "a b": up to 100 letters, digits and underscores, of which the first is a letter
            edge_types[1]: cardinality must be one of many_to_many, one_to_many, many_to_one, one_to_one"#]],
        );
    }

    #[test]
    fn there_are_not_too_many_of_anything() {
        let types: Vec<Value> =
            (0..=MOST_TYPES).map(|n| json!({ "name": format!("T{n}") })).collect();
        let properties: Vec<Value> = (0..=MOST_PROPERTIES)
            .map(|n| json!({ "name": format!("p{n}"), "type": "string" }))
            .collect();
        let values: Vec<Value> = (0..=MOST_VALUES).map(Value::from).collect();
        check(
            json!(types),
            json!([{ "name": "E", "properties": properties }]),
            expect![[r#"
            entity_types: must have at most 200 items
            edge_types[0].properties: must have at most 100 items"#]],
        );
        check(
            constrained("integer", json!({ "enum": values })),
            json!([]),
            expect!["entity_types[0].properties[0].constraints.enum: must have at most 100 items"],
        );
        let values: Vec<String> = (0..100).map(|n| format!("{}{n}", "x".repeat(250))).collect();
        let property = |n| json!({ "name": format!("p{n}"), "type": "string", "constraints": { "enum": &values } });
        let properties: Vec<Value> = (0..50).map(property).collect();
        check(
            json!([{ "name": "T", "properties": properties }]),
            json!([]),
            expect!["schema: is more than 1048576 bytes"],
        );
    }
}
