//! How much the graph of a workspace may hold, how far a walk goes, and how long what was deleted can come back.

use std::time::Duration;

use crate::domain::quota::Quota;

/// The limits of graphs, for every workspace alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErmOptions {
    /// How much a graph may hold.
    pub quota: Quota,
    /// How far a walk goes.
    pub bounds: Bounds,
    /// Of which part of all walks an event tells, from 0 to 1.
    pub sampled_traversals: f64,
    /// How long a deleted entity or edge can be restored; then it is forgotten.
    pub retention: Duration,
}

/// How far a walk through a graph goes before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// It comes by so many entities at most.
    pub visited: usize,
    /// It takes so long at most.
    pub time: Duration,
}

impl Default for ErmOptions {
    fn default() -> Self {
        Self {
            quota: Quota::default(),
            bounds: Bounds::default(),
            sampled_traversals: 0.0,
            retention: Duration::from_hours(30 * 24),
        }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { visited: 100_000, time: Duration::from_secs(5) }
    }
}
