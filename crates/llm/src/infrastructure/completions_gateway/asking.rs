//! A call until a provider begins to answer it, with everything that is tried again.

use std::{error::Error, time::Duration};

use rand::RngExt as _;
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER},
};
use tokio::time::Instant;

use super::{Timeouts, unwanted::Unwanted};
use crate::{
    domain::{call::CallId, failure::AskFailure, model_name::ModelName},
    infrastructure::wire::{Complaint, Request},
};

/// So often a call that was not taken is tried again.
const RETRIES: u32 = 2;
/// A provider that wants a longer pause is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// So much of a refusal is read, in bytes.
const LONGEST_REFUSAL: usize = 16_384;
/// For so long.
const PATIENCE_WITH_REFUSALS: Duration = Duration::from_millis(500);

/// A call that nobody answers yet.
pub(super) struct Asking<'a> {
    pub(super) id: CallId,
    /// Without its body.
    pub(super) request: RequestBuilder,
    pub(super) body: Request<'a>,
    pub(super) model: &'a ModelName,
    pub(super) unwanted: &'a Unwanted,
    pub(super) timeouts: Timeouts,
    /// When all must have been said.
    pub(super) deadline: Instant,
}

/// What became of an attempt.
enum Attempt {
    Answered(Response),
    /// Not taken as it was; now it is put in another way.
    Amended,
    /// Not taken, so that another attempt costs nothing; the pause before it, if the provider wants one.
    NotTaken(AskFailure, Option<Duration>),
    Failed(AskFailure),
}

impl Asking<'_> {
    /// The answer, whose body is still to come.
    pub(super) async fn response(mut self) -> Result<Response, AskFailure> {
        let mut usual_pause = self.timeouts.pause;
        let mut retries = RETRIES;
        loop {
            let (failure, wanted) = match self.attempt().await {
                Attempt::Answered(response) => return Ok(response),
                Attempt::Amended => continue,
                Attempt::NotTaken(failure, wanted) => (failure, wanted),
                Attempt::Failed(failure) => return Err(failure),
            };
            let pause = jittered(wanted, usual_pause);
            let is_too_long = wanted.is_some_and(|wanted| wanted > LONGEST_PAUSE)
                || pause >= self.deadline.saturating_duration_since(Instant::now());
            if retries == 0 || is_too_long {
                return Err(failure);
            }
            tokio::time::sleep(pause).await;
            usual_pause *= 2;
            retries -= 1;
        }
    }

    async fn attempt(&mut self) -> Attempt {
        let Some(request) = self.request.try_clone() else {
            return Attempt::Failed(AskFailure::Broken);
        };
        let sent = request.json(&self.body).send();
        match tokio::time::timeout(self.timeouts.first_word, sent).await {
            Err(_) => Attempt::Failed(AskFailure::IdleTimeout),
            Ok(Err(error)) => self.unreached(&error),
            Ok(Ok(response)) if response.status() == StatusCode::OK => self.taken(response).await,
            Ok(Ok(response)) => self.refused(response).await,
        }
    }

    async fn taken(&self, response: Response) -> Attempt {
        let media_type = text(response.headers(), &CONTENT_TYPE).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().to_ascii_lowercase();
        // Of anything else there may be a stream under a wrong name.
        if !matches!(media_type.as_str(), "application/json" | "text/html") {
            return Attempt::Answered(response);
        }
        let Complaint { word, .. } = complaint(response).await;
        tracing::warn!(
            call.id = %self.id,
            media_type,
            word,
            "the provider of the model answered with something else than a stream: is llm_base_url right?"
        );
        Attempt::Failed(AskFailure::Broken)
    }

    async fn refused(&mut self, response: Response) -> Attempt {
        let status = response.status();
        let wanted = wanted_pause(response.headers());
        let Complaint { word, parameter } = complaint(response).await;
        if let Some(parameter) = parameter.as_deref()
            && status == StatusCode::BAD_REQUEST
            && self.body.do_without(parameter)
        {
            tracing::debug!(call.id = %self.id, word, parameter, "the model does not take this");
            // Otherwise it is the value that it does not like this time.
            if word.starts_with("unsupported") {
                self.unwanted.note(self.model, parameter.to_owned());
            }
            return Attempt::Amended;
        }
        let status_code = status.as_u16();
        tracing::warn!(
            call.id = %self.id,
            status = status_code,
            word,
            parameter,
            "the provider of the model refused"
        );
        let failure = AskFailure::Refused { status: status_code, retry_after: wanted };
        // Who has no money left will have none in a second.
        let is_busy = status == StatusCode::TOO_MANY_REQUESTS && word != "insufficient_quota";
        if is_busy || status.is_server_error() {
            Attempt::NotTaken(failure, wanted)
        } else {
            Attempt::Failed(failure)
        }
    }

    fn unreached(&self, error: &reqwest::Error) -> Attempt {
        broke(self.id, error);
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => Attempt::NotTaken(AskFailure::ConnectTimeout, None),
            (true, false) => Attempt::NotTaken(AskFailure::Broken, None),
            // It may have been taken.
            (false, _) => Attempt::Failed(AskFailure::Broken),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

/// The pause that a provider wants: so many seconds, or until an instant of its own clock.
fn wanted_pause(headers: &HeaderMap) -> Option<Duration> {
    let wanted = text(headers, &RETRY_AFTER)?;
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(wanted).ok()?;
    let now = httpdate::parse_http_date(text(headers, &DATE)?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

/// The pause before another attempt: who failed together does not come back together.
fn jittered(wanted: Option<Duration>, usual: Duration) -> Duration {
    let mut random = rand::rng();
    match wanted {
        // Not before it, and whoever wants ages is not waited for anyway.
        Some(wanted) => wanted.min(LONGEST_PAUSE).mul_f64(random.random_range(1.0..1.1)),
        None => usual.mul_f64(random.random_range(0.5..1.0)),
    }
}

/// What the provider says of its refusal, which is not worth much of a wait.
async fn complaint(mut response: Response) -> Complaint {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(bytes)) = response.chunk().await
            && body.len() < LONGEST_REFUSAL
        {
            body.extend_from_slice(&bytes);
        }
    };
    // What came until then is enough.
    let _ = tokio::time::timeout(PATIENCE_WITH_REFUSALS, reading).await;
    Complaint::in_body(&body)
}

/// Says in the log that a connection broke.
pub(super) fn broke(id: CallId, error: &reqwest::Error) {
    let error = error as &dyn Error;
    tracing::warn!(call.id = %id, error, "the connection to the provider of the model broke");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_wanted_in_seconds_or_until_an_instant_of_the_clock_of_the_provider() {
        let noon = "Fri, 27 Nov 2026 12:00:00 GMT";
        let after_noon = "Fri, 27 Nov 2026 12:01:05 GMT";
        for (wanted, date, seconds) in [
            ("7", None, Some(7)),
            ("18446744073709551615", None, Some(u64::MAX)),
            (after_noon, Some(noon), Some(65)),
            (noon, Some(after_noon), Some(0)),
            (noon, None, None),
            ("soon", Some(noon), None),
            ("-1", Some(noon), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, wanted.parse().unwrap());
            headers.extend(date.map(|date| (DATE, date.parse().unwrap())));
            assert_eq!(wanted_pause(&headers), seconds.map(Duration::from_secs), "{wanted}");
        }
        assert_eq!(wanted_pause(&HeaderMap::new()), None);
    }

    #[test]
    fn pauses_differ_and_none_is_shorter_than_the_one_that_is_wanted() {
        let (second, half) = (Duration::from_secs(1), Duration::from_millis(500));
        for _ in 0..100 {
            assert!((second..second.mul_f64(1.1)).contains(&jittered(Some(second), half)));
            assert!((half..second).contains(&jittered(None, second)));
        }
        assert!(jittered(Some(Duration::MAX), half) < LONGEST_PAUSE.mul_f64(1.1));
    }
}
