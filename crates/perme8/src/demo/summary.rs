//! What the morning came to.

use std::{collections::BTreeMap, time::Duration};

use perme8_events::host::HandlerStatus;
use serde::Serialize;

use crate::{
    cli::{Paint, Report},
    demo::{
        latency::{self, Latencies},
        timeline::Record,
    },
};

#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    summary: Numbers,
}

#[derive(Debug, Serialize)]
struct Numbers {
    database: String,
    events: usize,
    events_by_context: BTreeMap<String, usize>,
    /// What the log holds of this morning; the same, unless an event was lost on the way.
    events_in_the_log: usize,
    reactions: usize,
    reactions_by_handler: BTreeMap<&'static str, usize>,
    failed_deliveries: usize,
    /// In milliseconds.
    commit_to_effect: Option<Latencies>,
    commit_to_effect_means: &'static str,
    dead_letters: i64,
    undelivered: i64,
    unobserved_reactions: u64,
    seconds: f64,
}

impl Summary {
    pub(crate) fn new(
        database: String,
        record: Record,
        events_in_the_log: usize,
        handlers: &[HandlerStatus],
        lasted: Duration,
    ) -> Self {
        let Record { events, handled, failed, missed } = record;
        let sum = |count: fn(&HandlerStatus) -> i64| handlers.iter().map(count).sum();
        Self {
            summary: Numbers {
                database,
                events: events.values().sum(),
                events_by_context: events,
                events_in_the_log,
                reactions: handled.values().map(Vec::len).sum(),
                reactions_by_handler: handled
                    .iter()
                    .map(|(handler, latencies)| (*handler, latencies.len()))
                    .collect(),
                failed_deliveries: failed,
                commit_to_effect: Latencies::of(handled.into_values().flatten().collect()),
                commit_to_effect_means: latency::MEANING,
                dead_letters: sum(|status| status.dead),
                undelivered: sum(|status| {
                    status.lag_events + status.retrying + status.parked + status.aside
                }),
                unobserved_reactions: missed,
                seconds: lasted.as_secs_f64(),
            },
        }
    }

    /// Whether every event was seen and every reaction took effect.
    pub(crate) fn is_clean(&self) -> bool {
        let Numbers { events, events_in_the_log, dead_letters, undelivered, .. } = self.summary;
        dead_letters == 0 && undelivered == 0 && events == events_in_the_log
    }
}

impl Report for Summary {
    fn text(&self, paint: Paint) -> String {
        let Numbers {
            database,
            events,
            events_by_context,
            events_in_the_log,
            reactions,
            reactions_by_handler,
            failed_deliveries,
            commit_to_effect,
            commit_to_effect_means,
            dead_letters,
            undelivered,
            unobserved_reactions,
            seconds,
        } = &self.summary;
        let contexts = listed(
            events_by_context.iter().map(|(context, count)| format!("{count} of {context}")),
        );
        let handlers = listed(
            reactions_by_handler.iter().map(|(handler, count)| format!("{count} by {handler}")),
        );
        let latency = commit_to_effect.as_ref().map_or_else(
            || "nothing to measure".to_owned(),
            |Latencies { p50, p99, max }| {
                format!("p50 {p50:.1} ms, p99 {p99:.1} ms, at most {max:.1} ms")
            },
        );
        let judged =
            |count: i64| if count == 0 { paint.good("0") } else { paint.bad(&count.to_string()) };
        let mut rows = vec![
            ("events", format!("{events} ({contexts})")),
            ("reactions", format!("{reactions} ({handlers})")),
            ("commit → effect", latency),
            ("", paint.faint(commit_to_effect_means)),
            ("dead letters", judged(*dead_letters)),
            ("undelivered", judged(*undelivered)),
        ];
        if *failed_deliveries > 0 {
            rows.push(("failed", paint.bad(&failed_deliveries.to_string())));
        }
        if *unobserved_reactions > 0 {
            rows.push((
                "unobserved",
                format!("{unobserved_reactions} reactions went by too fast to be shown"),
            ));
        }
        if events != events_in_the_log {
            rows.push((
                "lost",
                paint
                    .bad(&format!("the log holds {events_in_the_log} events, {events} were shown")),
            ));
        }
        let mut lines = vec![
            String::new(),
            paint.strong(&format!("A morning in {seconds:.1} s on {database}")),
        ];
        lines.extend(rows.iter().map(|(name, value)| format!("  {name:<16} {value}")));
        lines.join("\n")
    }
}

fn listed(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}
