//! What is counted and timed, for whoever records it; names and labels stand here alone.
//!
//! No label holds anything of a tenant: purposes and outcomes are words of the program.

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use tokio::time::Instant;

use crate::domain::{
    call::Purpose,
    told::{Ending, Usage},
};

const CALLS: &str = "perme8_llm_calls_total";
const TOKENS: &str = "perme8_llm_tokens_total";
const RUNNING: &str = "perme8_llm_calls_running";
const FIRST_PIECE: &str = "perme8_llm_first_piece_seconds";
const DURATION: &str = "perme8_llm_call_duration_seconds";

/// Says what the metrics of language models mean; for a host, once it has set a recorder.
pub fn describe_metrics() {
    describe_counter!(CALLS, "Calls of language models, by what they came to");
    describe_counter!(TOKENS, "Tokens that were said to language models, and by them");
    describe_gauge!(RUNNING, "Calls of language models that run on this node");
    describe_histogram!(FIRST_PIECE, Unit::Seconds, "From a call to the first piece of its answer");
    describe_histogram!(DURATION, Unit::Seconds, "From a call to the end of its answer");
}

/// A call that was not asked.
pub(super) fn refused(purpose: Purpose, code: &'static str) {
    counter!(CALLS, "purpose" => purpose.as_str(), "outcome" => code).increment(1);
}

/// Counts as a running call until it is dropped.
#[derive(Debug)]
pub(super) struct RunningCall {
    purpose: Purpose,
    started: Instant,
    has_begun: bool,
}

impl RunningCall {
    pub(super) fn new(purpose: Purpose) -> Self {
        gauge!(RUNNING).increment(1.0);
        Self { purpose, started: Instant::now(), has_begun: false }
    }

    /// A piece came; the first one is timed.
    pub(super) fn said(&mut self) {
        if !std::mem::replace(&mut self.has_begun, true) {
            histogram!(FIRST_PIECE, "purpose" => self.purpose.as_str())
                .record(self.started.elapsed());
        }
    }

    pub(super) fn ended(&self, ending: &Ending, usage: &Usage) {
        let outcome = ending.reason().unwrap_or(ending.as_str());
        let purpose = self.purpose.as_str();
        counter!(CALLS, "purpose" => purpose, "outcome" => outcome).increment(1);
        counter!(TOKENS, "purpose" => purpose, "kind" => "prompt").increment(usage.prompt_tokens);
        counter!(TOKENS, "purpose" => purpose, "kind" => "completion")
            .increment(usage.completion_tokens);
        histogram!(DURATION, "purpose" => purpose).record(self.started.elapsed());
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        gauge!(RUNNING).decrement(1.0);
    }
}
