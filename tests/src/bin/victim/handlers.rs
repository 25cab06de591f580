//! Handlers whose effects can be counted.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, RetryPolicy, StorageError, Subscriber,
    Subscription, Transaction as _, sql, sql::Tx,
};

use crate::{
    bank::{DepositNoted, Deposited},
    paying::{OWNER, bears_interest, promise},
};

/// Counts the deposits of each account and adds up their amounts.
#[derive(Debug)]
pub(crate) struct Counting {
    name: &'static str,
    /// Every so many deliveries one fails, after its effect.
    fails_every: Option<u32>,
    deliveries: AtomicU32,
}

/// The names of the counting handlers.
pub(crate) const COUNTING: [&str; 2] = ["bank.counting", "bank.stumbling"];

impl Counting {
    pub(crate) fn smoothly() -> Self {
        Self { name: COUNTING[0], fails_every: None, deliveries: AtomicU32::new(0) }
    }

    /// Its retries are rows, which outlive the process.
    pub(crate) fn stumbling() -> Self {
        Self { name: COUNTING[1], fails_every: Some(31), deliveries: AtomicU32::new(0) }
    }
}

/// Counts one deposit for a handler.
pub(crate) async fn count(
    tx: &mut Tx,
    handler: &str,
    event: &Deposited,
) -> Result<(), StorageError> {
    tx.query(sql!(
        "INSERT INTO bank_counters (handler, account, deposits, total) VALUES ($1, $2, 1, $3)
         ON CONFLICT (handler, account) DO UPDATE SET
           deposits = bank_counters.deposits + 1, total = bank_counters.total + excluded.total"
    ))
    .bind(handler)
    .bind(event.account)
    .bind(event.amount)
    .exec()
    .await?;
    Ok(())
}

const TO_DEPOSITS: &[Subscription] = &[Subscription::to::<Deposited>()];

const OPTIONS: HandlerOptions = HandlerOptions {
    batch: 20,
    retry: RetryPolicy {
        attempts: u16::MAX,
        base: std::time::Duration::from_millis(20),
        cap: std::time::Duration::from_millis(100),
    },
    ..HandlerOptions::DEFAULT
};

impl Subscriber for Counting {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        TO_DEPOSITS
    }

    fn options(&self) -> HandlerOptions {
        OPTIONS
    }
}

#[async_trait]
impl EventHandler<Tx> for Counting {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(event) = event.decode::<Deposited>()? {
            count(tx, self.name, &event).await?;
        }
        let delivery = self.deliveries.fetch_add(1, Ordering::Relaxed);
        match self.fails_every {
            Some(every) if delivery % every == every - 1 => {
                Err(HandlerError::transient("stumbled"))
            }
            _ => Ok(()),
        }
    }
}

/// Emits an event for each deposit it is told of, and promises interest on some of them.
#[derive(Debug)]
pub(crate) struct Forwarding;

impl Subscriber for Forwarding {
    fn name(&self) -> &'static str {
        OWNER
    }

    fn subscriptions(&self) -> &[Subscription] {
        TO_DEPOSITS
    }

    fn options(&self) -> HandlerOptions {
        OPTIONS
    }
}

#[async_trait]
impl EventHandler<Tx> for Forwarding {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(Deposited { account, deposit, .. }) = event.decode()? {
            tx.emit(DepositNoted { account, deposit });
            if bears_interest(deposit) {
                promise(tx, deposit);
            }
        }
        Ok(())
    }
}
