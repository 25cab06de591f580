//! Sending a mail.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use perme8_events::{Clock, HandlerError, Job, JobRun, QueueOptions, RetryPolicy, Worker};
use serde::Serialize;

use crate::{
    application::ports::{Dispatch, DispatchError, Mailer},
    domain::{correspondent::Correspondent, message_id::MessageId, outgoing::Outgoing},
};

impl Job for Outgoing {
    const QUEUE: &'static str = "mail.outgoing";
}

/// Sends the mails of the queue, each once; the same `Message-ID` marks one that a crash made go out twice.
#[derive(Debug, Clone)]
pub struct SendMail {
    mailer: Arc<dyn Mailer>,
    from: Correspondent,
    clock: Arc<dyn Clock>,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Sent {
    /// It was taken.
    Sent {
        /// What it is for.
        kind: String,
        /// The name under which servers know it.
        message_id: String,
        /// Who took it.
        by: String,
    },
    /// It would have come too late to be of any use, e.g. because its link has expired.
    Overdue {
        /// What it was for.
        kind: String,
    },
}

impl SendMail {
    pub(crate) fn new(mailer: Arc<dyn Mailer>, from: Correspondent, clock: Arc<dyn Clock>) -> Self {
        Self { mailer, from, clock }
    }
}

#[async_trait]
impl Worker for SendMail {
    type Job = Outgoing;
    type Done = Sent;

    fn options(&self) -> QueueOptions {
        QueueOptions {
            concurrency: 4,
            // A mail server may be out of reach for most of a day before mails are given up.
            retry: RetryPolicy {
                attempts: 40,
                base: Duration::from_secs(2),
                cap: Duration::from_hours(1),
            },
            timeout: Duration::from_mins(1),
            // Links in mails hold tokens.
            keep_payload: false,
            ..QueueOptions::DEFAULT
        }
    }

    async fn work(&self, mail: Outgoing, run: &JobRun) -> Result<Sent, HandlerError> {
        let (at, kind) = (self.clock.now(), mail.kind.clone());
        if mail.is_overdue(at) {
            return Ok(Sent::Overdue { kind });
        }
        let message_id = MessageId::of(run.key(), &self.from);
        let (id, from) = (run.job_id().uuid(), self.from.clone());
        let dispatch = Dispatch { id, message_id, from, mail, at };
        match self.mailer.send(&dispatch).await {
            Ok(()) => Ok(Sent::Sent {
                kind,
                message_id: dispatch.message_id.to_string(),
                by: self.mailer.name(),
            }),
            Err(error @ DispatchError::Refused(_)) => Err(HandlerError::permanent(error)),
            Err(error @ DispatchError::NotNow(_)) => Err(HandlerError::transient(error)),
            Err(DispatchError::Storage(error)) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{StorageError, testing::ManualClock};

    use super::*;
    use crate::{
        application::ports::MockMailer,
        domain::{letter::Letter, outgoing::MailKind, stationery::Stationery},
    };

    fn mail() -> Outgoing {
        let stationery = Stationery::new("Perme8", "https://perme8.example".parse().unwrap());
        let ada = Correspondent::new("ada@example.com", "Ada").unwrap();
        let until = ManualClock::monday_morning().now() + TimeDelta::minutes(15);
        stationery.mail(MailKind::new("tests.greeting"), ada, &Letter::new("Hello"), Some(until))
    }

    fn sending(mailer: MockMailer, clock: &ManualClock) -> SendMail {
        let from = Correspondent::new("noreply@perme8.example", "Perme8").unwrap();
        SendMail::new(Arc::new(mailer), from, Arc::new(clock.clone()))
    }

    fn mailer(answer: fn() -> Result<(), DispatchError>) -> MockMailer {
        let mut mailer = MockMailer::new();
        mailer.expect_name().returning(|| "a mailer".to_owned());
        mailer.expect_send().times(1).returning(move |_| answer());
        mailer
    }

    async fn check(answer: fn() -> Result<(), DispatchError>, expected: Expect) {
        let sending = sending(mailer(answer), &ManualClock::monday_morning());
        let shown = match sending.work(mail(), &JobRun::fake("key-1")).await {
            Ok(sent) => format!("{sent:?}"),
            Err(error) => format!("{:?}: {}", error.class(), error.chain()),
        };
        expected.assert_eq(&shown);
    }

    #[tokio::test]
    async fn what_was_taken_is_done_and_says_by_whom() {
        check(
            || Ok(()),
            expect![[
                r#"Sent { kind: "tests.greeting", message_id: "<key-1@perme8.example>", by: "a mailer" }"#
            ]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_refused_for_good_is_not_tried_again() {
        check(
            || Err(DispatchError::Refused("550 no such user".into())),
            expect!["Permanent: the mail is refused for good: 550 no such user"],
        )
        .await;
    }

    #[tokio::test]
    async fn what_may_be_taken_later_is_tried_again() {
        check(
            || Err(DispatchError::NotNow("451 try later".into())),
            expect!["Transient: the mail cannot be sent now: 451 try later"],
        )
        .await;
    }

    #[tokio::test]
    async fn a_mailbox_that_cannot_be_written_is_no_fault_of_the_mail() {
        check(
            || Err(StorageError::new("full").into()),
            expect!["Transient: the storage gave an error: full"],
        )
        .await;
    }

    #[tokio::test]
    async fn every_attempt_has_the_same_names() {
        let clock = ManualClock::monday_morning();
        let mut mailer = MockMailer::new();
        mailer.expect_name().returning(|| "a mailer".to_owned());
        mailer
            .expect_send()
            .times(2)
            .withf(|dispatch| {
                dispatch.message_id.as_str() == "<key-1@perme8.example>"
                    && dispatch.id == JobRun::fake("key-1").job_id().uuid()
                    && dispatch.from.address() == "noreply@perme8.example"
            })
            .returning(|_| Ok(()));
        let sending = sending(mailer, &clock);
        for _ in 0..2 {
            sending.work(mail(), &JobRun::fake("key-1")).await.unwrap();
            clock.advance(Duration::from_mins(1));
        }
    }

    #[tokio::test]
    async fn a_mail_whose_link_has_expired_is_not_sent() {
        let clock = ManualClock::monday_morning();
        clock.advance(Duration::from_mins(15));
        let sending = sending(MockMailer::new(), &clock);
        let outcome = sending.work(mail(), &JobRun::fake("key-1")).await.unwrap();
        assert_eq!(outcome, Sent::Overdue { kind: "tests.greeting".to_owned() });
    }

    #[test]
    fn the_queue_keeps_no_tokens_and_waits_for_a_day() {
        let options = sending(MockMailer::new(), &ManualClock::monday_morning()).options();
        assert!(!options.keep_payload);
        let RetryPolicy { attempts, .. } = options.retry;
        let longest: Duration =
            (1..attempts).map(|attempt| options.retry.delay(attempt, u64::MAX)).sum();
        assert!(longest > Duration::from_hours(24), "{longest:?}");
    }

    #[test]
    fn the_job_is_stored_in_a_form_that_lasts() {
        let text = serde_json::to_string(&mail()).unwrap();
        let again: Outgoing = serde_json::from_str(&text).unwrap();
        assert_eq!(again, mail());
        let shape = r#"{"kind":"a.b","to":{"address":"ada@example.com","name":""},"subject":"","text":"","html":""}"#;
        let oldest: Outgoing = serde_json::from_str(shape).unwrap();
        assert_eq!((oldest.kind(), oldest.worth_until), ("a.b", None));
    }
}
