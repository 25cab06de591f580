//! What an audit of the bank finds.

use perme8_events::testing::TestDb;
use serde::Deserialize;

use crate::victims::Victim;

/// What the audit finds; the books balance when everything but the first is zero.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) deposits: usize,
    unknown: usize,
    unbalanced: usize,
    pub(crate) counted_again: i64,
    pub(crate) not_counted: i64,
    wrong_totals: usize,
    noted_again: usize,
    not_noted: usize,
    not_paid: usize,
    paid_again: usize,
    fired_again: usize,
    not_fired: usize,
}

impl Findings {
    /// Every effect is there, and none twice.
    pub(crate) fn balanced(deposits: usize) -> Self {
        Self { deposits, ..Self::default() }
    }
}

/// Lets handlers finish, and compares the books with what the log and the acknowledgements say.
pub(crate) async fn audit(command: &str, test: &TestDb, acknowledged: &[String]) -> Findings {
    let lines = Victim::start(command, &test.url).finish(acknowledged).await;
    serde_json::from_str(&lines[0]).unwrap()
}
