//! Writes down the spans that are steps of a trace: those that say so, and those within them.

use std::{fmt, time::SystemTime};

use metrics::counter;
use perme8_events::TraceContext;
use tokio::sync::mpsc;
use tracing::{
    Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, filter_fn},
    layer::Context,
    registry::LookupSpan,
};

use super::LOST;

/// What a span says is cut off after so many bytes: errors may be of any length, and many spans wait to be sent.
pub(super) const LONGEST: usize = 1024;

/// A span that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: &'static str,
    pub(super) step: TraceContext,
    /// The step of the same trace that it is a part of.
    pub(super) parent: Option<TraceContext>,
    pub(super) from: SystemTime,
    pub(super) to: SystemTime,
    pub(super) said: Said,
}

/// What a span says in its fields.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Which step it is.
    traceparent: Option<TraceContext>,
    /// The step that led to it, of this trace or of another.
    pub(super) follows: Option<TraceContext>,
    /// `server`, `client` or `consumer`.
    pub(super) kind: Option<String>,
    /// Why it failed.
    pub(super) failed: Option<String>,
    pub(super) rest: Vec<(&'static str, String)>,
}

/// A span that goes on.
struct Open {
    step: TraceContext,
    parent: Option<TraceContext>,
    from: SystemTime,
    said: Said,
}

/// Writes down the spans that are steps of a trace.
#[derive(Debug)]
pub struct Spans {
    ended: mpsc::Sender<Ended>,
}

impl Spans {
    pub(super) fn new(ended: mpsc::Sender<Ended>) -> Self {
        Self { ended }
    }

    /// What is of interest here, whatever is logged.
    #[must_use]
    pub fn filter() -> FilterFn {
        fn is_span(metadata: &Metadata<'_>) -> bool {
            // As in the log: what is not ours may one day tell what people write.
            let is_ours = !metadata.target().starts_with("rmcp");
            metadata.is_span() && is_ours && *metadata.level() <= Level::INFO
        }
        filter_fn(is_span as fn(&Metadata<'_>) -> bool).with_max_level_hint(Level::INFO)
    }
}

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut said = Said::default();
        attributes.record(&mut said);
        let step_of = |open: &Open| open.step;
        let around = span.parent().and_then(|parent| parent.extensions().get().map(step_of));
        let Some(step) = said.traceparent.or_else(|| around.map(TraceContext::next_step)) else {
            return;
        };
        let parent = said.follows.or(around).filter(|parent| parent.is_of_the_trace_of(step));
        span.extensions_mut().insert(Open { step, parent, from: SystemTime::now(), said });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.said);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let Open { step, parent, from, said } = open;
        let name = span.name();
        let ended = Ended { name, step, parent, from, to: SystemTime::now(), said };
        if self.ended.try_send(ended).is_err() {
            counter!(LOST).increment(1);
        }
    }
}

impl Said {
    fn take(&mut self, field: &Field, mut value: String) {
        value.truncate(value.floor_char_boundary(LONGEST));
        match field.name() {
            "traceparent" => self.traceparent = value.parse().ok(),
            "follows" => self.follows = value.parse().ok(),
            "kind" => self.kind = Some(value),
            "failed" => self.failed = Some(value),
            name => {
                // What is said again is said anew: a collector expects each word once.
                if let Some((_, said)) = self.rest.iter_mut().find(|(said, _)| *said == name) {
                    *said = value;
                } else {
                    self.rest.push((name, value));
                }
            }
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}"));
    }
}
