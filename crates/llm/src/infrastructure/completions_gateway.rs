//! Asks models over HTTP, as chat completions that are streamed.

use std::{collections::VecDeque, error::Error, pin::Pin, time::Duration};

use async_trait::async_trait;
use rand::RngExt as _;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header::RETRY_AFTER, redirect};
use tokio::time::Instant;

use crate::{
    application::ports::{Answer, LanguageModel},
    domain::{
        budget::Tally,
        call::{Call, CallId, LONGEST_ANSWER},
        failure::AskFailure,
        model_name::ModelName,
        models::Models,
        provider::Provider,
        told::Usage,
    },
    infrastructure::{
        frames::Frames,
        wire::{self, Frame, Request},
    },
};

/// So often a call that was not taken is tried again.
const RETRIES: u32 = 2;
/// Before the first of them, about; twice as long before the next.
const PAUSE: Duration = Duration::from_millis(500);
/// A provider that wants a longer pause is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// So much of a refusal is read.
const LONGEST_REFUSAL: usize = 16_384;

/// How long a provider is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until it is connected.
    pub connect: Duration,
    /// Until it says the first word, and from each to the next.
    pub idle: Duration,
    /// Until it has said all, with everything that is tried again.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: LONGEST_ANSWER,
        }
    }
}

/// The models of a provider that speaks the chat completions of OpenAI, as most do.
///
/// It knows no limits and keeps no accounts: that is what is put around it.
#[derive(Debug)]
pub struct ChatCompletions {
    client: Client,
    provider: Provider,
    models: Models,
    timeouts: Timeouts,
}

/// Providers cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error(
    "providers of language models cannot be asked: are there root certificates on this machine?"
)]
pub struct CompletionsSetupError(#[source] reqwest::Error);

impl ChatCompletions {
    /// Those of this provider.
    ///
    /// # Errors
    ///
    /// [`CompletionsSetupError`] when there is no TLS to be had.
    pub fn new(
        provider: Provider,
        models: Models,
        timeouts: Timeouts,
    ) -> Result<Self, CompletionsSetupError> {
        let client = Client::builder()
            .connect_timeout(timeouts.connect)
            // Whoever is sent elsewhere would take the key along.
            .redirect(redirect::Policy::none())
            .user_agent("perme8")
            // Most providers keep silent connections longer, and what they close is not asked on.
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(CompletionsSetupError)?;
        Ok(Self { client, provider, models, timeouts })
    }

    fn request(&self, call: &Call, model: &ModelName) -> RequestBuilder {
        let Provider { base_url, api_key } = &self.provider;
        let request = self.client.post(base_url.completions()).json(&Request::of(call, model));
        match api_key {
            Some(api_key) => request.bearer_auth(api_key.exposed()),
            None => request,
        }
    }
}

#[async_trait]
impl LanguageModel for ChatCompletions {
    fn models(&self) -> &Models {
        &self.models
    }

    async fn ask(&self, call: &Call) -> Result<Box<dyn Answer>, AskFailure> {
        let model = self.models.chosen(call.model.as_ref())?;
        let asking = Asking {
            id: call.id,
            request: self.request(call, &model),
            idle: self.timeouts.idle,
            deadline: Instant::now() + self.timeouts.total,
        };
        Ok(Box::new(Exchange {
            id: call.id,
            model,
            idle: self.timeouts.idle,
            deadline: asking.deadline,
            at: At::Asking(Box::pin(asking.response())),
            pieces: VecDeque::new(),
            prompt_tokens: call.estimated_tokens(),
            tally: Tally::default(),
            usage: None,
            finish: None,
            failure: None,
        }))
    }
}

/// A call until the provider begins to answer it.
struct Asking {
    id: CallId,
    request: RequestBuilder,
    idle: Duration,
    deadline: Instant,
}

impl Asking {
    /// The answer, and when it was asked for.
    async fn response(self) -> Result<(Response, Instant), AskFailure> {
        let deadline = self.deadline;
        match tokio::time::timeout_at(deadline, self.attempts()).await {
            Ok(response) => response,
            Err(_) => Err(AskFailure::TotalTimeout),
        }
    }

    async fn attempts(self) -> Result<(Response, Instant), AskFailure> {
        let mut pause = PAUSE;
        for retries_left in (0..=RETRIES).rev() {
            let request = self.request.try_clone().ok_or(AskFailure::Broken)?;
            let asked_at = Instant::now();
            let outcome = tokio::time::timeout(self.idle, request.send()).await;
            let (failure, wanted) = match outcome.map_err(|_| AskFailure::IdleTimeout)? {
                Ok(response) if response.status() == StatusCode::OK => {
                    return Ok((response, asked_at));
                }
                Ok(response) => self.refused(response).await,
                Err(error) => (self.unreached(&error), error.is_connect().then_some(None)),
            };
            let Some(wanted) = wanted.filter(|_| retries_left > 0) else { return Err(failure) };
            match wanted {
                Some(wanted) if wanted > LONGEST_PAUSE => return Err(failure),
                Some(wanted) => tokio::time::sleep(wanted).await,
                // Those who failed together do not come back together.
                None => {
                    let part = rand::rng().random_range(0.5..1.0);
                    tokio::time::sleep(pause.mul_f64(part)).await;
                }
            }
            pause *= 2;
        }
        Err(AskFailure::Broken)
    }

    /// Why it was refused, and the pause that the provider wants, if it may be asked again at all.
    async fn refused(&self, mut response: Response) -> (AskFailure, Option<Option<Duration>>) {
        let status = response.status();
        let may_help = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let wanted = response.headers().get(RETRY_AFTER);
        let wanted = wanted.and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        let reading = async {
            while let Ok(Some(bytes)) = response.chunk().await
                && body.len() < LONGEST_REFUSAL
            {
                body.extend_from_slice(&bytes);
            }
        };
        // What it says more is for the log alone, and not worth much of a wait.
        let _ = tokio::time::timeout(self.idle.min(PAUSE), reading).await;
        let error = serde_json::from_slice::<Frame>(&body).ok().and_then(|frame| frame.error);
        let word = error.as_ref().map_or_else(|| "unknown".to_owned(), wire::error_word);
        let status = status.as_u16();
        tracing::warn!(call.id = %self.id, status, word, "the provider of the model refused");
        (AskFailure::Refused { status }, may_help.then(|| wanted.map(Duration::from_secs)))
    }

    fn unreached(&self, error: &reqwest::Error) -> AskFailure {
        broke(self.id, error);
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => AskFailure::ConnectTimeout,
            _ => AskFailure::Broken,
        }
    }
}

fn broke(id: CallId, error: &reqwest::Error) {
    let error = error as &dyn Error;
    tracing::warn!(call.id = %id, error, "the connection to the provider of the model broke");
}

type Asked = Pin<Box<dyn Future<Output = Result<(Response, Instant), AskFailure>> + Send>>;

/// Where a call is.
enum At {
    Asking(Asked),
    /// Being answered; something was last heard at this instant.
    Answered(Box<Response>, Frames, Instant),
    Over,
}

/// How the model says that it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finish {
    Complete,
    CutShort,
}

/// A call and its answer.
struct Exchange {
    id: CallId,
    model: ModelName,
    idle: Duration,
    deadline: Instant,
    at: At,
    /// Heard, and not passed on yet.
    pieces: VecDeque<String>,
    prompt_tokens: u64,
    tally: Tally,
    usage: Option<Usage>,
    finish: Option<Finish>,
    failure: Option<AskFailure>,
}

impl Exchange {
    /// Waits for more bytes; gives the frames that they end. Nothing is lost when the wait is cancelled.
    async fn hear(&mut self) -> Result<Vec<String>, AskFailure> {
        if let At::Asking(asked) = &mut self.at {
            let (response, asked_at) = asked.await?;
            self.at = At::Answered(Box::new(response), Frames::default(), asked_at);
        }
        let At::Answered(response, frames, heard_at) = &mut self.at else { return Ok(Vec::new()) };
        let patience = *heard_at + self.idle;
        let heard = tokio::time::timeout_at(patience.min(self.deadline), response.chunk()).await;
        let heard = heard.map_err(|_| {
            if self.deadline <= patience {
                AskFailure::TotalTimeout
            } else {
                AskFailure::IdleTimeout
            }
        })?;
        let bytes = heard.map_err(|error| {
            broke(self.id, &error);
            AskFailure::Broken
        })?;
        *heard_at = Instant::now();
        if let Some(bytes) = bytes {
            return frames.push(&bytes).map_err(|_| AskFailure::Broken);
        }
        let last = frames.end().into_iter().collect();
        self.at = At::Over;
        Ok(last)
    }

    fn take_all(&mut self, frames: &[String]) -> Result<(), AskFailure> {
        frames.iter().try_for_each(|data| self.take(data))
    }

    /// Understands a frame.
    fn take(&mut self, data: &str) -> Result<(), AskFailure> {
        if data.trim() == "[DONE]" {
            self.at = At::Over;
            self.finish.get_or_insert(Finish::Complete);
            return Ok(());
        }
        let Frame { choices, usage, error } = serde_json::from_str(data).map_err(|_| {
            tracing::warn!(call.id = %self.id, "the provider of the model sent what is no frame");
            AskFailure::Broken
        })?;
        if let Some(error) = error {
            let word = wire::error_word(&error);
            tracing::warn!(call.id = %self.id, word, "the provider of the model broke off");
            return Err(AskFailure::Broken);
        }
        if let Some(tokens) = usage {
            self.usage = Some(Usage {
                prompt_tokens: tokens.prompt_tokens,
                completion_tokens: tokens.completion_tokens,
                is_estimated: false,
            });
        }
        // Nobody asked for a second choice.
        let Some(choice) = choices.into_iter().next() else { return Ok(()) };
        if let Some(piece) = choice.delta.content.filter(|piece| !piece.is_empty()) {
            self.tally.add(&piece);
            self.pieces.push_back(piece);
        }
        match choice.finish_reason.as_deref() {
            None => {}
            Some("length" | "content_filter") => self.finish = Some(Finish::CutShort),
            Some("error") => return Err(AskFailure::Broken),
            Some(_) => self.finish = Some(Finish::Complete),
        }
        Ok(())
    }
}

#[async_trait]
impl Answer for Exchange {
    async fn next(&mut self) -> Result<Option<String>, AskFailure> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Ok(Some(piece));
            }
            if matches!(self.at, At::Over) {
                // What the model has ended is whole, whatever happens to the connection then.
                return match self.finish {
                    Some(_) => Ok(None),
                    None => Err(self.failure.clone().unwrap_or(AskFailure::Broken)),
                };
            }
            let taken = self.hear().await.and_then(|frames| self.take_all(&frames));
            if let Err(failure) = taken {
                (self.at, self.failure) = (At::Over, Some(failure));
            }
        }
    }

    fn is_cut_short(&self) -> bool {
        self.finish == Some(Finish::CutShort)
    }

    fn model(&self) -> &ModelName {
        &self.model
    }

    fn usage(&self) -> Usage {
        self.usage.unwrap_or(Usage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.tally.tokens() as u64,
            is_estimated: true,
        })
    }
}

#[cfg(test)]
mod tests;
