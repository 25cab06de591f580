//! Whether the books balance: every effect against what the log says it should be.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufRead as _,
    time::Duration,
};

use perme8_events::{
    EventFilter, EventStore as _, JobDone, Position, TimerFired,
    host::{Feed, Operations, Runtime, Tasks},
    sql,
    sql::Db,
    testing::wait_until,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    bank::{DepositNoted, Deposited},
    ledger,
    paying::bears_interest,
};

/// What an audit finds; the books balance when everything but the first is zero.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Findings {
    /// So many deposits the log knows.
    deposits: usize,
    /// Acknowledged to somebody, and not in the log.
    unknown: usize,
    /// Accounts whose balance is not the sum of their deposits.
    unbalanced: usize,
    /// Deposits counted more than once, by all counting handlers together.
    counted_again: i64,
    /// Deposits not counted.
    not_counted: i64,
    /// Accounts with the right number of deposits and the wrong total.
    wrong_totals: usize,
    /// Deposits noted more than once.
    noted_again: usize,
    /// Deposits never noted.
    not_noted: usize,
    /// Deposits on which interest was promised and not paid.
    not_paid: usize,
    /// Payments that were reported more than once.
    paid_again: usize,
    /// Timers that fired more than once.
    fired_again: usize,
    /// Timers that never fired.
    not_fired: usize,
}

/// Account by account, how many deposits and how much.
pub(crate) type Books = BTreeMap<i64, (i64, i64)>;

/// What the log says.
#[derive(Debug, Default)]
struct Log {
    books: Books,
    deposits: BTreeSet<Uuid>,
    /// How often each deposit was noted.
    notes: BTreeMap<Uuid, usize>,
    /// How often the payment of each promise was reported.
    payments: BTreeMap<String, usize>,
    /// How often the timer of each promise fired.
    timers: BTreeMap<String, usize>,
}

impl Log {
    /// The keys of what was promised on deposits that were noted.
    fn promises(&self) -> impl Iterator<Item = String> {
        let promised = self.notes.keys().filter(|deposit| bears_interest(**deposit));
        promised.map(ToString::to_string)
    }

    /// Whether every promise was kept.
    fn is_kept(&self) -> bool {
        self.promises()
            .all(|key| self.payments.contains_key(&key) && self.timers.contains_key(&key))
    }
}

/// Lets handlers come to the end of the log, and then something else be done.
async fn finish(db: &Db, runtime: &Runtime, is_done: impl AsyncFn() -> bool) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await?;
    runtime.start(&feed, &tasks).await?;
    let operations = Operations::new(db);
    wait_until("every handler is done", Duration::from_mins(10), async || {
        operations.handlers().await.is_ok_and(|handlers| {
            handlers.iter().all(|handler| {
                handler.position == handler.head
                    && handler.retrying + handler.parked + handler.aside == 0
            })
        })
    })
    .await;
    wait_until("what follows is done", Duration::from_mins(10), is_done).await;
    Ok(tasks.shutdown(Duration::from_secs(10)).await?)
}

/// Lets the handlers of the bank come to the end of the log, and everything happen that they have promised.
pub(crate) async fn handlers_finish(db: &Db) -> anyhow::Result<()> {
    finish(db, &crate::runtime(db).build(), async || read(db).await.is_ok_and(|log| log.is_kept()))
        .await
}

/// Compares the ledger, when it has caught up, with what the log says.
pub(crate) async fn audit_ledger(db: &Db) -> anyhow::Result<Findings> {
    finish(db, &ledger::runtime(db).build(), async || true).await?;
    let log = read(db).await?;
    let mut findings = Findings { deposits: log.deposits.len(), ..Findings::default() };
    compare(&mut findings, &log.books, &ledger::read(db).await?);
    Ok(findings)
}

/// Compares. Standard input names the deposits that were acknowledged.
pub(crate) async fn audit(db: &Db, counting: &[&str]) -> anyhow::Result<Findings> {
    let log = read(db).await?;
    let mut findings = Findings { deposits: log.deposits.len(), ..Findings::default() };
    for line in std::io::stdin().lock().lines() {
        findings.unknown += usize::from(!log.deposits.contains(&line?.parse()?));
    }
    let balances: Vec<(i64, i64)> =
        db.query(sql!("SELECT account, balance FROM bank_accounts")).all().await?;
    let totals: Vec<_> = log.books.iter().map(|(account, (_, total))| (*account, *total)).collect();
    findings.unbalanced = balances.iter().filter(|balance| !totals.contains(balance)).count();
    findings.unbalanced += totals.len().abs_diff(balances.len());
    for handler in counting {
        compare(&mut findings, &log.books, &counters(db, handler).await?);
    }
    findings.noted_again = log.notes.values().filter(|times| **times > 1).count();
    let receipts: Vec<(String,)> = db.query(sql!("SELECT key FROM bank_receipts")).all().await?;
    let receipts: BTreeSet<String> = receipts.into_iter().map(|(key,)| key).collect();
    findings.not_paid = log.promises().filter(|key| !receipts.contains(key)).count();
    findings.paid_again = log.payments.values().filter(|times| **times > 1).count();
    findings.fired_again = log.timers.values().filter(|times| **times > 1).count();
    findings.not_fired = log.promises().filter(|key| !log.timers.contains_key(key)).count();
    findings.not_noted = log.deposits.iter().filter(|id| !log.notes.contains_key(*id)).count();
    Ok(findings)
}

async fn read(db: &Db) -> anyhow::Result<Log> {
    const PAGE: u32 = 1000;
    let (mut log, mut after) = (Log::default(), Position::START);
    loop {
        let page = db.read(&EventFilter::All, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(log) };
        after = last.position;
        for event in &page {
            if let Some(Deposited { account, amount, deposit }) = event.decode()? {
                let (deposits, total) = log.books.entry(account).or_default();
                *deposits += 1;
                *total += amount;
                log.deposits.insert(deposit);
            }
            if let Some(DepositNoted { deposit, .. }) = event.decode()? {
                *log.notes.entry(deposit).or_default() += 1;
            }
            if let Some(JobDone { idempotency_key: Some(key), .. }) = event.decode()? {
                *log.payments.entry(key).or_default() += 1;
            }
            if let Some(TimerFired { instance, .. }) = event.decode()? {
                *log.timers.entry(instance).or_default() += 1;
            }
        }
    }
}

async fn counters(db: &Db, handler: &str) -> anyhow::Result<Books> {
    let rows: Vec<(i64, i64, i64)> = db
        .query(sql!("SELECT account, deposits, total FROM bank_counters WHERE handler = $1"))
        .bind(handler)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(account, deposits, total)| (account, (deposits, total))).collect())
}

fn compare(findings: &mut Findings, expected: &Books, counted: &Books) {
    for account in expected.keys().chain(counted.keys()).collect::<BTreeSet<_>>() {
        let (deposits, total) = expected.get(account).copied().unwrap_or_default();
        let (counted, sum) = counted.get(account).copied().unwrap_or_default();
        findings.counted_again += (counted - deposits).max(0);
        findings.not_counted += (deposits - counted).max(0);
        findings.wrong_totals += usize::from(counted == deposits && sum != total);
    }
}
