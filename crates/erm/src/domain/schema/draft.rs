//! A schema as somebody sent it, and everything that is wrong with it.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    names::TypeName,
    patterns::Budget,
    properties::is_larger_than,
    schema::{Cardinality, EdgeType, EntityType, PropertyDefinition, SchemaDefinition},
};

mod properties;
#[cfg(test)]
mod tests;

/// The most types of entities, and of edges.
const MOST_TYPES: usize = 200;
/// How much a schema may be, as JSON in bytes.
const LARGEST: usize = 1 << 20;
/// How many errors are told; then the rest is not looked at.
const MOST_ERRORS: usize = 100;

/// What somebody sent as a schema, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaDraft {
    /// A list of types of entities, one hopes.
    pub entity_types: Value,
    /// The same for edges.
    pub edge_types: Value,
}

/// Something that is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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

    /// The schema that it is, or the first hundred things that are wrong with it. What is too large as a whole is not looked at.
    ///
    /// Here and within types and properties, `null` is as good as nothing.
    pub(crate) fn check(&self) -> Result<SchemaDefinition, Vec<SchemaError>> {
        let Self { entity_types, edge_types } = self;
        let mut findings = Findings::default();
        if is_larger_than(&[entity_types, edge_types], LARGEST) {
            findings.add("schema", format_args!("is more than {LARGEST} bytes"));
            return Err(findings.errors);
        }
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
        let is_empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
        if is_empty(&self.entity_types) && is_empty(&self.edge_types) {
            let message = "at least one entity type or edge type must be present".to_owned();
            findings.errors.push(SchemaError { message });
        }
        let definition = SchemaDefinition { entity_types, edge_types };
        // It says more than was sent: what is the rule when nothing is said.
        if findings.errors.is_empty() && is_larger_than(&definition, LARGEST) {
            findings.add("schema", format_args!("is more than {LARGEST} bytes"));
        }
        if findings.errors.is_empty() { Ok(definition) } else { Err(findings.errors) }
    }
}

/// What types of entities and of edges have in common.
struct Head {
    name: TypeName,
    properties: Vec<PropertyDefinition>,
}

/// What was sent, unless it is `null`.
fn given(sent: Option<&Value>) -> Option<&Value> {
    sent.filter(|sent| !sent.is_null())
}

/// What is wrong so far. What is returned beside findings is as good as can be, and not used.
#[derive(Default)]
struct Findings {
    errors: Vec<SchemaError>,
    patterns: Budget,
}

impl Findings {
    fn add(&mut self, place: &str, what: impl std::fmt::Display) {
        if !self.is_full() {
            self.errors.push(SchemaError { message: format!("{place}: {what}") });
        }
    }

    /// Whether so much is wrong that nobody looks any further.
    fn is_full(&self) -> bool {
        self.errors.len() >= MOST_ERRORS
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
        match given(sent.get(key)) {
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
            if self.is_full() {
                break;
            }
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

    /// The types of entities at one end of a type of edges.
    fn ends(
        &mut self,
        place: &str,
        sent: &Map<String, Value>,
        key: &str,
        known: &HashSet<TypeName>,
    ) -> Vec<TypeName> {
        let Some(sent) = given(sent.get(key)) else { return Vec::new() };
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
        let Some(sent) = given(sent.get("cardinality")) else { return Cardinality::default() };
        sent.as_str().and_then(Cardinality::parse).unwrap_or_else(|| {
            let known = Cardinality::ALL.map(Cardinality::as_str).join(", ");
            self.add(place, format_args!("cardinality must be one of {known}"));
            Cardinality::default()
        })
    }
}
