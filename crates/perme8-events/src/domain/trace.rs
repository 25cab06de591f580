//! Where in a trace something happens, in the words of W3C Trace Context.

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
    str::FromStr,
};

use uuid::Uuid;

use crate::domain::origin::Metadata;

/// Under this name it stands among the metadata of an event, as in headers of HTTP.
const KEY: &str = "traceparent";

/// A step of a trace: what one outside request led to, as collectors of `OpenTelemetry` show it.
///
/// There are only steps that are shown: of what is left out, nothing is known. Its text is a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: NonZeroU128,
    span_id: NonZeroU64,
}

/// A text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a traceparent of version 00")]
pub struct TraceContextError;

impl TraceContext {
    /// The first step of a new trace, for this share of all that ask, 0 to 1.
    #[must_use]
    pub fn begin(share: f64) -> Option<Self> {
        if share <= 0.0 {
            return None;
        }
        let trace = random();
        let dice = u32::try_from(trace.as_u64_pair().0 >> 32).unwrap_or(u32::MAX);
        let is_shown = f64::from(dice) / f64::from(u32::MAX) <= share;
        let trace_id = NonZeroU128::new(trace.as_u128())?;
        is_shown.then(|| Self { trace_id, span_id: span_id() })
    }

    /// Another step of the same trace.
    #[must_use]
    pub fn next_step(self) -> Self {
        Self { span_id: span_id(), ..self }
    }

    /// The trace.
    #[must_use]
    pub fn trace_id(self) -> NonZeroU128 {
        self.trace_id
    }

    /// The step.
    #[must_use]
    pub fn span_id(self) -> NonZeroU64 {
        self.span_id
    }

    /// Whether both are steps of one trace.
    #[must_use]
    pub fn is_of_the_trace_of(self, other: Self) -> bool {
        self.trace_id == other.trace_id
    }

    /// What metadata say; none when they say nothing, or nothing that can be understood.
    pub(crate) fn of(metadata: &Metadata) -> Option<Self> {
        metadata.get(KEY)?.parse().ok()
    }

    /// Has metadata say it.
    pub(crate) fn note(self, metadata: &mut Metadata) {
        metadata.insert(KEY.to_owned(), self.to_string());
    }
}

fn random() -> Uuid {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where steps of traces are named; they identify nothing that is kept"
    )]
    Uuid::new_v4()
}

fn span_id() -> NonZeroU64 {
    NonZeroU64::new(random().as_u64_pair().1).expect("the variant of an id is not zero")
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace_id, self.span_id)
    }
}

impl FromStr for TraceContext {
    type Err = TraceContextError;

    fn from_str(text: &str) -> Result<Self, TraceContextError> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let part = parts.next().filter(|part| part.len() == length);
            part.filter(|part| part.bytes().all(is_hex)).ok_or(TraceContextError)
        };
        let (version, trace, span, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        if version != "00" || parts.next().is_some() {
            return Err(TraceContextError);
        }
        let trace_id = u128::from_str_radix(trace, 16).ok().and_then(NonZeroU128::new);
        let span_id = u64::from_str_radix(span, 16).ok().and_then(NonZeroU64::new);
        match (trace_id, span_id) {
            (Some(trace_id), Some(span_id)) => Ok(Self { trace_id, span_id }),
            (None, _) | (_, None) => Err(TraceContextError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_what_its_text_says() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let step: TraceContext = text.parse().unwrap();
        assert_eq!(step.to_string(), text);
        let mut metadata = Metadata::new();
        assert_eq!(TraceContext::of(&metadata), None);
        step.note(&mut metadata);
        assert_eq!(TraceContext::of(&metadata), Some(step));
        assert_eq!(format!("{:x}", step.trace_id()), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(format!("{:x}", step.span_id()), "f067aa0ba902b7");
    }

    #[test]
    fn steps_of_one_trace_differ_and_belong_together() {
        let [one, other] = [(); 2].map(|()| TraceContext::begin(1.0).unwrap());
        assert!(!one.is_of_the_trace_of(other));
        let (next, another) = (one.next_step(), one.next_step());
        for (step, other) in [(one, next), (one, another), (next, another)] {
            assert!(step.is_of_the_trace_of(other) && step.span_id() != other.span_id());
        }
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        for text in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-00",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-+0f067aa0ba902b7-01",
        ] {
            assert_eq!(text.parse::<TraceContext>(), Err(TraceContextError), "{text}");
        }
    }

    #[test]
    fn a_share_of_all_requests_begins_a_trace() {
        let begun = |share: f64| (0..1_000).filter_map(|_| TraceContext::begin(share)).count();
        assert_eq!((begun(0.0), begun(1.0)), (0, 1_000));
        // Off by ten standard deviations.
        assert!((340..660).contains(&begun(0.5)));
    }
}
