//! What is different between two schemas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{names::TypeName, schema::SchemaDefinition};

/// What is different in a schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SchemaChanges {
    /// Among its types of entities.
    #[serde(default, skip_serializing_if = "TypeChanges::is_empty")]
    pub entity_types: TypeChanges,
    /// Among its types of edges.
    #[serde(default, skip_serializing_if = "TypeChanges::is_empty")]
    pub edge_types: TypeChanges,
}

/// Which types are different, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct TypeChanges {
    /// Those that are new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<TypeName>,
    /// Those that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<TypeName>,
    /// Those of which something is different.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<TypeName>,
}

impl SchemaChanges {
    /// What is different in `to`.
    pub(crate) fn between(from: &SchemaDefinition, to: &SchemaDefinition) -> Self {
        Self {
            entity_types: TypeChanges::between(&from.entity_types, &to.entity_types, |of| &of.name),
            edge_types: TypeChanges::between(&from.edge_types, &to.edge_types, |of| &of.name),
        }
    }
}

impl TypeChanges {
    fn between<T: PartialEq>(from: &[T], to: &[T], name: fn(&T) -> &TypeName) -> Self {
        let is_in = |types: &[T], one: &T| types.iter().any(|other| other == one);
        let is_called_so =
            |types: &[T], one: &T| types.iter().any(|other| name(other) == name(one));
        let those = |types: &[T], which: &dyn Fn(&T) -> bool| {
            types.iter().filter(|of| which(of)).map(|of| name(of).clone()).collect()
        };
        Self {
            added: those(to, &|of| !is_called_so(from, of)),
            removed: those(from, &|of| !is_called_so(to, of)),
            changed: those(to, &|of| is_called_so(from, of) && !is_in(from, of)),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::schema::draft::SchemaDraft;

    fn schema(entity_types: Value, edge_types: Value) -> SchemaDefinition {
        SchemaDraft::from_json(Some(entity_types), Some(edge_types)).check().unwrap()
    }

    #[test]
    fn types_are_added_removed_and_changed() {
        let text = |name| json!({ "name": name, "type": "string" });
        let from = schema(
            json!([{ "name": "A" }, { "name": "B", "properties": [text("x")] }, { "name": "C" }]),
            json!([{ "name": "E", "targets": ["A"] }, { "name": "F" }]),
        );
        let to = schema(
            json!([{ "name": "D" }, { "name": "B", "properties": [text("y")] }, { "name": "A" }]),
            json!([{ "name": "E", "targets": ["A", "B"] }, { "name": "F" }]),
        );
        let changes = serde_json::to_value(SchemaChanges::between(&from, &to)).unwrap();
        assert_eq!(
            changes,
            json!({
                "entity_types": { "added": ["D"], "removed": ["C"], "changed": ["B"] },
                "edge_types": { "changed": ["E"] },
            })
        );
        assert_eq!(SchemaChanges::between(&to, &to), SchemaChanges::default());
    }
}
