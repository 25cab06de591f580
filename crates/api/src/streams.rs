//! Live events as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderName, HeaderValue, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures_util::stream;
use identity::{Identity, Secret};
use perme8_events::{
    Envelope, Position, StorageError, Topic, Viewer,
    host::{Delivery, LiveEvents},
};
use serde_json::json;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::{
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    path::WorkspaceAt,
    query::Query,
    state::Api,
};

/// What browsers send when they connect again: the id of the last event that they got.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How soon a client should connect again after a broken connection.
const RETRY: Duration = Duration::from_secs(2);

/// How soon a client should connect again after the host shut down: another node may be there already.
const RETRY_ELSEWHERE: Duration = Duration::from_secs(1);

/// Where a client wants to go on; from now on, if it does not say.
#[derive(Debug)]
pub(crate) struct Resume(Option<Position>);

struct After(Option<String>);

impl FromFields for After {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self(fields.optional_text("after")))
    }
}

impl FromRequestParts<Api> for Resume {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let Query(After(after)) = Query::from_request_parts(parts, api).await?;
        // A browser that connects again repeats the address of the first time, so the header is the later word.
        let text = match parts.headers.get(LAST_EVENT_ID) {
            Some(value) => {
                Some(value.to_str().map_err(|_| ApiError::malformed_position())?.to_owned())
            }
            None => after,
        };
        text.as_deref().map(position).transpose().map(Self)
    }
}

fn position(text: &str) -> Result<Position, ApiError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let position = if digits { text.parse().ok() } else { None };
    position.ok_or_else(ApiError::malformed_position)
}

/// `GET /api/me/events/stream`
pub(crate) async fn of_me(
    State(api): State<Api>,
    caller: Caller,
    Resume(after): Resume,
) -> Result<Response, ApiError> {
    let topic = Topic::User(caller.user.id);
    open(api, caller, topic, after).await
}

/// `GET /api/workspaces/{slug}/events/stream`
pub(crate) async fn of_workspace(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Resume(after): Resume,
) -> Result<Response, ApiError> {
    let workspace = api.identity.workspace(&caller.origin, &workspace).await?;
    open(api, caller, Topic::Workspace(workspace.id), after).await
}

async fn open(
    api: Api,
    caller: Caller,
    topic: Topic,
    after: Option<Position>,
) -> Result<Response, ApiError> {
    let events = api.bus.subscribe(Viewer::User(caller.user.id), vec![topic], after).await?;
    let period = api.options.heartbeat;
    let mut heartbeat = interval_at(Instant::now() + period, period);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let live = Live {
        identity: api.identity,
        token: caller.token,
        events,
        heartbeat,
        phase: Phase::Opening,
    };
    let stream = stream::unfold(live, |mut live| async {
        let event = live.next().await?;
        Some((Ok::<_, Infallible>(event), live))
    });
    // Proxies that collect a response before they pass it on would hold events back.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(stream)).into_response())
}

/// A stream that somebody reads; it works only as fast as it is read.
struct Live {
    identity: Identity,
    token: Secret,
    events: LiveEvents,
    heartbeat: Interval,
    phase: Phase,
}

enum Phase {
    Opening,
    Following,
    Over,
}

impl Live {
    async fn next(&mut self) -> Option<Event> {
        match self.phase {
            Phase::Opening => {
                self.phase = Phase::Following;
                Some(self.mark("ready").retry(RETRY))
            }
            Phase::Following => Some(self.follow().await),
            Phase::Over => None,
        }
    }

    async fn follow(&mut self) -> Event {
        // The heartbeat first: a busy stream must not outlive its session.
        let delivery = tokio::select! {
            biased;
            _ = self.heartbeat.tick() => return self.beat().await,
            delivery = self.events.next() => delivery,
        };
        match delivery {
            Ok(Delivery::Event(event)) => of_log(&event),
            Ok(Delivery::AccessLost(_)) => self.lose_access("membership_ended"),
            Ok(Delivery::Closed) => self.close("shutting_down"),
            Err(error) => self.break_off(&error),
        }
    }

    /// A sign of life, if the session still holds.
    async fn beat(&mut self) -> Event {
        match self.identity.authenticate(&self.token).await {
            Ok(Some(_)) => self.mark("heartbeat"),
            Ok(None) => self.lose_access("session_ended"),
            Err(error) => self.break_off(&error),
        }
    }

    /// Nothing that a client would take for an event, but it moves the place to resume from past what others may see.
    fn mark(&self, comment: &str) -> Event {
        Event::default().id(self.events.position().to_string()).comment(comment)
    }

    fn lose_access(&mut self, reason: &str) -> Event {
        self.end("access_lost", reason)
    }

    fn close(&mut self, reason: &str) -> Event {
        self.end("closing", reason).retry(RETRY_ELSEWHERE)
    }

    fn break_off(&mut self, error: &StorageError) -> Event {
        tracing::error!(error = error as &dyn std::error::Error, "a live stream broke off");
        self.close("storage_unavailable")
    }

    fn end(&mut self, kind: &str, reason: &str) -> Event {
        self.phase = Phase::Over;
        let position = self.events.position().to_string();
        Event::default().event(kind).id(position).data(json!({ "reason": reason }).to_string())
    }
}

fn of_log(event: &Envelope) -> Event {
    Event::default()
        .event(&event.event_type)
        .id(event.position.to_string())
        .json_data(event)
        .expect("envelopes are JSON already")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_plain_numbers() {
        assert_eq!(position("0").unwrap(), Position::START);
        assert_eq!(position("42").unwrap(), Position::new(42));
        for text in ["", "-1", "+1", "1.5", " 1", "x", "9223372036854775808", "\u{662}"] {
            assert!(position(text).is_err(), "{text}");
        }
    }
}
