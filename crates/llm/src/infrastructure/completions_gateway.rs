//! Asks models over HTTP, as chat completions that are streamed.

use std::time::Duration;

use async_trait::async_trait;
use perme8_events::{TraceContext, current_trace};
use reqwest::{Client, RequestBuilder, redirect};
use tokio::time::Instant;
use tracing::Span;

use crate::{
    application::ports::{Answer, LanguageModel},
    domain::{
        call::{Call, LONGEST_ANSWER},
        failure::AskFailure,
        model_name::ModelName,
        models::Models,
        provider::Provider,
    },
    infrastructure::{hearing::Hearing, wire::Request},
};

mod asking;
mod exchange;
mod unwanted;

use asking::Asking;
use exchange::Exchange;
use unwanted::Unwanted;

/// No more is said to a model, in bytes.
const LONGEST_QUESTION: usize = 4 << 20;

/// How long a provider is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until it is connected.
    pub connect: Duration,
    /// While it says nothing before its first word; models that think take long, and so do those that are loaded first. Comments
    /// say that it is still at it.
    pub first_word: Duration,
    /// While it says nothing after that.
    pub idle: Duration,
    /// Until it has said all, with everything that is tried again; [`LONGEST_ANSWER`] at most.
    pub total: Duration,
    /// Before what it did not take is tried again, about; twice as long before the next time. A provider may want another pause.
    pub pause: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_word: Duration::from_mins(2),
            idle: Duration::from_secs(30),
            total: LONGEST_ANSWER,
            pause: Duration::from_millis(500),
        }
    }
}

/// The models of a provider that speaks the chat completions of `OpenAI`, as most do.
///
/// It knows no limits and keeps no accounts: that is what is put around it.
#[derive(Debug)]
pub struct ChatCompletions {
    client: Client,
    provider: Provider,
    models: Models,
    timeouts: Timeouts,
    unwanted: Unwanted,
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
        let base_url = &provider.base_url;
        let mut client = Client::builder()
            .connect_timeout(timeouts.connect)
            // Whoever is sent elsewhere would take the key along.
            .redirect(redirect::Policy::none())
            .user_agent("perme8")
            // Most providers keep silent connections longer, and what they close is not asked on.
            .pool_idle_timeout(Duration::from_secs(30));
        if base_url.is_in_clear() {
            // A proxy of the environment could read the key.
            client = client.no_proxy();
            if provider.api_key.is_some() && !base_url.is_local() {
                tracing::warn!(%base_url, "the key of the model leaves this machine in clear: use https");
            }
        }
        let client = client.build().map_err(CompletionsSetupError)?;
        Ok(Self { client, provider, models, timeouts, unwanted: Unwanted::default() })
    }

    fn request(&self) -> RequestBuilder {
        let Provider { base_url, api_key } = &self.provider;
        let request = self.client.post(base_url.completions());
        match api_key {
            Some(api_key) => request.bearer_auth(api_key.exposed()),
            None => request,
        }
    }
}

/// The call as a step of the trace that it belongs to, with the span that shows it; nothing where nothing is traced.
fn traced(call: &Call, model: &ModelName) -> (Option<TraceContext>, Span) {
    let Some(cause) = current_trace() else { return (None, Span::none()) };
    let step = cause.next_step();
    let span = tracing::info_span!(
        parent: None,
        "ask",
        kind = "client",
        traceparent = %step,
        follows = %cause,
        %model,
        call.id = %call.id
    );
    (Some(step), span)
}

#[async_trait]
impl LanguageModel for ChatCompletions {
    fn models(&self) -> &Models {
        &self.models
    }

    async fn ask(&self, call: &Call) -> Result<Box<dyn Answer>, AskFailure> {
        let model = self.models.chosen(call.model.as_ref())?;
        let length: usize = call.messages.iter().map(|message| message.text.len()).sum();
        if length > LONGEST_QUESTION {
            tracing::warn!(call.id = %call.id, length, "a question is too long for any model");
            // As any provider would.
            return Err(AskFailure::Refused { status: 413, retry_after: None });
        }
        let deadline = Instant::now() + self.timeouts.total.min(LONGEST_ANSWER);
        let mut body = Request::of(call, &model);
        self.unwanted.leave_out(&model, &mut body);
        let (step, span) = traced(call, &model);
        let request = match step {
            Some(step) => self.request().header("traceparent", step.to_string()),
            None => self.request(),
        };
        let asking = Asking {
            id: call.id,
            request,
            body,
            model: &model,
            unwanted: &self.unwanted,
            timeouts: self.timeouts,
            deadline,
        };
        let response = tokio::time::timeout_at(deadline, asking.response()).await;
        let response = response.map_err(|_| AskFailure::TotalTimeout)??;
        Ok(Box::new(Exchange {
            id: call.id,
            model,
            response: Some(response),
            hearing: Hearing::to(call.estimated_tokens()),
            timeouts: self.timeouts,
            heard_at: Instant::now(),
            deadline,
            failure: None,
            _span: span,
        }))
    }
}

#[cfg(test)]
mod tests;
