//! Sends spans to a collector, some at a time, and gives up those that it does not take.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use metrics::counter;
use perme8_events::host::Tasks;
use reqwest::{Client, Response, Url, redirect};
use tokio::sync::mpsc;

use super::{
    LOST, SENT,
    otlp::{self, Objection},
    spans::Ended,
};

/// How often spans are sent.
const PAUSE: Duration = Duration::from_secs(1);
/// So many of them at a time.
const AT_ONCE: usize = 512;
/// So long a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many bytes of its answer are read: an objection is shorter.
const ANSWER: usize = 16 * 1024;
/// How often it is told that a collector objects, which it may do every second.
const REMINDER: Duration = Duration::from_mins(10);

/// Sends spans to a collector.
#[derive(Debug)]
pub struct Exporter {
    spans: mpsc::Receiver<Ended>,
    url: Url,
    node: Option<String>,
    /// Whether the collector did not take the last ones; it is told once.
    is_failing: bool,
    rejections: Rejections,
}

/// Spans that a collector rejects among others that it takes; they are told together, once in a while.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    untold: u64,
    told: Option<Instant>,
}

impl Rejections {
    /// Adds so many; gives how many there are to tell of, if it is time.
    pub(super) fn add(&mut self, rejected: u64, now: Instant) -> Option<u64> {
        self.untold += rejected;
        if self.told.is_some_and(|told| now.duration_since(told) < REMINDER) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

impl Exporter {
    pub(super) fn new(spans: mpsc::Receiver<Ended>, url: Url, node: Option<&str>) -> Self {
        let (node, rejections) = (node.map(str::to_owned), Rejections::default());
        Self { spans, url, node, is_failing: false, rejections }
    }

    /// Sends what there is once a second until the tasks are stopped, and once more then.
    pub async fn run(mut self, tasks: Tasks) {
        let stop = tasks.token();
        let client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none());
        let client = match client.user_agent("perme8").build() {
            Ok(client) => client,
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(error, "traces go nowhere: are there root certificates?");
                return;
            }
        };
        while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
            self.send_all(&client).await;
        }
        self.send_all(&client).await;
    }

    async fn send_all(&mut self, client: &Client) {
        // No more than there are now: a collector that is slow is not waited for by whoever stops the host.
        let mut left = self.spans.len();
        while left > 0 {
            let mut batch = Vec::with_capacity(left.min(AT_ONCE));
            while batch.len() < AT_ONCE
                && let Ok(ended) = self.spans.try_recv()
            {
                batch.push(ended);
            }
            if batch.is_empty() {
                return;
            }
            left = left.saturating_sub(batch.len());
            self.send(client, batch).await;
        }
    }

    async fn send(&mut self, client: &Client, batch: Vec<Ended>) {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let request = client.post(self.url.clone());
        let request = request.json(&otlp::request(batch, self.node.as_deref()));
        match request.send().await.and_then(Response::error_for_status) {
            Ok(response) => {
                let objection = otlp::objection(&read(response).await);
                let rejected = objection.as_ref().map_or(0, |objection| objection.rejected);
                let rejected = rejected.min(count);
                counter!(SENT).increment(count - rejected);
                counter!(LOST).increment(rejected);
                if let Some(Objection { why, .. }) = objection
                    && let Some(rejected) = self.rejections.add(rejected, Instant::now())
                {
                    tracing::warn!(url = %self.url, rejected, why, "the collector objects to spans; those that it rejects are lost");
                }
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!(url = %self.url, "the collector takes traces again");
                }
            }
            Err(error) => {
                counter!(LOST).increment(count);
                if !std::mem::replace(&mut self.is_failing, true) {
                    let error = &error as &dyn Error;
                    tracing::warn!(url = %self.url, error, "the collector does not take traces; they are lost");
                }
            }
        }
    }
}

/// What a collector answers, as far as it says so; its spans are taken in any case.
async fn read(mut response: Response) -> Vec<u8> {
    let mut answer = Vec::new();
    while answer.len() < ANSWER
        && let Ok(Some(more)) = response.chunk().await
    {
        answer.extend_from_slice(&more);
    }
    answer
}
