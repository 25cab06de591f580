//! Live events as server-sent events.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderName, HeaderValue, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures_util::{Stream, stream};
use perme8_events::{
    Envelope, Position, StorageError, Topic, Viewer,
    host::{Delivery, LiveEvents},
};
use serde_json::json;

use crate::{
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    follower::Follower,
    legacy::{self, LegacyBridge, LegacyTopic},
    lifeline::{Due, Lifeline},
    path::WorkspaceAt,
    query::Query,
    reach::Reach,
    response::{As, EventStream},
    seats::Seat,
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

pub(crate) struct After(Option<String>);

/// Which topic of the old system a client listens to.
pub(crate) struct Legacy(LegacyTopic);

impl FromFields for Legacy {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.parsed("topic", "must be a topic of the old system").map(Self)
    }
}

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

/// A position as clients write it: digits alone.
pub(crate) fn position(text: &str) -> Result<Position, ApiError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let position = if digits { text.parse().ok() } else { None };
    position.ok_or_else(ApiError::malformed_position)
}

/// `GET /api/me/events/stream`
pub(crate) async fn of_me(
    State(api): State<Api>,
    caller: Caller,
    Resume(after): Resume,
) -> Result<As<EventStream>, ApiError> {
    let topic = Topic::User(caller.user.id);
    open(api, caller, topic, after).await.map(As::of)
}

/// `GET /api/workspaces/{slug}/events/stream`
pub(crate) async fn of_workspace(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Resume(after): Resume,
) -> Result<As<EventStream>, ApiError> {
    let workspace = api.identity.workspace(&caller.origin, &workspace).await?;
    open(api, caller, Topic::Workspace(workspace.id), after).await.map(As::of)
}

/// `GET /api/legacy/stream`, where the host speaks for the old system
pub(crate) async fn of_legacy(
    State(api): State<Api>,
    follower: Follower,
    Query(Legacy(topic)): Query<Legacy>,
    Resume(after): Resume,
) -> Result<As<EventStream>, ApiError> {
    let bridge = api.legacy.clone().ok_or(ApiError::route_not_found())?;
    if topic == LegacyTopic::WorkspaceInvitations && follower.viewer() != Viewer::Operator {
        // Of everybody's invitations, hence for operators.
        return Err(ApiError::forbidden());
    }
    open_as(api, follower, topic.source(), after, Voice::Legacy(topic, bridge)).await.map(As::of)
}

async fn open(
    api: Api,
    caller: Caller,
    topic: Topic,
    after: Option<Position>,
) -> Result<Response, ApiError> {
    open_as(api, caller.into(), topic, after, Voice::Envelopes).await
}

async fn open_as(
    api: Api,
    follower: Follower,
    topic: Topic,
    after: Option<Position>,
    voice: Voice,
) -> Result<Response, ApiError> {
    let seat = follower.seat(&api)?;
    let events = api.bus.subscribe(follower.viewer(), vec![topic], after).await?;
    let lifeline = Lifeline::of(&api, &follower).await?;
    let (viewer, reach, people) = (follower.viewer(), follower.reach(), api.identity.directory());
    let waiting = VecDeque::new();
    let live = Live {
        lifeline,
        viewer,
        reach,
        people,
        events,
        voice,
        waiting,
        phase: Phase::Opening,
        _seat: seat,
    };
    Ok(respond(stream::unfold(live, |mut live| async {
        let event = live.next().await?;
        Some((Ok(event), live))
    })))
}

/// The response that passes these events on as they come.
pub(crate) fn respond(
    events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> Response {
    // Proxies that collect a response before they pass it on would hold events back.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([unbuffered], Sse::new(events)).into_response()
}

/// A stream that somebody reads; it works only as fast as it is read.
struct Live {
    lifeline: Lifeline,
    viewer: Viewer,
    reach: Reach,
    people: identity::Directory,
    events: LiveEvents,
    voice: Voice,
    /// Said at the same time; read one after the other.
    waiting: VecDeque<Event>,
    phase: Phase,
    /// Taken as long as the stream is open.
    _seat: Option<Seat>,
}

/// How events are shown.
enum Voice {
    /// As they stand in the log.
    Envelopes,
    /// As the old system would have broadcast them on this topic.
    Legacy(LegacyTopic, Arc<dyn LegacyBridge>),
}

enum Turn {
    Due(Due),
    Delivery(Delivery),
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
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return event;
            }
            if self.events.has_fallen_behind() {
                return self.close("too_slow");
            }
            // The lifeline first: a busy stream must not outlive its session.
            let turn = tokio::select! {
                biased;
                due = self.lifeline.due() => due.map(Turn::Due),
                delivery = self.events.next() => delivery.map(Turn::Delivery),
            };
            let done = match turn {
                Ok(Turn::Due(due)) => self.live_on(due).await,
                Ok(Turn::Delivery(delivery)) => self.take(delivery).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(Some(event)) => return event,
                Ok(None) => {}
                Err(error) => return self.break_off(&error),
            }
        }
    }

    async fn live_on(&mut self, due: Due) -> Result<Option<Event>, StorageError> {
        if let Some(ended) = self.lifeline.ended().await? {
            return Ok(Some(self.lose_access(ended.reason())));
        }
        Ok((due == Due::Beat).then(|| self.mark("heartbeat")))
    }

    async fn take(&mut self, delivery: Delivery) -> Result<Option<Event>, StorageError> {
        let event = match delivery {
            Delivery::Event(event) => self.reach.shown(event, self.viewer, &self.people).await?,
            Delivery::AccessLost(_) => return Ok(Some(self.lose_access("membership_ended"))),
            Delivery::Closed => return Ok(Some(self.close("shutting_down"))),
        };
        let Some(event) = event else { return Ok(None) };
        match &self.voice {
            Voice::Envelopes => Ok(Some(of_log(&event))),
            Voice::Legacy(topic, bridge) => {
                let said = legacy::of_topic(&**bridge, *topic, &event).await?;
                let place = event.position.to_string();
                let events = said.iter().map(|message| {
                    let event = Event::default().id(&place);
                    event.json_data(message).expect("messages are JSON already")
                });
                self.waiting.extend(events);
                Ok(None)
            }
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
