//! Sends spans to a collector, some at a time, and gives up those that it does not take.

use std::{error::Error, time::Duration};

use metrics::counter;
use perme8_events::host::Tasks;
use reqwest::{Client, Response, Url, redirect};
use tokio::sync::mpsc;

use super::{LOST, SENT, otlp, spans::Ended};

/// How often spans are sent.
const PAUSE: Duration = Duration::from_secs(1);
/// So many of them at a time.
const AT_ONCE: usize = 512;
/// So long a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends spans to a collector.
#[derive(Debug)]
pub struct Exporter {
    spans: mpsc::Receiver<Ended>,
    url: Url,
    node: Option<String>,
    /// Whether the collector did not take the last ones; it is told once.
    is_failing: bool,
}

impl Exporter {
    pub(super) fn new(spans: mpsc::Receiver<Ended>, url: Url, node: Option<&str>) -> Self {
        Self { spans, url, node: node.map(str::to_owned), is_failing: false }
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
            Ok(_) => {
                counter!(SENT).increment(count);
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
