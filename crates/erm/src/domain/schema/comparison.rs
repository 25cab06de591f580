//! What there is, compared with a schema that is not in force yet.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::domain::{
    names::PropertyName,
    properties::{self, IndexedValue, Properties, PropertyError},
    schema::{EdgeType, PropertyDefinition, SchemaDefinition},
    values::Key,
};

/// An entity as it is compared.
#[derive(Debug)]
pub(crate) struct EntityFacts {
    pub(crate) entity_type: String,
    pub(crate) properties: Properties,
}

/// An edge as it is compared, with the types of the entities at its ends.
#[derive(Debug)]
pub(crate) struct EdgeFacts {
    pub(crate) edge_type: String,
    pub(crate) properties: Properties,
    pub(crate) source: (Uuid, String),
    pub(crate) target: (Uuid, String),
}

/// Compares one entity or edge after another with a schema, and remembers what may be there once only.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    definition: &'a SchemaDefinition,
    /// The keys of unique values, by what is a type of it, the type and the property.
    keys: HashMap<(Kind, String, PropertyName), HashSet<Key>>,
    /// Where an edge of a type begins or ends that may do so once.
    ends: HashSet<(&'static str, String, Uuid)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Entity,
    Edge,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(definition: &'a SchemaDefinition) -> Self {
        Self { definition, keys: HashMap::new(), ends: HashSet::new() }
    }

    /// What is wrong with an entity.
    pub(crate) fn entity(&mut self, entity: EntityFacts) -> Vec<PropertyError> {
        let EntityFacts { entity_type, properties } = entity;
        let Some(of) = self.definition.entity_type(&entity_type) else {
            return vec![undefined("entity", &entity_type)];
        };
        self.properties(Kind::Entity, &entity_type, &of.properties, properties)
    }

    /// What is wrong with an edge.
    pub(crate) fn edge(&mut self, edge: EdgeFacts) -> Vec<PropertyError> {
        let EdgeFacts { edge_type, properties, source, target } = edge;
        let Some(of) = self.definition.edge_type(&edge_type) else {
            return vec![undefined("edge", &edge_type)];
        };
        let mut errors = self.ends(of, &source, &target);
        errors.extend(self.properties(Kind::Edge, &edge_type, &of.properties, properties));
        errors
    }

    fn ends(
        &mut self,
        of: &EdgeType,
        (source, source_type): &(Uuid, String),
        (target, target_type): &(Uuid, String),
    ) -> Vec<PropertyError> {
        let EdgeType { name, sources, targets, cardinality, .. } = of;
        let mut errors = Vec::new();
        for (field, allowed, is_one, id, found) in [
            ("source_id", sources, cardinality.is_one_per_source(), source, source_type),
            ("target_id", targets, cardinality.is_one_per_target(), target, target_type),
        ] {
            if !allowed.is_empty() && !allowed.iter().any(|of| *of == **found) {
                let message = format!("is of the type {found}, which {name} does not allow");
                errors.push(PropertyError::new(field, "endpoint", message));
            }
            if is_one && !self.ends.insert((field, name.to_string(), *id)) {
                let message = format!("has another {name} already");
                errors.push(PropertyError::new(field, "cardinality", message));
            }
        }
        errors
    }

    fn properties(
        &mut self,
        kind: Kind,
        name: &str,
        definitions: &[PropertyDefinition],
        properties: Properties,
    ) -> Vec<PropertyError> {
        let values = match properties::check(definitions, properties) {
            Ok(checked) => checked.values,
            Err(errors) => return errors,
        };
        let mut errors = Vec::new();
        for IndexedValue { property, key, unique } in values {
            let place = (kind, name.to_owned(), property.clone());
            if unique && !self.keys.entry(place).or_default().insert(key) {
                errors.push(PropertyError::not_unique(&property));
            }
        }
        errors
    }
}

fn undefined(what: &str, name: &str) -> PropertyError {
    PropertyError::new("type", "unknown", format!("there is no {what} type {name}"))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::schema::draft::SchemaDraft;

    fn schema() -> SchemaDefinition {
        let text = |name, unique| json!({ "name": name, "type": "string", "unique": unique });
        let entity_types = json!([
            { "name": "Person", "properties": [text("email", true), text("name", false)] },
            { "name": "Company", "properties": [text("email", true)] },
        ]);
        let edge_types = json!([
            { "name": "EMPLOYS", "sources": ["Company"], "targets": ["Person"],
              "cardinality": "one_to_many", "properties": [text("badge", true)] },
        ]);
        SchemaDraft::from_json(Some(entity_types), Some(edge_types)).check().unwrap()
    }

    fn object(properties: Value) -> Properties {
        serde_json::from_value(properties).unwrap()
    }

    fn entity(of: &str, properties: Value) -> EntityFacts {
        EntityFacts { entity_type: of.to_owned(), properties: object(properties) }
    }

    fn edge(source: (u128, &str), target: (u128, &str), properties: Value) -> EdgeFacts {
        let end = |(id, of): (u128, &str)| (Uuid::from_u128(id), of.to_owned());
        let (source, target) = (end(source), end(target));
        EdgeFacts {
            edge_type: "EMPLOYS".to_owned(),
            properties: object(properties),
            source,
            target,
        }
    }

    fn shown(all: impl IntoIterator<Item = Vec<PropertyError>>, expected: &Expect) {
        let line = |error: &PropertyError| {
            let PropertyError { field, message, constraint } = error;
            format!("{field}: {message} ({constraint})")
        };
        let lines: Vec<_> = all
            .into_iter()
            .map(|errors| match &errors[..] {
                [] => "conforms".to_owned(),
                errors => errors.iter().map(line).collect::<Vec<_>>().join("; "),
            })
            .collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn entities_are_of_a_type_conform_to_it_and_have_unique_values_once() {
        let schema = schema();
        let mut comparison = Comparison::new(&schema);
        let entities = [
            entity("Person", json!({ "email": "a@b.c", "name": "Ada" })),
            entity("Company", json!({ "email": "a@b.c" })),
            entity("Person", json!({ "email": "a@b.c", "name": "Ada" })),
            entity("Person", json!({ "email": 1, "age": 2 })),
            entity("Robot", json!({})),
        ];
        shown(
            entities.into_iter().map(|one| comparison.entity(one)),
            &expect![[r#"
            conforms
            conforms
            email: has already been taken (unique)
            age: is not defined (unknown); email: must be a string (type)
            type: there is no entity type Robot (unknown)"#]],
        );
    }

    #[test]
    fn edges_lead_where_they_may_and_as_often() {
        let schema = schema();
        let mut comparison = Comparison::new(&schema);
        let (acme, ada, ben) = ((1, "Company"), (2, "Person"), (3, "Person"));
        let edges = [
            edge(acme, ada, json!({ "badge": "1" })),
            edge(acme, ben, json!({ "badge": "1" })),
            edge(acme, ada, json!({})),
            edge(ben, acme, json!({ "since": 1 })),
            EdgeFacts { edge_type: "KNOWS".to_owned(), ..edge(ada, ben, json!({})) },
        ];
        shown(
            edges.into_iter().map(|one| comparison.edge(one)),
            &expect![[r#"
            conforms
            badge: has already been taken (unique)
            target_id: has another EMPLOYS already (cardinality)
            source_id: is of the type Person, which EMPLOYS does not allow (endpoint); target_id: is of the type Company, which EMPLOYS does not allow (endpoint); since: is not defined (unknown)
            type: there is no edge type KNOWS (unknown)"#]],
        );
    }
}
