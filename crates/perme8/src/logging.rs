//! Where log messages go: to standard error, as lines for people or as JSON for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Config, LogFormat};

/// Sends the messages of this process to standard error from now on; later calls change nothing.
pub(crate) fn init(config: &Config, colours: bool) {
    // The configuration has parsed it already; what it cannot parse it has refused.
    let filter = EnvFilter::builder().parse_lossy(&config.log);
    // In more detail it would tell what people write, and each of their mistakes.
    let filter = filter.add_directive("rmcp=error".parse().expect("it is a directive"));
    let registry = tracing_subscriber::registry().with(filter);
    let stderr = std::io::stderr;
    let started = match config.log_format {
        LogFormat::Text => {
            let colours = colours && stderr().is_terminal();
            registry.with(fmt::layer().with_writer(stderr).with_ansi(colours)).try_init()
        }
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(stderr)).try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("somebody else decided where messages go");
    }
}
