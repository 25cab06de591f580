//! What happens in the workspaces: a fact that has its number, and the time at which it was committed.

use std::time::{SystemTime, UNIX_EPOCH};

use perme8_events::{DomainEvent, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Emitted again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "bench.ticked", aggregate = "tick", audience(workspace))]
pub(crate) struct Ticked {
    /// Which one.
    #[event(aggregate_id)]
    pub(crate) tick: u64,
    /// Where.
    #[event(workspace_id)]
    pub(crate) workspace_id: WorkspaceId,
    /// As much as a usual event says, or more.
    pub(crate) text: String,
}

/// What the host is to do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Events per second over all workspaces.
    pub(crate) rate: u32,
    pub(crate) seconds: u32,
    /// Large events per second in the busy workspace.
    pub(crate) busy_rate: u32,
}

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tick {
    pub(crate) number: u64,
    pub(crate) workspace: usize,
    /// In microseconds since 1970.
    pub(crate) committed_at: u64,
}

/// The clock that both processes read.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(since.as_micros()).expect("microseconds of this millennium fit")
}
