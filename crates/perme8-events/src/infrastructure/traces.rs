//! Steps of traces: what an event led to, shown as spans that say which span led to them.
//!
//! A span with a field `traceparent` is that step of a trace, and `follows` says which step led to it; whoever collects spans
//! reads both (`telemetry` in our host). Spans within it are steps of the same trace. Where nothing is traced there are no spans.

use tracing::{Instrument as _, Span, field::Empty};

use crate::{
    domain::{envelope::Envelope, origin::Origin, trace::TraceContext},
    infrastructure::queue::claims::Claim,
};

tokio::task_local! {
    static CURRENT: Option<TraceContext>;
}

/// The step of a trace within which this is asked, if what happens is traced.
#[must_use]
pub fn current_trace() -> Option<TraceContext> {
    CURRENT.try_with(|current| *current).ok().flatten()
}

/// Does something within a step of a trace; as if nothing was traced when there is none.
pub async fn within_trace<R>(step: Option<TraceContext>, work: impl Future<Output = R>) -> R {
    if step == current_trace() { work.await } else { CURRENT.scope(step, work).await }
}

/// What the runtime does because of an event or a job, as a step of the trace to which that belongs.
#[derive(Debug)]
pub(crate) struct Traced {
    context: Option<TraceContext>,
    span: Span,
}

impl Traced {
    /// What nobody looks at.
    pub(crate) fn unseen() -> Self {
        Self { context: None, span: Span::none() }
    }

    /// Whether somebody may look at it.
    pub(crate) fn is_seen(&self) -> bool {
        self.context.is_some()
    }

    /// A delivery, which is the `attempt`th of this event.
    pub(crate) fn delivery(handler: &'static str, event: &Envelope, attempt: i64) -> Self {
        let Some(cause) = event.trace() else { return Self::unseen() };
        let context = cause.next_step();
        let span = tracing::info_span!(
            parent: None,
            "deliver",
            kind = "consumer",
            traceparent = %context,
            follows = %cause,
            handler,
            event_type = event.event_type.as_str(),
            event_id = %event.event_id,
            correlation_id = %event.correlation_id,
            attempt,
            outcome = Empty,
            failed = Empty
        );
        Self { context: Some(context), span }
    }

    /// A run of a job.
    pub(crate) fn job(claim: &Claim, attempt: u16) -> Self {
        let Some(cause) = TraceContext::of(&claim.cause.metadata) else { return Self::unseen() };
        let context = cause.next_step();
        let span = tracing::info_span!(
            parent: None,
            "work",
            kind = "consumer",
            traceparent = %context,
            follows = %cause,
            queue = &*claim.queue,
            job_id = %claim.job_id,
            correlation_id = %claim.cause.correlation_id,
            attempt,
            outcome = Empty,
            failed = Empty
        );
        Self { context: Some(context), span }
    }

    /// The origin of what is done in this step: events that it emits and jobs that it asks for belong to it.
    pub(crate) fn origin(&self, origin: Origin) -> Origin {
        match self.context {
            Some(context) => origin.in_trace(context),
            None => origin,
        }
    }

    /// Does a part of it.
    pub(crate) async fn part<R>(&self, work: impl Future<Output = R>) -> R {
        if self.context.is_none() {
            return work.await;
        }
        within_trace(self.context, work.instrument(self.span.clone())).await
    }

    /// Notes what it came to. A step without an outcome left nothing: what it did was rolled back.
    pub(crate) fn came_to(&self, outcome: &'static str) {
        self.span.record("outcome", outcome);
    }

    /// Notes why it failed.
    pub(crate) fn failed(&self, error: &str) {
        self.span.record("failed", error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_happens_within_a_step_knows_it_and_nothing_else_does() {
        let step = TraceContext::begin(1.0);
        assert!(step.is_some());
        assert_eq!(current_trace(), None);
        assert_eq!(within_trace(step, async { current_trace() }).await, step);
        assert_eq!(within_trace(None, async { current_trace() }).await, None);
        let within = within_trace(None, async { current_trace() });
        assert_eq!(within_trace(step, within).await, None);
        let unseen = Traced::unseen();
        assert_eq!(unseen.part(async { current_trace() }).await, None);
        assert_eq!(unseen.origin(Origin::anonymous()).trace(), None);
    }
}
