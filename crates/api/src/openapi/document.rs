//! The document itself.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{auth::COOKIE_NAME, error::codes::CODES, router, routing::Operation};

use super::{
    sketch::{Asked, Media, Schemas, Sketch, Success, Who},
    table::{self, Named, Row},
};

/// What it is about.
const DESCRIPTION: &str = "The HTTP edge of perme8: what programs ask it, and what it answers.\n\n\
    A success is `{\"data\": …}`, with `\"meta\"` where there is something to say about the data. \
    A failure has a `code`, and the `request_id` that every response has in the header `x-request-id`. \
    A list that takes `limit` and `after` comes in pages: `meta.next` is the `after` of the next page, or null on the last one.\n\n\
    The pages for people (HTML) are no part of this, nor is the Model Context Protocol at `/mcp`, which tells what it can do by itself. \
    What streams of events and sockets carry is told by the AsyncAPI document.";

/// What each refusal means that follows from the types of an operation.
const REFUSALS: [(StatusCode, &str); 8] = [
    (StatusCode::UNAUTHORIZED, "Nobody is named who may ask."),
    (StatusCode::FORBIDDEN, "Whoever asks may not do this."),
    (
        StatusCode::NOT_FOUND,
        "There is nothing at this address, or nothing that the caller may know of.",
    ),
    (StatusCode::PRECONDITION_FAILED, "It has changed since it was seen."),
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not what it has to be."),
    (StatusCode::UNPROCESSABLE_ENTITY, "Something that was sent is not as it has to be."),
    (StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket."),
];

/// This edge as an OpenAPI document, of the version 3.1.
#[must_use]
pub fn openapi() -> Value {
    let rows = table::rows();
    let mut schemas = Schemas::new();
    let mut ids = BTreeSet::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (path, operation) in router::contract().operations() {
        let mut sketch = Sketch::new(&mut schemas);
        (operation.sketch)(&mut sketch);
        let method = operation.method.to_uppercase();
        let row = rows.get(&(method.as_str(), *path)).copied();
        let described = described(operation, &sketch, row, &mut ids);
        paths.entry(*path).or_default().insert(operation.method.to_owned(), described);
    }
    let mut components = schemas.take();
    components.insert("Error".to_owned(), error());
    json!({
        "openapi": "3.1.0",
        "info": { "title": "perme8", "version": "1", "description": DESCRIPTION },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": responses(),
            "securitySchemes": schemes(),
        },
    })
}

fn described(
    operation: &Operation,
    sketch: &Sketch<'_>,
    row: Option<Row>,
    ids: &mut BTreeSet<String>,
) -> Value {
    let name = named(operation.handler);
    let tag = name.split('.').next().unwrap_or_default();
    let mut value = json!({
        "operationId": id(&name, operation.method, ids),
        "tags": [tag],
        "responses": answers(sketch),
        "security": security(operation, sketch),
    });
    let fields = row.map(Row::fields).unwrap_or_default();
    if let Some(row) = row {
        if let Some(summary) = row.summary() {
            value["summary"] = summary.into();
        }
        value["description"] = description(row).into();
    }
    let parameters = parameters(sketch, &fields);
    if !parameters.is_empty() {
        value["parameters"] = parameters.into();
    }
    if let Some(body) = body(sketch, &fields) {
        value["requestBody"] = body;
    }
    value
}

/// The path of a handler within this crate.
fn named(handler: &str) -> String {
    let path = handler.split_once("::").map_or(handler, |(_, path)| path);
    path.replace("::", ".")
}

/// What the operation is called: as its handler, and if that has several, as what is different.
fn id(name: &str, method: &str, ids: &mut BTreeSet<String>) -> String {
    let others = (2..).map(|number| format!("{name}.{method}.{number}"));
    let names = [name.to_owned(), format!("{name}.{method}")].into_iter().chain(others);
    let mut free = names.filter(|name| ids.insert(name.clone()));
    free.next().expect("there is always one more number")
}

fn description(Row { takes, success, who: _ }: Row) -> String {
    if takes.is_empty() { success.to_owned() } else { format!("{success}\n\nTakes {takes}.") }
}

fn parameters(sketch: &Sketch<'_>, named: &[Named]) -> Vec<Value> {
    let segment = |(name, schema): (&&str, &Value)| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    let free = named.iter().filter(|_| sketch.has_free_query).map(free_parameter);
    let segments = sketch.segments.iter().map(segment);
    segments.chain(sketch.parameters.iter().cloned()).chain(free).collect()
}

/// A parameter that is known by its row alone.
fn free_parameter(Named { name, is_needed, about }: &Named) -> Value {
    let mut parameter = match name.strip_suffix("[…]") {
        Some(name) => json!({
            "name": name,
            "in": "query",
            "style": "deepObject",
            "explode": true,
            "schema": { "type": "object" },
        }),
        None => json!({ "name": name, "in": "query", "schema": { "type": "string" } }),
    };
    parameter["required"] = (*is_needed).into();
    if let Some(about) = about {
        parameter["description"] = (*about).into();
    }
    parameter
}

fn body(sketch: &Sketch<'_>, named: &[Named]) -> Option<Value> {
    let (media, schema) = match sketch.body.as_ref()? {
        Asked::Fields(schema) => (Media::Json.name(), schema.clone()),
        Asked::Free => (Media::Json.name(), free_body(named)),
        Asked::File => ("application/octet-stream", json!({})),
    };
    Some(json!({ "required": true, "content": { media: { "schema": schema } } }))
}

/// A body of which the fields are known by the row alone.
fn free_body(named: &[Named]) -> Value {
    let property = |Named { name, is_needed: _, about }: &Named| {
        let schema = about.map_or_else(|| json!({}), |about| json!({ "description": about }));
        ((*name).to_owned(), schema)
    };
    let properties: Map<String, Value> = named.iter().map(property).collect();
    let needed: Vec<&str> =
        named.iter().filter(|named| named.is_needed).map(|named| named.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    schema
}

fn answers(sketch: &Sketch<'_>) -> Value {
    let mut answers = Map::new();
    for status in &sketch.refusals {
        let refusal = format!("#/components/responses/{}", component(*status));
        answers.insert(status.as_u16().to_string(), json!({ "$ref": refusal }));
    }
    for (status, success) in &sketch.successes {
        answers.insert(status.to_string(), shown(*status, success));
    }
    answers.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Error" }));
    answers.into()
}

fn shown(status: u16, Success { content, headers }: &Success) -> Value {
    let description = StatusCode::from_u16(status).map_or("Success", reason);
    let mut answer = json!({ "description": description });
    for (media, schemas) in content {
        let schema = match &schemas[..] {
            [one] => one.clone(),
            several => json!({ "anyOf": several }),
        };
        answer["content"][media.name()] = json!({ "schema": schema });
    }
    for (name, description) in headers {
        answer["headers"][name] =
            json!({ "description": description, "schema": { "type": "string" } });
    }
    answer
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}

/// The name of a refusal among the components.
fn component(status: StatusCode) -> String {
    reason(status).replace(' ', "")
}

/// Who may ask, and by what they show who they are: one of these.
fn security(operation: &Operation, sketch: &Sketch<'_>) -> Value {
    let mut ways = match sketch.who {
        Who::Everybody => Vec::new(),
        Who::Callers | Who::People => vec![json!({ "cookie": [] }), json!({ "session": [] })],
        Who::Operators => vec![json!({ "operator": [] })],
    };
    if let (Who::Callers, Some(scope)) = (sketch.who, operation.scope) {
        ways.push(json!({ "api_key": [scope.as_str()] }));
    }
    if sketch.is_for_operators {
        ways.push(json!({ "operator": [] }));
    }
    if sketch.takes_tickets {
        ways.push(json!({ "ticket": [] }));
    }
    ways.into()
}

fn schemes() -> Value {
    json!({
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE_NAME,
            "description": "The session of a browser, which `POST /api/sessions` begins.",
        },
        "session": {
            "type": "http",
            "scheme": "bearer",
            "description": "The `token` that `POST /api/sessions` answers with.",
        },
        "api_key": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of an API key, which needs the scope that stands beside it, and reaches the workspaces of its list.",
        },
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "ticket",
            "description": "A ticket of `POST /api/tickets`: good for one handshake within 60 seconds.",
        },
        "operator": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of operators, which the host is configured with.",
        },
    })
}

/// The body of every failure.
fn error() -> Value {
    json!({
        "type": "object",
        "description": "Why something was not done. There may be more, of which the description of the operation tells.",
        "required": ["code", "request_id"],
        "properties": {
            "code": { "type": "string", "enum": CODES, "description": "What programs know it by." },
            "error": { "type": "string", "description": "For people; of graphs a word." },
            "message": { "type": "string", "description": "For people, where `error` is a word." },
            "errors": {
                "type": ["object", "array"],
                "description": "What is wrong with each field; of graphs a list with `field` and `message`.",
            },
            "data": { "description": "What there is instead of what was seen, or what was done before it failed." },
            "request_id": { "type": "string", "description": "The request, as logs and events know it." },
        },
    })
}

fn responses() -> Value {
    let media = Media::Json.name();
    let content = json!({ media: { "schema": { "$ref": "#/components/schemas/Error" } } });
    let refusal = |(status, description): (StatusCode, &str)| {
        let value = json!({ "description": description, "content": content });
        (component(status), value)
    };
    let mut responses: Map<String, Value> = REFUSALS.into_iter().map(refusal).collect();
    let other = json!({ "description": "What went wrong.", "content": content });
    responses.insert("Error".to_owned(), other);
    responses.into()
}

#[cfg(test)]
mod tests;
