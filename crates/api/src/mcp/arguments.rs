//! What tools are given, and how clients are told of it.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

/// An argument of a tool.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    pub(super) description: &'static str,
}

/// What an argument is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Flag,
    Texts,
    Integer,
}

/// In which workspace a tool does something.
pub(super) const WORKSPACE: Argument = optional(
    "workspace",
    Kind::Text,
    "The slug of the workspace; the first that the key reaches if it is left out.",
);

pub(super) const fn required(name: &'static str, description: &'static str) -> Argument {
    Argument { name, kind: Kind::Text, is_required: true, description }
}

pub(super) const fn optional(
    name: &'static str,
    kind: Kind,
    description: &'static str,
) -> Argument {
    Argument { name, kind, is_required: false, description }
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text | Self::Word(_) => "string",
            Self::Flag => "boolean",
            Self::Texts => "array",
            Self::Integer => "integer",
        }
    }
}

impl Argument {
    pub(super) const fn necessity(&self) -> &'static str {
        if self.is_required { "required" } else { "optional" }
    }

    fn schema(&self) -> Value {
        let mut schema = json!({ "type": self.kind.as_str(), "description": self.description });
        if let Kind::Word(words) = self.kind {
            schema["enum"] = json!(words);
        }
        if let Kind::Texts = self.kind {
            schema["items"] = json!({ "type": "string" });
        }
        schema
    }
}

/// The JSON Schema of what a tool is given.
pub(super) fn schema(arguments: &[Argument]) -> Arc<JsonObject> {
    let properties: JsonObject =
        arguments.iter().map(|argument| (argument.name.to_owned(), argument.schema())).collect();
    let required: Vec<&str> = arguments
        .iter()
        .filter(|argument| argument.is_required)
        .map(|argument| argument.name)
        .collect();
    let schema = [
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
        ("required".to_owned(), json!(required)),
    ];
    Arc::new(schema.into_iter().collect())
}
