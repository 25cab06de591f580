//! The types that entries and their relations have in the schema of a workspace.

use serde_json::{Value, json};

use super::{
    ENTRY,
    category::Category,
    entry::{EntryList, LONGEST_TITLE},
    layout::{BODY, CATEGORY, LAST_VERIFIED_AT, TITLE},
    relation::RelationType,
};
use crate::domain::{
    names::{PropertyName, TypeName},
    schema::{
        Cardinality, Constraints, EdgeType, EntityType, PropertyDefinition, SchemaDefinition,
        draft::SchemaDraft,
    },
    values::PropertyType,
};

/// There is no room in a schema for the types of knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SchemaFull;

/// A schema together with what it lacks for entries and their relations; none if it lacks nothing.
///
/// What is there stays as it is. A type of entries that is there gets what it lacks as something that entries may have, so that
/// none that conforms to it ceases to.
pub(crate) fn completed(
    definition: &SchemaDefinition,
) -> Result<Option<SchemaDefinition>, SchemaFull> {
    let mut complete = definition.clone();
    match complete.entity_types.iter_mut().find(|of| of.name == *ENTRY) {
        None => {
            let name = TypeName::stored(ENTRY.to_owned());
            complete.entity_types.push(EntityType { name, properties: properties() });
        }
        Some(entry) => {
            for property in properties() {
                if entry.properties.iter().all(|of| of.name != property.name) {
                    entry.properties.push(PropertyDefinition { required: false, ..property });
                }
            }
        }
    }
    for relation in RelationType::ALL {
        if complete.edge_type(relation.as_str()).is_none() {
            complete.edge_types.push(edge_type(*relation));
        }
    }
    if complete == *definition {
        return Ok(None);
    }
    let SchemaDefinition { entity_types, edge_types } = complete;
    let draft = SchemaDraft { entity_types: json!(entity_types), edge_types: json!(edge_types) };
    draft.check().map(Some).map_err(|_| SchemaFull)
}

fn properties() -> Vec<PropertyDefinition> {
    let some = Constraints { min_length: Some(1), ..Constraints::default() };
    let title = Constraints { max_length: u32::try_from(LONGEST_TITLE).ok(), ..some.clone() };
    let words = Category::ALL.iter().map(|category| Value::from(category.as_str()));
    let category = Constraints { one_of: Some(words.collect()), ..Constraints::default() };
    let mut properties =
        vec![text(TITLE, true, title), text(BODY, true, some), text(CATEGORY, true, category)];
    for list in EntryList::ALL {
        properties.push(text(list.as_str(), false, Constraints::default()));
    }
    properties.push(text(LAST_VERIFIED_AT, false, Constraints::default()));
    properties
}

fn text(name: &str, required: bool, constraints: Constraints) -> PropertyDefinition {
    PropertyDefinition {
        name: PropertyName::stored(name.to_owned()),
        property_type: PropertyType::String,
        required,
        unique: false,
        constraints,
    }
}

fn edge_type(relation: RelationType) -> EdgeType {
    EdgeType {
        name: TypeName::stored(relation.as_str().to_owned()),
        properties: Vec::new(),
        sources: Vec::new(),
        targets: Vec::new(),
        cardinality: Cardinality::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;

    use super::*;

    fn told(definition: &SchemaDefinition) -> String {
        let mut told = String::new();
        for EntityType { name, properties } in &definition.entity_types {
            write!(told, "{name}:").unwrap();
            for PropertyDefinition { name, property_type, required, constraints, .. } in properties
            {
                let must = if *required { "!" } else { "" };
                let constraints = match json!(constraints).to_string() {
                    none if none == "{}" => String::new(),
                    some => format!(" {some}"),
                };
                write!(told, "\n  {name}{must} {}{constraints}", property_type.as_str()).unwrap();
            }
            told.push('\n');
        }
        let edges: Vec<&str> = definition.edge_types.iter().map(|of| of.name.as_str()).collect();
        told + &edges.join(" ")
    }

    fn schema(entity_types: Value, edge_types: Value) -> SchemaDefinition {
        SchemaDraft { entity_types, edge_types }.check().unwrap()
    }

    #[test]
    fn a_workspace_without_a_schema_gets_the_types_of_knowledge() {
        let complete = completed(&SchemaDefinition::default()).unwrap().expect("it lacks them");
        expect![[r#"
            KnowledgeEntry:
              title! string {"max_length":255,"min_length":1}
              body! string {"min_length":1}
              category! string {"enum":["how_to","pattern","convention","architecture_decision","gotcha","concept"]}
              tags string
              code_snippets string
              file_paths string
              external_links string
              last_verified_at string
            relates_to depends_on prerequisite_for example_of part_of supersedes"#]]
        .assert_eq(&told(&complete));
        assert_eq!(completed(&complete), Ok(None));
    }

    #[test]
    fn what_is_there_stays_and_what_lacks_is_added() {
        let there = schema(
            json!([{ "name": "Mill" },
                   { "name": "KnowledgeEntry", "properties": [
                       { "name": "title", "type": "string" },
                       { "name": "stars", "type": "integer", "required": true },
                   ] }]),
            json!([{ "name": "part_of", "targets": ["Mill"] }, { "name": "grinds" }]),
        );
        let complete = completed(&there).unwrap().expect("it lacks some");
        expect![[r#"
            Mill:
            KnowledgeEntry:
              title string
              stars! integer
              body string {"min_length":1}
              category string {"enum":["how_to","pattern","convention","architecture_decision","gotcha","concept"]}
              tags string
              code_snippets string
              file_paths string
              external_links string
              last_verified_at string
            part_of grinds relates_to depends_on prerequisite_for example_of supersedes"#]]
        .assert_eq(&told(&complete));
        assert_eq!(complete.edge_types[..2], there.edge_types);
        assert_eq!(completed(&complete), Ok(None));
    }

    #[test]
    fn a_full_schema_has_no_room() {
        let types: Vec<Value> = (0..200).map(|n| json!({ "name": format!("T{n}") })).collect();
        assert_eq!(completed(&schema(json!(types), json!([]))), Err(SchemaFull));
        assert_eq!(completed(&schema(json!([]), json!(types))), Err(SchemaFull));
    }
}
