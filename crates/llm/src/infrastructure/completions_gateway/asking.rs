//! A call until a provider begins to answer it, with everything that is tried again.

use std::{error::Error, time::Duration};

use rand::RngExt as _;
use reqwest::{RequestBuilder, Response, StatusCode, header::RETRY_AFTER};

use super::Timeouts;
use crate::{
    domain::{call::CallId, failure::AskFailure},
    infrastructure::wire::{self, Frame},
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
pub(super) struct Asking {
    pub(super) id: CallId,
    pub(super) request: RequestBuilder,
    pub(super) timeouts: Timeouts,
}

/// What became of an attempt.
enum Attempt {
    Answered(Response),
    /// Not taken, so that another attempt costs nothing; the pause before it, if the provider wants one.
    NotTaken(AskFailure, Option<Duration>),
    Failed(AskFailure),
}

impl Asking {
    /// The answer, whose body is still to come.
    pub(super) async fn response(self) -> Result<Response, AskFailure> {
        let mut usual_pause = self.timeouts.pause;
        let mut retries = RETRIES;
        loop {
            let (failure, wanted) = match self.attempt().await {
                Attempt::Answered(response) => return Ok(response),
                Attempt::Failed(failure) => return Err(failure),
                Attempt::NotTaken(failure, wanted) => (failure, wanted),
            };
            if retries == 0 || wanted.is_some_and(|wanted| wanted > LONGEST_PAUSE) {
                return Err(failure);
            }
            // Those who failed together do not come back together.
            let jittered = || usual_pause.mul_f64(rand::rng().random_range(0.5..1.0));
            tokio::time::sleep(wanted.unwrap_or_else(jittered)).await;
            usual_pause *= 2;
            retries -= 1;
        }
    }

    async fn attempt(&self) -> Attempt {
        let Some(request) = self.request.try_clone() else {
            return Attempt::Failed(AskFailure::Broken);
        };
        match tokio::time::timeout(self.timeouts.idle, request.send()).await {
            Err(_) => Attempt::Failed(AskFailure::IdleTimeout),
            Ok(Err(error)) => self.unreached(&error),
            Ok(Ok(response)) if response.status() == StatusCode::OK => Attempt::Answered(response),
            Ok(Ok(response)) => self.refused(response).await,
        }
    }

    async fn refused(&self, response: Response) -> Attempt {
        let status = response.status();
        let wanted = response.headers().get(RETRY_AFTER);
        let wanted = wanted.and_then(|value| value.to_str().ok()?.parse().ok());
        let wanted = wanted.map(Duration::from_secs);
        let word = refusal_word(response).await;
        let may_help = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let status = status.as_u16();
        tracing::warn!(call.id = %self.id, status, word, "the provider of the model refused");
        let failure = AskFailure::Refused { status, retry_after: wanted };
        if may_help { Attempt::NotTaken(failure, wanted) } else { Attempt::Failed(failure) }
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

/// What the provider calls its refusal, for the log alone, and not worth much of a wait.
async fn refusal_word(mut response: Response) -> String {
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
    let error = serde_json::from_slice::<Frame>(&body).ok().and_then(|frame| frame.error);
    error.as_ref().map_or_else(|| "unknown".to_owned(), wire::error_word)
}

/// Says in the log that a connection broke.
pub(super) fn broke(id: CallId, error: &reqwest::Error) {
    let error = error as &dyn Error;
    tracing::warn!(call.id = %id, error, "the connection to the provider of the model broke");
}
