//! A panic in a handler is a bug, and no reason to tell the client about it or to stop serving others.

use std::any::Any;

use axum::response::{IntoResponse as _, Response};

use crate::error::ApiError;

/// What [`CatchPanicLayer`](tower_http::catch_panic::CatchPanicLayer) answers.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over what it caught")]
pub(crate) fn answer(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text =
        text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("not a text");
    tracing::error!(panic = text, "a handler panicked");
    ApiError::internal().into_response()
}
