//! What stands in the accounts of a call.

use chrono::{DateTime, Utc};

use crate::domain::{
    call::{Call, OVER_AFTER},
    model_name::ModelName,
    models::Models,
    told::Usage,
};

/// What a call took, or will have taken at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bill {
    pub(crate) usage: Usage,
    /// In billionths, where there is a price.
    pub(crate) cost: Option<u64>,
}

impl Bill {
    pub(crate) fn of(models: &Models, model: &ModelName, usage: Usage) -> Self {
        Self { usage, cost: models.cost(model, &usage) }
    }

    /// What a call takes of which nobody hears any more: what was said, counted roughly.
    pub(crate) fn of_the_question(models: &Models, model: &ModelName, call: &Call) -> Self {
        let prompt_tokens = call.estimated_tokens();
        let usage = Usage { prompt_tokens, completion_tokens: 0, is_estimated: true };
        Self::of(models, model, usage)
    }
}

/// When a call that has begun now is over, whatever became of it.
pub(crate) fn deadline(now: DateTime<Utc>) -> DateTime<Utc> {
    now + OVER_AFTER
}
