//! A read model of the deposits, which is built anew again and again.

use std::{convert::Infallible, time::Duration};

use async_trait::async_trait;
use perme8_events::{
    Envelope, HandlerError, HandlerOptions, Origin, StorageError, Subscriber, Subscription,
    host::{NodeOptions, OperationError, Operations, Operator, Runtime, RuntimeBuilder},
    sql,
    sql::{Db, Projection, Rows},
};
use tokio::time::interval;

use crate::{LEASE, audit::Books, bank::Deposited};

/// The name of the projection.
const LEDGER: &str = "bank.ledger";
/// So many deposits in a transaction: each has to wait for the one writer of SQLite like any single deposit, so with fewer a
/// rebuild would not come any nearer to the end of a log that others write.
const BATCH: usize = 16;

/// Counts the deposits of each account and adds up their amounts, in small transactions, so that many lie between two swaps.
#[derive(Debug)]
struct Ledger;

impl Subscriber for Ledger {
    fn name(&self) -> &'static str {
        LEDGER
    }

    fn subscriptions(&self) -> &[Subscription] {
        const TO_DEPOSITS: &[Subscription] = &[Subscription::to::<Deposited>()];
        TO_DEPOSITS
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { batch: BATCH, ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl Projection for Ledger {
    fn version(&self) -> u32 {
        1
    }

    async fn apply(&self, rows: &mut Rows<'_>, event: &Envelope) -> Result<(), HandlerError> {
        let Some(Deposited { account, amount, .. }) = event.decode()? else { return Ok(()) };
        rows.query(sql!(
            "INSERT INTO bank_ledger (generation, account, deposits, total) VALUES ($1, $2, 1, $3)
             ON CONFLICT (generation, account) DO UPDATE SET
               deposits = bank_ledger.deposits + 1, total = bank_ledger.total + excluded.total"
        ))
        .bind(account)
        .bind(amount)
        .exec()
        .await?;
        Ok(())
    }

    async fn remove(&self, rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
        rows.query(sql!(
            "DELETE FROM bank_ledger WHERE (generation, account) IN
               (SELECT generation, account FROM bank_ledger WHERE generation = $1 LIMIT $2)"
        ))
        .bind(limit)
        .exec()
        .await
    }
}

/// The projection alone.
pub(crate) fn runtime(db: &Db) -> RuntimeBuilder {
    let node = NodeOptions { lease: LEASE, ..NodeOptions::default() };
    Runtime::builder(db).projection(Ledger).node(node)
}

/// Has the read model built anew whenever that is not being done, for ever.
pub(crate) async fn keep_rebuilding(db: &Db) -> anyhow::Result<Infallible> {
    let operations = Operations::of(&runtime(db).build(), &[]);
    let operator = Operator::new("victim", Origin::system("bank"))?;
    let mut pace = interval(Duration::from_millis(50));
    loop {
        pace.tick().await;
        match operations.rebuild(&operator, LEDGER).await {
            // Nobody has started it yet, or it is being built.
            Ok(_)
            | Err(OperationError::UnknownHandler { .. } | OperationError::Rebuilding { .. }) => {}
            Err(OperationError::Storage(error))
                if error.is_retryable() || error.is_unavailable() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What readers see.
pub(crate) async fn read(db: &Db) -> anyhow::Result<Books> {
    let model = db.read_model(LEDGER).await?;
    let rows: Vec<(i64, i64, i64)> = model
        .query(sql!("SELECT account, deposits, total FROM bank_ledger WHERE generation = $1"))
        .all()
        .await?;
    Ok(rows.into_iter().map(|(account, deposits, total)| (account, (deposits, total))).collect())
}
