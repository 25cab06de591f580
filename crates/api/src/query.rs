//! What stands behind the question mark of an address.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde_json::Value;

use crate::{
    error::ApiError,
    fields::{Fields, FromFields},
    state::Api,
};

/// What the query says; of a parameter that stands there twice, the last counts.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromFields> FromRequestParts<Api> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| ApiError::malformed_query())?;
        let values = pairs.0.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
        Fields::read(values).map(Self)
    }
}
