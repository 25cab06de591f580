//! Answers of language models, as server-sent events or as one.

use std::{convert::Infallible, error::Error, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header::ACCEPT, request::Parts},
    response::{Response, sse::Event},
};
use futures_util::stream;
use llm::{Ending, Following, Heard, Told, Usage};
use perme8_events::StorageError;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    auth::Caller,
    error::ApiError,
    follower::Follower,
    lifeline::{Due, Lifeline},
    seats::Seat,
    state::Api,
    streams,
};

/// How a client wants to hear an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// When it has ended.
    Whole,
    /// Piece by piece.
    Pieces,
}

impl FromRequestParts<Api> for Manner {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Infallible> {
        let accepted = parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let kinds = accepted.flat_map(|value| value.split(','));
        let mut kinds = kinds.filter(|kind| !is_declined(kind)).map(essence);
        Ok(if kinds.any(|kind| kind == "text/event-stream") { Self::Pieces } else { Self::Whole })
    }
}

/// Whether a client says of a kind of content that it does not want it.
fn is_declined(kind: &str) -> bool {
    kind.split(';').skip(1).any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or_default();
        let weight = value.trim().parse::<f32>();
        name.trim().eq_ignore_ascii_case("q") && weight.is_ok_and(|weight| weight <= 0.0)
    })
}

/// A kind of content without its parameters, in lower case.
fn essence(kind: &str) -> String {
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What clients are told of an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Reply {
    response: String,
    model: Option<String>,
    usage: Used,
    latency_ms: u64,
    /// Whether it is a beginning.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
    /// Why it is not all, in a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TokenUsage")]
struct Used {
    prompt_tokens: u64,
    completion_tokens: u64,
    is_estimated: bool,
}

impl From<&Told> for Reply {
    fn from(told: &Told) -> Self {
        let Told { text, model, usage, latency, ending } = told;
        let (partial, reason) = (told.is_partial(), ending.reason());
        let Usage { prompt_tokens, completion_tokens, is_estimated } = *usage;
        Self {
            response: text.clone(),
            model: model.as_ref().map(ToString::to_string),
            usage: Used { prompt_tokens, completion_tokens, is_estimated },
            latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            partial,
            reason,
        }
    }
}

/// An answer that clients hear piece by piece.
pub(crate) trait Telling: Send + 'static {
    /// What the first event says, an object.
    fn started(&self) -> Value;

    /// Waits for more; none when the host stops. Nothing is lost when the wait is cancelled.
    fn next(&mut self) -> impl Future<Output = Result<Option<News>, StorageError>> + Send;
}

/// What is told of an answer.
pub(crate) enum News {
    /// What came since the last time.
    Piece(String),
    /// It has ended: the type of the last event, and what that says.
    Ended(&'static str, Value),
}

/// What an answer becomes: what is said when it begins, and what beside the [`Reply`] when it has ended.
pub(crate) trait Shown: Send + 'static {
    /// What the first event says, an object.
    fn started(&self) -> Value;

    /// What the last one says.
    fn ended(&self, told: &Told) -> Value;
}

/// An answer that is for the ears of this client alone.
pub(crate) struct Followed<S> {
    pub(crate) following: Following,
    pub(crate) shown: S,
}

impl<S: Shown> Telling for Followed<S> {
    fn started(&self) -> Value {
        self.shown.started()
    }

    async fn next(&mut self) -> Result<Option<News>, StorageError> {
        let told = match self.following.next().await {
            Some(Heard::Piece(text)) => return Ok(Some(News::Piece(text))),
            Some(Heard::Ended(told)) => told,
            None => return Ok(None),
        };
        let mut said = self.shown.ended(&told);
        let kind = match &told.ending {
            Ending::Complete | Ending::CutShort => "done",
            Ending::Cancelled => "cancelled",
            Ending::Failed(failure) => {
                said["code"] = failure.code().into();
                said["error"] = failure.to_string().into();
                "failed"
            }
        };
        Ok(Some(News::Ended(kind, said)))
    }
}

/// Waits for the end of an answer. What was told until something went wrong is an answer, too; only if nothing was, it is none.
pub(crate) async fn whole(following: Following) -> Result<Arc<Told>, Ending> {
    let told = following.end().await.ok_or(Ending::Failed(llm::AskFailure::Interrupted))?;
    match &told.ending {
        Ending::Complete | Ending::CutShort => Ok(told),
        Ending::Cancelled | Ending::Failed(_) if !told.text.is_empty() => Ok(told),
        ending @ (Ending::Cancelled | Ending::Failed(_)) => Err(ending.clone()),
    }
}

/// Somebody who hears an answer piece by piece; found room for before the question is asked.
pub(crate) struct Listener {
    lifeline: Lifeline,
    /// Taken as long as the stream is open.
    seat: Option<Seat>,
}

impl Listener {
    /// This caller, if there is room for one more stream.
    pub(crate) async fn of(api: &Api, caller: &Caller) -> Result<Self, ApiError> {
        let follower = Follower::from(caller.clone());
        let seat = follower.seat(api)?;
        Ok(Self { lifeline: Lifeline::of(api, &follower).await?, seat })
    }

    /// Passes an answer on while it is written.
    pub(crate) fn hear(self, telling: impl Telling) -> Response {
        let Self { lifeline, seat } = self;
        let hearing = Hearing { lifeline, telling, phase: Phase::Opening, _seat: seat };
        streams::respond(stream::unfold(hearing, |mut hearing| async {
            let event = hearing.next().await?;
            Some((Ok(event), hearing))
        }))
    }
}

/// An answer that somebody hears; it ends with the answer, and with the session or the key.
struct Hearing<T> {
    lifeline: Lifeline,
    telling: T,
    phase: Phase,
    _seat: Option<Seat>,
}

enum Phase {
    Opening,
    Hearing,
    Over,
}

enum Turn {
    Due(Due),
    Heard(Option<News>),
}

impl<T: Telling> Hearing<T> {
    async fn next(&mut self) -> Option<Event> {
        match self.phase {
            Phase::Opening => {
                self.phase = Phase::Hearing;
                Some(event("started", &self.telling.started()))
            }
            Phase::Hearing => Some(self.hear().await),
            Phase::Over => None,
        }
    }

    async fn hear(&mut self) -> Event {
        loop {
            // The lifeline first: a long answer must not outlive its session.
            let turn = tokio::select! {
                biased;
                due = self.lifeline.due() => due.map(Turn::Due),
                heard = self.telling.next() => heard.map(Turn::Heard),
            };
            let done = match turn {
                Ok(Turn::Due(due)) => self.live_on(due).await,
                Ok(Turn::Heard(heard)) => Ok(Some(self.take(heard))),
                Err(error) => Err(error),
            };
            match done {
                Ok(Some(event)) => return event,
                Ok(None) => {}
                Err(error) => {
                    let error = &error as &dyn Error;
                    tracing::error!(error, "the stream of an answer broke off");
                    return self.close("closing", "storage_unavailable");
                }
            }
        }
    }

    async fn live_on(&mut self, due: Due) -> Result<Option<Event>, StorageError> {
        if let Some(ended) = self.lifeline.ended().await? {
            return Ok(Some(self.close("access_lost", ended.reason())));
        }
        Ok((due == Due::Beat).then(|| Event::default().comment("heartbeat")))
    }

    fn take(&mut self, heard: Option<News>) -> Event {
        match heard {
            Some(News::Piece(text)) => event("chunk", &json!({ "text": text })),
            Some(News::Ended(kind, said)) => {
                self.phase = Phase::Over;
                event(kind, &said)
            }
            None => self.close("closing", "shutting_down"),
        }
    }

    fn close(&mut self, kind: &str, reason: &str) -> Event {
        self.phase = Phase::Over;
        event(kind, &json!({ "reason": reason }))
    }
}

/// An event of this type that says this.
fn event(kind: &str, data: &Value) -> Event {
    Event::default().event(kind).data(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_content_have_parameters() {
        assert_eq!(essence(" Text/Event-Stream; q=0.9"), "text/event-stream");
        assert_eq!(essence(""), "");
    }

    #[test]
    fn a_kind_without_weight_is_declined() {
        for (kind, declined) in [
            ("text/event-stream", false),
            ("text/event-stream; q=0.1", false),
            ("text/event-stream;q=0", true),
            ("text/event-stream; charset=utf-8; Q=0.000", true),
        ] {
            assert_eq!(is_declined(kind), declined, "{kind}");
        }
    }
}
