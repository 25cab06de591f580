//! What the accounts say.

use chrono::{DateTime, Utc};
use perme8_events::{UserId, WorkspaceId};
use serde::Serialize;

use crate::domain::model_name::ModelName;

/// Which calls count.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsageFilter {
    /// Of this person alone.
    pub user_id: Option<UserId>,
    /// In this workspace alone.
    pub workspace_id: Option<WorkspaceId>,
    /// That began then or later.
    pub since: Option<DateTime<Utc>>,
}

/// What was asked of a model for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelUsage {
    /// Which model.
    #[serde(serialize_with = "as_text")]
    pub model: ModelName,
    /// What for.
    pub purpose: String,
    /// How many calls.
    pub calls: u64,
    /// Those of them that are being answered.
    pub running: u64,
    /// Those of them that somebody cancelled.
    pub cancelled: u64,
    /// Those of them that failed, or whose host broke down.
    pub failed: u64,
    /// Those of them whose tokens were counted roughly.
    pub estimated: u64,
    /// What was said to the model.
    pub prompt_tokens: u64,
    /// What it said.
    pub completion_tokens: u64,
    /// What that costs in billionths of the currency of the price list; nothing where no call had a price.
    pub cost_nanos: Option<u64>,
}

fn as_text<S: serde::Serializer>(name: &ModelName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.as_str())
}
