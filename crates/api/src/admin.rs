//! What operators see and do.

use crate::{error::ApiError, state::Api};
use perme8_events::host::Operations;

pub(crate) mod dead_letters;
pub(crate) mod handlers;

/// What the host lets operators do.
fn operations(api: &Api) -> Result<&Operations, ApiError> {
    api.operations.as_ref().ok_or(ApiError::route_not_found())
}
