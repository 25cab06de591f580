//! How long it takes from the commit of an event to the commit of a handler's effect.

use std::time::Duration;

use serde::Serialize;

/// How latencies were taken, for whoever reads the numbers.
pub(crate) const MEANING: &str = "from the moment the commit of an event was first known (its call returned, the handler \
                                  that emitted it committed, or the live feed showed it) to the commit of the effect";

/// A few numbers about many latencies, in milliseconds.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Latencies {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latencies {
    /// Nothing is said about nothing.
    pub(crate) fn of(mut latencies: Vec<Duration>) -> Option<Self> {
        latencies.sort_unstable();
        let max = *latencies.last()?;
        // The nearest rank: a latency that was really measured, and never too small a one.
        let rank = |percent: usize| latencies[(latencies.len() * percent).div_ceil(100).max(1) - 1];
        Some(Self {
            p50: milliseconds(rank(50)),
            p99: milliseconds(rank(99)),
            max: milliseconds(max),
        })
    }
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(
            Latencies::of(latencies),
            Some(Latencies { p50: 100.0, p99: 198.0, max: 200.0 })
        );
        let one = Latencies::of(vec![Duration::from_millis(3)]);
        assert_eq!(one, Some(Latencies { p50: 3.0, p99: 3.0, max: 3.0 }));
        assert_eq!(Latencies::of(Vec::new()), None);
    }
}
