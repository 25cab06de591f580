//! Work outside of transactions and instants to be told of, of which every effect can be counted.

use std::time::Duration;

use async_trait::async_trait;
use perme8_events::{
    HandlerError, Job, JobRun, NewJob, Origin, QueueOptions, RetryPolicy, StorageError, Timer,
    Transaction, Worker, sql,
    sql::{Db, UnitOfWork},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who sets the timers.
pub(crate) const OWNER: &str = "bank.forwarding";

/// One deposit in so many is paid interest.
const ONE_IN: u8 = 8;

/// Whether a deposit is paid interest.
pub(crate) fn bears_interest(deposit: Uuid) -> bool {
    deposit.as_bytes()[14].is_multiple_of(ONE_IN)
}

/// Pays interest on a deposit, outside of the transaction that notes it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PayInterest {
    deposit: Uuid,
}

impl Job for PayInterest {
    const QUEUE: &'static str = "bank.interest";
}

/// Leaves a job, whose end is told, and a timer that is due at once.
pub(crate) fn promise(tx: &mut impl Transaction, deposit: Uuid) {
    let key = deposit.to_string();
    let now = tx.now();
    tx.enqueue(NewJob::new(PayInterest { deposit }).once(&key).told());
    tx.set_timer(Timer::new(OWNER, key, "interest", now));
}

/// Keeps a receipt for each key; a run that comes again finds it there.
#[derive(Debug)]
pub(crate) struct Paying {
    uow: UnitOfWork,
}

impl Paying {
    pub(crate) fn new(db: &Db) -> Self {
        Self { uow: UnitOfWork::new(db.clone()) }
    }
}

#[async_trait]
impl Worker for Paying {
    type Job = PayInterest;
    type Done = ();

    fn options(&self) -> QueueOptions {
        let retry = RetryPolicy {
            attempts: u16::MAX,
            base: Duration::from_millis(20),
            cap: Duration::from_millis(100),
        };
        QueueOptions { retry, ..QueueOptions::DEFAULT }
    }

    async fn work(&self, job: PayInterest, run: &JobRun) -> Result<(), HandlerError> {
        if job.deposit.to_string() != run.key() {
            return Err(HandlerError::permanent("the key is not that of the deposit"));
        }
        self.uow
            .run(Origin::system(PayInterest::QUEUE), async |tx| {
                let keep =
                    sql!("INSERT INTO bank_receipts (key) VALUES ($1) ON CONFLICT DO NOTHING");
                tx.query(keep).bind(run.key()).exec().await?;
                Ok::<_, StorageError>(())
            })
            .await?;
        Ok(())
    }
}
