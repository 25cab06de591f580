//! Where log messages go: to standard error, as lines for people or as JSON for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    config::{Config, LogFormat},
    telemetry::Spans,
};

/// Sends the messages of this process to standard error from now on, and its spans to where traces are written down; later calls
/// change nothing.
pub(crate) fn init(config: &Config, colours: bool, traces: Option<Spans>) {
    // The configuration has parsed it already; what it cannot parse it has refused.
    let filter = EnvFilter::builder().parse_lossy(&config.log);
    // In more detail it would tell what people write, and each of their mistakes.
    let filter = filter.add_directive("rmcp=error".parse().expect("it is a directive"));
    let stderr = std::io::stderr;
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Text => {
            let colours = colours && stderr().is_terminal();
            fmt::layer().with_writer(stderr).with_ansi(colours).boxed()
        }
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(stderr).boxed(),
    };
    let registry = tracing_subscriber::registry();
    let started = match traces {
        // Each has a filter of its own: what is logged does not decide what is traced.
        Some(spans) => {
            let spans = spans.with_filter(Spans::filter());
            registry.with(lines.with_filter(filter)).with(spans).try_init()
        }
        None => registry.with(lines).with(filter).try_init(),
    };
    if started.is_err() {
        tracing::debug!("somebody else decided where messages go");
    }
}
