//! What kinds of entities and edges a workspace knows: its own rules.

use chrono::{DateTime, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::domain::{
    events::schema::{SchemaCreated, SchemaUpdated},
    names::{PropertyName, TypeName},
    patterns::Pattern,
    references::SchemaId,
    schema::changes::SchemaChanges,
    values::PropertyType,
};

pub(crate) mod changes;
pub(crate) mod comparison;
pub(crate) mod draft;

/// The types of a workspace, checked; written as it is shown and stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SchemaDefinition {
    /// What entities there are.
    pub entity_types: Vec<EntityType>,
    /// What edges there are.
    pub edge_types: Vec<EdgeType>,
}

/// A kind of entities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EntityType {
    /// What it is called; once in a schema.
    pub name: TypeName,
    /// What is known of each.
    pub properties: Vec<PropertyDefinition>,
}

/// A kind of edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EdgeType {
    /// What it is called; once among the edges of a schema.
    pub name: TypeName,
    /// What is known of each.
    pub properties: Vec<PropertyDefinition>,
    /// From which entities they lead; from any if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<TypeName>,
    /// To which entities they lead; to any if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TypeName>,
    /// How many may begin and end at one entity.
    #[serde(default, skip_serializing_if = "Cardinality::is_default")]
    pub cardinality: Cardinality,
}

/// How many edges of a type may begin and end at one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Cardinality {
    /// Any number.
    #[default]
    ManyToMany,
    /// Of each target one is the source: at most one ends at an entity.
    OneToMany,
    /// Each source has one target: at most one begins at an entity.
    ManyToOne,
    /// At most one begins, and at most one ends.
    OneToOne,
}

impl Cardinality {
    /// Each of them.
    pub(crate) const ALL: [Self; 4] =
        [Self::ManyToMany, Self::OneToMany, Self::ManyToOne, Self::OneToOne];

    /// What schemas call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ManyToMany => "many_to_many",
            Self::OneToMany => "one_to_many",
            Self::ManyToOne => "many_to_one",
            Self::OneToOne => "one_to_one",
        }
    }

    /// That which schemas call so.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cardinality| cardinality.as_str() == text)
    }

    /// Whether at most one edge may begin at an entity.
    pub(crate) const fn is_one_per_source(self) -> bool {
        matches!(self, Self::ManyToOne | Self::OneToOne)
    }

    /// Whether at most one edge may end at an entity.
    pub(crate) const fn is_one_per_target(self) -> bool {
        matches!(self, Self::OneToMany | Self::OneToOne)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "so serde asks")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What is known of every entity or edge of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PropertyDefinition {
    /// What it is called; once in a type.
    pub name: PropertyName,
    /// What its values are.
    #[serde(rename = "type")]
    pub property_type: PropertyType,
    /// Whether each must have a value.
    pub required: bool,
    /// Whether no two of the type may have the same value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// What else holds of its values.
    pub constraints: Constraints,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "so serde asks")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What holds of the values of a property beside their type; each applies to some types only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Constraints {
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
    /// How many characters a text has at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// How many characters a text has at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// What is found in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// All values that there are.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Value>>,
}

impl SchemaDefinition {
    /// The type of entities that is called so.
    pub(crate) fn entity_type(&self, name: &str) -> Option<&EntityType> {
        self.entity_types.iter().find(|of| of.name == *name)
    }

    /// The type of edges that is called so.
    pub(crate) fn edge_type(&self, name: &str) -> Option<&EdgeType> {
        self.edge_types.iter().find(|of| of.name == *name)
    }
}

/// How many versions of a schema are kept, with the one in force.
pub(crate) const KEPT_VERSIONS: i64 = 100;

/// The schema of a workspace, of which there is one; the versions before it are kept, up to [`KEPT_VERSIONS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) id: SchemaId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) definition: SchemaDefinition,
    /// Who wrote this version.
    pub(crate) written_by: UserId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Who writes a schema, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) by: UserId,
    pub(crate) now: DateTime<Utc>,
}

/// A schema has changed since it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HasChanged;

impl Aggregate for Schema {
    const TYPE: &'static str = "schema";
    type Id = SchemaId;

    fn id(&self) -> SchemaId {
        self.id
    }
}

impl Schema {
    /// The first one of a workspace.
    pub(crate) fn create(
        id: SchemaId,
        workspace_id: WorkspaceId,
        definition: SchemaDefinition,
        Writing { by, now }: Writing,
    ) -> Unsaved<Self> {
        let event = SchemaCreated {
            schema_id: id,
            workspace_id,
            user_id: by,
            version: 1,
            changes: SchemaChanges::between(&SchemaDefinition::default(), &definition),
        };
        let schema = Self {
            id,
            workspace_id,
            definition,
            written_by: by,
            created_at: now,
            updated_at: now,
            version: 0,
        };
        Unsaved::new(schema).record(event)
    }

    /// Another one in its place, as a whole: whoever names the version that was seen replaces no later one, and nothing by
    /// the same; whoever names none replaces whatever is there.
    pub(crate) fn replace(
        &self,
        definition: SchemaDefinition,
        seen: Option<i64>,
        Writing { by, now }: Writing,
    ) -> Result<Option<Unsaved<Self>>, HasChanged> {
        if seen.is_some_and(|seen| seen != self.version) {
            return Err(HasChanged);
        }
        if seen.is_some() && definition == self.definition {
            return Ok(None);
        }
        let event = SchemaUpdated {
            schema_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            version: self.version + 1,
            changes: SchemaChanges::between(&self.definition, &definition),
        };
        let schema = Self { definition, written_by: by, updated_at: now, ..self.clone() };
        Ok(Some(Unsaved::new(schema).record(event)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinalities_are_called_as_schemas_write_them() {
        for cardinality in Cardinality::ALL {
            assert_eq!(serde_json::to_value(cardinality).unwrap(), cardinality.as_str());
            assert_eq!(Cardinality::parse(cardinality.as_str()), Some(cardinality));
        }
        let ends = Cardinality::ALL.map(|of| (of.is_one_per_source(), of.is_one_per_target()));
        assert_eq!(ends, [(false, false), (false, true), (true, false), (true, true)]);
    }
}
