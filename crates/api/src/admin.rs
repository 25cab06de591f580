//! What operators see and do.

use perme8_events::host::Operations;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{error::ApiError, state::Api};

pub(crate) mod dead_letters;
pub(crate) mod handlers;
pub(crate) mod queues;

/// So many entries make a list where the client does not say.
const LIST: u8 = 100;

/// Whether something was changed, or was so before.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangedState")]
pub(crate) struct Changed {
    changed: bool,
}

/// How many are tried again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Retried {
    retried: u64,
}

/// What the host lets operators do.
fn operations(api: &Api) -> Result<&Operations, ApiError> {
    api.operations.as_ref().ok_or(ApiError::route_not_found())
}
