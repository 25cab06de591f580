//! Looking at what would be taken over.

use crate::{
    application::{
        bulks::ItemError,
        import::{ImportReport, Names, Numbered},
    },
    domain::{
        lines::{EdgeLine, EntityLine},
        names::ExternalKey,
        properties::{self, Properties},
        schema::{PropertyDefinition, SchemaDefinition},
    },
};

/// Looks at an entity by itself: what is there already is not asked.
pub(crate) fn entity(
    schema: &SchemaDefinition,
    Numbered { line, item }: Numbered<EntityLine>,
    names: &mut Names,
    report: &mut ImportReport,
) {
    let EntityLine { id, entity_type, external_key, properties } = item;
    if let Some(Err(error)) = external_key.as_deref().map(ExternalKey::parse) {
        return report.fail(line, Some("external_key".to_owned()), error.to_string());
    }
    let definitions = schema.entity_type(&entity_type).map(|of| of.properties.as_slice());
    if fits(definitions, &entity_type, properties, line, report) {
        names.learn(id.as_ref(), "");
        report.entities.created += 1;
    }
}

/// Looks at an edge by itself, and for its ends in the file.
pub(crate) fn edge(
    schema: &SchemaDefinition,
    Numbered { line, item }: Numbered<EdgeLine>,
    names: &Names,
    report: &mut ImportReport,
) {
    let EdgeLine { edge_type, source_id, target_id, properties } = item;
    for (field, end) in [("source_id", source_id), ("target_id", target_id)] {
        // What is no id is not there already either.
        if !names.has(&end) && uuid::Uuid::try_parse(&end).is_err() {
            return report.fail(line, Some(field.to_owned()), "stands nowhere before in the file");
        }
    }
    let definitions = schema.edge_type(&edge_type).map(|of| of.properties.as_slice());
    if fits(definitions, &edge_type, properties, line, report) {
        report.edges.created += 1;
    }
}

fn fits(
    definitions: Option<&[PropertyDefinition]>,
    name: &str,
    properties: Properties,
    line: u64,
    report: &mut ImportReport,
) -> bool {
    let Some(definitions) = definitions else {
        report.fail(line, None, format!("type {name:?} is not defined in the schema"));
        return false;
    };
    match properties::check(definitions, properties) {
        Ok(_) => true,
        Err(errors) => {
            let errors = errors.into_iter().map(|error| ItemError {
                field: Some(error.field),
                message: error.message,
                constraint: Some(error.constraint),
            });
            report.fail_for(line, errors.collect());
            false
        }
    }
}
