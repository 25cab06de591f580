//! Accounts, and an event for each deposit.

use std::{
    convert::Infallible,
    sync::Arc,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use futures_util::future::try_join_all;
use perme8_events::{
    DomainEvent, Origin, StorageError, Transaction as _, sql,
    sql::{Db, UnitOfWork},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::interval;
use uuid::Uuid;

/// Emitted when money was deposited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "bank.deposited", aggregate = "account", audience(operators))]
pub(crate) struct Deposited {
    #[event(aggregate_id)]
    pub(crate) account: i64,
    pub(crate) amount: i64,
    pub(crate) deposit: Uuid,
}

/// Emitted when a handler was told of a deposit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "bank.deposit_noted", aggregate = "account", audience(operators))]
pub(crate) struct DepositNoted {
    #[event(aggregate_id)]
    pub(crate) account: i64,
    pub(crate) deposit: Uuid,
}

/// So many accounts there are.
const ACCOUNTS: i64 = 16;
/// How often each task deposits.
const PACE: Duration = Duration::from_millis(25);

/// Takes deposits.
#[derive(Debug, Clone)]
pub(crate) struct Bank {
    uow: UnitOfWork,
    amounts: Arc<AtomicI64>,
}

impl Bank {
    pub(crate) fn new(db: &Db) -> Self {
        Self { uow: UnitOfWork::new(db.clone()), amounts: Arc::default() }
    }

    pub(crate) async fn set_up(&self) -> Result<(), StorageError> {
        self.uow
            .run(Origin::system("bank"), async |tx| {
                for table in [
                    sql!("CREATE TABLE bank_accounts (account bigint PRIMARY KEY, balance bigint NOT NULL)"),
                    sql!(
                        "CREATE TABLE bank_counters (handler text, account bigint, deposits bigint NOT NULL,
                           total bigint NOT NULL, PRIMARY KEY (handler, account))"
                    ),
                    sql!(
                        "CREATE TABLE bank_ledger (generation bigint, account bigint, deposits bigint NOT NULL,
                           total bigint NOT NULL, PRIMARY KEY (generation, account))"
                    ),
                    sql!("CREATE TABLE bank_receipts (key text PRIMARY KEY)"),
                    sql!("CREATE TABLE bank_checkpoints (reader text PRIMARY KEY, position bigint NOT NULL)"),
                ] {
                    tx.query(table).exec().await?;
                }
                Ok(())
            })
            .await
    }

    /// Deposits one after another, and perhaps says which were acknowledged.
    pub(crate) async fn keep_depositing(&self, tasks: u32, aloud: bool) -> anyhow::Result<()> {
        let all = (0..tasks).map(|_| self.deposit_for_ever(aloud));
        try_join_all(all).await?;
        Ok(())
    }

    async fn deposit_for_ever(&self, aloud: bool) -> Result<Infallible, StorageError> {
        let mut pace = interval(PACE);
        loop {
            pace.tick().await;
            match self.deposit().await {
                Ok(deposit) if aloud => crate::say(&deposit.to_string()),
                // On SQLite another process may hold the one write lock for long.
                Err(error) if !error.is_retryable() && !error.is_unavailable() => {
                    return Err(error);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    async fn deposit(&self) -> Result<Uuid, StorageError> {
        let amount = 1 + self.amounts.fetch_add(1, Ordering::Relaxed);
        self.uow
            .run(Origin::system("bank"), async |tx| {
                let deposit = tx.new_uuid();
                let account = i64::from(deposit.as_bytes()[15]) % ACCOUNTS;
                tx.query(sql!(
                    "INSERT INTO bank_accounts (account, balance) VALUES ($1, $2)
                     ON CONFLICT (account) DO UPDATE SET balance = bank_accounts.balance + excluded.balance"
                ))
                .bind(account)
                .bind(amount)
                .exec()
                .await?;
                tx.emit(Deposited { account, amount, deposit });
                Ok(deposit)
            })
            .await
    }
}
