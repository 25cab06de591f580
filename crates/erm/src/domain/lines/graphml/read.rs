//! Reading GraphML, one event of a parser after another.

use std::{borrow::Cow, collections::HashMap, mem};

use quick_xml::{
    XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use serde_json::{Number, Value};

use crate::domain::{
    lines::{
        EdgeLine, EntityLine, Line, SchemaLine,
        graphml::{ENCODING, EXTERNAL_KEY, OTHER, SCHEMA, TYPE},
    },
    properties::Properties,
};

/// What the text of data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Whole,
    Number,
    Boolean,
}

/// What is told under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    Schema,
    Type,
    ExternalKey,
    Other,
    Property(String, Kind),
}

/// A node or an edge, as far as it is read.
#[derive(Debug, Default)]
struct Element {
    /// The ends of an edge.
    ends: Option<[String; 2]>,
    id: Option<String>,
    of_type: Option<String>,
    external_key: Option<String>,
    properties: Properties,
    /// What is wrong with it.
    problem: Option<String>,
}

/// Data, as far as it is read.
#[derive(Debug)]
struct Data {
    key: String,
    is_json: bool,
    text: String,
}

/// Makes lines of the events of a document.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    keys: HashMap<String, Meaning>,
    element: Option<Element>,
    data: Option<Data>,
    has_graph: bool,
}

impl Reader {
    /// What the document has said with this event; an error is about one node or edge alone.
    pub(crate) fn take(&mut self, event: Event<'_>) -> Result<Option<Line>, String> {
        match event {
            Event::Start(start) => self.begin(&start).map(|()| None),
            Event::Empty(start) => {
                self.begin(&start)?;
                self.end(start.local_name().as_ref())
            }
            Event::End(end) => self.end(end.local_name().as_ref()),
            Event::Text(text) => {
                self.text(&text.xml_content(XmlVersion::Implicit1_0));
                Ok(None)
            }
            Event::CData(text) => {
                self.text(&text.xml_content(XmlVersion::Implicit1_0));
                Ok(None)
            }
            Event::GeneralRef(reference) => {
                self.reference(&reference);
                Ok(None)
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => {
                Ok(None)
            }
        }
    }

    /// Whether it was a graph at all.
    pub(crate) fn has_graph(&self) -> bool {
        self.has_graph
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        match start.local_name().as_ref() {
            "graph" => self.has_graph = true,
            "key" => self.declare(start),
            "node" => {
                let id = attribute(start, "id");
                self.element = Some(Element { id, ..Element::default() });
            }
            "edge" => {
                let ends = [attribute(start, "source"), attribute(start, "target")];
                let [Some(source), Some(target)] = ends else {
                    self.element = None;
                    return Err("an edge has a source and a target".to_owned());
                };
                let ends = Some([source, target]);
                self.element = Some(Element { ends, ..Element::default() });
            }
            "data" => {
                let key = attribute(start, "key").unwrap_or_default();
                let is_json = attribute(start, ENCODING).as_deref() == Some("json");
                self.data = Some(Data { key, is_json, text: String::new() });
            }
            _ => {}
        }
        Ok(())
    }

    fn declare(&mut self, start: &BytesStart<'_>) {
        let Some(id) = attribute(start, "id") else { return };
        let meaning = match id.as_str() {
            SCHEMA => Meaning::Schema,
            TYPE => Meaning::Type,
            EXTERNAL_KEY => Meaning::ExternalKey,
            OTHER => Meaning::Other,
            _ => {
                let name = attribute(start, "attr.name").unwrap_or_else(|| id.clone());
                let kind = match attribute(start, "attr.type").as_deref() {
                    Some("boolean") => Kind::Boolean,
                    Some("int" | "long") => Kind::Whole,
                    Some("float" | "double") => Kind::Number,
                    _ => Kind::Text,
                };
                // Documents of others have no better word for it.
                let has_own = self.keys.values().any(|meaning| *meaning == Meaning::Type);
                if name == "type" && !has_own {
                    Meaning::Type
                } else {
                    Meaning::Property(name, kind)
                }
            }
        };
        self.keys.insert(id, meaning);
    }

    fn text(&mut self, text: &str) {
        if let Some(data) = &mut self.data {
            data.text.push_str(text);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let character = reference.resolve_char_ref().ok().flatten();
        let text = character.map(|character| Cow::Owned(String::from(character)));
        match text.or_else(|| resolve_predefined_entity(reference).map(Cow::Borrowed)) {
            Some(text) => self.text(&text),
            None => self.note(format!("&{}; means nothing here", &**reference)),
        }
    }

    fn note(&mut self, problem: String) {
        if let Some(element) = &mut self.element {
            element.problem.get_or_insert(problem);
        }
    }

    fn end(&mut self, name: &str) -> Result<Option<Line>, String> {
        match name {
            "data" => self.told(),
            "node" | "edge" => match self.element.take() {
                Some(element) => element.line().map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// The data of a key is complete.
    fn told(&mut self) -> Result<Option<Line>, String> {
        let Some(Data { key, is_json, mut text }) = self.data.take() else { return Ok(None) };
        if is_json {
            match serde_json::from_str(&text) {
                Ok(decoded) => text = decoded,
                Err(_) => self.note(format!("the data of key {key:?} is no text in JSON")),
            }
        }
        let meaning = self.keys.get(&key).cloned();
        match (meaning, &mut self.element) {
            (Some(Meaning::Schema), None) => {
                let schema: SchemaLine = serde_json::from_str(&text)
                    .map_err(|error| format!("the schema is none: {error}"))?;
                return Ok(Some(Line::Schema(schema)));
            }
            (Some(Meaning::Type), Some(element)) => element.of_type = Some(text),
            (Some(Meaning::ExternalKey), Some(element)) => element.external_key = Some(text),
            (Some(Meaning::Other), Some(element)) => match serde_json::from_str(&text) {
                Ok(Value::Object(properties)) => element.properties.extend(properties),
                _ => self.note(format!("the data of key {key:?} is no object in JSON")),
            },
            (Some(Meaning::Property(name, kind)), Some(element)) => match kind.value(text) {
                Ok(value) => {
                    element.properties.insert(name, value);
                }
                Err(text) => self.note(format!("{name} cannot be {text:?}")),
            },
            (None, Some(_)) => self.note(format!("key {key:?} is not declared")),
            // What is said of the graph as a whole.
            (_, _) => {}
        }
        Ok(None)
    }
}

impl Kind {
    /// The value that is written so, or else the text.
    fn value(self, text: String) -> Result<Value, String> {
        let trimmed = text.trim();
        let value = match self {
            Self::Text => return Ok(Value::String(text)),
            Self::Whole => trimmed.parse::<i64>().ok().map(Value::from),
            Self::Number => serde_json::from_str::<Number>(trimmed).ok().map(Value::Number),
            Self::Boolean => match trimmed {
                "true" | "1" => Some(Value::Bool(true)),
                "false" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
        };
        value.ok_or(text)
    }
}

impl Element {
    fn line(mut self) -> Result<Line, String> {
        if let Some(problem) = mem::take(&mut self.problem) {
            return Err(problem);
        }
        let Self { ends, id, of_type, external_key, properties, problem: _ } = self;
        let of_type = of_type.ok_or("has no data of the key of types")?;
        Ok(match ends {
            None => Line::Entity(EntityLine { id, entity_type: of_type, external_key, properties }),
            Some([source_id, target_id]) => {
                Line::Edge(EdgeLine { edge_type: of_type, source_id, target_id, properties })
            }
        })
    }
}

/// What an attribute says.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok().flatten()?;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}
