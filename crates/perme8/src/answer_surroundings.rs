//! What answers that are being written need of this host: its tasks, and its live bus.

use std::{error::Error, pin::Pin};

use async_trait::async_trait;
use llm::{CallId, PieceSignal, Surroundings};
use perme8_events::{
    EphemeralTopic, Signal, UserId, Viewer, current_trace,
    host::{Ephemeral, EventBus, Heard, Tasks},
    within_trace,
};
use serde::{Deserialize, Serialize};

/// Runs answers among the tasks of a host, and tells whoever looks on over its bus.
#[derive(Debug, Clone)]
pub(crate) struct AnswerSurroundings {
    ephemeral: Ephemeral,
    tasks: Tasks,
}

/// One node asks the others not to go on with an answer, on the topic of that answer.
#[derive(Serialize, Deserialize)]
struct Cancelled {}

impl Signal for Cancelled {
    const KIND: &'static str = "llm.cancelled";
}

impl AnswerSurroundings {
    pub(crate) fn new(bus: &EventBus, tasks: &Tasks) -> Self {
        Self { ephemeral: bus.ephemeral(), tasks: tasks.clone() }
    }

    fn publish(&self, topic: EphemeralTopic, signal: &impl Signal) {
        if let Err(error) = self.ephemeral.publish(topic, None, signal) {
            let error = &error as &dyn Error;
            tracing::debug!(error, "an answer is not heard of elsewhere");
        }
    }
}

fn topic(id: CallId) -> EphemeralTopic {
    EphemeralTopic::Program(id.uuid())
}

#[async_trait]
impl Surroundings for AnswerSurroundings {
    fn run(&self, answer: Pin<Box<dyn Future<Output = ()> + Send>>) {
        // It belongs to what asked for it, which may be over before.
        self.tasks.spawn("answer", within_trace(current_trace(), answer));
    }

    async fn stopped(&self) {
        self.tasks.stopped().await;
    }

    fn tell(&self, user: UserId, piece: &PieceSignal) {
        self.publish(EphemeralTopic::User(user), piece);
    }

    fn cancel_elsewhere(&self, id: CallId) {
        self.publish(topic(id), &Cancelled {});
    }

    async fn cancelled_elsewhere(&self, id: CallId) {
        // The program hears every topic, whoever has which rights.
        if let Ok(Some(mut listening)) = self.ephemeral.listen(Viewer::Operator, topic(id)).await {
            while let Ok(heard) = listening.next().await {
                match heard {
                    Heard::Message(message) => {
                        if matches!(message.decode::<Cancelled>(), Ok(Some(_))) {
                            return;
                        }
                    }
                    Heard::Missed(_) => {}
                    Heard::AccessLost | Heard::Closed => break,
                }
            }
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::Arc, time::Duration};

    use futures_util::FutureExt as _;
    use perme8_events::{
        host::Feed,
        testing::{Strangers, TestDb, wait_until},
    };
    use uuid::Uuid;

    use super::*;
    use crate::MIGRATIONS;

    const SOON: Duration = Duration::from_secs(20);

    async fn bus(test: &TestDb, tasks: &Tasks) -> EventBus {
        let feed = Feed::start(&test.db, tasks).await.unwrap();
        EventBus::new(feed, Arc::new(Strangers), &[])
    }

    // Without a server that passes it on, what nobody keeps stays in its process: there are no other nodes to ask.
    #[tokio::test]
    async fn whoever_writes_an_answer_hears_that_another_node_cancels_it() {
        let Some(test) = TestDb::postgres(2, MIGRATIONS).await else { return };
        test.run(async |test| {
            let tasks = Tasks::new();
            let here = AnswerSurroundings::new(&bus(&test, &tasks).await, &tasks);
            let there = AnswerSurroundings::new(&bus(&test, &tasks).await, &tasks);
            let (this, other) = (CallId::new(Uuid::from_u128(1)), CallId::new(Uuid::from_u128(2)));
            let mut written = pin!(here.cancelled_elsewhere(this));
            let goes_on = pin!(here.cancelled_elsewhere(other));
            // Whoever does not listen yet hears nothing.
            wait_until("it is cancelled", SOON, async || {
                there.cancel_elsewhere(this);
                written.as_mut().now_or_never().is_some()
            })
            .await;
            assert_eq!(goes_on.now_or_never(), None);
            tasks.shutdown(SOON).await.unwrap();
        })
        .await;
    }
}
