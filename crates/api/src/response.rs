//! What a success looks like.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// `{ "data": … }`, and `"meta"` where there is something to say about the data.
#[derive(Debug, Serialize)]
pub(crate) struct Data<T, M = ()> {
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<M>,
}

impl<T> Data<T> {
    pub(crate) fn new(data: T) -> Self {
        Self { data, meta: None }
    }
}

impl<T, M> Data<T, M> {
    pub(crate) fn with_meta(data: T, meta: M) -> Self {
        Self { data, meta: Some(meta) }
    }
}

impl<T: Serialize, M: Serialize> IntoResponse for Data<T, M> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// A list, each of its entries as JSON shows it.
pub(crate) fn list<T, V: From<T>>(entries: Vec<T>) -> Data<Vec<V>> {
    Data::new(entries.into_iter().map(V::from).collect())
}
