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
        EdgeLine, EntityLine, LONGEST, Line, SchemaLine,
        graphml::{ENCODING, EXTERNAL_KEY, OTHER, SCHEMA, TYPE},
    },
    names::shown,
    properties::Properties,
};

/// No schema has more properties: two hundred types of entities and of edges, a hundred of each.
const MOST_KEYS: usize = 40_000;
/// The longest id or name of a key, in bytes.
const LONGEST_KEY: usize = 255;

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
    /// So many nodes and edges within it have begun and not ended.
    within: usize,
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
    /// How much text stands in the node, the edge or the data of the graph that is read.
    length: usize,
    /// So many elements of any name have begun and not ended.
    depth: usize,
    has_graph: bool,
    has_given_up: bool,
}

impl Reader {
    /// What the document has said with this event; an error is about one thing in it alone, unless the reader has given up.
    pub(crate) fn take(&mut self, event: Event<'_>) -> Result<Option<Line>, String> {
        match event {
            Event::Start(start) => {
                self.depth += 1;
                self.begin(&start).map(|()| None)
            }
            Event::Empty(start) => {
                self.begin(&start)?;
                self.end(start.local_name().as_ref())
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                self.end(end.local_name().as_ref())
            }
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
            Event::Eof if self.depth > 0 => {
                Err("the document ends before its elements do".to_owned())
            }
            Event::Eof if !self.has_graph => Err("the document has no graph".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => {
                Ok(None)
            }
        }
    }

    /// Whether nothing can be made of what follows.
    pub(crate) fn has_given_up(&self) -> bool {
        self.has_given_up
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        match start.local_name().as_ref() {
            "graph" => self.graph(start),
            "key" => self.declare(start),
            "default" => Err("keys have no default here: say the value of each node".to_owned()),
            "hyperedge" => Err("edges join two nodes here, not more".to_owned()),
            name @ ("node" | "edge") => match &mut self.element {
                Some(outer) => {
                    outer.within += 1;
                    self.note(|| format!("has a {name} within it"));
                    Ok(())
                }
                None => self.element(name, start),
            },
            "data" => {
                let is_of_graph = self.element.is_none();
                // What is said of a node within a node is said of neither.
                if self.element.as_ref().is_none_or(|element| element.within == 0) {
                    self.length = if is_of_graph { 0 } else { self.length };
                    let key = attribute(start, "key").unwrap_or_default();
                    let is_json = attribute(start, ENCODING).as_deref() == Some("json");
                    self.data = Some(Data { key, is_json, text: String::new() });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn graph(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        self.has_graph = true;
        let is_directed = attribute(start, "edgedefault").is_none_or(|said| said != "undirected");
        let told = "edges have a direction here: those of this graph lead from source to target";
        if is_directed { Ok(()) } else { Err(told.to_owned()) }
    }

    fn element(&mut self, name: &str, start: &BytesStart<'_>) -> Result<(), String> {
        self.length = 0;
        let mut element = Element::default();
        if name == "node" {
            element.id = attribute(start, "id");
        } else {
            let ends = [attribute(start, "source"), attribute(start, "target")];
            let [Some(source), Some(target)] = ends else {
                return Err("an edge has a source and a target".to_owned());
            };
            element.ends = Some([source, target]);
            if attribute(start, "directed").as_deref() == Some("false") {
                element.problem = Some("edges have a direction here".to_owned());
            }
        }
        self.element = Some(element);
        Ok(())
    }

    fn declare(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        let Some(id) = attribute(start, "id") else { return Ok(()) };
        let name = attribute(start, "attr.name").unwrap_or_else(|| id.clone());
        if id.len().max(name.len()) > LONGEST_KEY {
            return Err(format!("key {} has too long a name", shown(&id)));
        }
        if self.keys.len() >= MOST_KEYS {
            self.has_given_up = true;
            return Err(format!("the document declares more than {MOST_KEYS} keys"));
        }
        let meaning = match id.as_str() {
            SCHEMA => Meaning::Schema,
            TYPE => Meaning::Type,
            EXTERNAL_KEY => Meaning::ExternalKey,
            OTHER => Meaning::Other,
            // Documents of others have no better word for it.
            _ if name == "type" && !self.keys.contains_key(TYPE) => Meaning::Type,
            _ => {
                let kind = match attribute(start, "attr.type").as_deref() {
                    Some("boolean") => Kind::Boolean,
                    Some("int" | "long") => Kind::Whole,
                    Some("float" | "double") => Kind::Number,
                    _ => Kind::Text,
                };
                Meaning::Property(name, kind)
            }
        };
        self.keys.insert(id, meaning);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(data) = &mut self.data {
            self.length += text.len();
            if self.length <= LONGEST {
                data.text.push_str(text);
            }
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let character = reference.resolve_char_ref().ok().flatten();
        let text = character.map(|character| Cow::Owned(String::from(character)));
        match text.or_else(|| resolve_predefined_entity(reference).map(Cow::Borrowed)) {
            Some(text) => self.text(&text),
            None => self.note(|| format!("&{}; means nothing here", &**reference)),
        }
    }

    fn note(&mut self, problem: impl FnOnce() -> String) {
        if let Some(element) = &mut self.element {
            element.problem.get_or_insert_with(problem);
        }
    }

    fn end(&mut self, name: &str) -> Result<Option<Line>, String> {
        match name {
            "data" => self.told(),
            "node" | "edge" => match &mut self.element {
                Some(outer) if outer.within > 0 => {
                    outer.within -= 1;
                    Ok(None)
                }
                Some(_) | None => self.element.take().map(Element::line).transpose(),
            },
            _ => Ok(None),
        }
    }

    /// The data of a key is complete.
    fn told(&mut self) -> Result<Option<Line>, String> {
        let Some(Data { key, is_json, mut text }) = self.data.take() else { return Ok(None) };
        let meaning = self.keys.get(&key).cloned();
        if self.length > LONGEST {
            self.note(too_long);
            let is_schema = meaning == Some(Meaning::Schema) && self.element.is_none();
            return if is_schema { Err(format!("the schema {}", too_long())) } else { Ok(None) };
        }
        if is_json {
            match serde_json::from_str(&text) {
                Ok(decoded) => text = decoded,
                Err(_) => {
                    self.note(|| format!("the data of key {} is no text in JSON", shown(&key)));
                }
            }
        }
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
                _ => self.note(|| format!("the data of key {} is no object in JSON", shown(&key))),
            },
            (Some(Meaning::Property(name, kind)), Some(element)) => match kind.value(text) {
                Ok(value) => {
                    element.properties.insert(name, value);
                }
                Err(text) => self.note(|| format!("{} cannot be {}", name, shown(&text))),
            },
            (None, Some(_)) => self.note(|| format!("key {} is not declared", shown(&key))),
            // What is said of the graph as a whole.
            (_, _) => {}
        }
        Ok(None)
    }
}

fn too_long() -> String {
    format!("is longer than {LONGEST} bytes")
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
        let Self { ends, id, of_type, external_key, properties, .. } = self;
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
