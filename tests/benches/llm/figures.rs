//! What was measured, as the table of the README.

use std::fmt;

use scenarios::{Comparison, Percentiles};
use serde::Serialize;

use crate::paced::Paced;

/// What one engine does with so many answers at once, and the direct client beside it.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    streams: usize,
    tokens_per_second: f64,
    direct_tokens_per_second: f64,
    /// Of the two, in the median round.
    ratio: f64,
    /// From the provider's letting go of a token to its being heard.
    each: Percentiles,
    direct_each: Percentiles,
    /// From when a question was due to the first token.
    first: Percentiles,
    direct_first: Percentiles,
    /// How late tokens were let go.
    late: Percentiles,
    direct_late: Percentiles,
    /// In kibibytes: what the host has in memory while all of them are open.
    memory: u64,
}

impl Row {
    pub(crate) fn new(streams: usize, pace: &Comparison, relayed: &Paced, direct: &Paced) -> Self {
        Self {
            streams,
            tokens_per_second: pace.ours.per_second,
            direct_tokens_per_second: pace.other.per_second,
            ratio: pace.ratio,
            each: relayed.each,
            direct_each: direct.each,
            first: relayed.first,
            direct_first: direct.first,
            late: relayed.late,
            direct_late: direct.late,
            memory: relayed.memory,
        }
    }

    /// How much later tokens are heard than by the direct client: the p50 of the one less that of the other, and the p99 alike.
    fn added(&self) -> (f64, f64) {
        let Self { each, direct_each, .. } = self;
        (each.p50 - direct_each.p50, each.p99 - direct_each.p99)
    }
}

/// What one engine does.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) engine: &'static str,
    pub(crate) rows: Vec<Row>,
}

impl Figures {
    /// Kibibytes for each answer by which the most at once differ from the fewest.
    fn memory_of_each(&self) -> Option<f64> {
        let fewest = self.rows.iter().min_by_key(|row| row.streams)?;
        let most = self.rows.iter().max_by_key(|row| row.streams)?;
        let more = most.streams - fewest.streams;
        #[expect(clippy::cast_precision_loss, reason = "some gibibytes at most")]
        let each = most.memory.saturating_sub(fewest.memory) as f64 / more as f64;
        (more > 0).then_some(each)
    }

    fn line(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: &str,
        cell: impl Fn(&Row) -> String,
    ) -> fmt::Result {
        let cells: Vec<String> = self.rows.iter().map(cell).collect();
        writeln!(f, "| {what} | {} |", cells.join(" | "))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = self.engine;
        self.line(
            f,
            &format!("{engine}: tokens per second, and against the direct client"),
            |row| format!("{:.0}, {:.2}", row.tokens_per_second, row.ratio),
        )?;
        self.line(
            f,
            &format!("{engine}: a token is heard later than by the direct client, p50 less p50 and p99 less p99"),
            |row| {
                let (p50, p99) = row.added();
                format!("{p50:.2}, {p99:.2} ms")
            },
        )?;
        self.line(
            f,
            &format!("{engine}: from the question to the first token, p50 and p99"),
            |row| both(row.first),
        )?;
        self.line(f, &format!("the direct client beside {engine}: tokens per second"), |row| {
            format!("{:.0}", row.direct_tokens_per_second)
        })?;
        self.line(f, "the same: until a token is heard, p50 and p99", |row| both(row.direct_each))?;
        self.line(f, "the same: from the question to the first token, p50 and p99", |row| {
            both(row.direct_first)
        })?;
        self.line(f, "tokens were let go late: p99 for the host, for the direct client", |row| {
            format!("{:.2}, {:.2} ms", row.late.p99, row.direct_late.p99)
        })?;
        let each = self.memory_of_each().map(|each| format!("{each:.0} KiB"));
        let most = self.rows.iter().map(|row| row.streams).max();
        self.line(f, &format!("{engine}: memory of each answer that is open"), |row| {
            each.clone().filter(|_| Some(row.streams) == most).unwrap_or_default()
        })
    }
}

fn both(Percentiles { p50, p95: _, p99, max: _ }: Percentiles) -> String {
    format!("{p50:.2}, {p99:.2} ms")
}

/// The head of the table, for so many answers at once.
pub(crate) fn head(streams: &[usize]) -> String {
    let columns: Vec<String> = streams.iter().map(|streams| format!("{streams} at once")).collect();
    format!(
        "| `cargo xtask bench llm`: answers of agents over SSE, beside a client of the provider itself in the same run | {} |\n|---|{}",
        columns.join(" | "),
        "---|".repeat(streams.len())
    )
}
