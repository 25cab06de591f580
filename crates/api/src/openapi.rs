//! What this edge is for programs: its operations, as an OpenAPI document.
//!
//! Nothing of it is written twice. Which operations there are is told by the routes; what they take and answer, by the types of
//! their handlers; which fields a body and a query have, by whoever reads them; and what people read of it, by the table in the
//! README. So whatever is changed there is changed here, too.

mod described;
mod document;
mod extractors;
mod sketch;
mod table;

use std::sync::LazyLock;

use axum::{body::Bytes, http::header::CONTENT_TYPE};
use serde_json::json;

use crate::response::As;

pub(crate) use described::{Answers, Described};
pub use document::openapi;
pub(crate) use sketch::{Media, Sketch};

/// Where the document is.
pub(crate) const PATH: &str = "/api/openapi.json";

/// The document, as it is sent.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| openapi().to_string().into());

/// A document of this kind.
#[derive(Debug)]
pub(crate) struct Document;

impl Answers for Document {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        on.answer(status, Media::Json, json!({ "type": "object" }));
    }
}

/// `GET /api/openapi.json`
pub(crate) async fn show() -> As<Document> {
    As::of(([(CONTENT_TYPE, Media::Json.name())], TEXT.clone()))
}
