//! R15: a read model that is built anew beside the live one, under load and whatever is killed, is complete when it becomes
//! live, and readers see the old rows or the new ones.

use std::time::{Duration, Instant};

use perme8_events::{
    sql,
    sql::Db,
    testing::{TestDb, figure, wait_until},
};
use rand::{RngExt as _, rngs::StdRng};

use crate::{
    books::{Findings, audit},
    form::{chance, limits, live, proof, say},
    victims::Victim,
};

const LEDGER: &str = "bank.ledger";
/// What takes longer has gone wrong: the log of the long form takes a while to read.
const SOON: Duration = Duration::from_mins(5);
/// How often a reader looks.
const PACE: Duration = Duration::from_millis(5);

/// A reader who remembers how many deposits were there.
#[derive(Debug, Default)]
struct Reader {
    seen: i64,
    looks: usize,
    generation: i64,
    /// So many other generations became live while it looked.
    swaps: usize,
}

impl Reader {
    /// Looks once; what was there stays.
    async fn look(&mut self, db: &Db) {
        let model = db.read_model(LEDGER).await.unwrap();
        let total: i64 = model
            .query(sql!(
                "SELECT CAST(coalesce(sum(deposits), 0) AS bigint) FROM bank_ledger WHERE generation = $1"
            ))
            .scalar()
            .await
            .unwrap();
        assert!(total >= self.seen, "{} deposits were seen, and now {total}", self.seen);
        let generation = model.generation().number();
        self.swaps += usize::from(self.looks > 0 && generation != self.generation);
        (self.seen, self.generation) = (total, generation);
        self.looks += 1;
    }

    /// Looks again and again for a while.
    async fn watch(&mut self, db: &Db, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.look(db).await;
            live(PACE).await;
        }
    }

    /// Looks until another generation is live.
    async fn see_a_swap(&mut self, db: &Db) {
        let before = self.swaps;
        wait_until("another generation is live", SOON, async || {
            self.look(db).await;
            self.swaps > before
        })
        .await;
    }
}

/// Where a process that rebuilds is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// While it starts.
    Early,
    /// Somewhere in its work.
    Anywhere,
    /// When it has just put a generation into the place of another, or builds the next.
    AfterASwap,
}

impl Moment {
    async fn strike(self, test: &TestDb, reader: &mut Reader, chance: &mut StdRng) {
        let mut victim = Victim::start("serve-rebuilding", &test.url);
        let upto = match self {
            Self::Early => 300,
            Self::Anywhere => {
                victim.line().await;
                1200
            }
            Self::AfterASwap => {
                victim.line().await;
                reader.see_a_swap(&test.db).await;
                400
            }
        };
        reader.watch(&test.db, Duration::from_millis(chance.random_range(0..upto))).await;
        victim.kill().await;
    }
}

/// Deposits are made while it strikes at these moments, one after another; then it compares.
async fn rebuilt_under_fire(
    test: &TestDb,
    (reader, chance): (&mut Reader, &mut StdRng),
    moments: impl Iterator<Item = Moment>,
) -> Findings {
    let writer = Victim::start("write", &test.url);
    let mut kills = 0;
    for moment in moments {
        moment.strike(test, reader, chance).await;
        kills += 1;
        if kills % 50 == 0 {
            say(&format!("  {kills} kills, {} swaps", reader.swaps));
        }
    }
    writer.kill().await;
    let findings = audit("audit-ledger", test, &[]).await;
    let Reader { looks, swaps, .. } = reader;
    let line = format!("{kills} kills, {looks} looks, {swaps} swaps: {findings}");
    figure("R15", test.db.engine_name(), &line);
    findings
}

async fn rebuilds_survive_every_kill(test: TestDb) {
    let (mut reader, mut chance) = (Reader::default(), chance("R15"));
    Victim::start("set-up", &test.url).finish(&[]).await;
    let (most, time) = limits(8, 400);
    let begun = Instant::now();
    let of_each_kind = [Moment::AfterASwap, Moment::Anywhere, Moment::AfterASwap, Moment::Early];
    let moments =
        of_each_kind.into_iter().cycle().take(most).take_while(|_| begun.elapsed() < time);
    let with = (&mut reader, &mut chance);
    let findings = rebuilt_under_fire(&test, with, moments).await;
    // Each kill after a swap has waited for one.
    assert!(reader.swaps >= most.min(4) / 2, "{reader:?}");
    assert!(findings.deposits > 0);
    assert_eq!(findings, Findings::balanced(findings.deposits));
}

/// A kill between the two leaves readers with rows that nobody maintains any more, for ever.
async fn a_swap_in_two_transactions_is_noticed(test: TestDb) {
    Victim::start("set-up", &test.url).finish(&[]).await;
    let mut victim = Victim::start("serve-swapping-apart", &test.url);
    while victim.line().await != "between" {}
    victim.kill().await;
    // Whoever writes from now on is not seen.
    let mut writer = Victim::start("write", &test.url);
    writer.line().await;
    writer.kill().await;
    let findings = audit("audit-ledger", &test, &[]).await;
    let line = format!("control, killed between the two transactions of a swap: {findings}");
    figure("R15", test.db.engine_name(), &line);
    assert!(findings.not_counted > 0, "{findings:?}");
}

proof! {
    migrations: [&sql::MIGRATIONS];
    a_read_model_is_rebuilt_under_load_and_kills: rebuilds_survive_every_kill;
    control_a_swap_in_two_transactions: a_swap_in_two_transactions_is_noticed;
}
