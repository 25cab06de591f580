//! What is counted and timed, for whoever records it; names and labels stand here alone.
//!
//! No label holds anything of a tenant: names of handlers and outcomes are words of the program.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::infrastructure::{queue::claims::Ended, runtime::Outcome};

const DELIVERIES: &str = "perme8_deliveries_total";
const LATENCY: &str = "perme8_delivery_latency_seconds";
const RUNS: &str = "perme8_job_runs_total";
const RUN_DURATION: &str = "perme8_job_run_duration_seconds";
const STREAMS: &str = "perme8_live_streams";

/// Says what the metrics of the event core mean; for a host, once it has set a recorder.
pub fn describe_metrics() {
    describe_counter!(DELIVERIES, "Deliveries to handlers, by what they came to");
    describe_histogram!(LATENCY, Unit::Seconds, "From an event to the commit of its effect");
    describe_counter!(RUNS, "Runs of jobs, by what they came to");
    describe_histogram!(RUN_DURATION, Unit::Seconds, "How long the worker of a queue takes");
    describe_gauge!(STREAMS, "Live subscriptions that are open on this node");
}

/// What a delivery came to; `age` is how long ago its event happened.
pub(crate) fn delivered(handler: &'static str, outcome: &Outcome, age: chrono::TimeDelta) {
    let word = match outcome {
        Outcome::Handled => {
            histogram!(LATENCY, "handler" => handler).record(age.as_seconds_f64().max(0.0));
            "handled"
        }
        Outcome::Failed { .. } => "failed",
        Outcome::Parked => "parked",
        Outcome::Aside => "aside",
        Outcome::DeadLettered { .. } => "dead_lettered",
    };
    counter!(DELIVERIES, "handler" => handler, "outcome" => word).increment(1);
}

/// What the run of a job came to, and how long it took.
pub(crate) fn ran(queue: &'static str, ended: &Ended, took: Duration) {
    let word = match ended {
        Ended::Done(_) => "done",
        Ended::Again { .. } => "failed",
        Ended::Dead { .. } => "dead",
    };
    histogram!(RUN_DURATION, "queue" => queue).record(took);
    counter!(RUNS, "queue" => queue, "outcome" => word).increment(1);
}

/// Counts as an open live subscription until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenStream(());

impl OpenStream {
    pub(crate) fn new() -> Self {
        gauge!(STREAMS).increment(1.0);
        Self(())
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        gauge!(STREAMS).decrement(1.0);
    }
}
