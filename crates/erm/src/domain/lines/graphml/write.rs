//! Writing GraphML.

use std::fmt::Write as _;

use serde_json::Value;

use crate::domain::{
    lines::{
        EdgeLine, EntityLine, Line,
        graphml::{ENCODING, EXTERNAL_KEY, OTHER, SCHEMA, TYPE},
    },
    names::TypeName,
    properties::Properties,
    schema::{PropertyDefinition, SchemaDefinition},
    values::PropertyType,
};

/// How a document ends.
pub(crate) const END: &str = "</graph>\n</graphml>\n";

/// Of what something is a key.
#[derive(Debug, Clone, Copy)]
enum Of {
    Node,
    Edge,
}

/// How a document begins: with its keys, and the schema.
pub(crate) fn begun(schema: Option<&SchemaDefinition>) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    let mut key = |id: &str, of: &str, name: &str, kind: &str| {
        writeln!(text, "<key id=\"{id}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>")
            .expect("a String takes everything");
    };
    key(SCHEMA, "graph", "schema", "string");
    key(TYPE, "all", "type", "string");
    key(EXTERNAL_KEY, "node", "external_key", "string");
    key(OTHER, "all", "other", "string");
    if let Some(schema) = schema {
        let nodes = schema.entity_types.iter().map(|of| &of.properties).enumerate();
        let edges = schema.edge_types.iter().map(|of| &of.properties).enumerate();
        let nodes = nodes.map(|(number, of)| (Of::Node, number, of));
        for (of, number, properties) in
            nodes.chain(edges.map(|(number, of)| (Of::Edge, number, of)))
        {
            for (place, definition) in properties.iter().enumerate() {
                let kind = kind(definition.property_type);
                let word = match of {
                    Of::Node => "node",
                    Of::Edge => "edge",
                };
                key(&id(of, number, place), word, definition.name.as_str(), kind);
            }
        }
    }
    text.push_str("<graph id=\"graph\" edgedefault=\"directed\">\n");
    if let Some(schema) = schema {
        data(&mut text, SCHEMA, &serde_json::to_string(schema).expect("schemas are always JSON"));
        text.push('\n');
    }
    text
}

/// The element of something that stands in the graph; the schema stands before it already.
pub(crate) fn written(line: &Line, schema: Option<&SchemaDefinition>) -> String {
    let mut text = String::new();
    match line {
        Line::Schema(_) => {}
        Line::Entity(EntityLine { id, entity_type, external_key, properties }) => {
            let id = escaped(id.as_deref().unwrap_or_default());
            write!(text, "<node id=\"{id}\">").expect("a String takes everything");
            data(&mut text, TYPE, entity_type);
            if let Some(key) = external_key {
                data(&mut text, EXTERNAL_KEY, key);
            }
            let types = schema.into_iter().flat_map(|schema| &schema.entity_types);
            let declared = declared(types.map(|of| (&of.name, &*of.properties)), entity_type);
            values(&mut text, Of::Node, declared, properties);
            text.push_str("</node>\n");
        }
        Line::Edge(EdgeLine { edge_type, source_id, target_id, properties }) => {
            let [source, target] = [source_id, target_id].map(|id| escaped(id));
            write!(text, "<edge source=\"{source}\" target=\"{target}\">")
                .expect("a String takes everything");
            data(&mut text, TYPE, edge_type);
            let types = schema.into_iter().flat_map(|schema| &schema.edge_types);
            let declared = declared(types.map(|of| (&of.name, &*of.properties)), edge_type);
            values(&mut text, Of::Edge, declared, properties);
            text.push_str("</edge>\n");
        }
    }
    text
}

/// The place of a type in its schema, and what it declares.
fn declared<'s>(
    types: impl Iterator<Item = (&'s TypeName, &'s [PropertyDefinition])>,
    name: &str,
) -> Option<(usize, &'s [PropertyDefinition])> {
    let mut types = types.enumerate();
    let (number, (_, properties)) = types.find(|(_, (of, _))| of.as_str() == name)?;
    Some((number, properties))
}

fn values(
    text: &mut String,
    of: Of,
    declared: Option<(usize, &[PropertyDefinition])>,
    properties: &Properties,
) {
    let mut other = Properties::new();
    for (name, value) in properties {
        let key = declared.and_then(|(number, definitions)| {
            let fits = |definition: &PropertyDefinition| {
                definition.name.as_str() == name && fits(value, definition.property_type)
            };
            Some(id(of, number, definitions.iter().position(fits)?))
        });
        match (key, value) {
            (Some(key), Value::String(value)) => data(text, &key, value),
            (Some(key), value) => data(text, &key, &value.to_string()),
            (None, value) => {
                other.insert(name.clone(), value.clone());
            }
        }
    }
    if !other.is_empty() {
        data(text, OTHER, &serde_json::to_string(&other).expect("objects are always JSON"));
    }
}

/// Whether the text of a value says what it is, under a key of this type.
fn fits(value: &Value, of: PropertyType) -> bool {
    match of {
        PropertyType::String | PropertyType::Datetime => value.is_string(),
        PropertyType::Integer => value.is_i64(),
        PropertyType::Float => value.is_number(),
        PropertyType::Boolean => value.is_boolean(),
    }
}

fn id(of: Of, number: usize, place: usize) -> String {
    match of {
        Of::Node => format!("n{number}p{place}"),
        Of::Edge => format!("e{number}p{place}"),
    }
}

const fn kind(of: PropertyType) -> &'static str {
    match of {
        PropertyType::String | PropertyType::Datetime => "string",
        PropertyType::Integer => "long",
        PropertyType::Float => "double",
        PropertyType::Boolean => "boolean",
    }
}

fn data(text: &mut String, key: &str, value: &str) {
    let written = if value.chars().all(is_xml) {
        write!(text, "<data key=\"{key}\">{}</data>", escaped(value))
    } else {
        let value = ascii(value);
        write!(text, "<data key=\"{key}\" {ENCODING}=\"json\">{}</data>", escaped(&value))
    };
    written.expect("a String takes everything");
}

/// Whether a document can say this character at all.
const fn is_xml(character: char) -> bool {
    !matches!(character, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

/// A text as JSON writes it, in characters that every document can say.
fn ascii(value: &str) -> String {
    let text = serde_json::to_string(value).expect("texts are always JSON");
    text.chars().fold(String::new(), |mut text, character| {
        if is_xml(character) {
            text.push(character);
        } else {
            write!(text, "\\u{:04x}", u32::from(character)).expect("a String takes everything");
        }
        text
    })
}

/// A text between tags or in an attribute; breaks of lines stay what they are.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}
