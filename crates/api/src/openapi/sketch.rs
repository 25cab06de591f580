//! What is found out of an operation, before it is written down.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::fields::{
    FromFields,
    recorded::{Known, Place},
};

/// Where the document has its schemas.
const SCHEMAS: &str = "/components/schemas";

/// The schemas of what is answered, by their names.
#[derive(Debug)]
pub(crate) struct Schemas(SchemaGenerator);

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Media {
    Json,
    Csv,
    JsonLines,
    Markdown,
    Prometheus,
    EventStream,
    GraphMl,
    Zip,
}

/// Who may ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Who {
    #[default]
    Everybody,
    /// People, and keys where the route is for them.
    Callers,
    /// People alone.
    People,
    Operators,
}

/// A success.
#[derive(Debug, Default)]
pub(super) struct Success {
    pub(super) content: BTreeMap<Media, Vec<Value>>,
    pub(super) headers: BTreeMap<&'static str, &'static str>,
}

/// An operation, as far as its types tell of it.
#[derive(Debug)]
pub(crate) struct Sketch<'a> {
    schemas: &'a mut Schemas,
    pub(super) who: Who,
    /// Whether a ticket in the address shows the session as well.
    pub(super) takes_tickets: bool,
    /// Whether operators may ask, too.
    pub(super) is_for_operators: bool,
    /// The schemas of what the address names.
    pub(super) segments: BTreeMap<&'static str, Value>,
    /// What stands in the query and in headers.
    pub(super) parameters: Vec<Value>,
    /// Of which some are named by the row of the operation alone.
    pub(super) has_free_query: bool,
    pub(super) body: Option<Asked>,
    pub(super) successes: BTreeMap<u16, Success>,
    /// Statuses of refusals that its parts have.
    pub(super) refusals: Vec<StatusCode>,
}

/// The body that an operation takes.
#[derive(Debug)]
pub(super) enum Asked {
    /// JSON of this schema.
    Fields(Value),
    /// JSON of which the row of the operation alone names the fields.
    Free,
    /// A file.
    File,
}

impl Media {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::JsonLines => "application/x-ndjson",
            Self::Markdown => "text/markdown",
            Self::Prometheus => "text/plain",
            Self::EventStream => "text/event-stream",
            Self::GraphMl => "application/graphml+xml",
            Self::Zip => "application/zip",
        }
    }

    /// Of whatever is no JSON.
    pub(crate) fn schema(self) -> Value {
        match self {
            Self::Json | Self::Zip => json!({}),
            Self::Csv
            | Self::JsonLines
            | Self::Markdown
            | Self::Prometheus
            | Self::EventStream
            | Self::GraphMl => json!({ "type": "string" }),
        }
    }
}

impl Schemas {
    pub(super) fn new() -> Self {
        let of_document = |settings: &mut SchemaSettings| {
            settings.definitions_path = SCHEMAS.into();
            settings.meta_schema = None;
        };
        Self(SchemaSettings::draft2020_12().with(of_document).for_serialize().into_generator())
    }

    /// All of them.
    pub(super) fn take(mut self) -> Map<String, Value> {
        self.0.take_definitions(true)
    }
}

impl<'a> Sketch<'a> {
    pub(super) fn new(schemas: &'a mut Schemas) -> Self {
        Self {
            schemas,
            who: Who::default(),
            takes_tickets: false,
            is_for_operators: false,
            segments: BTreeMap::new(),
            parameters: Vec::new(),
            has_free_query: false,
            body: None,
            successes: BTreeMap::new(),
            refusals: Vec::new(),
        }
    }

    /// How JSON shows this.
    pub(crate) fn schema<T: JsonSchema>(&mut self) -> Value {
        self.schemas.0.subschema_for::<T>().to_value()
    }

    /// Asks who it is.
    pub(crate) fn is_for(&mut self, who: Who) {
        self.who = who;
        self.refuses(StatusCode::UNAUTHORIZED);
        self.refuses(StatusCode::FORBIDDEN);
    }

    /// Is refused like this.
    pub(crate) fn refuses(&mut self, status: StatusCode) {
        self.refusals.push(status);
    }

    /// Takes a segment of the address.
    pub(crate) fn segment(&mut self, name: &'static str, schema: Value) {
        self.segments.insert(name, schema);
        self.refuses(StatusCode::NOT_FOUND);
    }

    /// Takes these fields of the query.
    pub(crate) fn query<T: FromFields>(&mut self) {
        for (name, is_needed, mut schema) in Known::of::<T>().fields(Place::Query) {
            let mut parameter = json!({ "name": name, "in": "query", "required": is_needed });
            if let Some(description) =
                schema.as_object_mut().and_then(|it| it.remove("description"))
            {
                parameter["description"] = description;
            }
            parameter["schema"] = schema;
            self.parameters.push(parameter);
        }
        self.refuses(StatusCode::UNPROCESSABLE_ENTITY);
    }

    /// Takes these fields of a body.
    pub(crate) fn fields<T: FromFields>(&mut self) {
        self.takes(Asked::Fields(Known::of::<T>().body()));
    }

    pub(super) fn takes(&mut self, body: Asked) {
        self.body = Some(body);
        for status in [
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ] {
            self.refuses(status);
        }
    }

    /// Looks at a header that may be there.
    pub(crate) fn header(&mut self, name: &'static str, description: &'static str) {
        self.parameters.push(json!({
            "name": name,
            "in": "header",
            "required": false,
            "description": description,
            "schema": { "type": "string" },
        }));
    }

    /// Answers with this.
    pub(crate) fn answer(&mut self, status: u16, media: Media, schema: Value) {
        let schemas = self.successes.entry(status).or_default().content.entry(media).or_default();
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }

    /// Answers with nothing.
    pub(crate) fn answer_without_body(&mut self, status: u16) {
        self.successes.entry(status).or_default();
    }

    /// Says something in a header of each success.
    pub(crate) fn answer_header(&mut self, name: &'static str, description: &'static str) {
        for success in self.successes.values_mut() {
            success.headers.insert(name, description);
        }
    }
}
